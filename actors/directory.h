/*
 * The directory: what names stand for, found by any thread without waiting.
 *
 *     chains[kind][hash] --> listing --> listing --> listing -|
 *            newest first    "clock"      "x", dead  "door"
 *                            actor                   actor
 *
 *     add    on the loop of the actor: ahead of the chain
 *     find   on any thread: walks the chain
 *     drop   on the loop of the actor: dead from there on, whoever finds it
 *     reap   the dead are taken out of their chains, and their memory goes back (reaper.h)
 *
 * A listing lives once: it stands for its actor from the moment it is added until it is dropped,
 * and never for anything again. Who looks at all listings of a name, as at the members of a group,
 * sees those that lived at one moment, though others come and go: births and deaths have moments by a
 * clock that those who look move on.
 *
 * Invariants:
 *   1. The first listing of a chain, dead or not, stays, until another is ahead of it.
 *   2. Only adding writes a first link, and only who reaps, one loop at a time, writes the others.
 *   3. A listing stands in a list of its owner's until it is dropped, and only that loop drops it.
 */
#ifndef GREENROOM_ACTORS_DIRECTORY_H
#define GREENROOM_ACTORS_DIRECTORY_H

#include <greenroom/registry.h>

#include "base/list.h"
#include "loop/loop.h"

enum gr__directory {
    GR__NAMES,         /* alone */
    GR__GROUPS,        /* each listing is a member */
    GR__TOPICS,        /* each is what a loop has of one */
    GR__TOPICS_WAITED, /* each is a subscriber that publishers wait for */
    GR__DIRECTORIES,
};

/* What is looked for. */
struct gr__key {
    const char *name;
    uint64_t hash;
    uint8_t length;
    uint8_t kind; /* enum gr__directory */
};

struct gr__listing {
    struct gr__listing *next;      /* the next older one of its chain */
    struct gr__listing *next_dead; /* once it is dead */
    uint64_t stands_for;           /* a handle */
    uint64_t hash;
    uint64_t born;        /* a moment by the clock of its chain */
    uint64_t died;        /* likewise; 0: it lives */
    struct gr__list link; /* its owner's */
    uint8_t length;
    uint8_t kind;
    char name[];
};

/* 0, -EINVAL for no name, -ENAMETOOLONG. The key is as good as the name is there. */
int gr__key_make(enum gr__directory kind, const char *name, struct gr__key *ret_key);

bool gr__keys_equal(const struct gr__key *one, const struct gr__key *other);

/* What a name stands for, or 0. Any thread. */
uint64_t gr__directory_find(const struct gr__key *key);

/*
 * Have a name stand for something; the listing is the caller's to link and to drop. Where it is to
 * stand for nothing else, -EEXIST: it does, and for what. With NULL for that it may. -ENOSPC,
 * -ENOMEM.
 */
int gr__directory_add(struct gr__loop *loop, const struct gr__key *key, uint64_t stands_for,
                      struct gr__listing **ret_listing, uint64_t *ret_taken);

/* Have it stand for nothing from here on, and forget it. */
void gr__directory_drop(struct gr__listing *listing);

static inline struct gr__listing *gr__listing_at(const struct gr__list *link)
{
    return gr__container_of(link, struct gr__listing, link);
}

/* The listing with that name, of that kind, in a list of an owner's; or NULL. */
struct gr__listing *gr__listing_in(const struct gr__list *list, const struct gr__key *key);

/*
 * Copy all that a name stands for at one moment, the newest first; returns how many there are, which
 * may be more. Any thread.
 */
size_t gr__directory_collect(const struct gr__key *key, gr_actor *ret_found, size_t most);

/*
 * A number that has changed if what the name stands for has: read before who looks, and by who has
 * said that it listens to news.
 */
uint64_t gr__directory_changes(const struct gr__key *key);

/* Give its memory back. */
void gr__listing_give(struct gr__loop *loop, struct gr__listing *listing);

/* Copy all that stands for something; returns how many there are. Any thread. */
size_t gr__directory_copy(enum gr__directory kind, struct gr_named *ret_names, size_t most);

void gr__directory_start(struct gr__loop *loop);

/* When the last loop is done, all that is left goes. */
void gr__directory_done(struct gr__loop *loop);

#endif
