/*
 * Savina's trapezoidal approximation: an integral, cut up among workers.
 *
 *     main runner      master                     worker, one of 100
 *      BEGIN --------> WORK, 100,000 pieces ----> adds up their areas
 *                           <------------- AREA   ends
 *       <--- promise   the sum
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a piece. The function is a sine, an exponential
 * and two square roots, computed at both ends of each piece: what dominates is the mathematics
 * library, four fifths of the instructions, and all but a thousandth is the floor, what a loop
 * without actors takes. There are 200 messages in all, so more loops gain as much as workers run
 * beside others.
 */
#include <math.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { BEGIN, AREA, WORK };

#define PIECES 10000000u
#define WORKERS 100u
#define LEFT 1.0
#define RIGHT 5.0

struct problem {
    uint64_t pieces;
    double area;
};

struct begin {
    uint64_t pieces;
    gr_promise area;
};

/* Pieces from `first` to the one before `end`. */
struct work {
    uint64_t first, end;
    double width; /* of a piece */
    gr_actor master;
};

struct master {
    gr_promise whole;
    gr_actor workers[WORKERS];
    unsigned areas; /* that have come */
    double area;
};

static double height(double x)
{
    return sin(x * x * x - 1) / (x + 1) * sqrt(1 + exp(sqrt(2 * x)));
}

static double area_of(const struct work *work)
{
    double area = 0;
    for (uint64_t i = work->first; i < work->end; i++) {
        double left = LEFT + (double)i * work->width, right = left + work->width;
        area += (height(left) + height(right)) / 2 * work->width;
    }
    return area;
}

static int worker_receive(struct gr_self *self, const struct gr_message *message)
{
    const struct work *work = message->data;
    double area = area_of(work);
    int rc = gr_send(work->master, AREA, &area, sizeof area);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior workers = {.name = "worker", .receive = worker_receive};

static int master_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    struct master *master = self->state;
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < WORKERS; i++)
        rc = gr_actor_spawn(&workers, &(struct gr_actor_options){.where = GR_SPREAD},
                            &master->workers[i]);
    return rc;
}

static int hand_out(struct gr_self *self, uint64_t pieces)
{
    const struct master *master = self->state;
    struct work work = {.width = (RIGHT - LEFT) / (double)pieces, .master = gr_self_actor(self)};
    for (unsigned i = 0; i < WORKERS; i++) {
        work.first = work.end;
        work.end = pieces * (i + 1) / WORKERS;
        int rc = gr_send(master->workers[i], WORK, &work, sizeof work);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int master_receive(struct gr_self *self, const struct gr_message *message)
{
    struct master *master = self->state;
    if (message->tag == BEGIN) {
        const struct begin *begin = message->data;
        master->whole = begin->area;
        return hand_out(self, begin->pieces);
    }
    master->area += *(const double *)message->data;
    if (++master->areas < WORKERS)
        return 0;
    int rc = gr_promise_resolve(master->whole, &master->area, sizeof master->area);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior masters = {.name = "master",
                                           .receive = master_receive,
                                           .start = master_start,
                                           .state_bytes = sizeof(struct master)};

static int play(void *context)
{
    const struct problem *problem = context;
    gr_future whole;
    gr_actor master = {0};
    struct begin begin = {.pieces = problem->pieces};
    int rc = gr_future_make(&whole, &begin.area);
    if (rc == 0)
        rc = gr_actor_spawn(&masters, &(struct gr_actor_options){.where = GR_SPREAD}, &master);
    if (rc == 0)
        rc = gr_send(master, BEGIN, &begin, sizeof begin);
    double area = 0;
    if (rc == 0)
        rc = gr_future_await(whole, &area, sizeof area, GR_FOREVER);
    if (rc < 0)
        return rc;
    /* The areas come in any order, and each order rounds in its own way. */
    bool near = fabs(area - problem->area) <= 1e-12 * (double)WORKERS;
    return near ? 0 : bench_wrong("not the area under the curve");
}

static int run(void *context)
{
    (void)context;
    struct problem problem = {.pieces = bench_scaled(PIECES)};
    struct work all = {.end = problem.pieces, .width = (RIGHT - LEFT) / (double)problem.pieces};
    problem.area = area_of(&all);
    return bench_program(&(struct bench_program){
        .name = "trapezoid", .run = play, .context = &problem, .operations = problem.pieces});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
