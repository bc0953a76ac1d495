/* EoNADE against its equations in double, under any order and from any set of known variables; its
 * training objective against the mean over all orders, by enumeration; as a distribution, alone and
 * as a mixture; and what is known of it. */
#include "families/testing_known.h"
#include "families/testing_nade.h"
#include "models/logits.h"
#include "models/walk.h"
#include "train/evaluate.h"
#include "train/known.h"

#define SEED 2014
#define VARIABLES_MOST 9

typedef struct eonade_case {
    int64_t variables;
    int32_t alphabet;
    const char *order, *activation;
    int32_t layers;
    const char *set[4];
    int32_t sets;
} eonade_case;

static const eonade_case cases[] = {
    {6, 2, "natural", "relu", 1, {"hidden=9", "orders=3"}, 2},
    {5, 2, "random:3", "tanh", 2, {"hidden=7,5", "orders=2", "activation=tanh"}, 3},
    {4, 3, "reversed", "sigmoid", 2, {"hidden=5,6", "orders=3", "activation=sigmoid"}, 3},
    {1, 2, "natural", "relu", 1, {"hidden=3", "orders=2"}, 2},
    {7, 2, "natural", "relu", 2, {"hidden=6,4", "dropout=0.5", "order_seed=9"}, 3},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make(lk_context *context, const eonade_case *c) {
    lk_model *model = testing_model(context, "eonade", c->set, c->sets, c->variables, c->alphabet,
                                    c->order, SEED);
    testing_random_weights(model, 1.0f);
    return model;
}

static nade_network network_of(const lk_model *model, const eonade_case *c, const int32_t *rank) {
    return (nade_network){.model = model,
                          .rank = rank,
                          .activation = c->activation,
                          .layers = c->layers,
                          .seen = true};
}

/* ---- as a distribution ----------------------------------------------------------------------- */

/* Every network sums to one, and so does their mixture, as evaluation computes it. */
static void test_sums_to_one(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        uint16_t *x;
        int64_t points = testing_domain(cases[i].variables, cases[i].alphabet, &x);
        lk_dataset *all = testing_dataset(*state, points, cases[i].variables, cases[i].alphabet);
        memcpy(all->values, x, (size_t)(points * cases[i].variables) * sizeof *x);
        double *nll = malloc((size_t)points * sizeof *nll), total = 0.0;
        for (int32_t k = 0; k <= lk_model_variants(model); k++) { /* the last time: all together */
            total = 0.0;
            if (k < lk_model_variants(model)) {
                testing_nll_of(model, k, x, points, 0, nll);
            } else {
                testing_ok(*state, lk_evaluate_dataset(model, all, nll));
            }
            for (int64_t p = 0; p < points; p++) {
                total += exp(-nll[p]);
            }
            if (!(fabs(total - 1.0) <= 1e-5)) {
                fail_msg("case %d, network %d: probabilities sum to %.9g", i, k, total);
            }
        }
        free(nll);
        free(x);
        lk_dataset_destroy(all);
        lk_model_destroy(model);
    }
}

static void test_parallel_is_incremental(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        uint16_t x[17 * VARIABLES_MOST];
        testing_random_values(model, 17, SEED, x);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* ---- against the equations ------------------------------------------------------------------- */

static void test_equals_the_equations_in_every_order(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        uint16_t x[20 * VARIABLES_MOST];
        double nll[20];
        testing_random_values(model, 20, SEED, x);
        for (int32_t k = 0; k < lk_model_variants(model); k++) {
            int32_t rank[VARIABLES_MOST];
            testing_ok(*state, model->family->ordering(model, k, rank));
            nade_network network = network_of(model, &cases[i], rank);
            testing_nll_of(model, k, x, 20, 0, nll);
            for (int n = 0; n < 20; n++) {
                double expected = nade_nll(&network, x + n * cases[i].variables);
                if (!(fabs(nll[n] - expected) <= 1e-5 * (1.0 + expected))) {
                    fail_msg("case %d, order %d, example %d: %.9g nats, the equations give %.9g", i,
                             k, n, nll[n], expected);
                }
            }
        }
        lk_model_destroy(model);
    }
}

static void test_gradients_under_an_order(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        nade_network network = network_of(model, &cases[i], model->rank);
        uint16_t x[VARIABLES_MOST];
        testing_random_values(model, 1, SEED + 1, x);
        if (cases[i].variables > 1) {
            testing_gradients(model, x, 1, SEED + 1, nade_nll, &network, &network.bump);
        }
        lk_model_destroy(model);
    }
}

/* ---- from a set of known variables ----------------------------------------------------------- */

static double objective(const nade_network *d, const half *h, const uint16_t *x) {
    double sum = 0.0;
    for (int64_t v = 0; v < d->model->data.variables; v++) {
        sum += h->known[v] ? 0.0 : (double)h->weight[v] * nade_term(d, x, h->known, v);
    }
    return sum;
}

static void test_training_gradients(void **state) {
    for (int i = 0; i < CASES - 1; i++) { /* that without dropout */
        lk_model *model = make(*state, &cases[i]);
        lk_graph *graph;
        lk_execution *execution;
        nade_network network = network_of(model, &cases[i], NULL);
        half h = {.model = model};
        uint16_t x[VARIABLES_MOST];
        int64_t moving = 0, sets = 1 << cases[i].variables;
        testing_random_values(model, 1, SEED + 2, x);
        testing_ok(*state, lk_parameters_make_gradients(model->parameters));
        testing_ok(*state, lk_model_graph_known(model, &graph));
        testing_ok(*state, lk_execution_create(graph, LK_PLAN_TRAIN, 1, &execution));
        for (int64_t set = 0; set < sets - 1; set += 1 + sets / 7) {
            double got = term_of_set(&h, execution, x, set), want = objective(&network, &h, x);
            assert_true(fabs(got - want) <= 1e-5 * (1.0 + want));
            testing_ok(*state, lk_execution_backward(execution));
            for (int32_t p = 0; p < model->parameters->count; p++) {
                const lk_parameter *parameter = &model->parameters->list[p];
                for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
                    const double step = 1e-6;
                    network.bump = (testing_bump){parameter->value + e, step};
                    double above = objective(&network, &h, x);
                    network.bump.by = -step;
                    double difference = (above - objective(&network, &h, x)) / (2 * step);
                    moving += fabs(difference) > 1e-3;
                    if (!(fabs((double)parameter->gradient[e] - difference) <=
                          1e-4 * (1.0 + fabs(difference)))) {
                        fail_msg("case %d, set %lld, %s[%lld]: gradient %.9g, difference %.9g", i,
                                 (long long)set, parameter->name, (long long)e,
                                 (double)parameter->gradient[e], difference);
                    }
                }
            }
            network.bump = (testing_bump){NULL, 0};
        }
        assert_true(moving > 2);
        lk_execution_destroy(execution);
        lk_graph_destroy(graph);
        lk_model_destroy(model);
    }
}

/* ---- the objective is the mean over all orders ----------------------------------------------- */

static void test_objective_is_the_mean_over_all_orders(void **state) {
    for (int32_t alphabet = 2; alphabet <= 3; alphabet++) {
        static const char *const set[] = {"hidden=6,5"};
        lk_model *model =
            testing_model(*state, "eonade", set, 1, KNOWN_D, alphabet, "natural", SEED);
        testing_random_weights(model, 1.0f);
        testing_objective_is_the_mean_over_orders(model, SEED);
        lk_model_destroy(model);
    }
}

/* ---- what is known of it --------------------------------------------------------------------- */

static lk_parameter *parameter(const lk_model *model, const char *name) {
    int32_t index = lk_parameters_find(model->parameters, name);
    assert_true(index >= 0);
    return &model->parameters->list[index];
}

/* F = 0, one order: NADE with the same weights, to the bit. */
static void test_without_the_mask_it_is_nade(void **state) {
    static const char *const set[] = {"hidden=7,4", "activation=sigmoid"};
    lk_model *one = testing_model(*state, "eonade", set, 2, 6, 2, "random:2", SEED);
    lk_model *other = testing_model(*state, "nade", set, 2, 6, 2, "random:2", SEED);
    testing_random_weights(one, 1.0f);
    for (int32_t p = 0; p < one->parameters->count; p++) {
        lk_parameter *from = &one->parameters->list[p];
        lk_parameter *to = parameter(other, from->name);
        for (int64_t i = to->rows * to->columns; i < from->rows * from->columns; i++) {
            from->value[i] = 0.0f; /* the rows of the mask */
        }
        memcpy(to->value, from->value, (size_t)(to->rows * to->columns) * sizeof(float));
    }
    testing_same_nll(one, other);
    lk_model_destroy(one);
    lk_model_destroy(other);
}

/* A mixture of orders that say the same is what one of them says. */
static void test_alike_orders_are_one(void **state) {
    static const char *const set[] = {"hidden=7", "orders=5"};
    lk_model *model = testing_model(*state, "eonade", set, 2, 6, 2, "natural", SEED);
    testing_random_weights(model, 1.0f);
    lk_parameter *rows = parameter(model, "hidden1.weight");
    memset(rows->value, 0, (size_t)(rows->rows * rows->columns) * sizeof(float));
    lk_dataset *data = testing_random_data(*state, 20, 6, 2, SEED);
    double single[20], mixture[20];
    testing_nll(model, data->values, 20, single);
    testing_ok(*state, lk_evaluate_dataset(model, data, mixture));
    for (int n = 0; n < 20; n++) {
        if (!(fabs(single[n] - mixture[n]) <= 1e-12 * single[n])) {
            fail_msg("example %d: one %.17g, five alike %.17g", n, single[n], mixture[n]);
        }
    }
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_to_one),
        cmocka_unit_test(test_parallel_is_incremental),
        cmocka_unit_test(test_equals_the_equations_in_every_order),
        cmocka_unit_test(test_gradients_under_an_order),
        cmocka_unit_test(test_training_gradients),
        cmocka_unit_test(test_objective_is_the_mean_over_all_orders),
        cmocka_unit_test(test_without_the_mask_it_is_nade),
        cmocka_unit_test(test_alike_orders_are_one),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
