/* Fields as families use them: given labels, views, columns with alphabets of their own. For each
 * label the probabilities of all settings sum to one, both schedules agree to the bit, a file gives
 * the model back, and networks without weights are uniform. */
#include "models/testing.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/double_maths.h"
#include "models/model_file.h"
#include "models/run.h"

#define LANES 4
#define VARIABLES_MOST 16

typedef struct field_case {
    const char *family;
    lk_shape shape;
    int32_t alphabet, labels;
    int32_t alphabets[6]; /* 0: all alike */
    const char *view;
    const char *set[4];
    int32_t sets;
} field_case;

static const field_case cases[] = {
    {"made", {1, {5}}, 3, 3, {0}, NULL, {"hidden=7,6"}, 1},
    {"made", {1, {6}}, 2, 2, {0}, NULL, {"hidden=7", "masks=2", "order_agnostic=true"}, 3},
    {"pixelcnn", {3, {2, 3, 1}}, 3, 2, {0}, NULL, {"blocks=1", "channels=2", "head=3"}, 3},
    {"pixelcnn", {3, {2, 2, 2}}, 2, 3, {0}, NULL, {"blocks=1", "channels=2", "head=3"}, 3},
    {"gated-pixelcnn", {3, {2, 2, 2}}, 2, 3, {0}, NULL, {"layers=2", "channels=2", "head=3"}, 3},
    {"gated-pixelcnn", {3, {1, 3, 1}}, 8, 2, {0}, "bits:2", {"layers=2", "channels=2"}, 2},
    {"pixelcnn++", {3, {2, 2, 2}}, 2, 3, {0}, NULL, {"depth=1", "levels=2", "filters=2"}, 3},
    {"pixelcnn++",
     {3, {1, 3, 1}},
     5,
     2,
     {0},
     NULL,
     {"depth=1", "levels=2", "filters=2", "distribution=softmax"},
     4},
    {"multiscale", {3, {2, 2, 2}}, 2, 3, {0}, NULL, {"blocks=1", "channels=2"}, 2},
    {"multiscale", {3, {1, 3, 1}}, 5, 2, {0}, NULL, {"blocks=1", "channels=2", "patch=2"}, 3},
    {"pyramid", {3, {2, 2, 2}}, 2, 3, {0}, NULL, {"blocks=1", "channels=2"}, 2},
    {"multiscale", {3, {2, 2, 1}}, 8, 2, {0}, "bits:2", {"blocks=1", "channels=2", "patch=2"}, 3},
    {"multiscale", {3, {1, 2, 2}}, 4, 0, {0}, "bits:1", {"blocks=1", "channels=2"}, 2},
    {"pyramid", {3, {1, 3, 1}}, 8, 2, {0}, "bits:1", {"blocks=1", "channels=2"}, 2},
    {"pyramid", {3, {1, 2, 2}}, 4, 0, {0}, "bits:1", {"blocks=1", "channels=2"}, 2},
    {"pixelsnail", {3, {2, 2, 2}}, 2, 3, {0}, NULL, {"blocks=1", "channels=2"}, 2},
    {"pixelsnail",
     {3, {1, 3, 1}},
     5,
     2,
     {0},
     NULL,
     {"blocks=1", "channels=2", "distribution=softmax"},
     3},
    {"image-transformer",
     {2, {2, 3}},
     3,
     2,
     {0},
     NULL,
     {"layers=1", "width=4", "local=2d", "block=2,2"},
     4},
    {"subscale", {3, {2, 2, 2}}, 2, 3, {0}, NULL, {"layers=2", "channels=2", "width=4"}, 3},
    {"subscale",
     {3, {1, 3, 1}},
     8,
     2,
     {0},
     "bits:2",
     {"layers=1", "channels=2", "blocks=1", "size_upscaling=true"},
     4},
    {"pixelcnn++", {3, {2, 2, 1}}, 4, 0, {0}, "bits:1", {"depth=1", "levels=2", "filters=2"}, 3},
    {"pixelcnn++",
     {3, {1, 2, 2}},
     4,
     2,
     {0},
     "bits:1",
     {"depth=1", "levels=2", "filters=2", "distribution=softmax"},
     4},
    {"pixelsnail", {3, {2, 2, 1}}, 4, 2, {0}, "bits:1", {"blocks=1", "channels=2"}, 2},
    {"pixelsnail",
     {3, {1, 3, 1}},
     8,
     0,
     {0},
     "bits:2",
     {"blocks=1", "channels=2", "distribution=softmax"},
     3},
    {"image-transformer",
     {3, {1, 2, 2}},
     4,
     2,
     {0},
     "bits:1",
     {"layers=1", "width=4", "heads=2"},
     3},
    {"image-transformer",
     {2, {2, 2}},
     4,
     0,
     {0},
     "bits:1",
     {"layers=1", "width=4", "local=2d", "block=2,1"},
     4},
    {"image-transformer",
     {3, {1, 2, 2}},
     4,
     0,
     {0},
     "bits:1",
     {"layers=1", "width=4", "distribution=logistic", "mixtures=2"},
     4},
    {"lmconv", {3, {2, 2, 1}}, 4, 2, {0}, "bits:1", {"blocks=1", "channels=2"}, 2},
    {"lmconv",
     {3, {1, 2, 2}},
     4,
     0,
     {0},
     "bits:1",
     {"blocks=1", "channels=2", "orders=0", "distribution=logistic"},
     4},
    {"pixelcnn", {3, {1, 1, 1}}, 256, 0, {0}, "bits:4", {"blocks=1", "channels=2", "head=3"}, 3},
    {"pixelcnn", {3, {1, 1, 3}}, 256, 2, {0}, "ycocg", {"blocks=1", "channels=2", "head=3"}, 3},
    {"pixelcnn", {3, {1, 2, 3}}, 2, 0, {0}, "grey:1", {"blocks=1", "channels=2", "head=3"}, 3},
    {"pixelcnn",
     {3, {1, 1, 3}},
     4,
     0,
     {0},
     "grey:1",
     {"blocks=1", "channels=2", "distribution=logistic", "mixtures=2"},
     4},
    {"gated-pixelcnn", {3, {1, 1, 3}}, 256, 0, {0}, "ycocg", {"layers=2", "channels=2"}, 2},
    {"gated-pixelcnn", {3, {1, 2, 3}}, 2, 2, {0}, "grey:1", {"layers=2", "channels=2"}, 2},
    {"pixelcnn++", {3, {1, 2, 3}}, 2, 0, {0}, "grey:1", {"depth=1", "levels=1", "filters=2"}, 3},
    {"made", {3, {1, 2, 3}}, 2, 0, {0}, "grey:1", {"hidden=8"}, 1},
    {"nade", {3, {1, 1, 3}}, 4, 0, {0}, "grey:2", {"hidden=8"}, 1},
    {"grayscale", {3, {1, 1, 1}}, 256, 0, {0}, "bits:4", {"filters=2"}, 1},
    {"grayscale", {3, {2, 2, 1}}, 4, 2, {0}, "bits:1", {"filters=2", "depth=1"}, 2},
    {"grayscale", {3, {1, 1, 3}}, 256, 0, {0}, "ycocg", {"filters=2", "first_depth=1"}, 2},
    {"grayscale",
     {3, {1, 1, 3}},
     4,
     0,
     {0},
     "grey:2",
     {"filters=2", "distribution=logistic", "mixtures=2", "embedding=1"},
     4},
    {"grayscale", {3, {1, 2, 3}}, 2, 3, {0}, "grey:1", {"filters=2", "embedding=0"}, 2},
    {"charrnn", {1, {5}}, 3, 4, {0}, NULL, {"width=4"}, 1},
    {"made", {1, {4}}, 4, 0, {0}, "bits:1", {"hidden=8"}, 1},
    {"made", {1, {3}}, 16, 0, {0}, "bits:3", {"hidden=8"}, 1},
    {"made", {1, {3}}, 8, 2, {0}, "bits:2", {"hidden=8"}, 1},
    {"pixelcnn", {3, {2, 2, 1}}, 4, 0, {0}, "bits:1", {"blocks=1", "channels=2", "head=3"}, 3},
    {"pixelcnn", {3, {1, 3, 1}}, 8, 2, {0}, "bits:2", {"blocks=1", "channels=2", "head=3"}, 3},
    {"pixelcnn",
     {3, {1, 2, 2}},
     4,
     2,
     {0},
     "bits:1",
     {"blocks=1", "channels=2", "distribution=logistic", "mixtures=3"},
     4},
    {"made", {1, {5}}, 4, 0, {3, 1, 2, 4, 2}, NULL, {"hidden=9"}, 1},
    {"nade", {1, {5}}, 4, 0, {3, 1, 2, 4, 2}, NULL, {"hidden=9"}, 1},
    {"nade", {1, {4}}, 4, 3, {3, 1, 2, 4}, NULL, {"hidden=9,4"}, 1},
    {"nade", {1, {6}}, 2, 2, {0}, NULL, {"hidden=7"}, 1},
    {"nade", {1, {3}}, 8, 2, {0}, "bits:2", {"hidden=8"}, 1},
    {"eonade", {1, {4}}, 4, 3, {3, 1, 2, 4}, NULL, {"hidden=9,4", "orders=2"}, 2},
    {"eonade", {1, {3}}, 8, 2, {0}, "bits:2", {"hidden=8", "orders=2"}, 2},
    {"ardm", {1, {4}}, 4, 3, {3, 1, 2, 4}, NULL, {"hidden=9,4", "steps=2"}, 2},
    {"ardm", {1, {3}}, 8, 2, {0}, "bits:2", {"hidden=8", "steps=2"}, 2},
    {"ardm", {3, {2, 2, 2}}, 2, 3, {0}, NULL, {"body=conv", "blocks=1", "channels=2"}, 3},
    {"fvsbn", {1, {5}}, 4, 2, {3, 1, 2, 4, 2}, NULL, {NULL}, 0},
    {"fvsbn", {1, {3}}, 8, 2, {0}, "bits:2", {NULL}, 0},
    {"made", {1, {4}}, 4, 3, {3, 1, 2, 4}, NULL, {"hidden=9"}, 1},
    {"bayesnet", {1, {5}}, 4, 0, {3, 1, 2, 4, 2}, NULL, {"hidden=3"}, 1},
    {"bayesnet", {1, {3}}, 2, 0, {2, 1, 2}, NULL, {"graph=independent"}, 1},
    {"bernoulli-mixture", {1, {5}}, 4, 0, {3, 1, 2, 4, 2}, NULL, {"components=3"}, 1},
    {"histogram", {1, {5}}, 4, 0, {3, 1, 2, 4, 2}, NULL, {"joint=no"}, 1},
    {"histogram", {1, {4}}, 4, 0, {3, 1, 2, 4}, NULL, {"joint=yes"}, 1},
    {"uniform", {1, {5}}, 4, 0, {3, 1, 2, 4, 2}, NULL, {NULL}, 0},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

/* ---- models and settings of all variables ---------------------------------------------------- */

static lk_model *make(lk_context *context, const field_case *c) {
    lk_data_description data = {.shape = c->shape,
                                .variables = lk_shape_variables(c->shape),
                                .alphabet = c->alphabet,
                                .alphabets = c->alphabets[0] > 0 ? c->alphabets : NULL,
                                .labels = c->labels};
    if (c->view != NULL) {
        testing_ok(context, lk_view_parse(context, c->view, c->shape, c->alphabet, &data.view));
    }
    lk_model *model;
    testing_ok(context,
               lk_model_create(context, c->family, c->set, c->sets, data, "natural", 5, &model));
    return model;
}

/* Weights of which none is zero; log probabilities of a table need not be normalised. */
static void shake(lk_model *model, float size) {
    lk_random random = {17, LK_FOR_CHECK};
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t i = 0; i < parameter->rows * parameter->columns; i++) {
            parameter->value[i] =
                size * (2.0f * lk_random_unit(random, (uint64_t)p, (uint64_t)i) - 1.0f);
        }
    }
}

static int64_t domain(const lk_run *run) {
    int64_t size = 1;
    for (int64_t v = 0; v < lk_run_variables(run); v++) {
        size *= lk_graph_head(lk_run_graph(run), v).alphabet;
    }
    return size;
}

static void setting(const lk_run *run, int64_t code, uint16_t *x) {
    for (int64_t v = 0; v < lk_run_variables(run); v++) {
        int32_t alphabet = lk_graph_head(lk_run_graph(run), v).alphabet;
        x[v] = (uint16_t)(code % alphabet);
        code /= alphabet;
    }
}

static lk_run *open_run(const lk_model *model, lk_schedules schedules, int64_t network) {
    lk_run *run;
    lk_run_options options = {.schedules = schedules, .lanes = LANES, .network = network};
    testing_ok(model->context, lk_run_open(model, &options, &run));
    assert_true(lk_run_variables(run) == lk_model_modelled(model));
    assert_true(lk_run_variables(run) <= VARIABLES_MOST);
    return run;
}

/* ---- tests ----------------------------------------------------------------------------------- */

/* Returns the sum of all probabilities given a label. */
static double sum_all(lk_run *run, uint16_t label) {
    uint16_t x[LANES * VARIABLES_MOST], given[LANES] = {label, label, label, label};
    int64_t size = domain(run), variables = lk_run_variables(run);
    double total = 0.0, nll[LANES];
    for (int64_t first = 0; first < size; first += LANES) {
        int64_t here = size - first < LANES ? size - first : LANES;
        for (int64_t n = 0; n < here; n++) {
            setting(run, first + n, x + n * variables);
        }
        assert_int_equal(lk_run_begin(run, here, given), LK_OK);
        assert_int_equal(lk_run_forward(run, x, variables), LK_OK);
        assert_int_equal(lk_run_nll(run, nll, NULL), LK_OK);
        for (int64_t n = 0; n < here; n++) {
            total += lk_double_exp(-nll[n]);
        }
    }
    return total;
}

static void test_sums(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        if (cases[i].view != NULL && strcmp(cases[i].view, "ycocg") == 0) {
            lk_model_destroy(model); /* 2^24 colours */
            continue;
        }
        shake(model, 0.7f);
        for (int32_t network = 0; network < lk_model_variants(model); network++) {
            lk_run *run = open_run(model, LK_PARALLEL, network);
            for (int32_t label = 0; label < (cases[i].labels > 0 ? cases[i].labels : 1); label++) {
                double sum = sum_all(run, (uint16_t)label);
                if (fabs(sum - 1.0) > 1e-5) {
                    fail_msg("case %d, network %d, label %d: probabilities sum to %.9f", i, network,
                             label, sum);
                }
            }
            lk_run_close(run);
        }
        lk_model_destroy(model);
    }
}

/* Whether labels change anything, and what the parallel schedule says the incremental one does. */
static void test_schedules(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        shake(model, 0.7f);
        lk_run *one = open_run(model, LK_PARALLEL, 0), *two = open_run(model, LK_INCREMENTAL, 0);
        int64_t variables = lk_run_variables(one), size = domain(one);
        uint16_t x[LANES * VARIABLES_MOST], given[LANES] = {0, 1, 0, 1}, column[LANES];
        double nll[LANES];
        for (int64_t n = 0; n < LANES; n++) {
            setting(one, n < 2 ? size / 2 : (n * 7919) % size, x + n * variables);
        }
        testing_ok(*state, lk_run_begin(one, LANES, given));
        testing_ok(*state, lk_run_forward(one, x, variables));
        testing_ok(*state, lk_run_nll(one, nll, NULL));
        assert_true((nll[0] != nll[1]) == (cases[i].labels > 0));
        testing_ok(*state, lk_run_begin(two, LANES, given));
        for (int64_t done = 0; done < variables;) {
            int64_t first, last;
            testing_ok(*state, lk_run_next(two, &first, &last));
            for (int64_t place = first; place < last; place++) {
                lk_head head = lk_run_head(two, place);
                size_t bytes = (size_t)(LANES * head.channels) * sizeof(float);
                assert_memory_equal(lk_run_parameters(one, place), lk_run_parameters(two, place),
                                    bytes);
                for (int64_t n = 0; n < LANES; n++) {
                    column[n] = x[n * variables + lk_run_variable(two, place)];
                }
                lk_run_set(two, place, column);
            }
            done = last;
        }
        lk_run_close(one);
        lk_run_close(two);
        lk_model_destroy(model);
    }
}

/* A mixture of logistics without weights knows that middle levels are likely. */
static bool knows_middle(const field_case *c) {
    bool logistic = false;
    for (int32_t i = 0; i < c->sets; i++) {
        logistic = logistic || strcmp(c->set[i], "distribution=logistic") == 0;
    }
    return logistic && strncmp(c->view, "grey", 4) == 0;
}

/* Nothing known: each value costs the logarithm of its alphabet, whatever the exact view; where a
 * view adds something, that costs its own. */
static void test_uniform(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        shake(model, 0.0f);
        lk_run *run = open_run(model, LK_PARALLEL, 0);
        uint16_t x[VARIABLES_MOST] = {0}, given[1] = {0};
        double nll, expected = 0.0;
        for (int64_t v = 0; v < model->data.variables; v++) {
            expected += log((double)lk_model_alphabet_of(model, v));
        }
        const lk_view *view = lk_model_view(model);
        if (view != NULL && !view->exact) {
            expected += (double)lk_view_cells(view, 0, model->data.variables) *
                        log((double)view->parts[0].alphabet);
        }
        testing_ok(*state, lk_run_begin(run, 1, given));
        testing_ok(*state, lk_run_forward(run, x, lk_run_variables(run)));
        testing_ok(*state, lk_run_nll(run, &nll, NULL));
        if (fabs(nll - expected) > 1e-5 && !knows_middle(&cases[i])) {
            fail_msg("case %d: %.9f nats where nothing is known, not %.9f", i, nll, expected);
        }
        lk_run_close(run);
        lk_model_destroy(model);
    }
}

/* What a model with such a view says of pictures: the pairs that belong together. */
static void test_bounds(void **state) {
    int bounds = 0;
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        const lk_view *view = lk_model_view(model);
        int64_t values = model->data.variables, pictures = 1;
        for (int64_t v = 0; v < values && view != NULL && !view->exact; v++) {
            pictures *= cases[i].alphabet;
        }
        shake(model, 0.7f);
        lk_run *run = open_run(model, LK_PARALLEL, 0);
        double sum = 0.0, nll;
        for (int64_t code = 0; pictures > 1 && code < pictures; code++) {
            uint16_t picture[VARIABLES_MOST], x[VARIABLES_MOST], given[1] = {0};
            int64_t rest = code;
            for (int64_t v = 0; v < values; v++, rest /= cases[i].alphabet) {
                picture[v] = (uint16_t)(rest % cases[i].alphabet);
            }
            lk_view_read(view, picture, values, 0, lk_run_variables(run), x);
            testing_ok(*state, lk_run_begin(run, 1, given));
            testing_ok(*state, lk_run_forward(run, x, lk_run_variables(run)));
            testing_ok(*state, lk_run_nll(run, &nll, NULL));
            sum += lk_double_exp(-nll);
        }
        assert_true(pictures == 1 || (sum > 0.0 && sum < 1.0));
        bounds += pictures > 1;
        lk_run_close(run);
        lk_model_destroy(model);
    }
    assert_true(bounds > 0);
}

/* Low bits of which nothing is known cost themselves, whatever the high ones say. */
static void test_low_bits(void **state) {
    int found = 0;
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        const lk_view *view = lk_model_view(model);
        bool apart = lk_parameters_find(model->parameters, "low.logits.bias") >= 0;
        shake(model, 0.7f);
        for (int32_t p = 0; p < model->parameters->count; p++) {
            lk_parameter *low = &model->parameters->list[p];
            for (int64_t w = 0; strncmp(low->name, "low.", 4) == 0 && w < low->rows * low->columns;
                 w++) {
                low->value[w] = 0.0f;
            }
        }
        lk_run *run = open_run(model, LK_PARALLEL, 0);
        float terms[VARIABLES_MOST];
        uint16_t x[VARIABLES_MOST] = {1, 0, 1}, given[1] = {0};
        double nll;
        testing_ok(*state, lk_run_begin(run, 1, given));
        testing_ok(*state, lk_run_forward(run, x, lk_run_variables(run)));
        testing_ok(*state, lk_run_nll(run, &nll, terms));
        for (int64_t v = model->data.variables; apart && v < lk_run_variables(run); v++) {
            assert_true(fabs((double)terms[v] - log((double)view->parts[1].alphabet)) < 1e-5);
        }
        found += apart;
        lk_run_close(run);
        lk_model_destroy(model);
    }
    assert_true(found >= 5);
}

static void test_files(void **state) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/likely-fields-%ld", (long)getpid());
    for (int i = 0; i < CASES; i++) {
        if (cases[i].alphabets[0] > 0) { /* of a file, they follow from columns */
            continue;
        }
        lk_model *model = make(*state, &cases[i]), *loaded;
        testing_ok(*state, lk_model_write(model, path));
        testing_ok(*state, lk_model_read(*state, path, &loaded));
        assert_int_equal(loaded->data.labels, cases[i].labels);
        assert_true((lk_model_view(loaded) != NULL) == (cases[i].view != NULL));
        lk_fingerprint a = lk_model_fingerprint(model), b = lk_model_fingerprint(loaded);
        assert_memory_equal(a.byte, b.byte, sizeof a.byte);
        lk_model_destroy(loaded);
        lk_model_destroy(model);
    }
    unlink(path);
}

static void test_refusals(void **state) {
    lk_data_description data = {.shape = {1, {4}}, .variables = 4, .alphabet = 4, .labels = 2};
    lk_model *model;
    testing_refused(*state,
                    lk_model_create(*state, "bayesnet", NULL, 0, data, "natural", 1, &model),
                    LK_INVALID, "label");
    data.labels = 0;
    testing_ok(*state, lk_view_parse(*state, "bits:1", data.shape, 4, &data.view));
    testing_refused(*state, lk_model_create(*state, "charrnn", NULL, 0, data, "natural", 1, &model),
                    LK_INVALID, "view");
    data.view = (lk_view){0};
    data.alphabets = (const int32_t[]){1, 2, 3, 4};
    testing_refused(*state, lk_model_create(*state, "conv1d", NULL, 0, data, "natural", 1, &model),
                    LK_INVALID, "columns");
    lk_view view;
    testing_refused(*state, lk_view_parse(*state, "bits:2", lk_shape_vector(4), 4, &view),
                    LK_INVALID, "high ones");
    testing_refused(*state, lk_view_parse(*state, "bits:1", lk_shape_vector(4), 6, &view),
                    LK_INVALID, "2^n");
    testing_refused(*state, lk_view_parse(*state, "bits", lk_shape_vector(4), 16, &view),
                    LK_INVALID, "bits");
    testing_refused(*state, lk_view_parse(*state, "bits:x", lk_shape_vector(4), 16, &view),
                    LK_INVALID, "bits:B");
    testing_refused(*state, lk_view_parse(*state, "colours", lk_shape_vector(4), 16, &view),
                    LK_INVALID, "bits:B");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),     cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_uniform),  cmocka_unit_test(test_files),
        cmocka_unit_test(test_bounds),   cmocka_unit_test(test_low_bits),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
