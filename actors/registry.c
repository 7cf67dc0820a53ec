/*
 * Names: registering them, and awaiting one.
 *
 * A name is a listing in the directory, which stands in the annex of its actor. It is added and
 * dropped on the loop of the actor alone: so an actor that has ended is given no name, and one
 * that ends loses all of them at once, before its end is told.
 *
 * Who awaits a name stands in a list of its loop, which looks through that when there is news.
 */
#include "actors/registry.h"

#include <errno.h>

#include <greenroom/error.h>

#include "actors/directory.h"
#include "actors/errand.h"
#include "actors/news.h"
#include "runner/wait.h"

static int taken_by(const struct gr__key *key, uint64_t actor, uint64_t taken)
{
    if (taken == actor)
        return 0;
    return gr_fail(-EEXIST, "the name '%.*s' is that of actor %#llx, on loop %u", key->length,
                   key->name, (unsigned long long)taken, gr__handle_loop(taken));
}

/* On the actor's loop. */
static int register_here(struct gr__loop *loop, const struct gr__errand *errand)
{
    struct gr__body *body;
    int rc = gr__annex_make(loop, errand->actor.name, &body);
    if (rc < 0)
        return rc;

    struct gr__listing *listing;
    uint64_t taken;
    rc = gr__directory_add(loop, &errand->key, errand->actor.name, &listing, &taken);
    if (rc == -EEXIST)
        return taken_by(&errand->key, errand->actor.name, taken);
    if (rc < 0)
        return rc;
    gr__list_append(&body->annex->names, &listing->link);
    gr__news_tell(loop);
    return 0;
}

int gr_name_register(const char *name, gr_actor actor, gr_time deadline)
{
    struct gr__errand errand = {.act = register_here, .actor = actor};
    return gr__errand_run(errand, GR__NAMES, name, deadline);
}

/* It may have ended since, or been taken away. */
static int unregister_here(struct gr__loop *loop, const struct gr__errand *errand)
{
    struct gr__annex *annex = gr__annex_find(loop, errand->actor.name);
    struct gr__listing *listing =
        annex == NULL ? NULL : gr__listing_in(&annex->names, &errand->key);
    if (listing == NULL)
        return -ENOENT;

    gr__directory_drop(listing);
    return 0;
}

int gr_name_unregister(const char *name, gr_time deadline)
{
    gr_actor actor = gr_whereis(name);
    if (actor.name == 0)
        return -ENOENT;
    struct gr__errand errand = {.act = unregister_here, .actor = actor};
    return gr__errand_run(errand, GR__NAMES, name, deadline);
}

void gr__names_end(struct gr__annex *annex)
{
    while (!gr__list_empty(&annex->names))
        gr__directory_drop(gr__listing_at(annex->names.next));
}

gr_actor gr_whereis(const char *name)
{
    struct gr__key key;
    bool is_name = gr__key_make(GR__NAMES, name, &key) == 0;
    return (gr_actor){is_name ? gr__directory_find(&key) : 0};
}

size_t gr_names(struct gr_named *ret_names, size_t most)
{
    return gr__directory_copy(GR__NAMES, ret_names, most);
}

/* --- Awaiting -------------------------------------------------------------------------------- */

static struct gr_name_wait *wait_of(struct gr_awaitable *awaitable)
{
    return gr__container_of(awaitable, struct gr_name_wait, awaitable);
}

/* Who was woken has what it was woken for, though that may have ended since. */
static bool wait_ready(struct gr_awaitable *awaitable)
{
    struct gr_name_wait *wait = wait_of(awaitable);
    if (wait->waiter == NULL || gr__list_linked(&wait->link))
        wait->actor = gr_whereis(wait->name);
    return wait->actor.name != 0;
}

static int wait_subscribe(struct gr_awaitable *awaitable, struct gr_waiter *waiter)
{
    struct gr__loop *loop = gr__loop_here();
    struct gr_name_wait *wait = wait_of(awaitable);
    struct gr__key key;
    int rc = gr__key_make(GR__NAMES, wait->name, &key);
    if (rc < 0)
        return rc;

    wait->waiter = waiter;
    gr__list_append(&gr__actors_of(loop)->name_waits, &wait->link);
    gr__news_listen(loop);
    if (gr__directory_find(&key) != 0)
        gr__news_tell(loop);
    return 0;
}

static void withdraw(struct gr__loop *loop, struct gr_name_wait *wait)
{
    if (gr__list_linked(&wait->link))
        gr__news_cease(loop);
    gr__list_remove(&wait->link);
}

static int wait_take(struct gr_awaitable *awaitable)
{
    struct gr_name_wait *wait = wait_of(awaitable);
    *wait->ret_actor = wait->actor;
    wait->waiter = NULL;
    return 0;
}

static bool wait_cancel(struct gr_awaitable *awaitable)
{
    withdraw(gr__loop_here(), wait_of(awaitable));
    wait_of(awaitable)->waiter = NULL;
    return true;
}

static const struct gr_awaitable_type wait_type = {"a name", wait_ready, wait_subscribe, wait_take,
                                                   wait_cancel};

void gr__names_look(struct gr__loop *loop)
{
    struct gr__list *waits = &gr__actors_of(loop)->name_waits;
    for (struct gr__list *link = waits->next, *next; link != waits; link = next) {
        next = link->next;
        struct gr_name_wait *wait = gr__container_of(link, struct gr_name_wait, link);
        if (!wait_ready(&wait->awaitable))
            continue;
        withdraw(loop, wait);
        wait->waiter->wake(wait->waiter);
    }
}

struct gr_awaitable *gr_name_awaitable(struct gr_name_wait *wait, const char *name,
                                       gr_actor *ret_actor)
{
    *wait = (struct gr_name_wait){.awaitable = {&wait_type}, .name = name, .ret_actor = ret_actor};
    return &wait->awaitable;
}

int gr_name_await(const char *name, gr_actor *ret_actor, gr_time deadline)
{
    struct gr_name_wait wait;
    return gr__await_in_runner(gr_name_awaitable(&wait, name, ret_actor), &wait_type, deadline);
}
