/*
 * The inbox: how tasks come to a loop from foreign threads, and how it is woken by anybody.
 *
 * Loops have lanes of their own to it (lane.h), and look at the word only to learn whether it
 * sleeps or has gone. The word holds all the inbox's state. Senders push whole batches; the
 * owner takes all there is at once.
 *
 *     word --> newest batch: first -> ... -> last -|
 *              +-----------------------------------+  a tagged link: here a batch ends
 *              v
 *              the batch before: first -> ... -> last -| no older
 *
 *     CLOSED     nobody takes what is posted: before the loop starts and after it stopped
 *     EMPTY      the owner is awake and has taken all
 *     ASLEEP     the same, but the owner waits on its host and must be woken
 *     a pointer  mail; the owner is awake, or has been woken
 *
 * Invariants:
 *   1. Only the owner writes CLOSED, EMPTY and ASLEEP.
 *   2. A sender writes a pointer only over a word that is not CLOSED.
 *   3. Who replaces ASLEEP wakes the owner: a sleeper is woken once, whoever else posts.
 *   4. What one sender posts stays in its order: a batch keeps its own, and batches are
 *      taken oldest first.
 *
 * "Publish, then look whether the owner sleeps" is one step here, since both are the
 * same word: no fence stands between, and no wake-up is lost. There is no ABA: a sender
 * compares only to learn which word it replaces, and whatever that is it links behind
 * its own batch; a word that went and came back is as good as one that stayed.
 *
 * For a lane these are two steps, with a fence between them on both sides:
 *
 *     sender                                  owner
 *     cell filled                             word = ASLEEP
 *     fence                                   fence
 *     word is ASLEEP? then wake the owner     lanes empty? then sleep
 *
 * One of the two sees what the other has written, or both do.
 */
#ifndef GREENROOM_LOOP_INBOX_H
#define GREENROOM_LOOP_INBOX_H

#include <ck_pr.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/handle.h"
#include "loop/task.h"

struct gr__host;

/* Written by every thread that posts: alone on its cache lines. */
struct gr__inbox {
    alignas(128) void *word;

    alignas(64) unsigned foreign_posters; /* foreign threads between look and wake */
    unsigned foreign_messages;            /* counted in by them, and out by the owner: post.h */
    struct gr__host *host;                /* while the inbox is not CLOSED */
    struct gr__lane *lanes;               /* likewise, by number of loop; of its own unused */
};

/* By number of loop. Static, so that a post to a loop that has gone finds CLOSED there. */
extern struct gr__inbox gr__inboxes[GR__LOOPS_MAX];

/* Open the inbox of a loop that is about to start. */
void gr__inbox_open(struct gr__inbox *inbox, struct gr__host *host, struct gr__lane *lanes);

/* Post a chain from `first` to `last`. False when CLOSED: the chain is still the caller's. */
bool gr__inbox_post(struct gr__inbox *inbox, struct gr__task *first, struct gr__task *last);

/* The same from a thread that is no loop's, or from one that is. */
bool gr__inbox_post_foreign(struct gr__inbox *inbox, struct gr__task *task);

/*
 * See to it that the owner sees what the caller, a loop, has put into its lanes. False when CLOSED:
 * then the owner may never look again.
 */
bool gr__inbox_rouse(struct gr__inbox *inbox);

/* Append to `queue` all that has come, oldest first. The owner's. */
void gr__inbox_unfold(struct gr__inbox *inbox, struct gr__queue *queue);

/* Announce sleep. False when there is mail after all; lanes are to be looked at after it. The owner's. */
bool gr__inbox_sleep(struct gr__inbox *inbox);

/* Take the announcement back, if nobody has answered it. The owner's. */
void gr__inbox_wake(struct gr__inbox *inbox);

/* Let nothing more in, append the rest to `queue`, and wait until no foreign thread is half-way. */
void gr__inbox_close(struct gr__inbox *inbox, struct gr__queue *queue);

#define GR__INBOX_CLOSED ((void *)0)
#define GR__INBOX_EMPTY ((void *)2)
#define GR__INBOX_ASLEEP ((void *)4)

/* Whether mail waits; the owner, awake, asks. */
static inline bool gr__inbox_mail(const struct gr__inbox *inbox)
{
    return ck_pr_load_ptr(&inbox->word) != GR__INBOX_EMPTY;
}

#endif
