/*
 * Savina's sleeping barber: a factory sends customers to a waiting room, a barber cuts their hair.
 *
 *     factory           room                   barber              customer
 *      ENTER ---------> a seat is free
 *          <-- RETURN   or none is
 *      ENTER ---------> ...
 *                       NEXT ----------------> haircut
 *                                              DONE -------------> ends
 *                            <---------- FREE
 *          <----------------------------------------------- DONE
 *                       NEXT ----------------> ..., or SLEEP
 *
 *     main runner <--- promise --- factory, when all 5,000 are done
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a haircut: an actor that is spawned and ends,
 * and six or seven messages. In the first row it is some 1,020 random numbers too, half of them
 * drawn by the factory and half by the barber. They are its floor (bench/floors/random_numbers.c, twice),
 * eight tenths of the row, and two loops draw them side by side. On two cores of a virtual Intel Xeon
 * of 2.5 GHz the best peer takes some 2.1 times the floor of one core, and gains nothing by two.
 *
 * The factory makes one customer at a time and sends itself word to make the next. So it hears of
 * those sent back and of those done meanwhile, and on one loop the room is never full. Customers
 * live where the factory does, and the barber where the room does.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"
#include "bench/lib/work.h"

enum { MAKE, ENTER, RETURN, NEXT, SLEEP, FREE, DONE, HAIRCUTS };

#define CUSTOMERS 5000u
#define SEATS 1000u
#define FACTORY_SEED 1u
#define BARBER_SEED 2u

/* --- A customer ------------------------------------------------------------------------------ */

static int customer_receive(struct gr_self *self, const struct gr_message *message)
{
    (void)message;
    gr_actor factory = *(const gr_actor *)self->state;
    int rc = gr_send(factory, DONE, NULL, 0);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static const struct gr_behavior customers = {.name = "customer",
                                             .receive = customer_receive,
                                             .start = bench_argument_is_state,
                                             .state_bytes = sizeof(gr_actor)};

/* --- The factory ----------------------------------------------------------------------------- */

struct visit {
    gr_actor customer;
    gr_actor factory; /* to send the customer back to */
};

struct day {
    gr_actor room;
    uint64_t customers;
    bool costs;
    gr_promise over;
};

struct factory {
    gr_actor here, room;
    uint64_t customers;
    uint64_t made, done; /* of them */
    gr_promise over;
    struct bench_work work;
};

static int factory_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct day *day = argument;
    struct factory *factory = self->state;
    factory->here = gr_self_actor(self);
    factory->room = day->room;
    factory->customers = day->customers;
    factory->over = day->over;
    bench_work_init(&factory->work, FACTORY_SEED, day->costs);
    return gr_send(factory->here, MAKE, NULL, 0);
}

static int send_in(const struct factory *factory, gr_actor customer)
{
    struct visit visit = {customer, factory->here};
    return gr_send(factory->room, ENTER, &visit, sizeof visit);
}

static int make(struct factory *factory)
{
    struct gr_actor_options options = {.argument = &factory->here,
                                       .argument_bytes = sizeof factory->here};
    gr_actor customer;
    int rc = gr_actor_spawn(&customers, &options, &customer);
    if (rc == 0)
        rc = send_in(factory, customer);
    if (rc < 0)
        return rc;
    bench_work(&factory->work);
    return ++factory->made < factory->customers ? gr_send(factory->here, MAKE, NULL, 0) : 0;
}

static int factory_receive(struct gr_self *self, const struct gr_message *message)
{
    struct factory *factory = self->state;
    switch (message->tag) {
    case MAKE:
        return make(factory);
    case RETURN:
        return send_in(factory, *(const gr_actor *)message->data);
    default:
        if (++factory->done < factory->customers)
            return 0;
        return gr_promise_resolve(factory->over, &factory->done, sizeof factory->done);
    }
}

static const struct gr_behavior factories = {.name = "factory",
                                             .receive = factory_receive,
                                             .start = factory_start,
                                             .state_bytes = sizeof(struct factory)};

/* --- The barber ------------------------------------------------------------------------------ */

struct barber {
    gr_actor room;
    uint64_t haircuts;
    struct bench_work work;
};

struct shop {
    gr_actor room;
    bool costs;
};

static int barber_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct shop *shop = argument;
    struct barber *barber = self->state;
    barber->room = shop->room;
    bench_work_init(&barber->work, BARBER_SEED, shop->costs);
    return 0;
}

static int cut_hair(struct barber *barber, gr_actor customer)
{
    bench_work(&barber->work);
    barber->haircuts++;
    int rc = gr_send(customer, DONE, NULL, 0);
    return rc < 0 ? rc : gr_send(barber->room, FREE, NULL, 0);
}

static int barber_receive(struct gr_self *self, const struct gr_message *message)
{
    struct barber *barber = self->state;
    switch (message->tag) {
    case NEXT:
        return cut_hair(barber, *(const gr_actor *)message->data);
    case SLEEP:
        return 0;
    default:
        return gr_reply(message, &barber->haircuts, sizeof barber->haircuts);
    }
}

static const struct gr_behavior barbers = {.name = "barber",
                                           .receive = barber_receive,
                                           .start = barber_start,
                                           .state_bytes = sizeof(struct barber)};

/* --- The waiting room ------------------------------------------------------------------------ */

/* Invariant: nobody waits while the barber sleeps. */
struct room {
    gr_actor barber;
    bool awake; /* the barber */
    uint32_t first, waiting;
    gr_actor seats[SEATS]; /* a ring */
};

static int room_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    struct shop shop = {gr_self_actor(self), *(const bool *)argument};
    struct gr_actor_options options = {.argument = &shop, .argument_bytes = sizeof shop};
    return gr_actor_spawn(&barbers, &options, &((struct room *)self->state)->barber);
}

static void room_stop(struct gr_self *self, int reason)
{
    if (gr_actor_stop(((struct room *)self->state)->barber, reason) < 0)
        return; /* the loop ends, and the barber with it */
}

static int enter(struct room *room, const struct visit *visit)
{
    if (!room->awake) {
        room->awake = true;
        return gr_send(room->barber, NEXT, &visit->customer, sizeof visit->customer);
    }
    if (room->waiting == SEATS)
        return gr_send(visit->factory, RETURN, &visit->customer, sizeof visit->customer);
    room->seats[(room->first + room->waiting++) % SEATS] = visit->customer;
    return 0;
}

static int send_next(struct room *room)
{
    if (room->waiting == 0) {
        room->awake = false;
        return gr_send(room->barber, SLEEP, NULL, 0);
    }
    gr_actor next = room->seats[room->first];
    room->first = (room->first + 1) % SEATS;
    room->waiting--;
    return gr_send(room->barber, NEXT, &next, sizeof next);
}

static int room_receive(struct gr_self *self, const struct gr_message *message)
{
    struct room *room = self->state;
    switch (message->tag) {
    case ENTER:
        return enter(room, message->data);
    case FREE:
        return send_next(room);
    default:
        return gr_forward(message, room->barber);
    }
}

static const struct gr_behavior rooms = {.name = "room",
                                         .receive = room_receive,
                                         .start = room_start,
                                         .stop = room_stop,
                                         .state_bytes = sizeof(struct room)};

/* --- The program ----------------------------------------------------------------------------- */

struct problem {
    uint64_t customers;
    bool costs;
};

static int play(void *context)
{
    const struct problem *problem = context;
    struct day day = {.customers = problem->customers, .costs = problem->costs};
    gr_actor factory = {0};
    gr_future over;
    uint64_t haircuts = 0;
    int rc = gr_future_make(&over, &day.over);
    if (rc == 0)
        rc = bench_crew_spawn(&day.room, 1, &rooms, &problem->costs, sizeof problem->costs);
    if (rc == 0)
        rc = bench_crew_spawn(&factory, 1, &factories, &day, sizeof day);
    if (rc == 0)
        rc = bench_await_count(over, problem->customers, "customers that are done");
    if (rc == 0)
        rc = bench_crew_sum(&day.room, 1, HAIRCUTS, &haircuts);
    if (rc == 0)
        rc = bench_crew_stop((gr_actor[]){factory, day.room}, 2);
    if (rc < 0)
        return rc;
    return haircuts == problem->customers ? 0 : bench_wrong("not as many haircuts as customers");
}

static int measure(bool costs, const char *variant)
{
    struct problem problem = {.customers = bench_scaled(CUSTOMERS), .costs = costs};
    return bench_program(&(struct bench_program){.name = "sleeping_barber",
                                                 .variant = variant,
                                                 .run = play,
                                                 .context = &problem,
                                                 .operations = problem.customers});
}

static int run(void *context)
{
    (void)context;
    return bench_with_cost_and_without(measure);
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
