/* An actor that is moved goes on where it is, by the handle that it has, and loses nothing on the way. */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "actors/stop.h"
#include "lib/spawned.h"

enum { ADD = 1, SUM, WHERE, LINK, UNLINK, WATCH, TRAP, SCOPE, STASH, UNSTASH, WAIT, FORWARD };
enum { LOOPS = 3 };

#define SOON gr_in(10 * GR_SECOND)

/* State larger than a body has room for, and of another's memory. */
struct account {
    int64_t sum;
    int moves;
    int from;
    int exits;
    int exit_reason;
    gr_actor exited;
    char pad[200];
};

struct where {
    int loop;
    int moves;
    int from;
    int exits;
    int exit_reason;
    gr_actor exited;
    gr_actor self;
};

static int tell_where(struct gr_self *self, const struct gr_message *message)
{
    const struct account *account = self->state;
    struct where where = {.loop = gr_loop_here(),
                          .moves = account->moves,
                          .from = account->from,
                          .exits = account->exits,
                          .exit_reason = account->exit_reason,
                          .exited = account->exited,
                          .self = gr_self_actor(self)};
    return gr_reply(message, &where, sizeof where);
}

static int wait_for_nothing(void *context)
{
    (void)context;
    return gr_sleep(GR_FOREVER);
}

static int have_scope(struct gr_self *self)
{
    struct gr_scope *scope;
    int rc = gr_self_scope(self, &scope);
    return rc < 0 ? rc : gr_scope_start(scope, wait_for_nothing, NULL, NULL, NULL);
}

static int account_receive(struct gr_self *self, const struct gr_message *message)
{
    struct account *account = self->state;
    gr_actor other = {0};
    gr_monitor monitor;
    if (message->size == sizeof other)
        memcpy(&other, message->data, sizeof other);
    switch (message->tag) {
    case ADD:
        account->sum += *(const int64_t *)message->data;
        return 0;
    case SUM:
        return gr_reply(message, &account->sum, sizeof account->sum);
    case WHERE:
        return tell_where(self, message);
    case LINK:
        return gr_self_link(self, other);
    case UNLINK:
        gr_self_unlink(self, other);
        return 0;
    case WATCH:
        return gr_monitor_make(self, other, &monitor);
    case TRAP:
        return gr_self_trap_exits(self, true);
    case SCOPE:
        return have_scope(self);
    case STASH:
        return gr_self_stash(self, message);
    case UNSTASH:
        gr_self_unstash(self);
        return 0;
    case WAIT:
        return gr_sleep(GR_FOREVER);
    }
    return -ENOTSUP;
}

static int account_control(struct gr_self *self, const struct gr_control *control)
{
    struct account *account = self->state;
    if (control->kind == GR_EXIT) {
        account->exits++;
        account->exit_reason = control->reason;
        account->exited = control->actor;
    }
    return 0;
}

static int account_moved(struct gr_self *self, int from)
{
    struct account *account = self->state;
    account->moves++;
    account->from = from;
    return 0;
}

static const struct gr_behavior account = {.name = "account",
                                           .receive = account_receive,
                                           .control = account_control,
                                           .moved = account_moved,
                                           .movable = true,
                                           .state_bytes = sizeof(struct account)};

static void add(gr_actor actor, int64_t value)
{
    check_equal(gr_send(actor, ADD, &value, sizeof value), 0);
}

static int64_t sum(gr_actor actor)
{
    int64_t value = -1;
    check_equal(gr_ask(actor, SUM, NULL, 0, &value, sizeof value, SOON), 0);
    return value;
}

static struct where where(gr_actor actor)
{
    struct where where = {.loop = -1};
    check_equal(gr_ask(actor, WHERE, NULL, 0, &where, sizeof where, SOON), 0);
    return where;
}

static void tell(gr_actor actor, uint32_t tag, gr_actor other)
{
    check_equal(gr_send(actor, tag, &other, sizeof other), 0);
}

/* Between this and what was sent before, the actor has done all of that. */
static void settle(gr_actor actor)
{
    sum(actor);
}

static int join(gr_actor actor)
{
    int reason = 1;
    check_equal(gr_actor_join(actor, &reason, SOON), 0);
    return reason;
}

static void add_count(void *count)
{
    *(size_t *)count += gr_actor_count();
}

static size_t count_actors(void)
{
    size_t count = 0;
    for (int loop = 0; loop < gr_loop_count(); loop++)
        on_loop(loop, add_count, &count);
    return count;
}

static void end_last(gr_actor actor)
{
    check_equal(gr_actor_stop(actor, 0), 0);
    check_soon(count_actors() == 0);
}

FLEET_TEST(lives_where_it_was_moved_to, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    check_equal(where(actor).loop, 0);
    check_equal(move(actor, 1), 0);
    check_equal(where(actor).loop, 1);
    check_equal(count_actors(), 1);
    end_last(actor);
}

FLEET_TEST(keeps_its_state_large_and_small, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    add(actor, 40);
    check_equal(move(actor, 1), 0);
    add(actor, 2);
    check_equal(sum(actor), 42);
    check_equal(move(actor, 0), 0);
    check_equal(sum(actor), 42);
    end_last(actor);
}

static int count_one(struct gr_self *self, const struct gr_message *message)
{
    uint64_t *count = self->state;
    if (message->tag == SUM)
        return gr_reply(message, count, sizeof *count);
    ++*count;
    return 0;
}

FLEET_TEST(keeps_its_state_in_place, LOOPS)
{
    static const struct gr_behavior counter = {
        .name = "counter", .receive = count_one, .movable = true, .state_bytes = sizeof(uint64_t)};
    gr_actor actor = spawn_at(&counter, 2);
    for (int i = 0; i < 10; i++) {
        check_equal(gr_send(actor, ADD, NULL, 0), 0);
        check_equal(move(actor, i % LOOPS), 0);
    }
    check_equal(sum(actor), 10);
    end_last(actor);
}

FLEET_TEST(hears_that_it_moved_and_from_where, LOOPS)
{
    gr_actor actor = spawn_at(&account, 1);
    check_equal(move(actor, 2), 0);
    check_equal(where(actor).moves, 1);
    check_equal(where(actor).from, 1);
    check_equal(move(actor, 0), 0);
    check_equal(where(actor).loop, 0);
    check_equal(where(actor).moves, 3); /* over its home, which is where it was spawned */
    check_equal(where(actor).from, 1);
    end_last(actor);
}

FLEET_TEST(is_there_already_without_a_move, LOOPS)
{
    gr_actor actor = spawn_at(&account, 1);
    check_equal(move(actor, 1), 0);
    check_equal(where(actor).moves, 0);
    check_equal(move(actor, 2), 0);
    check_equal(move(actor, 2), 0);
    check_equal(where(actor).moves, 1);
    end_last(actor);
}

FLEET_TEST(goes_home_again_and_leaves_nothing, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    for (int i = 0; i < 20; i++) {
        check_equal(move(actor, 1 + i % 2), 0);
        check_equal(move(actor, 0), 0);
        check_equal(where(actor).loop, 0);
    }
    check_equal(count_actors(), 1);
    end_last(actor);
}

FLEET_TEST(has_the_same_handle_for_itself_and_others, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    check_equal(move(actor, 1), 0);
    check(where(actor).self.name == actor.name);
    end_last(actor);
}

FLEET_TEST(handles_what_was_sent_before_and_after, LOOPS)
{
    for (int from = 0; from < LOOPS; from++) {
        gr_actor actor = spawn_at(&account, from);
        int64_t wanted = 0;
        for (int i = 0; i < 3000; i++) {
            add(actor, i);
            wanted += i;
            if (i % 1000 == 500)
                check_equal(move(actor, (from + i / 1000 + 1) % LOOPS), 0);
        }
        check_equal(sum(actor), wanted);
        end_last(actor);
    }
}

struct mover {
    gr_actor actor;
    int loop;
    int rc;
    bool done;
};

static void move_from_there(void *context)
{
    struct mover *mover = context;
    mover->rc = move(mover->actor, mover->loop);
}

FLEET_TEST(can_be_moved_from_any_loop, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    for (int i = 0; i < 12; i++) {
        struct mover mover = {.actor = actor, .loop = (i + 1) % LOOPS, .rc = 1};
        on_loop(i / LOOPS % LOOPS, move_from_there, &mover);
        check_equal(mover.rc, 0);
        check_equal(where(actor).loop, mover.loop);
    }
    end_last(actor);
}

FLEET_TEST(is_stopped_by_its_handle_wherever_it_is, LOOPS)
{
    for (int to = 0; to < LOOPS; to++) {
        gr_actor actor = spawn_at(&account, 0);
        check_equal(move(actor, to), 0);
        check_equal(gr_actor_stop(actor, -EINTR), 0);
        check_equal(join(actor) != 1, true);
        check_soon(count_actors() == 0);
    }
}

static void stop_from_thread(void *context)
{
    check_equal(gr_actor_stop(*(gr_actor *)context, -EPIPE), 0);
}

FLEET_TEST(is_stopped_and_sent_to_from_foreign_threads, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    check_equal(move(actor, 1), 0);
    on_another_thread(stop_from_thread, &actor);
    int reason = join(actor);
    check(reason == -EPIPE || reason == -ESTALE);
    check_soon(count_actors() == 0);
}

FLEET_TEST(is_killed_in_a_wait, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    check_equal(move(actor, 1), 0);
    check_equal(gr_send(actor, WAIT, NULL, 0), 0);
    check_equal(gr_actor_kill(actor), 0);
    join(actor);
    check_soon(count_actors() == 0);
}

/* A watcher that keeps what it was told. */
struct watcher {
    int downs;
    int reason;
    gr_actor actor;
};

static int watcher_control(struct gr_self *self, const struct gr_control *control)
{
    struct watcher *watcher = self->state;
    watcher->downs += control->kind == GR_DOWN;
    watcher->reason = control->reason;
    watcher->actor = control->actor;
    return 0;
}

static int watcher_receive(struct gr_self *self, const struct gr_message *message)
{
    gr_monitor monitor;
    if (message->tag == SUM)
        return gr_reply(message, self->state, sizeof(struct watcher));
    return gr_monitor_make(self, *(const gr_actor *)message->data, &monitor);
}

static const struct gr_behavior watching = {.name = "watcher",
                                            .receive = watcher_receive,
                                            .control = watcher_control,
                                            .state_bytes = sizeof(struct watcher)};

static struct watcher ask_watcher(gr_actor actor)
{
    struct watcher watcher = {0};
    check_equal(gr_ask(actor, SUM, NULL, 0, &watcher, sizeof watcher, SOON), 0);
    return watcher;
}

FLEET_TEST(has_monitors_told_once_whenever_they_were_made, LOOPS)
{
    gr_actor watcher = spawn_at(&watching, 2);
    gr_actor actor = spawn_at(&account, 0);
    tell(watcher, WATCH, actor);
    ask_watcher(watcher);
    check_equal(move(actor, 1), 0);
    tell(watcher, WATCH, actor);
    ask_watcher(watcher);
    check_equal(move(actor, 2), 0);
    check_equal(gr_actor_stop(actor, -EINTR), 0);
    check_soon(ask_watcher(watcher).downs == 2);
    check_equal(ask_watcher(watcher).reason, -EINTR);
    check(ask_watcher(watcher).actor.name == actor.name);
    end_last(watcher);
}

FLEET_TEST(keeps_its_links_in_both_directions, LOOPS)
{
    for (int i = 0; i < 2 * LOOPS; i++) {
        gr_actor other = spawn_at(&account, i % LOOPS);
        gr_actor actor = spawn_at(&account, 0);
        tell(other, TRAP, other);
        tell(actor, LINK, other);
        settle(actor);
        check_equal(move(actor, 1), 0);
        if (i >= LOOPS)
            check_equal(move(actor, 2), 0);
        check_equal(gr_actor_stop(actor, -EINTR), 0);
        check_soon(where(other).exits == 1);
        check_equal(where(other).exit_reason, -EINTR);
        check(where(other).exited.name == actor.name);
        end_last(other);
    }
}

FLEET_TEST(is_ended_by_links_made_before_and_after, LOOPS)
{
    for (int i = 0; i < 2 * LOOPS; i++) {
        gr_actor other = spawn_at(&account, i / 2);
        gr_actor actor = spawn_at(&account, 0);
        if (i % 2 == 0)
            tell(other, LINK, actor);
        settle(other);
        check_equal(move(actor, 1), 0);
        if (i % 2 == 1)
            tell(other, LINK, actor);
        settle(other);
        check_equal(gr_actor_stop(other, -EINTR), 0);
        check_equal(join(actor) != 1, true);
        check_soon(count_actors() == 0);
    }
}

FLEET_TEST(makes_and_ends_links_while_away, LOOPS)
{
    gr_actor other = spawn_at(&account, 1);
    gr_actor actor = spawn_at(&account, 0);
    tell(other, TRAP, other);
    check_equal(move(actor, 1), 0);
    tell(actor, LINK, other);
    tell(actor, UNLINK, other);
    settle(actor);
    tell(actor, LINK, other);
    settle(actor);
    check_equal(gr_actor_stop(actor, -EPIPE), 0);
    check_soon(where(other).exits == 1);
    check_equal(where(other).exit_reason, -EPIPE);
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    check_equal(where(other).exits, 1);
    end_last(other);
}

FLEET_TEST(takes_along_what_it_laid_aside, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    check_equal(gr_send(actor, STASH, NULL, 0), 0);
    settle(actor);
    check_equal(move(actor, 1), 0);
    check_equal(gr_send(actor, STASH, NULL, 0), 0);
    settle(actor);
    check_equal(move(actor, 2), 0);
    check_equal(where(actor).loop, 2);
    end_last(actor);
}

/* What is laid aside is dropped at the end, with what it holds. */
FLEET_TEST(answers_asks_that_it_laid_aside, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    gr_future reply;
    check_equal(gr_ask_start(actor, STASH, NULL, 0, &reply, GR_FOREVER), 0);
    settle(actor);
    check_equal(move(actor, 1), 0);
    check_equal(gr_actor_stop(actor, 0), 0);
    check_equal(gr_future_await(reply, NULL, 0, SOON), -ESTALE);
    check_soon(count_actors() == 0);
}

static const struct gr_context_key trace = {.name = "trace", .carry = true};

static int64_t carried;
static bool waiting;

static int note_carried(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    int64_t value = 0;
    while (message->tag == WAIT && __atomic_load_n(&waiting, __ATOMIC_SEQ_CST))
        if (gr_sleep(gr_in(100 * GR_MICROSECOND)) < 0)
            return -ECANCELED;
    if (message->tag == WAIT)
        return 0;
    check_equal(gr_context_get(&trace, &value, sizeof value), 0);
    __atomic_add_fetch(&carried, value, __ATOMIC_SEQ_CST);
    return 0;
}

static const struct gr_behavior noter = {.name = "noter", .receive = note_carried, .movable = true};

/* An actor whose handler waits until release(). */
static gr_actor spawn_waiting(void)
{
    gr_actor actor = spawn_at(&noter, 0);
    __atomic_store_n(&waiting, true, __ATOMIC_SEQ_CST);
    check_equal(gr_send(actor, WAIT, NULL, 0), 0);
    check_equal(gr_yield(), 0);
    return actor;
}

static void release(void)
{
    __atomic_store_n(&waiting, false, __ATOMIC_SEQ_CST);
}

FLEET_TEST(takes_the_values_of_its_messages_along, LOOPS)
{
    carried = 0;
    gr_actor actor = spawn_waiting();
    check_equal(gr_context_set(&trace, &(int64_t){3}, sizeof(int64_t)), 0);
    for (int i = 0; i < 10; i++)
        check_equal(gr_send(actor, ADD, NULL, 0), 0);
    release();
    check_equal(move(actor, 1), 0);
    for (int i = 0; i < 10; i++)
        check_equal(gr_send(actor, ADD, NULL, 0), 0);
    check_soon(__atomic_load_n(&carried, __ATOMIC_SEQ_CST) == 60);
    end_last(actor);
}

FLEET_TEST(takes_the_buffers_of_its_messages_along, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    struct gr_buffer buffer;
    for (int i = 0; i < 4; i++) {
        int64_t value = 5;
        check_equal(gr_buffer_copy(&value, sizeof value, &buffer), 0);
        check_equal(gr_send_buffer(actor, ADD, &buffer, SOON), 0);
        check_equal(move(actor, (i + 1) % LOOPS), 0);
    }
    check_equal(sum(actor), 20);
    end_last(actor);
}

static int start_moving(void *context)
{
    struct mover *mover = context;
    mover->rc = move(mover->actor, mover->loop);
    mover->done = true;
    return 0;
}

FLEET_TEST(moves_only_when_its_handler_has_returned, LOOPS)
{
    gr_actor actor = spawn_waiting();
    gr_runner runner;
    struct mover mover = {.actor = actor, .loop = 1, .rc = 1};
    check_equal(gr_runner_start(start_moving, &mover, NULL, &runner), 0);
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    check(!mover.done);
    release();
    check_equal(gr_runner_join(runner, SOON), 0);
    check_equal(mover.rc, 0);
    end_last(actor);
}

static void get_stuck(void *stuck)
{
    while (__atomic_load_n((bool *)stuck, __ATOMIC_SEQ_CST))
        sched_yield();
}

/* A loop that does not turn keeps it: what it has sent there may not have arrived. */
FLEET_TEST(is_said_to_wait_for_what_it_has_sent, LOOPS)
{
    expect_report("it waits for what it has sent to arrive");
    static bool stuck;
    gr_actor actor = spawn_at(&account, 0);
    gr_runner runner;
    struct mover mover = {.actor = actor, .loop = 1, .rc = 1};
    __atomic_store_n(&stuck, true, __ATOMIC_SEQ_CST);
    check_equal(gr_post(2, get_stuck, &stuck, NULL), 0);
    check_equal(gr_runner_start(start_moving, &mover, NULL, &runner), 0);
    check_equal(gr_sleep(gr_in(20 * GR_MILLISECOND)), 0);
    check(!mover.done);
    check_equal(gr__actor_stop(actor, GR__STOP_IN_VAIN, 0), 0);
    __atomic_store_n(&stuck, false, __ATOMIC_SEQ_CST);
    check_equal(gr_runner_join(runner, SOON), 0);
    check_equal(mover.rc, 0);
    end_last(actor);
}

static void refuses(uint32_t tag, gr_actor other, const char *details)
{
    gr_actor actor = spawn_at(&account, 0);
    tell(actor, tag, other);
    settle(actor);
    check_equal(move(actor, 1), -EBUSY);
    const struct gr_error *error = gr_error_details(-EBUSY);
    if (check(error != NULL))
        check(strstr(error->message, details) != NULL);
    check_equal(where(actor).loop, 0);
    check_equal(gr_actor_stop(actor, 0), 0);
}

FLEET_TEST(refuses_with_the_reason_what_is_bound_to_its_loop, LOOPS)
{
    gr_actor other = spawn_at(&account, 0);
    refuses(SCOPE, other, "scope");
    end_last(other);
}

FLEET_TEST(refuses_to_move_on_with_what_it_got_where_it_is, LOOPS)
{
    gr_actor other = spawn_at(&account, 0);
    gr_actor actor = spawn_at(&account, 0);
    check_equal(move(actor, 1), 0);
    tell(actor, SCOPE, other);
    settle(actor);
    check_equal(move(actor, 2), -EBUSY);
    check_equal(where(actor).loop, 1);
    check_equal(move(actor, 0), -EBUSY);
    check_equal(gr_actor_stop(actor, 0), 0);
    end_last(other);
}

FLEET_TEST(refuses_a_parent, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    gr_actor child;
    check_equal(gr_actor_spawn(&account, &(struct gr_actor_options){.parent = actor}, &child), 0);
    check_equal(move(actor, 1), -EBUSY);
    check_equal(move(child, 1), 0);
    check_equal(where(child).loop, 1);
    end_last(actor);
}

FLEET_TEST(refuses_who_is_not_movable, LOOPS)
{
    gr_actor actor = spawn_at(&watching, 0);
    check_equal(move(actor, 1), -ENOTSUP);
    check_equal(gr_actor_move(actor, GR_ON_LOOP(LOOPS), SOON), -EINVAL);
    end_last(actor);
    check_equal(move(actor, 1), -ESTALE);
}

FLEET_TEST(refuses_a_second_move_while_one_is_under_way, LOOPS)
{
    gr_actor actor = spawn_waiting();
    gr_runner runner;
    struct mover mover = {.actor = actor, .loop = 1, .rc = 1};
    check_equal(gr_runner_start(start_moving, &mover, NULL, &runner), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_yield(), 0);
    check_equal(move(actor, 2), -EBUSY);
    release();
    check_equal(gr_runner_join(runner, SOON), 0);
    check_equal(mover.rc, 0);
    end_last(actor);
}

FLEET_TEST(gives_up_waiting_at_the_deadline, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    check_equal(gr_send(actor, WAIT, NULL, 0), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_move(actor, GR_ON_LOOP(1), gr_in(5 * GR_MILLISECOND)), -ETIMEDOUT);
    check_equal(gr_actor_kill(actor), 0);
    check_soon(count_actors() == 0);
}

FLEET_TEST(is_stale_when_it_ends_before_it_goes, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    gr_runner runner;
    struct mover mover = {.actor = actor, .loop = 1, .rc = 1};
    check_equal(gr_send(actor, WAIT, NULL, 0), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_runner_start(start_moving, &mover, NULL, &runner), 0);
    check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    check_equal(gr_actor_kill(actor), 0);
    check_equal(gr_runner_join(runner, SOON), 0);
    check_equal(mover.rc, -ESTALE);
    check_soon(count_actors() == 0);
}

static int go_away(struct gr_self *self, const struct gr_message *message)
{
    if (message->tag == WHERE)
        return gr_reply(message, &(int){gr_loop_here()}, sizeof(int));
    if (message->tag == WAIT)
        return gr_reply_error(message, gr_actor_move(gr_self_actor(self), GR_ON_LOOP(1), SOON));
    return gr_self_move(self, GR_ON_LOOP(1));
}

FLEET_TEST(moves_itself_when_its_handler_returns, LOOPS)
{
    static const struct gr_behavior nomad = {.name = "nomad", .receive = go_away, .movable = true};
    gr_actor actor = spawn_at(&nomad, 0);
    int loop = -1;
    check_equal(gr_ask(actor, WAIT, NULL, 0, NULL, 0, SOON), -EDEADLK);
    check_equal(gr_send(actor, ADD, NULL, 0), 0);
    check_soon(gr_ask(actor, WHERE, NULL, 0, &loop, sizeof loop, SOON) == 0 && loop == 1);
    end_last(actor);
}

/* Its own stop takes effect at once: nothing that follows is handled. */
static int stop_at_once(struct gr_self *self, const struct gr_message *message)
{
    int *handled = self->state;
    ++*handled;
    if (message->tag == SUM)
        check_equal(*handled, 1);
    return message->tag == SUM ? gr_actor_stop(gr_self_actor(self), 0) : 0;
}

FLEET_TEST(stops_itself_at_once_while_away, LOOPS)
{
    static const struct gr_behavior suicidal = {
        .name = "suicidal", .receive = stop_at_once, .movable = true, .state_bytes = sizeof(int)};
    gr_actor actor = spawn_at(&suicidal, 0);
    check_equal(move(actor, 1), 0);
    for (int i = 0; i < 10; i++)
        check_equal(gr_send(actor, SUM, NULL, 0), 0);
    join(actor);
    check_soon(count_actors() == 0);
}

FLEET_TEST(has_others_begin_beside_it_where_it_is, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    for (int loop = 0; loop < LOOPS; loop++) {
        check_equal(move(actor, loop), 0);
        gr_actor neighbour;
        check_equal(
            gr_actor_spawn(&account, &(struct gr_actor_options){.beside = actor}, &neighbour), 0);
        check_equal(where(neighbour).loop, loop);
        check_equal(gr_actor_stop(neighbour, 0), 0);
    }
    end_last(actor);
}

FLEET_TEST(keeps_its_names, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    check_equal(gr_name_register("mover", actor, SOON), 0);
    check_equal(move(actor, 1), 0);
    check(gr_whereis("mover").name == actor.name);
    check_equal(gr_name_register("mover too", actor, SOON), 0);
    check_equal(move(actor, 2), 0);
    check(gr_whereis("mover too").name == actor.name);
    end_last(actor);
    check(gr_whereis("mover").name == 0);
    check(gr_whereis("mover too").name == 0);
}

FLEET_TEST(becomes_stale_when_it_ends_elsewhere, LOOPS)
{
    gr_actor actor = spawn_at(&account, 0);
    check_equal(move(actor, 1), 0);
    end_last(actor);
    check_equal(gr_send(actor, ADD, NULL, 0), -ESTALE);
    check_equal(join(actor), -ESTALE);
}

FLEET_TEST(leaves_nothing_behind_when_the_run_ends_in_the_midst, LOOPS)
{
    for (int i = 0; i < 30; i++) {
        gr_actor actor = spawn_at(&account, i % LOOPS);
        for (int j = 0; j < 20; j++)
            add(actor, j);
        check_equal(move(actor, (i + 1) % LOOPS), 0);
        if (i % 3 == 0)
            check_equal(gr_actor_move(actor, GR_ON_LOOP((i + 2) % LOOPS), gr_now()), -ETIMEDOUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives_where_it_was_moved_to),
        cmocka_unit_test(keeps_its_state_large_and_small),
        cmocka_unit_test(keeps_its_state_in_place),
        cmocka_unit_test(hears_that_it_moved_and_from_where),
        cmocka_unit_test(is_there_already_without_a_move),
        cmocka_unit_test(goes_home_again_and_leaves_nothing),
        cmocka_unit_test(has_the_same_handle_for_itself_and_others),
        cmocka_unit_test(handles_what_was_sent_before_and_after),
        cmocka_unit_test(can_be_moved_from_any_loop),
        cmocka_unit_test(is_stopped_by_its_handle_wherever_it_is),
        cmocka_unit_test(is_stopped_and_sent_to_from_foreign_threads),
        cmocka_unit_test(is_killed_in_a_wait),
        cmocka_unit_test(has_monitors_told_once_whenever_they_were_made),
        cmocka_unit_test(keeps_its_links_in_both_directions),
        cmocka_unit_test(is_ended_by_links_made_before_and_after),
        cmocka_unit_test(makes_and_ends_links_while_away),
        cmocka_unit_test(takes_along_what_it_laid_aside),
        cmocka_unit_test(answers_asks_that_it_laid_aside),
        cmocka_unit_test(takes_the_values_of_its_messages_along),
        cmocka_unit_test(takes_the_buffers_of_its_messages_along),
        cmocka_unit_test(moves_only_when_its_handler_has_returned),
        cmocka_unit_test(is_said_to_wait_for_what_it_has_sent),
        cmocka_unit_test(refuses_with_the_reason_what_is_bound_to_its_loop),
        cmocka_unit_test(refuses_to_move_on_with_what_it_got_where_it_is),
        cmocka_unit_test(refuses_a_parent),
        cmocka_unit_test(refuses_who_is_not_movable),
        cmocka_unit_test(refuses_a_second_move_while_one_is_under_way),
        cmocka_unit_test(gives_up_waiting_at_the_deadline),
        cmocka_unit_test(is_stale_when_it_ends_before_it_goes),
        cmocka_unit_test(moves_itself_when_its_handler_returns),
        cmocka_unit_test(stops_itself_at_once_while_away),
        cmocka_unit_test(has_others_begin_beside_it_where_it_is),
        cmocka_unit_test(keeps_its_names),
        cmocka_unit_test(becomes_stale_when_it_ends_elsewhere),
        cmocka_unit_test(leaves_nothing_behind_when_the_run_ends_in_the_midst),
    };
    return cmocka_run_group_tests_name("move", tests, NULL, NULL);
}
