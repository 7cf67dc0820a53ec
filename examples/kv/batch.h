/**
 * @file batch.h
 * @brief Requests to a shard and answers from it, many in one piece of memory.
 *
 *     requests  | head | hashes of its keys | sizes of its arguments | arguments | head | ...
 *     answers   | head | reply in the protocol | head | ...
 *
 * Each carries a tag that means nothing here: whoever sends a request finds it on
 * the answer. A shard answers in the order in which it was asked.
 *
 * A batch is a buffer; one that is sent elsewhere goes as a whole, by its memory.
 * It is read where it was written, on the same machine and in the same build, so
 * numbers lie as the machine has them. Requests begin at multiples of 8 bytes.
 */
#ifndef KV_BATCH_H
#define KV_BATCH_H

#include <stdint.h>

#include "buffer.h"
#include "commands.h"
#include "slice.h"

/** What a request is to be like, before it is written. */
struct request_shape {
    uint64_t tag;
    const struct command *command;
    int protocol;     /* in which to answer */
    size_t arguments; /* without the command's name */
    size_t keys;      /* how many hashes */
    size_t bytes;     /* of all arguments together */
};

/** Where the next parts of a request go. */
struct request_writer {
    uint64_t *hash;
    uint32_t *size;
    char *argument;
};

/** A request as it is read; it points into the batch. */
struct request {
    uint64_t tag;
    const struct command *command;
    int protocol;
    size_t arguments, keys;
    const uint64_t *hashes;
    const uint32_t *sizes;
    const char *data; /* the arguments, one after another */
};

/** An answer as it is read; it points into the batch. */
struct answer {
    uint64_t tag;
    struct slice reply;
};

/**
 * Make room for a request at the end of a batch. All its parts must be written next.
 *
 * @errors -ENOMEM, and the batch stays what it was
 */
int batch_begin(struct buffer *batch, const struct request_shape *shape,
                struct request_writer *ret_writer);

static inline void request_hash(struct request_writer *writer, uint64_t hash)
{
    *writer->hash++ = hash;
}

static inline void request_argument(struct request_writer *writer, struct slice argument)
{
    *writer->size++ = (uint32_t)argument.size;
    if (argument.size > 0)
        memcpy(writer->argument, argument.data, argument.size);
    writer->argument += argument.size;
}

/** Read the request at *at and move past it. False at the end. */
bool batch_next(const char **at, const char *end, struct request *ret_request);

/**
 * Begin an answer at the end of a batch; the reply is appended next.
 *
 * @return where it begins, for answer_end()
 */
size_t answer_begin(struct buffer *answers, uint64_t tag);

/** End the answer that began there. */
void answer_end(struct buffer *answers, size_t begin);

/** Read the answer at *at and move past it. False at the end. */
bool answer_next(const char **at, const char *end, struct answer *ret_answer);

#endif
