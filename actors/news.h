/*
 * News: telling loops that wait for it that the directory has changed.
 *
 *     a loop that waits                       a loop that changes something
 *     says so                                 changes it
 *     looks once more                         who has said so? --> the loop's task, unless it is
 *                                                                  on its way already
 *     its task runs: looks again
 *
 * One of the two sees what the other has written, or both do: these four steps are in one order
 * for all threads. A loop has one task for this, in static memory, so that nothing is left unsaid for
 * want of memory, and however much changes, one look is under way.
 */
#ifndef GREENROOM_ACTORS_NEWS_H
#define GREENROOM_ACTORS_NEWS_H

#include "loop/loop.h"

/* Something on this loop waits for news, or waits no longer. */
void gr__news_listen(struct gr__loop *loop);
void gr__news_cease(struct gr__loop *loop);

/* Have all loops that wait look again. */
void gr__news_tell(struct gr__loop *loop);

void gr__news_start(struct gr__loop *loop);

#endif
