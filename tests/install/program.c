/* A program that knows nothing of this tree: it asks an actor, and gets an answer. */
#include <greenroom/greenroom.h>

#include <stdio.h>

enum { ADD = 1 };

static int add(struct gr_self *self, const struct gr_message *message)
{
    long *sum = self->state;
    *sum += *(const long *)message->data;
    return gr_reply(message, sum, sizeof *sum);
}

static const struct gr_behavior adder = {
    .name = "adder", .receive = add, .state_bytes = sizeof(long)};

static int run(void *context)
{
    (void)context;
    gr_actor actor;
    int rc = gr_actor_spawn(&adder, NULL, &actor);
    if (rc < 0)
        return rc;

    long sum = 0;
    for (long i = 1; i <= 3 && rc == 0; i++)
        rc = gr_ask(actor, ADD, &i, sizeof i, &sum, sizeof sum, GR_FOREVER);
    if (rc == 0)
        printf("%ld\n", sum);
    return rc;
}

int main(void)
{
    return gr_run(run, NULL, NULL) == 0 ? 0 : 1;
}
