#include "cli/eval_result.h"

#include <math.h>

#include "base/measure.h"

/* Of no examples nothing is the mean of, and one has no error that is known. */
static void summarise(eval_result *r) {
    const double *nll = r->evaluation.nll_nats;
    double square = 0.0, count = (double)r->evaluation.items;
    r->mean = count > 0.0 ? 0.0 : (double)NAN;
    for (int64_t i = 0; i < r->evaluation.items; i++) {
        r->total += nll[i];
        r->mean += nll[i] / count;
        r->impossible += isinf(nll[i]) ? 1 : 0;
    }
    for (int64_t i = 0; i < r->evaluation.items; i++) {
        square += (nll[i] - r->mean) * (nll[i] - r->mean);
    }
    r->error = count > 1.0 ? sqrt(square / (count - 1.0) / count) : (double)NAN;
}

/* Of one example nothing is known but itself. */
static lk_status find_baselines(eval_result *r) {
    bool texts = r->session->model->data.stream;
    LK_TRY(lk_baselines_alone(r->session->model, r->items, &r->baselines));
    if ((texts ? lk_items_total(r->items) : lk_items_count(r->items)) < 2) {
        r->baselines.independent = (double)NAN;
    }
    return LK_OK;
}

lk_status eval_run(const cli_arguments *arguments, int64_t batch, float rate, eval_result *r) {
    const lk_model *model = r->session->model;
    if (r->items == NULL) { /* data of no examples, or an empty text */
        r->evaluation = (lk_evaluation){.variables = model->data.variables};
        r->baselines = lk_baselines_of_none(model);
        summarise(r);
        return LK_OK;
    }
    LK_TRY(find_baselines(r));
    cli_progress progress = cli_progress_begin(arguments, "evaluating");
    const lk_walk_options how = {.lanes = batch,
                                 .learning_rate = rate,
                                 .progress = cli_progress_go_on,
                                 .progress_argument = &progress};
    lk_status status = lk_evaluate(model, r->items, &how, &r->evaluation);
    if (status == LK_OK && cli_has(arguments, "classify")) {
        status = lk_classify(model, r->items, &how, &r->classes);
    }
    cli_progress_end(&progress);
    if (status == LK_OK) {
        summarise(r);
    }
    return status;
}

void eval_release(eval_result *r) {
    lk_classification_deinit(&r->classes);
    lk_evaluation_deinit(&r->evaluation);
    lk_items_close(r->items);
    r->items = NULL;
}

double eval_bits_per_dim(const eval_result *r, double nats) {
    return nats / (double)r->evaluation.variables / LK_NATS_PER_BIT;
}
