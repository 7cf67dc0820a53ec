/*
 * Savina's guided search: a grid of nodes, each of which is visited once, those near the target
 * first.
 *
 *     main runner      master                     worker, one of 20, who owns a part of the grid
 *      START --------> FOUND, the origin -------> visits it, then what it leads to, up to 1,024
 *                           <-------------- FOUND    a node of another worker's
 *                           <--------------- REST    a node of its own that was not visited yet
 *                           <--------------- DONE
 *                      FOUND or REST -----------> ...
 *                      ...
 *                      as often done as sent:
 *                      STOP --------------------> all 20
 *                           <-------------- PARTS    how it came to each of its nodes, moved
 *       <--- promise   the way back from the target
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a node visited: 22,000 of the 27,000 can be
 * reached. Each is 100 random numbers of work, which dominate: they are the floor, and two thirds
 * of the first row on one loop. In the second row there are none: there the search itself dominates
 * on one loop, and on two the 24,000 messages, which all pass through the master.
 *
 * In Savina workers share the grid, and claim nodes by compare-and-swap. Here nothing is shared but
 * the arcs, made before: a node belongs to a worker, who alone knows whether it was found. Savina's
 * search ends with the target, after as many nodes as chance will have; this one visits every node
 * that it can reach, so that each run is the same work. A worker chooses its next node by the 30
 * priorities. The 1,024 bound how long it keeps others waiting, once parts are large enough for it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { START, FOUND, REST, DONE, STOP, PARTS };

#define WORKERS 20u
#define WORKERS_I 5u /* parts of the grid on its first axis */
#define WORKERS_J 4u /* and on its second */
#define SIDE 30u
#define THRESHOLD 1024u /* nodes to visit for a message */
#define PRIORITIES 30u  /* 0 is the nearest to the target */
#define DRAWS 100u
#define ARCS 6u
#define SEED 123456u
#define NOWHERE UINT32_MAX

/* What all know of a node. */
struct node {
    uint32_t place; /* among its owner's */
    uint8_t owner, priority;
    uint8_t arcs; /* bit i: to that node which is grid->ahead[i] further on */
};

/* Made before the first message, and only read from then on. */
struct grid {
    uint32_t side, nodes, target;
    uint32_t ahead[ARCS]; /* by one on one axis, or on two */
    uint32_t part_i, part_j, part_nodes;
    uint32_t reached; /* nodes, as a sequential search has it */
    uint32_t draws;   /* random numbers for each visit */
    struct node *node;
};

/* A node, and the one from which it was found. */
struct find {
    uint32_t node, from;
};

struct start {
    const struct grid *grid;
    gr_promise over;
    gr_actor workers[WORKERS];
};

/* What a worker knows of its nodes, and the master in the end. */
struct part {
    uint32_t owner, visited;
    uint32_t from[]; /* by place: the node from which it was found, plus 1; 0 before that */
};

struct master {
    struct start start;
    uint64_t sent, done;
    uint32_t visited, stopped;
    struct gr_buffer parts[WORKERS];
};

struct duty {
    const struct grid *grid;
    gr_actor master;
    uint32_t number;
};

/* Nodes found and not visited yet, in a stack for each priority. */
struct found {
    uint32_t waiting; /* bit i: there are some of priority i */
    uint32_t first[PRIORITIES];
    uint32_t *next; /* by place */
};

struct worker {
    struct duty duty;
    struct part *part;
    struct found found;
    uint64_t random;
};

/* The answer: nodes visited, and whether the way back from the target leads to the origin. */
struct answer {
    uint32_t visited;
    bool has_way;
};

static int hand_out(struct master *master, uint32_t tag, const struct find *find)
{
    const struct start *start = &master->start;
    master->sent++;
    return gr_send(start->workers[start->grid->node[find->node].owner], tag, find, sizeof *find);
}

static int stop_all(const struct master *master)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < WORKERS; i++)
        rc = gr_send(master->start.workers[i], STOP, NULL, 0);
    return rc;
}

static bool has_arc(const struct grid *grid, uint32_t from, uint32_t to)
{
    for (unsigned i = 0; i < ARCS; i++)
        if ((grid->node[from].arcs >> i & 1) != 0 && from + grid->ahead[i] == to)
            return true;
    return false;
}

/* Whether each step back from the target is an arc, up to the origin. Arcs only lead ahead. */
static bool has_way(const struct master *master)
{
    const struct grid *grid = master->start.grid;
    uint32_t at = grid->target;
    while (at != 0) {
        const struct part *part = master->parts[grid->node[at].owner].data;
        uint32_t from = part->from[grid->node[at].place] - 1;
        if (from == NOWHERE || !has_arc(grid, from, at))
            return false;
        at = from;
    }
    return true;
}

static int answer(struct gr_self *self)
{
    struct master *master = self->state;
    struct answer answer = {master->visited, has_way(master)};
    for (size_t i = 0; i < WORKERS; i++)
        gr_buffer_release(&master->parts[i]);
    int rc = gr_promise_resolve(master->start.over, &answer, sizeof answer);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static int gather(struct gr_self *self, const struct gr_message *message)
{
    struct master *master = self->state;
    const struct part *part = message->data;
    master->visited += part->visited;
    int rc = gr_message_take_buffer(message, &master->parts[part->owner]);
    return rc < 0 || ++master->stopped < WORKERS ? rc : answer(self);
}

static int master_receive(struct gr_self *self, const struct gr_message *message)
{
    struct master *master = self->state;
    switch (message->tag) {
    case START:
        master->start = *(const struct start *)message->data;
        return hand_out(master, FOUND, &(struct find){0, 0});
    case DONE:
        return ++master->done < master->sent ? 0 : stop_all(master);
    case PARTS:
        return gather(self, message);
    default:
        return hand_out(master, message->tag, message->data);
    }
}

static const struct node *node_of(const struct worker *worker, uint32_t node)
{
    return &worker->duty.grid->node[node];
}

static void push(struct worker *worker, uint32_t node)
{
    const struct node *known = node_of(worker, node);
    struct found *found = &worker->found;
    found->next[known->place] = found->first[known->priority];
    found->first[known->priority] = node;
    found->waiting |= 1u << known->priority;
}

/* Of the nodes that are nearest to the target the one that was found last. */
static uint32_t pop(struct worker *worker)
{
    struct found *found = &worker->found;
    int priority = __builtin_ctz(found->waiting);
    uint32_t node = found->first[priority];
    found->first[priority] = found->next[node_of(worker, node)->place];
    if (found->first[priority] == NOWHERE)
        found->waiting &= ~(1u << priority);
    return node;
}

/* A node of one's own is found: the first time that counts. */
static void claim(struct worker *worker, uint32_t node, uint32_t from)
{
    uint32_t *found_from = &worker->part->from[node_of(worker, node)->place];
    if (*found_from != 0)
        return;
    *found_from = from + 1;
    push(worker, node);
}

static int tell(const struct worker *worker, uint32_t tag, uint32_t node, uint32_t from)
{
    struct find found = {node, from};
    return gr_send(worker->duty.master, tag, &found, sizeof found);
}

static void draw(uint64_t *random, uint32_t times)
{
    uint64_t z = *random;
    for (uint32_t i = 0; i < times; i++) {
        z ^= z << 13;
        z ^= z >> 7;
        z ^= z << 17;
    }
    *random = z;
}

static int visit(struct worker *worker, uint32_t node)
{
    const struct grid *grid = worker->duty.grid;
    draw(&worker->random, grid->draws);
    worker->part->visited++;
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < ARCS; i++) {
        if ((grid->node[node].arcs >> i & 1) == 0)
            continue;
        uint32_t next = node + grid->ahead[i];
        if (grid->node[next].owner == worker->duty.number)
            claim(worker, next, node);
        else
            rc = tell(worker, FOUND, next, node);
    }
    return rc;
}

/* Visit what was found, and tell the master of the rest. */
static int search(struct worker *worker)
{
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < THRESHOLD && worker->found.waiting != 0; i++)
        rc = visit(worker, pop(worker));
    while (rc == 0 && worker->found.waiting != 0) {
        uint32_t node = pop(worker);
        rc = tell(worker, REST, node, worker->part->from[node_of(worker, node)->place] - 1);
    }
    return rc < 0 ? rc : gr_send(worker->duty.master, DONE, NULL, 0);
}

/* Move what one knows to the master. */
static int give_part(struct gr_self *self)
{
    struct worker *worker = self->state;
    struct gr_buffer part = gr_buffer_adopt(
        worker->part, sizeof *worker->part + worker->duty.grid->part_nodes * sizeof(uint32_t));
    int rc = gr_send_buffer(worker->duty.master, PARTS, &part, GR_FOREVER);
    if (rc < 0)
        return rc;
    worker->part = NULL;
    return gr_actor_stop(gr_self_actor(self), 0);
}

static int worker_receive(struct gr_self *self, const struct gr_message *message)
{
    struct worker *worker = self->state;
    const struct find *found = message->data;
    if (message->tag == STOP)
        return give_part(self);
    if (message->tag == FOUND)
        claim(worker, found->node, found->from);
    else
        push(worker, found->node);
    return search(worker);
}

static void worker_stop(struct gr_self *self, int reason)
{
    (void)reason;
    struct worker *worker = self->state;
    free(worker->part);
    free(worker->found.next);
}

static int worker_start(struct gr_self *self, const void *argument, size_t size)
{
    struct worker *worker = self->state;
    memcpy(&worker->duty, argument, size);
    size_t nodes = worker->duty.grid->part_nodes;
    worker->random = worker->duty.number + 1;
    for (size_t i = 0; i < PRIORITIES; i++)
        worker->found.first[i] = NOWHERE;
    worker->part = calloc(1, sizeof *worker->part + nodes * sizeof(uint32_t));
    worker->found.next = malloc(nodes * sizeof(uint32_t));
    if (worker->part == NULL || worker->found.next == NULL) {
        worker_stop(self, -ENOMEM);
        return -ENOMEM;
    }
    worker->part->owner = worker->duty.number;
    return 0;
}

static const struct gr_behavior masters = {
    .name = "master", .receive = master_receive, .state_bytes = sizeof(struct master)};
static const struct gr_behavior workers = {.name = "worker",
                                           .receive = worker_receive,
                                           .start = worker_start,
                                           .stop = worker_stop,
                                           .state_bytes = sizeof(struct worker)};

static int spawn_all(struct start *start, gr_actor *ret_master)
{
    struct gr_actor_options spread = {.where = GR_SPREAD};
    int rc = gr_actor_spawn(&masters, &spread, ret_master);
    for (uint32_t i = 0; rc == 0 && i < WORKERS; i++) {
        struct duty duty = {start->grid, *ret_master, i};
        spread.argument = &duty;
        spread.argument_bytes = sizeof duty;
        rc = gr_actor_spawn(&workers, &spread, &start->workers[i]);
    }
    return rc;
}

static int play(void *context)
{
    const struct grid *grid = context;
    gr_future over;
    gr_actor master = {0};
    struct start start = {.grid = grid};
    int rc = gr_future_make(&over, &start.over);
    if (rc == 0)
        rc = spawn_all(&start, &master);
    if (rc == 0)
        rc = gr_send(master, START, &start, sizeof start);
    struct answer answer = {0};
    if (rc == 0)
        rc = gr_future_await(over, &answer, sizeof answer, GR_FOREVER);
    if (rc < 0)
        return rc;
    if (answer.visited != grid->reached)
        return bench_wrong("not as many nodes as can be reached");
    return answer.has_way ? 0 : bench_wrong("no way from the origin to the target");
}

static uint32_t next_random(uint64_t *state)
{
    draw(state, 1);
    return (uint32_t)(*state >> 32);
}

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

/* Each arc that stays on the grid is there by chance of one half, but one at least. */
static uint8_t make_arcs(const struct grid *grid, const uint32_t at[3], uint64_t *random)
{
    unsigned possible = 0;
    for (unsigned i = 0; i < ARCS; i++) {
        unsigned step = i + 1; /* 001, 010, ..., 110 */
        if (at[0] + (step >> 2) < grid->side && at[1] + (step >> 1 & 1) < grid->side &&
            at[2] + (step & 1) < grid->side)
            possible |= 1u << i;
    }
    unsigned chosen = possible & next_random(random);
    return (uint8_t)(chosen != 0 ? chosen : possible & -possible);
}

static struct node make_node(const struct grid *grid, const uint32_t at[3], uint64_t *random)
{
    uint32_t goal = grid->side * 4 / 5, far = 0;
    for (int i = 0; i < 3; i++)
        far = distance(at[i], goal) > far ? distance(at[i], goal) : far;
    uint32_t row = at[0] % grid->part_i * grid->part_j + at[1] % grid->part_j;
    return (struct node){
        .place = row * grid->side + at[2],
        .owner = (uint8_t)(at[0] / grid->part_i * WORKERS_J + at[1] / grid->part_j),
        .priority = (uint8_t)(far * PRIORITIES / grid->side),
        .arcs = make_arcs(grid, at, random),
    };
}

static void make_nodes(struct grid *grid, uint64_t *random)
{
    uint32_t side = grid->side;
    for (uint32_t i = 0; i < grid->nodes; i++)
        grid->node[i] = make_node(
            grid, (const uint32_t[3]){i / (side * side), i / side % side, i % side}, random);
}

/* Count what can be reached, in order: arcs lead to greater numbers. True if the target can. */
static bool reach(struct grid *grid, bool *reached)
{
    memset(reached, 0, grid->nodes * sizeof *reached);
    reached[0] = true;
    grid->reached = 0;
    for (uint32_t node = 0; node < grid->nodes; node++) {
        if (!reached[node])
            continue;
        grid->reached++;
        for (unsigned i = 0; i < ARCS; i++)
            if ((grid->node[node].arcs >> i & 1) != 0)
                reached[node + grid->ahead[i]] = true;
    }
    return reached[grid->target];
}

static struct grid lay_out(uint64_t nodes)
{
    uint32_t side = 2;
    while ((uint64_t)(side + 1) * (side + 1) * (side + 1) <= nodes)
        side++;
    uint32_t plane = side * side, goal = side * 4 / 5;
    struct grid grid = {
        .side = side,
        .nodes = plane * side,
        .target = goal * (plane + side + 1),
        .ahead = {1, side, side + 1, plane, plane + 1, plane + side},
        .part_i = (side + WORKERS_I - 1) / WORKERS_I,
        .part_j = (side + WORKERS_J - 1) / WORKERS_J,
    };
    grid.part_nodes = grid.part_i * grid.part_j * side;
    return grid;
}

static int measure(struct grid *grid, const char *variant, uint32_t draws)
{
    grid->draws = draws;
    return bench_program(&(struct bench_program){.name = "a_star",
                                                 .variant = variant,
                                                 .run = play,
                                                 .context = grid,
                                                 .operations = grid->reached});
}

static int run(void *context)
{
    (void)context;
    struct grid grid = lay_out(bench_scaled((uint64_t)SIDE * SIDE * SIDE));
    grid.node = malloc(grid.nodes * sizeof *grid.node);
    bool *reached = malloc(grid.nodes * sizeof *reached);
    uint64_t random = SEED;
    int rc = -ENOMEM;
    if (grid.node != NULL && reached != NULL) {
        do
            make_nodes(&grid, &random);
        while (!reach(&grid, reached));
        rc = measure(&grid, NULL, DRAWS);
        if (rc == 0)
            rc = measure(&grid, "no cost", 0);
    }
    free(reached);
    free(grid.node);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
