/*
 * Savina's pi: the terms of a series, each to thousands of digits, from workers that ask for more.
 *
 *     main runner      master                     worker, one of 20
 *      BEGIN --------> WORK, number 0 ----------> computes the term
 *                      ... 199, ten for each
 *                           <------------- TERM   as a number of 2,000 bytes, moved
 *                      adds it up
 *                      WORK, number 200 --------> ...
 *                      a term is 0: no more work
 *                      all terms are back:
 *                      STOP --------------------> ends
 *                           <---------- STOPPED
 *       <--- promise   pi
 *
 * The series is that of Bailey, Borwein and Plouffe: the sum over k of
 * (4 / (8k + 1) - 2 / (8k + 4) - 1 / (8k + 5) - 1 / (8k + 6)) / 16^k.
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a digit. Numbers are integers, in units of
 * 2^-bits; 64 bits more than the digits need make up for what rounding takes. What dominates is
 * four divisions of such a number by a small one for each term, of which 5,000 digits take 4,200. A
 * number has 261 words, so that is 880 words divided for a digit, at 5.4 ns all in all on an Intel
 * Xeon of 2.5 GHz; the division of GMP is the floor, and the 17,000 messages are hardly above it.
 */
#include <errno.h>
#include <gmp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { BEGIN, WORK, TERM, STOP, STOPPED };

#define DIGITS 5000u
#define WORKERS 20u
#define AT_ONCE 10u /* terms that a worker has to compute, at most */
#define GUARD_BITS 64u

struct problem {
    uint64_t digits;
    uint64_t bits;
    mpz_t pi; /* without the guard bits */
};

/* --- Numbers as messages --------------------------------------------------------------------- */

/* A number of some worker's, to be moved. */
struct number {
    uint64_t worker;
    size_t count;
    mp_limb_t limbs[];
};

static int pack(const mpz_t value, uint64_t worker, struct gr_buffer *ret_buffer)
{
    size_t count = mpz_size(value), bytes = count * sizeof(mp_limb_t);
    struct number *number = malloc(sizeof *number + bytes);
    if (number == NULL)
        return -ENOMEM;
    number->worker = worker;
    number->count = count;
    if (count > 0)
        memcpy(number->limbs, mpz_limbs_read(value), bytes);
    *ret_buffer = gr_buffer_adopt(number, sizeof *number + bytes);
    return 0;
}

/* The number itself, to be read only, as long as the message or buffer is there. */
static mpz_srcptr unpack(const struct number *number, mpz_t view)
{
    return mpz_roinit_n(view, number->limbs, (mp_size_t)number->count);
}

/* --- A worker -------------------------------------------------------------------------------- */

struct worker_start {
    gr_actor master;
    uint64_t number;
    uint64_t bits;
};

struct worker {
    struct worker_start start;
    mpz_t one, part, term;
};

static int worker_start(struct gr_self *self, const void *argument, size_t size)
{
    struct worker *worker = self->state;
    memcpy(&worker->start, argument, size);
    mpz_inits(worker->one, worker->part, worker->term, NULL);
    mpz_setbit(worker->one, worker->start.bits);
    return 0;
}

static void worker_stop(struct gr_self *self, int reason)
{
    (void)reason;
    struct worker *worker = self->state;
    mpz_clears(worker->one, worker->part, worker->term, NULL);
}

/* To divide one and multiply by four is as good as to divide four: what is lost is guarded. */
static void compute(struct worker *worker, uint64_t k)
{
    mpz_tdiv_q_ui(worker->term, worker->one, 8 * k + 1);
    mpz_mul_2exp(worker->term, worker->term, 2);
    mpz_tdiv_q_ui(worker->part, worker->one, 8 * k + 4);
    mpz_submul_ui(worker->term, worker->part, 2);
    mpz_tdiv_q_ui(worker->part, worker->one, 8 * k + 5);
    mpz_sub(worker->term, worker->term, worker->part);
    mpz_tdiv_q_ui(worker->part, worker->one, 8 * k + 6);
    mpz_sub(worker->term, worker->term, worker->part);
    mpz_tdiv_q_2exp(worker->term, worker->term, 4 * k);
}

static int worker_receive(struct gr_self *self, const struct gr_message *message)
{
    struct worker *worker = self->state;
    gr_actor master = worker->start.master;
    if (message->tag == STOP) {
        int rc = gr_send(master, STOPPED, NULL, 0);
        return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
    }
    compute(worker, *(const uint64_t *)message->data);
    struct gr_buffer term;
    int rc = pack(worker->term, worker->start.number, &term);
    if (rc < 0)
        return rc;
    rc = gr_send_buffer(master, TERM, &term, GR_FOREVER);
    if (rc < 0)
        gr_buffer_release(&term);
    return rc;
}

static const struct gr_behavior workers = {.name = "worker",
                                           .receive = worker_receive,
                                           .start = worker_start,
                                           .stop = worker_stop,
                                           .state_bytes = sizeof(struct worker)};

/* --- The master ------------------------------------------------------------------------------ */

struct begin {
    const struct problem *problem;
    gr_promise over;
};

struct master {
    struct begin begin;
    uint64_t wanted, got; /* terms */
    bool enough;
    unsigned stopped; /* workers */
    gr_actor workers[WORKERS];
    mpz_t pi;
};

static int master_start(struct gr_self *self, const void *argument, size_t size)
{
    struct master *master = self->state;
    memcpy(&master->begin, argument, size);
    mpz_init(master->pi);
    struct worker_start start = {.master = gr_self_actor(self),
                                 .bits = master->begin.problem->bits};
    struct gr_actor_options spread = {
        .where = GR_SPREAD, .argument = &start, .argument_bytes = sizeof start};
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < WORKERS; i++) {
        start.number = i;
        rc = gr_actor_spawn(&workers, &spread, &master->workers[i]);
    }
    return rc;
}

static void master_stop(struct gr_self *self, int reason)
{
    (void)reason;
    mpz_clear(((struct master *)self->state)->pi);
}

static int want(struct master *master, uint64_t worker)
{
    uint64_t k = master->wanted++;
    return gr_send(master->workers[worker], WORK, &k, sizeof k);
}

static int want_first(struct master *master)
{
    uint64_t most = master->begin.problem->digits;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < AT_ONCE * WORKERS && i < most; i++)
        rc = want(master, i % WORKERS);
    return rc;
}

static int stop_workers(const struct master *master)
{
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < WORKERS; i++)
        rc = gr_send(master->workers[i], STOP, NULL, 0);
    return rc;
}

static int add_term(struct master *master, const struct number *number)
{
    mpz_t view;
    mpz_srcptr term = unpack(number, view);
    mpz_add(master->pi, master->pi, term);
    master->got++;
    master->enough |= mpz_sgn(term) == 0;
    int rc = master->enough ? 0 : want(master, number->worker);
    return rc < 0 || master->got < master->wanted ? rc : stop_workers(master);
}

static int finish(struct gr_self *self)
{
    struct master *master = self->state;
    struct gr_buffer pi;
    int rc = pack(master->pi, 0, &pi);
    if (rc < 0)
        return rc;
    rc = gr_promise_resolve_buffer(master->begin.over, &pi);
    if (rc < 0)
        gr_buffer_release(&pi);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static int master_receive(struct gr_self *self, const struct gr_message *message)
{
    struct master *master = self->state;
    switch (message->tag) {
    case BEGIN:
        return want_first(master);
    case TERM:
        return add_term(master, message->data);
    default:
        return ++master->stopped < WORKERS ? 0 : finish(self);
    }
}

static const struct gr_behavior masters = {.name = "master",
                                           .receive = master_receive,
                                           .start = master_start,
                                           .stop = master_stop,
                                           .state_bytes = sizeof(struct master)};

static bool is_pi(const struct number *number, const mpz_t pi)
{
    mpz_t view, digits;
    mpz_init(digits);
    mpz_tdiv_q_2exp(digits, unpack(number, view), GUARD_BITS);
    bool same = mpz_cmp(digits, pi) == 0;
    mpz_clear(digits);
    return same;
}

static int play(void *context)
{
    const struct problem *problem = context;
    gr_future over;
    gr_actor master = {0};
    struct begin begin = {.problem = problem};
    int rc = gr_future_make(&over, &begin.over);
    struct gr_actor_options spread = {
        .where = GR_SPREAD, .argument = &begin, .argument_bytes = sizeof begin};
    if (rc == 0)
        rc = gr_actor_spawn(&masters, &spread, &master);
    if (rc == 0)
        rc = gr_send(master, BEGIN, NULL, 0);
    struct gr_buffer pi = {0};
    if (rc == 0)
        rc = gr_future_await_buffer(over, &pi, GR_FOREVER);
    if (rc < 0)
        return rc;
    bool same = is_pi(pi.data, problem->pi);
    gr_buffer_release(&pi);
    return same ? 0 : bench_wrong("not pi, or not to so many digits");
}

/* --- Pi by other means ----------------------------------------------------------------------- */

/* Add `times` × arctan(1 / x), as its power series; `times` below zero subtracts. */
static void add_arctan(mpz_t sum, long times, unsigned long x, uint64_t bits)
{
    mpz_t power, term;
    mpz_inits(power, term, NULL);
    mpz_setbit(power, bits);
    mpz_tdiv_q_ui(power, power, x);
    for (unsigned long i = 1; mpz_sgn(power) != 0; i += 2) {
        mpz_tdiv_q_ui(term, power, i);
        mpz_mul_si(term, term, i % 4 == 1 ? times : -times);
        mpz_add(sum, sum, term);
        mpz_tdiv_q_ui(power, power, x * x);
    }
    mpz_clears(power, term, NULL);
}

/* Machin, 1706: pi = 16 arctan(1/5) - 4 arctan(1/239). */
static void solve(struct problem *problem)
{
    mpz_init(problem->pi);
    add_arctan(problem->pi, 16, 5, problem->bits);
    add_arctan(problem->pi, -4, 239, problem->bits);
    mpz_tdiv_q_2exp(problem->pi, problem->pi, GUARD_BITS);
}

static int run(void *context)
{
    (void)context;
    struct problem problem = {.digits = bench_scaled(DIGITS)};
    problem.bits = (uint64_t)ceil((double)problem.digits * log2(10)) + GUARD_BITS;
    solve(&problem);
    int rc = bench_program(&(struct bench_program){
        .name = "pi_precision", .run = play, .context = &problem, .operations = problem.digits});
    mpz_clear(problem.pi);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
