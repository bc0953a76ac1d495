/* Which cells come at which step. Only steps at which there are cells are listed, so that a list is
 * as long as its node has cells, however many steps a generation has. */
#ifndef LK_GRAPH_STEPS_H
#define LK_GRAPH_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct lk_steps {
    int32_t count;
    int32_t *step;  /* [count], ascending */
    int32_t *begin; /* [count + 1]: of the cells sorted by (step, cell), those from begin[i] to
                       begin[i + 1] come at step[i] */
} lk_steps;

/* Sorts 0 .. cells - 1 by (step_of, cell) into order[cells], and lists the steps, in the arena.
 * Takes time by the number of cells alone. false: out of memory. */
bool lk_steps_make(lk_arena *arena, const int32_t *step_of, int64_t cells, int32_t *order,
                   lk_steps *steps);
/* The first of the listed steps that is not before `step`; `count` when there is none. */
int32_t lk_steps_find(const lk_steps *steps, int32_t step);

#endif
