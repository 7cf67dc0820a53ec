/*
 * Links: what becomes of them when an actor goes.
 */
#ifndef GREENROOM_ACTORS_LINK_H
#define GREENROOM_ACTORS_LINK_H

#include <greenroom/link.h>

#include "actors/notice.h"

/* Send an exit signal to all who are linked with an actor that has ended. */
void gr__links_signal(struct gr__loop *loop, struct gr__body *body);

#endif
