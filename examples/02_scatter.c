/*
 * A sum that all cores work on: one worker a loop, all asked at once.
 *
 *     02_scatter          prints how many primes there are below two million, and who counted them
 *
 * Asks are futures: start them all, and wait for all at once. Each worker is on another loop,
 * so they work at the same time.
 */
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>

enum { BELOW = 2000000, WORKERS_MAX = 256 };

struct range {
    uint32_t from;
    uint32_t to;
};

static bool is_prime(uint32_t number)
{
    for (uint32_t divisor = 2; divisor <= number / divisor; divisor++)
        if (number % divisor == 0)
            return false;
    return number > 1;
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    const struct range *range = message->data;
    uint32_t count = 0;
    for (uint32_t number = range->from; number < range->to; number++)
        count += is_prime(number);
    return gr_reply(message, &count, sizeof count);
}

static const struct gr_behavior counter = {.name = "counter", .receive = receive};

static int ask(int loop, int loops, gr_future *ret_count)
{
    gr_actor worker;
    int rc =
        gr_actor_spawn(&counter, &(struct gr_actor_options){.where = GR_ON_LOOP(loop)}, &worker);
    if (rc < 0)
        return rc;

    uint32_t share = BELOW / (uint32_t)loops;
    struct range range = {share * (uint32_t)loop,
                          loop + 1 == loops ? BELOW : share * ((uint32_t)loop + 1)};
    return gr_ask_start(worker, 0, &range, sizeof range, ret_count, gr_in(GR_SECOND));
}

static int run(void *context)
{
    (void)context;
    uint32_t counts[WORKERS_MAX];
    struct gr_future_wait waits[WORKERS_MAX];
    struct gr_member members[WORKERS_MAX] = {{0}};
    int rc = 0, loops = gr_loop_count();
    for (int i = 0; rc == 0 && i < loops; i++) {
        gr_future count = {0};
        rc = ask(i, loops, &count);
        members[i].awaitable = gr_future_awaitable(&waits[i], count, &counts[i], sizeof counts[i]);
    }
    if (rc == 0)
        rc = gr_all(members, (size_t)loops, NULL, gr_in(60 * GR_SECOND));
    if (rc < 0)
        return rc;
    uint32_t sum = 0;
    for (int i = 0; i < loops; i++)
        sum += counts[i];
    printf("%u primes below %d, counted by %d workers\n", sum, BELOW, loops);
    return sum == 148933 ? 0 : -EILSEQ;
}

int main(void)
{
    return gr_run(run, NULL, &(struct gr_options){.report = gr_report_to_stderr}) < 0;
}
