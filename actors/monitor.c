/*
 * Monitors: a slot on the watcher's loop, and a notice that hangs at the watched actor.
 *
 *     watcher's loop                                  the watched one's
 *     slot: who watches, whom      notice ........--> hangs in its annex
 *                                                     the actor ends:
 *     slot, lane   <----------------- notice ------   reason, and back
 *     hook called, slot gone
 *
 * A notice goes there and back once, so there is one GR_DOWN for each monitor at most; it always
 * comes back, from the actor's end, from the actor not being there, or from the loop not being
 * there: so there is one at least. A monitor that was dropped has a stale name, by which a notice on
 * its way back is known and given up.
 *
 * A watcher that moves leaves its slots where they are, and takes a record of each along. Its GR_DOWN comes
 * to the slot, which ends, and from there goes after the watcher, by its home. Where that finds
 * no record the monitor was dropped meanwhile. To drop one the watcher gives up the record, which
 * goes to the slot as an order to drop that: the same block, so that it is never short of memory for it.
 *
 *     loop where it was made     home                loop where the watcher lives
 *     slot, moved                                    record
 *     slot gone <-- notice
 *         notice --------------> passes it on -----> record gone; lane
 *     or: slot dropped <---------------------------- record, as an order
 *
 * To drop a monitor on another loop's actor sends an order after the notice, which takes it off. If
 * there is no memory for the order the notice stays where it is, until that actor ends.
 *
 * Invariants:
 *   1. A monitor is taken from gr_monitor_make() until its GR_DOWN is handled, or goes after a watcher
 *      that has moved, or it is dropped.
 *   2. monitor->notice is set while the notice is on this loop: at the watched actor, or in the lane.
 *   3. The watcher of a taken monitor is alive, or waits: its end drops the monitor.
 *   4. A watcher that has moved has a record of each monitor that it made before, until that is dropped or
 *      its GR_DOWN is in the lane.
 */
#include "actors/monitor.h"

#include <errno.h>

#include "actors/relay.h"

struct monitor {
    struct gr__slot slot;
    struct gr__list link; /* among those that its watcher has made; in none for a runner's */
    uint64_t watcher;     /* its body's own name here; once it has moved, the actor; 0: a runner */
    bool moved;           /* the watcher has (move.h) */
    bool told;            /* the notice is in the lane */
    uint64_t watched;
    struct gr_actor_wait *wait; /* the runner's */
    struct gr__notice *notice;  /* while it is here, or NULL */
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return &gr__actors_of(loop)->monitors;
}

static void give(struct gr__loop *loop, struct monitor *monitor)
{
    gr__list_remove(&monitor->link);
    gr__slots_give(table(loop), monitor);
}

static void give_up(struct gr__task *task)
{
    gr__notice_give(gr__loop_here(), gr__notice_of(task));
}

/* The record of a monitor, or the GR_DOWN in the lane; or NULL. */
static struct gr__notice *find(const struct gr__list *list, uint64_t id, uint8_t kind)
{
    gr__list_each (link, list)
        if (gr__notice_at(link)->id == id && gr__notice_at(link)->kind == kind)
            return gr__notice_at(link);
    return NULL;
}

/* To a watcher that has moved, where it lives or at its home. */
static void comes_after(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__notice *notice = gr__notice_of(task);
    struct gr__body *body = gr__body_of(loop, notice->to);
    if (gr__relay_after(loop, body, task, sizeof *notice))
        return;
    bool knows = body != NULL && body->annex != NULL;
    struct gr__notice *record = knows ? find(&body->annex->records, notice->id, 0) : NULL;
    if (record == NULL) {
        gr__notice_give(loop, notice);
        return;
    }
    gr__list_remove(&record->link);
    gr__notice_give(loop, record);
    gr__notice_deliver(loop, body, notice);
}

static const struct gr__task_class after_class = {"a down", comes_after, give_up, NULL};

static void send_after(struct gr__loop *loop, struct monitor *monitor, struct gr__notice *notice)
{
    unsigned to = gr__handle_loop(monitor->watcher);
    notice->to = monitor->watcher;
    notice->from = monitor->watched;
    notice->task.class = &after_class;
    give(loop, monitor);
    if (to == loop->id)
        comes_after(&notice->task);
    else if (!gr__notice_send(loop, to, notice, &after_class))
        gr__notice_give(loop, notice);
}

/* The notice is back on the watcher's loop. */
static void deliver(struct gr__loop *loop, struct gr__notice *notice)
{
    struct monitor *monitor = gr__slots_find(table(loop), notice->id);
    if (monitor != NULL && monitor->wait == NULL) {
        if (monitor->moved) {
            send_after(loop, monitor, notice);
            return;
        }
        monitor->notice = notice;
        monitor->told = true;
        gr__notice_deliver(loop, gr__body_find(loop, monitor->watcher), notice);
        return;
    }
    if (monitor != NULL) {
        struct gr_actor_wait *wait = monitor->wait;
        wait->reason = notice->reason;
        wait->ended = true;
        give(loop, monitor);
        wait->waiter->wake(wait->waiter);
    }
    gr__notice_give(loop, notice);
}

static void come_back(struct gr__task *task)
{
    deliver(gr__loop_here(), gr__notice_of(task));
}

static const struct gr__task_class down_class = {"a down", come_back, give_up, NULL};

static void tell(struct gr__loop *loop, struct gr__notice *notice, int reason)
{
    unsigned to = gr__handle_loop(notice->id);
    notice->kind = GR_DOWN;
    notice->reason = reason;
    if (to == loop->id)
        deliver(loop, notice);
    else if (!gr__notice_send(loop, to, notice, &down_class))
        gr__notice_give(loop, notice);
}

/* Hang a notice at the actor that it watches. */
static int attach(struct gr__loop *loop, struct gr__notice *notice)
{
    struct gr__body *body;
    int rc = gr__annex_make(loop, notice->to, &body);
    if (rc == 0)
        gr__list_append(&body->annex->watchers, &notice->link);
    return rc;
}

static void arrive(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    int rc = attach(loop, gr__notice_of(task));
    if (rc < 0)
        tell(loop, gr__notice_of(task), rc);
}

/* On a loop that ends, or back on the watcher's. */
static void turn_back(struct gr__task *task)
{
    tell(gr__loop_here(), gr__notice_of(task), -ESHUTDOWN);
}

static const struct gr__task_class watch_class = {"a monitor", arrive, turn_back, NULL};

/* Bring a filled notice to the actor that it watches. */
static int watch(struct gr__loop *loop, struct monitor *monitor, struct gr__notice *notice)
{
    unsigned to = gr__handle_loop(notice->to);
    if (to != loop->id)
        return gr__notice_send(loop, to, notice, &watch_class) ? 0 : -ESHUTDOWN;

    monitor->notice = notice;
    int rc = attach(loop, notice);
    if (rc == -ESTALE)
        tell(loop, notice, rc);
    return rc == -ENOMEM ? rc : 0;
}

static int make(struct gr__loop *loop, const struct monitor *filled, struct gr__list *made,
                gr_monitor *ret_monitor)
{
    uint64_t name;
    struct monitor *monitor = gr__slots_take(table(loop), &name);
    if (monitor == NULL)
        return -ENOMEM;
    int rc = -ENOMEM;
    struct gr__notice *notice = gr__notice_take(loop);
    if (notice == NULL)
        goto undo_slot;

    monitor->link.next = NULL;
    if (made != NULL)
        gr__list_append(made, &monitor->link);
    monitor->watcher = filled->watcher;
    monitor->watched = filled->watched;
    monitor->wait = filled->wait;
    monitor->moved = monitor->told = false;
    monitor->notice = NULL;
    notice->id = name;
    notice->to = filled->watched;
    *ret_monitor = (gr_monitor){name};
    rc = watch(loop, monitor, notice);
    if (rc == 0)
        return 0;

    gr__notice_give(loop, notice);
undo_slot:
    give(loop, monitor);
    return rc;
}

int gr_monitor_make(struct gr_self *self, gr_actor actor, gr_monitor *ret_monitor)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = gr__container_of(self, struct gr__body, self);
    struct gr__annex *annex = gr__annex_of(loop, body);
    if (annex == NULL)
        return -ENOMEM;

    gr_monitor monitor;
    int rc = make(loop,
                  &(struct monitor){.watcher = gr__slots_name(&gr__actors_of(loop)->bodies, body),
                                    .watched = actor.name},
                  &annex->monitors, &monitor);
    if (rc == 0)
        *ret_monitor = monitor;
    return rc;
}

/* Takes a notice off the actor that it hangs at. Most are taken off soon, so the newest comes first. */
static void take_off(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__notice *order = gr__notice_of(task);
    struct gr__annex *annex = gr__annex_find(loop, order->to);
    struct gr__list *watchers = annex == NULL ? NULL : &annex->watchers;
    struct gr__list *link = watchers == NULL ? NULL : watchers->previous;
    while (link != watchers && gr__notice_at(link)->id != order->id)
        link = link->previous;
    if (link != watchers) {
        gr__list_remove(link);
        gr__notice_give(loop, gr__notice_at(link));
    }
    gr__notice_give(loop, order);
}

static const struct gr__task_class take_off_class = {"a monitor's end", take_off, give_up, NULL};

static void order_off(struct gr__loop *loop, uint64_t name, uint64_t watched)
{
    struct gr__notice *order = gr__notice_take(loop);
    if (order == NULL)
        return;

    order->id = name;
    order->to = watched;
    if (!gr__notice_send(loop, gr__handle_loop(watched), order, &take_off_class))
        gr__notice_give(loop, order);
}

static void drop(struct gr__loop *loop, struct monitor *monitor)
{
    if (monitor->notice != NULL) {
        gr__list_remove(&monitor->notice->link);
        gr__notice_give(loop, monitor->notice);
    } else {
        order_off(loop, gr__slots_name(table(loop), monitor), monitor->watched);
    }
    give(loop, monitor);
}

/* The slot that a watcher has left where it was. */
static void drop_slot(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__notice *record = gr__notice_of(task);
    struct monitor *monitor = gr__slots_find(table(loop), record->id);
    if (monitor != NULL)
        drop(loop, monitor);
    gr__notice_give(loop, record);
}

static const struct gr__task_class drop_class = {"a monitor's end", drop_slot, give_up, NULL};

static void drop_by_record(struct gr__loop *loop, struct gr__notice *record)
{
    unsigned to = gr__handle_loop(record->id);
    gr__list_remove(&record->link);
    if (to == loop->id)
        drop_slot(&record->task);
    else if (!gr__notice_send(loop, to, record, &drop_class))
        gr__notice_give(loop, record);
}

/* One that the actor may have made where it was before. */
static void drop_moved(struct gr__loop *loop, const struct gr__annex *annex, uint64_t name)
{
    struct gr__notice *record = find(&annex->records, name, 0);
    struct gr__notice *down = find(&annex->control, name, GR_DOWN);
    if (record != NULL)
        drop_by_record(loop, record);
    if (down == NULL)
        return;
    gr__list_remove(&down->link);
    gr__notice_give(loop, down);
}

void gr_monitor_drop(gr_monitor handle)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    const struct gr__body *body = gr__body_here(loop);
    assert(handle.name == 0 || gr__handle_loop(handle.name) == loop->id || body != NULL);
    struct monitor *monitor = gr__slots_find(table(loop), handle.name);
    if (monitor != NULL && !monitor->moved)
        drop(loop, monitor);
    else if (handle.name != 0 && body != NULL && body->annex != NULL)
        drop_moved(loop, body->annex, handle.name);
}

static int take_record(struct gr__loop *loop, struct gr__body *body, struct monitor *monitor)
{
    struct gr__notice *record = gr__notice_take(loop);
    if (record == NULL)
        return -ENOMEM;
    record->id = gr__slots_name(table(loop), monitor);
    gr__list_append(&body->annex->records, &record->link);
    gr__list_remove(&monitor->link);
    monitor->watcher = gr__body_name(loop, body);
    monitor->moved = true;
    return 0;
}

int gr__monitors_leave(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__list *made = &body->annex->monitors;
    int rc = 0;
    while (rc == 0 && !gr__list_empty(made)) {
        struct monitor *monitor = gr__container_of(made->next, struct monitor, link);
        if (!monitor->told) {
            rc = take_record(loop, body, monitor);
            continue;
        }
        monitor->notice->from = monitor->watched;
        give(loop, monitor);
    }
    return rc;
}

void gr__monitor_told(struct gr__loop *loop, const struct gr__notice *notice,
                      struct gr_control *ret_control)
{
    struct monitor *monitor = gr__slots_find(table(loop), notice->id);
    ret_control->monitor = (gr_monitor){notice->id};
    if (monitor == NULL)
        return; /* it came after who has moved, and says itself who has ended */
    ret_control->actor = (gr_actor){monitor->watched};
    give(loop, monitor);
}

void gr__monitors_tell(struct gr__loop *loop, struct gr__body *body)
{
    for (struct gr__list *link; (link = gr__list_shift(&body->annex->watchers)) != NULL;)
        tell(loop, gr__notice_at(link), body->reason);
}

void gr__monitors_drop(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__list *made = &body->annex->monitors;
    while (!gr__list_empty(made))
        drop(loop, gr__container_of(made->next, struct monitor, link));
    while (!gr__list_empty(&body->annex->records))
        drop_by_record(loop, gr__notice_at(body->annex->records.next));
}

static struct gr_actor_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_actor_wait, awaitable);
}

static bool wait_ready(struct gr_awaitable *awaitable)
{
    struct gr_actor_wait *wait = wait_of(awaitable);
    struct gr__loop *loop = gr__loop_here();
    if (!wait->ended && gr__handle_loop(wait->actor.name) == loop->id &&
        gr__body_find(loop, wait->actor.name) == NULL) {
        wait->reason = -ESTALE;
        wait->ended = true;
    }
    return wait->ended;
}

static int wait_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_actor_wait *wait = wait_of(awaitable);
    wait->waiter = waiter;
    return make(gr__loop_here(), &(struct monitor){.watched = wait->actor.name, .wait = wait}, NULL,
                &wait->monitor);
}

static int wait_take(struct gr_awaitable *awaitable)
{
    *wait_of(awaitable)->ret_reason = wait_of(awaitable)->reason;
    return 0;
}

static bool wait_cancel(struct gr_awaitable *awaitable)
{
    if (wait_of(awaitable)->ended)
        return false;

    gr_monitor_drop(wait_of(awaitable)->monitor);
    return true;
}

static const struct gr_awaitable_type wait_type = {"the end of an actor", wait_ready,
                                                   wait_subscribe, wait_take, wait_cancel};

struct gr_awaitable *gr_actor_awaitable(struct gr_actor_wait *wait, gr_actor actor, int *ret_reason)
{
    *wait =
        (struct gr_actor_wait){.awaitable = {&wait_type}, .actor = actor, .ret_reason = ret_reason};
    return &wait->awaitable;
}

int gr_actor_join(gr_actor actor, int *ret_reason, gr_time deadline)
{
    struct gr_actor_wait wait;
    return gr_await(gr_actor_awaitable(&wait, actor, ret_reason), deadline);
}

int gr__monitors_start(struct gr__loop *loop)
{
    return gr__slots_init(table(loop), loop->id, sizeof(struct monitor), &floors[loop->id]);
}

void gr__monitors_done(struct gr__loop *loop)
{
    gr__slots_done(table(loop));
}
