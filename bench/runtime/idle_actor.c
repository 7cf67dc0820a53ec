/* How many bytes does an idle actor with 16 bytes of state take? */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"

static int receive(struct gr_self *self, const struct gr_message *message)
{
    (void)self, (void)message;
    return 0;
}

static const struct gr_behavior idles = {.name = "idler", .receive = receive, .state_bytes = 16};

static int spawn(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gr_actor actor;
        int rc = gr_actor_spawn(&idles, NULL, &actor);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Have so many in all, and print what each of them takes. */
static int grow(const char *variant, size_t count, uint64_t resident)
{
    double cpu = bench_cpu_seconds();
    int rc = spawn(count - gr_actor_count());
    if (rc < 0)
        return rc;
    if (gr_actor_count() != count)
        return bench_wrong("not all of them live");

    double bytes = ((double)bench_resident() - (double)resident) / (double)count;
    bench_print("idle_actor", variant, "bytes", &bytes, 1, count, bench_cpu_seconds() - cpu);
    return 0;
}

static int run(void *context)
{
    (void)context;
    int rc = spawn(1); /* what every loop has anyway is not counted */
    uint64_t resident = bench_resident();
    if (rc == 0)
        rc = grow("100,000", 100000, resident);
    if (rc == 0)
        rc = grow("1,000,000", 1000000, resident);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
