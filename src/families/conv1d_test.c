/* Temporal convolution against its equations in double, tap by tap; and as a distribution: sums to
 * one, is causal, is the same under every schedule; and its number of parameters does not depend on
 * the length. */
#include <stdio.h>

#include "families/testing_local.h"
#include "models/testing_gradients.h"
#include "models/testing_temporal.h"

#define SEED 1609

typedef struct sequence_case {
    int64_t variables;
    int32_t alphabet;
    const char *set[8];
    int32_t sets;
} sequence_case;

static const sequence_case cases[] = {
    {9, 2, {"layers=3", "channels=4", "head=5"}, 3},
    {5, 3, {"layers=2", "channels=3", "head=4", "kernel=2", "dilation=1"}, 5},
    {11, 2, {"layers=4", "channels=3", "head=3", "kernel=2", "dilation=3", "cycle=2"}, 6},
    {4, 5, {"layers=0", "channels=6", "head=3", "kernel=4"}, 4},
    {1, 2, {"layers=1", "channels=2", "head=3"}, 3},
    {9, 2, {"layers=2", "channels=4", "head=5", "norm=channel"}, 4},
    {5, 3, {"layers=2", "channels=3", "head=4", "weight_norm=true"}, 4},
    {7, 2, {"layers=3", "channels=3", "head=4", "norm=channel", "weight_norm=true"}, 5},
};
#define CASES (sizeof cases / sizeof *cases)

static lk_model *make_model(lk_context *context, const sequence_case *c) {
    lk_model *model =
        testing_model(context, "conv1d", c->set, c->sets, c->variables, c->alphabet, "natural", 3);
    testing_random_weights_of(model, 0.5f, SEED);
    return model;
}

/* ---- the equations in double ----------------------------------------------------------------- */

#define LENGTH_MOST 16
#define FEATURES_MOST 8

typedef struct features {
    int64_t channels;
    double at[LENGTH_MOST][FEATURES_MOST];
} features;

/* What is read of a weight; one of them is moved for central differences. */
static testing_bump bump;
static double weight(const void *network, const lk_parameter *p, int64_t element) {
    (void)network;
    return testing_bumped(&bump, &p->value[element]);
}

static const lk_parameter *find(const lk_model *model, const char *layer, const char *what) {
    char name[128];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    int32_t index = lk_parameters_find(model->parameters, name);
    assert_true(index >= 0);
    return &model->parameters->list[index];
}

/* What a unit's weights are multiplied by: 1, or g / |v| (Salimans and Kingma 2016, equation 2). */
static double unit_scale(const lk_model *model, const char *layer, const lk_parameter *v,
                         int64_t unit) {
    double squares = 0;
    if (!lk_settings_boolean(&model->settings, "weight_norm")) {
        return 1;
    }
    for (int64_t r = 0; r < v->rows; r++) {
        squares += pow(weight(model, v, r * v->columns + unit), 2);
    }
    return weight(model, find(model, layer, "gain"), unit) / sqrt(squares);
}

/* out[t] = b + sum over k of W[k] in[t + last - (kernel - 1 - k) dilation] */
static features convolve(const lk_model *model, const char *layer, const features *in,
                         int64_t kernel, int64_t dilation, int64_t last) {
    const lk_parameter *w = find(model, layer, "weight"), *b = find(model, layer, "bias");
    features out = {.channels = w->columns};
    assert_int_equal(w->rows, kernel * in->channels);
    for (int64_t t = 0; t < model->data.variables; t++) {
        for (int64_t c = 0; c < out.channels; c++) {
            double scale = unit_scale(model, layer, w, c);
            out.at[t][c] = weight(model, b, c);
            for (int64_t k = 0; k < kernel; k++) {
                int64_t from = t + last - (kernel - 1 - k) * dilation;
                for (int64_t i = 0; from >= 0 && i < in->channels; i++) {
                    out.at[t][c] += scale *
                                    weight(model, w, (k * in->channels + i) * out.channels + c) *
                                    in->at[from][i];
                }
            }
        }
    }
    return out;
}

static features rectified(features f) {
    for (int64_t i = 0; i < LENGTH_MOST * FEATURES_MOST; i++) {
        double *value = &f.at[i / FEATURES_MOST][i % FEATURES_MOST];
        *value = *value > 0.0 ? *value : 0.0;
    }
    return f;
}

/* Ba, Kiros, Hinton 2016, equation 4. */
static features normalised(const lk_model *model, const char *layer, features f) {
    for (int64_t t = 0; t < LENGTH_MOST; t++) {
        double mean = 0, variance = 0;
        for (int64_t c = 0; c < f.channels; c++) {
            mean += f.at[t][c] / (double)f.channels;
        }
        for (int64_t c = 0; c < f.channels; c++) {
            variance += (f.at[t][c] - mean) * (f.at[t][c] - mean) / (double)f.channels;
        }
        for (int64_t c = 0; c < f.channels; c++) {
            double gain = weight(model, find(model, layer, "gain"), c);
            f.at[t][c] = gain * (f.at[t][c] - mean) / sqrt(variance + 1e-5) +
                         weight(model, find(model, layer, "bias"), c);
        }
    }
    return f;
}

static features layer(const lk_model *model, const char *name, const features *in, int64_t kernel,
                      int64_t dilation) {
    features from = rectified(*in);
    return convolve(model, name, &from, kernel, dilation, 0);
}

/* And what is given along. */
static void tell(const lk_model *model, const char *name, features *f) {
    for (int64_t t = 0; t < model->data.variables; t++) {
        for (int64_t c = 0; c < f->channels; c++) {
            f->at[t][c] += local_told(model, weight, model, name, t, c);
        }
    }
}

static double reference_nll(const lk_model *model, const uint16_t *x) {
    const lk_settings *settings = &model->settings;
    int32_t alphabet = model->data.alphabet;
    int64_t kernel = lk_settings_integer(settings, "kernel"), dilation = 1;
    features in = {.channels = alphabet == 2 ? 1 : alphabet};
    for (int64_t t = 0; t < model->data.variables; t++) {
        in.at[t][alphabet == 2 ? 0 : x[t]] = alphabet == 2 ? x[t] : 1.0;
    }
    features f = convolve(model, "first", &in, kernel, 1, -1);
    tell(model, "first", &f);
    for (int64_t l = 0; l < lk_settings_integer(settings, "layers"); l++) {
        char name[64];
        dilation = l % lk_settings_integer(settings, "cycle") == 0
                       ? 1
                       : dilation * lk_settings_integer(settings, "dilation");
        snprintf(name, sizeof name, "layer%lld.norm", (long long)l + 1);
        bool norm = strcmp(lk_settings_text(settings, "norm"), "channel") == 0;
        features inner = norm ? normalised(model, name, f) : f;
        snprintf(name, sizeof name, "layer%lld.causal", (long long)l + 1);
        inner = layer(model, name, &inner, kernel, dilation);
        snprintf(name, sizeof name, "layer%lld", (long long)l + 1);
        tell(model, name, &inner);
        snprintf(name, sizeof name, "layer%lld.out", (long long)l + 1);
        inner = layer(model, name, &inner, 1, 1);
        for (int64_t i = 0; i < LENGTH_MOST * FEATURES_MOST; i++) {
            f.at[i / FEATURES_MOST][i % FEATURES_MOST] +=
                inner.at[i / FEATURES_MOST][i % FEATURES_MOST];
        }
    }
    f = layer(model, "head", &f, 1, 1);
    f = layer(model, "logits", &f, 1, 1);
    double nll = 0.0;
    for (int64_t t = 0; t < model->data.variables; t++) {
        double sum = 0.0;
        for (int32_t a = 0; a < alphabet; a++) {
            sum += exp(alphabet == 2 ? a * f.at[t][0] : f.at[t][a]);
        }
        nll += log(sum) - (alphabet == 2 ? x[t] * f.at[t][0] : f.at[t][x[t]]);
    }
    return nll;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static double nll_of(const void *network_of_test, const uint16_t *x) {
    return reference_nll(network_of_test, x);
}

static void check_equations(lk_model *model, int64_t number) {
    uint16_t x[9 * LENGTH_MOST];
    testing_random_values(model, 9, SEED + 1, x);
    testing_equals(model, x, 9, nll_of, model, number, SEED);
    if (model->data.variables > 1) {
        testing_gradients(model, x, 1, SEED, nll_of, model, &bump);
        bump = (testing_bump){0};
    }
    lk_model_destroy(model);
}

static void test_equals_the_equations(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        check_equations(make_model(*state, &cases[i]), (int64_t)i);
    }
}

/* A slower sequence is given along. */
static void test_told_equals_the_equations(void **state) {
    static const local_case told[] = {
        {"conv1d", 9, 2, 0, {3, 4}, {"layers=3", "channels=4", "head=5"}, 3},
        {"conv1d", 5, 3, 0, {2, 3}, {"layers=2", "channels=3", "norm=channel", "head=4"}, 4},
        {"conv1d",
         8,
         2,
         0,
         {3, 5},
         {"layers=2", "channels=3", "weight_norm=true", "head=5", "upsampling=learned",
          "local_channels=4"},
         6},
        {"conv1d", 5, 3, 0, {7, 1}, {"layers=0", "channels=4", "head=4", "upsampling=learned"}, 4},
    };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        check_equations(local_given_model(*state, &told[i]), (int64_t)i);
    }
}

static void test_is_a_distribution(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        uint16_t x[17 * LENGTH_MOST];
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        lk_model_destroy(model);
    }
}

static void test_cached_sample_costs_one_pass(void **state) {
    for (size_t i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

static void test_parameters_do_not_grow(void **state) {
    lk_model *small = testing_model(*state, "conv1d", NULL, 0, 10, 4, "natural", 1);
    lk_model *large = testing_model(*state, "conv1d", NULL, 0, 1000, 4, "natural", 1);
    assert_int_equal(lk_parameters_total(small->parameters),
                     lk_parameters_total(large->parameters));
    lk_model_destroy(small);
    lk_model_destroy(large);
}

static void test_refusals(void **state) {
    testing_refuses_dilations(*state, "conv1d");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_equations),
        cmocka_unit_test(test_told_equals_the_equations),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_cached_sample_costs_one_pass),
        cmocka_unit_test(test_parameters_do_not_grow),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
