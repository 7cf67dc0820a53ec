/*
 * Does one of the runtime's operations as often as it is told, and next to nothing else.
 *
 *     operations                  prints the names of the operations
 *     operations send 10000       a message between two actors of a loop, 10,000 times
 *
 * tests/tools/budget.py runs it under callgrind with two counts and divides the difference of
 * instructions by that of counts. So a run must be the same each time: it has one loop, a seed,
 * and a clock of its own (clock.c). What an operation needs to begin with and to end may take
 * what it likes, since it is in both runs.
 */
#include <greenroom/greenroom.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runners or actors that take turns, so that their share of an empty poll is small. */
#define CROWD 100

/* --- send: from the handler of one actor to another actor, which handles it ----------------- */

struct ball {
    uint64_t left;
    gr_promise over;
    gr_actor throwers[2];
};

static int throw_back(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    struct ball ball = *(const struct ball *)message->data;
    if (ball.left == 0)
        return gr_promise_resolve(ball.over, NULL, 0);
    ball.left--;
    return gr_send(ball.throwers[ball.left % 2], 0, &ball, sizeof ball);
}

static int throw_between(const struct gr_behavior *throws, uint64_t count)
{
    struct ball ball = {.left = count};
    gr_future over;
    int rc = gr_actor_spawn(throws, NULL, &ball.throwers[0]);
    if (rc == 0)
        rc = gr_actor_spawn(throws, NULL, &ball.throwers[1]);
    if (rc == 0)
        rc = gr_future_make(&over, &ball.over);
    if (rc == 0)
        rc = gr_send(ball.throwers[count % 2], 0, &ball, sizeof ball);
    return rc < 0 ? rc : gr_future_await(over, NULL, 0, GR_FOREVER);
}

static int do_send(uint64_t count)
{
    static const struct gr_behavior throws = {.name = "thrower", .receive = throw_back};
    return throw_between(&throws, count);
}

/* --- bytes: the same to a mailbox that is bounded by its bytes ------------------------------- */

static int do_bytes(uint64_t count)
{
    static const struct gr_behavior throws = {
        .name = "thrower", .receive = throw_back, .mailbox_bytes_max = 1 << 20};
    return throw_between(&throws, count);
}

/* --- reentrant: the same to an actor whose handlers may interleave, and do not wait ----------- */

static int do_reentrant(uint64_t count)
{
    static const struct gr_behavior throws = {
        .name = "thrower", .receive = throw_back, .reentrancy = GR_REENTRANCY_ALL};
    return throw_between(&throws, count);
}

/* --- priority: the same to a mailbox that is sorted ------------------------------------------ */

static unsigned by_tag(const struct gr_message *message)
{
    return message->tag;
}

static int do_priority(uint64_t count)
{
    static const struct gr_behavior throws = {
        .name = "thrower", .receive = throw_back, .priority = by_tag};
    return throw_between(&throws, count);
}

/* --- carried: as send, with a value that goes along ------------------------------------------ */

static int do_carried(uint64_t count)
{
    static const struct gr_context_key key = {.name = "key", .carry = true};
    int rc = gr_context_set(&key, &count, sizeof count);
    return rc < 0 ? rc : do_send(count);
}

/* --- ask: a question from a runner, the handler's reply, and the wait for it ---------------- */

static int reply_next(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    uint64_t next = *(const uint64_t *)message->data + 1;
    return gr_reply(message, &next, sizeof next);
}

static int ask_by(uint64_t count, gr_time deadline)
{
    static const struct gr_behavior counts = {.name = "counter", .receive = reply_next};
    uint64_t number = 0;
    gr_actor counter;
    int rc = gr_actor_spawn(&counts, NULL, &counter);
    for (uint64_t i = 0; rc == 0 && i < count; i++)
        rc = gr_ask(counter, 0, &number, sizeof number, &number, sizeof number, deadline);
    return rc == 0 && number != count ? -EBADMSG : rc;
}

static int do_ask(uint64_t count)
{
    return ask_by(count, GR_FOREVER);
}

static int do_timed_ask(uint64_t count)
{
    return ask_by(count, GR_FOREVER - 1);
}

/* --- handler_ask: the same from within the handler of an actor ------------------------------- */

static int ask_often(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    return ask_by(*(const uint64_t *)message->data, GR_FOREVER);
}

static int do_handler_ask(uint64_t count)
{
    static const struct gr_behavior asks = {.name = "asker", .receive = ask_often};
    gr_actor asker;
    int rc = gr_actor_spawn(&asks, NULL, &asker);
    return rc < 0 ? rc : gr_ask(asker, 0, &count, sizeof count, NULL, 0, GR_FOREVER);
}

/* --- spawn: an actor's life, with one message, at which it ends itself ---------------------- */

static int end_self(struct gr_self *self, const struct gr_message *message)
{
    (void)message;
    return gr_actor_stop(gr_self_actor(self), 0);
}

static int do_spawn(uint64_t count)
{
    static const struct gr_behavior mayfly = {
        .name = "mayfly", .receive = end_self, .state_bytes = sizeof(uint64_t)};
    int rc = 0;
    for (uint64_t i = 1; rc == 0 && i <= count; i++) {
        gr_actor actor;
        rc = gr_actor_spawn(&mayfly, NULL, &actor);
        if (rc == 0)
            rc = gr_send(actor, 0, &i, sizeof i);
        if (rc == 0 && i % CROWD == 0)
            rc = gr_yield();
    }
    return rc == 0 && gr_actor_count() != 0 ? -EBADMSG : rc;
}

/* --- runner: its life, started, run and joined ---------------------------------------------- */

static int run_once(void *context)
{
    ++*(uint64_t *)context;
    return 0;
}

static int do_runner(uint64_t count)
{
    uint64_t ran = 0;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < count; i++) {
        gr_runner runner;
        rc = gr_runner_start(run_once, &ran, NULL, &runner);
        if (rc == 0)
            rc = gr_runner_join(runner, GR_FOREVER);
    }
    return rc == 0 && ran != count ? -EBADMSG : rc;
}

/* --- switch: from one runner straight to the next, in gr_yield() ---------------------------- */

static int start_crowd(gr_runner_fn *run, void *contexts[CROWD], gr_runner ret_runners[CROWD])
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < CROWD; i++)
        rc = gr_runner_start(run, contexts[i], NULL, &ret_runners[i]);
    return rc;
}

static int join_crowd(const gr_runner runners[CROWD])
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < CROWD; i++)
        rc = gr_runner_join(runners[i], GR_FOREVER);
    return rc;
}

static int yield_often(void *context)
{
    int rc = 0;
    for (uint64_t left = *(const uint64_t *)context; rc == 0 && left > 0; left--)
        rc = gr_yield();
    return rc;
}

static int do_switch(uint64_t count)
{
    uint64_t each = count / CROWD;
    void *contexts[CROWD];
    gr_runner runners[CROWD];
    for (int i = 0; i < CROWD; i++)
        contexts[i] = &each;
    int rc = start_crowd(yield_often, contexts, runners);
    return rc < 0 ? rc : join_crowd(runners);
}

/* --- await: a future made and awaited by one runner, and settled by another ------------------ */

struct waiter {
    uint64_t left;
    gr_promise promise; /* of the future that it awaits */
};

static int await_often(void *context)
{
    struct waiter *waiter = context;
    int rc = 0;
    for (; rc == 0 && waiter->left > 0; waiter->left--) {
        gr_future future;
        rc = gr_future_make(&future, &waiter->promise);
        if (rc == 0)
            rc = gr_future_await(future, NULL, 0, GR_FOREVER);
    }
    return rc;
}

static int settle_all(struct waiter waiters[CROWD])
{
    int rc = gr_yield(); /* they come to their next wait */
    for (int i = 0; rc == 0 && i < CROWD; i++)
        rc = gr_promise_resolve(waiters[i].promise, NULL, 0);
    return rc;
}

static int do_await(uint64_t count)
{
    struct waiter waiters[CROWD];
    void *contexts[CROWD];
    gr_runner runners[CROWD];
    for (int i = 0; i < CROWD; i++) {
        waiters[i] = (struct waiter){.left = count / CROWD};
        contexts[i] = &waiters[i];
    }
    int rc = start_crowd(await_often, contexts, runners);
    for (uint64_t i = 0; rc == 0 && i < count / CROWD; i++)
        rc = settle_all(waiters);
    return rc < 0 ? rc : join_crowd(runners);
}

/* --- scope: opened, one runner started in it, closed ----------------------------------------- */

static int do_scope(uint64_t count)
{
    uint64_t ran = 0;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < count; i++) {
        struct gr_scope scope;
        gr_scope_open(&scope, NULL, GR_FOREVER);
        rc = gr_scope_start(&scope, run_once, &ran, NULL, NULL);
        rc = gr_scope_close(&scope, rc);
    }
    return rc == 0 && ran != count ? -EBADMSG : rc;
}

/* --- cancel: an await that its scope's cancellation ends, and the scope around it ------------- */

static int await_cancel(void *promise)
{
    gr_future future;
    int rc = gr_future_make(&future, promise);
    if (rc == 0)
        rc = gr_future_await(future, NULL, 0, GR_FOREVER);
    gr_future_drop(future);
    return rc;
}

static int do_cancel(uint64_t count)
{
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < count; i += CROWD) {
        gr_promise promises[CROWD];
        struct gr_scope scope;
        gr_scope_open(&scope, NULL, GR_FOREVER);
        for (int j = 0; rc == 0 && j < CROWD; j++)
            rc = gr_scope_start(&scope, await_cancel, &promises[j], NULL, NULL);
        if (rc == 0)
            rc = gr_yield();
        gr_scope_cancel(&scope);
        rc = gr_scope_close(&scope, rc) == -ECANCELED ? 0 : -EBADMSG;
    }
    return rc;
}

/* --- all: a future made, awaited together with 999 others, settled and taken ---------------- */

enum { WIDE = 1000 };

static struct {
    gr_promise promises[WIDE];
    struct gr_future_wait waits[WIDE];
    struct gr_member members[WIDE];
} wide;

static void settle_wide(void *context)
{
    (void)context;
    for (int i = 0; i < WIDE; i++)
        if (gr_promise_resolve(wide.promises[i], NULL, 0) < 0)
            abort();
}

static int do_all(uint64_t count)
{
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < count; i += WIDE) {
        for (int j = 0; rc == 0 && j < WIDE; j++) {
            gr_future future;
            rc = gr_future_make(&future, &wide.promises[j]);
            wide.members[j].awaitable = gr_future_awaitable(&wide.waits[j], future, NULL, 0);
        }
        if (rc == 0)
            rc = gr_post(-1, settle_wide, NULL, NULL);
        if (rc == 0)
            rc = gr_all(wide.members, WIDE, NULL, GR_FOREVER);
    }
    return rc;
}

/* --- timer: a message to be sent later, and cancelled --------------------------------------- */

static int do_timer(uint64_t count)
{
    static const struct gr_behavior waits = {.name = "waiter", .receive = end_self};
    gr_actor waiter;
    int rc = gr_actor_spawn(&waits, NULL, &waiter);
    for (uint64_t i = 0; rc == 0 && i < count; i++) {
        gr_send_timer timer;
        gr_time at = gr_in(GR_SECOND * (gr_time)(1 + i % CROWD));
        rc = gr_send_after(at, waiter, 0, &i, sizeof i, &timer);
        if (rc == 0 && !gr_send_cancel(timer))
            rc = -EBADMSG;
    }
    return rc;
}

/* --- call: a function to call at a time, and cancelled --------------------------------------- */

static void never_call(void *context)
{
    (void)context;
    abort();
}

static int do_call(uint64_t count)
{
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < count; i++) {
        gr_call call;
        gr_time at = gr_in(GR_SECOND * (gr_time)(1 + i % CROWD));
        rc = gr_call_at(at, never_call, NULL, NULL, &call);
        if (rc == 0 && !gr_call_cancel(call))
            rc = -EBADMSG;
    }
    return rc;
}

/* --- post: a function to call on the own loop, which posts itself again --------------------- */

struct chain {
    uint64_t left;
    gr_promise over;
    int status;
};

static void post_again(void *context)
{
    struct chain *chain = context;
    if (chain->status == 0 && chain->left-- > 0)
        chain->status = gr_post(-1, post_again, chain, NULL);
    else if (gr_promise_resolve(chain->over, NULL, 0) < 0)
        abort();
}

static int do_post(uint64_t count)
{
    struct chain chain = {.left = count};
    gr_future over;
    int rc = gr_future_make(&over, &chain.over);
    if (rc == 0)
        rc = gr_post(-1, post_again, &chain, NULL);
    if (rc == 0)
        rc = gr_future_await(over, NULL, 0, GR_FOREVER);
    return rc < 0 ? rc : chain.status;
}

/* --- lock: a mutex that nobody else wants, and unlock it ------------------------------------- */

static int do_lock(uint64_t count)
{
    struct gr_mutex mutex = {0};
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < count; i++) {
        rc = gr_mutex_lock(&mutex, GR_FOREVER);
        if (rc == 0)
            gr_mutex_unlock(&mutex);
    }
    return rc;
}

/* --- channel: an item sent, and received by the same runner ---------------------------------- */

static int do_channel(uint64_t count)
{
    gr_channel channel;
    uint64_t item = 0;
    int rc = gr_channel_make(sizeof item, CROWD, &channel);
    if (rc < 0)
        return rc;
    for (uint64_t i = 0; rc == 0 && i < count; i++) {
        rc = gr_channel_send(channel, &i, sizeof i, GR_FOREVER);
        if (rc == 0)
            rc = gr_channel_receive(channel, &item, sizeof item, GR_FOREVER);
    }
    gr_channel_drop(channel);
    return rc == 0 && item != count - 1 ? -EBADMSG : rc;
}

/* --- monitor: an actor's life, as spawn, and its end told by a monitor ----------------------- */

struct breeder {
    uint64_t left;
    gr_promise over;
};

static int breed(struct gr_self *self)
{
    static const struct gr_behavior mayfly = {.name = "mayfly", .receive = end_self};
    struct breeder *breeder = self->state;
    if (breeder->left == 0)
        return gr_promise_resolve(breeder->over, NULL, 0);

    gr_actor child;
    gr_monitor monitor;
    int rc = gr_actor_spawn(&mayfly, NULL, &child);
    if (rc == 0)
        rc = gr_monitor_make(self, child, &monitor);
    return rc < 0 ? rc : gr_send(child, 0, &breeder->left, sizeof breeder->left);
}

static int begin_breeding(struct gr_self *self, const struct gr_message *message)
{
    *(struct breeder *)self->state = *(const struct breeder *)message->data;
    return breed(self);
}

static int breed_on(struct gr_self *self, const struct gr_control *control)
{
    ((struct breeder *)self->state)->left--;
    return control->kind == GR_DOWN ? breed(self) : -EBADMSG;
}

static int do_monitor(uint64_t count)
{
    static const struct gr_behavior breeds = {.name = "breeder",
                                              .receive = begin_breeding,
                                              .control = breed_on,
                                              .state_bytes = sizeof(struct breeder)};
    struct breeder breeder = {.left = count};
    gr_future over;
    gr_actor actor;
    int rc = gr_future_make(&over, &breeder.over);
    if (rc == 0)
        rc = gr_actor_spawn(&breeds, NULL, &actor);
    if (rc == 0)
        rc = gr_send(actor, 0, &breeder, sizeof breeder);
    return rc < 0 ? rc : gr_future_await(over, NULL, 0, GR_FOREVER);
}

/* --- link: two actors linked by one of them, and unlinked ------------------------------------ */

struct knot {
    uint64_t left;
    gr_actor other;
};

static int link_often(struct gr_self *self, const struct gr_message *message)
{
    const struct knot *knot = message->data;
    int rc = 0;
    for (uint64_t left = knot->left; rc == 0 && left > 0; left--) {
        rc = gr_self_link(self, knot->other);
        gr_self_unlink(self, knot->other);
    }
    return rc;
}

static int do_link(uint64_t count)
{
    static const struct gr_behavior links = {.name = "linker", .receive = link_often};
    struct knot knot = {.left = count};
    gr_actor actor;
    int rc = gr_actor_spawn(&links, NULL, &actor);
    if (rc == 0)
        rc = gr_actor_spawn(&links, NULL, &knot.other);
    return rc < 0 ? rc : gr_ask(actor, 0, &knot, sizeof knot, NULL, 0, GR_FOREVER);
}

/* --- restart: as ask, of an actor that ends after its reply and is restarted by its supervisor */

static int reply_and_end(struct gr_self *self, const struct gr_message *message)
{
    int rc = gr_reply(message, NULL, 0);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static int do_restart(uint64_t count)
{
    static const struct gr_behavior phoenix = {.name = "phoenix", .receive = reply_and_end};
    static const struct gr_child child = {.behavior = &phoenix};
    static const struct gr_supervisor keeper = {.name = "keeper",
                                                .children = &child,
                                                .child_count = 1,
                                                .restarts_max = 1024,
                                                .restarts_within = 1};
    gr_actor supervisor, actor;
    int rc = gr_supervisor_start(&keeper, NULL, &supervisor);
    if (rc == 0)
        rc = gr_supervisor_find(supervisor, "phoenix", &actor, GR_FOREVER);
    for (uint64_t i = 0; rc == 0 && i < count; i++)
        rc = gr_ask(actor, 0, NULL, 0, NULL, 0, GR_FOREVER);
    return rc;
}

/* --- routed: as send, by a router that gives each of the two its turn ------------------------- */

struct pass {
    uint64_t left;
    gr_promise over;
    gr_router router;
};

static int pass_on(struct gr_self *self, const struct gr_message *message)
{
    (void)self;
    struct pass pass = *(const struct pass *)message->data;
    if (pass.left == 0)
        return gr_promise_resolve(pass.over, NULL, 0);
    pass.left--;
    return gr_router_send(pass.router, 0, &pass, sizeof pass, GR_FOREVER);
}

static int do_routed(uint64_t count)
{
    static const struct gr_behavior passes = {.name = "passer", .receive = pass_on};
    struct pass pass = {.left = count};
    gr_future over;
    int rc = gr_router_make(NULL, &pass.router, GR_FOREVER);
    for (int i = 0; rc == 0 && i < 2; i++) {
        gr_actor passer;
        rc = gr_actor_spawn(&passes, NULL, &passer);
        if (rc == 0)
            rc = gr_router_add(pass.router, passer, GR_FOREVER);
    }
    if (rc == 0)
        rc = gr_future_make(&over, &pass.over);
    if (rc == 0)
        rc = gr_router_send(pass.router, 0, &pass, sizeof pass, GR_FOREVER);
    if (rc == 0)
        rc = gr_future_await(over, NULL, 0, GR_FOREVER);
    gr_router_drop(pass.router);
    return rc;
}

/* --- receive: by a run that sends itself each message, with so many that stay before it -------- */

struct reception {
    uint64_t left;
    uint32_t before; /* messages that it receives at last */
    uint32_t tags;   /* to receive in turns */
    gr_promise over;
};

static int send_self(struct gr_self *self, uint32_t tag)
{
    return gr_send(gr_self_actor(self), tag, NULL, 0);
}

static int receive_tag(struct gr_self *self, uint32_t tag)
{
    const struct gr_message *message;
    return gr_receive(self, gr_pattern_tag(tag), &message, GR_FOREVER);
}

static int start_receiving(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(self->state, argument, size);
    return 0;
}

static int receive_often(struct gr_self *self)
{
    const struct reception *reception = self->state;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < reception->before; i++)
        rc = send_self(self, UINT32_MAX);
    for (uint64_t left = reception->left; rc == 0 && left > 0; left--) {
        rc = send_self(self, (uint32_t)left % reception->tags);
        if (rc == 0)
            rc = receive_tag(self, (uint32_t)left % reception->tags);
    }
    for (uint32_t i = 0; rc == 0 && i < reception->before; i++)
        rc = receive_tag(self, UINT32_MAX);
    return rc < 0 ? rc : gr_promise_resolve(reception->over, NULL, 0);
}

static int receive_by(uint64_t count, uint32_t before, uint32_t tags)
{
    static const struct gr_behavior receives = {.name = "receiver",
                                                .run = receive_often,
                                                .start = start_receiving,
                                                .state_bytes = sizeof(struct reception)};
    struct reception reception = {.left = count, .before = before, .tags = tags};
    gr_future over;
    gr_actor actor;
    int rc = gr_future_make(&over, &reception.over);
    if (rc == 0)
        rc = gr_actor_spawn(
            &receives,
            &(struct gr_actor_options){.argument = &reception, .argument_bytes = sizeof reception},
            &actor);
    return rc < 0 ? rc : gr_future_await(over, NULL, 0, GR_FOREVER);
}

static int do_receive(uint64_t count)
{
    return receive_by(count, 0, 1);
}

/* The same, with a crowd before it that was looked at before. */
static int do_receive_past(uint64_t count)
{
    return receive_by(count, CROWD, 1);
}

/* The same, with ten before it that are looked at each time. */
static int do_search(uint64_t count)
{
    return receive_by(count, 10, 2);
}

/* --- process: as send, between two runs that wait for it ------------------------------------- */

static int throw_on(struct gr_self *self)
{
    const struct gr_message *message;
    int rc = 0;
    while (rc == 0 && (rc = gr_receive(self, gr_pattern_tag(0), &message, GR_FOREVER)) == 0)
        rc = throw_back(self, message);
    return rc;
}

static int do_process(uint64_t count)
{
    static const struct gr_behavior throws = {.name = "thrower", .run = throw_on};
    return throw_between(&throws, count);
}

/* --- the program ---------------------------------------------------------------------------- */

static const struct operation {
    const char *name;
    int (*perform)(uint64_t count); /* a multiple of CROWD */
} operations[] = {
    {"send", do_send},
    {"ask", do_ask},
    {"spawn", do_spawn},
    {"runner", do_runner},
    {"switch", do_switch},
    {"await", do_await},
    {"scope", do_scope},
    {"cancel", do_cancel},
    {"all", do_all},
    {"timer", do_timer},
    {"call", do_call},
    {"post", do_post},
    {"carried", do_carried},
    {"timed_ask", do_timed_ask},
    {"handler_ask", do_handler_ask},
    {"lock", do_lock},
    {"channel", do_channel},
    {"monitor", do_monitor},
    {"link", do_link},
    {"restart", do_restart},
    {"bytes", do_bytes},
    {"reentrant", do_reentrant},
    {"priority", do_priority},
    {"routed", do_routed},
    {"receive", do_receive},
    {"receive_past", do_receive_past},
    {"search", do_search},
    {"process", do_process},
};

enum { OPERATIONS = sizeof operations / sizeof operations[0] };

struct job {
    const struct operation *operation;
    uint64_t count;
};

static int run(void *context)
{
    const struct job *job = context;
    return job->operation->perform(job->count);
}

static const struct operation *find(const char *name)
{
    for (int i = 0; i < OPERATIONS; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}

int main(int argc, char **argv)
{
    for (int i = 0; argc == 1 && i < OPERATIONS; i++)
        puts(operations[i].name);
    if (argc == 1)
        return 0;

    struct job job = {find(argv[1]), argc == 3 ? strtoull(argv[2], NULL, 10) : 0};
    if (job.operation == NULL || job.count == 0 || job.count % CROWD != 0) {
        fprintf(stderr, "usage: %s [NAME COUNT], COUNT a multiple of %d\n", argv[0], CROWD);
        return 2;
    }
    struct gr_options options = {.loops = 1, .seed = 1, .report = gr_report_to_stderr};
    int rc = gr_run(run, &job, &options);
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", job.operation->name, gr_error_text(rc));
    return rc < 0 ? 1 : 0;
}
