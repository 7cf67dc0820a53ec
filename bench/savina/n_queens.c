/*
 * Savina's n queens: a search whose first rows are split among workers, and whose rest each does.
 *
 *     main runner      master                        worker, one of 20
 *      START --------> WORK, an empty board -------> fewer than 4 queens:
 *                           <----------------- WORK     for each place of the next
 *                           <----------------- DONE
 *                      ...
 *                      WORK, 4 queens -------------> all that can be made of it:
 *                           <------------- SOLUTION     for each
 *                           <----------------- DONE
 *       <--- promise   as often done as sent: the number of solutions
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a solution of 12 queens, of which there are
 * 14,200; behind them are 856,000 boards with fewer. What dominates is testing a queen against
 * those before it, which is the floor: all 29,000 messages come to one part in a hundred of the
 * cost. Two loops are 1.5 to 1.8 times as fast as one: the master hands boards out in turn, waits
 * while as many as a lane holds are under way to the other loop, and may leave the workers of its
 * own without any.
 */
#include <string.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { START, WORK, SOLUTION, DONE };

#define WORKERS 20u
#define THRESHOLD 4u /* queens from which on a worker goes on alone */
#define QUEENS 12u
#define QUEENS_MAX 15u

static const uint64_t solutions[QUEENS_MAX + 1] = {
    1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14200, 73712, 365596, 2279184};

/* Where the queen of each row stands. A message that fits a cache line. */
struct board {
    uint8_t size, rows; /* rows that have their queen */
    uint8_t column[QUEENS_MAX];
};

struct start {
    uint64_t queens;
    gr_promise found;
    gr_actor workers[WORKERS];
};

struct master {
    struct start start;
    uint64_t sent, done, found;
};

static int hand_out(struct master *master, const struct board *board)
{
    gr_actor worker = master->start.workers[master->sent++ % WORKERS];
    return gr_send(worker, WORK, board, sizeof *board);
}

static int master_receive(struct gr_self *self, const struct gr_message *message)
{
    struct master *master = self->state;
    switch (message->tag) {
    case START:
        master->start = *(const struct start *)message->data;
        return hand_out(master, &(struct board){.size = (uint8_t)master->start.queens});
    case WORK:
        return hand_out(master, message->data);
    case SOLUTION:
        master->found++;
        return 0;
    default:
        if (++master->done < master->sent)
            return 0;
        return gr_promise_resolve(master->start.found, &master->found, sizeof master->found);
    }
}

/* Whether the last queen is safe from those before it. */
static bool is_safe(const struct board *board)
{
    int last = board->rows - 1;
    for (int row = 0; row < last; row++) {
        int aside = board->column[row] - board->column[last];
        if (aside == 0 || aside == last - row || aside == row - last)
            return false;
    }
    return true;
}

/* Go on with each board that has one queen more. */
static int search(gr_actor master, struct board *board)
{
    if (board->rows == board->size)
        return gr_send(master, SOLUTION, NULL, 0);
    int rc = 0;
    uint8_t row = board->rows++;
    for (uint8_t column = 0; rc == 0 && column < board->size; column++) {
        board->column[row] = column;
        if (is_safe(board))
            rc = search(master, board);
    }
    board->rows = row;
    return rc;
}

/* The same, but have the master hand them out. */
static int split(gr_actor master, struct board *board)
{
    int rc = 0;
    uint8_t row = board->rows++;
    for (uint8_t column = 0; rc == 0 && column < board->size; column++) {
        board->column[row] = column;
        if (is_safe(board))
            rc = gr_send(master, WORK, board, sizeof *board);
    }
    return rc;
}

static int worker_start(struct gr_self *self, const void *argument, size_t size)
{
    memcpy(self->state, argument, size);
    return 0;
}

static int worker_receive(struct gr_self *self, const struct gr_message *message)
{
    gr_actor master = *(const gr_actor *)self->state;
    struct board board = *(const struct board *)message->data;
    int rc = board.rows < THRESHOLD && board.rows < board.size ? split(master, &board)
                                                               : search(master, &board);
    return rc < 0 ? rc : gr_send(master, DONE, NULL, 0);
}

static const struct gr_behavior masters = {
    .name = "master", .receive = master_receive, .state_bytes = sizeof(struct master)};
static const struct gr_behavior workers = {.name = "worker",
                                           .receive = worker_receive,
                                           .start = worker_start,
                                           .state_bytes = sizeof(gr_actor)};

static int spawn_all(struct start *start, gr_actor *ret_master)
{
    struct gr_actor_options spread = {.where = GR_SPREAD};
    int rc = gr_actor_spawn(&masters, &spread, ret_master);
    spread.argument = ret_master;
    spread.argument_bytes = sizeof *ret_master;
    for (size_t i = 0; rc == 0 && i < WORKERS; i++)
        rc = gr_actor_spawn(&workers, &spread, &start->workers[i]);
    return rc;
}

static int stop_all(const struct start *start, gr_actor master)
{
    int rc = gr_actor_stop(master, 0);
    for (size_t i = 0; rc == 0 && i < WORKERS; i++)
        rc = gr_actor_stop(start->workers[i], 0);
    return rc;
}

static int play(void *context)
{
    const uint64_t *queens = context;
    gr_future found;
    gr_actor master = {0};
    struct start start = {.queens = *queens};
    int rc = gr_future_make(&found, &start.found);
    if (rc == 0)
        rc = spawn_all(&start, &master);
    if (rc == 0)
        rc = gr_send(master, START, &start, sizeof start);
    uint64_t count = 0;
    if (rc == 0)
        rc = gr_future_await(found, &count, sizeof count, GR_FOREVER);
    if (rc == 0)
        rc = stop_all(&start, master);
    if (rc < 0)
        return rc;
    return count == solutions[*queens] ? 0 : bench_wrong("not as many solutions as there are");
}

/* As many queens, four at least, as have no more solutions than the scale asks for. */
static int run(void *context)
{
    (void)context;
    uint64_t most = bench_scaled(solutions[QUEENS]);
    uint64_t queens = QUEENS_MAX;
    while (queens > 4 && solutions[queens] > most)
        queens--;
    return bench_program(&(struct bench_program){
        .name = "n_queens", .run = play, .context = &queens, .operations = solutions[queens]});
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
