/*
 * Errands: the way there and back. The design stands in errand.h.
 */
#include "actors/errand.h"

#include <errno.h>
#include <string.h>

#include "future/done.h"
#include "runner/park.h"

struct letter {
    struct gr__task task;
    struct gr__errand errand;
    gr_promise promise;
    char name[GR_NAME_MAX + 1];
};

static void answer(struct gr__task *task, int status)
{
    struct letter *letter = gr__container_of(task, struct letter, task);
    gr__done_tell(letter->promise, status);
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
    int rc = gr__done_post(loop, gr__handle_loop(errand->actor.name), &letter->task, sizeof *letter,
                           &letter->promise, ret_future);
    if (rc < 0)
        gr__pool_give(&loop->pool, letter, sizeof *letter);
    return rc;
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
    return rc < 0 ? rc : gr__done_await(future, deadline);
}
