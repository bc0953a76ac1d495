/* The terms of an example sum to its NLL; a mixture's terms are its own conditionals, by summing
 * its joint probabilities over the domain; networks with orderings of their own stay between their
 * terms; data of another size; scores of what is impossible. */
#include "models/testing.h"

#include "jobs/score.h"
#include "train/evaluate.h"

#define VARIABLES 6

static lk_model *make_model(lk_context *context, const char *const *set, int32_t sets) {
    lk_model *model = testing_model(context, "made", set, sets, VARIABLES, 2, "random:4", 9);
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            float unit = lk_random_unit((lk_random){3, LK_FOR_CHECK}, (uint64_t)p, (uint64_t)e);
            bool outside = parameter->live != NULL &&
                           e % parameter->columns >= parameter->live[e / parameter->columns];
            parameter->value[e] = outside ? 0.0f : 3.0f * unit - 1.5f;
        }
    }
    return model;
}

static lk_items *items_of(lk_context *context, const lk_dataset *data) {
    lk_items *items;
    testing_ok(context, lk_items_of_dataset(context, data, NULL, &items));
    return items;
}

/* [examples][variables] */
static double *surprisal_of(const lk_model *model, const lk_dataset *data) {
    lk_items *items = items_of(model->context, data);
    double *nats;
    testing_ok(model->context, lk_surprisal(model, items, data->examples, &nats));
    lk_items_close(items);
    return nats;
}

static void expect_sums(const lk_model *model, const lk_dataset *data, double tolerance) {
    double *nats = surprisal_of(model, data), *nll = malloc((size_t)data->examples * sizeof *nll);
    testing_ok(model->context, lk_evaluate_dataset(model, data, nll));
    for (int64_t n = 0; n < data->examples; n++) {
        double sum = 0.0;
        for (int64_t v = 0; v < data->variables; v++) {
            sum += nats[n * data->variables + v];
        }
        if (!(sum == nll[n] || fabs(sum - nll[n]) <= tolerance * nll[n])) {
            fail_msg("%s, example %lld: terms sum to %.17g, the NLL is %.17g", model->family->name,
                     (long long)n, sum, nll[n]);
        }
    }
    lk_release(nats);
    free(nll);
}

static const char *const one_mask[] = {"hidden=12"};
static const char *const three_masks[] = {"hidden=12", "masks=3"};
static const char *const three_orders[] = {"hidden=12", "masks=3", "order_agnostic=true"};

static void test_terms_sum_to_the_nll(void **state) {
    lk_dataset *data = testing_random_data(*state, 33, VARIABLES, 2, 5);
    lk_model *one = make_model(*state, one_mask, 1), *masks = make_model(*state, three_masks, 2);
    lk_model *orders = make_model(*state, three_orders, 3);
    expect_sums(one, data, 0.0);
    expect_sums(masks, data, 1e-13);
    expect_sums(orders, data, 1e-13);
    lk_model_destroy(one);
    lk_model_destroy(masks);
    lk_model_destroy(orders);
    lk_dataset_destroy(data);
}

/* p(x_v | the variables before v in `order`), from the joint probabilities of all points of the
 * domain. */
static double conditional_nats(const uint16_t *domain, const double *p, int64_t points,
                               const uint16_t *x, const int32_t *order, int place) {
    double before = 0.0, with = 0.0;
    for (int64_t i = 0; i < points; i++) {
        const uint16_t *y = domain + i * VARIABLES;
        bool agrees = true;
        for (int k = 0; k < place; k++) {
            agrees = agrees && y[order[k]] == x[order[k]];
        }
        before += agrees ? p[i] : 0.0;
        with += agrees && y[order[place]] == x[order[place]] ? p[i] : 0.0;
    }
    return log(before) - log(with);
}

static void test_a_mixture_has_its_own_conditionals(void **state) {
    lk_model *model = make_model(*state, three_masks, 2);
    lk_graph *graph;
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    uint16_t *domain;
    int64_t points = testing_domain(VARIABLES, 2, &domain);
    lk_dataset *all = testing_dataset(*state, points, VARIABLES, 2);
    memcpy(all->values, domain, (size_t)(points * VARIABLES) * sizeof *domain);
    double *p = malloc((size_t)points * sizeof *p), *nats = surprisal_of(model, all);
    testing_ok(*state, lk_evaluate_dataset(model, all, p));
    for (int64_t i = 0; i < points; i++) {
        p[i] = exp(-p[i]);
    }
    for (int64_t i = 0; i < points; i++) {
        for (int place = 0; place < VARIABLES; place++) {
            double want =
                conditional_nats(domain, p, points, domain + i * VARIABLES, graph->by_rank, place);
            double got = nats[i * VARIABLES + graph->by_rank[place]];
            if (!(fabs(want - got) < 1e-5)) { /* probabilities are of float logits */
                fail_msg("point %lld, place %d: %.9g, by the joint probabilities %.9g",
                         (long long)i, place, got, want);
            }
        }
    }
    lk_release(nats);
    free(p);
    free(domain);
    lk_dataset_destroy(all);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

static void test_between_the_networks(void **state) {
    lk_dataset *data = testing_random_data(*state, 20, VARIABLES, 2, 6);
    lk_model *model = make_model(*state, three_orders, 3);
    double *nats = surprisal_of(model, data), nll[20];
    float terms[3][20 * VARIABLES];
    lk_run *run;
    testing_ok(*state, lk_run_open(model, &(lk_run_options){.lanes = 20}, &run));
    for (int32_t k = 2; k >= 0; k--) {
        testing_ok(*state, lk_run_turn(run, k));
        testing_ok(*state, lk_run_begin(run, 20, NULL));
        testing_ok(*state, lk_run_forward(run, data->values, VARIABLES));
        testing_ok(*state, lk_run_nll(run, nll, terms[k]));
    }
    lk_run_close(run);
    for (int64_t i = 0; i < 20 * VARIABLES; i++) {
        double least = fmin(terms[0][i], fmin(terms[1][i], terms[2][i]));
        double most = fmax(terms[0][i], fmax(terms[1][i], terms[2][i]));
        assert_true(nats[i] >= least - 1e-12 && nats[i] <= most + 1e-12);
    }
    lk_release(nats);
    lk_model_destroy(model);
    lk_dataset_destroy(data);
}

static void test_another_size(void **state) {
    lk_shape own = {3, {4, 5, 3}}, shape = {3, {7, 6, 3}};
    lk_data_description description = {.shape = own, .variables = 60, .alphabet = 4};
    const char *const set[] = {"blocks=1", "channels=2", "head=3"};
    lk_model *model;
    lk_dataset *data;
    testing_ok(*state,
               lk_model_create(*state, "pixelcnn", set, 3, description, "natural", 3, &model));
    testing_ok(*state, lk_dataset_create(*state, "pictures", shape, 5, 4, &data));
    for (int64_t i = 0; i < 5 * data->variables; i++) {
        data->values[i] = (uint16_t)(i * 7 % 11 % 4);
    }
    expect_sums(model, data, 0.0);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

/* A value that no network allows: its term is infinite, the others are not spoilt. */
static void test_probability_zero(void **state) {
    lk_model *model = make_model(*state, three_masks, 2);
    lk_dataset *data = testing_random_data(*state, 4, VARIABLES, 2, 7);
    int32_t bias = lk_parameters_find(model->parameters, "logits.bias");
    assert_true(bias >= 0);
    model->parameters->list[bias].value[2] =
        data->values[2] != 0 ? -(float)INFINITY : (float)INFINITY;
    double *nats = surprisal_of(model, data);
    for (int v = 0; v < VARIABLES; v++) {
        assert_true(v == 2 ? isinf(nats[v]) && nats[v] > 0 : isfinite(nats[v]) && nats[v] >= 0);
    }
    lk_release(nats);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

/* An impossible example is the strangest, whatever the background says of it; one that only the
 * background rules out is the least strange. */
static void test_infinite_scores(void **state) {
    lk_model *model = make_model(*state, three_masks, 2), *plain = make_model(*state, one_mask, 1);
    lk_dataset *data = testing_random_data(*state, 9, VARIABLES, 2, 7);
    int32_t labels[9] = {0};
    int32_t bias = lk_parameters_find(model->parameters, "logits.bias");
    model->parameters->list[bias].value[2] = -(float)INFINITY; /* variable 2 is never 1 */
    lk_items *items = items_of(*state, data);
    for (int way = 0; way < 3; way++) {
        lk_scores scores;
        double auroc, precision;
        const lk_score_options how = {.background = way == 1 ? model : way == 2 ? plain : NULL};
        testing_ok(*state, lk_score(model, items, &how, &scores));
        for (int i = 0; i < 9; i++) {
            labels[i] = data->values[i * VARIABLES + 2];
            assert_true(labels[i] == 0 ? isfinite(scores.score[i]) : isinf(scores.score[i]));
            assert_true(labels[i] == 0 || (scores.score[i] > 0 && scores.variable[i] == 2));
            assert_true(labels[i] == 0 || isinf(scores.variable_nats[i]));
        }
        testing_ok(*state, lk_score_metrics(*state, scores.score, labels, 9, &auroc, &precision));
        assert_true(auroc == 1.0 && precision == 1.0);
        lk_scores_deinit(&scores);
    }
    lk_scores scores;
    const lk_score_options how = {.background = model};
    testing_ok(*state, lk_score(plain, items, &how, &scores));
    for (int i = 0; i < 9; i++) {
        assert_true(labels[i] == 0 ? isfinite(scores.score[i])
                                   : isinf(scores.score[i]) && scores.score[i] < 0);
    }
    lk_scores_deinit(&scores);
    lk_items_close(items);
    lk_dataset_destroy(data);
    lk_model_destroy(plain);
    lk_model_destroy(model);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms_sum_to_the_nll),
        cmocka_unit_test(test_a_mixture_has_its_own_conditionals),
        cmocka_unit_test(test_between_the_networks),
        cmocka_unit_test(test_another_size),
        cmocka_unit_test(test_probability_zero),
        cmocka_unit_test(test_infinite_scores),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
