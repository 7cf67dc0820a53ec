/*
 * What does a runner that waits take, of memory and of time?
 *
 *     starter, one a loop                runner, 1,000,000 in all
 *      START ---> starts its share ----> makes a future, waits for it
 *            <--- when all wait
 *      RELEASE -> settles each --------> takes its number, ends
 *            <--- when all have ended
 *
 * An operation is a task. What dominates is the stack: of its memory the topmost page, which is
 * the floor, beside 208 bytes for the future, the runner's slot and the promise. The time is that
 * of bringing the tops of a million stacks in from memory, once to start and once to release each,
 * and as each lies in a page of its own, of finding that page in tables as far away. Released are a
 * few at a time, which have their turn while what woke them is at hand: to release all first takes a
 * quarter longer, since they are brought in once more. The time is not that of the kernel's zeroing
 * (bench/floors/page_fault.c), which the pool saves all runs but the first by keeping stacks.
 */
#include <greenroom/greenroom.h>

#include <errno.h>
#include <stdlib.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

#define LOOPS_MAX 256

enum { START, RELEASE };

enum { RELEASED_AT_ONCE = 256 }; /* whose stacks' tops fit a near cache */

struct starter {
    uint64_t tasks;
    gr_promise *promises; /* of those that wait */
    uint64_t waiting;
    uint64_t released; /* each with its own number */
    uint64_t ended;
    gr_promise all; /* settled by the last that ends */
};

/* Where all start, and how many. */
struct crowd {
    size_t loops;
    uint64_t tasks; /* a loop */
    gr_actor starters[LOOPS_MAX];
};

/* What goes wrong shows in how many are released. */
static int wait_for_number(void *context)
{
    struct starter *starter = context;
    uint64_t mine = starter->waiting++, number = 0;
    gr_future future;
    starter->promises[mine].name = 0;
    int rc = gr_future_make(&future, &starter->promises[mine]);
    if (rc == 0)
        rc = gr_future_await(future, &number, sizeof number, GR_FOREVER);

    if (rc == 0 && number == mine)
        starter->released++;
    if (++starter->ended < starter->tasks)
        return rc;
    return gr_promise_resolve(starter->all, &starter->released, sizeof starter->released);
}

static int start_all(struct starter *starter)
{
    starter->promises = malloc(starter->tasks * sizeof *starter->promises);
    if (starter->promises == NULL)
        return -ENOMEM;

    for (uint64_t i = 0; i < starter->tasks; i++) {
        int rc = gr_runner_start(wait_for_number, starter, NULL, NULL);
        if (rc < 0)
            return rc;
    }
    while (starter->waiting < starter->tasks) {
        int rc = gr_yield();
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Now and then those that have been released have their turn, while what woke them is at hand. */
static int release_one(const struct starter *starter, uint64_t number)
{
    int rc = gr_promise_resolve(starter->promises[number], &number, sizeof number);
    return rc == 0 && (number + 1) % RELEASED_AT_ONCE == 0 ? gr_yield() : rc;
}

static int release_all(struct starter *starter)
{
    gr_future all;
    int rc = gr_future_make(&all, &starter->all);
    for (uint64_t i = 0; rc == 0 && i < starter->tasks; i++)
        rc = release_one(starter, i);
    if (rc < 0)
        return rc;
    return bench_await_count(all, starter->tasks, "tasks that got their number");
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    struct starter *starter = self->state;
    int rc = message->tag == START ? start_all(starter) : release_all(starter);
    return rc < 0 ? rc : gr_reply(message, &starter->tasks, sizeof starter->tasks);
}

static void end_starter(struct gr_self *self, int reason)
{
    (void)reason;
    free(((struct starter *)self->state)->promises);
}

static const struct gr_behavior starters = {.name = "starter",
                                            .receive = receive,
                                            .start = bench_argument_is_state,
                                            .stop = end_starter,
                                            .state_bytes = sizeof(struct starter)};

/* Tell all starters at once, and wait until all have done it. */
static int tell_all(const struct crowd *crowd, uint32_t tag)
{
    gr_future done[LOOPS_MAX];
    for (size_t i = 0; i < crowd->loops; i++) {
        int rc = gr_ask_start(crowd->starters[i], tag, NULL, 0, &done[i], GR_FOREVER);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < crowd->loops; i++) {
        int rc = bench_await_count(done[i], crowd->tasks, "tasks");
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Have them all wait, and tell how much memory is resident then. */
static int start(struct crowd *crowd, uint64_t *ret_resident)
{
    struct starter starter = {.tasks = crowd->tasks};
    int rc = bench_crew_spawn(crowd->starters, crowd->loops, &starters, &starter, sizeof starter);
    if (rc == 0)
        rc = tell_all(crowd, START);
    if (rc == 0 && ret_resident != NULL)
        *ret_resident = bench_resident();
    return rc;
}

static int release(const struct crowd *crowd)
{
    int rc = tell_all(crowd, RELEASE);
    return rc < 0 ? rc : bench_crew_stop(crowd->starters, crowd->loops);
}

static int play(void *context)
{
    int rc = start(context, NULL);
    return rc < 0 ? rc : release(context);
}

/* The first run tells: no memory has been used and given back before. */
static int measure_bytes(struct crowd *crowd)
{
    double cpu = bench_cpu_seconds();
    uint64_t tasks = crowd->loops * crowd->tasks, before = bench_resident(), after = 0;
    int rc = start(crowd, &after);
    if (rc < 0)
        return rc;

    double bytes = ((double)after - (double)before) / (double)tasks;
    bench_print("waiting_task", "bytes", "bytes", &bytes, 1, tasks, bench_cpu_seconds() - cpu);
    return release(crowd);
}

static int run(void *context)
{
    (void)context;
    static struct crowd crowd;
    crowd.loops = (size_t)gr_loop_count();
    crowd.tasks = (bench_scaled(1000000) + crowd.loops - 1) / crowd.loops;
    int rc = measure_bytes(&crowd);
    if (rc < 0)
        return rc;
    return bench_program(&(struct bench_program){.name = "waiting_task",
                                                 .variant = "start and release",
                                                 .run = play,
                                                 .context = &crowd,
                                                 .operations = crowd.loops * crowd.tasks});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
