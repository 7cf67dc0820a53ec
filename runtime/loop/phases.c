/*
 * Phases: the conductor, and what its tokens do. The design stands in phases.h.
 */
#include "loop/phases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loop/lane.h"

/* How long a busy loop goes on between two looks whether it is done with the phase. */
#define LOOK_EVERY GR_MILLISECOND

/* How long what was ended by force may take. */
#define OVER_WITHIN (100 * GR_MILLISECOND)

struct token {
    struct gr__task task; /* carries it there, and back */
    unsigned phase;
    bool overdue; /* on its way there: the phase before is not over, its time is */
    bool moved;   /* on its way back: the loop has sent or taken something since the last one */
    uint64_t under_way; /* on its way back: cells filled less cells emptied, over the whole run */
};

/* A loop's part in it, which is that loop's to read and write; of the tokens, whoever has one. */
struct part {
    struct token tokens[GR__PHASE_OVER + 1];
    struct gr__task end;
    struct token *held; /* of the phase that the loop is in, or NULL: it has answered */
    uint64_t filled;    /* cells of lanes, as counted for the last answer */
    uint64_t emptied;
    gr_time looked; /* when it last looked whether it can answer */
};

unsigned gr__phase;

/* Written before the loops start; `away` and what follows it by loop 0. */
static struct {
    unsigned loops;
    struct part *parts; /* by number of loop */
    gr_time within[GR__PHASE_OVER + 1];
    struct gr__timer deadline; /* of the phase */
    unsigned away;             /* tokens that have not come back */
    bool moved;                /* one of those that have says so */
    uint64_t under_way;        /* the sum of what they say */
} conductor;

static const char *const names[] = {"run", "accept", "drain", "actors", "close", "close"};

const char *gr_phase_name(enum gr_phase phase)
{
    assert((unsigned)phase < GR_PHASES);
    return names[phase];
}

enum gr_phase gr_run_phase(void)
{
    unsigned phase = ck_pr_load_uint(&gr__phase);
    return phase < GR_PHASES ? (enum gr_phase)phase : GR_PHASE_CLOSE;
}

static struct part *part_of(const struct gr__loop *loop)
{
    return &conductor.parts[loop->id];
}

static struct token *token_of(struct gr__task *task)
{
    return gr__container_of(task, struct token, task);
}

/*
 * Past all lanes, and woken for. Where the loop has gone there is nobody to tell. On this loop, ahead
 * of all that is ready: else each step of loop 0 would wait for all that others post to it, and
 * where they post faster than it can run, longer each time.
 */
static void send(unsigned loop, struct gr__task *task)
{
    struct gr__inbox *inbox = &gr__inboxes[loop];
    if (loop == gr__loop_here()->id)
        gr__loop_ready_first(gr__loop_here(), task);
    else if (!gr__inbox_post(inbox, task, task))
        return;
}

static void ignore(struct gr__task *task)
{
    (void)task;
}

static void say_overdue(void *context, const char *line)
{
    struct gr__loop *loop = context;
    gr__loop_say(loop, "out of time in phase '%s' of stopping, on loop %u: %s", names[loop->phase],
                 loop->id, line);
}

/* Name what the phase was to end, and end it by force. */
static void cut_off(struct gr__loop *loop)
{
    if (gr__strata_busy(loop) == 0)
        return;
    gr__strata_report(loop, say_overdue, loop);
    gr__strata_force(loop);
}

static void arrive(struct gr__task *task)
{
    struct gr__loop *loop = gr__loop_here();
    struct token *token = token_of(task);
    part_of(loop)->held = token;
    if (loop->phase == token->phase)
        return;

    if (token->overdue)
        cut_off(loop);
    loop->phase = (uint8_t)token->phase;
    gr__strata_stop(loop);
    loop->stopping = token->phase >= GR_PHASE_ACTORS;
}

static const struct gr__task_class arrive_class = {"a phase of stopping", arrive, ignore, NULL};

static void end_here(struct gr__task *task)
{
    (void)task;
    gr__loop_here()->phase = GR__PHASE_ENDED;
}

static const struct gr__task_class end_class = {"end", end_here, ignore, NULL};

static void end_all(void)
{
    for (unsigned i = 0; i < conductor.loops; i++) {
        conductor.parts[i].end.class = &end_class;
        send(i, &conductor.parts[i].end);
    }
}

static void send_tokens(bool overdue)
{
    conductor.away = conductor.loops;
    conductor.moved = false;
    conductor.under_way = 0;
    for (unsigned i = 0; i < conductor.loops; i++) {
        struct token *token = &conductor.parts[i].tokens[gr__phase];
        token->task.class = &arrive_class;
        token->phase = gr__phase;
        token->overdue = overdue;
        send(i, &token->task);
    }
}

/* To the next phase; after the last one the loops end. */
static void go_on(bool overdue)
{
    struct gr__loop *loop = gr__loop_here();
    assert(loop->id == 0);
    if (gr__phase == GR__PHASE_ENDED)
        return;

    gr__wheel_cancel(&loop->wheel, &conductor.deadline);
    ck_pr_store_uint(&gr__phase, gr__phase + 1);
    if (gr__phase == GR__PHASE_ENDED) {
        end_all();
        return;
    }
    gr__wheel_start(&loop->wheel, &conductor.deadline, gr_clock() + conductor.within[gr__phase]);
    send_tokens(overdue);
}

static void on_deadline(struct gr__timer *timer)
{
    (void)timer;
    go_on(true);
}

/* On loop 0. */
static void come_back(struct gr__task *task)
{
    const struct token *token = token_of(task);
    if (token->phase != gr__phase)
        return;

    conductor.moved |= token->moved;
    conductor.under_way += token->under_way;
    if (--conductor.away > 0)
        return;
    if (conductor.moved || conductor.under_way != 0)
        send_tokens(false);
    else
        go_on(false);
}

static const struct gr__task_class back_class = {"a phase of stopping", come_back, ignore, NULL};

static void answer(struct gr__loop *loop, struct part *part)
{
    uint64_t filled = 0, emptied = 0;
    for (unsigned i = 0; i < loop->loop_count; i++) {
        if (i == loop->id)
            continue;
        filled += gr__inboxes[i].lanes[loop->id].head;
        emptied += loop->lanes[i].taken;
    }

    struct token *token = part->held;
    token->task.class = &back_class;
    token->moved = filled != part->filled || emptied != part->emptied;
    token->under_way = filled - emptied;
    part->filled = filled;
    part->emptied = emptied;
    part->held = NULL;
    send(0, &token->task);
}

static bool has_work(const struct gr__loop *loop)
{
    return gr__loop_first(loop) != NULL || loop->behind.first != NULL || gr__loop_mail(loop);
}

/* Where the loop has nothing to do it looks, since nothing may wake it any more. */
void gr__phases_turn(struct gr__loop *loop)
{
    struct part *part = part_of(loop);
    if (part->held == NULL || (has_work(loop) && loop->now - part->looked < LOOK_EVERY))
        return;

    part->looked = loop->now;
    if (loop->phase >= GR_PHASE_CLOSE)
        gr__strata_stop(loop);
    bool all_sent = loop->filled == NULL;
    if (all_sent && gr__strata_busy(loop) == 0)
        answer(loop, part);
}

void gr__phases_begin(void)
{
    if (gr__phase == GR_PHASE_RUN)
        go_on(false);
}

void gr__phases_hurry(void)
{
    if (gr__phase != GR_PHASE_RUN)
        go_on(true);
}

int gr__phases_init(unsigned loops, const gr_time within[GR_PHASES])
{
    conductor.parts = calloc(loops, sizeof *conductor.parts);
    if (conductor.parts == NULL)
        return -ENOMEM;

    conductor.loops = loops;
    conductor.deadline = (struct gr__timer){.fire = on_deadline};
    memcpy(conductor.within, within, GR_PHASES * sizeof *within);
    conductor.within[GR__PHASE_OVER] = OVER_WITHIN;
    return 0;
}

void gr__phases_done(void)
{
    free(conductor.parts);
    ck_pr_store_uint(&gr__phase, GR_PHASE_RUN);
}
