/**
 * @file list.h
 * @brief A list that is good at both ends and can be entered in the middle.
 *
 *     first <-> block <-> block <-> last     a block is some 4 KiB; a short list, a small one
 *                 | .. room .. | item item item | .. room .. |
 *
 * Slices that come out of a list point into it and hold until it changes. A list
 * belongs to one thread.
 */
#ifndef KV_LIST_H
#define KV_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "slice.h"

struct list;
struct block;

enum list_end { LIST_FIRST, LIST_LAST };

/** A place in a list, before an item or behind the last. */
struct list_cursor {
    const struct block *block;
    size_t at;
};

/** An empty list, or NULL for want of memory. */
struct list *list_new(void);

/** End a list and its items. NULL is nothing. */
void list_free(struct list *list);

size_t list_count(const struct list *list);

/**
 * Add an item at one end. Its bytes are copied.
 *
 * @errors -ENOMEM, and the list stays what it was
 */
int list_push(struct list *list, enum list_end end, struct slice item);

/** The item at one end of a list that has some. */
struct slice list_peek(const struct list *list, enum list_end end);

/** Remove the item at one end of a list that has some. */
void list_drop(struct list *list, enum list_end end);

/** Stand before the item with this index, which is less than the count. */
struct list_cursor list_seek(const struct list *list, size_t index);

/** The item behind the cursor, which there is; the cursor moves past it. */
struct slice list_next(struct list_cursor *cursor);

#endif
