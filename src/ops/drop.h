/* What dropout draws (Srivastava et al. 2014, inverted): a factor for each value, 0 with
 * probability `rate`, else 1 / (1 - rate). A factor is named by (optimizer step, node, cell, place
 * among the cell's values in the whole minibatch), four places to one random block, so that it
 * depends on neither threads nor schedule, and backward draws the same again instead of keeping
 * it. */
#ifndef LK_OPS_DROP_H
#define LK_OPS_DROP_H

#include "graph/op.h"

typedef struct lk_drop {
    uint32_t threshold; /* a word below it means: zeroed; 0: nothing is dropped */
    float scale;
} lk_drop;

/* 0 <= rate < 1. */
lk_drop lk_drop_make(double rate);
/* The factors of places [first, first + count) of `cell`. A task without kernels gets them one
 * block at a time, by the definition: for references. */
void lk_drop_draw(const lk_drop *drop, const lk_task *task, int64_t cell, int64_t first,
                  int64_t count, float *factor);

#endif
