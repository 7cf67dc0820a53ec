/* A group has those who joined and neither left nor ended, and its watchers know them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "lib/shortage.h"
#include "lib/spawned.h"
#include "loop/loop.h"

#define SOON gr_in(10 * GR_SECOND)

enum { NOTHING, COUNT, SEEN, WATCH, UNWATCH, HOLD, FAIL, HELD_MAX = 2 };

/* What a member has got, and a watcher was told of one group and of others. */
struct seen {
    int got;
    int joined, left, members, reason;
    int elsewhere;
    gr_actor last;
};

static struct gr_event release;

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct seen *seen = self->state;
    switch (message->tag) {
    case COUNT:
        seen->got++;
        return 0;
    case SEEN:
        return gr_reply(message, seen, sizeof *seen);
    case WATCH:
        return gr_self_watch_group(self, message->data);
    case UNWATCH:
        check_equal(gr_event_wait(&release, SOON), 0);
        gr_self_unwatch_group(self, message->data);
        return 0;
    case HOLD:
        return gr_event_wait(&release, SOON);
    case FAIL:
        return -EIO;
    }
    return 0;
}

static int note_change(struct gr_self *self, const struct gr_control *control)
{
    struct seen *seen = self->state;
    check(control->kind == GR_JOINED || control->kind == GR_LEFT);
    if (strcmp(control->group, "crew") != 0) {
        seen->elsewhere++;
        return 0;
    }
    seen->joined += control->kind == GR_JOINED;
    seen->left += control->kind == GR_LEFT;
    seen->members = seen->joined - seen->left;
    seen->reason = control->reason;
    seen->last = control->actor;
    return 0;
}

static const struct gr_behavior member = {.name = "member",
                                          .receive = receive,
                                          .control = note_change,
                                          .state_bytes = sizeof(struct seen)};

static const struct gr_behavior narrow = {.name = "narrow",
                                          .receive = receive,
                                          .control = note_change,
                                          .state_bytes = sizeof(struct seen),
                                          .mailbox_max = 1};

static gr_actor spawn(int loop)
{
    return spawn_at(&member, loop);
}

static gr_actor spawn_in(const char *group, int loop)
{
    gr_actor actor = spawn(loop);
    check_equal(gr_group_join(group, actor, SOON), 0);
    return actor;
}

static struct seen seen_by(gr_actor actor)
{
    struct seen seen = {0};
    check_equal(gr_ask(actor, SEEN, NULL, 0, &seen, sizeof seen, SOON), 0);
    return seen;
}

static void tell(gr_actor actor, uint32_t tag, const char *group)
{
    check_equal(gr_send(actor, tag, group, strlen(group) + 1), 0);
}

static void list_crew(void *members)
{
    check_equal(gr_group_members("crew", members, 3), 2);
}

RUNNER_TEST(has_those_who_joined_seen_from_everywhere)
{
    gr_actor members[3], first = spawn_in("crew", 0), last = spawn_in("crew", 1);
    gr_actor other = spawn_in("others", 0);
    list_crew(members);
    check_equal(members[0].name, last.name);
    check_equal(members[1].name, first.name);
    on_loop(1, list_crew, members);
    check_equal(members[0].name, last.name);
    on_another_thread(list_crew, members);
    check_equal(members[1].name, first.name);
    check_equal(gr_group_members("others", members, 1), 1);
    check_equal(members[0].name, other.name);
    check_equal(gr_group_members("nobody", members, 1), 0);
    check_equal(gr_group_members("", members, 1), 0);
}

RUNNER_TEST(has_each_once_however_often_it_joins)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn_in("crew", loop), members[2];
        check_equal(gr_group_join("crew", actor, SOON), 0);
        check_equal(gr_group_members("crew", members, 2), 1);
        check_equal(gr_group_leave("crew", actor, SOON), 0);
        check_equal(gr_group_members("crew", members, 2), 0);
        check_equal(gr_group_leave("crew", actor, SOON), -ENOENT);
        check_equal(gr_group_join("crew", actor, SOON), 0);
        check_equal(gr_group_members("crew", members, 1), 1);
        end(actor);
    }
}

RUNNER_TEST(has_nobody_whose_end_was_told)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor actor = spawn_in("crew", loop), stays = spawn_in("crew", loop), members[2];
        check_equal(gr_group_join("others", actor, SOON), 0);
        end(actor);
        check_equal(gr_group_members("crew", members, 2), 1);
        check_equal(members[0].name, stays.name);
        check_equal(gr_group_members("others", members, 2), 0);
        end(stays);
    }
}

RUNNER_TEST(says_how_many_there_are_where_there_is_no_room_for_all)
{
    gr_actor members[2] = {{0}, {7}};
    for (int i = 0; i < 5; i++)
        spawn_in("crew", i % 2);
    check_equal(gr_group_members("crew", members, 1), 5);
    check(members[0].name != 0);
    check_equal(members[1].name, 7);
}

RUNNER_TEST(refuses_what_cannot_be_a_member_or_a_group)
{
    char longer[GR_NAME_MAX + 2];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    gr_actor actor = spawn(0), gone = spawn(1);
    end(gone);
    check_equal(gr_group_join("", actor, SOON), -EINVAL);
    check_equal(gr_group_join(longer, actor, SOON), -ENAMETOOLONG);
    check_equal(gr_group_join("crew", gone, SOON), -ESTALE);
    check_equal(gr_group_join("crew", (gr_actor){UINT64_C(1) << 32 | 200u << 24}, SOON),
                -ESHUTDOWN);
    check_equal(gr_group_leave("crew", gone, SOON), -ENOENT);
    check_equal(gr_group_leave(longer, gone, SOON), -ENAMETOOLONG);
    check_equal(gr_group_join("crew", spawn(1), gr_now()), -ETIMEDOUT);
    check_soon(gr_group_members("crew", NULL, 0) == 1);
}

RUNNER_TEST(is_sent_to_as_a_whole)
{
    gr_actor crew[4], other = spawn_in("others", 0);
    for (int i = 0; i < 4; i++)
        crew[i] = spawn_in("crew", i % 2);
    check_equal(gr_group_send("crew", COUNT, NULL, 0, SOON), 0);
    check_equal(gr_actor_stop(crew[3], 0), 0);
    check_equal(gr_group_send("crew", COUNT, NULL, 0, SOON), 0);
    for (int i = 0; i < 3; i++)
        check_equal(seen_by(crew[i]).got, 2);
    check_equal(seen_by(other).got, 0);
    check_equal(gr_group_send("nobody", COUNT, NULL, 0, SOON), 0);
}

static void send_to_crew(void *status)
{
    *(int *)status = gr_group_send("crew", COUNT, NULL, 0, SOON);
}

LONE_RUNNER_TEST(is_sent_to_though_one_of_it_cannot_be)
{
    gr_actor before = spawn_in("crew", 0), full = spawn_at(&narrow, 0);
    check_equal(gr_group_join("crew", full, SOON), 0);
    gr_actor after = spawn_in("crew", 0);
    check_equal(gr_send(full, NOTHING, NULL, 0), 0);
    check_equal(gr_group_send("crew", COUNT, NULL, 0, gr_now()), -ETIMEDOUT);
    check_equal(seen_by(before).got, 1);
    check_equal(seen_by(after).got, 1);
    check_equal(seen_by(full).got, 0);
    int status = 0;
    on_another_thread(send_to_crew, &status);
    check_equal(status, GR_ENOTRUNNER);
}

static int send_count(void *context)
{
    (void)context;
    return gr_group_send("crew", COUNT, NULL, 0, SOON);
}

/* While the first of it makes the sender wait. */
LONE_RUNNER_TEST(is_sent_to_though_one_of_it_ends_meanwhile)
{
    gr_actor full = spawn_at(&narrow, 0);
    gr_runner sender;
    int reason;
    check_equal(gr_group_join("crew", full, SOON), 0);
    gr_actor ends = spawn_in("crew", 0), after = spawn_in("crew", 0);
    gr_event_clear(&release);
    check_equal(gr_send(full, HOLD, NULL, 0), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_send(full, NOTHING, NULL, 0), 0);
    check_equal(gr_runner_start(send_count, NULL, NULL, &sender), 0);
    check_equal(gr_yield(), 0);
    check_equal(gr_actor_stop(ends, 0), 0);
    check_equal(gr_actor_join(ends, &reason, SOON), 0);
    gr_event_set(&release);
    check_equal(gr_runner_join(sender, SOON), 0);
    check_equal(seen_by(after).got, 1);
    check_equal(seen_by(full).got, 1);
}

RUNNER_TEST(is_told_to_its_watcher_from_the_beginning_on)
{
    for (int loop = 0; loop < 2; loop++) {
        gr_actor watcher = spawn(loop), crew[3];
        for (int i = 0; i < 3; i++)
            crew[i] = spawn_in("crew", i % 2);
        spawn_in("others", 0);
        tell(watcher, WATCH, "crew");
        check_soon(seen_by(watcher).joined == 3);
        check_equal(seen_by(watcher).last.name, crew[2].name);
        check_equal(gr_group_leave("crew", crew[0], SOON), 0);
        check_soon(seen_by(watcher).left == 1);
        check_equal(seen_by(watcher).last.name, crew[0].name);
        end(crew[1]);
        check_soon(seen_by(watcher).left == 2);
        check_equal(seen_by(watcher).last.name, crew[1].name);
        check_equal(gr_group_join("crew", crew[0], SOON), 0);
        check_soon(seen_by(watcher).joined == 4);
        check_equal(seen_by(watcher).last.name, crew[0].name);
        check_equal(seen_by(watcher).members, 2);
        check_equal(seen_by(watcher).elsewhere, 0);
        end(watcher);
        end(crew[0]);
        end(crew[2]);
    }
}

RUNNER_TEST(is_one_of_several_that_are_watched)
{
    gr_actor watcher = spawn(0), actor = spawn_in("crew", 1);
    tell(watcher, WATCH, "crew");
    tell(watcher, WATCH, "others");
    check_equal(gr_group_join("others", actor, SOON), 0);
    check_soon(seen_by(watcher).joined == 1 && seen_by(watcher).elsewhere == 1);
    end(actor);
    check_soon(seen_by(watcher).left == 1 && seen_by(watcher).elsewhere == 2);
}

/* Its lane has what to tell already when it watches no more. */
RUNNER_TEST(is_told_no_more_to_who_watches_no_more)
{
    gr_actor watcher = spawn(0);
    tell(watcher, WATCH, "crew");
    gr_actor before = spawn_in("crew", 0);
    check_soon(seen_by(watcher).joined == 1);
    gr_event_clear(&release);
    tell(watcher, UNWATCH, "crew");
    check_equal(gr_yield(), 0);
    end(before);
    spawn_in("crew", 0);
    check_equal(gr_yield(), 0);
    gr_event_set(&release);
    tell(watcher, UNWATCH, "crew");
    tell(watcher, UNWATCH, "");
    spawn_in("crew", 0);
    check_equal(seen_by(watcher).joined, 1);
    check_equal(seen_by(watcher).left, 0);
}

static int unwatch_in_the_hook(struct gr_self *self, const struct gr_control *control)
{
    check_equal(note_change(self, control), 0);
    gr_self_unwatch_group(self, "crew");
    return 0;
}

LONE_RUNNER_TEST(is_told_no_more_though_there_was_more_to_tell)
{
    static const struct gr_behavior once = {.name = "once",
                                            .receive = receive,
                                            .control = unwatch_in_the_hook,
                                            .state_bytes = sizeof(struct seen)};
    gr_actor watcher = spawn_at(&once, 0);
    for (int i = 0; i < 3; i++)
        spawn_in("crew", 0);
    tell(watcher, WATCH, "crew");
    check_soon(seen_by(watcher).joined == 1);
    spawn_in("crew", 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(seen_by(watcher).joined, 1);
}

static int watch_at_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)argument, (void)size;
    return gr_self_watch_group(self, "crew");
}

/* The new life knows nobody, so it is told who is there. */
LONE_RUNNER_TEST(is_told_anew_after_a_restart)
{
    static const struct gr_behavior watches = {.name = "watcher",
                                               .receive = receive,
                                               .control = note_change,
                                               .start = watch_at_start,
                                               .state_bytes = sizeof(struct seen)};
    static const struct gr_child child = {.behavior = &watches};
    static const struct gr_supervisor spec = {
        .name = "keeper", .children = &child, .child_count = 1};
    expect_report("actor 'watcher' on loop 0 failed");
    gr_actor supervisor, watcher;
    spawn_in("crew", 0);
    check_equal(gr_supervisor_start(&spec, NULL, &supervisor), 0);
    check_equal(gr_supervisor_find(supervisor, "watcher", &watcher, SOON), 0);
    check_soon(seen_by(watcher).joined == 1);
    check_equal(gr_ask(watcher, FAIL, NULL, 0, NULL, 0, SOON), -EIO);
    check_soon(seen_by(watcher).joined == 1);
    spawn_in("crew", 0);
    check_soon(seen_by(watcher).joined == 2);
}

/* Nothing piles up for one that is slow: it hears of what is different when it looks. */
RUNNER_TEST(is_told_in_few_words_to_who_is_slow)
{
    gr_actor watcher = spawn(0), stays = spawn_in("crew", 1), fickle = spawn(1);
    tell(watcher, WATCH, "crew");
    check_soon(seen_by(watcher).joined == 1);
    gr_event_clear(&release);
    check_equal(gr_send(watcher, HOLD, NULL, 0), 0);
    for (int i = 0; i < 100; i++) {
        check_equal(gr_group_join("crew", fickle, SOON), 0);
        check_equal(gr_group_leave("crew", fickle, SOON), 0);
    }
    end(stays);
    check_equal(gr_group_join("crew", fickle, SOON), 0);
    gr_event_set(&release);
    check_soon(seen_by(watcher).last.name == fickle.name);
    check_equal(seen_by(watcher).joined, 2);
    check_equal(seen_by(watcher).members, 1);
}

LONE_RUNNER_TEST(refuses_to_be_watched_by_a_name_that_is_none)
{
    expect_report("actor 'member' on loop 0 failed");
    gr_actor watcher = spawn(0);
    int reason;
    check_equal(gr_ask(watcher, WATCH, "", 1, NULL, 0, SOON), -EINVAL);
    check_equal(gr_actor_join(watcher, &reason, SOON), 0);
}

LONE_RUNNER_TEST(is_not_joined_where_memory_is_short)
{
    gr_actor actor = spawn(0);
    unsigned refused = 0;
    gr__memory_fail_after(0);
    for (unsigned i = 0; refused == 0 && i < GR_NAMES_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        int rc = gr_group_join(name, actor, SOON);
        refused += check(rc == 0 || rc == -ENOMEM) && rc < 0;
    }
    gr__memory_fail_after(-1);
    check_equal(refused, 1);
    check_equal(gr_group_join("crew", actor, SOON), 0);
}

/* So many that a list of them is a block of 256 bytes. */
enum { SOME = 10, LIST_BYTES = 180 };

LONE_RUNNER_TEST(is_not_sent_to_where_memory_is_short)
{
    gr_actor actor = {0};
    for (int i = 0; i < SOME; i++)
        actor = spawn_in("crew", 0);
    void *held = take_all(LIST_BYTES);
    check_equal(gr_group_send("crew", COUNT, NULL, 0, SOON), -ENOMEM);
    check_equal(gr_group_send("crew", COUNT, NULL, 0, SOON), 0);
    give_all(held, LIST_BYTES);
    check_equal(seen_by(actor).got, 1);
}

LONE_RUNNER_TEST(says_so_to_its_watcher_where_memory_is_short)
{
    gr_actor watcher = spawn(0), actor = {0};
    for (int i = 0; i < SOME; i++)
        actor = spawn_in("crew", 0);
    tell(watcher, WATCH, "crew");
    check_soon(seen_by(watcher).joined == SOME);
    void *held = take_all(LIST_BYTES);
    check_equal(gr_group_leave("crew", actor, SOON), 0);
    check_soon(seen_by(watcher).left == 1);
    give_all(held, LIST_BYTES);
    check_equal(seen_by(watcher).reason, -ENOMEM);
    check_equal(seen_by(watcher).last.name, 0);

    check_equal(gr_group_join("crew", actor, SOON), 0);
    check_equal(gr_sleep(gr_in(GR_MILLISECOND)), 0);
    check_equal(seen_by(watcher).joined, SOME);
    tell(watcher, WATCH, "crew");
    check_soon(seen_by(watcher).joined == 2 * SOME);
}

/* A watch is more than 128 bytes and less than 512: none of them is left. */
static int watch_without_memory(struct gr_self *self, const struct gr_message *message)
{
    (void)message;
    void *held = take_all(256);
    int rc = gr_self_watch_group(self, "crew");
    give_all(held, 256);
    return rc == -ENOMEM ? gr_self_watch_group(self, "crew") : -EBADMSG;
}

LONE_RUNNER_TEST(is_not_watched_where_memory_is_short)
{
    static const struct gr_behavior watches = {.name = "watcher",
                                               .receive = watch_without_memory,
                                               .control = note_change,
                                               .state_bytes = sizeof(struct seen)};
    gr_actor watcher = spawn_at(&watches, 0);
    check_equal(gr_ask(watcher, NOTHING, NULL, 0, NULL, 0, SOON), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_those_who_joined_seen_from_everywhere),
        cmocka_unit_test(has_each_once_however_often_it_joins),
        cmocka_unit_test(has_nobody_whose_end_was_told),
        cmocka_unit_test(says_how_many_there_are_where_there_is_no_room_for_all),
        cmocka_unit_test(refuses_what_cannot_be_a_member_or_a_group),
        cmocka_unit_test(is_sent_to_as_a_whole),
        cmocka_unit_test(is_sent_to_though_one_of_it_cannot_be),
        cmocka_unit_test(is_sent_to_though_one_of_it_ends_meanwhile),
        cmocka_unit_test(is_told_to_its_watcher_from_the_beginning_on),
        cmocka_unit_test(is_one_of_several_that_are_watched),
        cmocka_unit_test(is_told_no_more_to_who_watches_no_more),
        cmocka_unit_test(is_told_no_more_though_there_was_more_to_tell),
        cmocka_unit_test(is_told_anew_after_a_restart),
        cmocka_unit_test(is_told_in_few_words_to_who_is_slow),
        cmocka_unit_test(refuses_to_be_watched_by_a_name_that_is_none),
        cmocka_unit_test(is_not_joined_where_memory_is_short),
        cmocka_unit_test(is_not_sent_to_where_memory_is_short),
        cmocka_unit_test(says_so_to_its_watcher_where_memory_is_short),
        cmocka_unit_test(is_not_watched_where_memory_is_short),
    };
    return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
