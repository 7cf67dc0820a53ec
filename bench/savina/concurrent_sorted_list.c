/*
 * Savina's concurrent sorted list: twenty workers fill and search the linked list of one actor.
 *
 *     worker, one of 20            owner
 *      SIZE ---------------------> how long the list is        1 time in 100
 *      INSERT, a random number --> puts it in its place        10 times
 *      CONTAINS, another --------> looks for it                89 times
 *          <---------------- REPLY
 *      ...                                          8,000 times each, one after the other
 *      RESULT: how many inserts it has made
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a request and its reply. The list grows to
 * 16,000 numbers, and a search walks half of it: 4,000 steps in the mean, each as long as the second
 * cache takes to answer. What dominates is this walk: all of the row but 70 ns of 19,000. It is the
 * same on every runtime that lays its nodes out as densely, and more loops do not help. To lay them
 * out anew in their order would help, but would be the list's merit and not the runtime's: nobody's
 * list does that here.
 *
 * Nodes are small, and lie in one array in the order in which they were put in. The list begins and
 * ends at node 0, with a number above all others.
 */
#include <errno.h>
#include <stdlib.h>

#include <greenroom/greenroom.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { SIZE, INSERT, CONTAINS, REPLY, LENGTH, RESULT };

#define WORKERS 20u
#define NUMBERS 10000000u
#define FIRST_ROOM 1024u

/* --- The list -------------------------------------------------------------------------------- */

struct node {
    uint32_t number;
    uint32_t next; /* its place */
};

/*
 * Invariants:
 *   1. nodes[0] has the number UINT32_MAX. Its next is the least; it is the next of the greatest.
 *   2. Numbers do not descend from there to the end.
 */
struct list {
    struct node *nodes;
    uint32_t count, room; /* nodes in use, and allocated */
};

static int list_init(struct list *list)
{
    list->nodes = malloc(FIRST_ROOM * sizeof *list->nodes);
    if (list->nodes == NULL)
        return -ENOMEM;
    list->nodes[0] = (struct node){.number = UINT32_MAX};
    list->count = 1;
    list->room = FIRST_ROOM;
    return 0;
}

/* The last node whose number is less, or the list's begin. */
static uint32_t find_before(const struct list *list, uint32_t number)
{
    const struct node *nodes = list->nodes;
    uint32_t before = 0, next = nodes[0].next;
    while (nodes[next].number < number) {
        before = next;
        next = nodes[next].next;
    }
    return before;
}

static bool contains(const struct list *list, uint32_t number)
{
    uint32_t before = find_before(list, number);
    return list->nodes[list->nodes[before].next].number == number;
}

static int make_room(struct list *list)
{
    if (list->count < list->room)
        return 0;
    struct node *nodes = realloc(list->nodes, 2 * list->room * sizeof *nodes);
    if (nodes == NULL)
        return -ENOMEM;
    list->nodes = nodes;
    list->room *= 2;
    return 0;
}

static int insert(struct list *list, uint32_t number)
{
    int rc = make_room(list);
    if (rc < 0)
        return rc;
    uint32_t before = find_before(list, number), place = list->count++;
    list->nodes[place] = (struct node){number, list->nodes[before].next};
    list->nodes[before].next = place;
    return 0;
}

/* How many numbers there are, by a walk through all; 0, which is wrong, where one descends. */
static uint64_t sorted_length(const struct list *list)
{
    uint64_t length = 0;
    for (uint32_t place = list->nodes[0].next; place != 0; place = list->nodes[place].next) {
        if (list->nodes[list->nodes[place].next].number < list->nodes[place].number)
            return 0;
        length++;
    }
    return length;
}

/* --- The owner ------------------------------------------------------------------------------- */

struct request {
    gr_actor from;
    uint32_t number;
};

static int serve(struct list *list, uint32_t kind, uint32_t number, uint64_t *ret_answer)
{
    if (kind == INSERT)
        return insert(list, number);
    *ret_answer = kind == SIZE ? list->count - 1 : contains(list, number);
    return 0;
}

static int owner_receive(struct gr_self *self, const struct gr_message *message)
{
    struct list *list = self->state;
    uint64_t answer = 0;
    if (message->tag == LENGTH) {
        answer = sorted_length(list);
        return gr_reply(message, &answer, sizeof answer);
    }
    const struct request *request = message->data;
    int rc = serve(list, message->tag, request->number, &answer);
    return rc < 0 ? rc : gr_send(request->from, REPLY, &answer, sizeof answer);
}

static int owner_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    return list_init(self->state);
}

static void owner_stop(struct gr_self *self, int reason)
{
    (void)reason;
    free(((struct list *)self->state)->nodes);
}

static const struct gr_behavior owners = {.name = "owner",
                                          .receive = owner_receive,
                                          .start = owner_start,
                                          .stop = owner_stop,
                                          .state_bytes = sizeof(struct list)};

/* --- A worker -------------------------------------------------------------------------------- */

struct task {
    gr_actor owner;
    uint64_t number;
    uint64_t requests;
};

struct worker {
    gr_actor here, owner;
    struct bench_tally inserts; /* until no request is without a reply, nor yet to come */
    struct gr__random random;
};

static int request(struct worker *worker)
{
    uint64_t kind = gr__random_below(&worker->random, 100);
    struct request request = {.from = worker->here};
    if (kind == 0)
        return gr_send(worker->owner, SIZE, &request, sizeof request);
    request.number = (uint32_t)gr__random_below(&worker->random, NUMBERS);
    if (kind > 10)
        return gr_send(worker->owner, CONTAINS, &request, sizeof request);
    worker->inserts.count++;
    return gr_send(worker->owner, INSERT, &request, sizeof request);
}

static int worker_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct task *task = argument;
    struct worker *worker = self->state;
    worker->here = gr_self_actor(self);
    worker->owner = task->owner;
    worker->inserts.left = task->requests;
    gr__random_seed(&worker->random, task->number);
    return request(worker);
}

static int worker_receive(struct gr_self *self, const struct gr_message *message)
{
    struct worker *worker = self->state;
    if (message->tag == RESULT)
        return bench_tally_ask(&worker->inserts, message);
    return --worker->inserts.left > 0 ? request(worker) : bench_tally_tell(&worker->inserts);
}

static const struct gr_behavior workers = {.name = "worker",
                                           .receive = worker_receive,
                                           .start = worker_start,
                                           .state_bytes = sizeof(struct worker)};

/* --- The program ----------------------------------------------------------------------------- */

static int spawn_workers(gr_actor actors[WORKERS], gr_actor owner, uint64_t requests)
{
    struct task task = {.owner = owner, .requests = requests};
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < WORKERS; i++) {
        task.number = i;
        rc = bench_crew_spawn(&actors[i], 1, &workers, &task, sizeof task);
    }
    return rc;
}

static int play(void *context)
{
    const uint64_t *requests = context;
    gr_actor owner = {0}, actors[WORKERS];
    uint64_t inserts = 0, length = 0;
    int rc = bench_crew_spawn(&owner, 1, &owners, NULL, 0);
    if (rc == 0)
        rc = spawn_workers(actors, owner, *requests);
    if (rc == 0)
        rc = bench_crew_sum(actors, WORKERS, RESULT, &inserts);
    if (rc == 0)
        rc = bench_crew_sum(&owner, 1, LENGTH, &length);
    if (rc == 0)
        rc = bench_crew_stop(actors, WORKERS);
    if (rc == 0)
        rc = gr_actor_stop(owner, 0);
    if (rc < 0)
        return rc;
    return length == inserts ? 0 : bench_wrong("not sorted, or not as long as inserts were made");
}

static int run(void *context)
{
    (void)context;
    uint64_t requests = bench_scaled(8000);
    return bench_program(&(struct bench_program){.name = "concurrent_sorted_list",
                                                 .run = play,
                                                 .context = &requests,
                                                 .operations = requests * WORKERS});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
