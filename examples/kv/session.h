/**
 * @file session.h
 * @brief What a connection is known by and how it is spoken to.
 *
 * A session belongs to its connection's thread.
 */
#ifndef KV_SESSION_H
#define KV_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slice.h"

struct session {
    int64_t id;
    int64_t created_at;   /* milliseconds of unix time */
    int protocol;         /* 2 or 3 */
    bool closing;         /* no further request is to be read */
    bool silent;          /* the client wants no replies until it says so */
    bool skip_next;       /* it wants none to the next request */
    bool skipping;        /* it wants none to this one */
    size_t subscriptions; /* channels it is subscribed to; the server keeps count */
    char address[64];     /* of the client */
    char *name;           /* name_size bytes, or NULL */
    size_t name_size;
};

/** Begin the session of a new connection. */
void session_init(struct session *session, int64_t id, int64_t now, const char *address);

/** Give back what a session holds. */
void session_done(struct session *session);

/** Note that the next request has come. */
static inline void session_next(struct session *session)
{
    session->skipping = session->skip_next;
    session->skip_next = false;
}

/** Whether the request under way gets no reply. */
static inline bool session_muted(const struct session *session)
{
    return session->silent || session->skipping;
}

/**
 * Name a session; an empty name is none.
 *
 * @return 0, -EINVAL for a name that would not print, -ENOMEM
 */
int session_set_name(struct session *session, struct slice name);

#endif
