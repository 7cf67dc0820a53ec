/* A stack that overflows ends the process, and the last words name whose it was. */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fixture.h"

static int recurse(volatile char *above)
{
    volatile char frame[1024];
    frame[0] = above == NULL ? 1 : above[0];
    return frame[0] == 0 ? 0 : recurse(frame) + frame[0];
}

static int overflow(void *context)
{
    (void)context;
    return recurse(NULL);
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    return recurse(NULL);
}

static const struct gr_behavior digger = {.name = "digger", .receive = receive};

static int spawn_overflowing(void *context)
{
    (void)context;
    gr_actor actor;
    int rc = gr_actor_spawn(&digger, NULL, &actor);
    return rc < 0 ? rc : gr_ask(actor, 0, NULL, 0, NULL, 0, gr_in(10 * GR_SECOND));
}

static int start_overflowing(void *context)
{
    (void)context;
    gr_runner runner;
    int rc =
        gr_runner_start(overflow, NULL, &(struct gr_runner_options){.name = "recursive"}, &runner);
    return rc < 0 ? rc : gr_runner_join(runner, GR_FOREVER);
}

/* Run `run` in a child that must die of it, and look for a part of what it says. */
static void expect_last_words(gr_runner_fn *run, const char *part)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        dup2(ends[1], STDERR_FILENO);
        _exit(gr_run(run, NULL, &(struct gr_options){.loops = 1}));
    }
    close(ends[1]);
    char said[4096] = "";
    ssize_t size = read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(size > 0);
    assert_non_null(strstr(said, part));
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
}

static void names_the_runner_it_happened_in(void **state)
{
    (void)state;
    expect_last_words(start_overflowing, "stack overflow in runner 'recursive' on loop 0");
}

static void names_the_actor_it_happened_in(void **state)
{
    (void)state;
    expect_last_words(spawn_overflowing, "stack overflow in actor 'digger' on loop 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_runner_it_happened_in),
        cmocka_unit_test(names_the_actor_it_happened_in),
    };
    return cmocka_run_group_tests_name("overflow", tests, NULL, NULL);
}
