// The same program in C++: the headers speak it, and the library links.
#include <greenroom/greenroom.h>

#include <cstdio>

enum { ADD = 1 };

static int add(gr_self *self, const gr_message *message)
{
    auto *sum = static_cast<long *>(self->state);
    *sum += *static_cast<const long *>(message->data);
    return gr_reply(message, sum, sizeof *sum);
}

static gr_behavior adder;

static int run(void *)
{
    adder.name = "adder";
    adder.receive = add;
    adder.state_bytes = sizeof(long);
    gr_actor actor;
    int rc = gr_actor_spawn(&adder, nullptr, &actor);
    if (rc < 0)
        return rc;

    long sum = 0;
    for (long i = 1; i <= 3 && rc == 0; i++)
        rc = gr_ask(actor, ADD, &i, sizeof i, &sum, sizeof sum, GR_FOREVER);
    if (rc == 0)
        std::printf("%ld\n", sum);
    return rc;
}

int main()
{
    return gr_run(run, nullptr, nullptr) == 0 ? 0 : 1;
}
