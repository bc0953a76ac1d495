/* The Image Transformer against its equations in double; as a distribution: sums to one, is the
 * same under every schedule, has the gradients that central differences give, learns by heart; what
 * its blocks read; what it is when they read all. */
#include "families/testing_image_transformer.h"
#include "models/testing_field.h"
#include "models/testing_learning.h"

#define SEED 180205

typedef struct image_case {
    lk_shape shape;
    int32_t alphabet, labels;
    const char *order;
    const char *set[8];
    int32_t sets;
} image_case;

#define NATURAL "natural"
#define ONE "layers=1", "width=4", "heads=2"
#define TWO "layers=2", "width=4", "heads=2"
static const image_case cases[] = {
    {{2, {2, 4}}, 2, 0, NATURAL, {TWO, "block=3", "memory=2"}, 5},
    {{2, {3, 3}}, 2, 0, "random:5", {TWO, "block=2", "memory=1"}, 5},
    {{2, {3, 4}}, 2, 0, NATURAL, {TWO, "local=2d", "block=2,2", "memory=1,1"}, 6},
    {{3, {2, 2, 1}}, 4, 3, NATURAL, {ONE, "local=2d", "block=2,1", "memory=0,1"}, 6},
    {{3, {1, 2, 3}}, 3, 0, NATURAL, {ONE, "block=2", "memory=3"}, 5},
    {{3, {2, 3, 1}}, 3, 0, NATURAL, {ONE, "block=2", "distribution=logistic", "mixtures=2"}, 6},
    {{3, {2, 1, 3}},
     3,
     2,
     NATURAL,
     {ONE, "local=2d", "block=1,1", "distribution=logistic", "mixtures=3"},
     7},
    {{3, {1, 1, 1}}, 5, 0, NATURAL, {ONE, "dropout=0.5", "attention_dropout=0.5"}, 5},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static lk_model *make_family(lk_context *context, const char *family, const image_case *c) {
    lk_model *model;
    lk_data_description data = {.shape = c->shape,
                                .variables = lk_shape_variables(c->shape),
                                .alphabet = c->alphabet,
                                .labels = c->labels};
    testing_ok(context,
               lk_model_create(context, family, c->set, c->sets, data, c->order, 3, &model));
    return model;
}

static lk_model *make(lk_context *context, const image_case *c) {
    lk_model *model = make_family(context, "image-transformer", c);
    testing_random_weights_of(model, 0.5f, SEED);
    return model;
}

/* ---- as the paper says, and a distribution --------------------------------------------------- */

static void test_equals_the_equations(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        local_decoder d = local_reference_of(model);
        uint16_t x[9 * LOCAL_PLACES];
        testing_random_values(model, 9, SEED + 1, x);
        testing_equals(model, x, 9, local_reference_nll, &d, i, SEED);
        for (d.label = 0; d.label < cases[i].labels; d.label++) {
            double nll;
            testing_nll_given(model, x, 1, (uint16_t)d.label, &nll);
            assert_true(fabs(nll - local_reference_nll(&d, x)) <= 1e-5 * (1 + nll));
        }
        lk_model_destroy(model);
    }
}

static void test_gradients(void **state) {
    for (int i = 0; i < CASES - 1; i++) { /* those without dropout */
        lk_model *model = make(*state, &cases[i]);
        local_decoder d = local_reference_of(model);
        uint16_t x[LOCAL_PLACES];
        testing_random_values(model, 1, SEED + 2, x);
        testing_gradients(model, x, 5, SEED, local_reference_nll, &d, &d.bump);
        lk_model_destroy(model);
    }
}

static void test_is_a_distribution(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        uint16_t x[17 * LOCAL_PLACES];
        testing_random_weights_of(model, 1.0f, SEED + 2);
        testing_random_values(model, 17, SEED + 1, x);
        testing_sums_to_one(model);
        testing_parallel_is_incremental(model, x, 17);
        testing_sample_costs_one_pass(model);
        lk_model_destroy(model);
    }
}

/* ---- what blocks read ------------------------------------------------------------------------ */

/* One layer's place reads the places of its block and memory up to itself, and a place holds what
 * stands at the one before it. */
static bool sees_its_memory(const lk_model *model, int64_t v, int64_t changed) {
    local_decoder d = local_reference_of(model);
    int64_t place = 0, holder = 0;
    for (int64_t k = 0; k < d.places; k++) {
        place = d.at[k] == v * d.groups / d.colours ? k : place;
        holder = d.at[k] == changed * d.groups / d.colours ? k + 1 : holder;
    }
    bool own = v * d.groups / d.colours == changed * d.groups / d.colours && changed < v;
    return own || (holder <= place && local_reads(&d, place, holder));
}

static void test_reads_blocks_and_memories(void **state) {
    static const image_case fields[] = {
        {{2, {4, 5}}, 64, 0, NATURAL, {ONE, "block=4", "memory=3"}, 5},
        {{2, {3, 4}}, 64, 0, "random:3", {ONE, "block=5", "memory=0"}, 5},
        {{2, {5, 6}}, 64, 0, NATURAL, {ONE, "local=2d", "block=2,3", "memory=1,2"}, 6},
        {{2, {4, 4}}, 64, 0, NATURAL, {ONE, "local=2d", "block=3,2", "memory=0,1"}, 6},
        {{3, {2, 3, 3}}, 64, 0, NATURAL, {ONE, "block=4", "memory=2"}, 5},
        {{3, {3, 4, 3}},
         64,
         0,
         NATURAL,
         {ONE, "local=2d", "block=2,2", "memory=1,1", "distribution=logistic"},
         7},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        lk_model *model = make(*state, &fields[i]);
        testing_field(model, sees_its_memory, SEED);
        lk_model_destroy(model);
    }
}

/* ---- closed forms ---------------------------------------------------------------------------- */

static void nll_of(lk_context *context, const char *family, const image_case *c, double nll[5]) {
    uint16_t x[5 * LOCAL_PLACES];
    lk_model *model = make_family(context, family, c);
    testing_random_weights_of(model, 0.5f, SEED);
    testing_random_values(model, 5, SEED, x);
    testing_nll(model, x, 5, nll);
    lk_model_destroy(model);
}

/* Blocks of rows are raster order, and a flange of rows is a memory of as many places. What leaves
 * nothing out is the transformer. */
static void test_blocks_of_rows_and_full_attention(void **state) {
    static const image_case full = {{2, {4, 5}}, 3, 0, NATURAL, {TWO}, 3};
    static const image_case all[] = {
        {{2, {4, 5}}, 3, 0, NATURAL, {TWO, "block=20"}, 4},
        {{2, {4, 5}}, 3, 0, NATURAL, {TWO, "block=3", "memory=20"}, 5},
        {{2, {4, 5}}, 3, 0, NATURAL, {TWO, "local=2d", "block=1,5", "memory=4,0"}, 6},
        {{2, {4, 5}}, 3, 0, NATURAL, {TWO, "local=2d", "block=9,9", "memory=0,0"}, 6},
    };
    static const image_case rows[] = {
        {{2, {4, 5}}, 3, 0, NATURAL, {TWO, "block=10", "memory=5"}, 5},
        {{2, {4, 5}}, 3, 0, NATURAL, {TWO, "local=2d", "block=2,5", "memory=1,3"}, 6},
    };
    double expected[5], nll[5], by_rows[5];
    nll_of(*state, "transformer", &full, expected);
    for (int i = 0; i < 4; i++) {
        nll_of(*state, "image-transformer", &all[i], nll);
        assert_memory_equal(nll, expected, sizeof nll);
    }
    nll_of(*state, "image-transformer", &rows[0], by_rows);
    nll_of(*state, "image-transformer", &rows[1], nll);
    assert_memory_equal(nll, by_rows, sizeof nll);
    assert_true(nll[0] != expected[0]);
}

/* ---- the start, learning, refusals ----------------------------------------------------------- */

static const image_case few[] = {
    {{2, {4, 4}}, 2, 0, NATURAL, {"layers=2", "width=16", "block=8"}, 3},
    {{2, {4, 4}}, 4, 0, NATURAL, {"layers=2", "width=16", "local=2d", "block=2,2"}, 4},
    {{3, {2, 3, 3}}, 4, 0, NATURAL, {"layers=2", "width=16", "block=9"}, 3},
    {{3, {2, 2, 3}},
     4,
     0,
     NATURAL,
     {"layers=2", "width=16", "distribution=logistic", "mixtures=5"},
     4},
};

/* The entropy of an image of independent values that are as frequent as in the data. */
static double marginal_nll(const lk_dataset *data) {
    double nll = 0, count[16] = {0}, total = (double)(data->examples * data->variables);
    for (int64_t i = 0; i < data->examples * data->variables; i++) {
        count[data->values[i]]++;
    }
    for (int a = 0; a < 16; a++) {
        nll -= count[a] > 0 ? count[a] * log(count[a] / total) : 0;
    }
    return nll / (double)data->examples;
}

static void test_starts_near_the_marginals(void **state) {
    for (int i = 0; i < 4; i++) {
        image_case c = few[i];
        c.alphabet = i == 0 ? 2 : 16;
        lk_model *model = make_family(*state, "image-transformer", &c);
        lk_dataset *train =
            testing_random_data(*state, 40, model->data.variables, c.alphabet, SEED);
        testing_ok(*state, lk_model_start(model, train));
        double nll = testing_mean_nll(model, train), marginal = marginal_nll(train);
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
        lk_model *model = make_family(*state, "image-transformer", &few[i]);
        lk_dataset *train =
            testing_random_data(*state, 8, model->data.variables, few[i].alphabet, SEED);
        testing_ok(*state, lk_model_start(model, train));
        testing_learn_first(model, train, 400, 0.01);
        testing_learns_by_heart(model, train, 400, 0.002);
        lk_dataset_destroy(train);
        lk_model_destroy(model);
    }
}

static void refuse(lk_context *context, lk_data_description data, const char *order,
                   const char *first, const char *second, const char *part) {
    const char *set[] = {first, second};
    lk_model *model;
    testing_refused(context,
                    lk_model_create(context, "image-transformer", set, 2, data, order, 1, &model),
                    LK_INVALID, part);
}

static void test_refusals(void **state) {
    lk_data_description vector = testing_data(20, 4),
                        image = {.shape = {2, {3, 3}}, .variables = 9, .alphabet = 2},
                        colour = {.shape = {3, {2, 2, 3}}, .variables = 12, .alphabet = 8};
    refuse(*state, vector, NATURAL, "width=4", "local=1d", "image-transformer is for images");
    refuse(*state, vector, NATURAL, "width=4", "local=2d", "image-transformer is for images");
    refuse(*state, image, NATURAL, "width=10", "heads=4", "is not a multiple of heads=4");
    refuse(*state, image, NATURAL, "local=1d", "block=3,3", "it is one number");
    refuse(*state, image, NATURAL, "local=2d", "memory=3", "these are two");
    refuse(*state, image, "reversed", "local=2d", "block=3,3", "take local=1d for order reversed");
    refuse(*state, colour, "random:1", "distribution=logistic", "width=4",
           "colours do not follow one another");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_equations),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_is_a_distribution),
        cmocka_unit_test(test_reads_blocks_and_memories),
        cmocka_unit_test(test_blocks_of_rows_and_full_attention),
        cmocka_unit_test(test_starts_near_the_marginals),
        cmocka_unit_test(test_learns_by_heart),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
