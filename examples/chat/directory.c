/*
 * The directory: rooms and clients by name, in the registry that all loops share.
 *
 * A room lives on the loop that its name hashes to. Two sessions may make one at once: the registry
 * takes the first, and the other's is stopped again.
 */
#include "directory.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_WITHIN (10 * GR_SECOND)

enum { KEY_BYTES = NAME_LENGTH + 8 };

bool directory_is_name(const char *text)
{
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) ||
           (text[length] != '\0' && strchr("-_", text[length])))
        length++;
    return length > 0 && length <= NAME_LENGTH && text[length] == '\0';
}

static int loop_for(const struct name *name)
{
    uint32_t hash = 2166136261;
    for (const char *c = name->text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619;
    return (int)(hash % (uint32_t)gr_loop_count());
}

static int make_room(const struct name *name, const char *key, gr_actor *ret_room)
{
    struct gr_actor_options options = {
        .where = GR_ON_LOOP(loop_for(name)), .argument = name, .argument_bytes = sizeof *name};
    gr_actor room;
    int rc = gr_actor_spawn(&room_behavior, &options, &room);
    if (rc < 0)
        return rc;
    rc = gr_name_register(key, room, gr_in(ANSWER_WITHIN));
    if (rc == 0)
        *ret_room = room;
    else if (gr_actor_stop(room, 0) < 0)
        return rc; /* it ends with its loop */
    return rc;
}

int directory_room(const struct name *name, gr_actor *ret_room)
{
    char key[KEY_BYTES];
    snprintf(key, sizeof key, "room:%s", name->text);
    int rc;
    do {
        gr_actor room = gr_whereis(key);
        if (room.name != 0) {
            *ret_room = room;
            return 0;
        }
        rc = make_room(name, key, ret_room);
    } while (rc == -EEXIST);
    return rc;
}

int directory_claim(const struct name *nick, gr_actor client)
{
    char key[KEY_BYTES];
    snprintf(key, sizeof key, "nick:%s", nick->text);
    return gr_name_register(key, client, gr_in(ANSWER_WITHIN));
}

void directory_release(const struct name *nick)
{
    char key[KEY_BYTES];
    snprintf(key, sizeof key, "nick:%s", nick->text);
    int rc = gr_name_unregister(key, gr_in(ANSWER_WITHIN));
    (void)rc; /* it ends with its client, then */
}
