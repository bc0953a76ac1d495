/* What training by gradients does at its end, for families that fit in their own way: the history,
 * and held-out likelihoods for p-values. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "train/trainer.h"

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

lk_status lk_train_finish_fit(lk_model *model, const lk_dataset *train, const lk_dataset *valid) {
    double valid_nll = (double)NAN;
    if (valid != NULL) {
        LK_TRY(calibrate(model, valid, &valid_nll));
    }
    json_t *history; /* keeps what the fit itself wrote */
    json_error_t unused;
    LK_TRY(lk_json_parse(model->context, "history", model->history, strlen(model->history),
                         &history, &unused));
    history = json_is_object(history) ? history : json_object();
    lk_json_set(&history, "stopped", json_string("fitted"));
    lk_json_set(&history, "valid_nll_nats", lk_history_number(valid_nll));
    lk_json_set(&history, "train_data", lk_history_data(train));
    lk_json_set(&history, "valid_data", valid != NULL ? lk_history_data(valid) : json_null());
    return lk_history_take(model, history);
}
