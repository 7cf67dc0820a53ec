/*
 * Topics: one copy to each loop, and from there to subscribers.
 *
 *     publisher                     each loop that has subscribers
 *     directory: which loops?       topic --> subscription: [issue, issue, ...] --> handler
 *       +--- issue, a copy -------------+---> subscription: [issue, ...] --> handler
 *
 * An issue is one block on each loop, which all subscriptions there share and the last one gives back;
 * so handlers see the very bytes that came. A subscription is a ring of them, and has one notice,
 * which stands in the control lane of its actor while the ring is not empty: the actor comes to one
 * issue by it, and it goes to the end of the lane if there are more.
 *
 * In the directory a topic is listed once for each loop that has subscriptions, by the handle of
 * what that loop has of it. What is under way to a topic that has gone from a loop finds none.
 *
 * Subscribers that publishers wait for are listed as members of a group are, and sent to as these are.
 *
 * Invariants:
 *   1. issue->shares is the number of rings that it stands in, and one while it is handed out or
 *      handled.
 *   2. A topic of a loop has subscriptions, and is listed, but while one is made.
 *   3. A subscription that is `over` is in no topic, and its ring is empty.
 */
#include "actors/topic.h"

#include <errno.h>

#include <greenroom/error.h>

#include "actors/dead_letter.h"
#include "actors/directory.h"
#include "actors/errand.h"
#include "actors/group.h"
#include "actors/route.h"
#include "actors/supervision.h"
#include "base/copy.h"
#include "loop/ambient.h"

struct issue {
    struct gr__task task;
    uint64_t topic; /* of the loop that it goes to */
    uint32_t shares;
    uint32_t tag;
    uint32_t size;
    alignas(8) unsigned char data[];
};

/* What a loop has of one. */
struct topic {
    struct gr__slot slot;
    struct gr__list subscriptions;
    struct gr__list listings; /* the one in the directory */
};

struct subscription {
    struct gr__notice notice;
    struct gr__list link; /* in the annex */
    struct gr__list here; /* in the topic */
    struct gr__body *body;
    struct topic *topic;
    uint64_t missed;
    struct gr__key key;
    uint32_t max;
    uint32_t first; /* the oldest, in the ring */
    uint32_t count;
    uint8_t when_slow;
    bool over; /* it was too slow */
    char name[GR_NAME_MAX + 1];
    struct issue *ring[];
};

static struct gr__slots_floor floors[GR__LOOPS_MAX];

static struct gr__slots *table(struct gr__loop *loop)
{
    return &gr__actors_of(loop)->topics;
}

/* --- Issues ---------------------------------------------------------------------------------- */

static size_t bytes_of(const struct issue *issue)
{
    return sizeof *issue + issue->size;
}

static void unshare(struct gr__loop *loop, struct issue *issue)
{
    if (--issue->shares == 0)
        gr__pool_give(&loop->pool, issue, bytes_of(issue));
}

static struct gr_message message_of(const struct issue *issue)
{
    return (struct gr_message){.data = issue->data, .tag = issue->tag, .size = issue->size};
}

/* --- Subscriptions --------------------------------------------------------------------------- */

static struct subscription *find(struct gr__annex *annex, const struct gr__key *key)
{
    gr__list_each (link, &annex->subscriptions) {
        struct subscription *subscription = gr__container_of(link, struct subscription, link);
        if (gr__keys_equal(&subscription->key, key))
            return subscription;
    }
    return NULL;
}

static struct issue *take_oldest(struct subscription *subscription)
{
    struct issue *issue = subscription->ring[subscription->first];
    subscription->first = (subscription->first + 1) % subscription->max;
    subscription->count--;
    return issue;
}

/* It has missed one. */
static void miss(struct gr__loop *loop, struct subscription *subscription,
                 const struct issue *issue, enum gr_dead_why why)
{
    struct gr_message message = message_of(issue);
    subscription->missed++;
    gr__actors_of(loop)->dead_letters++;
    gr__dead_letter_note(loop, gr__body_name(loop, subscription->body), &message, why);
}

static void empty(struct gr__loop *loop, struct subscription *subscription)
{
    while (subscription->count > 0)
        unshare(loop, take_oldest(subscription));
}

static void end_topic_if_unused(struct gr__loop *loop, struct topic *topic)
{
    if (!gr__list_empty(&topic->subscriptions))
        return;

    if (!gr__list_empty(&topic->listings))
        gr__directory_drop(gr__listing_at(topic->listings.next));
    gr__slots_give(table(loop), topic);
}

static void give(struct gr__loop *loop, struct subscription *subscription)
{
    size_t bytes = sizeof *subscription + subscription->max * sizeof *subscription->ring;
    gr__pool_give(&loop->pool, subscription, bytes);
}

static void end_subscription(struct gr__loop *loop, struct subscription *subscription)
{
    empty(loop, subscription);
    gr__list_remove(&subscription->notice.link);
    gr__list_remove(&subscription->link);
    if (!subscription->over) {
        gr__list_remove(&subscription->here);
        end_topic_if_unused(loop, subscription->topic);
    }
    give(loop, subscription);
}

void gr__subscriptions_end(struct gr__loop *loop, struct gr__annex *annex)
{
    while (!gr__list_empty(&annex->subscriptions))
        end_subscription(loop,
                         gr__container_of(annex->subscriptions.next, struct subscription, link));
}

/* What this loop has of a topic, or NULL. */
static struct topic *topic_here(struct gr__loop *loop, const struct gr__key *key)
{
    gr_actor topics[GR__LOOPS_MAX];
    size_t count = gr__directory_collect(key, topics, GR__LOOPS_MAX);
    struct topic *topic = NULL;
    for (size_t i = 0; topic == NULL && i < count && i < GR__LOOPS_MAX; i++)
        topic = gr__slots_find(table(loop), topics[i].name);
    return topic;
}

static int make_topic(struct gr__loop *loop, const struct gr__key *key, struct topic **ret_topic)
{
    int rc = table(loop)->base != NULL
                 ? 0
                 : gr__slots_init(table(loop), loop->id, sizeof(struct topic), &floors[loop->id]);
    if (rc < 0)
        return rc;
    uint64_t name;
    struct topic *topic = gr__slots_take(table(loop), &name);
    if (topic == NULL)
        return -ENOMEM;

    gr__list_init(&topic->subscriptions);
    gr__list_init(&topic->listings);
    struct gr__listing *listing;
    rc = gr__directory_add(loop, key, name, &listing, NULL);
    if (rc < 0) {
        gr__slots_give(table(loop), topic);
        return rc;
    }
    gr__list_append(&topic->listings, &listing->link);
    *ret_topic = topic;
    return 0;
}

static struct subscription *take(struct gr__loop *loop, struct gr__body *body,
                                 const struct gr__errand *errand)
{
    const struct gr_topic_options *options = &errand->topic_options;
    uint32_t max = options->messages_max == 0 ? GR_SUBSCRIPTION_DEFAULT : options->messages_max;
    struct subscription *subscription =
        gr__pool_take(&loop->pool, sizeof *subscription + max * sizeof *subscription->ring);
    if (subscription == NULL)
        return NULL;

    *subscription = (struct subscription){.notice = {.kind = GR__PUBLISHED},
                                          .body = body,
                                          .key = errand->key,
                                          .max = max,
                                          .when_slow = (uint8_t)options->when_slow};
    memcpy(subscription->name, errand->key.name, errand->key.length);
    subscription->key.name = subscription->name;
    return subscription;
}

static int begin(struct gr__loop *loop, struct gr__body *body, const struct gr__errand *errand)
{
    struct subscription *subscription = take(loop, body, errand);
    if (subscription == NULL)
        return -ENOMEM;
    struct topic *topic = topic_here(loop, &errand->key);
    int rc = topic != NULL ? 0 : make_topic(loop, &errand->key, &topic);
    if (rc < 0) {
        give(loop, subscription);
        return rc;
    }

    subscription->topic = topic;
    gr__list_append(&body->annex->subscriptions, &subscription->link);
    gr__list_append(&topic->subscriptions, &subscription->here);
    return 0;
}

/* The same name, as that of a topic that publishers wait at. */
static struct gr__errand for_waiting(const struct gr__errand *errand)
{
    struct gr__errand waiting = *errand;
    waiting.key.kind = GR__TOPICS_WAITED;
    return waiting;
}

/* On the actor's loop. */
static int subscribe_here(struct gr__loop *loop, const struct gr__errand *errand)
{
    struct gr__body *body;
    int rc = gr__annex_make(loop, errand->actor.name, &body);
    if (rc < 0)
        return rc;

    struct gr__annex *annex = body->annex;
    struct gr__errand waiting = for_waiting(errand);
    struct subscription *before = find(annex, &errand->key);
    if (before != NULL && before->over)
        end_subscription(loop, before);
    else if (before != NULL || gr__listing_in(&annex->memberships, &waiting.key) != NULL)
        return 0;
    if (errand->topic_options.when_slow == GR_SLOW_WAIT)
        return gr__membership_begin(loop, &waiting);
    if (body->stage == GR__AWAY || body->stage == GR__LEAVING)
        return gr_fail(-EBUSY, "actor '%s' lives on another loop", body->name);
    return begin(loop, body, errand);
}

int gr_topic_subscribe(const char *topic, gr_actor actor, const struct gr_topic_options *options,
                       gr_time deadline)
{
    struct gr__errand errand = {.act = subscribe_here, .actor = actor};
    if (options != NULL)
        errand.topic_options = *options;
    return gr__errand_run(errand, GR__TOPICS, topic, deadline);
}

static int unsubscribe_here(struct gr__loop *loop, const struct gr__errand *errand)
{
    struct gr__annex *annex = gr__annex_find(loop, errand->actor.name);
    if (annex == NULL)
        return -ENOENT;
    struct subscription *subscription = find(annex, &errand->key);
    if (subscription == NULL) {
        struct gr__errand waiting = for_waiting(errand);
        return gr__membership_end(loop, &waiting);
    }

    int rc = subscription->over ? -ENOENT : 0;
    end_subscription(loop, subscription);
    return rc;
}

int gr_topic_unsubscribe(const char *topic, gr_actor actor, gr_time deadline)
{
    struct gr__errand errand = {.act = unsubscribe_here, .actor = actor};
    return gr__errand_run(errand, GR__TOPICS, topic, deadline);
}

uint64_t gr_self_topic_missed(const struct gr_self *self, const char *topic)
{
    struct gr__annex *annex = gr__container_of(self, struct gr__body, self)->annex;
    struct gr__key key;
    if (annex == NULL || gr__key_make(GR__TOPICS, topic, &key) < 0)
        return 0;

    const struct subscription *subscription = find(annex, &key);
    return subscription == NULL ? 0 : subscription->missed;
}

/* --- Handing out ----------------------------------------------------------------------------- */

/*
 * It is too slow. Its ring was full, so its notice stands in the lane, and tells that now. Its topic is
 * the caller's to look after.
 */
static void fail(struct gr__loop *loop, struct subscription *subscription)
{
    empty(loop, subscription);
    gr__list_remove(&subscription->here);
    subscription->over = true;
}

/* Make room where there is none. False: it does not get this one. */
static bool make_room(struct gr__loop *loop, struct subscription *subscription,
                      const struct issue *issue)
{
    if (subscription->when_slow == GR_SLOW_DROP_OLDEST) {
        struct issue *oldest = take_oldest(subscription);
        miss(loop, subscription, oldest, GR_DEAD_OLDEST);
        unshare(loop, oldest);
        return true;
    }
    miss(loop, subscription, issue, GR_DEAD_NEWEST);
    if (subscription->when_slow == GR_SLOW_END)
        fail(loop, subscription);
    return false;
}

static void offer(struct gr__loop *loop, struct subscription *subscription, struct issue *issue)
{
    if (subscription->count == subscription->max && !make_room(loop, subscription, issue))
        return;

    uint32_t place = (subscription->first + subscription->count++) % subscription->max;
    subscription->ring[place] = issue;
    issue->shares++;
    gr__notice_deliver_once(loop, subscription->body, &subscription->notice);
}

static void hand_out(struct gr__loop *loop, struct issue *issue)
{
    struct topic *topic = gr__slots_find(table(loop), issue->topic);
    issue->shares = 1;
    if (topic != NULL) {
        struct gr__list *all = &topic->subscriptions;
        for (struct gr__list *link = all->next, *next; link != all; link = next) {
            next = link->next;
            offer(loop, gr__container_of(link, struct subscription, here), issue);
        }
        end_topic_if_unused(loop, topic);
    }
    unshare(loop, issue);
}

static void arrive(struct gr__task *task)
{
    hand_out(gr__loop_here(), gr__container_of(task, struct issue, task));
}

static void discard(struct gr__task *task)
{
    struct issue *issue = gr__container_of(task, struct issue, task);
    issue->shares = 1;
    unshare(gr__loop_here(), issue);
}

static const struct gr__task_class issue_class = {"something published", arrive, discard, NULL};

/*
 * The handler gets the bytes of the issue in an envelope that is on this stack: it can do with it
 * all that it can with a message whose bytes were copied.
 */
static void handle(struct gr__loop *loop, struct gr__body *body, struct issue *issue)
{
    struct gr__envelope envelope = {.task = {NULL, &gr__envelope_classes[GR__PLAIN]},
                                    .message = message_of(issue)};
    gr__ambient_settle(loop);
    int status = body->behavior->receive(&body->self, &envelope.message);
    if (status < 0 && !gr__body_stopping(body)) {
        gr__supervision_note(loop, body, &envelope.message);
        gr__body_fail(loop, body, status);
    }
    unshare(loop, issue);
}

bool gr__topic_tell(struct gr__loop *loop, struct gr__body *body, struct gr__notice *notice,
                    struct gr_control *ret_control)
{
    struct subscription *subscription = gr__container_of(notice, struct subscription, notice);
    if (subscription->over) {
        *ret_control = (struct gr_control){.kind = GR_UNSUBSCRIBED, .group = subscription->name};
        return true;
    }

    struct issue *issue = take_oldest(subscription);
    if (subscription->count > 0)
        gr__notice_deliver_once(loop, subscription->body, &subscription->notice);

    /* It may end its subscription. */
    handle(loop, body, issue);
    return false;
}

/* --- Publishing ------------------------------------------------------------------------------ */

static int send_issue(struct gr__loop *loop, uint64_t topic, uint32_t tag, const void *data,
                      size_t size)
{
    struct issue *issue = gr__pool_take(&loop->pool, sizeof *issue + size);
    if (issue == NULL)
        return -ENOMEM;

    *issue = (struct issue){
        .task = {NULL, &issue_class}, .topic = topic, .tag = tag, .size = (uint32_t)size};
    gr__copy(issue->data, data, size);
    unsigned to = gr__handle_loop(topic);
    if (to == loop->id) {
        hand_out(loop, issue);
        return 0;
    }
    if (gr__outbox_add_counted(loop, gr__loop_outbox(loop, to), &issue->task, bytes_of(issue)))
        return 0;

    gr__pool_give(&loop->pool, issue, bytes_of(issue));
    return -ENOMEM;
}

static int send_issues(struct gr__loop *loop, const struct gr__key *key, uint32_t tag,
                       const void *data, size_t size, gr_time deadline)
{
    gr_actor topics[GR__LOOPS_MAX];
    size_t count = gr__directory_collect(key, topics, GR__LOOPS_MAX);
    int first = 0;
    for (size_t i = 0; i < count && i < GR__LOOPS_MAX; i++) {
        int rc = gr__route_open(loop, gr__handle_loop(topics[i].name), deadline);
        if (rc == 0)
            rc = send_issue(loop, topics[i].name, tag, data, size);
        if (rc < 0 && rc != -ESHUTDOWN && first == 0)
            first = rc;
    }
    return first;
}

int gr_publish(const char *topic, uint32_t tag, const void *data, size_t size, gr_time deadline)
{
    struct gr__loop *loop = gr__loop_to_wait_on();
    if (loop == NULL)
        return GR_ENOTRUNNER;
    if (size > GR_MESSAGE_MAX)
        return -EMSGSIZE;
    struct gr__key key;
    int rc = gr__key_make(GR__TOPICS, topic, &key);
    if (rc < 0)
        return rc;

    rc = send_issues(loop, &key, tag, data, size, deadline);
    key.kind = GR__TOPICS_WAITED;
    int waited = gr__members_send(loop, &key, tag, data, size, deadline);
    return rc < 0 ? rc : waited;
}

void gr__topics_done(struct gr__loop *loop)
{
    gr__slots_done(table(loop));
}
