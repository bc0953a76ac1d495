#include "jobs/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "train/evaluate.h"

#define NATS_PER_BYTE 5.545177444479562 /* 8 ln 2 */

/* ---- input complexity ------------------------------------------------------------------------ */

/* The example as bytes: bits packed eight to a byte for binary data, else the low bytes of all
 * values, then the high ones if any. */
static int64_t example_bytes(const lk_dataset *dataset, int64_t example, uint8_t *bytes) {
    const uint16_t *x = dataset->values + example * dataset->variables;
    int64_t variables = dataset->variables;
    if (dataset->alphabet == 2) {
        memset(bytes, 0, (size_t)(variables + 7) / 8);
        for (int64_t v = 0; v < variables; v++) {
            bytes[v / 8] = (uint8_t)(bytes[v / 8] | x[v] << (7 - v % 8));
        }
        return (variables + 7) / 8;
    }
    int32_t planes = dataset->alphabet > 256 ? 2 : 1;
    for (int64_t v = 0; v < variables; v++) {
        bytes[v] = (uint8_t)x[v];
        if (planes == 2) {
            bytes[variables + v] = (uint8_t)(x[v] >> 8);
        }
    }
    return planes * variables;
}

static lk_status measure_complexity(lk_context *context, const lk_dataset *dataset, double *nats) {
    int64_t most = 2 * dataset->variables + 8;
    uLong bound = compressBound((uLong)most);
    uint8_t *bytes = lk_allocate(most, 1), *packed = lk_allocate((int64_t)bound, 1);
    lk_status status =
        bytes == NULL || packed == NULL ? lk_fail_no_memory(context, "complexity", most) : LK_OK;
    for (int64_t i = 0; status == LK_OK && i < dataset->examples; i++) {
        uLongf size = bound;
        if (compress2(packed, &size, bytes, (uLong)example_bytes(dataset, i, bytes), 9) != Z_OK) {
            status = lk_fail_no_memory(context, "complexity", (int64_t)bound);
        }
        nats[i] = NATS_PER_BYTE * (double)size;
    }
    lk_release(bytes);
    lk_release(packed);
    return status;
}

/* ---- scores ---------------------------------------------------------------------------------- */

/* How many of the ascending `calibration` are at least `nll`. */
static int64_t count_at_least(const float *calibration, int64_t count, double nll) {
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if ((double)calibration[middle] < nll) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return count - low;
}

/* Held-out likelihoods say nothing about data of another size. */
static bool is_calibrated(const lk_model *model, const lk_dataset *dataset) {
    return model->calibration != NULL && dataset->variables == model->data.variables;
}

static lk_status allocate_scores(const lk_model *model, const lk_dataset *dataset,
                                 const lk_score_options *options, lk_scores *scores) {
    int64_t n = dataset->examples;
    *scores = (lk_scores){.examples = n};
    scores->nll_nats = lk_allocate(n, sizeof(double));
    scores->score = lk_allocate(n, sizeof(double));
    scores->background_nats = options->background != NULL ? lk_allocate(n, sizeof(double)) : NULL;
    scores->complexity_nats = options->complexity ? lk_allocate(n, sizeof(double)) : NULL;
    scores->p_value = is_calibrated(model, dataset) ? lk_allocate(n, sizeof(double)) : NULL;
    bool made = scores->nll_nats != NULL && scores->score != NULL &&
                (scores->background_nats != NULL) == (options->background != NULL) &&
                (scores->complexity_nats != NULL) == options->complexity &&
                (scores->p_value != NULL) == is_calibrated(model, dataset);
    return made ? LK_OK
                : lk_fail_no_memory(model->context, "scores", 5 * n * (int64_t)sizeof(double));
}

static lk_status fill_scores(const lk_model *model, const lk_dataset *dataset,
                             const lk_score_options *options, lk_scores *scores) {
    lk_evaluate_options evaluate = {.batch = options->batch,
                                    .progress = options->progress,
                                    .progress_argument = options->progress_argument};
    LK_TRY(lk_evaluate(model, dataset, &evaluate, scores->nll_nats));
    if (options->background != NULL) {
        LK_TRY(lk_evaluate(options->background, dataset, &evaluate, scores->background_nats));
    }
    if (options->complexity) {
        LK_TRY(measure_complexity(model->context, dataset, scores->complexity_nats));
    }
    for (int64_t i = 0; i < scores->examples; i++) {
        scores->score[i] = scores->nll_nats[i];
        scores->score[i] -= scores->background_nats != NULL ? scores->background_nats[i] : 0.0;
        scores->score[i] -= scores->complexity_nats != NULL ? scores->complexity_nats[i] : 0.0;
        if (scores->p_value != NULL) {
            int64_t above =
                count_at_least(model->calibration, model->calibration_count, scores->nll_nats[i]);
            scores->p_value[i] = (double)(1 + above) / (double)(1 + model->calibration_count);
        }
    }
    return LK_OK;
}

lk_status lk_score(const lk_model *model, const lk_dataset *dataset,
                   const lk_score_options *options, lk_scores *scores) {
    lk_status status = allocate_scores(model, dataset, options, scores);
    if (status == LK_OK) {
        status = fill_scores(model, dataset, options, scores);
    }
    if (status != LK_OK) {
        lk_scores_deinit(scores);
    }
    return status;
}

void lk_scores_deinit(lk_scores *scores) {
    lk_release(scores->nll_nats);
    lk_release(scores->background_nats);
    lk_release(scores->complexity_nats);
    lk_release(scores->score);
    lk_release(scores->p_value);
    *scores = (lk_scores){0};
}
