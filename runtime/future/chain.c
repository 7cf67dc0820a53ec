/*
 * Chains: what follows a future by itself. Each link is a callback of the future's, with a record
 * of what it has to do.
 *
 *     from settles --> callback, in a later turn --> the record's work --> to settles
 *          |
 *          +-- dropped, or the callback taken back --> to is rejected with -ECANCELED
 *
 * So a chain of any length is walked a link a turn, and never on one stack.
 *
 * Invariant: a record is in the pool's hands once its callback was called or broken, which is
 * exactly one of both.
 */
#include <greenroom/chain.h>
#include <greenroom/runner.h>

#include <errno.h>

#include "future/set.h"
#include "future/slot.h"
#include "loop/details.h"

struct link {
    gr_promise to;
    gr_then_fn *run;
    void *context;
    const int *quiet;
};

static struct link *take(const struct link *filled)
{
    struct link *link = gr__pool_take(&gr__loop_here()->pool, sizeof *link);
    if (link != NULL)
        *link = *filled;
    return link;
}

static struct link give(struct link *link)
{
    struct link copy = *link;
    gr__pool_give(&gr__loop_here()->pool, link, sizeof *link);
    return copy;
}

/* Have it called when `from` settles, or broken when it never will be. */
static int follow(gr_future from, const struct link *filled, gr_settled_fn *settled,
                  void (*broken)(void *context))
{
    struct link *link = take(filled);
    if (link == NULL)
        return -ENOMEM;

    int rc = gr__future_on_settled(from, settled, link, broken);
    if (rc < 0)
        give(link);
    return rc;
}

/*
 * Settle again where there was no memory: whoever waits for it must not wait in vain. Only a loop
 * that has gone, or that has no memory even for a stack to wait on, is given up.
 */
static bool try_again(int rc)
{
    return rc == -ENOMEM && gr_sleep(gr_in(GR_MILLISECOND)) == 0;
}

static void reject(gr_promise to, int status)
{
    int rc;
    do
        rc = gr_promise_reject(to, status);
    while (try_again(rc));
}

static void broken(void *context)
{
    struct link link = give(context);

    /* Whoever drops the future may be on no runner: so it is said once, without a wait. */
    int rc = gr_promise_reject(link.to, -ECANCELED);
    (void)rc;
}

static int settle(struct gr__future_slot *slot, gr_promise to)
{
    bool holds_buffer = slot->state == GR__FUTURE_SETTLED_BUFFER;
    if (slot->status < 0) {
        if (holds_buffer)
            gr__details_adopt(&slot->buffer); /* rejecting takes them along */
        return gr_promise_reject(to, slot->status);
    }
    if (holds_buffer)
        return gr_promise_resolve_buffer(to, &slot->buffer);
    return gr_promise_resolve(to, slot->value, slot->size);
}

static void pass_on(gr_future from, void *context)
{
    struct link link = give(context);
    while (true) {
        /* It may have been dropped while there was no memory. */
        struct gr__future_slot *slot = gr__future_find(from.name);
        if (slot == NULL) {
            reject(link.to, -ECANCELED);
            return;
        }
        if (!try_again(settle(slot, link.to)))
            break;
    }
    gr_future_drop_quietly(from);
}

int gr_future_chain(gr_future from, gr_promise to)
{
    return follow(from, &(struct link){.to = to}, pass_on, broken);
}

static void go_on(gr_future from, void *context)
{
    struct link link = give(context);
    int rc = link.run(from, link.to, link.context);
    gr_future_drop(from);
    if (rc < 0)
        reject(link.to, rc);
}

int gr_future_then(gr_future from, gr_then_fn *run, void *context, gr_future *ret_future)
{
    gr_future next;
    struct link link = {.run = run, .context = context};
    int rc = gr_future_make(&next, &link.to);
    if (rc < 0)
        return rc;

    rc = follow(from, &link, go_on, broken);
    if (rc < 0)
        gr_future_drop(next);
    else
        *ret_future = next;
    return rc;
}

static void report(gr_future future, void *context)
{
    struct gr__loop *loop = gr__loop_here();
    struct link link = give(context);
    int status = gr__future_find(future.name)->status;
    if (status < 0 && status != -ECANCELED && !gr__is_quiet(link.quiet, status))
        gr__loop_say(loop, "a future that was let go on loop %u failed: %s (%s)", loop->id,
                     gr_error_text(status), gr_error_name(status));
    gr_future_drop_quietly(future);
}

static void forget(void *context)
{
    give(context);
}

int gr_future_detach(gr_future future, const int *quiet)
{
    return follow(future, &(struct link){.quiet = quiet}, report, forget);
}

int gr_future_await_or_detach(gr_future future, void *ret_value, size_t size, const int *quiet,
                              gr_time deadline)
{
    int rc = gr_future_await(future, ret_value, size, deadline);
    if (rc != -ETIMEDOUT && rc != -ECANCELED)
        return rc;

    /* Either may be its outcome: then it is stale. Without memory it is dropped in silence. */
    if (gr_future_detach(future, quiet) == -ENOMEM)
        gr_future_drop_quietly(future);
    return rc;
}
