/*
 * Routers in use: sending to members and asking them. The design stands in router.h.
 *
 * Who sends may wait, and members may be removed meanwhile, or the router dropped. So the target is
 * held, and the copy is not looked at again.
 */
#include <greenroom/router.h>

#include <errno.h>

#include <greenroom/ask.h>
#include <greenroom/combine.h>
#include <greenroom/function.h>
#include <greenroom/send.h>

#include "actors/router.h"
#include "base/copy.h"
#include "base/hash.h"
#include "runner/park.h"

/* The loop's copy, if it has members. 0, GR_ENOTRUNNER, -ESTALE or -ENOENT. */
static inline int find(struct gr__loop *loop, gr_router handle, struct gr__router **ret_router)
{
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__router *router = gr__router_find(loop, handle.name);
    if (router == NULL)
        return -ESTALE;
    *ret_router = router;
    return router->count == 0 ? -ENOENT : 0;
}

static uint64_t key_of(const struct gr__router *router, uint32_t tag, const void *data, size_t size)
{
    if (router->kind != GR_ROUTE_HASH)
        return 0;
    return router->key == NULL ? gr_router_key(data, size) : router->key(tag, data, size);
}

/* Some members, each held. */
struct group {
    uint32_t count;
    struct gr__target *targets[];
};

static size_t group_bytes(uint32_t count)
{
    return sizeof(struct group) + count * sizeof(struct gr__target *);
}

/* Those whose turn it is, `most` at most; NULL without memory. */
static struct group *take_group(struct gr__loop *loop, struct gr__router *router, uint32_t most)
{
    uint32_t count = most < router->count ? most : router->count;
    struct group *group = gr__pool_take(&loop->pool, group_bytes(count));
    if (group == NULL)
        return NULL;

    group->count = count;
    uint32_t at = router->next;
    for (uint32_t i = 0; i < count; i++) {
        at = at < router->count ? at : 0;
        group->targets[i] = router->table[at++];
        gr__target_hold(group->targets[i]);
    }
    router->next = at;
    return group;
}

static void give_group(struct gr__loop *loop, struct group *group)
{
    for (uint32_t i = 0; i < group->count; i++)
        gr__target_release(group->targets[i]);
    gr__pool_give(&loop->pool, group, group_bytes(group->count));
}

static __attribute__((noinline)) int send_to_all(struct gr__loop *loop, struct gr__router *router,
                                                 uint32_t tag, const void *data, size_t size,
                                                 gr_time deadline)
{
    struct group *group = take_group(loop, router, router->count);
    if (group == NULL)
        return -ENOMEM;

    int rc = 0;
    for (uint32_t i = 0; i < group->count; i++) {
        int status = gr_send_by(group->targets[i]->actor, tag, data, size, deadline);
        rc = rc == 0 ? status : rc;
    }
    give_group(loop, group);
    return rc;
}

/* Without a key it is the message's own. */
static inline __attribute__((always_inline)) int send(gr_router handle, const uint64_t *key,
                                                      uint32_t tag, const void *data, size_t size,
                                                      gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    struct gr__router *router;
    int rc = find(loop, handle, &router);
    if (rc < 0)
        return rc;
    if (router->kind == GR_ROUTE_BROADCAST)
        return send_to_all(loop, router, tag, data, size, deadline);

    struct gr__target *target =
        gr__router_choose(loop, router, key == NULL ? key_of(router, tag, data, size) : *key);
    gr__target_hold(target);
    rc = gr_send_by(target->actor, tag, data, size, deadline);
    gr__target_release(target);
    return rc;
}

int gr_router_send(gr_router handle, uint32_t tag, const void *data, size_t size, gr_time deadline)
{
    return send(handle, NULL, tag, data, size, deadline);
}

int gr_router_send_key(gr_router handle, uint64_t key, uint32_t tag, const void *data, size_t size,
                       gr_time deadline)
{
    return send(handle, &key, tag, data, size, deadline);
}

static int ask(gr_router handle, const uint64_t *key, uint32_t tag, const void *data, size_t size,
               void *ret_reply, size_t reply_size, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    struct gr__router *router;
    int rc = find(loop, handle, &router);
    if (rc < 0)
        return rc;
    if (router->kind == GR_ROUTE_BROADCAST)
        return gr_router_ask_first(handle, 0, tag, data, size, ret_reply, reply_size, deadline);

    struct gr__target *target =
        gr__router_choose(loop, router, key == NULL ? key_of(router, tag, data, size) : *key);
    gr__target_hold(target);
    rc = gr_ask(target->actor, tag, data, size, ret_reply, reply_size, deadline);
    gr__target_release(target);
    return rc;
}

int gr_router_ask(gr_router handle, uint32_t tag, const void *data, size_t size, void *ret_reply,
                  size_t reply_size, gr_time deadline)
{
    return ask(handle, NULL, tag, data, size, ret_reply, reply_size, deadline);
}

int gr_router_ask_key(gr_router handle, uint64_t key, uint32_t tag, const void *data, size_t size,
                      void *ret_reply, size_t reply_size, gr_time deadline)
{
    return ask(handle, &key, tag, data, size, ret_reply, reply_size, deadline);
}

/* What all are asked. */
struct question {
    uint32_t tag;
    const void *data;
    size_t size;
    size_t reply_size;
    gr_time deadline;
};

/* One of those who are asked, by a function of its own: since each may have to wait for room, too. */
struct bid {
    gr_actor actor;
    const struct question *question;
    void *reply; /* its own, since two may come at once */
    struct gr_function_wait wait;
};

static int ask_one(void *context)
{
    const struct bid *bid = context;
    const struct question *question = bid->question;
    return gr_ask(bid->actor, question->tag, question->data, question->size, bid->reply,
                  question->reply_size, question->deadline);
}

/* For each of the group a member of the set and a bid; and behind them the replies. */
static size_t auction_bytes(size_t count, size_t reply_size)
{
    return count * (sizeof(struct gr_member) + sizeof(struct bid) + reply_size);
}

static int take_bids(const struct group *group, const struct question *question,
                     struct gr_member *members, void *ret_reply)
{
    struct bid *bids = (struct bid *)(void *)(members + group->count);
    unsigned char *replies = (unsigned char *)(bids + group->count);
    for (uint32_t i = 0; i < group->count; i++) {
        bids[i].actor = group->targets[i]->actor;
        bids[i].question = question;
        bids[i].reply = replies + i * question->reply_size;
        members[i] = (struct gr_member){
            .awaitable = gr_function_awaitable(&bids[i].wait, ask_one, &bids[i], NULL)};
    }

    int rc = gr_any(members, group->count, question->deadline);
    for (uint32_t i = 0; rc == 0 && i < group->count; i++)
        if (members[i].status == 0) {
            gr__copy(ret_reply, bids[i].reply, question->reply_size);
            break;
        }
    return rc;
}

int gr_router_ask_first(gr_router handle, size_t most, uint32_t tag, const void *data, size_t size,
                        void *ret_reply, size_t reply_size, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    struct gr__router *router;
    int rc = find(loop, handle, &router);
    if (rc < 0)
        return rc;
    struct group *group =
        take_group(loop, router, most == 0 || most > UINT32_MAX ? UINT32_MAX : (uint32_t)most);
    if (group == NULL)
        return -ENOMEM;

    struct question question = {tag, data, size, reply_size, deadline};
    size_t bytes = auction_bytes(group->count, reply_size);
    struct gr_member *members = gr__pool_take(&loop->pool, bytes);
    rc = members == NULL ? -ENOMEM : take_bids(group, &question, members, ret_reply);
    if (members != NULL)
        gr__pool_give(&loop->pool, members, bytes);
    give_group(loop, group);
    return rc;
}

int gr_router_choose(gr_router handle, uint64_t key, gr_actor *ret_member)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    struct gr__router *router;
    int rc = find(loop, handle, &router);
    if (rc == 0)
        *ret_member = gr__router_choose(loop, router, key)->actor;
    return rc;
}

size_t gr_router_count(gr_router handle)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    const struct gr__router *router = gr__router_find(loop, handle.name);
    return router == NULL ? 0 : router->count;
}

uint64_t gr_router_key(const void *data, size_t size)
{
    return gr__hash(0, data, size);
}
