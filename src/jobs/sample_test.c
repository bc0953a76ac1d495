/* Samples against the model's own probabilities: chi-squared on domains that can be summed, seed
 * fixed; held variables, labels, views, columns; and what is refused. */
#include "jobs/sample_testing.h"

#include "models/take.h"

#define VARIABLES 5
#define SAMPLES 20000

static const char *const one_mask[] = {"hidden=12"};
static const char *const three_orders[] = {"hidden=12", "masks=3", "order_agnostic=true"};

/* Weights large enough that the variables depend on each other. */
static lk_model *make(lk_context *context, lk_data_description data, const char *const *set,
                      int32_t sets, const char *order) {
    lk_model *model;
    data.shape = (lk_shape){1, {data.variables}};
    testing_ok(context, lk_model_create(context, "made", set, sets, data, order, 9, &model));
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

static lk_model *make_binary(lk_context *context, const char *const *set, int32_t sets) {
    return make(context, (lk_data_description){.variables = VARIABLES, .alphabet = 2}, set, sets,
                "random:4");
}

static lk_sample_options many(uint64_t seed) {
    return (lk_sample_options){.count = SAMPLES, .seed = seed, .temperature = 1.0f};
}

static void test_samples_follow_the_model(void **state) {
    for (int kind = 0; kind < 2; kind++) {
        lk_model *model = make_binary(*state, kind == 0 ? one_mask : three_orders, 1 + 2 * kind);
        lk_dataset *samples = testing_draw(model, many(1));
        settings_agree(settings_of(model, model->data.shape, 0), samples, 0, 1,
                       kind == 0 ? "one mask" : "mixture of three orderings");
        lk_dataset_destroy(samples);
        lk_model_destroy(model);
    }
}

static void test_batch_and_schedule_do_not_matter(void **state) {
    lk_model *model = make_binary(*state, three_orders, 3);
    lk_sample_options options = {.count = 500, .seed = 2, .temperature = 0.7f};
    lk_dataset *a = testing_draw(model, options);
    options.batch = 7;
    options.schedule = LK_SCHEDULE_NAIVE;
    lk_dataset *b = testing_draw(model, options);
    assert_memory_equal(a->values, b->values, 500 * VARIABLES * sizeof(uint16_t));
    /* Sample i does not depend on how many are drawn, nor on which is the first. */
    options = (lk_sample_options){.first = 11, .count = 3, .seed = 2, .temperature = 0.7f};
    lk_dataset *c = testing_draw(model, options);
    assert_memory_equal(a->values + 11 * VARIABLES, c->values, 3 * VARIABLES * sizeof(uint16_t));
    lk_dataset_destroy(a);
    lk_dataset_destroy(b);
    lk_dataset_destroy(c);
    lk_model_destroy(model);
}

/* Holding a prefix of the ordering draws from p(rest | held), exactly. */
/* A context of its own for so many threads; how many are drawn decides who draws what. */
static void test_threads_do_not_matter(void **state) {
    (void)state;
    uint16_t wanted[7 * VARIABLES];
    for (int threads = 1; threads <= 4; threads++) {
        lk_context *context = testing_context(threads);
        lk_model *model = make_binary(context, one_mask, 1);
        for (int64_t count = 7; count >= 1; count--) {
            lk_sample_options options = {.count = count, .seed = 3, .temperature = 1.0f};
            lk_dataset *samples = testing_draw(model, options);
            if (threads == 1 && count == 7) {
                memcpy(wanted, samples->values, sizeof wanted);
            }
            assert_memory_equal(samples->values, wanted,
                                (size_t)(count * VARIABLES) * sizeof *wanted);
            lk_dataset_destroy(samples);
        }
        lk_model_destroy(model);
        lk_context_destroy(context);
    }
}

static void test_held_variables_condition(void **state) {
    lk_model *model = make_binary(*state, one_mask, 1);
    int32_t row[VARIABLES];
    for (int v = 0; v < VARIABLES; v++) {
        row[v] = model->rank[v] == 0 ? 1 : model->rank[v] == 1 ? 0 : -1;
    }
    lk_given given = {.examples = 1, .variables = VARIABLES, .values = row};
    lk_sample_options options = many(3);
    options.given = &given;
    lk_dataset *samples = testing_draw(model, options);
    settings s = settings_of(model, model->data.shape, 0);
    settings_hold(&s, row);
    settings_agree(s, samples, 0, 1, "held prefix");
    lk_dataset_destroy(samples);
    lk_model_destroy(model);
}

static void test_held_subsets(void **state) {
    int32_t rows[2 * VARIABLES] = {-1, -1, 1, -1, 0, 0, -1, -1, 1, -1};
    lk_given given = {.examples = 2, .variables = VARIABLES, .values = rows};
    lk_model *fixed = make_binary(*state, one_mask, 1),
             *any_order = make_binary(*state, three_orders, 3);
    lk_sample_options options = {.count = 50, .seed = 4, .temperature = 1.0f, .given = &given};
    lk_dataset *samples;
    testing_refused(*state, lk_sample(fixed, &options, &samples), LK_INVALID, "order_agnostic");
    samples = testing_draw(any_order, options);
    for (int64_t i = 0; i < 50; i++) {
        for (int v = 0; v < VARIABLES; v++) {
            int32_t held = rows[i % 2 * VARIABLES + v];
            assert_true(held < 0 || samples->values[i * VARIABLES + v] == held);
        }
    }
    lk_dataset_destroy(samples);
    lk_model_destroy(fixed);
    lk_model_destroy(any_order);
}

/* ---- fields ---------------------------------------------------------------------------------- */

static void test_labels(void **state) {
    static const uint16_t labels[] = {2, 0, 1}, outside[] = {1, 3};
    lk_data_description data = {.variables = 4, .alphabet = 2, .labels = 3};
    lk_model *model = make(*state, data, one_mask, 1, "natural");
    lk_sample_options options = many(5);
    lk_dataset *samples;
    testing_refused(*state, lk_sample(model, &options, &samples), LK_MISMATCH, "--label");
    options.labels = outside;
    options.label_count = 2;
    testing_refused(*state, lk_sample(model, &options, &samples), LK_INVALID, "label 3");
    uint16_t symbol;
    testing_ok(*state, lk_model_label(model, "2", &symbol));
    assert_int_equal(symbol, 2);
    testing_refused(*state, lk_model_label(model, "3", &symbol), LK_INVALID, "knows 0..2");
    testing_refused(*state, lk_model_label(model, "two", &symbol), LK_INVALID, "knows 0..2");
    options.labels = labels;
    options.label_count = 3;
    samples = testing_draw(model, options);
    for (int64_t i = 0; i < 3; i++) {
        settings_agree(settings_of(model, model->data.shape, labels[i]), samples, i, 3, "label");
    }
    /* Two held rows and three labels are six kinds of samples. */
    int32_t rows[] = {1, -1, -1, -1, 0, 1, -1, -1};
    lk_given given = {.examples = 2, .variables = 4, .values = rows};
    options.given = &given;
    lk_dataset *held = testing_draw(model, options);
    for (int64_t i = 0; i < 6; i++) {
        settings s = settings_of(model, model->data.shape, labels[i % 3]);
        settings_hold(&s, rows + i % 2 * 4);
        assert_true(settings_differ(&s, held, i, 6) <= 1.0);
    }
    lk_model *other = make_binary(*state, one_mask, 1);
    options.given = NULL;
    lk_dataset *none;
    testing_refused(*state, lk_sample(other, &options, &none), LK_MISMATCH, "no labels");
    lk_dataset_destroy(samples);
    lk_dataset_destroy(held);
    lk_model_destroy(model);
    lk_model_destroy(other);
}

static void test_labels_and_orders(void **state) {
    static const uint16_t labels[] = {0, 1};
    lk_data_description data = {.variables = 4, .alphabet = 2, .labels = 2};
    lk_model *model = make(*state, data, three_orders, 3, "natural");
    int32_t row[] = {-1, -1, 1, -1};
    lk_given given = {.examples = 1, .variables = 4, .values = row};
    lk_sample_options options = many(6);
    options.labels = labels;
    options.label_count = 2;
    lk_dataset *samples = testing_draw(model, options);
    for (int64_t i = 0; i < 2; i++) {
        settings_agree(settings_of(model, model->data.shape, labels[i]), samples, i, 2, "label");
    }
    lk_dataset_destroy(samples);
    options.given = &given;
    options.count = 60;
    samples = testing_draw(model, options);
    for (int64_t i = 0; i < 60; i++) {
        assert_int_equal(samples->values[i * 4 + 2], 1);
    }
    lk_dataset_destroy(samples);
    lk_model_destroy(model);
}

/* What is drawn are parts; what comes out are values. */
static void test_views(void **state) {
    lk_data_description data = {.variables = 3, .alphabet = 4};
    testing_ok(*state, lk_view_parse(*state, "bits:1", data.shape, 4, &data.view));
    lk_model *model = make(*state, data, one_mask, 1, "natural");
    lk_dataset *samples = testing_draw(model, many(7)), *raw, *held, *naive;
    assert_int_equal(samples->alphabet, 4);
    settings_agree(settings_of(model, model->data.shape, 0), samples, 0, 1, "view");
    /* The first four variables of the ordering: all high bits, and one low bit. */
    testing_ok(*state, lk_dataset_create(*state, "raw", model->data.shape, 1, 4, &raw));
    memcpy(raw->values, (uint16_t[]){3, 0, 2}, 3 * sizeof(uint16_t));
    lk_given given;
    lk_sample_options options = {.count = 200, .seed = 1, .temperature = 1.0f, .given = &given};
    testing_ok(*state, lk_given_prefix(model, raw, 4, &given));
    assert_int_equal(given.variables, 6);
    held = testing_draw(model, options);
    options.schedule = LK_SCHEDULE_NAIVE;
    naive = testing_draw(model, options);
    for (int64_t i = 0; i < 200; i++) {
        const uint16_t *x = held->values + i * 3;
        assert_true(x[0] == 3 && x[1] < 2 && x[2] >= 2);
    }
    assert_memory_equal(held->values, naive->values, 600 * sizeof(uint16_t));
    lk_given_deinit(&given);
    testing_refused(*state, lk_given_prefix(model, raw, 7, &given), LK_INVALID, "first 7 of 6");
    /* A held value holds all its parts: not a prefix but for all values. */
    lk_bytes line = {(uint8_t *)(uintptr_t) "3 0 2\n", 6};
    testing_ok(*state, lk_given_parse(model, "line", &line, (lk_shape){0}, &given));
    assert_memory_equal(given.values, ((int32_t[]){1, 0, 1, 1, 0, 0}), 6 * sizeof(int32_t));
    lk_given_deinit(&given);
    lk_dataset_destroy(samples);
    lk_dataset_destroy(raw);
    lk_dataset_destroy(held);
    lk_dataset_destroy(naive);
    lk_model_destroy(model);
}

static void test_columns(void **state) {
    static const int32_t alphabets[] = {3, 1, 4, 2};
    lk_data_description data = {.variables = 4, .alphabet = 4, .alphabets = alphabets};
    lk_model *model = make(*state, data, one_mask, 1, "random:2");
    lk_dataset *samples = testing_draw(model, many(8));
    settings_agree(settings_of(model, model->data.shape, 0), samples, 0, 1, "columns");
    lk_given given;
    lk_bytes line = {(uint8_t *)(uintptr_t) "2 0 3 2\n", 8};
    testing_refused(*state, lk_given_parse(model, "line", &line, (lk_shape){0}, &given), LK_FORMAT,
                    "value 4: expected 0..1");
    lk_dataset_destroy(samples);
    lk_model_destroy(model);
}

/* ---- what is refused, and ends --------------------------------------------------------------- */

static void test_given_texts(void **state) {
    static const struct {
        const char *text;
        lk_status status;
        const char *message;
    } cases[] = {
        {"1 ? 0\n?,1,1,0,0\n", LK_OK, NULL},
        {"1 0 1 0 1", LK_OK, NULL},
        {"\n", LK_OK, NULL},
        {"", LK_FORMAT, "empty"},
        {"1 2\n", LK_FORMAT, "line 1, value 2"},
        {"0\n0 x\n", LK_FORMAT, "line 2"},
        {"0 0 0 0 0 0\n", LK_FORMAT, "more than"},
        {"1?\n", LK_FORMAT, "unexpected"},
        {"99999999999999999999\n", LK_FORMAT, "value 1"},
    };
    lk_model *model = make_binary(*state, one_mask, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lk_given given;
        lk_bytes bytes = {(uint8_t *)(uintptr_t)cases[i].text, (int64_t)strlen(cases[i].text)};
        lk_status status = lk_given_parse(model, "held.txt", &bytes, (lk_shape){0}, &given);
        if (cases[i].status == LK_OK) {
            testing_ok(*state, status);
        } else {
            testing_refused(*state, status, cases[i].status, cases[i].message);
        }
        lk_given_deinit(&given);
    }
    lk_model_destroy(model);
}

static void test_weights_that_are_not_finite(void **state) {
    lk_model *model = make_binary(*state, one_mask, 1);
    lk_sample_options options = {.count = 1, .temperature = 1.0f};
    lk_dataset *samples;
    model->parameters->list[1].value[3] = NAN;
    testing_refused(*state, lk_sample(model, &options, &samples), LK_NOT_FINITE,
                    model->parameters->list[1].name);
    assert_null(samples);
    lk_model_destroy(model);
}

/* All are finite, and what they add up to is infinity less infinity. */
static void test_likelihoods_that_are_no_numbers(void **state) {
    lk_model *model = make_binary(*state, one_mask, 1);
    lk_sample_options options = {.count = 5, .temperature = 1.0f};
    lk_dataset *samples;
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            bool plus = e % 2 == 0 || strcmp(parameter->name, "logits.weight") != 0;
            parameter->value[e] = parameter->value[e] == 0.0f ? 0.0f : plus ? 3e38f : -3e38f;
        }
    }
    for (int naive = 0; naive < 2; naive++) {
        options.schedule = naive ? LK_SCHEDULE_NAIVE : LK_SCHEDULE_INCREMENTAL;
        testing_refused(*state, lk_sample(model, &options, &samples), LK_NOT_FINITE,
                        "damaged or have diverged");
        assert_null(samples);
    }
    lk_model_destroy(model);
}

static bool stop_in_the_middle(void *argument, int64_t done, int64_t count) {
    assert_true(done >= *(int64_t *)argument && done <= count);
    *(int64_t *)argument = done;
    return done < count / 2;
}

static bool go_on(void *argument, int64_t done, int64_t count) {
    assert_true(done >= *(int64_t *)argument && done <= count);
    *(int64_t *)argument = done;
    return true;
}

static void test_progress_may_stop(void **state) {
    lk_model *model = make_binary(*state, three_orders, 3);
    int64_t done = 0;
    lk_dataset *samples;
    lk_sample_options options = many(1);
    options.progress = stop_in_the_middle;
    options.progress_argument = &done;
    testing_refused(*state, lk_sample(model, &options, &samples), LK_INTERRUPTED, "stopped");
    assert_true(done >= SAMPLES / 2);
    done = 0;
    options.progress = go_on;
    samples = testing_draw(model, options);
    assert_true(done > SAMPLES / 2);
    lk_dataset_destroy(samples);
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_follow_the_model),
        cmocka_unit_test(test_batch_and_schedule_do_not_matter),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_held_variables_condition),
        cmocka_unit_test(test_held_subsets),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_labels_and_orders),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_given_texts),
        cmocka_unit_test(test_weights_that_are_not_finite),
        cmocka_unit_test(test_likelihoods_that_are_no_numbers),
        cmocka_unit_test(test_progress_may_stop),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
