/*
 * Savina's filter bank: a signal that passes through eight channels of filters, and is added up.
 *
 *     main runner     producer         source
 *      BEGIN -------> BOOT ----------> the next value
 *                          <---- NEXT   |
 *                                       v
 *                                    branches --- to each of 8 channels:
 *
 *         bank --> delay --> FIR filter --> sample --> delay --> FIR filter --> forwarder
 *                                                                                   |
 *       <-- promise    sink <-- combine <-- 8 values, one of each --- integrator <--+
 *
 * After the last value END goes the same way, and each actor that gets it passes it on and ends.
 *
 * Imam, Sarkar: Savina, AGERE 2014. An operation is a multiply-add of a filter. A FIR filter keeps
 * 16,384 values in a ring and, once it is full, multiplies all of them for each that comes: 2.7
 * billion times, which dominate. The 1.4 million messages are a twentieth of the cost. The rest is
 * the floor, whoever sends the messages: rings and coefficients are 4 MiB, more than the second
 * cache holds, and on an Intel Xeon of 2.5 GHz a multiply-add takes 0.55 ns, less than two
 * instructions a cycle.
 *
 * A filter multiplies its ring's places by the coefficients as they stand, as Savina's does, and
 * adds up in eight sums, by turns. So few values get through both filters that all which reach the
 * sink are zero. Therefore each FIR filter adds what it has computed to a check that END carries.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <greenroom/greenroom.h>

#include "bench/lib/bench.h"
#include "bench/lib/fleet.h"
#include "bench/lib/program.h"

enum { BEGIN, NEXT, BOOT, VALUE, END };

#define COLUMNS 16384u
#define COLUMNS_MAX 32768u /* up to here all sums of the first filters are exact */
#define CHANNELS 8u
#define VALUE_MAX 1000u
#define SUMS 8u

/* What comes out, as the sum of its bits: filters compute it for END to carry, the sink adds its. */
struct result {
    uint64_t values; /* that the sink has got */
    uint64_t check;
};

/* Made before the first message, and only read from then on. */
struct problem {
    uint64_t columns; /* a multiple of SUMS */
    uint64_t values;
    double *analysis[CHANNELS];  /* coefficients of the first filters */
    double *synthesis[CHANNELS]; /* and of the second */
    struct result result;
};

/* What any actor in the bank is told at first; each takes what it needs of it. */
struct setting {
    gr_actor next;
    const struct problem *problem;
    const double *coefficients;
    uint64_t channel;
    gr_promise over;
    gr_actor channels[CHANNELS]; /* their banks */
};

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static int send_value(gr_actor next, double value)
{
    return gr_send(next, VALUE, &value, sizeof value);
}

/* Pass END on, with what this actor and those before it have computed. */
static int end(struct gr_self *self, gr_actor next, uint64_t check)
{
    int rc = gr_send(next, END, &check, sizeof check);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

static uint64_t check_of(const struct gr_message *message)
{
    return *(const uint64_t *)message->data;
}

/* --- Producer and source: one value at a time ------------------------------------------------ */

struct producer {
    uint64_t left;
    gr_actor source;
};

static int producer_receive(struct gr_self *self, const struct gr_message *message)
{
    struct producer *producer = self->state;
    if (message->tag == BEGIN)
        *producer = *(const struct producer *)message->data;
    if (producer->left == 0)
        return end(self, producer->source, 0);
    producer->left--;
    gr_actor here = gr_self_actor(self);
    return gr_send(producer->source, BOOT, &here, sizeof here);
}

struct source {
    gr_actor next;
    uint64_t current;
};

static int source_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    ((struct source *)self->state)->next = ((const struct setting *)argument)->next;
    return 0;
}

static int source_receive(struct gr_self *self, const struct gr_message *message)
{
    struct source *source = self->state;
    if (message->tag == END)
        return end(self, source->next, check_of(message));
    int rc = send_value(source->next, (double)source->current);
    source->current = (source->current + 1) % VALUE_MAX;
    return rc < 0 ? rc : gr_send(*(const gr_actor *)message->data, NEXT, NULL, 0);
}

/* --- Branches: every value to every channel --------------------------------------------------- */

struct branches {
    gr_actor channels[CHANNELS];
};

static int branches_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    struct branches *branches = self->state;
    memcpy(branches->channels, ((const struct setting *)argument)->channels,
           sizeof branches->channels);
    return 0;
}

static int branches_receive(struct gr_self *self, const struct gr_message *message)
{
    const struct branches *branches = self->state;
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < CHANNELS; i++)
        rc = gr_send(branches->channels[i], message->tag, message->data, message->size);
    if (rc < 0 || message->tag != END)
        return rc;
    return gr_actor_stop(gr_self_actor(self), 0);
}

static int next_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    *(gr_actor *)self->state = ((const struct setting *)argument)->next;
    return 0;
}

/* --- The actors of a channel ----------------------------------------------------------------- */

struct filter {
    gr_actor next;
    const double *coefficients;
    uint64_t length; /* of the ring */
    uint64_t at;     /* the place of the ring that is next */
    uint64_t check;
    bool full;
    double *ring;
};

static int filter_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct setting *setting = argument;
    struct filter *filter = self->state;
    filter->next = setting->next;
    filter->coefficients = setting->coefficients;
    filter->length = setting->problem->columns;
    filter->ring = calloc(filter->length, sizeof *filter->ring);
    return filter->ring != NULL ? 0 : -ENOMEM;
}

static void filter_stop(struct gr_self *self, int reason)
{
    (void)reason;
    free(((struct filter *)self->state)->ring);
}

/* A delay is one shorter. */
static int delay_start(struct gr_self *self, const void *argument, size_t size)
{
    int rc = filter_start(self, argument, size);
    ((struct filter *)self->state)->length--;
    return rc;
}

static double put(struct filter *filter, double value)
{
    double before = filter->ring[filter->at];
    filter->ring[filter->at++] = value;
    if (filter->at == filter->length) {
        filter->at = 0;
        filter->full = true;
    }
    return before;
}

static int delay_receive(struct gr_self *self, const struct gr_message *message)
{
    struct filter *delay = self->state;
    if (message->tag == END)
        return end(self, delay->next, check_of(message));
    return send_value(delay->next, put(delay, *(const double *)message->data));
}

/* The coefficients lie in the order of the ring's places. */
static double convolve(const struct filter *filter)
{
    double sums[SUMS] = {0}, sum = 0;
    for (uint64_t i = 0; i < filter->length; i += SUMS) {
        for (unsigned j = 0; j < SUMS; j++)
            sums[j] += filter->ring[i + j] * filter->coefficients[i + j];
    }
    for (unsigned j = 0; j < SUMS; j++)
        sum += sums[j];
    return sum;
}

static int filter_receive(struct gr_self *self, const struct gr_message *message)
{
    struct filter *filter = self->state;
    if (message->tag == END)
        return end(self, filter->next, check_of(message) + filter->check);
    put(filter, *(const double *)message->data);
    if (!filter->full)
        return 0;
    double value = convolve(filter);
    filter->check += bits_of(value);
    return send_value(filter->next, value);
}

struct sample {
    gr_actor next;
    uint64_t rate;
    uint64_t seen; /* since the last that was let through */
};

static int sample_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct setting *setting = argument;
    *(struct sample *)self->state =
        (struct sample){.next = setting->next, .rate = setting->problem->columns};
    return 0;
}

static int sample_receive(struct gr_self *self, const struct gr_message *message)
{
    struct sample *sample = self->state;
    if (message->tag == END)
        return end(self, sample->next, check_of(message));
    double value = sample->seen == 0 ? *(const double *)message->data : 0;
    sample->seen = (sample->seen + 1) % sample->rate;
    return send_value(sample->next, value);
}

struct sourced {
    uint64_t channel;
    double value;
};

struct forwarder {
    gr_actor next;
    uint64_t channel;
};

static int forwarder_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    const struct setting *setting = argument;
    *(struct forwarder *)self->state =
        (struct forwarder){.next = setting->next, .channel = setting->channel};
    return 0;
}

static int forwarder_receive(struct gr_self *self, const struct gr_message *message)
{
    const struct forwarder *forwarder = self->state;
    if (message->tag == END)
        return end(self, forwarder->next, check_of(message));
    struct sourced sourced = {.channel = forwarder->channel,
                              .value = *(const double *)message->data};
    return gr_send(forwarder->next, VALUE, &sourced, sizeof sourced);
}

/* --- The bank at the head of a channel -------------------------------------------------------- */

static const struct gr_behavior delays = {.name = "delay",
                                          .receive = delay_receive,
                                          .start = delay_start,
                                          .stop = filter_stop,
                                          .state_bytes = sizeof(struct filter)};
static const struct gr_behavior filters = {.name = "filter",
                                           .receive = filter_receive,
                                           .start = filter_start,
                                           .stop = filter_stop,
                                           .state_bytes = sizeof(struct filter)};
static const struct gr_behavior samples = {.name = "sample",
                                           .receive = sample_receive,
                                           .start = sample_start,
                                           .state_bytes = sizeof(struct sample)};
static const struct gr_behavior forwarders = {.name = "forwarder",
                                              .receive = forwarder_receive,
                                              .start = forwarder_start,
                                              .state_bytes = sizeof(struct forwarder)};

/* Put one before all that the setting has so far: it becomes the next. */
static int prepend(const struct gr_behavior *behavior, int where, struct setting *setting)
{
    struct gr_actor_options options = {
        .where = where, .argument = setting, .argument_bytes = sizeof *setting};
    return gr_actor_spawn(behavior, &options, &setting->next);
}

/* From the last to the first, as each has to know the next. A channel is all on one loop. */
static int bank_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    struct setting setting = *(const struct setting *)argument;
    setting.coefficients = setting.problem->synthesis[setting.channel];
    int rc = prepend(&forwarders, GR_HERE, &setting);
    if (rc == 0)
        rc = prepend(&filters, GR_HERE, &setting);
    if (rc == 0)
        rc = prepend(&delays, GR_HERE, &setting);
    if (rc == 0)
        rc = prepend(&samples, GR_HERE, &setting);
    setting.coefficients = setting.problem->analysis[setting.channel];
    if (rc == 0)
        rc = prepend(&filters, GR_HERE, &setting);
    if (rc == 0)
        rc = prepend(&delays, GR_HERE, &setting);
    *(gr_actor *)self->state = setting.next;
    return rc;
}

static int bank_receive(struct gr_self *self, const struct gr_message *message)
{
    gr_actor next = *(const gr_actor *)self->state;
    if (message->tag == END)
        return end(self, next, check_of(message));
    return gr_send(next, VALUE, message->data, message->size);
}

static const struct gr_behavior banks = {
    .name = "bank", .receive = bank_receive, .start = bank_start, .state_bytes = sizeof(gr_actor)};

/* --- Integrator, combine and sink ------------------------------------------------------------ */

struct row {
    double values[CHANNELS];
};

/*
 * Rows that wait for a value of some channel, in a ring.
 *
 *     passed on         filled[2]   filled[0]     passed_on + capacity
 *     |                 |           |             |
 *     [ all but 2 ...   [ not 2 ... [ ...         |
 */
struct integrator {
    gr_actor next;
    struct row *rows;
    uint64_t capacity;
    uint64_t passed_on;
    uint64_t filled[CHANNELS]; /* rows that have the channel's value */
    unsigned ended;
    uint64_t check;
};

static void integrator_stop(struct gr_self *self, int reason)
{
    (void)reason;
    free(((struct integrator *)self->state)->rows);
}

static int grow(struct integrator *integrator)
{
    uint64_t capacity = integrator->capacity * 2 + 1;
    struct row *rows = malloc(capacity * sizeof *rows);
    if (rows == NULL)
        return -ENOMEM;
    for (uint64_t i = 0; i < integrator->capacity; i++) {
        uint64_t row = integrator->passed_on + i;
        rows[row % capacity] = integrator->rows[row % integrator->capacity];
    }
    free(integrator->rows);
    integrator->rows = rows;
    integrator->capacity = capacity;
    return 0;
}

static int fill(struct integrator *integrator, const struct sourced *sourced)
{
    uint64_t row = integrator->filled[sourced->channel];
    int rc = row - integrator->passed_on == integrator->capacity ? grow(integrator) : 0;
    if (rc < 0)
        return rc;
    integrator->rows[row % integrator->capacity].values[sourced->channel] = sourced->value;
    integrator->filled[sourced->channel]++;
    return 0;
}

static bool first_is_full(const struct integrator *integrator)
{
    for (unsigned i = 0; i < CHANNELS; i++) {
        if (integrator->filled[i] == integrator->passed_on)
            return false;
    }
    return true;
}

static int integrator_receive(struct gr_self *self, const struct gr_message *message)
{
    struct integrator *integrator = self->state;
    if (message->tag == END) {
        integrator->check += check_of(message);
        return ++integrator->ended < CHANNELS ? 0 : end(self, integrator->next, integrator->check);
    }
    int rc = fill(integrator, message->data);
    if (rc < 0 || !first_is_full(integrator))
        return rc;
    const struct row *row = &integrator->rows[integrator->passed_on++ % integrator->capacity];
    return gr_send(integrator->next, VALUE, row, sizeof *row);
}

static double sum_of(const struct row *row)
{
    double sum = 0;
    for (unsigned i = 0; i < CHANNELS; i++)
        sum += row->values[i];
    return sum;
}

static int combine_receive(struct gr_self *self, const struct gr_message *message)
{
    gr_actor next = *(const gr_actor *)self->state;
    if (message->tag == END)
        return end(self, next, check_of(message));
    return send_value(next, sum_of(message->data));
}

struct sink {
    gr_promise over;
    struct result result;
};

static int sink_start(struct gr_self *self, const void *argument, size_t size)
{
    (void)size;
    ((struct sink *)self->state)->over = ((const struct setting *)argument)->over;
    return 0;
}

static int sink_receive(struct gr_self *self, const struct gr_message *message)
{
    struct sink *sink = self->state;
    if (message->tag == VALUE) {
        sink->result.values++;
        sink->result.check += bits_of(*(const double *)message->data);
        return 0;
    }
    sink->result.check += check_of(message);
    int rc = gr_promise_resolve(sink->over, &sink->result, sizeof sink->result);
    return rc < 0 ? rc : gr_actor_stop(gr_self_actor(self), 0);
}

/* --- The whole ------------------------------------------------------------------------------- */

static const struct gr_behavior producers = {
    .name = "producer", .receive = producer_receive, .state_bytes = sizeof(struct producer)};
static const struct gr_behavior sources = {.name = "source",
                                           .receive = source_receive,
                                           .start = source_start,
                                           .state_bytes = sizeof(struct source)};
static const struct gr_behavior branchers = {.name = "branches",
                                             .receive = branches_receive,
                                             .start = branches_start,
                                             .state_bytes = sizeof(struct branches)};
static const struct gr_behavior integrators = {.name = "integrator",
                                               .receive = integrator_receive,
                                               .start = next_start,
                                               .stop = integrator_stop,
                                               .state_bytes = sizeof(struct integrator)};
static const struct gr_behavior combines = {.name = "combine",
                                            .receive = combine_receive,
                                            .start = next_start,
                                            .state_bytes = sizeof(gr_actor)};
static const struct gr_behavior sinks = {.name = "sink",
                                         .receive = sink_receive,
                                         .start = sink_start,
                                         .state_bytes = sizeof(struct sink)};

/* The banks, spread over the loops. What comes before and after them is on this one. */
static int spawn_banks(struct setting *setting)
{
    gr_actor integrator = setting->next;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < CHANNELS; i++) {
        setting->next = integrator;
        setting->channel = i;
        rc = prepend(&banks, GR_SPREAD, setting);
        setting->channels[i] = setting->next;
    }
    return rc;
}

static int spawn_all(struct setting *setting)
{
    int rc = prepend(&sinks, GR_HERE, setting);
    if (rc == 0)
        rc = prepend(&combines, GR_HERE, setting);
    if (rc == 0)
        rc = prepend(&integrators, GR_HERE, setting);
    if (rc == 0)
        rc = spawn_banks(setting);
    if (rc == 0)
        rc = prepend(&branchers, GR_HERE, setting);
    if (rc == 0)
        rc = prepend(&sources, GR_HERE, setting);
    return rc;
}

static int play(void *context)
{
    const struct problem *problem = context;
    struct setting setting = {.problem = problem};
    gr_future over;
    gr_actor producer = {0};
    int rc = gr_future_make(&over, &setting.over);
    if (rc == 0)
        rc = spawn_all(&setting);
    if (rc == 0)
        rc = gr_actor_spawn(&producers, NULL, &producer);
    struct producer begin = {.left = problem->values, .source = setting.next};
    if (rc == 0)
        rc = gr_send(producer, BEGIN, &begin, sizeof begin);
    struct result result = {0};
    if (rc == 0)
        rc = gr_future_await(over, &result, sizeof result, GR_FOREVER);
    if (rc < 0)
        return rc;
    if (result.values != problem->result.values || result.check != problem->result.check)
        return bench_wrong("not the values that the filters should let through");
    return 0;
}

/* --- The same in a loop, before --------------------------------------------------------------- */

/* A filter that goes on from its last sum: that is exact where nothing is rounded. */
struct sliding {
    struct filter filter;
    double sum;
};

static double slide(struct sliding *sliding, double value)
{
    struct filter *filter = &sliding->filter;
    double coefficient = filter->coefficients[filter->at];
    sliding->sum -= put(filter, value) * coefficient;
    sliding->sum += value * coefficient;
    return sliding->sum;
}

/* A channel: delay, filter, delay, filter; their rings are empty. Adds its values to the rows. */
static void pass(const struct problem *problem, struct sliding steps[4], uint64_t *check,
                 double *rows)
{
    uint64_t filtered = 0, row = 0;
    for (uint64_t i = 0; i < problem->values; i++) {
        double value = slide(&steps[1], put(&steps[0].filter, (double)(i % VALUE_MAX)));
        if (!steps[1].filter.full)
            continue;
        *check += bits_of(value);
        value = put(&steps[2].filter, filtered++ % problem->columns == 0 ? value : 0);
        value = slide(&steps[3], value);
        if (!steps[3].filter.full)
            continue;
        *check += bits_of(value);
        rows[row++] += value;
    }
}

static int solve_channel(const struct problem *problem, unsigned channel, uint64_t *check,
                         double *rows)
{
    const double *const coefficients[4] = {NULL, problem->analysis[channel], NULL,
                                           problem->synthesis[channel]};
    struct sliding steps[4] = {0};
    double *rings = calloc(4 * problem->columns, sizeof *rings);
    if (rings == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < 4; i++)
        steps[i].filter = (struct filter){.coefficients = coefficients[i],
                                          .length = problem->columns - (i % 2 == 0),
                                          .ring = rings + i * problem->columns};
    pass(problem, steps, check, rows);
    free(rings);
    return 0;
}

static int solve(struct problem *problem)
{
    struct result *result = &problem->result;
    result->values = problem->values - 2 * (problem->columns - 1);
    double *rows = calloc(result->values, sizeof *rows);
    int rc = rows != NULL ? 0 : -ENOMEM;
    for (unsigned i = 0; rc == 0 && i < CHANNELS; i++)
        rc = solve_channel(problem, i, &result->check, rows);
    for (uint64_t i = 0; rc == 0 && i < result->values; i++)
        result->check += bits_of(rows[i]);
    free(rows);
    return rc;
}

/* Savina's coefficients, those of the last column first. */
static int make_coefficients(struct problem *problem)
{
    uint64_t columns = problem->columns;
    double *made = malloc(2 * CHANNELS * columns * sizeof *made);
    if (made == NULL)
        return -ENOMEM;
    for (uint64_t j = 0; j < CHANNELS; j++) {
        problem->analysis[j] = made + 2 * j * columns;
        problem->synthesis[j] = problem->analysis[j] + columns;
        for (uint64_t i = 0; i < columns; i++) {
            uint64_t last = columns - 1 - i;
            problem->analysis[j][last] = (double)(i * columns + j * CHANNELS + 2 * j + i + 1);
            problem->synthesis[j][last] = (double)(i * j + j * j + j + i);
        }
    }
    return 0;
}

static uint64_t multiply_adds(const struct problem *problem)
{
    uint64_t first = problem->values - (problem->columns - 1);
    return (first + problem->result.values) * problem->columns * CHANNELS;
}

/* The length of the rings is a multiple of the sums. */
static uint64_t scaled_columns(void)
{
    uint64_t columns = bench_scaled(COLUMNS);
    if (columns > COLUMNS_MAX)
        columns = COLUMNS_MAX;
    return (columns + SUMS - 1) / SUMS * SUMS;
}

static int run(void *context)
{
    (void)context;
    struct problem problem = {.columns = scaled_columns()};
    problem.values = 2048 + 2 * (problem.columns > 2048 ? problem.columns : 2048);
    int rc = make_coefficients(&problem);
    if (rc == 0)
        rc = solve(&problem);
    if (rc == 0)
        rc = bench_program(&(struct bench_program){.name = "filter_bank",
                                                   .run = play,
                                                   .context = &problem,
                                                   .operations = multiply_adds(&problem)});
    free(problem.analysis[0]);
    return rc;
}

int main(int argc, char **argv)
{
    return bench_fleet(argc, argv, 1, run);
}
