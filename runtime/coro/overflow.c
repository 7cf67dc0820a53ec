/*
 * Overflow: alternate signal stacks for threads, and the handlers of the process.
 *
 *     fault --> kernel --> on_fault, on the alternate stack
 *                            |-- describe() says whose guard: write it, default action,
 *                            |      return; the fault comes again and ends the process
 *                            '-- not a guard of ours: the handler that was there before
 *
 * To return and fault again, not to raise the signal, leaves the core with the registers
 * and the address of the fault itself.
 *
 * Sanitizers bring handlers and alternate stacks of their own. Ours go on top, and what
 * they had is used for all but overflows and is put back in the end.
 *
 * Invariants:
 *   1. Handlers are installed once a process and stay; `before` is written until then only.
 *   2. `watch` is touched by its own thread, never by the handler.
 *   3. The handler calls only what is safe in one.
 */
#include "coro/overflow.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "coro/stack.h"

/* Room for the registers of any processor, and for a sanitizer's report after ours. */
enum { SIGNAL_STACK_BYTES = 64 * 1024, TEXT_BYTES = 512 };

static const int watched_signals[] = {SIGSEGV, SIGBUS};

enum { WATCHED_SIGNALS = sizeof watched_signals / sizeof *watched_signals };

static struct sigaction before[WATCHED_SIGNALS];

/* Written by gr__overflow_describe(), read by handlers: a function, which never changes. */
static _Atomic(gr__overflow_describe_fn *) describe_overflow;

static _Thread_local struct {
    struct gr__stack stack; /* the alternate one; none while not watched */
    stack_t before;         /* what the thread had instead */
} watch;

void gr__overflow_describe(gr__overflow_describe_fn *describe)
{
    atomic_store_explicit(&describe_overflow, describe, memory_order_release);
}

static const struct sigaction *action_before(int signal_number)
{
    size_t i = 0;
    while (watched_signals[i] != signal_number)
        i++;
    return &before[i];
}

/* Nobody is left to be told if this fails. */
static void print(const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t written = write(STDERR_FILENO, text, bytes);
        if (written <= 0)
            return;
        text += written;
        bytes -= (size_t)written;
    }
}

/* Whether the fault was an overflow, which is reported then. */
static bool report(const void *address)
{
    gr__overflow_describe_fn *describe =
        atomic_load_explicit(&describe_overflow, memory_order_acquire);
    if (describe == NULL)
        return false;

    char text[TEXT_BYTES];
    size_t bytes = describe(address, text, sizeof text);
    print(text, bytes < sizeof text ? bytes : sizeof text);
    return bytes > 0;
}

/* A fault comes again where it came from; a signal that somebody sent has to be sent again. */
static void end_by_default(int signal_number, bool fault)
{
    signal(signal_number, SIG_DFL);
    if (!fault)
        raise(signal_number);
}

/* Do as if ours were not there. */
static void pass_on(int signal_number, siginfo_t *info, void *registers, bool fault)
{
    const struct sigaction *action = action_before(signal_number);
    if ((unsigned)action->sa_flags & SA_RESETHAND)
        signal(signal_number, SIG_DFL);

    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(signal_number, info, registers);
    else if (action->sa_handler == SIG_DFL || (action->sa_handler == SIG_IGN && fault))
        end_by_default(signal_number, fault);
    else if (action->sa_handler != SIG_IGN)
        action->sa_handler(signal_number);
}

static void on_fault(int signal_number, siginfo_t *info, void *registers)
{
    int kept_errno = errno;
    bool fault = info->si_code > 0;
    if (fault && report(info->si_addr))
        end_by_default(signal_number, fault);
    else
        pass_on(signal_number, info, registers, fault);
    errno = kept_errno;
}

/* The mask and what else the earlier handler counts on hold for ours, which calls it. */
static int install(int signal_number, struct sigaction *ret_before)
{
    if (sigaction(signal_number, NULL, ret_before) < 0)
        return -errno;

    struct sigaction action = {.sa_sigaction = on_fault};
    action.sa_mask = ret_before->sa_mask;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | (ret_before->sa_flags & (SA_NODEFER | SA_RESTART));
    return sigaction(signal_number, &action, NULL) < 0 ? -errno : 0;
}

static int install_status;

static void install_all(void)
{
    for (size_t i = 0; i < WATCHED_SIGNALS && install_status == 0; i++)
        install_status = install(watched_signals[i], &before[i]);
}

int gr__overflow_watch(void)
{
    assert(watch.stack.low == NULL);
    struct gr__stack stack;
    int rc = gr__stack_map(SIGNAL_STACK_BYTES, false, &stack);
    if (rc < 0)
        return rc;

    stack_t alternate = {.ss_sp = stack.low, .ss_size = stack.bytes};
    if (sigaltstack(&alternate, &watch.before) < 0) {
        rc = -errno;
        gr__stack_unmap(stack);
        return rc;
    }
    watch.stack = stack;

    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_all);
    if (install_status < 0)
        gr__overflow_unwatch();
    return install_status;
}

void gr__overflow_unwatch(void)
{
    if (watch.stack.low == NULL)
        return;

    sigaltstack(&watch.before, NULL);
    gr__stack_unmap(watch.stack);
    watch.stack = (struct gr__stack){0};
}
