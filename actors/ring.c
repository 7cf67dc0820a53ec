/*
 * Rings: following marks, and telling of asks in a circle. The design stands in ring.h.
 */
#include "actors/ring.h"

#include <errno.h>

#include <greenroom/error.h>

#include "actors/move.h"
#include "actors/pressure.h"
#include "actors/reentry.h"
#include "base/text.h"
#include "future/slot.h"

enum { WAYS_MOST = 256, DEPTH_MOST = 16 };

/* A search for a ring. */
struct search {
    struct gr__loop *loop;
    const struct gr__body *self;     /* the sender, if it lives here */
    const struct gr__runner *runner; /* its handler that is to wait; NULL: any */
    struct gr__ring_ends *ends;      /* NULL: for asks, which look at this loop alone */
    unsigned ways;                   /* that may still be looked at */
    struct gr__mark *for_room;       /* once found: the first mark of a wait for room, or NULL */
    char text[256];                  /* else: who asks whom */
};

/* One way of a search: from a mark to the next re-entrant actor. */
struct leg {
    const struct leg *before; /* or NULL */
    const struct gr__mark *mark;
    struct gr__mark *for_room; /* so far, as in the search */
    bool certain;              /* so far, who was asked is the only one to reply */
    struct gr__mark *last;     /* the mark at which it ends */
    bool too_many;             /* actors of other loops to which ways lead */
    unsigned depth;
};

/* A mark whose handler waits still, or NULL. */
static struct gr__mark *still(struct gr__mark *mark)
{
    if (mark == NULL || mark->over)
        return NULL;
    if (mark->future == 0)
        return mark;
    const struct gr__future_slot *slot = gr__future_find(mark->future);
    return slot == NULL || slot->state != GR__FUTURE_WAITING ? NULL : mark;
}

/* Add one who is asked to the text; return who that is. */
static const struct gr__body *add_asked(struct search *search, size_t *length,
                                        const struct gr__mark *mark)
{
    const struct gr__body *body = gr__body_of(search->loop, mark->to);
    char *text = search->text;
    *length = gr__text_append(text, sizeof search->text, *length, " asks '");
    *length = gr__text_append(text, sizeof search->text, *length, body->name);
    *length = gr__text_append(text, sizeof search->text, *length, "'");
    return body;
}

/* Those of a leg, behind those of the legs before it. */
static void add_leg(struct search *search, size_t *length, const struct leg *leg)
{
    if (leg->before != NULL)
        add_leg(search, length, leg->before);
    const struct gr__mark *mark = leg->mark;
    for (;;) {
        const struct gr__body *body = add_asked(search, length, mark);
        if (gr__body_interleaves(body) || body == search->self)
            return;
        mark = body->mark;
    }
}

/* The way has come back. False: somebody else may reply on it, so it may yet be none. */
static bool found(struct search *search, const struct leg *leg)
{
    if (search->ends != NULL)
        return true;
    if (search->for_room == NULL)
        search->for_room = leg->for_room;
    if (leg->for_room != NULL || !leg->certain)
        return leg->for_room != NULL;

    size_t length = gr__text_append(search->text, sizeof search->text, 0, "'");
    length = gr__text_append(search->text, sizeof search->text, length, search->self->name);
    length = gr__text_append(search->text, sizeof search->text, length, "'");
    add_leg(search, &length, leg);
    return true;
}

/* The way leads to another loop. */
static bool leads_off(struct search *search, const struct gr__mark *mark, uint64_t to)
{
    struct gr__ring_ends *ends = search->ends;
    if (ends == NULL || to == 0 || gr__handle_loop(to) == search->loop->id)
        return false;
    if (ends->count == sizeof ends->waits / sizeof ends->waits[0])
        return true;
    ends->waits[ends->count] = *mark;
    ends->waits[ends->count++].to = to;
    return false;
}

static bool is_on_way(const struct leg *leg, const struct gr__mark *mark)
{
    while (leg != NULL && leg->mark != mark)
        leg = leg->before;
    return leg != NULL;
}

/*
 * Follow a leg through actors that have one handler under way. The sender, or the re-entrant actor at
 * which it ends; NULL: it ends before, or leads off.
 */
static struct gr__body *walk(struct search *search, struct leg *leg)
{
    for (uint32_t steps = gr__actors_of(search->loop)->bodies.live + 1; steps > 0; steps--) {
        struct gr__mark *mark = leg->last;
        struct gr__body *body = gr__body_of(search->loop, mark->to);
        if (body == NULL || body->stage == GR__AWAY) {
            leg->last = NULL;
            leg->too_many = leads_off(search, mark, body == NULL ? mark->to : gr__home_guest(body));
            return NULL;
        }
        if (mark->future == 0 && leg->for_room == NULL)
            leg->for_room = mark;
        if (mark->future != 0 && body->keeps)
            leg->certain = false;
        if (body == search->self || gr__body_interleaves(body))
            return body;
        leg->last = still(body->mark);
        if (leg->last == NULL)
            return NULL;
    }
    return NULL;
}

static struct leg leg_from(const struct leg *before, struct gr__mark *mark)
{
    if (before == NULL)
        return (struct leg){.mark = mark, .last = mark, .certain = true};
    return (struct leg){.before = before,
                        .mark = mark,
                        .last = mark,
                        .for_room = before->for_room,
                        .certain = before->certain,
                        .depth = before->depth + 1};
}

static bool is_sender(const struct search *search, const struct gr__body *body,
                      const struct gr__turn *turn)
{
    return body == search->self && (search->runner == NULL || search->runner == turn->runner);
}

/* Whether the way from a mark on comes back to the sender. */
static bool comes_back(struct search *search, const struct leg *before, struct gr__mark *mark)
{
    struct leg leg = leg_from(before, mark);
    if (leg.depth == DEPTH_MOST || search->ways == 0)
        return search->ends != NULL;
    search->ways--;
    struct gr__body *body = walk(search, &leg);
    if (body == NULL || !gr__body_interleaves(body))
        return body == NULL ? leg.too_many : found(search, &leg);

    struct gr__turn *only;
    enum gr__reentry_wait wait = gr__reentry_wait(body, leg.last->future, leg.last->tag, &only);
    if (wait == GR__FOR_NONE)
        return false;
    bool all = wait == GR__FOR_ONE && search->ends == NULL;
    gr__list_each (link, gr__body_turns(body)) {
        const struct gr__turn *turn = gr__turn_at(link);
        struct gr__mark *next = still(turn->mark);
        bool ends = next == NULL || is_on_way(&leg, next);
        if (only != NULL && only != turn)
            continue;
        bool back = is_sender(search, body, turn) ? found(search, &leg)
                                                  : !ends && comes_back(search, &leg, next);
        if (back != all)
            return back;
    }
    return all;
}

bool gr__ring_follow(struct gr__loop *loop, const struct gr__mark *wait, uint64_t sender,
                     const struct gr__runner *runner, struct gr__ring_ends *ret_ends)
{
    struct gr__mark mark = *wait;
    struct search search = {.loop = loop,
                            .self = gr__body_of(loop, sender),
                            .runner = runner,
                            .ends = ret_ends,
                            .ways = WAYS_MOST};
    ret_ends->count = 0;
    return comes_back(&search, NULL, &mark);
}

/* Say who asks whom, in the report and in the details of the error. */
static int tell(struct gr__loop *loop, const char *text)
{
    gr__loop_say(loop, "actors on loop %u ask in a circle: %s", loop->id, text);
    return gr_fail(-EDEADLK, "asking in a circle: %s", text);
}

int gr__ring_open(struct gr__loop *loop, const struct gr__body *self, const struct gr__mark *wait)
{
    struct gr__mark mark = *wait;
    struct search search = {.loop = loop, .self = self, .runner = loop->runner, .ways = WAYS_MOST};
    if (mark.to == gr__body_name(loop, self) && !gr__body_interleaves(self))
        return -EDEADLK;
    if (!comes_back(&search, NULL, &mark))
        return 0;
    if (search.for_room == NULL)
        return tell(loop, search.text);
    gr__pressure_let_in(search.for_room);
    return 0;
}

void gr__ring_not_by(struct gr__loop *loop)
{
    struct gr__body *body = gr__body_here(loop);
    if (body != NULL)
        body->keeps = true;
}
