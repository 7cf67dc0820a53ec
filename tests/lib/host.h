/*
 * Hosts: actors some of whose handlers wait, for tests of what begins meanwhile.
 */
#ifndef GREENROOM_TESTS_HOST_H
#define GREENROOM_TESTS_HOST_H

#include <errno.h>
#include <string.h>

#include "lib/gate.h"
#include "lib/spawned.h"
#include "lib/witness.h"

enum {
    FRIEND = 1,
    GATE, /* waits until the gate is opened */
    NOTE, /* notes its bytes */
    LATE, /* the same, with a tag that those with tags do not allow */
    SLOW, /* takes longer than it takes to look for circles */
    ASK,  /* has tags in it: asks the friend with the first of them, and the others in that */
    FILL, /* sends several messages with the first of its tags to the friend */
    STASH,
    UNSTASH,
    BECOME,
    KEEP, /* takes the promise out */
    FAIL,
    RECEIVE,
    TIMER,
    LINK,
    COUNT
};

#define SOON gr_in(10 * GR_SECOND)

struct host {
    gr_actor friend;
    gr_promise kept;
    int under_way;
    int most;
};

#define check_trace(wanted) check_at(strcmp(trace, wanted) == 0, __FILE__, __LINE__, "%s", trace)

static inline int pass_on(const struct gr_message *message, int rc)
{
    return rc < 0 ? gr_reply_error(message, rc) : gr_reply(message, NULL, 0);
}

static inline int ask_friend(struct gr_self *self, const struct gr_message *message)
{
    const struct host *host = self->state;
    const uint32_t *inner = message->data;
    size_t rest = message->size - sizeof *inner;
    const void *data = rest > 0 ? (const void *)(inner + 1) : "n";
    return pass_on(message, gr_ask(host->friend, *inner, data, rest > 0 ? rest : 1, NULL, 0, SOON));
}

/* More than fit the mailbox of any, with time for a loop to hear that it is full. */
static inline int fill_friend(struct gr_self *self, const struct gr_message *message)
{
    const struct host *host = self->state;
    int rc = 0;
    for (int i = 0; rc == 0 && i < 8; i++) {
        rc = gr_send_by(host->friend, *(const uint32_t *)message->data, "f", 1, SOON);
        if (rc == 0)
            rc = gr_sleep(gr_in(GR_MILLISECOND / 5));
    }
    return pass_on(message, rc);
}

/* Notes how its handler begins and ends: that of one that is cancelled is '!', of one out of time '?'. */
static inline int wait_and_note(struct gr_self *self, const struct gr_message *message)
{
    struct host *host = self->state;
    note('(');
    host->under_way++;
    if (host->most < host->under_way)
        host->most = host->under_way;
    int rc = wait_at_gate(message, SOON);
    host->under_way--;
    note(rc == 0 ? ')' : rc == -ECANCELED ? '!' : '?');
    return rc;
}

static inline int note_changed(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    note((char)(*(const char *)message->data - 'a' + 'A'));
    return 0;
}

static inline int try_to_receive(struct gr_self *self)
{
    const struct gr_message *received = NULL;
    int rc = gr_receive(self, gr_pattern_any(), &received, SOON);
    check(received == NULL);
    const struct gr_error *error = gr_error_details(rc);
    check(error != NULL && strstr(error->message, "re-entrant") != NULL);
    return rc;
}

static inline int receive(struct gr_self *self, const struct gr_message *message)
{
    struct host *host = self->state;
    switch (message->tag) {
    case FRIEND:
        memcpy(&host->friend, message->data, sizeof host->friend);
        return 0;
    case GATE:
        return wait_and_note(self, message);
    case NOTE:
    case LATE:
        note(*(const char *)message->data);
        return 0;
    case SLOW:
        return gr_sleep(gr_in(40 * GR_MILLISECOND));
    case ASK:
        if (message->size == 0)
            return -EINVAL;
        return ask_friend(self, message);
    case FILL:
        return fill_friend(self, message);
    case STASH:
        return gr_self_stash(self, message);
    case UNSTASH:
        note((char)('0' + gr_self_unstash(self)));
        return 0;
    case BECOME:
        return gr_self_become(self, note_changed);
    case KEEP:
        host->kept = gr_message_take_promise(message);
        return 0;
    case FAIL:
        return -EIO;
    case RECEIVE:
        return gr_reply_error(message, try_to_receive(self));
    case TIMER:
        return gr_self_send_after(self, 1, gr_now(), NOTE, "t", 1);
    case LINK:
        return gr_self_link(self, *(const gr_actor *)message->data);
    case COUNT:
        return gr_reply(message, &host->most, sizeof host->most);
    }
    return -ENOTSUP;
}

static inline int control(struct gr_self *self, const struct gr_control *control)
{
    (void)self, (void)control;
    note('c');
    return 0;
}

static inline int start(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    return gr_self_trap_exits(self, true);
}

static inline void stop(struct gr_self *self, int reason)
{
    (void)self;
    note(reason == 0 ? 's' : 'S');
}

static const uint32_t allowed[] = {GATE, NOTE, SLOW, ASK};

#define HOST                                                                                       \
    .name = "host", .receive = receive, .stop = stop, .state_bytes = sizeof(struct host),          \
    .movable = true
#define BY_TAGS                                                                                    \
    .reentrancy = GR_REENTRANCY_TAGS, .reentrancy_tags = allowed,                                  \
    .reentrancy_tag_count = sizeof allowed / sizeof allowed[0]

static const struct gr_behavior plain = {HOST};
static const struct gr_behavior open = {HOST, .reentrancy = GR_REENTRANCY_ALL};
static const struct gr_behavior tagged = {HOST, BY_TAGS};
static const struct gr_behavior two = {HOST, .reentrancy = GR_REENTRANCY_ALL, .reentrancy_max = 2,
                                       .mailbox_max = 4};
static const struct gr_behavior plain_two = {HOST, .mailbox_max = 2};
static const struct gr_behavior open_hearing = {HOST, .start = start, .control = control,
                                                .reentrancy = GR_REENTRANCY_ALL};
static const struct gr_behavior tagged_hearing = {HOST, .start = start, .control = control,
                                                  BY_TAGS};

static inline gr_actor spawn_on(int loop, const struct gr_behavior *behavior, const char *name)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP(loop), .name = name};
    trace[0] = '\0';
    check_equal(gr_actor_spawn(behavior, &options, &actor), 0);
    return actor;
}

static inline gr_actor spawn(const struct gr_behavior *behavior, const char *name)
{
    return spawn_on(0, behavior, name);
}

static inline void send(gr_actor actor, uint32_t tag, const char *letter)
{
    check_equal(gr_send(actor, tag, letter, strlen(letter)), 0);
}

static inline void befriend(gr_actor actor, gr_actor friend)
{
    check_equal(gr_send(actor, FRIEND, &friend, sizeof friend), 0);
}

/* For the two below: the tag, and the tags that are in it. */
#define TAGS(tag, ...) tag, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__})

static inline int ask(gr_actor actor, uint32_t tag, const uint32_t *inner, size_t size)
{
    return gr_ask(actor, tag, inner, size, NULL, 0, SOON);
}

static inline gr_future start_ask(gr_actor actor, uint32_t tag, const uint32_t *inner, size_t size)
{
    gr_future future = {0};
    check_equal(gr_ask_start(actor, tag, inner, size, &future, SOON), 0);
    return future;
}

static inline int reply_of(gr_future future)
{
    return gr_future_await(future, NULL, 0, SOON);
}

/* Let all that is ready run. */
static inline void settle(void)
{
    for (int i = 0; i < 5; i++)
        check_equal(gr_yield(), 0);
}

static inline int end_of(gr_actor actor)
{
    int reason = 1;
    check_equal(gr_actor_join(actor, &reason, SOON), 0);
    return reason;
}

#endif
