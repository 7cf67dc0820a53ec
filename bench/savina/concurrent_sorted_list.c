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
 * cache takes to answer. This walk is the row's floor (bench/floors/list_walk.c), all of its 14,600 ns
 * but 70 on a virtual Intel Xeon of 2.5 GHz, and more loops do not help. All whose language can lay the
 * nodes out so walk the same list: who leads has the faster code for that, which is the compiler's
 * merit. Go's takes 0.96 of this one's time. To lay the nodes out anew in their order would
 * help, but would be the list's merit and not the runtime's: nobody's list does that here.
 */
#include <greenroom/greenroom.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"
#include "bench/lib/sorted_list.h"

/* Tags, beside those that are kinds of requests. */
enum { REPLY = BENCH_LIST_KINDS, LENGTH, RESULT };

#define WORKERS BENCH_LIST_WORKERS

/* --- The owner ------------------------------------------------------------------------------- */

struct request {
    gr_actor from;
    uint32_t number;
};

static int owner_receive(struct gr_self *self, const struct gr_message *message)
{
    struct bench_list *list = self->state;
    uint64_t answer = 0;
    if (message->tag == LENGTH) {
        answer = bench_list_sound_length(list);
        return gr_reply(message, &answer, sizeof answer);
    }
    const struct request *request = message->data;
    int rc = bench_list_serve(list, message->tag, request->number, &answer);
    return rc < 0 ? rc : gr_send(request->from, REPLY, &answer, sizeof answer);
}

static int owner_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    return bench_list_init(self->state);
}

static void owner_stop(struct gr_self *self, int reason)
{
    (void)reason;
    bench_list_done(self->state);
}

static const struct gr_behavior owners = {.name = "owner",
                                          .receive = owner_receive,
                                          .start = owner_start,
                                          .stop = owner_stop,
                                          .state_bytes = sizeof(struct bench_list)};

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
    struct request request = {.from = worker->here};
    enum bench_list_kind kind = bench_list_draw(&worker->random, &request.number);
    worker->inserts.count += kind == BENCH_LIST_INSERT;
    return gr_send(worker->owner, kind, &request, sizeof request);
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
    return length == inserts ? 0 : bench_wrong("unsound, or not as long as inserts were made");
}

static int run(void *context)
{
    (void)context;
    uint64_t requests = bench_scaled(BENCH_LIST_REQUESTS);
    return bench_program(&(struct bench_program){.name = "concurrent_sorted_list",
                                                 .run = play,
                                                 .context = &requests,
                                                 .operations = requests * WORKERS});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
