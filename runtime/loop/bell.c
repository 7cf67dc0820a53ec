/*
 * Bells: tasks that lie ready, one each, and a word that says who is to post it.
 *
 *     63            32 31      24   23   22            0
 *     +---------------+----------+------+---------------+
 *     |  generation   |   loop   | GONE |     rings     |    rings: not yet heard, or under way
 *     +---------------+----------+------+---------------+
 *           as in its handle
 *
 *     ring:  rings + 1; whoever made 1 of 0 posts the task
 *     hear:  n = rings; run(n); rings - n; where some are left the task is queued again
 *     drop:  GONE; whoever makes 0 of the rings of a bell that is GONE, frees it
 *
 * So the task is in one place at a time: rings are not 0 from before it is posted until after its
 * run, and only who finds them 0 posts it. That is all that keeps calls from overlapping, too.
 *
 * Bells are static, so that a ring never meets memory that has gone; a handle of an earlier life
 * differs in its generation. A bell whose generations are used up is never taken again.
 *
 * A ring may be interrupted anywhere, and outlive its loop between the two steps. It then finds the
 * inbox closed, and does itself what the loop would have: it makes the rings 0.
 *
 * Invariants:
 *   1. The generation is odd while the bell is taken.
 *   2. Only the thread of the bell's loop sets GONE, and reads and writes run, context and hearing.
 *   3. A bell is freed by exactly one: by the step of the word to GONE and no rings.
 */
#include <greenroom/bell.h>

#include <ck_pr.h>
#include <errno.h>

#include "loop/loop.h"

#define GONE ((uint64_t)1 << 23)
#define RINGS (GONE - 1)

struct bell {
    alignas(64) struct gr__task task;
    gr_bell_fn *run;
    void *context;
    uint64_t word;
    bool hearing; /* its function is under way */
};

static struct bell bells[GR_BELLS_MAX];

static uint32_t generation_of(uint64_t word)
{
    return (uint32_t)(word >> 32);
}

/*
 * Take so many rings off, or all there are; mark it GONE, where that is wanted; and free it where it
 * is GONE and none are left. How many are left.
 *
 * Release: all that was done with the bell's fields comes before its next life. Pairs with the
 * acquire in take(). Acquire: who runs again sees what the rings that are left have published.
 * Pairs with the release in gr_bell_ring().
 */
static uint64_t forget(struct bell *bell, uint64_t rings, uint64_t mark)
{
    uint64_t word = ck_pr_load_64(&bell->word);
    uint64_t next;
    ck_pr_fence_release();
    do {
        uint64_t left = (word & RINGS) - (rings < (word & RINGS) ? rings : word & RINGS);
        next = (word & ~RINGS) | mark | left;
        if ((next & GONE) != 0 && left == 0)
            next = gr__handle(generation_of(word) + 1, 0, 0);
    } while (!ck_pr_cas_64_value(&bell->word, word, next, &word));
    ck_pr_fence_acquire();
    return next & RINGS;
}

static void hear(struct gr__task *task)
{
    struct bell *bell = gr__container_of(task, struct bell, task);
    uint64_t word = ck_pr_load_64(&bell->word);

    /* Acquire: the call sees what was written before the rings. Pairs with gr_bell_ring(). */
    ck_pr_fence_acquire();
    if ((word & GONE) == 0) {
        bell->hearing = true;
        bell->run(word & RINGS, bell->context);
        bell->hearing = false;
    }
    if (forget(bell, word & RINGS, 0) > 0)
        gr__loop_ready(gr__loop_here(), &bell->task);
}

/* No loop hears it any more. */
static void silence(struct gr__task *task)
{
    forget(gr__container_of(task, struct bell, task), RINGS, 0);
}

static const struct gr__task_class ring_class = {"a bell", hear, silence, NULL};

/* Take a bell that is free; its handle then, or 0. */
static uint64_t take(uint32_t index, unsigned loop)
{
    struct bell *bell = &bells[index];
    uint64_t word = ck_pr_load_64(&bell->word);
    uint32_t generation = generation_of(word) + 1;
    if ((generation & 1) == 0 || generation == UINT32_MAX ||
        !ck_pr_cas_64(&bell->word, word, gr__handle(generation, loop, 0)))
        return 0;

    ck_pr_fence_acquire(); /* pairs with the release in forget() */
    return gr__handle(generation, loop, index);
}

int gr_bell_make(gr_bell_fn *run, void *context, gr_bell *ret_bell)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    for (uint32_t i = 0; i < GR_BELLS_MAX; i++) {
        uint64_t name = take(i, loop->id);
        if (name == 0)
            continue;
        bells[i].task.class = &ring_class;
        bells[i].run = run;
        bells[i].context = context;
        bells[i].hearing = false;
        *ret_bell = (gr_bell){name};
        return 0;
    }
    return -ENOSPC;
}

static struct bell *bell_of(gr_bell bell)
{
    uint32_t index = gr__handle_index(bell.name);
    assert(index < GR_BELLS_MAX);
    return &bells[index];
}

/* Whether the bell of this word is in the life that the handle names. */
static bool names(gr_bell bell, uint64_t word)
{
    return bell.name != 0 && ((bell.name ^ word) & ~(GONE | RINGS)) == 0 && (word & GONE) == 0;
}

int gr_bell_ring(gr_bell name)
{
    int saved = errno;
    struct bell *bell = bell_of(name);
    uint64_t word = ck_pr_load_64(&bell->word);
    do {
        if (!names(name, word))
            return -ESTALE;
        if ((word & RINGS) == RINGS)
            return 0; /* as many as can be counted */

        /* Release: pairs with the acquires in hear() and forget(). */
        ck_pr_fence_release();
    } while (!ck_pr_cas_64_value(&bell->word, word, word + 1, &word));
    if ((word & RINGS) != 0)
        return 0;

    bool posted = gr__inbox_post_foreign(&gr__inboxes[gr__handle_loop(name.name)], &bell->task);
    if (!posted)
        silence(&bell->task);
    errno = saved;
    return posted ? 0 : -ESHUTDOWN;
}

void gr_bell_drop(gr_bell name)
{
    const struct gr__loop *loop = gr__loop_here();
    assert(loop != NULL && "only on a loop's thread");
    assert(name.name == 0 || gr__handle_loop(name.name) == loop->id);
    (void)loop;
    struct bell *bell = bell_of(name);
    if (names(name, ck_pr_load_64(&bell->word)))
        forget(bell, 0, GONE);
}

static int stratum_start(struct gr__loop *loop)
{
    (void)loop;
    return 0;
}

/*
 * Its inbox is closed, so the rings there are have been silenced, or their poster is about to. Those
 * of a call that is under way still, on a stack that nobody will resume, are silenced here.
 */
static void stratum_done(struct gr__loop *loop)
{
    for (struct bell *bell = bells; bell < bells + GR_BELLS_MAX; bell++) {
        uint64_t word = ck_pr_load_64(&bell->word);
        if ((generation_of(word) & 1) == 0 || gr__handle_loop(word) != loop->id)
            continue;
        bool cut_off = bell->hearing;
        forget(bell, cut_off ? RINGS : 0, GONE);
    }
}

static struct gr__stratum stratum = {
    .part = GR__PART_BELL, .start = stratum_start, .done = stratum_done};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
