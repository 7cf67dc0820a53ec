/*
 * Parking: the pool of runners and the switches between them. The design stands in park.h.
 */
#include "runner/park.h"

#include <greenroom/runner.h>

#include <errno.h>
#include <stdalign.h>
#include <string.h>

#include "base/text.h"
#include "coro/overflow.h"
#include "loop/ambient.h"

#define TRIM_EVERY (20 * GR_MILLISECOND)

enum { POOLED_MAX = 64, STACK_BYTES = 64 * 1024 };

static size_t configured_stack_bytes = STACK_BYTES;
static bool configured_mprotect;

/* A thread may run several loops in turn, and is watched for overflows as long as it has any. */
static _Thread_local unsigned loops_on_thread;

static struct gr__runner *runner_of(const struct gr__task *task)
{
    return gr__container_of(task, struct gr__runner, task);
}

/* End a runner on whose stack nobody stands. */
static void runner_free(struct gr__runners *runners, struct gr__runner *runner)
{
    struct gr__stack stack = runner->stack;
    gr__list_remove(&runner->link);
    gr__context_done(&runner->context);
    if (stack.bytes == runners->stacks.stack_bytes)
        gr__stacks_give(&runners->stacks, stack);
    else
        gr__stack_unmap(stack);
}

static void bury_corpse(struct gr__runners *runners)
{
    struct gr__runner *corpse = runners->corpse;
    runners->corpse = NULL;
    runner_free(runners, corpse);
}

static inline void bury(struct gr__runners *runners)
{
    if (runners->corpse != NULL)
        bury_corpse(runners);
}

/* Leave the stack of `from` for that of `next`, or for the thread's own where it is NULL. */
static inline __attribute__((always_inline)) void
switch_to(struct gr__loop *loop, struct gr__context *from, struct gr__runner *next)
{
    struct gr__runners *runners = gr__runners_of(loop);
    loop->runner = next;
    if (next != NULL)
        next->state = GR__RUNNER_RUNNING;
    gr__context_switch(from, next == NULL ? &runners->thread : &next->context);
    bury(runners);
}

static void pool_push(struct gr__runners *runners, struct gr__runner *runner)
{
    runner->state = GR__RUNNER_POOLED;
    runner->next_pooled = runners->pooled;
    runners->pooled = runner;
    runners->pooled_count++;
}

static struct gr__runner *pool_pop(struct gr__runners *runners)
{
    struct gr__runner *runner = runners->pooled;
    assert(runner != NULL);
    runners->pooled = runner->next_pooled;
    runners->pooled_count--;
    return runner;
}

static size_t describe_resumed(const struct gr__task *task, char *text, size_t bytes)
{
    return gr__runner_describe(runner_of(task), text, bytes);
}

/* The task of a READY runner. It has no function: schedule() switches to the runner itself. */
static const struct gr__task_class resume_class = {.name = "resume", .describe = describe_resumed};

/* Stand back from scheduling, for another runner to go on or for the thread. */
static inline __attribute__((always_inline)) void
stand_back(struct gr__loop *loop, struct gr__runner *self, struct gr__runner *next)
{
    pool_push(gr__runners_of(loop), self);
    switch_to(loop, &self->context, next);
}

/* A task that is over has closed its scopes and lowered its shields: they were in its frames. */
static inline void check_left_all(const struct gr__runner *runner)
{
    assert(runner->scope == NULL && runner->shield == NULL);
    (void)runner;
}

/*
 * What a runner does all its life: run tasks, and stand back where there is none.
 *
 * The switches are in here and not in functions of their own, so that no return is taken
 * between coming back from one and the next call: the processor's own stack of return
 * addresses is the other runner's then, and each return would be mispredicted.
 */
static void schedule(void *argument)
{
    struct gr__runner *self = argument;
    struct gr__loop *loop = gr__loop_here();
    struct gr__runners *runners = gr__runners_of(loop);
    bury(runners);
    for (;;) {
        struct gr__task *task = gr__loop_next(loop);
        if (task == NULL) {
            stand_back(loop, self, NULL);
        } else if (task->class == &resume_class) {
            runners->waiting--;
            stand_back(loop, self, runner_of(task));
        } else {
            self->working = task->class->describe != NULL ? task : NULL;
            self->interrupted = false;
            self->cancelled = 0;
            task->class->run(task);
            gr__ambient_settle(loop);
            check_left_all(self);
        }
    }
}

static void wake(struct gr_waiter *waiter)
{
    gr__runner_unpark(gr__container_of(waiter, struct gr__runner, waiter));
}

/* A runner's deadline has passed. One that was unparked before it came to run stays so. */
static void on_deadline(struct gr__timer *timer)
{
    gr__runner_interrupt(gr__container_of(timer, struct gr__runner, timer), -ETIMEDOUT);
}

/* A runner at the top of the stack, which begins in `entry`. */
static struct gr__runner *make(struct gr__runners *runners, struct gr__stack stack,
                               void (*entry)(void *))
{
    uintptr_t top = (uintptr_t)stack.low + stack.bytes;
    struct gr__runner *runner = (struct gr__runner *)((top - sizeof *runner) & ~(uintptr_t)63);
    memset(runner, 0, sizeof *runner);
    runner->stack = stack;
    runner->task.class = &resume_class;
    runner->waiter.wake = wake;
    runner->timer.fire = on_deadline;
    gr__list_append(&runners->all, &runner->link);
    gr__context_make(&runner->context, stack.low, (size_t)((char *)runner - stack.low), entry,
                     runner);
    return runner;
}

/* See to it that the pool has a runner. */
static int reserve(struct gr__runners *runners)
{
    if (runners->pooled != NULL)
        return 0;

    struct gr__stack stack;
    int rc = gr__stacks_take(&runners->stacks, &stack);
    if (rc == 0)
        pool_push(runners, make(runners, stack, schedule));
    return rc;
}

int gr__runner_reserve(struct gr__loop *loop)
{
    return reserve(gr__runners_of(loop));
}

/* Who goes on: a runner to resume, one to schedule, or NULL: the thread itself. */
static struct gr__runner *pick(struct gr__loop *loop)
{
    struct gr__task *task = gr__loop_first(loop);
    if (task == NULL)
        return NULL;
    if (task->class != &resume_class)
        return pool_pop(gr__runners_of(loop));
    if (gr__loop_next(loop) == NULL)
        return NULL;

    gr__runners_of(loop)->waiting--;
    return runner_of(task);
}

static inline __attribute__((always_inline)) void
leave_stack(struct gr__loop *loop, struct gr__runner *runner, struct gr__runner *next)
{
    gr__runners_of(loop)->waiting++;
    runner->parked_since = loop->now;
    switch_to(loop, &runner->context, next);
}

/* The ambient waits on the runner's stack, out of sight of all that runs meanwhile. */
static __attribute__((noinline)) void
suspend_within(struct gr__loop *loop, struct gr__runner *runner, struct gr__runner *next)
{
    struct gr__ambient ambient = gr__ambient_swap(loop, gr__ambient_none);
    leave_stack(loop, runner, next);
    gr__ambient_begin(loop, ambient);
}

static inline void suspend(struct gr__loop *loop, struct gr__runner *runner,
                           struct gr__runner *next)
{
    if (__builtin_expect(loop->has_ambient, 0))
        suspend_within(loop, runner, next);
    else
        leave_stack(loop, runner, next);
}

int gr__runner_park(struct gr__runner *runner, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop->runner == runner);
    if (runner->interrupted)
        return -ECANCELED;
    if (deadline <= loop->now)
        return -ETIMEDOUT;
    if (reserve(gr__runners_of(loop)) < 0)
        return -ENOMEM;

    runner->state = GR__RUNNER_PARKED;
    runner->status = 0;
    if (deadline != GR_FOREVER)
        gr__wheel_start(&loop->wheel, &runner->timer, deadline);
    suspend(loop, runner, pick(loop));
    if (deadline != GR_FOREVER)
        gr__wheel_cancel(&loop->wheel, &runner->timer);
    return runner->status;
}

void gr__runner_park_surely(struct gr__runner *runner)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop->runner == runner);
    runner->state = GR__RUNNER_PARKED;
    runner->status = 0;
    suspend(loop, runner, reserve(gr__runners_of(loop)) == 0 ? pick(loop) : NULL);
}

void gr__runner_unpark(struct gr__runner *runner)
{
    if (runner->state != GR__RUNNER_PARKED)
        return;

    runner->state = GR__RUNNER_READY;
    gr__loop_ready(gr__loop_here(), &runner->task);
}

void gr__runner_interrupt(struct gr__runner *runner, int status)
{
    if (runner->state != GR__RUNNER_PARKED)
        return;

    runner->status = status;
    gr__runner_unpark(runner);
}

/* Go on once it is this runner's turn in the queue. */
static void queue_up(struct gr__loop *loop, struct gr__runner *runner, struct gr__queue *queue)
{
    runner->state = GR__RUNNER_READY;
    gr__queue_append(queue, &runner->task);
    suspend(loop, runner, pick(loop));
}

void gr__runner_give_way(struct gr__runner *runner)
{
    struct gr__loop *loop = gr__loop_here();
    if (gr__loop_first(loop) != NULL && reserve(gr__runners_of(loop)) == 0)
        queue_up(loop, runner, &loop->ready);
}

int gr_yield(void)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__runner *runner = loop->runner;
    if (runner->interrupted)
        return -ECANCELED;
    if (reserve(gr__runners_of(loop)) < 0)
        return -ENOMEM;

    queue_up(loop, runner, &loop->later);
    return runner->interrupted ? -ECANCELED : 0;
}

/* What a runner with a stack of its own does: one task, and then no more. */
static void work_apart(void *argument)
{
    struct gr__runner *self = argument;
    struct gr__loop *loop = gr__loop_here();
    struct gr__runners *runners = gr__runners_of(loop);
    bury(runners);
    self->apart(self->working);
    gr__ambient_settle(loop);
    check_left_all(self);
    runners->corpse = self;
    switch_to(loop, &self->context, pick(loop));
}

int gr__runner_run_apart(size_t stack_bytes, struct gr__task *task,
                         void (*run)(struct gr__task *task))
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__runners *runners = gr__runners_of(loop);
    struct gr__runner *self = loop->runner;
    struct gr__stack stack;
    int rc = gr__stack_map(stack_bytes, runners->stacks.force_mprotect, &stack);
    if (rc < 0)
        return rc;

    struct gr__runner *apart = make(runners, stack, work_apart);
    apart->working = task;
    apart->apart = run;
    pool_push(runners, self);
    switch_to(loop, &self->context, apart);
    return 0;
}

size_t gr__runners_waiting(const struct gr__loop *loop)
{
    return ((const struct gr__runners *)(const void *)loop->parts[GR__PART_RUNNER])->waiting;
}

void gr__runners_each(struct gr__loop *loop,
                      void (*visit)(const struct gr__runner *runner, void *context), void *context)
{
    gr__list_each (link, &gr__runners_of(loop)->all) {
        const struct gr__runner *runner = gr__container_of(link, struct gr__runner, link);
        if (runner->state == GR__RUNNER_PARKED || runner->state == GR__RUNNER_READY)
            visit(runner, context);
    }
}

size_t gr__runner_describe(const struct gr__runner *runner, char *text, size_t bytes)
{
    const struct gr__task *task = runner->working;
    if (task == NULL)
        return gr__text_append(text, bytes, 0, "a callback");
    if (task->class->describe != NULL)
        return task->class->describe(task, text, bytes);
    return gr__text_append(text, bytes, 0, task->class->name);
}

size_t gr__runner_describe_wait(const struct gr__loop *loop, const struct gr__runner *runner,
                                char *text, size_t bytes)
{
    const struct gr_awaitable *awaited = runner->awaited;
    gr_time waited = loop->now - runner->parked_since;
    size_t length =
        gr__text_append(text, bytes, 0, awaited == NULL ? "its turn" : awaited->type->name);
    length = gr__text_append(text, bytes, length, " since ");
    length = gr__text_append_number(text, bytes, length, (uint64_t)(waited / GR_MILLISECOND));
    return gr__text_append(text, bytes, length, " ms");
}

/* Runs in the handler of a fault, on its alternate stack. */
static size_t describe_overflow(const void *address, char *text, size_t bytes)
{
    const struct gr__loop *loop = gr__loop_here();
    const struct gr__runner *runner = loop == NULL ? NULL : loop->runner;
    if (runner == NULL || !gr__stack_guards(runner->stack, address))
        return 0;

    size_t length = gr__text_append(text, bytes, 0, "greenroom: stack overflow in ");
    length += gr__runner_describe(runner, text + length, bytes - length);
    length = gr__text_append(text, bytes, length, " on loop ");
    length = gr__text_append_number(text, bytes, length, loop->id);
    length = gr__text_append(text, bytes, length, ", whose stack has ");
    length = gr__text_append_number(text, bytes, length, runner->stack.bytes);
    return gr__text_append(text, bytes, length, " bytes\n");
}

/*
 * Stacks that were once needed and are no more lose their memory, a few at a time: 13 MB a second, at a
 * cost of one part in two hundred of it, and then nothing wakes the loop for it any more.
 */
static void start_trimming(struct gr__loop *loop, struct gr__runners *runners)
{
    if (runners->trimming.link.next == NULL)
        gr__wheel_start(&loop->wheel, &runners->trimming, loop->now + TRIM_EVERY);
}

static void trim(struct gr__timer *timer)
{
    struct gr__runners *runners = gr__container_of(timer, struct gr__runners, trimming);
    if (gr__stacks_trim(&runners->stacks))
        start_trimming(gr__loop_here(), runners);
}

/* Run what is ready, on runners, and come back when there is no more or the slice is over. */
static void execute(struct gr__loop *loop)
{
    struct gr__runners *runners = gr__runners_of(loop);
    const struct gr__task *first = gr__loop_first(loop);
    if (reserve(runners) == 0 || first->class == &resume_class)
        switch_to(loop, &runners->thread, pick(loop));
    while (runners->pooled_count > POOLED_MAX)
        runner_free(runners, pool_pop(runners));
    if (gr__stacks_untrimmed(&runners->stacks))
        start_trimming(loop, runners);
}

void gr__runners_configure(size_t stack_bytes, bool force_mprotect)
{
    configured_stack_bytes = stack_bytes == 0 ? STACK_BYTES : stack_bytes;
    configured_mprotect = force_mprotect;
}

int gr__runners_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__runners) <= GR__PART_BYTES, "fits its part of the loop");
    struct gr__runners *runners = gr__runners_of(loop);
    memset(runners, 0, sizeof *runners);
    gr__list_init(&runners->all);
    runners->trimming.fire = trim;
    gr__context_adopt(&runners->thread);
    int rc = gr__stacks_init(&runners->stacks, configured_stack_bytes, configured_mprotect);
    if (rc < 0)
        return rc;
    rc = reserve(runners);
    if (rc == 0 && loops_on_thread++ == 0)
        rc = gr__overflow_watch();
    if (rc < 0) {
        gr__runners_done(loop);
        return rc;
    }
    gr__overflow_describe(describe_overflow);
    loop->execute = execute;
    return 0;
}

void gr__runners_done(struct gr__loop *loop)
{
    struct gr__runners *runners = gr__runners_of(loop);
    struct gr__list *link;
    while ((link = runners->all.next) != &runners->all)
        runner_free(runners, gr__container_of(link, struct gr__runner, link));
    gr__wheel_cancel(&loop->wheel, &runners->trimming);
    gr__stacks_done(&runners->stacks);
    if (loops_on_thread > 0 && --loops_on_thread == 0)
        gr__overflow_unwatch();
}
