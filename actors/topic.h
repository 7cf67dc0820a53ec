/*
 * Topics: what becomes of subscriptions when their actor ends, and of what is in them.
 */
#ifndef GREENROOM_ACTORS_TOPIC_H
#define GREENROOM_ACTORS_TOPIC_H

#include <greenroom/topic.h>

#include "actors/notice.h"

/* The kind of notice in the lane of an actor whose subscription has something for it. */
enum { GR__PUBLISHED = 66 };

/*
 * An actor comes to such a notice: have its handler get the next message. True: there is to be none, and
 * its control hook is to be told.
 */
bool gr__topic_tell(struct gr__loop *loop, struct gr__body *body, struct gr__notice *notice,
                    struct gr_control *ret_control);

void gr__subscriptions_end(struct gr__loop *loop, struct gr__annex *annex);

void gr__topics_done(struct gr__loop *loop);

#endif
