/*
 * Tasks: what a loop has ready to run, and the queue in which it stands.
 *
 * A task is a node inside something else: an actor with mail, a runner to resume,
 * an envelope that arrived. Its class says what to do with it.
 */
#ifndef GREENROOM_LOOP_TASK_H
#define GREENROOM_LOOP_TASK_H

#include <stdbool.h>
#include <stddef.h>

struct gr__loop;

struct gr__task {
    struct gr__task *next;
    const struct gr__task_class *class;
};

struct gr__task_class {
    const char *name;
    void (*run)(struct gr__task *task); /* on the loop's thread, on a runner's stack; it may park */

    /* Ends a task that no loop will run: on the thread of the loop that stopped, or of
     * the poster it turned away. NULL for tasks that never cross threads. */
    void (*discard)(struct gr__task *task);

    /* Write whose task it is, as "actor 'clerk'"; returns the length. Safe in a signal
     * handler. NULL for a task that may be gone before its run is over. */
    size_t (*describe)(const struct gr__task *task, char *text, size_t bytes);
};

/*
 * What comes from another loop need not stand in a queue, where it waits for nothing and runs no
 * user code. `at_once` does then what `run` would, on whichever stack that may be, and makes ready
 * what it has to behind what is so already; false: this one has to stand in the queue, and nothing
 * is done.
 */
struct gr__prompt {
    void (*run)(struct gr__task *task); /* of the class, by which it is known */
    bool (*at_once)(struct gr__loop *loop, struct gr__task *task);
};

/* Add one, before main. */
void gr__prompt_add(struct gr__prompt prompt);

/* For those that never have to stand in the queue: runs it. */
bool gr__prompt_run(struct gr__loop *loop, struct gr__task *task);

/*
 * For those that run user code, but that nothing has to stay behind: lets it stand in the queue, and
 * what is sent after it may be done before it.
 */
bool gr__prompt_ready(struct gr__loop *loop, struct gr__task *task);

/* Of the task that marks where mail ends in the queue. */
extern const struct gr__task_class gr__mail_end_class;

struct gr__queue {
    struct gr__task *first;
    struct gr__task *last; /* once first is set */
};

static inline void gr__queue_append(struct gr__queue *queue, struct gr__task *task)
{
    task->next = NULL;
    if (queue->first == NULL)
        queue->first = task;
    else
        queue->last->next = task;
    queue->last = task;
}

static inline void gr__queue_push(struct gr__queue *queue, struct gr__task *task)
{
    task->next = queue->first;
    if (queue->first == NULL)
        queue->last = task;
    queue->first = task;
}

/* Append a chain that ends in NULL at `last`. */
static inline void gr__queue_extend(struct gr__queue *queue, struct gr__task *first,
                                    struct gr__task *last)
{
    if (queue->first == NULL)
        queue->first = first;
    else
        queue->last->next = first;
    queue->last = last;
}

/* Append all that is in `from`, which is empty then. */
static inline void gr__queue_move(struct gr__queue *from, struct gr__queue *to)
{
    if (from->first == NULL)
        return;

    gr__queue_extend(to, from->first, from->last);
    from->first = NULL;
}

static inline struct gr__task *gr__queue_shift(struct gr__queue *queue)
{
    struct gr__task *task = queue->first;
    if (task != NULL)
        queue->first = task->next;
    return task;
}

#endif
