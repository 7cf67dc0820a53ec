/*
 * Savina's quicksort: a tree of actors that split what they are given, and put it together again.
 *
 *     main runner      sorter                          sorter, for what is less than the pivot
 *      values -------> 2,048 values or more:
 *                      the lesser ----------> values ... sorts, or splits in turn
 *                      the greater ----------+            |
 *                           <----------------|-- LESSER --+
 *                           <---- GREATER ---+
 *       <-- promise    lesser, equal, greater
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a value. Values travel in buffers that are
 * moved: a sorter begins with one, copies it apart into two new ones, keeps the one it was given,
 * and copies what comes back into it. What dominates is comparing and copying: each value is
 * compared at some twenty levels, where the processor can but guess how that ends, and takes 5 to 6
 * ns a level on an Intel Xeon of 2.5 GHz. That is the floor of this way to sort: 1,400 actors and
 * twice as many messages are less than a hundredth. One loop alone has something to do while all
 * the values are copied, split for the first time, and put together at last, which is a tenth of
 * the work: so two loops can be 1.8 times as fast as one. Each sorts the values that will stand in
 * its half of the result, so that they share the rest equally.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { SORT, LESSER, GREATER };

#define VALUES 1000000u
#define BITS 60
#define THRESHOLD 2048u
#define SEED 1024u

struct problem {
    size_t bytes;     /* of each of the two */
    uint64_t *values; /* as they are given */
    uint64_t *sorted;
};

/* Where in the tree: where the result goes, to a parent or, where there is none, to the promise. */
struct place {
    const struct gr_behavior *behavior; /* what all in the tree are like */
    gr_actor parent;
    gr_promise whole;
    size_t whole_bytes; /* of all values... */
    size_t first_byte;  /* ...and where this part of them will stand among them */
    uint32_t side;      /* of the parent's pivot: LESSER or GREATER */
};

/* What a sorter begins with: the values are its own from then on. */
struct task {
    struct place place;
    struct gr_buffer values;
};

struct sorter {
    struct place place;
    struct gr_buffer values; /* once split: room for the result, the equal ones in their place */
    unsigned sides;          /* that have come back */
};

/* Split by the middle one: all up to the place that it returns are no greater than the rest. */
static size_t partition(uint64_t *values, size_t count)
{
    uint64_t pivot = values[(count - 1) / 2];
    size_t low = 0, high = count - 1;
    for (;; low++, high--) {
        while (values[low] < pivot)
            low++;
        while (values[high] > pivot)
            high--;
        if (low >= high)
            return high + 1;
        uint64_t value = values[low];
        values[low] = values[high];
        values[high] = value;
    }
}

/* The shorter part is sorted in a call of its own, so that the stack stays short. */
static void sort(uint64_t *values, size_t count)
{
    while (count > 1) {
        size_t first = partition(values, count), rest = count - first;
        if (first < rest) {
            sort(values, first);
            values += first;
            count = rest;
        } else {
            sort(values + first, rest);
            count = first;
        }
    }
}

static int deliver(struct gr_self *self)
{
    struct sorter *sorter = self->state;
    const struct place *place = &sorter->place;
    int rc = place->parent.name == 0
                 ? gr_promise_resolve_buffer(place->whole, &sorter->values)
                 : gr_send_buffer(place->parent, place->side, &sorter->values, GR_FOREVER);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static void count_sides(const uint64_t *values, size_t count, uint64_t pivot, size_t counts[2])
{
    size_t lesser = 0, greater = 0;
    for (size_t i = 0; i < count; i++) {
        lesser += values[i] < pivot;
        greater += values[i] > pivot;
    }
    counts[0] = lesser;
    counts[1] = greater;
}

/*
 * Each value is written to both sides and stays where it counts, as a branch would go wrong at every
 * other one. Both have room for one more.
 */
static void copy_sides(const uint64_t *values, size_t count, uint64_t pivot,
                       uint64_t *restrict lesser, uint64_t *restrict greater)
{
    size_t less = 0, more = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t value = values[i];
        lesser[less] = value;
        greater[more] = value;
        less += value < pivot;
        more += value > pivot;
    }
}

/* Copy what is less and what is greater; of the given, only the equal in the middle count on. */
static int part(struct gr_buffer *values, struct gr_buffer parts[2])
{
    uint64_t *value = values->data, pivot = value[values->size / sizeof *value / 2];
    size_t counts[2], count = values->size / sizeof *value;
    count_sides(value, count, pivot, counts);
    for (int i = 0; i < 2; i++) {
        void *side = malloc((counts[i] + 1) * sizeof *value);
        parts[i] = gr_buffer_adopt(side, counts[i] * sizeof *value);
    }
    if (parts[0].data == NULL || parts[1].data == NULL)
        return -ENOMEM;
    copy_sides(value, count, pivot, parts[0].data, parts[1].data);
    for (size_t i = counts[0]; i < count - counts[1]; i++)
        value[i] = pivot;
    return 0;
}

/* Have another actor sort the values, which go along with the order to make it. */
static int delegate(const struct place *place, struct gr_buffer *values, int where)
{
    struct task task = {*place, *values};
    struct gr_actor_options options = {
        .where = where, .argument = &task, .argument_bytes = sizeof task};
    gr_actor sorter;
    int rc = gr_actor_spawn(place->behavior, &options, &sorter);
    if (rc == 0)
        *values = (struct gr_buffer){0};
    return rc;
}

/*
 * Each loop sorts those that will stand in its share of the result: so all have as many, wherever
 * pivots fall. What lies across a border belongs where its middle is, and is split on.
 */
static int where_to_sort(const struct place *place, size_t bytes)
{
    return bench_crew_where(place->first_byte + bytes / 2, place->whole_bytes + 1);
}

static int delegate_side(struct gr_self *self, uint32_t side, struct gr_buffer *values)
{
    const struct sorter *sorter = self->state;
    struct place below = sorter->place;
    below.parent = gr_self_actor(self);
    below.side = side;
    if (side == GREATER)
        below.first_byte += sorter->values.size - values->size;
    return delegate(&below, values, where_to_sort(&below, values->size));
}

/* What goes away goes first, so that the other loop begins with it before this one does with its own. */
static int split(struct gr_self *self)
{
    struct sorter *sorter = self->state;
    struct gr_buffer parts[2];
    int rc = part(&sorter->values, parts);
    unsigned first = where_to_sort(&sorter->place, parts[0].size) == GR_ON_LOOP(gr_loop_here());
    for (unsigned i = 0; rc == 0 && i < 2; i++)
        rc = delegate_side(self, LESSER + (i ^ first), &parts[i ^ first]);
    gr_buffer_release(&parts[0]);
    gr_buffer_release(&parts[1]);
    return rc;
}

/* A side has come back: it goes to its end of the result. */
static void join(struct sorter *sorter, const struct gr_message *message)
{
    size_t at = message->tag == LESSER ? 0 : sorter->values.size - message->size;
    if (message->size > 0)
        memcpy((char *)sorter->values.data + at, message->data, message->size);
    sorter->sides++;
}

static int sorter_receive(struct gr_self *self, const struct gr_message *message)
{
    struct sorter *sorter = self->state;
    if (message->tag != SORT) {
        join(sorter, message);
        return sorter->sides < 2 ? 0 : deliver(self);
    }
    if (sorter->values.size / sizeof(uint64_t) >= THRESHOLD)
        return split(self);
    sort(sorter->values.data, sorter->values.size / sizeof(uint64_t));
    return deliver(self);
}

static int sorter_start(struct gr_self *self, const void *argument, size_t size)
{
    struct sorter *sorter = self->state;
    const struct task *task = argument;
    (void)size;
    sorter->place = task->place;
    sorter->values = task->values;
    int rc = gr_send(gr_self_actor(self), SORT, NULL, 0);
    if (rc < 0)
        sorter->values = (struct gr_buffer){0};
    return rc;
}

static void sorter_stop(struct gr_self *self, int reason)
{
    (void)reason;
    gr_buffer_release(&((struct sorter *)self->state)->values);
}

static const struct gr_behavior sorters = {.name = "sorter",
                                           .receive = sorter_receive,
                                           .start = sorter_start,
                                           .stop = sorter_stop,
                                           .state_bytes = sizeof(struct sorter)};

static int play(void *context)
{
    const struct problem *problem = context;
    gr_future whole;
    struct place place = {.behavior = &sorters, .whole_bytes = problem->bytes};
    struct gr_buffer values = {0};
    int rc = gr_future_make(&whole, &place.whole);
    if (rc == 0)
        rc = gr_buffer_copy(problem->values, problem->bytes, &values);
    if (rc == 0)
        rc = delegate(&place, &values, GR_HERE);
    if (rc == 0)
        rc = gr_future_await_buffer(whole, &values, GR_FOREVER);
    if (rc == 0 && (values.size != problem->bytes ||
                    memcmp(values.data, problem->sorted, problem->bytes) != 0))
        rc = bench_wrong("not the values in their order");
    gr_buffer_release(&values);
    return rc;
}

/* Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static int run(void *context)
{
    (void)context;
    uint64_t count = bench_scaled(VALUES), seed = SEED;
    struct problem problem = {.bytes = count * sizeof(uint64_t)};
    problem.values = malloc(2 * problem.bytes);
    if (problem.values == NULL)
        return bench_wrong("no memory for the values");
    problem.sorted = problem.values + count;
    for (uint64_t i = 0; i < count; i++)
        problem.values[i] = next_random(&seed) >> (64 - BITS);
    memcpy(problem.sorted, problem.values, problem.bytes);
    qsort(problem.sorted, count, sizeof(uint64_t), by_value);

    int rc = bench_program(&(struct bench_program){
        .name = "quicksort", .run = play, .context = &problem, .operations = count});
    free(problem.values);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
