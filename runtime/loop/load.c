/*
 * Load: telling it and reading it. The design stands in load.h.
 *
 *     word:  | time, in windows | figure |
 *              44                 20 bits
 */
#include "loop/load.h"

#include <ck_pr.h>

#include <greenroom/loop.h>

#define WINDOW GR_MILLISECOND

enum { FIGURE_BITS = 20, WINDOWS_MAX = 32 };

struct gr__load gr__loads[GR__LOOPS_MAX];

/* A quarter of the way to what the last window was like, for each of them. */
static unsigned smooth(unsigned figure, unsigned target, uint64_t windows)
{
    int64_t now = figure;
    for (uint64_t i = 0; i < windows && i < WINDOWS_MAX; i++)
        now += ((int64_t)target - now) / 4;
    return windows < WINDOWS_MAX ? (unsigned)now : target;
}

static void put(struct gr__loop *loop, unsigned figure)
{
    uint64_t time = (uint64_t)loop->now / WINDOW;
    ck_pr_store_64(&gr__loads[loop->id].word, time << FIGURE_BITS | figure);
    loop->load_from = loop->now;
    loop->load_due = loop->now + WINDOW;
    loop->idle = 0;
}

void gr__load_begin(struct gr__loop *loop)
{
    put(loop, 0);
}

/* Tasks that a slice was too short for. */
static unsigned count_left(const struct gr__loop *loop)
{
    unsigned count = loop->behind.first != NULL;
    const struct gr__task *task = gr__loop_first(loop);
    for (; task != NULL && count < GR__LOAD_LEFT_MAX; task = task->next)
        count++;
    return count;
}

void gr__load_tell(struct gr__loop *loop)
{
    gr_time took = loop->now - loop->load_from;
    unsigned busy = GR__LOAD_BUSY - (unsigned)(loop->idle * GR__LOAD_BUSY / took);
    unsigned target = busy + count_left(loop) * GR__LOAD_LEFT_EACH;
    unsigned figure = (unsigned)gr__loads[loop->id].word & ((1u << FIGURE_BITS) - 1);
    put(loop, smooth(figure, target, (uint64_t)(took / WINDOW)));
}

unsigned gr__load_at(unsigned loop, gr_time now)
{
    const void *inbox = ck_pr_load_ptr(&gr__inboxes[loop].word);
    if (inbox == GR__INBOX_CLOSED)
        return 0;
    uint64_t word = ck_pr_load_64(&gr__loads[loop].word);
    unsigned figure = (unsigned)word & ((1u << FIGURE_BITS) - 1);
    uint64_t told = word >> FIGURE_BITS;
    uint64_t time = (uint64_t)now / WINDOW;
    uint64_t windows = time > told + 1 ? time - told - 1 : 0;
    if (inbox == GR__INBOX_ASLEEP)
        return smooth(figure, 0, windows);
    return figure < GR__LOAD_BUSY ? smooth(figure, GR__LOAD_BUSY, windows) : figure;
}

int gr_loop_load(int loop)
{
    return loop < 0 || loop >= GR__LOOPS_MAX ? 0 : (int)gr__load_at((unsigned)loop, gr_now());
}
