/*
 * Savina's cigarette smokers: an arbiter sends one of two hundred to smoke, at random, each round.
 *
 *     arbiter                    smoker
 *      SMOKE ------------------> one at random
 *            <----------- BEGUN
 *      SMOKE, the next round ->  smokes
 *      ...                                      1,000 rounds
 *      END --------------------> all
 *            <---- ENDED, rounds smoked
 *
 *     main runner <--- promise --- the sum
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a round. To smoke is to draw some 510 random
 * numbers, which is the floor of the first row (bench/floors/random_numbers.c) and nine tenths of it:
 * the generator's own arithmetic, which is the same on every runtime. On a virtual Intel Xeon of
 * 2.5 GHz the best peer takes 1.6 times the floor, and nobody could lead it by more on one core. In
 * the second row none are drawn: a round is two messages, each to an idle actor, and a fifth of a
 * smoker's life, which is a third of the time. On two loops nothing is gained: BEGUN leaves for the
 * other one when the turn ends, and its sender has smoked by then.
 */
#include <greenroom/greenroom.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"
#include "bench/lib/work.h"

enum { SMOKE, BEGUN, END, ENDED };

#define SMOKERS 200u
#define ROUNDS 1000u

/* --- A smoker -------------------------------------------------------------------------------- */

struct task {
    gr_actor arbiter;
    uint64_t number;
    bool costs;
};

struct smoker {
    gr_actor arbiter;
    uint64_t rounds;
    struct bench_work work;
};

static int smoker_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct task *task = argument;
    struct smoker *smoker = self->state;
    smoker->arbiter = task->arbiter;
    bench_work_init(&smoker->work, task->number, task->costs);
    return 0;
}

static int smoke(struct smoker *smoker)
{
    smoker->rounds++;
    int rc = gr_send(smoker->arbiter, BEGUN, NULL, 0);
    if (rc == 0)
        bench_work(&smoker->work);
    return rc;
}

static int smoker_receive(struct gr_self *self, const struct gr_message *message)
{
    struct smoker *smoker = self->state;
    if (message->tag == SMOKE)
        return smoke(smoker);
    int rc = gr_send(smoker->arbiter, ENDED, &smoker->rounds, sizeof smoker->rounds);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior smokers = {.name = "smoker",
                                           .receive = smoker_receive,
                                           .start = smoker_start,
                                           .state_bytes = sizeof(struct smoker)};

/* --- The arbiter ----------------------------------------------------------------------------- */

struct evening {
    uint64_t rounds;
    bool costs;
    gr_promise over;
};

struct arbiter {
    uint64_t left; /* rounds to begin */
    gr_promise over;
    uint64_t ended;  /* smokers */
    uint64_t rounds; /* that they have smoked */
    struct gr__random random;
    gr_actor smokers[SMOKERS];
};

static int spawn_smokers(gr_actor actors[SMOKERS], struct task task)
{
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < SMOKERS; i++) {
        task.number = i;
        rc = bench_crew_spawn(&actors[i], 1, &smokers, &task, sizeof task);
    }
    return rc;
}

static int next_round(struct arbiter *arbiter)
{
    if (arbiter->left == 0)
        return bench_crew_send(arbiter->smokers, SMOKERS, END, NULL, 0);
    arbiter->left--;
    gr_actor smoker = arbiter->smokers[gr__random_below(&arbiter->random, SMOKERS)];
    return gr_send(smoker, SMOKE, NULL, 0);
}

static int arbiter_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct evening *evening = argument;
    struct arbiter *arbiter = self->state;
    arbiter->left = evening->rounds;
    arbiter->over = evening->over;
    gr__random_seed(&arbiter->random, SMOKERS);
    struct task task = {.arbiter = gr_self_actor(self), .costs = evening->costs};
    int rc = spawn_smokers(arbiter->smokers, task);
    return rc < 0 ? rc : next_round(arbiter);
}

static int arbiter_receive(struct gr_self *self, const struct gr_message *message)
{
    struct arbiter *arbiter = self->state;
    if (message->tag == BEGUN)
        return next_round(arbiter);
    arbiter->rounds += *(const uint64_t *)message->data;
    if (++arbiter->ended < SMOKERS)
        return 0;
    int rc = gr_promise_resolve(arbiter->over, &arbiter->rounds, sizeof arbiter->rounds);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior arbiters = {.name = "arbiter",
                                            .receive = arbiter_receive,
                                            .start = arbiter_start,
                                            .state_bytes = sizeof(struct arbiter)};

/* --- The program ----------------------------------------------------------------------------- */

static int play(void *context)
{
    struct evening evening = *(const struct evening *)context;
    gr_actor arbiter = {0};
    gr_future over;
    int rc = gr_future_make(&over, &evening.over);
    if (rc == 0)
        rc = bench_crew_spawn(&arbiter, 1, &arbiters, &evening, sizeof evening);
    if (rc == 0)
        rc = bench_await_count(over, evening.rounds, "rounds smoked");
    return rc;
}

static int measure(bool costs, const char *variant)
{
    struct evening evening = {.rounds = bench_scaled(ROUNDS), .costs = costs};
    return bench_program(&(struct bench_program){.name = "cigarette_smokers",
                                                 .variant = variant,
                                                 .run = play,
                                                 .context = &evening,
                                                 .operations = evening.rounds});
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
