/*
 * I/O on one loop: its tables of streams and listeners, and the libuv loop below them.
 */
#ifndef GREENROOM_IO_IO_H
#define GREENROOM_IO_IO_H

#include <uv.h>

#include "base/slots.h"
#include "loop/loop.h"

struct gr__watch;

/* Watched descriptors, by number. */
struct gr__fds {
    struct gr__watch **watches; /* NULL where nobody watches */
    int count;
};

struct gr__io {
    struct gr__slots streams;
    struct gr__slots listeners;
    struct gr__fds fds;
    struct gr__task look;    /* for served streams that are idle, while the run drains */
    bool looking;            /* that task stands in a queue */
    struct gr__list sockets; /* every open transport, closing ones too */
    size_t lingering;        /* closed, with something still to write */
};

static inline struct gr__io *gr__io_of(struct gr__loop *loop)
{
    return gr__loop_part(loop, GR__PART_IO);
}

/* The libuv loop below. In io.c, so that whoever does any I/O brings the stratum with it. */
uv_loop_t *gr__io_uv(struct gr__loop *loop);

/* What is to be called when the stratum comes up and down, by the files that keep something. */
int gr__streams_start(struct gr__loop *loop);
void gr__streams_drain(struct gr__loop *loop);
void gr__streams_report(struct gr__loop *loop, gr__say_fn *say, void *context);
void gr__streams_done(struct gr__loop *loop);
int gr__listeners_start(struct gr__loop *loop);
void gr__listeners_stop(struct gr__loop *loop);
void gr__listeners_report(struct gr__loop *loop, gr__say_fn *say, void *context);
void gr__listeners_done(struct gr__loop *loop);
void gr__fds_stop(struct gr__loop *loop);
void gr__fds_report(struct gr__loop *loop, gr__say_fn *say, void *context);
void gr__fds_done(struct gr__loop *loop);

#endif
