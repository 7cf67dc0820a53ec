/*
 * Text put together piece by piece, safe in a signal handler.
 */
#ifndef GREENROOM_BASE_TEXT_H
#define GREENROOM_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Append `piece` at `length`, as far as it fits below `bytes`; the new length. Ends in a NUL. */
static inline size_t gr__text_append(char *text, size_t bytes, size_t length, const char *piece)
{
    while (*piece != '\0' && length + 1 < bytes)
        text[length++] = *piece++;
    text[length] = '\0';
    return length;
}

static inline size_t gr__text_append_number(char *text, size_t bytes, size_t length,
                                            uint64_t number)
{
    char digits[21] = {0};
    char *first = digits + sizeof digits - 1;
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return gr__text_append(text, bytes, length, first);
}

#endif
