/*
 * A run that stops takes no new connection, answers what its clients have asked, and says goodbye.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/witness.h"

static atomic_int connected, answered, said_goodbye;

static int await_drain(void)
{
    int rc = 0;
    while (rc == 0 && gr_run_phase() < GR_PHASE_DRAIN)
        rc = gr_sleep(gr_in(GR_MILLISECOND));
    return rc;
}

/*
 * Answers a line with the same: one that begins with 'l' late, while the run drains; and after one
 * that begins with 'b' it is busy elsewhere until then, with its client's next line in the kernel.
 */
static int serve(gr_stream stream, void *context)
{
    (void)context;
    connected++;
    for (;;) {
        char line[64];
        size_t size;
        int rc = gr_stream_read_until(stream, "\n", 1, line, sizeof line, &size, GR_FOREVER);
        if (rc == -ESHUTDOWN) {
            said_goodbye++;
            check_equal(gr_run_phase(), GR_PHASE_DRAIN);
            check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
            return gr_stream_write(stream, "bye\n", 4, gr_in(GR_SECOND));
        }
        if (rc < 0)
            return rc;
        if (line[0] == 'l')
            check_equal(await_drain(), 0);
        check_equal(gr_stream_write(stream, line, size, gr_in(GR_SECOND)), 0);
        if (line[0] == 'b')
            check_equal(await_drain(), 0);
    }
}

struct client {
    const char *says; /* or NULL: nothing */
    const char *hears;
};

static int port;

/*
 * Says what it has to, and hears what comes until the other side ends it. What the server has written
 * may come to it only in the last phase, so it is shielded from that.
 */
static int converse(void *context)
{
    const struct client *client = context;
    struct gr_shield shield;
    gr_shield_raise(&shield, gr_in(10 * GR_SECOND));
    gr_stream stream;
    check_equal(gr_stream_connect("127.0.0.1", port, &stream, gr_in(10 * GR_SECOND)), 0);
    if (client->says != NULL)
        check_equal(gr_stream_write(stream, client->says, strlen(client->says), GR_FOREVER), 0);
    char heard[256] = "";
    size_t length = 0, size;
    while (gr_stream_read(stream, heard + length, sizeof heard - 1 - length, &size,
                          gr_in(10 * GR_SECOND)) == 0)
        length += size;
    check_at(strcmp(heard, client->hears) == 0, __FILE__, __LINE__, "heard '%s', not '%s'", heard,
             client->hears);
    answered += strcmp(heard, client->hears) == 0;
    gr_stream_close(stream);
    gr_shield_lower(&shield);
    return 0;
}

static const struct client clients[] = {
    {NULL, "bye\n"},                       /* idle from the beginning */
    {"one\n", "one\nbye\n"},               /* idle after a request */
    {"late\n", "late\nbye\n"},             /* a request under way */
    {"busy\nnext\n", "busy\nnext\nbye\n"}, /* a request that has been read, and not looked at */
};

enum { CLIENTS = sizeof clients / sizeof *clients };

static int have_clients(void *context)
{
    (void)context;
    check_equal(gr_serve("127.0.0.1", 0, serve, NULL, &port), 0);
    for (int i = 0; i < CLIENTS; i++)
        check_equal(gr_runner_start(converse, (void *)(uintptr_t)&clients[i], NULL, NULL), 0);
    check_soon(connected == CLIENTS);
    return gr_sleep(gr_in(10 * GR_MILLISECOND));
}

static void answers_requests_under_way_and_says_goodbye(void **state)
{
    (void)state;
    for (int loops = 1; loops <= 3; loops++) {
        connected = answered = said_goodbye = 0;
        assert_int_equal(run_witnessed(have_clients, NULL, (struct gr_options){.loops = loops}), 0);
        assert_int_equal(answered, CLIENTS);
        assert_int_equal(said_goodbye, CLIENTS);
        assert_string_equal(reports, "");
    }
}

static int client_fd;

/* What its client says comes in the midst of the drain, and the loop has not polled since. */
static int serve_one_more(gr_stream stream, void *context)
{
    char line[64];
    size_t size;
    (void)context;
    connected++;
    check_equal(await_drain(), 0);
    check_equal(write(client_fd, "late\n", 5), 5);
    check_equal(gr_stream_read_until(stream, "\n", 1, line, sizeof line, &size, GR_FOREVER), 0);
    answered++;
    check_equal(gr_stream_read(stream, line, sizeof line, &size, GR_FOREVER), -ESHUTDOWN);
    return 0;
}

static int connect_by_hand(void *context)
{
    (void)context;
    check_equal(gr_serve("127.0.0.1", 0, serve_one_more, NULL, &port), 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    client_fd = socket(AF_INET, SOCK_STREAM, 0);
    check_equal(connect(client_fd, (struct sockaddr *)&address, sizeof address), 0);
    check_soon(connected == 1);
    return 0;
}

static void answers_what_the_system_has_and_no_poll_has_told(void **state)
{
    (void)state;
    connected = answered = 0;
    assert_int_equal(run_witnessed(connect_by_hand, NULL, (struct gr_options){.loops = 1}), 0);
    assert_int_equal(answered, 1);
    assert_string_equal(reports, "");
    close(client_fd);
}

static int send_at_the_last_moment(void *context)
{
    (void)context;
    const struct client late = {"one\n", "one\nbye\n"};
    struct gr_shield shield;
    gr_shield_raise(&shield, gr_in(10 * GR_SECOND));
    gr_stream stream;
    check_equal(gr_stream_connect("127.0.0.1", port, &stream, gr_in(10 * GR_SECOND)), 0);
    check_soon(connected == 1);
    check_equal(gr_sleep(gr_in(5 * GR_MILLISECOND)), 0);
    check_equal(gr_stream_write(stream, late.says, strlen(late.says), GR_FOREVER), 0);
    gr_stop();
    char heard[8] = "";
    check_equal(gr_stream_read_exactly(stream, heard, 8, gr_in(10 * GR_SECOND)), 0);
    answered += memcmp(heard, late.hears, 8) == 0;
    gr_stream_close(stream);
    gr_shield_lower(&shield);
    return 0;
}

static int serve_until_stopped(void *context)
{
    check_equal(gr_serve("127.0.0.1", 0, serve, NULL, &port), 0);
    check_equal(gr_runner_start(send_at_the_last_moment, context, NULL, NULL), 0);
    int rc = gr_sleep(GR_FOREVER);
    return rc == -ECANCELED ? 0 : rc;
}

static void answers_what_was_sent_before_and_not_read(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        connected = answered = 0;
        assert_int_equal(run_witnessed(serve_until_stopped, NULL, (struct gr_options){.loops = 1}),
                         0);
        assert_int_equal(answered, 1);
    }
}

static int accepting_ended;

static int accept_for_ever(void *context)
{
    gr_listener *listener = context;
    gr_stream stream;
    accepting_ended = gr_accept(*listener, &stream, GR_FOREVER);
    gr_listener_close(*listener);
    return 0;
}

static int try_to_get_in(void *context)
{
    (void)context;
    gr_stream stream;
    gr_listener listener;
    check_equal(gr_stream_connect("127.0.0.1", port, &stream, gr_in(GR_SECOND)), -ECONNREFUSED);
    check_equal(gr_listen("127.0.0.1", 0, &listener), -ESHUTDOWN);
    check_equal(gr_serve("127.0.0.1", 0, serve, NULL, NULL), -ESHUTDOWN);
    answered++;
    return 0;
}

static int serve_and_accept(void *context)
{
    static gr_listener listener;
    (void)context;
    check_equal(gr_serve("127.0.0.1", 0, serve, NULL, &port), 0);
    check_equal(gr_listen("127.0.0.1", 0, &listener), 0);
    check_equal(gr_runner_start(accept_for_ever, &listener, NULL, NULL), 0);
    check_equal(gr_yield(), 0);
    return gr_on_stop(GR_PHASE_DRAIN, "late", try_to_get_in, NULL, NULL);
}

static void takes_no_new_connection(void **state)
{
    (void)state;
    answered = accepting_ended = 0;
    assert_int_equal(run_witnessed(serve_and_accept, NULL, (struct gr_options){.loops = 2}), 0);
    assert_int_equal(answered, 1);
    assert_int_equal(accepting_ended, -ECANCELED);
    assert_string_equal(reports, "");
}

static int told;

static int serve_stubbornly(gr_stream stream, void *context)
{
    struct gr_shield shield;
    (void)stream, (void)context;
    gr_shield_raise(&shield, GR_FOREVER);
    connected++;
    told = gr_sleep(GR_FOREVER);
    gr_shield_lower(&shield);
    return told;
}

static int hear_nothing(void *context)
{
    static const struct client client = {NULL, ""};
    (void)context;
    return converse((void *)(uintptr_t)&client);
}

static int serve_one_stubbornly(void *context)
{
    check_equal(gr_serve("127.0.0.1", 0, serve_stubbornly, NULL, &port), 0);
    check_equal(gr_runner_start(hear_nothing, context, NULL, NULL), 0);
    check_soon(connected == 1);
    return 0;
}

static void names_a_connection_that_does_not_end_and_ends_it(void **state)
{
    (void)state;
    struct gr_options options = {.loops = 2};
    options.phase_within[GR_PHASE_DRAIN] = 10 * GR_MILLISECOND;
    connected = answered = 0;
    assert_int_equal(run_witnessed(serve_one_stubbornly, NULL, options), 0);
    assert_non_null(strstr(reports, "out of time in phase 'drain' of stopping, on loop "));
    assert_non_null(strstr(reports, "runner 'connection' with 127.0.0.1:"));
    assert_non_null(strstr(reports, " still waits for a point in time since "));
    assert_int_equal(told, -ECANCELED);
    assert_int_equal(answered, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_requests_under_way_and_says_goodbye),
        cmocka_unit_test(answers_what_the_system_has_and_no_poll_has_told),
        cmocka_unit_test(answers_what_was_sent_before_and_not_read),
        cmocka_unit_test(takes_no_new_connection),
        cmocka_unit_test(names_a_connection_that_does_not_end_and_ends_it),
    };
    return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
