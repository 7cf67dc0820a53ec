/**
 * @file glob.h
 * @brief Patterns as KEYS, SCAN and CONFIG GET take them.
 *
 *     *        any bytes, or none              [abc] [a-z] [^a]   one byte of, or not of, a set
 *     ?        any one byte                    \x                 the byte x itself
 */
#ifndef KV_GLOB_H
#define KV_GLOB_H

#include "slice.h"

/** Whether the whole of @p text is like @p pattern. Takes time pattern times text at worst. */
bool glob_match(struct slice pattern, struct slice text);

#endif
