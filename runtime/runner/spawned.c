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
#include "runner/spawned_slot.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "loop/ambient.h"
#include "loop/details.h"
#include "runner/cancel.h"
#include "runner/wait.h"

static struct gr__slots_floor floors[GR__LOOPS_MAX];

/* For what is not a wait. */
static struct gr__spawned *find(gr_runner runner)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(runner.name == 0 || gr__handle_loop(runner.name) == loop->id);
    return gr__slots_find(gr__spawned_table(loop), runner.name);
}

void gr__runner_say_failed(const char *name, int status)
{
    struct gr__loop *loop = gr__loop_here();
    char text[384];
    gr__details_print(status, text, sizeof text);
    gr__loop_say(loop, "runner '%s' on loop %u failed: %s", name, loop->id, text);
}

/*
 * One that has failed: its details are kept for who joins it, or told where nobody will. This and
 * what else concerns details is kept out of the path of one that has not failed.
 */
static __attribute__((noinline, cold)) void end_failed(struct gr__spawned *spawned)
{
    if (!spawned->detached)
        spawned->details = gr__details_pack(spawned->status);
    else if (spawned->status != -ECANCELED && spawned->owner == NULL)
        gr__runner_say_failed(spawned->name, spawned->status);
    gr__details_forget();
}

static __attribute__((noinline, cold)) void take_details(struct gr__spawned *spawned)
{
    gr__details_adopt(&spawned->details);
}

static void end(struct gr__spawned *spawned, int status)
{
    spawned->stage = GR__SPAWNED_ENDED;
    spawned->status = status;
    spawned->runner = NULL;
    if (spawned->owner != NULL) {
        gr__spawned_part(gr__loop_here())->due[spawned->owner->ends_in]--;
        spawned->owner->ended(spawned->owner, status);
    }
    if (spawned->joiner != NULL)
        spawned->joiner->wake(spawned->joiner);
    if (spawned->status < 0)
        end_failed(spawned);
    if (spawned->detached)
        gr__slots_give(gr__spawned_table(gr__loop_here()), spawned);
}

static struct gr__spawned *spawned_of(const struct gr__task *task)
{
    return gr__container_of(task, struct gr__spawned, task);
}

/* What it has locked will never be free: who waits for that waits for ever. */
static void say_locked(const struct gr__spawned *spawned, unsigned locks)
{
    struct gr__loop *loop = gr__loop_here();
    gr__loop_say(loop, "runner '%s' on loop %u ended while it held %u locks", spawned->name,
                 loop->id, locks);
}

/* On the stack that it will hold. */
static void run(struct gr__task *task)
{
    struct gr__spawned *spawned = spawned_of(task);
    struct gr__runner *runner = gr__runner_here();
    spawned->runner = runner;
    spawned->stage = GR__SPAWNED_RUNNING;
    runner->locks = 0;
    int status = spawned->run(spawned->context);
    if (runner->locks > 0)
        say_locked(spawned, runner->locks);
    end(spawned, status);
}

static void begin(struct gr__task *task)
{
    struct gr__spawned *spawned = spawned_of(task);
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
static __attribute__((noinline)) int inherit(struct gr__loop *loop, struct gr__spawned *spawned)
{
    spawned->ambient.deadline = loop->ambient.deadline;
    int rc = gr__ambient_some(loop, loop->id, GR__INHERITED, &spawned->ambient.values);
    if (rc == 0)
        spawned->task.class = &begin_within_class;
    return rc;
}

static int start(gr_runner_fn *fn, void *context, const struct gr_runner_options *options,
                 struct gr__spawned **ret_spawned)
{
    struct gr__loop *loop = gr__loop_here();
    uint64_t name;
    struct gr__spawned *spawned = gr__slots_take(gr__spawned_table(loop), &name);
    if (spawned == NULL)
        return -ENOMEM;

    memset((char *)spawned + sizeof spawned->slot, 0,
           offsetof(struct gr__spawned, ambient) - sizeof spawned->slot);
    spawned->task.class = &begin_class;
    if (loop->has_ambient && inherit(loop, spawned) < 0) {
        gr__slots_give(gr__spawned_table(loop), spawned);
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
    struct gr__spawned *spawned;
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    if (gr__loop_here()->stopping)
        return -ESHUTDOWN;
    int rc = start(fn, context, options, &spawned);
    if (rc < 0)
        return rc;

    spawned->detached = ret_runner == NULL;
    if (ret_runner != NULL)
        *ret_runner = (gr_runner){gr__slots_name(gr__spawned_table(gr__loop_here()), spawned)};
    return 0;
}

int gr__spawn_owned(gr_runner_fn *fn, void *context, const struct gr_runner_options *options,
                    struct gr__owner *owner, gr_runner *ret_runner)
{
    struct gr__spawned *spawned;
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    if (gr__loop_here()->stopping && owner->ends_in == GR_PHASE_RUN)
        return -ESHUTDOWN;
    int rc = start(fn, context, options, &spawned);
    if (rc < 0)
        return rc;

    gr__spawned_part(gr__loop_here())->due[owner->ends_in]++;
    spawned->detached = true;
    spawned->owner = owner;
    *ret_runner = (gr_runner){gr__slots_name(gr__spawned_table(gr__loop_here()), spawned)};
    return 0;
}

const struct gr__owner *gr__runner_owner(const struct gr__runner *runner)
{
    const struct gr__task *task = runner->working;
    bool is_spawned =
        task != NULL && (task->class == &begin_class || task->class == &begin_within_class);
    return is_spawned ? spawned_of(task)->owner : NULL;
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
        runner = ((const struct gr__spawned *)wait_of(awaited)->spawned)->runner;
    }
    return runner != NULL;
}

/* The runner that the calling one may join; or else why not. */
static int find_to_join(gr_runner runner, struct gr__spawned **ret_spawned)
{
    const struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__spawned *spawned = gr__slots_find(gr__spawned_table(gr__loop_here()), runner.name);
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
    struct gr__spawned *spawned = wait->spawned;
    if (spawned == NULL && find_to_join(wait->runner, &spawned) < 0)
        return true;
    return spawned->stage == GR__SPAWNED_ENDED;
}

static int end_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_runner_wait *wait = wait_of(awaitable);
    struct gr__spawned *spawned = wait->spawned;
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
    struct gr__spawned *spawned = wait->spawned;
    int rc = spawned == NULL ? find_to_join(wait->runner, &spawned) : 0;
    if (rc < 0)
        return rc;

    wait->spawned = NULL;
    rc = spawned->status;
    if (rc < 0)
        take_details(spawned);
    gr__slots_give(gr__spawned_table(gr__loop_here()), spawned);
    return rc;
}

static bool end_cancel(struct gr_awaitable *awaitable)
{
    struct gr_runner_wait *wait = wait_of(awaitable);
    struct gr__spawned *spawned = wait->spawned;
    spawned->joiner = NULL;
    if (spawned->stage == GR__SPAWNED_ENDED)
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
    struct gr__spawned *spawned;
    int rc = find_to_join(runner, &spawned);
    if (rc < 0)
        return rc;

    struct gr_runner_wait wait = {.spawned = spawned};
    return gr__await(&wait.awaitable, &end_type, deadline);
}

void gr_runner_cancel(gr_runner runner)
{
    struct gr__spawned *spawned = find(runner);
    if (spawned == NULL)
        return;

    spawned->cancelled = true;
    if (spawned->stage == GR__SPAWNED_RUNNING)
        gr__runner_cancel(spawned->runner);
}

void gr_runner_drop(gr_runner runner)
{
    struct gr__spawned *spawned = find(runner);
    if (spawned == NULL)
        return;

    assert(spawned->joiner == NULL);
    if (spawned->stage != GR__SPAWNED_ENDED) {
        spawned->detached = true;
        return;
    }
    if (spawned->status < 0)
        gr_buffer_release(&spawned->details);
    gr__slots_give(gr__spawned_table(gr__loop_here()), spawned);
}

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__spawned_part) <= GR__PART_BYTES, "fits its part of the loop");
    int rc = gr__runners_start(loop);
    if (rc < 0)
        return rc;
    rc = gr__slots_init(gr__spawned_table(loop), loop->id, sizeof(struct gr__spawned),
                        &floors[loop->id]);
    if (rc < 0)
        gr__runners_done(loop);
    return rc;
}

static void stratum_done(struct gr__loop *loop)
{
    struct gr__spawned *spawned = NULL;
    while ((spawned = gr__slots_next(gr__spawned_table(loop), spawned)) != NULL)
        if (spawned->owner != NULL && spawned->owner->torn != NULL)
            spawned->owner->torn(spawned->owner);
    for (spawned = NULL; (spawned = gr__slots_next(gr__spawned_table(loop), spawned)) != NULL;)
        if (spawned->stage == GR__SPAWNED_ENDED && spawned->status < 0)
            gr_buffer_release(&spawned->details);
    gr__slots_done(gr__spawned_table(loop));
    gr__runners_done(loop);
}

static struct gr__stratum stratum = {
    .part = GR__PART_RUNNER,
    .start = stratum_start,
    .stop = gr__spawned_stop,
    .busy = gr__spawned_busy,
    .report = gr__spawned_report,
    .force = gr__spawned_force,
    .done = stratum_done,
};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
