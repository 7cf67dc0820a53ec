/*
 * Stop hooks: runners that a phase of stopping starts, and whose end it waits for.
 *
 *     gr_on_stop --> WAITING -- its phase --> under way, as a runner -- returns --> gone
 *                       |                       phase's time is up: killed, and on as before
 *                       | drop
 *                       v
 *                     gone
 *
 * The table comes down after the runners', which look at their owners when they are torn down.
 *
 * Invariants:
 *   1. Of a phase that this loop has entered no hook is waiting.
 */
#include <greenroom/phase.h>

#include <errno.h>

#include "base/list.h"
#include "base/slots.h"
#include "loop/details.h"
#include "loop/loop.h"
#include "runner/spawned.h"

struct hook {
    struct gr__slot slot;
    struct gr__list link; /* while it waits, oldest first */
    struct gr__owner owner;
    gr_runner_fn *run;
    void *context;
    const char *name;
};

/* The stratum's part of the loop. */
struct part {
    struct gr__slots hooks;
    struct gr__list waiting;
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct part *part_of(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_STOP_HOOK);
}

static void report(struct gr__loop *loop, const struct hook *hook, int status)
{
    char text[384];
    gr__details_print(status, text, sizeof text);
    gr__loop_say(loop, "'%s', in phase '%s' of stopping on loop %u, failed: %s", hook->name,
                 gr_phase_name(hook->owner.ends_in), loop->id, text);
}

/* One that was cancelled has been named already. */
static void on_ended(struct gr__owner *owner, int status)
{
    struct gr__loop *loop = gr__loop_here();
    struct hook *hook = gr__container_of(owner, struct hook, owner);
    if (status < 0 && status != -ECANCELED)
        report(loop, hook, status);
    gr__slots_give(&part_of(loop)->hooks, hook);
}

int gr_on_stop(enum gr_phase phase, const char *name, gr_runner_fn *run, void *context,
               gr_stop_hook *ret_hook)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    if (phase <= GR_PHASE_RUN || phase >= GR_PHASES)
        return -EINVAL;
    if (loop->phase >= phase)
        return -ESHUTDOWN;
    uint64_t handle;
    struct hook *hook = gr__slots_take(&part_of(loop)->hooks, &handle);
    if (hook == NULL)
        return -ENOMEM;

    hook->owner = (struct gr__owner){.ended = on_ended, .ends_in = phase};
    hook->run = run;
    hook->context = context;
    hook->name = name;
    gr__list_append(&part_of(loop)->waiting, &hook->link);
    if (ret_hook != NULL)
        *ret_hook = (gr_stop_hook){handle};
    return 0;
}

void gr_stop_hook_drop(gr_stop_hook name)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(name.name == 0 || gr__handle_loop(name.name) == loop->id);
    struct hook *hook = gr__slots_find(&part_of(loop)->hooks, name.name);
    if (hook == NULL || !gr__list_linked(&hook->link))
        return;

    gr__list_remove(&hook->link);
    gr__slots_give(&part_of(loop)->hooks, hook);
}

static void begin(struct hook *hook)
{
    struct gr_runner_options options = {.name = hook->name};
    gr_runner runner;
    gr__list_remove(&hook->link);
    int rc = gr__spawn_owned(hook->run, hook->context, &options, &hook->owner, &runner);
    if (rc < 0)
        on_ended(&hook->owner, rc);
}

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct part) <= GR__PART_BYTES, "fits its part of the loop");
    gr__list_init(&part_of(loop)->waiting);
    return gr__slots_init(&part_of(loop)->hooks, loop->id, sizeof(struct hook), &floors[loop->id]);
}

static void stratum_stop(struct gr__loop *loop)
{
    struct gr__list *waiting = &part_of(loop)->waiting;
    for (struct gr__list *link = waiting->previous; link != waiting;) {
        struct hook *hook = gr__container_of(link, struct hook, link);
        link = link->previous;
        if (hook->owner.ends_in == loop->phase)
            begin(hook);
    }
}

static void stratum_done(struct gr__loop *loop)
{
    gr__slots_done(&part_of(loop)->hooks);
}

static struct gr__stratum stratum = {
    .part = GR__PART_STOP_HOOK, .start = stratum_start, .stop = stratum_stop, .done = stratum_done};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
