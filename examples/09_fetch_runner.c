/*
 * Fetch a page, handle the response, stop: by a runner. 08_fetch_callbacks.c is the same by callbacks.
 *
 *     09_fetch_runner              from a server of its own; prints what the page says
 *
 * The steps stand in their order, what they know are variables, and there is one place to close.
 */
#include <greenroom/greenroom.h>
#include <stdio.h>
#include <string.h>

static const char request[] = "GET / HTTP/1.0\r\n\r\n",
                  response[] = "HTTP/1.0 200 OK\r\n\r\nhello\n";

static int serve_page(gr_stream stream, void *context)
{
    char head[1024];
    size_t size;
    gr_time deadline = gr_in(GR_SECOND);
    int rc = gr_stream_read_until(stream, "\r\n\r\n", 4, head, sizeof head, &size, deadline);
    (void)context;
    return rc < 0 ? rc : gr_stream_write(stream, response, strlen(response), deadline);
}

/* The page ends where the stream does. */
static int fetch(int port, char *page, size_t room)
{
    gr_stream stream;
    int rc = gr_stream_connect("127.0.0.1", port, &stream, gr_in(GR_SECOND));
    if (rc < 0)
        return rc;
    rc = gr_stream_write(stream, request, strlen(request), gr_in(GR_SECOND));
    for (size_t used = 0, size; rc == 0; used += size) {
        page[used] = '\0';
        rc = gr_stream_read(stream, page + used, room - 1 - used, &size, gr_in(GR_SECOND));
    }
    gr_stream_close(stream);
    return rc == GR_EOF ? 0 : rc;
}

static int run(void *context)
{
    char page[4096] = "";
    int port;
    int rc = gr_serve("127.0.0.1", 0, serve_page, context, &port);
    if (rc == 0)
        rc = fetch(port, page, sizeof page);

    const char *body = strstr(page, "\r\n\r\n");
    printf("the page says: %s", rc < 0 ? gr_error_text(rc) : body == NULL ? "" : body + 4);
    return rc;
}

int main(void)
{
    return gr_run(run, NULL, &(struct gr_options){.report = gr_report_to_stderr}) < 0;
}
