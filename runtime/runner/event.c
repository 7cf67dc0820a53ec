/*
 * Events: all who are in line go on at once, and nothing is handed to anybody.
 */
#include <greenroom/event.h>

#include "runner/line.h"
#include "runner/wait.h"

static struct gr_event_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_event_wait, awaitable);
}

static bool event_ready(struct gr_awaitable *awaitable)
{
    return wait_of(awaitable)->place.granted || wait_of(awaitable)->event->set;
}

static int event_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    gr__line_append(&wait_of(awaitable)->event->line, &wait_of(awaitable)->place, waiter);
    return 0;
}

static int event_take(struct gr_awaitable *awaitable)
{
    gr__place_take(&wait_of(awaitable)->place);
    return 0;
}

static bool event_cancel(struct gr_awaitable *awaitable)
{
    gr__line_leave(&wait_of(awaitable)->event->line, &wait_of(awaitable)->place);
    return true;
}

static const struct gr_awaitable_type event_type = {"an event", event_ready, event_subscribe,
                                                    event_take, event_cancel};

void gr_event_set(struct gr_event *event)
{
    event->set = true;
    gr__line_grant_all(&event->line);
}

void gr_event_clear(struct gr_event *event)
{
    event->set = false;
}

bool gr_event_is_set(const struct gr_event *event)
{
    return event->set;
}

struct gr_awaitable *gr_event_awaitable(struct gr_event_wait *wait, struct gr_event *event)
{
    *wait = (struct gr_event_wait){.awaitable = {&event_type}, .event = event};
    return &wait->awaitable;
}

int gr_event_wait(struct gr_event *event, gr_time deadline)
{
    struct gr_event_wait wait;
    return gr__await_in_runner(gr_event_awaitable(&wait, event), &event_type, deadline);
}

void gr_event_done(const struct gr_event *event)
{
    assert(gr__line_empty(&event->line) && "nobody waits");
    (void)event;
}
