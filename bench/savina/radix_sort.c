/*
 * Savina's radix sort: values that pass through an actor for each of their bits.
 *
 *     main runner      source           stage, bit 0        ... bit 59         validator
 *      BEGIN --------> 100,000 values -> bit clear: pass on --> ... ---------> in order?
 *                                        bit set: keep
 *                                        after the last value:
 *                                        pass on all kept ----> ... --------->
 *       <--------------------------------------------- promise: a fingerprint
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a value sent: each is sent 61 times. There is
 * nothing to compute, so messages are all of the cost. One has a third more instructions than in
 * counting, and takes twice as long: each of the 60 mailboxes is larger than the first cache, and
 * so is what its stage keeps. The machine's floor is a line written and read (bench/floors/ring.c),
 * a quarter of it. A stage that passes on what it has kept sends 50,000 values from one handler,
 * and waits in it whenever the next one's mailbox is full. On two loops each has half of the chain,
 * and values cross over once; but what a stage has kept goes out only after its last value, so that
 * most of the work is in two or three stages next to each other: each loop is busy half of the
 * time, by turns, and two are as fast as one. With stages on loops by turns both are busy, and it
 * takes 1.6 times as long, as every value crosses over again and again.
 */
#include <errno.h>
#include <stdlib.h>

#include <greenroom/greenroom.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { BEGIN, VALUE };

#define VALUES 100000u
#define BITS 60
#define SEED 2048u

struct problem {
    uint64_t count;
    uint64_t fingerprint; /* of the sorted values */
};

struct source {
    uint64_t count;
    gr_actor next;
};

struct stage {
    uint64_t count; /* of values that will come */
    gr_actor next;
    uint64_t mask;
    uint64_t seen, kept;
    uint64_t *values; /* kept, in the order in which they came */
};

struct validator {
    uint64_t count;
    gr_promise sorted;
    uint64_t seen, fingerprint;
};

/* Tells orders apart, too. */
static uint64_t mix(uint64_t fingerprint, uint64_t value)
{
    return (fingerprint ^ value) * 0x9e3779b97f4a7c15u + value;
}

static uint64_t next_value(struct gr__random *random)
{
    return gr__random_next(random) >> (64 - BITS);
}

static int source_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    *(struct source *)self->state = *(const struct source *)argument;
    return 0;
}

static int source_receive(struct gr_self *self, const struct gr_message *message)
{
    (void)message;
    const struct source *source = self->state;
    struct gr__random random;
    gr__random_seed(&random, SEED);
    for (uint64_t i = 0; i < source->count; i++) {
        uint64_t value = next_value(&random);
        int rc = gr_send(source->next, VALUE, &value, sizeof value);
        if (rc < 0)
            return rc;
    }
    return gr_actor_stop(gr_self_actor(self), 0);
}

static int stage_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    struct stage *stage = self->state;
    *stage = *(const struct stage *)argument;
    stage->values = malloc(stage->count * sizeof *stage->values);
    return stage->values != NULL ? 0 : -ENOMEM;
}

static void stage_stop(struct gr_self *self, int reason)
{
    (void)reason;
    free(((struct stage *)self->state)->values);
}

static int pass_on_kept(const struct stage *stage)
{
    for (uint64_t i = 0; i < stage->kept; i++) {
        int rc = gr_send(stage->next, VALUE, &stage->values[i], sizeof stage->values[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int stage_receive(struct gr_self *self, const struct gr_message *message)
{
    struct stage *stage = self->state;
    uint64_t value = *(const uint64_t *)message->data;
    int rc = 0;
    if ((value & stage->mask) != 0)
        stage->values[stage->kept++] = value;
    else
        rc = gr_send(stage->next, VALUE, &value, sizeof value);
    if (rc < 0 || ++stage->seen < stage->count)
        return rc;
    rc = pass_on_kept(stage);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static int validator_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    *(struct validator *)self->state = *(const struct validator *)argument;
    return 0;
}

static int validator_receive(struct gr_self *self, const struct gr_message *message)
{
    struct validator *validator = self->state;
    validator->fingerprint = mix(validator->fingerprint, *(const uint64_t *)message->data);
    if (++validator->seen < validator->count)
        return 0;
    int rc = gr_promise_resolve(validator->sorted, &validator->fingerprint,
                                sizeof validator->fingerprint);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior sources = {.name = "source",
                                           .receive = source_receive,
                                           .start = source_start,
                                           .state_bytes = sizeof(struct source)};
static const struct gr_behavior stages = {.name = "stage",
                                          .receive = stage_receive,
                                          .start = stage_start,
                                          .stop = stage_stop,
                                          .state_bytes = sizeof(struct stage)};
static const struct gr_behavior validators = {.name = "validator",
                                              .receive = validator_receive,
                                              .start = validator_start,
                                              .state_bytes = sizeof(struct validator)};

/* The one that is `number`-th from the end of the chain. */
static int spawn(int number, const struct gr_behavior *behavior, const void *argument, size_t size,
                 gr_actor *ret_actor)
{
    struct gr_actor_options options = {.where = bench_crew_where((size_t)number, BITS + 2),
                                       .argument = argument,
                                       .argument_bytes = size};
    return gr_actor_spawn(behavior, &options, ret_actor);
}

/* From the last to the first, as each has to know the next. */
static int spawn_all(uint64_t count, gr_promise sorted, gr_actor *ret_source)
{
    struct validator validator = {.count = count, .sorted = sorted};
    gr_actor next;
    int rc = spawn(0, &validators, &validator, sizeof validator, &next);
    for (int bit = BITS - 1; rc == 0 && bit >= 0; bit--) {
        struct stage stage = {.count = count, .next = next, .mask = UINT64_C(1) << bit};
        rc = spawn(BITS - bit, &stages, &stage, sizeof stage, &next);
    }
    struct source source = {.count = count, .next = next};
    return rc < 0 ? rc : spawn(BITS + 1, &sources, &source, sizeof source, ret_source);
}

static int play(void *context)
{
    const struct problem *problem = context;
    gr_future sorted;
    gr_promise promise;
    gr_actor source = {0};
    int rc = gr_future_make(&sorted, &promise);
    if (rc == 0)
        rc = spawn_all(problem->count, promise, &source);
    if (rc == 0)
        rc = gr_send(source, BEGIN, NULL, 0);
    uint64_t fingerprint = 0;
    if (rc == 0)
        rc = gr_future_await(sorted, &fingerprint, sizeof fingerprint, GR_FOREVER);
    if (rc < 0)
        return rc;
    return fingerprint == problem->fingerprint ? 0 : bench_wrong("not the values in their order");
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static int solve(struct problem *problem)
{
    uint64_t *values = malloc(problem->count * sizeof *values);
    if (values == NULL)
        return -ENOMEM;
    struct gr__random random;
    gr__random_seed(&random, SEED);
    for (uint64_t i = 0; i < problem->count; i++)
        values[i] = next_value(&random);
    qsort(values, problem->count, sizeof *values, by_value);
    for (uint64_t i = 0; i < problem->count; i++)
        problem->fingerprint = mix(problem->fingerprint, values[i]);
    free(values);
    return 0;
}

static int run(void *context)
{
    (void)context;
    struct problem problem = {.count = bench_scaled(VALUES)};
    int rc = solve(&problem);
    if (rc < 0)
        return rc;
    return bench_program(&(struct bench_program){.name = "radix_sort",
                                                 .run = play,
                                                 .context = &problem,
                                                 .operations = (BITS + 1) * problem.count});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
