/*
 * Details: the record of each thread. How it travels stands in details.h.
 *
 * A chain lies in the record from its newest error on. It is of fixed size, so that to fail needs
 * no memory; one that grows too long loses those before its first cause.
 */
#include "loop/details.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "loop/loop.h"

struct entry {
    struct gr_error error;
    char message[GR_ERROR_MESSAGE_MAX];
};

struct record {
    const struct gr__runner *owner; /* NULL: the foreign thread itself */
    uint64_t turn;                  /* of the owner's loop, in which it was written */
    size_t depth;                   /* entries in use; 0: there are no details */
    struct entry chain[GR_ERROR_DEPTH_MAX];
};

static _Thread_local struct record record;

/* Entries were moved, so the pointers into them are set anew. */
static void link_up(struct record *chain)
{
    for (size_t i = 0; i < chain->depth; i++) {
        chain->chain[i].error.message = chain->chain[i].message;
        chain->chain[i].error.cause = i + 1 < chain->depth ? &chain->chain[i + 1].error : NULL;
    }
}

static void own(void)
{
    const struct gr__loop *loop = gr__loop_here();
    record.owner = loop == NULL ? NULL : loop->runner;
    record.turn = loop == NULL ? 0 : loop->counts.turns;
}

static bool is_ours(void)
{
    const struct gr__loop *loop = gr__loop_here();
    if (record.depth == 0)
        return false;
    if (loop == NULL)
        return record.owner == NULL;
    return record.owner == loop->runner && record.turn == loop->counts.turns;
}

void gr__details_forget(void)
{
    record.depth = 0;
}

bool gr__details_here(int code)
{
    return is_ours() && record.chain[0].error.code == code;
}

/* Make room for an error in front of those that stay. */
static struct entry *push(bool because)
{
    size_t causes = because && is_ours() ? record.depth : 0;
    if (causes == GR_ERROR_DEPTH_MAX) {
        record.chain[causes - 2] = record.chain[causes - 1];
        causes--;
    }
    memmove(&record.chain[1], &record.chain[0], causes * sizeof record.chain[0]);
    record.depth = causes + 1;
    own();
    return &record.chain[0];
}

int gr_error_set(int code, bool because, const char *file, int line, const char *function,
                 const char *format, ...)
{
    char message[GR_ERROR_MESSAGE_MAX]; /* what is formatted may be a message of the record */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);

    struct entry *entry = push(because);
    entry->error =
        (struct gr_error){.code = code, .line = line, .file = file, .function = function};
    memcpy(entry->message, message, sizeof message);
    link_up(&record);
    return code;
}

const struct gr_error *gr_error_details(int code)
{
    return gr__details_here(code) ? &record.chain[0].error : NULL;
}

struct gr_buffer gr__details_pack(int code)
{
    struct gr_buffer packed = {0};
    if (gr__details_here(code)) {
        int rc = gr_buffer_copy(record.chain, record.depth * sizeof record.chain[0], &packed);
        (void)rc; /* without memory the code goes alone */
    }
    return packed;
}

void gr__details_adopt(struct gr_buffer *packed)
{
    if (packed->size == 0)
        return;

    memcpy(record.chain, packed->data, packed->size);
    record.depth = packed->size / sizeof record.chain[0];
    own();
    link_up(&record);
    gr_buffer_release(packed);
}

static size_t append_error(const struct gr_error *error, char *text, size_t bytes, size_t length)
{
    length = gr__text_append(text, bytes, length, gr_error_name(error->code));
    length = gr__text_append(text, bytes, length, ": ");
    length =
        gr__text_append(text, bytes, length,
                        error->message[0] != '\0' ? error->message : gr_error_text(error->code));
    length = gr__text_append(text, bytes, length, " (");
    const char *slash = strrchr(error->file, '/');
    length = gr__text_append(text, bytes, length, slash == NULL ? error->file : slash + 1);
    length = gr__text_append(text, bytes, length, ":");
    length = gr__text_append_number(text, bytes, length, (uint64_t)error->line);
    return gr__text_append(text, bytes, length, ")");
}

size_t gr_error_format(int code, char *text, size_t bytes)
{
    const struct gr_error *error = gr_error_details(code);
    size_t length = 0;
    if (error == NULL) {
        length = gr__text_append(text, bytes, length, gr_error_name(code));
        length = gr__text_append(text, bytes, length, ": ");
        return gr__text_append(text, bytes, length, gr_error_text(code));
    }
    for (; error != NULL; error = error->cause) {
        length = append_error(error, text, bytes, length);
        if (error->cause != NULL)
            length = gr__text_append(text, bytes, length, "; because ");
    }
    return length;
}

void gr__details_print(int code, char *text, size_t bytes)
{
    if (gr__details_here(code))
        gr_error_format(code, text, bytes);
    else
        snprintf(text, bytes, "%s (%s)", gr_error_text(code), gr_error_name(code));
}

void gr__details_print_packed(int code, struct gr_buffer *packed, char *text, size_t bytes)
{
    struct record ours = record;
    gr__details_forget();
    gr__details_adopt(packed);
    gr__details_print(code, text, bytes);
    record = ours;
    link_up(&record);
}
