/*
 * Messages that send themselves later: an envelope and a timer, until one of them is cancelled.
 *
 *     send_after -> a slot with the envelope -- time --> sent, slot gone
 *                           +--------------- cancel ---> envelope ended, slot gone
 */
#include "actors/send_later.h"

#include <greenroom/send.h>

#include <errno.h>

#include "actors/body.h"
#include "actors/route.h"
#include "actors/within.h"

struct later {
    struct gr__slot slot;
    struct gr__timer timer;
    uint64_t to;
    struct gr__envelope *envelope;
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return &gr__actors_of(loop)->timers;
}

static void on_time(struct gr__timer *timer)
{
    struct gr__loop *loop = gr__loop_here();
    struct later *later = gr__container_of(timer, struct later, timer);
    uint64_t to = later->to;
    struct gr__envelope *envelope = later->envelope;
    gr__slots_give(table(loop), later);
    gr__route_above(loop, to, envelope);
}

int gr_send_after(gr_time at, gr_actor to, uint32_t tag, const void *data, size_t size,
                  gr_send_timer *ret_timer)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    if (size > GR_MESSAGE_MAX)
        return -EMSGSIZE;
    uint64_t name;
    struct later *later = gr__slots_take(table(loop), &name);
    if (later == NULL)
        return -ENOMEM;
    later->envelope = gr__envelope_take_for(loop, to.name, GR__PLAIN, GR_FOREVER, tag, size);
    if (later->envelope == NULL) {
        gr__slots_give(table(loop), later);
        return -ENOMEM;
    }

    if (size > 0)
        memcpy(gr__envelope_content(later->envelope), data, size);
    later->to = to.name;
    later->timer = (struct gr__timer){.fire = on_time};
    if (at != GR_FOREVER)
        gr__wheel_start(&loop->wheel, &later->timer, at);
    if (ret_timer != NULL)
        *ret_timer = (gr_send_timer){name};
    return 0;
}

static void cancel(struct gr__loop *loop, struct later *later)
{
    gr__wheel_cancel(&loop->wheel, &later->timer);
    gr__envelope_end(loop, later->envelope, -ECANCELED);
    gr__slots_give(table(loop), later);
}

bool gr_send_cancel(gr_send_timer timer)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(timer.name == 0 || gr__handle_loop(timer.name) == loop->id);
    struct later *later = gr__slots_find(table(loop), timer.name);
    if (later == NULL)
        return false;

    cancel(loop, later);
    return true;
}

int gr__send_timers_start(struct gr__loop *loop)
{
    return gr__slots_init(table(loop), loop->id, sizeof(struct later), &floors[loop->id]);
}

void gr__send_timers_done(struct gr__loop *loop)
{
    struct later *later;
    while ((later = gr__slots_next(table(loop), NULL)) != NULL)
        cancel(loop, later);
    gr__slots_done(table(loop));
}
