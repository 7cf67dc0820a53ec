/*
 * The reaper: rounds, and what goes with them. The design stands in reaper.h.
 */
#include "actors/reaper.h"

#include <errno.h>
#include <sched.h>

#include "actors/chain.h"
#include "loop/post.h"

enum { REAP_MIN = 64 }; /* dead listings that are worth a round */

/* Written by all loops. */
static struct {
    alignas(64) struct gr__listing *dead; /* the newest; by who drops one or reaps */
    size_t count;                         /* of the dead that have their memory still */
    bool under_way; /* somebody reaps, who alone touches what stands in `reaper` */
} shared;

/* Belongs to whoever reaps: it goes from loop to loop with the round. */
static struct {
    struct gr__listing *waiting; /* dead, and perhaps looked for by who began before */
    struct gr__listing *limbo;   /* out of their chains, and perhaps still stood on */
    bool visited;   /* all loops were, and there are foreign threads that began before */
    unsigned empty; /* counters of these that were seen empty since */
    size_t at;      /* how many dead are worth the next round; read by who adds */
} reaper;

/* Written by foreign threads, and `phase` by who reaps. */
static struct {
    alignas(64) unsigned inside[2];
    unsigned phase; /* in which counter who comes now counts himself */
} foreign;

/*
 * Release: who takes the dead out of this list sees the whole listing. Pairs with begin_round(). To push asks
 * for the newest and reads nothing behind it, so that one that went and came back is as good.
 */
static void push(struct gr__listing *listing)
{
    listing->next_dead = __atomic_load_n(&shared.dead, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&shared.dead, &listing->next_dead, listing, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
}

void gr__reaper_push(struct gr__listing *listing)
{
    __atomic_fetch_add(&shared.count, 1, __ATOMIC_RELAXED);
    push(listing);
}

/*
 * A foreign thread begins to walk. Acquire: if who reaps has seen the counter empty before, what
 * was taken out until then is seen to be out. Pairs with runs_empty().
 */
unsigned gr__reaper_enter(void)
{
    if (gr__loop_here() != NULL)
        return 0;

    unsigned phase = __atomic_load_n(&foreign.phase, __ATOMIC_RELAXED);
    __atomic_fetch_add(&foreign.inside[phase], 1, __ATOMIC_ACQ_REL);
    return phase;
}

/* Release: it has read all that it will. Pairs with runs_empty(). */
void gr__reaper_leave(unsigned phase)
{
    if (gr__loop_here() == NULL)
        __atomic_fetch_sub(&foreign.inside[phase], 1, __ATOMIC_RELEASE);
}

/* Release: whoever goes on from the one before sees the older ones whole. Pairs with gr__chain_next(). */
static bool take_out(struct gr__listing *listing)
{
    struct gr__listing *before = gr__chain_first(gr__chain_of(listing->kind, listing->hash));
    if (before == listing)
        return false;

    while (gr__chain_next(before) != listing)
        before = gr__chain_next(before);
    __atomic_store_n(&before->next, listing->next, __ATOMIC_RELEASE);
    return true;
}

/*
 * Whether no foreign thread is left that has counted itself in the counter which nobody uses now.
 * Acquire, of who left; release, for who comes later, since this writes what it has read. Pairs
 * with gr__reaper_enter() and gr__reaper_leave(). A thread may come late, by a phase of long ago: it sees then
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

static void empty_limbo(struct gr__loop *loop)
{
    for (struct gr__listing *listing; (listing = reaper.limbo) != NULL;) {
        reaper.limbo = listing->next_dead;
        gr__listing_give(loop, listing);
        __atomic_fetch_sub(&shared.count, 1, __ATOMIC_RELAXED);
    }
}

/* Those that are first in their chains stay, and are not worth a round soon. */
static void take_waiting_out(void)
{
    size_t stay = 0;
    for (struct gr__listing *listing; (listing = reaper.waiting) != NULL;) {
        reaper.waiting = listing->next_dead;
        if (take_out(listing)) {
            listing->next_dead = reaper.limbo;
            reaper.limbo = listing;
        } else {
            push(listing);
            stay++;
        }
    }
    __atomic_store_n(&reaper.at, REAP_MIN + 2 * stay, __ATOMIC_RELAXED);
}

/* Release: what it has written is seen by who reaps next. Pairs with gr__reaper_reap(). */
static void rest(void)
{
    __atomic_store_n(&shared.under_way, false, __ATOMIC_RELEASE);
}

/* All loops were visited. If foreign threads are still inside, who reaps next goes on from here. */
static void end_reaping(struct gr__loop *loop)
{
    reaper.visited = !foreign_have_left();
    if (!reaper.visited) {
        empty_limbo(loop);
        take_waiting_out();
    }
    rest();
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

/* Nothing of this loop stands on a listing now, save its caller on one that it is about to add. */
static int begin_round(struct gr__loop *loop)
{
    struct round *round = NULL;
    if (loop->loop_count > 1 && (round = gr__pool_take(&loop->pool, sizeof *round)) == NULL)
        return -ENOMEM;

    reaper.waiting = __atomic_exchange_n(&shared.dead, NULL, __ATOMIC_ACQUIRE);
    reaper.empty = 0;
    if (round == NULL) {
        end_reaping(loop);
        return 0;
    }
    *round = (struct round){{NULL, &round_class}, loop->loop_count - 1};
    send_on(loop, round);
    return 0;
}

/* Acquire, of what who reaped before has written. Pairs with rest(). */
void gr__reaper_reap(struct gr__loop *loop)
{
    size_t due = __atomic_load_n(&reaper.at, __ATOMIC_RELAXED);
    if (__atomic_load_n(&shared.count, __ATOMIC_RELAXED) >= due &&
        !__atomic_exchange_n(&shared.under_way, true, __ATOMIC_ACQUIRE)) {
        if (reaper.visited)
            end_reaping(loop);
        else if (begin_round(loop) < 0)
            rest();
    }
}

/* Written at the same time by who reaps, it is his that holds, and whoever is refused next comes again. */
void gr__reaper_urge(void)
{
    __atomic_store_n(&reaper.at, 1, __ATOMIC_RELAXED);
}

void gr__reaper_start(void)
{
    reaper.at = REAP_MIN;
    shared.under_way = false; /* a round may have ended with a loop that stopped */
}

/*
 * No loop looks any more, but foreign threads may, and find nothing from here on. All listings are in
 * chains, or in limbo.
 */
void gr__reaper_end(struct gr__loop *loop)
{
    for (unsigned i = 0; i < GR__DIRECTORIES * GR__CHAINS; i++) {
        struct gr__listing *listing = __atomic_exchange_n(
            &gr__chains[i / GR__CHAINS][i % GR__CHAINS].first, NULL, __ATOMIC_ACQ_REL);
        for (; listing != NULL; listing = listing->next) {
            listing->next_dead = reaper.limbo;
            reaper.limbo = listing;
        }
    }
    reaper.empty = 0;
    while (!foreign_have_left())
        sched_yield();
    empty_limbo(loop);
    shared.dead = reaper.waiting = NULL;
    reaper.visited = false;
    shared.count = 0;
}
