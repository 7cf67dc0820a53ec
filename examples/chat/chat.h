/*
 * What the parts of the server say to each other.
 *
 *     session: a runner for each connection, which reads
 *        | join, leave, say, who, rename
 *        v
 *     room: an actor for each room, on the loop that its name hashes to
 *        | lines
 *        v
 *     client: an actor for each connection, which writes
 *
 * A client never waits, so no room waits for one that reads slowly: where more than
 * GR_STREAM_QUEUE_MAX bytes wait to be read by it, it is dropped. A session waits for its
 * room, and with it the one who types. Sessions to rooms to clients: all goes one way, so none of
 * them waits for itself.
 */
#ifndef CHAT_H
#define CHAT_H

#include <greenroom/greenroom.h>

enum {
    NAME_LENGTH = 24,  /* of a nick or a room */
    LINE_LENGTH = 512, /* of what somebody types */
    MEMBERS_MAX = 200, /* of a room */
};

struct name {
    char text[NAME_LENGTH + 1];
};

/* What a room is told. */
enum {
    ROOM_JOIN = 1, /* a struct member; asked: -EMFILE when it is full */
    ROOM_LEAVE,    /* a struct leaving; asked */
    ROOM_RENAME,   /* a struct member */
    ROOM_SAY,      /* the client, and the text behind it */
    ROOM_WHO,      /* the client, which gets the answer as a line */
};

struct member {
    gr_actor client;
    struct name nick;
};

struct leaving {
    gr_actor client;
    bool quietly; /* nobody is told */
};

/* What a client is told. */
enum {
    CLIENT_LINE = 1, /* a line for the other side, with its end */
    CLIENT_FLUSH,    /* nothing; the reply tells that all lines before it are on their way */
};

extern const struct gr_behavior client_behavior; /* starts with its gr_stream */
extern const struct gr_behavior room_behavior;   /* starts with its struct name */

/* Talk with who has connected, until one of the two ends it. */
int session_converse(gr_stream stream, void *context);

#endif
