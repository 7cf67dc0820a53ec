/*
 * hiredis on a loop: its asynchronous context, told by a descriptor's handler when to read and write.
 */
#ifndef GREENROOM_EXAMPLES_HIREDIS_ADAPTER_H
#define GREENROOM_EXAMPLES_HIREDIS_ADAPTER_H

#include <greenroom/greenroom.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>

/*
 * Let the calling thread's loop drive a connection that redisAsyncConnect() has begun. It ends with
 * the context, by redisAsyncFree() or by hiredis itself.
 */
GR_FALLIBLE int adapter_attach(redisAsyncContext *redis);

/*
 * Send a command, and get a future of the answer: its text. -ENOTCONN, -ENOMEM; the future is
 * rejected with -ECONNRESET where the connection ends first, and -EPROTO where Redis refuses.
 */
GR_FALLIBLE int adapter_ask(redisAsyncContext *redis, int argc, const char **argv,
                            gr_future *ret_answer);

#endif
