/*
 * Whole numbers as text. The design stands in number.h.
 */
#include "number.h"

enum { DIGITS_MAX = 20 }; /* of 2^64 - 1 */

/* Read digits, of which the first is no zero. */
static bool parse_digits(const char *at, size_t size, uint64_t *ret_number)
{
    if (size == 0 || size > DIGITS_MAX || at[0] < '1' || at[0] > '9')
        return false;

    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)(unsigned char)at[i] - '0';
        if (digit > 9 || number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *ret_number = number;
    return true;
}

bool number_parse(struct slice text, int64_t *ret_number)
{
    if (text.size == 1 && text.data[0] == '0') {
        *ret_number = 0;
        return true;
    }

    bool negative = text.size > 0 && text.data[0] == '-';
    uint64_t magnitude;
    if (!parse_digits(text.data + negative, text.size - negative, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *ret_number = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

size_t number_print_unsigned(char *at, uint64_t number)
{
    char digits[NUMBER_BYTES];
    size_t size = 0;
    do {
        digits[size++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);

    for (size_t i = 0; i < size; i++)
        at[i] = digits[size - 1 - i];
    return size;
}

size_t number_print(char *at, int64_t number)
{
    if (number >= 0)
        return number_print_unsigned(at, (uint64_t)number);
    at[0] = '-';
    return 1 + number_print_unsigned(at + 1, 0 - (uint64_t)number);
}
