/*
 * The directory: chains, and what becomes of the dead. The design stands in directory.h.
 */
#include "actors/directory.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "actors/news.h"
#include "loop/post.h"

enum {
    CHAINS = 1 << 13,
    REAP_MIN = 64, /* dead listings that are worth a round */
};

static struct gr__listing *chains[GR__DIRECTORIES][CHAINS];

/* Written by all loops. */
static struct {
    alignas(64) struct gr__listing *dead; /* the newest; by who drops one or reaps */
    size_t dead_count;
    size_t held;    /* how many have their memory, by who adds or frees one */
    unsigned loops; /* that have started and are not done */
    bool reaps;     /* somebody does, who alone touches what stands in `reaper` */
    uint64_t seed;  /* of the hash: by loop 0, when it starts */
} shared;

/* Belongs to whoever reaps: it goes from loop to loop with the round. */
static struct {
    struct gr__listing *limbo; /* out of their chains, and perhaps still stood on */
    unsigned empty;            /* counters of foreign threads that were seen empty since */
    size_t at;                 /* how many dead are worth the next round; read by who adds */
} reaper;

/* Written by foreign threads, and `phase` by who reaps. */
static struct {
    alignas(64) unsigned inside[2];
    unsigned phase; /* in which counter who comes now counts himself */
} foreign;

/* --- Looking up ------------------------------------------------------------------------------ */

static uint64_t hash_of(const char *name, size_t length, uint64_t seed)
{
    uint64_t hash = seed ^ length;
    for (size_t at = 0; at < length; at += sizeof hash) {
        uint64_t word = 0;
        memcpy(&word, name + at, length - at < sizeof word ? length - at : sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    hash *= UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ hash >> 32;
}

int gr__key_make(enum gr__directory kind, const char *name, struct gr__key *ret_key)
{
    size_t length = strnlen(name, GR_NAME_MAX + 1);
    if (length == 0)
        return -EINVAL;
    if (length > GR_NAME_MAX)
        return -ENAMETOOLONG;

    uint64_t seed = __atomic_load_n(&shared.seed, __ATOMIC_RELAXED);
    *ret_key = (struct gr__key){name, hash_of(name, length, seed), (uint8_t)length, (uint8_t)kind};
    return 0;
}

static struct gr__listing **chain_of(unsigned kind, uint64_t hash)
{
    return &chains[kind][hash % CHAINS];
}

/*
 * Acquire: what was written before the listing was added is seen. And in one order with the looks
 * for who waits: pairs with gr__directory_add() and with gr__news_tell().
 */
static struct gr__listing *first_of(struct gr__listing *const *chain)
{
    return __atomic_load_n(chain, __ATOMIC_SEQ_CST);
}

/* Acquire: an older listing than the one before may have taken its place. Pairs with take_out(). */
static struct gr__listing *next_of(const struct gr__listing *listing)
{
    return __atomic_load_n(&listing->next, __ATOMIC_ACQUIRE);
}

/* Acquire: who finds it dead sees what its owner did before. Pairs with gr__directory_drop(). */
static uint64_t stands_for(const struct gr__listing *listing)
{
    return __atomic_load_n(&listing->stands_for, __ATOMIC_ACQUIRE);
}

bool gr__listing_is(const struct gr__listing *listing, const struct gr__key *key)
{
    return listing->hash == key->hash && listing->length == key->length &&
           memcmp(listing->name, key->name, key->length) == 0;
}

/* What a name stands for, from a listing on. */
static uint64_t find_from(const struct gr__listing *listing, const struct gr__key *key)
{
    for (; listing != NULL; listing = next_of(listing)) {
        uint64_t found = gr__listing_is(listing, key) ? stands_for(listing) : 0;
        if (found != 0)
            return found;
    }
    return 0;
}

/*
 * A foreign thread begins to walk. Acquire: if who reaps has seen the counter empty before, what
 * was taken out until then is seen to be out. Pairs with runs_empty().
 */
static unsigned enter(void)
{
    if (gr__loop_here() != NULL)
        return 0;

    unsigned phase = __atomic_load_n(&foreign.phase, __ATOMIC_RELAXED);
    __atomic_fetch_add(&foreign.inside[phase], 1, __ATOMIC_ACQ_REL);
    return phase;
}

/* Release: it has read all that it will. Pairs with runs_empty(). */
static void leave(unsigned phase)
{
    if (gr__loop_here() == NULL)
        __atomic_fetch_sub(&foreign.inside[phase], 1, __ATOMIC_RELEASE);
}

uint64_t gr__directory_find(const struct gr__key *key)
{
    unsigned phase = enter();
    uint64_t found = find_from(first_of(chain_of(key->kind, key->hash)), key);
    leave(phase);
    return found;
}

size_t gr__directory_copy(enum gr__directory kind, struct gr_named *ret_names, size_t most)
{
    size_t count = 0;
    unsigned phase = enter();
    for (unsigned i = 0; i < CHAINS; i++) {
        const struct gr__listing *listing = first_of(&chains[kind][i]);
        for (; listing != NULL; listing = next_of(listing)) {
            uint64_t found = stands_for(listing);
            if (found == 0 || count++ >= most)
                continue;
            ret_names[count - 1].actor.name = found;
            memcpy(ret_names[count - 1].name, listing->name, listing->length);
            ret_names[count - 1].name[listing->length] = '\0';
        }
    }
    leave(phase);
    return count;
}

/* --- Reaping --------------------------------------------------------------------------------- */

/*
 * Release: who takes the dead out of this list sees the whole listing. Pairs with reap(). To push asks
 * for the newest and reads nothing behind it, so that one that went and came back is as good.
 */
static void push_dead(struct gr__listing *listing)
{
    listing->next_dead = __atomic_load_n(&shared.dead, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&shared.dead, &listing->next_dead, listing, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
    __atomic_fetch_add(&shared.dead_count, 1, __ATOMIC_RELAXED);
}

/* Release: whoever goes on from the one before sees the older ones whole. Pairs with next_of(). */
static bool take_out(struct gr__listing *listing)
{
    struct gr__listing *before = first_of(chain_of(listing->kind, listing->hash));
    if (before == listing)
        return false;

    while (next_of(before) != listing)
        before = next_of(before);
    __atomic_store_n(&before->next, listing->next, __ATOMIC_RELEASE);
    return true;
}

/*
 * Whether no foreign thread is left that has counted itself in the counter which nobody uses now.
 * Acquire, of who left; release, for who comes later, since this writes what it has read. Pairs
 * with enter() and leave(). A thread may come late, by a phase of long ago: it sees then
 * what has been taken out, as any other.
 */
static bool runs_empty(void)
{
    unsigned idle = !__atomic_load_n(&foreign.phase, __ATOMIC_RELAXED);
    if (__atomic_fetch_add(&foreign.inside[idle], 0, __ATOMIC_ACQ_REL) != 0)
        return false;

    __atomic_store_n(&foreign.phase, idle, __ATOMIC_RELAXED);
    return true;
}

static bool foreign_have_left(void)
{
    while (reaper.empty < 2 && runs_empty())
        reaper.empty++;
    return reaper.empty == 2;
}

static void give(struct gr__loop *loop, struct gr__listing *listing)
{
    gr__pool_give(&loop->pool, listing, sizeof *listing + listing->length);
    __atomic_fetch_sub(&shared.held, 1, __ATOMIC_RELAXED);
}

static void empty_limbo(struct gr__loop *loop)
{
    for (struct gr__listing *listing; (listing = reaper.limbo) != NULL;) {
        reaper.limbo = listing->next_dead;
        give(loop, listing);
    }
}

/* All loops have been visited. Where a foreign thread is still inside, the next round sees to it. */
static void end_reaping(struct gr__loop *loop)
{
    if (foreign_have_left())
        empty_limbo(loop);

    /* Release: what it has written is seen by who reaps next. Pairs with reap_if_due(). */
    __atomic_store_n(&shared.reaps, false, __ATOMIC_RELEASE);
}

/* Goes from loop to loop, once to each. Where a loop has stopped it ends, and so does all reaping. */
struct round {
    struct gr__task task;
    unsigned left; /* loops to visit */
};

static struct round *round_of(struct gr__task *task)
{
    return gr__container_of(task, struct round, task);
}

static void give_round(struct gr__task *task)
{
    gr__pool_give(&gr__loop_here()->pool, round_of(task), sizeof(struct round));
}

static void send_on(struct gr__loop *loop, struct round *round)
{
    round->left--;
    if (!gr__post(loop, (loop->id + 1) % loop->loop_count, &round->task, sizeof *round))
        give_round(&round->task);
}

static void visit(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    if (round_of(task)->left > 0) {
        send_on(loop, round_of(task));
        return;
    }
    give_round(task);
    end_reaping(loop);
}

static const struct gr__task_class round_class = {"a round of the directory", visit, give_round,
                                                  NULL};

/* Nothing of this loop stands on a listing now, save its caller on one that it has just added. */
static void visit_the_others(struct gr__loop *loop)
{
    if (loop->loop_count == 1) {
        end_reaping(loop);
        return;
    }
    struct round *round = gr__pool_take(&loop->pool, sizeof *round);
    if (round == NULL) {
        __atomic_store_n(&shared.reaps, false, __ATOMIC_RELEASE);
        return;
    }
    *round = (struct round){{NULL, &round_class}, loop->loop_count - 1};
    send_on(loop, round);
}

/* Those that are first in their chains stay, and are not worth a round soon. */
static void reap(struct gr__loop *loop)
{
    size_t stay = 0;
    struct gr__listing *next;
    for (struct gr__listing *listing = __atomic_exchange_n(&shared.dead, NULL, __ATOMIC_ACQUIRE);
         listing != NULL; listing = next) {
        next = listing->next_dead;
        __atomic_fetch_sub(&shared.dead_count, 1, __ATOMIC_RELAXED);
        if (take_out(listing)) {
            listing->next_dead = reaper.limbo;
            reaper.limbo = listing;
        } else {
            push_dead(listing);
            stay++;
        }
    }
    reaper.empty = 0;
    __atomic_store_n(&reaper.at, REAP_MIN + 2 * stay, __ATOMIC_RELAXED);
    visit_the_others(loop);
}

/* Acquire, of what who reaped before has written. Pairs with end_reaping(). */
static void reap_if_due(struct gr__loop *loop)
{
    size_t due = __atomic_load_n(&reaper.at, __ATOMIC_RELAXED);
    if (__atomic_load_n(&shared.dead_count, __ATOMIC_RELAXED) >= due &&
        !__atomic_exchange_n(&shared.reaps, true, __ATOMIC_ACQUIRE))
        reap(loop);
}

/* --- Adding and dropping ---------------------------------------------------------------------- */

static struct gr__listing *take(struct gr__loop *loop, const struct gr__key *key,
                                uint64_t stands_for_it)
{
    struct gr__listing *listing = gr__pool_take(&loop->pool, sizeof *listing + key->length);
    if (listing == NULL)
        return NULL;

    *listing = (struct gr__listing){
        .stands_for = stands_for_it, .hash = key->hash, .length = key->length, .kind = key->kind};
    memcpy(listing->name, key->name, key->length);
    return listing;
}

/*
 * Put it ahead of its chain, unless its name stands for something: which is asked of the chain as it
 * is then, since the link that is replaced is the one from which on nothing was found. Release:
 * who finds the listing sees it whole. Pairs with first_of().
 */
static uint64_t put_ahead(struct gr__listing *listing, const struct gr__key *key)
{
    struct gr__listing **chain = chain_of(key->kind, key->hash);
    listing->next = first_of(chain);
    do {
        uint64_t taken = find_from(listing->next, key);
        if (taken != 0)
            return taken;
    } while (!__atomic_compare_exchange_n(chain, &listing->next, listing, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    return 0;
}

int gr__directory_add(struct gr__loop *loop, const struct gr__key *key, uint64_t stands_for_it,
                      struct gr__listing **ret_listing, uint64_t *ret_taken)
{
    reap_if_due(loop);
    int rc = -ENOSPC;
    if (__atomic_fetch_add(&shared.held, 1, __ATOMIC_RELAXED) >= GR_NAMES_MAX)
        goto undo_count;
    rc = -ENOMEM;
    struct gr__listing *listing = take(loop, key, stands_for_it);
    if (listing == NULL)
        goto undo_count;

    *ret_taken = put_ahead(listing, key);
    if (*ret_taken != 0) {
        give(loop, listing);
        return -EEXIST;
    }
    gr__news_tell(loop);
    *ret_listing = listing;
    return 0;

undo_count:
    __atomic_fetch_sub(&shared.held, 1, __ATOMIC_RELAXED);
    return rc;
}

void gr__directory_drop(struct gr__loop *loop, struct gr__listing *listing)
{
    (void)loop;
    gr__list_remove(&listing->link);

    /* Release: who finds that it is dead sees all that came before. Pairs with stands_for(). */
    __atomic_store_n(&listing->stands_for, 0, __ATOMIC_RELEASE);
    push_dead(listing);
}

/* --- The stratum ------------------------------------------------------------------------------ */

/* The loop's own numbers go on as if nobody had looked at them. */
void gr__directory_start(struct gr__loop *loop)
{
    if (loop->id == 0) {
        struct gr__random random = loop->random;
        __atomic_store_n(&shared.seed, gr__random_next(&random), __ATOMIC_RELAXED);
        reaper.at = REAP_MIN;
    }
    __atomic_fetch_add(&shared.loops, 1, __ATOMIC_RELAXED);
}

/* No loop looks any more, but foreign threads may, and find nothing from here on. */
static void end_all(struct gr__loop *loop)
{
    for (unsigned i = 0; i < GR__DIRECTORIES * CHAINS; i++) {
        struct gr__listing *listing =
            __atomic_exchange_n(&chains[i / CHAINS][i % CHAINS], NULL, __ATOMIC_ACQ_REL);
        for (; listing != NULL; listing = listing->next) {
            listing->next_dead = reaper.limbo;
            reaper.limbo = listing;
        }
    }
    reaper.empty = 0;
    while (!foreign_have_left())
        sched_yield();
    empty_limbo(loop);
    shared.dead = NULL;
    shared.dead_count = 0;
}

void gr__directory_done(struct gr__loop *loop)
{
    /* Acquire and release: the last one sees what all others have done. */
    if (__atomic_sub_fetch(&shared.loops, 1, __ATOMIC_ACQ_REL) > 0)
        return;

    if (shared.held > 0)
        end_all(loop);
    shared.reaps = false;
}
