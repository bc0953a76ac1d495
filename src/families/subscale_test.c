/* Subscale Pixel Network against the paper's equations in double; as a distribution: sums to one,
 * is the same under every schedule, has the gradients that central differences give, learns by
 * heart; what it is with one slice, what the embedder sees, what upscaling takes apart. */
#include "families/testing_subscale.h"
#include "models/slices.h"
#include "models/testing_field.h"
#include "models/testing_learning.h"

#define SEED 20190501
#define CELLS_MOST 128

typedef struct image_case {
    lk_shape shape;
    int32_t alphabet, labels;
    const char *view, *set[16];
} image_case;

#define WIDE "channels=8", "embedding=16", "head=32"
#define SMALL                                                                            \
    "layers=2", "channels=2", "head=3", "blocks=1", "embedding=3", "width=4", "heads=2", \
        "first_kernel=3"
static const image_case cases[] = {
    {{3, {2, 2, 1}}, 2, 0, NULL, {SMALL}},
    {{3, {3, 3, 1}}, 2, 0, NULL, {SMALL}},
    {{2, {2, 2}}, 3, 2, NULL, {SMALL, "attention=2"}},
    {{3, {1, 1, 1}}, 2, 0, NULL, {SMALL}},
    {{3, {1, 1, 3}}, 3, 0, NULL, {SMALL, "stride=3"}},
    {{3, {1, 5, 1}}, 3, 0, NULL, {SMALL, "size_upscaling=true"}},
    {{3, {3, 2, 2}}, 2, 3, NULL, {SMALL, "dropout=0.3"}},
    {{3, {5, 2, 1}}, 2, 0, NULL, {SMALL, "stride=3", "attention=0", "size_upscaling=true"}},
    {{3, {2, 3, 1}}, 4, 0, "bits:1", {SMALL}},
    {{3, {4, 1, 1}}, 8, 2, "bits:2", {SMALL, "blocks=0", "size_upscaling=true"}},
    {{3, {2, 2, 1}}, 4, 0, "bits:1", {SMALL, "stride=1"}},
    {{3, {3, 3, 1}}, 2, 0, NULL, {SMALL, "stride=8", "embedder_kernel=5"}},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

/* The texts of a case, of those for one setting the last. */
static int32_t settings_of(const image_case *c, const char **set) {
    int32_t count = 0;
    for (int i = 0; c->set[i] != NULL; i++) {
        size_t key = strcspn(c->set[i], "=");
        bool later = false;
        for (int j = i + 1; c->set[j] != NULL; j++) {
            later = later || strncmp(c->set[i], c->set[j], key + 1) == 0;
        }
        set[count] = c->set[i];
        count += !later;
    }
    return count;
}

static lk_status create(lk_context *context, const char *family, const image_case *c,
                        lk_model **model) {
    const char *set[16];
    int32_t sets = settings_of(c, set);
    lk_data_description data = {.shape = c->shape,
                                .variables = lk_shape_variables(c->shape),
                                .alphabet = c->alphabet,
                                .labels = c->labels};
    if (c->view != NULL) {
        testing_ok(context, lk_view_parse(context, c->view, c->shape, c->alphabet, &data.view));
    }
    return lk_model_create(context, family, set, sets, data, "natural", 5, model);
}

/* All parameters random: biases, and the layers that start at zero, would hide mistakes. */
static lk_model *make(lk_context *context, const image_case *c, float size) {
    lk_model *model;
    testing_ok(context, create(context, "subscale", c, &model));
    testing_random_weights_of(model, size, SEED);
    return model;
}

/* One example: what the network models, parts behind one another. */
static void draw(const lk_model *model, uint64_t seed, uint16_t *x) {
    uint16_t raw[CELLS_MOST];
    int64_t variables = model->data.variables, modelled = lk_model_modelled(model);
    assert_true(modelled <= CELLS_MOST);
    testing_random_values(model, 1, seed, raw);
    for (int64_t i = 0; i < modelled; i++) {
        lk_view_read(lk_model_view(model), raw, variables, i, 1, x + i);
    }
}

/* ---- as the paper says, and a distribution --------------------------------------------------- */

static void test_equals_the_paper(void **state) {
    for (int i = 0; i < 5 * CASES; i++) {
        const image_case *c = &cases[i / 5];
        lk_model *model = make(*state, c, 0.5f);
        subscale_network n = subscale_network_of(model);
        uint16_t x[CELLS_MOST];
        double nll;
        draw(model, SEED + (uint64_t)i, x);
        testing_equals(model, x, 1, subscale_nll, &n, i, SEED);
        for (n.gated.label = 0; n.gated.label < c->labels; n.gated.label++) {
            testing_nll_given(model, x, 1, (uint16_t)n.gated.label, &nll);
            assert_true(fabs(nll - subscale_nll(&n, x)) <= 1e-5 * (1 + nll));
        }
        lk_model_destroy(model);
    }
}

static void test_gradients(void **state) {
    for (int i = 0; i < CASES; i++) {
        bool small = lk_shape_variables(cases[i].shape) <= 4; /* most weights multiply nothing */
        if (i == CASES - 1 || lk_shape_variables(cases[i].shape) == 1) {
            continue;
        }
        lk_model *model = make(*state, &cases[i], 0.5f);
        subscale_network n = subscale_network_of(model);
        uint16_t x[CELLS_MOST];
        draw(model, SEED + 1, x);
        testing_gradients(model, x, small ? 3 : 13, SEED, subscale_nll, &n, &n.gated.bump);
        lk_model_destroy(model);
    }
}

static void test_is_a_distribution(void **state) {
    static const image_case mixtures[] = {
        {{3, {2, 2, 1}}, 5, 2, NULL, {SMALL, "distribution=logistic", "mixtures=2"}},
        {{3, {1, 2, 3}}, 4, 0, NULL, {SMALL, "distribution=logistic", "mixtures=3"}},
    };
    for (int i = 0; i < CASES + 2; i++) {
        const image_case *c = i < CASES ? &cases[i] : &mixtures[i - CASES];
        lk_model *model = make(*state, c, 1.0f);
        uint16_t x[17 * CELLS_MOST];
        for (int e = 0; e < 17; e++) {
            draw(model, SEED + (uint64_t)e, x + e * lk_model_modelled(model));
        }
        testing_parallel_is_incremental(model, x, 17);
        if (c->view == NULL) { /* tests of fields sum over views */
            testing_sums_to_one(model);
            testing_sample_costs_one_pass(model);
        }
        lk_model_destroy(model);
    }
}

/* ---- one slice ------------------------------------------------------------------------------- */

static void copy_by_name(const lk_model *from, lk_model *to) {
    for (int32_t p = 0; p < to->parameters->count; p++) {
        lk_parameter *parameter = &to->parameters->list[p];
        int32_t at = lk_parameters_find(from->parameters, parameter->name);
        if (at < 0) {
            fail_msg("no parameter %s", parameter->name);
        }
        memcpy(parameter->value, from->parameters->list[at].value,
               (size_t)(parameter->rows * parameter->columns) * sizeof(float));
    }
}

/* Without slices and attention it is the Gated PixelCNN, to the bit. */
static void test_one_slice_is_the_decoder_alone(void **state) {
    static const image_case gated = {
        {3, {3, 5, 2}}, 3, 2, NULL, {"layers=3", "channels=3", "head=4", "first_kernel=5"}};
    image_case alone = gated;
    lk_model *model, *other;
    uint16_t x[7 * 30];
    double one[7], all[7];
    alone.set[4] = "stride=1";
    alone.set[5] = "attention=0";
    other = make(*state, &alone, 0.7f);
    testing_ok(*state, create(*state, "gated-pixelcnn", &gated, &model));
    assert_int_equal(model->parameters->count, other->parameters->count);
    copy_by_name(other, model);
    testing_random_values(model, 7, SEED, x);
    for (uint16_t label = 0; label < 2; label++) {
        testing_nll_given(model, x, 7, label, one);
        testing_nll_given(other, x, 7, label, all);
        assert_memory_equal(one, all, sizeof one);
    }
    lk_model_destroy(model);
    lk_model_destroy(other);
}

/* ---- what is seen ---------------------------------------------------------------------------- */

static void test_sees_all_before(void **state) {
    static const image_case seen[] = {
        {{3, {5, 5, 1}}, 2, 0, NULL, {SMALL, WIDE}},
        {{3, {3, 4, 2}}, 3, 0, NULL, {SMALL, WIDE}},
        {{2, {4, 3}}, 2, 0, NULL, {SMALL, WIDE, "stride=3", "size_upscaling=true"}},
    };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        lk_model *model = make(*state, &seen[i], 0.4f); /* larger ones saturate gates */
        testing_field(model, testing_sees_all_before, SEED + 3);
        lk_model_destroy(model);
    }
}

/* All that the embedder of a slice says is ready before the slice begins, and as late as that: it
 * reads the last pixel before it. */
static void test_the_embedder_sees_earlier_slices_alone(void **state) {
    const image_case c = {{3, {5, 3, 1}}, 2, 0, NULL, {SMALL, "blocks=2", "embedder_kernel=7"}};
    static const int32_t begins[] = {0, 6, 9, 13}; /* slices of 3 x 2, 3 x 1, 2 x 2, 2 x 1 */
    lk_model *model = make(*state, &c, 1.0f);
    lk_graph *graph;
    int found[4] = {0};
    testing_ok(*state, lk_model_graph(model, 0, &graph));
    for (int32_t i = 0, slice = -1; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        slice += node->name != NULL && strcmp(node->name, "embedder.in") == 0;
        if (node->name != NULL && strncmp(node->name, "embedder.", 9) == 0) {
            int32_t last = node->ready[node->by_ready[node->cells - 1]];
            assert_in_range(slice, 0, 3);
            assert_int_equal(last, begins[slice]);
            found[slice]++;
        }
    }
    for (int slice = 0; slice < 4; slice++) {
        assert_int_equal(found[slice], 5);
    }
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

/* In any other order slices would see themselves, or what comes later. */
static void test_the_proof_refuses_other_orders(void **state) {
    lk_model *model = make(*state, &cases[1], 1.0f);
    lk_graph *graph;
    int32_t rank[9], other[9];
    memcpy(rank, model->rank, sizeof rank);
    for (int i = 0; i < 9; i++) {
        other[i] = i;
    }
    testing_refused(*state, lk_model_graph_ranked(model, 0, other, &graph), LK_CAUSALITY,
                    "would see a variable of rank");
    for (int i = 0; i < 9; i++) { /* the second and the third slice change places */
        int32_t r = rank[i];
        other[i] = r >= 4 && r < 6 ? r + 2 : r >= 6 && r < 8 ? r - 2 : r;
    }
    testing_refused(*state, lk_model_graph_ranked(model, 0, other, &graph), LK_CAUSALITY,
                    "would see a variable of rank");
    testing_ok(*state, lk_model_graph_ranked(model, 0, rank, &graph));
    lk_graph_destroy(graph);
    lk_model_destroy(model);
}

/* ---- upscaling ------------------------------------------------------------------------------- */

static void nll_of_slices(const lk_model *model, const uint16_t *x, double nll[4]) {
    lk_graph *graph;
    lk_execution *execution;
    float terms[35];
    double all, sum = 0.0;
    lk_slices slices = lk_slices_of(model->data.shape, 2);
    testing_ok(model->context, lk_model_graph(model, 0, &graph));
    testing_ok(model->context, lk_execution_create(graph, LK_PLAN_EVALUATE, 1, &execution));
    testing_ok(model->context, lk_execution_forward(execution, x, 1));
    testing_ok(model->context, lk_execution_nll(execution, &all, terms));
    memset(nll, 0, 4 * sizeof *nll);
    for (int64_t v = 0; v < 35; v++) {
        nll[lk_slices_number(&slices, v)] += (double)terms[v];
    }
    for (int k = 0; k < 4; k++) {
        sum += nll[k];
    }
    assert_true(fabs(all - sum) <= 1e-6 * (1 + all));
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
}

/* Each slice is said as the equations say it, and all together are the picture. With size_upscaling
 * the first slice does not know the others' weights, nor they its. */
static void test_slices_are_apart(void **state) {
    for (int apart = 0; apart < 2; apart++) {
        const image_case c = {
            {3, {5, 7, 1}}, 2, 0, NULL, {SMALL, apart ? "size_upscaling=true" : NULL}};
        lk_model *model = make(*state, &c, 0.7f);
        subscale_network n = subscale_network_of(model);
        uint16_t x[35];
        double nll[4], other[4];
        testing_random_values(model, 1, SEED, x);
        const subscale_part part = {"", 2, x};
        nll_of_slices(model, x, nll);
        for (int k = 0; k < 4; k++) {
            double expected = subscale_slice(&n, &part, 0, k / 2, k % 2);
            assert_true(fabs(nll[k] - expected) <= 1e-5 * (1 + expected));
        }
        for (int32_t p = 0; p < model->parameters->count; p++) {
            lk_parameter *parameter = &model->parameters->list[p];
            parameter->value[0] += strncmp(parameter->name, "first.", 6) == 0 ? 0.0f : 1.0f;
        }
        nll_of_slices(model, x, other);
        assert_int_equal(nll[0] == other[0], apart);
        assert_true(nll[1] != other[1] && nll[2] != other[2] && nll[3] != other[3]);
        lk_model_destroy(model);
    }
}

/* ---- learning -------------------------------------------------------------------------------- */

/* Before training it is near the marginals, pooled over all pixels. */
static void test_learns_by_heart(void **state) {
    const image_case c = {{3, {5, 5, 1}}, 2, 0, NULL, {SMALL, "channels=8", "embedding=8"}};
    for (int apart = 0; apart < 2; apart++) {
        image_case with = c;
        with.set[10] = apart ? "size_upscaling=true" : NULL;
        lk_model *model;
        testing_ok(*state, create(*state, "subscale", &with, &model));
        lk_dataset *train = testing_random_data(*state, 8, 25, 2, SEED);
        double ones = 0;
        for (int i = 0; i < 8 * 25; i++) {
            ones += train->values[i] / 200.0;
        }
        testing_ok(*state, lk_model_start(model, train));
        double start = testing_mean_nll(model, train),
               marginal = -25 * (ones * log(ones) + (1 - ones) * log(1 - ones));
        if (!(fabs(start - marginal) < 0.05 * marginal)) {
            fail_msg("seed %d: %.6g nats before training, marginals %.6g", SEED, start, marginal);
        }
        testing_learns_by_heart(model, train, 300, 0.01);
        lk_dataset_destroy(train);
        lk_model_destroy(model);
    }
}

static void test_refusals(void **state) {
    static const struct {
        image_case c;
        const char *says;
    } rows[] = {
        {{{1, {20}}, 2, 0, NULL, {NULL}}, "subscale is for images"},
        {{{2, {3, 3}}, 2, 0, NULL, {"kernel=4"}}, "odd"},
        {{{2, {3, 3}}, 2, 0, NULL, {"embedder_kernel=4"}}, "odd"},
        {{{2, {3, 3}}, 2, 0, NULL, {"width=5"}}, "not a multiple of heads=4"},
        {{{2, {3, 3}}, 2, 0, NULL, {"stride=9"}}, "stride"},
        {{{2, {1, 1}}, 2, 0, NULL, {"size_upscaling=true"}}, "one of 1x1 has one"},
        {{{2, {3, 3}}, 2, 0, NULL, {"size_upscaling=true", "stride=1"}}, "has one"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const image_case *c = &rows[i].c;
        lk_model *model;
        lk_data_description data = {
            .shape = c->shape, .variables = lk_shape_variables(c->shape), .alphabet = c->alphabet};
        int32_t sets = c->set[0] == NULL ? 0 : c->set[1] == NULL ? 1 : 2;
        testing_refused(
            *state, lk_model_create(*state, "subscale", c->set, sets, data, "natural", 1, &model),
            LK_INVALID, rows[i].says);
    }
    const lk_data_description square = {.shape = {2, {3, 3}}, .variables = 9, .alphabet = 2};
    lk_model *model;
    testing_refused(*state,
                    lk_model_create(*state, "subscale", NULL, 0, square, "reversed", 1, &model),
                    LK_CAUSALITY, "not the order reversed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_paper),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_one_slice_is_the_decoder_alone),
        cmocka_unit_test(test_sees_all_before),
        cmocka_unit_test(test_the_embedder_sees_earlier_slices_alone),
        cmocka_unit_test(test_the_proof_refuses_other_orders),
        cmocka_unit_test(test_slices_are_apart),
        cmocka_unit_test(test_learns_by_heart),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
