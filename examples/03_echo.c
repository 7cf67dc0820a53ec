/*
 * A TCP service on every core, and a client of it.
 *
 *     03_echo             talks to itself, and prints what came back
 *     03_echo 7000        serves on that port until Ctrl-C: try nc 127.0.0.1 7000
 *
 * Each connection has a runner, which reads and writes as if it had a thread of its own. Its
 * deadline is a minute without a line.
 */
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int echo(gr_stream stream, void *context)
{
    (void)context;
    for (;;) {
        char line[1024];
        size_t size;
        int rc =
            gr_stream_read_until(stream, "\n", 1, line, sizeof line, &size, gr_in(60 * GR_SECOND));
        if (rc == 0)
            rc = gr_stream_write(stream, line, size, gr_in(GR_SECOND));
        if (rc < 0)
            return rc;
    }
}

static int talk(int port)
{
    static const char question[] = "is anybody there?\n";
    gr_stream stream;
    int rc = gr_stream_connect("localhost", port, &stream, gr_in(GR_SECOND));
    if (rc < 0)
        return rc;

    char answer[sizeof question - 1];
    rc = gr_stream_write(stream, question, strlen(question), gr_in(GR_SECOND));
    if (rc == 0)
        rc = gr_stream_read_exactly(stream, answer, sizeof answer, gr_in(GR_SECOND));
    if (rc == 0)
        printf("port %d answers: %.*s", port, (int)sizeof answer, answer);
    gr_stream_close(stream);
    return rc;
}

static int run(void *context)
{
    int wanted = *(const int *)context;
    int port;
    int rc = gr_serve(wanted == 0 ? "127.0.0.1" : NULL, wanted, echo, NULL, &port);
    if (rc < 0)
        return rc;
    if (wanted == 0)
        return talk(port);

    rc = gr_sleep(GR_FOREVER);
    return rc == -ECANCELED ? 0 : rc;
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 0;
    int rc = gr_run(run, &port, &(struct gr_options){.report = gr_report_to_stderr});
    if (rc < 0)
        fprintf(stderr, "%s\n", gr_error_text(rc));
    return rc < 0;
}
