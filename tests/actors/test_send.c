/* What is sent arrives once, whole and in order, or its sender hears why not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/gate.h"

enum { BYTES = 1, NUMBER, SEEN, TAKE, HOLD, BUFFER, PASS, TIMER, STOP, END };

/* Buffers that were released, each of which counts one. Any thread. */
static int released;

static void count_release(void *data, void *context)
{
    free(data);
    __atomic_add_fetch((int *)context, 1, __ATOMIC_SEQ_CST);
}

static int releases(void)
{
    return __atomic_load_n(&released, __ATOMIC_SEQ_CST);
}

static struct gr_buffer counted(size_t size)
{
    unsigned char *data = malloc(size);
    for (size_t i = 0; data != NULL && i < size; i++)
        data[i] = (unsigned char)(size + i);
    return (struct gr_buffer){data, data == NULL ? 0 : size, count_release, &released};
}

static void check_bytes(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    size_t wrong = 0;
    for (size_t i = 0; i < size; i++)
        wrong += bytes[i] != (unsigned char)(size + i);
    check_equal(wrong, 0);
}

/* What one actor has handled. */
struct seen {
    uint64_t count;
    uint64_t last;
    uint64_t disorder;
    gr_actor next; /* whom to pass on to, once told */
};

static int hold(const struct gr_message *message)
{
    int rc = wait_at_gate(message, gr_in(20 * GR_SECOND));
    return rc == -ECANCELED ? 0 : rc;
}

static int take(const struct gr_message *message)
{
    struct gr_buffer buffer;
    uint32_t size = message->size;
    int rc = gr_message_take_buffer(message, &buffer);
    if (rc < 0)
        return rc;
    check_equal(buffer.size, size);
    check_bytes(buffer.data, size);
    gr_buffer_release(&buffer);
    return 0;
}

static int see(struct seen *seen, uint64_t number)
{
    seen->count++;
    seen->disorder += number <= seen->last;
    seen->last = number;
    return 0;
}

static int seer_receive(struct gr_self *self, const struct gr_message *message)
{
    struct seen *seen = self->state;
    switch (message->tag) {
    case BYTES:
        check_equal((uintptr_t)message->data % 8, 0);
        check_bytes(message->data, message->size);
        return see(seen, seen->last + 1);
    case BUFFER:
        check_bytes(message->data, message->size);
        return see(seen, seen->last + 1);
    case NUMBER:
        return see(seen, *(const uint64_t *)message->data);
    case SEEN:
        return gr_reply(message, seen, sizeof *seen);
    case TAKE:
        return take(message);
    case HOLD:
        return hold(message);
    case PASS:
        if (seen->next.name != 0)
            return gr_forward(message, seen->next);
        if (message->size == sizeof seen->next)
            memcpy(&seen->next, message->data, sizeof seen->next);
        return 0;
    case STOP:
        return gr_actor_stop(gr_self_actor(self), 0);
    }
    return -ENOTSUP;
}

static const struct gr_behavior seer = {
    .name = "seer", .receive = seer_receive, .state_bytes = sizeof(struct seen)};

static gr_actor spawn_like(const struct gr_behavior *behavior, int loop)
{
    gr_actor actor = {0};
    check_equal(
        gr_actor_spawn(behavior, &(struct gr_actor_options){.where = GR_ON_LOOP(loop)}, &actor), 0);
    return actor;
}

static gr_actor spawn(int loop)
{
    return spawn_like(&seer, loop);
}

static struct seen seen_by(gr_actor actor)
{
    struct seen seen = {0};
    check_equal(gr_ask(actor, SEEN, NULL, 0, &seen, sizeof seen, gr_in(10 * GR_SECOND)), 0);
    return seen;
}

/* Let the actor's handler wait until the promise is settled, so that its mailbox keeps what comes. */
static gr_promise shut(gr_actor actor)
{
    return shut_gate(actor, HOLD, gr_in(GR_SECOND));
}

/* An actor that is gone, which both its loop and the caller know. */
static gr_actor gone(int loop)
{
    gr_actor actor = spawn(loop);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(gr_ask(actor, SEEN, NULL, 0, NULL, 0, gr_in(GR_SECOND)), -ESTALE);
    return actor;
}

static const size_t sizes[] = {0,   1,   7,    8,    31,   32,   33,    63,    64,    65,
                               100, 500, 1000, 4095, 4096, 4097, 16384, 40000, 65535, 65536};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static unsigned char bytes[GR_MESSAGE_MAX + 1];

static const void *pattern(size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(size + i);
    return bytes;
}

RUNNER_TEST(carries_bytes_of_any_size_to_either_loop)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        for (unsigned i = 0; i < SIZES; i++)
            check_equal(gr_send(actor, BYTES, pattern(sizes[i]), sizes[i]), 0);
        check_equal(seen_by(actor).count, SIZES);
    }
}

RUNNER_TEST(refuses_more_bytes_than_fit_a_message)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        size_t size = GR_MESSAGE_MAX + 1;
        check_equal(gr_send(actor, BYTES, bytes, size), -EMSGSIZE);
        check_equal(gr_send_by(actor, BYTES, bytes, size, gr_in(GR_SECOND)), -EMSGSIZE);
        check_equal(gr_try_send(actor, BYTES, bytes, size), -EMSGSIZE);
        check_equal(gr_send_after(gr_now(), actor, BYTES, bytes, size, NULL), -EMSGSIZE);
        check_equal(seen_by(actor).count, 0);
    }
}

RUNNER_TEST(refuses_a_buffer_of_four_gigabytes_and_leaves_it_be)
{
    gr_actor actor = spawn(0);
    struct gr_buffer buffer = {bytes, (size_t)UINT32_MAX + 1, NULL, NULL};
    check_equal(gr_send_buffer(actor, BUFFER, &buffer, GR_FOREVER), -EMSGSIZE);
    check(buffer.data == bytes);
    check_equal(buffer.size, (size_t)UINT32_MAX + 1);
}

RUNNER_TEST(keeps_the_order_of_one_sender)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        for (uint64_t i = 1; i <= 5000; i++)
            check_equal(gr_send(actor, NUMBER, &i, sizeof i), 0);
        struct seen seen = seen_by(actor);
        check_equal(seen.count, 5000);
        check_equal(seen.disorder, 0);
    }
}

/* A sender that mixes waiting, deadlines and trying, small and large. */
RUNNER_TEST(keeps_the_order_of_one_sender_whichever_way_it_sends)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        uint64_t number[4096] = {0};
        for (uint64_t i = 1; i <= 600; i++) {
            number[0] = i;
            size_t size = i % 3 == 0 ? sizeof number : sizeof number[0];
            if (i % 2 == 0)
                check_equal(gr_send_by(actor, NUMBER, number, size, gr_in(GR_SECOND)), 0);
            else
                check_equal(gr_try_send(actor, NUMBER, number, size), 0);
        }
        struct seen seen = seen_by(actor);
        check_equal(seen.count, 600);
        check_equal(seen.disorder, 0);
    }
}

static uint64_t posts_run; /* on loop 1 */

static void count_post(void *context)
{
    (void)context;
    posts_run++;
}

static int check_posts(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *early = self->state;
    if (message->tag == SEEN)
        return gr_reply(message, early, sizeof *early);
    *early += posts_run < *(const uint64_t *)message->data;
    return 0;
}

static const struct gr_behavior checker = {
    .name = "checker", .receive = check_posts, .state_bytes = sizeof(uint64_t)};

/*
 *     loop 0             lane to loop 1       loop 1, without the rule
 *     send 1, after 0    message              at once into the mailbox: the actor is ready
 *     post               call                 ready, behind the actor
 *     send 2, after 1    message              into the mailbox, and handled ahead of the call
 */
RUNNER_TEST(lets_no_message_overtake_what_its_loop_has_posted_before)
{
    posts_run = 0;
    gr_actor actor;
    struct gr_actor_options there = {.where = GR_ON_LOOP(1)};
    check_equal(gr_actor_spawn(&checker, &there, &actor), 0);
    uint64_t posts = 0;
    for (int i = 0; i < 5000; i++) {
        check_equal(gr_send(actor, NUMBER, &posts, sizeof posts), 0);
        if (i % 3 == 0) {
            check_equal(gr_post(1, count_post, NULL, NULL), 0);
            posts++;
        }
    }
    uint64_t early = 1;
    check_equal(gr_ask(actor, SEEN, NULL, 0, &early, sizeof early, GR_FOREVER), 0);
    check_equal(early, 0);
}

/* --- Buffers ------------------------------------------------------------------------------- */

static int send_counted(gr_actor actor, uint32_t tag, size_t size)
{
    struct gr_buffer buffer = counted(size);
    int rc = gr_send_buffer(actor, tag, &buffer, gr_in(5 * GR_SECOND));
    if (rc < 0) {
        check(buffer.data != NULL);
        check_equal(buffer.size, size);
        gr_buffer_release(&buffer);
    } else {
        check(buffer.data == NULL && buffer.release == NULL);
        check_equal(buffer.size, 0);
    }
    return rc;
}

RUNNER_TEST(releases_a_buffer_once_when_it_was_handled)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        released = 0;
        for (unsigned i = 0; i < SIZES; i++)
            check_equal(send_counted(actor, BUFFER, sizes[i]), 0);
        check_equal(seen_by(actor).count, SIZES);
        check_equal(releases(), SIZES);
    }
}

RUNNER_TEST(leaves_a_taken_buffer_to_who_took_it)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        released = 0;
        check_equal(send_counted(actor, TAKE, 100000), 0);
        check_equal(seen_by(actor).count, 0);
        check_equal(releases(), 1);
    }
}

RUNNER_TEST(gives_a_copy_of_copied_bytes_as_a_buffer)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        for (unsigned i = 0; i < SIZES; i++)
            check_equal(gr_send(actor, TAKE, pattern(sizes[i]), sizes[i]), 0);
        seen_by(actor);
    }
}

RUNNER_TEST(leaves_the_buffer_to_a_sender_whose_actor_is_gone_here)
{
    gr_actor actor = gone(0);
    released = 0;
    uint64_t before = gr_dead_letters();
    check_equal(send_counted(actor, BUFFER, 64), -ESTALE);
    check_equal(releases(), 1);
    check_equal(gr_send(actor, NUMBER, NULL, 0), -ESTALE);
    check_equal(gr_try_send(actor, NUMBER, NULL, 0), -ESTALE);
    check_equal(gr_dead_letters() - before, 3);
}

RUNNER_TEST(releases_a_buffer_whose_actor_is_gone_elsewhere)
{
    gr_actor actor = gone(1);
    released = 0;
    check_equal(send_counted(actor, BUFFER, 64), 0);
    check_soon(releases() == 1);
}

RUNNER_TEST(releases_the_buffers_in_the_mailbox_of_one_that_stops)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        released = 0;
        gr_promise open = shut(actor);
        for (int i = 0; i < 5; i++)
            check_equal(send_counted(actor, BUFFER, 200), 0);
        check_equal(releases(), 0);
        check_equal(gr_actor_stop(actor, 0), 0);
        check_soon(releases() == 5);
        check_equal(gr_promise_resolve(open, NULL, 0), 0);
    }
}

#define SMALL(policy)                                                                              \
    {                                                                                              \
        .name = "small", .receive = seer_receive, .state_bytes = sizeof(struct seen),              \
        .mailbox_max = 4, .when_full = (policy)                                                    \
    }

static const struct gr_behavior fails = SMALL(GR_FULL_FAIL);
static const struct gr_behavior waits = SMALL(GR_FULL_WAIT);
static const struct gr_behavior drops_newest = SMALL(GR_FULL_DROP_NEWEST);
static const struct gr_behavior drops_oldest = SMALL(GR_FULL_DROP_OLDEST);

RUNNER_TEST(releases_a_buffer_that_a_full_mailbox_drops)
{
    for (int loop = 0; loop < 2; loop++) {
        for (int newest = 0; newest < 2; newest++) {
            gr_actor actor = spawn_like(newest ? &drops_newest : &drops_oldest, loop);
            released = 0;
            gr_promise open = shut(actor);
            for (int i = 0; i < 7; i++)
                check_equal(send_counted(actor, BUFFER, 200), 0);
            check_soon(releases() == 3);
            open_gate(open);
            check_soon(releases() == 7);
            check_equal(seen_by(actor).count, 4);
        }
    }
}

RUNNER_TEST(leaves_the_buffer_to_a_sender_that_a_full_mailbox_refuses)
{
    gr_actor refusing = spawn_like(&fails, 0), slow = spawn_like(&waits, 0);
    released = 0;
    gr_promise open[] = {shut(refusing), shut(slow)};
    for (int i = 0; i < 4; i++) {
        check_equal(send_counted(refusing, BUFFER, 8), 0);
        check_equal(send_counted(slow, BUFFER, 8), 0);
    }
    check_equal(send_counted(refusing, BUFFER, 8), -EAGAIN);
    check_equal(gr_send(refusing, BYTES, NULL, 0), -EAGAIN);
    struct gr_buffer buffer = counted(8);
    check_equal(gr_send_buffer(slow, BUFFER, &buffer, gr_in(GR_MILLISECOND)), -ETIMEDOUT);
    check_bytes(buffer.data, 8);
    check_equal(releases(), 1);
    gr_buffer_release(&buffer);
    open_gate(open[0]);
    open_gate(open[1]);
    check_soon(releases() == 10);
}

RUNNER_TEST(passes_a_buffer_on_over_the_loops)
{
    gr_actor last = spawn(0), middle = spawn(1), first = spawn(0);
    check_equal(gr_send(middle, PASS, &last, sizeof last), 0);
    check_equal(gr_send(first, PASS, &middle, sizeof middle), 0);
    seen_by(middle);
    released = 0;
    check_equal(send_counted(first, PASS, 70000), 0);
    check_soon(releases() == 1);
}

static int end_at_once(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    return 0;
}

static const struct gr_behavior idle = {.name = "idle", .receive = end_at_once};

static void leave_buffers_under_way(void)
{
    gr_actor there = spawn_like(&idle, 1), here = spawn_like(&idle, 0);
    for (int i = 0; i < 300; i++) {
        check_equal(send_counted(there, BUFFER, 50), 0);
        check_equal(send_counted(here, BUFFER, 50), 0);
    }
}

static int leave_buffers_run(void *context)
{
    (void)context;
    leave_buffers_under_way();
    return 0;
}

static void releases_what_is_under_way_when_the_fleet_ends(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        released = 0;
        run_in_fleet(leave_buffers_run, &(struct gr_options){.loops = 2});
        assert_int_equal(releases(), 600);
    }
}

/* --- From where ---------------------------------------------------------------------------- */

struct trial {
    gr_actor to;
    uint64_t number;
    int rc;
};

static void try_number(void *context)
{
    struct trial *trial = context;
    trial->rc = gr_try_send(trial->to, NUMBER, &trial->number, sizeof trial->number);
}

RUNNER_TEST(is_tried_from_a_callback_of_either_loop)
{
    for (int loop = 0; loop < 2; loop++) {
        struct trial trial = {.to = spawn(loop)};
        for (int from = 0; from < 2; from++) {
            trial.number++;
            on_loop(from, try_number, &trial);
            check_equal(trial.rc, 0);
        }
        check_soon(seen_by(trial.to).count == 2);
    }
}

static void try_hundred(void *context)
{
    struct trial *trial = context;
    for (trial->number = 1; trial->number <= 100; trial->number++)
        check_equal(gr_try_send(trial->to, NUMBER, &trial->number, sizeof trial->number), 0);
    for (unsigned i = 0; i < SIZES; i++)
        check_equal(gr_try_send(trial->to, BYTES, pattern(sizes[i]), sizes[i]), 0);
    check_equal(gr_try_send(trial->to, BYTES, bytes, GR_MESSAGE_MAX + 1), -EMSGSIZE);
}

RUNNER_TEST(is_tried_from_a_foreign_thread_in_order)
{
    for (int loop = 0; loop < 2; loop++) {
        struct trial trial = {.to = spawn(loop)};
        on_another_thread(try_hundred, &trial);
        check_soon(seen_by(trial.to).count == 100 + SIZES);
        check_equal(seen_by(trial.to).disorder, 0);
    }
}

RUNNER_TEST(is_a_dead_letter_from_a_foreign_thread_to_one_that_is_gone)
{
    struct trial trial = {.to = gone(0)};
    uint64_t before = gr_dead_letters();
    on_another_thread(try_number, &trial);
    check_equal(trial.rc, 0);
    check_soon(gr_dead_letters() == before + 1);
}

/* While the loop stands still its foreign messages pile up, until enough are under way. */
static void try_until_refused(void *context)
{
    struct trial *trial = context;
    for (trial->number = 1; trial->number < 1000000; trial->number++) {
        try_number(trial);
        if (trial->rc < 0)
            return;
    }
}

RUNNER_TEST(is_refused_a_foreign_thread_when_too_much_is_on_its_way)
{
    struct trial trial = {.to = spawn(0)};
    on_another_thread(try_until_refused, &trial);
    check_equal(trial.rc, -EAGAIN);
    uint64_t accepted = trial.number - 1;
    check_soon(seen_by(trial.to).count == accepted);
    on_another_thread(try_number, &trial);
    check_equal(trial.rc, 0);
}

RUNNER_TEST(is_refused_where_there_is_no_such_loop)
{
    gr_actor nowhere = spawn(1);
    nowhere.name |= UINT64_C(7) << 24;
    struct trial trial = {.to = nowhere};
    released = 0;
    check_equal(gr_send(nowhere, NUMBER, NULL, 0), -ESHUTDOWN);
    check_equal(gr_try_send(nowhere, NUMBER, NULL, 0), -ESHUTDOWN);
    check_equal(send_counted(nowhere, BUFFER, 8), -ESHUTDOWN);
    check_equal(gr_actor_stop(nowhere, 0), -ESHUTDOWN);
    check_equal(releases(), 1);
    on_another_thread(try_number, &trial);
    check_equal(trial.rc, -ESHUTDOWN);
}

static gr_actor of_an_ended_fleet;

static int note_an_actor(void *context)
{
    (void)context;
    of_an_ended_fleet = spawn(1);
    return 0;
}

static void is_refused_when_the_fleet_has_ended(void **state)
{
    (void)state;
    run_in_fleet(note_an_actor, &(struct gr_options){.loops = 2});
    assert_int_equal(gr_try_send(of_an_ended_fleet, NUMBER, NULL, 0), -ESHUTDOWN);
    assert_int_equal(gr_actor_stop(of_an_ended_fleet, 0), -ESHUTDOWN);
}

/* --- Later --------------------------------------------------------------------------------- */

static gr_send_timer send_number_at(gr_time at, gr_actor actor, uint64_t number)
{
    gr_send_timer timer = {0};
    check_equal(gr_send_after(at, actor, NUMBER, &number, sizeof number, &timer), 0);
    check(timer.name != 0);
    return timer;
}

RUNNER_TEST(is_sent_later_in_the_order_of_time)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        gr_time start = gr_now();
        static const uint64_t order[] = {5, 1, 4, 2, 6, 3};
        for (int i = 0; i < 6; i++)
            send_number_at(start + (gr_time)order[i] * 5 * GR_MILLISECOND, actor, order[i]);
        check_equal(seen_by(actor).count, 0);
        check_soon(seen_by(actor).count == 6);
        check(gr_now() - start >= 30 * GR_MILLISECOND);
        check_equal(seen_by(actor).disorder, 0);
    }
}

RUNNER_TEST(is_sent_at_once_when_its_time_has_passed)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        for (unsigned i = 0; i < SIZES; i++)
            check_equal(
                gr_send_after(gr_now() - 1, actor, BYTES, pattern(sizes[i]), sizes[i], NULL), 0);
        check_soon(seen_by(actor).count == SIZES);
    }
}

RUNNER_TEST(is_not_sent_when_it_was_cancelled_in_time)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop);
        gr_send_timer dropped = send_number_at(gr_in(5 * GR_MILLISECOND), actor, 1);
        gr_send_timer kept = send_number_at(gr_in(10 * GR_MILLISECOND), actor, 2);
        check(gr_send_cancel(dropped));
        check(!gr_send_cancel(dropped));
        check_soon(seen_by(actor).count == 1);
        check_equal(seen_by(actor).last, 2);
        check(!gr_send_cancel(kept));
        check(!gr_send_cancel((gr_send_timer){0}));
    }
}

RUNNER_TEST(does_not_cancel_another_timer_by_a_stale_handle)
{
    gr_actor actor = spawn(0);
    gr_send_timer stale = send_number_at(gr_in(GR_SECOND), actor, 1);
    check(gr_send_cancel(stale));
    gr_send_timer fresh = send_number_at(gr_in(5 * GR_MILLISECOND), actor, 2);
    check(!gr_send_cancel(stale));
    check_soon(seen_by(actor).count == 1);
    check(!gr_send_cancel(fresh));
}

RUNNER_TEST(waits_for_ever_until_it_is_cancelled)
{
    gr_actor actor = spawn(0);
    gr_send_timer timer = send_number_at(GR_FOREVER, actor, 1);
    check_equal(seen_by(actor).count, 0);
    check(gr_send_cancel(timer));
    check(!gr_send_cancel(timer));
}

RUNNER_TEST(is_a_dead_letter_when_its_actor_has_gone_by_its_time)
{
    gr_actor actor = gone(0);
    uint64_t before = gr_dead_letters();
    gr_send_timer timer = send_number_at(gr_in(GR_MILLISECOND), actor, 1);
    check_soon(gr_dead_letters() == before + 1);
    check(!gr_send_cancel(timer));
    send_number_at(gr_in(GR_MILLISECOND), gone(1), 1);
}

RUNNER_TEST(is_let_in_above_the_bound_when_it_is_time)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn_like(&waits, loop);
        gr_promise open = shut(actor);
        for (uint64_t i = 1; i <= 4; i++)
            check_equal(gr_send(actor, NUMBER, &i, sizeof i), 0);
        gr_send_timer last = {0};
        for (uint64_t i = 5; i <= 8; i++)
            last = send_number_at(gr_in(GR_MILLISECOND), actor, i);
        check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
        check(!gr_send_cancel(last));
        open_gate(open);
        check_soon(seen_by(actor).count == 8);
        check_equal(seen_by(actor).disorder, 0);
    }
}

RUNNER_TEST(is_let_in_at_its_time_on_its_loop_by_one_that_drops_what_is_too_much)
{
    static const struct gr_behavior *const droppers[] = {&drops_newest, &drops_oldest};
    for (int i = 0; i < 2; i++) {
        gr_actor actor = spawn_like(droppers[i], 0);
        gr_promise open = shut(actor);
        uint64_t before = gr_dead_letters();
        for (uint64_t number = 1; number <= 4; number++)
            check_equal(gr_send(actor, NUMBER, &number, sizeof number), 0);
        gr_send_timer last = {0};
        for (uint64_t number = 5; number <= 8; number++)
            last = send_number_at(gr_in(GR_MILLISECOND), actor, number);
        check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
        check(!gr_send_cancel(last));
        open_gate(open);
        check_equal(gr_actor_finish(actor), 0);
        int reason;
        check_equal(gr_actor_join(actor, &reason, gr_in(10 * GR_SECOND)), 0);
        check_equal(gr_dead_letters(), before);
    }
}

RUNNER_TEST(goes_at_its_time_to_where_its_actor_has_moved)
{
    struct gr_behavior wanderer = seer;
    wanderer.movable = true;
    gr_actor actor = spawn_like(&wanderer, 0);
    send_number_at(gr_in(5 * GR_MILLISECOND), actor, 1);
    check_equal(gr_actor_move(actor, GR_ON_LOOP(1), gr_in(10 * GR_SECOND)), 0);
    send_number_at(gr_in(6 * GR_MILLISECOND), actor, 2);
    check_soon(seen_by(actor).count == 2);
    check_equal(seen_by(actor).disorder, 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    int reason;
    check_equal(gr_actor_join(actor, &reason, gr_in(10 * GR_SECOND)), 0);
}

static void send_to_itself(struct gr_self *self, int reason)
{
    (void)reason;
    send_number_at(gr_now(), gr_self_actor(self), 1);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
}

RUNNER_TEST(is_a_dead_letter_when_its_actor_is_about_to_end_at_its_time)
{
    struct gr_behavior ending = seer;
    ending.stop = send_to_itself;
    gr_actor actor = spawn_like(&ending, 0);
    uint64_t before = gr_dead_letters();
    check_equal(gr_actor_stop(actor, 0), 0);
    int reason;
    check_equal(gr_actor_join(actor, &reason, gr_in(10 * GR_SECOND)), 0);
    check_equal(gr_dead_letters(), before + 1);
}

RUNNER_TEST(is_forgotten_with_the_fleet_when_its_time_did_not_come)
{
    gr_actor here = spawn(0), there = spawn(1);
    for (uint64_t i = 1; i <= 50; i++) {
        check_equal(gr_send_after(gr_in(3600 * GR_SECOND), here, BYTES, bytes, 1000, NULL), 0);
        send_number_at(GR_FOREVER, there, i);
        send_number_at(gr_now(), there, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_bytes_of_any_size_to_either_loop),
        cmocka_unit_test(refuses_more_bytes_than_fit_a_message),
        cmocka_unit_test(refuses_a_buffer_of_four_gigabytes_and_leaves_it_be),
        cmocka_unit_test(keeps_the_order_of_one_sender),
        cmocka_unit_test(keeps_the_order_of_one_sender_whichever_way_it_sends),
        cmocka_unit_test(lets_no_message_overtake_what_its_loop_has_posted_before),
        cmocka_unit_test(releases_a_buffer_once_when_it_was_handled),
        cmocka_unit_test(leaves_a_taken_buffer_to_who_took_it),
        cmocka_unit_test(gives_a_copy_of_copied_bytes_as_a_buffer),
        cmocka_unit_test(leaves_the_buffer_to_a_sender_whose_actor_is_gone_here),
        cmocka_unit_test(releases_a_buffer_whose_actor_is_gone_elsewhere),
        cmocka_unit_test(releases_the_buffers_in_the_mailbox_of_one_that_stops),
        cmocka_unit_test(releases_a_buffer_that_a_full_mailbox_drops),
        cmocka_unit_test(leaves_the_buffer_to_a_sender_that_a_full_mailbox_refuses),
        cmocka_unit_test(passes_a_buffer_on_over_the_loops),
        cmocka_unit_test(releases_what_is_under_way_when_the_fleet_ends),
        cmocka_unit_test(is_tried_from_a_callback_of_either_loop),
        cmocka_unit_test(is_tried_from_a_foreign_thread_in_order),
        cmocka_unit_test(is_a_dead_letter_from_a_foreign_thread_to_one_that_is_gone),
        cmocka_unit_test(is_refused_a_foreign_thread_when_too_much_is_on_its_way),
        cmocka_unit_test(is_refused_where_there_is_no_such_loop),
        cmocka_unit_test(is_refused_when_the_fleet_has_ended),
        cmocka_unit_test(is_sent_later_in_the_order_of_time),
        cmocka_unit_test(is_sent_at_once_when_its_time_has_passed),
        cmocka_unit_test(is_not_sent_when_it_was_cancelled_in_time),
        cmocka_unit_test(does_not_cancel_another_timer_by_a_stale_handle),
        cmocka_unit_test(waits_for_ever_until_it_is_cancelled),
        cmocka_unit_test(is_a_dead_letter_when_its_actor_has_gone_by_its_time),
        cmocka_unit_test(is_let_in_above_the_bound_when_it_is_time),
        cmocka_unit_test(is_let_in_at_its_time_on_its_loop_by_one_that_drops_what_is_too_much),
        cmocka_unit_test(goes_at_its_time_to_where_its_actor_has_moved),
        cmocka_unit_test(is_a_dead_letter_when_its_actor_is_about_to_end_at_its_time),
        cmocka_unit_test(is_forgotten_with_the_fleet_when_its_time_did_not_come),
    };
    return cmocka_run_group_tests_name("send", tests, NULL, NULL);
}
