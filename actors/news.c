/*
 * News: who listens, and one task for each loop. The design stands in news.h.
 */
#include "actors/news.h"

#include "actors/group.h"
#include "actors/registry.h"
#include "loop/post.h"

/* By number of loop. `listeners` is written by that loop, `under_way` by all. */
static struct {
    alignas(64) struct gr__task task;
    unsigned listeners;
    bool under_way;
} loops[GR__LOOPS_MAX];

void gr__news_listen(struct gr__loop *loop)
{
    /* In one order with what is looked at next. Pairs with gr__news_tell(). */
    __atomic_fetch_add(&loops[loop->id].listeners, 1, __ATOMIC_SEQ_CST);
}

void gr__news_cease(struct gr__loop *loop)
{
    __atomic_fetch_sub(&loops[loop->id].listeners, 1, __ATOMIC_RELAXED);
}

/*
 * What has changed was written in the same one order before. Who finds a task under way leaves it at
 * that: the exchange makes what he has changed seen by who runs it. Pairs with look().
 */
void gr__news_tell(struct gr__loop *loop)
{
    for (unsigned i = 0; i < loop->loop_count; i++)
        if (__atomic_load_n(&loops[i].listeners, __ATOMIC_SEQ_CST) > 0 &&
            !__atomic_exchange_n(&loops[i].under_way, true, __ATOMIC_ACQ_REL))
            gr__post(loop, i, &loops[i].task, 0);
}

static void look(struct gr__task *task)
{
    (void)task;
    struct gr__loop *loop = gr__loop_here();
    (void)__atomic_exchange_n(&loops[loop->id].under_way, false, __ATOMIC_ACQ_REL);
    gr__names_look(loop);
    gr__groups_look(loop);
}

static void ignore(struct gr__task *task)
{
    (void)task;
}

static const struct gr__task_class class = {"news of the directory", look, ignore, NULL};

void gr__news_start(struct gr__loop *loop)
{
    loops[loop->id].task.class = &class;
    loops[loop->id].listeners = 0;
    loops[loop->id].under_way = false;
}
