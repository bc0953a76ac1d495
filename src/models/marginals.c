#include "models/marginals.h"

#include "base/arena.h"
#include "base/maths.h"

#define LOGIT_MOST 7.0f

static float held(float logit) {
    return logit > LOGIT_MOST ? LOGIT_MOST : logit < -LOGIT_MOST ? -LOGIT_MOST : logit;
}

/* Sums of values: for binary data the count of ones, for grey data that becomes binary the expected
 * count. */
static void binary_logits(const lk_dataset *train, const double *sum, float *logits) {
    double scale = 1.0 / (double)(train->alphabet > 2 ? train->alphabet - 1 : 1);
    for (int64_t v = 0; v < train->variables; v++) {
        double ones = scale * sum[v] + 1.0, zeros = (double)train->examples - scale * sum[v] + 1.0;
        logits[v] = held(lk_log_scalar((float)ones) - lk_log_scalar((float)zeros));
    }
}

static lk_status fill_binary(const lk_model *model, const lk_dataset *train, float *logits) {
    double *sum = lk_allocate(train->variables, sizeof *sum);
    if (sum == NULL) {
        return lk_fail_no_memory(model->context, "marginals",
                                 train->variables * (int64_t)sizeof *sum);
    }
    for (int64_t i = 0; i < train->examples; i++) {
        for (int64_t v = 0; v < train->variables; v++) {
            sum[v] += (double)train->values[i * train->variables + v];
        }
    }
    binary_logits(train, sum, logits);
    lk_release(sum);
    return LK_OK;
}

/* Counts stand in `logits` until they are turned into logarithms. */
static void fill_categorical(const lk_model *model, const lk_dataset *train, float *logits) {
    int64_t alphabet = model->data.alphabet, cells = train->variables * alphabet;
    for (int64_t c = 0; c < cells; c++) {
        logits[c] = 1.0f;
    }
    for (int64_t i = 0; i < train->examples; i++) {
        for (int64_t v = 0; v < train->variables; v++) {
            logits[v * alphabet + train->values[i * train->variables + v]] += 1.0f;
        }
    }
    float log_total = lk_log_scalar((float)(train->examples + alphabet));
    for (int64_t c = 0; c < cells; c++) {
        logits[c] = held(lk_log_scalar(logits[c]) - log_total);
    }
}

lk_status lk_marginal_logits(const lk_model *model, const lk_dataset *train, float *logits) {
    if (model->data.alphabet == 2) {
        return fill_binary(model, train, logits);
    }
    fill_categorical(model, train, logits);
    return LK_OK;
}

/* Counts of each symbol; for grey data that becomes binary the expected ones. */
static void count_pooled(const lk_model *model, const lk_dataset *train, int64_t period,
                         double *count) {
    int64_t alphabet = model->data.alphabet;
    double scale = 1.0 / (double)(train->alphabet > 2 ? train->alphabet - 1 : 1);
    for (int64_t i = 0; i < train->examples * train->variables; i++) {
        double *mine = count + i % train->variables % period * alphabet;
        if (alphabet == 2) {
            double one = scale * (double)train->values[i];
            mine[1] += one;
            mine[0] += 1.0 - one;
        } else {
            mine[train->values[i]] += 1.0;
        }
    }
}

lk_status lk_pooled_logits(const lk_model *model, const lk_dataset *train, int64_t period,
                           float *logits) {
    int64_t alphabet = model->data.alphabet;
    double *count = lk_allocate(period * alphabet, sizeof *count);
    if (count == NULL) {
        return lk_fail_no_memory(model->context, "marginals",
                                 period * alphabet * (int64_t)sizeof *count);
    }
    count_pooled(model, train, period, count);
    float total = lk_log_scalar((float)(train->examples * (train->variables / period) + alphabet));
    for (int64_t c = 0; c < period * alphabet; c++) {
        float log_share = lk_log_scalar((float)(count[c] + 1.0));
        if (alphabet != 2) {
            logits[c] = held(log_share - total);
        } else if (c % 2 == 1) {
            logits[c / 2] = held(log_share - lk_log_scalar((float)(count[c - 1] + 1.0)));
        }
    }
    lk_release(count);
    return LK_OK;
}
