/* PixelSNAIL against its code in double; as a distribution: sums to one, is the same under every
 * schedule, has the gradients that central differences give, learns by heart; what it sees, how it
 * begins, what a sample costs, what it is without attention. */
#include "models/testing_field.h"
#include "models/testing_learning.h"
#include "models/testing_resnets.h"

#define SEED 20180628

typedef struct image_case {
    lk_shape shape;
    int32_t alphabet, labels;
    const char *set[8];
    int32_t sets;
} image_case;

#define SMALL "blocks=1", "resnets=1", "channels=3", "keys=2", "values=3"
static const image_case cases[] = {
    {{3, {3, 3, 1}}, 2, 0, {SMALL}, 5},
    {{2, {2, 4}}, 2, 3, {"blocks=2", "resnets=1", "channels=2", "keys=1", "values=2"}, 5},
    {{3, {5, 2, 1}}, 2, 0, {SMALL, "activation=concat-elu", "dropout=0.5"}, 7},
    {{3, {2, 2, 1}}, 5, 0, {SMALL, "mixtures=3"}, 6},
    {{3, {1, 3, 1}}, 7, 2, {SMALL, "distribution=softmax"}, 6},
    {{3, {2, 1, 3}}, 3, 0, {SMALL, "mixtures=4"}, 6},
    {{3, {1, 2, 3}}, 3, 2, {SMALL, "distribution=softmax", "activation=concat-elu"}, 7},
    {{3, {2, 2, 2}}, 2, 0, {"blocks=2", "resnets=0", "channels=2", "keys=2", "values=1"}, 5},
    {{3, {3, 3, 1}}, 2, 2, {SMALL, "attention=false"}, 6},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_model(lk_context *context, const image_case *c) {
    lk_model *model;
    lk_data_description data = {.shape = c->shape,
                                .variables = lk_shape_variables(c->shape),
                                .alphabet = c->alphabet,
                                .labels = c->labels};
    testing_ok(context,
               lk_model_create(context, "pixelsnail", c->set, c->sets, data, "natural", 5, &model));
    return model;
}

/* All parameters random: biases, gains, and what a class adds. */
static lk_model *make_random(lk_context *context, const image_case *c) {
    lk_model *model = make_model(context, c);
    testing_random_weights_of(model, 0.7f, SEED);
    return model;
}

/* ---- the code in double ---------------------------------------------------------------------- */

typedef char block_name[64];
static const char *named(block_name text, int64_t block, const char *what) {
    snprintf(text, sizeof(block_name), "block%d.%s", (int)block, what);
    return text;
}

static void background(const resnets_reference *r, resnets_features *out) {
    memset(out, 0, sizeof *out);
    out->channels = 2;
    for (int64_t p = 0; p < r->height * r->width; p++) {
        out->at[p][0] = ((double)(p / r->width) - (double)r->height / 2) / (double)r->height;
        out->at[p][1] = ((double)(p % r->width) - (double)r->width / 2) / (double)r->width;
    }
}

/* nn.causal_attention: the sum over strictly earlier pixels; of the first one 0. */
static void attention(const resnets_reference *r, const resnets_features *q,
                      const resnets_features *k, const resnets_features *v, resnets_features *out) {
    memset(out, 0, sizeof *out);
    out->channels = v->channels;
    for (int64_t i = 0; i < r->height * r->width; i++) {
        double total = 0;
        for (int64_t j = 0; j < i; j++) {
            double dot = 0;
            for (int64_t c = 0; c < q->channels; c++) {
                dot += q->at[i][c] * k->at[j][c];
            }
            double e = exp(dot / sqrt((double)q->channels));
            total += e;
            for (int64_t c = 0; c < v->channels; c++) {
                out->at[i][c] += e * v->at[j][c];
            }
        }
        for (int64_t c = 0; c < v->channels && total > 0; c++) {
            out->at[i][c] /= total;
        }
    }
}

static void attend(const resnets_reference *r, int64_t block, const resnets_features *pixels,
                   const resnets_features *ul, resnets_features *mixed) {
    static resnets_features raw, where, k, v, q;
    block_name text;
    background(r, &where);
    raw = *pixels;
    resnets_append(&raw, ul);
    resnets_append(&raw, &where);
    resnets_layer(r, named(text, block, "held"), resnets_1x1, NULL, &raw);
    resnets_conv(r, named(text, block, "key"), &raw, resnets_1x1, &k);
    resnets_conv(r, named(text, block, "value"), &raw, resnets_1x1, &v);
    raw = *ul;
    resnets_append(&raw, &where);
    resnets_layer(r, named(text, block, "asked"), resnets_1x1, NULL, &raw);
    resnets_conv(r, named(text, block, "query"), &raw, resnets_1x1, &q);
    attention(r, &q, &k, &v, mixed);
}

/* The first convolutions, of the pixels and a one. */
static void begin(const resnets_reference *r, const resnets_features *pixels,
                  resnets_features *ul) {
    static const resnets_filter above = {1, 3, -1, -1, 1}, left = {2, 1, -1, -1, 1};
    static resnets_features padded, more;
    padded = *pixels;
    for (int64_t p = 0; p < r->height * r->width; p++) {
        padded.at[p][padded.channels] = 1;
    }
    padded.channels++;
    resnets_conv(r, "first.above", &padded, above, ul);
    resnets_conv(r, "first.left", &padded, left, &more);
    resnets_add(ul, &more);
}

static double snail_nll(const void *of, const uint16_t *x) {
    const resnets_reference *r = of;
    const lk_settings *settings = &r->model->settings;
    static resnets_features pixels, ul, mixed, bent;
    block_name text;
    bool attends = lk_settings_boolean(settings, "attention");
    resnets_pixels(r, x, &pixels);
    begin(r, &pixels, &ul);
    for (int64_t block = 1; block <= lk_settings_integer(settings, "blocks"); block++) {
        for (int64_t number = 1; number <= lk_settings_integer(settings, "resnets"); number++) {
            char name[32];
            snprintf(name, sizeof name, "resnet%d", (int)number);
            resnets_layer(r, named(text, block, name), resnets_2x2, NULL, &ul);
        }
        if (attends) {
            attend(r, block, &pixels, &ul, &mixed);
        }
        resnets_layer(r, named(text, block, "joined"), resnets_1x1, attends ? &mixed : NULL, &ul);
    }
    resnets_bend(false, &ul, &bent);
    return resnets_head_nll(r, &bent, x);
}

static resnets_reference reference_of(const lk_model *model) {
    const char *activation = lk_settings_text(&model->settings, "activation");
    return resnets_reference_of(model, strcmp(activation, "concat-elu") == 0);
}

/* ---- as the code says, and a distribution ---------------------------------------------------- */

static void test_equals_the_code(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_random(*state, &cases[i]);
        resnets_reference r = reference_of(model);
        uint16_t x[5 * RESNETS_PIXELS];
        testing_random_values(model, 5, SEED + 1, x);
        testing_equals(model, x, 5, snail_nll, &r, i, SEED);
        for (r.label = 0; r.label < cases[i].labels; r.label++) {
            double nll;
            testing_nll_given(model, x, 1, (uint16_t)r.label, &nll);
            assert_true(fabs(nll - snail_nll(&r, x)) <= 1e-5 * (1 + nll));
        }
        lk_model_destroy(model);
    }
}

static void test_gradients(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_random(*state, &cases[i]);
        resnets_reference r = reference_of(model);
        uint16_t x[RESNETS_PIXELS];
        testing_random_values(model, 1, SEED + 1, x);
        testing_gradients(model, x, 7, SEED, snail_nll, &r, &r.bump);
        lk_model_destroy(model);
    }
}

static void test_is_a_distribution(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_random(*state, &cases[i]);
        uint16_t x[17 * RESNETS_PIXELS];
        testing_random_weights_of(model, 1.0f, SEED + 2);
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* ---- what it sees ---------------------------------------------------------------------------- */

/* What one resnet's two convolutions see of what the first ones do: three rows up and three columns
 * to the left, and above no more than one column to the right. */
static bool convolutions_see(const lk_model *model, int64_t v, int64_t changed) {
    int64_t up, left;
    testing_apart(model, v, changed, &up, &left);
    return up >= 0 && up <= 3 && left <= 3 && left >= (up == 0 ? 1 : -1);
}

/* One block sees all earlier pixels; without attention it is blind on the right. */
static void test_one_block_sees_all_before(void **state) {
    static const image_case fields[] = {
        {{3, {7, 9, 1}}, 64, 0, {"blocks=1", "resnets=2", "channels=8", "mixtures=3"}, 4},
        {{3, {4, 5, 3}}, 64, 0, {"blocks=1", "resnets=1", "channels=8", "mixtures=3"}, 4},
        {{3, {3, 4, 3}}, 16, 0, {"blocks=1", "channels=8", "distribution=softmax"}, 3},
        {{3, {6, 9, 1}}, 64, 0, {SMALL, "mixtures=3", "attention=false"}, 7},
    };
    for (int i = 0; i < 4; i++) {
        lk_model *model = make_random(*state, &fields[i]);
        testing_field(model, i < 3 ? testing_sees_all_before : convolutions_see, SEED);
        lk_model_destroy(model);
    }
}

/* ---- closed forms ---------------------------------------------------------------------------- */

static void zero_parameters(lk_model *model, const char *part) {
    int cleared = 0;
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        if (strstr(parameter->name, part) != NULL) {
            memset(parameter->value, 0,
                   (size_t)(parameter->rows * parameter->columns) * sizeof(float));
            cleared++;
        }
    }
    assert_true(cleared > 0);
}

/* Those of the other model that have its names. */
static void copy_parameters(lk_model *to, const lk_model *from) {
    for (int32_t p = 0; p < to->parameters->count; p++) {
        lk_parameter *parameter = &to->parameters->list[p];
        int32_t at = lk_parameters_find(from->parameters, parameter->name);
        assert_true(at >= 0);
        memcpy(parameter->value, from->parameters->list[at].value,
               (size_t)(parameter->rows * parameter->columns) * sizeof(float));
    }
}

/* Values of 0, and no bias where the attention is joined: what convolutions alone say. */
static void test_without_values_it_is_its_convolutions(void **state) {
    image_case c = {{3, {4, 5, 1}}, 2, 0, {"blocks=2", "resnets=1", "channels=4"}, 3}, bare = c;
    bare.set[bare.sets++] = "attention=false";
    lk_model *model = make_random(*state, &c), *convolutions = make_model(*state, &bare);
    uint16_t x[5 * 20];
    double with[5], without[5];
    copy_parameters(convolutions, model);
    testing_random_values(model, 5, SEED, x);
    testing_nll(convolutions, x, 5, without);
    testing_nll(model, x, 5, with);
    assert_true(with[0] != without[0]);
    zero_parameters(model, ".value.");
    zero_parameters(model, ".joined.aux.bias");
    testing_nll(model, x, 5, with);
    assert_memory_equal(with, without, sizeof with);
    lk_model_destroy(convolutions);
    lk_model_destroy(model);
}

/* The same weights without a class, copied by name. */
static void test_no_class_bias_is_no_class(void **state) {
    image_case c = {{3, {3, 4, 1}}, 4, 3, {"blocks=1", "channels=4", "mixtures=3"}, 3}, plain = c;
    plain.labels = 0;
    lk_model *given = make_random(*state, &c), *model = make_model(*state, &plain);
    zero_parameters(given, ".label.table");
    copy_parameters(model, given);
    uint16_t x[5 * 12];
    double with[5], without[5];
    testing_random_values(model, 5, SEED, x);
    testing_nll(model, x, 5, without);
    for (uint16_t label = 0; label < 3; label++) {
        testing_nll_given(given, x, 5, label, with);
        assert_memory_equal(with, without, sizeof with);
    }
    testing_random_weights_of(given, 0.5f, SEED + 7);
    testing_nll_given(given, x, 5, 0, without);
    testing_nll_given(given, x, 5, 2, with);
    assert_true(with[0] != without[0]);
    lk_model_destroy(given);
    lk_model_destroy(model);
}

/* ---- the start, learning, refusals ----------------------------------------------------------- */

static const image_case starts[] = {
    {{3, {5, 5, 1}}, 2, 0, {"blocks=1", "channels=8"}, 2},
    {{3, {5, 5, 1}}, 16, 0, {"blocks=1", "channels=8", "mixtures=5"}, 3},
    {{3, {4, 3, 3}}, 16, 0, {"blocks=1", "channels=8", "mixtures=5"}, 3},
    {{3, {4, 3, 3}}, 16, 0, {"blocks=1", "channels=8", "distribution=softmax"}, 3},
};
static const image_case few[] = {
    {{3, {5, 5, 1}}, 2, 0, {"blocks=1", "resnets=1", "channels=8"}, 3},
    {{3, {4, 4, 1}}, 4, 0, {"blocks=1", "resnets=1", "channels=16", "mixtures=8"}, 4},
    {{3, {2, 2, 3}}, 4, 0, {"blocks=1", "resnets=1", "channels=16", "mixtures=16"}, 4},
    {{3, {4, 3, 3}}, 4, 0, {"blocks=1", "resnets=1", "channels=16", "distribution=softmax"}, 4},
};

/* The entropy of an image of independent pixels that are as frequent as in the data, each colour by
 * itself. */
static double marginal_nll(const lk_dataset *data, int64_t colours) {
    double nll = 0;
    for (int64_t c = 0; c < colours; c++) {
        double count[16] = {0}, total = 0;
        for (int64_t i = c; i < data->examples * data->variables; i += colours) {
            count[data->values[i]]++;
            total++;
        }
        for (int a = 0; a < 16; a++) {
            nll -= count[a] > 0 ? count[a] * log(count[a] / total) : 0;
        }
    }
    return nll / (double)data->examples;
}

static void test_starts_near_the_marginals(void **state) {
    for (int i = 0; i < 4; i++) {
        lk_model *model = make_model(*state, &starts[i]);
        lk_dataset *train =
            testing_random_data(*state, 40, model->data.variables, starts[i].alphabet, SEED);
        testing_ok(*state, lk_model_start(model, train));
        double nll = testing_mean_nll(model, train);
        double marginal = marginal_nll(train, starts[i].shape.size[2]);
        if (!(fabs(nll - marginal) < 0.15 * marginal)) {
            fail_msg("start %d, seed %d: %.6g nats before training, marginals %.6g", i, SEED, nll,
                     marginal);
        }
        lk_dataset_destroy(train);
        lk_model_destroy(model);
    }
}

static void test_learns_by_heart(void **state) {
    for (int i = 0; i < 4; i++) {
        lk_model *model = make_model(*state, &few[i]);
        lk_dataset *train =
            testing_random_data(*state, 8, model->data.variables, few[i].alphabet, SEED);
        testing_ok(*state, lk_model_start(model, train));
        testing_learn_first(model, train, 400, 0.01);
        testing_learns_by_heart(model, train, 600, 0.002);
        lk_dataset_destroy(train);
        lk_model_destroy(model);
    }
}

static void test_refusals(void **state) {
    lk_context *context = *state;
    lk_model *model;
    lk_data_description vector = testing_data(20, 4),
                        image = {.shape = {2, {3, 3}}, .variables = 9, .alphabet = 2},
                        deep = {.shape = {3, {2, 2, 5}}, .variables = 20, .alphabet = 8};
    testing_refused(context,
                    lk_model_create(context, "pixelsnail", NULL, 0, vector, "natural", 1, &model),
                    LK_INVALID, "pixelsnail is for images");
    testing_refused(context,
                    lk_model_create(context, "pixelsnail", NULL, 0, deep, "natural", 1, &model),
                    LK_INVALID, "at most 4 channels");
    testing_refused(context,
                    lk_model_create(context, "pixelsnail", NULL, 0, image, "reversed", 1, &model),
                    LK_CAUSALITY, "would see");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_code),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_one_block_sees_all_before),
        cmocka_unit_test(test_without_values_it_is_its_convolutions),
        cmocka_unit_test(test_no_class_bias_is_no_class),
        cmocka_unit_test(test_starts_near_the_marginals),
        cmocka_unit_test(test_learns_by_heart),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
