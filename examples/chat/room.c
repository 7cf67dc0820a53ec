/*
 * Rooms: who is in, and passing on what they say.
 *
 *     join -> seat, and a monitor of the client -> leave, or the client's end -> seat free
 *                                                          the last one left: the room ends
 *
 * All that is said in a room goes through its mailbox, so all members read it in the same order.
 * A name that is joined after its room has ended gets a new room.
 *
 * Invariants:
 *   1. The first `count` seats are taken, in the order in which they were.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "chat.h"

struct seat {
    struct member member;
    gr_monitor monitor;
};

struct room {
    struct name name;
    uint32_t count;
    struct seat seats[MEMBERS_MAX];
};

/* A client for which there is no memory is dropped, so that none misses a line and goes on. */
static void send_line(gr_actor client, const char *line, size_t size)
{
    int rc = gr_send(client, CLIENT_LINE, line, size);
    if (rc == -ENOMEM)
        rc = gr_actor_stop(client, rc);
    (void)rc; /* one that has gone is about to leave */
}

__attribute__((format(printf, 2, 3))) static void tell_all(const struct room *room,
                                                           const char *format, ...)
{
    char line[LINE_LENGTH + 2 * NAME_LENGTH + 16];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (uint32_t i = 0; i < room->count; i++)
        send_line(room->seats[i].member.client, line, (size_t)length);
}

static struct seat *find(struct room *room, gr_actor client)
{
    for (uint32_t i = 0; i < room->count; i++)
        if (room->seats[i].member.client.name == client.name)
            return &room->seats[i];
    return NULL;
}

static int start(struct gr_self *self, const void *name, size_t size)
{
    struct room *room = self->state;
    memcpy(&room->name, name, size);
    return 0;
}

static int join(struct gr_self *self, const struct gr_message *message)
{
    struct room *room = self->state;
    const struct member *member = message->data;
    struct seat seat = {.member = *member};
    if (room->count == MEMBERS_MAX)
        return gr_reply_error(message, -EMFILE);
    int rc = gr_monitor_make(self, member->client, &seat.monitor);
    if (rc < 0)
        return gr_reply_error(message, rc);

    tell_all(room, "* %s came\n", member->nick.text);
    room->seats[room->count++] = seat;
    return 0;
}

/* An empty room ends: who joins it before its end is told gets -ESTALE, and looks for it again. */
static int free_seat(struct gr_self *self, struct seat *seat, bool quietly)
{
    struct room *room = self->state;
    struct name nick = seat->member.nick;
    gr_monitor_drop(seat->monitor);
    room->count--;
    memmove(seat, seat + 1, (size_t)(room->seats + room->count - seat) * sizeof *seat);
    if (!quietly)
        tell_all(room, "* %s left\n", nick.text);
    return room->count == 0 ? gr_actor_stop(gr_self_actor(self), 0) : 0;
}

static int leave(struct gr_self *self, const struct gr_message *message)
{
    const struct leaving *leaving = message->data;
    struct seat *seat = find(self->state, leaving->client);
    return seat == NULL ? 0 : free_seat(self, seat, leaving->quietly);
}

static int hear_of_end(struct gr_self *self, const struct gr_control *control)
{
    struct seat *seat = find(self->state, control->actor);
    return seat == NULL ? 0 : free_seat(self, seat, false);
}

static void rename_member(struct room *room, const struct member *member)
{
    struct seat *seat = find(room, member->client);
    if (seat == NULL)
        return;

    tell_all(room, "* %s is now %s\n", seat->member.nick.text, member->nick.text);
    seat->member.nick = member->nick;
}

static void say(struct room *room, const struct gr_message *message)
{
    gr_actor client = *(const gr_actor *)message->data;
    const char *text = (const char *)message->data + sizeof client;
    const struct seat *seat = find(room, client);
    if (seat != NULL)
        tell_all(room, "<%s> %.*s\n", seat->member.nick.text, (int)(message->size - sizeof client),
                 text);
}

static void tell_who(const struct room *room, gr_actor client)
{
    char line[sizeof room->seats];
    int length = snprintf(line, sizeof line, "* in %s:", room->name.text);
    for (uint32_t i = 0; i < room->count; i++)
        length += snprintf(line + length, sizeof line - (size_t)length, " %s",
                           room->seats[i].member.nick.text);
    length += snprintf(line + length, sizeof line - (size_t)length, "\n");
    send_line(client, line, (size_t)length);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    switch (message->tag) {
    case ROOM_JOIN:
        return join(self, message);
    case ROOM_LEAVE:
        return leave(self, message);
    case ROOM_RENAME:
        rename_member(self->state, message->data);
        return 0;
    case ROOM_SAY:
        say(self->state, message);
        return 0;
    default:
        tell_who(self->state, *(const gr_actor *)message->data);
        return 0;
    }
}

const struct gr_behavior room_behavior = {.name = "room",
                                          .receive = receive,
                                          .start = start,
                                          .control = hear_of_end,
                                          .state_bytes = sizeof(struct room)};
