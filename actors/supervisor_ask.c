/*
 * What a supervisor can be asked: more children, fewer, and what there is.
 */
#include <greenroom/ask.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/body.h"
#include "actors/supervisor.h"

static int reply_status(const struct gr_message *message, int status)
{
    return status < 0 ? gr_reply_error(message, status) : gr_reply(message, NULL, 0);
}

static int reply_actor(const struct gr_message *message, int status, gr_actor actor)
{
    return status < 0 ? gr_reply_error(message, status) : gr_reply(message, &actor, sizeof actor);
}

static int add(struct gr_self *self, const struct gr_message *message)
{
    const struct gr_supervisor *spec = ((struct gr__supervisor *)self->state)->spec;
    if (spec->strategy != GR_DYNAMIC || spec->child_count == 0)
        return gr_reply_error(message, -EINVAL);
    gr_actor child = {0};
    int rc = gr__supervisor_start_child(
        self, spec->children, message->size == 0 ? NULL : message->data, message->size, &child);
    return reply_actor(message, rc, child);
}

static int end_child(struct gr_self *self, const struct gr_message *message)
{
    gr_actor actor;
    memcpy(&actor, message->data, sizeof actor);
    struct gr__supervised *child = gr__supervised_find(self->state, actor);
    return reply_status(message, child == NULL ? -ENOENT : gr__supervisor_end_child(child));
}

static int find(struct gr__supervisor *supervisor, const struct gr_message *message)
{
    gr__list_each (link, &supervisor->children) {
        const struct gr__supervised *child = gr__supervised_at(link);
        const char *name = gr__child_name(child->spec);
        if (strlen(name) == message->size && memcmp(name, message->data, message->size) == 0)
            return reply_actor(message, 0, child->actor);
    }
    return gr_reply_error(message, -ENOENT);
}

/* Text that grows. Once memory has failed it stays as it is. */
struct text {
    char *bytes;
    size_t length;
    size_t room;
    int status;
};

static void append(struct text *text, const char *piece, size_t length)
{
    if (text->status == 0 && text->length + length + 1 > text->room) {
        size_t room = 2 * (text->length + length + 1);
        char *bytes = realloc(text->bytes, room);
        text->status = bytes == NULL ? -ENOMEM : 0;
        text->bytes = bytes == NULL ? text->bytes : bytes;
        text->room = bytes == NULL ? text->room : room;
    }
    if (text->status < 0)
        return;

    memcpy(text->bytes + text->length, piece, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

static const char *const strategies[] = {"one for one", "one for all", "rest for one", "dynamic"};

static void append_child(struct text *text, const struct gr__supervised *child)
{
    char line[256];
    int length =
        snprintf(line, sizeof line, "  %s: %s, %u restarts, loop %u\n", gr__child_name(child->spec),
                 !child->rests            ? "runs"
                 : child->timer.name != 0 ? "waits for its restart"
                                          : "rests",
                 child->restarts, gr__handle_loop(child->actor.name));
    append(text, line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

/* What is below a child, further in. One that cannot tell it now has a line that says so. */
static void append_tree(struct text *text, gr_actor supervisor, gr_time deadline)
{
    struct gr_buffer below = {0};
    int rc = gr_supervisor_describe(supervisor, &below, deadline);
    if (rc < 0) {
        char line[80];
        int length = snprintf(line, sizeof line, "    ? (%s)\n", gr_error_name(rc));
        append(text, line, (size_t)length);
        return;
    }

    /* Its first line tells of itself, which has been told. */
    const char *rest = memchr(below.data, '\n', below.size);
    const char *end = (const char *)below.data + below.size;
    while (rest != NULL && ++rest < end) {
        const char *next = memchr(rest, '\n', (size_t)(end - rest));
        append(text, "  ", 2);
        append(text, rest, (size_t)((next == NULL ? end : next + 1) - rest));
        rest = next;
    }
    gr_buffer_release(&below);
}

static int describe(struct gr__supervisor *supervisor, const struct gr_message *message)
{
    struct text text = {0};
    gr_time deadline;
    memcpy(&deadline, message->data, sizeof deadline);
    append(&text, supervisor->spec->name, strlen(supervisor->spec->name));
    append(&text, ": ", 2);
    const char *strategy = strategies[supervisor->spec->strategy];
    append(&text, strategy, strlen(strategy));
    append(&text, "\n", 1);
    gr__list_each (link, &supervisor->children) {
        const struct gr__supervised *child = gr__supervised_at(link);
        append_child(&text, child);
        if (child->spec->supervisor != NULL && !child->rests)
            append_tree(&text, child->actor, deadline);
    }

    struct gr_buffer buffer = gr_buffer_adopt(text.bytes, text.length);
    int rc =
        text.status < 0 ? gr_reply_error(message, text.status) : gr_reply_buffer(message, &buffer);
    gr_buffer_release(&buffer);
    return rc;
}

int gr__supervisor_receive(struct gr_self *self, const struct gr_message *message)
{
    switch (message->tag) {
    case GR__SUPERVISOR_ADD:
        return add(self, message);
    case GR__SUPERVISOR_REMOVE:
        return end_child(self, message);
    case GR__SUPERVISOR_FIND:
        return find(self->state, message);
    case GR__SUPERVISOR_DESCRIBE:
        return describe(self->state, message);
    case GR__SUPERVISOR_RESTART:
        return gr__supervisor_restart(self, message);
    }
    return 0; /* not for it, and no reason to fail */
}

int gr_supervisor_add(gr_actor supervisor, const void *argument, size_t size, gr_actor *ret_child,
                      gr_time deadline)
{
    return gr_ask(supervisor, GR__SUPERVISOR_ADD, argument, size, ret_child, sizeof *ret_child,
                  deadline);
}

int gr_supervisor_remove(gr_actor supervisor, gr_actor child, gr_time deadline)
{
    return gr_ask(supervisor, GR__SUPERVISOR_REMOVE, &child, sizeof child, NULL, 0, deadline);
}

int gr_supervisor_find(gr_actor supervisor, const char *name, gr_actor *ret_child, gr_time deadline)
{
    return gr_ask(supervisor, GR__SUPERVISOR_FIND, name, strlen(name), ret_child, sizeof *ret_child,
                  deadline);
}

int gr_supervisor_describe(gr_actor supervisor, struct gr_buffer *ret_text, gr_time deadline)
{
    gr_future future;
    int rc = gr_ask_start(supervisor, GR__SUPERVISOR_DESCRIBE, &deadline, sizeof deadline, &future,
                          deadline);
    if (rc < 0)
        return rc;
    rc = gr_future_await_buffer(future, ret_text, deadline);
    if (rc < 0)
        gr_future_drop(future);
    return rc;
}
