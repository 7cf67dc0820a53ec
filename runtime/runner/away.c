/*
 * Away: the members of a scope that run on another loop.
 *
 *     the scope's loop (home)                        the other loop (there)
 *
 *     start_on: order  ---------------------------->  a runner is started
 *     the scope is cancelled: cancel  ------------->  the runner is cancelled
 *     the member ends  <---------------------------  back: the runner has ended, and how
 *
 * All three are tasks in one block, which is made before anything is sent: so neither cancelling
 * nor ending can lack memory. The block stays where it is. What is in it belongs to one side:
 *
 *     member, cancel_sent               home's
 *     ambient                           the order's
 *     runner                            there's, from the order to the end
 *     status                            there's until it is sent back, then home's
 *     holders                           atomic; the rest does not change
 *
 * The order becomes the way back: one task that is never under way twice. The cancel may still
 * be under way when the end is known at home, so the block has a holder for each of the two
 * journeys, and goes with the last. Where a loop has gone, who discards a task does what is
 * left of its journey: an order turns round with -ESHUTDOWN, a cancel and a way back end.
 *
 * Invariants:
 *   1. A member that was added is settled once: by `back`, which is always sent, if home lives.
 *   2. An order comes before its cancel, since what one loop sends to another keeps its order.
 *   3. The block is given by whoever ends its last journey.
 */
#include <greenroom/scope.h>

#include <ck_pr.h>
#include <errno.h>

#include "loop/ambient.h"
#include "loop/post.h"
#include "runner/member.h"
#include "runner/spawned.h"

struct away {
    struct gr__task journey; /* the order, and then the way back */
    struct gr__task cancel;
    unsigned holders;
    unsigned home;
    unsigned there;
    int status;
    struct gr__owner owner;
    gr_runner runner; /* while it runs */
    gr_runner_fn *run;
    void *context;
    struct gr_runner_options options;
    struct gr__ambient ambient; /* what it inherits; until the order is carried out */
    struct gr__member member;
    bool cancel_sent;
};

/* End one journey. */
static void let_go(struct away *away)
{
    /* Release what this journey has done to the block, and acquire what the other has, before the
     * block is given. Pairs with itself, on the thread that ends the other journey. */
    ck_pr_fence_release();
    unsigned before = ck_pr_faa_uint(&away->holders, (unsigned)-1);
    ck_pr_fence_acquire();
    if (before == 1)
        gr__pool_give(&gr__loop_here()->pool, away, sizeof *away);
}

static struct away *on_journey(struct gr__task *task)
{
    return gr__container_of(task, struct away, journey);
}

static void come_back(struct gr__task *task)
{
    struct away *away = on_journey(task);
    gr__scope_settle(&away->member, away->status);
    let_go(away);
}

static void discard_back(struct gr__task *task)
{
    let_go(on_journey(task));
}

static const struct gr__task_class back_class = {"the end of a runner", come_back, discard_back,
                                                 NULL};

static void send_back(struct away *away, int status)
{
    away->status = status;
    away->journey.class = &back_class;
    gr__loop_send(gr__loop_here(), away->home, &away->journey, 0);
}

static void ended(struct gr__owner *owner, int status)
{
    struct away *away = gr__container_of(owner, struct away, owner);
    away->runner = (gr_runner){0};
    send_back(away, status);
}

static void torn(struct gr__owner *owner)
{
    ended(owner, -ESHUTDOWN);
}

/* The task that starts it has its ambient, so it inherits that; and the task's is settled then. */
static void carry_out(struct gr__task *task)
{
    struct away *away = on_journey(task);
    gr__ambient_begin(gr__loop_here(), away->ambient);
    int rc = gr__spawn_owned(away->run, away->context, &away->options, &away->owner, &away->runner);
    if (rc < 0)
        send_back(away, rc);
}

static void turn_round(struct gr__task *task)
{
    struct away *away = on_journey(task);
    gr__values_drop(&gr__loop_here()->pool, away->ambient.values);
    send_back(away, -ESHUTDOWN);
}

static const struct gr__task_class order_class = {"a runner to start", carry_out, turn_round, NULL};

static void end_cancel(struct gr__task *task)
{
    let_go(gr__container_of(task, struct away, cancel));
}

/* One that has not begun never does; one that was refused or has ended has no name. */
static void cancel_there(struct gr__task *task)
{
    struct away *away = gr__container_of(task, struct away, cancel);
    gr_runner_cancel(away->runner);
    let_go(away);
}

static const struct gr__task_class cancel_class = {"a cancellation", cancel_there, end_cancel,
                                                   NULL};

static void send_cancel(struct gr__member *member)
{
    struct away *away = gr__container_of(member, struct away, member);
    if (away->cancel_sent)
        return;

    /* The other journey holds the block meanwhile, so this need not be ordered. */
    ck_pr_inc_uint(&away->holders);
    away->cancel_sent = true;
    gr__loop_send(gr__loop_here(), away->there, &away->cancel, 0);
}

static int start_there(struct gr__scope *scope, unsigned there, gr_runner_fn *run, void *context,
                       const struct gr_runner_options *options, int *ret_status)
{
    static const struct gr_runner_options defaults;
    struct gr__loop *here = gr__loop_here();
    struct away *away = gr__pool_take(&here->pool, sizeof *away);
    if (away == NULL)
        return -ENOMEM;

    *away = (struct away){
        .journey.class = &order_class,
        .cancel.class = &cancel_class,
        .holders = 1,
        .home = here->id,
        .there = there,
        .owner = {.ended = ended, .torn = torn, .scope = scope->name},
        .ambient.deadline = here->ambient.deadline,
        .run = run,
        .context = context,
        .options = options == NULL ? defaults : *options,
        .member = {.ret_status = ret_status, .name = "runner", .cancel = send_cancel},
    };
    if (away->options.name != NULL)
        away->member.name = away->options.name;
    int rc = gr__ambient_some(here, there, GR__INHERITED, &away->ambient.values);
    if (rc < 0)
        goto undo_away;
    rc = gr__post(here, there, &away->journey, 0) ? 0 : -ESHUTDOWN;
    if (rc < 0)
        goto undo_values;
    gr__scope_add(scope, &away->member);
    return 0;

undo_values:
    gr__values_drop(&here->pool, away->ambient.values);
undo_away:
    gr__pool_give(&here->pool, away, sizeof *away);
    return rc;
}

int gr_scope_start_on(struct gr_scope *public, int loop, gr_runner_fn *run, void *context,
                      const struct gr_runner_options *options, int *ret_status)
{
    struct gr__scope *scope = gr__scope_in(public);
    int rc = gr__scope_admits(scope);
    if (rc < 0)
        return rc;

    struct gr__loop *here = gr__loop_here();
    if (loop < 0 || (unsigned)loop >= here->loop_count)
        return -EINVAL;
    if ((unsigned)loop == here->id)
        return gr_scope_start(public, run, context, options, ret_status);
    if (here->stopping)
        return -ESHUTDOWN;
    return start_there(scope, (unsigned)loop, run, context, options, ret_status);
}
