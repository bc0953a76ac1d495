/* What a training step of an order-agnostic model knows of each example (Uria, Murray, Larochelle,
 * ICML 2014, section 3):
 *
 *   E over orders o of -log p_o(x) = E over d uniform on 0 .. D - 1 and sets m of d variables,
 *     uniform, of D / (D - d) sum over i not in m of -log p(x_i | x_m)
 *
 * Every example of every step has a d and an m of its own, which are functions of (seed, step, its
 * place in the minibatch) and of nothing else. The known values become given ones, others the
 * fields' alphabets; weights are D / (D - d) where a variable is not known, else 0. */
#ifndef LK_TRAIN_KNOWN_H
#define LK_TRAIN_KNOWN_H

#include "graph/graph.h"

typedef struct lk_known {
    const lk_graph *graph; /* lk_model_graph_known; not owned */
    uint64_t seed;
    uint16_t *given; /* owned, [batch][graph->given]: labels, if there are any, and known values */
    float *weight;   /* owned, [batch][graph->variables] */
} lk_known;

lk_status lk_known_init(lk_known *known, const lk_graph *graph, int64_t batch, uint64_t seed);
void lk_known_deinit(lk_known *known);
/* Of a minibatch x [count][variables], labels [count] (NULL: the model is given none). */
void lk_known_draw(lk_known *known, int64_t step, const uint16_t *x, const uint16_t *labels,
                   int64_t count);

#endif
