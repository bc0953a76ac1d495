/* Completing images: which variables are held; that they stay; that the rest follows the model's
 * conditional probabilities (chi-squared over the whole domain, seeds fixed), at the model's size
 * and at others; that neither batch nor schedule can be seen. */
#include "jobs/sample_testing.h"

#define HEIGHT 2
#define WIDTH 3
#define VARIABLES (HEIGHT * WIDTH)
#define SAMPLES 20000

static const lk_shape small = {3, {HEIGHT, WIDTH, 1}}, large = {3, {4, 5, 1}},
                      narrow = {3, {4, 3, 1}};

static lk_model *make_model(lk_context *context, const char *family, lk_shape shape,
                            const char *order) {
    static const char *const pixels[] = {"blocks=1", "channels=3", "head=4"}, *const units[] = {
                                                                                  "hidden=9"};
    bool made = strcmp(family, "made") == 0;
    lk_model *model;
    lk_data_description data = {
        .shape = shape, .variables = lk_shape_variables(shape), .alphabet = 2};
    testing_ok(context, lk_model_create(context, family, made ? units : pixels, made ? 1 : 3, data,
                                        order, 5, &model));
    for (int32_t p = 0; p < model->parameters->count && !made; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            parameter->value[e] =
                0.6f * lk_random_normal((lk_random){11, LK_FOR_CHECK}, (uint64_t)p, (uint64_t)e);
        }
    }
    return model;
}

static lk_dataset *make_data(lk_context *context, lk_shape shape, int64_t examples) {
    lk_dataset *data;
    testing_ok(context, lk_dataset_create(context, "pictures", shape, examples, 2, &data));
    for (int64_t i = 0; i < examples * data->variables; i++) {
        data->values[i] =
            (uint16_t)lk_random_below((lk_random){4, LK_FOR_CHECK}, (uint64_t)i, 0, 2);
    }
    return data;
}

/* ---- what is held ---------------------------------------------------------------------------- */

static void test_rows(void **state) {
    static const struct {
        lk_shape own, shape;
        int64_t rows; /* asked for */
        int64_t held; /* variables, of so many: */
        int64_t variables;
        const char *refused; /* NULL: taken */
    } rows[] = {
        {{3, {4, 3, 1}}, {3, {4, 3, 1}}, -1, 6, 12, NULL},
        {{3, {4, 3, 1}}, {3, {4, 3, 1}}, 3, 9, 12, NULL},
        {{3, {4, 3, 1}}, {1, {12}}, 1, 3, 12, NULL},
        {{3, {4, 3, 1}}, {2, {2, 3}}, -1, 6, 12, NULL},
        {{3, {4, 3, 1}}, {2, {2, 3}}, 1, 3, 12, NULL},
        {{3, {4, 3, 1}}, {2, {6, 3}}, -1, 9, 18, NULL},
        {{3, {4, 3, 1}}, {2, {3, 5}}, 0, 0, 15, NULL},
        {{3, {4, 3, 1}}, {2, {3, 5}}, 3, 15, 15, NULL},
        {{3, {4, 3, 3}}, {3, {2, 3, 3}}, 1, 9, 36, NULL},
        {{3, {4, 3, 1}}, {2, {2, 3}}, 3, 0, 0, "first 3 of 2"},
        {{3, {4, 3, 1}}, {2, {4, 3}}, 5, 0, 0, "of 4 rows"},
        {{3, {4, 3, 3}}, {2, {2, 3}}, -1, 0, 0, "as many channels"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_model *model = make_model(*state, "pixelcnn", rows[i].own, "natural");
        lk_dataset *data = make_data(*state, rows[i].shape, 2);
        lk_given given;
        lk_status status = lk_given_rows(model, data, rows[i].rows, &given);
        if (rows[i].refused != NULL) {
            assert_int_not_equal(status, LK_OK);
            assert_non_null(strstr(lk_context_message(*state), rows[i].refused));
        } else {
            testing_ok(*state, status);
            assert_int_equal(given.examples, 2);
            assert_int_equal(given.variables, rows[i].variables);
            assert_int_equal(lk_shape_variables(given.shape), rows[i].variables);
            for (int64_t v = 0; v < 2 * given.variables; v++) {
                int64_t at = v % given.variables;
                assert_int_equal(given.values[v],
                                 at < rows[i].held
                                     ? data->values[v / given.variables * data->variables + at]
                                     : -1);
            }
        }
        lk_given_deinit(&given);
        lk_dataset_destroy(data);
        lk_model_destroy(model);
    }
}

static void test_other_families(void **state) {
    lk_model *reversed = make_model(*state, "made", narrow, "reversed");
    lk_model *vectors = make_model(*state, "made", (lk_shape){1, {12}}, "natural");
    lk_dataset *data = make_data(*state, narrow, 1),
               *part = make_data(*state, (lk_shape){2, {2, 3}}, 1);
    lk_dataset *wide = make_data(*state, (lk_shape){2, {4, 5}}, 1),
               *grey = make_data(*state, narrow, 1);
    lk_given given;
    testing_ok(*state, lk_given_prefix(reversed, data, 5, &given)); /* the last five */
    for (int v = 0; v < 12; v++) {
        assert_int_equal(given.values[v], v < 7 ? -1 : data->values[v]);
    }
    lk_given_deinit(&given);
    testing_ok(*state, lk_given_rows(reversed, part, -1,
                                     &given)); /* a family of one size takes an upper part too */
    assert_int_equal(given.variables, 12);
    lk_sample_options options = {.count = 1, .seed = 1, .temperature = 1.0f, .given = &given};
    lk_dataset *samples;
    testing_refused(*state, lk_sample(reversed, &options, &samples), LK_INVALID, "hold a prefix");
    lk_given_deinit(&given);
    testing_refused(*state, lk_given_rows(vectors, data, -1, &given), LK_INVALID,
                    "--given-variables");
    testing_refused(*state, lk_given_rows(reversed, wide, -1, &given), LK_MISMATCH,
                    "other sizes are of the families");
    testing_refused(*state, lk_given_prefix(reversed, wide, 2, &given), LK_MISMATCH,
                    "other sizes are of the families");
    testing_refused(*state, lk_given_prefix(reversed, data, 13, &given), LK_INVALID,
                    "first 13 of 12");
    grey->values[7] = 9;
    grey->alphabet = 10;
    testing_refused(*state, lk_given_rows(reversed, grey, -1, &given), LK_MISMATCH, "alphabet");
    testing_refused(*state, lk_given_prefix(reversed, part, 2, &given), LK_INVALID,
                    "variable 12 is not in the picture");
    lk_model *pixels = make_model(*state, "pixelcnn", narrow, "natural");
    testing_ok(*state, lk_given_prefix(pixels, part, 4, &given));
    assert_int_equal(given.variables, 12);
    assert_true(given.values[3] == part->values[3] && given.values[4] == -1);
    lk_given_deinit(&given);
    lk_model_destroy(pixels);
    lk_dataset_destroy(data);
    lk_dataset_destroy(part);
    lk_dataset_destroy(wide);
    lk_dataset_destroy(grey);
    lk_model_destroy(reversed);
    lk_model_destroy(vectors);
}

/* ---- what is drawn --------------------------------------------------------------------------- */

/* Of a model of the small size, and of one that draws the small size as another than its own. */
static void test_completions_follow_the_model(void **state) {
    for (int way = 0; way < 4; way++) {
        lk_model *model = make_model(*state, "pixelcnn", way < 2 ? small : large, "natural");
        lk_dataset *data = make_data(*state, (lk_shape){2, {HEIGHT, WIDTH}}, 1), *samples;
        lk_given given = {0};
        int64_t rows = way % 2;
        testing_ok(*state, lk_given_rows(model, data, rows, &given));
        samples = testing_draw(
            model,
            (lk_sample_options){.count = SAMPLES, .seed = 3, .temperature = 1.0f, .given = &given});
        settings s = settings_of(model, small, 0);
        settings_hold(&s, given.values);
        settings_agree(s, samples, 0, 1, "completions");
        lk_dataset_destroy(samples);
        lk_given_deinit(&given);
        lk_dataset_destroy(data);
        lk_model_destroy(model);
    }
}

static void test_neither_batch_nor_schedule_matter(void **state) {
    static const lk_shape shape = {3, {5, 7, 1}};
    lk_model *model = make_model(*state, "pixelcnn", large, "natural");
    lk_dataset *data = make_data(*state, shape, 3), *samples[4];
    lk_given given;
    testing_ok(*state, lk_given_rows(model, data, 2, &given));
    lk_sample_options options = {.count = 11, .seed = 3, .temperature = 0.8f, .given = &given};
    testing_ok(*state, lk_sample(model, &options, &samples[0]));
    options.schedule = LK_SCHEDULE_NAIVE;
    options.batch = 4;
    testing_ok(*state, lk_sample(model, &options, &samples[1]));
    options.schedule = LK_SCHEDULE_INCREMENTAL;
    options.count = 5;
    testing_ok(*state, lk_sample(model, &options, &samples[2]));
    options.given = NULL;
    options.shape = shape;
    testing_ok(*state, lk_sample(model, &options, &samples[3]));
    assert_memory_equal(samples[1]->values, samples[0]->values,
                        (size_t)(11 * 35) * sizeof(uint16_t));
    assert_memory_equal(samples[2]->values, samples[0]->values,
                        (size_t)(5 * 35) * sizeof(uint16_t));
    assert_memory_not_equal(samples[3]->values, samples[0]->values,
                            (size_t)(5 * 35) * sizeof(uint16_t));
    for (int64_t i = 0; i < 11; i++) {
        assert_memory_equal(samples[0]->values + i * 35, data->values + i % 3 * 35,
                            14 * sizeof(uint16_t));
    }
    /* Lines of values for another size. */
    lk_bytes lines = {(uint8_t *)(uintptr_t) "1 0 1 1 0 0 1 1\n", 16};
    lk_given line;
    testing_ok(*state, lk_given_parse(model, "lines", &lines, shape, &line));
    assert_true(line.variables == 35 && line.values[7] == 1 && line.values[8] == -1);
    options.given = &line;
    lk_dataset *five = testing_draw(model, options);
    assert_true(five->variables == 35 && five->values[4 * 35] == 1 &&
                five->values[4 * 35 + 1] == 0);
    lk_dataset_destroy(five);
    lk_given_deinit(&line);
    testing_refused(*state, lk_given_parse(model, "lines", &lines, (lk_shape){1, {9}}, &line),
                    LK_MISMATCH, "lines: examples are 9");
    options.given = &given;
    options.shape = (lk_shape){3, {5, 8, 1}};
    lk_dataset *none;
    testing_refused(*state, lk_sample(model, &options, &none), LK_INVALID,
                    "what is given has 35 variables");
    given.values[34] = 1;
    options.shape = shape;
    testing_refused(*state, lk_sample(model, &options, &none), LK_INVALID, "hold a prefix");
    for (int i = 0; i < 4; i++) {
        lk_dataset_destroy(samples[i]);
    }
    lk_given_deinit(&given);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_other_families),
        cmocka_unit_test(test_completions_follow_the_model),
        cmocka_unit_test(test_neither_batch_nor_schedule_matter),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
