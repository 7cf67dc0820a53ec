/*
 * A descriptor's handler is told of what is so, until it was removed and never after.
 *
 * (Tornado: add_handler, update_handler, remove_handler.)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/fixture.h"

#define SOON gr_in(5 * GR_SECOND)

/* Two ends of something, and what the handler of the first has heard. */
struct ends {
    int mine, other;
    int calls;
    unsigned events; /* of the last call */
    int under_way, overlaps;
};

static struct ends make_pair(void)
{
    int fds[2];
    check_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    return (struct ends){.mine = fds[0], .other = fds[1]};
}

static void end_pair(struct ends *ends)
{
    gr_fd_remove(ends->mine);
    close(ends->mine);
    close(ends->other);
}

static void say(int fd, const char *text)
{
    check_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void drain(int fd)
{
    char bytes[64];
    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
}

static void note(int fd, unsigned events, void *context)
{
    struct ends *ends = context;
    check_equal(fd, ends->mine);
    ends->events = events;
    ends->calls++;
}

static void note_and_drain(int fd, unsigned events, void *context)
{
    note(fd, events, context);
    drain(fd);
}

static void let_polls_pass(void)
{
    for (int i = 0; i < 5; i++)
        check_equal(gr_yield(), 0);
}

LONE_RUNNER_TEST(is_told_when_there_is_something_to_read)
{
    struct ends ends = make_pair();
    check_equal(gr_fd_add(ends.mine, GR_FD_READ, note_and_drain, &ends), 0);
    let_polls_pass();
    check_equal(ends.calls, 0);
    for (int i = 1; i <= 3; i++) {
        say(ends.other, "x");
        check_soon(ends.calls == i);
        check_equal(ends.events, GR_FD_READ);
    }
    end_pair(&ends);
}

LONE_RUNNER_TEST(is_told_again_as_long_as_it_is_so)
{
    struct ends ends = make_pair();
    check_equal(gr_fd_add(ends.mine, GR_FD_READ, note, &ends), 0);
    say(ends.other, "x");
    check_soon(ends.calls >= 3);
    end_pair(&ends);
}

LONE_RUNNER_TEST(is_told_of_what_it_asks_for_now)
{
    struct ends ends = make_pair();
    check_equal(gr_fd_update(ends.mine, GR_FD_READ), -ENOENT);
    check_equal(gr_fd_add(ends.mine, GR_FD_WRITE, note, &ends), 0);
    say(ends.other, "x");
    check_soon(ends.calls >= 2);
    check_equal(ends.events, GR_FD_WRITE);
    check_equal(gr_fd_update(ends.mine, GR_FD_READ | GR_FD_WRITE), 0);
    check_soon(ends.events == (GR_FD_READ | GR_FD_WRITE));
    check_equal(gr_fd_update(ends.mine, GR_FD_READ), 0);
    check_soon(ends.events == GR_FD_READ);
    check_equal(gr_fd_update(ends.mine, 0), 0);
    let_polls_pass();
    int calls = ends.calls;
    let_polls_pass();
    check_equal(ends.calls, calls);
    end_pair(&ends);
}

LONE_RUNNER_TEST(is_told_of_a_hang_up_and_an_error_though_it_asked_for_neither)
{
    struct ends ends = make_pair();
    check_equal(gr_fd_add(ends.mine, 0, note, &ends), 0);
    let_polls_pass();
    check_equal(ends.calls, 0);
    close(ends.other);
    check_soon(ends.calls > 0);
    check(ends.events & GR_FD_HANGUP);
    gr_fd_remove(ends.mine);
    close(ends.mine);

    int fds[2];
    check_equal(pipe(fds), 0);
    ends = (struct ends){.mine = fds[1]};
    check_equal(gr_fd_add(fds[1], 0, note, &ends), 0);
    close(fds[0]);
    check_soon(ends.calls > 1);
    check(ends.events & GR_FD_ERROR);
    gr_fd_remove(fds[1]);
    close(fds[1]);
}

LONE_RUNNER_TEST(is_told_of_the_end_of_a_pipe_as_of_something_to_read)
{
    int fds[2];
    check_equal(pipe(fds), 0);
    struct ends ends = {.mine = fds[0]};
    check_equal(gr_fd_add(fds[0], GR_FD_READ, note, &ends), 0);
    close(fds[1]);
    check_soon(ends.calls > 0);
    check_equal(ends.events, GR_FD_READ | GR_FD_HANGUP);
    gr_fd_remove(fds[0]);
    close(fds[0]);
}

LONE_RUNNER_TEST(is_refused_twice_and_for_what_cannot_be_watched)
{
    struct ends ends = make_pair();
    check_equal(gr_fd_add(ends.mine, GR_FD_READ, note, &ends), 0);
    check_equal(gr_fd_add(ends.mine, GR_FD_WRITE, note, &ends), -EEXIST);
    int file = open("/proc/self/exe", O_RDONLY);
    check_equal(gr_fd_add(file, GR_FD_READ, note, &ends), -EPERM);
    check_equal(gr_fd_add(-1, GR_FD_READ, note, &ends), -EBADF);
    close(file);
    check_equal(gr_fd_add(file, GR_FD_READ, note, &ends), -EBADF);
    gr_fd_remove(file);
    gr_fd_remove(-1);
    gr_fd_remove(1000000);
    end_pair(&ends);
}

static void add_on_this_loop(void *context)
{
    struct ends *ends = context;
    check_equal(gr_fd_add(ends->mine, GR_FD_WRITE, note, ends), 0);
    check_soon(ends->calls > 0);
    gr_fd_remove(ends->mine);
}

RUNNER_TEST(may_have_a_handler_on_each_loop)
{
    struct ends ends = make_pair(), there = {.mine = ends.mine};
    check_equal(gr_fd_add(ends.mine, GR_FD_READ, note, &ends), 0);
    on_loop(1, add_on_this_loop, &there);
    check_equal(ends.calls, 0);
    end_pair(&ends);
}

static struct ends *both[2];

/* Whichever comes first removes both; the other's event has been collected. */
static void remove_both(int fd, unsigned events, void *context)
{
    note(fd, events, context);
    gr_fd_remove(both[0]->mine);
    gr_fd_remove(both[1]->mine);
    gr_fd_remove(fd);
}

LONE_RUNNER_TEST(is_not_told_once_it_was_removed_though_it_had_happened)
{
    struct ends first = make_pair(), second = make_pair();
    both[0] = &first;
    both[1] = &second;
    check_equal(gr_fd_add(first.mine, GR_FD_READ, remove_both, &first), 0);
    check_equal(gr_fd_add(second.mine, GR_FD_READ, remove_both, &second), 0);
    say(first.other, "x");
    say(second.other, "x");
    check_soon(first.calls + second.calls > 0);
    let_polls_pass();
    check_equal(first.calls + second.calls, 1);
    end_pair(&first);
    end_pair(&second);
}

static void read_the_other(int fd, unsigned events, void *context)
{
    note(fd, events, context);
    drain(both[0]->mine);
    drain(both[1]->mine);
}

/* Both are watched through one pair's two duplicates: who comes first leaves nothing. */
LONE_RUNNER_TEST(is_not_told_of_what_another_has_read_already)
{
    struct ends first = make_pair(), second = first;
    second.mine = dup(first.mine);
    fcntl(first.mine, F_SETFL, O_NONBLOCK);
    both[0] = &first;
    both[1] = &second;
    check_equal(gr_fd_add(first.mine, GR_FD_READ, read_the_other, &first), 0);
    check_equal(gr_fd_add(second.mine, GR_FD_READ, read_the_other, &second), 0);
    say(first.other, "x");
    check_soon(first.calls + second.calls > 0);
    let_polls_pass();
    check_equal(first.calls + second.calls, 1);
    gr_fd_remove(second.mine);
    close(second.mine);
    end_pair(&first);
}

static void take_long(int fd, unsigned events, void *context)
{
    struct ends *ends = context;
    ends->overlaps += ends->under_way++;
    check_equal(gr_sleep(gr_in(3 * GR_MILLISECOND)), 0);
    ends->under_way--;
    note(fd, events, context);
}

LONE_RUNNER_TEST(may_wait_and_is_not_told_again_before_it_has_returned)
{
    struct ends ends = make_pair();
    check_equal(gr_fd_add(ends.mine, GR_FD_READ, take_long, &ends), 0);
    say(ends.other, "x");
    check_soon(ends.calls == 3);
    check_equal(ends.overlaps, 0);
    gr_fd_remove(ends.mine);
    check_soon(ends.under_way == 0);
    end_pair(&ends);
}

/*
 *     handler of the old    waits ................................... returns
 *     test                        remove, close; the number again; add
 */
LONE_RUNNER_TEST(is_told_of_the_new_descriptor_when_the_number_is_used_again)
{
    struct ends old = make_pair();
    check_equal(gr_fd_add(old.mine, GR_FD_READ, take_long, &old), 0);
    say(old.other, "x");
    check_soon(old.under_way == 1);
    gr_fd_remove(old.mine);
    close(old.mine);
    struct ends next = make_pair();
    check_equal(next.mine, old.mine);
    check_equal(gr_fd_add(next.mine, GR_FD_READ, note_and_drain, &next), 0);
    check_soon(old.under_way == 0);
    check_equal(next.calls, 0);
    say(next.other, "y");
    check_soon(next.calls == 1);
    check_equal(old.calls, 1);
    close(old.other);
    end_pair(&next);
}

static void replace_itself(int fd, unsigned events, void *context)
{
    gr_fd_remove(fd);
    check_equal(gr_fd_add(fd, GR_FD_READ, note_and_drain, context), 0);
    note(fd, events, context);
}

LONE_RUNNER_TEST(may_put_another_in_its_place)
{
    struct ends ends = make_pair();
    check_equal(gr_fd_add(ends.mine, GR_FD_READ, replace_itself, &ends), 0);
    say(ends.other, "x");
    check_soon(ends.calls == 2);
    let_polls_pass();
    check_equal(ends.calls, 2);
    end_pair(&ends);
}

LONE_RUNNER_TEST(watches_everything_that_can_be_polled)
{
    char folder[] = "/tmp/greenroom-fd-XXXXXX", path[sizeof folder + 2];
    check(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/f", folder);
    struct itimerspec in_a_ms = {.it_value.tv_nsec = 1000000};
    int fds[] = {eventfd(1, 0), timerfd_create(CLOCK_MONOTONIC, 0), inotify_init()};
    check_equal(timerfd_settime(fds[1], 0, &in_a_ms, NULL), 0);
    check(inotify_add_watch(fds[2], folder, IN_CREATE) >= 0);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    for (int i = 0; i < 3; i++) {
        struct ends ends = {.mine = fds[i]};
        check_equal(gr_fd_add(fds[i], GR_FD_READ, note_and_drain, &ends), 0);
        check_soon(ends.calls == 1);
        gr_fd_remove(fds[i]);
        close(fds[i]);
    }
    unlink(path);
    rmdir(folder);
}

/* --- Awaited --------------------------------------------------------------------------------- */

LONE_RUNNER_TEST(is_awaited_in_time_or_not)
{
    struct ends ends = make_pair();
    unsigned events = 77;
    check_equal(gr_fd_await(ends.mine, GR_FD_READ, &events, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(events, 77);
    check_equal(gr_fd_await(ends.mine, GR_FD_READ | GR_FD_WRITE, &events, SOON), 0);
    check_equal(events, GR_FD_WRITE);
    say(ends.other, "x");
    check_equal(gr_fd_await(ends.mine, GR_FD_READ, &events, gr_now()), 0);
    check_equal(events, GR_FD_READ);
    end_pair(&ends);
    check_equal(gr_fd_await(ends.mine, GR_FD_READ, &events, SOON), -EBADF);
}

static int await_readable(void *fd)
{
    unsigned events = 0;
    int rc = gr_fd_await(*(int *)fd, GR_FD_READ, &events, SOON);
    return rc < 0 ? rc : (int)events;
}

static gr_runner start_reader(int *fd)
{
    gr_runner reader = {0};
    check_equal(gr_runner_start(await_readable, fd, NULL, &reader), 0);
    check_equal(gr_yield(), 0);
    return reader;
}

LONE_RUNNER_TEST(is_awaited_by_several_beside_its_handler)
{
    struct ends ends = make_pair();
    gr_runner first = start_reader(&ends.mine), second = start_reader(&ends.mine);
    check_equal(gr_fd_add(ends.mine, GR_FD_READ, note, &ends), 0);
    say(ends.other, "x");
    check_equal(gr_runner_join(first, SOON), GR_FD_READ);
    check_equal(gr_runner_join(second, SOON), GR_FD_READ);
    check_soon(ends.calls > 0);
    end_pair(&ends);
}

LONE_RUNNER_TEST(wakes_who_awaits_it_when_it_is_removed)
{
    struct ends ends = make_pair();
    gr_runner reader = start_reader(&ends.mine);
    gr_fd_remove(ends.mine);
    check_equal(gr_runner_join(reader, SOON), -ECANCELED);
    end_pair(&ends);
}

LONE_RUNNER_TEST(can_be_awaited_again_after_a_wait_that_ended_early)
{
    struct ends ends = make_pair();
    unsigned events = 0;
    struct gr_fd_wait wait;
    struct gr_awaitable *awaitable = gr_fd_awaitable(&wait, ends.mine, GR_FD_READ, &events);
    check_equal(gr_await(awaitable, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    say(ends.other, "x");
    check_equal(gr_await(awaitable, SOON), 0);
    check_equal(events, GR_FD_READ);
    end_pair(&ends);
}

LONE_RUNNER_TEST(is_named_when_the_run_ends_before_it_was_removed)
{
    static struct ends ends;
    ends = make_pair();
    expect_report("the handler of descriptor");
    check_equal(gr_fd_add(ends.mine, GR_FD_READ, note, &ends), 0);
    close(ends.other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_told_when_there_is_something_to_read),
        cmocka_unit_test(is_told_again_as_long_as_it_is_so),
        cmocka_unit_test(is_told_of_what_it_asks_for_now),
        cmocka_unit_test(is_told_of_a_hang_up_and_an_error_though_it_asked_for_neither),
        cmocka_unit_test(is_told_of_the_end_of_a_pipe_as_of_something_to_read),
        cmocka_unit_test(is_refused_twice_and_for_what_cannot_be_watched),
        cmocka_unit_test(may_have_a_handler_on_each_loop),
        cmocka_unit_test(is_not_told_once_it_was_removed_though_it_had_happened),
        cmocka_unit_test(is_not_told_of_what_another_has_read_already),
        cmocka_unit_test(may_wait_and_is_not_told_again_before_it_has_returned),
        cmocka_unit_test(is_told_of_the_new_descriptor_when_the_number_is_used_again),
        cmocka_unit_test(may_put_another_in_its_place),
        cmocka_unit_test(watches_everything_that_can_be_polled),
        cmocka_unit_test(is_awaited_in_time_or_not),
        cmocka_unit_test(is_awaited_by_several_beside_its_handler),
        cmocka_unit_test(wakes_who_awaits_it_when_it_is_removed),
        cmocka_unit_test(can_be_awaited_again_after_a_wait_that_ended_early),
        cmocka_unit_test(is_named_when_the_run_ends_before_it_was_removed),
    };
    return cmocka_run_group_tests_name("fd", tests, NULL, NULL);
}
