/*
 * Savina's recursive matrix multiplication: work that splits until it is small enough to be done.
 *
 *     main runner        master                                   worker, one of 20
 *      START ----------> WORK, 1024 x 1024 ---------------------> too large:
 *                             <---------------------------- WORK    8 times, a half as long
 *                             <---------------------------- DONE
 *                        WORK, 512 x 512, 8 of them ------------> and so on
 *                        ...
 *                        WORK, 128 x 128, 512 of them ----------> multiplied and added
 *                             <---------------------------- DONE
 *       <----- promise   as often done as sent
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a multiply-add. There are 585 pieces of work to
 * a thousand million of them, so that what dominates is the arithmetic: four instructions each,
 * which an Intel Xeon does in little more than a cycle. That is the floor of this way to multiply;
 * messages hardly cost a thing, and two loops are worth nearly twice one.
 *
 * The factors are made before, and only read. A block of the product belongs to the worker whose
 * number its own gives, from the first run to the last: only the master hands it out, and only
 * there. Savina takes row + column of the block instead, which reaches no more than 5 workers.
 */
#include <stdlib.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { START, WORK, DONE };

#define WORKERS 20u
#define LENGTH 1024u
#define THRESHOLD 16384u /* elements: blocks of no more are not split */

/* Square matrices, row by row. */
struct problem {
    size_t length;
    size_t block; /* the length of blocks that are not split */
    double *left, *right, *product;
};

/* Add left, from (row, inner), times right, from (inner, column), to product there. */
struct work {
    uint32_t row, column, inner, length;
};

struct start {
    const struct problem *problem;
    gr_promise over;
    gr_actor workers[WORKERS];
};

struct master {
    struct start start;
    uint64_t sent, done;
};

struct worker {
    const struct problem *problem;
    gr_actor master;
};

/* Whose the part of the product is. */
static gr_actor worker_of(const struct start *start, const struct work *work)
{
    size_t block = start->problem->block, across = start->problem->length / block;
    return start->workers[(work->row / block * across + work->column / block) % WORKERS];
}

static int hand_out(struct master *master, const struct work *work)
{
    master->sent++;
    return gr_send(worker_of(&master->start, work), WORK, work, sizeof *work);
}

static int master_receive(struct gr_self *self, const struct gr_message *message)
{
    struct master *master = self->state;
    if (message->tag == WORK)
        return hand_out(master, message->data);
    if (message->tag == START) {
        master->start = *(const struct start *)message->data;
        return hand_out(master, &(struct work){.length = (uint32_t)master->start.problem->length});
    }
    if (++master->done < master->sent)
        return 0;
    return gr_promise_resolve(master->start.over, NULL, 0);
}

/* The eight products of halves that a product comes to, both of a quarter one after the other. */
static int split(const struct worker *worker, const struct work *work)
{
    uint32_t half = work->length / 2;
    for (uint32_t part = 0; part < 8; part++) {
        struct work less = {work->row + (part >> 2) * half, work->column + (part >> 1 & 1) * half,
                            work->inner + (part & 1) * half, half};
        int rc = gr_send(worker->master, WORK, &less, sizeof less);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Add a times a row. */
static void add_row(double *restrict to, double a, const double *restrict row, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += a * row[i];
}

static void multiply(const struct problem *problem, const struct work *work)
{
    for (size_t i = work->row; i < work->row + work->length; i++) {
        double *to = problem->product + i * problem->length + work->column;
        for (size_t k = work->inner; k < work->inner + work->length; k++)
            add_row(to, problem->left[i * problem->length + k],
                    problem->right + k * problem->length + work->column, work->length);
    }
}

static int worker_start(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(self->state, argument, size);
    return 0;
}

static int worker_receive(struct gr_self *self, const struct gr_message *message)
{
    const struct worker *worker = self->state;
    const struct work *work = message->data;
    int rc = 0;
    if (work->length > worker->problem->block)
        rc = split(worker, work);
    else
        multiply(worker->problem, work);
    return rc < 0 ? rc : gr_send(worker->master, DONE, NULL, 0);
}

static const struct gr_behavior masters = {
    .name = "master", .receive = master_receive, .state_bytes = sizeof(struct master)};
static const struct gr_behavior workers = {.name = "worker",
                                           .receive = worker_receive,
                                           .start = worker_start,
                                           .state_bytes = sizeof(struct worker)};

static int spawn_all(struct start *start, gr_actor *ret_master)
{
    struct gr_actor_options spread = {.where = GR_SPREAD};
    int rc = gr_actor_spawn(&masters, &spread, ret_master);
    struct worker worker = {start->problem, *ret_master};
    spread.argument = &worker;
    spread.argument_bytes = sizeof worker;
    for (size_t i = 0; rc == 0 && i < WORKERS; i++)
        rc = gr_actor_spawn(&workers, &spread, &start->workers[i]);
    return rc;
}

static int stop_all(const struct start *start, gr_actor master)
{
    int rc = gr_actor_stop(master, 0);
    for (size_t i = 0; rc == 0 && i < WORKERS; i++)
        rc = gr_actor_stop(start->workers[i], 0);
    return rc;
}

/*
 * left[i][k] = i + k and right[k][j] = k - j, so that their product is known in whole numbers,
 * small enough to be exact in whatever order they were added up.
 */
static void fill(struct problem *problem)
{
    size_t length = problem->length;
    for (size_t at = 0; at < length * length; at++) {
        double row = (double)(at / length), column = (double)(at % length);
        problem->left[at] = row + column;
        problem->right[at] = row - column;
    }
}

static bool product_is_right(const struct problem *problem)
{
    double n = (double)problem->length;
    double sum = n * (n - 1) / 2, squares = n * (n - 1) * (2 * n - 1) / 6;
    for (size_t i = 0; i < problem->length; i++) {
        const double *row = problem->product + i * problem->length;
        double x = (double)i;
        for (size_t j = 0; j < problem->length; j++) {
            double y = (double)j;
            if (row[j] != squares + (x - y) * sum - n * x * y)
                return false;
        }
    }
    return true;
}

static int play(void *context)
{
    struct problem *problem = context;
    memset(problem->product, 0, problem->length * problem->length * sizeof(double));
    gr_future over;
    gr_actor master = {0};
    struct start start = {.problem = problem};
    int rc = gr_future_make(&over, &start.over);
    if (rc == 0)
        rc = spawn_all(&start, &master);
    if (rc == 0)
        rc = gr_send(master, START, &start, sizeof start);
    if (rc == 0)
        rc = gr_future_await(over, NULL, 0, GR_FOREVER);
    if (rc == 0)
        rc = stop_all(&start, master);
    if (rc < 0)
        return rc;
    return product_is_right(problem) ? 0 : bench_wrong("not the product");
}

/* A power of two, so that halves are whole: the longest that stays within the scaled work. */
static size_t length_of(uint64_t operations)
{
    size_t length = 1;
    while (8 * length * length * length <= operations)
        length *= 2;
    return length;
}

static int run(void *context)
{
    (void)context;
    struct problem problem = {.length =
                                  length_of(bench_scaled((uint64_t)LENGTH * LENGTH * LENGTH))};
    problem.block = problem.length;
    while (problem.block * problem.block > THRESHOLD)
        problem.block /= 2;

    size_t elements = problem.length * problem.length;
    double *memory = malloc(3 * elements * sizeof *memory);
    if (memory == NULL)
        return bench_wrong("no memory for the matrices");
    problem.left = memory;
    problem.right = memory + elements;
    problem.product = memory + 2 * elements;
    fill(&problem);
    int rc = bench_program(&(struct bench_program){.name = "matrix_multiplication",
                                                   .run = play,
                                                   .context = &problem,
                                                   .operations = elements * problem.length});
    free(memory);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
