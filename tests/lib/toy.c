/* A toy host, as toy.h says. */
#include "lib/toy.h"

#include "base/list.h"
#include "lib/fixture.h"

static struct toy *toy_of(struct gr__host *host)
{
    return gr__container_of(host, struct toy, host);
}

static gr_time toy_now(struct gr__host *host)
{
    return toy_of(host)->now;
}

static void toy_wait(struct gr__host *host, gr_time until)
{
    (void)host;
    assert_true(until <= 0);
}

static void toy_wake(struct gr__host *host)
{
    toy_of(host)->wakes++;
}

static uint64_t toy_seed(struct gr__host *host)
{
    return toy_of(host)->seed;
}

static void toy_free(struct gr__host *host)
{
    (void)host;
}

static const struct gr__host_class toy_class = {toy_now, toy_wait, toy_wake, toy_seed, toy_free};

struct toy make_toy(gr_time now, uint64_t seed)
{
    return (struct toy){.host = {&toy_class}, .now = now, .seed = seed};
}
