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
 * theirs, and the other two thirds, comparing and adding, are the floor. Two loops have three rows
 * of blocks each, so that a step needs one row of 50 distances from the other loop, and the
 * columns, whose distances lie far apart, from its own; what dominates the rest is that in each
 * step the faster loop waits for the slower.
 *
 * A block that was sent is shared and not written until two steps later. By then each of the ten
 * has sent what it made in the step that the block was for, and needs it no more. So two blocks for
 * each actor do, and nobody counts who holds one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { START, BLOCK };

#define NODES 300u
#define SIDE 50u /* of a block, in nodes */
#define WEIGHT_MAX 100u
#define BLOCKS_MAX 128u /* in a row */

/* Made before the first message, and only read from then on; but the blocks are the actors'. */
struct problem {
    size_t nodes;
    uint32_t across; /* blocks in a row */
    uint32_t *weights;
    uint32_t *shortest;   /* as they should be */
    struct block *blocks; /* two for each actor */
    gr_actor *actors;     /* of the blocks, row by row */
    gr_actor collector;
};

struct block {
    uint32_t distance[SIDE][SIDE];
};

struct place {
    const struct problem *problem;
    uint32_t row, column; /* among blocks */
};

struct news {
    const struct block *block;
    uint32_t row, column;
    uint32_t step; /* that it is to be used in */
};

/* What has come for a step. */
struct round {
    uint32_t arrived;
    const struct block *row, *column; /* the blocks that have the step's row and its column */
};

/*
 * A block runs ahead of another in its row or column by one step at most, because it needs the
 * other's for the next. So there is room for two.
 */
struct cell {
    struct place place;
    bool begun;
    uint32_t step; /* that comes next */
    struct round rounds[2];
};

struct collector {
    const struct problem *problem;
    gr_promise over;
    uint64_t missing, wrong;
};

/* Of an actor, before a step. */
static struct block *block_of(const struct place *place, uint32_t step)
{
    const struct problem *problem = place->problem;
    return &problem->blocks[2 * (place->row * problem->across + place->column) + step % 2];
}

static struct news news_of(const struct cell *cell)
{
    const struct place *place = &cell->place;
    return (struct news){block_of(place, cell->step), place->row, place->column, cell->step};
}

static int tell(const struct cell *cell, uint32_t row, uint32_t column)
{
    const struct problem *problem = cell->place.problem;
    struct news news = news_of(cell);
    return gr_send(problem->actors[row * problem->across + column], BLOCK, &news, sizeof news);
}

static int tell_all(const struct cell *cell)
{
    const struct place *place = &cell->place;
    int rc = 0;
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
    const struct cell *cell = self->state;
    struct news news = news_of(cell);
    int rc = gr_send(cell->place.problem->collector, BLOCK, &news, sizeof news);
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

static void step(struct cell *cell)
{
    const struct block *old = block_of(&cell->place, cell->step);
    struct round *round = &cell->rounds[cell->step % 2];
    uint32_t node = cell->step % SIDE;
    const struct block *row = round->row == NULL ? old : round->row;
    const struct block *column = round->column == NULL ? old : round->column;
    relax(old, row->distance[node], column, node, block_of(&cell->place, cell->step + 1));
    *round = (struct round){0};
    cell->step++;
}

/* Go on as far as what has arrived allows. */
static int advance(struct gr_self *self)
{
    struct cell *cell = self->state;
    const struct problem *problem = cell->place.problem;
    int rc = 0;
    while (rc == 0 && cell->begun &&
           cell->rounds[cell->step % 2].arrived == 2 * (problem->across - 1)) {
        step(cell);
        rc = cell->step == problem->nodes ? finish(self) : tell_all(cell);
    }
    return rc;
}

/* Keep a block if it has the row or the column of its step. */
static void keep(struct cell *cell, const struct news *news)
{
    struct round *round = &cell->rounds[news->step % 2];
    uint32_t by = news->step / SIDE;
    round->arrived++;
    if (news->column == cell->place.column && news->row == by)
        round->row = news->block;
    else if (news->row == cell->place.row && news->column == by)
        round->column = news->block;
}

/* Copy the block's part of a matrix of all nodes. */
static int begin(struct cell *cell)
{
    const struct place *place = &cell->place;
    const struct problem *problem = place->problem;
    struct block *own = block_of(place, 0);
    for (size_t i = 0; i < SIDE; i++) {
        size_t from = place->row * SIDE + i;
        memcpy(own->distance[i], &problem->weights[from * problem->nodes + place->column * SIDE],
               sizeof own->distance[i]);
    }
    cell->begun = true;
    return tell_all(cell);
}

static int cell_start(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(&((struct cell *)self->state)->place, argument, size);
    return 0;
}

static int cell_receive(struct gr_self *self, const struct gr_message *message)
{
    int rc = 0;
    if (message->tag == START)
        rc = begin(self->state);
    else
        keep(self->state, message->data);
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
    const struct news *news = message->data;
    for (size_t i = 0; i < SIDE; i++) {
        size_t from = news->row * SIDE + i;
        collector->wrong += memcmp(news->block->distance[i],
                                   &problem->shortest[from * problem->nodes + news->column * SIDE],
                                   sizeof news->block->distance[i]) != 0;
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
        spread.where = bench_crew_where(i, count);
        spread.argument = &place;
        spread.argument_bytes = sizeof place;
        rc = gr_actor_spawn(&cells, &spread, &problem->actors[i]);
    }
    return rc;
}

static int relax_all(struct problem *problem)
{
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

static int play(void *context)
{
    struct problem *problem = context;
    size_t count = (size_t)problem->across * problem->across;
    problem->blocks = malloc(2 * count * sizeof *problem->blocks);
    int rc = problem->blocks == NULL ? -ENOMEM : relax_all(problem);
    free(problem->blocks);
    return rc;
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
