/*
 * Watches at home, and for who waits for them. The design stands in watch.h.
 */
#include "future/watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/copy.h"
#include "runner/line.h"
#include "runner/wait.h"

/* What is known of another loop that watches. */
struct follower {
    struct gr__sheet *sheet; /* while it is here */
    uint64_t told;           /* the version that it was sent last */
};

struct watch {
    struct gr__slot slot;
    uint64_t version;
    struct gr_line waiting;
    struct follower *followers; /* by loop, and behind them the value */
    size_t size;
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return &gr__watches_of(loop)->table;
}

static struct watch *find(uint64_t name)
{
    return gr__slots_find(table(gr__loop_here()), name);
}

static bool is_home(uint64_t name)
{
    return gr__handle_loop(name) == gr__loop_here()->id;
}

static size_t followers_bytes(const struct gr__loop *loop)
{
    return loop->loop_count * sizeof(struct follower);
}

static unsigned char *value_of(const struct watch *watch)
{
    return (unsigned char *)watch->followers + followers_bytes(gr__loop_here());
}

int gr_watch_make(const void *value, size_t size, gr_watch *ret_watch)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    if (size > GR_WATCH_VALUE_MAX)
        return -EMSGSIZE;
    struct follower *followers = gr__pool_take(&loop->pool, followers_bytes(loop) + size);
    if (followers == NULL)
        return -ENOMEM;
    uint64_t name;
    struct watch *watch = gr__slots_take(table(loop), &name);
    if (watch == NULL) {
        gr__pool_give(&loop->pool, followers, followers_bytes(loop) + size);
        return -ENOMEM;
    }

    memset(followers, 0, followers_bytes(loop));
    watch->version = 1;
    watch->waiting = (struct gr_line){NULL, NULL};
    watch->followers = followers;
    watch->size = size;
    gr__copy(value_of(watch), value, size);
    *ret_watch = (gr_watch){name, size};
    return 0;
}

/* Send the latest value to a loop that has not been sent it and whose sheet is here. */
static void publish(struct watch *watch, unsigned to)
{
    struct follower *follower = &watch->followers[to];
    struct gr__sheet *sheet = follower->sheet;
    if (sheet == NULL || follower->told == watch->version)
        return;

    sheet->version = watch->version;
    gr__copy(sheet->value, value_of(watch), watch->size);
    follower->told = watch->version;
    follower->sheet = NULL;
    gr__sheet_send(to, sheet, &gr__sheet_news_class);
}

int gr_watch_set(gr_watch handle, const void *value, size_t size)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct watch *watch = find(handle.name);
    if (watch == NULL)
        return -ESTALE;
    if (size != watch->size)
        return -EMSGSIZE;

    watch->version++;
    gr__copy(value_of(watch), value, size);
    gr__line_grant_all(&watch->waiting);
    for (unsigned i = 0; i < loop->loop_count; i++)
        publish(watch, i);
    return 0;
}

static void tell_gone(unsigned to, struct gr__sheet *sheet)
{
    sheet->gone = true;
    gr__sheet_send(to, sheet, &gr__sheet_news_class);
}

static void end(struct gr__loop *loop, struct watch *watch)
{
    gr__pool_give(&loop->pool, watch->followers, followers_bytes(loop) + watch->size);
    gr__slots_give(table(loop), watch);
}

void gr_watch_drop(gr_watch handle)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct watch *watch = find(handle.name);
    if (watch == NULL)
        return;

    gr__line_grant_all(&watch->waiting);
    for (unsigned i = 0; i < loop->loop_count; i++)
        if (watch->followers[i].sheet != NULL)
            tell_gone(i, watch->followers[i].sheet);
    end(loop, watch);
}

/* A loop's first word, or its answer to news: for the next ones. */
static void sheet_came(struct gr__task *task)
{
    struct gr__sheet *sheet = gr__sheet_of(task);
    struct watch *watch = find(sheet->name);
    if (watch == NULL) {
        tell_gone(sheet->from, sheet);
        return;
    }
    watch->followers[sheet->from].sheet = sheet;
    publish(watch, sheet->from);
}

const struct gr__task_class gr__sheet_home_class = {"a watcher's sheet", sheet_came,
                                                    gr__sheet_discard, NULL};

/* --- Waiting -------------------------------------------------------------------------------- */

static struct gr_watch_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_watch_wait, awaitable);
}

static bool home_ready(const struct gr_watch_wait *wait)
{
    const struct watch *watch = find(wait->watch.name);
    return wait->place.granted || watch == NULL || watch->version != *wait->seen;
}

static bool watch_ready(struct gr_awaitable *awaitable)
{
    const struct gr_watch_wait *wait = wait_of(awaitable);
    if (gr__loop_here() == NULL)
        return false;
    return wait->size != wait->watch.value_bytes ||
           (is_home(wait->watch.name) ? home_ready(wait) : gr__copy_ready(wait));
}

static int watch_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_watch_wait *wait = wait_of(awaitable);
    if (!is_home(wait->watch.name))
        return gr__copy_subscribe(wait, waiter);

    gr__line_append(&find(wait->watch.name)->waiting, &wait->place, waiter);
    return 0;
}

static int home_take(struct gr_watch_wait *wait)
{
    gr__place_take(&wait->place);
    const struct watch *watch = find(wait->watch.name);
    if (watch == NULL)
        return GR_EOF;

    gr__copy(wait->ret_value, value_of(watch), watch->size);
    *wait->seen = watch->version;
    return 0;
}

static int watch_take(struct gr_awaitable *awaitable)
{
    struct gr_watch_wait *wait = wait_of(awaitable);
    if (wait->size != wait->watch.value_bytes)
        return -EMSGSIZE;
    return is_home(wait->watch.name) ? home_take(wait) : gr__copy_take(wait);
}

static bool watch_cancel(struct gr_awaitable *awaitable)
{
    struct gr_watch_wait *wait = wait_of(awaitable);
    if (!is_home(wait->watch.name))
        gr__copy_cancel(wait);
    else if (wait->place.in_line)
        gr__line_remove(&find(wait->watch.name)->waiting, &wait->place);
    gr__place_take(&wait->place);
    return true;
}

static const struct gr_awaitable_type watch_type = {"a watched value", watch_ready, watch_subscribe,
                                                    watch_take, watch_cancel};

struct gr_awaitable *gr_watch_awaitable(struct gr_watch_wait *wait, gr_watch watch, uint64_t *seen,
                                        void *ret_value, size_t size)
{
    *wait = (struct gr_watch_wait){.awaitable = {&watch_type},
                                   .watch = watch,
                                   .seen = seen,
                                   .ret_value = ret_value,
                                   .size = size};
    return &wait->awaitable;
}

int gr_watch_next(gr_watch watch, uint64_t *seen, void *ret_value, size_t size, gr_time deadline)
{
    struct gr_watch_wait wait;
    return gr__await_in_runner(gr_watch_awaitable(&wait, watch, seen, ret_value, size), &watch_type,
                               deadline);
}

/* --- The stratum --------------------------------------------------------------------------- */

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__watches) <= GR__PART_BYTES, "fits its part of the loop");
    gr__list_init(&gr__watches_of(loop)->copies);
    return gr__slots_init(table(loop), loop->id, sizeof(struct watch), &floors[loop->id]);
}

static void stratum_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    if (table(loop)->live == 0)
        return;

    char line[128];
    snprintf(line, sizeof line, "%u watches on loop %u were not dropped", table(loop)->live,
             loop->id);
    say(context, line);
}

static void stratum_done(struct gr__loop *loop)
{
    struct watch *watch = NULL;
    while ((watch = gr__slots_next(table(loop), watch)) != NULL) {
        for (unsigned i = 0; i < loop->loop_count; i++)
            if (watch->followers[i].sheet != NULL)
                gr__sheet_give(watch->followers[i].sheet);
        end(loop, watch);
    }
    gr__slots_done(table(loop));
    gr__copies_done(loop);
}

static struct gr__stratum stratum = {
    .part = GR__PART_WATCH,
    .start = stratum_start,
    .report = stratum_report,
    .done = stratum_done,
};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
