/* A lane brings over what is put in, once and in its order, by value or by address. */
#include <pthread.h>
#include <sched.h>

#include "base/list.h"
#include "lib/fixture.h"
#include "loop/lane.h"

enum { ROUNDS = 200000 };

/* A task that says its number. */
struct parcel {
    struct gr__task task;
    uint64_t number;
};

static struct gr__depot depot;
static struct gr__pool sender, receiver;
static struct gr__lane *lane;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(gr__depot_init(&depot), 0);
    assert_int_equal(gr__pool_init(&sender, &depot), 0);
    assert_int_equal(gr__pool_init(&receiver, &depot), 0);
    lane = gr__lanes_make(1);
    assert_non_null(lane);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gr__lanes_end(lane, 1);
    assert_int_equal(gr__pool_live_bytes(&sender) + gr__pool_live_bytes(&receiver), 0);
    gr__pool_done(&sender);
    gr__pool_done(&receiver);
    gr__depot_done(&depot);
    return 0;
}

/* Every third goes by address. */
static void put(uint64_t number)
{
    struct parcel *parcel = gr__pool_take(&sender, sizeof *parcel);
    assert_non_null(parcel);
    *parcel = (struct parcel){.number = number};
    if (number % 3 == 0)
        gr__lane_put(lane, &parcel->task);
    else
        gr__lane_put_block(lane, &sender, &parcel->task, sizeof *parcel);
}

/* The parcels of a queue have the numbers from `next` on; the number after the last. */
static uint64_t open_all(struct gr__queue *queue, struct gr__pool *pool, uint64_t next)
{
    struct gr__task *task;
    while ((task = gr__queue_shift(queue)) != NULL) {
        struct parcel *parcel = gr__container_of(task, struct parcel, task);
        assert_int_equal(parcel->number, next);
        next++;
        gr__pool_give(pool, parcel, sizeof *parcel);
    }
    return next;
}

static void is_full_until_its_reader_has_taken_something(void **state)
{
    (void)state;
    struct gr__queue queue = {NULL, NULL};
    assert_false(gr__lane_mail(lane));
    uint64_t put_in = 0, taken = 0;
    for (int i = 0; i < 3; i++) {
        while (!gr__lane_full(lane))
            put(put_in++);
        assert_int_equal(put_in - taken, GR__LANE_CELLS);
        assert_true(gr__lane_mail(lane));
        gr__lane_take_all(lane, &receiver, &queue);
        taken = open_all(&queue, &receiver, taken);
        assert_int_equal(taken, put_in);
        assert_false(gr__lane_mail(lane));
    }
}

static void gives_back_what_its_reader_has_not_taken(void **state)
{
    (void)state;
    struct gr__queue queue = {NULL, NULL};
    for (uint64_t i = 0; i < 10; i++)
        put(i);
    gr__lane_take_all(lane, &receiver, &queue);
    assert_int_equal(open_all(&queue, &receiver, 0), 10);
    for (uint64_t i = 10; i < 30; i++)
        put(i);
    gr__lane_close(lane);
    gr__lane_take_back(lane, &sender, &queue);
    assert_int_equal(open_all(&queue, &sender, 10), 30);
    gr__lane_take_back(lane, &sender, &queue);
    assert_null(queue.first);
}

static void brings_over_every_byte_of_a_block(void **state)
{
    (void)state;
    for (size_t bytes = sizeof(struct parcel); bytes <= sizeof(struct gr__cell); bytes++) {
        struct gr__task *task = gr__pool_take(&sender, bytes);
        unsigned char *block = (unsigned char *)task;
        assert_non_null(task);
        for (size_t i = sizeof task->next; i < bytes; i++)
            block[i] = (unsigned char)(bytes + i);
        gr__lane_put_block(lane, &sender, task, bytes);

        task = gr__lane_take(lane, &receiver);
        block = (unsigned char *)task;
        assert_non_null(task);
        for (size_t i = sizeof task->next; i < bytes; i++)
            assert_int_equal(block[i], (unsigned char)(bytes + i));
        gr__pool_give(&receiver, task, bytes);
    }
    assert_null(gr__lane_take(lane, &receiver));
}

static void *put_all(void *context)
{
    (void)context;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        while (gr__lane_full(lane))
            sched_yield();
        put(i);
    }
    return NULL;
}

/*
 *     writer                               reader
 *     cell n: bytes, then its number       sees the number, then reads the bytes
 *     full: reads tail                     has read all up to tail, then tells it
 *     cell n + 512, in the same line
 */
static void loses_and_mixes_nothing_between_two_threads(void **state)
{
    (void)state;
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, put_all, NULL), 0);
    struct gr__queue queue = {NULL, NULL};
    for (uint64_t next = 0; next < ROUNDS;) {
        gr__lane_take_all(lane, &receiver, &queue);
        next = open_all(&queue, &receiver, next);
    }
    pthread_join(writer, NULL);
    assert_false(gr__lane_mail(lane));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(is_full_until_its_reader_has_taken_something),
        TEST(gives_back_what_its_reader_has_not_taken),
        TEST(brings_over_every_byte_of_a_block),
        TEST(loses_and_mixes_nothing_between_two_threads),
    };
    return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
