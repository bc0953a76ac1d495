/* Names in both directions: columns, words of their symbols, labels; of data and of models, of
 * tables, numbers and folders of texts, and of what was restored. */
#include "library/testing.h"

#include <sys/stat.h>
#include <unistd.h>

static int set_up(void **state) {
    *state = make_context(2);
    return 0;
}

static int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

static const char table[] = "size,kind,\xc3\xbc\nbig,cat,1\nsmall,dog,2\nbig,dog,1\nsmall,cat,2\n";

static lk_data *load(lk_context *context, const char *label) {
    lk_loading loading = lk_loading_defaults();
    lk_data *data;
    loading.label = label;
    must(context, lk_data_load(context, lk_from_memory(table, sizeof table - 1), &loading, &data));
    return data;
}

static void same_word(const char *word, const char *expected) {
    assert_non_null(word);
    assert_string_equal(word, expected);
}

/* Columns size and ü, labels kind. */
static void check_data(const lk_data *data) {
    static const char *const sizes[] = {"big", "small"}, *const kinds[] = {"cat", "dog"};
    same_word(lk_data_column(data, 0), "size");
    same_word(lk_data_column(data, 1), "\xc3\xbc");
    assert_null(lk_data_column(data, 2));
    assert_int_equal(lk_data_find_column(data, "\xc3\xbc"), 1);
    assert_int_equal(lk_data_find_column(data, "kind"), -1);
    for (int i = 0; i < 4; i++) {
        int32_t symbol = lk_data_values(data)[i * 2], label = lk_data_labels(data)[i];
        same_word(lk_data_word(data, 0, symbol), sizes[i % 2]);
        assert_int_equal(lk_data_find_word(data, 0, sizes[i % 2]), symbol);
        same_word(lk_data_label_name(data, label), kinds[i == 1 || i == 2]);
        assert_int_equal(lk_data_find_label(data, kinds[i == 1 || i == 2]), label);
    }
    assert_null(lk_data_word(data, 0, 2));
    assert_null(lk_data_label_name(data, 2));
    assert_int_equal(lk_data_find_word(data, 0, "huge"), -1);
    assert_int_equal(lk_data_find_label(data, "cow"), -1);
}

/* From "cat" to a label, from words to what is held, from the greatest surprisal to its column. */
static void test_a_table(void **state) {
    lk_context *context = *state;
    lk_data *data = load(context, "kind"), *drawn, *restored;
    lk_training how = lk_training_defaults();
    lk_model *model;
    lk_bytes packed;
    check_data(data);
    how.condition = true;
    how.epochs = 1;
    must(context, lk_model_train(context, &how, data, NULL, &model));
    same_word(lk_model_column(model, 0), "size");
    assert_int_equal(lk_model_find_column(model, "size"), 0);
    int32_t given[2] = {lk_model_find_word(model, 0, "small"), -1};
    int32_t label = lk_model_find_label(model, "dog");
    lk_sampling sampling = lk_sampling_defaults();
    sampling.given = given;
    sampling.given_count = 1;
    sampling.labels = &label;
    sampling.label_count = 1;
    must(context, lk_model_sample(context, model, &sampling, &drawn));
    same_word(lk_model_word(model, 0, lk_data_values(drawn)[0]), "small");
    same_word(lk_data_word(drawn, 0, lk_data_values(drawn)[0]), "small");
    same_word(lk_data_label_name(drawn, lk_data_labels(drawn)[0]), "dog");
    same_word(lk_model_label_name(model, label), "dog");
    must(context, lk_model_compress(context, model, data, NULL, lk_to_memory(&packed), NULL));
    must(context, lk_model_decompress(context, model, lk_from_memory(packed.data, packed.size),
                                      NULL, &restored, NULL));
    check_data(restored);
    lk_bytes_release(&packed);
    lk_model_destroy(model);
    lk_data_destroy(restored);
    lk_data_destroy(drawn);
    lk_data_destroy(data);
}

/* Whose labels the model is not given: their words come back too. */
static void test_labels_beside_a_model(void **state) {
    lk_context *context = *state;
    lk_data *data = load(context, "kind"), *restored;
    lk_model *model = make_model(context, "histogram", NULL, data, NULL);
    lk_bytes packed;
    assert_int_equal(lk_model_label_count(model), 0);
    assert_null(lk_model_label_name(model, 0));
    assert_int_equal(lk_model_find_label(model, "cat"), -1);
    must(context, lk_model_compress(context, model, data, NULL, lk_to_memory(&packed), NULL));
    must(context, lk_model_decompress(context, model, lk_from_memory(packed.data, packed.size),
                                      NULL, &restored, NULL));
    check_data(restored);
    lk_bytes_release(&packed);
    lk_model_destroy(model);
    lk_data_destroy(restored);
    lk_data_destroy(data);
}

/* Of integers the columns have names, and values are themselves. */
static void test_a_table_of_integers(void **state) {
    static const char integers[] = "a,b\n3,1\n0,2\n";
    lk_context *context = *state;
    lk_data *data;
    must(context,
         lk_data_load(context, lk_from_memory(integers, sizeof integers - 1), NULL, &data));
    lk_model *model = make_model(context, "histogram", NULL, data, NULL);
    same_word(lk_data_column(data, 1), "b");
    same_word(lk_model_column(model, 1), "b");
    assert_null(lk_data_word(data, 0, 3));
    assert_null(lk_model_word(model, 0, 3));
    assert_int_equal(lk_data_find_word(data, 0, "3"), -1);
    assert_null(lk_data_label_name(data, 0));
    lk_model_destroy(model);
    lk_data_destroy(data);
}

/* Classes are the numbers that occur: of 0 and 10 there are two, and no label 5. */
static void test_numbers_as_labels(void **state) {
    enum { N = 40 };
    static uint8_t bits[N][4];
    static int32_t labels[N], reversed[N];
    lk_context *context = *state;
    lk_values values = {
        .values = bits, .bits = 8, .examples = N, .shape = {1, {4}}, .labels = labels};
    lk_data *data, *valid, *restored, *unknown;
    lk_model *model, *none;
    lk_bytes packed;
    for (int i = 0; i < N; i++) {
        labels[i] = i % 2 * 10;
        reversed[i] = 10 - labels[i];
        bits[i][0] = bits[i][2] = (uint8_t)(i % 2);
    }
    must(context, lk_data_from_values(context, &values, &data));
    values.labels = reversed; /* their order does not matter */
    must(context, lk_data_from_values(context, &values, &valid));
    reversed[3] = 5;
    must(context, lk_data_from_values(context, &values, &unknown));
    lk_training how = lk_training_defaults();
    how.condition = true;
    how.epochs = 2;
    must(context, lk_model_train(context, &how, data, valid, &model));
    assert_int_equal(lk_model_label_count(model), 2);
    same_word(lk_model_label_name(model, 1), "10");
    assert_int_equal(lk_model_find_label(model, "10"), 1);
    assert_int_equal(lk_model_find_label(model, "5"), -1);
    assert_int_equal(lk_data_labels(data)[1], 10);
    assert_null(lk_data_label_name(data, 0));
    int32_t ones[N];
    double own[N], given[N];
    for (int i = 0; i < N; i++) {
        ones[i] = i % 2;
    }
    lk_scoring scoring = lk_scoring_defaults();
    must(context, lk_model_nll(context, model, data, &scoring, own, NULL));
    scoring.labels = ones;
    must(context, lk_model_nll(context, model, data, &scoring, given, NULL));
    assert_memory_equal(own, given, sizeof own);
    scoring.labels = NULL;
    refused(context, lk_model_nll(context, model, unknown, &scoring, own, NULL), LK_MISMATCH,
            "example 4 has the label '5'");
    refused(context, lk_model_train(context, &how, data, unknown, &none), LK_MISMATCH, "'5'");
    assert_null(none);
    lk_model_destroy(model);
    must(context, lk_model_train(context, &how, data, NULL, &model));
    must(context, lk_model_compress(context, model, data, NULL, lk_to_memory(&packed), NULL));
    must(context, lk_model_decompress(context, model, lk_from_memory(packed.data, packed.size),
                                      NULL, &restored, NULL));
    assert_memory_equal(lk_data_labels(restored), labels, sizeof labels);
    lk_bytes_release(&packed);
    lk_model_destroy(model);
    lk_data_destroy(restored);
    lk_data_destroy(data);
    lk_data_destroy(valid);
    lk_data_destroy(unknown);
}

static void put_file(const char *folder, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Texts in folders named as their classes; restored, they are in memory. */
static void test_texts_in_folders(void **state) {
    lk_context *context = *state;
    char folder[] = "/tmp/likely-words-XXXXXX", command[64], sub[64];
    lk_data *data, *restored;
    lk_model *model;
    lk_bytes packed;
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 2; i++) {
        snprintf(sub, sizeof sub, "%s/%s", folder, i == 0 ? "ham" : "spam");
        assert_int_equal(mkdir(sub, 0700), 0);
    }
    put_file(folder, "ham/a.txt", "a quiet line or two of text\n");
    put_file(folder, "spam/b.txt", "BUY NOW AND PAY NEVER, BUY!\n");
    put_file(folder, "spam/c.txt", "BUY MORE, PAY NOTHING, NOW!\n");
    lk_loading loading = lk_loading_defaults();
    loading.text = LK_TEXT_BYTES;
    must(context, lk_data_load(context, lk_from_file(folder), &loading, &data));
    lk_training how = lk_training_defaults();
    how.family = "charrnn";
    how.condition = true;
    how.epochs = 1;
    how.window = 8;
    how.batch = 2;
    must(context, lk_model_train(context, &how, data, NULL, &model));
    must(context, lk_model_compress(context, model, data, NULL, lk_to_memory(&packed), NULL));
    must(context, lk_model_decompress(context, model, lk_from_memory(packed.data, packed.size),
                                      NULL, &restored, NULL));
    const lk_data *both[] = {data, restored};
    double nll[2][3];
    for (int i = 0; i < 2; i++) {
        assert_non_null(lk_data_labels(both[i]));
        same_word(lk_data_label_name(both[i], lk_data_labels(both[i])[0]), "ham");
        same_word(lk_data_label_name(both[i], lk_data_labels(both[i])[2]), "spam");
        assert_int_equal(lk_data_find_label(both[i], "spam"), lk_data_labels(both[i])[1]);
        must(context, lk_model_nll(context, model, both[i], NULL, nll[i], NULL));
    }
    assert_memory_equal(nll[0], nll[1], sizeof nll[0]);
    assert_int_equal(lk_model_find_label(model, "spam"), 1);
    lk_bytes_release(&packed);
    lk_model_destroy(model);
    lk_data_destroy(restored);
    lk_data_destroy(data);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

/* No threshold parts words, whether they have two values or more. */
static void test_words_are_not_binarized(void **state) {
    lk_context *context = *state;
    lk_loading loading = lk_loading_defaults();
    lk_data *data;
    loading.binarize = true;
    refused(context,
            lk_data_load(context, lk_from_memory(table, sizeof table - 1), &loading, &data),
            LK_INVALID, "lk_loading.binarize");
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table),
        cmocka_unit_test(test_labels_beside_a_model),
        cmocka_unit_test(test_a_table_of_integers),
        cmocka_unit_test(test_numbers_as_labels),
        cmocka_unit_test(test_texts_in_folders),
        cmocka_unit_test(test_words_are_not_binarized),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
