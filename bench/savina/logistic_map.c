/*
 * Savina's logistic map: ten workers ask a computer each for the terms of a series, one by one, as
 * a master tells them.
 *
 *     master               worker, one of 10               its computer
 *      NEXT -------------> asks: x --------------------->
 *                          waits        <--------------- r * x * (1 - x)
 *      ...                                                  25,000 times for each
 *      LAST: asks each, and adds up
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a term. The worker asks within its handler,
 * which waits on a stack of its own while the mailbox fills: what dominates is the ask
 * (bench/runtime/ask.c), seven tenths of some 900 instructions, and NEXT, one of as many as a
 * mailbox holds, is a quarter. The machine's floor is two switches of stacks
 * (bench/floors/context_switch.c), a fifteenth of a term. A computer lives where its worker does,
 * so that series on two loops go on side by side; but all the master's messages come from one.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { NEXT, TERM, LAST, ALL };

#define SERIES 10u
#define TERMS 25000u
#define STEP 0.0025

static double rate_of(uint64_t series)
{
    return 3.46 + STEP * (double)series;
}

static double next_term(double rate, double x)
{
    return rate * x * (1 - x);
}

/* --- A computer and its worker --------------------------------------------------------------- */

static int compute(struct gr_self *self, const struct gr_message *message)
{
    double next = next_term(*(const double *)self->state, *(const double *)message->data);
    return gr_reply(message, &next, sizeof next);
}

static const struct gr_behavior computers = {.name = "computer",
                                             .receive = compute,
                                             .start = bench_argument_is_state,
                                             .state_bytes = sizeof(double)};

struct worker {
    gr_actor computer;
    double x;
};

static int worker_start(struct gr_self *self, const void *argument, size_t size)
{
    struct worker *worker = self->state;
    worker->x = *(const double *)argument * STEP;
    struct gr_actor_options options = {.argument = argument, .argument_bytes = size};
    return gr_actor_spawn(&computers, &options, &worker->computer);
}

static void worker_stop(struct gr_self *self, int reason)
{
    if (gr_actor_stop(((struct worker *)self->state)->computer, reason) < 0)
        return; /* the loop ends, and the computer with it */
}

static int worker_receive(struct gr_self *self, const struct gr_message *message)
{
    struct worker *worker = self->state;
    double *x = &worker->x;
    if (message->tag == LAST)
        return gr_reply(message, x, sizeof *x);
    return gr_ask(worker->computer, TERM, x, sizeof *x, x, sizeof *x, GR_FOREVER);
}

static const struct gr_behavior workers = {.name = "worker",
                                           .receive = worker_receive,
                                           .start = worker_start,
                                           .stop = worker_stop,
                                           .state_bytes = sizeof(struct worker)};

/* --- The master ------------------------------------------------------------------------------ */

struct master {
    gr_actor workers[SERIES];
};

static int master_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    struct master *master = self->state;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < SERIES; i++) {
        double rate = rate_of(i);
        rc = bench_crew_spawn(&master->workers[i], 1, &workers, &rate, sizeof rate);
    }
    return rc;
}

static int tell_all(const struct master *master, uint64_t terms)
{
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < terms; i++)
        rc = bench_crew_send(master->workers, SERIES, NEXT, NULL, 0);
    return rc;
}

static int add_up(const struct master *master, double *ret_sum)
{
    double sum = 0;
    for (uint64_t i = 0; i < SERIES; i++) {
        double x;
        int rc = gr_ask(master->workers[i], LAST, NULL, 0, &x, sizeof x, GR_FOREVER);
        if (rc < 0)
            return rc;
        sum += x;
    }
    *ret_sum = sum;
    return 0;
}

static int master_receive(struct gr_self *self, const struct gr_message *message)
{
    const struct master *master = self->state;
    double sum = 0;
    int rc = tell_all(master, *(const uint64_t *)message->data);
    if (rc == 0)
        rc = add_up(master, &sum);
    if (rc == 0)
        rc = gr_reply(message, &sum, sizeof sum);
    return rc < 0 ? rc : bench_crew_stop(master->workers, SERIES);
}

static const struct gr_behavior masters = {.name = "master",
                                           .receive = master_receive,
                                           .start = master_start,
                                           .state_bytes = sizeof(struct master)};

/* --- The program ----------------------------------------------------------------------------- */

struct problem {
    uint64_t terms; /* of each series */
    double sum;     /* of the last of each */
};

static double sum_in_a_loop(uint64_t terms)
{
    double sum = 0;
    for (uint64_t i = 0; i < SERIES; i++) {
        double rate = rate_of(i), x = rate * STEP;
        for (uint64_t j = 0; j < terms; j++)
            x = next_term(rate, x);
        sum += x;
    }
    return sum;
}

static int play(void *context)
{
    const struct problem *problem = context;
    const uint64_t *terms = &problem->terms;
    gr_actor master = {0};
    double sum = 0;
    int rc = bench_crew_spawn(&master, 1, &masters, NULL, 0);
    if (rc == 0)
        rc = gr_ask(master, ALL, terms, sizeof *terms, &sum, sizeof sum, GR_FOREVER);
    if (rc == 0)
        rc = gr_actor_stop(master, 0);
    if (rc < 0)
        return rc;
    return sum == problem->sum ? 0 : bench_wrong("not the sum of the last terms");
}

static int run(void *context)
{
    (void)context;
    struct problem problem = {.terms = bench_scaled(TERMS)};
    problem.sum = sum_in_a_loop(problem.terms);
    return bench_program(&(struct bench_program){.name = "logistic_map",
                                                 .run = play,
                                                 .context = &problem,
                                                 .operations = problem.terms * SERIES});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
