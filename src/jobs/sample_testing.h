/* What the tests of sampling share: the probabilities of all settings of a small model, and whether
 * samples have them. Included by *_test.c only. */
#ifndef LK_JOBS_SAMPLE_TESTING_H
#define LK_JOBS_SAMPLE_TESTING_H

#include "models/testing.h"

#include "jobs/sample.h"
#include "models/run.h"

#define SETTINGS_MOST 128 /* of all variables together */

/* All settings of raw values; variable 0 changes fastest. */
typedef struct settings {
    const lk_model *model;
    lk_shape shape;
    int64_t count, variables;
    double p[SETTINGS_MOST];
} settings;

static inline int32_t settings_alphabet(const lk_model *model, int64_t variable) {
    return model->data.alphabets != NULL ? model->data.alphabets[variable] : model->data.alphabet;
}

static inline uint16_t settings_value(const settings *s, int64_t setting, int64_t variable) {
    for (int64_t v = 0; v < variable; v++) {
        setting /= settings_alphabet(s->model, v);
    }
    return (uint16_t)(setting % settings_alphabet(s->model, variable));
}

static inline int64_t settings_find(const settings *s, const uint16_t *x) {
    int64_t setting = 0;
    for (int64_t v = s->variables - 1; v >= 0; v--) {
        int32_t alphabet = settings_alphabet(s->model, v);
        assert_true(x[v] < alphabet);
        setting = setting * alphabet + x[v];
    }
    return setting;
}

/* p(x), or p(x | label), by the even mixture of the model's networks. */
static inline settings settings_of(const lk_model *model, lk_shape shape, uint16_t label) {
    settings s = {.model = model, .shape = shape, .count = 1};
    const lk_view *view = lk_model_view(model);
    int32_t networks = lk_model_variants(model);
    double total = 0.0;
    s.variables = lk_shape_variables(shape);
    for (int64_t v = 0; v < s.variables; v++) {
        s.count *= settings_alphabet(model, v);
    }
    assert_true(s.count <= SETTINGS_MOST);
    for (int32_t k = 0; k < networks; k++) {
        lk_run *run;
        lk_run_options how = {.network = k, .shape = shape, .schedules = LK_PARALLEL};
        testing_ok(model->context, lk_run_open(model, &how, &run));
        for (int64_t i = 0; i < s.count; i++) {
            uint16_t x[64];
            double nll = 0.0, more;
            int64_t variables = lk_run_variables(run), window = lk_run_window(run);
            assert_true(variables <= 64);
            uint16_t raw[64];
            for (int64_t v = 0; v < s.variables; v++) {
                raw[v] = settings_value(&s, i, v);
            }
            lk_view_read(view, raw, s.variables, 0, variables, x);
            testing_ok(model->context, lk_run_begin(run, 1, &label));
            for (int64_t first = 0; first < variables; first += window) {
                int64_t here = variables - first < window ? variables - first : window;
                testing_ok(model->context, lk_run_forward(run, x + first, here));
                testing_ok(model->context, lk_run_nll(run, &more, NULL));
                nll += more;
            }
            s.p[i] += exp(-nll) / networks;
            total += exp(-nll) / networks;
        }
        lk_run_close(run);
    }
    assert_true(fabs(total - 1.0) < 1e-5);
    return s;
}

/* p(x | values of x): where `given` (raw values, -1: open) does not fit, 0. */
static inline void settings_hold(settings *s, const int32_t *given) {
    double total = 0.0;
    for (int64_t i = 0; i < s->count; i++) {
        for (int64_t v = 0; v < s->variables; v++) {
            bool fits = given[v] < 0 || given[v] == settings_value(s, i, v);
            s->p[i] = fits ? s->p[i] : 0.0;
        }
        total += s->p[i];
    }
    for (int64_t i = 0; i < s->count; i++) {
        s->p[i] /= total;
    }
}

/* Chi-squared of every period-th sample from `first` on, cells of fewer than 5 expected ones
 * joined, as a multiple of its 1 - 1e-5 quantile by Wilson and Hilferty: above 1 they differ. */
static inline double settings_differ(const settings *s, const lk_dataset *samples, int64_t first,
                                     int64_t period) {
    double observed[SETTINGS_MOST] = {0}, chi = 0.0, rest = 0.0, rest_observed = 0.0, count = 0.0;
    int cells = 0;
    assert_int_equal(samples->variables, s->variables);
    for (int64_t i = first; i < samples->examples; i += period) {
        observed[settings_find(s, samples->values + i * s->variables)] += 1.0;
        count += 1.0;
    }
    for (int64_t i = 0; i < s->count; i++) {
        double expected = s->p[i] * count, off = observed[i] - expected;
        rest += expected < 5.0 ? expected : 0.0;
        rest_observed += expected < 5.0 ? observed[i] : 0.0;
        chi += expected < 5.0 ? 0.0 : off * off / expected;
        cells += expected < 5.0 ? 0 : 1;
    }
    chi += (rest_observed - rest) * (rest_observed - rest) / (rest + 5.0);
    assert_true(cells > 1);
    double k = cells, root = 1.0 - 2.0 / (9.0 * k) + 4.265 * sqrt(2.0 / (9.0 * k));
    return chi / (k * root * root * root);
}

/* The samples have these probabilities, and the test could fail: not those of settings turned
 * round. */
static inline void settings_agree(settings s, const lk_dataset *samples, int64_t first,
                                  int64_t period, const char *what) {
    double differ = settings_differ(&s, samples, first, period);
    if (!(differ <= 1.0)) {
        fail_msg("%s: chi-squared is %.3f times what may be expected (seed fixed)", what, differ);
    }
    for (int64_t i = 0; i < s.count / 2; i++) {
        double kept = s.p[i];
        s.p[i] = s.p[s.count - 1 - i];
        s.p[s.count - 1 - i] = kept;
    }
    assert_true(settings_differ(&s, samples, first, period) > 1.0);
}

static inline lk_dataset *testing_draw(const lk_model *model, lk_sample_options options) {
    lk_dataset *samples;
    testing_ok(model->context, lk_sample(model, &options, &samples));
    return samples;
}

#endif
