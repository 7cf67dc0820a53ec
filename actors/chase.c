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
#include "actors/ring.h"
#include "base/text.h"

/* How long a wait lasts before it is looked at, and how long at most until the next look. */
#define WHILE (5 * GR_MILLISECOND)
#define EVERY_MOST GR_SECOND

enum { FEW = 4, CHASE_MOST = 256, NAME_BYTES = 32 };

/* What the handler of an actor waits for. */
struct wait {
    uint64_t to;     /* an actor */
    uint64_t future; /* of its reply; 0: for room in its mailbox */
    gr_time since;
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
    uint32_t left; /* 0: it is on its way out */
    uint32_t count;
    uint32_t room; /* for members */
    struct member members[];
};

/* Whether an actor's handler waits for another actor, and for nothing else. */
static bool find_wait(const struct gr__body *body, struct wait *ret_wait)
{
    const struct gr__runner *runner = body == NULL ? NULL : body->runner;
    if (runner == NULL || runner->state != GR__RUNNER_PARKED || runner->awaited == NULL)
        return false;
    const struct gr__mark *mark = body->mark;
    if (mark != NULL && mark->future == 0) {
        *ret_wait = (struct wait){mark->to, 0, runner->parked_since};
        return !mark->over;
    }
    uint64_t future = gr__future_awaited(runner->awaited);
    const struct gr__future_slot *slot = future == 0 ? NULL : gr__future_find(future);
    if (slot == NULL || slot->state != GR__FUTURE_WAITING || slot->asked == GR__FUTURE_NOT_ASKED)
        return false;
    *ret_wait = (struct wait){slot->ask.to, future, runner->parked_since};
    return true;
}

static bool is_same(const struct wait *one, const struct wait *other)
{
    return one->to == other->to && one->future == other->future && one->since == other->since;
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

static bool is_member(const struct chase *chase, uint64_t name)
{
    for (uint32_t i = 0; i < chase->count; i++)
        if (chase->members[i].name == name)
            return true;
    return false;
}

/* Whether who waits as `wait` says waits for this actor's own doing: nobody else may reply. */
static bool depends(const struct wait *wait, const struct gr__body *body)
{
    return wait->future == 0 || !body->keeps;
}

/* The second look at a member. False: there is no circle, or the chase is over. */
static bool look_back(struct gr__loop *loop, struct chase *chase)
{
    struct member *member = &chase->members[chase->place];
    uint32_t asker = (chase->place + chase->count - 1) % chase->count;
    struct gr__body *body = gr__body_of(loop, member->name);
    struct wait wait;
    if (!find_wait(body, &wait) || !is_same(&wait, &member->wait) ||
        !depends(&chase->members[asker].wait, body))
        return false;

    gr__text_append(member->text, sizeof member->text, 0, body->name);
    if (--chase->left == 0) {
        if (wait.future == 0)
            gr__pressure_let_in(body->mark);
        else
            tell(loop, chase);
        return false;
    }
    turn_to(chase, asker);
    return true;
}

/* The first look at one who is waited for. False: it leads no further. */
static bool look_on(struct gr__loop *loop, struct chase *chase)
{
    struct gr__body *body = gr__body_of(loop, chase->at);
    struct wait wait;
    if (body != NULL && body->stage == GR__AWAY) {
        chase->next = gr__handle_loop(gr__home_guest(body));
        return gr__home_guest(body) != 0;
    }
    if (!find_wait(body, &wait) || !depends(&chase->members[chase->count - 1].wait, body))
        return false;
    if (chase->at == chase->members[0].name) {
        chase->left = chase->count + 1;
        turn_to(chase, choose(chase));
        return is_same(&wait, &chase->members[0].wait);
    }
    if (is_member(chase, chase->at))
        return false; /* a circle that who began is no part of */

    chase->members[chase->count++] =
        (struct member){.name = chase->at, .wait = wait, .loop = loop->id};
    chase->at = wait.to;
    chase->next = gr__handle_loop(wait.to);
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

static void step(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct chase *chase = chase_of(task);
    if (chase->left == 0 && chase->count == chase->room)
        chase = make_room(loop, chase);
    if (chase == NULL)
        return;
    if (chase->left > 0 ? look_back(loop, chase) : look_on(loop, chase))
        send(loop, chase);
    else
        give(loop, chase);
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
    if (!find_wait(body, &wait) || wait.future != gr__slots_name(gr__futures(loop), slot) ||
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
