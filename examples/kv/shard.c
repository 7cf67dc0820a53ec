/*
 * Running requests. The design stands in shard.h.
 *
 * Before a request is run there is room for an answer that says that memory ran
 * out; so every request that ran has an answer.
 */
#include "shard.h"

#include <assert.h>
#include <errno.h>

#include "call.h"
#include "memory.h"

enum { SHORT_ANSWER_BYTES = 64, FIRST_ARGUMENTS = 64 };

/* Lay a request's arguments out behind the command's name. */
static const struct slice *lay_out(struct store *store, const struct request *request)
{
    size_t argc = request->arguments + 1;
    if (argc > store->argv_room) {
        size_t room = argc < FIRST_ARGUMENTS ? FIRST_ARGUMENTS : argc;
        struct slice *argv = memory_resize(store->argv, room * sizeof *argv);
        if (argv == NULL)
            return NULL;
        store->argv = argv;
        store->argv_room = room;
    }

    const char *at = request->data;
    store->argv[0] = slice_of(request->command->name);
    for (size_t i = 1; i < argc; i++) {
        store->argv[i] = (struct slice){at, request->sizes[i - 1]};
        at += request->sizes[i - 1];
    }
    return store->argv;
}

static void run(struct store *store, int64_t now, const struct request *request,
                struct reply *reply)
{
    struct call call = {
        .command = request->command,
        .argv = lay_out(store, request),
        .argc = request->arguments + 1,
        .hashes = request->hashes,
        .keys = request->keys,
        .now = now,
        .reply = reply,
    };
    if (call.argv == NULL)
        call_no_memory(&call);
    else
        request->command->run(store, &call);
}

int shard_execute(struct store *store, int64_t now, struct slice requests, struct buffer *answers,
                  size_t *ret_used)
{
    const char *at = requests.data, *end = requests.data + requests.size;
    struct request request;
    *ret_used = 0;
    while (batch_next(&at, end, &request)) {
        if (!buffer_reserve(answers, SHORT_ANSWER_BYTES)) {
            answers->failed = false;
            return -ENOMEM;
        }

        struct reply reply = {answers, request.protocol};
        size_t begin = answer_begin(answers, request.tag);
        size_t replies = answers->size;
        run(store, now, &request, &reply);
        if (answers->failed) {
            answers->failed = false;
            answers->size = replies;
            reply_error(&reply, "OOM out of memory");
        }
        answer_end(answers, begin);
        *ret_used = (size_t)(at - requests.data);
    }
    return 0;
}
