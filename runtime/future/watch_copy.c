/*
 * Watches, the copy that another loop has of one. The design stands in watch.h.
 *
 * A copy is made when somebody of the loop first waits, and goes when the watch has gone. Who was
 * woken for that finds none, or one that was made since, and so looks at nothing but whether
 * it has a value that he has not seen.
 */
#include "future/watch.h"

#include <errno.h>

#include "base/copy.h"
#include "runner/line.h"

struct copy {
    struct gr__list link;
    uint64_t name;    /* of the watch */
    uint64_t version; /* 0: none has come yet */
    size_t size;
    struct gr_line waiting;
    unsigned char value[];
};

static struct copy *find(uint64_t name)
{
    struct gr__list *copies = &gr__watches_of(gr__loop_here())->copies;
    gr__list_each (link, copies) {
        struct copy *copy = gr__container_of(link, struct copy, link);
        if (copy->name == name)
            return copy;
    }
    return NULL;
}

static int open(gr_watch watch, struct copy **ret_copy)
{
    struct gr__loop *loop = gr__loop_here();
    unsigned home = gr__handle_loop(watch.name);
    if (ck_pr_load_ptr(&gr__inboxes[home].word) == GR__INBOX_CLOSED)
        return -ESHUTDOWN;
    size_t size = watch.value_bytes;
    struct copy *copy = gr__pool_take(&loop->pool, sizeof *copy + size);
    if (copy == NULL)
        return -ENOMEM;
    struct gr__sheet *sheet = gr__pool_take(&loop->pool, sizeof *sheet + size);
    if (sheet == NULL) {
        gr__pool_give(&loop->pool, copy, sizeof *copy + size);
        return -ENOMEM;
    }

    *copy = (struct copy){.name = watch.name, .size = size};
    gr__list_append(&gr__watches_of(loop)->copies, &copy->link);
    *sheet =
        (struct gr__sheet){.name = watch.name, .size = (uint32_t)size, .from = (uint8_t)loop->id};
    gr__sheet_send(home, sheet, &gr__sheet_home_class);
    *ret_copy = copy;
    return 0;
}

static void end(struct gr__loop *loop, struct copy *copy)
{
    gr__list_remove(&copy->link);
    gr__pool_give(&loop->pool, copy, sizeof *copy + copy->size);
}

static bool has_news(const struct copy *copy, const struct gr_watch_wait *wait)
{
    return copy != NULL && copy->version != 0 && copy->version != *wait->seen;
}

bool gr__copy_ready(const struct gr_watch_wait *wait)
{
    return wait->place.granted || has_news(find(wait->watch.name), wait);
}

int gr__copy_subscribe(struct gr_watch_wait *wait, struct gr_waiter *waiter)
{
    struct copy *copy = find(wait->watch.name);
    int rc = copy == NULL ? open(wait->watch, &copy) : 0;
    if (rc == 0)
        gr__line_append(&copy->waiting, &wait->place, waiter);
    return rc;
}

int gr__copy_take(struct gr_watch_wait *wait)
{
    gr__place_take(&wait->place);
    const struct copy *copy = find(wait->watch.name);
    if (!has_news(copy, wait))
        return GR_EOF;

    gr__copy(wait->ret_value, copy->value, copy->size);
    *wait->seen = copy->version;
    return 0;
}

void gr__copy_cancel(struct gr_watch_wait *wait)
{
    if (wait->place.in_line)
        gr__line_remove(&find(wait->watch.name)->waiting, &wait->place);
}

static void news_came(struct gr__task *task)
{
    struct gr__sheet *sheet = gr__sheet_of(task);
    struct copy *copy = find(sheet->name);
    gr__line_grant_all(&copy->waiting);
    if (sheet->gone) {
        end(gr__loop_here(), copy);
        gr__sheet_give(sheet);
        return;
    }
    copy->version = sheet->version;
    gr__copy(copy->value, sheet->value, copy->size);
    gr__sheet_send(gr__handle_loop(sheet->name), sheet, &gr__sheet_home_class);
}

const struct gr__task_class gr__sheet_news_class = {"news", news_came, gr__sheet_discard, NULL};

void gr__copies_done(struct gr__loop *loop)
{
    struct gr__list *copies = &gr__watches_of(loop)->copies;
    while (!gr__list_empty(copies))
        end(loop, gr__container_of(copies->next, struct copy, link));
}
