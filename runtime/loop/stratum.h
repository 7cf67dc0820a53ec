/*
 * Strata: what stands on a loop, brought up in order and taken down in reverse.
 *
 *     start ... each phase of stopping: stop -- busy until 0 -- done
 *                                               its time is up: report -- force
 *
 * A stratum adds itself before main, in a constructor of the file that everybody needs
 * who uses it. So what is below never names what is above, and a program that does not
 * use a stratum does not start it.
 */
#ifndef GREENROOM_LOOP_STRATUM_H
#define GREENROOM_LOOP_STRATUM_H

#include <stddef.h>

struct gr__loop;

/*
 * The strata, lowest first, and the number of each one's part of a loop. Calls come last: what they
 * give back of their users' may be anything from below. What waits comes first: it is woken still
 * while others end; and what runners that are torn down still tell is before those.
 */
enum gr__part {
    GR__PART_STOP_HOOK,
    GR__PART_WHEN,
    GR__PART_RUNNER,
    GR__PART_FUTURE,
    GR__PART_CHANNEL,
    GR__PART_WATCH,
    GR__PART_IO,
    GR__PART_SIGNAL,
    GR__PART_ACTOR,
    GR__PART_ROUTER,
    GR__PART_CALL,
    GR__PART_PERIODIC,
    GR__PART_BELL,
    GR__PARTS
};

/* Gets a line about something that is left, without its end of line. */
typedef void gr__say_fn(void *context, const char *line);

struct gr__stratum {
    enum gr__part part;
    int (*start)(struct gr__loop *loop);

    /*
     * A phase of stopping has begun, loop->phase: begin to end what is to end in it. From CLOSE on
     * called again and again, for what has begun since. NULL: nothing to do.
     */
    void (*stop)(struct gr__loop *loop);

    /* How many things there are still that are to have ended by this phase. NULL: none ever. */
    size_t (*busy)(const struct gr__loop *loop);

    /* Name them; and, when the loop ends, all that is left. NULL: nothing ever is. */
    void (*report)(struct gr__loop *loop, gr__say_fn *say, void *context);

    /* End their waits, whatever stands before that. NULL: nothing to do. */
    void (*force)(struct gr__loop *loop);

    void (*done)(struct gr__loop *loop);

    struct gr__stratum *below; /* once added */
};

/* Add a stratum, in its place among those there are. */
void gr__stratum_add(struct gr__stratum *stratum);

/* Bring up all strata on a loop; on an error none is up. */
int gr__strata_start(struct gr__loop *loop);

void gr__strata_stop(struct gr__loop *loop);
size_t gr__strata_busy(const struct gr__loop *loop);
void gr__strata_report(struct gr__loop *loop, gr__say_fn *say, void *context);
void gr__strata_force(struct gr__loop *loop);
void gr__strata_done(struct gr__loop *loop);

#endif
