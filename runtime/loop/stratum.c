/*
 * Strata: the list of them, top first, and walking it up and down.
 */
#include "loop/stratum.h"

static struct gr__stratum *top;

void gr__stratum_add(struct gr__stratum *stratum)
{
    struct gr__stratum **place = &top;
    while (*place != NULL && (*place)->part > stratum->part)
        place = &(*place)->below;
    stratum->below = *place;
    *place = stratum;
}

static void take_down(const struct gr__stratum *from, struct gr__loop *loop)
{
    for (const struct gr__stratum *stratum = from; stratum != NULL; stratum = stratum->below)
        stratum->done(loop);
}

/* Bring up `stratum` and all below it, lowest first. */
static int bring_up(const struct gr__stratum *stratum, struct gr__loop *loop)
{
    if (stratum == NULL)
        return 0;

    int rc = bring_up(stratum->below, loop);
    if (rc < 0)
        return rc;
    rc = stratum->start(loop);
    if (rc < 0)
        take_down(stratum->below, loop);
    return rc;
}

int gr__strata_start(struct gr__loop *loop)
{
    return bring_up(top, loop);
}

void gr__strata_stop(struct gr__loop *loop)
{
    for (const struct gr__stratum *stratum = top; stratum != NULL; stratum = stratum->below)
        if (stratum->stop != NULL)
            stratum->stop(loop);
}

size_t gr__strata_busy(const struct gr__loop *loop)
{
    size_t busy = 0;
    for (const struct gr__stratum *stratum = top; stratum != NULL; stratum = stratum->below)
        if (stratum->busy != NULL)
            busy += stratum->busy(loop);
    return busy;
}

void gr__strata_report(struct gr__loop *loop, gr__say_fn *say, void *context)
{
    for (const struct gr__stratum *stratum = top; stratum != NULL; stratum = stratum->below)
        if (stratum->report != NULL)
            stratum->report(loop, say, context);
}

void gr__strata_force(struct gr__loop *loop)
{
    for (const struct gr__stratum *stratum = top; stratum != NULL; stratum = stratum->below)
        if (stratum->force != NULL)
            stratum->force(loop);
}

void gr__strata_done(struct gr__loop *loop)
{
    take_down(top, loop);
}
