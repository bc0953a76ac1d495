#include "models/marginals.h"

#include <string.h>

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

/* The alphabet of a variable, or of its part in a view (part < 0: there is none). */
static int32_t alphabet_of(const lk_model *model, int32_t part, int64_t v) {
    const lk_data_description *data = &model->data;
    return part >= 0                 ? data->view.parts[part].alphabet
           : data->alphabets != NULL ? data->alphabets[v]
                                     : data->alphabet;
}

/* Those of an example's variables; of a part its cells. */
static int64_t count_of(const lk_model *model, int32_t part, int64_t variables) {
    return part >= 0 ? lk_view_cells(&model->data.view, part, variables) : variables;
}

/* What stands in one of them. */
static uint16_t symbol_of(const lk_model *model, const lk_dataset *train, int32_t part,
                          int64_t example, int64_t v) {
    const uint16_t *x = train->values + example * train->variables;
    const lk_view *view = &model->data.view;
    uint16_t symbol = x[part >= 0 ? 0 : v];
    if (part >= 0) {
        v += lk_view_first(view, part, train->variables);
        lk_view_read(view, x, train->variables, v, 1, &symbol);
    }
    return symbol;
}

/* One set of logits for each variable; returns the place behind the last one. Counts stand there
 * until they are turned into logarithms. */
static float *fill_categorical(const lk_model *model, const lk_dataset *train, int32_t part,
                               float *logits) {
    for (int64_t v = 0; v < count_of(model, part, train->variables); v++) {
        int32_t alphabet = alphabet_of(model, part, v);
        for (int32_t a = 0; a < alphabet; a++) {
            logits[a] = 1.0f;
        }
        for (int64_t i = 0; i < train->examples; i++) {
            logits[symbol_of(model, train, part, i, v)] += 1.0f;
        }
        float log_total = lk_log_scalar((float)(train->examples + alphabet));
        for (int32_t a = 0; a < alphabet; a++) {
            logits[a] = held(lk_log_scalar(logits[a]) - log_total);
        }
        logits += alphabet;
    }
    return logits;
}

/* The parts of a view with two symbols: log odds. */
static float *fill_bits(const lk_model *model, const lk_dataset *train, int32_t part,
                        float *logits) {
    for (int64_t v = 0; v < count_of(model, part, train->variables); v++) {
        double ones = 1.0;
        for (int64_t i = 0; i < train->examples; i++) {
            ones += (double)symbol_of(model, train, part, i, v);
        }
        double zeros = (double)train->examples + 2.0 - ones;
        *logits++ = held(lk_log_scalar((float)ones) - lk_log_scalar((float)zeros));
    }
    return logits;
}

lk_status lk_marginal_logits(const lk_model *model, const lk_dataset *train, float *logits) {
    const lk_view *view = lk_model_view(model);
    if (view == NULL && model->data.alphabet == 2 && model->data.alphabets == NULL) {
        return fill_binary(model, train, logits);
    }
    for (int32_t part = view == NULL ? -1 : 0; part < (view == NULL ? 0 : view->part_count);
         part++) {
        bool binary = part >= 0 && view->parts[part].alphabet == 2;
        logits = binary ? fill_bits(model, train, part, logits)
                        : fill_categorical(model, train, part, logits);
    }
    return LK_OK;
}

/* For grey data that becomes binary the expected counts. */
void lk_pooled_counts(const lk_model *model, const lk_dataset *train, int32_t part, int64_t period,
                      double *count) {
    int64_t alphabet = alphabet_of(model, part, 0);
    int64_t cells = count_of(model, part, train->variables);
    memset(count, 0, (size_t)(period * alphabet) * sizeof *count);
    double scale = 1.0 / (double)(train->alphabet > 2 ? train->alphabet - 1 : 1);
    for (int64_t i = 0; i < train->examples * cells; i++) {
        double *mine = count + i % cells % period * alphabet;
        if (alphabet == 2 && part < 0) {
            double one = scale * (double)train->values[i];
            mine[1] += one;
            mine[0] += 1.0 - one;
        } else {
            mine[symbol_of(model, train, part, i / cells, i % cells)] += 1.0;
        }
    }
}

lk_status lk_pooled_logits(const lk_model *model, const lk_dataset *train, int32_t part,
                           int64_t period, float *logits) {
    int64_t alphabet = alphabet_of(model, part, 0);
    double *count = lk_allocate(period * alphabet, sizeof *count);
    if (count == NULL) {
        return lk_fail_no_memory(model->context, "marginals",
                                 period * alphabet * (int64_t)sizeof *count);
    }
    lk_pooled_counts(model, train, part, period, count);
    int64_t each = train->examples * (count_of(model, part, train->variables) / period);
    float total = lk_log_scalar((float)(each + alphabet));
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
