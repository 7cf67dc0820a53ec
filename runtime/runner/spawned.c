/*
 * Spawned runners: starting, joining, cancelling.
 *
 *     start -> WAITING -- its turn --> RUNNING -- returns --> ENDED -- joined --> gone
 *                 |                                             ^
 *                 +-- cancelled before it began ----------------+
 *
 * One that is detached is gone when it ends. The slot is not the stack: it is what the
 * handle names, and it stays after the stack has gone back, until somebody has joined.
 *
 * Invariants:
 *   1. slot->runner is set exactly while `run` is under way.
 *   2. slot->joiner is set only while somebody waits in join.
 */
#include "runner/spawned.h"

#include <errno.h>
#include <string.h>

#include "base/slots.h"
#include "base/text.h"
#include "loop/ambient.h"
#include "loop/details.h"
#include "runner/cancel.h"
#include "runner/wait.h"

enum stage { WAITING, RUNNING, ENDED };

struct spawned {
    struct gr__slot slot;
    struct gr__task task; /* begins it */
    gr_runner_fn *run;
    void *context;
    const char *name;
    size_t stack_bytes; /* 0: the loop's usual size */
    struct gr__runner *runner;
    struct gr_waiter *joiner;
    struct gr__owner *owner; /* hears of the end, or NULL */
    int status;              /* once ENDED */
    uint8_t stage;
    bool detached;
    bool cancelled;             /* before it began */
    struct gr__ambient ambient; /* while WAITING, of one that begins within it: what it inherits */
    struct gr_buffer details;   /* once ENDED with an error: that error's */
};

/* What this file keeps behind the stacks in the stratum's part of the loop. */
struct part {
    struct gr__runners runners;
    struct gr__slots spawned;
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return &((struct part *)gr__loop_part(loop, GR__PART_RUNNER))->spawned;
}

/* For what is not a wait. */
static struct spawned *find(gr_runner runner)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(runner.name == 0 || gr__handle_loop(runner.name) == loop->id);
    return gr__slots_find(table(loop), runner.name);
}

static void say_failed(struct gr__loop *loop, const struct spawned *spawned)
{
    char text[384];
    gr__details_print(spawned->status, text, sizeof text);
    gr__loop_say(loop, "runner '%s' on loop %u failed: %s", spawned->name, loop->id, text);
}

/*
 * One that has failed: its details are kept for who joins it, or told where nobody will. This and
 * what else concerns details is kept out of the path of one that has not failed.
 */
static __attribute__((noinline, cold)) void end_failed(struct spawned *spawned)
{
    if (!spawned->detached)
        spawned->details = gr__details_pack(spawned->status);
    else if (spawned->status != -ECANCELED && spawned->owner == NULL)
        say_failed(gr__loop_here(), spawned);
    gr__details_forget();
}

static __attribute__((noinline, cold)) void take_details(struct spawned *spawned)
{
    gr__details_adopt(&spawned->details);
}

static void end(struct spawned *spawned, int status)
{
    spawned->stage = ENDED;
    spawned->status = status;
    spawned->runner = NULL;
    if (spawned->owner != NULL)
        spawned->owner->ended(spawned->owner, status);
    if (spawned->joiner != NULL)
        spawned->joiner->wake(spawned->joiner);
    if (spawned->status < 0)
        end_failed(spawned);
    if (spawned->detached)
        gr__slots_give(table(gr__loop_here()), spawned);
}

static struct spawned *spawned_of(const struct gr__task *task)
{
    return gr__container_of(task, struct spawned, task);
}

/* What it has locked will never be free: who waits for that waits for ever. */
static void say_locked(const struct spawned *spawned, unsigned locks)
{
    struct gr__loop *loop = gr__loop_here();
    gr__loop_say(loop, "runner '%s' on loop %u ended while it held %u locks", spawned->name,
                 loop->id, locks);
}

/* On the stack that it will hold. */
static void run(struct gr__task *task)
{
    struct spawned *spawned = spawned_of(task);
    struct gr__runner *runner = gr__runner_here();
    spawned->runner = runner;
    spawned->stage = RUNNING;
    runner->locks = 0;
    int status = spawned->run(spawned->context);
    if (runner->locks > 0)
        say_locked(spawned, runner->locks);
    end(spawned, status);
}

static void begin(struct gr__task *task)
{
    struct spawned *spawned = spawned_of(task);
    if (spawned->cancelled) {
        end(spawned, -ECANCELED);
    } else if (spawned->stack_bytes == 0) {
        run(task);
    } else {
        int rc = gr__runner_run_apart(spawned->stack_bytes, task, run);
        if (rc < 0)
            end(spawned, rc);
    }
}

static void discard(struct gr__task *task)
{
    end(spawned_of(task), -ECANCELED);
}

static size_t describe(const struct gr__task *task, char *text, size_t bytes)
{
    size_t length = gr__text_append(text, bytes, 0, "runner '");
    length = gr__text_append(text, bytes, length, spawned_of(task)->name);
    return gr__text_append(text, bytes, length, "'");
}

static const struct gr__task_class begin_class = {"runner", begin, discard, describe};

/* The same for one that has inherited something. */
static void begin_within(struct gr__task *task)
{
    gr__ambient_begin(gr__loop_here(), spawned_of(task)->ambient);
    begin(task);
}

static void discard_within(struct gr__task *task)
{
    gr__values_drop(&gr__loop_here()->pool, spawned_of(task)->ambient.values);
    discard(task);
}

static const struct gr__task_class begin_within_class = {"runner", begin_within, discard_within,
                                                         describe};

/* Let it have what it inherits of the ambient in which it is started. */
static __attribute__((noinline)) int inherit(struct gr__loop *loop, struct spawned *spawned)
{
    spawned->ambient.deadline = loop->ambient.deadline;
    int rc = gr__ambient_some(loop, loop->id, GR__INHERITED, &spawned->ambient.values);
    if (rc == 0)
        spawned->task.class = &begin_within_class;
    return rc;
}

static int start(gr_runner_fn *fn, void *context, const struct gr_runner_options *options,
                 struct spawned **ret_spawned)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    if (loop->stopping)
        return -ESHUTDOWN;

    uint64_t name;
    struct spawned *spawned = gr__slots_take(table(loop), &name);
    if (spawned == NULL)
        return -ENOMEM;

    memset((char *)spawned + sizeof spawned->slot, 0,
           offsetof(struct spawned, ambient) - sizeof spawned->slot);
    spawned->task.class = &begin_class;
    if (loop->has_ambient && inherit(loop, spawned) < 0) {
        gr__slots_give(table(loop), spawned);
        return -ENOMEM;
    }
    spawned->run = fn;
    spawned->context = context;
    spawned->name = options == NULL || options->name == NULL ? "runner" : options->name;
    spawned->stack_bytes = options == NULL ? 0 : options->stack_bytes;
    gr__loop_ready(loop, &spawned->task);
    *ret_spawned = spawned;
    return 0;
}

int gr_runner_start(gr_runner_fn *fn, void *context, const struct gr_runner_options *options,
                    gr_runner *ret_runner)
{
    struct spawned *spawned;
    int rc = start(fn, context, options, &spawned);
    if (rc < 0)
        return rc;

    spawned->detached = ret_runner == NULL;
    if (ret_runner != NULL)
        *ret_runner = (gr_runner){gr__slots_name(table(gr__loop_here()), spawned)};
    return 0;
}

int gr__spawn_owned(gr_runner_fn *fn, void *context, const struct gr_runner_options *options,
                    struct gr__owner *owner, gr_runner *ret_runner)
{
    struct spawned *spawned;
    int rc = start(fn, context, options, &spawned);
    if (rc < 0)
        return rc;

    spawned->detached = true;
    spawned->owner = owner;
    *ret_runner = (gr_runner){gr__slots_name(table(gr__loop_here()), spawned)};
    return 0;
}

const struct gr__owner *gr__runner_owner(const struct gr__runner *runner)
{
    const struct gr__task *task = runner->working;
    return task == NULL || task->class != &begin_class ? NULL : spawned_of(task)->owner;
}

/* By this name an awaitable is known as the end of a runner. */
static const char end_name[] = "the end of a runner";

static struct gr_runner_wait *wait_of(const struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_runner_wait, awaitable);
}

/*
 * Whether a runner waits for the end of `self`, itself or through the joins of others. They make
 * no ring among each other, since the join that would have closed it was refused; so this ends.
 */
static bool waits_for(const struct gr__runner *runner, const struct gr__runner *self)
{
    while (runner != NULL && runner != self) {
        const struct gr_awaitable *awaited = runner->awaited;
        if (awaited == NULL || awaited->type == NULL || awaited->type->name != end_name)
            return false;
        runner = ((const struct spawned *)wait_of(awaited)->spawned)->runner;
    }
    return runner != NULL;
}

/* The runner that the calling one may join; or else why not. */
static int find_to_join(gr_runner runner, struct spawned **ret_spawned)
{
    const struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct spawned *spawned = gr__slots_find(table(gr__loop_here()), runner.name);
    if (spawned == NULL)
        return gr__await_refusal(loop, runner.name);
    if (waits_for(spawned->runner, loop->runner))
        return -EDEADLK;
    if (spawned->joiner != NULL || spawned->detached)
        return -EBUSY;

    *ret_spawned = spawned;
    return 0;
}

/* What is refused is ready, with the reason. A slot that somebody waits for stays what it is. */
static bool end_ready(struct gr_awaitable *awaitable)
{
    const struct gr_runner_wait *wait = wait_of(awaitable);
    struct spawned *spawned = wait->spawned;
    if (spawned == NULL && find_to_join(wait->runner, &spawned) < 0)
        return true;
    return spawned->stage == ENDED;
}

static int end_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_runner_wait *wait = wait_of(awaitable);
    struct spawned *spawned = wait->spawned;
    int rc = spawned == NULL ? find_to_join(wait->runner, &spawned) : 0;
    if (rc < 0)
        return rc;

    wait->spawned = spawned;
    spawned->joiner = waiter;
    return 0;
}

static int end_take(struct gr_awaitable *awaitable)
{
    struct gr_runner_wait *wait = wait_of(awaitable);
    struct spawned *spawned = wait->spawned;
    int rc = spawned == NULL ? find_to_join(wait->runner, &spawned) : 0;
    if (rc < 0)
        return rc;

    wait->spawned = NULL;
    rc = spawned->status;
    if (rc < 0)
        take_details(spawned);
    gr__slots_give(table(gr__loop_here()), spawned);
    return rc;
}

static bool end_cancel(struct gr_awaitable *awaitable)
{
    struct gr_runner_wait *wait = wait_of(awaitable);
    struct spawned *spawned = wait->spawned;
    spawned->joiner = NULL;
    if (spawned->stage == ENDED)
        return false;

    wait->spawned = NULL;
    return true;
}

static const struct gr_awaitable_type end_type = {end_name, end_ready, end_subscribe, end_take,
                                                  end_cancel};

struct gr_awaitable *gr_runner_awaitable(struct gr_runner_wait *wait, gr_runner runner)
{
    *wait = (struct gr_runner_wait){.awaitable = {&end_type}, .runner = runner};
    return &wait->awaitable;
}

int gr_runner_join(gr_runner runner, gr_time deadline)
{
    struct spawned *spawned;
    int rc = find_to_join(runner, &spawned);
    if (rc < 0)
        return rc;

    struct gr_runner_wait wait = {.spawned = spawned};
    return gr__await(&wait.awaitable, &end_type, deadline);
}

void gr_runner_cancel(gr_runner runner)
{
    struct spawned *spawned = find(runner);
    if (spawned == NULL)
        return;

    spawned->cancelled = true;
    if (spawned->stage == RUNNING)
        gr__runner_cancel(spawned->runner);
}

void gr_runner_drop(gr_runner runner)
{
    struct spawned *spawned = find(runner);
    if (spawned == NULL)
        return;

    assert(spawned->joiner == NULL);
    if (spawned->stage != ENDED) {
        spawned->detached = true;
        return;
    }
    if (spawned->status < 0)
        gr_buffer_release(&spawned->details);
    gr__slots_give(table(gr__loop_here()), spawned);
}

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct part) <= GR__PART_BYTES, "fits its part of the loop");
    int rc = gr__runners_start(loop);
    if (rc < 0)
        return rc;
    rc = gr__slots_init(table(loop), loop->id, sizeof(struct spawned), &floors[loop->id]);
    if (rc < 0)
        gr__runners_done(loop);
    return rc;
}

static void stratum_stop(struct gr__loop *loop)
{
    struct spawned *spawned = NULL;
    while ((spawned = gr__slots_next(table(loop), spawned)) != NULL)
        gr_runner_cancel((gr_runner){gr__slots_name(table(loop), spawned)});
}

static size_t stratum_busy(const struct gr__loop *loop)
{
    const struct part *part = (const void *)loop->parts[GR__PART_RUNNER];
    size_t busy = part->runners.waiting;
    for (const struct spawned *spawned = NULL;
         (spawned = gr__slots_next(&part->spawned, spawned)) != NULL;)
        busy += spawned->stage == WAITING;
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
    char line[256];
    const char *scope = scope_of(runner);
    size_t length = gr__runner_describe(runner, line, sizeof line);
    if (scope != NULL) {
        length = gr__text_append(line, sizeof line, length, " in scope '");
        length = gr__text_append(line, sizeof line, length, scope);
        length = gr__text_append(line, sizeof line, length, "'");
    }
    length = gr__text_append(line, sizeof line, length, " still waits for ");
    length = gr__text_append(line, sizeof line, length,
                             runner->awaited == NULL ? "its turn" : runner->awaited->type->name);
    length = gr__text_append(line, sizeof line, length, " since ");
    gr_time waited = report->loop->now - runner->parked_since;
    length = gr__text_append_number(line, sizeof line, length, (uint64_t)(waited / GR_MILLISECOND));
    gr__text_append(line, sizeof line, length, " ms");
    report->say(report->context, line);
}

static void stratum_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    struct report report = {loop, say, context};
    gr__runners_each(loop, report_waiting, &report);

    for (struct spawned *spawned = NULL;
         (spawned = gr__slots_next(table(loop), spawned)) != NULL;) {
        if (spawned->stage != ENDED)
            continue;
        char line[256];
        size_t length = describe(&spawned->task, line, sizeof line);
        gr__text_append(line, sizeof line, length, " has ended and was never joined or dropped");
        say(context, line);
    }
}

static void stratum_done(struct gr__loop *loop)
{
    struct spawned *spawned = NULL;
    while ((spawned = gr__slots_next(table(loop), spawned)) != NULL)
        if (spawned->owner != NULL && spawned->owner->torn != NULL)
            spawned->owner->torn(spawned->owner);
    for (spawned = NULL; (spawned = gr__slots_next(table(loop), spawned)) != NULL;)
        if (spawned->stage == ENDED && spawned->status < 0)
            gr_buffer_release(&spawned->details);
    gr__slots_done(table(loop));
    gr__runners_done(loop);
}

static struct gr__stratum stratum = {
    .part = GR__PART_RUNNER,
    .start = stratum_start,
    .stop = stratum_stop,
    .busy = stratum_busy,
    .report = stratum_report,
    .done = stratum_done,
};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
