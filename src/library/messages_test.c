/* What a context says: nothing after success, and in the library's words after a failure. */
#include "library/testing.h"

static int set_up(void **state) {
    *state = make_context(2);
    return 0;
}

static int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

/* What failed on the way to success is not told. Every check of these tests looks at it. */
static void test_success_says_nothing(void **state) {
    static const char table[] = "city,size\nParis,1\nOslo,2\nParis,2\n";
    lk_context *context = *state;
    lk_data *data, *none;
    refused(context, lk_data_load(context, lk_from_memory("x", 1), NULL, &none), LK_FORMAT, "x");
    must(context, lk_data_load(context, lk_from_memory(table, sizeof table - 1), NULL, &data));
    assert_string_equal(lk_context_message(context), "");
    lk_data_destroy(data);
}

/* A program is told of the library's own fields and functions, where the command has options. */
static void test_advice_is_the_librarys(void **state) {
    lk_context *context = *state;
    lk_data *pictures = make_pictures(context, 9, 2, 1), *grey = make_pictures(context, 9, 8, 1);
    lk_data *text = make_text(context, LK_TEXT_BYTES), *none;
    lk_model *made = make_model(context, "made", "hidden=4", pictures, NULL), *other;
    lk_training how = lk_training_defaults();
    lk_bytes packed;
    double nll[9];
    refused(context, lk_model_nll(context, made, grey, NULL, nll, NULL), LK_MISMATCH,
            "lk_loading.binarize");
    how.view = "bits:1";
    refused(context, lk_model_train(context, &how, pictures, NULL, &other), LK_INVALID, "view");
    how = lk_training_defaults();
    how.family = "charrnn";
    how.window = 4000;
    refused(context, lk_model_train(context, &how, text, NULL, &other), LK_INVALID, "window");
    must(context, lk_model_compress(context, made, pictures, NULL, lk_to_memory(&packed), NULL));
    packed.data[packed.size / 2] ^= 1;
    lk_status status = lk_model_decompress(context, made, lk_from_memory(packed.data, packed.size),
                                           NULL, &none, NULL);
    assert_int_not_equal(status, LK_OK);
    well_said(context, status);
    lk_context_set_memory(context, 1 << 16);
    refused(context, lk_model_train(context, NULL, grey, NULL, &other), LK_NO_MEMORY,
            "lk_context_set_memory");
    lk_context_set_memory(context, 0);
    lk_bytes_release(&packed);
    lk_model_destroy(made);
    lk_data_destroy(pictures);
    lk_data_destroy(grey);
    lk_data_destroy(text);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success_says_nothing),
        cmocka_unit_test(test_advice_is_the_librarys),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
