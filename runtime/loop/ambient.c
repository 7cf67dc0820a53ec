/*
 * Ambients: ending one. The design stands in ambient.h.
 */
#include "loop/ambient.h"

void gr__ambient_restore(struct gr__loop *loop, struct gr__ambient before)
{
    struct gr__ambient ended = gr__ambient_swap(loop, before);
    gr__values_drop(&loop->pool, ended.values);
}

void gr__ambient_end(struct gr__loop *loop)
{
    gr__ambient_restore(loop, gr__ambient_none);
}
