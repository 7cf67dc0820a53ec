/*
 * Savina's successive over-relaxation: a grid on which each cell is an actor, red or black as on a
 * chess board, and averages its neighbours.
 *
 *     main runner     red                  its black neighbours, 4 or, at the border, fewer
 *      START -------> FROM_..., value ----> when all neighbours' values are there: its next value
 *                          <--------------- FROM_..., value
 *                     next value
 *                     FROM_..., value ----> ...                              100 times
 *                     REPORT, value ------> collector <-- REPORT, value
 *       <------------------------ promise   when all cells have reported
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is an update of a cell, of which there are 40,000,
 * with 152,000 messages of one number each: what dominates is sending and handling them. An update
 * takes as long as its 3.8 messages do in ping pong (bench/runtime/message_local.c): its own
 * arithmetic, the floor, is too little to be seen. On two loops each has half of the rows, so that
 * one message in forty goes from one to the other; but those stand between each half of a step and
 * the next, a few microseconds of work, and a loop that waits for the other costs more than it
 * gains. With ten times the side (--scale 10) a hundred times as much work lies between, and two
 * loops take less than a third of the time of one.
 *
 * Each value is kept by where it came from, and they are added in that order: so the result is to
 * the last bit that of the sequential run, in which all black cells are updated, then all red ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { FROM_NORTH, FROM_WEST, FROM_EAST, FROM_SOUTH, SIDES, START, REPORT };

#define SIDE 20u
#define SIDE_MAX 2000u
#define ITERATIONS 100u
#define OMEGA 1.25

/* Made before the first message, and only read from then on. */
struct problem {
    uint32_t side;
    double *values;  /* at first, row by row */
    double *relaxed; /* as they should be at last */
    gr_actor *cells;
    gr_actor collector;
};

struct place {
    const struct problem *problem;
    uint32_t row, column;
};

struct cell {
    struct place place;
    uint32_t neighbours, missing; /* of the neighbours' values, for the next update */
    uint32_t updates;
    double value, around[SIDES]; /* a side without a neighbour stays 0 */
};

struct report {
    size_t at;
    double value;
};

struct collector {
    const struct problem *problem;
    gr_promise over;
    uint64_t missing, wrong;
};

static bool is_red(size_t row, size_t column)
{
    return (row + column) % 2 == 0;
}

static double relax(double value, const double around[SIDES])
{
    double sum = around[FROM_NORTH] + around[FROM_WEST] + around[FROM_EAST] + around[FROM_SOUTH];
    return OMEGA / 4 * sum + (1 - OMEGA) * value;
}

/* The neighbour on a side: its place among all cells, or -1 beyond the border. */
static int64_t neighbour(const struct problem *problem, size_t row, size_t column, int side)
{
    static const int down[SIDES] = {-1, 0, 0, 1}, right[SIDES] = {0, -1, 1, 0};
    int64_t length = problem->side;
    int64_t there = (int64_t)row + down[side], beside = (int64_t)column + right[side];
    if (there < 0 || there == length || beside < 0 || beside == length)
        return -1;
    return there * length + beside;
}

/* To a neighbour in the south this one is in the north. */
static int tell_all(const struct cell *cell)
{
    const struct place *place = &cell->place;
    int rc = 0;
    for (int side = 0; rc == 0 && side < SIDES; side++) {
        int64_t at = neighbour(place->problem, place->row, place->column, side);
        if (at >= 0)
            rc = gr_send(place->problem->cells[at], (uint32_t)(SIDES - 1 - side), &cell->value,
                         sizeof cell->value);
    }
    return rc;
}

static int report(struct gr_self *self)
{
    const struct cell *cell = self->state;
    const struct problem *problem = cell->place.problem;
    struct report done = {(size_t)cell->place.row * problem->side + cell->place.column,
                          cell->value};
    int rc = gr_send(problem->collector, REPORT, &done, sizeof done);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

/* All neighbours' values are there. What a red cell gets at last, nobody needs to hear of. */
static int update(struct gr_self *self)
{
    struct cell *cell = self->state;
    cell->missing = cell->neighbours;
    cell->value = relax(cell->value, cell->around);
    bool last = ++cell->updates == ITERATIONS;
    int rc = last && is_red(cell->place.row, cell->place.column) ? 0 : tell_all(cell);
    return rc < 0 || !last ? rc : report(self);
}

static int cell_receive(struct gr_self *self, const struct gr_message *message)
{
    struct cell *cell = self->state;
    if (message->tag == START)
        return tell_all(cell);
    cell->around[message->tag] = *(const double *)message->data;
    return --cell->missing > 0 ? 0 : update(self);
}

static int cell_start(struct gr_self *self, const void *argument, size_t size)
{
    struct cell *cell = self->state;
    const struct place *place = &cell->place;
    memcpy(&cell->place, argument, size);
    for (int side = 0; side < SIDES; side++)
        cell->neighbours += neighbour(place->problem, place->row, place->column, side) >= 0;
    cell->missing = cell->neighbours;
    cell->value = place->problem->values[(size_t)place->row * place->problem->side + place->column];
    return 0;
}

static int collector_start(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(self->state, argument, size);
    return 0;
}

static int collector_receive(struct gr_self *self, const struct gr_message *message)
{
    struct collector *collector = self->state;
    const struct report *done = message->data;
    collector->wrong +=
        memcmp(&done->value, &collector->problem->relaxed[done->at], sizeof done->value) != 0;
    if (--collector->missing > 0)
        return 0;
    int rc = gr_promise_resolve(collector->over, &collector->wrong, sizeof collector->wrong);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior cells = {.name = "cell",
                                         .receive = cell_receive,
                                         .start = cell_start,
                                         .state_bytes = sizeof(struct cell)};
static const struct gr_behavior collectors = {.name = "collector",
                                              .receive = collector_receive,
                                              .start = collector_start,
                                              .state_bytes = sizeof(struct collector)};

static int spawn_all(struct problem *problem, gr_promise over)
{
    uint32_t count = problem->side * problem->side;
    struct collector collector = {.problem = problem, .over = over, .missing = count};
    struct gr_actor_options spread = {
        .where = GR_SPREAD, .argument = &collector, .argument_bytes = sizeof collector};
    int rc = gr_actor_spawn(&collectors, &spread, &problem->collector);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        struct place place = {problem, i / problem->side, i % problem->side};
        spread.argument = &place;
        spread.argument_bytes = sizeof place;
        spread.where = bench_crew_where(i, count);
        rc = gr_actor_spawn(&cells, &spread, &problem->cells[i]);
    }
    return rc;
}

/* The red cells begin. */
static int start_all(const struct problem *problem)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < (size_t)problem->side * problem->side; i++)
        if (is_red(i / problem->side, i % problem->side))
            rc = gr_send(problem->cells[i], START, NULL, 0);
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
    if (rc == 0)
        rc = start_all(problem);
    uint64_t wrong = 0;
    if (rc == 0)
        rc = gr_future_await(over, &wrong, sizeof wrong, GR_FOREVER);
    if (rc < 0)
        return rc;
    return wrong == 0 ? 0 : bench_wrong("not as relaxed as the sequential run's");
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state ^ *state << 13;
    z ^= z >> 7;
    return *state = z ^ z << 17;
}

static void solve_color(const struct problem *problem, bool red)
{
    for (size_t i = 0; i < (size_t)problem->side * problem->side; i++) {
        size_t row = i / problem->side, column = i % problem->side;
        if (is_red(row, column) != red)
            continue;
        double around[SIDES] = {0};
        for (int side = 0; side < SIDES; side++) {
            int64_t at = neighbour(problem, row, column, side);
            if (at >= 0)
                around[side] = problem->relaxed[at];
        }
        problem->relaxed[i] = relax(problem->relaxed[i], around);
    }
}

/* Random values from 0 to a millionth, and what becomes of them. */
static void fill(struct problem *problem)
{
    uint64_t seed = problem->side;
    size_t count = (size_t)problem->side * problem->side;
    for (size_t i = 0; i < count; i++)
        problem->values[i] = (double)(next_random(&seed) >> 11) * 0x1p-53 * 1e-6;
    memcpy(problem->relaxed, problem->values, count * sizeof(double));
    for (unsigned i = 0; i < ITERATIONS; i++) {
        solve_color(problem, false);
        solve_color(problem, true);
    }
}

static int run(void *context)
{
    (void)context;
    uint64_t side = bench_scaled(SIDE);
    side = side < 2 ? 2 : side > SIDE_MAX ? SIDE_MAX : side;
    struct problem problem = {.side = (uint32_t)side};
    size_t count = side * side;
    problem.values = malloc(2 * count * sizeof(double));
    problem.cells = calloc(count, sizeof *problem.cells);
    int rc = -ENOMEM;
    if (problem.values != NULL && problem.cells != NULL) {
        problem.relaxed = problem.values + count;
        fill(&problem);
        rc = bench_program(&(struct bench_program){.name = "successive_over_relaxation",
                                                   .run = play,
                                                   .context = &problem,
                                                   .operations = count * ITERATIONS});
    }
    free(problem.values);
    free(problem.cells);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
