/* Parts of data: what is selected is what was there, and a split is the command's. */
#include "base/random.h"
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

static void test_selected_examples(void **state) {
    static const int64_t items[] = {7, 0, 7, 3}, wrong[] = {0, 9};
    lk_context *context = *state;
    lk_data *data = make_pictures(context, 9, 4, 1), *part, *table = make_table(context);
    must(context, lk_data_select(context, data, items, 4, &part));
    assert_int_equal(lk_data_count(part), 4);
    assert_int_equal(lk_data_alphabet(part), 4);
    for (int i = 0; i < 4; i++) {
        assert_memory_equal(lk_data_values(part) + i * PIXELS,
                            lk_data_values(data) + items[i] * PIXELS, PIXELS * 2);
        assert_int_equal(lk_data_labels(part)[i], lk_data_labels(data)[items[i]]);
    }
    lk_data_destroy(part);
    refused(context, lk_data_select(context, data, wrong, 2, &part), LK_INVALID, "items[1] is 9");
    must(context, lk_data_select(context, table, items + 1, 1, &part));
    assert_string_equal(lk_data_word(part, 0, lk_data_values(part)[0]), "x");
    assert_string_equal(lk_data_label_name(part, lk_data_labels(part)[0]), "p");
    assert_int_equal(lk_data_find_word(part, 0, "y"), lk_data_find_word(table, 0, "y"));
    lk_data_destroy(part);
    lk_values values = {.values = "\0\1\2\1", .bits = 8, .examples = 2, .shape = {1, {2}}};
    static const int32_t alphabets[] = {3, 2};
    values.alphabets = alphabets;
    lk_data *small;
    must(context, lk_data_from_values(context, &values, &small));
    must(context, lk_data_select(context, small, (const int64_t[]){1}, 1, &part));
    lk_model *model = make_model(context, "histogram", NULL, part, NULL);
    double nll[2]; /* 0 in column 0 did not occur, but is of its alphabet */
    must(context, lk_model_nll(context, model, small, NULL, nll, NULL));
    assert_true(isfinite(nll[0]));
    lk_model_destroy(model);
    lk_data_destroy(part);
    lk_data_destroy(small);
    lk_data_destroy(table);
    lk_data_destroy(data);
}

/* Every example is in one part, in its order; another seed splits otherwise. */
static void test_split_examples(void **state) {
    enum { N = 50 };
    static uint8_t number[N];
    lk_context *context = *state;
    uint16_t held_out[2][10];
    for (int i = 0; i < N; i++) {
        number[i] = (uint8_t)i;
    }
    lk_values values = {.values = number, .bits = 8, .examples = N, .shape = {1, {1}}};
    lk_data *data, *train, *valid;
    must(context, lk_data_from_values(context, &values, &data));
    for (int seed = 0; seed < 2; seed++) {
        int seen[N] = {0};
        refused(context, lk_data_split(context, data, -(double)NAN, 1, &train, &valid), LK_INVALID,
                "a fraction of nan");
        must(context, lk_data_split(context, data, 0.2, (uint64_t)seed, &train, &valid));
        assert_int_equal(lk_data_count(train), 40);
        assert_int_equal(lk_data_count(valid), 10);
        assert_int_equal(lk_data_alphabet(valid), N);
        for (int i = 0; i < N; i++) {
            const lk_data *part = i < 40 ? train : valid;
            int at = i < 40 ? i : i - 40;
            seen[lk_data_values(part)[at]]++;
            assert_true(at == 0 || lk_data_values(part)[at] > lk_data_values(part)[at - 1]);
        }
        for (int i = 0; i < N; i++) {
            assert_int_equal(seen[i], 1);
        }
        memcpy(held_out[seed], lk_data_values(valid), sizeof held_out[0]);
        lk_data_destroy(train);
        lk_data_destroy(valid);
    }
    assert_memory_not_equal(held_out[0], held_out[1], sizeof held_out[0]);
    static const double wrong[] = {0.0, 1.0, -1.0, 0.001, 0.999, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        refused(context, lk_data_split(context, data, wrong[i], 1, &train, &valid), LK_INVALID,
                "fraction");
        assert_true(train == NULL && valid == NULL);
    }
    lk_data_destroy(data);
}

static void same_text(lk_context *context, const lk_data *data, int64_t item, const char *text) {
    lk_bytes bytes;
    must(context, lk_data_text(context, data, item, &bytes));
    assert_int_equal(bytes.size, strlen(text));
    assert_memory_equal(bytes.data, text, strlen(text));
    lk_bytes_release(&bytes);
}

/* Of several texts whole ones, as the command holds them out; of one its end, cut between
 * characters; from a file too. */
static void test_split_texts(void **state) {
    static const void *const texts[] = {"one", "tw\xc3\xb6", "three", "four"};
    static const int64_t sizes[] = {3, 4, 5, 4}, items[] = {3, 1};
    lk_context *context = *state;
    char path[] = "/tmp/likely-split-XXXXXX";
    lk_loading how = lk_loading_defaults();
    lk_data *data, *train, *valid, *part;
    how.text = LK_TEXT_CHARACTERS;
    must(context, lk_data_from_texts(context, texts, sizes, 4, &how, &data));
    must(context, lk_data_split(context, data, 0.5, 1, &train, &valid));
    assert_int_equal(lk_data_count(train), 2);
    int32_t order[4];
    lk_random_split(1, 2, 4, order);
    for (int i = 0; i < 2; i++) {
        same_text(context, train, i, texts[order[i]]);
        same_text(context, valid, i, texts[order[2 + i]]);
    }
    lk_data_destroy(train);
    lk_data_destroy(valid);
    must(context, lk_data_select(context, data, items, 2, &part));
    same_text(context, part, 0, texts[3]);
    same_text(context, part, 1, texts[1]);
    lk_data_destroy(part);
    lk_data_destroy(data);
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, "a\xc3\xb6\xc3\xbcz", 6) == 6 && close(file) == 0);
    must(context, lk_data_load(context, lk_from_file(path), &how, &data));
    must(context, lk_data_split(context, data, 0.5, 1, &train, &valid));
    same_text(context, train, 0, "a\xc3\xb6");
    same_text(context, valid, 0, "\xc3\xbcz");
    assert_int_equal(lk_data_length(valid, 0), 2);
    lk_data_destroy(train);
    lk_data_destroy(valid);
    lk_data_destroy(data);
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selected_examples),
        cmocka_unit_test(test_split_examples),
        cmocka_unit_test(test_split_texts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
