/* Evaluation: variants outside, batches inside, so that weights stay warm. Of the mixture, each
 * example keeps the largest log-likelihood so far and the sum of exp(log-likelihood - largest). */
#include "train/evaluate.h"

#include <math.h>

#include "base/arena.h"
#include "base/double_maths.h"

#define BATCH 256
#define BYTES_MOST \
    ((int64_t)1 << 30) /* a smaller batch is chosen when the buffers would be larger */

void lk_evaluator_init(lk_evaluator *evaluator, lk_variants *variants,
                       const lk_evaluate_options *options) {
    *evaluator = (lk_evaluator){.variants = variants};
    if (options != NULL) {
        evaluator->options = *options;
    }
    int32_t wanted = evaluator->options.variants;
    evaluator->options.variants = wanted > 0 && wanted < variants->count ? wanted : variants->count;
}

void lk_evaluator_deinit(lk_evaluator *evaluator) {
    lk_execution_destroy(evaluator->execution);
    lk_release(evaluator->batch_nll);
    *evaluator = (lk_evaluator){0};
}

static int64_t choose_batch(const lk_evaluator *evaluator, const lk_graph *graph) {
    if (evaluator->options.batch > 0) {
        return evaluator->options.batch;
    }
    int64_t batch = BATCH;
    while (batch > 1 && lk_execution_bytes(graph, LK_PLAN_EVALUATE, batch) > BYTES_MOST) {
        batch /= 2;
    }
    return batch;
}

/* Turns the execution to this graph, making it the first time. */
static lk_status bind(lk_evaluator *evaluator, lk_graph *graph) {
    if (evaluator->execution != NULL) {
        lk_execution_rebind(evaluator->execution, graph);
        return LK_OK;
    }
    evaluator->batch = choose_batch(evaluator, graph);
    LK_TRY(lk_execution_create(graph, LK_PLAN_EVALUATE, evaluator->batch, &evaluator->execution));
    evaluator->batch_nll = lk_allocate(evaluator->batch, sizeof *evaluator->batch_nll);
    if (evaluator->batch_nll == NULL) {
        lk_execution_destroy(evaluator->execution);
        evaluator->execution = NULL;
        return lk_fail_no_memory(graph->context, "likelihoods",
                                 evaluator->batch * (int64_t)sizeof(double));
    }
    return LK_OK;
}

/* One more term of the mixture: largest and sum stand for sum * exp(largest). */
static void mix(double *largest, double *sum, double log_likelihood) {
    if (log_likelihood > *largest) {
        *sum = *sum * lk_double_exp(*largest - log_likelihood) + 1;
        *largest = log_likelihood;
    } else if (log_likelihood != -(double)INFINITY) {
        *sum += lk_double_exp(log_likelihood - *largest);
    }
}

static lk_status run_variant(lk_evaluator *evaluator, const lk_dataset *dataset, int32_t variant,
                             double *largest, double *sum) {
    lk_graph *graph;
    LK_TRY(lk_variants_graph(evaluator->variants, variant, &graph));
    LK_TRY(bind(evaluator, graph));
    const lk_evaluate_options *options = &evaluator->options;
    for (int64_t first = 0; first < dataset->examples; first += evaluator->batch) {
        int64_t left = dataset->examples - first;
        int64_t count = left < evaluator->batch ? left : evaluator->batch;
        LK_TRY(lk_execution_forward(evaluator->execution,
                                    dataset->values + first * dataset->variables, count));
        LK_TRY(lk_execution_nll(evaluator->execution, evaluator->batch_nll, NULL));
        for (int64_t i = 0; i < count; i++) {
            if (isnan(evaluator->batch_nll[i])) {
                return lk_fail_not_a_number(evaluator->variants->model, dataset, first + i,
                                            evaluator->execution);
            }
            mix(&largest[first + i], &sum[first + i], -evaluator->batch_nll[i]);
        }
        if (options->progress != NULL) {
            options->progress(options->progress_argument,
                              variant * dataset->examples + first + count,
                              options->variants * dataset->examples);
        }
    }
    return LK_OK;
}

lk_status lk_evaluator_run(lk_evaluator *evaluator, const lk_dataset *dataset, double *nll_nats) {
    const lk_model *model = evaluator->variants->model;
    lk_shape there;
    LK_TRY(lk_model_takes(model, dataset, &there));
    if (!lk_shape_equal(there, model->data.shape)) { /* families of any size have one variant */
        return lk_evaluate_variant(model, dataset, 0, &evaluator->options, nll_nats, NULL);
    }
    double *sum = lk_allocate(dataset->examples, sizeof *sum);
    if (sum == NULL) {
        return lk_fail_no_memory(model->context, "likelihoods",
                                 dataset->examples * (int64_t)sizeof *sum);
    }
    for (int64_t i = 0; i < dataset->examples; i++) {
        nll_nats[i] = -(double)INFINITY; /* the largest log-likelihood so far */
    }
    lk_status status = LK_OK;
    for (int32_t v = 0; status == LK_OK && v < evaluator->options.variants; v++) {
        status = run_variant(evaluator, dataset, v, nll_nats, sum);
    }
    double log_count = lk_double_log((double)evaluator->options.variants);
    for (int64_t i = 0; status == LK_OK && i < dataset->examples; i++) {
        nll_nats[i] =
            sum[i] == 0 ? (double)INFINITY : -nll_nats[i] - (lk_double_log(sum[i]) - log_count);
    }
    lk_release(sum);
    return status;
}

lk_status lk_evaluate(const lk_model *model, const lk_dataset *dataset,
                      const lk_evaluate_options *options, double *nll_nats) {
    lk_variants variants;
    lk_evaluator evaluator;
    LK_TRY(lk_variants_init(&variants, model));
    lk_evaluator_init(&evaluator, &variants, options);
    lk_status status = lk_evaluator_run(&evaluator, dataset, nll_nats);
    lk_evaluator_deinit(&evaluator);
    lk_variants_deinit(&variants);
    return status;
}

double lk_mean(const double *values, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += values[i];
    }
    return count > 0 ? sum / (double)count : (double)NAN;
}
