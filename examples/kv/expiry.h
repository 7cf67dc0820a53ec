/**
 * @file expiry.h
 * @brief Reading when a key is to end, as SET and SETEX are told it.
 */
#ifndef KV_EXPIRY_H
#define KV_EXPIRY_H

#include "call.h"

/** How a point in time is given. */
struct expiry_unit {
    bool seconds;  /* in seconds, not milliseconds */
    bool relative; /* from now on, not unix time */
};

/**
 * Read the argument that says when a key is to end, which must be after 1970.
 *
 * @return false if it is nothing of the kind, and that has been answered
 */
bool expiry_read(struct call *call, size_t index, struct expiry_unit unit, int64_t *ret_ends_at);

#endif
