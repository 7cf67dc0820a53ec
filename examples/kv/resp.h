/**
 * @file resp.h
 * @brief Reads requests of the Redis protocol out of bytes that come in pieces.
 *
 * The caller keeps what came in one buffer and shows the parser all of it that
 * no earlier request has used. The parser remembers how far it got, so showing
 * it the same bytes again with more behind them costs only the new ones.
 *
 *     | *2 $3 GET $1 a | *2 $3 GE        the first call is ready and used the first part;
 *     ^ bytes          ^ bytes + used    from there the next call wants more
 *
 * Arguments of a request in the usual form point into the caller's buffer; those
 * of an inline request, which may be quoted, point into the parser.
 *
 * A parser belongs to one connection and one thread at a time. A struct of zeros
 * is ready for use.
 */
#ifndef KV_RESP_H
#define KV_RESP_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "slice.h"

/** The most bytes a line may have: an inline request or the head of an element. */
#define RESP_LINE_MAX ((size_t)64 * 1024)

/** The most bytes one argument may have. */
#define RESP_BULK_MAX ((size_t)512 * 1024 * 1024)

enum resp_state {
    RESP_READY,  /* a request, in argv and argc; of no arguments at all if the client sent none */
    RESP_MORE,   /* not all of a request is there */
    RESP_BROKEN, /* no request: answer with `error` and close */
};

struct resp_parser {
    struct slice *argv; /* once ready: the arguments, until the next call */
    size_t argc;        /* how many are known */
    size_t used;        /* once ready: the bytes this request took */
    size_t needed;  /* while more is wanted: how many bytes, from its first, are needed at least */
    char error[64]; /* once broken: what to answer, "ERR ..." */

    size_t at;              /* bytes understood */
    size_t searched;        /* bytes known to hold no end of the line that begins at `at` */
    int64_t left;           /* arguments still to come */
    int64_t bulk;           /* bytes of the argument at `at`, or -1 before its head is read */
    enum resp_state state;  /* what the last call returned */
    struct span *spans;     /* where the arguments stand, which no move of the buffer changes */
    size_t room;            /* of argv and of spans */
    struct buffer unquoted; /* the arguments of an inline request */
};

/**
 * Read one request from @p size bytes at @p bytes, the first that no request has used.
 *
 * After #RESP_MORE call again with the same bytes, moved or not, and more behind
 * them. After #RESP_READY go on `used` bytes further. After #RESP_BROKEN there
 * is nothing more to read.
 */
enum resp_state resp_parse(struct resp_parser *parser, const char *bytes, size_t size);

/** Give back what a parser holds. */
void resp_done(struct resp_parser *parser);

#endif
