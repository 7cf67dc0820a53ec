/*
 * Contexts, the common part: tells the tools that watch a program about its stacks.
 *
 * AddressSanitizer, ThreadSanitizer and Valgrind each believe that a thread has one stack,
 * until they are told otherwise:
 *
 *                    make               switch                        done
 *     ASan           -                  before leaving, on arriving   unpoison the stack
 *     TSan           a fiber            before leaving                end the fiber
 *     Valgrind       register           -                             deregister
 *
 * Without them a switch is the bare one and this file does next to nothing.
 *
 * Invariants:
 *   1. No code runs between ASan's two calls but the bare switch and the way to the second.
 *   2. A context is in use from make to done, however often its stack serves anew: its fiber
 *      lives as long.
 */
#include "coro/context.h"

#include <stdint.h>
#include <string.h>

#ifdef GR_HAVE_VALGRIND
#include <valgrind/memcheck.h>
#include <valgrind/valgrind.h>
#endif

#ifdef GR__CONTEXT_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#ifdef GR__CONTEXT_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#ifdef GR__CONTEXT_ASAN

#define UNCHECKED __attribute__((no_sanitize_address))

/* The context that the switch under way leaves. */
static _Thread_local struct gr__context *leaving;

/* On arriving ASan says what it took for the stack left: so we learn the thread's own. */
UNCHECKED static void arrive(struct gr__context *here)
{
    __sanitizer_finish_switch_fiber(here->fake_stack, &leaving->stack_low, &leaving->stack_bytes);
}

UNCHECKED static void begin(void *argument)
{
    struct gr__context *context = argument;
    arrive(context);
    context->entry(context->argument);
}

UNCHECKED void gr__context_switch(struct gr__context *from, struct gr__context *to)
{
    leaving = from;
    __sanitizer_start_switch_fiber(&from->fake_stack, to->stack_low, to->stack_bytes);
    gr__context_swap(from, to);
    arrive(from);
}

/*
 * Frames kept apart are freed only by who claims to stand on their stack and to leave it
 * forever. So pretend to: go there and back without a move.
 */
UNCHECKED static void free_fake_stack(struct gr__context *dead)
{
    struct gr__context here = {0};
    if (dead->fake_stack == NULL)
        return;

    __sanitizer_start_switch_fiber(&here.fake_stack, dead->stack_low, dead->stack_bytes);
    __sanitizer_finish_switch_fiber(dead->fake_stack, &here.stack_low, &here.stack_bytes);
    __sanitizer_start_switch_fiber(NULL, here.stack_low, here.stack_bytes);
    __sanitizer_finish_switch_fiber(here.fake_stack, NULL, NULL);
}

#endif

#ifdef GR__CONTEXT_TSAN

/* What was done on the stack left has happened before what is done on the other one. */
void gr__context_switch(struct gr__context *from, struct gr__context *to)
{
    __tsan_switch_to_fiber(to->fiber, 0);
    gr__context_swap(from, to);
}

#endif

void gr__context_adopt(struct gr__context *context)
{
    memset(context, 0, sizeof *context);
#ifdef GR__CONTEXT_TSAN
    context->fiber = __tsan_get_current_fiber();
#endif
}

void gr__context_make(struct gr__context *context, void *stack_low, size_t stack_bytes,
                      void (*entry)(void *argument), void *argument)
{
    memset(context, 0, sizeof *context);
#ifdef GR_HAVE_VALGRIND
    context->valgrind_stack =
        (unsigned)VALGRIND_STACK_REGISTER(stack_low, (char *)stack_low + stack_bytes);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(stack_low, stack_bytes);
#endif
#ifdef GR__CONTEXT_TSAN
    context->fiber = __tsan_create_fiber(0);
#endif
#ifdef GR__CONTEXT_ASAN
    context->entry = entry;
    context->argument = argument;
    context->stack_low = stack_low;
    context->stack_bytes = stack_bytes;
    entry = begin;
    argument = context;
#endif
    gr__context_lay(context, stack_low, stack_bytes, entry, argument);
}

void gr__context_done(struct gr__context *context)
{
#ifdef GR__CONTEXT_ASAN
    free_fake_stack(context);
    __asan_unpoison_memory_region(context->stack_low, context->stack_bytes);
#endif
#ifdef GR__CONTEXT_TSAN
    __tsan_destroy_fiber(context->fiber);
#endif
#ifdef GR_HAVE_VALGRIND
    VALGRIND_STACK_DEREGISTER(context->valgrind_stack);
#endif
    context->stack_pointer = NULL;
}
