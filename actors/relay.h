/*
 * Relays: the home of an actor that is away passes on what comes.
 *
 *     sender's loop ----> home ----> the guest's loop
 *
 * Back-pressure goes from hop to hop. The guest's loop tells the home's that the guest is pressed,
 * as it would any loop that sends to it; while that is so, or too much is on its way there,
 * the home tells each loop whose messages it passes on that the actor is pressed, and of room once
 * there is.
 */
#ifndef GREENROOM_ACTORS_RELAY_H
#define GREENROOM_ACTORS_RELAY_H

#include "actors/move.h"

/*
 * Pass on a message from another loop, the number of which is `source`, or a foreign thread's:
 * then it is this loop's. True: its sender is to be slowed.
 */
bool gr__relay_message(struct gr__loop *loop, struct gr__body *body, struct gr__envelope *envelope,
                       unsigned source);

/* Pass on anything else, in a block of so many bytes. It finds the guest by the actor's handle. */
__attribute__((cold)) void gr__relay_task(struct gr__loop *loop, struct gr__body *body,
                                          struct gr__task *task, size_t bytes);

/* Whether an actor, or NULL, has moved, and what has come for it is sent after it. */
static inline bool gr__relay_after(struct gr__loop *loop, struct gr__body *body,
                                   struct gr__task *task, size_t bytes)
{
    if (body == NULL || body->stage != GR__AWAY)
        return false;
    gr__relay_task(loop, body, task, bytes);
    return true;
}

/* There may be room again for what is passed on to the guest of an actor. */
void gr__relay_room(struct gr__loop *loop, uint64_t home);

/* Whether more is to be passed on than the way there or the guest's mailbox has room for. */
bool gr__relay_pressed(struct gr__loop *loop, uint64_t guest);

#endif
