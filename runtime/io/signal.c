/*
 * Signals, awaited: what each has seen of the count, and who waits for more. All on the loop's thread.
 *
 *     counted:  0    1    2        3
 *                    |    |        |
 *     seen:     0    ...  2 (taken: 2)
 *                                  woken, by the loop's bell
 *
 * Invariants:
 *   1. Its number is caught while a signal is there; the loop has a bell while it has any.
 *   2. `wait` is set from subscribe until take or cancel; its waiter is NULL once it was woken.
 */
#include <greenroom/signal.h>

#include <errno.h>
#include <stdio.h>

#include "base/slots.h"
#include "io/catch.h"
#include "loop/loop.h"
#include "runner/wait.h"

struct signal {
    struct gr__slot slot;
    int number;
    uint64_t seen; /* of its count */
    struct gr_signal_wait *wait;
};

/* This stratum's part of a loop. */
struct signals {
    struct gr__slots table;
    gr_bell bell; /* while there are any */
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct signals *signals_of(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_SIGNAL);
}

static bool has_come(const struct signal *signal)
{
    return gr__signal_count(signal->number) != signal->seen;
}

static void hear(uint64_t rings, void *context)
{
    (void)rings, (void)context;
    const struct gr__slots *table = &signals_of(gr__loop_here())->table;
    for (struct signal *signal = NULL; (signal = gr__slots_next(table, signal)) != NULL;)
        if (signal->wait != NULL && has_come(signal))
            gr__waiter_wake(&signal->wait->waiter);
}

/* With the first of a loop. */
static int begin_to_listen(struct gr__loop *loop)
{
    struct signals *signals = signals_of(loop);
    if (signals->table.live > 1)
        return 0;
    int rc = gr_bell_make(hear, NULL, &signals->bell);
    if (rc == 0)
        gr__signal_tell(loop->id, signals->bell);
    return rc;
}

/* With the last. */
static void stop_listening(struct gr__loop *loop)
{
    if (signals_of(loop)->table.live > 0)
        return;
    gr__signal_tell(loop->id, (gr_bell){0});
    gr_bell_drop(signals_of(loop)->bell);
}

int gr_signal_make(int number, gr_signal *ret_signal)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    uint64_t seen, name;
    int rc = gr__signal_catch(number, &seen);
    if (rc < 0)
        return rc;
    struct gr__slots *table = &signals_of(loop)->table;
    struct signal *signal = gr__slots_take(table, &name);
    if (signal == NULL) {
        gr__signal_let_go(number);
        return -ENOMEM;
    }
    rc = begin_to_listen(loop);
    if (rc < 0) {
        gr__slots_give(table, signal);
        gr__signal_let_go(number);
        return rc;
    }

    *signal = (struct signal){.slot = signal->slot, .number = number, .seen = seen};
    *ret_signal = (gr_signal){name};
    return 0;
}

static struct gr_signal_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_signal_wait, awaitable);
}

/* NULL where it has gone, or is another loop's. */
static struct signal *signal_of(const struct gr_signal_wait *wait)
{
    return gr__slots_find(&signals_of(gr__loop_here())->table, wait->signal.name);
}

static bool signal_ready(struct gr_awaitable *awaitable)
{
    const struct gr_signal_wait *wait = wait_of(awaitable);
    const struct signal *signal = signal_of(wait);
    if (signal == NULL)
        return true;
    if (signal->wait != NULL)
        return signal->wait != wait || wait->waiter == NULL;
    return has_come(signal);
}

static int signal_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr_signal_wait *wait = wait_of(awaitable);
    struct signal *signal = signal_of(wait);
    if (signal->wait != NULL)
        return -EBUSY;

    signal->wait = wait;
    wait->waiter = waiter;
    return 0;
}

static int signal_take(struct gr_awaitable *awaitable)
{
    struct gr_signal_wait *wait = wait_of(awaitable);
    struct signal *signal = signal_of(wait);
    if (signal == NULL) {
        int dropped = wait->status;
        wait->status = 0;
        return dropped < 0 ? dropped : gr__await_refusal(gr__loop_here(), wait->signal.name);
    }
    if (signal->wait != NULL && signal->wait != wait)
        return -EBUSY;

    uint64_t count = gr__signal_count(signal->number);
    if (wait->ret_count != NULL)
        *wait->ret_count = count - signal->seen;
    signal->seen = count;
    signal->wait = NULL;
    return 0;
}

/* What has come is the next one's. That it was dropped stays to be told. */
static bool signal_cancel(struct gr_awaitable *awaitable)
{
    struct gr_signal_wait *wait = wait_of(awaitable);
    if (wait->status < 0)
        return false;

    signal_of(wait)->wait = NULL;
    wait->waiter = NULL;
    return true;
}

static const struct gr_awaitable_type signal_type = {"a signal", signal_ready, signal_subscribe,
                                                     signal_take, signal_cancel};

struct gr_awaitable *gr_signal_awaitable(struct gr_signal_wait *wait, gr_signal signal,
                                         uint64_t *ret_count)
{
    *wait = (struct gr_signal_wait){
        .awaitable = {&signal_type}, .signal = signal, .ret_count = ret_count};
    return &wait->awaitable;
}

int gr_signal_await(gr_signal signal, uint64_t *ret_count, gr_time deadline)
{
    struct gr_signal_wait wait;
    return gr__await_in_runner(gr_signal_awaitable(&wait, signal, ret_count), &signal_type,
                               deadline);
}

static void end(struct gr__loop *loop, struct signal *signal)
{
    struct gr_signal_wait *wait = signal->wait;
    gr__signal_let_go(signal->number);
    gr__slots_give(&signals_of(loop)->table, signal);
    stop_listening(loop);
    if (wait == NULL)
        return;

    wait->status = -ECANCELED;
    gr__waiter_wake(&wait->waiter);
}

void gr_signal_drop(gr_signal name)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(name.name == 0 || gr__handle_loop(name.name) == loop->id);
    struct signal *signal = gr__slots_find(&signals_of(loop)->table, name.name);
    if (signal != NULL)
        end(loop, signal);
}

static int stratum_start(struct gr__loop *loop)
{
    static_assert(sizeof(struct signals) <= GR__PART_BYTES, "fits its part of the loop");
    return gr__slots_init(&signals_of(loop)->table, loop->id, sizeof(struct signal),
                          &floors[loop->id]);
}

static void stratum_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    if (loop->phase < GR__PHASE_OVER)
        return;
    const struct gr__slots *table = &signals_of(loop)->table;
    for (const struct signal *signal = NULL; (signal = gr__slots_next(table, signal)) != NULL;) {
        char line[128];
        snprintf(line, sizeof line, "what hears signal %d on loop %u was never dropped",
                 signal->number, loop->id);
        say(context, line);
    }
}

static void stratum_done(struct gr__loop *loop)
{
    struct gr__slots *table = &signals_of(loop)->table;
    for (struct signal *signal; (signal = gr__slots_next(table, NULL)) != NULL;)
        end(loop, signal);
    gr__slots_done(table);
}

static struct gr__stratum stratum = {
    .part = GR__PART_SIGNAL,
    .start = stratum_start,
    .report = stratum_report,
    .done = stratum_done,
};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
