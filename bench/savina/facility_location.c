/*
 * Savina's online facility location: customers come one by one, and a quadrant in which they have
 * cost too much opens a facility and is cut in four.
 *
 *     main runner     producer          root               quadrant            its four
 *      BEGIN -------> CUSTOMER -------> CUSTOMER --------> cut: CUSTOMER ----> CUSTOMER ...
 *                          <---- NEXT                      else keeps it;
 *                                                          too costly: spawns
 *                                                          four, INHERIT ----> its customers
 *                                           <---- FACILITY
 *                                       FACILITY --------> FACILITY ---------> FACILITY ...
 *                     EXIT -----------> EXIT ------------> EXIT -------------> ...
 *       <--------------------- promise       <-------- SUM       <-------- SUM
 *
 * A facility is heard of by all above its quadrant and, in each of these, by the whole quadrant
 * diagonally across from the one that it came from.
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a customer. It is seven messages, six of them
 * down the tree, and nearly one more that tells of a facility. Three fifths of the cost are to find
 * the nearest of the 80 facilities that a quadrant knows, anew in the quarter when one is cut: that
 * is the floor, and most of the rest are the messages (bench/runtime/message_local.c). On many
 * loops a customer goes from one to another but once, as all of a quadrant's quarters live where it
 * does; the loop of the root, which sends each customer on, has the more to do of two.
 *
 * When a quadrant hears of a facility is a matter of chance where there are many loops. That
 * matters little, as its own is mostly the nearest, but how many are opened is compared with a
 * sequential run by and large only. Savina's cut-off depth, 3, is left out: its actors do not use
 * it either.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "base/random.h"
#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { BEGIN, NEXT, CUSTOMER, INHERIT, FACILITY, EXIT, SUM };

#define CUSTOMERS 100000u
#define GRID 500.0
#define ALPHA 2.0
#define SEED 123456u
#define TOLERANCE 0.05 /* of the facilities */
#define QUARTERS 4u

struct point {
    double x, y;
};

/* Of a part of the tree. */
struct sum {
    uint64_t facilities; /* opened */
    uint64_t customers;
    uint64_t fingerprint; /* of the customers, in any order */
};

struct problem {
    uint64_t customers;
    struct sum sum;
};

/* --- Points ---------------------------------------------------------------------------------- */

struct points {
    size_t count, capacity;
    struct point *at;
};

static int add_points(struct points *points, const struct point *more, size_t count)
{
    if (points->count + count > points->capacity) {
        size_t capacity = 2 * points->capacity + count;
        struct point *at = realloc(points->at, capacity * sizeof *at);
        if (at == NULL)
            return -ENOMEM;
        points->at = at;
        points->capacity = capacity;
    }
    if (count > 0)
        memcpy(points->at + points->count, more, count * sizeof *more);
    points->count += count;
    return 0;
}

static double distance(struct point a, struct point b)
{
    return sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
}

static uint64_t fingerprint_of(struct point point)
{
    uint64_t bits[2];
    memcpy(bits, &point, sizeof bits);
    return (bits[0] * 0x9e3779b97f4a7c15u ^ bits[1]) * 0x94d049bb133111ebu;
}

static struct point random_point(struct gr__random *random)
{
    double x = (double)(gr__random_next(random) >> 11) * 0x1p-53 * GRID;
    double y = (double)(gr__random_next(random) >> 11) * 0x1p-53 * GRID;
    return (struct point){x, y};
}

/* --- A part of the grid ---------------------------------------------------------------------- */

struct box {
    struct point low, high;
};

static struct point middle(const struct box *box)
{
    return (struct point){(box->low.x + box->high.x) / 2, (box->low.y + box->high.y) / 2};
}

/* The quarters are numbered so that 3 less a quarter is the one diagonally across. */
static unsigned quarter_of(const struct box *box, struct point point)
{
    struct point centre = middle(box);
    return (point.x >= centre.x) + 2u * (point.y < centre.y);
}

static struct box quarter_box(const struct box *box, unsigned quarter)
{
    struct box part = *box;
    struct point centre = middle(box);
    *(quarter % 2 == 1 ? &part.low.x : &part.high.x) = centre.x;
    *(quarter >= 2 ? &part.high.y : &part.low.y) = centre.y;
    return part;
}

/* What is known there: all but how it is told to others. */
struct area {
    struct box box;
    struct points facilities; /* known, and the one that would be opened here */
    struct points customers;  /* as long as the area is not cut */
    double cost;
};

static int open_area(struct area *area, const struct point *facilities, size_t count)
{
    struct point here = middle(&area->box);
    int rc = add_points(&area->facilities, facilities, count);
    return rc < 0 ? rc : add_points(&area->facilities, &here, 1);
}

static void free_area(struct area *area)
{
    free(area->facilities.at);
    free(area->customers.at);
}

static int add_customer(struct area *area, struct point customer)
{
    double nearest = INFINITY;
    for (size_t i = 0; i < area->facilities.count; i++) {
        double here = distance(area->facilities.at[i], customer);
        nearest = here < nearest ? here : nearest;
    }
    area->cost += nearest;
    return add_points(&area->customers, &customer, 1);
}

static bool is_too_costly(const struct area *area)
{
    return area->cost > ALPHA * sqrt(2) * GRID;
}

static void add_area(struct sum *sum, const struct area *area)
{
    sum->customers += area->customers.count;
    for (size_t i = 0; i < area->customers.count; i++)
        sum->fingerprint += fingerprint_of(area->customers.at[i]);
}

/* --- A quadrant ------------------------------------------------------------------------------ */

struct quadrant_start {
    const struct gr_behavior *behavior; /* what all quadrants are like */
    gr_actor parent;                    /* none for the root, which has a promise */
    gr_promise over;
    struct box box;
    uint32_t quarter; /* of its parent */
    uint32_t depth;
};

struct quadrant {
    struct quadrant_start start;
    struct area area;
    bool cut;
    gr_actor quarters[QUARTERS];
    unsigned ended; /* quarters */
    struct sum sum; /* of those */
};

struct customer {
    struct point point;
    gr_actor producer;
};

struct facility {
    struct point point;
    uint32_t quarter; /* it comes from, if it comes from below */
    bool from_below;
};

/* Facilities known, and then customers. */
struct inheritance {
    size_t facilities, customers;
    struct point points[];
};

static int quadrant_start(struct gr_self *self, const void *argument, size_t size)
{
    struct quadrant *quadrant = self->state;
    memcpy(&quadrant->start, argument, size);
    quadrant->area.box = quadrant->start.box;
    return quadrant->start.parent.name == 0 ? open_area(&quadrant->area, NULL, 0) : 0;
}

static void quadrant_stop(struct gr_self *self, int reason)
{
    (void)reason;
    free_area(&((struct quadrant *)self->state)->area);
}

static int inherit(struct quadrant *quadrant, const struct inheritance *all)
{
    int rc = open_area(&quadrant->area, all->points, all->facilities);
    for (size_t i = 0; rc == 0 && i < all->customers; i++)
        rc = add_customer(&quadrant->area, all->points[all->facilities + i]);
    return rc;
}

static void fill_in(const struct area *area, unsigned quarter, struct inheritance *all)
{
    const struct points *facilities = &area->facilities, *customers = &area->customers;
    struct point *next = all->points + facilities->count;
    memcpy(all->points, facilities->at, facilities->count * sizeof *next);
    for (size_t i = 0; i < customers->count; i++) {
        if (quarter_of(&area->box, customers->at[i]) == quarter)
            *next++ = customers->at[i];
    }
    all->facilities = facilities->count;
    all->customers = (size_t)(next - all->points) - facilities->count;
}

static int bequeath(const struct area *area, unsigned quarter, gr_actor to)
{
    size_t most = area->facilities.count + area->customers.count;
    struct inheritance *all = malloc(sizeof *all + most * sizeof all->points[0]);
    if (all == NULL)
        return -ENOMEM;
    fill_in(area, quarter, all);
    size_t count = all->facilities + all->customers;
    struct gr_buffer buffer = gr_buffer_adopt(all, sizeof *all + count * sizeof all->points[0]);
    int rc = gr_send_buffer(to, INHERIT, &buffer, GR_FOREVER);
    if (rc < 0)
        gr_buffer_release(&buffer);
    return rc;
}

/* At the depth that has two quadrants for each loop they are spread; what is below one stays with it. */
static bool is_spread(uint32_t depth)
{
    unsigned count = 1;
    for (uint32_t i = 1; i < depth; i++)
        count *= QUARTERS;
    unsigned wanted = 2 * (unsigned)gr_loop_count();
    return count < wanted && count * QUARTERS >= wanted;
}

static int spawn_quadrant(const struct quadrant_start *start, gr_actor *ret_actor)
{
    struct gr_actor_options options = {.where = is_spread(start->depth) ? GR_SPREAD : GR_HERE,
                                       .argument = start,
                                       .argument_bytes = sizeof *start};
    return gr_actor_spawn(start->behavior, &options, ret_actor);
}

static int cut(struct gr_self *self)
{
    struct quadrant *quadrant = self->state;
    struct area *area = &quadrant->area;
    struct quadrant_start start = {.behavior = quadrant->start.behavior,
                                   .parent = gr_self_actor(self),
                                   .depth = quadrant->start.depth + 1};
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < QUARTERS; i++) {
        start.quarter = i;
        start.box = quarter_box(&area->box, i);
        rc = spawn_quadrant(&start, &quadrant->quarters[i]);
        if (rc == 0)
            rc = bequeath(area, i, quadrant->quarters[i]);
    }
    area->customers.count = 0;
    quadrant->cut = true;
    return rc;
}

static int tell_parent(const struct quadrant *quadrant, struct point point)
{
    struct facility facility = {
        .point = point, .quarter = quadrant->start.quarter, .from_below = true};
    if (quadrant->start.parent.name == 0)
        return 0;
    return gr_send(quadrant->start.parent, FACILITY, &facility, sizeof facility);
}

/* A quarter that was told to exit may have done so: then it need not know. */
static int tell_quarter(gr_actor quarter, struct point point)
{
    struct facility facility = {.point = point};
    int rc = gr_send(quarter, FACILITY, &facility, sizeof facility);
    return rc == -ESTALE ? 0 : rc;
}

static int place_customer(struct gr_self *self, const struct customer *customer)
{
    struct quadrant *quadrant = self->state;
    struct area *area = &quadrant->area;
    if (quadrant->cut) {
        gr_actor quarter = quadrant->quarters[quarter_of(&area->box, customer->point)];
        return gr_send(quarter, CUSTOMER, customer, sizeof *customer);
    }
    int rc = add_customer(area, customer->point);
    if (rc < 0 || !is_too_costly(area))
        return rc;
    rc = tell_parent(quadrant, middle(&area->box));
    return rc < 0 ? rc : cut(self);
}

static int customer_comes(struct gr_self *self, const struct customer *customer)
{
    const struct quadrant *quadrant = self->state;
    int rc = place_customer(self, customer);
    if (rc < 0 || quadrant->start.parent.name != 0)
        return rc;
    return gr_send(customer->producer, NEXT, NULL, 0);
}

static int hear_of(struct quadrant *quadrant, const struct facility *facility)
{
    int rc = add_points(&quadrant->area.facilities, &facility->point, 1);
    if (facility->from_below) {
        if (rc == 0)
            rc = tell_parent(quadrant, facility->point);
        if (rc == 0)
            rc = tell_quarter(quadrant->quarters[3 - facility->quarter], facility->point);
        return rc;
    }
    for (unsigned i = 0; rc == 0 && quadrant->cut && i < QUARTERS; i++)
        rc = tell_quarter(quadrant->quarters[i], facility->point);
    return rc;
}

/* The root knows of every facility, save that its own counts though it was not opened. */
static int finish(struct gr_self *self)
{
    struct quadrant *quadrant = self->state;
    struct sum *sum = &quadrant->sum;
    sum->facilities += quadrant->cut;
    add_area(sum, &quadrant->area);
    int rc;
    if (quadrant->start.parent.name != 0)
        rc = gr_send(quadrant->start.parent, SUM, sum, sizeof *sum);
    else if (quadrant->cut && quadrant->area.facilities.count != sum->facilities)
        rc = gr_promise_reject(quadrant->start.over,
                               bench_wrong("the root has not heard of all facilities"));
    else
        rc = gr_promise_resolve(quadrant->start.over, sum, sizeof *sum);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static int quarter_ends(struct gr_self *self, const struct sum *sum)
{
    struct quadrant *quadrant = self->state;
    quadrant->sum.facilities += sum->facilities;
    quadrant->sum.customers += sum->customers;
    quadrant->sum.fingerprint += sum->fingerprint;
    return ++quadrant->ended < QUARTERS ? 0 : finish(self);
}

static int leave(struct gr_self *self)
{
    const struct quadrant *quadrant = self->state;
    if (!quadrant->cut)
        return finish(self);
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < QUARTERS; i++)
        rc = gr_send(quadrant->quarters[i], EXIT, NULL, 0);
    return rc;
}

static int quadrant_receive(struct gr_self *self, const struct gr_message *message)
{
    switch (message->tag) {
    case CUSTOMER:
        return customer_comes(self, message->data);
    case INHERIT:
        return inherit(self->state, message->data);
    case FACILITY:
        return hear_of(self->state, message->data);
    case EXIT:
        return leave(self);
    default:
        return quarter_ends(self, message->data);
    }
}

static const struct gr_behavior quadrants = {.name = "quadrant",
                                             .receive = quadrant_receive,
                                             .start = quadrant_start,
                                             .stop = quadrant_stop,
                                             .state_bytes = sizeof(struct quadrant)};

/* --- The producer ---------------------------------------------------------------------------- */

struct begin {
    uint64_t customers;
    gr_actor root;
};

struct producer {
    struct begin begin; /* customers that are left */
    struct gr__random random;
};

static int producer_receive(struct gr_self *self, const struct gr_message *message)
{
    struct producer *producer = self->state;
    if (message->tag == BEGIN) {
        producer->begin = *(const struct begin *)message->data;
        gr__random_seed(&producer->random, SEED);
    }
    if (producer->begin.customers == 0) {
        int rc = gr_send(producer->begin.root, EXIT, NULL, 0);
        return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
    }
    producer->begin.customers--;
    struct customer customer = {.point = random_point(&producer->random),
                                .producer = gr_self_actor(self)};
    return gr_send(producer->begin.root, CUSTOMER, &customer, sizeof customer);
}

static const struct gr_behavior producers = {
    .name = "producer", .receive = producer_receive, .state_bytes = sizeof(struct producer)};

static const struct box grid = {.high = {GRID, GRID}};

static int check(const struct sum *sum, const struct sum *right)
{
    if (sum->customers != right->customers || sum->fingerprint != right->fingerprint)
        return bench_wrong("not every customer was placed once");
    double difference = (double)sum->facilities - (double)right->facilities;
    if (fabs(difference) > 1 + TOLERANCE * (double)right->facilities)
        return bench_wrong("not as many facilities as there should be, by and large");
    return 0;
}

/* The producer is on the main runner's loop with the root, as each waits for the other. */
static int play(void *context)
{
    const struct problem *problem = context;
    gr_future over;
    gr_actor producer = {0};
    struct begin begin = {.customers = problem->customers};
    struct quadrant_start start = {.behavior = &quadrants, .box = grid};
    int rc = gr_future_make(&over, &start.over);
    struct gr_actor_options here = {.argument = &start, .argument_bytes = sizeof start};
    if (rc == 0)
        rc = gr_actor_spawn(&quadrants, &here, &begin.root);
    if (rc == 0)
        rc = gr_actor_spawn(&producers, NULL, &producer);
    if (rc == 0)
        rc = gr_send(producer, BEGIN, &begin, sizeof begin);
    struct sum sum = {0};
    if (rc == 0)
        rc = gr_future_await(over, &sum, sizeof sum, GR_FOREVER);
    return rc < 0 ? rc : check(&sum, &problem->sum);
}

/* --- The same without actors, before: all hear of a facility at once --------------------------- */

struct tree {
    struct area area;
    struct tree *parent;
    struct tree *quarters; /* four of them once it is cut, or NULL */
};

static int spread_down(struct tree *tree, struct point facility)
{
    int rc = add_points(&tree->area.facilities, &facility, 1);
    for (unsigned i = 0; rc == 0 && tree->quarters != NULL && i < QUARTERS; i++)
        rc = spread_down(&tree->quarters[i], facility);
    return rc;
}

static int spread_up(const struct tree *tree, struct point facility)
{
    int rc = 0;
    for (; rc == 0 && tree->parent != NULL; tree = tree->parent) {
        size_t quarter = (size_t)(tree - tree->parent->quarters);
        rc = add_points(&tree->parent->area.facilities, &facility, 1);
        if (rc == 0)
            rc = spread_down(&tree->parent->quarters[3 - quarter], facility);
    }
    return rc;
}

static int cut_tree(struct tree *tree)
{
    const struct points *facilities = &tree->area.facilities, *customers = &tree->area.customers;
    tree->quarters = calloc(QUARTERS, sizeof *tree->quarters);
    int rc = tree->quarters != NULL ? 0 : -ENOMEM;
    for (unsigned i = 0; rc == 0 && i < QUARTERS; i++) {
        struct tree *quarter = &tree->quarters[i];
        *quarter = (struct tree){.parent = tree, .area.box = quarter_box(&tree->area.box, i)};
        rc = open_area(&quarter->area, facilities->at, facilities->count);
    }
    for (size_t i = 0; rc == 0 && i < customers->count; i++) {
        unsigned quarter = quarter_of(&tree->area.box, customers->at[i]);
        rc = add_customer(&tree->quarters[quarter].area, customers->at[i]);
    }
    return rc < 0 ? rc : spread_up(tree, middle(&tree->area.box));
}

static int place_in(struct tree *tree, struct point customer, struct sum *sum)
{
    while (tree->quarters != NULL)
        tree = &tree->quarters[quarter_of(&tree->area.box, customer)];
    sum->customers++;
    sum->fingerprint += fingerprint_of(customer);
    int rc = add_customer(&tree->area, customer);
    if (rc < 0 || !is_too_costly(&tree->area))
        return rc;
    sum->facilities++;
    return cut_tree(tree);
}

static void free_tree(struct tree *tree)
{
    for (unsigned i = 0; tree->quarters != NULL && i < QUARTERS; i++)
        free_tree(&tree->quarters[i]);
    free(tree->quarters);
    free_area(&tree->area);
}

static int solve(struct problem *problem)
{
    struct tree root = {.area.box = grid};
    struct gr__random random;
    gr__random_seed(&random, SEED);
    int rc = open_area(&root.area, NULL, 0);
    for (uint64_t i = 0; rc == 0 && i < problem->customers; i++)
        rc = place_in(&root, random_point(&random), &problem->sum);
    free_tree(&root);
    return rc;
}

static int run(void *context)
{
    (void)context;
    struct problem problem = {.customers = bench_scaled(CUSTOMERS)};
    int rc = solve(&problem);
    if (rc < 0)
        return rc;
    return bench_program(&(struct bench_program){.name = "facility_location",
                                                 .run = play,
                                                 .context = &problem,
                                                 .operations = problem.customers});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
