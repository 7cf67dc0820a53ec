/* What is done with a stream can be awaited beside other things; withdrawn, it leaves all as it was. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

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

/* What was written to the loopback's one side is at its other; a poll or two bring it to the stream. */
static void let_it_come(void)
{
    for (int i = 0; i < 4; i++)
        check_equal(gr_yield(), 0);
}

/* A waiter that is nobody, so that a wait can be looked at between its steps. */
struct observer {
    struct gr_waiter waiter;
    int wakes;
};

static void count_wake(struct gr_waiter *waiter)
{
    ((struct observer *)(void *)waiter)->wakes++;
}

static void observe(struct gr_awaitable *awaitable, struct observer *observer)
{
    *observer = (struct observer){.waiter = {count_wake}};
    check(!awaitable->type->ready(awaitable));
    check_equal(awaitable->type->subscribe(awaitable, &observer->waiter), 0);
}

static void check_bytes(gr_stream stream, const char *text)
{
    char bytes[64];
    check_equal(gr_stream_read_exactly(stream, bytes, strlen(text), SOON), 0);
    check_equal(memcmp(bytes, text, strlen(text)), 0);
}

LONE_RUNNER_TEST(leaves_the_beginning_of_a_line_that_came_too_late)
{
    struct pair pair = make_pair();
    struct gr_stream_read_wait line;
    struct gr_sleep_wait sleep;
    char bytes[64];
    size_t size = 0;
    struct gr_member members[] = {
        {.awaitable = gr_stream_read_until_awaitable(&line, pair.server, "\n", 1, bytes,
                                                     sizeof bytes, &size)},
        {.awaitable = gr_sleep_awaitable(&sleep, gr_in(5 * GR_MILLISECOND))},
    };
    say(pair.client, "half a li");
    check_equal(gr_any(members, 2, SOON), 0);
    check_equal(members[0].status, GR_PENDING);
    check_equal(members[1].status, 0);
    say(pair.client, "ne\n");
    check_equal(gr_await(members[0].awaitable, SOON), 0);
    check_equal(size, 12);
    check_equal(memcmp(bytes, "half a line\n", 12), 0);
    end_pair(&pair);
}

LONE_RUNNER_TEST(reads_from_whoever_speaks_first_and_loses_nothing_of_the_other)
{
    struct pair one = make_pair(), other = make_pair();
    struct gr_stream_read_wait waits[2];
    char bytes[2][8];
    size_t sizes[2];
    struct gr_member members[] = {
        {.awaitable = gr_stream_read_awaitable(&waits[0], one.server, bytes[0], 8, &sizes[0])},
        {.awaitable = gr_stream_read_awaitable(&waits[1], other.server, bytes[1], 8, &sizes[1])},
    };
    struct gr_member *first;
    say(other.client, "other");
    check_equal(gr_pick(members, 2, &first, SOON), 0);
    check(first == &members[1]);
    check_equal(sizes[1], 5);
    say(one.client, "one");
    check_bytes(one.server, "one");
    end_pair(&one);
    end_pair(&other);
}

LONE_RUNNER_TEST(has_a_read_and_a_write_of_one_stream_together)
{
    struct pair pair = make_pair();
    struct gr_stream_read_wait read;
    struct gr_stream_write_wait write;
    char bytes[4] = "";
    struct gr_member members[] = {
        {.awaitable = gr_stream_read_exactly_awaitable(&read, pair.server, bytes, 4)},
        {.awaitable = gr_stream_write_awaitable(&write, pair.server, "ping", 4)},
    };
    say(pair.client, "pong");
    check_equal(gr_all(members, 2, NULL, SOON), 0);
    check_equal(memcmp(bytes, "pong", 4), 0);
    check_bytes(pair.client, "ping");
    end_pair(&pair);
}

LONE_RUNNER_TEST(wakes_its_reader_once_and_not_before_there_is_enough)
{
    struct pair pair = make_pair();
    struct gr_stream_read_wait wait;
    struct observer observer;
    char bytes[16];
    size_t size = 0;
    struct gr_awaitable *line =
        gr_stream_read_until_awaitable(&wait, pair.server, "\r\n", 2, bytes, sizeof bytes, &size);
    observe(line, &observer);
    const char *const pieces[] = {"a", " line\r", "\n", "more"};
    for (int i = 0; i < 4; i++) {
        say(pair.client, pieces[i]);
        let_it_come();
        check_equal(observer.wakes, i >= 2);
        check_equal(line->type->ready(line), i >= 2);
    }
    check_equal(line->type->take(line), 0);
    check_equal(size, 8);
    check_equal(memcmp(bytes, "a line\r\n", 8), 0);
    check_bytes(pair.server, "more");
    end_pair(&pair);
}

/* The runner that was woken has not come to run. */
LONE_RUNNER_TEST(keeps_for_its_reader_what_he_was_woken_for)
{
    struct pair pair = make_pair();
    struct gr_stream_read_wait wait, second;
    struct observer observer;
    char bytes[4], byte;
    size_t size;
    struct gr_awaitable *read = gr_stream_read_exactly_awaitable(&wait, pair.server, bytes, 4);
    observe(read, &observer);
    check_equal(gr_await(read, SOON), -EBUSY);
    check_equal(gr_stream_read(pair.server, &byte, 1, &size, SOON), -EBUSY);
    say(pair.client, "four");
    let_it_come();
    check_equal(observer.wakes, 1);
    check_equal(gr_stream_read(pair.server, &byte, 1, &size, SOON), -EBUSY);
    check_equal(gr_await(gr_stream_read_awaitable(&second, pair.server, &byte, 1, &size), SOON),
                -EBUSY);
    check_equal(read->type->take(read), 0);
    check_equal(memcmp(bytes, "four", 4), 0);
    end_pair(&pair);
}

static void close_and_check(gr_stream stream, struct gr_awaitable *awaitable,
                            const struct observer *observer)
{
    gr_stream_close(stream);
    check_equal(observer->wakes, 1);
    check(awaitable->type->ready(awaitable));
    check(!awaitable->type->cancel(awaitable));
    check_equal(gr_await(awaitable, gr_now()), -ECANCELED);
    check_equal(gr_await(awaitable, gr_now()), -ESTALE);
}

LONE_RUNNER_TEST(tells_once_of_a_stream_that_was_closed_under_a_wait)
{
    struct pair pair = make_pair();
    struct gr_stream_read_wait read;
    struct gr_stream_write_wait write;
    struct observer reader, writer;
    char byte;
    size_t size;
    struct gr_awaitable *reading = gr_stream_read_awaitable(&read, pair.server, &byte, 1, &size);
    observe(reading, &reader);
    close_and_check(pair.server, reading, &reader);
    struct gr_awaitable *shutdown = gr_stream_shutdown_awaitable(&write, pair.client);
    observe(shutdown, &writer);
    close_and_check(pair.client, shutdown, &writer);
    end_pair(&pair);
}

enum { BULK = 65536 };

static char bulk[BULK];

/* How much is written when no more goes without a reader. */
static size_t fill(gr_stream stream)
{
    size_t written = 0;
    while (gr_stream_write(stream, bulk, BULK, gr_in(GR_MILLISECOND)) == 0)
        written += BULK;
    return written;
}

static void drain(gr_stream stream, size_t bytes)
{
    static char sink[BULK];
    for (; bytes > 0; bytes -= BULK)
        check_equal(gr_stream_read_exactly(stream, sink, BULK, SOON), 0);
}

LONE_RUNNER_TEST(has_written_nothing_of_a_write_that_is_withdrawn)
{
    struct pair pair = make_pair();
    struct gr_stream_write_wait wait;
    struct gr_sleep_wait sleep;
    size_t written = fill(pair.client);
    struct gr_member members[] = {
        {.awaitable = gr_stream_write_awaitable(&wait, pair.client, "withdrawn", 9)},
        {.awaitable = gr_sleep_awaitable(&sleep, gr_in(5 * GR_MILLISECOND))},
    };
    check_equal(gr_any(members, 2, SOON), 0);
    check_equal(members[0].status, GR_PENDING);
    drain(pair.server, written);
    say(pair.client, "sent");
    check_bytes(pair.server, "sent");
    end_pair(&pair);
}

LONE_RUNNER_TEST(keeps_for_its_writer_the_room_he_was_woken_for)
{
    struct pair pair = make_pair();
    struct gr_stream_write_wait wait;
    struct observer observer;
    size_t written = fill(pair.client);
    struct gr_awaitable *write = gr_stream_write_awaitable(&wait, pair.client, "first", 5);
    observe(write, &observer);
    drain(pair.server, written);
    let_it_come();
    check_equal(observer.wakes, 1);
    check_equal(gr_stream_try_write(pair.client, "second", 6), -EAGAIN);
    check_equal(gr_stream_write(pair.client, "second", 6, SOON), -EBUSY);
    check_equal(write->type->take(write), 0);
    say(pair.client, "second");
    check_bytes(pair.server, "firstsecond");
    end_pair(&pair);
}

LONE_RUNNER_TEST(shuts_down_no_stream_to_which_another_writes)
{
    struct pair pair = make_pair();
    struct gr_stream_write_wait wait;
    struct observer observer;
    size_t written = fill(pair.client);
    struct gr_awaitable *write = gr_stream_write_awaitable(&wait, pair.client, "last", 4);
    observe(write, &observer);
    check_equal(gr_stream_shutdown(pair.client, SOON), -EBUSY);
    drain(pair.server, written);
    let_it_come();
    check_equal(write->type->take(write), 0);
    check_bytes(pair.server, "last");
    end_pair(&pair);
}

LONE_RUNNER_TEST(gives_a_connection_to_the_next_where_the_one_woken_withdraws)
{
    struct pair pair = make_pair();
    struct gr_accept_wait wait;
    struct observer observer;
    gr_stream late, client;
    struct gr_awaitable *accept = gr_accept_awaitable(&wait, pair.listener, &late);
    observe(accept, &observer);
    check_equal(gr_stream_connect("127.0.0.1", gr_listener_port(pair.listener), &client, SOON), 0);
    let_it_come();
    check_equal(observer.wakes, 1);
    check_equal(gr_accept(pair.listener, &late, SOON), -EBUSY);
    check(accept->type->cancel(accept));
    check_equal(gr_accept(pair.listener, &late, gr_now()), 0);
    say(client, "hello");
    check_bytes(late, "hello");
    check_equal(gr_accept(pair.listener, &late, gr_now()), -ETIMEDOUT);
    gr_stream_close(late);
    gr_stream_close(client);
    end_pair(&pair);
}

LONE_RUNNER_TEST(tells_once_of_a_listener_that_was_closed_under_a_wait)
{
    struct pair pair = make_pair();
    struct gr_accept_wait wait;
    struct observer observer;
    gr_stream stream;
    struct gr_awaitable *accept = gr_accept_awaitable(&wait, pair.listener, &stream);
    observe(accept, &observer);
    gr_listener_close(pair.listener);
    check_equal(observer.wakes, 1);
    check(!accept->type->cancel(accept));
    check_equal(gr_await(accept, gr_now()), -ECANCELED);
    check_equal(gr_await(accept, gr_now()), -ESTALE);
    end_pair(&pair);
}

static bool is_socket(int fd)
{
    struct stat found;
    return fstat(fd, &found) == 0 && S_ISSOCK(found.st_mode);
}

static int open_sockets(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += is_socket(fd);
    return count;
}

/* Closed by libuv, in a turn or two. */
static void check_sockets(int expected)
{
    gr_time until = SOON;
    while (open_sockets() != expected && gr_now() < until)
        check_equal(gr_yield(), 0);
    check_equal(open_sockets(), expected);
}

LONE_RUNNER_TEST(closes_the_connection_that_loses_a_race)
{
    struct pair pair = make_pair();
    int before = open_sockets();
    struct gr_stream_connect_wait waits[2];
    gr_stream streams[2] = {{0}, {0}};
    int port = gr_listener_port(pair.listener);
    struct gr_member members[] = {
        {.awaitable = gr_stream_connect_awaitable(&waits[0], "127.0.0.1", port, &streams[0])},
        {.awaitable = gr_stream_connect_awaitable(&waits[1], "127.0.0.1", port, &streams[1])},
    };
    struct gr_member *first;
    check_equal(gr_pick(members, 2, &first, SOON), 0);
    int winner = first == &members[1];
    check_equal(first->status, 0);
    check_equal(members[1 - winner].status, GR_PENDING);
    check_equal(streams[1 - winner].name, 0);
    gr_stream_close(streams[winner]);
    check_sockets(before);
    end_pair(&pair);
}

LONE_RUNNER_TEST(leaves_nothing_of_a_connection_withdrawn_at_any_turn)
{
    struct pair pair = make_pair();
    int before = open_sockets();
    for (int turns = 0; turns < 20; turns++) {
        struct gr_stream_connect_wait wait;
        struct observer observer;
        gr_stream stream = {0};
        struct gr_awaitable *connect =
            gr_stream_connect_awaitable(&wait, turns % 2 == 0 ? "127.0.0.1" : "localhost",
                                        gr_listener_port(pair.listener), &stream);
        observe(connect, &observer);
        check_equal(gr_await(connect, SOON), -EBUSY);
        for (int i = 0; i < turns / 2; i++)
            check_equal(gr_yield(), 0);
        check(connect->type->cancel(connect));
        check_equal(stream.name, 0);
    }
    check_sockets(before);
    end_pair(&pair);
}

LONE_RUNNER_TEST(says_why_a_connection_cannot_be_made)
{
    struct gr_stream_connect_wait wait;
    gr_stream stream;
    char long_name[300] = "";
    memset(long_name, 'x', sizeof long_name - 1);
    check_equal(gr_await(gr_stream_connect_awaitable(&wait, "127.0.0.1", 0, &stream), SOON),
                -EINVAL);
    check_equal(gr_await(gr_stream_connect_awaitable(&wait, "127.0.0.1", 1, &stream), SOON),
                -ECONNREFUSED);
    check_equal(gr_await(gr_stream_connect_awaitable(&wait, long_name, 80, &stream), SOON),
                -ENAMETOOLONG);
    check_equal(gr_await(gr_stream_connect_awaitable(&wait, "localhost", 1, &stream), SOON),
                -ECONNREFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_the_beginning_of_a_line_that_came_too_late),
        cmocka_unit_test(reads_from_whoever_speaks_first_and_loses_nothing_of_the_other),
        cmocka_unit_test(has_a_read_and_a_write_of_one_stream_together),
        cmocka_unit_test(wakes_its_reader_once_and_not_before_there_is_enough),
        cmocka_unit_test(keeps_for_its_reader_what_he_was_woken_for),
        cmocka_unit_test(tells_once_of_a_stream_that_was_closed_under_a_wait),
        cmocka_unit_test(has_written_nothing_of_a_write_that_is_withdrawn),
        cmocka_unit_test(keeps_for_its_writer_the_room_he_was_woken_for),
        cmocka_unit_test(shuts_down_no_stream_to_which_another_writes),
        cmocka_unit_test(gives_a_connection_to_the_next_where_the_one_woken_withdraws),
        cmocka_unit_test(tells_once_of_a_listener_that_was_closed_under_a_wait),
        cmocka_unit_test(closes_the_connection_that_loses_a_race),
        cmocka_unit_test(leaves_nothing_of_a_connection_withdrawn_at_any_turn),
        cmocka_unit_test(says_why_a_connection_cannot_be_made),
    };
    return cmocka_run_group_tests_name("stream_wait", tests, NULL, NULL);
}
