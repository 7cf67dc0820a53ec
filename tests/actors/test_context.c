/* A message brings its sender's values to the handler as each key says, and no other message does. */
#include <errno.h>
#include <string.h>

#include "actors/envelope.h"
#include "lib/shortage.h"

#define SOON gr_in(10 * GR_SECOND)

static const struct gr_context_key user = {.name = "user", .inherit = true, .carry = true};
static const struct gr_context_key place = {.name = "place", .inherit = true};
static const struct gr_context_key parcel = {.name = "parcel", .carry = true};
static const struct gr_context_key secret = {.name = "secret"};

static int number_of(const struct gr_context_key *key)
{
    int number = 0;
    int rc = gr_context_get(key, &number, sizeof number);
    check(rc == 0 || rc == -ENOENT);
    return number;
}

static void set(const struct gr_context_key *key, int number)
{
    check_equal(gr_context_set(key, &number, sizeof number), 0);
}

static void set_all(void)
{
    set(&user, 1);
    set(&place, 2);
    set(&parcel, 3);
    set(&secret, 4);
}

static const struct gr_context_key *const keys[] = {&user, &place, &parcel, &secret};

static void unset_all(void)
{
    for (int i = 0; i < 4; i++)
        check_equal(gr_context_set(keys[i], NULL, 0), 0);
}

/* What a context holds, by digits: 1234 is all of it, as set_all() sets it. */
static int digits(void)
{
    return number_of(&user) * 1000 + number_of(&place) * 100 + number_of(&parcel) * 10 +
           number_of(&secret);
}

enum { ALL = 1234, CARRIED = 1030, INHERITED = 1200 };

enum { LOOK, SET, WAIT, FAIL, PASS_ON, PASS_ON_CHANGED, STOP };

/* Keeps what it saw last, and replies with it. */
struct watcher {
    int seen;
    gr_actor next;
};

static int watch(struct gr_self *self, const struct gr_message *message)
{
    struct watcher *watcher = self->state;
    watcher->seen = digits();
    switch (message->tag) {
    case SET:
        set_all();
        return 0;
    case WAIT:
        check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
        check_equal(digits(), watcher->seen);
        break;
    case FAIL:
        return -EIO;
    case PASS_ON_CHANGED:
        if (watcher->next.name != 0) {
            set(&user, 5);
            set(&secret, 6);
        } /* fall through */
    case PASS_ON:
        if (watcher->next.name == 0)
            break;
        return gr_forward(message, watcher->next);
    case STOP:
        return gr_actor_stop(gr_self_actor(self), 0);
    }
    return gr_reply(message, &watcher->seen, sizeof watcher->seen);
}

static int start_watcher(struct gr_self *self, const void *argument, size_t size)
{
    if (size == sizeof(gr_actor))
        ((struct watcher *)self->state)->next = *(const gr_actor *)argument;
    return 0;
}

static const struct gr_behavior watcher = {.name = "watcher",
                                           .receive = watch,
                                           .start = start_watcher,
                                           .state_bytes = sizeof(struct watcher)};

static gr_actor spawn(int loop, const gr_actor *next)
{
    gr_actor actor = {0};
    struct gr_actor_options options = {.where = GR_ON_LOOP(loop),
                                       .argument = next,
                                       .argument_bytes = next == NULL ? 0 : sizeof *next};
    check_equal(gr_actor_spawn(&watcher, &options, &actor), 0);
    return actor;
}

static int ask_what(gr_actor actor, uint32_t tag)
{
    int seen = -1;
    check_equal(gr_ask(actor, tag, NULL, 0, &seen, sizeof seen, SOON), 0);
    return seen;
}

RUNNER_TEST(comes_with_an_ask_as_each_key_says)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn(loop, NULL);
        check_equal(ask_what(actor, LOOK), 0);
        set_all();
        check_equal(ask_what(actor, LOOK), CARRIED);
        check_equal(digits(), ALL);
        int seen = -1;
        check_equal(gr_ask(actor, LOOK, NULL, 0, &seen, sizeof seen, GR_FOREVER), 0);
        check_equal(seen, CARRIED);
        check_equal(gr_context_set(&user, NULL, 0), 0);
        check_equal(gr_context_set(&parcel, NULL, 0), 0);
        check_equal(ask_what(actor, LOOK), 0);
        unset_all();
    }
}

/* Handles one message, of any kind, and tells the one who waits what was around it. */
static int tell(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    gr_promise promise;
    memcpy(&promise, message->data, sizeof promise);
    int seen = digits();
    check_equal(gr_promise_resolve(promise, &seen, sizeof seen), 0);
    return 0;
}

static const struct gr_behavior teller = {.name = "teller", .receive = tell};

static void send_in_way(int way, gr_actor actor, gr_promise promise)
{
    struct gr_buffer buffer;
    unsigned char large[1000] = {0};
    memcpy(large, &promise, sizeof promise);
    switch (way) {
    case 0:
        check_equal(gr_send(actor, 0, &promise, sizeof promise), 0);
        break;
    case 1:
        check_equal(gr_send_by(actor, 0, large, sizeof large, SOON), 0);
        break;
    case 2:
        check_equal(gr_try_send(actor, 0, &promise, sizeof promise), 0);
        break;
    case 3:
        check_equal(gr_send_after(gr_in(GR_MILLISECOND), actor, 0, &promise, sizeof promise, NULL),
                    0);
        break;
    default:
        check_equal(gr_buffer_copy(&promise, sizeof promise, &buffer), 0);
        check_equal(gr_send_buffer(actor, 0, &buffer, SOON), 0);
    }
}

RUNNER_TEST(comes_with_a_message_however_it_is_sent)
{
    for (int run = 0; run < 10; run++) {
        gr_actor actor;
        struct gr_actor_options options = {.where = GR_ON_LOOP(run % 2)};
        gr_future future;
        gr_promise promise;
        int seen = -1;
        check_equal(gr_actor_spawn(&teller, &options, &actor), 0);
        check_equal(gr_future_make(&future, &promise), 0);
        set_all();
        send_in_way(run / 2, actor, promise);
        set(&user, 9); /* too late for it */
        check_equal(gr_future_await(future, &seen, sizeof seen, SOON), 0);
        check_equal(seen, CARRIED);
    }
}

static void say_in_turn(gr_actor actor)
{
    gr_future futures[6];
    for (int i = 0; i < 6; i++) {
        if (i % 2 == 0)
            set_all();
        else
            unset_all();
        check_equal(gr_send(actor, SET, NULL, 0), 0);
        check_equal(gr_ask_start(actor, LOOK, NULL, 0, &futures[i], GR_FOREVER), 0);
    }
    for (int i = 0; i < 6; i++) {
        int seen = -1;
        check_equal(gr_future_await(futures[i], &seen, sizeof seen, SOON), 0);
        check_equal(seen, i % 2 == 0 ? CARRIED : 0);
    }
}

/* They are in one mailbox, and handled in one activation; each one sets values of its own, too. */
RUNNER_TEST(is_not_that_of_the_message_before)
{
    for (int loop = 0; loop < 2; loop++)
        say_in_turn(spawn(loop, NULL));
}

RUNNER_TEST(is_the_handlers_own_again_after_a_wait)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actors[3];
        gr_future futures[3];
        for (int i = 0; i < 3; i++) {
            actors[i] = spawn(loop, NULL);
            set(&user, i + 1);
            check_equal(gr_ask_start(actors[i], WAIT, NULL, 0, &futures[i], SOON), 0);
        }
        for (int i = 0; i < 3; i++) {
            int seen = -1;
            check_equal(gr_future_await(futures[i], &seen, sizeof seen, SOON), 0);
            check_equal(seen, (i + 1) * 1000);
        }
    }
}

RUNNER_TEST(goes_on_with_a_message_that_is_passed_on)
{
    set_all();
    for (int run = 0; run < 4; run++) {
        gr_actor last = spawn(run % 2, NULL), first = spawn(run / 2, &last);
        check_equal(ask_what(first, PASS_ON), CARRIED);
        check_equal(ask_what(first, PASS_ON_CHANGED), 5030);
    }
}

/* The message that came had none. */
RUNNER_TEST(begins_with_who_passes_a_message_on)
{
    gr_actor last = spawn(1, NULL), first = spawn(0, &last);
    check_equal(ask_what(first, PASS_ON_CHANGED), 5000);
}

static int seen_by_hook[2];

static int start_seeing(struct gr_self *self, const void *argument, size_t size)
{
    (void)self, (void)argument, (void)size;
    seen_by_hook[0] = digits();
    set(&user, 8);
    return 0;
}

static void stop_seeing(struct gr_self *self, int reason)
{
    (void)self, (void)reason;
    seen_by_hook[1] = digits();
}

static const struct gr_behavior sees = {.name = "seer",
                                        .receive = watch,
                                        .start = start_seeing,
                                        .stop = stop_seeing,
                                        .state_bytes = sizeof(struct watcher)};

RUNNER_TEST(is_inherited_by_a_start_hook_and_by_no_stop_hook)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor;
        struct gr_actor_options options = {.where = GR_ON_LOOP(loop)};
        set_all();
        check_equal(gr_actor_spawn(&sees, &options, &actor), 0);
        check_equal(seen_by_hook[0], INHERITED);
        check_equal(digits(), ALL);
        seen_by_hook[1] = -1;
        check_equal(gr_ask(actor, STOP, NULL, 0, NULL, 0, SOON), 0);
        check_soon(__atomic_load_n(&seen_by_hook[1], __ATOMIC_ACQUIRE) >= 0);
        check_equal(seen_by_hook[1], 0);
    }
}

RUNNER_TEST(is_named_when_a_handler_fails)
{
    expect_report("actor 'watcher' on loop 1 failed: ");
    static const struct gr_context_key guest = {.name = "guest", .carry = true};
    expect_report("(EIO) [guest=ann]");
    check_equal(gr_context_set(&guest, "ann", 3), 0);
    check_equal(gr_ask(spawn(1, NULL), FAIL, NULL, 0, NULL, 0, SOON), -EIO);
}

static const struct gr_behavior narrow = {.name = "narrow",
                                          .receive = watch,
                                          .state_bytes = sizeof(struct watcher),
                                          .mailbox_max = 1,
                                          .when_full = GR_FULL_FAIL};

/* Refused, dropped with its mailbox, cancelled, or dead: the values of each are given back. */
RUNNER_TEST(ends_with_a_message_that_is_never_handled)
{
    gr_actor actor, gone = spawn(0, NULL);
    gr_send_timer timer;
    set_all();
    check_equal(gr_actor_spawn(&narrow, NULL, &actor), 0);
    check_equal(gr_send(actor, WAIT, NULL, 0), 0);
    check_equal(gr_send(actor, WAIT, NULL, 0), -EAGAIN);
    check_equal(gr_ask(actor, LOOK, NULL, 0, NULL, 0, GR_FOREVER), -EAGAIN);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(gr_ask(gone, STOP, NULL, 0, NULL, 0, SOON), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_send(gone, LOOK, NULL, 0), -ESTALE);
    check_equal(gr_send_after(SOON, gone, LOOK, NULL, 0, &timer), 0);
    check(gr_send_cancel(timer));
    check_equal(gr_send_after(SOON, gone, LOOK, NULL, 0, &timer), 0);
    check_equal(gr_send((gr_actor){gr__handle(1, 200, 0)}, LOOK, NULL, 0), -ESHUTDOWN);
    gone = spawn(1, NULL);
    check_equal(gr_ask(gone, STOP, NULL, 0, NULL, 0, SOON), 0);
    check_soon(gr_ask(gone, LOOK, NULL, 0, NULL, 0, SOON) == -ESTALE);
}

/* A copy of the two values that are carried, or inherited, takes a block of two lines. */
RUNNER_TEST(is_told_where_there_is_no_memory_for_a_copy)
{
    enum { BYTES = 2 * GR__BLOCK_MIN };
    gr_actor here = spawn(0, NULL), there = spawn(1, NULL), made;
    set_all();
    void *taken = take_all(BYTES);
    for (int i = 0; i < 2; i++) {
        gr_actor to = i == 0 ? here : there;
        struct gr_buffer empty = {0};
        gr_future future;
        gr__memory_fail_after(0);
        check_equal(gr_send(to, LOOK, NULL, 0), -ENOMEM);
        gr__memory_fail_after(0);
        check_equal(gr_send_buffer(to, LOOK, &empty, SOON), -ENOMEM);
        gr__memory_fail_after(0);
        check_equal(gr_send_after(SOON, to, LOOK, NULL, 0, NULL), -ENOMEM);
        gr__memory_fail_after(0);
        check_equal(gr_ask(to, LOOK, NULL, 0, NULL, 0, SOON), -ENOMEM);
        gr__memory_fail_after(0);
        check_equal(gr_ask_start_buffer(to, LOOK, &empty, &future, SOON), -ENOMEM);
        gr__memory_fail_after(0);
        struct gr_actor_options options = {.where = GR_ON_LOOP(i)};
        check_equal(gr_actor_spawn(&watcher, &options, &made), -ENOMEM);
    }
    give_all(taken, BYTES);
    check_equal(ask_what(here, LOOK), CARRIED);
}

/* Passes a message on with the number that it found in it, which the values must agree with. */
struct ball {
    int number;
    int left;
    gr_promise over;
    gr_actor players[2];
};

static int play(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    struct ball ball;
    memcpy(&ball, message->data, sizeof ball);
    check_equal(number_of(&user), ball.number);
    check_equal(number_of(&secret), 0);
    set(&secret, ball.number);
    if (ball.left-- == 0)
        return gr_promise_resolve(ball.over, NULL, 0);
    set(&user, ++ball.number);
    return gr_send(ball.players[ball.left / 2 % 2], 0, &ball, sizeof ball);
}

enum { BALLS = 32, THROWS = 2000 };

/* Actors of two loops throw balls that carry a value each time a different one. */
RUNNER_TEST(stays_with_its_message_under_stress)
{
    static const struct gr_behavior player = {
        .name = "player", .receive = play, .when_full = GR_FULL_GROW};
    struct ball ball = {.left = THROWS};
    gr_future futures[BALLS];
    for (int i = 0; i < 2; i++) {
        struct gr_actor_options options = {.where = GR_ON_LOOP(i)};
        check_equal(gr_actor_spawn(&player, &options, &ball.players[i]), 0);
    }
    for (int i = 0; i < BALLS; i++) {
        ball.number = i * 100000 + 1;
        set(&user, ball.number);
        check_equal(gr_future_make(&futures[i], &ball.over), 0);
        check_equal(gr_send(ball.players[i % 2], 0, &ball, sizeof ball), 0);
    }
    for (int i = 0; i < BALLS; i++)
        check_equal(gr_future_await(futures[i], NULL, 0, gr_in(60 * GR_SECOND)), 0);
}

static int throw_for_ever(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    const gr_actor *players = message->data;
    int rc = gr_send(players[gr_random() % 2], 0, players, 2 * sizeof *players);
    check(rc == 0 || rc == -ESHUTDOWN || rc == -ESTALE || rc == -ECANCELED);
    return 0;
}

static int play_for_ever(void *context)
{
    (void)context;
    static const struct gr_behavior player = {
        .name = "player", .receive = throw_for_ever, .when_full = GR_FULL_GROW};
    gr_actor players[2];
    for (int i = 0; i < 2; i++) {
        struct gr_actor_options options = {.where = GR_ON_LOOP(i)};
        check_equal(gr_actor_spawn(&player, &options, &players[i]), 0);
    }
    set_all();
    for (int i = 0; i < BALLS; i++)
        check_equal(gr_send(players[i % 2], 0, players, sizeof players), 0);
    expect_report("out of time in phase 'drain' of stopping");
    return gr_sleep(gr_in(5 * GR_MILLISECOND));
}

static void leaves_nothing_behind_when_the_loops_end(void **state)
{
    (void)state;
    struct gr_options options = {.loops = 2};
    options.phase_within[GR_PHASE_DRAIN] = 5 * GR_MILLISECOND;
    run_in_fleet(play_for_ever, &options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_with_an_ask_as_each_key_says),
        cmocka_unit_test(comes_with_a_message_however_it_is_sent),
        cmocka_unit_test(is_not_that_of_the_message_before),
        cmocka_unit_test(is_the_handlers_own_again_after_a_wait),
        cmocka_unit_test(goes_on_with_a_message_that_is_passed_on),
        cmocka_unit_test(begins_with_who_passes_a_message_on),
        cmocka_unit_test(is_inherited_by_a_start_hook_and_by_no_stop_hook),
        cmocka_unit_test(is_named_when_a_handler_fails),
        cmocka_unit_test(ends_with_a_message_that_is_never_handled),
        cmocka_unit_test(is_told_where_there_is_no_memory_for_a_copy),
        cmocka_unit_test(stays_with_its_message_under_stress),
        cmocka_unit_test(leaves_nothing_behind_when_the_loops_end),
    };
    return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
