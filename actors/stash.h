/*
 * Stashes, and changed behaviors: what becomes of them when their actor goes.
 */
#ifndef GREENROOM_ACTORS_STASH_H
#define GREENROOM_ACTORS_STASH_H

#include "actors/annex.h"

/* A new life begins: what is stashed is its first mail, and the handler is the behavior's own. */
void gr__stash_restore(struct gr__body *body);

/* The actor ends: what is stashed are dead letters, and the behavior is the one it was. */
void gr__stash_end(struct gr__loop *loop, struct gr__body *body);

/* What is laid aside, oldest first; NULL: nothing. */
struct gr__task *gr__stash_first(const struct gr__annex *annex);

#endif
