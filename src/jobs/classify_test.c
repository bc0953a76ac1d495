/* A model of p(high bits, low bits | label), of tables that are read here too: likelihoods of both
 * views, where the surprise lies, and Bayes' rule, against sums by hand; ties; what is refused. */
#include "models/testing.h"

#include "dist/dist.h"
#include "jobs/classify.h"
#include "jobs/score.h"
#include "ops/ops.h"
#include "train/evaluate.h"

#define VARIABLES 3
#define LABELS 4
#define EXAMPLES 64 /* every vector of VARIABLES symbols of two bits */

/* ---- the model ------------------------------------------------------------------------------- */

/* Tables high[v][label] and low[v][label][high bit], of two logits each. Fields: high, low,
 * label. */
static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)model;
    (void)variant;
    static const int64_t one[] = {0, 1, 2, 3}, two[] = {0, 2, 4, 6};
    static const int32_t label[] = {0, 0, 0}, label_and_high[] = {0, 1, 0, 2, 0, 3};
    lk_node *both[] = {graph->fields[2].node, graph->fields[0].node};
    lk_node *all = lk_concatenate(graph, both, 2);
    lk_node *high = lk_lookup(graph, "high", both[0], VARIABLES, one, label, LABELS, 2);
    lk_node *low = lk_lookup(graph, "low", all, VARIABLES, two, label_and_high, LABELS, 2);
    lk_graph_model(graph, 0, high, &lk_categorical, 0);
    lk_graph_model(graph, 1, low, &lk_categorical, 0);
    return lk_graph_close(graph);
}

/* Labels 1 and 3 mean the same. */
static lk_model *make_model(lk_context *context) {
    static const lk_family family = {
        .name = "tables", .given = true, .views = true, .build = build};
    lk_data_description data = testing_data(VARIABLES, 4);
    lk_model *model;
    lk_graph *graph;
    data.labels = LABELS;
    testing_ok(context, lk_view_parse(context, "bits:1", data.shape, 4, &data.view));
    testing_ok(context, lk_model_create(context, "made", NULL, 0, data, "natural", 1, &model));
    model->family = &family;
    model->parameters->frozen = false;
    testing_ok(context, lk_model_graph(model, 0, &graph));
    lk_graph_destroy(graph);
    for (int32_t p = lk_parameters_find(model->parameters, "high.table");
         p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        int64_t per_label = parameter->rows * parameter->columns / VARIABLES / LABELS;
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            parameter->value[e] =
                2.0f * lk_random_normal((lk_random){6, LK_FOR_CHECK}, (uint64_t)p, (uint64_t)e);
            if (e / per_label % LABELS == 3) {
                parameter->value[e] = parameter->value[e - 2 * per_label];
            }
        }
    }
    return model;
}

static double surprise(const float *logits, int bit) {
    return log(exp((double)logits[0]) + exp((double)logits[1])) - (double)logits[bit];
}

/* nats[0] of the high bit, nats[1] of the low one. */
static void by_hand(const lk_model *model, int v, int label, uint16_t value, double nats[2]) {
    const lk_parameters *p = model->parameters;
    const float *high = p->list[lk_parameters_find(p, "high.table")].value;
    const float *low = p->list[lk_parameters_find(p, "low.table")].value;
    nats[0] = surprise(high + (v * LABELS + label) * 2, value >> 1);
    nats[1] = surprise(low + ((v * LABELS + label) * LABELS + (value >> 1)) * 2, value & 1);
}

static double nll_by_hand(const lk_model *model, const uint16_t *x, int label) {
    double nats[2], sum = 0.0;
    for (int v = 0; v < VARIABLES; v++) {
        by_hand(model, v, label, x[v], nats);
        sum += nats[0] + nats[1];
    }
    return sum;
}

/* ---- the data -------------------------------------------------------------------------------- */

typedef struct bench {
    lk_context *context;
    lk_model *model;
    lk_dataset *data;
    lk_items *items;
    int32_t label[EXAMPLES];
} bench;

static int set_up(void **state) {
    static bench b;
    b.context = testing_context(2);
    b.model = make_model(b.context);
    b.data = testing_dataset(b.context, EXAMPLES, VARIABLES, 4);
    for (int64_t i = 0; i < EXAMPLES * VARIABLES; i++) {
        b.data->values[i] = (uint16_t)(i / VARIABLES >> 2 * (i % VARIABLES) & 3);
    }
    for (int i = 0; i < EXAMPLES; i++) {
        b.label[i] = i * 7 % LABELS;
    }
    testing_ok(b.context, lk_items_matched(b.model, b.data, &b.items));
    *state = &b;
    return 0;
}

static int tear_down(void **state) {
    bench *b = *state;
    lk_items_close(b->items);
    lk_dataset_destroy(b->data);
    lk_model_destroy(b->model);
    lk_context_destroy(b->context);
    return 0;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_labels_are_needed(void **state) {
    bench *b = *state;
    lk_evaluation evaluation;
    lk_classification classes;
    int32_t labels[EXAMPLES] = {[40] = LABELS};
    testing_refused(b->context, lk_evaluate(b->model, b->items, NULL, &evaluation), LK_MISMATCH,
                    "example 1 has none: a file of labels is needed");
    lk_evaluation_deinit(&evaluation);
    testing_refused(b->context, lk_classify(b->model, b->items, NULL, &classes), LK_MISMATCH,
                    "the data have no labels");
    lk_classification_deinit(&classes);
    testing_ok(b->context, lk_items_set_labels(b->items, labels));
    testing_refused(b->context, lk_evaluate(b->model, b->items, NULL, &evaluation), LK_MISMATCH,
                    "labels 0..3, and example 41 has another");
    lk_evaluation_deinit(&evaluation);
    lk_model *other = testing_model(b->context, "uniform", NULL, 0, VARIABLES, 4, "natural", 1);
    testing_refused(b->context, lk_classify(other, b->items, NULL, &classes), LK_INVALID,
                    "the model is given no labels");
    lk_classification_deinit(&classes);
    lk_model_destroy(other);
}

static void test_views(void **state) {
    bench *b = *state;
    lk_evaluation evaluation;
    double field[2] = {0.0, 0.0};
    testing_ok(b->context, lk_items_set_labels(b->items, b->label));
    testing_ok(b->context, lk_evaluate(b->model, b->items, NULL, &evaluation));
    for (int i = 0; i < EXAMPLES; i++) {
        const uint16_t *x = b->data->values + i * VARIABLES;
        double want = nll_by_hand(b->model, x, b->label[i]), nats[2];
        if (!(fabs(want - evaluation.nll_nats[i]) < 1e-5)) {
            fail_msg("example %d: %.9g, by hand %.9g", i, evaluation.nll_nats[i], want);
        }
        for (int v = 0; v < VARIABLES; v++) {
            by_hand(b->model, v, b->label[i], x[v], nats);
            field[0] += nats[0];
            field[1] += nats[1];
        }
    }
    assert_true(fabs(evaluation.part_nats[0] - field[0]) < 1e-4);
    assert_true(fabs(evaluation.part_nats[1] - field[1]) < 1e-4);
    lk_evaluation_deinit(&evaluation);
}

static void test_where_the_surprise_lies(void **state) {
    bench *b = *state;
    lk_scores scores;
    double *surprisal;
    testing_ok(b->context, lk_items_set_labels(b->items, b->label));
    testing_ok(b->context, lk_surprisal(b->model, b->items, EXAMPLES, &surprisal));
    testing_ok(b->context, lk_score(b->model, b->items, &(lk_score_options){0}, &scores));
    for (int i = 0; i < EXAMPLES; i++) {
        int best = 0;
        for (int v = 0; v < VARIABLES; v++) {
            double nats[2];
            by_hand(b->model, v, b->label[i], b->data->values[i * VARIABLES + v], nats);
            assert_true(fabs(surprisal[i * VARIABLES + v] - nats[0] - nats[1]) < 1e-5);
            best = surprisal[i * VARIABLES + v] > surprisal[i * VARIABLES + best] ? v : best;
        }
        assert_int_equal(scores.variable[i], best);
        assert_true(scores.variable_nats[i] == surprisal[i * VARIABLES + best]);
    }
    lk_scores_deinit(&scores);
    lk_release(surprisal);
}

static void test_bayes_rule(void **state) {
    bench *b = *state;
    lk_classification classes;
    int correct = 0, chosen[LABELS] = {0};
    double loss = 0.0;
    testing_ok(b->context, lk_items_set_labels(b->items, b->label));
    testing_ok(b->context,
               lk_classify(b->model, b->items, &(lk_walk_options){.lanes = 9}, &classes));
    assert_int_equal(classes.items, EXAMPLES);
    assert_int_equal(classes.labels, LABELS);
    for (int i = 0; i < EXAMPLES; i++) {
        double p[LABELS], evidence = 0.0;
        int best = 0;
        for (int y = 0; y < LABELS; y++) {
            p[y] = exp(-nll_by_hand(b->model, b->data->values + i * VARIABLES, y));
            evidence += p[y];
            best = p[y] > p[best] * (1.0 + 1e-9) ? y : best;
        }
        assert_int_equal(classes.chosen[i], best);
        chosen[best]++;
        correct += best == b->label[i];
        loss -= log(p[b->label[i]] / evidence) / EXAMPLES;
    }
    assert_int_equal(classes.correct, correct);
    assert_true(fabs(classes.log_loss - loss) < 1e-5);
    assert_true(chosen[1] > 0 && chosen[3] == 0); /* the lower of equals */
    lk_classification_deinit(&classes);
}

/* Impossible under every label: any is as good, the first is taken. Of labels unknown to the model
 * the posterior has nothing. */
static void test_the_impossible(void **state) {
    bench *b = *state;
    int32_t unknown[EXAMPLES] = {[5] = 77};
    lk_classification classes;
    float *low =
        b->model->parameters->list[lk_parameters_find(b->model->parameters, "low.table")].value;
    for (int y = 0; y < LABELS; y++) { /* variable 0 is never 3 */
        low[(y * LABELS + 1) * 2 + 1] = -(float)INFINITY;
    }
    lk_items_close(b->items);
    b->data->values[0] = 3;
    b->data->examples = 1;
    testing_ok(b->context, lk_items_matched(b->model, b->data, &b->items));
    testing_ok(b->context, lk_items_set_labels(b->items, unknown));
    testing_ok(b->context, lk_classify(b->model, b->items, NULL, &classes));
    assert_true(classes.chosen[0] == 0 && classes.correct == 1);
    assert_true(fabs(classes.log_loss - log(LABELS)) < 1e-12);
    lk_classification_deinit(&classes);
    testing_ok(b->context, lk_items_set_labels(b->items, unknown + 5));
    testing_ok(b->context, lk_classify(b->model, b->items, NULL, &classes));
    assert_true(classes.correct == 0 && isinf(classes.log_loss) && classes.log_loss > 0);
    lk_classification_deinit(&classes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_labels_are_needed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_views, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_where_the_surprise_lies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bayes_rule, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_impossible, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
