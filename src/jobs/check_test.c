/* The check passes models of every kind of data; and it sees what is wrong: a network that reads
 * what it does not declare, probabilities that do not sum to one. */
#include <sys/resource.h>

#include "models/testing.h"

#include "dist/dist.h"
#include "graph/op.h"
#include "jobs/check.h"
#include "jobs/sample.h"

#define VARIABLES 6

static void check(lk_model *model, lk_items *items, lk_check_result *results, int32_t *count) {
    testing_ok(model->context, lk_check(model, items, results, count));
    assert_true(*count >= 6 && *count <= LK_CHECKS_MOST);
}

/* Nothing has failed; what is in `skipped`, and nothing else, was left out. */
static void expect_passed(lk_model *model, lk_items *items, const char *skipped) {
    lk_check_result results[LK_CHECKS_MOST];
    int32_t count;
    check(model, items, results, &count);
    for (int32_t i = 0; i < count; i++) {
        bool left_out = strstr(skipped, results[i].name) != NULL;
        if (results[i].verdict != (left_out ? LK_CHECK_SKIPPED : LK_CHECK_PASSED)) {
            fail_msg("%s: %s: %s", model->family->name, results[i].name, results[i].detail);
        }
    }
    lk_model_destroy(model);
}

static lk_verdict verdict_of(const lk_check_result *results, int32_t count, const char *name) {
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(results[i].name, name) == 0) {
            return results[i].verdict;
        }
    }
    fail_msg("there is no check \"%s\"", name);
    return LK_CHECK_FAILED;
}

/* ---- what is right --------------------------------------------------------------------------- */

static lk_model *make(lk_context *context, const char *family, const char *setting,
                      lk_data_description data) {
    lk_model *model;
    data.variables = lk_shape_variables(data.shape);
    testing_ok(context, lk_model_create(context, family, &setting, setting != NULL ? 1 : 0, data,
                                        "natural", 5, &model));
    testing_random_weights(model, 0.4f);
    return model;
}

static void test_drawn(void **state) {
    static const int32_t alphabets[] = {3, 1, 2, 4};
    static const uint32_t characters[] = {'a', 'b', 0xE9};
    lk_symbols symbols;
    lk_data_description flat = {.shape = {1, {5}}, .alphabet = 3, .labels = 3},
                        columns = {.shape = {1, {4}}, .alphabet = 4, .alphabets = alphabets},
                        view = {.shape = {1, {3}}, .alphabet = 8};
    testing_ok(*state, lk_view_parse(*state, "bits:2", view.shape, 8, &view.view));
    testing_ok(*state, lk_symbols_list(*state, "test", characters, 3, &symbols));
    lk_data_description text = {
        .shape = {1, {16}}, .alphabet = 4, .stream = true, .symbols = symbols};
    expect_passed(make(*state, "made", "hidden=9", view), NULL, "");
    expect_passed(make(*state, "made", "hidden=9", columns), NULL, "");
    expect_passed(make(*state, "uniform", NULL, columns), NULL, "learning");
    expect_passed(make(*state, "charrnn", "width=5", text), NULL, "");
    expect_passed(make(*state, "conv1d", "channels=4", text), NULL, "");
    lk_symbols_deinit(&symbols);
    expect_passed(make(*state, "made", "hidden=9", flat), NULL, "");
}

/* Images of another size than the model's, and labels. */
static void test_given(void **state) {
    lk_data_description small = {.shape = {3, {3, 4, 1}}, .alphabet = 2};
    lk_dataset *data;
    lk_items *items;
    for (int own = 0; own < 2; own++) {
        lk_shape shape = {3, {own ? 3 : 9, own ? 4 : 5, 1}};
        lk_model *model = make(*state, "pixelcnn", "blocks=1", small);
        testing_ok(*state, lk_dataset_create(*state, "large", shape, 5, 2, &data));
        for (int64_t i = 0; i < 5 * data->variables; i++) {
            data->values[i] = (uint16_t)(i * i % 7 & 1);
        }
        testing_ok(*state, lk_items_of_dataset(*state, data, NULL, &items));
        expect_passed(model, items, "");
        lk_items_close(items);
        lk_dataset_destroy(data);
    }
    lk_check_result results[LK_CHECKS_MOST];
    int32_t count;
    lk_model *labelled = make(*state, "made", "hidden=5",
                              (lk_data_description){.shape = {1, {4}}, .alphabet = 2, .labels = 2});
    testing_ok(*state, lk_dataset_create(*state, "data", (lk_shape){1, {4}}, 3, 2, &data));
    testing_ok(*state, lk_items_of_dataset(*state, data, NULL, &items));
    testing_refused(*state, lk_check(labelled, items, results, &count), LK_MISMATCH, "label");
    lk_items_close(items);
    lk_dataset_destroy(data);
    lk_model_destroy(labelled);
}

/* An example whose values would take gigabytes is proved causal, and not run. */
static void test_large(void **state) {
    lk_data_description large = {.shape = {1, {(int64_t)1 << 21}}, .alphabet = 256};
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    expect_passed(make(*state, "uniform", NULL, large), NULL,
                  "perturbation, schedules agree, sums to one, learning, compress and restore");
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 1 << 20); /* KiB */
}

/* ---- what is wrong --------------------------------------------------------------------------- */

/* out[v] = 2 x[v + 1] - 1: it says that it reads nothing. */
static lk_status leak_shape(lk_context *context, lk_node *node) {
    (void)context;
    node->cells = node->inputs[0]->cells;
    node->channels = 1;
    return LK_OK;
}

static int32_t leak_reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                          int32_t most) {
    (void)node, (void)input, (void)cell, (void)spans, (void)most;
    return 0;
}

static int64_t leak_multiply_adds(const lk_node *node, int64_t cell) {
    (void)node, (void)cell;
    return 1;
}

static bool leak_forward(const lk_task *task) {
    for (int64_t i = 0; i < task->cell_count; i++) {
        int64_t cell = task->cells[i], next = (cell + 1) % task->node->cells;
        for (int64_t n = 0; n < task->batch; n++) {
            task->out[cell * task->batch + n] = 2.0f * task->in[0][next * task->batch + n] - 1.0f;
        }
    }
    return true;
}

static const lk_op leak = {.name = "leak",
                           .definition = "out[v] = 2 x[v + 1] - 1",
                           .inputs_least = 1,
                           .inputs_most = 1,
                           .shape = leak_shape,
                           .reads = leak_reads,
                           .multiply_adds = leak_multiply_adds,
                           .forward = leak_forward};

static const lk_dist *dist; /* of the models of this test */

static lk_status build_leak(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)model, (void)variant;
    lk_node *node = lk_graph_add(graph, &leak, "leak", 1, &graph->data, 0, NULL, NULL);
    return lk_graph_finish(graph, node, dist);
}

static void half_nll(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                     const uint16_t *x, int64_t count, float *nll_nats) {
    (void)kernels, (void)head, (void)parameters, (void)x;
    for (int64_t n = 0; n < count; n++) {
        nll_nats[n] = 1.0f;
    }
}

static void test_wrong_models(void **state) {
    lk_family family = *lk_family_named("uniform");
    lk_dist half = lk_bernoulli;
    family.build = build_leak;
    half.nll = half_nll;
    for (int way = 0; way < 2; way++) {
        lk_check_result results[LK_CHECKS_MOST];
        int32_t count;
        lk_model *model = make(*state, "uniform", NULL,
                               (lk_data_description){.shape = {1, {VARIABLES}}, .alphabet = 2});
        model->family = &family;
        dist = way == 0 ? &lk_bernoulli : &half;
        check(model, NULL, results, &count);
        assert_int_equal(verdict_of(results, count, "causality proof"), LK_CHECK_PASSED);
        assert_int_equal(verdict_of(results, count, "perturbation"), LK_CHECK_FAILED);
        assert_int_equal(verdict_of(results, count, "schedules agree"), LK_CHECK_FAILED);
        assert_int_equal(verdict_of(results, count, "compress and restore"), LK_CHECK_FAILED);
        assert_int_equal(verdict_of(results, count, "sums to one"), LK_CHECK_FAILED);
        lk_model_destroy(model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drawn),
        cmocka_unit_test(test_given),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_wrong_models),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
