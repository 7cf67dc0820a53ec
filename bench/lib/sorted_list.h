/*
 * The list of Savina's concurrent sorted list, and what its workers ask of it.
 *
 *     bench_list_draw()    SIZE, INSERT a number, or CONTAINS a number
 *     bench_list_serve()   walks to its place
 *
 * Nodes are small, and lie in one array in the order in which they were put in. The list begins and
 * ends at node 0, with a number above all others.
 *
 * Invariants:
 *   1. nodes[0] has the number UINT32_MAX. Its next is the least; it is the next of the greatest.
 *   2. Numbers do not descend from there to the end.
 */
#ifndef GREENROOM_BENCH_LIB_SORTED_LIST_H
#define GREENROOM_BENCH_LIB_SORTED_LIST_H

#include <stdint.h>

#include "base/random.h"

#define BENCH_LIST_WORKERS 20u
#define BENCH_LIST_REQUESTS 8000u /* of each worker */

enum bench_list_kind { BENCH_LIST_SIZE, BENCH_LIST_INSERT, BENCH_LIST_CONTAINS, BENCH_LIST_KINDS };

struct bench_list_node {
    uint32_t number;
    uint32_t next; /* its place */
};

struct bench_list {
    struct bench_list_node *nodes;
    uint32_t count, room; /* nodes in use, and allocated */
};

/* An empty list. 0, or -ENOMEM. */
int bench_list_init(struct bench_list *list);
void bench_list_done(struct bench_list *list);

/* What a worker asks next: 1 time in 100 the size, 10 times an insert, 89 times whether one is in. */
enum bench_list_kind bench_list_draw(struct gr__random *random, uint32_t *ret_number);

/* Answer a request; an insert has no answer. 0, or -ENOMEM. */
int bench_list_serve(struct bench_list *list, enum bench_list_kind kind, uint32_t number,
                     uint64_t *ret_answer);

/*
 * How many numbers there are, by a walk through all; 0, which is wrong, where one descends, or where
 * whether one is in it would be answered wrongly: one in a thousand is looked for.
 */
uint64_t bench_list_sound_length(const struct bench_list *list);

#endif
