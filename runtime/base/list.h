/*
 * Intrusive lists: a doubly linked ring for what is taken out of the middle.
 *
 * A node that is in no list has next == NULL, so that removing twice does nothing.
 */
#ifndef GREENROOM_BASE_LIST_H
#define GREENROOM_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include <greenroom/links.h>

#define gr__container_of(pointer, type, member)                                                    \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define gr__list_each(node, list)                                                                  \
    for (struct gr__list *node = (list)->next; node != (list); node = node->next)

static inline void gr__list_init(struct gr__list *list)
{
    list->next = list;
    list->previous = list;
}

static inline bool gr__list_empty(const struct gr__list *list)
{
    return list->next == list;
}

static inline bool gr__list_linked(const struct gr__list *node)
{
    return node->next != NULL;
}

static inline void gr__list_append(struct gr__list *list, struct gr__list *node)
{
    node->next = list;
    node->previous = list->previous;
    list->previous->next = node;
    list->previous = node;
}

static inline void gr__list_remove(struct gr__list *node)
{
    if (node->next == NULL)
        return;

    node->previous->next = node->next;
    node->next->previous = node->previous;
    node->next = NULL;
}

/* The first node, taken out; NULL from an empty list. */
static inline struct gr__list *gr__list_shift(struct gr__list *list)
{
    struct gr__list *first = list->next;
    if (first == list)
        return NULL;

    gr__list_remove(first);
    return first;
}

#endif
