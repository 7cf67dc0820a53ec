/**
 * @file registry.h
 * @brief Names for actors, known to all loops: registered, found, awaited.
 *
 *     the actor, on loop 1                        anybody, on any thread
 *     gr_name_register("clock", self, ...)
 *                                                 gr_whereis("clock") --> its handle
 *     ends --> the name is free                   gr_whereis("clock") --> zero
 *
 *     a runner that came before it:  gr_name_await("clock", &actor, deadline)
 *
 * A name stands for one living actor at a time; an actor may have several. Names end with
 * their actor, before anybody is told of its end: who has heard of that, by a monitor or a link,
 * does not find it any more, and may register the name for another at once. An actor that its
 * supervisor restarts in place is the same one and keeps its names.
 *
 * To look a name up waits for nothing and for nobody. What was found may end right after, as with
 * any handle.
 *
 * Names belong to a run, and end with it.
 */
#ifndef GREENROOM_REGISTRY_H
#define GREENROOM_REGISTRY_H

#include <greenroom/actor.h>
#include <greenroom/await.h>
#include <greenroom/base.h>
#include <greenroom/links.h>

GR__BEGIN

/** Bytes of a name, without its end. */
#define GR_NAME_MAX 63

/** Names that there may be at once, together with those that have ended of late. */
#define GR_NAMES_MAX (1 << 17)

/**
 * Give an actor a name, which it may have already. Where that is another loop's this waits for that
 * loop's answer.
 *
 * A wait that ends early does not take it back: the actor may have the name then, or get it yet.
 *
 * @param name  one byte at least, and #GR_NAME_MAX at most; it is copied
 *
 * @thread runner
 * @owner  the name ends with the actor, or with gr_name_unregister()
 * @errors -EEXIST another living actor has the name, with details that say which; -EINVAL an empty name,
 *         -ENAMETOOLONG, -ESTALE there is no such actor, -ENOSPC with #GR_NAMES_MAX, -ENOMEM,
 *         -ESHUTDOWN where the actor's loop has stopped, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_name_register(const char *name, gr_actor actor, gr_time deadline);

/**
 * Take a name from the actor that has it. Where that is another loop's this waits for the answer.
 *
 * @thread runner
 * @errors -ENOENT nobody has it, -ENOMEM, -ESHUTDOWN, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_name_unregister(const char *name, gr_time deadline);

/**
 * The actor with a name; zero where there is none.
 *
 * @thread any
 */
GR_API gr_actor gr_whereis(const char *name);

/** A name to be awaited. What it holds is private. */
struct gr_name_wait {
    struct gr_awaitable awaitable; /**< private */
    const char *name;              /**< private */
    gr_actor *ret_actor;           /**< private */
    gr_actor actor;                /**< private */
    struct gr_waiter *waiter;      /**< private */
    struct gr__list link;          /**< private */
};

/**
 * A name's being registered as an awaitable: gr_await() of it does as gr_name_await().
 *
 * @thread any; to be awaited in a runner
 * @owner  @p wait and @p name are the caller's, and stay while it is awaited
 */
GR_API struct gr_awaitable *gr_name_awaitable(struct gr_name_wait *wait, const char *name,
                                              gr_actor *ret_actor);

/**
 * Wait until an actor has a name.
 *
 * @thread runner
 * @errors -EINVAL, -ENAMETOOLONG, -ETIMEDOUT, -ECANCELED
 */
GR_FALLIBLE int gr_name_await(const char *name, gr_actor *ret_actor, gr_time deadline);

/** A name and who has it. */
struct gr_named {
    gr_actor actor;             /**< who has it */
    char name[GR_NAME_MAX + 1]; /**< ends in a zero */
};

/**
 * Copy names and who has them, in no order; returns how many there are, which may be more than
 * @p most.
 *
 * What is there all the while is there once. What comes or goes meanwhile may be there or not.
 *
 * @thread any
 */
GR_API size_t gr_names(struct gr_named *ret_names, size_t most);

GR__END

#endif
