/* A router gives each message to the member that its rule says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "actors/circle.h"
#include "base/hash.h"
#include "lib/team.h"

/* --- Which member it is --------------------------------------------------------------------- */

static void send_fifteen(void *router)
{
    send_works(*(gr_router *)router, 15);
}

RUNNER_TEST(round_robin_gives_each_the_same_from_each_loop)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 3);
    send_fifteen(&team.router);
    on_loop(1, send_fifteen, &team.router);
    for (int i = 0; i < team.count; i++)
        check_equal(works_of(team.workers[i]), 10);
    gr_router_drop(team.router);
}

static void send_one(void *router)
{
    send_works(*(gr_router *)router, 1);
}

RUNNER_TEST(rounds_of_two_loops_begin_at_different_members)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 2);
    send_one(&team.router);
    on_loop(1, send_one, &team.router);
    for (int i = 0; i < team.count; i++)
        check_equal(works_of(team.workers[i]), 1);
    gr_router_drop(team.router);
}

RUNNER_TEST(random_leaves_nobody_out)
{
    struct team team = make_team(GR_ROUTE_RANDOM, 4);
    send_works(team.router, 400);
    for (int i = 0; i < team.count; i++)
        check(works_of(team.workers[i]) > 50);
    check_equal(works_in_all(&team), 400);
    gr_router_drop(team.router);
}

RUNNER_TEST(a_broadcast_goes_to_all)
{
    struct team team = make_team(GR_ROUTE_BROADCAST, 5);
    send_works(team.router, 3);
    for (int i = 0; i < team.count; i++)
        check_equal(works_of(team.workers[i]), 3);
    gr_router_drop(team.router);
}

RUNNER_TEST(a_broadcast_reaches_the_others_where_one_has_gone)
{
    struct team team = make_team(GR_ROUTE_BROADCAST, 4);
    end(team.workers[2]);
    check_equal(gr_router_send(team.router, WORK, NULL, 0, SOON), -ESTALE);
    for (int i = 0; i < team.count; i++)
        check(i == 2 || works_of(team.workers[i]) == 1);
    gr_router_drop(team.router);
}

RUNNER_TEST(one_can_choose_a_member_and_write_to_it_oneself)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 2);
    gr_actor first, second, third;
    check_equal(gr_router_choose(team.router, 0, &first), 0);
    check_equal(gr_router_choose(team.router, 0, &second), 0);
    check_equal(gr_router_choose(team.router, 0, &third), 0);
    check(first.name != second.name && first.name == third.name);
    check_equal(gr_send(second, WORK, NULL, 0), 0);
    check_equal(works_of(first), 0);
    check_equal(works_of(second), 1);
    gr_router_drop(team.router);
}

/* --- By keys -------------------------------------------------------------------------------- */

enum { KEYS = 20000 };

static void who_has(gr_router router, gr_actor owners[KEYS])
{
    for (uint64_t key = 0; key < KEYS; key++)
        check_equal(gr_router_choose(router, key, &owners[key]), 0);
}

static gr_actor owners[KEYS], owners_then[KEYS];

/* How many keys have another owner, and of these how many it is, or was, by that name. */
static int count_moved(gr_actor actor, int *ret_by_it)
{
    int moved = 0;
    *ret_by_it = 0;
    for (int i = 0; i < KEYS; i++) {
        moved += owners[i].name != owners_then[i].name;
        *ret_by_it += owners[i].name != owners_then[i].name &&
                      (owners[i].name == actor.name || owners_then[i].name == actor.name);
    }
    return moved;
}

RUNNER_TEST(a_new_member_takes_its_share_of_the_keys_and_no_other_moves)
{
    struct team team = make_team(GR_ROUTE_HASH, 9);
    who_has(team.router, owners_then);
    join_team(&team, &worker, 1);
    who_has(team.router, owners);
    int by_it, moved = count_moved(team.workers[9], &by_it);
    check_equal(by_it, moved);
    check(moved > KEYS / 10 * 2 / 3);
    check(moved < KEYS / 10 * 4 / 3);
    gr_router_drop(team.router);
}

RUNNER_TEST(only_the_keys_of_a_removed_member_move)
{
    struct team team = make_team(GR_ROUTE_HASH, 10);
    who_has(team.router, owners_then);
    check_equal(gr_router_remove(team.router, team.workers[3], SOON), 0);
    who_has(team.router, owners);
    int by_it, moved = count_moved(team.workers[3], &by_it);
    check_equal(by_it, moved);
    check(moved > KEYS / 10 * 2 / 3);
    check(moved < KEYS / 10 * 4 / 3);
    for (int i = 0; i < KEYS; i++)
        check(owners[i].name != team.workers[3].name);
    gr_router_drop(team.router);
}

RUNNER_TEST(a_member_that_comes_back_has_its_keys_again)
{
    struct team team = make_team(GR_ROUTE_HASH, 10);
    who_has(team.router, owners_then);
    check_equal(gr_router_remove(team.router, team.workers[0], SOON), 0);
    check_equal(gr_router_add(team.router, team.workers[0], SOON), 0);
    who_has(team.router, owners);
    int by_it;
    check_equal(count_moved(team.workers[0], &by_it), 0);
    gr_router_drop(team.router);
}

/* The last gap of the circle is the first member's. */
static void a_key_is_of_the_member_with_the_next_point(void **state)
{
    (void)state;
    struct gr__circle circle;
    void *memory = calloc(1, gr__circle_bytes(2));
    assert_non_null(memory);
    gr__circle_init(&circle, memory, 2);
    gr__circle_add(&circle, 7, 0);
    gr__circle_add(&circle, 11, 1);
    for (uint64_t key = 0; key < 20000; key++) {
        uint64_t place = gr__mix(key) & ~(uint64_t)UINT16_MAX;
        uint32_t at = 0;
        while (at < circle.count && circle.points[at] < place)
            at++;
        uint64_t point = circle.points[at % circle.count];
        assert_int_equal(gr__circle_find(&circle, key), gr__point_member(point));
    }
    free(memory);
}

RUNNER_TEST(members_share_the_keys_evenly)
{
    struct team team = make_team(GR_ROUTE_HASH, 8);
    who_has(team.router, owners);
    for (int i = 0; i < team.count; i++) {
        int share = 0;
        for (int j = 0; j < KEYS; j++)
            share += owners[j].name == team.workers[i].name;
        check(share > KEYS / 8 / 2);
        check(share < KEYS / 8 * 2);
    }
    gr_router_drop(team.router);
}

struct opinion {
    gr_router router;
    int differs;
};

static void compare_owners(void *context)
{
    struct opinion *opinion = context;
    for (uint64_t key = 0; key < KEYS; key++) {
        gr_actor owner = {0};
        check_equal(gr_router_choose(opinion->router, key, &owner), 0);
        opinion->differs += owner.name != owners[key].name;
    }
}

RUNNER_TEST(a_key_has_the_same_owner_on_every_loop)
{
    struct team team = make_team(GR_ROUTE_HASH, 12);
    for (int i = 0; i < 6; i++)
        check_equal(gr_router_remove(team.router, team.workers[2 * i], SOON), 0);
    who_has(team.router, owners);
    struct opinion opinion = {team.router, 0};
    on_loop(1, compare_owners, &opinion);
    check_equal(opinion.differs, 0);
    gr_router_drop(team.router);
}

static uint64_t ask_who(gr_router router, const char *text)
{
    uint64_t name = 0;
    check_equal(gr_router_ask(router, WHO, text, strlen(text), &name, sizeof name, SOON), 0);
    return name;
}

RUNNER_TEST(equal_messages_have_one_owner_and_different_ones_several)
{
    struct team team = make_team(GR_ROUTE_HASH, 8);
    char text[] = "a key of more than eight bytes: 0";
    int others = 0;
    uint64_t first = ask_who(team.router, text);
    check_equal(ask_who(team.router, text), first);
    for (int i = 1; i < 10; i++) {
        text[sizeof text - 2] = (char)('0' + i);
        others += ask_who(team.router, text) != first;
    }
    check(others > 4);
    gr_router_drop(team.router);
}

RUNNER_TEST(a_key_that_is_named_counts_in_place_of_the_bytes)
{
    struct team team = make_team(GR_ROUTE_HASH, 8);
    who_has(team.router, owners);
    for (uint64_t key = 0; key < 50; key++) {
        uint64_t name = 0;
        check_equal(
            gr_router_ask_key(team.router, key, WHO, &key, key % 8, &name, sizeof name, SOON), 0);
        check_equal(name, owners[key].name);
        check_equal(gr_router_send_key(team.router, key, WORK, NULL, 0, SOON), 0);
    }
    check(works_of(owners[7]) > 0);
    check_equal(works_in_all(&team), 50);
    gr_router_drop(team.router);
}

static uint64_t first_letter(uint32_t tag, const void *data, size_t size)
{
    check_equal(tag, WHO);
    check(size > 0);
    return (uint64_t) * (const char *)data;
}

RUNNER_TEST(a_function_can_tell_the_key_of_a_message)
{
    struct team team = {{0}, 0, {{0}}};
    struct gr_router_options options = {.kind = GR_ROUTE_HASH, .key = first_letter};
    check_equal(gr_router_make(&options, &team.router, SOON), 0);
    for (int i = 0; i < 8; i++)
        join_team(&team, &worker, i % 2);
    check_equal(ask_who(team.router, "apple"), ask_who(team.router, "avocado"));
    gr_actor owner = {0};
    check_equal(gr_router_choose(team.router, 'b', &owner), 0);
    check_equal(ask_who(team.router, "banana"), owner.name);
    gr_router_drop(team.router);
}

/* --- The least loaded ----------------------------------------------------------------------- */

/*
 * One after the other, each handled before the next, so that only who is stuck has something to do.
 * Returns how many it got: those that are not answered soon.
 */
static int ask_works(gr_router router, int count)
{
    int late = 0;
    for (int i = 0; i < count; i++) {
        uint64_t name;
        int rc = gr_router_ask(router, WORK, NULL, 0, &name, sizeof name, gr_in(GR_SECOND / 10));
        check(rc == 0 || rc == -ETIMEDOUT);
        late += rc == -ETIMEDOUT;
    }
    return late;
}

static void works_go_to_who_is_not_stuck(struct team *team)
{
    gr_promise promise = get_stuck(team->workers[1]);
    check(ask_works(team->router, 200) < 20);
    open_gate(promise);
    for (int i = 0; i < team->count; i++)
        check(i == 1 || works_of(team->workers[i]) > 20);
    gr_router_drop(team->router);
}

LONE_RUNNER_TEST(a_stuck_member_gets_less)
{
    struct team team = make_team(GR_ROUTE_LEAST_LOADED, 4);
    works_go_to_who_is_not_stuck(&team);
}

/* Its mailbox is empty, as is the other's. */
LONE_RUNNER_TEST(a_member_with_a_message_in_hand_has_more_to_do_than_an_idle_one)
{
    struct team team = make_team(GR_ROUTE_LEAST_LOADED, 2);
    gr_promise promise = get_stuck(team.workers[0]);
    check_equal(ask_works(team.router, 4), 0);
    open_gate(promise);
    check_equal(works_of(team.workers[1]), 4);
    gr_router_drop(team.router);
}

/* All of them on the other loop: so this one knows only what it is told. */
static struct team make_team_afar(int count)
{
    struct team team;
    make_router(&team, GR_ROUTE_LEAST_LOADED);
    for (int i = 0; i < count; i++)
        join_team(&team, &worker, 1);
    return team;
}

RUNNER_TEST(a_stuck_member_of_another_loop_gets_less)
{
    struct team team = make_team_afar(4);
    works_go_to_who_is_not_stuck(&team);
}

LONE_RUNNER_TEST(of_many_members_a_stuck_one_gets_less)
{
    struct team team = make_team(GR_ROUTE_LEAST_LOADED, MEMBERS_MAX);
    gr_promise promise = get_stuck(team.workers[1]);
    check(ask_works(team.router, 400) < 4);
    open_gate(promise);
    gr_router_drop(team.router);
}

LONE_RUNNER_TEST(a_member_that_has_gone_does_not_look_idle)
{
    struct team team = make_team(GR_ROUTE_LEAST_LOADED, 3);
    end(team.workers[1]);
    for (int i = 0; i < 100; i++) {
        uint64_t name;
        check_equal(gr_router_ask(team.router, WORK, NULL, 0, &name, sizeof name, SOON), 0);
    }
    gr_router_drop(team.router);
}

RUNNER_TEST(a_member_of_another_loop_that_has_gone_does_not_look_idle)
{
    struct team team = make_team_afar(4);
    end(team.workers[1]);
    int stale = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t name;
        int rc = gr_router_ask(team.router, WORK, NULL, 0, &name, sizeof name, SOON);
        check(rc == 0 || rc == -ESTALE);
        stale += rc == -ESTALE;
    }
    check(stale < 20);
    gr_router_drop(team.router);
}

/* Many are sent before it is told that there is nobody, and add up to what it is told. */
RUNNER_TEST(a_member_that_has_gone_looks_idle_after_no_burst)
{
    enum { BURSTS = 6, BURST = 40 };
    struct team team = make_team_afar(4);
    end(team.workers[1]);
    for (int i = 0; i < BURSTS; i++) {
        send_works(team.router, BURST);
        check_equal(gr_sleep(gr_in(2 * GR_MILLISECOND)), 0);
    }
    uint64_t works = 0;
    for (int i = 0; i < team.count; i++)
        works += i == 1 ? 0 : works_of(team.workers[i]);
    check(works > BURSTS * BURST - BURST);
    gr_router_drop(team.router);
}

static const struct gr_behavior nomad = {
    .name = "nomad", .receive = work, .state_bytes = sizeof(struct worker), .movable = true};

/* Those that were spawned here live there, and the other way round. */
RUNNER_TEST(a_stuck_member_that_has_moved_gets_less)
{
    struct team team;
    make_router(&team, GR_ROUTE_LEAST_LOADED);
    for (int i = 0; i < 4; i++) {
        join_team(&team, &nomad, i % 2);
        check_equal(gr_actor_move(team.workers[i], GR_ON_LOOP((i + 1) % 2), SOON), 0);
    }
    works_go_to_who_is_not_stuck(&team);
}

RUNNER_TEST(a_full_member_is_avoided_while_another_has_room)
{
    struct team team;
    make_router(&team, GR_ROUTE_LEAST_LOADED);
    for (int i = 0; i < 4; i++)
        join_team(&team, &small, i % 2);
    gr_promise near = get_stuck(team.workers[0]), far = get_stuck(team.workers[1]);
    for (int i = 0; i < 40; i++) {
        check_equal(gr_router_send(team.router, WORK, NULL, 0, SOON), 0);
        check_equal(gr_yield(), 0);
    }
    open_gate(near);
    open_gate(far);
    check_equal(works_in_all(&team), 40);
    gr_router_drop(team.router);
}

/* --- The first good reply ------------------------------------------------------------------- */

/* Workers of which each knows better than the one before; a late one replies when it is let go. */
static int answer(struct gr_self *self, const struct gr_message *message)
{
    int number = *(const int *)self->state;
    if (number == 0)
        return gr_reply_error(message, -EIO);
    if (number == 1)
        return gr_reply(message, &number, sizeof number);
    if (gr_sleep(gr_in(20 * GR_MILLISECOND)) < 0)
        return -ECANCELED;
    return gr_reply(message, &number, sizeof number);
}

static int take_number(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(self->state, argument, size);
    return 0;
}

static const struct gr_behavior answerer = {
    .name = "answerer", .receive = answer, .start = take_number, .state_bytes = sizeof(int)};

/* Members 0, 1, 2 ... as `numbers` say, over both loops. */
static gr_router make_answerers(const int *numbers, int count)
{
    gr_router router = {0};
    check_equal(gr_router_make(NULL, &router, SOON), 0);
    for (int i = 0; i < count; i++) {
        gr_actor actor = {0};
        struct gr_actor_options options = {.where = GR_ON_LOOP(i % gr_loop_count()),
                                           .argument = &numbers[i],
                                           .argument_bytes = sizeof numbers[i]};
        check_equal(gr_actor_spawn(&answerer, &options, &actor), 0);
        check_equal(gr_router_add(router, actor, SOON), 0);
    }
    return router;
}

static int ask_first(gr_router router, size_t most, int *ret_number)
{
    return gr_router_ask_first(router, most, WORK, NULL, 0, ret_number, sizeof *ret_number, SOON);
}

RUNNER_TEST(the_first_good_reply_wins_over_errors_and_late_ones)
{
    gr_router router = make_answerers((const int[]){0, 1, 2, 2}, 4);
    for (int i = 0; i < 10; i++) {
        int number = 0;
        check_equal(ask_first(router, 0, &number), 0);
        check_equal(number, 1);
    }
    gr_router_drop(router);
}

RUNNER_TEST(late_replies_reach_nobody)
{
    gr_router router = make_answerers((const int[]){1, 2}, 2);
    int numbers[2] = {0};
    check_equal(ask_first(router, 0, &numbers[0]), 0);
    check_equal(gr_sleep(gr_in(50 * GR_MILLISECOND)), 0);
    check_equal(numbers[0], 1);
    check_equal(numbers[1], 0);
    gr_router_drop(router);
}

RUNNER_TEST(where_all_have_failed_the_first_error_is_told)
{
    gr_router router = make_answerers((const int[]){0, 0, 0}, 3);
    int number = 7;
    check_equal(ask_first(router, 0, &number), -EIO);
    check_equal(number, 7);
    gr_router_drop(router);
}

RUNNER_TEST(no_more_are_asked_than_were_wanted)
{
    struct team team = make_team(GR_ROUTE_ROUND_ROBIN, 5);
    for (int i = 0; i < 10; i++) {
        uint64_t name;
        check_equal(gr_router_ask_first(team.router, 2, WORK, NULL, 0, &name, sizeof name, SOON),
                    0);
    }
    check_soon(works_in_all(&team) == 20);
    for (int i = 0; i < team.count; i++)
        check_equal(works_of(team.workers[i]), 4);
    gr_router_drop(team.router);
}

RUNNER_TEST(a_full_member_does_not_hold_up_the_others_that_are_asked)
{
    struct team team;
    make_router(&team, GR_ROUTE_BROADCAST);
    for (int i = 0; i < 3; i++)
        join_team(&team, &small, 0);
    gr_promise promise = get_stuck(team.workers[0]);
    for (int i = 0; i < 4; i++)
        check_equal(gr_send(team.workers[0], WORK, NULL, 0), 0);
    uint64_t name = 0;
    check_equal(gr_router_ask(team.router, WHO, NULL, 0, &name, sizeof name, SOON), 0);
    check(name == team.workers[1].name || name == team.workers[2].name);
    open_gate(promise);
    gr_router_drop(team.router);
}

RUNNER_TEST(a_wait_for_the_first_reply_ends_at_its_deadline)
{
    gr_router router = make_answerers((const int[]){2, 2}, 2);
    int number = 7;
    check_equal(gr_router_ask_first(router, 0, WORK, NULL, 0, &number, sizeof number,
                                    gr_in(GR_MILLISECOND)),
                -ETIMEDOUT);
    check_equal(number, 7);
    gr_router_drop(router);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_robin_gives_each_the_same_from_each_loop),
        cmocka_unit_test(rounds_of_two_loops_begin_at_different_members),
        cmocka_unit_test(random_leaves_nobody_out),
        cmocka_unit_test(a_broadcast_goes_to_all),
        cmocka_unit_test(a_broadcast_reaches_the_others_where_one_has_gone),
        cmocka_unit_test(one_can_choose_a_member_and_write_to_it_oneself),
        cmocka_unit_test(a_new_member_takes_its_share_of_the_keys_and_no_other_moves),
        cmocka_unit_test(only_the_keys_of_a_removed_member_move),
        cmocka_unit_test(a_member_that_comes_back_has_its_keys_again),
        cmocka_unit_test(a_key_is_of_the_member_with_the_next_point),
        cmocka_unit_test(members_share_the_keys_evenly),
        cmocka_unit_test(a_key_has_the_same_owner_on_every_loop),
        cmocka_unit_test(equal_messages_have_one_owner_and_different_ones_several),
        cmocka_unit_test(a_key_that_is_named_counts_in_place_of_the_bytes),
        cmocka_unit_test(a_function_can_tell_the_key_of_a_message),
        cmocka_unit_test(a_stuck_member_gets_less),
        cmocka_unit_test(a_stuck_member_of_another_loop_gets_less),
        cmocka_unit_test(of_many_members_a_stuck_one_gets_less),
        cmocka_unit_test(a_member_that_has_gone_does_not_look_idle),
        cmocka_unit_test(a_member_of_another_loop_that_has_gone_does_not_look_idle),
        cmocka_unit_test(a_member_with_a_message_in_hand_has_more_to_do_than_an_idle_one),
        cmocka_unit_test(a_member_that_has_gone_looks_idle_after_no_burst),
        cmocka_unit_test(a_stuck_member_that_has_moved_gets_less),
        cmocka_unit_test(a_full_member_is_avoided_while_another_has_room),
        cmocka_unit_test(the_first_good_reply_wins_over_errors_and_late_ones),
        cmocka_unit_test(late_replies_reach_nobody),
        cmocka_unit_test(where_all_have_failed_the_first_error_is_told),
        cmocka_unit_test(no_more_are_asked_than_were_wanted),
        cmocka_unit_test(a_full_member_does_not_hold_up_the_others_that_are_asked),
        cmocka_unit_test(a_wait_for_the_first_reply_ends_at_its_deadline),
    };
    return cmocka_run_group_tests_name("router", tests, NULL, NULL);
}
