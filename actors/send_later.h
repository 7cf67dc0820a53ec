/*
 * Messages that send themselves later: their table, brought up and taken down with the actors.
 */
#ifndef GREENROOM_ACTORS_SEND_LATER_H
#define GREENROOM_ACTORS_SEND_LATER_H

struct gr__loop;

int gr__send_timers_start(struct gr__loop *loop);
void gr__send_timers_done(struct gr__loop *loop);

#endif
