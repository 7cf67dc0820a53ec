/*
 * Balancing: who is to move, and where. What it is for stands in balance.h.
 *
 *     balancer's loop                             the busiest
 *     reads loads: busiest, idlest
 *     order: so many, to there ................-->  looks over its actors, those that are ready
 *                                                  the half of them, at most, begin to move
 *
 * Two things keep it from moving the same actors to and fro. The margin: loads that differ by
 * less are equal. And the pace: a load is smoothed over some milliseconds, so that one look
 * follows another only when the moves before it show in what it sees.
 */
#include <greenroom/balance.h>
#include <greenroom/loop.h>
#include <greenroom/runner.h>

#include <errno.h>
#include <stdlib.h>

#include "actors/move.h"

enum { MARGIN = 250, MOVES_MAX = 100, AT_ONCE = 16, SCANNED = 4096 };

#define PERIOD (10 * GR_MILLISECOND)

/* An order to the busiest loop. */
struct order {
    unsigned to;
    unsigned most;
};

/* What is found out about a loop's ready actors. */
struct ready {
    unsigned count;
    unsigned movable;
    gr_actor actors[AT_ONCE];
};

static bool can_move(const struct gr__body *body)
{
    bool is_under_way =
        body->annex != NULL && body->annex->home != NULL && body->annex->home->moves;
    return body->behavior->movable && !is_under_way && !gr__body_stopping(body);
}

static void look_at(struct gr__loop *loop, struct gr__body *body, struct ready *ready)
{
    if (body->stage != GR__SCHEDULED)
        return;
    ready->count++;
    if (can_move(body) && ready->movable < AT_ONCE)
        ready->actors[ready->movable++] = (gr_actor){gr__body_name(loop, body)};
}

/* Not all of a great many: each look begins where the last one ended. */
static void look_over(struct gr__loop *loop, struct ready *ready)
{
    struct gr__moves *moves = gr__actors_of(loop)->moves;
    struct gr__slots *bodies = &gr__actors_of(loop)->bodies;
    struct gr__body *body = moves->looked_at;
    for (unsigned i = 0; i < SCANNED && i < bodies->live; i++) {
        body = gr__slots_next(bodies, body);
        if (body == NULL)
            body = gr__slots_next(bodies, NULL);
        look_at(loop, body, ready);
    }
    moves->looked_at = body;
}

static void shed(void *context)
{
    struct order order = *(struct order *)context;
    struct gr__loop *loop = gr__loop_here();
    struct ready ready = {0};
    free(context);
    if (gr__moves_of(loop) == NULL)
        return;

    look_over(loop, &ready);
    unsigned most = ready.count / 2 < order.most ? ready.count / 2 : order.most;
    for (unsigned i = 0; i < ready.movable && i < most; i++)
        if (gr__move_start(loop, ready.actors[i], order.to, (gr_promise){0}) < 0)
            return; /* there is another look */
}

static int send_order(unsigned from, unsigned to, unsigned most)
{
    struct order *order = malloc(sizeof *order);
    if (order == NULL)
        return -ENOMEM;
    *order = (struct order){to, most};
    int rc = gr_post((int)from, shed, order, free);
    if (rc < 0)
        free(order);
    return rc == -ESHUTDOWN ? 0 : rc;
}

struct balancer {
    gr_time period;
    int margin;
    gr_time each;      /* move takes so much time, that no more than moves_max go in a second */
    gr_time next;      /* not before then */
    int busiest_again; /* the one that was far above the rest at the last look, or -1 */
};

static void init(struct balancer *balancer, const struct gr_balance_options *options)
{
    int moves_max = options->moves_max == 0 ? MOVES_MAX : options->moves_max;
    *balancer = (struct balancer){
        .period = options->period == 0 ? PERIOD : options->period,
        .margin = options->margin == 0 ? MARGIN : options->margin,
        .each = GR_SECOND / moves_max,
        .busiest_again = -1,
    };
}

/* How many moves the time allows for, which are used up by this. */
static unsigned take_moves(struct balancer *balancer)
{
    gr_time now = gr_clock();
    if (balancer->next < now - GR_SECOND / 10)
        balancer->next = now - GR_SECOND / 10;
    unsigned moves = 0;
    for (; balancer->next <= now && moves < AT_ONCE; moves++)
        balancer->next += balancer->each;
    return moves;
}

static int look(struct balancer *balancer)
{
    int busiest = 0, idlest = 0;
    int greatest = gr_loop_load(0), least = greatest;
    for (int i = 1; i < gr_loop_count(); i++) {
        int load = gr_loop_load(i);
        if (load > greatest) {
            greatest = load;
            busiest = i;
        }
        if (load < least) {
            least = load;
            idlest = i;
        }
    }
    if (greatest - least < balancer->margin) {
        balancer->busiest_again = -1;
        return 0;
    }
    bool again = balancer->busiest_again == busiest;
    balancer->busiest_again = busiest;
    unsigned most = again ? take_moves(balancer) : 0;
    return most == 0 ? 0 : send_order((unsigned)busiest, (unsigned)idlest, most);
}

int gr_balance(void *options)
{
    static const struct gr_balance_options defaults;
    struct balancer balancer;
    init(&balancer, options == NULL ? &defaults : options);
    int rc = 0;
    while (rc == 0) {
        rc = gr_sleep(gr_clock() + balancer.period);
        if (rc == 0)
            rc = look(&balancer);
    }
    return rc;
}
