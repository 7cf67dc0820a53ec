/*
 * Savina's unbalanced cobwebbed tree: actors that ask the root whether to have children, until the
 * tree is as large as it may be; then work that goes down it.
 *
 *     main runner     root                        node                     its children, ten
 *      BEGIN -------> TRY ----------------------> computes
 *                         <----------------- ASK
 *                     GRANT, half of the time --> spawns them
 *                                parent <--- HAS  TRY -------------------> ...
 *                     ...
 *                     every node has asked:
 *                     TRAVERSE -----------------> computes
 *                                                 TRAVERSE --------------> ..., the urgent first
 *                     END ----------------------> END -------------------> ...
 *                         <--------------- ENDED  <----------------- ENDED what each has computed
 *       <-- promise   the sum
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a node: one spawn, five messages and, in the
 * first row, 600 random numbers, which take 0.5 us; the second row draws none. What dominates is
 * memory: there are 200,000 actors before the tree is traversed, and each level is touched in turn,
 * so that no cache holds what is next. A tenth of them, in a cache, cost a fifth each.
 *
 * The first nodes spread their children over the loops; later ones have theirs at hand, as to spawn
 * on another loop is to wait for its answer, and by then each loop has enough.
 *
 * In Savina the root has the tree traversed as soon as it is full, while some of its nodes have yet
 * to be spawned, and then never are; no one waits for the rest to end. Here it waits until all have
 * asked, and nodes tell their parent that they have ended. The root draws its numbers for one who
 * asks after the other, whoever it is: how many nodes there are, and what they compute, is known.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"
#include "bench/lib/work.h"

enum { BEGIN, TRY, ASK, GRANT, HAS, TRAVERSE, END, ENDED };

#define NODES 200000u
#define CHILDREN 10u
#define COMPUTE 500.0
#define DEVIATION 100.0
#define TRY_COMPUTE 100u
#define URGENT_PERCENT 50u
#define SPREAD 10u /* one in so many nodes, the first, has its children on loops in turn */
#define NONE UINT32_MAX
#define SEED 2u

/* Of a part of the tree. */
struct sum {
    uint64_t nodes;
    uint64_t traversed; /* before they ended */
    uint64_t urgent;
    uint64_t granted; /* as parents were told, by HAS */
    uint64_t drawn;   /* the sum of all random numbers */
};

struct problem {
    uint64_t nodes_max;
    bool computes;
    struct sum sum;
};

/* Children of a node: from whatever the root has drawn last. */
struct grant {
    uint64_t first;  /* the first child's number; the others follow */
    uint32_t draws;  /* to traverse each of them */
    uint32_t urgent; /* which of them is; or NONE */
    int where;       /* to spawn them */
};

/* What the root knows of the tree. */
struct growth {
    struct gr__random random;
    uint64_t nodes_max;
    uint64_t nodes; /* with the root */
    uint64_t asked; /* nodes that have, and need not again */
    bool computes;
};

static uint32_t draw_compute(struct growth *growth)
{
    double radius = 0, angle = 0, compute;
    do {
        radius = ((double)(gr__random_next(&growth->random) >> 11) + 1) * 0x1p-53;
        angle = (double)(gr__random_next(&growth->random) >> 11) * 0x1p-53;
        compute = COMPUTE + DEVIATION * sqrt(-2 * log(radius)) * cos(2 * M_PI * angle);
    } while (compute < 1);
    return (uint32_t)lround(compute);
}

static struct grant grow(struct growth *growth)
{
    struct grant grant = {.first = growth->nodes,
                          .draws = draw_compute(growth),
                          .urgent = NONE,
                          .where =
                              growth->nodes < growth->nodes_max / SPREAD ? GR_SPREAD : GR_HERE};
    if (gr__random_below(&growth->random, 100) < URGENT_PERCENT)
        grant.urgent = (uint32_t)gr__random_below(&growth->random, CHILDREN);
    if (!growth->computes)
        grant.draws = 0;
    growth->nodes += CHILDREN;
    return grant;
}

/* The root's own children: none is urgent. */
static struct grant plant(struct growth *growth, const struct problem *problem)
{
    *growth = (struct growth){
        .nodes_max = problem->nodes_max, .nodes = 1, .asked = 1, .computes = problem->computes};
    gr__random_seed(&growth->random, SEED);
    struct grant grant = grow(growth);
    grant.urgent = NONE;
    return grant;
}

/* Somebody asks for children. Whether there shall be any. */
static bool decide(struct growth *growth, struct grant *ret_grant)
{
    growth->asked++;
    if (growth->nodes + CHILDREN > growth->nodes_max)
        return false;
    if (gr__random_below(&growth->random, 2) == 0)
        return false;
    *ret_grant = grow(growth);
    return true;
}

static bool is_complete(const struct growth *growth)
{
    return growth->asked == growth->nodes;
}

/* --- A node --------------------------------------------------------------------------------- */

struct node_start {
    const struct gr_behavior *behavior; /* what all nodes are like */
    gr_actor root, parent;
    uint64_t number;
    uint32_t try_draws, draws;
    bool urgent;
};

struct node {
    struct node_start start;
    struct gr__random random;
    struct sum sum;  /* of itself and of those below that have ended */
    uint32_t ended;  /* of its children */
    uint32_t urgent; /* which of its children is; or NONE */
    bool has_children;
    gr_actor children[CHILDREN];
};

static int node_start(struct gr_self *self, const void *argument, size_t size)
{
    struct node *node = self->state;
    memcpy(&node->start, argument, size);
    gr__random_seed(&node->random, node->start.number);
    node->sum = (struct sum){.nodes = 1, .urgent = node->start.urgent};
    return 0;
}

static int spawn_children(const struct node_start *like, const struct grant *grant,
                          gr_actor children[CHILDREN])
{
    struct node_start start = *like;
    struct gr_actor_options options = {
        .where = grant->where, .argument = &start, .argument_bytes = sizeof start};
    start.draws = grant->draws;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < CHILDREN; i++) {
        start.number = grant->first + i;
        start.urgent = i == grant->urgent;
        rc = gr_actor_spawn(like->behavior, &options, &children[i]);
    }
    return rc;
}

static int tell_children(const gr_actor children[CHILDREN], uint32_t tag)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < CHILDREN; i++)
        rc = gr_send(children[i], tag, NULL, 0);
    return rc;
}

static int have_children(struct gr_self *self, const struct grant *grant)
{
    struct node *node = self->state;
    struct node_start like = node->start;
    like.parent = gr_self_actor(self);
    int rc = gr_send(node->start.parent, HAS, NULL, 0);
    if (rc == 0)
        rc = spawn_children(&like, grant, node->children);
    node->urgent = grant->urgent;
    node->has_children = true;
    return rc < 0 ? rc : tell_children(node->children, TRY);
}

static int traverse(struct node *node)
{
    node->sum.drawn += bench_draw(&node->random, node->start.draws);
    node->sum.traversed++;
    if (!node->has_children)
        return 0;
    uint32_t urgent = node->urgent;
    int rc = urgent != NONE ? gr_send(node->children[urgent], TRAVERSE, NULL, 0) : 0;
    for (uint32_t i = 0; rc == 0 && i < CHILDREN; i++) {
        if (i != urgent)
            rc = gr_send(node->children[i], TRAVERSE, NULL, 0);
    }
    return rc;
}

static int end(struct gr_self *self)
{
    const struct node *node = self->state;
    int rc = gr_send(node->start.parent, ENDED, &node->sum, sizeof node->sum);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static void add(struct sum *sum, const struct sum *more)
{
    sum->nodes += more->nodes;
    sum->traversed += more->traversed;
    sum->urgent += more->urgent;
    sum->granted += more->granted;
    sum->drawn += more->drawn;
}

static int node_receive(struct gr_self *self, const struct gr_message *message)
{
    struct node *node = self->state;
    gr_actor here = gr_self_actor(self);
    switch (message->tag) {
    case TRY:
        node->sum.drawn += bench_draw(&node->random, node->start.try_draws);
        return gr_send(node->start.root, ASK, &here, sizeof here);
    case GRANT:
        return have_children(self, message->data);
    case HAS:
        node->sum.granted++;
        return 0;
    case TRAVERSE:
        return traverse(node);
    case END:
        return node->has_children ? tell_children(node->children, END) : end(self);
    default:
        add(&node->sum, message->data);
        return ++node->ended < CHILDREN ? 0 : end(self);
    }
}

static const struct gr_behavior nodes = {.name = "node",
                                         .receive = node_receive,
                                         .start = node_start,
                                         .state_bytes = sizeof(struct node)};

/* --- The root -------------------------------------------------------------------------------- */

struct begin {
    const struct problem *problem;
    gr_promise over;
};

struct root {
    struct begin begin;
    struct growth growth;
    struct sum sum;
    uint32_t ended; /* of its children */
    gr_actor children[CHILDREN];
};

static int begin_tree(struct gr_self *self, const struct begin *begin)
{
    struct root *root = self->state;
    root->begin = *begin;
    struct grant grant = plant(&root->growth, begin->problem);
    gr_actor here = gr_self_actor(self);
    struct node_start like = {.behavior = &nodes,
                              .root = here,
                              .parent = here,
                              .try_draws = begin->problem->computes ? TRY_COMPUTE : 0};
    int rc = spawn_children(&like, &grant, root->children);
    return rc < 0 ? rc : tell_children(root->children, TRY);
}

static int answer(struct root *root, gr_actor node)
{
    struct grant grant;
    if (decide(&root->growth, &grant))
        return gr_send(node, GRANT, &grant, sizeof grant);
    if (!is_complete(&root->growth))
        return 0;
    int rc = tell_children(root->children, TRAVERSE);
    return rc < 0 ? rc : tell_children(root->children, END);
}

static int root_receive(struct gr_self *self, const struct gr_message *message)
{
    struct root *root = self->state;
    switch (message->tag) {
    case BEGIN:
        return begin_tree(self, message->data);
    case ASK:
        return answer(root, *(const gr_actor *)message->data);
    case HAS:
        root->sum.granted++;
        return 0;
    default:
        add(&root->sum, message->data);
        if (++root->ended < CHILDREN)
            return 0;
    }
    root->sum.nodes++;
    int rc = gr_promise_resolve(root->begin.over, &root->sum, sizeof root->sum);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

/*
 * Each node asks it once: with room for all, none has to wait, and holds a stack meanwhile. By the
 * default bound they do on two loops, up to all of one: a gigabyte of stacks, and twice the time.
 */
static const struct gr_behavior roots = {.name = "root",
                                         .receive = root_receive,
                                         .state_bytes = sizeof(struct root),
                                         .mailbox_max = NODES};

static int play(void *context)
{
    const struct problem *problem = context;
    gr_future over;
    gr_actor root = {0};
    struct begin begin = {.problem = problem};
    int rc = gr_future_make(&over, &begin.over);
    if (rc == 0)
        rc = gr_actor_spawn(&roots, &(struct gr_actor_options){.where = GR_SPREAD}, &root);
    if (rc == 0)
        rc = gr_send(root, BEGIN, &begin, sizeof begin);
    struct sum sum = {0};
    if (rc == 0)
        rc = gr_future_await(over, &sum, sizeof sum, GR_FOREVER);
    if (rc < 0)
        return rc;
    if (sum.traversed != problem->sum.traversed)
        return bench_wrong("not every node was traversed");
    bool same = memcmp(&sum, &problem->sum, sizeof sum) == 0;
    return same ? 0 : bench_wrong("not what all nodes should have computed");
}

/* Children as granted: what each will have computed when all is over. */
static void foresee(struct problem *problem, const struct grant *grant)
{
    uint64_t try_draws = problem->computes ? TRY_COMPUTE : 0;
    for (uint32_t i = 0; i < CHILDREN; i++) {
        struct gr__random random;
        gr__random_seed(&random, grant->first + i);
        problem->sum.drawn += bench_draw(&random, try_draws + grant->draws);
    }
    problem->sum.nodes += CHILDREN;
    problem->sum.traversed += CHILDREN;
    problem->sum.urgent += grant->urgent != NONE;
}

static void solve(struct problem *problem)
{
    struct growth growth;
    struct grant grant = plant(&growth, problem);
    problem->sum = (struct sum){.nodes = 1};
    foresee(problem, &grant);
    while (!is_complete(&growth)) {
        if (!decide(&growth, &grant))
            continue;
        foresee(problem, &grant);
        problem->sum.granted++;
    }
}

static int measure(bool computes, const char *variant)
{
    struct problem problem = {.nodes_max = bench_scaled(NODES), .computes = computes};
    solve(&problem);
    return bench_program(&(struct bench_program){.name = "unbalanced_cobwebbed_tree",
                                                 .variant = variant,
                                                 .run = play,
                                                 .context = &problem,
                                                 .operations = problem.sum.nodes});
}

static int run(void *context)
{
    (void)context;
    return bench_with_cost_and_without(measure);
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
