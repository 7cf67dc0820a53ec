/*
 * Links: two halves, one at each actor, with the same number.
 *
 *     A's annex               B's annex
 *     half: link 7, B  <--->  half: link 7, A
 *
 *     made      A hangs its half, and sends B's half to B
 *     unlinked  A takes its half off and sends it after: B's half with that number goes, if it is there
 *     A ends    its half tells B: an exit signal, if B has a half with that number
 *
 * A half is the notice that it will be: neither an end nor an unlink needs memory. Both go the same
 * way as the half that they follow, from one loop to the other, and so find it there.
 *
 * Either actor may link, unlink and end at any time, and the other cannot know yet. The number
 * decides: a signal of a link that its receiver has taken off finds no half, and is none. If both
 * link at once there are two links between them for a while; the first signal of an end takes all
 * of them off, since the other actor has gone, so that the second finds none: one end, one signal.
 *
 * All this goes by the homes of both actors, wherever they live (move.h): so its order is that of the
 * lanes between those, and from there on.
 *
 * Invariants:
 *   1. Both halves of a link have its number, and no other half ever had it.
 *   2. A half is at its actor, or on its way as a notice, never both.
 */
#include "actors/link.h"

#include "actors/relay.h"

#include <errno.h>

static struct gr__body *body_of(struct gr_self *self)
{
    return gr__container_of(self, struct gr__body, self);
}

/* Numbers of one loop differ by the count, those of two loops by the loop. */
static uint64_t next_number(struct gr__loop *loop)
{
    return (uint64_t)loop->id << 56 | ++gr__actors_of(loop)->links_made;
}

static bool has_number(const struct gr__notice *half, uint64_t number)
{
    return half->id == number;
}

static bool goes_to(const struct gr__notice *half, uint64_t other)
{
    return half->from == other;
}

/* The newest in a list that fits, or NULL. */
static struct gr__notice *find(const struct gr__list *list,
                               bool (*fits)(const struct gr__notice *, uint64_t), uint64_t wanted)
{
    for (struct gr__list *link = list->previous; link != list; link = link->previous)
        if (fits(gr__notice_at(link), wanted))
            return gr__notice_at(link);
    return NULL;
}

/* The half of an actor with that number, or NULL where it or the actor is gone. */
static struct gr__notice *find_half(const struct gr__body *body, uint64_t number)
{
    bool none = body == NULL || body->annex == NULL;
    return none ? NULL : find(&body->annex->links, has_number, number);
}

static void give_half(struct gr__loop *loop, struct gr__notice *half)
{
    gr__list_remove(&half->link);
    gr__notice_give(loop, half);
}

/* An end is told to one that is linked. */
static void signal_exit(struct gr__loop *loop, struct gr__body *body, struct gr__notice *notice)
{
    if (body->annex->trap_exits) {
        notice->kind = GR_EXIT;
        gr__notice_deliver(loop, body, notice);
        return;
    }
    if (notice->reason < 0)
        gr__body_stop(loop, body, notice->reason);
    gr__notice_give(loop, notice);
}

static void exit_arrives(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__notice *notice = gr__notice_of(task);
    struct gr__body *body = gr__body_of(loop, notice->to);
    struct gr__notice *half = find_half(body, notice->id);
    if (half == NULL) {
        if (!gr__relay_after(loop, body, task, sizeof *notice))
            gr__notice_give(loop, notice);
        return;
    }

    give_half(loop, half);
    while (notice->gone && (half = find(&body->annex->links, goes_to, notice->from)) != NULL)
        give_half(loop, half);
    signal_exit(loop, body, notice);
}

static void give_up(struct gr__task *task)
{
    gr__notice_give(gr__loop_here(), gr__notice_of(task));
}

static const struct gr__task_class exit_class = {"an exit signal", exit_arrives, give_up, NULL};

/* Send what was a half, filled, to the other end. */
static void send(struct gr__loop *loop, struct gr__notice *notice)
{
    unsigned to = gr__handle_loop(notice->to);
    notice->task.class = &exit_class;
    if (to == loop->id)
        exit_arrives(&notice->task);
    else if (!gr__notice_send(loop, to, notice, &exit_class))
        gr__notice_give(loop, notice);
}

/* A half came to an actor that it cannot hang at: that is told the other. */
static void refuse(struct gr__loop *loop, struct gr__notice *half, int reason)
{
    uint64_t asked = half->to;
    half->to = half->from;
    half->from = asked;
    half->reason = reason;
    half->gone = reason != -ENOMEM;
    send(loop, half);
}

/* Hang a half at its actor, or send it after that. */
static int attach(struct gr__loop *loop, struct gr__notice *half)
{
    struct gr__body *body = gr__body_of(loop, half->to);
    if (body == NULL)
        return -ESTALE;
    if (gr__relay_after(loop, body, &half->task, sizeof *half))
        return 0;
    struct gr__annex *annex = gr__annex_of(loop, body);
    if (annex == NULL)
        return -ENOMEM;

    gr__list_append(&annex->links, &half->link);
    return 0;
}

static void half_arrives(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    int rc = attach(loop, gr__notice_of(task));
    if (rc < 0)
        refuse(loop, gr__notice_of(task), rc);
}

/* On a loop that ends, or back on that of the actor that made the link. */
static void turn_back(struct gr__task *task)
{
    refuse(gr__loop_here(), gr__notice_of(task), -ESHUTDOWN);
}

static const struct gr__task_class half_class = {"a link", half_arrives, turn_back, NULL};

static void unlink_arrives(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__notice *notice = gr__notice_of(task);
    struct gr__body *body = gr__body_of(loop, notice->to);
    struct gr__notice *half = find_half(body, notice->id);
    if (half != NULL)
        give_half(loop, half);
    else if (gr__relay_after(loop, body, task, sizeof *notice))
        return;
    gr__notice_give(loop, notice);
}

static const struct gr__task_class unlink_class = {"an unlink", unlink_arrives, give_up, NULL};

enum way { EXIT, HALF, UNLINK };

static const struct gr__task_class *const classes[] = {
    [EXIT] = &exit_class, [HALF] = &half_class, [UNLINK] = &unlink_class};

static inline void post(struct gr__loop *loop, struct gr__notice *notice, enum way way)
{
    unsigned to = gr__handle_loop(notice->to);
    notice->task.class = classes[way];
    if (to == loop->id)
        classes[way]->run(&notice->task);
    else if (!gr__notice_send(loop, to, notice, classes[way]))
        classes[way]->discard(&notice->task);
}

static void goes_on(struct gr__task *task)
{
    post(gr__loop_here(), gr__notice_of(task), gr__notice_of(task)->way);
}

static const struct gr__task_class by_home_class = {"a link's", goes_on, give_up, NULL};

/* Send from an actor; from a guest by its home, so that it stays behind what was sent from there. */
static inline void post_from(struct gr__loop *loop, const struct gr__body *body,
                             struct gr__notice *notice, enum way way)
{
    if (!body->is_guest) {
        post(loop, notice, way);
        return;
    }
    notice->way = (uint8_t)way;
    if (!gr__notice_send(loop, gr__handle_loop(gr__guest_name(body)), notice, &by_home_class))
        gr__notice_give(loop, notice);
}

void gr__links_signal(struct gr__loop *loop, struct gr__body *body)
{
    uint64_t name = gr__body_name(loop, body);
    for (struct gr__list *link; (link = gr__list_shift(&body->annex->links)) != NULL;) {
        struct gr__notice *half = gr__notice_at(link);
        half->to = half->from;
        half->from = name;
        half->reason = body->reason;
        half->gone = true;
        post_from(loop, body, half, EXIT);
    }
}

/* Bring the other's half to it, once this one's hangs. 0, or why there is no link. */
static int bring(struct gr__loop *loop, const struct gr__body *body, struct gr__notice *theirs)
{
    if (body->is_guest) {
        post_from(loop, body, theirs, HALF);
        return 0;
    }
    unsigned to = gr__handle_loop(theirs->to);
    if (to != loop->id)
        return gr__notice_send(loop, to, theirs, &half_class) ? 0 : -ESHUTDOWN;

    theirs->task.class = &half_class;
    int rc = attach(loop, theirs);
    if (rc == -ESTALE)
        refuse(loop, theirs, rc);
    return rc == -ESTALE ? 0 : rc;
}

static void fill(struct gr__notice *half, uint64_t number, uint64_t at, uint64_t other)
{
    half->id = number;
    half->to = at;
    half->from = other;
}

static int link_with(struct gr__loop *loop, struct gr__body *body, uint64_t self, uint64_t other)
{
    struct gr__notice *mine = gr__notice_take(loop);
    if (mine == NULL)
        return -ENOMEM;
    int rc = -ENOMEM;
    struct gr__notice *theirs = gr__notice_take(loop);
    if (theirs == NULL)
        goto undo_mine;

    uint64_t number = next_number(loop);
    fill(mine, number, self, other);
    fill(theirs, number, other, self);
    gr__list_append(&body->annex->links, &mine->link);
    rc = bring(loop, body, theirs);
    if (rc == 0)
        return 0;

    gr__notice_give(loop, theirs);
undo_mine:
    give_half(loop, mine);
    return rc;
}

int gr_self_link(struct gr_self *self, gr_actor other)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__body *body = body_of(self);
    uint64_t name = gr__body_name(loop, body);
    if (name == other.name)
        return 0;
    struct gr__annex *annex = gr__annex_of(loop, body);
    if (annex == NULL)
        return -ENOMEM;
    if (find(&annex->links, goes_to, other.name) != NULL)
        return 0;

    return link_with(loop, body, name, other.name);
}

static bool is_exit_of(const struct gr__notice *notice, uint64_t other)
{
    return notice->kind == GR_EXIT && notice->from == other;
}

void gr_self_unlink(struct gr_self *self, gr_actor other)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__annex *annex = body_of(self)->annex;
    if (annex == NULL)
        return;

    struct gr__notice *notice;
    while ((notice = find(&annex->links, goes_to, other.name)) != NULL) {
        gr__list_remove(&notice->link);
        notice->to = notice->from;
        post_from(loop, body_of(self), notice, UNLINK);
    }
    while ((notice = find(&annex->control, is_exit_of, other.name)) != NULL)
        give_half(loop, notice);
}

int gr_self_trap_exits(struct gr_self *self, bool on)
{
    struct gr__body *body = body_of(self);
    assert((body->behavior->control != NULL || body->behavior->run != NULL) &&
           "there is a hook to get them, or a run");
    struct gr__annex *annex = gr__annex_of(gr__loop_here(), body);
    if (annex == NULL)
        return -ENOMEM;

    annex->trap_exits = on;
    return 0;
}
