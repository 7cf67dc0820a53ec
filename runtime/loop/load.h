/*
 * Load: how much each loop has to do, for any loop to read.
 *
 *     owner, once a millisecond              any loop
 *     share of the time that it was busy     figure, and when it was told
 *      + tasks left when a slice was over     + is the loop asleep now?
 *     smoothed, told in one word     ----->   moved on to now: down where it sleeps, up where not
 *
 * A loop tells nothing while it sleeps, nor in the midst of a long task. So a reader takes what it was
 * told as old as it is: since then the loop has slept, or worked, all the time.
 *
 * The word is on a line of its own. The owner writes it a thousand times a second at most, so that a
 * reader mostly finds it in its own cache, and no turn waits for it. Store and load are relaxed: the
 * word is all there is to read, and nothing is read on the strength of it. It carries its own time;
 * who reads an older one than there is chooses a loop by how things were then, which
 * is what a figure that is smoothed tells in any case.
 */
#ifndef GREENROOM_LOOP_LOAD_H
#define GREENROOM_LOOP_LOAD_H

#include <stdalign.h>
#include <stdint.h>

#include "loop/loop.h"

enum {
    GR__LOAD_BUSY = 1000,    /* the figure of a loop that is busy all the time */
    GR__LOAD_LEFT_MAX = 64,  /* tasks left that are counted */
    GR__LOAD_LEFT_EACH = 16, /* how much one of them adds */
};

/* By number of loop; each word is written by that loop alone. */
struct gr__load {
    alignas(64) uint64_t word;
};

extern struct gr__load gr__loads[GR__LOOPS_MAX];

/* The loop begins, with nothing to do. */
void gr__load_begin(struct gr__loop *loop);

/* Tell the load of the time since it was told last. */
void gr__load_tell(struct gr__loop *loop);

/* The load of a loop as it is taken to be at a time. Any thread. */
unsigned gr__load_at(unsigned loop, gr_time now);

/* The loop has slept, or watched for mail, since `from`. */
static inline void gr__load_note(struct gr__loop *loop, gr_time from)
{
    loop->idle += loop->now - from;
    if (__builtin_expect(loop->now >= loop->load_due, 0))
        gr__load_tell(loop);
}

#endif
