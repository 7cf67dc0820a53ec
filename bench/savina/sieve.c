/*
 * Savina's sieve of Eratosthenes: a chain of actors that grows with the primes it knows.
 *
 *     main runner      producer           filter, primes 2 to 7,919      filter, 7,927 to 17,393 ...
 *      BEGIN --------> 3, 5 ... 99,999 --> divides by each of its primes
 *                                          no remainder: dropped
 *                                          else: passed on -------------> ...
 *                                          last in the chain: a prime, kept;
 *                                          with 1,000 kept: spawns the next
 *                      END --------------> END, primes and their sum ---> ...
 *       <------------------------------------------------------- promise: of all
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a candidate. It is divided by the primes one
 * after the other, as Savina has it, not only up to its root: 46 million divisions for 50,000
 * candidates, beside which the 90,000 messages cost little. The floor is what the processor's
 * divider takes for these, 920 for each candidate and 27 cycles each on an Intel Xeon: all of it
 * but a hundredth. The later a filter, the fewer the candidates that reach it, but all its primes
 * divide them. Two loops have shares of 28 and 27 of 55, and nine tenths of the time both have
 * something to do.
 */
#include <errno.h>
#include <stdlib.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { BEGIN, CANDIDATE, END };

#define LIMIT 100000u
#define LOCAL_PRIMES 1000u

struct primes {
    uint64_t count, sum;
};

struct problem {
    uint64_t limit;
    struct primes primes; /* below it */
};

struct begin {
    uint64_t limit;
    gr_actor first;
    gr_promise found;
};

struct end {
    struct primes primes; /* of the filters before */
    gr_promise found;
};

struct filter_start {
    const struct gr_behavior *behavior; /* what all in the chain are like */
    uint64_t number;                    /* in the chain */
    uint64_t prime;                     /* its first */
};

struct filter {
    const struct gr_behavior *behavior;
    uint64_t number;
    gr_actor next; /* once it has all its primes and knows of one more */
    uint64_t count;
    uint64_t primes[LOCAL_PRIMES];
};

static int producer_receive(struct gr_self *self, const struct gr_message *message)
{
    struct begin begin = *(const struct begin *)message->data;
    for (uint64_t candidate = 3; candidate < begin.limit; candidate += 2) {
        int rc = gr_send(begin.first, CANDIDATE, &candidate, sizeof candidate);
        if (rc < 0)
            return rc;
    }
    struct end end = {.found = begin.found};
    int rc = gr_send(begin.first, END, &end, sizeof end);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static int filter_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct filter_start *start = argument;
    struct filter *filter = self->state;
    filter->behavior = start->behavior;
    filter->number = start->number;
    filter->primes[filter->count++] = start->prime;
    return 0;
}

/*
 * Each filter has less to do than the one before. So the loops are gone through forth and back, as
 * 0 1 2 2 1 0 0 1 2 ..., which gives each as much by and large.
 */
static int loop_of(uint64_t number)
{
    uint64_t loops = (uint64_t)gr_loop_count();
    uint64_t at = number % (2 * loops);
    return (int)(at < loops ? at : 2 * loops - 1 - at);
}

static int spawn_filter(const struct gr_behavior *behavior, uint64_t number, uint64_t prime,
                        gr_actor *ret_actor)
{
    struct filter_start start = {.behavior = behavior, .number = number, .prime = prime};
    struct gr_actor_options options = {
        .where = GR_ON_LOOP(loop_of(number)), .argument = &start, .argument_bytes = sizeof start};
    return gr_actor_spawn(behavior, &options, ret_actor);
}

static bool is_locally_prime(const struct filter *filter, uint64_t candidate)
{
    for (uint64_t i = 0; i < filter->count; i++) {
        if (candidate % filter->primes[i] == 0)
            return false;
    }
    return true;
}

static int try_candidate(struct filter *filter, uint64_t candidate)
{
    if (!is_locally_prime(filter, candidate))
        return 0;
    if (filter->next.name != 0)
        return gr_send(filter->next, CANDIDATE, &candidate, sizeof candidate);
    if (filter->count == LOCAL_PRIMES)
        return spawn_filter(filter->behavior, filter->number + 1, candidate, &filter->next);
    filter->primes[filter->count++] = candidate;
    return 0;
}

static int filter_receive(struct gr_self *self, const struct gr_message *message)
{
    struct filter *filter = self->state;
    if (message->tag == CANDIDATE)
        return try_candidate(filter, *(const uint64_t *)message->data);

    struct end end = *(const struct end *)message->data;
    end.primes.count += filter->count;
    for (uint64_t i = 0; i < filter->count; i++)
        end.primes.sum += filter->primes[i];
    int rc = filter->next.name != 0 ? gr_send(filter->next, END, &end, sizeof end)
                                    : gr_promise_resolve(end.found, &end.primes, sizeof end.primes);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior producers = {.name = "producer", .receive = producer_receive};
static const struct gr_behavior filters = {.name = "filter",
                                           .receive = filter_receive,
                                           .start = filter_start,
                                           .state_bytes = sizeof(struct filter)};

static int play(void *context)
{
    const struct problem *problem = context;
    gr_future found;
    gr_actor producer = {0};
    struct begin begin = {.limit = problem->limit};
    int rc = gr_future_make(&found, &begin.found);
    if (rc == 0)
        rc = spawn_filter(&filters, 0, 2, &begin.first);
    if (rc == 0)
        rc = gr_actor_spawn(&producers, &(struct gr_actor_options){.where = GR_SPREAD}, &producer);
    if (rc == 0)
        rc = gr_send(producer, BEGIN, &begin, sizeof begin);
    struct primes primes = {0};
    if (rc == 0)
        rc = gr_future_await(found, &primes, sizeof primes, GR_FOREVER);
    if (rc < 0)
        return rc;
    if (primes.count != problem->primes.count || primes.sum != problem->primes.sum)
        return bench_wrong("not the primes below the limit");
    return 0;
}

/* The same by striking out. */
static int solve(struct problem *problem)
{
    bool *composite = calloc(problem->limit, sizeof *composite);
    if (composite == NULL)
        return -ENOMEM;
    for (uint64_t number = 2; number < problem->limit; number++) {
        if (composite[number])
            continue;
        problem->primes.count++;
        problem->primes.sum += number;
        for (uint64_t multiple = number * number; multiple < problem->limit; multiple += number)
            composite[multiple] = true;
    }
    free(composite);
    return 0;
}

static int run(void *context)
{
    (void)context;
    struct problem problem = {.limit = bench_scaled(LIMIT)};
    int rc = solve(&problem);
    if (rc < 0)
        return rc;
    return bench_program(&(struct bench_program){
        .name = "sieve", .run = play, .context = &problem, .operations = (problem.limit - 2) / 2});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
