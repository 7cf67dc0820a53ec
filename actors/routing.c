/*
 * Routing: which member is to get a message.
 *
 * The least loaded one is found as LSQ does (Vargaftik, Keslassy, Orda, "LSQ: Load Balancing in
 * Large-Scale Heterogeneous Systems With Multiple Dispatchers", IEEE/ACM Transactions on Networking
 * 28, 2020): each loop has a view of its own of how much each member has to do, adds to it what it
 * sends, and sends to the one that has the least in that view. So loops need not agree, and none
 * follows the others to the same member. A member of this loop is seen as it is. To one of
 * another now and then a look goes, and comes back with the truth:
 *
 *     this loop     m m m look m m ................... view = told + m m, sent since the look left
 *                          |                              |
 *     its loop      m m m  what is in the mailbox --------+
 *
 * It goes the same way as messages do, so that what was sent before is in the mailbox then, and what
 * was sent after is not.
 *
 * Of more members than SCANNED two are drawn, and the less loaded one is it: that is
 * nearly as good, for a cost that does not grow (Mitzenmacher, "The Power of Two Choices in Randomized
 * Load Balancing", IEEE Transactions on Parallel and Distributed Systems 12, 2001).
 *
 * One that has gone has the greatest load there is. Else it would look idle, and get all messages.
 */
#include "actors/move.h"
#include "actors/reentry.h"
#include "actors/router.h"
#include "loop/post.h"

enum {
    SCANNED = 16,  /* members that are all compared */
    LOOK_EVERY = 8 /* messages, at the latest */
};

#define LOOK_AFTER GR_MILLISECOND

/* A question for a member's load. The target is held as long as it is under way. */
struct look {
    struct gr__task task;
    struct gr__target *target;
    uint64_t member;
    unsigned from;
    uint32_t sent; /* target->sent, when it left */
    uint32_t load;
};

static struct look *look_of(struct gr__task *task)
{
    return gr__container_of(task, struct look, task);
}

/* The load of an actor that lives on this loop, or has gone. */
static uint32_t load_here(const struct gr__body *body)
{
    return body == NULL ? UINT32_MAX : body->count + gr__body_under_way(body);
}

static bool is_away(const struct gr__body *body)
{
    return body != NULL && body->stage == GR__AWAY;
}

/* What is left of it needs nothing done: its loop ends, and gives up its targets by itself. */
static void discard_look(struct gr__task *task)
{
    gr__pool_give(&gr__loop_here()->pool, look_of(task), sizeof(struct look));
}

static void come_back(struct gr__task *task)
{
    struct look *look = look_of(task);
    struct gr__target *target = look->target;
    uint32_t since = target->sent - look->sent;
    target->load = look->load > UINT32_MAX - since ? UINT32_MAX : look->load + since;
    target->looked_at = false;
    discard_look(task);
    gr__target_release(target);
}

static const struct gr__task_class back_class = {"a load", come_back, discard_look, NULL};

/* One that has moved is looked at where it lives. */
static void look_there(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct look *look = look_of(task);
    unsigned next = look->from;
    const struct gr__body *body = gr__body_find(loop, look->member);
    if (is_away(body) && gr__home_guest(body) != 0) {
        look->member = gr__home_guest(body);
        next = gr__handle_loop(look->member);
    } else {
        look->load = load_here(body);
        look->task.class = &back_class;
    }
    if (!gr__post(loop, next, task, sizeof *look))
        discard_look(task);
}

static const struct gr__task_class there_class = {"a look at a load", look_there, discard_look,
                                                  NULL};

/* Without memory it is looked at later, or not at all. */
static void look_at(struct gr__loop *loop, struct gr__target *target)
{
    struct look *look = gr__pool_take(&loop->pool, sizeof *look);
    if (look == NULL)
        return;

    *look =
        (struct look){{NULL, &there_class}, target, target->actor.name, loop->id, target->sent, 0};
    if (!gr__post(loop, gr__handle_loop(target->actor.name), &look->task, sizeof *look)) {
        target->load = UINT32_MAX; /* its loop has stopped */
        discard_look(&look->task);
        return;
    }
    target->looked_at = true;
    gr__target_hold(target);
}

/* Whether its load need not be told: it lives here, or lived here and has gone. */
static bool is_seen(struct gr__loop *loop, const struct gr__target *target)
{
    uint64_t name = target->actor.name;
    return gr__handle_loop(name) == loop->id && !is_away(gr__body_find(loop, name));
}

/* Look at the next member of another loop, if there is one at which nobody looks. */
static void look_round(struct gr__loop *loop, struct gr__router *router)
{
    router->sent = 0;
    router->look_due = loop->now + LOOK_AFTER;
    for (uint32_t left = router->count; left > 0; left--) {
        router->look_at = router->look_at + 1 < router->count ? router->look_at + 1 : 0;
        struct gr__target *target = router->table[router->look_at];
        if (is_seen(loop, target) || target->looked_at)
            continue;
        look_at(loop, target);
        return;
    }
}

static uint32_t load_of(struct gr__loop *loop, const struct gr__target *target)
{
    if (gr__handle_loop(target->actor.name) != loop->id)
        return target->load;
    const struct gr__body *body = gr__body_find(loop, target->actor.name);
    return is_away(body) ? target->load : load_here(body);
}

/* Of the same load, the one whose turn it is first. */
static struct gr__target *least_of_all(struct gr__loop *loop, struct gr__router *router)
{
    struct gr__target *least = gr__router_in_turn(router);
    uint32_t load = load_of(loop, least);
    uint32_t at = least->index;
    for (uint32_t left = router->count - 1; left > 0 && load > 0; left--) {
        at = at + 1 < router->count ? at + 1 : 0;
        struct gr__target *other = router->table[at];
        uint32_t other_load = load_of(loop, other);
        if (other_load < load) {
            least = other;
            load = other_load;
        }
    }
    return least;
}

static struct gr__target *less_of_two(struct gr__loop *loop, struct gr__router *router)
{
    uint32_t one = (uint32_t)gr__random_below(&loop->random, router->count);
    uint32_t two = (uint32_t)gr__random_below(&loop->random, router->count - 1);
    struct gr__target *first = router->table[one];
    struct gr__target *second = router->table[two + (two >= one)];
    return load_of(loop, second) < load_of(loop, first) ? second : first;
}

/* The look leaves first: so the message that is sent now counts as sent after it, as it is. */
static struct gr__target *least_loaded(struct gr__loop *loop, struct gr__router *router)
{
    if (++router->sent >= LOOK_EVERY || loop->now >= router->look_due)
        look_round(loop, router);
    struct gr__target *target =
        router->count <= SCANNED ? least_of_all(loop, router) : less_of_two(loop, router);
    target->sent++;
    target->load += target->load < UINT32_MAX;
    return target;
}

struct gr__target *gr__router_choose_apart(struct gr__loop *loop, struct gr__router *router,
                                           uint64_t key)
{
    switch (router->kind) {
    case GR_ROUTE_RANDOM:
        return router->table[gr__random_below(&loop->random, router->count)];
    case GR_ROUTE_LEAST_LOADED:
        return least_loaded(loop, router);
    case GR_ROUTE_HASH:
        return router->table[gr__circle_find(&router->circle, key)];
    case GR_ROUTE_ROUND_ROBIN:
    case GR_ROUTE_BROADCAST:
        break;
    }
    return gr__router_in_turn(router);
}
