/*
 * A pipeline of stages on two loops, with bounded channels between them.
 *
 *     06_pipeline         prints how many numbers up to a million have a digit sum of 27
 *
 *     loop 0                             loop 1
 *     count from 1 to 1,000,000 -------> keep those whose digits sum up to 27
 *     tally <----------------------------/
 *
 * Each channel holds 64 items, so no stage runs ahead of the next. Who gets GR_EOF closes the next.
 */
#include <greenroom/greenroom.h>
#include <stdio.h>

enum { NUMBERS = 1000000, SUM = 27, BOUND = 64 };
static gr_channel numbers, kept;

static int digit_sum(int number)
{
    return number == 0 ? 0 : number % 10 + digit_sum(number / 10);
}

static int count(void *context)
{
    (void)context;
    int rc = 0;
    for (int number = 1; rc == 0 && number <= NUMBERS; number++)
        rc = gr_channel_send(numbers, &number, sizeof number, GR_FOREVER);
    return rc < 0 ? rc : gr_channel_close(numbers);
}

static int keep(void)
{
    int number, rc = 0;
    while (rc == 0) {
        rc = gr_channel_receive(numbers, &number, sizeof number, GR_FOREVER);
        if (rc == 0 && digit_sum(number) == SUM)
            rc = gr_channel_send(kept, &number, sizeof number, GR_FOREVER);
    }
    int closed = gr_channel_close(kept);
    return rc == GR_EOF ? closed : rc;
}

/* On loop 1: a channel is best made where it is received from. */
static void make_and_keep(void *context)
{
    gr_promise made = *(const gr_promise *)context;
    int rc = gr_channel_make(sizeof(int), BOUND, &numbers);
    rc = rc < 0 ? gr_promise_reject(made, rc) : gr_promise_resolve(made, NULL, 0);
    if (rc == 0)
        rc = keep();
    gr_channel_drop(numbers);
    if (rc < 0)
        fprintf(stderr, "keep: %s\n", gr_error_text(rc));
}

static int run(void *context)
{
    (void)context;
    gr_future made;
    gr_promise promise;
    int number, tally = 0, rc = gr_channel_make(sizeof(int), BOUND, &kept);
    if (rc == 0 && (rc = gr_future_make(&made, &promise)) == 0)
        rc = gr_post(1, make_and_keep, &promise, NULL);
    if (rc == 0)
        rc = gr_future_await(made, NULL, 0, GR_FOREVER);
    if (rc == 0)
        rc = gr_runner_start(count, NULL, NULL, NULL);
    for (; rc == 0; tally += rc == 0)
        rc = gr_channel_receive(kept, &number, sizeof number, GR_FOREVER);
    gr_channel_drop(kept);
    printf("%d numbers up to %d have a digit sum of %d\n", tally, NUMBERS, SUM);
    return rc == GR_EOF ? 0 : rc;
}

int main(void)
{
    return gr_run(run, NULL, &(struct gr_options){.loops = 2, .report = gr_report_to_stderr}) < 0;
}
