/*
 * Errands: the way there and back. The design stands in errand.h.
 */
#include "actors/errand.h"

#include <errno.h>
#include <string.h>

#include <greenroom/future.h>

#include "loop/post.h"
#include "runner/park.h"

struct letter {
    struct gr__task task;
    struct gr__errand errand;
    gr_promise promise;
    char name[GR_NAME_MAX + 1];
};

/* Where the one who waits has gone there is nobody to tell. */
static void answer(struct gr__task *task, int status)
{
    struct letter *letter = gr__container_of(task, struct letter, task);
    int rc = status < 0 ? gr_promise_reject(letter->promise, status)
                        : gr_promise_resolve(letter->promise, NULL, 0);
    (void)rc;
    gr__pool_give(&gr__loop_here()->pool, letter, sizeof *letter);
}

static void carry_out(struct gr__task *task)
{
    const struct gr__errand *errand = &gr__container_of(task, struct letter, task)->errand;
    answer(task, errand->act(gr__loop_here(), errand));
}

static void discard(struct gr__task *task)
{
    answer(task, -ESHUTDOWN);
}

static const struct gr__task_class letter_class = {"an errand", carry_out, discard, NULL};

static int send(struct gr__loop *loop, const struct gr__errand *errand, gr_future *ret_future)
{
    struct letter *letter = gr__pool_take(&loop->pool, sizeof *letter);
    if (letter == NULL)
        return -ENOMEM;

    *letter = (struct letter){.task = {NULL, &letter_class}, .errand = *errand};
    memcpy(letter->name, errand->key.name, errand->key.length);
    letter->errand.key.name = letter->name;
    int rc = gr_future_make(ret_future, &letter->promise);
    if (rc == 0 &&
        gr__post(loop, gr__handle_loop(errand->actor.name), &letter->task, sizeof *letter))
        return 0;

    gr__pool_give(&loop->pool, letter, sizeof *letter);
    if (rc < 0)
        return rc;
    gr_future_drop(*ret_future);
    return -ESHUTDOWN;
}

int gr__errand_run(struct gr__errand errand, enum gr__directory kind, const char *name,
                   gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    int rc = gr__key_make(kind, name, &errand.key);
    if (rc < 0)
        return rc;
    if (gr__handle_loop(errand.actor.name) == loop->id)
        return errand.act(loop, &errand);

    gr_future future;
    rc = send(loop, &errand, &future);
    if (rc < 0)
        return rc;
    rc = gr_future_await(future, NULL, 0, deadline);
    if (rc < 0)
        gr_future_drop(future);
    return rc;
}
