/*
 * Many actors at once: spawned over the loops in turn, told, and stopped together.
 *
 *     gr_actor workers[20];
 *     rc = bench_crew_spawn(workers, 20, &works, &table, sizeof table);
 *     ...
 *     rc = bench_crew_stop(workers, 20);
 */
#ifndef GREENROOM_BENCH_LIB_CREW_H
#define GREENROOM_BENCH_LIB_CREW_H

#include <stddef.h>
#include <stdint.h>

#include <greenroom/greenroom.h>

/* Spawn actors over the loops in turn, each with the same argument for its start hook. */
int bench_crew_spawn(gr_actor *actors, size_t count, const struct gr_behavior *behavior,
                     const void *argument, size_t argument_bytes);

/*
 * Where to spawn the `number`-th of `count` actors in a row: an equal part of them on each loop, so
 * that those who talk to their neighbours mostly find them at hand.
 */
int bench_crew_where(size_t number, size_t count);

/* Send the same to each. */
int bench_crew_send(const gr_actor *actors, size_t count, uint32_t tag, const void *data,
                    size_t size);

/* Ask each for a number with no more than a tag, and add the numbers up. */
int bench_crew_sum(const gr_actor *actors, size_t count, uint32_t tag, uint64_t *ret_sum);

/* Ask each for a number, and check that it is the one wanted; `what` it counts, where it is not. */
int bench_crew_check(const gr_actor *actors, size_t count, uint32_t tag, uint64_t wanted,
                     const char *what);

/* What an actor counts until it is done, for whoever asks by bench_crew_sum(), before or after. */
struct bench_tally {
    uint64_t left; /* until it is done */
    uint64_t count;
    gr_promise asked; /* once somebody has */
};

/* Somebody asks: tell the count, now or once the actor is done. */
int bench_tally_ask(struct bench_tally *tally, const struct gr_message *message);

/* Tell the count, if all is done and somebody has asked. */
int bench_tally_tell(const struct bench_tally *tally);

int bench_crew_stop(const gr_actor *actors, size_t count);

/* A start hook: the argument becomes the state. */
int bench_argument_is_state(struct gr_self *self, const void *argument, size_t size);

/* Wait for a number, and check that it is the one wanted; `what` it counts, where it is not. */
int bench_await_count(gr_future future, uint64_t wanted, const char *what);

#endif
