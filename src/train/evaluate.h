/* Exact likelihoods of a data set. A model of K variants (the masks of a MADE) is the even mixture
 * of their joint distributions:
 *
 *   nll(x) = -log (1/K) sum_k exp(-nll_k(x))
 *
 * summed in the order of the variants in double, by base/double_maths.h. So an example's NLL has
 * the same bits whatever stands beside it, for any batch, number of threads and machine. */
#ifndef LK_TRAIN_EVALUATE_H
#define LK_TRAIN_EVALUATE_H

#include "graph/execution.h"
#include "train/variants.h"

typedef struct lk_evaluate_options {
    int64_t batch;    /* 0: chosen */
    int32_t variants; /* 0: all; else the mixture of the first so many, another and worse
                         distribution */
    /* NULL, or called after each batch with the forward passes of an example done, and how many
     * there are in all. */
    void (*progress)(void *argument, int64_t done, int64_t count);
    void *progress_argument;
} lk_evaluate_options;

/* nll_nats receives [dataset->examples]; +infinity where the probability is 0. The data must be
 * what the model takes, at its own size or another: binarized already. options NULL: all defaults.
 * Fails with LK_NOT_FINITE, naming example and node, when an NLL is NaN. */
lk_status lk_evaluate(const lk_model *model, const lk_dataset *dataset,
                      const lk_evaluate_options *options, double *nll_nats);

/* The same of one variant alone, term by term: terms (NULL or [examples][variables]) receives -log
 * p(x_v | ...), nll_nats their sums. */
lk_status lk_evaluate_variant(const lk_model *model, const lk_dataset *dataset, int32_t variant,
                              const lk_evaluate_options *options, double *nll_nats, float *terms);

/* The same again and again, as training does: networks and buffers are kept. */
typedef struct lk_evaluator {
    lk_variants *variants; /* not owned */
    lk_evaluate_options options;
    lk_execution *execution; /* owned; NULL until first used */
    double *batch_nll;       /* owned, [batch] */
    int64_t batch;
} lk_evaluator;

void lk_evaluator_init(lk_evaluator *evaluator, lk_variants *variants,
                       const lk_evaluate_options *options);
void lk_evaluator_deinit(lk_evaluator *evaluator);
/* Of data at the model's own size, networks and buffers are the kept ones. */
lk_status lk_evaluator_run(lk_evaluator *evaluator, const lk_dataset *dataset, double *nll_nats);

/* Says which example of the data has an NLL that is not a number, and the node where that was first
 * seen. Returns LK_NOT_FINITE. */
lk_status lk_fail_not_a_number(const lk_model *model, const lk_dataset *dataset, int64_t example,
                               const lk_execution *execution);

/* Mean in order; 0 examples: NaN. */
double lk_mean(const double *values, int64_t count);

#endif
