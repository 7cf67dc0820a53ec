/*
 * Mailboxes: what arrives.
 */
#ifndef GREENROOM_ACTORS_MAILBOX_H
#define GREENROOM_ACTORS_MAILBOX_H

#include "actors/body.h"

/*
 * Put an envelope that came for a body of this loop into its mailbox; a dead letter where that is
 * gone.
 */
void gr__mailbox_arrive(struct gr__loop *loop, uint64_t at, struct gr__envelope *envelope);

#endif
