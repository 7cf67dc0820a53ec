/**
 * @file base.h
 * @brief What every other header stands on: how calls are marked, how they fail, what time is.
 *
 *     GR_FALLIBLE int f(...)   0, or a negative error code; the compiler insists that you look
 *     GR_API      int f(...)   cannot fail; what it returns is an answer
 *
 * An error code is a negative errno; or one of libuv's own codes, from -3000 to
 * -4095, which pass through unchanged; or one of Greenroom's own, from -5000 down.
 * gr_error_name() and gr_error_text() know them all.
 *
 * Time is nanoseconds on the clock of the loop that asks. A deadline is a
 * point on that clock, never a length of time, so it keeps its meaning when it
 * is passed down.
 */
#ifndef GREENROOM_BASE_H
#define GREENROOM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define GR__BEGIN extern "C" {
#define GR__END }
#else
#define GR__BEGIN
#define GR__END
#endif

/** Marks a public function that cannot fail. */
#define GR_API __attribute__((visibility("default")))

/** Marks a public function that can: 0 or a negative code, which the caller must look at. */
#define GR_FALLIBLE GR_API __attribute__((warn_unused_result))

/** The stream has ended; libuv's UV_EOF. */
#define GR_EOF (-4095)

/** A call that may wait was made where nothing can: on a foreign thread, or outside of a runner. */
#define GR_ENOTRUNNER (-5001)

/** A handle of another loop: only there can what it names be waited for. */
#define GR_EWRONGLOOP (-5002)

/** What was to be awaited is no awaitable: NULL, or of no type. */
#define GR_ENOTAWAITABLE (-5003)

/** The reason of an actor that was killed. */
#define GR_EKILLED (-5004)

GR__BEGIN

/** Nanoseconds: a point on a loop's clock, or a length where a name says so. */
typedef int64_t gr_time;

/** A length of time. */
#define GR_MICROSECOND ((gr_time)1000)
/** A length of time. */
#define GR_MILLISECOND ((gr_time)1000000)
/** A length of time. */
#define GR_SECOND ((gr_time)1000000000)

/** The deadline that never passes. */
#define GR_FOREVER INT64_MAX

/**
 * The name of an error code, as "ECONNRESET"; "0" for success.
 *
 * @thread any
 * @owner  a constant
 */
GR_API const char *gr_error_name(int status);

/**
 * What an error code means, in a few words.
 *
 * @thread any
 * @owner  a constant
 */
GR_API const char *gr_error_text(int status);

GR__END

#endif
