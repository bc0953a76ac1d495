/* Expectation maximisation for mixtures of products of categoricals (of Bernoullis, when the
 * alphabet has two symbols).
 *
 *   p(x) = sum_k w_k prod_v p_k(x_v)
 *
 * Dempster, Laird, Rubin, "Maximum likelihood from incomplete data via the EM algorithm", JRSS B
 * 39(1), 1977. */
#ifndef LK_MODELS_EM_H
#define LK_MODELS_EM_H

#include "models/model.h"

typedef struct lk_em_options {
    int64_t components;
    int64_t iterations;       /* at most, of the run that is kept */
    int64_t starts;           /* short runs, of which the best is continued */
    int64_t short_iterations; /* of each */
    double smoothing; /* pseudo-examples of each component, distributed as the data's marginals;
                         above 0 */
    int64_t patience; /* iterations without a better validation NLL (without valid: train) before
                         stopping */
    double minutes;   /* 0: no limit. What is half done then does not count. */
    const char **stopped; /* why it ended: "iterations", "minutes" or "converged"; or NULL */
    uint64_t seed;
    bool *kept; /* NULL, or: set once the parameters that are filled in are usable */
    lk_fit_progress *progress; /* NULL: none */
    void *progress_argument;
} lk_em_options;

/* Fills log_weight[components] and log_component[symbols of all variables][components] (alphabets:
 * of each variable, [variables]; NULL: all are `alphabet`) with the
 * iteration that did best on `valid` (NULL: on `train`). The same for any number of threads.
 * LK_INTERRUPTED when progress asked to stop: the best so far is filled in. */
lk_status lk_em_fit(lk_context *context, const lk_dataset *train, const lk_dataset *valid,
                    int32_t alphabet, const int32_t *alphabets, const lk_em_options *options,
                    float *log_weight, float *log_component);

#endif
