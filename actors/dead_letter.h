/*
 * Dead letters: noting them, with the reason, and ending them.
 */
#ifndef GREENROOM_ACTORS_DEAD_LETTER_H
#define GREENROOM_ACTORS_DEAD_LETTER_H

#include <greenroom/dead_letter.h>

#include "actors/envelope.h"

/* A message that no actor handles: keep note of it. */
void gr__dead_letter_note(struct gr__loop *loop, uint64_t to, const struct gr_message *message,
                          enum gr_dead_why why);

/* The same, and count it, answer it with what the reason means to its asker, and end it. */
void gr__dead_letter(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope,
                     enum gr_dead_why why);

/* An ask has expired before its actor came to it: note, count, answer and end it. */
void gr__dead_letter_expired(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope);

/* The loop ends: keep no more. */
void gr__dead_letters_done(struct gr__loop *loop);

#endif
