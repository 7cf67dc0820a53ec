/*
 * Streams, from below: making one over a transport that is connected.
 */
#ifndef GREENROOM_IO_STREAM_H
#define GREENROOM_IO_STREAM_H

#include <greenroom/stream.h>

#include "io/transport.h"

struct gr__loop;

/* A stream over a transport, which is its own from here on, or closed on an error. */
int gr__stream_make(struct gr__loop *loop, struct gr__transport *transport, gr_stream *ret_stream);

/* Its other side is a client, which a run that drains no longer waits for (phase.h). */
void gr__stream_serve(gr_stream stream);

#endif
