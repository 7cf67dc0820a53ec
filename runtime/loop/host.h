/*
 * The host: what a loop stands on. Clock, wait, wake, randomness, and nothing else.
 *
 *     loop --- now, wait, seed ---> host <--- wake --- any thread
 *
 * The real host is libuv (host_uv.c). Another may count its own time and wake its
 * loops in an order of its choosing; no code above this line asks which it is.
 */
#ifndef GREENROOM_LOOP_HOST_H
#define GREENROOM_LOOP_HOST_H

#include <stdint.h>

#include <greenroom/base.h>

struct gr__host {
    const struct gr__host_class *class;
};

struct gr__host_class {
    /* The time now. Never goes back. */
    gr_time (*now)(struct gr__host *host);

    /* Let I/O happen. Blocks until something did, wake was called, or it is `until`; where
     * that has passed it only looks. A wake that came before the wait counts. */
    void (*wait)(struct gr__host *host, gr_time until);

    /* End the wait under way, or else the next one. From any thread, and from signal handlers. */
    void (*wake)(struct gr__host *host);

    /* What this loop's random numbers start from. */
    uint64_t (*seed)(struct gr__host *host);

    /* End it. All that was opened on it is closed by then. */
    void (*free)(struct gr__host *host);
};

/* The host on libuv. The seed is `seed`, or the system's randomness where that is 0. */
int gr__host_uv_new(uint64_t seed, struct gr__host **ret_host);

/* The libuv loop of such a host, for the I/O stratum. */
struct uv_loop_s *gr__host_uv_loop(struct gr__host *host);

#endif
