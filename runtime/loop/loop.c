/*
 * Loops: their beginning, their end, and what any thread may ask of them.
 */
#include "loop/loop.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "loop/ambient.h"
#include "loop/lane.h"
#include "loop/load.h"

_Thread_local struct gr__loop *gr__loop_current;

/* Run tasks on the thread's own stack: all a loop can do that has no runners. */
static void execute(struct gr__loop *loop)
{
    struct gr__task *task;
    while ((task = gr__loop_next(loop)) != NULL) {
        task->class->run(task);
        gr__ambient_settle(loop);
    }
}

static int make_outboxes(struct gr__loop *loop, unsigned count)
{
    loop->outboxes = calloc(count, sizeof *loop->outboxes);
    if (loop->outboxes == NULL)
        return -ENOMEM;

    for (unsigned i = 0; i < count; i++)
        gr__outbox_init(&loop->outboxes[i], loop->id, i);
    return 0;
}

int gr__loop_init(struct gr__loop *loop, unsigned id, unsigned count, struct gr__host *host,
                  struct gr__depot *depot)
{
    memset(loop, 0, sizeof *loop);
    loop->id = id;
    loop->loop_count = count;
    loop->host = host;
    loop->inbox = &gr__inboxes[id];
    loop->mail_end.class = &gr__mail_end_class;
    loop->execute = execute;
    loop->ambient.deadline = GR_FOREVER;
    loop->ahead_at = &loop->ahead.first;
    loop->quantum = GR__QUANTUM_MAX;
    loop->now = host->class->now(host);
    gr__random_seed(&loop->random, host->class->seed(host));
    gr__wheel_init(&loop->wheel, loop->now);
    gr__load_begin(loop);

    int rc = gr__pool_init(&loop->pool, depot);
    if (rc < 0)
        return rc;
    rc = make_outboxes(loop, count);
    if (rc < 0)
        goto undo_pool;
    loop->lanes = gr__lanes_make(count);
    if (loop->lanes == NULL) {
        rc = -ENOMEM;
        goto undo_outboxes;
    }
    gr__inbox_open(loop->inbox, host, loop->lanes);
    return 0;

undo_outboxes:
    free(loop->outboxes);
undo_pool:
    gr__pool_done(&loop->pool);
    return rc;
}

static void close_lanes(struct gr__loop *loop)
{
    for (unsigned i = 0; i < loop->loop_count; i++) {
        gr__lane_take_all(&loop->lanes[i], &loop->pool, &loop->ready);
        gr__lane_close(&loop->lanes[i]);
    }
}

void gr__loop_discard(struct gr__loop *loop, struct gr__queue *queue)
{
    struct gr__task *task;
    while ((task = gr__queue_shift(queue)) != NULL) {
        if (task->class->discard == NULL)
            continue;
        loop->counts.tasks_discarded++;
        task->class->discard(task);
    }
}

void gr__loop_close(struct gr__loop *loop)
{
    gr__loop_current = loop;
    gr__outboxes_flush(loop);
    struct gr__queue posted = {NULL, NULL};
    gr__inbox_close(loop->inbox, &posted);
    close_lanes(loop);
    gr__queue_move(&posted, &loop->ready);
    gr__loop_discard(loop, &loop->ready);
    gr__loop_discard(loop, &loop->ahead);
    gr__loop_discard(loop, &loop->held);
    gr__loop_discard(loop, &loop->behind);
    gr__loop_discard(loop, &loop->later);
    gr__outboxes_end(loop);
}

void gr__loop_done(struct gr__loop *loop)
{
    loop->inbox->lanes = NULL;
    gr__lanes_end(loop->lanes, loop->loop_count);
    free(loop->outboxes);
    gr__pool_done(&loop->pool);
    if (gr__loop_current == loop)
        gr__loop_current = NULL;
}

static void append_values(const struct gr__loop *loop, char *line, size_t bytes)
{
    size_t length = gr__text_append(line, bytes, strlen(line), " [");
    length += gr__values_print(loop->ambient.values, line + length, bytes - length);
    gr__text_append(line, bytes, length, "]");
}

void gr__loop_say(struct gr__loop *loop, const char *format, ...)
{
    if (loop->say == NULL)
        return;

    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (loop->ambient.values != NULL)
        append_values(loop, line, sizeof line);
    loop->say(loop->say_context, line);
}

int gr_loop_here(void)
{
    const struct gr__loop *loop = gr__loop_here();
    return loop == NULL ? -1 : (int)loop->id;
}

static gr_time system_clock(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (gr_time)time.tv_sec * GR_SECOND + time.tv_nsec;
}

gr_time gr_now(void)
{
    const struct gr__loop *loop = gr__loop_here();
    return loop == NULL ? system_clock() : loop->now;
}

gr_time gr_clock(void)
{
    struct gr__loop *loop = gr__loop_here();
    if (loop == NULL)
        return system_clock();

    loop->now = loop->host->class->now(loop->host);
    return loop->now;
}

uint64_t gr_random(void)
{
    assert(gr__loop_here() != NULL);
    return gr__random_next(&gr__loop_here()->random);
}
