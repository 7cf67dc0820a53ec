/*
 * Signals: what all threads share of them. The design stands in catch.h.
 *
 * How a signal is caught is the process's affair, and behind a lock, which no handler takes. What a
 * handler reads are single words. Two of them are the function that was there before, by its
 * kind: written while our handler is not installed, so that only a handler that has outlived its own
 * removal may find the function of the next time, which is as good.
 *
 * Invariant: our handler is installed for a number exactly while it has holders.
 */
#include "io/catch.h"

#include <ck_pr.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "loop/loop.h"

enum { NUMBERS = 65 }; /* Linux has 64 */

struct caught {
    uint64_t count;
    uint64_t plain;    /* the handler that was before, as a number; 0: none, or of the other kind */
    uint64_t informed; /* the same where it takes all that is known of a signal */
    unsigned holders;
    struct sigaction before; /* while it has holders */
};

/* `count` is written by handlers, what follows it behind the lock. */
static struct caught all[NUMBERS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Their names; each is written by its own loop. */
static uint64_t bells[GR__LOOPS_MAX];

/* One whose loop has ended hears nothing, and nobody is there who would. */
static void ring_all(void)
{
    for (int i = 0; i < GR__LOOPS_MAX; i++) {
        gr_bell bell = {ck_pr_load_64(&bells[i])};
        int rc = bell.name == 0 ? 0 : gr_bell_ring(bell);
        (void)rc;
    }
}

static void call_former(const struct caught *caught, int number, siginfo_t *info, void *context)
{
    uint64_t plain = ck_pr_load_64(&caught->plain);
    uint64_t informed = ck_pr_load_64(&caught->informed);
    if (plain != 0)
        ((void (*)(int))(uintptr_t)plain)(number);
    else if (informed != 0)
        ((void (*)(int, siginfo_t *, void *))(uintptr_t)informed)(number, info, context);
}

/*
 * Count before ringing: whoever hears the bell sees the count. The ring releases, and the call of
 * the bell acquires (bell.c); what finds the bell rung already is heard by a call that begins
 * later.
 */
static void on_signal(int number, siginfo_t *info, void *context)
{
    ck_pr_inc_64(&all[number].count);
    ring_all();
    call_former(&all[number], number, info, context);
}

static bool may_be_caught(int number)
{
    bool fault = number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL;
    return number > 0 && number < NUMBERS && !fault;
}

/* Keep what a handler needs of the action that was before. */
static void keep_former(struct caught *caught)
{
    const struct sigaction *before = &caught->before;
    bool informed = (before->sa_flags & SA_SIGINFO) != 0;
    bool called = informed || (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN);
    ck_pr_store_64(&caught->plain,
                   called && !informed ? (uint64_t)(uintptr_t)before->sa_handler : 0);
    ck_pr_store_64(&caught->informed, informed ? (uint64_t)(uintptr_t)before->sa_sigaction : 0);
}

static int install(int number)
{
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &all[number].before) != 0)
        return -errno;
    keep_former(&all[number]);
    return sigaction(number, &action, NULL) != 0 ? -errno : 0;
}

int gr__signal_catch(int number, uint64_t *ret_count)
{
    if (!may_be_caught(number))
        return -EINVAL;

    pthread_mutex_lock(&lock);
    uint64_t count = gr__signal_count(number);
    int rc = all[number].holders == 0 ? install(number) : 0;
    if (rc == 0) {
        all[number].holders++;
        *ret_count = count;
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

void gr__signal_let_go(int number)
{
    pthread_mutex_lock(&lock);
    if (--all[number].holders == 0)
        sigaction(number, &all[number].before, NULL);
    pthread_mutex_unlock(&lock);
}

uint64_t gr__signal_count(int number)
{
    return ck_pr_load_64(&all[number].count);
}

void gr__signal_tell(unsigned loop, gr_bell bell)
{
    ck_pr_store_64(&bells[loop], bell.name);
}
