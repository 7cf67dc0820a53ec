/*
 * Outboxes: gathering, going over, and the note that opens the window again.
 */
#include "loop/outbox.h"

#include "loop/loop.h"

enum { NOTE_EVERY = GR__OUTBOX_WINDOW / 4 };

/* Goes to the loop `to` with its messages, and back to the loop `from` as their receipt. */
struct note {
    struct gr__task task;
    unsigned from;
    unsigned to;
};

void gr__outbox_init(struct gr__outbox *outbox, unsigned loop)
{
    *outbox = (struct gr__outbox){.loop = loop};
    gr__list_init(&outbox->waiters);
}

static void discard_all(struct gr__loop *from, struct gr__task *task, const struct gr__task *last)
{
    for (bool more = true; more;) {
        struct gr__task *next = task->next;
        more = task != last;
        from->counts.tasks_discarded++;
        task->class->discard(task);
        task = next;
    }
}

static void flush(struct gr__loop *from, struct gr__outbox *outbox)
{
    struct gr__task *first = outbox->first;
    struct gr__task *last = outbox->last;
    outbox->first = NULL;
    outbox->gathered = 0;
    from->counts.batches_sent++;
    if (!gr__inbox_post(&gr__inboxes[outbox->loop], first, last))
        discard_all(from, first, last);
}

void gr__outbox_add(struct gr__loop *from, struct gr__outbox *outbox, struct gr__task *task)
{
    if (outbox->first == NULL) {
        outbox->first = task;
        outbox->next_filled = from->filled;
        from->filled = outbox;
    } else {
        outbox->last->next = task;
    }
    outbox->last = task;
    outbox->gathered++;
}

static void open_window(struct gr__loop *from, unsigned to)
{
    struct gr__outbox *outbox = gr__loop_outbox(from, to);
    outbox->under_way -= NOTE_EVERY;

    struct gr__list *link;
    while (!gr__outbox_full(outbox) && (link = gr__list_shift(&outbox->waiters)) != NULL) {
        struct gr__outbox_waiter *waiter = gr__container_of(link, struct gr__outbox_waiter, link);
        waiter->wake(waiter);
    }
}

/* The note is back, or its messages will never be taken: either way they are not under way. */
static void note_back(struct gr__task *task)
{
    struct note *note = gr__container_of(task, struct note, task);
    struct gr__loop *loop = gr__loop_here();
    if (loop->id == note->from)
        open_window(loop, note->to);
    gr__pool_give(&loop->pool, note, sizeof *note);
}

static const struct gr__task_class note_back_class = {"receipt", note_back, note_back, NULL};

static void note_there(struct gr__task *task)
{
    struct note *note = gr__container_of(task, struct note, task);
    note->task.class = &note_back_class;
    gr__loop_send(gr__loop_here(), note->from, task);
}

static const struct gr__task_class note_there_class = {"note", note_there, note_back, NULL};

bool gr__outbox_add_counted(struct gr__loop *from, struct gr__outbox *outbox, struct gr__task *task)
{
    if (outbox->since_note == NOTE_EVERY - 1) {
        struct note *note = gr__pool_take(&from->pool, sizeof *note);
        if (note == NULL)
            return false;
        *note = (struct note){{NULL, &note_there_class}, from->id, outbox->loop};
        gr__outbox_add(from, outbox, task);
        gr__outbox_add(from, outbox, &note->task);
        outbox->since_note = 0;
    } else {
        gr__outbox_add(from, outbox, task);
        outbox->since_note++;
    }
    outbox->under_way++;
    if (outbox->gathered >= GR__OUTBOX_BATCH)
        gr__outboxes_flush(from);
    return true;
}

void gr__outboxes_flush(struct gr__loop *from)
{
    struct gr__outbox *outbox = from->filled;
    from->filled = NULL;
    while (outbox != NULL) {
        struct gr__outbox *next = outbox->next_filled;
        flush(from, outbox);
        outbox = next;
    }
}
