/**
 * @file dialog.h
 * @brief One connection's talk: bytes in, requests to shards out; answers in, bytes out.
 *
 *     bytes read --> dialog_read() --> batches, one a shard        what needs no shard is
 *     bytes to write <-- dialog_answered() <-- answers of a shard  answered at once, in turn
 *
 * Whoever serves the connection moves the bytes and the batches; nothing else is
 * left to do but to publish and to subscribe, for which it gives a function.
 *
 * A dialog belongs to the connection's thread, as does the planner it shares with
 * the other connections there.
 */
#ifndef KV_DIALOG_H
#define KV_DIALOG_H

#include "pending.h"
#include "resp.h"

struct dialog;

/**
 * Carries out a command of the route ROUTE_SERVER.
 *
 * @return true if @p reply has the reply, which may be several elements; false
 *         if it is to come through dialog_served(), in the order of the calls
 */
typedef bool dialog_serve_fn(void *context, struct dialog *dialog, const struct plan *plan,
                             struct reply *reply);

struct dialog {
    uint64_t tag; /* put on all requests, to find this dialog by */
    struct planner *planner;
    dialog_serve_fn *serve;
    void *context;
    size_t pending_max; /* no more is read while so many requests have had no reply */
    struct resp_parser parser;
    struct session session;
    struct pending pending;
    struct buffer scratch;
};

/** What a new dialog is told. */
struct dialog_spec {
    uint64_t tag;
    struct planner *planner;
    dialog_serve_fn *serve;
    void *context; /* for serve */
    int64_t id;    /* the client's, as CLIENT ID tells it */
    int64_t now;
    const char *address;
    size_t pending_max;
};

/**
 * Begin a dialog.
 *
 * @errors -ENOMEM
 */
int dialog_init(struct dialog *dialog, const struct dialog_spec *spec);

/** End it. A struct of zeros is nothing. */
void dialog_done(struct dialog *dialog);

/**
 * Read requests: the first @p size bytes that no request has used.
 *
 * Stops where a request is incomplete, where too many are pending, or at the end
 * of the talk (dialog_closing()). After the second, call again once replies have
 * gone out, with no new bytes if there are none.
 *
 * @param batches  one for each shard; requests are appended
 * @param output   what can be replied at once is appended
 * @param ret_used bytes that requests have used
 * @errors -ENOMEM: close the connection
 */
int dialog_read(struct dialog *dialog, int64_t now, struct slice bytes, struct buffer *batches,
                struct buffer *output, size_t *ret_used);

/**
 * A shard has answered a request with this dialog's tag.
 *
 * @errors -ENOMEM: close the connection
 */
static inline int dialog_answered(struct dialog *dialog, uint32_t shard, struct slice reply,
                                  int64_t now, struct buffer *output)
{
    return pending_arrive(&dialog->pending, shard, reply, now, output);
}

/**
 * The server has the reply it owed first.
 *
 * @errors -ENOMEM: close the connection
 */
static inline int dialog_served(struct dialog *dialog, struct slice reply, int64_t now,
                                struct buffer *output)
{
    return pending_serve(&dialog->pending, reply, now, output);
}

/** Whether nothing more is read, and the connection is to be closed when all is replied. */
static inline bool dialog_closing(const struct dialog *dialog)
{
    return dialog->session.closing;
}

/** Whether all is replied that was read. */
static inline bool dialog_idle(const struct dialog *dialog)
{
    return pending_count(&dialog->pending) == 0;
}

#endif
