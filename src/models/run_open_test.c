/* Opening runs: turning to another network, what lanes take, what is refused. */
#include "models/testing.h"

#include "models/run.h"

#define LANES 3

static lk_model *make_model(lk_context *context, const char *family, lk_shape shape,
                            const char *setting, const char *order) {
    lk_model *model;
    lk_data_description data = {
        .shape = shape, .variables = lk_shape_variables(shape), .alphabet = 2};
    testing_ok(context,
               lk_model_create(context, family, &setting, setting != NULL, data, order, 5, &model));
    testing_random_weights(model, 0.5f);
    return model;
}

static void run_all(lk_run *run, lk_context *context, const uint16_t *x, double *nll) {
    testing_ok(context, lk_run_begin(run, LANES, NULL));
    testing_ok(context, lk_run_forward(run, x, lk_run_variables(run)));
    testing_ok(context, lk_run_nll(run, nll, NULL));
}

static void test_turns_to_other_networks(void **state) {
    static const uint16_t x[LANES * 8] = {0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1};
    lk_model *model = make_model(*state, "made", (lk_shape){1, {8}}, "masks=3", "natural");
    lk_run *turning, *direct;
    lk_run_options options = {.lanes = LANES};
    double want[LANES], got[LANES], last[LANES] = {0};
    testing_ok(*state, lk_run_open(model, &options, &turning));
    for (int32_t network = lk_model_variants(model) - 1; network >= 0; network--) {
        options.network = network;
        testing_ok(*state, lk_run_open(model, &options, &direct));
        run_all(direct, *state, x, want);
        testing_ok(*state, lk_run_turn(turning, network));
        testing_ok(*state, lk_run_turn(turning, network));
        run_all(turning, *state, x, got);
        assert_memory_equal(got, want, sizeof want);
        assert_memory_not_equal(got, last, sizeof last);
        memcpy(last, got, sizeof last);
        lk_run_close(direct);
    }
    testing_nll(model, x, LANES, want);
    assert_memory_equal(got, want, sizeof want);
    lk_run_close(turning);
    lk_model_destroy(model);
}

/* Whole, and where the network slides: another run's conditionals, on other lanes. */
static void test_runs_beside(void **state) {
    static const uint16_t x[LANES * 42] = {0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1};
    lk_model *model =
        make_model(*state, "pixelcnn", (lk_shape){3, {4, 3, 1}}, "channels=4", "natural");
    for (int64_t height = 4; height <= 14; height += 10) {
        lk_run_options options = {.shape = {3, {height, 3, 1}}};
        lk_run *run, *beside;
        double want, got[LANES];
        lk_pool *pool = lk_pool_create(1);
        testing_ok(*state, lk_run_open(model, &options, &run));
        testing_ok(*state, lk_run_open_beside(run, LANES, pool, &beside));
        assert_int_equal(lk_run_lanes(beside), LANES);
        assert_true(lk_run_lane_bytes(run) > 0.0);
        assert_true(lk_run_lane_bytes(beside) == lk_run_lane_bytes(run));
        testing_ok(*state, lk_run_begin(run, 1, NULL));
        testing_ok(*state, lk_run_begin(beside, LANES, NULL));
        testing_ok(*state, lk_run_forward(run, x, lk_run_variables(run)));
        testing_ok(*state, lk_run_forward(beside, x, lk_run_variables(run)));
        testing_ok(*state, lk_run_nll(run, &want, NULL));
        testing_ok(*state, lk_run_nll(beside, got, NULL));
        assert_true(got[0] == want && got[1] != want);
        lk_run_close(beside);
        testing_ok(*state, lk_run_begin(run, 1, NULL)); /* it has lost nothing */
        testing_ok(*state, lk_run_forward(run, x, lk_run_variables(run)));
        lk_run_close(run);
        lk_pool_destroy(pool);
    }
    lk_model_destroy(model);
}

/* Places of equal rank are one step. */
static void test_steps_end(void **state) {
    static const uint16_t x[LANES] = {0};
    lk_model *model = make_model(*state, "uniform", (lk_shape){1, {5}}, NULL, "natural");
    lk_run_options options = {.schedules = LK_INCREMENTAL};
    lk_run *run;
    testing_ok(*state, lk_run_open(model, &options, &run));
    testing_ok(*state, lk_run_begin(run, 1, NULL));
    for (int64_t first = 0, last = 0; last < 5;) {
        testing_ok(*state, lk_run_next(run, &first, &last));
        for (int64_t place = first; place < last; place++) {
            assert_int_equal(lk_run_step_end(run, place), last);
            lk_run_set(run, place, x);
        }
    }
    lk_run_close(run);
    lk_model_destroy(model);
}

static void test_lanes_fit(void **state) {
    lk_model *model =
        make_model(*state, "pixelcnn", (lk_shape){3, {6, 5, 1}}, "channels=8", "natural");
    lk_run_options wide = {.shape = {3, {1000, 4000, 1}}}, own = {.lanes = 1};
    int64_t small = 64, large = 64, none = 64, all = 64;
    double one, two;
    testing_ok(*state, lk_run_fit(model, &wide, 300 << 20, &small));
    testing_ok(*state, lk_run_fit(model, &wide, INT64_C(4) << 30, &large));
    testing_ok(*state, lk_run_fit(model, &wide, 1, &none));
    testing_ok(*state, lk_run_fit(model, &own, 1 << 30, &all));
    print_message("lanes: %lld in 300 MiB, %lld in 4 GiB\n", (long long)small, (long long)large);
    assert_true(none == 1 && small > 1 && large > small && all == 64);
    testing_ok(*state, lk_run_bytes(model, &own, 1, &one));
    testing_ok(*state, lk_run_bytes(model, &own, 2, &two));
    assert_true(one > 0.0 && two == 2.0 * one);
    lk_run_options wider = {.shape = {3, {1000, 4000000, 1}}, .lanes = 64};
    lk_run *run;
    testing_refused(*state, lk_run_open(model, &wider, &run), LK_NO_MEMORY, "GiB");
    assert_null(run);
    lk_model_destroy(model);
}

static void test_refusals(void **state) {
    static const struct {
        const char *family, *order;
        lk_shape own, there;
        const char *part;
    } rows[] = {
        {"made", "natural", {1, {6}}, {1, {7}}, "its own size alone"},
        {"made", "natural", {1, {6}}, {1, {0}}, "its own size alone"},
        {"charrnn", "reversed", {1, {6}}, {1, {7}}, "ordering"},
        {"charrnn", "reversed", {1, {6}}, {1, {0}}, "ordering"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_model *model = make_model(*state, rows[i].family, rows[i].own, NULL, rows[i].order);
        lk_run_options options = {.shape = rows[i].there};
        lk_run *run;
        double bytes;
        testing_refused(*state, lk_run_open(model, &options, &run), LK_MISMATCH, rows[i].part);
        assert_null(run);
        testing_refused(*state, lk_run_bytes(model, &options, 1, &bytes), LK_MISMATCH,
                        rows[i].part);
        lk_model_destroy(model);
    }
}

/* The last variable first, at any shape. */
static lk_status rank_backwards(const lk_model *model, lk_shape shape, int32_t *rank) {
    (void)model;
    for (int64_t v = 0, last = lk_shape_variables(shape) - 1; v <= last; v++) {
        rank[v] = (int32_t)(last - v);
    }
    return LK_OK;
}

/* A model ranked by a rule is, at another size, that of this size in the rule's ordering, whole. */
static void test_ranks_by_a_rule(void **state) {
    static const lk_shape own = {3, {4, 3, 1}}, there = {3, {2, 5, 1}};
    static const uint16_t x[LANES * 10] = {0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1};
    lk_model *model = make_model(*state, "lmconv", own, "orders=0", "reversed");
    lk_model *other = make_model(*state, "lmconv", there, "orders=0", "reversed");
    lk_family ruled = *model->family;
    ruled.order = "backwards";
    ruled.ranks = rank_backwards;
    lk_run_options options = {.shape = there, .lanes = LANES};
    lk_run *run;
    double want[LANES], got[LANES];
    testing_refused(*state, lk_run_open(model, &options, &run), LK_MISMATCH, "ordering of its own");
    model->family = &ruled;
    testing_nll(other, x, LANES, want);
    testing_ok(*state, lk_run_open(model, &options, &run));
    assert_int_equal(lk_run_window(run), 10);
    assert_int_equal(lk_run_variable(run, 0), 9);
    run_all(run, *state, x, got);
    assert_memory_equal(got, want, sizeof want);
    lk_run_close(run);
    options.shape = (lk_shape){3, {1 << 12, 1 << 12, 1}};
    (*(lk_context **)state)->memory_most = INT64_C(1) << 30;
    testing_refused(*state, lk_run_open(model, &options, &run), LK_NO_MEMORY,
                    "held whole, over 4096x4096x1 would take");
    (*(lk_context **)state)->memory_most = 0;
    lk_model_destroy(model);
    lk_model_destroy(other);
}

static void test_where_values_are_not_finite(void **state) {
    static const uint16_t x[LANES * 8] = {1};
    lk_model *model = make_model(*state, "made", (lk_shape){1, {8}}, NULL, "natural");
    lk_run_options options = {.lanes = LANES};
    lk_run *run;
    double nll[LANES];
    testing_ok(*state, lk_run_open(model, &options, &run));
    run_all(run, *state, x, nll);
    assert_null(lk_run_first_not_finite(run));
    model->parameters->list[3].value[0] = NAN;
    run_all(run, *state, x, nll);
    assert_non_null(lk_run_first_not_finite(run));
    lk_run_close(run);
    lk_model_destroy(model);
}

/* Nodes whose room others have taken since are not asked. */
static void test_where_values_are_gone(void **state) {
    static const uint16_t x[LANES * 9] = {1};
    lk_model *model = make_model(*state, "pixelcnn", (lk_shape){3, {3, 3, 1}}, NULL, "natural");
    lk_run_options options = {.lanes = LANES, .schedules = LK_PARALLEL};
    lk_run *run;
    double nll[LANES];
    int32_t last = lk_parameters_find(model->parameters, "head.bias");
    testing_ok(*state, lk_run_open(model, &options, &run));
    model->parameters->list[last].value[0] = NAN;
    run_all(run, *state, x, nll);
    assert_string_equal(lk_run_first_not_finite(run), "logits");
    lk_run_close(run);
    lk_model_destroy(model);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turns_to_other_networks),
        cmocka_unit_test(test_runs_beside),
        cmocka_unit_test(test_steps_end),
        cmocka_unit_test(test_lanes_fit),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_ranks_by_a_rule),
        cmocka_unit_test(test_where_values_are_not_finite),
        cmocka_unit_test(test_where_values_are_gone),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
