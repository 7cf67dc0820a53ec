/*
 * Supervision, on the loop of the supervised actor. The design stands in supervision.h.
 */
#include "actors/supervision.h"

#include <errno.h>
#include <stdlib.h>

#include "actors/relay.h"
#include "base/copy.h"
#include "future/done.h"

struct gr__supervision {
    uint64_t supervisor;
    struct gr__notice *notice; /* is to tell that it rests; NULL: on its way */
    gr_promise resting;        /* of who has it rest, or zero: nobody */
    uint64_t lives;            /* before this one */
    struct gr_failure failure; /* of the last one */
    void *failed;              /* failure.size bytes of the message, or NULL */
    bool by_message;           /* this life has failed at a message, which is in `failure` */
    bool for_good;             /* it does not rest */
    size_t argument_bytes;
    unsigned char argument[];
};

static struct gr__supervision *supervision_of(const struct gr__body *body)
{
    return body == NULL || body->annex == NULL ? NULL : body->annex->supervision;
}

int gr__supervision_make(struct gr__loop *loop, struct gr__body *body,
                         const struct gr__birth *birth)
{
    struct gr__annex *annex = gr__annex_of(loop, body);
    size_t bytes = sizeof(struct gr__supervision) + birth->argument_bytes;
    struct gr__supervision *supervision = annex == NULL ? NULL : gr__pool_take(&loop->pool, bytes);
    if (supervision == NULL)
        return -ENOMEM;
    *supervision = (struct gr__supervision){.supervisor = birth->supervisor,
                                            .notice = gr__notice_take(loop),
                                            .argument_bytes = birth->argument_bytes};
    gr__copy(supervision->argument, birth->argument, birth->argument_bytes);
    annex->supervision = supervision;
    return supervision->notice == NULL ? -ENOMEM : 0;
}

static void forget_failed(struct gr__loop *loop, struct gr__supervision *supervision)
{
    if (supervision->failed != NULL)
        gr__pool_give(&loop->pool, supervision->failed, supervision->failure.size);
    supervision->failed = NULL;
}

void gr__supervision_give(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__supervision *supervision = body->annex->supervision;
    forget_failed(loop, supervision);
    if (supervision->notice != NULL)
        gr__notice_give(loop, supervision->notice);
    if (supervision->resting.name != 0 && gr_promise_reject(supervision->resting, -ESTALE) < 0)
        supervision->resting.name =
            0; /* who waits for it has gone too, or waits no longer than it said */
    gr__pool_give(&loop->pool, supervision, sizeof *supervision + supervision->argument_bytes);
    body->annex->supervision = NULL;
}

void gr__supervision_note(struct gr__loop *loop, struct gr__body *body,
                          const struct gr_message *message)
{
    struct gr__supervision *supervision = supervision_of(body);
    if (supervision == NULL)
        return;

    forget_failed(loop, supervision);
    supervision->by_message = true;
    supervision->failure.tag = message->tag;
    supervision->failure.size = message->size;
    if (message->size > 0)
        supervision->failed = gr__pool_take(&loop->pool, message->size);
    if (supervision->failed != NULL)
        memcpy(supervision->failed, message->data, message->size);
}

bool gr__supervision_rests(const struct gr__body *body)
{
    const struct gr__supervision *supervision = supervision_of(body);
    return supervision != NULL && !supervision->for_good;
}

static void give_up(struct gr__task *task)
{
    gr__notice_give(gr__loop_here(), gr__notice_of(task));
}

/* The supervisor has gone. */
static void comes_back(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__notice *notice = gr__notice_of(task);
    struct gr__body *body = gr__body_of(loop, notice->from);
    if (gr__relay_after(loop, body, task, sizeof *notice))
        return;
    if (body != NULL)
        gr__supervision_end(loop, body);
    gr__notice_give(loop, notice);
}

static const struct gr__task_class back_class = {"an end", comes_back, give_up, NULL};

/* On the supervisor's loop. */
static void arrives(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__notice *notice = gr__notice_of(task);
    struct gr__body *body = gr__body_find(loop, notice->to);
    if (body != NULL && body->annex != NULL)
        gr__notice_deliver(loop, body, notice);
    else if (!gr__notice_send(loop, gr__handle_loop(notice->from), notice, &back_class))
        gr__notice_give(loop, notice);
}

static const struct gr__task_class rests_class = {"a rest", arrives, give_up, NULL};

/* What it has failed at is known until it fails again. */
static void keep_failure(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__supervision *supervision = supervision_of(body);
    struct gr_failure *failure = &supervision->failure;
    if (!supervision->by_message) {
        forget_failed(loop, supervision);
        failure->tag = failure->size = 0;
    }
    failure->reason = body->reason;
    failure->by_message = supervision->by_message;
    failure->data = supervision->failed;
    supervision->by_message = false;
}

void gr__supervision_tell(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__supervision *supervision = supervision_of(body);
    keep_failure(loop, body);
    if (supervision->resting.name != 0) {
        gr_promise resting = supervision->resting;
        supervision->resting.name = 0;
        if (gr_promise_resolve(resting, NULL, 0) == 0)
            return;
    }

    struct gr__notice *notice = supervision->notice;
    supervision->notice = NULL;
    notice->kind = GR__RESTS;
    notice->id = supervision->lives;
    notice->to = supervision->supervisor;
    notice->from = gr__body_name(loop, body);
    notice->reason = body->reason;
    if (!gr__notice_send(loop, gr__handle_loop(notice->to), notice, &rests_class))
        gr__notice_give(loop, notice);
}

bool gr__supervision_end(struct gr__loop *loop, struct gr__body *body)
{
    struct gr__supervision *supervision = supervision_of(body);
    if (supervision == NULL)
        return false;

    supervision->for_good = true;
    if (body->stage == GR__STOPPING)
        gr__body_close(loop, body);
    if (body->stage != GR__RESTING)
        return false;
    gr__body_move(body, GR__STOPPING);
    gr__body_go(loop, body);
    return true;
}

static int restart(struct gr__loop *loop, struct gr__body *body, uint64_t lives)
{
    struct gr__supervision *supervision = supervision_of(body);
    if (body->stage != GR__RESTING || loop->stopping)
        return body->stage != GR__RESTING ? -EBUSY : -ESHUTDOWN;
    if (supervision->notice == NULL)
        supervision->notice = gr__notice_take(loop);
    if (supervision->notice == NULL)
        return -ENOMEM;

    supervision->lives = lives;
    supervision->failure.restarts++;
    return gr__body_restart(loop, body, supervision->argument, supervision->argument_bytes);
}

/* An order of the supervisor, and the promise of what comes of it. */
struct order {
    struct gr__task task;
    uint64_t name;
    uint64_t lives; /* of an order to restart: those before it */
    gr_promise promise;
};

static struct order *order_of(struct gr__task *task)
{
    return gr__container_of(task, struct order, task);
}

static struct order take_order(struct gr__task *task)
{
    struct order order = *order_of(task);
    gr__pool_give(&gr__loop_here()->pool, order_of(task), sizeof order);
    return order;
}

/* Take an order, and find whom it is for, or NULL. False: that has moved, and the order goes after it. */
static bool take_order_here(struct gr__loop *loop, struct gr__task *task, struct order *ret_order,
                            struct gr__body **ret_body)
{
    struct gr__body *body = gr__body_of(loop, order_of(task)->name);
    if (gr__relay_after(loop, body, task, sizeof(struct order)))
        return false;
    *ret_order = take_order(task);
    *ret_body = body;
    return true;
}

static void rest(struct gr__loop *loop, struct gr__body *body, gr_promise promise)
{
    if (body->stage == GR__RESTING) {
        gr__done_tell(promise, 0);
        return;
    }
    supervision_of(body)->resting = promise;
    gr__body_stop(loop, body, -ESHUTDOWN);
}

static void order_to_rest(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body;
    struct order order;
    if (!take_order_here(loop, task, &order, &body))
        return;
    if (supervision_of(body) == NULL)
        gr__done_tell(order.promise, -ESTALE);
    else
        rest(loop, body, order.promise);
}

static void order_to_restart(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body;
    struct order order;
    if (!take_order_here(loop, task, &order, &body))
        return;
    gr__done_tell(order.promise,
                  supervision_of(body) == NULL ? -ESTALE : restart(loop, body, order.lives));
}

static void discard(struct gr__task *task)
{
    gr__done_tell(take_order(task).promise, -ESHUTDOWN);
}

static const struct gr__task_class rest_class = {"an order to rest", order_to_rest, discard, NULL};
static const struct gr__task_class restart_class = {"a restart", order_to_restart, discard, NULL};

/* Post what carries a promise to an actor's loop; the future is for what comes of it. */
static int post(struct gr__loop *loop, const struct gr__task_class *class, gr_actor actor,
                uint64_t lives, gr_future *ret_future)
{
    struct order *order = gr__pool_take(&loop->pool, sizeof *order);
    if (order == NULL)
        return -ENOMEM;
    *order = (struct order){{NULL, class}, actor.name, lives, {0}};
    int rc = gr__done_post(loop, gr__handle_loop(actor.name), &order->task, sizeof *order,
                           &order->promise, ret_future);
    if (rc < 0)
        gr__pool_give(&loop->pool, order, sizeof *order);
    return rc;
}

static int order(const struct gr__task_class *class, gr_actor actor, uint64_t lives,
                 gr_time deadline)
{
    gr_future future;
    int rc = post(gr__loop_here(), class, actor, lives, &future);
    return rc < 0 ? rc : gr__done_await(future, deadline);
}

int gr__supervision_rest(gr_actor actor, gr_time deadline)
{
    return order(&rest_class, actor, 0, deadline);
}

int gr__supervision_restart(gr_actor actor, uint64_t lives)
{
    return order(&restart_class, actor, lives, GR_FOREVER);
}

void gr_self_failure(const struct gr_self *self, struct gr_failure *ret_failure)
{
    const struct gr__supervision *supervision =
        supervision_of(gr__container_of(self, struct gr__body, self));
    *ret_failure = supervision == NULL ? (struct gr_failure){0} : supervision->failure;
}

/* The failure, and behind it the bytes of its message. */
static int copy_failure(const struct gr__supervision *supervision, struct gr_buffer *ret_buffer)
{
    size_t bytes = supervision->failed == NULL ? 0 : supervision->failure.size;
    unsigned char *copy = malloc(sizeof supervision->failure + bytes);
    if (copy == NULL)
        return -ENOMEM;

    memcpy(copy, &supervision->failure, sizeof supervision->failure);
    gr__copy(copy + sizeof supervision->failure, supervision->failed, bytes);
    *ret_buffer = gr_buffer_adopt(copy, sizeof supervision->failure + bytes);
    return 0;
}

static void answer(struct gr__task *task)
{
    struct gr__body *body;
    struct order question;
    if (!take_order_here(gr__loop_here(), task, &question, &body))
        return;
    const struct gr__supervision *supervision = supervision_of(body);
    struct gr_buffer copy = {0};
    int rc = body == NULL ? -ESTALE : -ENOENT;
    if (supervision != NULL)
        rc = copy_failure(supervision, &copy);
    if (rc == 0)
        rc = gr_promise_resolve_buffer(question.promise, &copy);
    gr_buffer_release(&copy);
    if (rc < 0)
        gr__done_tell(question.promise, rc);
}

static const struct gr__task_class question_class = {"a question", answer, discard, NULL};

int gr_actor_failure(gr_actor actor, struct gr_failure *ret_failure, struct gr_buffer *ret_bytes,
                     gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    gr_future future;
    int rc = post(loop, &question_class, actor, 0, &future);
    if (rc < 0)
        return rc;
    rc = gr_future_await_buffer(future, ret_bytes, deadline);
    if (rc < 0) {
        gr_future_drop(future);
        return rc;
    }

    memcpy(ret_failure, ret_bytes->data, sizeof *ret_failure);
    if (ret_failure->data != NULL)
        ret_failure->data = (const unsigned char *)ret_bytes->data + sizeof *ret_failure;
    return 0;
}
