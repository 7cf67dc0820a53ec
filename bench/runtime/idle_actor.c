/*
 * How many bytes does an idle actor with 16 bytes of state take?
 *
 *     main runner                       idler, 1,000,000 in all
 *      spawns, over the loops in turn
 *      asks: its number --------------> keeps it, counts
 *          <--------------------------- number, and how many messages it has had
 *      resident memory less that before = bytes each
 *      asks the census of each loop: how many live there?
 *
 * Each is asked as soon as it is spawned, so no more than one message is there at a time. A body
 * is two lines of the cache with its state in it, 128 bytes; the rest is the table of slots.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"

#define LOOPS_MAX 256

struct idler {
    uint64_t number;
    uint64_t seen; /* messages */
};

static int answer(struct gr_self *self, const struct gr_message *message)
{
    struct idler *idler = self->state;
    idler->number = *(const uint64_t *)message->data;
    idler->seen++;
    return gr_reply(message, idler, sizeof *idler);
}

static int count_living(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    uint64_t count = gr_actor_count();
    return gr_reply(message, &count, sizeof count);
}

static const struct gr_behavior idles = {
    .name = "idler", .receive = answer, .state_bytes = sizeof(struct idler)};
static const struct gr_behavior counts = {.name = "census", .receive = count_living};

static int spawn_idler(uint64_t number)
{
    gr_actor actor = {0};
    struct idler idler = {0};
    int rc = bench_crew_spawn(&actor, 1, &idles, NULL, 0);
    if (rc == 0)
        rc = gr_ask(actor, 0, &number, sizeof number, &idler, sizeof idler, GR_FOREVER);
    if (rc < 0)
        return rc;
    return idler.number == number && idler.seen == 1 ? 0 : bench_wrong("an idler does not answer");
}

/* All of them, and nobody but the census. */
static int check_living(uint64_t wanted, const gr_actor *census, size_t loops)
{
    uint64_t living;
    int rc = bench_crew_sum(census, loops, 0, &living);
    if (rc < 0)
        return rc;
    return living == wanted + loops ? 0 : bench_wrong("not all of them live");
}

static int run(void *context)
{
    (void)context;
    static gr_actor census[LOOPS_MAX];
    size_t loops = (size_t)gr_loop_count();
    uint64_t count = bench_scaled(1000000);
    int rc = bench_crew_spawn(census, loops, &counts, NULL, 0);
    if (rc == 0)
        rc = check_living(0, census, loops); /* what every loop has anyway is not counted */

    double cpu = bench_cpu_seconds();
    uint64_t resident = bench_resident();
    for (uint64_t i = 0; rc == 0 && i < count; i++)
        rc = spawn_idler(i);
    double bytes = ((double)bench_resident() - (double)resident) / (double)count;
    if (rc == 0)
        rc = check_living(count, census, loops);
    if (rc == 0)
        bench_print("idle_actor", NULL, "bytes", &bytes, 1, count, bench_cpu_seconds() - cpu);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
