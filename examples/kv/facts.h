/**
 * @file facts.h
 * @brief What a server says of itself: in HELLO, INFO and CONFIG GET.
 *
 * The server fills it in; each loop may have one of its own, and may leave out
 * what it does not know.
 */
#ifndef KV_FACTS_H
#define KV_FACTS_H

#include <stdint.h>

/** The version of Redis whose ways are followed. */
#define FACTS_VERSION "7.0.15"

struct facts {
    int64_t started_at; /* milliseconds of unix time */
    int64_t process;
    int64_t port;
    int64_t loops;
    int64_t clients;
    int64_t connections; /* ever accepted */
    int64_t commands;    /* ever run */
    int64_t memory_bytes;
};

#endif
