/* Labels and names of examples, which go with their chunks: numbers, words, those that a model is
 * given. */
#include "codec/testing_world.h"

#include <stdio.h>

#include "data/formats/formats.h"

static const recipe plain = {"made", {2, {3, 4}}, SAME, 2, 0, {0}, NATURAL, 37, {"hidden=9"}, 1};
static const recipe labelled = {"made", {1, {5}}, SAME, 3, 4, {0}, NATURAL, 31, {"hidden=7,6"}, 1};

/* Labels that are only carried along, of any size, and names; both go with their chunk. */
static void test_labels_and_names(void **state) {
    world w;
    char name[40];
    (void)state;
    begin_world(&plain, 1, 5, &w);
    w.data->format = LK_FROM_CIFAR10;
    lk_codec_options options = {.chunk = 10};
    compress(&w, &options, NULL); /* the format promises labels, and there are none */
    w.data->format = 0;
    expect_restored(&w, &w.coded);
    w.data->format = LK_FROM_CIFAR10;
    w.data->labels = lk_allocate(w.data->examples, sizeof *w.data->labels);
    w.data->names = lk_allocate(w.data->examples, sizeof *w.data->names);
    for (int32_t i = 0; i < w.data->examples; i++) {
        w.data->labels[i] = i % 5 == 0 ? i * 7000000 : i % 3;
        snprintf(name, sizeof name, "class %d/%s%03d.png", i / 9, i % 2 == 0 ? "" : "longer-", i);
        w.data->names[i] = lk_duplicate(name);
    }
    lk_codec_report report;
    compress(&w, &options, &report);
    expect_restored(&w, &w.coded);
    assert_true(report.header_bytes < report.bytes);
    lk_release(w.data->names[3]);
    w.data->names[3] = lk_duplicate("../3.png");
    testing_refused(w.context, testing_compress(w.model, w.items, NULL, &w.coded, NULL), LK_INVALID,
                    "cannot be kept");
    end_world(&w);
}

static void add_class(world *w, const char *word) {
    int32_t symbol;
    testing_ok(w->context, lk_dictionary_add(w->context, &w->data->classes, word,
                                             (int64_t)strlen(word), &symbol));
}

static void expect_classes(const world *w, const lk_dataset *got) {
    assert_int_equal(got->classes.count, w->data->classes.count);
    for (int32_t k = 0; k < w->data->classes.count; k++) {
        assert_string_equal(lk_dictionary_text(&got->classes, k),
                            lk_dictionary_text(&w->data->classes, k));
    }
}

/* Labels that are words, or other numbers than 0, 1, 2, ...: each comes back, with the class that
 * no example is of; and where the first chunk is lost, those of the others. */
static void test_words_of_labels(void **state) {
    static const char *const words[] = {"-7", "cat", "dog, or so", "", "dogs", "\xff\xfe", "none"};
    lk_codec_options options = {.chunk = 10};
    lk_restored restored;
    world w;
    (void)state;
    begin_world(&plain, 1, 5, &w);
    for (int32_t k = 0; k < 7; k++) {
        add_class(&w, words[k]);
    }
    w.data->labels = lk_allocate(w.data->examples, sizeof *w.data->labels);
    for (int32_t i = 0; i < w.data->examples; i++) {
        w.data->labels[i] = i < 10 ? i % 3 : i * 5 % 6;
    }
    compress(&w, &options, NULL);
    expect_restored(&w, &w.coded);
    testing_ok(w.context, testing_decompress(w.model, w.coded.data, w.coded.size, false, &w.unused,
                                             &restored));
    expect_classes(&w, restored.dataset);
    lk_restored_deinit(&restored);
    w.coded.data[60] ^= 1; /* in the first chunk */
    testing_ok(w.context,
               testing_decompress(w.model, w.coded.data, w.coded.size, true, &w.unused, &restored));
    assert_int_equal(restored.items, w.data->examples - 10);
    for (int64_t i = 0; i < restored.items; i++) {
        const lk_dataset *got = restored.dataset;
        assert_string_equal(lk_dictionary_text(&got->classes, got->labels[i]),
                            words[w.data->labels[i + 10]]);
    }
    lk_restored_deinit(&restored);
    end_world(&w);
}

/* A model that is given labels is refused items that have none, or others. */
static void test_given_labels(void **state) {
    world w;
    (void)state;
    begin_world(&labelled, 1, 5, &w);
    w.data->labels[11] = 4;
    testing_ok(w.context, lk_items_set_labels(w.items, w.data->labels));
    testing_refused(w.context, testing_compress(w.model, w.items, NULL, &w.coded, NULL),
                    LK_MISMATCH, "needs a label");
    lk_items_close(w.items);
    lk_release(w.data->labels);
    w.data->labels = NULL;
    testing_ok(w.context, lk_items_of_dataset(w.context, w.data, NULL, &w.items));
    testing_refused(w.context, testing_compress(w.model, w.items, NULL, &w.coded, NULL),
                    LK_MISMATCH, "needs a label");
    end_world(&w);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels_and_names),
        cmocka_unit_test(test_words_of_labels),
        cmocka_unit_test(test_given_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
