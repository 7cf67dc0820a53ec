/**
 * @file phase.h
 * @brief The phases in which a run stops, and what a program does of its own in each.
 *
 *     RUN --> ACCEPT --> DRAIN --> ACTORS --> CLOSE --> gr_run() returns
 *             |          |         |          |
 *             |          |         |          timers and callbacks end, waits are cancelled,
 *             |          |         |          what is queued to be written is
 *             |          |         actors stop, children before their parents
 *             |          mailboxes are emptied; connections and the main runner come to their end
 *             listeners close; the main runner is cancelled
 *
 * All loops go through them together: none enters a phase before all are done with the one before.
 * A phase is over when nothing is left of what it ends, nor is on its way between loops, or when its
 * time is up. Then each thing that is left is named to the run's report function, with what it waits
 * for and since when, and its waits are ended by force, through all shields; and the next phase
 * begins.
 *
 * A stop begins when the main runner returns, with gr_stop(), or with a first SIGINT or SIGTERM; a
 * later signal, or gr_stop_hurry(), ends the time of the phase under way.
 *
 * In DRAIN, a connection of gr_serve() that waits for its client with nothing read is idle: its read
 * ends with -ESHUTDOWN, and it may still say goodbye. One that has begun to read a request goes on
 * until it wants to read the next one. Messages of foreign threads are refused, with -ESHUTDOWN;
 * inside, all may send and ask on. Handlers finish what they are at.
 *
 * From ACTORS on nothing new begins: actors, runners and timers are refused with -ESHUTDOWN.
 *
 *     gr_on_stop(GR_PHASE_DRAIN, "goodbye", say_goodbye, &room, NULL)
 *
 * What was registered for a phase is run in it, as runners which may wait, side by side with
 * what else the phase does; it is over when they have returned, too.
 */
#ifndef GREENROOM_PHASE_H
#define GREENROOM_PHASE_H

#include <greenroom/base.h>
#include <greenroom/runner.h>

GR__BEGIN

/** The phases of a run, in their order. */
enum gr_phase {
    GR_PHASE_RUN = 0, /**< nothing has stopped */
    GR_PHASE_ACCEPT,  /**< nothing more comes from outside */
    GR_PHASE_DRAIN,   /**< what is under way comes to its end */
    GR_PHASE_ACTORS,  /**< actors stop */
    GR_PHASE_CLOSE,   /**< all else does */
    GR_PHASES         /**< how many there are */
};

/**
 * The phase that the run is in.
 *
 * @thread any
 */
GR_API enum gr_phase gr_run_phase(void);

/**
 * The name of a phase, as "drain".
 *
 * @thread any
 * @owner  a constant
 */
GR_API const char *gr_phase_name(enum gr_phase phase);

/** Something that is to be done in a phase. Zero names nothing. */
typedef struct gr_stop_hook {
    uint64_t name; /**< opaque */
} gr_stop_hook;

/**
 * Have @p run(@p context) run on this loop when a phase of stopping begins.
 *
 * Those of one phase run at once, on their loops; on one loop, those registered last begin first.
 * What one returns is reported if it is an error, and keeps nothing else from going on. One that
 * takes longer than the phase may is reported and cancelled, through its shields.
 *
 * @param phase     any but #GR_PHASE_RUN
 * @param name      for reports; a string that outlives the run
 * @param ret_hook  to drop it by; or NULL
 *
 * @thread loop
 * @owner  @p context must outlive the run, or the hook that is dropped
 * @errors -EINVAL no such phase, -ESHUTDOWN it has begun, -ENOMEM
 */
GR_FALLIBLE int gr_on_stop(enum gr_phase phase, const char *name, gr_runner_fn *run, void *context,
                           gr_stop_hook *ret_hook);

/**
 * Take a registration back. Stale or zero is ignored, and so is one that has been run.
 *
 * @thread loop, the hook's
 */
GR_API void gr_stop_hook_drop(gr_stop_hook hook);

/**
 * Stop the program, as a first SIGTERM would. Called again it does nothing.
 *
 * Before gr_run() it is kept for that: the main runner is cancelled before it has begun.
 *
 * @thread any
 */
GR_API void gr_stop(void);

/**
 * Go on to the next phase now, as a further SIGTERM would; nothing while nothing stops.
 *
 * @thread any
 */
GR_API void gr_stop_hurry(void);

GR__END

#endif
