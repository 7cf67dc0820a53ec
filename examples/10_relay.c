/*
 * A request handler that awaits a line from a second server, and writes it back.
 *
 *     10_relay             both servers and three clients in one; prints what the clients got
 *
 *     client ---- connects --> front's handler ---- connects --> oracle's handler
 *            <--- the line ----                <--- a line ----
 *
 * The handler reads as if it blocked, and blocks nobody: each connection has a runner of its own.
 */
#include <greenroom/greenroom.h>
#include <stdio.h>
#include <string.h>

#define SOON gr_in(5 * GR_SECOND)

static const char saying[] = "know thyself\n";

static int speak(gr_stream client, void *context)
{
    (void)context;
    return gr_stream_write(client, saying, strlen(saying), SOON);
}

/* A line from the server on that port of this machine. */
static int read_line_from(int port, char *line, size_t room, size_t *ret_size)
{
    gr_stream stream;
    int rc = gr_stream_connect("127.0.0.1", port, &stream, SOON);
    if (rc < 0)
        return rc;

    rc = gr_stream_read_until(stream, "\n", 1, line, room, ret_size, SOON);
    gr_stream_close(stream);
    return rc;
}

static int relay(gr_stream client, void *oracle_port)
{
    char line[128];
    size_t size;
    int rc = read_line_from(*(const int *)oracle_port, line, sizeof line, &size);
    return rc < 0 ? rc : gr_stream_write(client, line, size, SOON);
}

static int run(void *context)
{
    static int oracle_port; /* constant once the front serves */
    int front_port;
    (void)context;
    int rc = gr_serve("127.0.0.1", 0, speak, NULL, &oracle_port);
    if (rc == 0)
        rc = gr_serve("127.0.0.1", 0, relay, &oracle_port, &front_port);
    for (int client = 1; rc == 0 && client <= 3; client++) {
        char line[128];
        size_t size;
        rc = read_line_from(front_port, line, sizeof line, &size);
        if (rc == 0)
            printf("client %d: %.*s", client, (int)size, line);
    }
    return rc;
}

int main(void)
{
    int rc = gr_run(run, NULL, &(struct gr_options){.report = gr_report_to_stderr});
    if (rc < 0)
        fprintf(stderr, "%s\n", gr_error_text(rc));
    return rc < 0;
}
