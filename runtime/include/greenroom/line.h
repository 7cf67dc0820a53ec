/**
 * @file line.h
 * @brief Who waits for their turn, in the order in which they came.
 *
 * Locks, semaphores, events and what else runners of one loop wait for among
 * themselves each have a line, and each wait for one has a place in it. The
 * structs stand here because those of the headers that follow contain them;
 * their members are private.
 *
 *     struct gr_mutex         line: first --> place --> place --> last
 *                                             |         |
 *                                  on the stacks of the runners that wait
 *
 * All of these structs are yours to embed, have no memory of their own, and are
 * ready for use when they are zero, or were given to their init function. They belong to
 * one loop: what happens on others they do not see. To end the memory of one in
 * which somebody waits is a bug; its done function asserts that nobody does.
 *
 * Waits are served first come, first served. Who is woken has been granted
 * something, and takes it when he comes to run; if he is cancelled first, or his
 * deadline passes, the grant passes on to the next in line.
 *
 * Each wait also has a form to be awaited together with others (await.h): a
 * struct gr_..._wait of yours, which gr_..._awaitable() fills. It begins
 * nothing, so one that is not awaited in the end needs no clean-up.
 */
#ifndef GREENROOM_LINE_H
#define GREENROOM_LINE_H

#include <greenroom/await.h>

GR__BEGIN

/** A place in a line; private. */
struct gr_place {
    struct gr_place *next;     /**< while in line, or NULL at its end */
    struct gr_place *previous; /**< likewise, at its beginning */
    struct gr_waiter *waiter;  /**< while in line */
    bool in_line;              /**< stands in a line */
    bool granted;              /**< has been served, and has not taken it yet */
};

/** A line; private. Zero is an empty one. */
struct gr_line {
    struct gr_place *first; /**< NULL: nobody waits */
    struct gr_place *last;  /**< once somebody does */
};

GR__END

#endif
