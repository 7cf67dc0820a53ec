/*
 * Supervisors: what stands behind their handles, shared by those who restart and those who ask.
 */
#ifndef GREENROOM_ACTORS_SUPERVISOR_H
#define GREENROOM_ACTORS_SUPERVISOR_H

#include <greenroom/message.h>
#include <greenroom/send.h>
#include <greenroom/supervisor.h>

#include "base/list.h"

/* The state of a supervisor. */
struct gr__supervisor {
    const struct gr_supervisor *spec;
    struct gr__list children; /* of struct gr__supervised, oldest first */
    gr_time *restarts;        /* when the last restarts_max were, in a ring */
    uint64_t restarts_count;
};

/* A child of one. */
struct gr__supervised {
    struct gr__list link;
    const struct gr_child *spec;
    gr_actor actor;
    uint64_t lives;      /* before this one, as it counts them itself */
    unsigned failures;   /* in a row, each soon after the one before */
    unsigned restarts;   /* of all */
    gr_time began;       /* this life */
    gr_send_timer timer; /* of its restart */
    bool rests;
};

static inline struct gr__supervised *gr__supervised_at(struct gr__list *link)
{
    return gr__container_of(link, struct gr__supervised, link);
}

/* The tags of a supervisor's messages. */
enum {
    GR__SUPERVISOR_ADD,
    GR__SUPERVISOR_REMOVE,
    GR__SUPERVISOR_FIND,
    GR__SUPERVISOR_DESCRIBE,
    GR__SUPERVISOR_RESTART, /* to itself */
};

extern const struct gr_behavior gr__supervisor_behavior;

const char *gr__child_name(const struct gr_child *spec);
struct gr__supervised *gr__supervised_find(struct gr__supervisor *supervisor, gr_actor actor);
int gr__supervisor_start_child(struct gr_self *self, const struct gr_child *spec,
                               const void *argument, size_t size, gr_actor *ret_actor);
int gr__supervisor_end_child(struct gr__supervised *child);
int gr__supervisor_restart(struct gr_self *self, const struct gr_message *message);

/* Answers what is asked of a supervisor (supervisor_ask.c). */
int gr__supervisor_receive(struct gr_self *self, const struct gr_message *message);

#endif
