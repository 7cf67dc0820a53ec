/*
 * Patterns: making them.
 */
#include "actors/pattern.h"

gr_pattern gr_pattern_any(void)
{
    return (gr_pattern){.kind = GR__MATCH_ANY};
}

gr_pattern gr_pattern_tag(uint32_t tag)
{
    return (gr_pattern){.kind = GR__MATCH_TAGS, .tags = {tag}, .tag_count = 1};
}

gr_pattern gr_pattern_tags(const uint32_t *tags, size_t count)
{
    assert(count <= GR_PATTERN_TAGS_MAX && "more tags are for a function to tell");
    gr_pattern pattern = {.kind = GR__MATCH_TAGS, .tag_count = (uint8_t)count};
    memcpy(pattern.tags, tags, count * sizeof *tags);
    return pattern;
}

gr_pattern gr_pattern_range(uint32_t first, uint32_t last)
{
    return (gr_pattern){.kind = GR__MATCH_RANGE, .tags = {first, last}, .tag_count = 2};
}

gr_pattern gr_pattern_match(gr_match_fn *match, const void *context)
{
    return (gr_pattern){.kind = GR__MATCH_BY, .match = match, .context = context};
}

gr_pattern gr_pattern_or_down(gr_pattern pattern, gr_monitor monitor)
{
    pattern.control = GR__HEAR_DOWN;
    pattern.monitor = monitor;
    return pattern;
}

gr_pattern gr_pattern_or_control(gr_pattern pattern)
{
    pattern.control = GR__HEAR_ALL;
    return pattern;
}

bool gr__pattern_lists(const gr_pattern *pattern, uint32_t tag)
{
    const uint32_t *tags = pattern->context;
    for (unsigned i = 0; i < pattern->tag_count; i++)
        if (tags[i] == tag)
            return true;
    return false;
}
