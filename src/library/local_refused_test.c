/* What is refused of slower sequences, and which alphabets fit. */
#include "library/testing_local.h"

static void load_refused(lk_context *context, const told *t, const lk_loading *how,
                         lk_status status, const char *says) {
    lk_data *none;
    refused(context, lk_data_from_texts(context, t->texts, t->sizes, TEXTS, how, &none), status,
            says);
    assert_null(none);
}

static void test_loading_is_refused(void **state) {
    lk_context *context = *state;
    told t = make_told(7);
    const lk_loading right = loading_of(&t, TEXTS);
    lk_loading how = right;
    how.local_every = 0;
    load_refused(context, &t, &how, LK_INVALID, "local_every is 0");
    how.local_every = 4;
    load_refused(context, &t, &how, LK_MISMATCH,
                 "local_symbols[0]: 200 symbols, but text 0 wants 150, one for every 4 positions");
    how.local_every = 65537;
    load_refused(context, &t, &how, LK_INVALID, "expected 0 .. 65536");
    how = right;
    how.local_items = 2;
    load_refused(context, &t, &how, LK_MISMATCH, "local_items is 2, for 3 texts");
    how.local_counts = NULL;
    load_refused(context, &t, &how, LK_INVALID, "NULL or negative");
    how = right;
    how.local_alphabet = 1;
    load_refused(context, &t, &how, LK_INVALID, "local_symbols[0]: symbol ");
    how = right;
    how.local = "numbers.txt";
    load_refused(context, &t, &how, LK_INVALID, "two slower sequences");
    how = (lk_loading){.text = LK_TEXT_BYTES, .local_every = EVERY};
    load_refused(context, &t, &how, LK_INVALID, "say nothing without");
    t.counts[1]--;
    load_refused(context, &t, &right, LK_MISMATCH,
                 "local_symbols[1]: 33 symbols, but text 1 wants");
    t.counts[1] = -1;
    load_refused(context, &t, &right, LK_INVALID, "NULL or negative");
    lk_data *none;
    t.counts[1] = t.counts[0];
    how = right;
    how.text = LK_NO_TEXT;
    refused(context, lk_data_load(context, lk_from_memory("0 1\n", 4), &how, &none), LK_INVALID,
            "not examples");
}

static void test_use_is_refused(void **state) {
    lk_context *context = *state;
    told t = make_told(8), w = t;
    lk_data *data = load_told(context, &t, TEXTS), *plain, *wide, *slow, *none;
    lk_loading how = lk_loading_defaults();
    lk_bytes bytes;
    double nll[TEXTS];
    how.text = LK_TEXT_BYTES;
    must(context, lk_data_from_texts(context, t.texts, t.sizes, TEXTS, &how, &plain));
    lk_model *model = train(context, data, NULL, 1), *untold = train(context, plain, NULL, 1),
             *no_model;
    refused(context, lk_model_nll(context, model, plain, NULL, nll, NULL), LK_MISMATCH,
            "none is given (lk_loading.local)");
    refused(context, lk_model_compress(context, model, plain, NULL, lk_to_memory(&bytes), NULL),
            LK_MISMATCH, "none is given (lk_loading.local)");
    refused(context, lk_model_nll(context, untold, data, NULL, nll, NULL), LK_MISMATCH,
            "the model is given none");
    how.model = model;
    load_refused(context, &t, &how, LK_MISMATCH, "a symbol of 2 for every 3 positions");
    how = loading_of(&t, TEXTS);
    how.model = untold;
    load_refused(context, &t, &how, LK_MISMATCH, "given no slower sequence");
    how.model = model;
    how.local_every = 2;
    load_refused(context, &t, &how, LK_MISMATCH, "0 says the same");
    how = loading_of(&w, TEXTS);
    w.number[1][30] = 2;
    must(context, lk_data_from_texts(context, w.texts, w.sizes, TEXTS, &how, &wide));
    refused(context, lk_model_nll(context, model, wide, NULL, nll, NULL), LK_MISMATCH,
            "symbol 30 of slower sequence 1 is 2: the model takes 0 to 1");
    how.local_every = 1;
    how.local_items = 1;
    w.counts[0] = MOST;
    must(context, lk_data_from_texts(context, w.texts, w.sizes, 1, &how, &slow));
    refused(context, lk_model_nll(context, model, slow, NULL, nll, NULL), LK_MISMATCH,
            "for every 1 positions, and the model takes one for every 3");
    lk_training training = lk_training_defaults();
    training.family = "made";
    refused(context, lk_model_train(context, &training, data, NULL, &no_model), LK_INVALID,
            "not for streams");
    training.family = "wavenet";
    refused(context, lk_model_train(context, &training, data, plain, &no_model), LK_MISMATCH,
            "only one has a slower sequence");
    training.from = model;
    refused(context, lk_model_train(context, &training, plain, NULL, &no_model), LK_MISMATCH,
            "none is given (lk_loading.local)");
    lk_sampling sampling = lk_sampling_defaults();
    sampling.local = t.number[0];
    sampling.local_count = 9;
    refused(context, lk_model_sample(context, untold, &sampling, &none), LK_MISMATCH,
            "leave out local");
    refused(context, lk_data_local(context, plain, 0, w.number[0]), LK_INVALID, "number 0");
    refused(context, lk_data_local(context, data, 3, w.number[0]), LK_INVALID, "number 3");
    lk_data *all[] = {data, plain, wide, slow};
    for (int i = 0; i < 4; i++) {
        lk_data_destroy(all[i]);
    }
    lk_model_destroy(model);
    lk_model_destroy(untold);
}

/* One with fewer numbers than another, read beside it, or by itself. */
static void test_alphabets(void **state) {
    lk_context *context = *state;
    told t = make_told(9), v = make_told(10);
    t.number[0][0] = 6;
    lk_data *data = load_told(context, &t, TEXTS), *alone = load_told(context, &v, TEXTS), *like;
    lk_loading how = loading_of(&v, TEXTS);
    how.like = data;
    must(context, lk_data_from_texts(context, v.texts, v.sizes, TEXTS, &how, &like));
    assert_int_equal(lk_data_local_alphabet(alone), 2);
    assert_int_equal(lk_data_local_alphabet(like), 7);
    lk_model *a = train(context, data, like, 2), *b = train(context, data, alone, 2),
             *c = train(context, alone, data, 1);
    char first[33], second[33];
    lk_model_fingerprint_text(a, first);
    lk_model_fingerprint_text(b, second);
    assert_string_equal(first, second);
    assert_int_equal(lk_model_local_alphabet(c), 7);
    lk_data_destroy(data);
    lk_data_destroy(alone);
    lk_data_destroy(like);
    lk_model_destroy(a);
    lk_model_destroy(b);
    lk_model_destroy(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_loading_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_use_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alphabets, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
