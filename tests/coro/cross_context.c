/*
 * A context keeps what it had, shown without any library, so that it also runs on an
 * emulated processor. Prints nothing; ends with 0, or with the number of what is wrong.
 */
#include <stdint.h>

#include "coro/context.h"

enum { STACK_BYTES = 64 * 1024, SWITCHES = 1000000, DEPTH = 50 };

/* What can be wrong. */
enum {
    ARGUMENT_LOST = 1,
    STACK_NOT_ALIGNED,
    SWITCHES_LOST,
    WHOLE_NUMBERS_LOST,
    REAL_NUMBERS_LOST,
    FRESH_ONE_BESIDE_NOT_REACHED,
};

static char stacks[2][STACK_BYTES];
static struct gr__context thread, one, other;
static volatile long turns;
static volatile int wrong;

static void claim(int holds, int number)
{
    if (!holds && wrong == 0)
        wrong = number;
}

static inline uint64_t hidden(uint64_t value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

static inline double hidden_real(double value)
{
    volatile double copy = value;
    return copy;
}

/* More numbers alive across a switch than there are registers that survive a call. */
static void keep_numbers(struct gr__context *from, struct gr__context *to, uint64_t seed)
{
    uint64_t a = hidden(seed + 1), b = hidden(seed + 2), c = hidden(seed + 3);
    uint64_t d = hidden(seed + 4), e = hidden(seed + 5), f = hidden(seed + 6);
    uint64_t g = hidden(seed + 7), h = hidden(seed + 8), i = hidden(seed + 9);
    uint64_t j = hidden(seed + 10), k = hidden(seed + 11);
    gr__context_switch(from, to);
    claim(a + b + c + d + e + f + g + h + i + j + k == 11 * seed + 66, WHOLE_NUMBERS_LOST);
    claim(a == seed + 1 && f == seed + 6 && k == seed + 11, WHOLE_NUMBERS_LOST);
}

static void keep_real_numbers(struct gr__context *from, struct gr__context *to, double seed)
{
    double a = hidden_real(seed + 1), b = hidden_real(seed + 2), c = hidden_real(seed + 3);
    double d = hidden_real(seed + 4), e = hidden_real(seed + 5), f = hidden_real(seed + 6);
    double g = hidden_real(seed + 7), h = hidden_real(seed + 8), i = hidden_real(seed + 9);
    gr__context_switch(from, to);
    claim(a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i == 45 * seed + 285,
          REAL_NUMBERS_LOST);
}

static void keep_all(struct gr__context *from, struct gr__context *to, int depth)
{
    keep_numbers(from, to, (uint64_t)depth << 40);
    if (depth > 0)
        keep_all(from, to, depth - 1);
    keep_real_numbers(from, to, depth);
}

/* Hands the turn on to the second one the first time, which hands it to the thread. */
static void run_one(void *argument)
{
    _Alignas(16) volatile char aligned[16];
    claim(hidden((uintptr_t)aligned) % 16 == 0, STACK_NOT_ALIGNED);
    claim(argument == (void *)&turns, ARGUMENT_LOST);
    gr__context_switch(&one, &other);
    for (long i = 0; i < SWITCHES / 2; i++) {
        turns++;
        gr__context_switch(&one, &thread);
    }
    keep_all(&one, &thread, DEPTH);
    for (;;)
        gr__context_switch(&one, &thread);
}

static void run_other(void *argument)
{
    *(volatile long *)argument = -1;
    for (;;)
        gr__context_switch(&other, &thread);
}

int main(void)
{
    gr__context_adopt(&thread);
    gr__context_make(&one, stacks[0], STACK_BYTES - 8, run_one, (void *)&turns);
    gr__context_make(&other, stacks[1] + 3, STACK_BYTES - 3, run_other, (void *)&turns);

    gr__context_switch(&thread, &one);
    claim(turns == -1, FRESH_ONE_BESIDE_NOT_REACHED);
    turns = 0;
    for (long i = 0; i < SWITCHES / 2; i++)
        gr__context_switch(&thread, &one);
    claim(turns == SWITCHES / 2, SWITCHES_LOST);
    keep_all(&thread, &one, DEPTH);

    gr__context_done(&one);
    gr__context_done(&other);
    return wrong;
}
