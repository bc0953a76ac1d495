/* Tables in the caller's memory: exact words in an order of the caller's, remarks that come back,
 * and names that are refused. */
#include "library/testing.h"

#include <unistd.h>

static int set_up(void **state) {
    *state = make_context(2);
    return 0;
}

static int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

static const char *const spaced[] = {" a ", "a", ""}, *const digits[] = {"10", "007", "7"};
static const char *const kinds[] = {"x,\"y\"", "NA"};
static const uint8_t rows[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 2}, {1, 0}, {2, 1}};
static const int32_t labels[6] = {0, 1, 0, 1, 1, 0};

static const lk_value_names columns[] = {{"spaces", spaced, 3, "str"}, {"7", digits, 3, NULL}};
static const lk_value_names label = {"kind", kinds, 2, "its remark"};

static lk_values table_of(void) {
    return (lk_values){.values = rows,
                       .bits = 8,
                       .examples = 6,
                       .shape = {1, {2}},
                       .labels = labels,
                       .columns = columns,
                       .label = &label};
}

static void same(const char *text, const char *expected) {
    assert_non_null(text);
    assert_string_equal(text, expected);
}

static void check_data(const lk_data *data) {
    assert_int_equal(lk_data_alphabet(data), 3);
    for (int i = 0; i < 6; i++) {
        const uint16_t *values = lk_data_values(data) + 2 * i;
        same(lk_data_word(data, 0, values[0]), spaced[rows[i][0]]);
        same(lk_data_word(data, 1, values[1]), digits[rows[i][1]]);
        same(lk_data_label_name(data, lk_data_labels(data)[i]), kinds[labels[i]]);
    }
    same(lk_data_column(data, 1), "7");
    same(lk_data_column(data, -1), "kind");
    assert_null(lk_data_column(data, -2));
    assert_null(lk_data_column(data, 2));
    same(lk_data_remark(data, 0), "str");
    assert_null(lk_data_remark(data, 1));
    assert_null(lk_data_remark(data, 2));
    same(lk_data_remark(data, -1), "its remark");
}

/* Through training, a file, compression and a CSV. */
static void test_words_are_exact(void **state) {
    lk_context *context = *state;
    lk_values values = table_of();
    lk_training how = lk_training_defaults();
    lk_data *data, *restored, *read;
    lk_model *model, *again;
    lk_bytes file, packed;
    must(context, lk_data_from_values(context, &values, &data));
    check_data(data);
    how.condition = true;
    how.epochs = 1;
    must(context, lk_model_train(context, &how, data, NULL, &model));
    must(context, lk_model_save(context, model, lk_to_memory(&file)));
    must(context, lk_model_load(context, lk_from_memory(file.data, file.size), &again));
    assert_int_equal(lk_model_find_word(again, 0, "a"), 1);
    assert_int_equal(lk_model_find_word(again, 1, "007"), 1);
    same(lk_model_remark(again, 0), "str");
    assert_null(lk_model_remark(again, 1));
    same(lk_model_remark(again, -1), "its remark");
    must(context, lk_model_compress(context, again, data, NULL, lk_to_memory(&packed), NULL));
    must(context, lk_model_decompress(context, model, lk_from_memory(packed.data, packed.size),
                                      NULL, &restored, NULL));
    check_data(restored);
    char path[64];
    snprintf(path, sizeof path, "/tmp/likely-names-%d.csv", (int)getpid());
    must(context, lk_data_write(context, restored, path));
    lk_loading loading = lk_loading_defaults();
    loading.model = model;
    must(context, lk_data_load(context, lk_from_file(path), &loading, &read));
    check_data(read);
    unlink(path);
    lk_bytes_release(&file);
    lk_bytes_release(&packed);
    lk_model_destroy(model);
    lk_model_destroy(again);
    lk_data_destroy(data);
    lk_data_destroy(restored);
    lk_data_destroy(read);
}

/* A remark is no part of the distribution. */
static void test_remarks_change_nothing(void **state) {
    lk_context *context = *state;
    lk_value_names bare[] = {columns[0], columns[1]};
    char fingerprint[2][33];
    for (int i = 0; i < 2; i++) {
        lk_values values = table_of();
        lk_data *data;
        values.columns = bare;
        must(context, lk_data_from_values(context, &values, &data));
        lk_model *model = make_model(context, "histogram", NULL, data, NULL);
        lk_model_fingerprint_text(model, fingerprint[i]);
        lk_model_destroy(model);
        lk_data_destroy(data);
        bare[0].remark = NULL;
    }
    assert_string_equal(fingerprint[0], fingerprint[1]);
}

/* Words that were never seen have a symbol where that is asked for; they cannot be compressed. */
static void test_unseen(void **state) {
    lk_context *context = *state;
    lk_values values = table_of();
    uint8_t strange[2] = {3, 0};
    lk_data *data, *other;
    lk_bytes packed;
    values.unseen = true;
    must(context, lk_data_from_values(context, &values, &data));
    assert_int_equal(lk_data_alphabet(data), 4);
    lk_model *model = make_model(context, "histogram", NULL, data, NULL);
    assert_int_equal(lk_model_find_word(model, 0, "never"), 3);
    values.values = strange;
    values.examples = 1;
    must(context, lk_data_from_values(context, &values, &other));
    refused(context, lk_model_compress(context, model, other, NULL, lk_to_memory(&packed), NULL),
            LK_INVALID, "unseen");
    lk_model_destroy(model);
    lk_data_destroy(data);
    lk_data_destroy(other);
}

static void expect_refused(lk_context *context, const lk_values *values, const char *part) {
    lk_data *data;
    refused(context, lk_data_from_values(context, values, &data), LK_INVALID, part);
    assert_null(data);
}

static void test_names_that_are_none(void **state) {
    static const char *const twice[] = {"a", "b", "a"}, *const null[] = {"a", NULL, "b"};
    static const char *const reserved[] = {"a", "<unseen>", "b"};
    static char large[1026];
    const char *const long_words[] = {"a", "b", large};
    static const int32_t alphabets[] = {3, 3};
    memset(large, 'x', sizeof large - 1);
    const struct {
        lk_value_names first;
        const char *part;
    } wrong[] = {{{"a", twice, 3, NULL}, "'a' is there twice"},
                 {{"a", null, 3, NULL}, "a word is NULL"},
                 {{"a", long_words, 3, NULL}, "longer than 1024"},
                 {{NULL, spaced, 3, NULL}, "its name is NULL"},
                 {{"", spaced, 3, NULL}, "column 1 has no name"},
                 {{"7", spaced, 3, NULL}, "columns 1 and 2 are both called '7'"},
                 {{"kind", spaced, 3, NULL}, "are both called 'kind'"},
                 {{"a", spaced, 3, large}, "its remark is longer"},
                 {{"a", spaced, 0, NULL}, "has 0 words"},
                 {{"a", spaced, -1, NULL}, "has -1 words"},
                 {{"a", spaced, INT32_MAX, NULL}, "expected 1 .. 65536"},
                 {{"a", NULL, 0, NULL}, "all or none"},
                 {{"a", spaced, 2, NULL}, "2 is outside the alphabet 0 .. 1"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lk_value_names changed[] = {wrong[i].first, columns[1]};
        lk_values values = table_of();
        values.columns = changed;
        expect_refused(*state, &values, wrong[i].part);
    }
    lk_values values = table_of();
    lk_value_names other = label;
    values.label = &other;
    other.word_count = 1;
    expect_refused(*state, &values, "example 1 has label 1");
    other = (lk_value_names){NULL, kinds, 2, NULL};
    expect_refused(*state, &values, "label: its name is NULL");
    values = table_of();
    values.alphabets = alphabets;
    expect_refused(*state, &values, "no `alphabets`");
    values = table_of();
    values.shape = (lk_shape){2, {2, 1}};
    expect_refused(*state, &values, "one axis");
    lk_value_names unseen[] = {{"a", reserved, 3, NULL}, columns[1]};
    values = table_of();
    values.columns = unseen;
    values.unseen = true;
    expect_refused(*state, &values, "'<unseen>' stands for all");
}

/* Labels with words, of values that are no table. */
static void test_words_of_labels(void **state) {
    lk_context *context = *state;
    lk_values values = table_of();
    lk_training how = lk_training_defaults();
    lk_model *model;
    lk_data *data;
    values.columns = NULL;
    must(context, lk_data_from_values(context, &values, &data));
    how.condition = true;
    how.epochs = 1;
    must(context, lk_model_train(context, &how, data, NULL, &model));
    same(lk_model_label_name(model, 0), kinds[0]);
    assert_null(lk_model_column(model, 0));
    assert_null(lk_model_remark(model, -1));
    lk_model_destroy(model);
    lk_data_destroy(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_words_are_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_remarks_change_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unseen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names_that_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_words_of_labels, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
