/*
 * A server that reloads on SIGHUP in the midst of its conversations: each awaits a line of its client
 * and the signal together, and whichever comes first takes nothing from the other.
 *
 *     15_reload
 *
 * Prints what a client is told: "edition 0: hello", and after a SIGHUP "edition 1: reloaded".
 */
#include <greenroom/greenroom.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define SOON gr_in(10 * GR_SECOND)

/* One event: the signal, which makes the next edition, or a line. The client is told of either. */
static int hear_one(gr_stream stream, gr_signal hangup, unsigned *edition)
{
    char answer[96], line[64] = "reloaded\n"; /* unless a line comes instead */
    size_t size = strlen(line);
    struct gr_stream_read_wait read;
    struct gr_signal_wait reload;
    struct gr_member events[] = {
        {.awaitable = gr_signal_awaitable(&reload, hangup, NULL)},
        {.awaitable =
             gr_stream_read_until_awaitable(&read, stream, "\n", 1, line, sizeof line, &size)},
    };
    int rc = gr_race(events, 2, SOON);
    if (rc < 0)
        return rc;

    *edition += events[0].status == 0;
    int length = snprintf(answer, sizeof answer, "edition %u: %.*s", *edition, (int)size, line);
    return gr_stream_write(stream, answer, (size_t)length, SOON);
}

static int converse(gr_stream stream, void *context)
{
    (void)context;
    unsigned edition = 0;
    gr_signal hangup = {0};
    int rc = gr_signal_make(SIGHUP, &hangup);
    while (rc == 0)
        rc = hear_one(stream, hangup, &edition);
    gr_signal_drop(hangup);
    return rc;
}

static int exchange(gr_stream stream, const char *said)
{
    char line[96];
    size_t size;
    int rc = gr_stream_write(stream, said, strlen(said), SOON);
    if (rc == 0)
        rc = gr_stream_read_until(stream, "\n", 1, line, sizeof line, &size, SOON);
    if (rc == 0)
        printf("%.*s", (int)size, line);
    return rc;
}

static int run(void *context)
{
    (void)context;
    int port = 0;
    gr_stream stream = {0};
    int rc = gr_serve("127.0.0.1", 0, converse, NULL, &port);
    if (rc == 0)
        rc = gr_stream_connect("127.0.0.1", port, &stream, SOON);
    if (rc == 0)
        rc = exchange(stream, "hello\n");
    if (rc == 0 && raise(SIGHUP) == 0)
        rc = exchange(stream, "");
    gr_stream_close(stream);
    return rc;
}

int main(void)
{
    return gr_run(run, NULL, NULL) == 0 ? 0 : 1;
}
