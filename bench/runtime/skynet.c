/*
 * How long does a tree of actors with a million leaves take, a leaf?
 *
 *     root -- spawns ten, each of which spawns ten, ... down to 1,000,000 leaves
 *          <- sums -- <- sums -- ... <- numbers --
 *
 * An operation is a leaf. The main runner spawns the root, and each node spawns its children where
 * it is; on many loops the root's are spread. New actors run ahead of old ones, so the tree is
 * walked branch by branch, and a few hundred of its actors live at once. A leaf takes as long as an
 * actor's life with one message (bench/runtime/actor_life.c) and the message to its parent.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

#define CHILDREN 10u

enum { BEGIN, SUM };

struct node {
    gr_actor parent; /* zero: the root */
    uint64_t first;  /* number of its first leaf */
    uint64_t leaves;
};

struct state {
    gr_actor parent;
    uint64_t sum;
    uint32_t missing; /* sums of children */
    gr_promise all;   /* the root's */
};

struct begin {
    struct node node;
    gr_promise all;
};

static int end(struct gr_self *self, gr_actor parent, gr_promise all, uint64_t sum)
{
    int rc = parent.name != 0 ? gr_send(parent, SUM, &sum, sizeof sum)
                              : gr_promise_resolve(all, &sum, sizeof sum);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior nodes;

static int spawn_children(struct gr_self *self, const struct node *node)
{
    struct gr_actor_options options = {.where = node->parent.name == 0 ? GR_SPREAD : GR_HERE};
    struct begin begin = {.node = {gr_self_actor(self), node->first, node->leaves / CHILDREN}};
    for (uint32_t i = 0; i < CHILDREN; i++) {
        gr_actor child;
        int rc = gr_actor_spawn(&nodes, &options, &child);
        if (rc == 0)
            rc = gr_send(child, BEGIN, &begin, sizeof begin);
        if (rc < 0)
            return rc;
        begin.node.first += begin.node.leaves;
    }
    return 0;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct state *state = self->state;
    if (message->tag == SUM) {
        state->sum += *(const uint64_t *)message->data;
        return --state->missing > 0 ? 0 : end(self, state->parent, state->all, state->sum);
    }

    const struct begin *begin = message->data;
    if (begin->node.leaves == 1)
        return end(self, begin->node.parent, begin->all, begin->node.first);
    state->parent = begin->node.parent;
    state->all = begin->all;
    state->missing = CHILDREN;
    return spawn_children(self, &begin->node);
}

static const struct gr_behavior nodes = {
    .name = "node", .receive = receive, .state_bytes = sizeof(struct state)};

static int play(void *context)
{
    uint64_t leaves = *(const uint64_t *)context;
    struct begin begin = {.node = {.leaves = leaves}};
    gr_actor root;
    gr_future all;
    int rc = gr_future_make(&all, &begin.all);
    if (rc == 0)
        rc = gr_actor_spawn(&nodes, NULL, &root);
    if (rc == 0)
        rc = gr_send(root, BEGIN, &begin, sizeof begin);
    if (rc == 0)
        rc = bench_await_count(all, leaves * (leaves - 1) / 2, "the sum of all numbers");
    return rc;
}

static int run(void *context)
{
    (void)context;
    uint64_t leaves = CHILDREN;
    while (leaves * CHILDREN <= bench_scaled(1000000))
        leaves *= CHILDREN;
    return bench_program(&(struct bench_program){
        .name = "skynet", .run = play, .context = &leaves, .operations = leaves});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
