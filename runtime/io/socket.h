/*
 * Sockets: TCP by libuv, as a transport.
 */
#ifndef GREENROOM_IO_SOCKET_H
#define GREENROOM_IO_SOCKET_H

#include <uv.h>

#include "io/io.h"
#include "io/transport.h"

struct gr__socket {
    struct gr__transport transport;
    uv_tcp_t tcp;
    uv_shutdown_t shutdown;
    struct gr__loop *loop;
    struct gr__list link;    /* among all sockets of the loop */
    struct gr__timer linger; /* how long a closed one may still write */
    size_t queued;           /* bytes in the background */
    bool closed;             /* by its stream; it is on its own */
    bool closing;            /* by libuv */
};

/* A socket that is not connected. 0, or an error. */
int gr__socket_make(struct gr__loop *loop, struct gr__socket **ret_socket);

/* A socket of a connected descriptor, which is its own from here on, or closed on an error. */
int gr__socket_adopt(struct gr__loop *loop, int fd, struct gr__socket **ret_socket);

/* Close every socket there is, whatever it still had to write. */
void gr__sockets_done(struct gr__loop *loop);

#endif
