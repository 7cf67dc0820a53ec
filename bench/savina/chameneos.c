/*
 * Savina's chameneos: creatures meet in pairs at a mall, and change colour by whom they meet.
 *
 *     creature              mall                  creature
 *     MEET, blue ---------> first
 *                           second <------------- MEET, red
 *         <--------- red    blue ------------->
 *     yellow now                                  yellow now
 *
 *     when all meetings were held:  MEET ---> CLOSED ---> creature ---> REPORT
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a meeting. It is four messages, which are all
 * of it: two to creatures, which are idle, and two to the mall, which always has mail, so that they
 * cost less. A meeting takes eight tenths of four messages to idle actors
 * (bench/runtime/message_local.c), some 800 instructions, about as fast as the processor can do
 * them.
 */
#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/crew.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

#define CREATURES 100u

enum { BEGIN, MEET, MET, CLOSED, REPORT };

enum color { BLUE, RED, YELLOW };

struct begin {
    gr_actor mall;
    uint64_t number;
};

struct meeting {
    gr_actor who;
    enum color color;
};

struct creature {
    gr_actor mall;
    uint64_t meetings;
    enum color color;
};

struct mall {
    uint64_t left;    /* meetings to be held */
    uint64_t reports; /* how many have come in */
    uint64_t sum;     /* of the meetings in them */
    gr_promise closed;
    struct meeting waiting; /* who came first; who is zero while nobody waits */
};

/* Both change to the colour that is neither's; two of the same stay as they are. */
static enum color complement(enum color mine, enum color other)
{
    return mine == other ? mine : (enum color)(3 - (int)mine - (int)other);
}

static int ask_to_meet(struct gr_self *self, const struct creature *creature)
{
    struct meeting meeting = {gr_self_actor(self), creature->color};
    return gr_send(creature->mall, MEET, &meeting, sizeof meeting);
}

static int creature_receive(struct gr_self *self, const struct gr_message *message)
{
    struct creature *creature = self->state;
    if (message->tag == CLOSED)
        return gr_send(creature->mall, REPORT, &creature->meetings, sizeof creature->meetings);
    if (message->tag == BEGIN) {
        const struct begin *begin = message->data;
        creature->mall = begin->mall;
        creature->color = (enum color)(begin->number % 3);
    } else {
        creature->color = complement(creature->color, *(const enum color *)message->data);
        creature->meetings++;
    }
    return ask_to_meet(self, creature);
}

static int meet(struct mall *mall, const struct meeting *second)
{
    struct meeting first = mall->waiting;
    if (mall->left == 0)
        return gr_send(second->who, CLOSED, NULL, 0);
    if (first.who.name == 0) {
        mall->waiting = *second;
        return 0;
    }
    mall->waiting.who.name = 0;
    mall->left--;
    int rc = gr_send(first.who, MET, &second->color, sizeof second->color);
    return rc < 0 ? rc : gr_send(second->who, MET, &first.color, sizeof first.color);
}

static int mall_receive(struct gr_self *self, const struct gr_message *message)
{
    struct mall *mall = self->state;
    if (message->tag == MEET)
        return meet(mall, message->data);
    mall->sum += *(const uint64_t *)message->data;
    if (++mall->reports < CREATURES)
        return 0;
    return gr_promise_resolve(mall->closed, &mall->sum, sizeof mall->sum);
}

static const struct gr_behavior malls = {.name = "mall",
                                         .receive = mall_receive,
                                         .start = bench_argument_is_state,
                                         .state_bytes = sizeof(struct mall)};
static const struct gr_behavior creatures = {
    .name = "creature", .receive = creature_receive, .state_bytes = sizeof(struct creature)};

static int begin_all(const gr_actor actors[CREATURES], gr_actor mall)
{
    for (size_t i = 0; i < CREATURES; i++) {
        struct begin begin = {.mall = mall, .number = i};
        int rc = gr_send(actors[i], BEGIN, &begin, sizeof begin);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int play(void *context)
{
    const uint64_t *meetings = context;
    struct mall mall = {.left = *meetings};
    gr_actor creature[CREATURES], place = {0};
    gr_future closed;
    int rc = gr_future_make(&closed, &mall.closed);
    if (rc == 0)
        rc = bench_crew_spawn(&place, 1, &malls, &mall, sizeof mall);
    if (rc == 0)
        rc = bench_crew_spawn(creature, CREATURES, &creatures, NULL, 0);
    if (rc == 0)
        rc = begin_all(creature, place);
    if (rc == 0)
        rc = bench_await_count(closed, 2 * *meetings, "meetings in all reports");
    if (rc == 0)
        rc = bench_crew_stop(creature, CREATURES);
    if (rc == 0)
        rc = gr_actor_stop(place, 0);
    return rc;
}

static int run(void *context)
{
    (void)context;
    uint64_t meetings = bench_scaled(200000);
    return bench_program(&(struct bench_program){
        .name = "chameneos", .run = play, .context = &meetings, .operations = meetings});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
