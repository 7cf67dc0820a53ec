/*
 * The directory: rooms and clients by name, in the registry that all loops share.
 */
#ifndef CHAT_DIRECTORY_H
#define CHAT_DIRECTORY_H

#include "chat.h"

/* Whether it may be the name of a room or of somebody. */
bool directory_is_name(const char *text);

/* The room of that name, made where there is none. It may be about to end. */
int directory_room(const struct name *name, gr_actor *ret_room);

/* Give a client a nick. -EEXIST: somebody else has it. */
int directory_claim(const struct name *nick, gr_actor client);

/* Take it back. Nicks end with their clients, so this may be left out then. */
void directory_release(const struct name *nick);

#endif
