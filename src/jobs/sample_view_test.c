/* The first part of a view by itself, and the rest given it: together the samples that are drawn at
 * once; what shows a first part; what does not. */
#include "jobs/sample_testing.h"

typedef struct view_case {
    const char *family;
    lk_shape shape, there; /* of the model, of the samples */
    int32_t alphabet, labels;
    const char *view;
    const char *set[3];
    int32_t sets;
} view_case;

static const view_case cases[] = {
    {"made", {1, {5}}, {1, {5}}, 16, 0, "bits:1", {"hidden=9"}, 1},
    {"pixelcnn", {2, {3, 4}}, {2, {5, 3}}, 256, 2, "bits:4", {"blocks=1", "channels=2"}, 2},
    {"pixelcnn", {3, {3, 2, 3}}, {3, {3, 2, 3}}, 8, 0, "bits:2", {"blocks=1", "channels=2"}, 2},
    {"grayscale", {3, {3, 2, 3}}, {3, {2, 5, 3}}, 256, 2, "ycocg", {"filters=2", "depth=1"}, 2},
    {"grayscale", {3, {3, 2, 3}}, {3, {3, 2, 3}}, 256, 0, "grey:4", {"filters=2", "depth=1"}, 2},
};
#define CASES ((int)(sizeof cases / sizeof *cases))
#define SAMPLES 9

static lk_model *make(lk_context *context, const view_case *c) {
    lk_model *model;
    lk_data_description data = {.shape = c->shape,
                                .variables = lk_shape_variables(c->shape),
                                .alphabet = c->alphabet,
                                .labels = c->labels};
    testing_ok(context, lk_view_parse(context, c->view, c->shape, c->alphabet, &data.view));
    testing_ok(context,
               lk_model_create(context, c->family, c->set, c->sets, data, "natural", 3, &model));
    testing_random_weights(model, 0.5f);
    return model;
}

static lk_sample_options options_of(const view_case *c) {
    static const uint16_t labels[] = {1, 0};
    return (lk_sample_options){.count = SAMPLES,
                               .seed = 8,
                               .temperature = 1.0f,
                               .shape = c->there,
                               .labels = c->labels > 0 ? labels : NULL,
                               .label_count = c->labels > 0 ? 2 : 0};
}

static void expect_same(const lk_dataset *a, const lk_dataset *b, int which, const char *how) {
    assert_int_equal(a->examples, b->examples);
    assert_true(lk_shape_equal(a->shape, b->shape));
    if (memcmp(a->values, b->values, (size_t)(a->examples * a->variables) * 2) != 0) {
        fail_msg("case %d: samples differ, %s", which, how);
    }
}

static lk_dataset *draw_given(const lk_model *model, const view_case *c, const lk_dataset *part) {
    lk_given given;
    lk_sample_options options = options_of(c);
    testing_ok(model->context, lk_given_first_part(model, part, &given));
    options.given = &given;
    lk_dataset *samples = testing_draw(model, options);
    lk_given_deinit(&given);
    return samples;
}

static void test_two_steps_are_one(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        const lk_view *view = lk_model_view(model);
        lk_sample_options options = options_of(&cases[i]);
        lk_dataset *whole = testing_draw(model, options);
        options.first_part = true;
        lk_dataset *part = testing_draw(model, options);
        options.schedule = LK_SCHEDULE_NAIVE;
        lk_dataset *naive = testing_draw(model, options);
        assert_int_equal(part->alphabet, view->parts[0].alphabet);
        assert_true(lk_shape_equal(part->shape, lk_view_shape(view, 0, cases[i].there)));
        expect_same(part, naive, i, "naive");
        lk_dataset *two = draw_given(model, &cases[i], part);
        expect_same(whole, two, i, "in two steps");
        lk_dataset_destroy(two);
        lk_dataset_destroy(naive);
        lk_dataset_destroy(part);
        lk_dataset_destroy(whole);
        lk_model_destroy(model);
    }
}

/* Pictures as the model takes them: what the view sees first in them is held, and of an exact view
 * all samples have it. */
static void test_of_whole_pictures(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make(*state, &cases[i]);
        const lk_view *view = lk_model_view(model);
        lk_dataset *pictures;
        testing_ok(*state, lk_dataset_create(*state, "pictures", cases[i].there, 3,
                                             cases[i].alphabet, &pictures));
        int64_t values = pictures->variables, cells = lk_view_cells(view, 0, values);
        for (int64_t v = 0; v < 3 * values; v++) {
            pictures->values[v] = (uint16_t)((cases[i].alphabet - 1 - v * 7 % 61) & 65535) %
                                  (uint16_t)(cases[i].alphabet);
        }
        lk_dataset *samples = draw_given(model, &cases[i], pictures);
        for (int64_t n = 0; n < SAMPLES && view->exact; n++) {
            uint16_t wanted[64], got[64];
            lk_view_read(view, pictures->values + n % 3 * values, values, 0, cells, wanted);
            lk_view_read(view, samples->values + n * values, values, 0, cells, got);
            assert_memory_equal(wanted, got, (size_t)cells * sizeof *got);
        }
        lk_dataset_destroy(samples);
        lk_dataset_destroy(pictures);
        lk_model_destroy(model);
    }
}

/* Greys of the model's levels become those of the grey picture; others are refused. */
static void test_greys(void **state) {
    lk_model *model = make(*state, &cases[4]);
    lk_dataset *grey, *other, *flat;
    lk_given given;
    testing_ok(*state, lk_dataset_create(*state, "grey", (lk_shape){3, {3, 2, 1}}, 1, 256, &grey));
    for (int64_t v = 0; v < 6; v++) {
        grey->values[v] = (uint16_t)(50 * v);
    }
    testing_ok(*state, lk_given_first_part(model, grey, &given));
    for (int64_t v = 0; v < 6; v++) {
        assert_int_equal(given.values[v], 50 * v / 16);
        assert_int_equal(given.values[6 + v], -1);
    }
    lk_given_deinit(&given);
    testing_ok(*state, lk_dataset_create(*state, "four", (lk_shape){3, {3, 2, 4}}, 1, 256, &other));
    testing_ok(*state, lk_dataset_create(*state, "flat", (lk_shape){1, {5}}, 1, 256, &flat));
    grey->alphabet = 65536;
    grey->values[0] = 60000;
    testing_refused(*state, lk_given_first_part(model, grey, &given), LK_MISMATCH, "65536 levels");
    testing_refused(*state, lk_given_first_part(model, other, &given), LK_MISMATCH, "four");
    testing_refused(*state, lk_given_first_part(model, flat, &given), LK_MISMATCH, "flat");
    lk_dataset_destroy(flat);
    lk_dataset_destroy(other);
    lk_dataset_destroy(grey);
    lk_model_destroy(model);
}

/* Whole pixels of a view are held, or none of their values. */
static void test_held_pixels(void **state) {
    lk_model *model = make(*state, &cases[3]);
    lk_given given;
    lk_bytes some = {(uint8_t *)(uintptr_t) "1 ? 3\n", 6};
    testing_refused(*state, lk_given_parse(model, "held", &some, (lk_shape){0}, &given), LK_INVALID,
                    "whole pixels");
    lk_bytes none = {(uint8_t *)(uintptr_t) "\n", 1};
    testing_ok(*state, lk_given_parse(model, "held", &none, (lk_shape){0}, &given));
    assert_int_equal(given.variables, 18);
    lk_given_deinit(&given);
    lk_model_destroy(model);
}

static void test_no_view(void **state) {
    lk_model *model = testing_model(*state, "made", NULL, 0, 4, 4, "natural", 1);
    lk_dataset *data = testing_dataset(*state, 1, 4, 4), *samples;
    lk_given given;
    const lk_sample_options part = {.count = 1, .temperature = 1.0f, .first_part = true};
    testing_refused(*state, lk_given_first_part(model, data, &given), LK_INVALID, "no view");
    testing_refused(*state, lk_sample(model, &part, &samples), LK_INVALID, "no view");
    lk_dataset_destroy(data);
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_steps_are_one),
        cmocka_unit_test(test_of_whole_pictures),
        cmocka_unit_test(test_greys),
        cmocka_unit_test(test_held_pixels),
        cmocka_unit_test(test_no_view),
    };
    return cmocka_run_group_tests(tests, testing_set_up, testing_tear_down);
}
