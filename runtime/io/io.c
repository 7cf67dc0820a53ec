/*
 * I/O on one loop: the stratum, which brings up what the other files keep.
 */
#include "io/io.h"

#include "io/socket.h"

uv_loop_t *gr__io_uv(struct gr__loop *loop)
{
    return gr__host_uv_loop(loop->host);
}

static int start(struct gr__loop *loop)
{
    static_assert(sizeof(struct gr__io) <= GR__PART_BYTES, "fits its part of the loop");
    gr__list_init(&gr__io_of(loop)->sockets);
    gr__io_of(loop)->looking = false;
    gr__io_of(loop)->fds = (struct gr__fds){NULL, 0};
    gr__io_of(loop)->lingering = 0;
    int rc = gr__streams_start(loop);
    if (rc < 0)
        return rc;
    rc = gr__listeners_start(loop);
    if (rc < 0)
        gr__streams_done(loop);
    return rc;
}

static void stop(struct gr__loop *loop)
{
    if (loop->phase == GR_PHASE_ACCEPT)
        gr__listeners_stop(loop);
    if (loop->phase == GR_PHASE_DRAIN)
        gr__streams_drain(loop);
    if (loop->phase == GR_PHASE_CLOSE)
        gr__fds_stop(loop);
}

/* What was closed with something still to write is given the time to. */
static size_t busy(const struct gr__loop *loop)
{
    const struct gr__io *io = (const void *)loop->parts[GR__PART_IO];
    return loop->phase < GR_PHASE_CLOSE ? 0 : io->lingering;
}

static void report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    if (loop->phase < GR__PHASE_OVER)
        return;
    gr__streams_report(loop, say, context);
    gr__listeners_report(loop, say, context);
    gr__fds_report(loop, say, context);
}

static void done(struct gr__loop *loop)
{
    gr__fds_done(loop);
    gr__listeners_done(loop);
    gr__streams_done(loop);
    gr__sockets_done(loop);
}

static struct gr__stratum stratum = {
    .part = GR__PART_IO,
    .start = start,
    .stop = stop,
    .busy = busy,
    .report = report,
    .done = done,
};

__attribute__((constructor)) static void add_stratum(void)
{
    gr__stratum_add(&stratum);
}
