/*
 * Savina's all pairs shortest path: Floyd and Warshall's algorithm, an actor for each block.
 *
 *     main runner     block                       blocks of its row and its column, 10
 *      START -------> BLOCK, before step 0 -----> as it does to them
 *                          <--------------- BLOCK    when all 10 are there: step 0
 *                     BLOCK, before step 1 -----> ...                        300 steps
 *                     BLOCK, the last -----> collector
 *       <-------------------------- promise  when it has all 36 blocks
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a cell updated by a step. In each step all
 * blocks are sent to all of their row and column, though only those which the step goes by are
 * needed: 108,000 messages in all, of 250 operations each. On one loop a third of the cost is
 * theirs. On two loops each step waits for the slower one, and what dominates is that they sleep
 * and are woken.
 *
 * A block that was sent is never written again. It counts who holds it, so that ten messages move
 * it without copying it, and whoever lets go of it last frees it.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { START, BLOCK };

#define NODES 300u
#define SIDE 50u /* of a block, in nodes */
#define WEIGHT_MAX 100u
#define BLOCKS_MAX 128u /* in a row */

/* Made before the first message, and only read from then on. */
struct problem {
    size_t nodes;
    uint32_t across; /* blocks in a row */
    uint32_t *weights;
    uint32_t *shortest; /* as they should be */
    gr_actor *actors;   /* of the blocks, row by row */
    gr_actor collector;
};

struct block {
    atomic_uint holders;
    uint32_t row, column; /* among blocks */
    uint32_t step;        /* that it is to be used in */
    uint32_t distance[SIDE][SIDE];
};

struct place {
    const struct problem *problem;
    uint32_t row, column;
};

/* What has come for a step. */
struct round {
    uint32_t arrived;
    struct gr_buffer row, column; /* the blocks that have the step's row and its column */
};

/*
 * A block runs ahead of another in its row or column by one step at most, because it needs the
 * other's for the next. So there is room for two.
 */
struct cell {
    struct place place;
    struct block *own; /* before START: NULL */
    struct round rounds[2];
};

struct collector {
    const struct problem *problem;
    gr_promise over;
    uint64_t missing, wrong;
};

static void let_go(void *data, void *context)
{
    struct block *block = data;
    (void)context;
    /* Each release here pairs with the acquire here of the last, who frees what all have read. */
    if (atomic_fetch_sub_explicit(&block->holders, 1, memory_order_acq_rel) == 1)
        free(block);
}

static struct gr_buffer hold(struct block *block)
{
    return (struct gr_buffer){.data = block, .size = sizeof *block, .release = let_go};
}

static struct block *new_block(const struct place *place, uint32_t step)
{
    struct block *block = malloc(sizeof *block);
    if (block == NULL)
        return NULL;
    atomic_init(&block->holders, 1);
    block->row = place->row;
    block->column = place->column;
    block->step = step;
    return block;
}

static int tell(const struct cell *cell, uint32_t row, uint32_t column)
{
    const struct problem *problem = cell->place.problem;
    struct gr_buffer buffer = hold(cell->own);
    return gr_send_buffer(problem->actors[row * problem->across + column], BLOCK, &buffer,
                          GR_FOREVER);
}

static int tell_all(const struct cell *cell)
{
    const struct place *place = &cell->place;
    int rc = 0;
    /* Nobody else holds it yet; the messages carry the count to where it changes. */
    atomic_store_explicit(&cell->own->holders, 2 * place->problem->across - 1,
                          memory_order_relaxed);
    for (uint32_t i = 0; rc == 0 && i < place->problem->across; i++) {
        if (i != place->row)
            rc = tell(cell, i, place->column);
        if (rc == 0 && i != place->column)
            rc = tell(cell, place->row, i);
    }
    return rc;
}

static int finish(struct gr_self *self)
{
    struct cell *cell = self->state;
    struct gr_buffer buffer = hold(cell->own);
    cell->own = NULL;
    int rc = gr_send_buffer(cell->place.problem->collector, BLOCK, &buffer, GR_FOREVER);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

/* For each from and to: the way by the step's node, where that is shorter. */
static void relax(const struct block *old, const uint32_t *row, const struct block *column,
                  uint32_t node, struct block *ret_new)
{
    for (size_t i = 0; i < SIDE; i++) {
        uint32_t there = column->distance[i][node];
        for (size_t j = 0; j < SIDE; j++) {
            uint32_t by_node = there + row[j];
            uint32_t before = old->distance[i][j];
            ret_new->distance[i][j] = by_node < before ? by_node : before;
        }
    }
}

static int step(struct cell *cell)
{
    struct block *old = cell->own;
    struct round *round = &cell->rounds[old->step % 2];
    uint32_t node = old->step % SIDE;
    const struct block *row = round->row.data == NULL ? old : round->row.data;
    const struct block *column = round->column.data == NULL ? old : round->column.data;
    struct block *block = new_block(&cell->place, old->step + 1);
    if (block == NULL)
        return -ENOMEM;

    relax(old, row->distance[node], column, node, block);
    gr_buffer_release(&round->row);
    gr_buffer_release(&round->column);
    round->arrived = 0;
    let_go(old, NULL);
    cell->own = block;
    return 0;
}

/* Go on as far as what has arrived allows. */
static int advance(struct gr_self *self)
{
    struct cell *cell = self->state;
    const struct problem *problem = cell->place.problem;
    while (cell->own != NULL &&
           cell->rounds[cell->own->step % 2].arrived == 2 * (problem->across - 1)) {
        int rc = step(cell);
        if (rc == 0)
            rc = cell->own->step == problem->nodes ? finish(self) : tell_all(cell);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Keep a block if it has the row or the column of its step. */
static int keep(struct cell *cell, const struct gr_message *message)
{
    const struct block *block = message->data;
    struct round *round = &cell->rounds[block->step % 2];
    uint32_t by = block->step / SIDE;
    round->arrived++;
    if (block->column == cell->place.column && block->row == by)
        return gr_message_take_buffer(message, &round->row);
    if (block->row == cell->place.row && block->column == by)
        return gr_message_take_buffer(message, &round->column);
    return 0;
}

/* Copy the block's part of a matrix of all nodes. */
static int begin(struct cell *cell)
{
    const struct problem *problem = cell->place.problem;
    struct block *own = new_block(&cell->place, 0);
    if (own == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < SIDE; i++) {
        size_t from = own->row * SIDE + i;
        memcpy(own->distance[i], &problem->weights[from * problem->nodes + own->column * SIDE],
               sizeof own->distance[i]);
    }
    cell->own = own;
    return tell_all(cell);
}

static int cell_start(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(&((struct cell *)self->state)->place, argument, size);
    return 0;
}

static int cell_receive(struct gr_self *self, const struct gr_message *message)
{
    int rc = message->tag == START ? begin(self->state) : keep(self->state, message);
    return rc < 0 ? rc : advance(self);
}

static int collector_start(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(self->state, argument, size);
    return 0;
}

static int collector_receive(struct gr_self *self, const struct gr_message *message)
{
    struct collector *collector = self->state;
    const struct problem *problem = collector->problem;
    const struct block *block = message->data;
    for (size_t i = 0; i < SIDE; i++) {
        size_t from = block->row * SIDE + i;
        collector->wrong += memcmp(block->distance[i],
                                   &problem->shortest[from * problem->nodes + block->column * SIDE],
                                   sizeof block->distance[i]) != 0;
    }
    if (--collector->missing > 0)
        return 0;
    int rc = gr_promise_resolve(collector->over, &collector->wrong, sizeof collector->wrong);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior cells = {.name = "block",
                                         .receive = cell_receive,
                                         .start = cell_start,
                                         .state_bytes = sizeof(struct cell)};
static const struct gr_behavior collectors = {.name = "collector",
                                              .receive = collector_receive,
                                              .start = collector_start,
                                              .state_bytes = sizeof(struct collector)};

static int spawn_all(struct problem *problem, gr_promise over)
{
    uint32_t count = problem->across * problem->across;
    struct collector collector = {.problem = problem, .over = over, .missing = count};
    struct gr_actor_options spread = {
        .where = GR_SPREAD, .argument = &collector, .argument_bytes = sizeof collector};
    int rc = gr_actor_spawn(&collectors, &spread, &problem->collector);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        struct place place = {problem, i / problem->across, i % problem->across};
        spread.argument = &place;
        spread.argument_bytes = sizeof place;
        rc = gr_actor_spawn(&cells, &spread, &problem->actors[i]);
    }
    return rc;
}

static int play(void *context)
{
    struct problem *problem = context;
    gr_future over;
    gr_promise promise;
    int rc = gr_future_make(&over, &promise);
    if (rc == 0)
        rc = spawn_all(problem, promise);
    for (uint32_t i = 0; rc == 0 && i < problem->across * problem->across; i++)
        rc = gr_send(problem->actors[i], START, NULL, 0);
    uint64_t wrong = 0;
    if (rc == 0)
        rc = gr_future_await(over, &wrong, sizeof wrong, GR_FOREVER);
    if (rc < 0)
        return rc;
    return wrong == 0 ? 0 : bench_wrong("not the shortest paths");
}

static uint32_t next_random(uint64_t *state)
{
    uint64_t z = *state ^ *state << 13;
    z ^= z >> 7;
    return (uint32_t)((*state = z ^ z << 17) >> 32);
}

/* Each node has an arc to each other, with a weight of its own in either direction. */
static void make_graph(struct problem *problem)
{
    size_t nodes = problem->nodes;
    uint64_t seed = nodes;
    for (size_t at = 0; at < nodes * nodes; at++)
        problem->weights[at] = at % (nodes + 1) == 0 ? 0 : next_random(&seed) % WEIGHT_MAX + 1;
}

/* The answer, by one loop inside another. */
static void solve(struct problem *problem)
{
    size_t nodes = problem->nodes;
    uint32_t *shortest = problem->shortest;
    memcpy(shortest, problem->weights, nodes * nodes * sizeof *shortest);
    for (size_t k = 0; k < nodes; k++)
        for (size_t i = 0; i < nodes; i++)
            for (size_t j = 0; j < nodes; j++) {
                uint32_t by_node = shortest[i * nodes + k] + shortest[k * nodes + j];
                if (by_node < shortest[i * nodes + j])
                    shortest[i * nodes + j] = by_node;
            }
}

/* As many blocks, two at least in a row, as stay within the scaled work. */
static uint32_t across_of(uint64_t operations)
{
    uint64_t across = 2;
    while (across < BLOCKS_MAX &&
           (across + 1) * (across + 1) * (across + 1) * SIDE * SIDE * SIDE <= operations)
        across++;
    return (uint32_t)across;
}

static int run(void *context)
{
    (void)context;
    struct problem problem = {.across = across_of(bench_scaled((uint64_t)NODES * NODES * NODES))};
    problem.nodes = (size_t)problem.across * SIDE;
    size_t pairs = problem.nodes * problem.nodes;
    problem.weights = malloc(2 * pairs * sizeof *problem.weights);
    problem.actors = calloc((size_t)problem.across * problem.across, sizeof *problem.actors);
    int rc = -ENOMEM;
    if (problem.weights != NULL && problem.actors != NULL) {
        problem.shortest = problem.weights + pairs;
        make_graph(&problem);
        solve(&problem);
        rc = bench_program(&(struct bench_program){.name = "all_pairs_shortest_path",
                                                   .run = play,
                                                   .context = &problem,
                                                   .operations = pairs * problem.nodes});
    }
    free(problem.weights);
    free(problem.actors);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
