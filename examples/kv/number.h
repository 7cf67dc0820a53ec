/**
 * @file number.h
 * @brief Whole numbers as text, read strictly and written fast.
 */
#ifndef KV_NUMBER_H
#define KV_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slice.h"

/** Bytes enough for any number_print(). */
#define NUMBER_BYTES 24

/**
 * Read a number of 64 bits as it would be written: no blanks, no plus, no
 * leading zeros, no minus zero, nothing behind it.
 */
bool number_parse(struct slice text, int64_t *ret_number);

/** Write a number at @p at, #NUMBER_BYTES long at least. Returns how many bytes it took. */
size_t number_print(char *at, int64_t number);

/** The same for a number that has no sign. */
size_t number_print_unsigned(char *at, uint64_t number);

#endif
