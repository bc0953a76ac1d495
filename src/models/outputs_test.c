/* Networks that end in a mixture of logistic distributions: `pixelcnn` without blocks against its
 * equations in double, gradients included; as distributions; at their start; what is refused. */
#include <stdio.h>

#include "models/testing_gradients.h"
#include "models/testing_learning.h"
#include "ops/testing_logistic.h"

#define SEED 1701

typedef struct output_case {
    const char *family;
    lk_shape shape;
    int32_t alphabet;
    const char *set[8];
    int32_t sets;
    const char *view;
} output_case;

static const output_case cases[] = {
    {"pixelcnn", {3, {1, 2, 3}}, 3, {"blocks=1", "channels=3", "head=4", "mixtures=2"}, 4, NULL},
    {"pixelcnn", {3, {2, 1, 2}}, 4, {"blocks=1", "channels=2", "head=3", "mixtures=3"}, 4, NULL},
    {"pixelcnn", {3, {1, 2, 4}}, 3, {"blocks=0", "channels=2", "head=3", "mixtures=3"}, 4, NULL},
    {"pixelcnn", {2, {2, 2}}, 5, {"blocks=1", "channels=2", "head=3", "mixtures=1"}, 4, NULL},
    {"pixelcnn", {3, {2, 1, 2}}, 4, {"channels=2", "mixtures=2", "weight_norm=1"}, 3, "bits:1"},
    {"conv1d", {1, {4}}, 6, {"layers=2", "channels=3", "head=4", "mixtures=3"}, 4, NULL},
    {"conv1d", {1, {9}}, 3, {"layers=1", "channels=3", "head=4", "mixtures=2"}, 4, NULL},
    {"gated-pixelcnn", {3, {1, 2, 3}}, 3, {"layers=2", "channels=2", "mixtures=2"}, 3, NULL},
    {"gated-pixelcnn", {3, {2, 1, 2}}, 4, {"layers=2", "channels=2", "mixtures=2"}, 3, "bits:1"},
    {"transformer", {2, {2, 2}}, 5, {"layers=1", "width=4", "heads=2", "mixtures=3"}, 4, NULL},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_model(lk_context *context, const output_case *c) {
    const char *set[9];
    lk_model *model;
    lk_data_description data = {
        .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
    memcpy(set, c->set, sizeof c->set);
    set[c->sets] = "distribution=logistic";
    if (c->view != NULL) {
        testing_ok(context, lk_view_parse(context, c->view, data.shape, c->alphabet, &data.view));
    }
    testing_ok(context,
               lk_model_create(context, c->family, set, c->sets + 1, data, "natural", 5, &model));
    return model;
}

/* ---- the equations in double ----------------------------------------------------------------- */

#define NUMBERS_MOST 64

typedef struct network {
    const lk_model *model;
    testing_bump bump;
} network;

static double read_weight(const network *n, const lk_parameter *p, int64_t at) {
    return testing_bumped(&n->bump, p->value + at);
}

static const lk_parameter *find(const network *n, const char *name) {
    int32_t index = lk_parameters_find(n->model->parameters, name);
    assert_true(index >= 0);
    return &n->model->parameters->list[index];
}

/* out = bias + W relu(in) */
static void layer(const network *n, const char *weight, const char *bias, double *features) {
    const lk_parameter *w = find(n, weight), *b = find(n, bias);
    double out[NUMBERS_MOST];
    assert_true(w->columns <= NUMBERS_MOST);
    for (int64_t o = 0; o < w->columns; o++) {
        out[o] = read_weight(n, b, o);
        for (int64_t i = 0; i < w->rows; i++) {
            out[o] += read_weight(n, w, i * w->columns + o) * fmax(features[i], 0);
        }
    }
    memcpy(features, out, (size_t)w->columns * sizeof *out);
}

/* The 3 x 3 mask of type A over whole pixels: the row above, and the pixel to the left. */
static void first_layer(const network *n, const uint16_t *x, int64_t row, int64_t column,
                        double *features) {
    static const int64_t taps[][2] = {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}};
    const lk_data_description *data = &n->model->data;
    const lk_parameter *w = find(n, "first.weight"), *b = find(n, "first.bias");
    int64_t height = data->shape.size[0], width = data->shape.size[1];
    int64_t colours = data->shape.axes == 3 ? data->shape.size[2] : 1;
    assert_int_equal(w->rows, 4 * colours);
    for (int64_t o = 0; o < w->columns; o++) {
        features[o] = read_weight(n, b, o);
        for (int64_t t = 0; t < 4; t++) {
            int64_t y = row + taps[t][0], z = column + taps[t][1];
            for (int64_t c = 0; c < colours && y >= 0 && y < height && z >= 0 && z < width; c++) {
                double value = 2.0 * x[(y * width + z) * colours + c] / (data->alphabet - 1) - 1;
                features[o] += read_weight(n, w, (t * colours + c) * w->columns + o) * value;
            }
        }
    }
}

/* One mixture indicator for the pixel. */
static double pixel_nll(const network *n, const double *numbers, const uint16_t *x) {
    const lk_data_description *data = &n->model->data;
    int32_t colours = data->shape.axes == 3 ? (int32_t)data->shape.size[2] : 1;
    int64_t components = lk_settings_integer(&n->model->settings, "mixtures");
    double values[LK_COLOURS_MOST], sum = 0, all = 0;
    for (int32_t c = 0; c < colours; c++) {
        values[c] = x[c];
    }
    for (int64_t k = 0; k < components; k++) {
        double term = exp(numbers[k]);
        all += term;
        for (int32_t c = 0; c < colours; c++) {
            term *= testing_logistic(
                data->alphabet, values[c],
                testing_colour_mean(numbers, k, components, c, values, data->alphabet),
                testing_colour_log_scale(numbers, k, components, c));
        }
        sum += term;
    }
    return log(all) - log(sum);
}

static double reference(const void *of, const uint16_t *x) {
    const network *n = of;
    const lk_shape *shape = &n->model->data.shape;
    int64_t colours = shape->axes == 3 ? shape->size[2] : 1;
    double nll = 0, features[NUMBERS_MOST];
    for (int64_t p = 0; p < shape->size[0] * shape->size[1]; p++) {
        first_layer(n, x, p / shape->size[1], p % shape->size[1], features);
        layer(n, "head.weight", "head.bias", features);
        layer(n, "logits.weight", "logits.bias", features);
        nll += pixel_nll(n, features, x + p * colours);
    }
    return nll;
}

static void test_is_its_equations(void **state) {
    static const output_case bare[] = {
        {"pixelcnn", {3, {3, 2, 3}}, 5, {"blocks=0", "channels=2", "head=6", "kernel=3"}, 4, NULL},
        {"pixelcnn",
         {3, {2, 3, 1}},
         256,
         {"blocks=0", "channels=3", "head=5", "kernel=3"},
         4,
         NULL},
        {"pixelcnn", {3, {2, 2, 4}}, 17, {"blocks=0", "channels=2", "head=6", "kernel=3"}, 4, NULL},
    };
    static const char *const mixtures[] = {"mixtures=5", "mixtures=7", "mixtures=4"};
    for (int i = 0; i < 3; i++) {
        output_case c = bare[i];
        c.set[c.sets++] = mixtures[i];
        lk_model *model = make_model(*state, &c);
        network n = {.model = model};
        uint16_t x[16 * 32];
        testing_random_weights_of(model, 0.5f, SEED);
        testing_random_values(model, 16, SEED, x);
        testing_equals(model, x, 16, reference, &n, i, SEED);
        testing_gradients(model, x, 3, SEED, reference, &n, &n.bump);
        lk_model_destroy(model);
    }
}

/* ---- distributions --------------------------------------------------------------------------- */

static void test_sums_to_one(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        testing_random_weights_of(model, 1.0f, SEED + (uint64_t)i);
        if (cases[i].view == NULL) { /* those of views are summed in fields_test */
            testing_sums_to_one(model);
        }
        lk_model_destroy(model);
    }
}

static void test_parallel_is_incremental(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        uint16_t x[5 * 16];
        lk_random random = {SEED, LK_FOR_CHECK};
        testing_random_weights_of(model, 1.0f, SEED);
        for (int k = 0; k < 5 * 16; k++) {
            x[k] = (uint16_t)lk_random_below(random, 1, (uint64_t)k, 2);
        }
        testing_parallel_is_incremental(model, x, 5);
        lk_model_destroy(model);
    }
}

/* The network of a pixel runs at its first colour; green and blue cost no multiply-adds. */
static void test_runs_once_for_a_pixel(void **state) {
    lk_model *model = make_model(*state, &cases[0]);
    lk_graph *graph;
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    assert_int_equal(graph->steps, 6);
    int64_t once = lk_graph_multiply_adds_forward(graph);
    assert_int_equal(lk_graph_multiply_adds_cached(graph), once);
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        int64_t cost = node->op->multiply_adds(node, node->cells - 1);
        assert_true(cost == 0 || node->cells == 2);
    }
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

/* Marks the values whose change moves some later conditional; none may move its own or an earlier
 * one. */
static void mark_living(const lk_model *model, bool *alive) {
    int64_t variables = model->data.variables;
    lk_graph *graph;
    lk_execution *execution;
    uint16_t x[2 * 16] = {0};
    testing_ok(model->context, lk_model_graph(model, 0, &graph));
    testing_ok(model->context, lk_execution_create(graph, LK_PLAN_EVALUATE, 2, &execution));
    for (int64_t v = 0; v < variables; v++) {
        x[variables + v] = 1;
        testing_ok(model->context, lk_execution_forward(execution, x, 2));
        for (int64_t w = 0; w < variables; w++) {
            int64_t channels = lk_graph_head(graph, w).channels;
            const float *p = lk_execution_parameters(execution, w);
            bool moved = memcmp(p, p + channels, (size_t)channels * sizeof *p) != 0;
            assert_true(w > v || !moved);
            alive[v] |= moved;
        }
        x[variables + v] = 0;
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
}

/* With one draw of weights some few rectified units may all be dead. */
static void test_no_value_is_dead(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        bool alive[16] = {false};
        for (uint64_t seed = 0; seed < 8 && cases[i].view == NULL; seed++) {
            testing_random_weights_of(model, 1.0f, SEED + seed);
            mark_living(model, alive);
        }
        for (int64_t v = 0; v < model->data.variables - 1 && cases[i].view == NULL; v++) {
            if (!alive[v]) {
                fail_msg("case %d: nothing depends on value %d", i, (int)v);
            }
        }
        lk_model_destroy(model);
    }
}

/* ---- the start ------------------------------------------------------------------------------- */

/* Most values 0, as of digits; or all of a range, alike in all colours. */
static lk_dataset *make_data(lk_context *context, lk_shape shape, int64_t examples,
                             int32_t alphabet, bool sparse) {
    lk_dataset *data;
    lk_random random = {SEED, LK_FOR_CHECK};
    testing_ok(context, lk_dataset_create(context, "test data", shape, examples, alphabet, &data));
    for (int64_t i = 0; i < examples * data->variables; i++) {
        uint64_t at = (uint64_t)(shape.axes == 3 ? i / shape.size[2] : i);
        float unit = lk_random_unit(random, 3, at), noise = lk_random_unit(random, 4, (uint64_t)i);
        float value = sparse ? (unit < 0.8f ? 0.0f : noise) : 0.1f + 0.7f * unit + 0.1f * noise;
        data->values[i] = (uint16_t)(value * (float)(alphabet - 1));
    }
    return data;
}

/* Of all values together, in nats each. */
static double marginal_nll(const lk_dataset *data) {
    double *count = calloc((size_t)data->alphabet, sizeof *count), nll = 0;
    double all = (double)(data->examples * data->variables);
    for (int64_t i = 0; i < data->examples * data->variables; i++) {
        count[data->values[i]]++;
    }
    for (int32_t a = 0; a < data->alphabet; a++) {
        nll -= count[a] > 0 ? count[a] / all * log(count[a] / all) : 0;
    }
    free(count);
    return nll;
}

static void check_start(lk_context *context, const output_case *c, bool sparse, double most) {
    lk_model *model = make_model(context, c);
    lk_dataset *data = make_data(context, c->shape, 40, c->alphabet, sparse);
    testing_ok(context, lk_model_start(model, data));
    double start = testing_mean_nll(model, data) / (double)data->variables;
    double marginal = marginal_nll(data);
    printf("%s, %d levels%s: %.4f nats a value before training, marginals %.4f\n", c->family,
           c->alphabet, sparse ? ", most 0" : "", start, marginal);
    if (!(start < marginal + most)) {
        fail_msg("starts at %.6g nats a value, marginals %.6g", start, marginal);
    }
    const lk_parameter *bias =
        &model->parameters->list[lk_parameters_find(model->parameters, "logits.bias")];
    int64_t components = lk_settings_integer(&model->settings, "mixtures");
    for (int64_t k = 1; k < components; k++) { /* no two components alike */
        assert_true(bias->value[components + k] > bias->value[components + k - 1]);
    }
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

static void test_starts_near_the_marginals(void **state) {
    static const output_case rows[] = {
        {"pixelcnn", {3, {6, 6, 1}}, 256, {"blocks=1", "channels=8"}, 2, NULL},
        {"pixelcnn", {3, {6, 6, 3}}, 256, {"blocks=1", "channels=8"}, 2, NULL},
        {"pixelcnn", {3, {6, 6, 3}}, 256, {"blocks=1", "channels=8", "weight_norm=1"}, 3, NULL},
        {"conv1d", {1, {40}}, 256, {"layers=2", "mixtures=5"}, 2, NULL},
        {"conv1d", {1, {40}}, 65536, {"layers=2"}, 1, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* few values of 16 bits occur twice: their marginals are the data themselves */
        check_start(*state, &rows[i], false, rows[i].alphabet > 256 ? 5.0 : 0.15);
        check_start(*state, &rows[i], true, rows[i].alphabet > 256 ? 5.0 : 0.45);
    }
}

static void test_learns_by_heart(void **state) {
    static const output_case rows[] = {
        {"pixelcnn", {3, {3, 3, 3}}, 4, {"blocks=1", "channels=16", "mixtures=4"}, 3, NULL},
        {"conv1d", {1, {12}}, 4, {"layers=3", "channels=16", "mixtures=4"}, 3, NULL},
    };
    for (int i = 0; i < 2; i++) {
        lk_model *model = make_model(*state, &rows[i]);
        lk_dataset *data = make_data(*state, rows[i].shape, 8, 4, false);
        testing_ok(*state, lk_model_start(model, data));
        testing_learns_by_heart(model, data, 600, 0.01);
        lk_dataset_destroy(data);
        lk_model_destroy(model);
    }
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void test_refused(void **state) {
    lk_context *context = *state;
    lk_model *model;
    const char *const set[] = {"distribution=logistic"};
    lk_data_description many = {.shape = {3, {2, 2, 5}}, .variables = 20, .alphabet = 256};
    testing_refused(context,
                    lk_model_create(context, "pixelcnn", set, 1, many, "natural", 1, &model),
                    LK_INVALID, "at most 4 channels, not 5");
    uint32_t characters[] = {'a', 'b', 'c'};
    lk_data_description two = {.shape = {3, {2, 2, 1}}, .variables = 4, .alphabet = 2};
    testing_refused(context,
                    lk_model_create(context, "pixelcnn", set, 1, two, "natural", 1, &model),
                    LK_INVALID, "more than two levels");
    lk_data_description text = {.shape = {1, {8}}, .variables = 8, .alphabet = 4, .stream = true};
    testing_ok(context, lk_symbols_list(context, "text", characters, 3, &text.symbols));
    testing_refused(context, lk_model_create(context, "conv1d", set, 1, text, "natural", 1, &model),
                    LK_INVALID, "for numbers, and these values are characters");
    lk_symbols_deinit(&text.symbols);
    text =
        (lk_data_description){.shape = {1, {8}}, .variables = 8, .alphabet = 256, .stream = true};
    testing_ok(context, lk_model_create(context, "conv1d", set, 1, text, "natural", 1, &model));
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_its_equations),
        cmocka_unit_test(test_sums_to_one),
        cmocka_unit_test(test_parallel_is_incremental),
        cmocka_unit_test(test_runs_once_for_a_pixel),
        cmocka_unit_test(test_no_value_is_dead),
        cmocka_unit_test(test_starts_near_the_marginals),
        cmocka_unit_test(test_learns_by_heart),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
