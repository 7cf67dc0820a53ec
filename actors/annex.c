/*
 * Annexes: making one, and its end. The design stands in annex.h.
 */
#include "actors/annex.h"

struct gr__annex *gr__annex_of(struct gr__loop *loop, struct gr__body *body)
{
    if (body->annex != NULL)
        return body->annex;

    struct gr__annex *annex = gr__pool_take(&loop->pool, sizeof *annex);
    if (annex == NULL)
        return NULL;
    memset(annex, 0, sizeof *annex);
    gr__list_init(&annex->control);
    body->annex = annex;
    return annex;
}

void gr__annex_end(struct gr__loop *loop, struct gr__body *body)
{
    gr__pool_give(&loop->pool, body->annex, sizeof *body->annex);
    body->annex = NULL;
}
