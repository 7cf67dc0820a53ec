/*
 * Patterns: which messages, and which control messages, one stands for.
 */
#ifndef GREENROOM_ACTORS_PATTERN_H
#define GREENROOM_ACTORS_PATTERN_H

#include <greenroom/receive.h>

#include "actors/notice.h"

enum gr__pattern_kind {
    GR__MATCH_NONE,
    GR__MATCH_ANY,
    GR__MATCH_TAGS,
    GR__MATCH_RANGE,   /* tags[0] to tags[1] */
    GR__MATCH_BY,      /* as its function says */
    GR__MATCH_LISTED,  /* tag_count tags at context, which stay (reentry.h) */
    GR__MATCH_REFUSED, /* none, since the actor cannot receive */
    GR__MATCH_KINDS
};

enum gr__pattern_control {
    GR__HEAR_NONE,
    GR__HEAR_DOWN, /* of its monitor */
    GR__HEAR_ALL
};

static inline bool gr__pattern_has_tag(const gr_pattern *pattern, uint32_t tag)
{
    for (unsigned i = 0; i < pattern->tag_count; i++)
        if (pattern->tags[i] == tag)
            return true;
    return false;
}

/* Whether it lists a tag. */
bool gr__pattern_lists(const gr_pattern *pattern, uint32_t tag);

/* Whether it stands for a message. */
static inline bool gr__pattern_fits(const gr_pattern *pattern, const struct gr_message *message)
{
    switch (pattern->kind) {
    case GR__MATCH_ANY:
        return true;
    case GR__MATCH_TAGS:
        return gr__pattern_has_tag(pattern, message->tag);
    case GR__MATCH_RANGE:
        return message->tag >= pattern->tags[0] && message->tag <= pattern->tags[1];
    case GR__MATCH_BY:
        return pattern->match(message, pattern->context);
    case GR__MATCH_LISTED:
        return gr__pattern_lists(pattern, message->tag);
    default:
        return false;
    }
}

/* Whether it stands for a control message. */
static inline bool gr__pattern_hears(const gr_pattern *pattern, const struct gr__notice *notice)
{
    if (pattern->control == GR__HEAR_DOWN)
        return notice->kind == GR_DOWN && notice->id == pattern->monitor.name;
    return pattern->control == GR__HEAR_ALL;
}

/*
 * Whether two of an actor surely stand for the same messages. What a function says now it may not say
 * later; of lists it has one.
 */
static inline bool gr__pattern_same(const gr_pattern *one, const gr_pattern *other)
{
    if (one->kind != other->kind || one->tag_count != other->tag_count || one->kind == GR__MATCH_BY)
        return false;
    for (unsigned i = 0; i < one->tag_count; i++)
        if (one->tags[i] != other->tags[i])
            return false;
    return true;
}

#endif
