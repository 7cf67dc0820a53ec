/*
 * What the parts of the bank say to each other.
 *
 *     teller --- withdraw ---> account --+
 *       |                                +-- record ---> journal
 *       +------- deposit ----> account --+
 *       +------- next? --------------------------------> journal
 *
 * Tellers and accounts may end at any point, and are begun anew by their supervisor. What is to
 * outlive them is in the journal: which transfers there are, what has become of each of their two
 * steps, and what each account has. A step is recorded once, by the number of its transfer;
 * recorded again, it changes nothing and gets the first answer. So a teller that does not know
 * what has become of a step takes it again, and one that begins anew takes both.
 *
 * Asks go one way only, so there is no circle in which anybody could wait for himself.
 */
#ifndef BANK_H
#define BANK_H

#include <greenroom/greenroom.h>

enum { ACCOUNTS = 8, TELLERS = 4, TRANSFERS = 4000, FIRST_CENTS = 10000 };

#define ANSWER_WITHIN (10 * GR_SECOND)

enum outcome { OPEN, DONE, REFUSED };

/* The two steps, and what else an account is asked. */
enum { WITHDRAW, DEPOSIT, BALANCE };

struct transfer {
    int number; /* -1: there is none */
    int from;
    int to;
    int64_t cents;
    enum outcome steps[2]; /* WITHDRAW and DEPOSIT */
};

/* What the journal is asked. */
enum {
    JOURNAL_BALANCE = 1, /* an int, the account: int64_t cents */
    JOURNAL_RECORD,      /* a struct record: struct recorded */
    JOURNAL_NEXT,        /* an int, the teller: the struct transfer that it is to go on with */
    JOURNAL_END,         /* replied to when no transfer is open: struct audit */
};

struct record {
    int transfer;
    int step;
    enum outcome outcome;
};

/* What stands in the journal then. */
struct recorded {
    enum outcome outcome;
    int64_t cents; /* of the account */
};

struct audit {
    int64_t cents; /* of all accounts */
    int done;      /* transfers whose both steps are */
    int refused;   /* before their first one */
    int torn;      /* anything else */
};

/* What a teller and an account begin with. */
struct post {
    int number;
    gr_actor journal;
    gr_actor accounts[ACCOUNTS]; /* a teller's */
};

/* What an account is told to do. */
struct step {
    int transfer;
    int64_t cents;
};

extern const struct gr_behavior journal_behavior;
extern const struct gr_behavior account_behavior;
extern const struct gr_behavior teller_behavior;

#endif
