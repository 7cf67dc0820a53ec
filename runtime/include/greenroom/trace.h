/**
 * @file trace.h
 * @brief Which request a piece of work belongs to, as W3C's Trace Context writes it.
 *
 *     traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
 *                  |                |                         |          |
 *                  version     the trace: 16 bytes     the span: 8   flags: 1, sampled
 *
 * A trace is a value under #gr_trace_key, which is inherited and carried, so it follows the work
 * through runners, callbacks, messages and loops, and stands in each report:
 *
 *     gr_trace_parse(header, &trace)  or  gr_trace_make(&trace)
 *     gr_context_set(&gr_trace_key, &trace, sizeof trace)
 *        ... gr_context_get(&gr_trace_key, &trace, sizeof trace) ... gr_trace_print(&trace, text)
 *
 * Whether a hop is a span of its own is the program's choice: gr_trace_child().
 */
#ifndef GREENROOM_TRACE_H
#define GREENROOM_TRACE_H

#include <greenroom/base.h>
#include <greenroom/context.h>

GR__BEGIN

/** Bytes of a trace as text, with the NUL at its end. */
#define GR_TRACE_TEXT_BYTES 56

/** The flag of a trace that is recorded. */
#define GR_TRACE_SAMPLED 1

/** A trace, and where in it. */
struct gr_trace {
    uint8_t id[16];  /**< of the whole trace; not all zero */
    uint8_t span[8]; /**< of this part of it; not all zero */
    uint8_t flags;   /**< #GR_TRACE_SAMPLED, or 0 */
};

/** Where the trace stands in a context. */
extern GR_API const struct gr_context_key gr_trace_key;

/**
 * Make a trace that is new, sampled, and random as the loop's seed has it.
 *
 * @thread loop
 */
GR_API void gr_trace_make(struct gr_trace *ret_trace);

/**
 * Make a new span in the same trace.
 *
 * @param ret_child  may be @p parent
 *
 * @thread loop
 */
GR_API void gr_trace_child(const struct gr_trace *parent, struct gr_trace *ret_child);

/**
 * Read a trace from the text of a traceparent header.
 *
 * Of versions later than 00, what that has is read and the rest is skipped.
 *
 * @thread any
 * @errors -EINVAL it is none; @p ret_trace is untouched
 */
GR_FALLIBLE int gr_trace_parse(const char *text, struct gr_trace *ret_trace);

/**
 * Write a trace as such a text, of #GR_TRACE_TEXT_BYTES bytes.
 *
 * @thread any
 */
GR_API void gr_trace_print(const struct gr_trace *trace, char *ret_text);

GR__END

#endif
