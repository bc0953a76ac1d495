/* Training is slices: a minibatch is cut into as many as its training declares, and each runs
 * forward, likelihood and backward on an execution of its own, from the first node to the last and
 * back, so that its values are still in a core's caches when the next operation reads them. Every
 * slice sums its gradients apart; the sums are joined by a fixed binary tree over the slices'
 * numbers (graph/gradient_tree.h). Likelihoods, and what is dropped, are those of the uncut
 * minibatch. So the weights depend on how many slices were declared, and not on who ran them.
 *
 *   slices    slice s of n has the examples [count s / n, count (s + 1) / n) of `count`.
 *   threads   take slices; where there are fewer slices than threads, groups of threads do, which
 *             share the operations of a slice: as many groups as divide both numbers.
 *   streams   lanes side by side are the examples. A slice keeps what its lanes carry.
 *   machines  of a team (graph/gradient_team.h) each rank runs a subtree of the slices; all have
 *             the whole minibatch, its NLLs and its gradient.
 *   memory    one thread or group, or heavy weights: slices run one after another and the tree is
 *             walked with log2(slices) gradients beside the parameters' own. Else slices - 1. */
#ifndef LK_GRAPH_SLICES_H
#define LK_GRAPH_SLICES_H

#include "graph/execution.h"

/* Where slice s of a minibatch begins. */
static inline int64_t lk_slices_first(int64_t count, int64_t slices, int64_t s) {
    return count * s / slices;
}

/* How many slices a minibatch of so many examples is best cut into. Depends on nothing else. */
int64_t lk_slices_choose(const lk_graph *graph, int64_t batch);

typedef struct lk_slices_options {
    int64_t batch;       /* examples of a minibatch at most; of streams: lanes, always all */
    int64_t slices;      /* 1 to batch */
    int64_t first, last; /* that run here, a subtree; last 0: all, or a rank's of a team */
    const lk_window *window; /* of streams: of the graph; not owned; else NULL */
} lk_slices_options;

typedef struct lk_slices lk_slices;
/* The parameters must have their gradient arrays. */
lk_status lk_slices_create(lk_graph *graph, lk_slices_options options, lk_slices **slices);
void lk_slices_destroy(lk_slices *slices);
int64_t lk_slices_count(const lk_slices *slices);
/* As lk_execution_rebind, lk_execution_set_training, lk_execution_set_weights. */
void lk_slices_rebind(lk_slices *slices, lk_graph *graph);
void lk_slices_set_training(lk_slices *slices, bool training, uint64_t seed, uint64_t step);
void lk_slices_set_weights(lk_slices *slices, const float *weights);
/* As lk_execution_set_example_weights, [count][variables] of the next minibatch; not owned. */
void lk_slices_set_example_weights(lk_slices *slices, const float *weights);

/* A minibatch x [count][variables] and what is given with it [count][graph->given] (NULL: nothing),
 * count <= batch; the examples of slices that run here are read. Sets their nll_nats [count], and
 * the parameters' gradients to this subtree's part of those of the minibatch's mean NLL in nats per
 * example. Fewer examples than slices are cut into slices of one; then a subtree may have nothing
 * to run and leaves everything as it is. Of several failures the first slice's is told. */
lk_status lk_slices_run(lk_slices *slices, const uint16_t *x, const uint16_t *given, int64_t count,
                        double *nll_nats);
/* After a run whose NLLs are not all finite: an execution that holds the values of the first slice
 * with such a one. */
lk_execution *lk_slices_execution(lk_slices *slices);

/* Streams: as lk_execution_window_begin and so on, with all lanes. run: positions [first, last) of
 * each, x [lanes][(last - first) * unit]; backward stops before them. What is carried: slice after
 * slice, of all slices, of which those that run here are written and read; of a team rank 0 gets
 * all. */
lk_status lk_slices_window_begin(lk_slices *slices, const uint16_t *given);
/* As lk_execution_set_active, for the next runs: of the first lanes of all slices. */
void lk_slices_set_active(lk_slices *slices, const int64_t *active);
/* As lk_execution_set_along, for the next runs: of all lanes, not owned. */
void lk_slices_set_along(lk_slices *slices, const uint16_t *along);
lk_status lk_slices_window_run(lk_slices *slices, int64_t first, int64_t last, const uint16_t *x,
                               double *nll_nats);
void lk_slices_window_slide(lk_slices *slices, int64_t end);
lk_status lk_slices_window_save(const lk_slices *slices, int64_t end, float *values);
void lk_slices_window_restore(lk_slices *slices, int64_t end, const float *values);

#endif
