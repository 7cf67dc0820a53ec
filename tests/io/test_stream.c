/* A stream gives its bytes in order to who reads in time, keeps them for the next otherwise, and ends. */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fixture.h"

#define SOON gr_in(5 * GR_SECOND)

/* Two streams that are each other's other side. */
struct pair {
    gr_listener listener;
    gr_stream client;
    gr_stream server;
};

static struct pair make_pair(void)
{
    struct pair pair = {0};
    check_equal(gr_listen("127.0.0.1", 0, &pair.listener), 0);
    check_equal(gr_stream_connect("127.0.0.1", gr_listener_port(pair.listener), &pair.client, SOON),
                0);
    check_equal(gr_accept(pair.listener, &pair.server, SOON), 0);
    return pair;
}

static bool has_port(const struct sockaddr_in *address, int port)
{
    return address->sin_family == AF_INET && ntohs(address->sin_port) == port;
}

/*
 * Have the kernel take little from who writes while nobody reads. Else it may take as much as megabytes,
 * and more from one moment to the next.
 */
static void keep_kernel_buffers_small(const struct pair *pair)
{
    const int bytes = 65536, port = gr_listener_port(pair->listener);
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in here = {0}, there = {0};
        socklen_t size = sizeof here, other_size = sizeof there;
        getsockname(fd, (struct sockaddr *)&here, &size);
        getpeername(fd, (struct sockaddr *)&there, &other_size);
        if (!has_port(&here, port) && !has_port(&there, port))
            continue;
        check_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
        check_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
    }
}

static void end_pair(struct pair *pair)
{
    gr_stream_close(pair->client);
    gr_stream_close(pair->server);
    gr_listener_close(pair->listener);
}

static void say(gr_stream stream, const char *text)
{
    check_equal(gr_stream_write(stream, text, strlen(text), SOON), 0);
}

LONE_RUNNER_TEST(reads_what_was_written_in_every_way)
{
    struct pair pair = make_pair();
    char bytes[64] = "";
    size_t size = 0;
    say(pair.client, "hello, world\nand more");
    check_equal(gr_stream_read_exactly(pair.server, bytes, 7, SOON), 0);
    check_equal(memcmp(bytes, "hello, ", 7), 0);
    check_equal(gr_stream_read_until(pair.server, "\n", 1, bytes, sizeof bytes, &size, SOON), 0);
    check_equal(size, 6);
    check_equal(memcmp(bytes, "world\n", 6), 0);
    const void *peeked;
    check_equal(gr_stream_peek(pair.server, 3, &peeked, &size, SOON), 0);
    check_equal(size, 8);
    gr_stream_skip(pair.server, 4);
    check_equal(gr_stream_read(pair.server, bytes, sizeof bytes, &size, SOON), 0);
    check_equal(size, 4);
    check_equal(memcmp(bytes, "more", 4), 0);
    end_pair(&pair);
}

LONE_RUNNER_TEST(finds_a_delimiter_that_comes_in_two_pieces)
{
    struct pair pair = make_pair();
    char bytes[64];
    size_t size = 0;
    say(pair.client, "a line\r");
    check_equal(gr_stream_read_until(pair.server, "\r\n", 2, bytes, sizeof bytes, &size,
                                     gr_in(5 * GR_MILLISECOND)),
                -ETIMEDOUT);
    say(pair.client, "\n");
    check_equal(gr_stream_read_until(pair.server, "\r\n", 2, bytes, sizeof bytes, &size, SOON), 0);
    check_equal(size, 8);
    end_pair(&pair);
}

LONE_RUNNER_TEST(keeps_its_bytes_when_a_delimiter_does_not_come)
{
    struct pair pair = make_pair();
    char bytes[8];
    size_t size = 0;
    say(pair.client, "0123456789");
    check_equal(gr_stream_read_until(pair.server, "\n", 1, bytes, sizeof bytes, &size, SOON),
                -EMSGSIZE);
    check_equal(gr_stream_read_exactly(pair.server, bytes, 8, SOON), 0);
    check_equal(memcmp(bytes, "01234567", 8), 0);
    end_pair(&pair);
}

static int read_ten(void *stream)
{
    char bytes[10];
    return gr_stream_read_exactly(*(gr_stream *)stream, bytes, sizeof bytes, SOON);
}

LONE_RUNNER_TEST(loses_no_byte_to_a_read_that_ends_early)
{
    struct pair pair = make_pair();
    char bytes[10];
    say(pair.client, "01234");
    check_equal(gr_stream_read_exactly(pair.server, bytes, 10, gr_in(5 * GR_MILLISECOND)),
                -ETIMEDOUT);
    gr_runner reader;
    check_equal(gr_runner_start(read_ten, &pair.server, NULL, &reader), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_stream_read_exactly(pair.server, bytes, 10, SOON), -EBUSY);
    gr_runner_cancel(reader);
    check_equal(gr_runner_join(reader, SOON), -ECANCELED);
    say(pair.client, "56789");
    check_equal(gr_stream_read_exactly(pair.server, bytes, 10, SOON), 0);
    check_equal(memcmp(bytes, "0123456789", 10), 0);
    end_pair(&pair);
}

LONE_RUNNER_TEST(ends_in_each_direction_on_its_own)
{
    struct pair pair = make_pair();
    char bytes[16];
    size_t size;
    say(pair.client, "last");
    check_equal(gr_stream_shutdown(pair.client, SOON), 0);
    check_equal(gr_stream_write(pair.client, "x", 1, SOON), -EPIPE);
    check_equal(gr_stream_read_exactly(pair.server, bytes, 5, SOON), GR_EOF);
    check_equal(gr_stream_read_exactly(pair.server, bytes, 4, SOON), 0);
    check_equal(gr_stream_read(pair.server, bytes, sizeof bytes, &size, SOON), GR_EOF);
    say(pair.server, "reply");
    check_equal(gr_stream_read_exactly(pair.client, bytes, 5, SOON), 0);
    end_pair(&pair);
}

LONE_RUNNER_TEST(wakes_who_waits_for_it_when_it_is_closed)
{
    struct pair pair = make_pair();
    gr_runner reader;
    check_equal(gr_runner_start(read_ten, &pair.server, NULL, &reader), 0);
    check_equal(gr_yield(), 0);
    gr_stream_close(pair.server);
    check_equal(gr_runner_join(reader, SOON), -ECANCELED);
    check_equal(gr_stream_write(pair.server, "x", 1, SOON), -ESTALE);
    check_equal(gr_stream_try_write(pair.server, "x", 1), -ESTALE);
    check_equal(gr_stream_flush(pair.server, SOON), -ESTALE);
    check_equal(gr_stream_shutdown(pair.server, SOON), -ESTALE);
    check_equal(read_ten(&pair.server), -ESTALE);
    end_pair(&pair);
}

enum { LARGE = 4 << 20 };

static char large[LARGE];

static int read_large(void *stream)
{
    static char got[LARGE];
    int rc = gr_stream_read_exactly(*(gr_stream *)stream, got, LARGE, SOON);
    check(rc < 0 || memcmp(got, large, LARGE) == 0);
    return rc;
}

static void fill_large(void)
{
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i * 2654435761u >> 13);
}

LONE_RUNNER_TEST(makes_a_writer_wait_for_a_reader_that_does_not_read)
{
    struct pair pair = make_pair();
    keep_kernel_buffers_small(&pair);
    fill_large();
    check_equal(gr_stream_write(pair.client, large, LARGE, SOON), 0);
    check_equal(gr_stream_write(pair.client, "late", 4, gr_in(5 * GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_stream_try_write(pair.client, "late", 4), -EAGAIN);
    check_equal(gr_stream_flush(pair.client, gr_in(5 * GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(read_large(&pair.server), 0);
    check_equal(gr_stream_flush(pair.client, SOON), 0);
    say(pair.client, "in time");
    char bytes[7];
    check_equal(gr_stream_read_exactly(pair.server, bytes, 7, SOON), 0);
    check_equal(memcmp(bytes, "in time", 7), 0);
    end_pair(&pair);
}

LONE_RUNNER_TEST(delivers_what_was_queued_when_it_is_closed)
{
    struct pair pair = make_pair();
    fill_large();
    check_equal(gr_stream_write(pair.client, large, LARGE, SOON), 0);
    gr_stream_close(pair.client);
    check_equal(read_large(&pair.server), 0);
    char byte;
    check_equal(gr_stream_read_exactly(pair.server, &byte, 1, SOON), GR_EOF);
    end_pair(&pair);
}

static int raw_client(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    check_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

LONE_RUNNER_TEST(tells_of_a_reset_and_raises_no_signal)
{
    gr_listener listener;
    check_equal(gr_listen("127.0.0.1", 0, &listener), 0);
    int fd = raw_client(gr_listener_port(listener));
    gr_stream stream;
    check_equal(gr_accept(listener, &stream, SOON), 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    close(fd);
    char byte;
    check_equal(gr_stream_read_exactly(stream, &byte, 1, SOON), -ECONNRESET);
    int rc = gr_stream_write(stream, "x", 1, SOON);
    check(rc == -EPIPE || rc == -ECONNRESET);
    gr_stream_close(stream);
    gr_listener_close(listener);
}

LONE_RUNNER_TEST(is_named_when_it_is_never_closed)
{
    expect_report("1 streams on loop 0 were never closed");
    struct pair pair = make_pair();
    gr_stream_close(pair.client);
    gr_listener_close(pair.listener);
}

LONE_RUNNER_TEST(leaves_a_connection_for_the_next_accept)
{
    gr_listener listener;
    check_equal(gr_listen(NULL, 0, &listener), 0);
    gr_stream stream;
    check_equal(gr_accept(listener, &stream, gr_in(5 * GR_MILLISECOND)), -ETIMEDOUT);
    int fd = raw_client(gr_listener_port(listener));
    check_equal(gr_accept(listener, &stream, SOON), 0);
    char peer[64];
    gr_stream_peer(stream, peer, sizeof peer);
    check(strstr(peer, "127.0.0.1") != NULL);
    gr_stream_close(stream);
    close(fd);
    gr_listener_close(listener);
    check_equal(gr_accept(listener, &stream, SOON), -ESTALE);
}

/* The lowest limit with which no descriptor more can be had. */
static void use_up_descriptors(struct rlimit *ret_before)
{
    getrlimit(RLIMIT_NOFILE, ret_before);
    int next = dup(STDERR_FILENO);
    close(next);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)next, ret_before->rlim_max});
}

LONE_RUNNER_TEST(keeps_a_connection_waiting_while_there_is_no_descriptor)
{
    gr_listener listener;
    check_equal(gr_listen("127.0.0.1", 0, &listener), 0);
    int fd = raw_client(gr_listener_port(listener));
    struct rlimit before;
    use_up_descriptors(&before);
    gr_stream stream;
    check_equal(gr_accept(listener, &stream, SOON), -EMFILE);
    check_equal(gr_accept(listener, &stream, SOON), -EMFILE);
    setrlimit(RLIMIT_NOFILE, &before);
    check_equal(gr_accept(listener, &stream, SOON), 0);
    check_equal(write(fd, "still here", 10), 10);
    char bytes[10];
    check_equal(gr_stream_read_exactly(stream, bytes, 10, SOON), 0);
    close(fd);
    gr_stream_close(stream);
    gr_listener_close(listener);
}

LONE_RUNNER_TEST(is_refused_an_address_that_cannot_be)
{
    gr_listener listener;
    gr_stream stream;
    check_equal(gr_listen("no address", 0, &listener), -EINVAL);
    check_equal(gr_listen("127.0.0.1", 65536, &listener), -EINVAL);
    check_equal(gr_stream_connect("127.0.0.1", 0, &stream, SOON), -EINVAL);
    check_equal(gr_stream_connect("127.0.0.1", 65536, &stream, SOON), -EINVAL);
    check_equal(gr_stream_connect("127.0.0.1", 1, &stream, SOON), -ECONNREFUSED);
    int rc = gr_stream_connect("no.such.name.invalid", 80, &stream, gr_in(20 * GR_SECOND));
    check(rc == -3008 || rc == -3001);

    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    check_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    check_equal(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    check_equal(gr_listen("127.0.0.1", ntohs(address.sin_port), &listener), -EADDRINUSE);
    close(fd);
}

static int served[2];

static int echo_line(gr_stream stream, void *context)
{
    (void)context;
    char line[64];
    size_t size;
    int rc = gr_stream_read_until(stream, "\n", 1, line, sizeof line, &size, SOON);
    if (rc == 0) {
        __atomic_add_fetch(&served[gr_loop_here()], 1, __ATOMIC_RELAXED);
        rc = gr_stream_write(stream, line, size, SOON);
    }
    return rc;
}

static int talk(void *port)
{
    gr_stream stream;
    char line[6];
    int rc = gr_stream_connect("127.0.0.1", *(int *)port, &stream, gr_in(20 * GR_SECOND));
    if (rc < 0)
        return rc;
    rc = gr_stream_write(stream, "hello\n", 6, SOON);
    if (rc == 0)
        rc = gr_stream_read_exactly(stream, line, 6, gr_in(20 * GR_SECOND));
    gr_stream_close(stream);
    return rc;
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

enum { CONNECTIONS = 10000, WAVE = 200 };

static int open_use_and_close(void *context)
{
    (void)context;
    int port = 0;
    check_equal(gr_serve("127.0.0.1", 0, echo_line, NULL, &port), 0);
    for (int done = 0; done < CONNECTIONS; done += WAVE) {
        gr_runner runners[WAVE];
        for (int i = 0; i < WAVE; i++)
            check_equal(gr_runner_start(talk, &port, NULL, &runners[i]), 0);
        for (int i = 0; i < WAVE; i++)
            check_equal(gr_runner_join(runners[i], gr_in(30 * GR_SECOND)), 0);
    }
    return 0;
}

/* The fixture fails on any stream, runner, future, actor or byte that is left. */
static void leaves_nothing_of_ten_thousand_connections(void **state)
{
    (void)state;
    int before = open_descriptors();
    run_in_fleet(open_use_and_close, &(struct gr_options){.loops = 2});
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(served[0] + served[1], CONNECTIONS);
    assert_true(served[0] > 0 && served[1] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_written_in_every_way),
        cmocka_unit_test(finds_a_delimiter_that_comes_in_two_pieces),
        cmocka_unit_test(keeps_its_bytes_when_a_delimiter_does_not_come),
        cmocka_unit_test(loses_no_byte_to_a_read_that_ends_early),
        cmocka_unit_test(ends_in_each_direction_on_its_own),
        cmocka_unit_test(wakes_who_waits_for_it_when_it_is_closed),
        cmocka_unit_test(makes_a_writer_wait_for_a_reader_that_does_not_read),
        cmocka_unit_test(delivers_what_was_queued_when_it_is_closed),
        cmocka_unit_test(tells_of_a_reset_and_raises_no_signal),
        cmocka_unit_test(is_named_when_it_is_never_closed),
        cmocka_unit_test(leaves_a_connection_for_the_next_accept),
        cmocka_unit_test(keeps_a_connection_waiting_while_there_is_no_descriptor),
        cmocka_unit_test(is_refused_an_address_that_cannot_be),
        cmocka_unit_test(leaves_nothing_of_ten_thousand_connections),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
