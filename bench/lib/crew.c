/* Many actors at once: spawned over the loops in turn, told, and stopped together. */
#include "bench/lib/crew.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/lib/bench.h"

int bench_crew_spawn(gr_actor *actors, size_t count, const struct gr_behavior *behavior,
                     const void *argument, size_t argument_bytes)
{
    struct gr_actor_options options = {
        .where = GR_SPREAD, .argument = argument, .argument_bytes = argument_bytes};
    for (size_t i = 0; i < count; i++) {
        int rc = gr_actor_spawn(behavior, &options, &actors[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int bench_crew_where(size_t number, size_t count)
{
    return 1 + (int)(number * (size_t)bench_loops(1) / count);
}

int bench_crew_send(const gr_actor *actors, size_t count, uint32_t tag, const void *data,
                    size_t size)
{
    for (size_t i = 0; i < count; i++) {
        int rc = gr_send(actors[i], tag, data, size);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int bench_crew_sum(const gr_actor *actors, size_t count, uint32_t tag, uint64_t *ret_sum)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        int rc = gr_ask(actors[i], tag, NULL, 0, &number, sizeof number, GR_FOREVER);
        if (rc < 0)
            return rc;
        sum += number;
    }
    *ret_sum = sum;
    return 0;
}

static int compare(uint64_t count, uint64_t wanted, const char *what)
{
    if (count == wanted)
        return 0;
    fprintf(stderr, "%s: %" PRIu64 " instead of %" PRIu64 "\n", what, count, wanted);
    return bench_wrong(what);
}

int bench_crew_check(const gr_actor *actors, size_t count, uint32_t tag, uint64_t wanted,
                     const char *what)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        uint64_t number;
        rc = bench_crew_sum(&actors[i], 1, tag, &number);
        if (rc == 0)
            rc = compare(number, wanted, what);
    }
    return rc;
}

int bench_tally_ask(struct bench_tally *tally, const struct gr_message *message)
{
    tally->asked = gr_message_take_promise(message);
    return bench_tally_tell(tally);
}

int bench_tally_tell(const struct bench_tally *tally)
{
    if (tally->left > 0 || tally->asked.name == 0)
        return 0;
    return gr_promise_resolve(tally->asked, &tally->count, sizeof tally->count);
}

int bench_crew_stop(const gr_actor *actors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int rc = gr_actor_stop(actors[i], 0);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int bench_argument_is_state(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(self->state, argument, size);
    return 0;
}

int bench_await_count(gr_future future, uint64_t wanted, const char *what)
{
    uint64_t count;
    int rc = gr_future_await(future, &count, sizeof count, GR_FOREVER);
    return rc < 0 ? rc : compare(count, wanted, what);
}
