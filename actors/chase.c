/*
 * Chases: sweeping for old waits, and following them. The design stands in chase.h.
 *
 * Invariants:
 *   1. chases_soon is set while a sweep is to come as soon as an ask that begins now wants one.
 *   2. Of a chase on its way out, `at` is whom the last member waits for, and is no member but,
 *      perhaps, the first. One that has turned round has `left` looks to go, the next at `place`.
 */
#include "actors/chase.h"

#include <errno.h>

#include <greenroom/error.h>

#include "actors/move.h"
#include "actors/pressure.h"
#include "actors/reentry.h"
#include "actors/ring.h"
#include "base/text.h"

/* How long a wait lasts before it is looked at, and how long at most until the next look. */
#define WHILE (5 * GR_MILLISECOND)
#define EVERY_MOST GR_SECOND

enum { FEW = 4, CHASE_MOST = 256, NAME_BYTES = 32, WAITS_MOST = 16, COPIES_MOST = 64 };

/* What the handler of an actor waits for. */
struct wait {
    uint64_t to;     /* an actor */
    uint64_t future; /* of its reply; 0: for room in its mailbox */
    uint32_t tag;    /* as the mark's (ring.h) */
    gr_time since;
    uint64_t
        others; /* of several handlers that all wait for the same actor: tells their waits; or 0 */
};

struct member {
    uint64_t name;
    struct wait wait;
    unsigned loop;         /* where it waits, whatever its handle says: replies come there */
    char text[NAME_BYTES]; /* its name for people, once it was looked at for the second time */
};

struct chase {
    struct gr__task task;
    uint64_t at;
    unsigned next; /* the loop to look at */
    uint32_t place;
    uint32_t left;   /* 0: it is on its way out */
    uint32_t copies; /* as a probe's (pressure.c) */
    uint32_t count;
    uint32_t room; /* for members */
    struct member members[];
};

/* Whether a handler waits for another actor, and for nothing else. */
static bool find_wait(const struct gr__runner *runner, const struct gr__mark *mark,
                      struct wait *ret_wait)
{
    if (runner == NULL || runner->state != GR__RUNNER_PARKED || runner->awaited == NULL)
        return false;
    if (mark != NULL && mark->future == 0) {
        *ret_wait = (struct wait){.to = mark->to, .tag = mark->tag, .since = runner->parked_since};
        return !mark->over;
    }
    uint64_t future = gr__future_awaited(runner->awaited);
    const struct gr__future_slot *slot = future == 0 ? NULL : gr__future_find(future);
    if (slot == NULL || slot->state != GR__FUTURE_WAITING || slot->asked == GR__FUTURE_NOT_ASKED)
        return false;
    *ret_wait = (struct wait){
        .to = slot->ask.to, .future = future, .tag = slot->ask.tag, .since = runner->parked_since};
    return true;
}

static bool is_same(const struct wait *one, const struct wait *other)
{
    return one->to == other->to && one->future == other->future && one->since == other->since &&
           one->others == other->others;
}

/* The wait of an actor's handler for that future. */
static bool find_wait_for(const struct gr__body *body, uint64_t future, struct wait *ret_wait)
{
    if (!gr__body_interleaves(body))
        return find_wait(body->runner, body->mark, ret_wait) && ret_wait->future == future;
    gr__list_each (link, gr__body_turns(body)) {
        const struct gr__turn *turn = gr__turn_at(link);
        if (find_wait(turn->runner, turn->mark, ret_wait) && ret_wait->future == future)
            return true;
    }
    return false;
}

/* The waits of all handlers as one, where all wait for the same actor. */
static unsigned find_common_wait(const struct gr__body *body, struct wait *ret_wait)
{
    uint64_t others = 0;
    gr__list_each (link, gr__body_turns(body)) {
        const struct gr__turn *turn = gr__turn_at(link);
        struct wait wait;
        if (!find_wait(turn->runner, turn->mark, &wait) || (others != 0 && wait.to != ret_wait->to))
            return 0;
        others = (others * 31 + wait.future + (uint64_t)wait.since) | 1;
        *ret_wait = wait;
    }
    ret_wait->others = others;
    return 1;
}

/* The waits of handlers any of which holds up who waits; or that of `only`, if there is one. */
static unsigned find_each_wait(const struct gr__body *body, const struct gr__turn *only,
                               struct wait ret_waits[WAITS_MOST])
{
    unsigned count = 0;
    gr__list_each (link, gr__body_turns(body)) {
        const struct gr__turn *turn = gr__turn_at(link);
        if ((only == NULL || only == turn) && count < WAITS_MOST &&
            find_wait(turn->runner, turn->mark, &ret_waits[count]))
            count++;
    }
    return count;
}

/*
 * The waits of an actor on which that of an asker depends: nobody else may reply, and it does not begin
 * before one of them is over. The common one of several leads to an actor with one handler, or no
 * further: which of them another re-entrant actor holds up would be one more search.
 */
static unsigned find_waits(const struct gr__body *body, const struct wait *asker,
                           struct wait ret_waits[WAITS_MOST])
{
    if (body == NULL || (asker->future != 0 && body->keeps))
        return 0;
    if (!gr__body_interleaves(body))
        return find_wait(body->runner, body->mark, ret_waits);
    if (asker->others != 0)
        return 0;

    struct gr__turn *only;
    switch (gr__reentry_wait(body, asker->future, asker->tag, &only)) {
    case GR__FOR_NONE:
        return 0;
    case GR__FOR_ONE:
        return find_common_wait(body, ret_waits);
    case GR__FOR_ALL:
        break;
    }
    return find_each_wait(body, only, ret_waits);
}

static size_t chase_bytes(uint32_t room)
{
    return sizeof(struct chase) + room * sizeof(struct member);
}

static void give(struct gr__loop *loop, struct chase *chase)
{
    gr__pool_give(&loop->pool, chase, chase_bytes(chase->room));
}

static struct chase *chase_of(struct gr__task *task)
{
    return gr__container_of(task, struct chase, task);
}

static void discard(struct gr__task *task)
{
    give(gr__loop_here(), chase_of(task));
}

static void send(struct gr__loop *loop, struct chase *chase)
{
    gr__loop_send(loop, chase->next, &chase->task, chase_bytes(chase->room));
}

/* Look at a member for the second time, next. */
static void turn_to(struct chase *chase, uint32_t place)
{
    chase->place = place;
    chase->next = chase->members[place].loop;
}

static size_t append(char *text, size_t bytes, size_t length, const char *before, const char *name)
{
    length = gr__text_append(text, bytes, length, before);
    length = gr__text_append(text, bytes, length, name);
    return gr__text_append(text, bytes, length, "'");
}

/* Say who asks whom, and end the wait of the one who was chosen. */
static void tell(struct gr__loop *loop, const struct chase *chase)
{
    char text[256];
    size_t length = append(text, sizeof text, 0, "'", chase->members[chase->place].text);
    for (uint32_t i = 1; i <= chase->count; i++)
        length = append(text, sizeof text, length, " asks '",
                        chase->members[(chase->place + i) % chase->count].text);
    gr__loop_say(loop, "actors ask in a circle: %s", text);
    int rc = gr_fail(-EDEADLK, "asking in a circle: %s", text);
    gr_promise promise = {chase->members[chase->place].wait.future};
    if (gr_promise_reject(promise, rc) < 0)
        return; /* without memory for its details it waits on */
}

/* Whom the circle is to be opened at: who waits for room, or else the greatest of all. */
static uint32_t choose(const struct chase *chase)
{
    uint32_t greatest = 0;
    for (uint32_t i = 0; i < chase->count; i++) {
        if (chase->members[i].wait.future == 0)
            return i;
        if (chase->members[i].name > chase->members[greatest].name)
            greatest = i;
    }
    return greatest;
}

static bool is_member(const struct chase *chase, uint64_t name, const struct wait *wait)
{
    for (uint32_t i = 0; i < chase->count; i++)
        if (chase->members[i].name == name && is_same(&chase->members[i].wait, wait))
            return true;
    return false;
}

/* Whether a member waits as before, and so that the wait of the one before it depends on that. */
static bool waits_still(const struct chase *chase, const struct gr__body *body, uint32_t asker)
{
    struct wait waits[WAITS_MOST];
    unsigned count = find_waits(body, &chase->members[asker].wait, waits);
    while (count > 0 && !is_same(&waits[count - 1], &chase->members[chase->place].wait))
        count--;
    return count > 0;
}

/* Open the circle at a member. */
static void open_at(struct gr__loop *loop, const struct chase *chase, const struct gr__body *body)
{
    const struct wait *wait = &chase->members[chase->place].wait;
    if (wait->future != 0) {
        tell(loop, chase);
        return;
    }
    struct gr__mark *mark = gr__body_mark_for_room(body, wait->to, wait->tag);
    if (mark != NULL)
        gr__pressure_let_in(mark);
}

/* The second look at a member. False: there is no circle, or the chase is over. */
static bool look_back(struct gr__loop *loop, struct chase *chase)
{
    struct member *member = &chase->members[chase->place];
    uint32_t asker = (chase->place + chase->count - 1) % chase->count;
    struct gr__body *body = gr__body_of(loop, member->name);
    if (!waits_still(chase, body, asker))
        return false;

    gr__text_append(member->text, sizeof member->text, 0, body->name);
    if (--chase->left == 0) {
        open_at(loop, chase, body);
        return false;
    }
    turn_to(chase, asker);
    return true;
}

/* The same with room for more; NULL where there is none, and it is given back. */
static struct chase *make_room(struct gr__loop *loop, struct chase *chase)
{
    uint32_t room = chase->room * 4;
    struct chase *larger = room > CHASE_MOST ? NULL : gr__pool_take(&loop->pool, chase_bytes(room));
    if (larger != NULL) {
        memcpy(larger, chase, chase_bytes(chase->count));
        larger->room = room;
    }
    give(loop, chase);
    return larger;
}

/* Follow a wait of the one who was looked at. False: it leads no further. */
static bool go_on(struct gr__loop *loop, struct chase *chase, const struct wait *wait)
{
    if (chase->at == chase->members[0].name && is_same(wait, &chase->members[0].wait)) {
        chase->left = chase->count + 1;
        turn_to(chase, choose(chase));
        return true;
    }
    if (is_member(chase, chase->at, wait))
        return false; /* a circle that who began is no part of */

    chase->members[chase->count++] =
        (struct member){.name = chase->at, .wait = *wait, .loop = loop->id};
    chase->at = wait->to;
    chase->next = gr__handle_loop(wait->to);
    return true;
}

static void send_or_give(struct gr__loop *loop, struct chase *chase, bool leads_on)
{
    if (leads_on)
        send(loop, chase);
    else
        give(loop, chase);
}

/* Follow another wait, in a copy. */
static void branch(struct gr__loop *loop, struct chase *chase, const struct wait *wait)
{
    struct chase *copy = gr__pool_take(&loop->pool, chase_bytes(chase->room));
    if (copy == NULL)
        return;
    memcpy(copy, chase, chase_bytes(chase->count));
    send_or_give(loop, copy, go_on(loop, copy, wait));
}

/* The first look at one who is waited for. False: it leads no further. */
static bool look_on(struct gr__loop *loop, struct chase *chase)
{
    struct gr__body *body = gr__body_of(loop, chase->at);
    if (body != NULL && body->stage == GR__AWAY) {
        chase->next = gr__handle_loop(gr__home_guest(body));
        return gr__home_guest(body) != 0;
    }

    struct wait waits[WAITS_MOST];
    unsigned count = find_waits(body, &chase->members[chase->count - 1].wait, waits);
    if (count > 1 && chase->copies <= COPIES_MOST)
        chase->copies *= count;
    for (unsigned i = 1; i < count && chase->copies <= COPIES_MOST; i++)
        branch(loop, chase, &waits[i]);
    return count > 0 && go_on(loop, chase, &waits[0]);
}

static void step(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct chase *chase = chase_of(task);
    if (chase->left == 0 && chase->count == chase->room)
        chase = make_room(loop, chase);
    if (chase != NULL)
        send_or_give(loop, chase, chase->left > 0 ? look_back(loop, chase) : look_on(loop, chase));
}

static const struct gr__task_class chase_class = {"a chase", step, discard, NULL};

static bool begin(struct gr__loop *loop, uint64_t name, const struct wait *wait)
{
    struct chase *chase = gr__pool_take(&loop->pool, chase_bytes(FEW));
    if (chase == NULL)
        return false;

    *chase = (struct chase){.task.class = &chase_class,
                            .at = wait->to,
                            .next = gr__handle_loop(wait->to),
                            .count = 1,
                            .copies = 1,
                            .room = FEW};
    chase->members[0] = (struct member){.name = name, .wait = *wait, .loop = loop->id};
    send(loop, chase);
    return true;
}

/* An ask without a reply. False: it is to be looked at again. */
static bool look_at(struct gr__loop *loop, struct gr__future_slot *slot)
{
    struct wait wait;
    const struct gr__body *body = gr__body_of(loop, slot->ask.by);
    if (body == NULL)
        return true;
    if (!find_wait_for(body, gr__slots_name(gr__futures(loop), slot), &wait) ||
        loop->now - wait.since < WHILE || !begin(loop, slot->ask.by, &wait))
        return false;
    slot->asked = GR__FUTURE_CHASED;
    return true;
}

/* Sweep again after a while, which is longer where there is much to look at. */
static void start(struct gr__loop *loop, gr_time every)
{
    struct gr__actors *actors = gr__actors_of(loop);
    actors->chase_every = every < EVERY_MOST ? every : EVERY_MOST;
    gr_time at = loop->now + actors->chase_every + gr__futures(loop)->used * GR_MICROSECOND;
    gr__wheel_start(&loop->wheel, &actors->chases, at);
}

static void sweep(struct gr__timer *timer)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr__actors *actors = gr__container_of(timer, struct gr__actors, chases);
    struct gr__future_slot *slot = NULL;
    bool all = true;
    while ((slot = gr__slots_next(gr__futures(loop), slot)) != NULL)
        if (slot->state == GR__FUTURE_WAITING && slot->asked == GR__FUTURE_ASKED)
            all = look_at(loop, slot) && all;
    actors->chases_soon = false;
    if (!all)
        start(loop, actors->chase_every * 2);
}

void gr__chase_soon(struct gr__loop *loop)
{
    struct gr__actors *actors = gr__actors_of(loop);
    gr__wheel_cancel(&loop->wheel, &actors->chases);
    actors->chases = (struct gr__timer){.fire = sweep};
    actors->chases_soon = true;
    start(loop, WHILE);
}

void gr__chases_done(struct gr__loop *loop)
{
    gr__wheel_cancel(&loop->wheel, &gr__actors_of(loop)->chases);
}
