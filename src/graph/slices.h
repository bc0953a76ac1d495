/* A minibatch trained slice by slice: forward, likelihood and backward for a few examples at a
 * time, so that their values are still in a core's cache when the next operation reads them. Slices
 * are pieces of pool work, each run by one worker from the first node to the last and back; where
 * there are fewer of them than workers, the workers share the operations of one slice instead.
 * Neither can be seen in the result: how a minibatch is cut depends on the graph and its size
 * alone, every slice sums its gradients apart, and the sums are joined in the order of the slices.
 * Likelihoods, and what is dropped, are those of the uncut minibatch. */
#ifndef LK_GRAPH_SLICES_H
#define LK_GRAPH_SLICES_H

#include "graph/execution.h"

/* How many slices a minibatch of so many examples is cut into. 1: it is not worth cutting (then run
 * an execution): a recurrence wants its examples side by side, and where weights outweigh values,
 * reading those once matters more. */
int64_t lk_slices_count(const lk_graph *graph, int64_t batch);

typedef struct lk_slices lk_slices;
/* For minibatches of at most `batch` examples, cut into lk_slices_count >= 2. The parameters must
 * have their gradient arrays. */
lk_status lk_slices_create(lk_graph *graph, int64_t batch, lk_slices **slices);
void lk_slices_destroy(lk_slices *slices);

/* As lk_execution_set_training. */
void lk_slices_set_training(lk_slices *slices, bool training, uint64_t seed, uint64_t step);
/* x [count][variables], count <= batch. Sets nll_nats[count] and the parameters' gradients, of the
 * mean NLL in nats per example. */
lk_status lk_slices_run(lk_slices *slices, const uint16_t *x, int64_t count, double *nll_nats);
/* After a run whose NLLs are not all finite: an execution that holds the values of the first slice
 * with such a one. */
lk_execution *lk_slices_execution(lk_slices *slices);

#endif
