/*
 * Groups: joining and leaving, and telling watchers what has changed.
 *
 * A membership is a listing in the directory, as a name is, and stands in the annex of its actor.
 *
 * A watcher is told of the difference between the members that it knows and those that there are:
 *
 *     known    a  b  c           who is missing in the next has left: b, c
 *     next     a        d  e     who is new in it has joined:         d, e
 *
 * Each change has the loops of watchers look; who watches what has changed gets a notice into its
 * control lane, one at most. When the actor comes to it the notice tells one difference, and goes to
 * the end of the lane until it has no more to tell. So nothing piles up, and what is between `known` and
 * `next` is a moment's members between two that are told.
 *
 * Both are in the order of joining, since that of a chain never changes: so those that stayed are
 * found by walking along, and those that are new stand behind them.
 *
 * Invariants:
 *   1. known[0..told] has been compared: kept of them are next[0..kept], the others have been told.
 *   2. A watch whose group has changed since `changes` has its notice in the lane, or the loop is
 *      to look.
 */
#include "actors/group.h"

#include <errno.h>

#include <greenroom/send.h>

#include "actors/directory.h"
#include "actors/errand.h"
#include "actors/news.h"

/* --- Membership ------------------------------------------------------------------------------ */

/* On the actor's loop, as all that changes a membership. */
int gr__membership_begin(struct gr__loop *loop, const struct gr__errand *errand)
{
    struct gr__body *body;
    int rc = gr__annex_make(loop, errand->actor.name, &body);
    if (rc < 0 || gr__listing_in(&body->annex->memberships, &errand->key) != NULL)
        return rc;

    struct gr__listing *listing;
    rc = gr__directory_add(loop, &errand->key, errand->actor.name, &listing, NULL);
    if (rc < 0)
        return rc;
    gr__list_append(&body->annex->memberships, &listing->link);
    gr__news_tell(loop);
    return 0;
}

int gr_group_join(const char *group, gr_actor actor, gr_time deadline)
{
    struct gr__errand errand = {.act = gr__membership_begin, .actor = actor};
    return gr__errand_run(errand, GR__GROUPS, group, deadline);
}

static void leave(struct gr__loop *loop, struct gr__listing *membership)
{
    gr__directory_drop(membership);
    gr__news_tell(loop);
}

int gr__membership_end(struct gr__loop *loop, const struct gr__errand *errand)
{
    struct gr__annex *annex = gr__annex_find(loop, errand->actor.name);
    struct gr__listing *membership =
        annex == NULL ? NULL : gr__listing_in(&annex->memberships, &errand->key);
    if (membership == NULL)
        return -ENOENT;

    leave(loop, membership);
    return 0;
}

int gr_group_leave(const char *group, gr_actor actor, gr_time deadline)
{
    struct gr__errand errand = {.act = gr__membership_end, .actor = actor};
    return gr__errand_run(errand, GR__GROUPS, group, deadline);
}

void gr__memberships_end(struct gr__loop *loop, struct gr__annex *annex)
{
    while (!gr__list_empty(&annex->memberships))
        leave(loop, gr__listing_at(annex->memberships.next));
}

/* --- Members --------------------------------------------------------------------------------- */

size_t gr_group_members(const char *group, gr_actor *ret_members, size_t most)
{
    struct gr__key key;
    if (gr__key_make(GR__GROUPS, group, &key) < 0)
        return 0;
    return gr__directory_collect(&key, ret_members, most);
}

/* Members, in the order in which they joined. */
struct members {
    size_t count;
    size_t room;
    gr_actor actors[];
};

enum { SPARE = 8 };

static size_t bytes_of(size_t room)
{
    return sizeof(struct members) + room * sizeof(gr_actor);
}

static void give_members(struct gr__loop *loop, struct members *members)
{
    if (members != NULL)
        gr__pool_give(&loop->pool, members, bytes_of(members->room));
}

static void reverse(struct members *members)
{
    for (size_t i = 0, j = members->count; i + 1 < j; i++) {
        gr_actor later = members->actors[--j];
        members->actors[j] = members->actors[i];
        members->actors[i] = later;
    }
}

/* There may be more of them by the time there is room. NULL without memory. */
static struct members *take_members(struct gr__loop *loop, const struct gr__key *key)
{
    size_t count = gr__directory_collect(key, NULL, 0);
    for (;;) {
        size_t room = count + SPARE;
        struct members *members = gr__pool_take(&loop->pool, bytes_of(room));
        if (members == NULL)
            return NULL;

        count = gr__directory_collect(key, members->actors, room);
        members->room = room;
        members->count = count;
        if (count <= room) {
            reverse(members);
            return members;
        }
        give_members(loop, members);
    }
}

int gr__members_send(struct gr__loop *loop, const struct gr__key *key, uint32_t tag,
                     const void *data, size_t size, gr_time deadline)
{
    if (gr__directory_find(key) == 0)
        return 0;
    struct members *members = take_members(loop, key);
    if (members == NULL)
        return -ENOMEM;

    int first = 0;
    for (size_t i = 0; i < members->count; i++) {
        int rc = gr_send_by(members->actors[i], tag, data, size, deadline);
        if (rc < 0 && rc != -ESTALE && rc != -ESHUTDOWN && first == 0)
            first = rc;
    }
    give_members(loop, members);
    return first;
}

int gr_group_send(const char *group, uint32_t tag, const void *data, size_t size, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    struct gr__key key;
    if (gr__key_make(GR__GROUPS, group, &key) < 0)
        return 0;
    return gr__members_send(loop, &key, tag, data, size, deadline);
}

/* --- Watches --------------------------------------------------------------------------------- */

struct watch {
    struct gr__notice notice;
    struct gr__list link; /* in the annex */
    struct gr__list here; /* among those of the loop */
    struct gr__body *body;
    struct gr__key key;
    uint64_t changes;      /* of the group, when `next` was taken */
    struct members *known; /* NULL: none */
    struct members *next;  /* NULL: nobody has looked yet */
    size_t told;           /* of `known` */
    size_t kept;           /* of `next` */
    char name[];
};

static struct watch *find_watch(struct gr__annex *annex, const struct gr__key *key)
{
    gr__list_each (link, &annex->group_watches) {
        struct watch *watch = gr__container_of(link, struct watch, link);
        if (gr__keys_equal(&watch->key, key))
            return watch;
    }
    return NULL;
}

/* From here on it hears of no changes. */
static void cease(struct gr__loop *loop, struct watch *watch)
{
    if (gr__list_linked(&watch->here))
        gr__news_cease(loop);
    gr__list_remove(&watch->here);
}

static void end_watch(struct gr__loop *loop, struct watch *watch)
{
    cease(loop, watch);
    gr__list_remove(&watch->notice.link);
    gr__list_remove(&watch->link);
    give_members(loop, watch->known);
    give_members(loop, watch->next);
    gr__pool_give(&loop->pool, watch, sizeof *watch + watch->key.length + 1);
}

static struct watch *take_watch(struct gr__loop *loop, struct gr__body *body,
                                const struct gr__key *key)
{
    struct watch *watch = gr__pool_take(&loop->pool, sizeof *watch + key->length + 1);
    if (watch == NULL)
        return NULL;

    *watch = (struct watch){.notice = {.kind = GR__GROUP_CHANGED}, .body = body, .key = *key};
    memcpy(watch->name, key->name, key->length + 1);
    watch->key.name = watch->name;
    return watch;
}

int gr_self_watch_group(struct gr_self *self, const char *group)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    struct gr__body *body = gr__container_of(self, struct gr__body, self);
    assert((body->behavior->control != NULL || body->behavior->run != NULL) &&
           "there is a hook to get them, or a run");
    struct gr__key key;
    int rc = gr__key_make(GR__GROUPS, group, &key);
    if (rc < 0)
        return rc;
    struct gr__annex *annex = gr__annex_of(loop, body);
    if (annex == NULL)
        return -ENOMEM;
    struct watch *watch = take_watch(loop, body, &key);
    if (watch == NULL)
        return -ENOMEM;

    struct watch *before = find_watch(annex, &key);
    if (before != NULL)
        end_watch(loop, before);
    gr__list_append(&annex->group_watches, &watch->link);
    gr__list_append(&gr__actors_of(loop)->group_watches, &watch->here);
    gr__news_listen(loop);
    gr__notice_deliver_once(loop, watch->body, &watch->notice);
    return 0;
}

void gr_self_unwatch_group(struct gr_self *self, const char *group)
{
    struct gr__annex *annex = gr__container_of(self, struct gr__body, self)->annex;
    struct gr__key key;
    struct watch *watch =
        annex == NULL || gr__key_make(GR__GROUPS, group, &key) < 0 ? NULL : find_watch(annex, &key);
    if (watch != NULL)
        end_watch(gr__loop_here(), watch);
}

void gr__group_watches_end(struct gr__loop *loop, struct gr__annex *annex)
{
    while (!gr__list_empty(&annex->group_watches))
        end_watch(loop, gr__container_of(annex->group_watches.next, struct watch, link));
}

void gr__groups_look(struct gr__loop *loop)
{
    gr__list_each (link, &gr__actors_of(loop)->group_watches) {
        struct watch *watch = gr__container_of(link, struct watch, here);
        if (gr__directory_changes(&watch->key) != watch->changes)
            gr__notice_deliver_once(loop, watch->body, &watch->notice);
    }
}

/* --- Telling ---------------------------------------------------------------------------------- */

/* The next difference, if there is one. */
static bool find_difference(struct watch *watch, struct gr_control *ret_control)
{
    const struct members *known = watch->known, *next = watch->next;
    for (; known != NULL && watch->told < known->count; watch->told++) {
        gr_actor actor = known->actors[watch->told];
        bool stays = watch->kept < next->count && next->actors[watch->kept].name == actor.name;
        if (!stays) {
            watch->told++;
            *ret_control = (struct gr_control){.kind = GR_LEFT, .actor = actor};
            return true;
        }
        watch->kept++;
    }
    if (next == NULL || watch->kept == next->count)
        return false;

    *ret_control = (struct gr_control){.kind = GR_JOINED, .actor = next->actors[watch->kept++]};
    return true;
}

/* All is told. Whether there are changes since; without memory for them there is no `next`. */
static bool look_again(struct gr__loop *loop, struct watch *watch)
{
    uint64_t changes = gr__directory_changes(&watch->key);
    if (watch->next != NULL && changes == watch->changes)
        return false;

    give_members(loop, watch->known);
    watch->known = watch->next;
    watch->next = take_members(loop, &watch->key);
    watch->changes = changes;
    watch->told = watch->kept = 0;
    return true;
}

bool gr__group_tell(struct gr__loop *loop, struct gr__body *body, struct gr__notice *notice,
                    struct gr_control *ret_control)
{
    struct watch *watch = gr__container_of(notice, struct watch, notice);
    while (!find_difference(watch, ret_control)) {
        if (!look_again(loop, watch))
            return false;
        if (watch->next == NULL) {
            cease(loop, watch);
            *ret_control =
                (struct gr_control){.kind = GR_LEFT, .reason = -ENOMEM, .group = watch->name};
            return true;
        }
    }
    ret_control->group = watch->name;
    gr__notice_deliver(loop, body, notice);
    return true;
}
