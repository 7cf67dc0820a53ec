/*
 * The turn: what a loop does over and over.
 *
 * Ready tasks run until there are none or until their slice of time is used up. After each
 * quantum of them the clock is read, mail is taken, and loops that were written to are woken:
 * up to 64 tasks where they are short, down to one where each takes QUANTUM_TIME or longer. It is
 * halved as it turns out too long, and grows by one: among many short tasks a few long ones keep it
 * small, since an actor may use up a quantum in a row, and no mail is taken meanwhile. (Chiu and Jain,
 * "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance", 1989.)
 * A task that took LONG_TIME alone stands behind the next time, and the short ones go first:
 * those that wait for a broker, here or on another loop, do not wait for all that compute.
 * Polling is dear (an empty one costs more than a hundred messages), so while there is
 * work I/O is looked at by time, once a slice, not each turn.
 *
 * With nothing to do the loop watches for mail for a while before it sleeps, if that has
 * paid lately: a sleep that mail ended within SPIN_MAX would have been better spent
 * watching, so the next one is; each watch in vain and each long sleep halve the time.
 * A process with nothing to do therefore sleeps and stays asleep.
 *
 * What comes by a lane is done as the lane is read, if it waits for nothing and runs no user code: a
 * message is put into its mailbox, a result wakes who awaits it (task.h). An order to spawn stands in
 * the queue and holds nothing up, as nobody can send to an actor before it is made. All else stands
 * there, and so does what is read together with it, up to `mail_end`. Until that has come up nothing
 * more is read, which would have to stand behind it, too:
 *
 *     ready   ... [spawn] ...                       what comes may be done at once
 *     ready   ... [call] [message] [mail_end]       what comes now waits where it is
 *
 * Invariants:
 *   1. What one loop has sent to another takes effect in the order in which it was sent, but for
 *      orders to spawn, which may take effect later. Its lane keeps that order; of what a lane has
 *      brought nobody takes anything out of the queue's order; and nothing is done at once while
 *      something else that a lane has brought stands there.
 *   2. While `mail_stands`, `mail_end` is in `ready`, and ahead of it is all mail that stands there.
 *   3. So what is behind a message in a lane finds it in its mailbox, or passed on into a lane: the
 *      fences and markers of moves, the notes of windows, and chases rest on this.
 *   4. To read a lane needs no room anywhere, and waits for nobody but what is ready already. What
 *      has no room to be done at once, or is to be passed on, stands in the queue. So notes come
 *      back, and windows open, as long as loops turn, whatever their handlers wait for.
 */
#include "loop/lane.h"
#include "loop/load.h"
#include "loop/loop.h"

#include <ck_pr.h>

#define SLICE (100 * GR_MICROSECOND)
#define QUANTUM_TIME (10 * GR_MICROSECOND)
#define LONG_TIME (QUANTUM_TIME / 2) /* from which on a quantum does not grow */
#define SPIN_MAX (20 * GR_MICROSECOND)
#define SPIN_MIN (1 * GR_MICROSECOND)

enum { TIMERS_A_TURN = 1024, LOOKS_A_STALL = 16, HOLDS_MAX = 4096, PROMPTS_MAX = 16 };

static gr_time read_clock(struct gr__loop *loop)
{
    loop->now = loop->host->class->now(loop->host);
    return loop->now;
}

static bool lanes_mail(const struct gr__loop *loop)
{
    for (unsigned i = 0; i < loop->loop_count; i++)
        if (i != loop->id && gr__lane_mail(&loop->lanes[i]))
            return true;
    return false;
}

bool gr__loop_mail(const struct gr__loop *loop)
{
    return lanes_mail(loop) || gr__inbox_mail(loop->inbox);
}

/* All that stood ahead of it has run, and so has all that came by a lane. */
static void mail_ends(struct gr__task *task)
{
    gr__container_of(task, struct gr__loop, mail_end)->mail_stands = false;
}

const struct gr__task_class gr__mail_end_class = {"mail", mail_ends, NULL, NULL};

static struct gr__prompt prompts[PROMPTS_MAX];
static int prompt_count;

void gr__prompt_add(struct gr__prompt prompt)
{
    assert(prompt_count < PROMPTS_MAX);
    prompts[prompt_count++] = prompt;
}

bool gr__prompt_run(struct gr__loop *loop, struct gr__task *task)
{
    (void)loop;
    task->class->run(task);
    return true;
}

bool gr__prompt_ready(struct gr__loop *loop, struct gr__task *task)
{
    gr__loop_ready(loop, task);
    return true;
}

/* How to do such a task at once; NULL: it has to stand in the queue. `last` is what came before it. */
static const struct gr__prompt *find_prompt(const struct gr__task *task,
                                            const struct gr__prompt *last)
{
    if (last != NULL && last->run == task->class->run)
        return last;
    for (const struct gr__prompt *prompt = prompts; prompt < prompts + prompt_count; prompt++)
        if (prompt->run == task->class->run)
            return prompt;
    return NULL;
}

/*
 * What can be done at once is, as long as nothing stands in the queue that came by a lane before:
 * so whatever one loop has sent takes effect in that order. Returns how many were taken.
 */
static unsigned take_lane(struct gr__loop *loop, struct gr__lane *lane, unsigned most)
{
    const struct gr__prompt *prompt = NULL;
    struct gr__task *task;
    unsigned left = most;
    for (; left > 0 && (task = gr__lane_take(lane, &loop->pool)) != NULL; left--) {
        if (!loop->mail_stands && (prompt = find_prompt(task, prompt)) != NULL &&
            prompt->at_once(loop, task))
            continue;
        gr__loop_ready(loop, task);
        loop->mail_stands = true;
    }
    if (left < most)
        gr__lane_tell(lane);
    return most - left;
}

/* The loop after `from` that is another one than this. */
static unsigned next_lane(const struct gr__loop *loop, unsigned from)
{
    do
        from = from + 1 < loop->loop_count ? from + 1 : 0;
    while (from == loop->id);
    return from;
}

/*
 * From all lanes together comes as much as a quantum handles: what stays there can wait as well as in
 * a mailbox, and does not fill that. They take turns to be the first. What came by the inbox may be
 * behind what was put into a lane before: so it is taken first, and then all that is in the lanes.
 * Kept out of the path of a loop to which nothing has come.
 */
static __attribute__((noinline)) void take_what_has_come(struct gr__loop *loop)
{
    struct gr__queue posted = {NULL, NULL};
    if (gr__inbox_mail(loop->inbox))
        gr__inbox_unfold(loop->inbox, &posted);
    bool all = posted.first != NULL;
    unsigned most = all ? GR__LANE_CELLS : GR__QUANTUM_MAX;
    unsigned others = loop->loop_count - 1;
    unsigned from = loop->lane_first = others > 0 ? next_lane(loop, loop->lane_first) : 0;
    for (; others > 0 && most > 0; others--, from = next_lane(loop, from)) {
        unsigned taken = take_lane(loop, &loop->lanes[from], most);
        most -= all ? 0 : taken;
    }
    if (loop->mail_stands)
        gr__loop_ready(loop, &loop->mail_end);
    gr__queue_move(&posted, &loop->ready);
}

static void take_mail(struct gr__loop *loop)
{
    if (!loop->mail_stands && gr__loop_mail(loop))
        take_what_has_come(loop);
}

/* The last quantum took so long: halve it, or let it grow a little. */
static void adapt_quantum(struct gr__loop *loop, gr_time took)
{
    if (took > QUANTUM_TIME && loop->quantum > 1)
        loop->quantum /= 2;
    else if (took <= LONG_TIME && loop->quantum < GR__QUANTUM_MAX)
        loop->quantum++;
}

static void begin_quantum(struct gr__loop *loop)
{
    loop->budget = loop->quantum;
    loop->began = loop->now;
}

/* False when the slice is over. */
static bool end_quantum(struct gr__loop *loop)
{
    adapt_quantum(loop, read_clock(loop) - loop->began);
    gr__outboxes_flush(loop);
    if (loop->now >= loop->slice_end)
        return false;

    take_mail(loop);
    return true;
}

static bool behind_is_due(const struct gr__loop *loop)
{
    return loop->behind.first != NULL && loop->now >= loop->behind_due;
}

bool gr__loop_refill(struct gr__loop *loop)
{
    if (!end_quantum(loop) || behind_is_due(loop))
        return false;

    begin_quantum(loop);
    return true;
}

/* One of those behind goes first, and alone, if it is due or there is nothing else. */
static void let_behind_run(struct gr__loop *loop)
{
    if (!behind_is_due(loop) && (loop->behind.first == NULL || gr__loop_first(loop) != NULL))
        return;

    gr__loop_ready_first(loop, gr__queue_shift(&loop->behind));
    loop->behind_due = loop->now + QUANTUM_TIME;
    loop->quantum = 1;
}

bool gr__loop_took_long(struct gr__loop *loop)
{
    gr_time took = read_clock(loop) - loop->began;
    if (took <= LONG_TIME)
        return false;

    loop->behind_due = loop->now + took;
    return true;
}

/*
 * The slice is over. Who stands ahead and who waits behind them take turns; and those at the
 * very end of them, who see others go ahead of them again and again, wait their turn in the end.
 */
static void take_turns(struct gr__loop *loop)
{
    if (loop->held.first != NULL)
        gr__queue_move(&loop->held, &loop->ahead);
    else if (loop->ahead.first != NULL && loop->ready.first != NULL)
        gr__queue_move(&loop->ahead, ++loop->holds % HOLDS_MAX == 0 ? &loop->ready : &loop->held);
    loop->ahead_at = &loop->ahead.first;
}

static void run_ready(struct gr__loop *loop)
{
    if (gr__loop_first(loop) == NULL && loop->behind.first == NULL)
        return;

    loop->slice_end = loop->now + SLICE;
    do {
        let_behind_run(loop);
        begin_quantum(loop);
        loop->execute(loop);
    } while (loop->behind.first != NULL && end_quantum(loop));
    take_turns(loop);
}

/* Let I/O happen, up to `until`; what was set aside is ready after it. */
static void poll(struct gr__loop *loop, gr_time until)
{
    loop->counts.polls++;
    loop->host->class->wait(loop->host, until);
    loop->polled = loop->now;
    gr__queue_move(&loop->later, &loop->ready);
}

/* Watch for mail for as long as that has paid lately. True when mail came. */
static bool spin(struct gr__loop *loop)
{
    if (loop->spin == 0)
        return gr__loop_mail(loop);

    gr_time end = loop->now + loop->spin;
    do {
        for (int i = 0; i < LOOKS_A_STALL; i++) {
            if (gr__loop_mail(loop))
                return true;
            ck_pr_stall();
        }
    } while (read_clock(loop) < end);
    return false;
}

static void adapt(struct gr__loop *loop, gr_time slept, bool mail)
{
    if (mail && slept < SPIN_MAX)
        loop->spin = SPIN_MAX;
    else if (loop->spin > 0)
        loop->spin = loop->spin / 2 < SPIN_MIN ? 0 : loop->spin / 2;
}

static void sleep_until(struct gr__loop *loop, gr_time until)
{
    gr__outboxes_ask(loop);
    if (!gr__inbox_sleep(loop->inbox))
        return;
    if (lanes_mail(loop)) {
        gr__inbox_wake(loop->inbox);
        return;
    }

    loop->counts.sleeps++;
    gr_time began = loop->now;
    poll(loop, until);
    gr__inbox_wake(loop->inbox);
    adapt(loop, read_clock(loop) - began, gr__loop_mail(loop));
}

static bool has_work(const struct gr__loop *loop)
{
    return gr__loop_first(loop) != NULL || loop->behind.first != NULL ||
           loop->later.first != NULL || gr__loop_mail(loop);
}

static void poll_or_wait(struct gr__loop *loop, bool may_wait)
{
    if (!may_wait || loop->phase == GR__PHASE_ENDED) {
        poll(loop, 0);
        loop->clock_is_old = true;
    } else if (has_work(loop)) {
        if (loop->later.first != NULL || loop->now - loop->polled >= SLICE)
            poll(loop, 0);
    } else if (!spin(loop)) {
        gr_time until = gr__wheel_next(&loop->wheel);
        if (until <= loop->now)
            poll(loop, 0);
        else
            sleep_until(loop, until);
    }
}

void gr__loop_work(struct gr__loop *loop)
{
    gr__loop_current = loop;
    loop->counts.turns++;
    if (loop->clock_is_old) {
        loop->clock_is_old = false;
        read_clock(loop);
    }
    take_mail(loop);
    if (loop->wheel.live > 0 && gr__wheel_next(&loop->wheel) <= loop->now)
        gr__wheel_advance(&loop->wheel, loop->now, TIMERS_A_TURN);
    run_ready(loop);
    gr__outboxes_flush(loop);
}

void gr__loop_poll(struct gr__loop *loop, bool may_wait)
{
    /* Read here, the clock costs nothing where a loop waits for another's answer. */
    gr_time done = read_clock(loop);
    poll_or_wait(loop, may_wait);
    gr__load_note(loop, done);
}
