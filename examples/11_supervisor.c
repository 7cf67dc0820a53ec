/*
 * A pool of workers in which one in ten jobs is fatal, and a supervisor that keeps it going.
 *
 *     11_supervisor       prints what was done, and the pool at the end
 *
 * A worker fails at each job that ends in 7. Its supervisor restarts it in place: the job is set
 * aside, whoever asked for it gets the error, and the jobs behind it are done by the worker's next
 * life. Nobody needs to learn a new handle.
 */
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>

enum { WORKERS = 4, JOBS = 100 };

static int work(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    int job = *(const int *)message->data;
    return job % 10 == 7 ? -EILSEQ : gr_reply(message, &(int){job * job}, sizeof(int));
}

static const struct gr_behavior worker = {.name = "worker", .receive = work};
static const struct gr_child pattern = {.behavior = &worker, .where = GR_SPREAD};
static const struct gr_supervisor pool = {.name = "pool",
                                          .strategy = GR_DYNAMIC,
                                          .children = &pattern,
                                          .child_count = 1,
                                          .restarts_max = JOBS};

/* Ask for all jobs at once, and count those that were done. */
static int do_jobs(const gr_actor workers[WORKERS], int *ret_done)
{
    gr_future futures[JOBS];
    int rc = 0, asked = 0, done = 0;
    for (; rc == 0 && asked < JOBS; asked++)
        rc = gr_ask_start(workers[asked % WORKERS], 0, &asked, sizeof asked, &futures[asked],
                          gr_in(GR_SECOND));
    for (int i = 0, square; rc == 0 && i < asked; i++) {
        int status = gr_future_await(futures[i], &square, sizeof square, gr_in(GR_SECOND));
        done += status == 0 && square == i * i;
        rc = status == -EILSEQ ? 0 : status;
    }
    *ret_done = done;
    return rc;
}

static int run(void *context)
{
    (void)context;
    gr_actor supervisor, workers[WORKERS];
    int done;
    struct gr_buffer text;
    int rc = gr_supervisor_start(&pool, NULL, &supervisor);
    for (int i = 0; rc == 0 && i < WORKERS; i++)
        rc = gr_supervisor_add(supervisor, NULL, 0, &workers[i], gr_in(GR_SECOND));
    if (rc == 0)
        rc = do_jobs(workers, &done);
    if (rc == 0)
        rc = gr_supervisor_describe(supervisor, &text, gr_in(GR_SECOND));
    if (rc < 0)
        return rc;

    printf("%d of %d jobs done\n%s", done, JOBS, (const char *)text.data);
    gr_buffer_release(&text);
    return done == JOBS - JOBS / 10 ? 0 : -EBADMSG;
}

int main(void)
{
    return gr_run(run, NULL, NULL) < 0;
}
