/**
 * @file supervisor.h
 * @brief Actors that start others, restart them when they end, and give up when that does not help.
 *
 *     static const struct gr_child children[] = {
 *         {.name = "store", .behavior = &store}, {.name = "cache", .behavior = &cache}};
 *     static const struct gr_supervisor service = {
 *         .name = "service", .strategy = GR_REST_FOR_ONE, .children = children, .child_count = 2};
 *
 *                    service
 *                    |     |         cache fails: cache is restarted
 *                 store   cache      store fails: cache is stopped, store and cache are restarted
 *
 * A supervisor is an actor, its children are its children: started in order, stopped before it in
 * the reverse order. A child may be a supervisor, too.
 *
 * A child is restarted in place, on the loop where it lives (move.h). Its stop hook runs with the reason; then it rests, until its
 * supervisor has decided; then its state is zeroed and its start hook runs again, with the same
 * argument. It keeps its handle, its links and who monitors it, and its mailbox: what was sent
 * meanwhile, and what it had not come to, it handles then. Save the message at which it failed: that
 * is set aside, and can be looked at (gr_self_failure()). An ask among those was answered with the failure.
 *
 * A child that fails again and again is restarted later and later (backoff_min), and only
 * restarts_max times within restarts_within over all children of a supervisor. Then that fails itself,
 * with the child's reason, after it has stopped the others; and its own supervisor decides.
 */
#ifndef GREENROOM_SUPERVISOR_H
#define GREENROOM_SUPERVISOR_H

#include <greenroom/actor.h>
#include <greenroom/base.h>
#include <greenroom/buffer.h>

GR__BEGIN

/** When a child that has ended is restarted. */
enum gr_restart {
    GR_PERMANENT = 0, /**< always */
    GR_TRANSIENT,     /**< unless it has ended with 0 or -ESHUTDOWN */
    GR_TEMPORARY      /**< never */
};

/** Who else is restarted when a child is. */
enum gr_strategy {
    GR_ONE_FOR_ONE = 0, /**< nobody */
    GR_ONE_FOR_ALL,     /**< all others */
    GR_REST_FOR_ONE,    /**< those that were started after it */
    GR_DYNAMIC          /**< nobody; there are no children at first, and they are added later */
};

struct gr_supervisor;

/** A child, to its supervisor. Zero where nothing else is said. */
struct gr_child {
    const char *name;                       /**< for reports, and to find it by */
    const struct gr_behavior *behavior;     /**< what it is like */
    const struct gr_supervisor *supervisor; /**< or that it is one of these instead */
    int where;                              /**< as in struct gr_actor_options */
    const void *argument;    /**< for its start hook, each time; not of a supervisor */
    size_t argument_bytes;   /**< at argument, which is copied */
    enum gr_restart restart; /**< when it is restarted */
    gr_time stop_within;     /**< as in struct gr_actor_options */
};

/** What a supervisor is like. Must outlive it, with all that it points to: a constant, usually. */
struct gr_supervisor {
    const char *name;          /**< for reports */
    enum gr_strategy strategy; /**< who else is restarted */
    const struct gr_child
        *children;           /**< in the order of their start; of #GR_DYNAMIC: one, the pattern */
    size_t child_count;      /**< how many */
    unsigned restarts_max;   /**< within restarts_within; 0: three */
    gr_time restarts_within; /**< nanoseconds; 0: five seconds */

    /**
     * How long a child waits for its restart, nanoseconds: this the first time, twice as long each time
     * that it fails soon again; of each, a random part between half and all. 0: it does not wait.
     */
    gr_time backoff_min;
    gr_time backoff_max; /**< however often it fails; 0: thirty seconds */
};

/** Why an actor was restarted last. */
struct gr_failure {
    int reason;        /**< what it ended with; 0 also where it was never restarted */
    uint64_t restarts; /**< how often it was */
    bool by_message;   /**< it was a message that its handler failed at: the one below */
    uint32_t tag;      /**< of the message */
    uint32_t size;     /**< of the message, in bytes */
    const void *
        data; /**< size bytes; NULL where there was no memory for them, or it has given them away */
};

/**
 * Start a supervisor and its children.
 *
 * @param options  or NULL; what it says of name and argument is not looked at
 *
 * @thread runner
 * @owner  as gr_actor_spawn(); stop it with gr_actor_stop()
 * @errors as gr_actor_spawn(), or those of a child's start: then none is started
 */
GR_FALLIBLE int gr_supervisor_start(const struct gr_supervisor *supervisor,
                                    const struct gr_actor_options *options,
                                    gr_actor *ret_supervisor);

/**
 * Have a #GR_DYNAMIC supervisor start one more child, after its pattern.
 *
 * @param argument  for its start hook, instead of the pattern's; or NULL
 *
 * @thread runner
 * @owner  @p argument is copied
 * @errors -EINVAL the supervisor is of another strategy; as gr_ask(), and the start's own
 */
GR_FALLIBLE int gr_supervisor_add(gr_actor supervisor, const void *argument, size_t size,
                                  gr_actor *ret_child, gr_time deadline);

/**
 * Stop a child for good, whatever the supervisor's strategy.
 *
 * @thread runner
 * @errors -ENOENT it is no child of this supervisor; as gr_ask()
 */
GR_FALLIBLE int gr_supervisor_remove(gr_actor supervisor, gr_actor child, gr_time deadline);

/**
 * Find a child by its name: the first that has it.
 *
 * @thread runner
 * @errors -ENOENT, or as gr_ask()
 */
GR_FALLIBLE int gr_supervisor_find(gr_actor supervisor, const char *name, gr_actor *ret_child,
                                   gr_time deadline);

/**
 * Describe a supervisor and all below it: a line each, with name, state, restarts and loop.
 *
 * @param ret_text  gets the text, which ends in a NUL that its size does not count
 *
 * @thread runner
 * @owner  the buffer is the caller's to release
 * @errors as gr_ask()
 */
GR_FALLIBLE int gr_supervisor_describe(gr_actor supervisor, struct gr_buffer *ret_text,
                                       gr_time deadline);

/**
 * Why the actor was restarted last, and at which message.
 *
 * @thread loop, inside the handler or a hook
 * @owner  what @p ret_failure points to is the actor's, until it fails again
 */
GR_API void gr_self_failure(const struct gr_self *self, struct gr_failure *ret_failure);

/**
 * The same of any child of a supervisor.
 *
 * @param ret_bytes  gets the bytes of the message, at which @p ret_failure points, too
 *
 * @thread runner
 * @owner  @p ret_bytes is the caller's to release
 * @errors -ENOENT it has no supervisor, -ESTALE, -ENOMEM, -ESHUTDOWN, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_actor_failure(gr_actor actor, struct gr_failure *ret_failure,
                                 struct gr_buffer *ret_bytes, gr_time deadline);

GR__END

#endif
