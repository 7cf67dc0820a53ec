/*
 * Savina's dining philosophers: twenty philosophers ask an arbiter for their two forks.
 *
 *     philosopher, one of 20            arbiter
 *      HUNGRY ------------------------> both forks are there: taken
 *          <--------------------- EAT
 *      SATED -------------------------> both are back
 *      HUNGRY ------------------------> one is a neighbour's
 *          <------------------ DENIED
 *          lets others have a turn
 *      HUNGRY ------------------------> ...                  until 10,000 meals were had
 *
 *     main runner <--- promise --- all 200,000 meals were had
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a meal. That is three messages, which dominate,
 * and two for each time that a philosopher is denied. It takes eight tenths of three messages to
 * idle actors (bench/runtime/message_local.c), as two go to the arbiter, who mostly has mail: the
 * number of their instructions is all of it, as there, and the machine sets no other floor.
 *
 * Who was denied lets all others have a turn, I/O included, and asks then. Else the ten denied
 * would have the arbiter say so all the time, and where they share its loop, nobody from another
 * loop would be heard before the time slice is used up. On one loop, every second philosopher eats
 * at first, each again and again, and the others when these have had all their meals.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { HUNGRY, SATED, EAT, DENIED, MEALS };

#define PHILOSOPHERS 20u

/* --- The arbiter ----------------------------------------------------------------------------- */

struct seat {
    gr_actor philosopher;
    uint32_t number; /* 1 and up */
};

struct table {
    uint64_t left; /* meals to be had */
    gr_promise over;
};

struct arbiter {
    struct table table;           /* first: the argument */
    uint64_t wrong;               /* meals after which a fork was not the eater's to give back */
    uint32_t forks[PHILOSOPHERS]; /* who has it; 0: nobody */
};

static int grant(struct arbiter *arbiter, const struct seat *seat)
{
    uint32_t *left = &arbiter->forks[seat->number - 1];
    uint32_t *right = &arbiter->forks[seat->number % PHILOSOPHERS];
    if (*left != 0 || *right != 0)
        return gr_send(seat->philosopher, DENIED, NULL, 0);
    *left = *right = seat->number;
    return gr_send(seat->philosopher, EAT, NULL, 0);
}

static int clear(struct arbiter *arbiter, const struct seat *seat)
{
    uint32_t *left = &arbiter->forks[seat->number - 1];
    uint32_t *right = &arbiter->forks[seat->number % PHILOSOPHERS];
    arbiter->wrong += *left != seat->number || *right != seat->number;
    *left = *right = 0;
    if (--arbiter->table.left > 0)
        return 0;
    return gr_promise_resolve(arbiter->table.over, &arbiter->wrong, sizeof arbiter->wrong);
}

static int arbiter_receive(struct gr_self *self, const struct gr_message *message)
{
    struct arbiter *arbiter = self->state;
    if (message->tag == HUNGRY)
        return grant(arbiter, message->data);
    return clear(arbiter, message->data);
}

static const struct gr_behavior arbiters = {.name = "arbiter",
                                            .receive = arbiter_receive,
                                            .start = bench_argument_is_state,
                                            .state_bytes = sizeof(struct arbiter)};

/* --- A philosopher --------------------------------------------------------------------------- */

struct task {
    gr_actor arbiter;
    uint64_t meals;
    uint32_t number;
};

struct philosopher {
    struct seat seat;
    gr_actor arbiter;
    uint64_t left; /* meals to have */
    uint64_t meals;
};

static int say(const struct philosopher *philosopher, uint32_t tag)
{
    return gr_send(philosopher->arbiter, tag, &philosopher->seat, sizeof philosopher->seat);
}

static int philosopher_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct task *task = argument;
    struct philosopher *philosopher = self->state;
    philosopher->seat = (struct seat){gr_self_actor(self), task->number};
    philosopher->arbiter = task->arbiter;
    philosopher->left = task->meals;
    return say(philosopher, HUNGRY);
}

static int eat(struct philosopher *philosopher)
{
    philosopher->meals++;
    int rc = say(philosopher, SATED);
    if (rc < 0)
        return rc;
    return --philosopher->left > 0 ? say(philosopher, HUNGRY) : 0;
}

static int ask_again(const struct philosopher *philosopher)
{
    int rc = gr_yield();
    return rc < 0 ? rc : say(philosopher, HUNGRY);
}

static int philosopher_receive(struct gr_self *self, const struct gr_message *message)
{
    struct philosopher *philosopher = self->state;
    switch (message->tag) {
    case EAT:
        return eat(philosopher);
    case DENIED:
        return ask_again(philosopher);
    default:
        return gr_reply(message, &philosopher->meals, sizeof philosopher->meals);
    }
}

static const struct gr_behavior philosophers = {.name = "philosopher",
                                                .receive = philosopher_receive,
                                                .start = philosopher_start,
                                                .state_bytes = sizeof(struct philosopher)};

/* --- The program ----------------------------------------------------------------------------- */

static int spawn_philosophers(gr_actor actors[PHILOSOPHERS], gr_actor arbiter, uint64_t meals)
{
    struct task task = {.arbiter = arbiter, .meals = meals};
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < PHILOSOPHERS; i++) {
        task.number = i + 1;
        rc = bench_crew_spawn(&actors[i], 1, &philosophers, &task, sizeof task);
    }
    return rc;
}

static int play(void *context)
{
    const uint64_t *meals = context;
    gr_actor arbiter = {0}, actors[PHILOSOPHERS];
    struct table table = {.left = *meals * PHILOSOPHERS};
    gr_future over;
    uint64_t eaten = 0;
    int rc = gr_future_make(&over, &table.over);
    if (rc == 0)
        rc = bench_crew_spawn(&arbiter, 1, &arbiters, &table, sizeof table);
    if (rc == 0)
        rc = spawn_philosophers(actors, arbiter, *meals);
    if (rc == 0)
        rc = bench_await_count(over, 0, "meals after which a fork was another's");
    if (rc == 0)
        rc = bench_crew_sum(actors, PHILOSOPHERS, MEALS, &eaten);
    if (rc == 0)
        rc = bench_crew_stop(actors, PHILOSOPHERS);
    if (rc == 0)
        rc = gr_actor_stop(arbiter, 0);
    if (rc < 0)
        return rc;
    return eaten == *meals * PHILOSOPHERS ? 0 : bench_wrong("not as many meals as there should be");
}

static int run(void *context)
{
    (void)context;
    uint64_t meals = bench_scaled(10000);
    return bench_program(&(struct bench_program){.name = "dining_philosophers",
                                                 .run = play,
                                                 .context = &meals,
                                                 .operations = meals * PHILOSOPHERS});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
