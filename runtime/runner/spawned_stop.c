/*
 * Stopping runners, phase by phase.
 *
 *     owner's ends_in     waited for     cancelled                        by force
 *     none                in CLOSE       when CLOSE begins                when its time is up
 *     that phase          in that one    by whoever started it, or never  when its time is up
 *
 * What has no owner is the same as what has no phase: runners that somebody joins or nobody, posted
 * calls, handlers of descriptors, callbacks. From CLOSE on they are cancelled again and again, since
 * what was posted before may begin to wait only then.
 */
#include "base/text.h"
#include "runner/cancel.h"
#include "runner/spawned_slot.h"

/* Whether what has that owner, or none, is to have ended by a phase. */
static bool is_due(const struct gr__owner *owner, unsigned phase)
{
    return phase >= GR_PHASE_CLOSE ||
           (owner != NULL && owner->ends_in != GR_PHASE_RUN && owner->ends_in <= phase);
}

static bool waits(const struct gr__runner *runner)
{
    return runner->state == GR__RUNNER_PARKED || runner->state == GR__RUNNER_READY;
}

static bool ends_last(const struct gr__owner *owner)
{
    return owner != NULL && owner->ends_in == GR_PHASE_CLOSE;
}

void gr__spawned_stop(struct gr__loop *loop)
{
    if (loop->phase < GR_PHASE_CLOSE)
        return;

    gr__list_each (link, &gr__spawned_part(loop)->runners.all) {
        struct gr__runner *runner = gr__container_of(link, struct gr__runner, link);
        if (waits(runner) && !runner->cancelled && !ends_last(gr__runner_owner(runner)))
            gr__runner_cancel(runner);
    }
    for (struct gr__spawned *spawned = NULL;
         (spawned = gr__slots_next(gr__spawned_table(loop), spawned)) != NULL;)
        if (!ends_last(spawned->owner))
            spawned->cancelled = true;
}

void gr__spawned_force(struct gr__loop *loop)
{
    gr__list_each (link, &gr__spawned_part(loop)->runners.all) {
        struct gr__runner *runner = gr__container_of(link, struct gr__runner, link);
        if (waits(runner) && is_due(gr__runner_owner(runner), loop->phase))
            gr__runner_kill(runner);
    }
    for (struct gr__spawned *spawned = NULL;
         (spawned = gr__slots_next(gr__spawned_table(loop), spawned)) != NULL;)
        if (is_due(spawned->owner, loop->phase))
            spawned->cancelled = true;
}

size_t gr__spawned_busy(const struct gr__loop *loop)
{
    const struct gr__spawned_part *part = (const void *)loop->parts[GR__PART_RUNNER];
    size_t busy = 0;
    for (unsigned phase = GR_PHASE_ACCEPT; phase <= loop->phase && phase < GR_PHASES; phase++)
        busy += part->due[phase];
    if (loop->phase < GR_PHASE_CLOSE)
        return busy;

    busy += part->runners.waiting;
    for (const struct gr__spawned *spawned = NULL;
         (spawned = gr__slots_next(&part->spawned, spawned)) != NULL;)
        busy += spawned->stage == GR__SPAWNED_WAITING;
    return busy;
}

struct report {
    struct gr__loop *loop;
    gr__say_fn *say;
    void *context;
};

/* The name of the scope that a runner has open, or else of the one it was started in; or NULL. */
static const char *scope_of(const struct gr__runner *runner)
{
    const struct gr__owner *owner = gr__runner_owner(runner);
    if (runner->scope != NULL)
        return runner->scope->name;
    return owner == NULL ? NULL : owner->scope;
}

static void report_waiting(const struct gr__runner *runner, void *context)
{
    const struct report *report = context;
    const struct gr__owner *owner = gr__runner_owner(runner);
    if (!is_due(owner, report->loop->phase))
        return;
    char line[256];
    const char *scope = scope_of(runner);
    size_t length = gr__runner_describe(runner, line, sizeof line);
    if (scope != NULL) {
        length = gr__text_append(line, sizeof line, length, " in scope '");
        length = gr__text_append(line, sizeof line, length, scope);
        length = gr__text_append(line, sizeof line, length, "'");
    }
    if (owner != NULL && owner->describe != NULL)
        length += owner->describe(owner, line + length, sizeof line - length);
    length = gr__text_append(line, sizeof line, length, " still waits for ");
    gr__runner_describe_wait(report->loop, runner, line + length, sizeof line - length);
    report->say(report->context, line);
}

void gr__spawned_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    struct report report = {loop, say, context};
    gr__runners_each(loop, report_waiting, &report);
    if (loop->phase < GR__PHASE_OVER)
        return;

    for (struct gr__spawned *spawned = NULL;
         (spawned = gr__slots_next(gr__spawned_table(loop), spawned)) != NULL;) {
        if (spawned->stage != GR__SPAWNED_ENDED)
            continue;
        char line[256];
        size_t length = spawned->task.class->describe(&spawned->task, line, sizeof line);
        gr__text_append(line, sizeof line, length, " has ended and was never joined or dropped");
        say(context, line);
    }
}
