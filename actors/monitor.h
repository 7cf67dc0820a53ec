/*
 * Monitors: what becomes of them when either end of one goes.
 */
#ifndef GREENROOM_ACTORS_MONITOR_H
#define GREENROOM_ACTORS_MONITOR_H

#include <greenroom/monitor.h>

#include "actors/notice.h"

/* Tell all who watch an actor that it has ended, for its reason. */
void gr__monitors_tell(struct gr__loop *loop, struct gr__body *body);

/* Drop all monitors that an actor has made. */
void gr__monitors_drop(struct gr__loop *loop, struct gr__body *body);

/* An actor is to leave the loop: what it has made here is to go after it. 0; -ENOMEM, then it may stay. */
int gr__monitors_leave(struct gr__loop *loop, struct gr__body *body);

/* A GR_DOWN comes out of the lane: end its monitor, and fill in what the hook is to see. */
void gr__monitor_told(struct gr__loop *loop, const struct gr__notice *notice,
                      struct gr_control *ret_control);

int gr__monitors_start(struct gr__loop *loop);
void gr__monitors_done(struct gr__loop *loop);

#endif
