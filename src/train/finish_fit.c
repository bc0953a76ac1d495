/* What training by gradients does at its end, for families that fit in their own way: the history,
 * and held-out likelihoods for p-values. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "train/trainer.h"

#define SCORED_MOST 10000 /* training examples */

static lk_status calibrate(lk_model *model, const lk_dataset *data, double *mean) {
    double *nll = lk_allocate(data->examples, sizeof *nll);
    if (nll == NULL) {
        return lk_fail_no_memory(model->context, "likelihoods",
                                 data->examples * (int64_t)sizeof *nll);
    }
    lk_status status = lk_evaluate_dataset(model, data, nll);
    *mean = lk_mean(nll, data->examples);
    if (status == LK_OK) {
        status = lk_model_calibrate(model, nll, data->examples);
    }
    lk_release(nll);
    return status;
}

/* Where nothing is held out: of the training data, or so many of them. */
static lk_status score_training(const lk_model *model, const lk_dataset *train, double *mean) {
    lk_dataset part = *train;
    part.examples = train->examples < SCORED_MOST ? train->examples : SCORED_MOST;
    double *nll = lk_allocate(part.examples, sizeof *nll);
    if (nll == NULL) {
        return lk_fail_no_memory(model->context, "likelihoods", part.examples * 8);
    }
    lk_status status = lk_evaluate_dataset(model, &part, nll);
    *mean = lk_mean(nll, part.examples);
    lk_release(nll);
    return status;
}

/* The history, which keeps what the fit itself wrote. */
static lk_status begin_history(const lk_model *model, json_t **history) {
    json_error_t unused;
    LK_TRY(lk_json_parse(model->context, "history", model->history, strlen(model->history), history,
                         &unused));
    *history = json_is_object(*history) ? *history : json_object();
    if (json_object_get(*history, "stopped") == NULL) {
        lk_json_set(history, "stopped", json_string("fitted"));
    }
    return LK_OK;
}

lk_status lk_train_finish_fit(lk_model *model, const lk_dataset *train, const lk_dataset *valid) {
    double valid_nll = (double)NAN, train_nll = (double)NAN;
    lk_baselines baselines;
    json_t *history;
    LK_TRY(valid != NULL ? calibrate(model, valid, &valid_nll)
                         : score_training(model, train, &train_nll));
    LK_TRY(lk_baselines_of_examples(model, train, valid != NULL ? valid : train, &baselines));
    LK_TRY(begin_history(model, &history));
    lk_json_set(&history, "valid_nll_nats", lk_json_number(valid_nll));
    if (valid == NULL) {
        lk_json_set(&history, "train_nll_nats", lk_json_number(train_nll));
    }
    lk_history_baselines(&history, &baselines);
    lk_json_set(&history, "train_data", lk_history_data(train));
    lk_json_set(&history, "valid_data", valid != NULL ? lk_history_data(valid) : json_null());
    return lk_history_take(model, history);
}
