/* Graphs of several fields: given ones, that conditionals may read from the start, and modelled
 * ones of different alphabets. Each is a proper distribution, the same bits by both schedules, with
 * the gradients of central differences. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "dist/dist.h"
#include "graph/execution.h"
#include "ops/ops.h"

#define POINTS_MOST 256
#define VARIABLES_MOST 5

typedef struct fixture {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
} fixture;

static void must(const fixture *f, lk_status status) {
    if (status != LK_OK) {
        fail_msg("%s: %s", lk_status_text(status), lk_context_message(f->context));
    }
}

static void begin(fixture *f) {
    assert_int_equal(lk_context_create(2, &f->context), LK_OK);
    must(f, lk_parameters_create(f->context, &f->parameters));
}

static void draw_weights(fixture *f) {
    for (int32_t p = 0; p < f->parameters->count; p++) {
        lk_parameter *parameter = &f->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            parameter->value[e] =
                lk_random_normal((lk_random){7, LK_FOR_CHECK}, (uint64_t)p, (uint64_t)e);
        }
    }
    must(f, lk_parameters_make_gradients(f->parameters));
}

static void end(fixture *f) {
    lk_graph_destroy(f->graph);
    lk_parameters_destroy(f->parameters);
    lk_context_destroy(f->context);
}

static const lk_linear_options linear = {.init = LK_INIT_GLOROT, .bias = true};

/* Three variables of 3 symbols, in the order 1, 2, 0, given a label of 3: hidden units read a
 * one-hot of it and, one after another, the variables. label_first: which field is number 0. */
static void make_given(fixture *f, bool label_first) {
    static const int32_t rank[] = {2, 0, 1};
    static const int32_t hidden_limit[] = {0, 0, 1, 2, 2, 1, 0, 2, 3};
    static const int32_t output_limit[] = {2, 2, 2, 0, 0, 0, 1, 1, 1};
    lk_field label = {.name = "label", .role = LK_GIVEN, .cells = 1, .alphabet = 3};
    lk_field data = {.name = "data", .cells = 3, .alphabet = 3, .rank = rank};
    begin(f);
    must(f, lk_graph_create_fields(
                f->context, f->parameters,
                label_first ? (lk_field[]){label, data} : (lk_field[]){data, label}, 2, &f->graph));
    lk_graph *graph = f->graph;
    lk_node *read[] = {
        lk_one_hot(graph, graph->fields[lk_graph_find(graph, "label")].node, 3),
        lk_one_hot(graph, graph->data, 3),
    };
    lk_node *hidden =
        lk_tanh(graph, lk_masked_linear(graph, "hidden", lk_concatenate(graph, read, 2), 9,
                                        hidden_limit, linear));
    lk_node *logits = lk_masked_linear(graph, "logits", hidden, 9, output_limit, linear);
    must(f, lk_graph_finish(graph, lk_cells_to_channels(graph, logits, 3), &lk_categorical));
    draw_weights(f);
}

/* Two modelled fields whose ranks alternate: "kind", variables of 2 and 4 symbols under a head with
 * room for 5, and "bits", 3 variables of 2 symbols. */
static const int32_t kind_alphabets[] = {2, 4};
static void make_modelled(fixture *f) {
    static const int32_t kind_rank[] = {20, 60}, bits_rank[] = {10, 40, 60};
    static const int32_t kind_limit[] = {1, 1, 1, 1, 1, 3, 3, 3, 3, 3}, bits_limit[] = {0, 2, 3};
    static const int32_t hidden_limit[] = {0, 1, 1, 2, 2, 3, 3, 3};
    lk_field fields[] = {
        {.name = "kind", .cells = 2, .alphabet = 4, .alphabets = kind_alphabets, .rank = kind_rank},
        {.name = "bits", .cells = 3, .alphabet = 2, .rank = bits_rank},
    };
    begin(f);
    must(f, lk_graph_create_fields(f->context, f->parameters, fields, 2, &f->graph));
    lk_graph *graph = f->graph;
    lk_node *read[] = {lk_one_hot(graph, graph->fields[0].node, 4), graph->fields[1].node};
    lk_node *hidden =
        lk_tanh(graph, lk_masked_linear(graph, "hidden", lk_concatenate(graph, read, 2), 8,
                                        hidden_limit, linear));
    lk_node *kind = lk_masked_linear(graph, "kind", hidden, 10, kind_limit, linear);
    lk_node *bits = lk_masked_linear(graph, "bits", hidden, 3, bits_limit, linear);
    lk_graph_model(graph, 0, lk_cells_to_channels(graph, kind, 5), &lk_categorical, 0);
    lk_graph_model(graph, 1, bits, &lk_bernoulli, 0);
    must(f, lk_graph_close(graph));
    draw_weights(f);
}

/* Every point, the last variable fastest. */
static int64_t list_points(const lk_graph *graph, uint16_t *x) {
    int64_t points = 1;
    for (int64_t v = 0; v < graph->variables; v++) {
        points *= lk_graph_head(graph, v).alphabet;
    }
    for (int64_t i = 0; i < points; i++) {
        int64_t rest = i;
        for (int64_t v = graph->variables - 1; v >= 0; v--) {
            int32_t alphabet = lk_graph_head(graph, v).alphabet;
            x[i * graph->variables + v] = (uint16_t)(rest % alphabet);
            rest /= alphabet;
        }
    }
    return points;
}

/* ---- what every graph must pass ------------------------------------------------------------- */

static double total_probability(const fixture *f, lk_execution *execution, const uint16_t *x,
                                int64_t points, const uint16_t *given, double *nll) {
    double total = 0.0;
    lk_execution_give(execution, given, points);
    must(f, lk_execution_forward(execution, x, points));
    must(f, lk_execution_nll(execution, nll, NULL));
    for (int64_t i = 0; i < points; i++) {
        total += exp(-nll[i]);
    }
    return total;
}

/* given NULL: the graph has no such field. */
static void check_schedules(const fixture *f, const uint16_t *x, int64_t count,
                            const uint16_t *given) {
    lk_execution *parallel, *steps;
    const lk_graph *graph = f->graph;
    must(f, lk_execution_create(f->graph, LK_PLAN_EVALUATE, count, &parallel));
    must(f, lk_execution_create(f->graph, LK_PLAN_STEPS, count, &steps));
    lk_execution_give(parallel, given, count);
    lk_execution_give(steps, given, count);
    must(f, lk_execution_forward(parallel, x, count));
    must(f, lk_execution_begin(steps, count));
    for (int64_t i = 0, step = -1; i < graph->variables; i++) {
        int64_t v = graph->by_rank[i], channels = lk_graph_head(graph, v).channels;
        if (graph->rank[v] != step) {
            step = graph->rank[v];
            must(f, lk_execution_compute(steps, (int32_t)step));
        }
        assert_memory_equal(lk_execution_parameters(steps, v), lk_execution_parameters(parallel, v),
                            (size_t)(count * channels) * sizeof(float));
        uint16_t column[POINTS_MOST];
        for (int64_t n = 0; n < count; n++) {
            column[n] = x[n * graph->variables + v];
        }
        lk_execution_set(steps, v, column);
    }
    lk_execution_destroy(parallel);
    lk_execution_destroy(steps);
}

/* The mean over examples of the weighted sum of terms, in nats. */
static double weighted_nll(const fixture *f, lk_execution *execution, const uint16_t *x,
                           int64_t count, const float *weights) {
    static float terms[POINTS_MOST * VARIABLES_MOST];
    static double nll[POINTS_MOST];
    int64_t variables = f->graph->variables;
    double total = 0.0;
    must(f, lk_execution_forward(execution, x, count));
    must(f, lk_execution_nll(execution, nll, terms));
    for (int64_t i = 0; i < count * variables; i++) {
        total += (weights != NULL ? (double)weights[i % variables] : 1.0) * (double)terms[i];
    }
    return total / (double)count;
}

/* weights[variables] or NULL; each[count][variables], which terms have already, or NULL. */
static void check_weighted_gradients(const fixture *f, const uint16_t *x, int64_t count,
                                     const uint16_t *given, const float *weights,
                                     const float *each) {
    lk_execution *execution;
    int64_t moving = 0;
    must(f, lk_execution_create(f->graph, LK_PLAN_TRAIN, count, &execution));
    lk_execution_give(execution, given, count);
    lk_execution_set_weights(execution, weights);
    lk_execution_set_example_weights(execution, each);
    must(f, lk_execution_forward(execution, x, count));
    must(f, lk_execution_backward(execution));
    for (int32_t p = 0; p < f->parameters->count; p++) {
        const lk_parameter *parameter = &f->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            const float h = 1.0f / 128, was = parameter->value[e];
            parameter->value[e] = was + h;
            double above = weighted_nll(f, execution, x, count, weights);
            parameter->value[e] = was - h;
            double below = weighted_nll(f, execution, x, count, weights);
            parameter->value[e] = was;
            double want = (above - below) / (2.0 * (double)h);
            moving += fabs(want) > 1e-3;
            if (!(fabs((double)parameter->gradient[e] - want) <= 1e-3)) {
                fail_msg("%s[%lld]: gradient %.9g, central difference %.9g", parameter->name,
                         (long long)e, (double)parameter->gradient[e], want);
            }
        }
    }
    assert_true(moving > 30);
    lk_execution_destroy(execution);
}

static void check_gradients(const fixture *f, const uint16_t *x, int64_t count,
                            const uint16_t *given, const float *weights) {
    check_weighted_gradients(f, x, count, given, weights, NULL);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void test_a_given_field(void **state) {
    (void)state;
    for (int label_first = 0; label_first < 2; label_first++) {
        fixture f;
        static uint16_t x[POINTS_MOST * 3], given[POINTS_MOST];
        static double nll[3][POINTS_MOST];
        lk_execution *execution;
        make_given(&f, label_first == 1);
        assert_int_equal(f.graph->given, 1);
        assert_int_equal(f.graph->variables, 3);
        assert_int_equal(f.graph->steps, 3);
        int64_t points = list_points(f.graph, x);
        assert_int_equal(points, 27);
        must(&f, lk_execution_create(f.graph, LK_PLAN_EVALUATE, points, &execution));
        for (uint16_t label = 0; label < 3; label++) {
            for (int64_t i = 0; i < points; i++) {
                given[i] = label;
            }
            double total = total_probability(&f, execution, x, points, given, nll[label]);
            if (!(fabs(total - 1.0) <= 1e-5)) {
                fail_msg("label %d: probabilities sum to %.9g", (int)label, total);
            }
        }
        assert_true(fabs(nll[0][5] - nll[1][5]) > 1e-3 && fabs(nll[1][5] - nll[2][5]) > 1e-3);
        for (int64_t i = 0; i < points; i++) { /* of an example of its own each */
            given[i] = (uint16_t)(i % 3);
        }
        double mixed[POINTS_MOST];
        total_probability(&f, execution, x, points, given, mixed);
        for (int64_t i = 0; i < points; i++) {
            assert_memory_equal(&mixed[i], &nll[i % 3][i], sizeof *mixed);
        }
        lk_execution_destroy(execution);
        check_schedules(&f, x, points, given);
        check_gradients(&f, x, points, given, NULL);
        end(&f);
    }
}

static void test_fields_of_different_alphabets(void **state) {
    (void)state;
    static uint16_t x[POINTS_MOST * VARIABLES_MOST];
    static const float weights[] = {0.5f, 2.0f, 0.0f, 1.0f, 3.0f};
    double nll[POINTS_MOST];
    fixture f;
    lk_execution *execution;
    make_modelled(&f);
    assert_int_equal(f.graph->variables, 5);
    assert_int_equal(f.graph->alphabet, 4);
    assert_int_equal(lk_graph_channels(f.graph), 5);
    static const int32_t alphabets[] = {2, 4, 2, 2, 2}, channels[] = {5, 5, 1, 1, 1};
    for (int64_t v = 0; v < 5; v++) {
        lk_head head = lk_graph_head(f.graph, v);
        assert_int_equal(head.alphabet, alphabets[v]);
        assert_int_equal(head.channels, channels[v]);
        assert_ptr_equal(lk_graph_field(f.graph, v), &f.graph->fields[v < 2 ? 0 : 1]);
    }
    int64_t points = list_points(f.graph, x);
    assert_int_equal(points, 2 * 4 * 8);
    must(&f, lk_execution_create(f.graph, LK_PLAN_EVALUATE, points, &execution));
    double total = total_probability(&f, execution, x, points, NULL, nll);
    if (!(fabs(total - 1.0) <= 1e-5)) {
        fail_msg("probabilities sum to %.9g", total);
    }
    lk_execution_destroy(execution);
    check_schedules(&f, x, points, NULL);
    check_gradients(&f, x, points, NULL, NULL);
    check_gradients(&f, x, points, NULL, weights);
    end(&f);
}

/* Weights of examples: of terms and gradients alike, and 0 times an infinite term is 0. */
static void test_weights_of_examples(void **state) {
    (void)state;
    static uint16_t x[POINTS_MOST * VARIABLES_MOST];
    static float weights[POINTS_MOST * VARIABLES_MOST], plain[POINTS_MOST * VARIABLES_MOST],
        weighted[POINTS_MOST * VARIABLES_MOST];
    double nll[POINTS_MOST];
    fixture f;
    lk_execution *execution;
    make_modelled(&f);
    int64_t points = list_points(f.graph, x), values = points * f.graph->variables;
    for (int64_t i = 0; i < values; i++) {
        weights[i] = (float)(i * 7 % 5) / 2.0f;
    }
    must(&f, lk_execution_create(f.graph, LK_PLAN_EVALUATE, points, &execution));
    must(&f, lk_execution_forward(execution, x, points));
    must(&f, lk_execution_nll(execution, nll, plain));
    lk_execution_set_example_weights(execution, weights);
    must(&f, lk_execution_nll(execution, nll, weighted));
    for (int64_t i = 0; i < values; i++) {
        assert_true(weighted[i] == weights[i] * plain[i]);
    }
    for (int32_t p = 0; p < f.parameters->count; p++) {
        lk_parameter *parameter = &f.parameters->list[p];
        for (int64_t i = 0; i < parameter->rows && strstr(parameter->name, "bias") != NULL; i++) {
            parameter->value[i] = (float)INFINITY;
        }
    }
    for (int64_t i = 0; i < values; i++) {
        weights[i] = 0.0f;
    }
    must(&f, lk_execution_forward(execution, x, points));
    must(&f, lk_execution_nll(execution, nll, NULL));
    for (int64_t n = 0; n < points; n++) {
        assert_true(nll[n] == 0.0);
    }
    lk_execution_destroy(execution);
    end(&f);
}

static void test_gradients_by_weights_of_examples(void **state) {
    (void)state;
    static uint16_t x[POINTS_MOST * VARIABLES_MOST];
    static float weights[POINTS_MOST * VARIABLES_MOST];
    fixture f;
    make_modelled(&f);
    int64_t points = list_points(f.graph, x);
    for (int64_t i = 0; i < points * f.graph->variables; i++) {
        weights[i] = (float)(i * 11 % 7 % 4);
    }
    check_weighted_gradients(&f, x, points, NULL, NULL, weights);
    end(&f);
}

/* Fewer channels than the largest alphabet; no output; a leak from one field to another. */
static void test_refusals(void **state) {
    (void)state;
    static const int32_t rank[] = {0, 1};
    static const struct {
        int64_t channels;
        bool bits;
        int32_t limit;
        lk_status status;
        const char *part;
    } rows[] = {
        {4, true, 0, LK_OK, ""},
        {3, true, 0, LK_INVALID, "3 channels, but categorical of 4 symbols wants 4"},
        {4, false, 0, LK_INVALID, "field bits has no output"},
        {4, true, 1, LK_CAUSALITY, "<- kind["},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fixture f;
        lk_field fields[] = {
            {.name = "kind", .cells = 2, .alphabet = 4, .alphabets = kind_alphabets, .rank = rank},
            {.name = "bits", .cells = 2, .alphabet = 2, .rank = rank},
        };
        begin(&f);
        must(&f, lk_graph_create_fields(f.context, f.parameters, fields, 2, &f.graph));
        lk_node *kind = f.graph->fields[0].node;
        const int32_t limit[] = {rows[i].limit, 1}, none[8] = {0};
        lk_node *logits =
            lk_masked_linear(f.graph, "logits", kind, 2 * rows[i].channels, none, linear);
        lk_graph_model(f.graph, 0, lk_cells_to_channels(f.graph, logits, rows[i].channels),
                       &lk_categorical, 0);
        if (rows[i].bits) {
            lk_graph_model(f.graph, 1, lk_masked_linear(f.graph, "bits", kind, 2, limit, linear),
                           &lk_bernoulli, 0);
        }
        assert_int_equal(lk_graph_close(f.graph), rows[i].status);
        assert_true(rows[i].status == LK_OK ||
                    strstr(lk_context_message(f.context), rows[i].part) != NULL);
        end(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_given_field),
        cmocka_unit_test(test_fields_of_different_alphabets),
        cmocka_unit_test(test_weights_of_examples),
        cmocka_unit_test(test_gradients_by_weights_of_examples),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
