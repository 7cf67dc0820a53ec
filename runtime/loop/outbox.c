/*
 * Outboxes: going over, and the note that opens the window again.
 */
#include "loop/outbox.h"

#include "loop/lane.h"
#include "loop/loop.h"

enum { NOTE_EVERY = GR__OUTBOX_PACE / 4 };

/* Goes to the loop `to` with its messages, and back to the loop `from` as their receipt. */
struct note {
    struct gr__task task;
    unsigned from;
    unsigned to;
};

static struct gr__outbox *outbox_of(struct gr__task *request)
{
    return gr__container_of(request, struct gr__outbox, request);
}

static void request_back(struct gr__task *task)
{
    outbox_of(task)->asked = false;
}

static const struct gr__task_class room_class = {"room in a lane", request_back, request_back,
                                                 NULL};

/* On the other loop, whose lanes are empty at this moment; or on which nobody will look again. */
static void request_there(struct gr__task *task)
{
    task->class = &room_class;
    if (!gr__inbox_post(&gr__inboxes[outbox_of(task)->from], task, task))
        return; /* who asked has gone */
}

static const struct gr__task_class request_class = {"a request", request_there, request_there,
                                                    NULL};

void gr__outbox_init(struct gr__outbox *outbox, unsigned from, unsigned loop)
{
    *outbox = (struct gr__outbox){.from = from, .loop = loop};
    gr__list_init(&outbox->waiters);
}

/* The lane to the other loop; NULL before that has started, and after the run. */
static struct gr__lane *lane_of(const struct gr__outbox *outbox)
{
    struct gr__lane *lanes = gr__inboxes[outbox->loop].lanes;
    return lanes == NULL ? NULL : &lanes[outbox->from];
}

static void fill(struct gr__loop *from, struct gr__outbox *outbox)
{
    if (outbox->filled)
        return;

    outbox->filled = true;
    outbox->next_filled = from->filled;
    from->filled = outbox;
}

/* The other loop has gone: take back what it has not taken. */
static void discard_all(struct gr__loop *from, struct gr__outbox *outbox, struct gr__lane *lane)
{
    struct gr__queue left = {NULL, NULL};
    if (lane != NULL)
        gr__lane_take_back(lane, &from->pool, &left);
    gr__queue_move(&outbox->backlog, &left);
    gr__loop_discard(from, &left);
}

static void flush(struct gr__loop *from, struct gr__outbox *outbox)
{
    struct gr__lane *lane = lane_of(outbox);
    while (lane != NULL && outbox->backlog.first != NULL && !gr__lane_full(lane))
        gr__lane_put(lane, gr__queue_shift(&outbox->backlog));
    outbox->gathered = 0;
    from->counts.batches_sent++;
    if (!gr__inbox_rouse(&gr__inboxes[outbox->loop]))
        discard_all(from, outbox, lane);
    if (outbox->backlog.first != NULL)
        fill(from, outbox);
}

void gr__outbox_add(struct gr__loop *from, struct gr__outbox *outbox, struct gr__task *task,
                    size_t bytes)
{
    struct gr__lane *lane = lane_of(outbox);
    if (lane == NULL || outbox->backlog.first != NULL || gr__lane_full(lane))
        gr__queue_append(&outbox->backlog, task);
    else if (bytes == 0 || bytes > sizeof(struct gr__cell))
        gr__lane_put(lane, task);
    else
        gr__lane_put_block(lane, &from->pool, task, bytes);
    outbox->gathered++;
    fill(from, outbox);
}

static_assert((int)GR__OUTBOX_PACE == (int)GR__LANE_CELLS, "who can wait fills the lane");

void gr__outbox_pass(struct gr__outbox *outbox)
{
    struct gr__list *link;
    bool passes_on = false;
    while (!passes_on && !gr__outbox_slows(outbox) &&
           (link = gr__list_shift(&outbox->waiters)) != NULL) {
        struct gr__outbox_waiter *waiter = gr__container_of(link, struct gr__outbox_waiter, link);
        passes_on = waiter->wake(waiter);
    }
}

static void open_window(struct gr__loop *from, unsigned to)
{
    struct gr__outbox *outbox = gr__loop_outbox(from, to);
    outbox->under_way -= NOTE_EVERY;
    gr__outbox_pass(outbox);
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
    gr__loop_send(gr__loop_here(), note->from, task, sizeof *note);
}

static const struct gr__task_class note_there_class = {"note", note_there, note_back, NULL};

__attribute__((constructor)) static void add_prompts(void)
{
    gr__prompt_add((struct gr__prompt){note_there, gr__prompt_run});
    gr__prompt_add((struct gr__prompt){note_back, gr__prompt_run});
}

bool gr__outbox_add_counted(struct gr__loop *from, struct gr__outbox *outbox, struct gr__task *task,
                            size_t bytes)
{
    if (outbox->since_note == NOTE_EVERY - 1) {
        struct note *note = gr__pool_take(&from->pool, sizeof *note);
        if (note == NULL)
            return false;
        *note = (struct note){{NULL, &note_there_class}, from->id, outbox->loop};
        gr__outbox_add(from, outbox, task, bytes);
        gr__outbox_add(from, outbox, &note->task, sizeof *note);
        outbox->since_note = 0;
    } else {
        gr__outbox_add(from, outbox, task, bytes);
        outbox->since_note++;
    }
    outbox->under_way++;
    if (outbox->gathered >= GR__OUTBOX_BATCH)
        gr__outboxes_flush(from);
    return true;
}

struct gr__lane *gr__outbox_claim(const struct gr__outbox *outbox)
{
    struct gr__lane *lane = lane_of(outbox);
    bool straight = lane != NULL && outbox->backlog.first == NULL && !gr__outbox_slows(outbox) &&
                    outbox->since_note < NOTE_EVERY - 1 && !gr__lane_full(lane);
    return straight ? lane : NULL;
}

void gr__outbox_commit(struct gr__loop *from, struct gr__outbox *outbox, struct gr__lane *lane,
                       size_t bytes)
{
    gr__lane_publish(lane, bytes);
    fill(from, outbox);
    outbox->since_note++;
    outbox->under_way++;
    if (++outbox->gathered >= GR__OUTBOX_BATCH)
        gr__outboxes_flush(from);
}

void gr__outboxes_flush(struct gr__loop *from)
{
    struct gr__outbox *outbox = from->filled;
    from->filled = NULL;
    while (outbox != NULL) {
        struct gr__outbox *next = outbox->next_filled;
        outbox->filled = false;
        flush(from, outbox);
        outbox = next;
    }
}

void gr__outboxes_end(struct gr__loop *from)
{
    gr__outboxes_flush(from);
    while (from->filled != NULL) {
        struct gr__outbox *outbox = from->filled;
        struct gr__queue rest = outbox->backlog;
        from->filled = outbox->next_filled;
        outbox->filled = false;
        outbox->backlog.first = NULL;
        if (rest.first == NULL || gr__inbox_post(&gr__inboxes[outbox->loop], rest.first, rest.last))
            continue;
        rest.last->next = NULL; /* gr__inbox_post() has linked it */
        gr__loop_discard(from, &rest);
    }
}

void gr__outboxes_ask(struct gr__loop *from)
{
    for (struct gr__outbox *outbox = from->filled; outbox != NULL; outbox = outbox->next_filled) {
        if (outbox->asked)
            continue;
        outbox->request.class = &request_class;
        outbox->asked =
            gr__inbox_post(&gr__inboxes[outbox->loop], &outbox->request, &outbox->request);
    }
}
