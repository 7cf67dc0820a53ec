/*
 * A sum that all cores work on: one worker a loop, all asked at once.
 *
 *     02_scatter          prints how many primes there are below two million, and who counted them
 *
 * Asks are futures: start them all, and await them in any order. Each worker is on another loop,
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
    gr_future counts[WORKERS_MAX];
    int loops = gr_loop_count();
    for (int i = 0; i < loops; i++) {
        int rc = ask(i, loops, &counts[i]);
        if (rc < 0)
            return rc;
    }

    uint32_t sum = 0;
    for (int i = 0; i < loops; i++) {
        uint32_t count;
        int rc = gr_future_await(counts[i], &count, sizeof count, gr_in(60 * GR_SECOND));
        if (rc < 0)
            return rc;
        sum += count;
    }
    printf("%u primes below %d, counted by %d workers\n", sum, BELOW, loops);
    return sum == 148933 ? 0 : -EILSEQ;
}

int main(void)
{
    return gr_run(run, NULL, &(struct gr_options){.report = gr_report_to_stderr}) < 0;
}
