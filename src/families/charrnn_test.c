/* charrnn against the equations of its cells, written in double from h_t = f(W onehot(x_{t-1}) + b,
 * h_{t-1}); and as a distribution: sums to one, is causal, is the same under every schedule, has
 * the gradients that central differences give. */
#include "families/testing_local.h"

#include <stdio.h>

typedef struct charrnn_case {
    int64_t variables;
    int32_t alphabet;
    const char *order;
    const char *set[6];
    int32_t sets;
} charrnn_case;

static const charrnn_case cases[] = {
    {4, 3, "natural", {"width=7"}, 1},
    {6, 2, "natural", {"cell=gru", "width=5"}, 2},
    {4, 3, "natural", {"cell=tanh", "width=9", "layers=3"}, 3},
    {3, 5, "natural", {"cell=lstm", "width=4", "layers=1", "embedding=3"}, 4},
    {4, 3, "random:3", {"cell=gru", "width=6", "embedding=2"}, 3},
    {5, 2, "reversed", {"cell=lstm", "width=3", "dropout=0.5", "recurrent_dropout=0.5"}, 4},
    {1, 4, "natural", {"width=3"}, 1},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

/* All parameters random: initial zeros would hide mistakes. */
static lk_model *make_model(lk_context *context, const charrnn_case *c) {
    lk_model *model =
        testing_model(context, "charrnn", c->set, c->sets, c->variables, c->alphabet, c->order, 5);
    testing_random_weights(model, 0.7f);
    return model;
}

static void test_sums_to_one(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        testing_sums_to_one(model);
        lk_model_destroy(model);
    }
}

static void test_incremental_equals_parallel(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        uint16_t *x;
        int64_t points = testing_domain(cases[i].variables, cases[i].alphabet, &x);
        testing_parallel_is_incremental(model, x, points < 33 ? points : 33);
        lk_model_destroy(model);
        free(x);
    }
}

/* The data of an example in reverse order under the reversed ordering: the same network sees the
 * same sequence. */
static void test_ordering_is_only_an_ordering(void **state) {
    charrnn_case forwards = {5, 3, "natural", {"width=6"}, 1}, backwards = forwards;
    backwards.order = "reversed";
    lk_model *a = make_model(*state, &forwards), *b = make_model(*state, &backwards);
    static const uint16_t x[] = {2, 0, 1, 1, 2}, turned[] = {2, 1, 1, 0, 2};
    double nll[2];
    testing_nll(a, x, 1, &nll[0]);
    testing_nll(b, turned, 1, &nll[1]);
    if (!(fabs(nll[0] - nll[1]) < 1e-9)) {
        fail_msg("natural %.9g nats, reversed %.9g", nll[0], nll[1]);
    }
    lk_model_destroy(a);
    lk_model_destroy(b);
}

/* ---- the equations, in double ---------------------------------------------------------------- */

#define WIDTH_MOST 8

typedef struct reference {
    lk_model *model;
    double *value[32]; /* of each parameter */
    int64_t width, layers, gates, size;
    char kind; /* l, g, t */
} reference;

static double sigmoid(double x) {
    return 1.0 / (1.0 + exp(-x));
}

static const double *named(const reference *r, const char *format, int64_t layer) {
    char name[64];
    snprintf(name, sizeof name, format, (int)layer);
    int32_t index = lk_parameters_find(r->model->parameters, name);
    if (index < 0) {
        fail_msg("no parameter %s", name);
    }
    return r->value[index];
}

static double read_weight(const void *reference_of_test, const lk_parameter *p, int64_t element) {
    const reference *r = reference_of_test;
    return r->value[p - r->model->parameters->list][element];
}

/* What is given along at t is added. */
static void told_part(const reference *r, int64_t layer, int64_t t, double *x) {
    char name[32];
    snprintf(name, sizeof name, "layer%d", (int)layer);
    for (int64_t j = 0; j < r->gates * r->width; j++) {
        x[j] += local_told(r->model, read_weight, r, name, t, j);
    }
}

/* Pre-activations of all gates: W u + b for the first layer's symbol or the h below,
 * [gates][width]. */
static void input_part(const reference *r, int64_t layer, int64_t symbol, const double *below,
                       double *x) {
    int64_t all = r->gates * r->width;
    if (layer == 1 && r->size == 0) {
        memcpy(x, named(r, "layer%d.table", 1) + symbol * all, (size_t)all * sizeof *x);
        return;
    }
    const double *from = layer == 1 ? named(r, "embedding.table", 0) + symbol * r->size : below;
    const double *weight = named(r, "layer%d.weight", layer),
                 *bias = named(r, "layer%d.bias", layer);
    int64_t count = layer == 1 ? r->size : r->width;
    for (int64_t j = 0; j < all; j++) {
        x[j] = bias[j];
        for (int64_t k = 0; k < count; k++) {
            x[j] += weight[k * all + j] * from[k];
        }
    }
}

static double hidden_part(const reference *r, const double *u, int64_t gate, int64_t j,
                          const double *h) {
    double sum = 0.0;
    for (int64_t k = 0; k < r->width; k++) {
        sum += u[k * r->gates * r->width + gate * r->width + j] * h[k];
    }
    return sum;
}

/* h and c of one layer become those of the next step. */
static void cell_step(const reference *r, const double *x, const double *u, double *h, double *c) {
    double held[WIDTH_MOST], reset[WIDTH_MOST];
    int64_t w = r->width;
    memcpy(held, h, sizeof held);
    for (int64_t j = 0; j < w; j++) {
        reset[j] =
            r->kind == 'g' ? sigmoid(x[w + j] + hidden_part(r, u, 1, j, held)) * held[j] : 0.0;
    }
    for (int64_t j = 0; j < w; j++) {
        if (r->kind == 't') {
            h[j] = tanh(x[j] + hidden_part(r, u, 0, j, held));
        } else if (r->kind == 'g') {
            double z = sigmoid(x[j] + hidden_part(r, u, 0, j, held));
            h[j] = z * held[j] + (1.0 - z) * tanh(x[2 * w + j] + hidden_part(r, u, 2, j, reset));
        } else {
            double i = sigmoid(x[j] + hidden_part(r, u, 0, j, held));
            double f = sigmoid(x[w + j] + hidden_part(r, u, 1, j, held));
            double o = sigmoid(x[2 * w + j] + hidden_part(r, u, 2, j, held));
            c[j] = f * c[j] + i * tanh(x[3 * w + j] + hidden_part(r, u, 3, j, held));
            h[j] = o * tanh(c[j]);
        }
    }
}

static double symbol_nll(const reference *r, const double *h, int64_t symbol) {
    int64_t alphabet = r->model->data.alphabet, logits = alphabet == 2 ? 1 : alphabet;
    const double *v = named(r, "logits.weight", 0), *c = named(r, "logits.bias", 0);
    double logit[8], total = 0.0;
    for (int64_t a = 0; a < logits; a++) {
        logit[a] = c[a];
        for (int64_t k = 0; k < r->width; k++) {
            logit[a] += v[k * logits + a] * h[k];
        }
        total += exp(logit[a]);
    }
    return alphabet == 2 ? log1p(exp(symbol != 0 ? -logit[0] : logit[0]))
                         : log(total) - logit[symbol];
}

/* Mean NLL in nats, in the model's ordering. */
static double reference_nll(const reference *r, const uint16_t *x, int64_t count) {
    int64_t variables = r->model->data.variables;
    double total = 0.0;
    for (int64_t n = 0; n < count; n++) {
        double h[4][WIDTH_MOST] = {{0}}, c[4][WIDTH_MOST] = {{0}}, gates[4 * WIDTH_MOST];
        int64_t symbol = r->model->data.alphabet;
        for (int64_t t = 0; t < variables; t++) {
            for (int64_t layer = 1; layer <= r->layers; layer++) {
                input_part(r, layer, symbol, layer > 1 ? h[layer - 2] : NULL, gates);
                told_part(r, layer, t, gates);
                const char *format = r->kind == 'l'   ? "layer%d.lstm.recurrent"
                                     : r->kind == 'g' ? "layer%d.gru.recurrent"
                                                      : "layer%d.tanh.recurrent";
                cell_step(r, gates, named(r, format, layer), h[layer - 1], c[layer - 1]);
            }
            int64_t v = 0;
            while (r->model->rank[v] != t) {
                v++;
            }
            symbol = x[n * variables + v];
            total += symbol_nll(r, h[r->layers - 1], symbol);
        }
    }
    return total / (double)count;
}

static reference make_reference(lk_model *model) {
    const lk_settings *set = &model->settings;
    char kind = lk_settings_text(set, "cell")[0];
    reference r = {.model = model, .kind = kind, .gates = kind == 'l' ? 4 : kind == 'g' ? 3 : 1};
    r.width = lk_settings_integer(set, "width");
    r.layers = lk_settings_integer(set, "layers");
    r.size = lk_settings_integer(set, "embedding");
    for (int32_t p = 0; p < model->parameters->count; p++) {
        const lk_parameter *parameter = &model->parameters->list[p];
        int64_t count = parameter->rows * parameter->columns;
        r.value[p] = malloc((size_t)count * sizeof(double));
        for (int64_t e = 0; e < count; e++) {
            r.value[p][e] = (double)parameter->value[e];
        }
    }
    return r;
}

static const charrnn_case paper_cases[] = {
    {5, 4, "natural", {"cell=lstm", "width=6", "layers=2"}, 3},
    {5, 4, "random:4", {"cell=gru", "width=5", "layers=2", "embedding=3"}, 4},
    {6, 2, "natural", {"cell=tanh", "width=8", "layers=3"}, 3},
    {6, 3, "natural", {"cell=lstm", "width=3", "layers=1", "embedding=2"}, 4},
};
#define PAPER_CASES ((int)(sizeof paper_cases / sizeof *paper_cases))
#define EXAMPLES 13

static void compare_gradients(const reference *r, const uint16_t *x) {
    int64_t nonzero = 0;
    for (int32_t p = 0; p < r->model->parameters->count; p++) {
        const lk_parameter *parameter = &r->model->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            double held = r->value[p][e];
            r->value[p][e] = held + 1e-5;
            double above = reference_nll(r, x, EXAMPLES);
            r->value[p][e] = held - 1e-5;
            double difference = (above - reference_nll(r, x, EXAMPLES)) / 2e-5;
            r->value[p][e] = held;
            nonzero += fabs(difference) > 1e-4;
            if (!(fabs(difference - (double)parameter->gradient[e]) <=
                  2e-6 + 1e-4 * fabs(difference))) {
                fail_msg("%s[%lld]: gradient %.9g, central difference %.9g", parameter->name,
                         (long long)e, (double)parameter->gradient[e], difference);
            }
        }
    }
    assert_true(2 * nonzero > lk_parameters_total(r->model->parameters));
}

static void check_equations(lk_model *model, int which) {
    lk_context *context = model->context;
    lk_dataset *data =
        testing_random_data(context, EXAMPLES, model->data.variables, model->data.alphabet, 3);
    reference r = make_reference(model);
    double nll[EXAMPLES];
    testing_nll(model, data->values, EXAMPLES, nll);
    for (int64_t n = 0; n < EXAMPLES; n++) {
        double expected = reference_nll(&r, data->values + n * model->data.variables, 1);
        if (!(fabs(nll[n] - expected) <= 1e-5 * (1.0 + expected))) {
            fail_msg("case %d, example %lld: %.9g nats, the equations give %.9g", which,
                     (long long)n, nll[n], expected);
        }
    }
    lk_graph *graph;
    lk_execution *execution;
    testing_ok(context, lk_parameters_make_gradients(model->parameters));
    testing_ok(context, lk_model_graph(model, 0, &graph));
    testing_ok(context, lk_execution_create(graph, LK_PLAN_TRAIN, EXAMPLES, &execution));
    testing_give(execution, graph, EXAMPLES, 0);
    testing_ok(context, lk_execution_forward(execution, data->values, EXAMPLES));
    testing_ok(context, lk_execution_backward(execution));
    compare_gradients(&r, data->values);
    for (int32_t p = 0; p < model->parameters->count; p++) {
        free(r.value[p]);
    }
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

static void test_equals_the_equations(void **state) {
    for (int i = 0; i < PAPER_CASES; i++) {
        check_equations(make_model(*state, &paper_cases[i]), i);
    }
}

/* A slower sequence is given along. */
static void test_told_equals_the_equations(void **state) {
    static const local_case told[] = {
        {"charrnn", 6, 2, 0, {2, 3}, {"width=5", "local_channels=3", "layers=2"}, 3},
        {"charrnn", 5, 4, 0, {2, 2}, {"cell=gru", "width=5", "embedding=3", "local_channels=2"}, 4},
        {"charrnn",
         6,
         3,
         0,
         {3, 2},
         {"cell=tanh", "width=6", "layers=1", "local_channels=2", "upsampling=learned"},
         5},
    };
    for (int i = 0; i < 3; i++) {
        check_equations(local_given_model(*state, &told[i]), i);
    }
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static void test_cached_sample_costs_one_pass(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        lk_graph *graph;
        testing_ok(*state, lk_model_graph(model, 0, &graph));
        assert_int_equal(graph->steps, cases[i].variables);
        assert_true(lk_graph_multiply_adds_cached(graph) <= lk_graph_multiply_adds_forward(graph));
        lk_graph_destroy(graph);
        lk_model_destroy(model);
    }
}

static void test_parameters_do_not_grow_with_length(void **state) {
    charrnn_case near = {3, 300, "natural", {"width=7"}, 1},
                 far = {50, 300, "natural", {"width=7"}, 1};
    lk_model *a = make_model(*state, &near), *b = make_model(*state, &far);
    assert_int_equal(lk_parameters_total(a->parameters), lk_parameters_total(b->parameters));
    /* layer 1: a table; both recurrences; layer 2 and logits with biases */
    assert_int_equal(lk_parameters_total(a->parameters),
                     301 * 28 + 2 * 7 * 28 + 7 * 28 + 28 + 7 * 300 + 300);
    lk_model_destroy(a);
    lk_model_destroy(b);
}

/* Variables of one rank are drawn together, which no recurrence over single symbols can do. */
static void test_equal_ranks_are_refused(void **state) {
    static const int32_t rank[] = {0, 1, 1};
    lk_model *model;
    testing_refused(*state,
                    lk_model_create_ranked(*state, "charrnn", NULL, 0, testing_data(3, 2), rank,
                                           "file", 0, &model),
                    LK_INVALID, "one variable after another");
}

/* Only an LSTM adds to a memory. */
static void test_recurrent_dropout_is_of_lstms(void **state) {
    static const char *const set[] = {"cell=gru", "recurrent_dropout=0.2"};
    lk_model *model;
    testing_refused(
        *state,
        lk_model_create(*state, "charrnn", set, 2, testing_data(3, 2), "natural", 0, &model),
        LK_INVALID, "recurrent_dropout is of LSTMs");
}

/* Before training: a symbol's frequency is its probability wherever it stands, as far as zero
 * weights let it; forget gates open. */
static void test_start(void **state) {
    static const char *const set[] = {"width=4", "embedding=2"};
    lk_model *model = testing_model(*state, "charrnn", set, 2, 3, 3, "natural", 7);
    lk_dataset *data = testing_dataset(*state, 5, 3, 3);
    static const uint16_t values[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 0};
    memcpy(data->values, values, sizeof values);
    testing_ok(*state, lk_model_start(model, data));
    int32_t bias = lk_parameters_find(model->parameters, "logits.bias");
    static const double count[] = {11, 4, 3};
    for (int a = 0; a < 3; a++) {
        double logit = (double)model->parameters->list[bias].value[a];
        if (!(fabs(logit - log(count[a] / 18.0)) < 1e-6)) {
            fail_msg("symbol %d: bias %.9g", a, logit);
        }
    }
    const lk_parameter *gates =
        &model->parameters->list[lk_parameters_find(model->parameters, "layer2.bias")];
    for (int64_t u = 0; u < 16; u++) {
        assert_true(gates->value[u] == (u / 4 == 1 ? 1.0f : 0.0f));
    }
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_to_one),
        cmocka_unit_test(test_incremental_equals_parallel),
        cmocka_unit_test(test_ordering_is_only_an_ordering),
        cmocka_unit_test(test_equals_the_equations),
        cmocka_unit_test(test_told_equals_the_equations),
        cmocka_unit_test(test_cached_sample_costs_one_pass),
        cmocka_unit_test(test_parameters_do_not_grow_with_length),
        cmocka_unit_test(test_equal_ranks_are_refused),
        cmocka_unit_test(test_recurrent_dropout_is_of_lstms),
        cmocka_unit_test(test_start),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
