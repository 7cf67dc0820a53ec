/*
 * Contexts: what a stack needs to know so that a thread can leave it and come back.
 *
 * A context stands for one stack. While a thread runs on that stack the context is
 * empty; a switch writes down where the stack was left and goes on where another was.
 *
 *     thread's own stack          stack A                     stack B
 *     adopt(T)
 *     make(A), make(B)
 *     switch(T, A) -------------> entry begins
 *                                 switch(A, B) -------------> entry begins
 *                                 switch returns <----------- switch(B, A)
 *     switch returns <----------- switch(A, T)
 *
 * To whoever calls it, a switch is a function that returns later. It keeps what the
 * calling convention asks any function to keep, and no more.
 *
 * It leaves alone the control words of floating point: mxcsr and the x87 word, or FPCR.
 * They are callee-saved too, but on paper only: hardly a program ever changes them, and
 * one that does wants its rounding for the thread, not for a stack. To save and load them
 * would take longer than all the rest. So they belong to the thread: code that changes
 * them puts them back before it waits. The signal mask belongs to the thread as well.
 * (ucontext keeps both for each stack; nobody may count on that.)
 *
 * All contexts that switch with each other stay on one thread, and a context stays where
 * it is in memory from its making on. It may lie on the stack it stands for, above the
 * part that was given to gr__context_make().
 */
#ifndef GREENROOM_CORO_CONTEXT_H
#define GREENROOM_CORO_CONTEXT_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define GR__CONTEXT_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define GR__CONTEXT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GR__CONTEXT_ASAN 1
#elif __has_feature(thread_sanitizer)
#define GR__CONTEXT_TSAN 1
#endif
#endif

#if !defined(GR_CONTEXT_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define GR_CONTEXT_UCONTEXT 1
#endif

#ifdef GR_CONTEXT_UCONTEXT
#include <ucontext.h>
#endif

struct gr__context {
    void *stack_pointer; /* while the stack is left; the assembly wants it first */

#if defined(__x86_64__) && !defined(GR_CONTEXT_UCONTEXT)
    void *go_on; /* while the stack is left: where in the code */
    void *rbp;
    void *rbx;
#endif

#ifdef GR_CONTEXT_UCONTEXT
    ucontext_t registers; /* while the stack is left */
#endif

#ifdef GR__CONTEXT_ASAN
    void (*entry)(void *argument); /* of a made one */
    void *argument;
    const void *stack_low; /* of an adopted one: set once it was left */
    size_t stack_bytes;
    void *fake_stack; /* while the stack is left: those of its frames that ASan keeps apart */
#endif

#ifdef GR__CONTEXT_TSAN
    void *fiber;
#endif

#ifdef GR_HAVE_VALGRIND
    unsigned valgrind_stack;
#endif
};

/* Let the context stand for the stack that the calling thread runs on. Wants no done. */
void gr__context_adopt(struct gr__context *context);

/*
 * Let the context stand for a fresh stack: the first switch to it calls entry(argument),
 * which never returns. The stack is aligned inside of what is given, downwards.
 */
void gr__context_make(struct gr__context *context, void *stack_low, size_t stack_bytes,
                      void (*entry)(void *argument), void *argument);

/*
 * Forget a made context that is not the running one: its stack will be used otherwise, or
 * unmapped. What its stack still held is lost, and nothing is called.
 */
void gr__context_done(struct gr__context *context);

/*
 * The bare halves of make and switch, for the functions around them only: they tell no tool
 * what they do. In context_<architecture>.S or context_ucontext.c, where not in the header.
 */
void gr__context_lay(struct gr__context *context, void *stack_low, size_t stack_bytes,
                     void (*entry)(void *argument), void *argument);
#if defined(__x86_64__) && !defined(GR_CONTEXT_UCONTEXT)
#include "coro/context_x86_64.h"
#else
void gr__context_swap(struct gr__context *from, struct gr__context *to);
#endif

/*
 * Leave the stack that the thread runs on, which is that of `from`, for that of `to`, which
 * is another: fresh, left earlier, or the thread's own. Returns once something switches to
 * `from`.
 */
#if defined(GR__CONTEXT_ASAN) || defined(GR__CONTEXT_TSAN)
void gr__context_switch(struct gr__context *from, struct gr__context *to);
#else
static inline __attribute__((always_inline)) void gr__context_switch(struct gr__context *from,
                                                                     struct gr__context *to)
{
    gr__context_swap(from, to);
}
#endif

#endif
