/*
 * Dead letters: the last ones are kept in a ring, which each loop has once it has had one.
 *
 *     dead letter --> kept --> sent to the subscriber, unless it was for that one
 *                          --> reported, if that is wanted and the last line is long enough ago
 *
 * A message to the subscriber that becomes a dead letter itself is kept and not sent on, so that no
 * letter leads to another.
 */
#include "actors/dead_letter.h"

#include <errno.h>
#include <stdlib.h>

#include <greenroom/send.h>

#include "actors/body.h"

/* What a loop keeps, from its first dead letter, subscription or wish for reports on. */
struct gr__dead_letters {
    struct gr_dead_letter kept[GR_DEAD_LETTERS_KEPT];
    uint64_t noted; /* how many were kept, ever */
    gr_actor subscriber;
    uint32_t tag;
    gr_time every; /* between two lines of the report; 0: none */
    gr_time next;  /* not before then */
    uint64_t told; /* how many of those noted the report has told of */
};

static struct gr__dead_letters *letters_of(struct gr__loop *loop)
{
    struct gr__actors *actors = gr__actors_of(loop);
    if (actors->letters == NULL)
        actors->letters = calloc(1, sizeof *actors->letters);
    return actors->letters;
}

static const struct {
    const char *text;
    int status; /* what an asker gets */
} reasons[] = {
    [GR_DEAD_NO_ACTOR] = {"there was no such actor", -ESTALE},
    [GR_DEAD_STOPPED] = {"its actor stopped", -ESTALE},
    [GR_DEAD_NEWEST] = {"the mailbox was full", -EAGAIN},
    [GR_DEAD_OLDEST] = {"a newer one took its place", -EAGAIN},
    [GR_DEAD_EXPIRED] = {"its deadline had passed", -ETIMEDOUT},
    [GR_DEAD_SHUTDOWN] = {"its loop had stopped", -ESHUTDOWN},
    [GR_DEAD_NO_MEMORY] = {"there was no memory", -ENOMEM},
};

const char *gr_dead_why_text(enum gr_dead_why why)
{
    return reasons[why].text;
}

static void report(struct gr__loop *loop, struct gr__dead_letters *letters,
                   const struct gr_dead_letter *letter)
{
    if (letters->every == 0 || loop->now < letters->next)
        return;

    gr__loop_say(loop, "%llu dead letters on loop %u, the last with tag %u: %s",
                 (unsigned long long)(letters->noted - letters->told), loop->id, letter->tag,
                 reasons[letter->why].text);
    letters->told = letters->noted;
    letters->next = loop->now + letters->every;
}

void gr__dead_letter_note(struct gr__loop *loop, uint64_t to, const struct gr_message *message,
                          enum gr_dead_why why)
{
    struct gr__dead_letters *letters = letters_of(loop);
    if (letters == NULL)
        return;

    struct gr_dead_letter letter = {
        .to = {to}, .tag = message->tag, .size = message->size, .why = why, .at = loop->now};
    letters->kept[letters->noted++ % GR_DEAD_LETTERS_KEPT] = letter;
    report(loop, letters, &letter);
    if (letters->subscriber.name == 0 || letters->subscriber.name == to)
        return;
    int rc = gr_try_send(letters->subscriber, letters->tag, &letter, sizeof letter);
    if (rc == -ESTALE)
        letters->subscriber = (gr_actor){0};
}

void gr__dead_letter(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope,
                     enum gr_dead_why why)
{
    gr__actors_of(loop)->dead_letters++;
    gr__dead_letter_note(loop, to, &envelope->message, why);
    gr__envelope_end(loop, envelope, reasons[why].status);
}

void gr__dead_letter_expired(struct gr__loop *loop, uint64_t to, struct gr__envelope *envelope)
{
    gr__actors_of(loop)->asks_expired++;
    gr__dead_letter_note(loop, to, &envelope->message, GR_DEAD_EXPIRED);
    gr__envelope_end(loop, envelope, -ETIMEDOUT);
}

size_t gr_dead_letters_last(struct gr_dead_letter *ret_letters, size_t most)
{
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    const struct gr__dead_letters *letters = gr__actors_of(gr__loop_here())->letters;
    if (letters == NULL)
        return 0;

    size_t there = letters->noted < GR_DEAD_LETTERS_KEPT ? (size_t)letters->noted
                                                         : (size_t)GR_DEAD_LETTERS_KEPT;
    size_t count = most < there ? most : there;
    for (size_t i = 0; i < count; i++)
        ret_letters[i] = letters->kept[(letters->noted - 1 - i) % GR_DEAD_LETTERS_KEPT];
    return count;
}

int gr_dead_letters_subscribe(gr_actor actor, uint32_t tag)
{
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    struct gr__dead_letters *letters = letters_of(gr__loop_here());
    if (letters == NULL)
        return -ENOMEM;

    letters->subscriber = actor;
    letters->tag = tag;
    return 0;
}

int gr_dead_letters_report(gr_time every)
{
    assert(gr__loop_here() != NULL && "only on a loop's thread");
    struct gr__dead_letters *letters = letters_of(gr__loop_here());
    if (letters == NULL)
        return -ENOMEM;

    letters->every = every;
    letters->next = 0;
    letters->told = letters->noted;
    return 0;
}

void gr__dead_letters_done(struct gr__loop *loop)
{
    free(gr__actors_of(loop)->letters);
    gr__actors_of(loop)->letters = NULL;
}
