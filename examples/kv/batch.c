/*
 * Writing and reading batches. The design stands in batch.h.
 *
 * Invariants:
 *   1. A request's head, its hashes and its sizes are aligned, since each request
 *      takes a multiple of 8 bytes and hashes come before sizes.
 *   2. A batch holds whole requests only.
 */
#include "batch.h"

#include <assert.h>
#include <errno.h>

enum { ALIGNMENT = 8 };

struct request_head {
    uint64_t tag;
    uint64_t bytes; /* of all of it, to the next head */
    uint32_t arguments, keys;
    uint32_t command;
    uint32_t protocol;
};

struct answer_head {
    uint64_t tag;
    uint64_t bytes; /* of the reply */
};

int batch_begin(struct buffer *batch, const struct request_shape *shape,
                struct request_writer *ret_writer)
{
    size_t hashes = shape->keys * sizeof(uint64_t);
    size_t sizes = shape->arguments * sizeof(uint32_t);
    size_t whole = sizeof(struct request_head) + hashes + sizes + shape->bytes;
    whole = (whole + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!buffer_reserve(batch, whole)) {
        batch->failed = false;
        return -ENOMEM;
    }

    char *at = batch->bytes + batch->size;
    assert((uintptr_t)at % ALIGNMENT == 0);
    *(struct request_head *)(void *)at = (struct request_head){
        .tag = shape->tag,
        .bytes = whole,
        .arguments = (uint32_t)shape->arguments,
        .keys = (uint32_t)shape->keys,
        .command = (uint32_t)(shape->command - commands),
        .protocol = (uint32_t)shape->protocol,
    };
    batch->size += whole;

    at += sizeof(struct request_head);
    ret_writer->hash = (uint64_t *)(void *)at;
    ret_writer->size = (uint32_t *)(void *)(at + hashes);
    ret_writer->argument = at + hashes + sizes;
    return 0;
}

bool batch_next(const char **at, const char *end, struct request *ret_request)
{
    if (*at == end)
        return false;
    assert((uintptr_t)*at % ALIGNMENT == 0);

    const struct request_head *head = (const void *)*at;
    const char *hashes = *at + sizeof *head;
    const char *sizes = hashes + head->keys * sizeof(uint64_t);
    assert(head->bytes <= (size_t)(end - *at) && head->command < commands_count());
    *ret_request = (struct request){
        .tag = head->tag,
        .command = &commands[head->command],
        .protocol = (int)head->protocol,
        .arguments = head->arguments,
        .keys = head->keys,
        .hashes = (const void *)hashes,
        .sizes = (const void *)sizes,
        .data = sizes + head->arguments * sizeof(uint32_t),
    };
    *at += head->bytes;
    return true;
}

size_t answer_begin(struct buffer *answers, uint64_t tag)
{
    struct answer_head head = {.tag = tag};
    size_t begin = answers->size;
    buffer_append(answers, &head, sizeof head);
    return begin;
}

void answer_end(struct buffer *answers, size_t begin)
{
    uint64_t bytes = answers->size - begin - sizeof(struct answer_head);
    memcpy(answers->bytes + begin + offsetof(struct answer_head, bytes), &bytes, sizeof bytes);
}

bool answer_next(const char **at, const char *end, struct answer *ret_answer)
{
    if (*at == end)
        return false;
    struct answer_head head;
    memcpy(&head, *at, sizeof head);
    *ret_answer = (struct answer){head.tag, {*at + sizeof head, head.bytes}};
    *at += sizeof head + head.bytes;
    return true;
}
