/* A supervisor keeps its children alive, in place, in order and within bounds, or gives up. */
#include <errno.h>
#include <string.h>

#include "lib/fixture.h"

enum { ADD = 1, TOTAL, FAIL, LATE, FULL, END, LIVES, FAILED, HOLD };

/* What happens when: a letter of the child, in upper case when it starts, in lower when it stops. */
static char order[128];
static unsigned order_length;

static void note(char what)
{
    unsigned place = __atomic_fetch_add(&order_length, 1, __ATOMIC_SEQ_CST);
    if (check(place + 1 < sizeof order))
        __atomic_store_n(&order[place], what, __ATOMIC_SEQ_CST);
}

static bool ordered(const char *wanted)
{
    return strcmp(order, wanted) == 0;
}

/* How often the start hook of a child is to fail, from now on. */
static int starts_to_fail;
static int64_t lives;

struct worker {
    int64_t total;
    char letter;
};

/* Of workers on all loops. */
static int64_t lives_begun(void)
{
    return __atomic_load_n(&lives, __ATOMIC_SEQ_CST);
}

static int worker_start(struct gr_self *self, const void *argument, size_t size)
{
    struct worker *worker = self->state;
    check_equal(worker->total, 0);
    worker->letter = size == 0 ? 'X' : *(const char *)argument;
    if (__atomic_load_n(&starts_to_fail, __ATOMIC_SEQ_CST) > 0) {
        __atomic_sub_fetch(&starts_to_fail, 1, __ATOMIC_SEQ_CST);
        return -ENODEV;
    }
    __atomic_add_fetch(&lives, 1, __ATOMIC_SEQ_CST);
    note(worker->letter);
    return 0;
}

static void worker_stop(struct gr_self *self, int reason)
{
    const struct worker *worker = self->state;
    (void)reason;
    note((char)(worker->letter - 'A' + 'a'));
}

static int worker_receive(struct gr_self *self, const struct gr_message *message);

static int await_in_vain(void)
{
    gr_future future;
    gr_promise promise;
    int rc = gr_future_make(&future, &promise);
    if (rc == 0)
        rc = gr_future_await(future, NULL, 0, gr_in(GR_MILLISECOND));
    gr_future_drop(future);
    return rc;
}

static int reply_failure(struct gr_self *self, const struct gr_message *message)
{
    struct gr_failure failure;
    gr_self_failure(self, &failure);
    struct gr_buffer copy;
    int rc = gr_buffer_copy(&failure, sizeof failure, &copy);
    return rc < 0 ? rc : gr_reply_buffer(message, &copy);
}

static int worker_receive(struct gr_self *self, const struct gr_message *message)
{
    struct worker *worker = self->state;
    switch (message->tag) {
    case ADD:
        worker->total += *(const int64_t *)message->data;
        return 0;
    case TOTAL:
        return gr_reply(message, &worker->total, sizeof worker->total);
    case FAIL:
        return *(const int *)message->data;
    case LATE:
        return await_in_vain();
    case FULL:
        for (int rc = 0;;)
            if ((rc = gr_try_send(gr_self_actor(self), ADD, &(int64_t){1}, sizeof(int64_t))) < 0)
                return rc;
    case END:
        return gr_actor_stop(gr_self_actor(self), *(const int *)message->data);
    case FAILED:
        return reply_failure(self, message);
    case HOLD:
        return gr_sleep(gr_in(60 * GR_SECOND));
    }
    return -ENOTSUP;
}

static const struct gr_behavior worker = {.name = "worker",
                                          .receive = worker_receive,
                                          .start = worker_start,
                                          .stop = worker_stop,
                                          .state_bytes = sizeof(struct worker),
                                          .mailbox_max = 8};

#define CHILD(called, letter, on)                                                                  \
    {                                                                                              \
        .name = (called), .behavior = &worker, .where = GR_ON_LOOP(on), .argument = (letter),      \
        .argument_bytes = 1                                                                        \
    }

static const struct gr_child three[] = {CHILD("one", "A", 0), CHILD("two", "B", 1),
                                        CHILD("three", "C", 0)};

static const struct gr_supervisor one_for_one = {.name = "one for one",
                                                 .strategy = GR_ONE_FOR_ONE,
                                                 .children = three,
                                                 .child_count = 3,
                                                 .restarts_max = 100};
static const struct gr_supervisor one_for_all = {.name = "one for all",
                                                 .strategy = GR_ONE_FOR_ALL,
                                                 .children = three,
                                                 .child_count = 3,
                                                 .restarts_max = 100};
static const struct gr_supervisor rest_for_one = {.name = "rest for one",
                                                  .strategy = GR_REST_FOR_ONE,
                                                  .children = three,
                                                  .child_count = 3,
                                                  .restarts_max = 100};

static gr_actor start(const struct gr_supervisor *spec)
{
    memset(order, 0, sizeof order);
    order_length = 0;
    lives = 0;
    gr_actor supervisor = {0};
    check_equal(gr_supervisor_start(spec, NULL, &supervisor), 0);
    return supervisor;
}

static gr_actor find(gr_actor supervisor, const char *name)
{
    gr_actor child = {0};
    check_equal(gr_supervisor_find(supervisor, name, &child, gr_in(5 * GR_SECOND)), 0);
    return child;
}

static void send_int(gr_actor actor, uint32_t tag, int value)
{
    check_equal(gr_send(actor, tag, &value, sizeof value), 0);
}

static void add(gr_actor actor, int64_t value)
{
    check_equal(gr_send(actor, ADD, &value, sizeof value), 0);
}

static int64_t total_of(gr_actor actor)
{
    int64_t total = -1;
    check_equal(gr_ask(actor, TOTAL, NULL, 0, &total, sizeof total, gr_in(5 * GR_SECOND)), 0);
    return total;
}

static int reason_of_end(gr_actor actor)
{
    int reason = 1;
    check_equal(gr_actor_join(actor, &reason, gr_in(5 * GR_SECOND)), 0);
    return reason;
}

static void stop(gr_actor supervisor)
{
    check_equal(gr_actor_stop(supervisor, 0), 0);
    check(reason_of_end(supervisor) <= 0);
}

RUNNER_TEST(starts_its_children_in_order_and_stops_them_in_reverse)
{
    gr_actor supervisor = start(&one_for_one);
    check(ordered("ABC"));
    stop(supervisor);
    check(ordered("ABCcba"));
}

RUNNER_TEST(restarts_in_place_with_its_mailbox_and_without_its_state)
{
    static const char *const names[] = {"one", "two"};
    expect_report("actor 'one' on loop 0 failed");
    expect_report("actor 'two' on loop 1 failed");
    gr_actor supervisor = start(&one_for_one);
    for (int i = 0; i < 2; i++) {
        gr_actor child = find(supervisor, names[i]);
        add(child, 1);
        check_equal(total_of(child), 1);
        send_int(child, FAIL, -EIO);
        add(child, 10);
        add(child, 100);
        check_equal(total_of(child), 110);
        check(find(supervisor, names[i]).name == child.name);
    }
    stop(supervisor);
    check(ordered("ABCaAbBcba"));
}

RUNNER_TEST(restarts_all_where_one_is_for_all)
{
    expect_report("actor 'two' on loop 1 failed");
    gr_actor supervisor = start(&one_for_all);
    gr_actor first = find(supervisor, "one"), second = find(supervisor, "two");
    add(first, 5);
    check_equal(total_of(first), 5);
    send_int(second, FAIL, -EIO);
    check_soon(lives_begun() == 6);
    check(ordered("ABCbcaABC"));
    check_equal(total_of(first), 0);
    stop(supervisor);
    check(ordered("ABCbcaABCcba"));
}

RUNNER_TEST(restarts_those_after_it_where_the_rest_is_for_one)
{
    expect_report("actor 'two' on loop 1 failed");
    gr_actor supervisor = start(&rest_for_one);
    send_int(find(supervisor, "two"), FAIL, -EIO);
    check_soon(lives_begun() == 5);
    check(ordered("ABCbcBC"));
    stop(supervisor);
}

/* The child fails with that message; the ask, if it is one, with that status. */
static void fails_and_lives_on(uint32_t tag, const void *data, size_t size, int status)
{
    gr_actor supervisor = start(&one_for_one);
    gr_actor child = find(supervisor, "one");
    check_equal(gr_ask(child, tag, data, size, NULL, 0, gr_in(5 * GR_SECOND)), status);
    check_soon(lives_begun() == 4);
    total_of(child);
    stop(supervisor);
}

RUNNER_TEST(restarts_one_that_fails_in_its_handler)
{
    expect_report("actor 'one' on loop 0 failed");
    fails_and_lives_on(FAIL, &(int){-EIO}, sizeof(int), -EIO);
}

RUNNER_TEST(restarts_one_that_fails_in_an_await_by_its_deadline)
{
    expect_report("actor 'one' on loop 0 failed");
    fails_and_lives_on(LATE, NULL, 0, -ETIMEDOUT);
}

RUNNER_TEST(restarts_one_that_fails_by_a_full_mailbox)
{
    expect_report("actor 'one' on loop 0 failed");
    fails_and_lives_on(FULL, NULL, 0, -EAGAIN);
}

RUNNER_TEST(restarts_one_that_was_killed_or_stopped)
{
    gr_actor supervisor = start(&one_for_one);
    gr_actor child = find(supervisor, "two");
    check_equal(gr_actor_kill(child), 0);
    check_soon(lives_begun() == 4);
    check_equal(gr_actor_stop(child, 0), 0);
    check_soon(lives_begun() == 5);
    check_equal(total_of(child), 0);
    stop(supervisor);
}

RUNNER_TEST(restarts_one_again_whose_start_hook_fails)
{
    expect_report("actor 'one' on loop 0 failed");
    gr_actor supervisor = start(&one_for_one);
    gr_actor child = find(supervisor, "one");
    __atomic_store_n(&starts_to_fail, 3, __ATOMIC_SEQ_CST);
    send_int(child, FAIL, -EIO);
    check_soon(lives_begun() == 4);
    check_equal(starts_to_fail, 0);
    add(child, 7);
    check_equal(total_of(child), 7);
    stop(supervisor);
}

RUNNER_TEST(restarts_all_again_when_one_of_them_does_not_start)
{
    expect_report("actor 'three' on loop 0 failed");
    gr_actor supervisor = start(&one_for_all);
    __atomic_store_n(&starts_to_fail, 1, __ATOMIC_SEQ_CST);
    send_int(find(supervisor, "three"), FAIL, -EIO);
    check_soon(lives_begun() == 6);
    check(ordered("ABCcbaABC"));
    stop(supervisor);
}

RUNNER_TEST(does_not_start_where_a_child_does_not)
{
    __atomic_store_n(&starts_to_fail, 0, __ATOMIC_SEQ_CST);
    static const struct gr_child children[] = {
        CHILD("one", "A", 0),
        CHILD("two", "B", 1),
        {.name = "nowhere", .behavior = &worker, .where = GR_ON_LOOP(99)}};
    static const struct gr_supervisor spec = {.name = "s", .children = children, .child_count = 3};
    gr_actor supervisor = {0};
    memset(order, 0, sizeof order);
    order_length = 0;
    check_equal(gr_supervisor_start(&spec, NULL, &supervisor), -EINVAL);
    check_equal(supervisor.name, 0);
    check_soon(ordered("ABba"));
}

static int reason_told(gr_actor actor, uint32_t tag, int value)
{
    struct gr_actor_wait wait;
    int reason = 1;
    send_int(actor, tag, value);
    check_equal(gr_await(gr_actor_awaitable(&wait, actor, &reason), gr_in(5 * GR_SECOND)), 0);
    return reason;
}

RUNNER_TEST(restarts_a_transient_child_unless_its_end_was_normal)
{
    expect_report("actor 'transient' on loop");
    static const struct gr_child children[] = {{.name = "transient",
                                                .behavior = &worker,
                                                .where = GR_ON_LOOP(1),
                                                .restart = GR_TRANSIENT}};
    static const struct gr_supervisor spec = {.name = "s", .children = children, .child_count = 1};
    gr_actor supervisor = start(&spec);
    gr_actor child = find(supervisor, "transient");
    send_int(child, FAIL, -EIO);
    check_soon(lives_begun() == 2);
    check_equal(total_of(child), 0);
    check_equal(reason_told(child, END, 0), 0);
    gr_actor none;
    check_equal(gr_supervisor_find(supervisor, "transient", &none, gr_in(GR_SECOND)), -ENOENT);
    check_equal(lives_begun(), 2);
    stop(supervisor);
}

RUNNER_TEST(never_restarts_a_temporary_child)
{
    expect_report("actor 'temporary' on loop");
    static const struct gr_child children[] = {{.name = "temporary",
                                                .behavior = &worker,
                                                .where = GR_ON_LOOP(1),
                                                .restart = GR_TEMPORARY}};
    static const struct gr_supervisor spec = {.name = "s", .children = children, .child_count = 1};
    gr_actor supervisor = start(&spec);
    check_equal(reason_told(find(supervisor, "temporary"), FAIL, -EIO), -EIO);
    check_equal(lives_begun(), 1);
    stop(supervisor);
}

RUNNER_TEST(gives_up_after_too_many_restarts_and_fails_with_the_reason)
{
    expect_report("actor 'one' on loop 0 failed");
    expect_report("supervisor 'strict' on loop 0 gives up: 'one' ended");
    expect_report("actor 'strict' on loop 0 failed");
    static const struct gr_supervisor spec = {
        .name = "strict", .children = three, .child_count = 3, .restarts_max = 2};
    gr_actor supervisor = start(&spec);
    gr_actor child = find(supervisor, "one");
    send_int(child, FAIL, -EIO);
    send_int(child, FAIL, -EIO);
    struct gr_actor_wait wait;
    int reason = 1;
    send_int(child, FAIL, -EXDEV);
    check_equal(gr_await(gr_actor_awaitable(&wait, supervisor, &reason), gr_in(5 * GR_SECOND)), 0);
    check_equal(reason, -EXDEV);
    check(ordered("ABCaAaAacb"));
}

RUNNER_TEST(counts_only_the_restarts_of_late)
{
    expect_report("actor 'one' on loop 0 failed");
    static const struct gr_supervisor spec = {.name = "forgets",
                                              .children = three,
                                              .child_count = 3,
                                              .restarts_max = 1,
                                              .restarts_within = 5 * GR_MILLISECOND};
    gr_actor supervisor = start(&spec);
    gr_actor child = find(supervisor, "one");
    for (int i = 0; i < 3; i++) {
        send_int(child, FAIL, -EIO);
        check_soon(lives_begun() == 4 + i);
        check_equal(gr_sleep(gr_in(10 * GR_MILLISECOND)), 0);
    }
    stop(supervisor);
}

static const struct gr_child inner_children[] = {CHILD("leaf", "A", 1)};
static const struct gr_supervisor inner = {
    .name = "inner", .children = inner_children, .child_count = 1, .restarts_max = 1};
static const struct gr_child outer_children[] = {CHILD("sibling", "B", 0), {.supervisor = &inner}};
static const struct gr_supervisor outer = {
    .name = "outer", .children = outer_children, .child_count = 2, .restarts_max = 1};

RUNNER_TEST(is_restarted_by_its_own_supervisor_when_it_gave_up)
{
    expect_report("actor 'leaf' on loop 1 failed");
    expect_report("supervisor 'inner' on loop 0 gives up");
    expect_report("actor 'inner' on loop 0 failed");
    gr_actor supervisor = start(&outer);
    gr_actor within = find(supervisor, "inner");
    gr_actor leaf = find(within, "leaf");
    send_int(leaf, FAIL, -EIO);
    send_int(leaf, FAIL, -EIO);
    check_soon(lives_begun() == 4);
    check(find(supervisor, "inner").name == within.name);
    gr_actor fresh = find(within, "leaf");
    check(fresh.name != leaf.name);
    check_equal(total_of(fresh), 0);
    check_equal(gr_send(leaf, ADD, &(int64_t){1}, sizeof(int64_t)) == 0, 1);
    stop(supervisor);
    check(ordered("BAaAaAab"));
}

static const struct gr_supervisor slow = {.name = "slow",
                                          .children = three,
                                          .child_count = 3,
                                          .restarts_max = 100,
                                          .backoff_min = 20 * GR_MILLISECOND,
                                          .backoff_max = 40 * GR_MILLISECOND};

/* From half of the least, for the jitter, to the most each time; and the most bounds the doubling. */
RUNNER_TEST(backs_off_longer_each_time_and_sees_to_the_others_meanwhile)
{
    expect_report("actor 'one' on loop 0 failed");
    expect_report("actor 'two' on loop 1 failed");
    gr_actor supervisor = start(&slow);
    gr_actor first = find(supervisor, "one"), second = find(supervisor, "two");
    gr_time began = gr_clock();
    send_int(first, FAIL, -EIO);
    send_int(second, FAIL, -EIO);
    total_of(first);
    check(gr_clock() - began >= 10 * GR_MILLISECOND);
    total_of(second);
    for (int i = 0; i < 4; i++) {
        began = gr_clock();
        send_int(first, FAIL, -EIO);
        total_of(first);
        check(gr_clock() - began >= 20 * GR_MILLISECOND);
    }
    stop(supervisor);
}

RUNNER_TEST(stops_while_a_child_waits_for_its_restart)
{
    expect_report("actor 'one' on loop 0 failed");
    static const struct gr_supervisor spec = {.name = "slow",
                                              .children = three,
                                              .child_count = 3,
                                              .backoff_min = 60 * GR_SECOND,
                                              .backoff_max = 60 * GR_SECOND};
    gr_actor supervisor = start(&spec);
    send_int(find(supervisor, "one"), FAIL, -EIO);
    check_soon(order_length == 4);
    stop(supervisor);
    check(ordered("ABCacb"));
}

RUNNER_TEST(ends_a_child_that_holds_out_when_all_are_restarted)
{
    expect_report("actor 'one' on loop 0 failed");
    gr_actor supervisor = start(&one_for_all);
    check_equal(gr_send(find(supervisor, "three"), HOLD, NULL, 0), 0);
    send_int(find(supervisor, "one"), FAIL, -EIO);
    check_soon(lives_begun() == 6);
    check(ordered("ABCacbABC"));
    stop(supervisor);
}

RUNNER_TEST(sets_the_message_aside_at_which_a_child_failed)
{
    expect_report("actor 'two' on loop 1 failed");
    gr_actor supervisor = start(&one_for_one);
    gr_actor child = find(supervisor, "two");
    struct gr_failure failure;
    struct gr_buffer bytes;
    check_equal(gr_actor_failure(child, &failure, &bytes, gr_in(5 * GR_SECOND)), 0);
    check_equal(failure.restarts, 0);
    check(!failure.by_message);
    gr_buffer_release(&bytes);

    send_int(child, FAIL, -EILSEQ);
    total_of(child);
    check_equal(gr_actor_failure(child, &failure, &bytes, gr_in(5 * GR_SECOND)), 0);
    check_equal(failure.reason, -EILSEQ);
    check_equal(failure.restarts, 1);
    check(failure.by_message);
    check_equal(failure.tag, FAIL);
    check_equal(failure.size, sizeof(int));
    check_equal(*(const int *)failure.data, -EILSEQ);
    gr_buffer_release(&bytes);

    gr_future asked;
    check_equal(gr_ask_start(child, FAILED, NULL, 0, &asked, GR_FOREVER), 0);
    check_equal(gr_future_await_buffer(asked, &bytes, gr_in(5 * GR_SECOND)), 0);
    memcpy(&failure, bytes.data, sizeof failure);
    check_equal(failure.reason, -EILSEQ);
    gr_buffer_release(&bytes);

    check_equal(gr_actor_kill(child), 0);
    check_soon(lives_begun() == 5);
    check_equal(gr_actor_failure(child, &failure, &bytes, gr_in(5 * GR_SECOND)), 0);
    check_equal(failure.reason, GR_EKILLED);
    check(!failure.by_message);
    gr_buffer_release(&bytes);
    check_equal(gr_actor_failure(supervisor, &failure, &bytes, gr_in(5 * GR_SECOND)), -ENOENT);
    stop(supervisor);
    check_equal(gr_actor_failure(child, &failure, &bytes, gr_in(5 * GR_SECOND)), -ESTALE);
}

struct heard {
    uint64_t downs;
};

static int watcher_control(struct gr_self *self, const struct gr_control *control)
{
    check_equal(control->kind, GR_DOWN);
    ((struct heard *)self->state)->downs++;
    return 0;
}

static int watcher_receive(struct gr_self *self, const struct gr_message *message)
{
    gr_monitor monitor;
    if (message->tag == TOTAL)
        return gr_reply(message, self->state, sizeof(struct heard));
    return gr_monitor_make(self, *(const gr_actor *)message->data, &monitor);
}

static const struct gr_behavior watcher = {.name = "watcher",
                                           .receive = watcher_receive,
                                           .control = watcher_control,
                                           .state_bytes = sizeof(struct heard)};

RUNNER_TEST(keeps_who_monitors_a_child_over_its_restart)
{
    expect_report("actor 'two' on loop 1 failed");
    gr_actor supervisor = start(&one_for_one);
    gr_actor child = find(supervisor, "two"), watches = {0};
    check_equal(gr_actor_spawn(&watcher, NULL, &watches), 0);
    check_equal(gr_send(watches, ADD, &child, sizeof child), 0);
    check_equal(total_of(watches), 0);
    send_int(child, FAIL, -EIO);
    total_of(child);
    check_equal(total_of(watches), 0);
    stop(supervisor);
    check_soon(total_of(watches) == 1);
    check_equal(gr_actor_stop(watches, 0), 0);
}

static const struct gr_child pattern = {.name = "one of many",
                                        .behavior = &worker,
                                        .where = GR_SPREAD,
                                        .argument = "P",
                                        .argument_bytes = 1,
                                        .restart = GR_TRANSIENT};
static const struct gr_supervisor dynamic = {.name = "dynamic",
                                             .strategy = GR_DYNAMIC,
                                             .children = &pattern,
                                             .child_count = 1,
                                             .restarts_max = 100};

RUNNER_TEST(takes_children_and_lets_them_go_where_it_is_dynamic)
{
    expect_report("actor 'one of many' on loop");
    gr_actor supervisor = start(&dynamic), children[10];
    for (unsigned i = 0; i < 10; i++) {
        char letter = (char)('A' + i);
        check_equal(
            gr_supervisor_add(supervisor, &letter, i % 2, &children[i], gr_in(5 * GR_SECOND)), 0);
    }
    check(ordered("PBPDPFPHPJ"));
    send_int(children[3], FAIL, -EIO);
    check_soon(lives_begun() == 11);
    check_equal(total_of(children[3]), 0);
    check_equal(gr_supervisor_remove(supervisor, children[5], gr_in(5 * GR_SECOND)), 0);
    check_equal(gr_supervisor_remove(supervisor, children[5], gr_in(5 * GR_SECOND)), -ENOENT);
    check(reason_of_end(children[5]) == -ESTALE);
    check_equal(lives_begun(), 11);
    stop(supervisor);
    check(ordered("PBPDPFPHPJdDfjphppdpbp"));
}

RUNNER_TEST(takes_no_children_where_it_is_not_dynamic)
{
    gr_actor supervisor = start(&one_for_one), child = {0};
    check_equal(gr_supervisor_add(supervisor, NULL, 0, &child, gr_in(5 * GR_SECOND)), -EINVAL);
    check_equal(gr_supervisor_find(supervisor, "four", &child, gr_in(5 * GR_SECOND)), -ENOENT);
    stop(supervisor);
    check_equal(gr_supervisor_find(supervisor, "one", &child, gr_in(5 * GR_SECOND)), -ESTALE);
}

RUNNER_TEST(describes_itself_and_all_below_it)
{
    expect_report("actor 'sibling' on loop 0 failed");
    gr_actor supervisor = start(&outer);
    send_int(find(supervisor, "sibling"), FAIL, -EIO);
    check_soon(lives_begun() == 3);
    struct gr_buffer text;
    check_equal(gr_supervisor_describe(supervisor, &text, gr_in(5 * GR_SECOND)), 0);
    check(strcmp(text.data, "outer: one for one\n"
                            "  sibling: runs, 1 restarts, loop 0\n"
                            "  inner: runs, 0 restarts, loop 0\n"
                            "    leaf: runs, 0 restarts, loop 1\n") == 0);
    gr_buffer_release(&text);
    stop(supervisor);
}

/* Children fail, and their supervisors are about to restart them, when the run ends. */
static int leave(void *context)
{
    (void)context;
    gr_actor supervisors[] = {start(&one_for_all), start(&rest_for_one), start(&outer),
                              start(&slow)};
    for (int i = 0; i < 4; i++) {
        gr_actor child = find(supervisors[i], i == 2 ? "sibling" : "one");
        send_int(child, FAIL, -EIO);
        if (gr_random() % 2 == 0)
            check_equal(gr_yield(), 0);
    }
    return 0;
}

static int leave_expecting(void *context)
{
    expect_report("failed");
    return leave(context);
}

static void leaves_nothing_behind_when_the_run_ends(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        run_in_fleet(leave_expecting, &(struct gr_options){.loops = 2, .seed = seed});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_its_children_in_order_and_stops_them_in_reverse),
        cmocka_unit_test(restarts_in_place_with_its_mailbox_and_without_its_state),
        cmocka_unit_test(restarts_all_where_one_is_for_all),
        cmocka_unit_test(restarts_those_after_it_where_the_rest_is_for_one),
        cmocka_unit_test(restarts_one_that_fails_in_its_handler),
        cmocka_unit_test(restarts_one_that_fails_in_an_await_by_its_deadline),
        cmocka_unit_test(restarts_one_that_fails_by_a_full_mailbox),
        cmocka_unit_test(restarts_one_that_was_killed_or_stopped),
        cmocka_unit_test(restarts_one_again_whose_start_hook_fails),
        cmocka_unit_test(restarts_all_again_when_one_of_them_does_not_start),
        cmocka_unit_test(does_not_start_where_a_child_does_not),
        cmocka_unit_test(restarts_a_transient_child_unless_its_end_was_normal),
        cmocka_unit_test(never_restarts_a_temporary_child),
        cmocka_unit_test(gives_up_after_too_many_restarts_and_fails_with_the_reason),
        cmocka_unit_test(counts_only_the_restarts_of_late),
        cmocka_unit_test(is_restarted_by_its_own_supervisor_when_it_gave_up),
        cmocka_unit_test(backs_off_longer_each_time_and_sees_to_the_others_meanwhile),
        cmocka_unit_test(stops_while_a_child_waits_for_its_restart),
        cmocka_unit_test(ends_a_child_that_holds_out_when_all_are_restarted),
        cmocka_unit_test(sets_the_message_aside_at_which_a_child_failed),
        cmocka_unit_test(keeps_who_monitors_a_child_over_its_restart),
        cmocka_unit_test(takes_children_and_lets_them_go_where_it_is_dynamic),
        cmocka_unit_test(takes_no_children_where_it_is_not_dynamic),
        cmocka_unit_test(describes_itself_and_all_below_it),
        cmocka_unit_test(leaves_nothing_behind_when_the_run_ends),
    };
    return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
