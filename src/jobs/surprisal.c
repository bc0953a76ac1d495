/* How much of a negative log-likelihood each variable brings. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "jobs/score.h"
#include "base/double_maths.h"
#include "train/evaluate.h"

#define TERMS_MOST (INT64_C(1) << 26) /* held at a time, of all networks */

/* One part of the data under way. */
typedef struct job {
    const lk_model *model;
    int32_t variants;
    int64_t variables;
    lk_graph *graph; /* owned, of several networks the first: along its ordering the chain rule is
                        taken */
    float *terms;    /* owned, [variants][examples of a part][variables] */
    double *nll;     /* owned, [examples of a part]: scratch */
    double *log_weight; /* owned, [variants] */
} job;

static double log_sum(const double *log_weight, int32_t count) {
    double largest = -(double)INFINITY, sum = 0.0;
    for (int32_t k = 0; k < count; k++) {
        largest = log_weight[k] > largest ? log_weight[k] : largest;
    }
    for (int32_t k = 0; k < count && largest != -(double)INFINITY; k++) {
        sum += log_weight[k] == -(double)INFINITY ? 0.0 : lk_double_exp(log_weight[k] - largest);
    }
    return sum > 0.0 ? largest + lk_double_log(sum) : -(double)INFINITY;
}

/* The chain rule over one example; terms[k * stride + v]. After a value of probability zero the
 * networks begin evenly again. */
static void mix_example(job *work, const float *terms, int64_t stride, double *nats) {
    double *w = work->log_weight;
    memset(w, 0, (size_t)work->variants * sizeof *w);
    double before = log_sum(w, work->variants);
    for (int64_t place = 0; place < work->variables; place++) {
        int64_t v = work->graph->by_rank[place];
        for (int32_t k = 0; k < work->variants; k++) {
            w[k] -= (double)terms[k * stride + v];
        }
        double with = log_sum(w, work->variants);
        nats[v] = before - with;
        if (with == -(double)INFINITY) {
            memset(w, 0, (size_t)work->variants * sizeof *w);
            with = log_sum(w, work->variants);
        }
        before = with;
    }
}

static lk_status run_part(job *work, const lk_dataset *part, double *nats) {
    int64_t stride = part->examples * work->variables;
    for (int32_t k = 0; k < work->variants; k++) {
        LK_TRY(
            lk_evaluate_variant(work->model, part, k, NULL, work->nll, work->terms + k * stride));
    }
    for (int64_t i = 0; i < stride && work->variants == 1; i++) {
        nats[i] = (double)work->terms[i];
    }
    for (int64_t n = 0; n < part->examples && work->variants > 1; n++) {
        mix_example(work, work->terms + n * work->variables, stride, nats + n * work->variables);
    }
    return LK_OK;
}

static lk_status run_parts(job *work, const lk_dataset *dataset, double *nats) {
    int64_t each = TERMS_MOST / work->variables / work->variants;
    each = each < 1 ? 1 : each < dataset->examples ? each : dataset->examples;
    work->terms = lk_allocate(work->variants * each * work->variables, sizeof *work->terms);
    work->nll = lk_allocate(each, sizeof *work->nll);
    work->log_weight = lk_allocate(work->variants, sizeof *work->log_weight);
    if (work->terms == NULL || work->nll == NULL || work->log_weight == NULL) {
        return lk_fail_no_memory(work->model->context, "surprisal",
                                 work->variants * each * work->variables * 4);
    }
    if (work->variants > 1) {
        LK_TRY(lk_model_graph(work->model, 0, &work->graph));
    }
    for (int64_t first = 0; first < dataset->examples; first += each) {
        lk_dataset part = *dataset;
        part.examples = dataset->examples - first < each ? dataset->examples - first : each;
        part.values = dataset->values + first * work->variables;
        LK_TRY(run_part(work, &part, nats + first * work->variables));
    }
    return LK_OK;
}

lk_status lk_surprisal(const lk_model *model, const lk_dataset *dataset, double **nats) {
    job work = {
        .model = model, .variants = lk_model_variants(model), .variables = dataset->variables};
    *nats = lk_allocate(dataset->examples * dataset->variables, sizeof **nats);
    lk_status status =
        *nats == NULL
            ? lk_fail_no_memory(model->context, "surprisal",
                                dataset->examples * dataset->variables * (int64_t)sizeof **nats)
            : run_parts(&work, dataset, *nats);
    lk_graph_destroy(work.graph);
    lk_release(work.terms);
    lk_release(work.nll);
    lk_release(work.log_weight);
    if (status != LK_OK) {
        lk_release(*nats);
        *nats = NULL;
    }
    return status;
}
