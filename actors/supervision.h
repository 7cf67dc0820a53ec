/*
 * Supervision: what a supervised actor does at its end, and what its supervisor can have it do.
 *
 *     supervised actor's loop                         supervisor's
 *     fails, or stops: stop hook, RESTING
 *                      ....... it rests, why ....-->  decides
 *     start hook, NEW  <------ restart ------------
 *                      ....... the hook's status .-->
 *     GONE             <------ or: stop for good --
 *
 *     stops, RESTING   <------ rest ---------------   since another child is restarted
 *                      ....... it rests ..........-->
 *
 * The notice that it rests is allocated before it lives, so it is told even when memory is short.
 * Where there is no supervisor any more the notice comes back as an order to end.
 *
 * Invariants:
 *   1. Who rests is told once for each life: by its notice, or as the reply to an order to rest.
 *   2. A supervised actor that was stopped for good, by its parent, does not rest.
 */
#ifndef GREENROOM_ACTORS_SUPERVISION_H
#define GREENROOM_ACTORS_SUPERVISION_H

#include <greenroom/supervisor.h>

#include "actors/notice.h"

/* The kind of notice that tells a supervisor's control hook who rests; its life as the monitor. */
enum { GR__RESTS = 64 };

/* Make a new body supervised. 0, or -ENOMEM. */
int gr__supervision_make(struct gr__loop *loop, struct gr__body *body,
                         const struct gr__birth *birth);

/* Spawn a child whose parent is its supervisor, too. Errors as gr_actor_spawn(). */
int gr__actor_spawn_supervised(const struct gr_behavior *behavior,
                               const struct gr_actor_options *options, gr_actor *ret_actor);

/* Whether an actor that has stopped is to rest. */
bool gr__supervision_rests(const struct gr__body *body);

/* It rests: tell the supervisor. */
void gr__supervision_tell(struct gr__loop *loop, struct gr__body *body);

/* The actor failed at a message: set that aside. */
void gr__supervision_note(struct gr__loop *loop, struct gr__body *body,
                          const struct gr_message *message);

/* Let it rest no more: it is stopped for good. True: it rested, and has gone. */
bool gr__supervision_end(struct gr__loop *loop, struct gr__body *body);

void gr__supervision_give(struct gr__loop *loop, struct gr__body *body);

/* Have a supervised actor stop and rest, and wait until it does. -ESTALE, or a wait's errors. */
int gr__supervision_rest(gr_actor actor, gr_time deadline);

/*
 * Have one that rests begin a life with that number, and wait until its start hook has run. The
 * hook's own errors, after which it rests on; -ESTALE, -ENOMEM, -ESHUTDOWN, -ECANCELED.
 */
int gr__supervision_restart(gr_actor actor, uint64_t lives);

#endif
