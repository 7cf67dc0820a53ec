/*
 * Details: how those of an error get from where it was set to where it is looked at.
 *
 *     gr_fail() --> the thread's record --pack--> a buffer, with the code --adopt--> another record
 *
 * A record belongs to the runner that was running when it was written, in that turn of its loop;
 * or to its foreign thread. Whoever runs there has no details of anybody else's, nor any of what
 * the runner did before, since these are compared.
 */
#ifndef GREENROOM_LOOP_DETAILS_H
#define GREENROOM_LOOP_DETAILS_H

#include <greenroom/buffer.h>
#include <greenroom/error.h>

/* Whether whoever runs here has details of this code. */
bool gr__details_here(int code);

/* Copy the details of a code into a buffer; the empty one where there are none, or no memory. */
struct gr_buffer gr__details_pack(int code);

/* Forget what there is: what comes next is somebody else's affair. */
void gr__details_forget(void);

/* Write a code's meaning, with its details if there are any, for a report. */
void gr__details_print(int code, char *text, size_t bytes);

/* The same for details that were packed, and end those; whoever runs here keeps its own. */
void gr__details_print_packed(int code, struct gr_buffer *packed, char *text, size_t bytes);

/* Make what was packed the details of whoever runs here, and end the buffer. */
void gr__details_adopt(struct gr_buffer *packed);

#endif
