/*
 * Lists in blocks.
 *
 * An item stands between two notes of its size, so that it can be read from
 * either side:
 *
 *     | size | bytes | size |          below 255 a note is that byte; else it is
 *                                      255 and four bytes, 255 on the outer side
 *
 * A block fills from where it was first pushed: from the right when items come in
 * at the front, from the left when at the back. When a block is full at one side,
 *
 *     - and half of it is free, its items slide to the middle: that costs at most
 *       half a block and wins a quarter of one at least, so a push costs a
 *       constant on average even if a list is used as a queue;
 *     - and it is small, a block twice as large takes its items over;
 *     - else a new block comes next to it. An item too large for a block gets one
 *       of its own.
 *
 * Invariants:
 *   1. No block is empty; an empty list has none.
 *   2. begin < end <= room of each block, and its items fill [begin, end).
 *   3. The counts of the blocks add up to the list's.
 */
#include "list.h"

#include <assert.h>
#include <errno.h>

#include "memory.h"

enum { NOTE_LONG = 255, NOTE_BYTES = 5, FIRST_BLOCK_BYTES = 64 };

struct block {
    struct block *neighbours[2]; /* towards the first and towards the last; NULL at the end */
    size_t begin, end, room;
    size_t count;
    char bytes[];
};

/* What a block may hold, to make about 4 KiB with its head. */
#define BLOCK_BYTES ((size_t)4096 - 16 - sizeof(struct block))

struct list {
    struct block *ends[2];
    size_t count;
};

struct list *list_new(void)
{
    struct list *list = memory_take(sizeof *list);
    if (list != NULL)
        *list = (struct list){0};
    return list;
}

void list_free(struct list *list)
{
    if (list == NULL)
        return;
    for (struct block *block = list->ends[LIST_FIRST]; block != NULL;) {
        struct block *next = block->neighbours[LIST_LAST];
        memory_give(block);
        block = next;
    }
    memory_give(list);
}

size_t list_count(const struct list *list)
{
    return list->count;
}

static size_t note_bytes(size_t size)
{
    return size < NOTE_LONG ? 1 : NOTE_BYTES;
}

/* Read the note that begins at this byte. */
static size_t note_after(const char *at)
{
    unsigned char byte = (unsigned char)at[0];
    uint32_t size = byte;
    if (byte == NOTE_LONG)
        memcpy(&size, at + 1, sizeof size);
    return size;
}

/* Read the note that ends before this byte. */
static size_t note_before(const char *at)
{
    unsigned char byte = (unsigned char)at[-1];
    uint32_t size = byte;
    if (byte == NOTE_LONG)
        memcpy(&size, at - NOTE_BYTES, sizeof size);
    return size;
}

static void write_item(char *at, struct slice item)
{
    size_t note = note_bytes(item.size);
    char *after = at + note + item.size;
    uint32_t size = (uint32_t)item.size;
    bool is_long = note == NOTE_BYTES;
    at[0] = after[note - 1] = (char)(unsigned char)(is_long ? NOTE_LONG : item.size);
    if (is_long) {
        memcpy(at + 1, &size, sizeof size);
        memcpy(after, &size, sizeof size);
    }
    if (item.size > 0)
        memcpy(at + note, item.data, item.size);
}

static enum list_end other(enum list_end end)
{
    return end == LIST_FIRST ? LIST_LAST : LIST_FIRST;
}

/* Free bytes of a block at one end. */
static size_t free_at(const struct block *block, enum list_end end)
{
    return end == LIST_FIRST ? block->begin : block->room - block->end;
}

/* Put the bytes of a block, which it has or is to have, at this place in it. */
static void place(struct block *block, const struct block *from, size_t begin)
{
    size_t size = from->end - from->begin;
    memmove(block->bytes + begin, from->bytes + from->begin, size);
    block->begin = begin;
    block->end = begin + size;
}

static void set_neighbour(struct list *list, struct block *block, enum list_end end,
                          struct block *neighbour)
{
    if (block == NULL)
        list->ends[other(end)] = neighbour;
    else
        block->neighbours[end] = neighbour;
}

/* Take the block at one end over into one of more room. */
static int enlarge(struct list *list, enum list_end end, size_t room)
{
    struct block *old = list->ends[end];
    struct block *block = memory_take(sizeof *block + room);
    if (block == NULL)
        return -ENOMEM;

    block->neighbours[LIST_FIRST] = old->neighbours[LIST_FIRST];
    block->neighbours[LIST_LAST] = old->neighbours[LIST_LAST];
    block->room = room;
    block->count = old->count;
    place(block, old, end == LIST_FIRST ? room - (old->end - old->begin) : 0);

    set_neighbour(list, old->neighbours[LIST_FIRST], LIST_LAST, block);
    set_neighbour(list, old->neighbours[LIST_LAST], LIST_FIRST, block);
    memory_give(old);
    return 0;
}

/* Put an empty block at one end, to be filled from its inner side. */
static int add_block(struct list *list, enum list_end end, size_t room)
{
    struct block *block = memory_take(sizeof *block + room);
    if (block == NULL)
        return -ENOMEM;

    struct block *neighbour = list->ends[end];
    *block = (struct block){.room = room};
    block->begin = block->end = end == LIST_FIRST ? room : 0;
    block->neighbours[other(end)] = neighbour;
    set_neighbour(list, neighbour, end, block);
    list->ends[end] = block;
    return 0;
}

static size_t max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Make sure that the block at one end has room there. */
static int make_room(struct list *list, enum list_end end, size_t bytes)
{
    struct block *block = list->ends[end];
    if (block == NULL)
        return add_block(list, end, max(bytes, FIRST_BLOCK_BYTES));
    if (free_at(block, end) >= bytes)
        return 0;

    size_t wanted = block->end - block->begin + bytes;
    if (wanted <= block->room / 2) {
        place(block, block, (block->room - wanted) / 2 + (end == LIST_FIRST ? bytes : 0));
        return 0;
    }
    if (wanted <= BLOCK_BYTES && block->room < BLOCK_BYTES)
        return enlarge(list, end, wanted * 2 < BLOCK_BYTES ? wanted * 2 : BLOCK_BYTES);
    return add_block(list, end, max(bytes, BLOCK_BYTES));
}

int list_push(struct list *list, enum list_end end, struct slice item)
{
    size_t bytes = item.size + 2 * note_bytes(item.size);
    int rc = make_room(list, end, bytes);
    if (rc < 0)
        return rc;

    struct block *block = list->ends[end];
    assert(free_at(block, end) >= bytes);
    if (end == LIST_FIRST)
        block->begin -= bytes;
    write_item(block->bytes + (end == LIST_FIRST ? block->begin : block->end), item);
    if (end == LIST_LAST)
        block->end += bytes;
    block->count++;
    list->count++;
    return 0;
}

struct slice list_peek(const struct list *list, enum list_end end)
{
    assert(list->count > 0);
    const struct block *block = list->ends[end];
    if (end == LIST_FIRST) {
        const char *at = block->bytes + block->begin;
        size_t size = note_after(at);
        return (struct slice){at + note_bytes(size), size};
    }
    const char *at = block->bytes + block->end;
    size_t size = note_before(at);
    return (struct slice){at - note_bytes(size) - size, size};
}

/* Take a block that has become empty out of the list. */
static void remove_block(struct list *list, enum list_end end)
{
    struct block *block = list->ends[end];
    struct block *neighbour = block->neighbours[other(end)];
    list->ends[end] = neighbour;
    set_neighbour(list, neighbour, end, NULL);
    memory_give(block);
}

void list_drop(struct list *list, enum list_end end)
{
    struct block *block = list->ends[end];
    size_t size = list_peek(list, end).size;
    size_t bytes = size + 2 * note_bytes(size);
    if (end == LIST_FIRST)
        block->begin += bytes;
    else
        block->end -= bytes;
    list->count--;
    if (--block->count == 0)
        remove_block(list, end);
}

struct list_cursor list_seek(const struct list *list, size_t index)
{
    assert(index < list->count);
    const struct block *block = list->ends[LIST_FIRST];
    if (index < list->count / 2) {
        for (; index >= block->count; block = block->neighbours[LIST_LAST])
            index -= block->count;
    } else {
        size_t behind = list->count - index; /* items from the one asked for to the last */
        block = list->ends[LIST_LAST];
        for (; behind > block->count; block = block->neighbours[LIST_FIRST])
            behind -= block->count;
        index = block->count - behind;
    }

    struct list_cursor cursor = {block, block->begin};
    while (index-- > 0)
        list_next(&cursor);
    return cursor;
}

struct slice list_next(struct list_cursor *cursor)
{
    if (cursor->at == cursor->block->end) {
        cursor->block = cursor->block->neighbours[LIST_LAST];
        cursor->at = cursor->block->begin;
    }
    const char *at = cursor->block->bytes + cursor->at;
    size_t size = note_after(at);
    size_t note = note_bytes(size);
    cursor->at += size + 2 * note;
    return (struct slice){at + note, size};
}
