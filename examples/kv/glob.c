/*
 * Matching a pattern without recursion.
 *
 * Only the last star met needs to be remembered: if the rest cannot match with
 * that star taking n bytes, it is tried with n + 1, and no earlier star could do
 * better by taking more. So the time is at most pattern times text, where trying
 * every star against every other would be exponential.
 *
 * As in Redis, a set that is not closed ends with the pattern, a range may stand
 * in either order, bytes compare as signed ones, and stars alone do not match an
 * empty text.
 */
#include "glob.h"

struct set {
    bool holds;    /* the byte asked for is in it */
    size_t length; /* bytes of pattern it takes */
};

static bool within(char byte, char from, char to)
{
    signed char c = (signed char)byte, low = (signed char)from, high = (signed char)to;
    return low <= high ? c >= low && c <= high : c >= high && c <= low;
}

/* Read the set at pattern[0] == '['. */
static struct set read_set(struct slice pattern, char byte)
{
    size_t i = 1;
    bool inverted = i < pattern.size && pattern.data[i] == '^';
    i += inverted;

    bool holds = false;
    while (i < pattern.size && pattern.data[i] != ']') {
        const char *at = pattern.data + i;
        size_t left = pattern.size - i;
        bool escaped = left >= 2 && at[0] == '\\';
        bool range = !escaped && left >= 3 && at[1] == '-';
        holds |= range ? within(byte, at[0], at[2]) : byte == at[escaped];
        i += range ? 3 : escaped ? 2 : 1;
    }
    bool closed = i < pattern.size;
    return (struct set){holds != inverted, i + closed};
}

/* How much pattern its first element takes if it matches the byte; else 0. */
static size_t match_one(struct slice pattern, char byte)
{
    char first = pattern.data[0];
    if (first == '?')
        return 1;
    if (first == '[') {
        struct set set = read_set(pattern, byte);
        return set.holds ? set.length : 0;
    }
    size_t escaped = first == '\\' && pattern.size >= 2;
    return pattern.data[escaped] == byte ? 1 + escaped : 0;
}

static bool only_stars(struct slice pattern)
{
    for (size_t i = 0; i < pattern.size; i++)
        if (pattern.data[i] != '*')
            return false;
    return true;
}

/* Where a match has got to, and where it goes on if it fails. */
struct walk {
    size_t pattern, text;
    size_t star;  /* behind the last star, or 0 */
    size_t taken; /* the text that star has reached */
};

/* Go one element further, or let the last star take one byte more. */
static bool step(struct walk *walk, struct slice pattern, struct slice text)
{
    struct slice rest = {pattern.data + walk->pattern, pattern.size - walk->pattern};
    if (rest.size > 0 && rest.data[0] == '*') {
        walk->star = ++walk->pattern;
        walk->taken = walk->text;
        return true;
    }

    size_t length = rest.size > 0 ? match_one(rest, text.data[walk->text]) : 0;
    if (length == 0 && walk->star == 0)
        return false;
    walk->pattern = length > 0 ? walk->pattern + length : walk->star;
    walk->text = length > 0 ? walk->text + 1 : ++walk->taken;
    return true;
}

bool glob_match(struct slice pattern, struct slice text)
{
    if (text.size == 0)
        return pattern.size == 0;

    struct walk walk = {0};
    while (walk.text < text.size)
        if (!step(&walk, pattern, text))
            return false;
    return only_stars((struct slice){pattern.data + walk.pattern, pattern.size - walk.pattern});
}
