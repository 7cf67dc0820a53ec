/*
 * Fetch a page, handle the response, stop: by callbacks. 09_fetch_runner.c is the same by a runner.
 *
 *     08_fetch_callbacks           from a server of its own; prints what the page says
 *
 * Each step is a call, and what it must know of the steps before it stands in a struct.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char request[] = "GET / HTTP/1.0\r\n\r\n",
                  response[] = "HTTP/1.0 200 OK\r\n\r\nhello\n";

struct fetch {
    bool asked;
    size_t size;
    char page[4096];
};

static int serve_page(gr_stream stream, void *context)
{
    char head[1024];
    size_t size;
    gr_time deadline = gr_in(GR_SECOND);
    int rc = gr_stream_read_until(stream, "\r\n\r\n", 4, head, sizeof head, &size, deadline);
    (void)context;
    return rc < 0 ? rc : gr_stream_write(stream, response, strlen(response), deadline);
}

static void handle_response(struct fetch *fetch, int fd, int status)
{
    gr_fd_remove(fd);
    close(fd);
    const char *body = strstr(fetch->page, "\r\n\r\n");
    printf("the page says: %s", status < 0 ? gr_error_text(status) : body == NULL ? "" : body + 4);
    gr_stop();
}

static void go_on(int fd, unsigned events, void *context)
{
    struct fetch *fetch = context;
    (void)events;
    if (!fetch->asked) {
        fetch->asked = true;
        if (write(fd, request, strlen(request)) < 0 || gr_fd_update(fd, GR_FD_READ) < 0)
            handle_response(fetch, fd, -errno);
        return;
    }
    ssize_t size = read(fd, fetch->page + fetch->size, sizeof fetch->page - 1 - fetch->size);
    if (size > 0)
        fetch->size += (size_t)size;
    else if (size == 0 || errno != EAGAIN)
        handle_response(fetch, fd, size == 0 ? 0 : -errno);
}

static int run(void *context)
{
    static struct fetch fetch;
    int port = 0, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int rc = fd < 0 ? -errno : gr_serve("127.0.0.1", 0, serve_page, context, &port);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (rc == 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        rc = errno == EINPROGRESS ? 0 : -errno;
    if (rc == 0)
        rc = gr_fd_add(fd, GR_FD_WRITE, go_on, &fetch);
    if (rc == 0)
        rc = gr_sleep(GR_FOREVER); /* until handle_response() stops it */
    return rc == -ECANCELED ? 0 : rc;
}

int main(void)
{
    return gr_run(run, NULL, &(struct gr_options){.report = gr_report_to_stderr}) < 0;
}
