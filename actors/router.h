/*
 * Routers: a copy on each loop, and orders from the loop that made it, its home.
 *
 *     home                                              another loop
 *     make    copy ................................-->  found by its name from now on
 *     add     target ..............................-->  one more in its table
 *     remove  order ...............................-->  out of the table; once nothing is under way:
 *                  the member's loop  <-- order ------  behind all that was sent from here
 *             future  <-- settled
 *     drop    order ...............................-->  gone
 *
 * A copy belongs to its loop, so that choosing looks at no other thread's memory. All that a copy
 * will ever need comes to it from its home: room for members_max when it is made, a member with the
 * order to add it. So no other loop can fail, and whatever home could begin is done on all loops.
 * Orders to a loop arrive as they were given, and all copies go the same way.
 *
 * What a loop knows of a member is a target. Who sends to one holds it meanwhile, since he may wait
 * for room; so one that was taken out stays until the last of these has gone on. Only then does the
 * order go on to the loop of the member, by the way that all those messages took, where that has
 * moved (move.h) too. When it arrives they have, and the future of the one who removes settles.
 *
 *     table of a copy     target, target, target, ...       in place, members_max at most
 *     its circle          points, where it routes by keys   (circle.h)
 *
 * Invariants:
 *   1. The copies of a router have their members in the same order, but for what is under way.
 *   2. A target is in the table and not removed, or removed and held, or gone.
 *   3. An order settles its promise, whatever becomes of it.
 */
#ifndef GREENROOM_ACTORS_ROUTER_H
#define GREENROOM_ACTORS_ROUTER_H

#include <greenroom/future.h>
#include <greenroom/router.h>

#include "actors/circle.h"
#include "base/list.h"
#include "base/slots.h"
#include "loop/loop.h"

enum { GR__ROUTER_BUCKETS = 64 };

/* What one loop knows of a member. */
struct gr__target {
    struct gr__list link; /* among all targets of the loop */
    gr_actor actor;
    uint32_t index; /* in the table */
    uint32_t holds; /* sends and asks under way, and looks at its load */
    uint32_t load;  /* of one elsewhere: as it was told last, and what was sent since */
    uint32_t sent;  /* in all */
    bool looked_at; /* somebody is under way to tell its load */
    bool removed;   /* it is out of the table */
    struct gr__router_order *farewell; /* once removed: goes on when nobody holds it; or NULL */
};

/* A router, as one loop knows it. */
struct gr__router {
    struct gr__list link; /* in its bucket */
    uint64_t name;
    enum gr_routing kind;
    uint32_t max;
    uint32_t count;
    uint32_t next;    /* whose turn it is */
    uint32_t sent;    /* since it had a look at loads */
    uint32_t look_at; /* next */
    gr_time look_due;
    gr_router_key_fn *key;
    struct gr__circle circle;
    struct gr__target *table[]; /* of max; and behind it what the circle needs */
};

/* What home tells a loop; a block of the pool. */
struct gr__router_order {
    struct gr__task task;
    uint64_t router;
    gr_actor member;
    gr_promise promise; /* that it is done; or zero */
    void *payload;      /* the copy, or the target, to become that loop's; or NULL */
};

/* This stratum's part of a loop. */
struct gr__routers {
    struct gr__slots homes;
    struct gr__list targets; /* all there are */
    struct gr__list copies[GR__ROUTER_BUCKETS];
};

static inline struct gr__routers *gr__routers_of(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_ROUTER);
}

static inline struct gr__list *gr__router_bucket(struct gr__loop *loop, uint64_t name)
{
    return &gr__routers_of(loop)->copies[(name ^ name >> 24) % GR__ROUTER_BUCKETS];
}

/* The loop's copy, or NULL. */
static inline struct gr__router *gr__router_find(struct gr__loop *loop, uint64_t name)
{
    struct gr__list *bucket = gr__router_bucket(loop, name);
    gr__list_each (link, bucket) {
        struct gr__router *router = gr__container_of(link, struct gr__router, link);
        if (router->name == name)
            return router;
    }
    return NULL;
}

/* The size of a copy, with its table and circle. */
size_t gr__router_bytes(enum gr_routing kind, uint32_t max);

/* What orders do where they arrive. */
extern const struct gr__task_class gr__router_make_class;
extern const struct gr__task_class gr__router_add_class;
extern const struct gr__task_class gr__router_remove_class;
extern const struct gr__task_class gr__router_drop_class;

/* The member's target in a copy, or NULL. */
struct gr__target *gr__target_find(const struct gr__router *router, gr_actor member);

static inline void gr__target_hold(struct gr__target *target)
{
    target->holds++;
}

/* Nobody holds it any more, and it was removed. */
void gr__target_end(struct gr__target *target);

static inline void gr__target_release(struct gr__target *target)
{
    if (--target->holds == 0 && target->removed)
        gr__target_end(target);
}

static inline struct gr__target *gr__router_in_turn(struct gr__router *router)
{
    uint32_t at = router->next < router->count ? router->next : 0;
    router->next = at + 1;
    return router->table[at];
}

struct gr__target *gr__router_choose_apart(struct gr__loop *loop, struct gr__router *router,
                                           uint64_t key);

/* Choose a member of a router that has some. */
static inline struct gr__target *gr__router_choose(struct gr__loop *loop, struct gr__router *router,
                                                   uint64_t key)
{
    if (router->kind == GR_ROUTE_ROUND_ROBIN)
        return gr__router_in_turn(router);
    return gr__router_choose_apart(loop, router, key);
}

/* End all that is left of routers on a loop. */
void gr__router_copies_done(struct gr__loop *loop);

#endif
