/**
 * @file combine.h
 * @brief Waiting for several things at once: for all of them, for the first, for one of them.
 *
 *     struct gr_future_wait price, stock;
 *     struct gr_sleep_wait patience;
 *     struct gr_member members[] = {
 *         {.awaitable = gr_future_awaitable(&price, ..., &euros, sizeof euros)},
 *         {.awaitable = gr_future_awaitable(&stock, ..., &pieces, sizeof pieces)},
 *     };
 *     rc = gr_all(members, 2, NULL, gr_in(GR_SECOND));
 *
 * What is waited for is an array of members, and each is any awaitable (await.h):
 * futures, asks, points in time, runners, locks, what you make, and other sets.
 *
 *     gr_all            all of them             the first failure, by place in the array
 *     gr_all_fail_fast  all of them             the first failure, which withdraws from the rest
 *     gr_all_settled    all of them             0; each member tells its own
 *     gr_any            the first success       0, or the failure of the first where all failed
 *     gr_race           the first outcome       that
 *     gr_pick           the first that is ready 0; the member tells its own
 *
 * The members are yours, and so the values go where their awaitables say; a set needs no
 * memory but the struct. Each member keeps its outcome in status, and a key of yours,
 * to tell by what it stands for. A member that has given none is #GR_PENDING.
 *
 * Those that lose are withdrawn from and, where that is a function of yours on a runner
 * (function.h), joined: when the wait is over nobody writes into what is yours any more.
 *
 * Nothing is lost when a wait for several ends early. Each member either is
 * #GR_PENDING, and can be awaited again, or has a status: it has given its outcome,
 * and that is where you wanted it. A member for which it came too late to withdraw is
 * pending still and ready: to await it gives what it had got.
 *
 * All that is ready when a wait begins is taken at once, save by gr_pick(), which takes
 * from one alone.
 *
 * A lock that belongs to a runner, as a mutex (mutex.h), belongs to the one that takes it. In
 * gr_any(), gr_all_fail_fast() and in sets inside of sets that is none of yours, so it is no
 * member of these; permits of a semaphore are.
 *
 * An empty set is ready where all are wanted, and -ENOENT where one is. A member that is
 * NULL comes out as #GR_ENOTAWAITABLE, and one that has gone as its own type says: a future
 * as -ESTALE. One thing that stands twice in a set gives its outcome once; the other of the
 * two comes out as -EBUSY, or as gone.
 */
#ifndef GREENROOM_COMBINE_H
#define GREENROOM_COMBINE_H

#include <greenroom/await.h>
#include <greenroom/base.h>
#include <greenroom/links.h>
#include <greenroom/runner.h>

GR__BEGIN

/** The status of a member that has given no outcome. */
#define GR_PENDING 1

struct gr_set;

/** One of the things that are waited for together. Zero but for what you set. */
struct gr_member {
    struct gr_awaitable *awaitable; /**< what to wait for */
    const void *key;                /**< yours: what it stands for */
    int status;                     /**< once the wait has begun: its outcome, or #GR_PENDING */
    int state;                      /**< private */
    struct gr_waiter waiter;        /**< private */
    struct gr_set *set;             /**< private */
    struct gr_member *next;         /**< private */
};

/** Members that are waited for together: an awaitable itself, so sets nest. */
struct gr_set {
    struct gr_awaitable awaitable;     /**< what to await */
    struct gr_member *members;         /**< private */
    size_t count;                      /**< private */
    const int *quiet;                  /**< private */
    size_t open;                       /**< private */
    struct gr_member *first;           /**< private */
    struct gr_member *last;            /**< private */
    struct gr_member *winner;          /**< private */
    struct gr_waiter *waiter;          /**< private */
    struct gr__timer timer;            /**< private */
    void (*woken)(struct gr_set *set); /**< private */
    void *step;                        /**< private */
    void *joiner;                      /**< private */
    bool busy;                         /**< private */
    bool closing;                      /**< private */
};

/**
 * Wait for all, and return the first failure by place in the array.
 *
 * It waits for all though some have failed. Failures that it does not return are reported, save
 * -ECANCELED.
 *
 * @param quiet  codes that are not to be reported, 0 behind the last; or NULL
 *
 * @thread runner
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM, or the first member's that failed
 */
GR_FALLIBLE int gr_all(struct gr_member *members, size_t count, const int *quiet, gr_time deadline);

/**
 * Wait for all, or until one fails: then withdraw from the rest, and return that failure.
 *
 * @thread runner
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM, or the failure that came first
 */
GR_FALLIBLE int gr_all_fail_fast(struct gr_member *members, size_t count, gr_time deadline);

/**
 * Wait for all, whatever comes out. Nothing is reported: each member has its status.
 *
 * @thread runner
 * @errors -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_all_settled(struct gr_member *members, size_t count, gr_time deadline);

/**
 * Wait until one has succeeded, and withdraw from the rest. The member whose status is 0 is it.
 *
 * @thread runner
 * @errors -ENOENT without members, -ETIMEDOUT, -ECANCELED, -ENOMEM, or, when all have failed, the
 *         failure of the first by place in the array
 */
GR_FALLIBLE int gr_any(struct gr_member *members, size_t count, gr_time deadline);

/**
 * Wait for the first outcome, withdraw from the rest, and return it. The member that is not
 * #GR_PENDING is it.
 *
 * @thread runner
 * @errors -ENOENT without members, -ETIMEDOUT, -ECANCELED, -ENOMEM, or the outcome
 */
GR_FALLIBLE int gr_race(struct gr_member *members, size_t count, gr_time deadline);

/**
 * Wait until one is ready, and take from that one alone: from the others nothing was taken.
 *
 * @param ret_member  gets the one; its outcome is its status
 *
 * @thread runner
 * @errors -ENOENT without members, -ETIMEDOUT, -ECANCELED, -ENOMEM
 */
GR_FALLIBLE int gr_pick(struct gr_member *members, size_t count, struct gr_member **ret_member,
                        gr_time deadline);

/**
 * The same waits as awaitables, to be members of other sets or awaited by gr_await().
 *
 * Each fills @p set and resets the members, begins nothing, and returns the set's awaitable. A set
 * that has given its outcome is filled anew to be awaited again.
 *
 * @thread loop
 * @owner  @p set and @p members stay the caller's, and hold nothing that must be ended; no other
 *         set has the members until this one has been taken, or withdrawn from
 */
GR_API struct gr_awaitable *gr_all_awaitable(struct gr_set *set, struct gr_member *members,
                                             size_t count, const int *quiet);
/** As gr_all_awaitable(). */
GR_API struct gr_awaitable *gr_all_fail_fast_awaitable(struct gr_set *set,
                                                       struct gr_member *members, size_t count);
/** As gr_all_awaitable(). */
GR_API struct gr_awaitable *gr_all_settled_awaitable(struct gr_set *set, struct gr_member *members,
                                                     size_t count);
/** As gr_all_awaitable(). */
GR_API struct gr_awaitable *gr_any_awaitable(struct gr_set *set, struct gr_member *members,
                                             size_t count);
/** As gr_all_awaitable(). */
GR_API struct gr_awaitable *gr_race_awaitable(struct gr_set *set, struct gr_member *members,
                                              size_t count);
/** As gr_all_awaitable(); the one that is not #GR_PENDING afterwards was taken. */
GR_API struct gr_awaitable *gr_pick_awaitable(struct gr_set *set, struct gr_member *members,
                                              size_t count);

/** Something that is waited for until a point in time. */
struct gr_within {
    struct gr_set set;           /**< private */
    struct gr_member members[2]; /**< private */
    struct gr_sleep_wait sleep;  /**< private */
};

/**
 * A deadline of its own for a part of a larger wait: -ETIMEDOUT, and withdrawn from, at @p until.
 *
 * Alone, gr_await() with that deadline does the same for less.
 *
 * @thread loop
 * @owner  as gr_all_awaitable()
 */
GR_API struct gr_awaitable *gr_within_awaitable(struct gr_within *within,
                                                struct gr_awaitable *awaitable, gr_time until);

GR__END

#endif
