/**
 * @file links.h
 * @brief How a struct of yours stands in a list or a timing wheel of the runtime's. Not to be used.
 *
 * Some structs live in your memory, and the runtime links them while they are
 * in use: what is waited for stands in a queue, a point in time in the loop's
 * wheel. They are made of these, and only the runtime looks inside.
 */
#ifndef GREENROOM_LINKS_H
#define GREENROOM_LINKS_H

#include <greenroom/base.h>

GR__BEGIN

/** A node of a ring. Zero, it stands in none. */
struct gr__list {
    struct gr__list *next;     /**< private */
    struct gr__list *previous; /**< private */
};

/** A timer of the loop's. Zero but for fire, it is not started; nor is it when fire is called. */
struct gr__timer {
    struct gr__list link;                  /**< private */
    gr_time deadline;                      /**< private; once started */
    void (*fire)(struct gr__timer *timer); /**< private */
};

GR__END

#endif
