/*
 * The directory: chains, and what becomes of the dead. The design stands in directory.h.
 */
#include "actors/directory.h"

#include <errno.h>
#include <string.h>

#include "actors/chain.h"
#include "actors/reaper.h"
#include "base/hash.h"

/* Of a moment: it has come, and nobody has said yet when. */
#define NOT_YET_TOLD UINT64_MAX

struct gr__chain gr__chains[GR__DIRECTORIES][GR__CHAINS];

/* Written by all loops. */
static struct {
    alignas(64) size_t held; /* how many listings have their memory */
    unsigned loops;          /* that have started and are not done */
    uint64_t seed;           /* of the hash: by loop 0, when it starts */
} shared;

/* --- Looking up ------------------------------------------------------------------------------ */

int gr__key_make(enum gr__directory kind, const char *name, struct gr__key *ret_key)
{
    size_t length = strnlen(name, GR_NAME_MAX + 1);
    if (length == 0)
        return -EINVAL;
    if (length > GR_NAME_MAX)
        return -ENAMETOOLONG;

    uint64_t seed = __atomic_load_n(&shared.seed, __ATOMIC_RELAXED);
    *ret_key = (struct gr__key){name, gr__hash(seed, name, length), (uint8_t)length, (uint8_t)kind};
    return 0;
}

bool gr__keys_equal(const struct gr__key *one, const struct gr__key *other)
{
    return one->hash == other->hash && one->length == other->length &&
           memcmp(one->name, other->name, one->length) == 0;
}

/* Acquire: who finds it dead sees what its owner did before. Pairs with gr__directory_drop(). */
static bool lives(const struct gr__listing *listing)
{
    return __atomic_load_n(&listing->died, __ATOMIC_ACQUIRE) == 0;
}

static bool has_name(const struct gr__listing *listing, const struct gr__key *key)
{
    return listing->hash == key->hash && listing->length == key->length &&
           memcmp(listing->name, key->name, key->length) == 0;
}

struct gr__listing *gr__listing_in(const struct gr__list *list, const struct gr__key *key)
{
    gr__list_each (link, list)
        if (gr__listing_at(link)->kind == key->kind && has_name(gr__listing_at(link), key))
            return gr__listing_at(link);
    return NULL;
}

/* What a name stands for, from a listing on. */
static uint64_t find_from(const struct gr__listing *listing, const struct gr__key *key)
{
    for (; listing != NULL; listing = gr__chain_next(listing))
        if (has_name(listing, key) && lives(listing))
            return listing->stands_for;
    return 0;
}

uint64_t gr__directory_find(const struct gr__key *key)
{
    unsigned phase = gr__reaper_enter();
    uint64_t found = find_from(gr__chain_first(gr__chain_of(key->kind, key->hash)), key);
    gr__reaper_leave(phase);
    return found;
}

/*
 * The moment of a birth or a death that has come: what the clock showed to who asked first, the owner
 * or somebody who looks.
 */
static uint64_t moment_of(const struct gr__chain *chain, uint64_t *moment)
{
    uint64_t told = __atomic_load_n(moment, __ATOMIC_SEQ_CST);
    if (told != NOT_YET_TOLD)
        return told;

    uint64_t now = __atomic_load_n(&chain->clock, __ATOMIC_SEQ_CST) + 1;
    bool first =
        __atomic_compare_exchange_n(moment, &told, now, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return first ? now : told;
}

static bool lived_at(const struct gr__chain *chain, struct gr__listing *listing, uint64_t moment)
{
    uint64_t died = moment_of(chain, &listing->died);
    return (died == 0 || died > moment) && moment_of(chain, &listing->born) <= moment;
}

/*
 * Who looks moves the clock on, and sees what lived at the moment that it showed before. All steps on
 * clock, moments and first links are in one order. So of what this has not seen in its chain, or
 * seen to live, the owner asks the clock later, and is told of a later moment; and where it
 * sees that a moment has come, it asks itself. So all who look agree, and nobody waits.
 */
size_t gr__directory_collect(const struct gr__key *key, gr_actor *ret_found, size_t most)
{
    struct gr__chain *chain = gr__chain_of(key->kind, key->hash);
    size_t count = 0;
    unsigned phase = gr__reaper_enter();
    uint64_t moment = __atomic_fetch_add(&chain->clock, 1, __ATOMIC_SEQ_CST) + 1;
    for (struct gr__listing *listing = gr__chain_first(chain); listing != NULL;
         listing = gr__chain_next(listing))
        if (has_name(listing, key) && lived_at(chain, listing, moment) && count++ < most)
            ret_found[count - 1].name = listing->stands_for;
    gr__reaper_leave(phase);
    return count;
}

/* In one order with the looks for who listens, and acquire: what is looked at next is no older. */
uint64_t gr__directory_changes(const struct gr__key *key)
{
    return __atomic_load_n(&gr__chain_of(key->kind, key->hash)->changes, __ATOMIC_SEQ_CST);
}

/* Pairs with gr__directory_changes(). */
static void note_change(struct gr__chain *chain)
{
    __atomic_fetch_add(&chain->changes, 1, __ATOMIC_SEQ_CST);
}

size_t gr__directory_copy(enum gr__directory kind, struct gr_named *ret_names, size_t most)
{
    size_t count = 0;
    unsigned phase = gr__reaper_enter();
    for (unsigned i = 0; i < GR__CHAINS; i++) {
        const struct gr__listing *listing = gr__chain_first(&gr__chains[kind][i]);
        for (; listing != NULL; listing = gr__chain_next(listing)) {
            if (!lives(listing) || count++ >= most)
                continue;
            ret_names[count - 1].actor.name = listing->stands_for;
            memcpy(ret_names[count - 1].name, listing->name, listing->length);
            ret_names[count - 1].name[listing->length] = '\0';
        }
    }
    gr__reaper_leave(phase);
    return count;
}

/* --- Adding and dropping ---------------------------------------------------------------------- */

void gr__listing_give(struct gr__loop *loop, struct gr__listing *listing)
{
    gr__pool_give(&loop->pool, listing, sizeof *listing + listing->length);
    __atomic_fetch_sub(&shared.held, 1, __ATOMIC_RELAXED);
}

static struct gr__listing *take(struct gr__loop *loop, const struct gr__key *key,
                                uint64_t stands_for)
{
    struct gr__listing *listing = gr__pool_take(&loop->pool, sizeof *listing + key->length);
    if (listing == NULL)
        return NULL;

    *listing = (struct gr__listing){.stands_for = stands_for,
                                    .born = NOT_YET_TOLD,
                                    .hash = key->hash,
                                    .length = key->length,
                                    .kind = key->kind};
    memcpy(listing->name, key->name, key->length);
    return listing;
}

/*
 * Put it ahead of its chain. If it is to be alone, then unless its name stands for something: which
 * is asked of the chain as it is then, since the link that is replaced is the one from which on
 * nothing was found. Release: who finds the listing sees it whole. Pairs with gr__chain_first().
 */
static uint64_t put_ahead(struct gr__listing *listing, const struct gr__key *key, bool alone)
{
    struct gr__chain *chain = gr__chain_of(key->kind, key->hash);
    listing->next = gr__chain_first(chain);
    do {
        uint64_t taken = alone ? find_from(listing->next, key) : 0;
        if (taken != 0)
            return taken;
    } while (!__atomic_compare_exchange_n(&chain->first, &listing->next, listing, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    moment_of(chain, &listing->born);
    note_change(chain);
    return 0;
}

int gr__directory_add(struct gr__loop *loop, const struct gr__key *key, uint64_t stands_for,
                      struct gr__listing **ret_listing, uint64_t *ret_taken)
{
    gr__reaper_reap(loop);
    int rc = -ENOSPC;
    if (__atomic_fetch_add(&shared.held, 1, __ATOMIC_RELAXED) >= GR_NAMES_MAX) {
        gr__reaper_urge();
        goto undo_count;
    }
    rc = -ENOMEM;
    struct gr__listing *listing = take(loop, key, stands_for);
    if (listing == NULL)
        goto undo_count;

    uint64_t taken = put_ahead(listing, key, ret_taken != NULL);
    if (taken != 0) {
        gr__listing_give(loop, listing);
        *ret_taken = taken;
        return -EEXIST;
    }
    *ret_listing = listing;
    return 0;

undo_count:
    __atomic_fetch_sub(&shared.held, 1, __ATOMIC_RELAXED);
    return rc;
}

void gr__directory_drop(struct gr__listing *listing)
{
    gr__list_remove(&listing->link);

    struct gr__chain *chain = gr__chain_of(listing->kind, listing->hash);

    /* Release: who finds that it is dead sees all that came before. Pairs with lives(). */
    __atomic_store_n(&listing->died, NOT_YET_TOLD, __ATOMIC_SEQ_CST);
    moment_of(chain, &listing->died);
    note_change(chain);
    gr__reaper_push(listing);
}

/* --- The stratum ------------------------------------------------------------------------------ */

/* The loop's own numbers go on as if nobody had looked at them. */
void gr__directory_start(struct gr__loop *loop)
{
    if (loop->id == 0) {
        struct gr__random random = loop->random;
        __atomic_store_n(&shared.seed, gr__random_next(&random), __ATOMIC_RELAXED);
        gr__reaper_start();
    }
    __atomic_fetch_add(&shared.loops, 1, __ATOMIC_RELAXED);
}

void gr__directory_done(struct gr__loop *loop)
{
    /* Acquire and release: the last one sees what all others have done. */
    if (__atomic_sub_fetch(&shared.loops, 1, __ATOMIC_ACQ_REL) > 0)
        return;

    if (shared.held > 0)
        gr__reaper_end(loop);
}
