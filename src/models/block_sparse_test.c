/* Block-sparse layers: the pattern is as dense as asked and leaves nobody unread; with all blocks a
 * PixelCNN has the dense one's bits, with some of them those of a dense one with zeros; and costs
 * its share. */
#include <stdio.h>

#include "models/block_sparse.h"
#include "models/testing.h"

#define SEED 20211
#define GROUPS_MOST 64

static void test_pattern(void **state) {
    (void)state;
    static const int32_t sizes[][2] = {{1, 1}, {4, 2}, {2, 4}, {8, 8}, {17, 3}, {3, 17}, {64, 32}};
    static const double densities[] = {0.001, 0.25, 0.5, 1};
    for (int i = 0; i < 28; i++) {
        int32_t inputs = sizes[i / 4][0], outputs = sizes[i / 4][1], seen[GROUPS_MOST] = {0};
        const lk_block_sparse sparse = {8, densities[i % 4], 3, false};
        int32_t least = (inputs + outputs - 1) / outputs;
        int32_t want = (int32_t)lround(densities[i % 4] * inputs), others = 0;
        want = want < least ? least : want;
        for (int32_t o = 0; o < outputs; o++) {
            int32_t reads[GROUPS_MOST], again[GROUPS_MOST];
            int32_t count = lk_block_sparse_reads(&sparse, 5, inputs, outputs, o, reads);
            assert_int_equal(count, want);
            for (int32_t k = 0; k < count; k++) {
                assert_true(reads[k] >= 0 && reads[k] < inputs);
                assert_true(k == 0 || reads[k] > reads[k - 1]);
                seen[reads[k]]++;
            }
            assert_int_equal(lk_block_sparse_reads(&sparse, 6, inputs, outputs, o, again), want);
            others += memcmp(reads, again, (size_t)count * sizeof *reads) != 0;
        }
        for (int32_t k = 0; k < inputs; k++) {
            assert_true(seen[k] > 0);
        }
        assert_true(others > 0 || want == inputs || want == least); /* layers differ */
    }
}

/* ---- in a PixelCNN --------------------------------------------------------------------------- */

static lk_model *make_model(lk_context *context, lk_shape shape, const char *sparse,
                            const char *density) {
    lk_model *model;
    const char *set[] = {"blocks=2", "channels=16", "head=3", sparse, density, "block_seed=9"};
    lk_data_description data = {
        .shape = shape, .variables = lk_shape_variables(shape), .alphabet = 2};
    testing_ok(context, lk_model_create(context, "pixelcnn", set, 6, data, "natural", 5, &model));
    testing_random_weights_of(model, 0.3f, SEED);
    return model;
}

static lk_parameter *find(const lk_model *model, const char *layer, const char *what) {
    char name[96];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    int32_t at = lk_parameters_find(model->parameters, name);
    return at < 0 ? NULL : &model->parameters->list[at];
}

/* Writes a sparse layer's weights into the dense layer; what is not there stays zero. */
static void fill_dense(const lk_model *sparse, const lk_model *dense, const char *layer,
                       uint64_t number, const lk_block_sparse *pattern, int64_t inputs) {
    lk_parameter *to = find(dense, layer, "weight");
    const lk_parameter *from = find(sparse, layer, "weight");
    int64_t outputs = to->columns, blocks = to->rows / inputs, size = pattern->size;
    assert_int_equal(from->columns, outputs);
    memset(to->value, 0, (size_t)(to->rows * outputs) * sizeof(float));
    for (int64_t column = 0; column < outputs; column++) {
        int32_t reads[GROUPS_MOST];
        int32_t count =
            lk_block_sparse_reads(pattern, number, (int32_t)(inputs / size),
                                  (int32_t)(outputs / size), (int32_t)(column / size), reads);
        int64_t rows = count * size;
        assert_int_equal(from->rows, blocks * rows);
        for (int64_t i = 0; i < from->rows; i++) {
            int64_t k = i % rows, row = i / rows * inputs + reads[k / size] * size + k % size;
            to->value[row * outputs + column] = from->value[i * outputs + column];
        }
    }
}

static void check_against_dense(lk_context *context, lk_shape shape, const char *density) {
    lk_model *sparse = make_model(context, shape, "block_sparse=8", density),
             *dense = make_model(context, shape, "block_sparse=none", density);
    const lk_block_sparse pattern = {8, atof(strchr(density, '=') + 1), 9, false};
    for (int32_t p = 0; p < dense->parameters->count; p++) {
        lk_parameter *to = &dense->parameters->list[p];
        int32_t from = lk_parameters_find(sparse->parameters, to->name);
        assert_true(from >= 0);
        if (sparse->parameters->list[from].rows == to->rows) {
            memcpy(to->value, sparse->parameters->list[from].value,
                   (size_t)(to->rows * to->columns) * sizeof(float));
        }
    }
    for (uint64_t block = 1; block <= 2; block++) {
        static const char *const part[] = {"in", "masked", "out"};
        for (uint64_t i = 0; i < 3; i++) {
            char layer[32];
            snprintf(layer, sizeof layer, "block%d.%s", (int)block, part[i]);
            fill_dense(sparse, dense, layer, 3 * block + i, &pattern, i == 0 ? 32 : 16);
        }
    }
    uint16_t x[9 * 32];
    double nll[9], want[9];
    testing_random_values(sparse, 9, SEED, x);
    testing_nll(sparse, x, 9, nll);
    testing_nll(dense, x, 9, want);
    assert_memory_equal(nll, want, sizeof nll);
    testing_parallel_is_incremental(sparse, x, 9);
    lk_graph *graph[2];
    testing_ok(context, lk_model_graph(sparse, 0, &graph[0]));
    testing_ok(context, lk_model_graph(dense, 0, &graph[1]));
    int64_t few = lk_graph_multiply_adds_forward(graph[0]),
            all = lk_graph_multiply_adds_forward(graph[1]);
    assert_true(pattern.density == 1 ? few == all : few < 2 * all / 3);
    lk_graph_destroy(graph[0]);
    lk_graph_destroy(graph[1]);
    lk_model_destroy(sparse);
    lk_model_destroy(dense);
}

static void test_against_dense(void **state) {
    static const char *const densities[] = {"block_density=1", "block_density=0.5"};
    for (int i = 0; i < 2; i++) {
        check_against_dense(*state, (lk_shape){3, {3, 4, 1}}, densities[i]);
        check_against_dense(*state, (lk_shape){3, {2, 2, 3}}, densities[i]);
    }
}

static void test_sums_to_one(void **state) {
    lk_model *model =
        make_model(*state, (lk_shape){3, {3, 3, 1}}, "block_sparse=8", "block_density=0.5");
    testing_sums_to_one(model);
    lk_model_destroy(model);
}

static void test_refusals(void **state) {
    lk_model *model;
    static const char *const set[] = {"channels=12", "block_sparse=8"};
    lk_data_description data = {.shape = {3, {3, 3, 1}}, .variables = 9, .alphabet = 2};
    testing_refused(*state, lk_model_create(*state, "pixelcnn", set, 2, data, "natural", 1, &model),
                    LK_INVALID, "12 features");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pattern),
        cmocka_unit_test(test_against_dense),
        cmocka_unit_test(test_sums_to_one),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
