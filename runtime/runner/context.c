/*
 * Contexts: what a program sets, gets and prints of the values around it.
 *
 *     who has it           comes to it             as kept
 *     runner, spawn        by gr_runner_start()    with its slot, until it begins
 *     post, callback       when it is asked for    with what is to be called
 *     handler              with the message        in the envelope
 *
 * All of these begin a task with their ambient (loop/ambient.h), and when the task is over whoever
 * ran it settles: so there is one place that takes down, wherever values were set. A runner that
 * parks takes its ambient along on its own stack. Values themselves are base/values.h's.
 */
#include <greenroom/context.h>

#include <errno.h>
#include <string.h>

#include "loop/ambient.h"
#include "runner/park.h"

int gr_context_set(const struct gr_context_key *key, const void *value, size_t size)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__values *made;
    int rc = gr__values_with(&loop->pool, loop->ambient.values, key, value, size, &made);
    if (rc < 0)
        return rc;

    struct gr__values *before = loop->ambient.values;
    gr__ambient_swap(loop, (struct gr__ambient){made, loop->ambient.deadline});
    gr__values_drop(&loop->pool, before);
    return 0;
}

int gr_context_run(const struct gr_context_key *key, const void *value, size_t size,
                   gr_runner_fn *run, void *context)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__values *made;
    int rc = gr__values_with(&loop->pool, loop->ambient.values, key, value, size, &made);
    if (rc < 0)
        return rc;

    struct gr__ambient inside = {made, loop->ambient.deadline};
    struct gr__ambient before = gr__ambient_swap(loop, inside);
    rc = run(context);
    gr__ambient_restore(loop, before);
    return rc;
}

int gr_context_run_without(gr_runner_fn *run, void *context)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__ambient before = gr__ambient_swap(loop, gr__ambient_none);
    int rc = run(context);
    gr__ambient_restore(loop, before);
    return rc;
}

static const struct gr__values *values_here(void)
{
    const struct gr__loop *loop = gr__loop_here();
    return loop == NULL ? NULL : loop->ambient.values;
}

int gr_context_get(const struct gr_context_key *key, void *ret_value, size_t size)
{
    const struct gr__value *value = gr__values_find(values_here(), key);
    if (value == NULL)
        return -ENOENT;
    if (value->size != size)
        return -EMSGSIZE;

    memcpy(ret_value, value->bytes, size);
    return 0;
}

size_t gr_context_text(char *text, size_t bytes)
{
    return gr__values_print(values_here(), text, bytes);
}

gr_time gr_deadline(void)
{
    const struct gr__loop *loop = gr__loop_here();
    return loop == NULL ? GR_FOREVER : loop->ambient.deadline;
}
