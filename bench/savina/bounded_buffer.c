/*
 * Savina's bounded buffer: producers and consumers, and a manager with room for fifty items.
 *
 *     producer, one of 40          manager                       consumer, one of 40
 *          <------------ PRODUCE   room for one more
 *      makes an item
 *      ITEM ---------------------> kept, or passed on
 *                                          <--------------- FREE
 *                                  CONSUME ------------------> uses the item
 *                                          <--------------- FREE
 *      the last of 1,000:
 *      LAST_ITEM ----------------> produces no more
 *
 *     main runner <--- promise --- all producers have made their last, all consumers are free
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is an item, made and used. That is 5,000 random
 * numbers and their logarithms, the floor of the first row (bench/floors/logarithms.c): all of it but
 * 80 ns of 49,000. So it measures the library of mathematics, and whoever calls the same one comes to
 * the same: nobody can be ahead of such a one by more than the messages. Two loops share them, close to
 * two cores that do nothing else, for the manager waits for one handler that takes long, and not for
 * all that are ready. In the second row items cost nothing: that is four messages, two of them to the
 * manager, which always has mail. There is nothing to share then, and two loops take half as long
 * again as one: messages go over for nothing.
 */
#include <math.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"
#include "bench/lib/work.h"

enum { BEGIN, PRODUCE, ITEM, LAST_ITEM, CONSUME, FREE, USED };

#define PRODUCERS 40u
#define CONSUMERS 40u
#define ROOM 50u
#define RING 64u /* a power of two above all that is kept in a ring */

/* --- The manager ----------------------------------------------------------------------------- */

struct made {
    gr_actor producer;
    double item;
};

/* First in, first out. Both numbers only grow. */
struct actors {
    gr_actor ring[RING];
    uint32_t taken, put;
};

struct items {
    double ring[RING];
    uint32_t taken, put;
};

/*
 * Invariants:
 *   1. Items that wait and those that are being made are `promised`, which is ROOM at most.
 *   2. Either no item waits or no consumer is free.
 */
struct manager {
    struct actors producers; /* waiting for room */
    struct actors consumers; /* free */
    struct items items;      /* waiting */
    uint32_t promised;
    uint32_t finished; /* producers that have made their last item */
    gr_promise over;
};

static void put_actor(struct actors *actors, gr_actor actor)
{
    actors->ring[actors->put++ % RING] = actor;
}

static gr_actor take_actor(struct actors *actors)
{
    return actors->ring[actors->taken++ % RING];
}

static int let_produce(struct manager *manager)
{
    int rc = 0;
    while (rc == 0 && manager->promised < ROOM &&
           manager->producers.put != manager->producers.taken) {
        manager->promised++;
        rc = gr_send(take_actor(&manager->producers), PRODUCE, NULL, 0);
    }
    return rc;
}

static int pass_on(struct manager *manager, gr_actor consumer, double item)
{
    manager->promised--;
    int rc = gr_send(consumer, CONSUME, &item, sizeof item);
    return rc < 0 ? rc : let_produce(manager);
}

static int item_made(struct manager *manager, double item)
{
    if (manager->consumers.put != manager->consumers.taken)
        return pass_on(manager, take_actor(&manager->consumers), item);
    manager->items.ring[manager->items.put++ % RING] = item;
    return 0;
}

/* Over when the last item has been used: nothing more is made, and all consumers are free. */
static int consumer_free(struct manager *manager, gr_actor consumer)
{
    struct items *items = &manager->items;
    if (items->put != items->taken)
        return pass_on(manager, consumer, items->ring[items->taken++ % RING]);
    put_actor(&manager->consumers, consumer);
    bool all_free = manager->consumers.put - manager->consumers.taken == CONSUMERS;
    if (manager->finished < PRODUCERS || !all_free)
        return 0;
    return gr_promise_resolve(manager->over, NULL, 0);
}

static int manager_receive(struct gr_self *self, const struct gr_message *message)
{
    struct manager *manager = self->state;
    const struct made *made = message->data;
    switch (message->tag) {
    case BEGIN:
        put_actor(&manager->producers, *(const gr_actor *)message->data);
        return let_produce(manager);
    case ITEM:
        put_actor(&manager->producers, made->producer);
        return item_made(manager, made->item);
    case LAST_ITEM:
        manager->finished++;
        return item_made(manager, made->item);
    default:
        return consumer_free(manager, *(const gr_actor *)message->data);
    }
}

static int manager_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    ((struct manager *)self->state)->over = *(const gr_promise *)argument;
    return 0;
}

static const struct gr_behavior managers = {.name = "manager",
                                            .receive = manager_receive,
                                            .start = manager_start,
                                            .state_bytes = sizeof(struct manager)};

/* --- Producers and consumers ----------------------------------------------------------------- */

struct task {
    gr_actor manager;
    uint64_t number;
    uint64_t items; /* of a producer */
    uint64_t cost;  /* of an item */
};

struct producer {
    gr_actor here, manager;
    uint64_t left; /* items to make */
    uint64_t cost;
    struct gr__random random;
};

static int producer_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct task *task = argument;
    struct producer *producer = self->state;
    producer->here = gr_self_actor(self);
    producer->manager = task->manager;
    producer->left = task->items;
    producer->cost = task->cost;
    gr__random_seed(&producer->random, task->number);
    return gr_send(producer->manager, BEGIN, &producer->here, sizeof producer->here);
}

static int produce(struct gr_self *self, const struct gr_message *message)
{
    (void)message;
    struct producer *producer = self->state;
    struct made made = {producer->here, bench_logarithms(&producer->random, producer->cost)};
    uint32_t tag = --producer->left > 0 ? ITEM : LAST_ITEM;
    return gr_send(producer->manager, tag, &made, sizeof made);
}

static const struct gr_behavior producers = {.name = "producer",
                                             .receive = produce,
                                             .start = producer_start,
                                             .state_bytes = sizeof(struct producer)};

struct consumer {
    gr_actor here, manager;
    uint64_t used;
    uint64_t cost;
    double sum;
    struct gr__random random;
};

static int say_free(const struct consumer *consumer)
{
    return gr_send(consumer->manager, FREE, &consumer->here, sizeof consumer->here);
}

static int consumer_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct task *task = argument;
    struct consumer *consumer = self->state;
    consumer->here = gr_self_actor(self);
    consumer->manager = task->manager;
    consumer->cost = task->cost;
    gr__random_seed(&consumer->random, task->number);
    return say_free(consumer);
}

static int consume(struct gr_self *self, const struct gr_message *message)
{
    struct consumer *consumer = self->state;
    if (message->tag == USED) {
        uint64_t used = isfinite(consumer->sum) ? consumer->used : 0;
        return gr_reply(message, &used, sizeof used);
    }
    consumer->sum +=
        *(const double *)message->data + bench_logarithms(&consumer->random, consumer->cost);
    consumer->used++;
    return say_free(consumer);
}

static const struct gr_behavior consumers = {.name = "consumer",
                                             .receive = consume,
                                             .start = consumer_start,
                                             .state_bytes = sizeof(struct consumer)};

/* --- The program ----------------------------------------------------------------------------- */

struct problem {
    uint64_t items; /* of each producer */
    uint64_t cost;
};

static int spawn_all(gr_actor *actors, size_t count, const struct gr_behavior *behavior,
                     struct task task)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = bench_crew_spawn(&actors[i], 1, behavior, &task, sizeof task);
        task.number++;
    }
    return rc;
}

static int play(void *context)
{
    const struct problem *problem = context;
    gr_future over;
    gr_promise promise;
    gr_actor makers[PRODUCERS], users[CONSUMERS];
    struct task task = {.items = problem->items, .cost = problem->cost};
    uint64_t used = 0;
    int rc = gr_future_make(&over, &promise);
    if (rc == 0)
        rc = bench_crew_spawn(&task.manager, 1, &managers, &promise, sizeof promise);
    if (rc == 0)
        rc = spawn_all(makers, PRODUCERS, &producers, task);
    task.number = PRODUCERS;
    if (rc == 0)
        rc = spawn_all(users, CONSUMERS, &consumers, task);
    if (rc == 0)
        rc = gr_future_await(over, NULL, 0, GR_FOREVER);
    if (rc == 0)
        rc = bench_crew_sum(users, CONSUMERS, USED, &used);
    if (rc == 0)
        rc = bench_crew_stop(makers, PRODUCERS);
    if (rc == 0)
        rc = bench_crew_stop(users, CONSUMERS);
    if (rc == 0)
        rc = gr_actor_stop(task.manager, 0);
    if (rc < 0)
        return rc;
    return used == problem->items * PRODUCERS ? 0 : bench_wrong("not every item was used");
}

static int measure(bool costs, const char *variant)
{
    struct problem problem = {.items = bench_scaled(1000), .cost = costs ? BENCH_ITEM_COST : 0};
    return bench_program(&(struct bench_program){.name = "bounded_buffer",
                                                 .variant = variant,
                                                 .run = play,
                                                 .context = &problem,
                                                 .operations = problem.items * PRODUCERS});
}

static int run(void *context)
{
    (void)context;
    return bench_with_cost_and_without(measure);
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
