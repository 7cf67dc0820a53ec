/*
 * Sessions: the reading side of a connection.
 *
 *     read a line --> say, or a command --> the room, or an answer by the own client
 *         ^                                   |
 *         +-----------------------------------+
 *         |
 *         the other side has gone, or the server stops: leave the room, say goodbye, end the client
 *
 * What is to be read by the other side goes through its client, so that it comes in the order in
 * which it was sent. Goodbye is said after the room has let the client go: so it has been
 * sent all lines that the room had when the server began to stop.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "chat.h"
#include "directory.h"

#define ANSWER_WITHIN (10 * GR_SECOND)

enum { JOIN_TRIES = 100 };

struct session {
    gr_stream stream;
    gr_actor client;
    gr_actor room; /* zero: in none */
    struct name nick;
};

/* Tell the other side something. */
__attribute__((format(printf, 2, 3))) static int tell(const struct session *session,
                                                      const char *format, ...)
{
    char line[LINE_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    return gr_send(session->client, CLIENT_LINE, line, (size_t)length);
}

/* Once this is over, the client has all that was said in the room before. */
static int leave(struct session *session, bool quietly)
{
    struct leaving leaving = {.client = session->client, .quietly = quietly};
    if (session->room.name == 0)
        return 0;

    int rc =
        gr_ask(session->room, ROOM_LEAVE, &leaving, sizeof leaving, NULL, 0, gr_in(ANSWER_WITHIN));
    session->room = (gr_actor){0};
    return rc == -ESTALE ? 0 : rc;
}

/* A room that has just become empty ends, and its name is free soon after. */
static int enter(struct session *session, const struct name *name)
{
    struct member member = {.client = session->client, .nick = session->nick};
    int rc = -ESTALE;
    for (int i = 0; i < JOIN_TRIES && rc == -ESTALE; i++) {
        gr_actor room;
        rc = directory_room(name, &room);
        if (rc == 0)
            rc = gr_ask(room, ROOM_JOIN, &member, sizeof member, NULL, 0, gr_in(ANSWER_WITHIN));
        if (rc == 0)
            session->room = room;
        if (rc == -ESTALE && gr_sleep(gr_in(GR_MILLISECOND)) < 0)
            return -ECANCELED;
    }
    return rc;
}

static int join(struct session *session, const char *argument)
{
    struct name name = {""};
    if (!directory_is_name(argument))
        return tell(session, "error: a room is called by 1 to %d letters, digits, - and _",
                    NAME_LENGTH);

    strcpy(name.text, argument);
    int rc = leave(session, false);
    if (rc == 0)
        rc = enter(session, &name);
    if (rc == 0)
        return tell(session, "* joined %s", name.text);
    return rc == -EMFILE ? tell(session, "error: %s is full", name.text) : rc;
}

static int complain_of_no_room(const struct session *session)
{
    return tell(session, "error: you are in no room; /join one");
}

static int part(struct session *session, const char *argument)
{
    (void)argument;
    if (session->room.name == 0)
        return complain_of_no_room(session);
    int rc = leave(session, false);
    return rc < 0 ? rc : tell(session, "* left");
}

static int ask_who(struct session *session, const char *argument)
{
    (void)argument;
    if (session->room.name == 0)
        return complain_of_no_room(session);
    return gr_send(session->room, ROOM_WHO, &session->client, sizeof session->client);
}

static int change_nick(struct session *session, const char *argument)
{
    struct member member = {.client = session->client};
    if (!directory_is_name(argument))
        return tell(session, "error: a nick is 1 to %d letters, digits, - and _", NAME_LENGTH);

    strcpy(member.nick.text, argument);
    int rc = directory_claim(&member.nick, session->client);
    if (rc == -EEXIST)
        return tell(session, "error: %s is taken", argument);
    if (rc < 0)
        return rc;
    if (strcmp(member.nick.text, session->nick.text) != 0)
        directory_release(&session->nick);
    session->nick = member.nick;
    rc = tell(session, "* you are %s", member.nick.text);
    if (rc < 0 || session->room.name == 0)
        return rc;
    return gr_send(session->room, ROOM_RENAME, &member, sizeof member);
}

static int say(struct session *session, const char *text)
{
    char said[sizeof session->client + LINE_LENGTH];
    size_t length = strlen(text);
    if (session->room.name == 0)
        return complain_of_no_room(session);

    memcpy(said, &session->client, sizeof session->client);
    memcpy(said + sizeof session->client, text, length);
    return gr_send(session->room, ROOM_SAY, said, sizeof session->client + length);
}

static const struct command {
    const char *word;
    int (*run)(struct session *session, const char *argument);
} commands[] = {
    {"/join", join},
    {"/leave", part},
    {"/who", ask_who},
    {"/nick", change_nick},
};

static int obey(struct session *session, char *line)
{
    char *word = line, *argument = line + strcspn(line, " ");
    if (*argument != '\0')
        *argument++ = '\0';
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(word, commands[i].word) == 0)
            return commands[i].run(session, argument);
    return tell(session, "error: there is no %.32s; there are /join /leave /who /nick", word);
}

static bool is_text(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == '\x7f')
            return false;
    return true;
}

/* Pass over a line that is too long, whose end may not have come yet. */
static int skip_line(struct session *session)
{
    const char *end = NULL;
    while (end == NULL) {
        const void *data;
        size_t size;
        int rc = gr_stream_peek(session->stream, 0, &data, &size, GR_FOREVER);
        if (rc < 0)
            return rc;
        end = memchr(data, '\n', size);
        gr_stream_skip(session->stream,
                       end == NULL ? size : (size_t)(end + 1 - (const char *)data));
    }
    return tell(session, "error: a line has %d bytes at most", LINE_LENGTH);
}

static int take_line(struct session *session)
{
    char line[LINE_LENGTH + 2];
    size_t length;
    int rc =
        gr_stream_read_until(session->stream, "\n", 1, line, LINE_LENGTH + 1, &length, GR_FOREVER);
    if (rc == -EMSGSIZE)
        return skip_line(session);
    if (rc < 0)
        return rc;

    length -= length > 1 && line[length - 2] == '\r' ? 2 : 1;
    line[length] = '\0';
    if (!is_text(line, length))
        return tell(session, "error: a line is text");
    if (length == 0)
        return 0;
    return line[0] == '/' ? obey(session, line) : say(session, line);
}

/* Make the client, under a nick that nobody has. */
static int begin(struct session *session)
{
    struct gr_actor_options options = {.argument = &session->stream,
                                       .argument_bytes = sizeof session->stream};
    int rc = gr_actor_spawn(&client_behavior, &options, &session->client);
    if (rc < 0)
        return rc;
    do {
        snprintf(session->nick.text, sizeof session->nick.text, "guest-%u",
                 (unsigned)(gr_random() % 1000000));
        rc = directory_claim(&session->nick, session->client);
    } while (rc == -EEXIST);
    if (rc < 0)
        return rc;
    return tell(session, "* welcome, %s: /join ROOM, /leave, /who, /nick NAME, or say something",
                session->nick.text);
}

static int say_goodbye(struct session *session)
{
    int rc = leave(session, true);
    if (rc == 0)
        rc = tell(session, "* goodbye: the server stops");
    if (rc == 0)
        rc = gr_ask(session->client, CLIENT_FLUSH, NULL, 0, NULL, 0, gr_in(ANSWER_WITHIN));
    return rc;
}

int session_converse(gr_stream stream, void *context)
{
    struct session session = {.stream = stream};
    (void)context;
    int rc = begin(&session);
    while (rc == 0)
        rc = take_line(&session);
    if (rc == -ESHUTDOWN)
        rc = say_goodbye(&session);

    /* With its end the room hears that it has left, and its nick is free. */
    int stopped = gr_actor_stop(session.client, 0);
    return rc < 0 ? rc : stopped;
}
