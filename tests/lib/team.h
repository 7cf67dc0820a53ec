/*
 * Teams: workers behind a router, for tests of who gets what.
 */
#ifndef GREENROOM_TESTS_TEAM_H
#define GREENROOM_TESTS_TEAM_H

#include "lib/gate.h"
#include "lib/spawned.h"

enum { COUNT = 1, WORK, WHO, STUCK, MEMBERS_MAX = 40 };

#define SOON gr_in(10 * GR_SECOND)

/* Counts what it gets, tells who it is, and may be told to be stuck until it is let go. */
struct worker {
    uint64_t works;
};

static inline int work(struct gr_self *self, const struct gr_message *message)
{
    struct worker *worker = self->state;
    uint64_t name = gr_self_actor(self).name;
    switch (message->tag) {
    case WORK:
        worker->works++;
        return gr_reply(message, &name, sizeof name);
    case COUNT:
        return gr_reply(message, &worker->works, sizeof worker->works);
    case WHO:
        return gr_reply(message, &name, sizeof name);
    case STUCK:
        check_equal(wait_at_gate(message, gr_in(20 * GR_SECOND)), 0);
        return 0;
    }
    return 0;
}

static const struct gr_behavior worker = {
    .name = "worker", .receive = work, .state_bytes = sizeof(struct worker)};
static const struct gr_behavior small = {
    .name = "small", .receive = work, .state_bytes = sizeof(struct worker), .mailbox_max = 4};

struct team {
    gr_router router;
    int count;
    gr_actor workers[MEMBERS_MAX];
};

static inline void join_team(struct team *team, const struct gr_behavior *behavior, int loop)
{
    gr_actor actor = spawn_at(behavior, loop);
    check_equal(gr_router_add(team->router, actor, SOON), 0);
    team->workers[team->count++] = actor;
}

static inline void make_router(struct team *team, enum gr_routing kind)
{
    *team = (struct team){{0}, 0, {{0}}};
    check_equal(gr_router_make(&(struct gr_router_options){.kind = kind}, &team->router, SOON), 0);
}

/* So many workers, over the loops in turn. */
static inline struct team make_team(enum gr_routing kind, int count)
{
    struct team team;
    make_router(&team, kind);
    for (int i = 0; i < count; i++)
        join_team(&team, &worker, i % gr_loop_count());
    return team;
}

static inline uint64_t works_of(gr_actor actor)
{
    uint64_t works = 0;
    check_equal(gr_ask(actor, COUNT, NULL, 0, &works, sizeof works, SOON), 0);
    return works;
}

static inline uint64_t works_in_all(const struct team *team)
{
    uint64_t works = 0;
    for (int i = 0; i < team->count; i++)
        works += works_of(team->workers[i]);
    return works;
}

static inline void send_works(gr_router router, int count)
{
    for (int i = 0; i < count; i++)
        check_equal(gr_router_send(router, WORK, &i, sizeof i, SOON), 0);
}

static inline gr_promise get_stuck(gr_actor actor)
{
    return shut_gate(actor, STUCK, SOON);
}

#endif
