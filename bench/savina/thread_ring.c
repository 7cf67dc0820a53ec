/*
 * Savina's thread ring: one token passed on round a ring of 100 actors.
 *
 *     main runner --- token, 100,000 ---> 0 --> 1 --> 2 ... 99 --+
 *        ^                                ^                      |
 *        +--- where it ended              +----------------------+
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a hop. It is a message to an idle actor, which
 * dominates, as in ping pong, and takes no longer, though it is a hundred actors by turns: their
 * bodies, two lines each, fit into the first cache, and it is done nearly as fast as the processor
 * can (bench/runtime/message_local.c).
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

#define ACTORS 100u

enum { NEXT, TOKEN };

struct member {
    uint64_t number;
    gr_actor next;
};

struct token {
    uint64_t hops; /* left */
    gr_promise ended;
};

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct member *member = self->state;
    if (message->tag == NEXT) {
        *member = *(const struct member *)message->data;
        return 0;
    }
    struct token token = *(const struct token *)message->data;
    if (token.hops == 0)
        return gr_promise_resolve(token.ended, &member->number, sizeof member->number);
    token.hops--;
    return gr_send(member->next, TOKEN, &token, sizeof token);
}

static const struct gr_behavior passes = {
    .name = "member", .receive = receive, .state_bytes = sizeof(struct member)};

static int join_up(const gr_actor actors[ACTORS])
{
    for (size_t i = 0; i < ACTORS; i++) {
        struct member member = {.number = i, .next = actors[(i + 1) % ACTORS]};
        int rc = gr_send(actors[i], NEXT, &member, sizeof member);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int play(void *context)
{
    const uint64_t *hops = context;
    gr_actor actors[ACTORS];
    struct token token = {.hops = *hops};
    gr_future ended;
    int rc = gr_future_make(&ended, &token.ended);
    if (rc == 0)
        rc = bench_crew_spawn(actors, ACTORS, &passes, NULL, 0);
    if (rc == 0)
        rc = join_up(actors);
    if (rc == 0)
        rc = gr_send(actors[0], TOKEN, &token, sizeof token);
    if (rc == 0)
        rc = bench_await_count(ended, *hops % ACTORS, "the actor at which the token ended");
    if (rc == 0)
        rc = bench_crew_stop(actors, ACTORS);
    return rc;
}

static int run(void *context)
{
    (void)context;
    uint64_t hops = bench_scaled(100000);
    return bench_program(&(struct bench_program){
        .name = "thread_ring", .run = play, .context = &hops, .operations = hops});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
