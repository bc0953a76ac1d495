/* Labels: numbers as classes, matching by text, and a column that becomes the label; and what else
 * belongs to examples. */
#include "data/testing.h"

#include "base/memory.h"
#include "data/labels.h"

static lk_context context;

static lk_dataset *dataset_of(int64_t examples, int64_t variables, const uint16_t *values) {
    lk_dataset *dataset;
    assert_int_equal(
        lk_dataset_create(&context, "data", lk_shape_vector(variables), examples, 16, &dataset),
        LK_OK);
    memcpy(dataset->values, values, (size_t)(examples * variables) * sizeof *values);
    return dataset;
}

static void set_numbers(lk_dataset *dataset, const int32_t *numbers) {
    int32_t *copy = lk_allocate(dataset->examples, sizeof *copy);
    memcpy(copy, numbers, (size_t)dataset->examples * sizeof *copy);
    assert_int_equal(lk_labels_of_numbers(&context, dataset, copy), LK_OK);
}

static void expect_classes(const lk_dataset *dataset, const char *json, const int32_t *labels) {
    char *printed = lk_dictionary_print(&dataset->classes);
    assert_string_equal(printed, json);
    assert_memory_equal(dataset->labels, labels, (size_t)dataset->examples * sizeof *labels);
    lk_release(printed);
}

static void numbers_become_classes(void **state) {
    (void)state;
    static const uint16_t values[] = {1, 2, 3, 4, 5};
    static const int32_t numbers[] = {10, -3, 9, 10, 9}, symbols[] = {2, 0, 1, 2, 1};
    lk_dataset *dataset = dataset_of(5, 1, values);
    char digits[16];
    set_numbers(dataset, numbers);
    expect_classes(dataset, "[\"-3\",\"9\",\"10\"]", symbols);
    assert_string_equal(lk_dataset_label_text(dataset, 0, digits), "10");
    /* Again, in place of those. */
    static const int32_t others[] = {1, 0, 1, 1, 1};
    set_numbers(dataset, others);
    expect_classes(dataset, "[\"0\",\"1\"]", others);
    lk_dataset_destroy(dataset);
}

static void labels_are_matched_by_text(void **state) {
    (void)state;
    static const uint16_t values[] = {1, 2, 3};
    static const int32_t numbers[] = {7, 3, 7}, matched[] = {2, 0, 2};
    lk_dictionary known, few;
    lk_dataset *dataset = dataset_of(3, 1, values);
    assert_int_equal(lk_dictionary_parse(&context, "test", "[\"3\",\"cat\",\"7\"]", &known), LK_OK);
    assert_int_equal(lk_dictionary_parse(&context, "test", "[\"3\",\"cat\"]", &few), LK_OK);
    assert_int_equal(lk_dataset_match_labels(&context, dataset, &known), LK_MISMATCH);
    assert_non_null(strstr(context.message, "data: the examples have no labels"));
    set_numbers(dataset, numbers);
    assert_int_equal(lk_dataset_match_labels(&context, dataset, &few), LK_MISMATCH);
    assert_non_null(strstr(context.message,
                           "data: example 1 has the label '7', but the classes are '3', 'cat'"));
    expect_classes(dataset, "[\"3\",\"7\"]", (const int32_t[]){1, 0, 1});
    assert_int_equal(lk_dataset_match_labels(&context, dataset, &known), LK_OK);
    expect_classes(dataset, "[\"3\",\"cat\",\"7\"]", matched);
    /* Numbers without classes are their digits. */
    lk_dictionary_deinit(&dataset->classes);
    memcpy(dataset->labels, numbers, sizeof numbers);
    assert_int_equal(lk_dataset_match_labels(&context, dataset, &known), LK_OK);
    expect_classes(dataset, "[\"3\",\"cat\",\"7\"]", matched);
    lk_dictionary_deinit(&known);
    lk_dictionary_deinit(&few);
    lk_dataset_destroy(dataset);
}

static void counted_classes_are_their_numbers(void **state) {
    (void)state;
    static const uint16_t values[] = {1};
    lk_dataset *dataset = dataset_of(1, 1, values);
    assert_int_equal(lk_labels_count(&context, dataset, 12), LK_OK);
    assert_int_equal(lk_dictionary_find(&dataset->classes, "11", 2), 11);
    lk_dataset_destroy(dataset);
}

/* ---- a column as labels ---------------------------------------------------------------------- */

static lk_dataset *table(const char *json, int64_t examples, int64_t variables,
                         const uint16_t *values) {
    lk_dataset *dataset = dataset_of(examples, variables, values);
    assert_int_equal(lk_columns_parse(&context, "test", json, &dataset->columns), LK_OK);
    return dataset;
}

static void a_column_of_words_is_taken_and_put_back(void **state) {
    (void)state;
    static const char json[] = "{\"columns\":[{\"name\":\"a\",\"values\":[\"x\",\"y\",\"z\"]},"
                               "{\"name\":\"b\",\"values\":[\"u\",\"v\"],\"unseen\":true},"
                               "{\"name\":\"c\",\"values\":[\"k\"]}]}";
    static const uint16_t values[] = {2, 1, 0, 0, 0, 0}, left[] = {2, 0, 0, 0}, alone[] = {0, 0};
    lk_dataset *dataset = table(json, 2, 3, values);
    assert_int_equal(lk_dataset_take_label(&context, dataset, "b"), LK_OK);
    expect_classes(dataset, "[\"u\",\"v\"]", (const int32_t[]){1, 0});
    assert_int_equal(dataset->variables, 2);
    assert_int_equal(dataset->shape.size[0], 2);
    assert_int_equal(dataset->alphabet, 3);
    assert_memory_equal(dataset->values, left, sizeof left);
    assert_int_equal(lk_dataset_take_label(&context, dataset, "a"), LK_INVALID);
    assert_non_null(strstr(context.message, "there is one already"));
    assert_int_equal(lk_dataset_put_label(&context, dataset), LK_OK);
    assert_int_equal(dataset->variables, 3);
    assert_memory_equal(dataset->values, values, sizeof values);
    assert_null(dataset->labels);
    assert_int_equal(dataset->classes.count, 0);
    assert_int_equal(lk_dataset_take_label(&context, dataset, "d"), LK_INVALID);
    assert_non_null(strstr(context.message, "no column 'd'; the columns are 'a', 'b', 'c'"));
    lk_dataset_destroy(dataset);
    /* The reserved symbol is no class. */
    dataset = table(json, 2, 3, (const uint16_t[]){2, 2, 0, 0, 0, 0});
    assert_int_equal(lk_dataset_take_label(&context, dataset, "b"), LK_MISMATCH);
    assert_int_equal(dataset->variables, 3);
    lk_dataset_destroy(dataset);
    dataset = table("{\"columns\":[{\"name\":\"a\",\"values\":[\"x\"]}]}", 2, 1, alone);
    assert_int_equal(lk_dataset_take_label(&context, dataset, "a"), LK_INVALID);
    assert_non_null(strstr(context.message, "there is no other column"));
    lk_dataset_destroy(dataset);
}

static void a_column_of_integers_is_taken_and_put_back(void **state) {
    (void)state;
    static const char json[] = "{\"columns\":[{\"name\":\"a\"},{\"name\":\"b\"}]}";
    static const uint16_t values[] = {1, 12, 0, 7, 1, 12}, left[] = {1, 0, 1};
    lk_dataset *dataset = table(json, 3, 2, values);
    assert_int_equal(lk_dataset_take_label(&context, dataset, "b"), LK_OK);
    expect_classes(dataset, "[\"7\",\"12\"]", (const int32_t[]){1, 0, 1});
    assert_memory_equal(dataset->values, left, sizeof left);
    assert_int_equal(dataset->alphabet, 2);
    assert_int_equal(lk_dataset_put_label(&context, dataset), LK_OK);
    assert_memory_equal(dataset->values, values, sizeof values);
    assert_int_equal(dataset->alphabet, 13);
    lk_dataset_destroy(dataset);
    dataset = dataset_of(3, 2, values);
    assert_int_equal(lk_dataset_take_label(&context, dataset, "b"), LK_INVALID);
    assert_non_null(strstr(context.message, "only a table with a header line"));
    lk_dataset_destroy(dataset);
}

/* ---- what else belongs to examples ----------------------------------------------------------- */

static void a_selection_has_all_that_belongs_to_it(void **state) {
    (void)state;
    static const uint16_t values[] = {1, 2, 3, 4, 5, 6}, chosen[] = {5, 6, 1, 2};
    static const int32_t order[] = {2, 0};
    lk_dataset *dataset = table("{\"columns\":[{\"name\":\"a\"},{\"name\":\"b\"}]}", 3, 2, values),
               *selected;
    set_numbers(dataset, (const int32_t[]){5, 6, 7});
    dataset->names = lk_allocate(3, sizeof *dataset->names);
    for (int i = 0; i < 3; i++) {
        dataset->names[i] = lk_print("%d.png", i);
    }
    dataset->format = 12;
    dataset->partial = true;
    assert_int_equal(lk_dataset_select(&context, dataset, order, 2, &selected), LK_OK);
    assert_int_equal(selected->examples, 2);
    assert_memory_equal(selected->values, chosen, sizeof chosen);
    expect_classes(selected, "[\"5\",\"6\",\"7\"]", (const int32_t[]){2, 0});
    assert_string_equal(selected->names[0], "2.png");
    assert_true(lk_columns_equal(selected->columns, dataset->columns));
    assert_int_equal(selected->format, 12);
    assert_true(selected->partial);
    lk_dataset_destroy(selected);
    lk_dataset_destroy(dataset);
}

/* 007 and 7 are two labels; 7.0 is 7 where there is no 7.0, and no second 7. */
static void labels_are_their_spelling(void **state) {
    (void)state;
    static const struct {
        const char *classes, *text;
        int32_t found;
    } rows[] = {{"[\"7\",\"07\",\"7.0\"]", "07", 1},
                {"[\"7\",\"07\",\"7.0\"]", "7.0", 2},
                {"[\"7\",\"07\",\"7.0\"]", "007", -1},
                {"[\"6\",\"7\"]", "7.000e+00", 1},
                {"[\"6\",\"7e0\"]", "7", 1},
                {"[\"7\",\"07\"]", "7.0", 0},
                {"[\"7.0\",\"7e0\"]", "7", -1},
                {"[\"7\"]", "7.5", -1},
                {"[\"e\",\"7\"]", "e", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_dictionary classes;
        assert_int_equal(lk_dictionary_parse(&context, "test", rows[i].classes, &classes), LK_OK);
        assert_int_equal(lk_label_find(&classes, rows[i].text), rows[i].found);
        lk_dictionary_deinit(&classes);
    }
    static const char *const words[] = {"007", "-0", "+7", "7.0", "", "x", "2147483648"};
    int32_t number;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_false(lk_label_is_number(words[i], &number));
    }
    assert_true(lk_label_is_number("-2147483648", &number) && number == INT32_MIN);
    assert_true(lk_label_is_number("0", &number) && number == 0);
}

static void notes_are_joined(void **state) {
    (void)state;
    static const uint16_t values[] = {1};
    lk_dataset *dataset = dataset_of(1, 1, values);
    assert_int_equal(lk_dataset_note(&context, dataset, "%d lines", 2), LK_OK);
    assert_int_equal(lk_dataset_note(&context, dataset, "more"), LK_OK);
    assert_string_equal(dataset->note, "2 lines; more");
    lk_dataset_destroy(dataset);
}

static void unseen_values_are_found(void **state) {
    (void)state;
    lk_dataset *dataset = table("{\"columns\":[{\"name\":\"a\",\"values\":[\"x\"]},"
                                "{\"name\":\"b\",\"values\":[\"u\"],\"unseen\":true}]}",
                                2, 2, (const uint16_t[]){0, 0, 0, 1});
    assert_int_equal(lk_dataset_find_unseen(dataset), 3);
    dataset->values[3] = 0;
    assert_int_equal(lk_dataset_find_unseen(dataset), -1);
    lk_columns_destroy(dataset->columns);
    dataset->columns = NULL;
    assert_int_equal(lk_dataset_find_unseen(dataset), -1);
    lk_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_become_classes),
        cmocka_unit_test(labels_are_matched_by_text),
        cmocka_unit_test(counted_classes_are_their_numbers),
        cmocka_unit_test(a_column_of_words_is_taken_and_put_back),
        cmocka_unit_test(a_column_of_integers_is_taken_and_put_back),
        cmocka_unit_test(a_selection_has_all_that_belongs_to_it),
        cmocka_unit_test(labels_are_their_spelling),
        cmocka_unit_test(notes_are_joined),
        cmocka_unit_test(unseen_values_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
