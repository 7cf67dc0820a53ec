/*
 * Items and notices: their memory, and how they end.
 */
#include "future/item.h"

#include "base/copy.h"

static size_t bytes_of(const struct gr__item *item)
{
    return sizeof *item + item->size;
}

struct gr__item *gr__item_make(struct gr__loop *here, uint64_t name,
                               const struct gr__parcel *parcel)
{
    struct gr__item *item = gr__post_take(here, sizeof *item + parcel->size);
    if (item == NULL)
        return NULL;

    item->name = name;
    item->size = (uint16_t)parcel->size;
    item->source = here == NULL ? 0 : (uint8_t)here->id;
    item->flags =
        (uint8_t)((here == NULL ? GR__ITEM_FOREIGN : 0) | (parcel->buffer ? GR__ITEM_BUFFER : 0));
    gr__copy(item->payload, parcel->bytes, parcel->size);
    return item;
}

void gr__item_give(struct gr__item *item)
{
    gr__post_give(item->flags & GR__ITEM_FOREIGN, item, bytes_of(item));
}

void gr__item_end(struct gr__item *item)
{
    if (item->flags & GR__ITEM_HELD)
        gr__foreign_window_leave(gr__handle_loop(item->name), 1);
    if (item->flags & GR__ITEM_BUFFER) {
        struct gr_buffer buffer;
        memcpy(&buffer, item->payload, sizeof buffer);
        gr_buffer_release(&buffer);
    }
    gr__item_give(item);
}

bool gr__item_send(struct gr__loop *here, unsigned to, struct gr__item *item)
{
    return gr__post(here, to, &item->task, item->flags & GR__ITEM_FOREIGN ? 0 : bytes_of(item));
}

void gr__item_discard(struct gr__task *task)
{
    gr__item_end(gr__item_of(task));
}

void gr__items_end(struct gr__queue *queue)
{
    struct gr__task *task;
    while ((task = gr__queue_shift(queue)) != NULL)
        gr__item_end(gr__item_of(task));
}

void gr__items_take(struct gr__queue *queue, void *ret_item)
{
    struct gr__item *item = gr__item_of(gr__queue_shift(queue));
    gr__copy(ret_item, item->payload, item->size);
    gr__item_give(item);
}

struct gr__notice *gr__notice_take(struct gr__loop *here, uint64_t name)
{
    struct gr__notice *notice = gr__post_take(here, sizeof *notice);
    if (notice != NULL)
        *notice = (struct gr__notice){
            .name = name, .from = here == NULL ? 0 : (uint8_t)here->id, .foreign = here == NULL};
    return notice;
}

void gr__notice_give(struct gr__notice *notice)
{
    gr__post_give(notice->foreign, notice, sizeof *notice);
}

bool gr__notice_send(struct gr__loop *here, unsigned to, struct gr__notice *notice,
                     const struct gr__task_class *class)
{
    notice->task.class = class;
    if (gr__post(here, to, &notice->task, notice->foreign ? 0 : sizeof *notice))
        return true;

    gr__notice_give(notice);
    return false;
}

void gr__notice_discard(struct gr__task *task)
{
    gr__notice_give(gr__notice_of(task));
}
