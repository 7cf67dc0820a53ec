/*
 * Functions, awaited: a runner that lives no longer than somebody waits for it.
 *
 *     IDLE -- subscribe: started --> RUNNING -- it returns --> woken, take: its outcome --> IDLE
 *      ^                               |
 *      |                            cancel: the runner is cancelled, and joined
 *      |                               |                 |
 *      +------- it said -ECANCELED ----+                 +-- anything else --> ENDED, take
 *
 * To cancel waits for the function, which may take its time to clean up. That wait can neither be
 * cancelled nor want for memory, so that the frame it works for surely stands.
 *
 * Invariant: wait->join is that of a live handle exactly while RUNNING.
 */
#include <greenroom/function.h>

#include <assert.h>
#include <errno.h>

#include "base/list.h"
#include "runner/park.h"

enum stage { IDLE, RUNNING, ENDED };

static struct gr_function_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_function_wait, awaitable);
}

static struct gr_awaitable *end_of(struct gr_function_wait *wait)
{
    return &wait->join.awaitable;
}

static bool ready(struct gr_awaitable *awaitable)
{
    struct gr_function_wait *wait = wait_of(awaitable);
    return wait->stage == ENDED ||
           (wait->stage == RUNNING && end_of(wait)->type->ready(end_of(wait)));
}

static int subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_function_wait *wait = wait_of(awaitable);
    gr_runner runner;
    if (wait->stage == RUNNING)
        return -EBUSY;
    int rc = gr_runner_start(wait->run, wait->context, wait->options, &runner);
    if (rc < 0)
        return rc;

    wait->stage = RUNNING;
    gr_runner_awaitable(&wait->join, runner);
    return end_of(wait)->type->subscribe(end_of(wait), waiter);
}

static int take(struct gr_awaitable *awaitable)
{
    struct gr_function_wait *wait = wait_of(awaitable);
    int status = wait->stage == RUNNING ? end_of(wait)->type->take(end_of(wait)) : wait->status;
    wait->stage = IDLE;
    return status;
}

static void ended(struct gr_waiter *waiter)
{
    struct gr_function_wait *wait = gr__container_of(waiter, struct gr_function_wait, ended);
    struct gr__runner *joiner = wait->joiner;
    wait->joiner = NULL;
    gr__runner_unpark(joiner);
}

/* Wait until it has returned, though this runner be cancelled itself. */
static void join(struct gr_function_wait *wait)
{
    struct gr__runner *runner = gr__runner_here();
    wait->joiner = runner;
    wait->ended.wake = ended;
    int rc = end_of(wait)->type->subscribe(end_of(wait), &wait->ended);
    assert(rc == 0), (void)rc;
    while (wait->joiner != NULL) {
        runner->awaited = end_of(wait);
        gr__runner_park_surely(runner);
        runner->awaited = NULL;
    }
}

static bool cancel(struct gr_awaitable *awaitable)
{
    struct gr_function_wait *wait = wait_of(awaitable);
    if (end_of(wait)->type->cancel(end_of(wait))) {
        gr_runner_cancel(wait->join.runner);
        join(wait);
    }
    wait->status = end_of(wait)->type->take(end_of(wait));
    wait->stage = wait->status == -ECANCELED ? IDLE : ENDED;
    return wait->stage == IDLE;
}

static const struct gr_awaitable_type type = {"a function", ready, subscribe, take, cancel};

struct gr_awaitable *gr_function_awaitable(struct gr_function_wait *wait, gr_runner_fn *run,
                                           void *context, const struct gr_runner_options *options)
{
    *wait = (struct gr_function_wait){
        .awaitable = {&type}, .run = run, .context = context, .options = options};
    return &wait->awaitable;
}
