/**
 * @file dead_letter.h
 * @brief Messages that no actor handled, and why: the last ones, as messages, or in the report.
 *
 *     gr_send ... --> no such actor, full, stopped, too late --> kept, the last 32 of each loop
 *                                                            --> sent to whom subscribes
 *                                                            --> in the report, now and then
 *
 * Each loop has its own, and knows of what died there: where its actor lived, mostly.
 */
#ifndef GREENROOM_DEAD_LETTER_H
#define GREENROOM_DEAD_LETTER_H

#include <greenroom/actor.h>
#include <greenroom/base.h>

GR__BEGIN

/** Dead letters that a loop keeps. */
#define GR_DEAD_LETTERS_KEPT 32

/** Why nobody handled a message. */
enum gr_dead_why {
    GR_DEAD_NO_ACTOR = 0, /**< there was no such actor, or no longer */
    GR_DEAD_STOPPED,      /**< its actor ended with it in the mailbox, laid aside, or coming */
    GR_DEAD_NEWEST,       /**< the mailbox was full */
    GR_DEAD_OLDEST,       /**< the mailbox was full, and a newer one took its place */
    GR_DEAD_EXPIRED,      /**< an ask that its actor came to after its deadline */
    GR_DEAD_SHUTDOWN,     /**< the actor's loop had stopped */
    GR_DEAD_NO_MEMORY     /**< the actor's loop had no memory for it */
};

/** A dead letter. What it said is gone. */
struct gr_dead_letter {
    gr_actor to;          /**< whom it was for */
    uint32_t tag;         /**< of the message */
    uint32_t size;        /**< of the message, in bytes */
    enum gr_dead_why why; /**< nobody handled it */
    gr_time at;           /**< when that was found */
};

/**
 * Copy the calling loop's last dead letters, the newest first; returns how many.
 *
 * @thread loop
 */
GR_API size_t gr_dead_letters_last(struct gr_dead_letter *ret_letters, size_t most);

/**
 * Have an actor get each dead letter of the calling loop as a message, a struct gr_dead_letter.
 *
 * A loop has one subscriber, the last that was named; zero: none. One that has a full mailbox misses
 * some, and gets none of those that were for itself.
 *
 * @thread loop
 * @errors -ENOMEM
 */
GR_FALLIBLE int gr_dead_letters_subscribe(gr_actor actor, uint32_t tag);

/**
 * Have the run's report function hear of the calling loop's dead letters: how many since the last line,
 * and why the last was one.
 *
 * @param every  nanoseconds from one line to the next, at least; 0: no lines, as at first
 *
 * @thread loop
 * @errors -ENOMEM
 */
GR_FALLIBLE int gr_dead_letters_report(gr_time every);

/**
 * A reason in words.
 *
 * @thread any
 */
GR_API const char *gr_dead_why_text(enum gr_dead_why why);

GR__END

#endif
