/**
 * @file info.h
 * @brief The text of INFO.
 */
#ifndef KV_INFO_H
#define KV_INFO_H

#include "facts.h"
#include "reply.h"

/** What the shards' stores add up to. */
struct info_totals {
    int64_t keys, ending, expired;
};

/** Which sections the arguments from argv[1] on ask for, as a set of bits. */
uint32_t info_sections(const struct slice *argv, size_t argc);

/** Append the text of these sections. */
void info_write(struct reply *reply, uint32_t sections, const struct facts *facts,
                const struct info_totals *totals, int64_t now);

#endif
