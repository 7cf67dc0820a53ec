/*
 * The inbox: pushing, taking, and the word's other states. The design stands in inbox.h.
 */
#include "loop/inbox.h"

#include <assert.h>
#include <sched.h>

#include "loop/host.h"

#define BATCH_ENDS ((uintptr_t)1)

struct gr__inbox gr__inboxes[GR__LOOPS_MAX];

static bool is_mail(const void *word)
{
    return (uintptr_t)word > (uintptr_t)GR__INBOX_ASLEEP;
}

/* The link from the last task of a batch to the word that it replaces. */
static struct gr__task *link_to(void *word)
{
    uintptr_t older = is_mail(word) ? (uintptr_t)word : 0;
    return (struct gr__task *)(older | BATCH_ENDS);
}

void gr__inbox_open(struct gr__inbox *inbox, struct gr__host *host, struct gr__lane *lanes)
{
    inbox->host = host;
    inbox->lanes = lanes;

    /* Release: who sees EMPTY sees the host. Pairs with the load in gr__inbox_post(). */
    ck_pr_fence_release();
    ck_pr_store_ptr(&inbox->word, GR__INBOX_EMPTY);
}

bool gr__inbox_post(struct gr__inbox *inbox, struct gr__task *first, struct gr__task *last)
{
    void *word = ck_pr_load_ptr(&inbox->word);
    do {
        if (word == GR__INBOX_CLOSED)
            return false;
        last->next = link_to(word);

        /* Release: the owner who takes `first` sees the whole chain. Pairs with the
         * acquire in gr__inbox_unfold(). */
        ck_pr_fence_release();
    } while (!ck_pr_cas_ptr_value(&inbox->word, word, first, &word));

    if (word == GR__INBOX_ASLEEP)
        inbox->host->class->wake(inbox->host);
    return true;
}

/*
 * A loop is joined before any host is freed, but nobody joins a foreign thread. So it
 * counts itself in before it looks at the word and out after it woke the owner, and
 * gr__inbox_close() writes CLOSED before it looks at the count. Both are atomic
 * read-modify-writes, so one of the two sees the other: the poster finds CLOSED, or the
 * owner waits for the poster.
 */
bool gr__inbox_post_foreign(struct gr__inbox *inbox, struct gr__task *task)
{
    ck_pr_inc_uint(&inbox->foreign_posters);
    ck_pr_fence_atomic();
    bool posted = gr__inbox_post(inbox, task, task);
    ck_pr_fence_release();
    ck_pr_dec_uint(&inbox->foreign_posters);
    return posted;
}

/* The last task of the batch that begins at `first`. */
static struct gr__task *last_of(struct gr__task *first)
{
    struct gr__task *task = first;
    while (((uintptr_t)task->next & BATCH_ENDS) == 0)
        task = task->next;
    return task;
}

/* Append the batches from `newest` on, the oldest of them first. */
static void unfold(struct gr__task *newest, struct gr__queue *queue)
{
    struct gr__task *first = NULL;
    struct gr__task *last = NULL;
    for (struct gr__task *batch = newest; batch != NULL;) {
        struct gr__task *end = last_of(batch);
        struct gr__task *older = (struct gr__task *)((uintptr_t)end->next & ~BATCH_ENDS);
        end->next = first;
        if (last == NULL)
            last = end;
        first = batch;
        batch = older;
    }
    gr__queue_extend(queue, first, last);
}

void gr__inbox_unfold(struct gr__inbox *inbox, struct gr__queue *queue)
{
    void *word = ck_pr_fas_ptr(&inbox->word, GR__INBOX_EMPTY);

    /* Acquire: pairs with the release in gr__inbox_post(). */
    ck_pr_fence_acquire();
    if (is_mail(word))
        unfold(word, queue);
}

bool gr__inbox_rouse(struct gr__inbox *inbox)
{
    /* Full: cells before the word. Pairs with the fence in gr__inbox_sleep(). */
    ck_pr_fence_memory();
    const void *word = ck_pr_load_ptr(&inbox->word);
    if (word == GR__INBOX_ASLEEP && ck_pr_cas_ptr(&inbox->word, GR__INBOX_ASLEEP, GR__INBOX_EMPTY))
        inbox->host->class->wake(inbox->host);
    return word != GR__INBOX_CLOSED;
}

bool gr__inbox_sleep(struct gr__inbox *inbox)
{
    if (!ck_pr_cas_ptr(&inbox->word, GR__INBOX_EMPTY, GR__INBOX_ASLEEP))
        return false;

    /* Full: the word before the lanes. Pairs with the fence in gr__inbox_rouse(). */
    ck_pr_fence_memory();
    return true;
}

void gr__inbox_wake(struct gr__inbox *inbox)
{
    ck_pr_cas_ptr(&inbox->word, GR__INBOX_ASLEEP, GR__INBOX_EMPTY);
}

void gr__inbox_close(struct gr__inbox *inbox, struct gr__queue *queue)
{
    void *word = ck_pr_fas_ptr(&inbox->word, GR__INBOX_CLOSED);
    ck_pr_fence_atomic();
    if (is_mail(word))
        unfold(word, queue);

    /* The post of a foreign thread is a few instructions long. Pairs with its decrement. */
    while (ck_pr_load_uint(&inbox->foreign_posters) != 0)
        sched_yield();
    ck_pr_fence_acquire();
}
