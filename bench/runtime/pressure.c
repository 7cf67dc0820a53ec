/*
 * What does a fast sender do to a slow receiver, in time and in memory?
 *
 *     flood    sender --- item, item, ... as fast as it can ---> receiver, 200 ns of work each
 *                     waits while the mailbox is full
 *
 *     paced    sender --- 64 items ---> receiver
 *                     <--- MORE -----   asks in time: its mailbox is never full, and never empty
 *
 * An operation is an item. What dominates is the work, a row of its own, which the machine sets. A
 * flood should take no longer than a paced sender; twice as long, in the best samples of both, is
 * wrong. On one loop sender and receiver take turns of
 * half a mailbox; on two the sender's loop is told when the mailbox is full, and again when half
 * of it has been handled, and between these the sender takes no processor time.
 *
 * The memory is what the process has grown by at its peak, in the first flood. The mailbox holds
 * 1,024 items, each in a line of the cache, and 8,192 more may be on their way to another loop:
 * 590 kB. All 200,000 items would be 12.8 MB; more than 2 MiB is wrong.
 */
#include <greenroom/greenroom.h>

#include <errno.h>
#include <sys/resource.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

#define ROUNDS 170u /* of work for an item: 200 ns, about */
#define BATCH 64u   /* of a paced sender */
#define GROWTH_MAX (UINT64_C(2) << 20)
#define SLOWDOWN_MAX 2

enum { ITEM, BEGIN, MORE };

struct receiver {
    gr_actor sender; /* zero: it is not paced */
    uint64_t items;
    uint64_t next; /* number of the next item */
    uint64_t worked;
    gr_promise all; /* settled with what the work has come to */
};

struct sender {
    gr_actor receiver;
    uint64_t items;
    uint64_t sent;
    uint64_t first; /* how many to send before the receiver asks for more */
};

/* What an item takes: multiplications that wait for each other. */
static uint64_t work(uint64_t before, uint64_t number)
{
    uint64_t value = before ^ number;
    for (unsigned i = 0; i < ROUNDS; i++)
        value = (value ^ value >> 31) * UINT64_C(0x9E3779B97F4A7C15);
    return value;
}

static uint64_t work_alone(uint64_t items)
{
    uint64_t worked = 0;
    for (uint64_t i = 0; i < items; i++)
        worked = work(worked, i);
    return worked;
}

/* Let who waits know, too. */
static int fail(gr_promise all, const char *what)
{
    int rc = gr_promise_reject(all, -EBADMSG);
    return rc < 0 ? rc : bench_wrong(what);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct receiver *receiver = self->state;
    uint64_t number = *(const uint64_t *)message->data;
    if (number != receiver->next)
        return fail(receiver->all, "an item out of order");
    receiver->worked = work(receiver->worked, number);
    if (++receiver->next == receiver->items)
        return gr_promise_resolve(receiver->all, &receiver->worked, sizeof receiver->worked);
    if (receiver->sender.name == 0 || receiver->next % BATCH != 0)
        return 0;
    return gr_send(receiver->sender, MORE, NULL, 0);
}

static int send_items(struct sender *sender, uint64_t most)
{
    for (; most > 0 && sender->sent < sender->items; most--) {
        int rc = gr_send(sender->receiver, ITEM, &sender->sent, sizeof sender->sent);
        if (rc < 0)
            return rc;
        sender->sent++;
    }
    return 0;
}

static int send_on(struct gr_self *self, const struct gr_message *message)
{
    struct sender *sender = self->state;
    if (message->tag == MORE)
        return send_items(sender, BATCH);
    *sender = *(const struct sender *)message->data;
    return send_items(sender, sender->first);
}

static const struct gr_behavior receivers = {.name = "receiver",
                                             .receive = receive,
                                             .start = bench_argument_is_state,
                                             .state_bytes = sizeof(struct receiver)};
static const struct gr_behavior senders = {
    .name = "sender", .receive = send_on, .state_bytes = sizeof(struct sender)};

/* A run: who is paced, and where the receiver is. */
struct match {
    int where;
    bool is_paced;
    uint64_t items;
    uint64_t answer; /* what the work comes to */
};

static int spawn_receiver(const struct match *match, const struct receiver *receiver,
                          gr_actor *ret_actor)
{
    struct gr_actor_options options = {
        .where = match->where, .argument = receiver, .argument_bytes = sizeof *receiver};
    return gr_actor_spawn(&receivers, &options, ret_actor);
}

static int play(void *context)
{
    const struct match *match = context;
    struct receiver receiver = {.items = match->items};
    struct sender order = {.items = match->items,
                           .first = match->is_paced ? 2 * BATCH : match->items};
    gr_actor sender = {0};
    gr_future all;
    int rc = gr_future_make(&all, &receiver.all);
    if (rc == 0)
        rc = gr_actor_spawn(&senders, NULL, &sender);
    if (rc == 0 && match->is_paced)
        receiver.sender = sender;
    if (rc == 0)
        rc = spawn_receiver(match, &receiver, &order.receiver);
    if (rc == 0)
        rc = gr_send(sender, BEGIN, &order, sizeof order);
    if (rc == 0)
        rc = bench_await_count(all, match->answer, "what the work comes to");
    if (rc == 0)
        rc = bench_crew_stop((gr_actor[]){sender, order.receiver}, 2);
    return rc;
}

static uint64_t peak_resident(void)
{
    struct rusage usage = {.ru_maxrss = 0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024;
}

/* How much more is resident at the peak of one flood than before it. */
static int measure_growth(struct match *match, const char *variant)
{
    double cpu = bench_cpu_seconds();
    uint64_t before = bench_resident();
    int rc = play(match);
    if (rc < 0)
        return rc;

    uint64_t peak = peak_resident(), growth = peak > before ? peak - before : 0;
    double bytes = (double)growth;
    bench_print("pressure", variant, "bytes", &bytes, 1, match->items, bench_cpu_seconds() - cpu);
    return growth <= GROWTH_MAX ? 0 : bench_wrong("the process grows with the flood");
}

static int work_only(void *context)
{
    const struct match *match = context;
    return work_alone(match->items) == match->answer ? 0 : bench_wrong("the work varies");
}

static int measure_time(struct match *match, const char *variant, bench_run_fn *run,
                        double *ret_least)
{
    return bench_program(&(struct bench_program){.name = "pressure",
                                                 .variant = variant,
                                                 .run = run,
                                                 .context = match,
                                                 .operations = match->items,
                                                 .ret_least = ret_least});
}

/* A place's rows: what a flood takes of memory and of time, and what a paced sender takes. */
struct place {
    int where;
    const char *growth, *flood, *paced;
};

static int measure_at(struct match match, const struct place *place)
{
    double flood = 0, paced = 0;
    match.where = place->where;
    int rc = measure_growth(&match, place->growth);
    if (rc == 0)
        rc = measure_time(&match, place->flood, play, &flood);
    match.is_paced = true;
    if (rc == 0)
        rc = measure_time(&match, place->paced, play, &paced);
    if (rc < 0)
        return rc;
    return flood <= paced * SLOWDOWN_MAX ? 0 : bench_wrong("a flood collapses");
}

static int run(void *context)
{
    (void)context;
    struct match match = {.items = bench_scaled(200000)};
    match.answer = work_alone(match.items);
    static const struct place one = {.where = GR_ON_LOOP(0),
                                     .growth = "one loop, growth in a flood",
                                     .flood = "one loop, flood",
                                     .paced = "one loop, paced"};
    static const struct place two = {.where = GR_ON_LOOP(1),
                                     .growth = "two loops, growth in a flood",
                                     .flood = "two loops, flood",
                                     .paced = "two loops, paced"};
    int rc = measure_at(match, &one);
    if (rc == 0)
        rc = measure_at(match, &two);
    return rc < 0 ? rc : measure_time(&match, "work alone", work_only, NULL);
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 2, run);
}
