/*
 * The directory: what names stand for, found by any thread without waiting.
 *
 *     chains[kind][hash] --> listing --> listing --> listing -|
 *            newest first    "clock"      "x", dead  "door"
 *                            actor        0          actor
 *
 *     add    on the loop of the actor: ahead of the chain
 *     find   on any thread: walks the chain
 *     drop   on the loop of the actor: dead from there on, whoever finds it
 *     reap   the dead are taken out of their chains, and their memory goes back when nobody can
 *            stand on one any more
 *
 * A listing lives once: it stands for its actor from the moment it is added until it is dropped,
 * and never for anything again. So what a chain holds at a moment is told by its first link and
 * by which of its listings are dead.
 *
 * Whose memory may go. A loop looks names up in a task, and waits nowhere inside. So once each
 * loop has run some task after a listing was taken out, none stands on it: a round goes from
 * loop to loop for that. Foreign threads count themselves in and out, in one of two counters,
 * and both are seen empty after the taking out; new ones use the other counter meanwhile,
 * so that each runs empty.
 *
 * Invariants:
 *   1. The first listing of a chain, dead or not, stays: so a chain's first link never returns to
 *      what it was.
 *   2. Only adding writes a first link, and only who reaps, one loop at a time, writes the others.
 *   3. A dead listing is in the list of the dead, on its way there, or out of its chain.
 *   4. A listing stands in a list of its owner's until it is dropped, and only that loop drops it.
 */
#ifndef GREENROOM_ACTORS_DIRECTORY_H
#define GREENROOM_ACTORS_DIRECTORY_H

#include <greenroom/registry.h>

#include "base/list.h"
#include "loop/loop.h"

enum gr__directory {
    GR__NAMES,
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
    uint64_t stands_for;           /* a handle; 0: it is dead */
    uint64_t hash;
    struct gr__list link; /* its owner's */
    uint8_t length;
    uint8_t kind;
    char name[];
};

/* 0, -EINVAL for no name, -ENAMETOOLONG. The key is as good as the name is there. */
int gr__key_make(enum gr__directory kind, const char *name, struct gr__key *ret_key);

/* What a name stands for, or 0. Any thread. */
uint64_t gr__directory_find(const struct gr__key *key);

/*
 * Have a name stand for something, alone; the listing is the caller's to link and to drop. -EEXIST
 * it stands for something, which is told; -ENOSPC, -ENOMEM.
 */
int gr__directory_add(struct gr__loop *loop, const struct gr__key *key, uint64_t stands_for,
                      struct gr__listing **ret_listing, uint64_t *ret_taken);

/* Have it stand for nothing from here on, and forget it. */
void gr__directory_drop(struct gr__loop *loop, struct gr__listing *listing);

/* Whether a listing has that name. */
bool gr__listing_is(const struct gr__listing *listing, const struct gr__key *key);

/* Copy all that stands for something; returns how many there are. Any thread. */
size_t gr__directory_copy(enum gr__directory kind, struct gr_named *ret_names, size_t most);

void gr__directory_start(struct gr__loop *loop);

/* When the last loop is done, all that is left goes. */
void gr__directory_done(struct gr__loop *loop);

#endif
