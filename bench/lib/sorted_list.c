/* A sorted list of numbers, whose nodes lie where they were put in. */
#include "bench/lib/sorted_list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS 10000000u
#define FIRST_ROOM 1024u
#define PROBED_OF 1024u

int bench_list_init(struct bench_list *list)
{
    list->nodes = malloc(FIRST_ROOM * sizeof *list->nodes);
    if (list->nodes == NULL)
        return -ENOMEM;
    list->nodes[0] = (struct bench_list_node){.number = UINT32_MAX};
    list->count = 1;
    list->room = FIRST_ROOM;
    return 0;
}

void bench_list_done(struct bench_list *list)
{
    free(list->nodes);
}

enum bench_list_kind bench_list_draw(struct gr__random *random, uint32_t *ret_number)
{
    uint64_t kind = gr__random_below(random, 100);
    *ret_number = 0;
    if (kind == 0)
        return BENCH_LIST_SIZE;
    *ret_number = (uint32_t)gr__random_below(random, NUMBERS);
    return kind > 10 ? BENCH_LIST_CONTAINS : BENCH_LIST_INSERT;
}

/*
 * The last node whose number is less, or the list's begin. A node is read as one word, so that the next
 * one waits for a load and a shift, and not for an address that both halves would be read at.
 */
static uint32_t find_before(const struct bench_list *list, uint32_t number)
{
    const struct bench_list_node *nodes = list->nodes;
    uint32_t before = 0, next = nodes[0].next;
    for (;;) {
        uint64_t node;
        memcpy(&node, &nodes[next], sizeof node);
        if ((uint32_t)node >= number)
            return before;
        before = next;
        next = (uint32_t)(node >> 32);
    }
}

static bool contains(const struct bench_list *list, uint32_t number)
{
    uint32_t before = find_before(list, number);
    return list->nodes[list->nodes[before].next].number == number;
}

static int make_room(struct bench_list *list)
{
    if (list->count < list->room)
        return 0;
    struct bench_list_node *nodes = realloc(list->nodes, 2 * list->room * sizeof *nodes);
    if (nodes == NULL)
        return -ENOMEM;
    list->nodes = nodes;
    list->room *= 2;
    return 0;
}

static int insert(struct bench_list *list, uint32_t number)
{
    int rc = make_room(list);
    if (rc < 0)
        return rc;
    uint32_t before = find_before(list, number), place = list->count++;
    list->nodes[place] = (struct bench_list_node){number, list->nodes[before].next};
    list->nodes[before].next = place;
    return 0;
}

int bench_list_serve(struct bench_list *list, enum bench_list_kind kind, uint32_t number,
                     uint64_t *ret_answer)
{
    if (kind == BENCH_LIST_INSERT)
        return insert(list, number);
    *ret_answer = kind == BENCH_LIST_SIZE ? list->count - 1 : contains(list, number);
    return 0;
}

/* Whether a search finds the number at this place, and not the one above it that is not there. */
static bool is_found(const struct bench_list *list, uint32_t place)
{
    uint32_t number = list->nodes[place].number;
    uint32_t next = list->nodes[list->nodes[place].next].number;
    return contains(list, number) && (next <= number + 1 || !contains(list, number + 1));
}

uint64_t bench_list_sound_length(const struct bench_list *list)
{
    const struct bench_list_node *nodes = list->nodes;
    uint64_t length = 0;
    for (uint32_t place = nodes[0].next; place != 0; place = nodes[place].next) {
        if (nodes[nodes[place].next].number < nodes[place].number)
            return 0;
        if (length++ % PROBED_OF == 0 && !is_found(list, place))
            return 0;
    }
    return length;
}
