/**
 * @file pool.h
 * @brief Many actors of one behavior behind a router: supervised, and as many as there are wanted.
 *
 *     gr_pool_start(&(struct gr_pool_options){.behavior = &worker, .where = GR_SPREAD,
 *                                             .members = 8}, &pool, deadline)
 *     gr_router_send(pool.router, JOB, ...)       from any loop
 *     gr_pool_resize(pool, 3, deadline)           while others send
 *     gr_pool_stop(pool, deadline)
 *
 *                  keeper ----------- router <---- job
 *                    |                   |
 *                supervisor              |
 *                |    |    |             v
 *              member member member   one of them
 *
 * A member that fails is restarted in place (supervisor.h): it keeps its handle and its mailbox, and
 * the router sends to it meanwhile. One that has ended for good is no member, so that there is no
 * hole to send into. If members fail too often the supervisor gives up, and the pool ends with it:
 * its router is stale then.
 *
 * When a pool shrinks, or is stopped, nothing is lost: a member that leaves gets no new message, and
 * ends when it has handled all that it got. A deadline bounds that: who has not finished by then is
 * ended by force, and what it had are dead letters.
 *
 * Where members have bounded mailboxes and all are full, who sends waits at the one that was chosen.
 */
#ifndef GREENROOM_POOL_H
#define GREENROOM_POOL_H

#include <greenroom/actor.h>
#include <greenroom/base.h>
#include <greenroom/router.h>

GR__BEGIN

/** A pool, from any loop. Zero is none. */
typedef struct gr_pool {
    gr_router router;    /**< to send to, and to ask; the pool's own to change and to drop */
    gr_actor supervisor; /**< of the members, as for gr_supervisor_describe() */
    gr_actor keeper;     /**< opaque; ends when the pool does */
} gr_pool;

/** What a pool is like. Zero where nothing else is said. What it points to outlives the pool. */
struct gr_pool_options {
    const char *name;                   /**< for reports. NULL: the behavior's */
    const struct gr_behavior *behavior; /**< of the members */
    size_t members;                     /**< at first; 0: as many as there are loops */
    uint32_t members_max;               /**< 0: #GR_ROUTER_DEFAULT */
    int where;                          /**< as in struct gr_actor_options, of each member */
    const void *argument;               /**< for the members' start hook */
    size_t argument_bytes;              /**< at argument */
    enum gr_routing routing;            /**< which member gets a message */
    gr_router_key_fn *key;              /**< as in struct gr_router_options */
    unsigned restarts_max;              /**< as in struct gr_supervisor, over all members */
    gr_time restarts_within;            /**< likewise */
    gr_time backoff_min;                /**< likewise */
    gr_time backoff_max;                /**< likewise */
    gr_time stop_within;                /**< of each member, as in struct gr_actor_options */
};

/**
 * Start a pool with its members.
 *
 * @thread runner
 * @owner  the pool lives until gr_pool_stop(), until its members fail too often, or the run ends
 * @errors -ENOSPC above members_max, those of gr_router_make() and gr_actor_spawn(), and those of
 *         the members' start: then there is none
 */
GR_FALLIBLE int gr_pool_start(const struct gr_pool_options *options, gr_pool *ret_pool,
                              gr_time deadline);

/**
 * Have a pool be so large from now on. Resizes are made one after the other.
 *
 * One that is cut short is made to its end all the same. If new members cannot be started there are
 * those that could.
 *
 * @param deadline  for those that leave to finish what they have, then they are ended by force
 *
 * @thread runner
 * @errors -ENOSPC above members_max, -ESTALE the pool has ended, -ETIMEDOUT, -ECANCELED, -ENOMEM,
 *         and those of a new member's start
 */
GR_FALLIBLE int gr_pool_resize(gr_pool pool, size_t members, gr_time deadline);

/**
 * Let all members finish what they have, and end the pool. One that has ended is ignored.
 *
 * It ends, too, where the wait ends early.
 *
 * @param deadline  as for gr_pool_resize()
 *
 * @thread runner
 * @errors -ETIMEDOUT some did not finish, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_pool_stop(gr_pool pool, gr_time deadline);

GR__END

#endif
