/*
 * A pool on all loops that is resized while it is sent jobs and its members fail.
 *
 *     12_pool             prints what the jobs came to, and ends with 1 if a cent is missing
 *
 * All loops send jobs for some customers, and a customer's go to one member, as long as it is there.
 * One job in ten is fatal: its member is restarted, and goes on with the next. A member that leaves
 * does what it has. So each job is done once, save the fatal ones, however large the pool was.
 */
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>

enum { CUSTOMERS = 100, JOBS = 5000, CENTS = 11246500 /* of the jobs that are not fatal */ };

static int keep_till(struct gr_self *self, const struct gr_message *message)
{
    int64_t *cents = self->state;
    *cents += message->size == 0 ? 0 : *(const int64_t *)message->data;
    return gr_reply(message, cents, sizeof *cents);
}

/* The message carries the till too, so that a member that begins anew need not look for it. */
struct job {
    gr_actor till;
    gr_router pool;
    int64_t cents;
};

static int work(struct gr_self *self, const struct gr_message *message)
{
    const struct job *job = message->data;
    (void)self;
    return job->cents % 10 == 7 ? -EILSEQ : gr_send(job->till, 0, &job->cents, sizeof(int64_t));
}

static const struct gr_behavior till = {
    .name = "till", .receive = keep_till, .state_bytes = sizeof(int64_t)};
static const struct gr_behavior worker = {.name = "worker", .receive = work};

static int send_jobs(void *first)
{
    struct job job = *(const struct job *)first;
    int rc = 0;
    for (; rc == 0 && job.cents < JOBS; job.cents++)
        rc = gr_router_send_key(job.pool, (uint64_t)job.cents % CUSTOMERS, 0, &job, sizeof job,
                                gr_in(10 * GR_SECOND));
    return rc;
}

static int resize_while_all_send(gr_pool pool, struct job first)
{
    struct gr_scope scope;
    gr_scope_open(&scope, NULL, gr_in(30 * GR_SECOND));
    int rc = 0;
    for (int i = 0; rc == 0 && i < gr_loop_count(); i++)
        rc = gr_scope_start_on(&scope, i, send_jobs, &first, NULL, NULL);
    for (size_t i = 0; rc == 0 && i < 8; i++)
        rc = gr_pool_resize(pool, i * 5 % 8 + 1, gr_in(10 * GR_SECOND));
    return gr_scope_close(&scope, rc);
}

static int run(void *context)
{
    (void)context;
    struct job first = {.cents = 0};
    gr_pool pool = {.router = {0}};
    int64_t cents = 0, wanted = (int64_t)CENTS * gr_loop_count();
    const struct gr_pool_options options = {
        .behavior = &worker, .where = GR_SPREAD, .routing = GR_ROUTE_HASH, .restarts_max = 200000};
    int rc = gr_actor_spawn(&till, NULL, &first.till);
    rc = rc < 0 ? rc : gr_pool_start(&options, &pool, gr_in(GR_SECOND));
    first.pool = pool.router;
    rc = rc < 0 ? rc : resize_while_all_send(pool, first);
    rc = rc < 0 ? rc : gr_pool_stop(pool, gr_in(10 * GR_SECOND));
    rc = rc < 0 ? rc : gr_ask(first.till, 0, NULL, 0, &cents, sizeof cents, gr_in(GR_SECOND));
    printf("%lld cents, of %lld\n", (long long)cents, (long long)wanted);
    return rc == 0 && cents != wanted ? -EBADMSG : rc;
}

int main(void)
{
    return gr_run(run, NULL, NULL) < 0;
}
