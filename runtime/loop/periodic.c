/*
 * Periodic calls: a timer and a task by turns.
 *
 *     start --> WAITING -- time --> READY -- turn --> RUNNING -- returns --> WAITING ...
 *                  |                  |                  |
 *                  | stop             | stop             | stop, failure, end of the loop
 *                  v                  v                  v
 *                gone             gone, at its turn   gone, when it has returned
 *
 * The next time is counted from the one before, not from now, so that calls do not drift. A
 * step that leads to a time that has passed is repeated until it does not; so a function that
 * took long, and a clock that leapt, skip calls and make up for none.
 *
 * Invariants:
 *   1. The timer is started exactly while WAITING.
 *   2. The slot is given only while the task neither stands in a queue nor runs.
 */
#include <greenroom/periodic.h>

#include <errno.h>

#include "base/slots.h"
#include "base/text.h"
#include "loop/ambient.h"
#include "loop/details.h"

enum state { WAITING, READY, RUNNING };

struct periodic {
    struct gr__slot slot;
    struct gr__timer timer;
    struct gr__task task;
    gr_periodic_fn *run;
    void *context;
    struct gr_periodic_options options;
    struct gr__values *values; /* what each call inherits */
    gr_time period;
    gr_time due; /* the time of the call that is to come, or under way */
    uint8_t state;
    bool stopped;
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_PERIODIC);
}

static struct periodic *periodic_of(const struct gr__task *task)
{
    return gr__container_of(task, struct periodic, task);
}

static void give(struct gr__loop *loop, struct periodic *periodic)
{
    gr__values_drop(&loop->pool, periodic->values);
    gr__slots_give(table(loop), periodic);
}

/* It ends of itself. */
static void end(struct gr__loop *loop, struct periodic *periodic)
{
    gr_task_fn *discard = periodic->options.discard;
    void *context = periodic->context;
    give(loop, periodic);
    if (discard != NULL)
        discard(context);
}

/* From one call to the next: a period, or, with jitter, a random length about one. */
static gr_time step(struct gr__loop *loop, const struct periodic *periodic)
{
    double jitter = periodic->options.jitter;
    if (jitter == 0)
        return periodic->period;

    double random = (double)(gr__random_next(&loop->random) >> 11) * 0x1p-53;
    double length = (double)periodic->period * (1 + jitter * (random - 0.5));
    return length < 1 ? 1 : length > 0x1p62 ? (gr_time)1 << 62 : (gr_time)length;
}

/* Wait for the first time after now that is a whole number of steps from the last one. */
static void wait(struct gr__loop *loop, struct periodic *periodic, gr_time now)
{
    gr_time length = step(loop, periodic);
    gr_time missed = (now - periodic->due) / length;
    periodic->state = WAITING;
    if (length > GR_FOREVER - 1 - now)
        periodic->due = GR_FOREVER - 1;
    else
        periodic->due += (missed + 1) * length;
    gr__wheel_start(&loop->wheel, &periodic->timer, periodic->due);
}

static void report(struct gr__loop *loop, const struct periodic *periodic, int status)
{
    char text[384];
    gr__details_print(status, text, sizeof text);
    gr__loop_say(loop, "periodic '%s' on loop %u failed: %s", periodic->options.name, loop->id,
                 text);
}

static void run(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct periodic *periodic = periodic_of(task);
    if (periodic->stopped) {
        give(loop, periodic);
        return;
    }

    periodic->state = RUNNING;
    gr__ambient_begin(loop, (struct gr__ambient){gr__values_keep(periodic->values), GR_FOREVER});
    int rc = periodic->run(periodic->context);
    if (rc < 0)
        report(loop, periodic, rc);
    if (periodic->stopped || loop->stopping || (rc < 0 && periodic->options.stop_on_failure))
        end(loop, periodic);
    else
        wait(loop, periodic, gr_clock());
}

static void discard(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct periodic *periodic = periodic_of(task);
    if (periodic->stopped)
        give(loop, periodic);
    else
        end(loop, periodic);
}

static size_t describe(const struct gr__task *task, char *text, size_t bytes)
{
    size_t length = gr__text_append(text, bytes, 0, "periodic '");
    length = gr__text_append(text, bytes, length, periodic_of(task)->options.name);
    return gr__text_append(text, bytes, length, "'");
}

static const struct gr__task_class ready_class = {"a periodic call", run, discard, describe};

static void on_time(struct gr__timer *timer)
{
    struct periodic *periodic = gr__container_of(timer, struct periodic, timer);
    periodic->state = READY;
    gr__loop_ready(gr__loop_here(), &periodic->task);
}

int gr_periodic_start(gr_time period, gr_periodic_fn *function, void *context,
                      const struct gr_periodic_options *options, gr_periodic *ret_periodic)
{
    static const struct gr_periodic_options defaults;
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(period > 0);
    if (loop->stopping)
        return -ESHUTDOWN;
    uint64_t name;
    struct periodic *periodic = gr__slots_take(table(loop), &name);
    if (periodic == NULL)
        return -ENOMEM;

    *periodic = (struct periodic){
        .slot = periodic->slot,
        .timer = {.fire = on_time},
        .task = {.class = &ready_class},
        .run = function,
        .context = context,
        .options = options == NULL ? defaults : *options,
        .period = period,
        .due = loop->now,
    };
    if (gr__ambient_some(loop, loop->id, GR__INHERITED, &periodic->values) < 0) {
        give(loop, periodic);
        return -ENOMEM;
    }
    assert(periodic->options.jitter >= 0 && periodic->options.jitter <= 1);
    if (periodic->options.name == NULL)
        periodic->options.name = "periodic";
    wait(loop, periodic, loop->now);
    if (ret_periodic != NULL)
        *ret_periodic = (gr_periodic){name};
    return 0;
}

bool gr_periodic_stop(gr_periodic name)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(name.name == 0 || gr__handle_loop(name.name) == loop->id);
    struct periodic *periodic = gr__slots_find(table(loop), name.name);
    if (periodic == NULL || periodic->stopped)
        return false;

    periodic->stopped = true;
    if (periodic->state != WAITING)
        return periodic->state == READY;
    gr__wheel_cancel(&loop->wheel, &periodic->timer);
    give(loop, periodic);
    return true;
}

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__slots) <= GR__PART_BYTES, "fits its part of the loop");
    return gr__slots_init(table(loop), loop->id, sizeof(struct periodic), &floors[loop->id]);
}

/* Those that are ready, or under way, end when they have returned. */
static void end_waiting(struct gr__loop *loop)
{
    for (struct periodic *periodic = NULL;
         (periodic = gr__slots_next(table(loop), periodic)) != NULL;) {
        if (periodic->state != WAITING)
            continue;
        gr__wheel_cancel(&loop->wheel, &periodic->timer);
        end(loop, periodic);
    }
}

static void stratum_stop(struct gr__loop *loop)
{
    if (loop->phase >= GR_PHASE_CLOSE)
        end_waiting(loop);
}

static void stratum_done(struct gr__loop *loop)
{
    end_waiting(loop); /* a loop may come down without having been told to stop */
    gr__slots_done(table(loop));
}

static struct gr__stratum stratum = {
    .part = GR__PART_PERIODIC, .start = stratum_start, .stop = stratum_stop, .done = stratum_done};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
