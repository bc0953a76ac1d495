/* Every public function with every argument wrong, and every field of every struct of options:
 * NULL, negative, huge, infinite, NaN. Nothing is printed, nothing aborts, nothing reaches beyond
 * its arrays (the address sanitizer sees that); what was to be made is NULL after a failure. */
#include "library/testing_wrong.h"

static lk_values right_values;
static lk_loading right_loading, text_loading, local_loading;
static lk_training right_training;
static lk_scoring right_scoring;
static lk_sampling right_sampling, text_sampling, local_sampling;
static lk_coding right_coding;
static lk_data *made_data, *other_data;
static lk_model *made_model;
static lk_bytes made_bytes;
static lk_coding_report coded;
static double two[2];

static void try_call(const call *c) {
    if (attempt(c->name, "what is right", c->run, c->right) != LK_OK) {
        fail_msg("%s: %s", c->name, lk_context_message(w.context));
    }
    lk_context_watch(w.context, stop, NULL);
    for (int32_t i = 0; i < c->count; i++) {
        try_argument(c, i);
    }
    for (int32_t i = 0; i < c->count; i++) {
        const void *options = c->right[i].pointer;
        if (c->kinds[i] != OPTIONS) {
            continue;
        }
        if (options == &right_values) {
            TRY_FIELDS(c, i, of_values, lk_values);
        } else if (options == &right_loading || options == &text_loading ||
                   options == &local_loading) {
            TRY_FIELDS(c, i, of_loading, lk_loading);
        } else if (options == &right_training) {
            TRY_FIELDS(c, i, of_training, lk_training);
        } else if (options == &right_scoring) {
            TRY_FIELDS(c, i, of_scoring, lk_scoring);
        } else if (options == &right_sampling || options == &text_sampling ||
                   options == &local_sampling) {
            TRY_FIELDS(c, i, of_sampling, lk_sampling);
        } else if (options == &right_coding) {
            TRY_FIELDS(c, i, of_coding, lk_coding);
        }
    }
    lk_context_watch(w.context, NULL, NULL);
}

static void test_every_argument(void **state) {
    (void)state;
    static const void *const one_text[] = {TEXT};
    static const int64_t one_size[] = {sizeof TEXT - 1}, one_item[] = {3};
    static char file[96], out[96];
    snprintf(file, sizeof file, "%s/pictures.npy", w.path);
    snprintf(out, sizeof out, "%s/out.npy", w.path);
    must(w.context, lk_data_write(w.context, w.pictures, file));
    const value context = {.pointer = w.context}, nowhere = {.output = lk_to_memory(&made_bytes)};
    const value charrnn = {.pointer = w.charrnn}, made = {.pointer = w.made};
    const value pictures = {.pointer = w.pictures};
    const call table[] = {
        {"lk_data_from_values",
         data_from_values,
         {CONTEXT, OPTIONS, POINTER},
         {context, {.pointer = &right_values}, {.pointer = &made_data}},
         3,
         {0, 1, 1}},
        {"lk_data_load",
         data_load,
         {CONTEXT, INPUT, OPTIONS, POINTER},
         {context,
          {.input = lk_from_file(file)},
          {.pointer = &right_loading},
          {.pointer = &made_data}},
         4,
         {0, 0, 0, 1}},
        {"lk_data_from_texts",
         data_from_texts,
         {CONTEXT, POINTER, POINTER, INTEGER, OPTIONS, POINTER},
         {context,
          {.pointer = one_text},
          {.pointer = one_size},
          {.integer = 1},
          {.pointer = &text_loading},
          {.pointer = &made_data}},
         6,
         {0, 1, 1, 0, 0, 1}},
        {"lk_data_from_texts, with local",
         data_from_texts,
         {CONTEXT, POINTER, POINTER, INTEGER, OPTIONS, POINTER},
         {context,
          {.pointer = one_text},
          {.pointer = one_size},
          {.integer = 1},
          {.pointer = &local_loading},
          {.pointer = &made_data}},
         6,
         {0, 1, 1, 0, 0, 1}},
        {"lk_data_local",
         data_local,
         {CONTEXT, POINTER, INTEGER, POINTER},
         {context, {.pointer = w.beside}, {.integer = 0}, {.pointer = &made_data}},
         4,
         {0, 1, 0, 1}},
        {"lk_data_select",
         data_select,
         {CONTEXT, POINTER, POINTER, INTEGER, POINTER},
         {context, pictures, {.pointer = one_item}, {.integer = 1}, {.pointer = &made_data}},
         5,
         {0, 1, 1, 0, 1}},
        {"lk_data_split",
         data_split,
         {CONTEXT, POINTER, POINTER, POINTER},
         {context, {.pointer = w.text}, {.pointer = &made_data}, {.pointer = &other_data}},
         4,
         {0, 1, 1, 1}},
        {"lk_data_text",
         data_text,
         {CONTEXT, POINTER, INTEGER, POINTER},
         {context, {.pointer = w.text}, {.integer = 0}, {.pointer = &made_bytes}},
         4,
         {0, 1, 0, 1}},
        {"lk_data_write",
         data_write,
         {CONTEXT, POINTER, TEXT_},
         {context, pictures, {.text = out}},
         3,
         {0, 1, 0}},
        {"lk_model_train",
         model_train,
         {CONTEXT, OPTIONS, POINTER, POINTER, POINTER},
         {context, {.pointer = &right_training}, pictures, pictures, {.pointer = &made_model}},
         5,
         {0, 0, 1, 0, 1}},
        {"lk_model_load",
         model_load,
         {CONTEXT, INPUT, POINTER},
         {context,
          {.input = lk_from_memory(w.model_file.data, w.model_file.size)},
          {.pointer = &made_model}},
         3,
         {0, 0, 1}},
        {"lk_model_save",
         model_save,
         {CONTEXT, POINTER, OUTPUT},
         {context, made, nowhere},
         3,
         {0, 1, 0}},
        {"lk_model_set",
         model_set,
         {CONTEXT, POINTER, TEXT_},
         {context, {.pointer = w.eonade}, {.text = "orders=2"}},
         3,
         {0, 1, 0}},
        {"lk_model_nll",
         model_nll,
         {CONTEXT, POINTER, POINTER, OPTIONS},
         {context, made, pictures, {.pointer = &right_scoring}},
         4,
         {0, 1, 1, 0}},
        {"lk_model_p_values",
         model_p_values,
         {CONTEXT, POINTER, POINTER, INTEGER, POINTER},
         {context, made, {.pointer = two}, {.integer = 2}, {.pointer = two}},
         5,
         {0, 1, 1, 0, 1}},
        {"lk_model_sample",
         model_sample,
         {CONTEXT, POINTER, OPTIONS, POINTER},
         {context, made, {.pointer = &right_sampling}, {.pointer = &made_data}},
         4,
         {0, 1, 0, 1}},
        {"lk_model_sample, a text",
         model_sample,
         {CONTEXT, POINTER, OPTIONS, POINTER},
         {context, charrnn, {.pointer = &text_sampling}, {.pointer = &made_data}},
         4,
         {0, 1, 0, 1}},
        {"lk_model_sample, with local",
         model_sample,
         {CONTEXT, POINTER, OPTIONS, POINTER},
         {context, {.pointer = w.wavenet}, {.pointer = &local_sampling}, {.pointer = &made_data}},
         4,
         {0, 1, 0, 1}},
        {"lk_model_write_text",
         model_write_text,
         {CONTEXT, POINTER, OPTIONS, OUTPUT},
         {context, charrnn, {.pointer = &text_sampling}, nowhere},
         4,
         {0, 1, 0, 0}},
        {"lk_model_compress",
         model_compress,
         {CONTEXT, POINTER, POINTER, OPTIONS, OUTPUT, POINTER},
         {context, made, pictures, {.pointer = &right_coding}, nowhere, {.pointer = &coded}},
         6,
         {0, 1, 1, 0, 0, 0}},
        {"lk_model_decompress",
         model_decompress,
         {CONTEXT, POINTER, INPUT, OPTIONS, POINTER, POINTER},
         {context,
          made,
          {.input = lk_from_memory(w.packed.data, w.packed.size)},
          {.pointer = &right_coding},
          {.pointer = &made_data},
          {.pointer = &coded}},
         6,
         {0, 1, 0, 0, 1, 0}},
        {"lk_model_decompress_text",
         model_decompress_text,
         {CONTEXT, POINTER, INPUT, OPTIONS, OUTPUT, POINTER},
         {context,
          charrnn,
          {.input = lk_from_memory(w.packed_text.data, w.packed_text.size)},
          {.pointer = &right_coding},
          nowhere,
          {.pointer = &coded}},
         6,
         {0, 1, 0, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        try_call(&table[i]);
    }
}

static void test_names_take_anything(void **state) {
    (void)state;
    for (int i = 0; i < INTEGERS; i++) {
        int32_t number = (int32_t)integers[i] | INT32_MIN;
        int64_t column = integers[i] == -1 ? -2 : integers[i]; /* -1 is the labels */
        const lk_data *data[] = {NULL, w.pictures, w.text, w.table};
        const lk_model *models[] = {NULL, w.made, w.charrnn, w.words};
        for (int k = 0; k < 4; k++) {
            assert_null(lk_data_column(data[k], column));
            assert_null(lk_data_remark(data[k], integers[i]));
            assert_null(lk_data_word(data[k], integers[i], 0));
            assert_null(lk_data_word(data[k], 0, number));
            assert_null(lk_data_word(data[k], 0, INT32_MAX));
            assert_null(lk_data_label_name(data[k], number));
            assert_null(lk_data_label_name(data[k], INT32_MAX));
            assert_int_equal(lk_data_find_word(data[k], integers[i], "a"), -1);
            assert_int_equal(lk_data_find_word(data[k], 0, NULL), -1);
            assert_int_equal(lk_data_find_column(data[k], NULL), -1);
            assert_int_equal(lk_data_find_label(data[k], NULL), -1);
            assert_null(lk_model_column(models[k], column));
            assert_null(lk_model_remark(models[k], integers[i]));
            assert_null(lk_model_word(models[k], integers[i], 0));
            assert_null(lk_model_word(models[k], 0, number));
            assert_null(lk_model_word(models[k], 0, INT32_MAX));
            assert_null(lk_model_label_name(models[k], number));
            assert_null(lk_model_label_name(models[k], INT32_MAX));
            assert_int_equal(lk_model_find_word(models[k], integers[i], "a"), -1);
            assert_int_equal(lk_model_find_word(models[k], 0, NULL), -1);
            assert_int_equal(lk_model_find_column(models[k], NULL), -1);
            assert_int_equal(lk_model_find_label(models[k], NULL), -1);
            calls += 22;
        }
    }
}

/* Those that cannot fail. */
static void test_getters_take_null(void **state) {
    (void)state;
    char text[33] = "x";
    lk_bytes_release(NULL);
    lk_context_destroy(NULL);
    lk_data_destroy(NULL);
    lk_model_destroy(NULL);
    lk_context_watch(NULL, stop, NULL);
    assert_non_null(lk_context_message(NULL));
    assert_non_null(lk_context_isa(NULL));
    assert_int_equal(lk_context_threads(NULL), 1);
    assert_int_equal(lk_context_create(1, NULL), LK_INVALID);
    assert_int_equal(lk_data_count(NULL), 0);
    assert_int_equal(lk_data_length(NULL, 0), -1);
    for (int i = 0; i < INTEGERS; i++) {
        assert_int_equal(lk_data_length(w.pictures, integers[i]), -1);
        assert_int_equal(lk_data_length(w.text, integers[i]), -1);
        assert_null(lk_family_name_at((int32_t)(integers[i] | 1 << 20)));
    }
    assert_int_equal(lk_data_shape(NULL).axes, 0);
    assert_int_equal(lk_data_alphabet(NULL), 0);
    assert_int_equal(lk_data_local_every(NULL), 0);
    assert_int_equal(lk_data_local_alphabet(w.pictures), 0);
    assert_int_equal(lk_data_local_count(NULL, 0), -1);
    assert_int_equal(lk_data_local_count(w.pictures, 0), -1);
    assert_int_equal(lk_data_local_count(w.beside, 1), -1);
    assert_int_equal(lk_data_local_count(w.beside, INT64_MIN), -1);
    assert_int_equal(lk_model_local_every(NULL), 0);
    assert_int_equal(lk_model_local_alphabet(NULL), 0);
    assert_null(lk_data_values(NULL));
    assert_null(lk_data_labels(NULL));
    assert_null(lk_model_family(NULL));
    assert_int_equal(lk_model_shape(NULL).axes, 0);
    assert_int_equal(lk_model_variables(NULL), 0);
    assert_int_equal(lk_model_alphabet(NULL), 0);
    assert_int_equal(lk_model_text(NULL), LK_NO_TEXT);
    assert_int_equal(lk_model_label_count(NULL), 0);
    assert_int_equal(lk_model_parameter_count(NULL), 0);
    assert_false(lk_model_bound(NULL));
    assert_null(lk_model_setting(NULL, "hidden"));
    assert_null(lk_model_setting(w.made, NULL));
    assert_null(lk_model_setting(w.made, "nothing"));
    lk_model_fingerprint_text(NULL, text);
    lk_model_fingerprint_text(w.made, NULL);
    assert_string_equal(text, "");
    assert_non_null(lk_status_text((lk_status)-1));
    calls += 40;
}

static int set_up(void **state) {
    struct sigaction action = {.sa_handler = on_abort};
    (void)state;
    sigaction(SIGABRT, &action, NULL);
    strcpy(w.path, "/tmp/likely-arguments-XXXXXX");
    if (mkdtemp(w.path) == NULL || chdir(w.path) != 0) {
        return -1;
    }
    w.context = make_context(2);
    lk_context_create(-1, &w.broken);
    w.pictures = make_pictures(w.context, 4, 4, 1);
    w.text = make_text(w.context, LK_TEXT_CHARACTERS);
    w.table = make_table(w.context);
    w.words = make_model(w.context, "histogram", NULL, w.table, NULL);
    w.made = make_model(w.context, "made", "hidden=5", w.pictures, w.pictures);
    w.eonade = make_model(w.context, "eonade", "hidden=4", w.pictures, NULL);
    w.charrnn = make_model(w.context, "charrnn", "width=4", w.text, NULL);
    must(w.context, lk_model_save(w.context, w.made, lk_to_memory(&w.model_file)));
    must(w.context,
         lk_model_compress(w.context, w.made, w.pictures, NULL, lk_to_memory(&w.packed), NULL));
    must(w.context,
         lk_model_compress(w.context, w.charrnn, w.text, NULL, lk_to_memory(&w.packed_text), NULL));
    for (int i = 0; i < LARGEST; i++) {
        w.alphabets[i] = 4;
        w.given[i] = i < 3 ? 1 : -1;
    }
    right_values = (lk_values){.values = w.pixels,
                               .bits = 8,
                               .examples = 4,
                               .shape = {2, {SIDE, SIDE}},
                               .alphabet = 4,
                               .alphabets = w.alphabets,
                               .labels = w.labels};
    right_loading = lk_loading_defaults();
    text_loading = lk_loading_defaults();
    text_loading.text = LK_TEXT_BYTES;
    static const uint16_t *const beside[] = {w.numbers};
    static const int64_t counts[] = {(sizeof TEXT - 1 + 3) / 4};
    static const void *const one_text[] = {TEXT};
    static const int64_t one_size[] = {sizeof TEXT - 1};
    local_loading = text_loading;
    local_loading.local_symbols = beside;
    local_loading.local_counts = counts;
    local_loading.local_items = 1;
    local_loading.local_every = 4;
    must(w.context,
         lk_data_from_texts(w.context, one_text, one_size, 1, &local_loading, &w.beside));
    w.wavenet = make_model(w.context, "wavenet", "layers=1", w.beside, NULL);
    static const char *const settings[] = {"hidden=4"};
    right_training = lk_training_defaults();
    right_training.settings = settings;
    right_training.setting_count = 1;
    right_training.epochs = 1;
    right_scoring = lk_scoring_defaults();
    right_sampling = lk_sampling_defaults();
    right_sampling.given = w.given;
    right_sampling.given_count = 1;
    text_sampling = lk_sampling_defaults();
    text_sampling.length = 5;
    text_sampling.prompt = "the";
    text_sampling.prompt_size = 3;
    local_sampling = text_sampling;
    local_sampling.local = w.numbers;
    local_sampling.local_count = 2;
    right_coding = lk_coding_defaults();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    lk_bytes_release(&w.packed);
    lk_bytes_release(&w.packed_text);
    lk_bytes_release(&w.model_file);
    lk_model_destroy(w.made);
    lk_model_destroy(w.charrnn);
    lk_model_destroy(w.words);
    lk_model_destroy(w.eonade);
    lk_model_destroy(w.wavenet);
    lk_data_destroy(w.beside);
    lk_data_destroy(w.table);
    lk_data_destroy(w.pictures);
    lk_data_destroy(w.text);
    lk_context_destroy(w.context);
    lk_context_destroy(w.broken);
    print_message("%lld calls tried, aborts %lld\n", (long long)calls, (long long)aborts);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", w.path);
    return chdir("/") != 0 || system(command) != 0 || aborts > 0;
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_argument),
        cmocka_unit_test(test_names_take_anything),
        cmocka_unit_test(test_getters_take_null),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
