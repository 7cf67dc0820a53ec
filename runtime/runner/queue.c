/*
 * Queues of one loop, in three orders over the same memory.
 *
 *     FIFO       | . . 3 4 5 6 . . |     a ring, from `first` on
 *     LIFO       | 1 2 3 4 . . . . |     a stack
 *     PRIORITY   | 2 5 3 9 . . . . |     a heap; entry i is before 2 i + 1 and 2 i + 2
 *
 *     an entry:  its number in the order of putting, and the item
 *
 * Invariants:
 *   1. promised <= count; what is set aside is a number, and which item shows when it is taken.
 *   2. count + reserved <= max, where there is a bound.
 *   3. Somebody is in line to get only while all items are promised, and to put only while all room
 *      is reserved.
 */
#include <greenroom/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runner/line.h"
#include "runner/wait.h"

enum { CAPACITY_MIN = 8 };

/* --- The memory ----------------------------------------------------------------------------- */

static size_t stride_of(const struct gr_queue *queue)
{
    return sizeof(uint64_t) + ((queue->item_bytes + 7) & ~(size_t)7);
}

/* The entry that stands `offset` behind the first. */
static unsigned char *entry_at(const struct gr_queue *queue, uint32_t offset)
{
    uint32_t index = queue->first + offset;
    if (index >= queue->capacity)
        index -= queue->capacity;
    return queue->entries + index * stride_of(queue);
}

static void *item_in(unsigned char *entry)
{
    return entry + sizeof(uint64_t);
}

static bool grow(struct gr_queue *queue)
{
    struct gr_queue larger = *queue;
    larger.first = 0;
    larger.capacity = queue->capacity == 0 ? CAPACITY_MIN : queue->capacity * 2;
    larger.entries = calloc(larger.capacity, stride_of(queue));
    if (larger.entries == NULL)
        return false;

    for (uint32_t i = 0; i < queue->count; i++)
        memcpy(entry_at(&larger, i), entry_at(queue, i), stride_of(queue));
    free(queue->entries);
    *queue = larger;
    return true;
}

static uint64_t number_of(const unsigned char *entry)
{
    uint64_t number;
    memcpy(&number, entry, sizeof number);
    return number;
}

static bool is_before(const struct gr_queue *queue, uint32_t one, uint32_t other)
{
    unsigned char *left = entry_at(queue, one), *right = entry_at(queue, other);
    int compared = queue->compare(item_in(left), item_in(right));
    return compared < 0 || (compared == 0 && number_of(left) < number_of(right));
}

static void swap(struct gr_queue *queue, uint32_t one, uint32_t other)
{
    unsigned char *left = entry_at(queue, one), *right = entry_at(queue, other);
    for (size_t i = 0; i < stride_of(queue); i++) {
        unsigned char byte = left[i];
        left[i] = right[i];
        right[i] = byte;
    }
}

static void rise(struct gr_queue *queue, uint32_t index)
{
    for (uint32_t above; index > 0 && is_before(queue, index, above = (index - 1) / 2);
         index = above)
        swap(queue, index, above);
}

static void sink(struct gr_queue *queue)
{
    for (uint32_t index = 0, below; (below = index * 2 + 1) < queue->count; index = below) {
        if (below + 1 < queue->count && is_before(queue, below + 1, below))
            below++;
        if (!is_before(queue, below, index))
            return;
        swap(queue, index, below);
    }
}

static int push(struct gr_queue *queue, const void *item)
{
    if (queue->count == queue->capacity && !grow(queue))
        return -ENOMEM;

    unsigned char *entry = entry_at(queue, queue->count++);
    memcpy(entry, &queue->sequence, sizeof queue->sequence);
    memcpy(item_in(entry), item, queue->item_bytes);
    queue->sequence++;
    queue->unfinished++;
    if (queue->order == GR_QUEUE_PRIORITY)
        rise(queue, queue->count - 1);
    return 0;
}

static void pop(struct gr_queue *queue, void *ret_item)
{
    uint32_t offset = queue->order == GR_QUEUE_LIFO ? queue->count - 1 : 0;
    memcpy(ret_item, item_in(entry_at(queue, offset)), queue->item_bytes);
    queue->count--;
    if (queue->order == GR_QUEUE_FIFO) {
        queue->first = queue->first + 1 == queue->capacity ? 0 : queue->first + 1;
    } else if (queue->order == GR_QUEUE_PRIORITY && queue->count > 0) {
        swap(queue, 0, queue->count);
        sink(queue);
    }
}

/* --- Who waits ------------------------------------------------------------------------------ */

static struct gr_queue_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_queue_wait, awaitable);
}

static bool has_room(const struct gr_queue *queue)
{
    return queue->max == 0 || queue->count + queue->reserved < queue->max;
}

static bool has_item(const struct gr_queue *queue)
{
    return queue->count > queue->promised;
}

static void serve(struct gr_queue *queue)
{
    while (!gr__line_empty(&queue->getters) && has_item(queue)) {
        gr__line_grant(&queue->getters);
        queue->promised++;
    }
    while (!gr__line_empty(&queue->putters) && has_room(queue)) {
        gr__line_grant(&queue->putters);
        queue->reserved++;
    }
}

static bool put_ready(struct gr_awaitable *awaitable)
{
    return wait_of(awaitable)->place.granted || has_room(wait_of(awaitable)->queue);
}

static int put_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    gr__line_append(&wait_of(awaitable)->queue->putters, &wait_of(awaitable)->place, waiter);
    return 0;
}

static int put_take(struct gr_awaitable *awaitable)
{
    struct gr_queue_wait *wait = wait_of(awaitable);
    wait->queue->reserved -= gr__place_take(&wait->place);
    int rc = push(wait->queue, wait->item);
    serve(wait->queue);
    return rc;
}

static bool put_cancel(struct gr_awaitable *awaitable)
{
    struct gr_queue_wait *wait = wait_of(awaitable);
    wait->queue->reserved -= gr__line_leave(&wait->queue->putters, &wait->place);
    serve(wait->queue);
    return true;
}

static const struct gr_awaitable_type put_type = {"room in a queue", put_ready, put_subscribe,
                                                  put_take, put_cancel};

static bool get_ready(struct gr_awaitable *awaitable)
{
    return wait_of(awaitable)->place.granted || has_item(wait_of(awaitable)->queue);
}

static int get_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    gr__line_append(&wait_of(awaitable)->queue->getters, &wait_of(awaitable)->place, waiter);
    return 0;
}

static int get_take(struct gr_awaitable *awaitable)
{
    struct gr_queue_wait *wait = wait_of(awaitable);
    wait->queue->promised -= gr__place_take(&wait->place);
    pop(wait->queue, wait->item);
    serve(wait->queue);
    return 0;
}

static bool get_cancel(struct gr_awaitable *awaitable)
{
    struct gr_queue_wait *wait = wait_of(awaitable);
    wait->queue->promised -= gr__line_leave(&wait->queue->getters, &wait->place);
    serve(wait->queue);
    return true;
}

static const struct gr_awaitable_type get_type = {"an item of a queue", get_ready, get_subscribe,
                                                  get_take, get_cancel};

static bool join_ready(struct gr_awaitable *awaitable)
{
    return wait_of(awaitable)->place.granted || wait_of(awaitable)->queue->unfinished == 0;
}

static int join_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    gr__line_append(&wait_of(awaitable)->queue->joiners, &wait_of(awaitable)->place, waiter);
    return 0;
}

static int join_take(struct gr_awaitable *awaitable)
{
    gr__place_take(&wait_of(awaitable)->place);
    return 0;
}

static bool join_cancel(struct gr_awaitable *awaitable)
{
    gr__line_leave(&wait_of(awaitable)->queue->joiners, &wait_of(awaitable)->place);
    return true;
}

static const struct gr_awaitable_type join_type = {"a queue's last item", join_ready,
                                                   join_subscribe, join_take, join_cancel};

/* --- What anybody calls --------------------------------------------------------------------- */

void gr_queue_init(struct gr_queue *queue, enum gr_queue_order order, size_t item_bytes,
                   uint32_t items_max, gr_queue_compare_fn *compare)
{
    assert((compare != NULL) == (order == GR_QUEUE_PRIORITY));
    *queue = (struct gr_queue){
        .order = order, .compare = compare, .item_bytes = item_bytes, .max = items_max};
}

void gr_queue_done(struct gr_queue *queue)
{
    assert(gr__line_empty(&queue->getters) && gr__line_empty(&queue->putters) &&
           gr__line_empty(&queue->joiners) && "nobody waits");
    free(queue->entries);
    *queue = (struct gr_queue){0};
}

uint32_t gr_queue_count(const struct gr_queue *queue)
{
    return queue->count;
}

static struct gr_awaitable *fill(struct gr_queue_wait *wait, const struct gr_awaitable_type *type,
                                 struct gr_queue *queue, void *item)
{
    *wait = (struct gr_queue_wait){.awaitable = {type}, .queue = queue, .item = item};
    return &wait->awaitable;
}

struct gr_awaitable *gr_queue_put_awaitable(struct gr_queue_wait *wait, struct gr_queue *queue,
                                            const void *item)
{
    return fill(wait, &put_type, queue, (void *)(uintptr_t)item);
}

struct gr_awaitable *gr_queue_get_awaitable(struct gr_queue_wait *wait, struct gr_queue *queue,
                                            void *ret_item)
{
    return fill(wait, &get_type, queue, ret_item);
}

struct gr_awaitable *gr_queue_join_awaitable(struct gr_queue_wait *wait, struct gr_queue *queue)
{
    return fill(wait, &join_type, queue, NULL);
}

int gr_queue_try_put(struct gr_queue *queue, const void *item)
{
    struct gr_queue_wait wait;
    return has_room(queue) ? put_take(gr_queue_put_awaitable(&wait, queue, item)) : -EAGAIN;
}

int gr_queue_put(struct gr_queue *queue, const void *item, gr_time deadline)
{
    struct gr_queue_wait wait;
    return gr__await(gr_queue_put_awaitable(&wait, queue, item), &put_type, deadline);
}

int gr_queue_try_get(struct gr_queue *queue, void *ret_item)
{
    struct gr_queue_wait wait;
    return has_item(queue) ? get_take(gr_queue_get_awaitable(&wait, queue, ret_item)) : -EAGAIN;
}

int gr_queue_get(struct gr_queue *queue, void *ret_item, gr_time deadline)
{
    struct gr_queue_wait wait;
    return gr__await(gr_queue_get_awaitable(&wait, queue, ret_item), &get_type, deadline);
}

void gr_queue_finish(struct gr_queue *queue)
{
    assert(queue->unfinished > queue->count && "once for each item that was got");
    if (--queue->unfinished == 0)
        gr__line_grant_all(&queue->joiners);
}

int gr_queue_join(struct gr_queue *queue, gr_time deadline)
{
    struct gr_queue_wait wait;
    return gr__await(gr_queue_join_awaitable(&wait, queue), &join_type, deadline);
}
