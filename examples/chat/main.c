/*
 * A chat server on all cores: rooms are actors, and so are those who talk in them.
 *
 *     chat [--port N] [--host ADDRESS]      GREENROOM_LOOPS chooses how many loops
 *     nc 127.0.0.1 7380                     /join ROOM, /leave, /who, /nick NAME, or say something
 *
 * Ctrl-C ends it: what has been said is still delivered, and everybody is told goodbye.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"

enum { PORT = 7380 };

struct arguments {
    const char *host;
    int port;
};

static int run(void *context)
{
    const struct arguments *arguments = context;
    int port;
    int rc = gr_serve(arguments->host, arguments->port, session_converse, NULL, &port);
    if (rc < 0) {
        fprintf(stderr, "chat: cannot listen on port %d: %s\n", arguments->port, gr_error_text(rc));
        return rc;
    }

    printf("chat: ready on port %d, with %d loops\n", port, gr_loop_count());
    fflush(stdout);
    rc = gr_sleep(GR_FOREVER);
    return rc == -ECANCELED ? 0 : rc; /* Ctrl-C is how it is meant to end */
}

static int usage(void)
{
    fprintf(stderr, "usage: chat [--port N] [--host ADDRESS]\n");
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.host = "127.0.0.1", .port = PORT};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            return usage();
        if (strcmp(argv[i], "--host") == 0)
            arguments.host = argv[i + 1];
        else if (strcmp(argv[i], "--port") == 0)
            arguments.port = atoi(argv[i + 1]);
        else
            return usage();
    }

    int rc = gr_run(run, &arguments, &(struct gr_options){.report = gr_report_to_stderr});
    if (rc < 0)
        fprintf(stderr, "chat: %s\n", gr_error_text(rc));
    return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
