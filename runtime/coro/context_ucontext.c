/*
 * The bare halves of make and switch by ucontext, where we have no assembly.
 *
 * It is slower by a system call a switch: ucontext keeps a signal mask for each stack.
 */
#include "coro/context.h"

#ifdef GR_CONTEXT_UCONTEXT

#include <stdint.h>

/* makecontext() passes nothing but ints, so a pointer travels in two halves. */
static uintptr_t join(unsigned high, unsigned low)
{
    return (uintptr_t)((uint64_t)high << 32 | low);
}

static void begin(unsigned entry_high, unsigned entry_low, unsigned argument_high,
                  unsigned argument_low)
{
    void (*entry)(void *) = (void (*)(void *))join(entry_high, entry_low);
    entry((void *)join(argument_high, argument_low));
}

void gr__context_lay(struct gr__context *context, void *stack_low, size_t stack_bytes,
                     void (*entry)(void *argument), void *argument)
{
    uint64_t entry_bits = (uintptr_t)entry;
    uint64_t argument_bits = (uintptr_t)argument;

    getcontext(&context->registers);
    context->registers.uc_stack.ss_sp = stack_low;
    context->registers.uc_stack.ss_size = stack_bytes;
    context->registers.uc_link = NULL;
    makecontext(&context->registers, (void (*)(void))begin, 4, (unsigned)(entry_bits >> 32),
                (unsigned)entry_bits, (unsigned)(argument_bits >> 32), (unsigned)argument_bits);
}

void gr__context_swap(struct gr__context *from, struct gr__context *to)
{
    swapcontext(&from->registers, &to->registers);
}

#else

/* A file of C declares something. */
typedef int gr__context_has_assembly;

#endif
