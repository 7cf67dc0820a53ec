/* Requests that go through batches to shards and back are answered in their order, the same from
 * any number of shards and in whatever pieces they come; what finds no memory says so, and spoils
 * nothing else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "house.h"
#include "memory.h"

#define expect(house, lines, replies) assert_string_equal(talk(house, lines), replies)

/* --- A script that uses every way through --------------------------------------------------- */

static const char script[] = //
    "FLUSHALL\r\n"
    "SET a 1\r\nSET b 2\r\nSET c 3\r\nSET d 4\r\n"
    "MGET a b c d nothing\r\n"
    "MSET e 5 f 6 g 7 a 8\r\n"
    "*3\r\n$3\r\nSET\r\n$4\r\n\r\n\0x\r\n$2\r\n\r\n\r\n"
    "PING\r\nMGET g f e a\r\nECHO hello\r\nGET a\r\n"
    "EXISTS a b nothing a\r\nDBSIZE\r\nDEL a b nothing\r\nUNLINK c\r\nDBSIZE\r\n"
    "INCR n\r\nINCRBY n 41\r\nAPPEND n 0\r\nDECR n\r\nSTRLEN n\r\n"
    "RPUSH l 1 2 3\r\nLPUSH l 0\r\nLRANGE l 0 -1\r\nLPOP l 2\r\nRPOP l\r\nLLEN l\r\n"
    "HSET h f1 v1 f2 v2\r\nHGETALL h\r\nHDEL h f1\r\nHGET h f2\r\nHLEN h\r\n"
    "GET l\r\nLPUSH h x\r\nHGET d f\r\nINCR h\r\nMGET l h d\r\n"
    "EXPIRE d 100\r\nTTL d\r\nPERSIST d\r\nTTL d\r\nTYPE l\r\nTYPE nothing\r\n"
    "PUBLISH c m\r\nGET d\r\nPUBLISH c m\r\n"
    "NOSUCH a b\r\nGET\r\nMSET a\r\nSET a b EX 0\r\nSELECT 0\r\n"
    "HELLO 3\r\nGET nothing\r\nHGETALL h\r\nMGET nothing d\r\nHELLO 2\r\nGET nothing\r\n"
    "QUIT\r\nGET d\r\n";

static struct slice whole_script(void)
{
    return (struct slice){script, sizeof script - 1};
}

/** What a house of one shard replies to the script, read as a whole. @owner the caller: done */
static struct buffer expected_replies(void)
{
    struct house *house = open_house(1, FORWARDS);
    assert_int_equal(talk_bytes(house, whole_script(), SIZE_MAX), 0);
    struct buffer expected = house->output;
    house->output = (struct buffer){0};
    close_house(house);
    return expected;
}

/** Says that the script has those replies, and the talk ends with it. */
static void expect_replies(struct house *house, size_t step, const struct buffer *expected)
{
    assert_int_equal(talk_bytes(house, whole_script(), step), 0);
    assert_int_equal(house->output.size, expected->size);
    assert_memory_equal(house->output.bytes, expected->bytes, expected->size);
    assert_true(dialog_closing(&house->dialog));
    assert_true(dialog_idle(&house->dialog));
}

static void expect_script(uint32_t shards, enum answer_order order, size_t step,
                          const struct buffer *expected)
{
    struct house *house = open_house(shards, order);
    expect_replies(house, step, expected);
    close_house(house);
}

static void expect_seeded(uint32_t shards, uint32_t seed, size_t step,
                          const struct buffer *expected)
{
    struct house *house = open_house(shards, ANY_ORDER);
    house->dice = seed;
    expect_replies(house, step, expected);
    close_house(house);
}

static void the_same_is_replied_by_any_number_of_shards(void **state)
{
    (void)state;
    struct buffer expected = expected_replies();
    for (uint32_t shards = 1; shards <= SHARDS; shards++) {
        expect_script(shards, FORWARDS, SIZE_MAX, &expected);
        expect_script(shards, BACKWARDS, SIZE_MAX, &expected);
    }
    buffer_done(&expected);
}

static void the_same_is_replied_in_whatever_order_shards_answer(void **state)
{
    (void)state;
    struct buffer expected = expected_replies();
    for (uint32_t seed = 0; seed < 200; seed++) {
        expect_seeded(SHARDS, seed, seed % 3 ? SIZE_MAX : 40, &expected);
    }
    buffer_done(&expected);
}

static void the_same_is_replied_to_requests_in_any_pieces(void **state)
{
    (void)state;
    struct buffer expected = expected_replies();
    static const size_t steps[] = {1, 2, 3, 7, 50, 333};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        expect_script(1, FORWARDS, steps[i], &expected);
        expect_script(4, BACKWARDS, steps[i], &expected);
    }
    buffer_done(&expected);
}

/* --- The ways through, one by one ----------------------------------------------------------- */

static void replies_come_in_the_order_of_requests(void **state)
{
    (void)state;
    struct house *house = open_house(4, BACKWARDS);
    char lines[4096] = "", replies[4096] = "";
    for (int i = 0; i < 60; i++) {
        snprintf(lines + strlen(lines), 64, "SET k%d %d\r\nPING\r\nGET k%d\r\n", i, i, i);
        snprintf(replies + strlen(replies), 64, "+OK\r\n+PONG\r\n$%d\r\n%d\r\n", i < 10 ? 1 : 2, i);
    }

    expect(house, lines, replies);
    close_house(house);
}

static void values_come_in_the_order_of_keys(void **state)
{
    (void)state;
    struct house *house = open_house(4, BACKWARDS);
    expect(house, "MSET a 1 b 2 c 3 d 4 e 5\r\n", "+OK\r\n");
    expect(house, "MGET e a x c a\r\n",
           "*5\r\n$1\r\n5\r\n$1\r\n1\r\n$-1\r\n$1\r\n3\r\n$1\r\n1\r\n");
    close_house(house);
}

static void a_key_set_twice_at_once_has_the_last_value(void **state)
{
    (void)state;
    struct house *house = open_house(4, FORWARDS);
    expect(house, "MSET a 1 b 2 a 3\r\nGET a\r\n", "+OK\r\n$1\r\n3\r\n");
    close_house(house);
}

static void counts_of_all_shards_are_summed(void **state)
{
    (void)state;
    struct house *house = open_house(4, FORWARDS);
    expect(house, "MSET a 1 b 2 c 3 d 4 e 5 f 6 g 7\r\nDBSIZE\r\n", "+OK\r\n:7\r\n");
    expect(house, "EXISTS a a b x\r\nDEL a b c x a\r\nDBSIZE\r\n", ":3\r\n:3\r\n:4\r\n");
    expect(house, "FLUSHALL\r\nDBSIZE\r\n", "+OK\r\n:0\r\n");
    close_house(house);
}

/** Puts keys "k0" and on, and says so. */
static void put_keys(struct house *house, int count)
{
    for (int i = 0; i < count; i++) {
        char line[32];
        snprintf(line, sizeof line, "SET k%d v\r\n", i);
        expect(house, line, "+OK\r\n");
    }
}

/** Counts in `seen` each "k<number>" in an array of them, which begins at `at`. */
static void see_keys(const char *at, unsigned char *seen)
{
    for (at = strstr(at, "\r\nk"); at; at = strstr(at + 1, "\r\nk")) {
        seen[atoi(at + 3)]++;
    }
}

static void keys_of_all_shards_are_listed(void **state)
{
    (void)state;
    struct house *house = open_house(4, BACKWARDS);
    unsigned char seen[100] = {0};
    put_keys(house, 100);

    const char *reply = talk(house, "KEYS *\r\n");

    assert_memory_equal(reply, "*100\r\n", 6);
    see_keys(reply, seen);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(seen[i], 1);
    }
    close_house(house);
}

static void a_scan_goes_through_all_shards(void **state)
{
    (void)state;
    for (uint32_t shards = 1; shards <= SHARDS; shards++) {
        struct house *house = open_house(shards, FORWARDS);
        unsigned char seen[100] = {0};
        unsigned long long cursor = 0;
        put_keys(house, 100);

        for (int calls = 0; calls < 200; calls++) {
            char line[64];
            snprintf(line, sizeof line, "SCAN %llu COUNT 7\r\n", cursor);
            const char *reply = talk(house, line);
            assert_memory_equal(reply, "*2\r\n$", 5);
            cursor = strtoull(strstr(reply + 5, "\r\n") + 2, NULL, 10);
            see_keys(reply, seen);
            if (cursor == 0) {
                break;
            }
        }

        assert_int_equal(cursor, 0);
        for (int i = 0; i < 100; i++) {
            assert_int_equal(seen[i], 1);
        }
        close_house(house);
    }
}

static void a_random_key_may_be_any_shards(void **state)
{
    (void)state;
    struct house *house = open_house(4, FORWARDS);
    unsigned char seen[20] = {0};
    expect(house, "RANDOMKEY\r\n", "$-1\r\n");
    put_keys(house, 20);

    for (int i = 0; i < 1000; i++) {
        char reply[64] = "\r\n";
        strncat(reply, talk(house, "RANDOMKEY\r\n") + 4, 32);
        see_keys(reply, seen);
    }

    for (int i = 0; i < 20; i++) {
        assert_in_range(seen[i], 10, 120);
    }
    close_house(house);
}

static void a_version_holds_from_its_hello_on(void **state)
{
    (void)state;
    struct house *house = open_house(4, BACKWARDS);
    const char *reply = talk(house, "GET x\r\nMGET x y\r\nHELLO 3\r\nGET x\r\nMGET x y\r\n");

    assert_memory_equal(reply, "$-1\r\n*2\r\n$-1\r\n$-1\r\n%7\r\n", 23);
    const char *tail = reply + strlen(reply) - strlen("_\r\n*2\r\n_\r\n_\r\n");
    assert_string_equal(tail, "_\r\n*2\r\n_\r\n_\r\n");
    close_house(house);
}

static void what_the_server_replies_stands_in_its_turn(void **state)
{
    (void)state;
    struct house *house = open_house(4, BACKWARDS);
    expect(house, "SET a 1\r\nPUBLISH c m\r\nGET a\r\nPUBLISH c m\r\nPING\r\n",
           "+OK\r\n:1\r\n$1\r\n1\r\n:2\r\n+PONG\r\n");
    close_house(house);
}

static void nothing_is_read_behind_a_broken_request(void **state)
{
    (void)state;
    struct house *house = open_house(4, BACKWARDS);
    expect(house, "SET a 1\r\nMGET a b\r\n*1\r\nSET a 2\r\nPING\r\n",
           "+OK\r\n*2\r\n$1\r\n1\r\n$-1\r\n-ERR Protocol error: expected '$', got 'S'\r\n");
    assert_true(dialog_closing(&house->dialog));
    close_house(house);
}

static void a_key_past_its_end_is_gone_for_every_command(void **state)
{
    (void)state;
    struct house *house = open_house(4, FORWARDS);
    expect(house, "SET a 1 PX 10\r\nSET b 2\r\nPTTL a\r\n", "+OK\r\n+OK\r\n:10\r\n");

    house->now += 11;

    expect(house, "MGET a b\r\nEXISTS a b\r\nKEYS *\r\n",
           "*2\r\n$-1\r\n$1\r\n2\r\n:1\r\n*1\r\n$1\r\nb\r\n");
    close_house(house);
}

/* --- Memory that runs out ------------------------------------------------------------------- */

/** Says that a key holds nothing or what was set, however the memory ran out meanwhile. */
static void expect_old_or_new(struct house *house, const char *key, const char *value)
{
    char line[64], reply[64];
    snprintf(line, sizeof line, "GET %s\r\n", key);
    snprintf(reply, sizeof reply, "$%zu\r\n%s\r\n", strlen(value), value);
    const char *got = talk(house, line);
    assert_true(strcmp(got, "$-1\r\n") == 0 || strcmp(got, reply) == 0);
}

/** Steps over one reply, a line or data. @return what follows it */
static const char *step_over(const char *at, const char *end)
{
    const char *line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
    assert_non_null(line_end);
    long size = at[0] == '$' ? atol(at + 1) : -1;
    const char *next = line_end + 2 + (size >= 0 ? size + 2 : 0);
    if (at[0] == '*') {
        for (long i = atol(at + 1); i > 0; i--) {
            next = step_over(next, end);
        }
    }
    assert_true(next <= end);
    return next;
}

static void memory_that_runs_out_spoils_nothing_else(void **state)
{
    (void)state;
    static const char lines[] = "SET a one\r\nMSET b two c three d four\r\nINCR n\r\n"
                                "RPUSH l 1 2 3 4 5 6 7 8 9\r\nHSET h f v g w\r\nMGET a b c d\r\n"
                                "LRANGE l 0 -1\r\nHGETALL h\r\nAPPEND a ,more\r\nKEYS *\r\n"
                                "SET e five EX 100\r\nDBSIZE\r\nDEL b c\r\nINFO\r\nRANDOMKEY\r\n";
    for (long times = 0; times < 300; times++) {
        struct house *house = open_house(4, times % 2 ? ANY_ORDER : BACKWARDS);

        memory_fail_after(times);
        int rc = talk_bytes(house, slice_of(lines), SIZE_MAX);
        memory_fail_after(-1);

        assert_true(rc == 0 || rc == -ENOMEM);
        if (rc == 0) {
            const char *at = house->output.bytes, *end = at + house->output.size;
            for (int i = 0; i < 15; i++) {
                at = step_over(at, end);
            }
            assert_true(at == end);
        }
        house->output.failed = false;
        close_house(house);
    }
}

static void a_request_without_memory_leaves_its_key_as_it_was(void **state)
{
    (void)state;
    for (long times = 0; times < 100; times++) {
        struct house *house = open_house(1, FORWARDS);
        expect(house, "SET a old\r\nRPUSH l x\r\nHSET h f x\r\n", "+OK\r\n:1\r\n:1\r\n");
        struct slice lines = slice_of("SET a anew\r\nSET b new\r\nGET a\r\n");

        memory_fail_after(times);
        int rc = talk_bytes(house, lines, SIZE_MAX);
        memory_fail_after(-1);

        if (rc == 0) {
            expect_old_or_new(house, "b", "new");
            const char *got = talk(house, "GET a\r\n");
            assert_true(strcmp(got, "$3\r\nold\r\n") == 0 || strcmp(got, "$4\r\nanew\r\n") == 0);
            expect(house, "LLEN l\r\nHGET h f\r\n", ":1\r\n$1\r\nx\r\n");
        }
        house->output.failed = false;
        close_house(house);
    }
}

/** Writes a command into empty batches, and lets the memory run out after so many times.
 *  @return plan_write()'s word */
static int write_command(struct house *house, const char *const *words, size_t argc, long times)
{
    struct slice argv[16];
    struct plan plan;
    struct reply reply = {&house->output, 2};
    for (size_t i = 0; i < argc; i++) {
        argv[i] = slice_of(words[i]);
    }
    plan_request(&house->planner, &house->dialog.session, 0, argv, argc, &reply, &plan);
    assert_int_equal(plan.kind, PLAN_SHARDS);

    memory_fail_after(times);
    int rc = plan_write(&house->planner, &plan, 77, 2, house->batches);
    memory_fail_after(-1);
    return rc;
}

/** Says that a command is written to the batches as a whole or not at all. */
static void expect_whole_or_nothing(const char *const *words, size_t argc)
{
    int failures = 0;
    for (long times = 0; times < 8; times++) {
        struct house *house = open_house(4, FORWARDS);
        if (write_command(house, words, argc, times) < 0) {
            failures++;
            for (uint32_t i = 0; i < 4; i++) {
                assert_int_equal(house->batches[i].size, 0);
            }
            assert_int_equal(write_command(house, words, argc, -1), 0);
        }
        close_house(house);
    }
    assert_in_range(failures, 2, 4);
}

static void a_plan_without_memory_leaves_the_batches_as_they_were(void **state)
{
    (void)state;
    static const char *const to_all[] = {"dbsize"};
    static const char *const to_some[] = {"mset", "a", "1", "b", "2", "c", "3", "d",
                                          "4",    "e", "5", "f", "6", "g", "7"};
    expect_whole_or_nothing(to_all, 1);
    expect_whole_or_nothing(to_some, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_is_replied_by_any_number_of_shards),
        cmocka_unit_test(the_same_is_replied_in_whatever_order_shards_answer),
        cmocka_unit_test(the_same_is_replied_to_requests_in_any_pieces),
        cmocka_unit_test(replies_come_in_the_order_of_requests),
        cmocka_unit_test(values_come_in_the_order_of_keys),
        cmocka_unit_test(a_key_set_twice_at_once_has_the_last_value),
        cmocka_unit_test(counts_of_all_shards_are_summed),
        cmocka_unit_test(keys_of_all_shards_are_listed),
        cmocka_unit_test(a_scan_goes_through_all_shards),
        cmocka_unit_test(a_random_key_may_be_any_shards),
        cmocka_unit_test(a_version_holds_from_its_hello_on),
        cmocka_unit_test(what_the_server_replies_stands_in_its_turn),
        cmocka_unit_test(nothing_is_read_behind_a_broken_request),
        cmocka_unit_test(a_key_past_its_end_is_gone_for_every_command),
        cmocka_unit_test(memory_that_runs_out_spoils_nothing_else),
        cmocka_unit_test(a_request_without_memory_leaves_its_key_as_it_was),
        cmocka_unit_test(a_plan_without_memory_leaves_the_batches_as_they_were),
    };
    return cmocka_run_group_tests_name("kv batch", tests, NULL, NULL);
}
