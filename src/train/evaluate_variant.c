/* The likelihood under one network of a model, at the model's own size or at another. */
#include <math.h>

#include "base/arena.h"
#include "models/network.h"
#include "train/evaluate.h"

#define BATCH 256
#define BYTES_MOST \
    ((int64_t)512 << 20) /* a smaller batch is chosen when the network would be larger */

lk_status lk_fail_not_a_number(const lk_model *model, const lk_dataset *dataset, int64_t example,
                               const lk_execution *execution) {
    const lk_node *node = lk_execution_first_not_finite(execution);
    return lk_fail(model->context, LK_NOT_FINITE,
                   "%s: the NLL of example %lld is not a number%s%s: the model's weights are "
                   "damaged or have diverged",
                   dataset->path, (long long)example, node != NULL ? "; seen first at node " : "",
                   node != NULL ? node->name : "");
}

static lk_status run_batches(const lk_model *model, const lk_dataset *dataset,
                             const lk_evaluate_options *options, lk_network *network, int64_t batch,
                             double *nll_nats, float *terms) {
    int64_t variables = dataset->variables;
    for (int64_t first = 0; first < dataset->examples; first += batch) {
        int64_t left = dataset->examples - first, count = left < batch ? left : batch;
        LK_TRY(lk_network_forward(network, dataset->values + first * variables, count,
                                  nll_nats + first,
                                  terms != NULL ? terms + first * variables : NULL, NULL, NULL));
        for (int64_t i = first; i < first + count; i++) {
            if (isnan(nll_nats[i])) {
                return lk_fail_not_a_number(model, dataset, i, lk_network_execution(network));
            }
        }
        if (options != NULL && options->progress != NULL) {
            options->progress(options->progress_argument, first + count, dataset->examples);
        }
    }
    return LK_OK;
}

lk_status lk_evaluate_variant(const lk_model *model, const lk_dataset *dataset, int32_t variant,
                              const lk_evaluate_options *options, double *nll_nats, float *terms) {
    lk_shape there;
    lk_network *network;
    LK_TRY(lk_model_takes(model, dataset, &there));
    int64_t batch = options != NULL && options->batch > 0 ? options->batch : BATCH;
    batch = batch < dataset->examples ? batch : dataset->examples;
    if (options == NULL || options->batch <= 0) {
        LK_TRY(lk_network_fit_batch(model, there, LK_PLAN_EVALUATE, BYTES_MOST, &batch));
    }
    LK_TRY(lk_network_open(model, variant, there, LK_PLAN_EVALUATE, batch, &network));
    lk_status status = run_batches(model, dataset, options, network, batch, nll_nats, terms);
    lk_network_close(network);
    return status;
}
