/* Slower sequences as a program uses them: from memory and files, of texts and recordings, in
 * training, judging, drawing, continuing, compressing and restoring; parts. */
#include "library/testing_local.h"

#include <sys/stat.h>
#include <unistd.h>

static void expect_bytes(const lk_bytes *a, const lk_bytes *b) {
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->data, b->data, (size_t)a->size);
}

static void expect_numbers(lk_context *context, const lk_data *data, int64_t item,
                           const uint16_t *numbers, int64_t count) {
    uint16_t found[MOST];
    assert_int_equal(lk_data_local_count(data, item), count);
    must(context, lk_data_local(context, data, item, found));
    assert_memory_equal(found, numbers, (size_t)count * sizeof *found);
}

/* ---- what it is good for --------------------------------------------------------------------- */

/* Of the letters one in 3 is a fair draw, which whoever is told need not pay: ln 2 / 3 = 0.231 nats
 * a symbol. */
static void test_is_told(void **state) {
    lk_context *context = *state;
    told t = make_told(1), v = make_told(2);
    lk_data *data = load_told(context, &t, TEXTS), *valid = load_told(context, &v, 1), *untold;
    lk_loading plain = lk_loading_defaults();
    plain.text = LK_TEXT_BYTES;
    must(context, lk_data_from_texts(context, v.texts, v.sizes, 1, &plain, &untold));
    assert_int_equal(lk_data_local_every(data), EVERY);
    assert_int_equal(lk_data_local_alphabet(data), 2);
    expect_numbers(context, data, 1, t.number[1], t.counts[1]);
    lk_model *model = train(context, data, valid, 40), *other = train(context, untold, NULL, 40);
    double nll, without, terms[MOST], sum = 0.0;
    must(context, lk_model_nll(context, model, valid, NULL, &nll, terms));
    must(context, lk_model_nll(context, other, untold, NULL, &without, NULL));
    for (int i = 0; i < MOST; i++) {
        sum += terms[i];
    }
    if (!(nll < 0.03 * MOST && without > 0.2 * MOST && fabs(sum - nll) < 1e-6 * nll)) {
        fail_msg("%.9g nats (surprisals %.9g) of one who is told, %.9g of another", nll, sum,
                 without);
    }
    assert_int_equal(lk_model_local_every(model), EVERY);
    assert_int_equal(lk_model_local_alphabet(model), 2);
    assert_int_equal(lk_model_local_every(other), 0);
    assert_int_equal(lk_data_local_count(untold, 0), -1);
    lk_data_destroy(data);
    lk_data_destroy(valid);
    lk_data_destroy(untold);
    lk_model_destroy(model);
    lk_model_destroy(other);
}

/* ---- from files ------------------------------------------------------------------------------ */

static void put_file(const char *folder, const char *name, const void *bytes, int64_t size) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void put_numbers(const char *folder, const char *name, const uint16_t *numbers,
                        int64_t count) {
    char text[8 * MOST];
    int64_t size = 0;
    for (int64_t i = 0; i < count; i++) {
        size += snprintf(text + size, 8, "%d\n", numbers[i]);
    }
    put_file(folder, name, text, size);
}

/* Files and memory, a folder and one text, say the same to the bit. */
static void test_files(void **state) {
    lk_context *context = *state;
    told t = make_told(3);
    lk_data *memory = load_told(context, &t, TEXTS), *files, *one;
    lk_model *model = train(context, memory, NULL, 1);
    char folder[] = "/tmp/likely-local-XXXXXX", texts[64], numbers[64], path[80], command[64];
    assert_non_null(mkdtemp(folder));
    snprintf(texts, sizeof texts, "%s/texts", folder);
    snprintf(numbers, sizeof numbers, "%s/numbers", folder);
    assert_true(mkdir(texts, 0700) == 0 && mkdir(numbers, 0700) == 0);
    for (int i = 0; i < TEXTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.log", i);
        put_file(texts, name, t.text[i], t.sizes[i]);
        snprintf(name, sizeof name, "%d.txt", i);
        put_numbers(numbers, name, t.number[i], t.counts[i]);
    }
    lk_loading how = lk_loading_defaults();
    how.model = model;
    how.local = numbers;
    must(context, lk_data_load(context, lk_from_file(texts), &how, &files));
    double a[TEXTS], b[TEXTS];
    must(context, lk_model_nll(context, model, memory, NULL, a, NULL));
    must(context, lk_model_nll(context, model, files, NULL, b, NULL));
    assert_memory_equal(a, b, sizeof a);
    lk_bytes packed;
    must(context, lk_model_compress(context, model, files, NULL, lk_to_memory(&packed), NULL));
    lk_bytes_release(&packed);
    lk_data_destroy(files);
    snprintf(path, sizeof path, "%s/1.txt", numbers);
    how.local = path;
    must(context, lk_data_from_texts(context, &t.texts[1], &t.sizes[1], 1, &how, &one));
    must(context, lk_model_nll(context, model, one, NULL, b, NULL));
    assert_true(a[1] == b[0]);
    lk_data_destroy(one);
    refused(context, lk_data_load(context, lk_from_file(texts), &how, &one), LK_INVALID,
            "one file, but");
    how.local = numbers;
    refused(context, lk_data_from_texts(context, t.texts, t.sizes, 2, &how, &one), LK_INVALID,
            "local_symbols has an array for each");
    put_numbers(numbers, "2.txt", (const uint16_t[]){5}, 1);
    refused(context, lk_data_load(context, lk_from_file(texts), &how, &one), LK_FORMAT,
            "2.txt, line 1: \"5\" is no symbol");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    lk_data_destroy(memory);
    lk_model_destroy(model);
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* Samples have beside them what they were given; their own beginning gives the same. */
static void test_samples(void **state) {
    lk_context *context = *state;
    told t = make_told(4);
    lk_data *data = load_told(context, &t, 1), *drawn, *again, *none;
    lk_model *model = train(context, data, NULL, 40);
    lk_sampling how = lk_sampling_defaults();
    lk_bytes text, written;
    double nll[2];
    how.local = t.number[1];
    how.local_count = t.counts[1];
    how.count = 2;
    how.length = -1;
    must(context, lk_model_sample(context, model, &how, &drawn));
    assert_int_equal(lk_data_length(drawn, 1), EVERY * t.counts[1]);
    expect_numbers(context, drawn, 1, t.number[1], t.counts[1]);
    must(context, lk_model_nll(context, model, drawn, NULL, nll, NULL));
    assert_true(nll[0] + nll[1] < 0.1 * 2.0 * EVERY * (double)t.counts[1]);
    must(context, lk_data_text(context, drawn, 0, &text));
    must(context, lk_model_write_text(context, model, &how, lk_to_memory(&written)));
    expect_bytes(&text, &written);
    lk_bytes_release(&written);
    how.prompt = text.data;
    how.prompt_size = 20;
    must(context, lk_model_write_text(context, model, &how, lk_to_memory(&written)));
    expect_bytes(&text, &written);
    lk_bytes_release(&written);
    how.count = 1;
    how.length = 21;
    must(context, lk_model_sample(context, model, &how, &again));
    assert_int_equal(lk_data_length(again, 0), 41);
    expect_numbers(context, again, 0, t.number[1], 14);
    how.length = EVERY * t.counts[1] - 19;
    refused(context, lk_model_sample(context, model, &how, &none), LK_INVALID, "want 35 symbols");
    how.prompt_size = 2;
    how.local_count = 1;
    how.length = 0;
    must(context, lk_model_write_text(context, model, &how, lk_to_memory(&written)));
    lk_bytes_release(&written);
    how.prompt_size = 3;
    how.length = -1;
    refused(context, lk_model_write_text(context, model, &how, lk_to_memory(&written)), LK_INVALID,
            "local is of 3 positions, no more than the 3 of the prompt");
    how.local = NULL;
    how.local_count = 0;
    refused(context, lk_model_sample(context, model, &how, &none), LK_INVALID, "length");
    how.length = 5;
    refused(context, lk_model_sample(context, model, &how, &none), LK_MISMATCH,
            "none is given (lk_sampling.local)");
    how.local = (const uint16_t[]){0, 1, 2};
    how.local_count = 3;
    refused(context, lk_model_sample(context, model, &how, &none), LK_INVALID,
            "lk_sampling: local: symbol 2 is 2: expected 0 to 1");
    assert_null(none);
    lk_data_destroy(data);
    lk_bytes_release(&text);
    lk_data_destroy(drawn);
    lk_data_destroy(again);
    lk_model_destroy(model);
}

/* ---- coding ---------------------------------------------------------------------------------- */

/* Restored, texts have beside them what they had, on their own and named in a folder. */
static void test_coding(void **state) {
    lk_context *context = *state;
    told t = make_told(5);
    lk_data *data = load_told(context, &t, TEXTS), *restored;
    lk_model *model = train(context, data, NULL, 1);
    lk_bytes packed, one;
    double a[TEXTS], b[TEXTS];
    for (int64_t count = TEXTS; count > 0; count -= 2) {
        const int64_t items[] = {0, 1, 2};
        lk_data *some;
        must(context, lk_data_select(context, data, items, count, &some));
        must(context, lk_model_compress(context, model, some, NULL, lk_to_memory(&packed), NULL));
        const lk_input input = lk_from_memory(packed.data, packed.size);
        must(context, lk_model_decompress(context, model, input, NULL, &restored, NULL));
        for (int64_t i = 0; i < count; i++) {
            expect_numbers(context, restored, i, t.number[i], t.counts[i]);
        }
        must(context, lk_model_nll(context, model, some, NULL, a, NULL));
        must(context, lk_model_nll(context, model, restored, NULL, b, NULL));
        assert_memory_equal(a, b, (size_t)count * sizeof *a);
        if (count == 1) {
            must(context,
                 lk_model_decompress_text(context, model, input, NULL, lk_to_memory(&one), NULL));
            assert_int_equal(one.size, t.sizes[0]);
            assert_memory_equal(one.data, t.text[0], (size_t)one.size);
            lk_bytes_release(&one);
        }
        lk_bytes_release(&packed);
        lk_data_destroy(restored);
        lk_data_destroy(some);
    }
    lk_data_destroy(data);
    lk_model_destroy(model);
}

/* ---- recordings ------------------------------------------------------------------------------ */

#define FRAMES 100
#define HEAD 44

/* Stereo of 16 bits, as bytes: 4 symbols a frame. */
static void test_recordings(void **state) {
    lk_context *context = *state;
    uint8_t wav[HEAD + 4 * FRAMES] = "RIFF\xb4\1\0\0WAVEfmt \x10\0\0\0\1\0\2\0\x40\x1f\0\0\0\x7d\0"
                                     "\0\4\0\x10\0data\x90\1\0";
    uint16_t numbers[FRAMES / 8 + 1];
    const uint16_t *beside = numbers;
    const int64_t count = FRAMES / 8 + 1;
    for (int i = 0; i < 4 * FRAMES; i++) {
        wav[HEAD + i] = (uint8_t)(i * i / 7);
    }
    for (int i = 0; i < count; i++) {
        numbers[i] = (uint16_t)(i * 7 % 300);
    }
    lk_loading how = {.text = LK_RECORDINGS,
                      .sound = "bytes",
                      .local_symbols = &beside,
                      .local_counts = &count,
                      .local_items = 1,
                      .local_every = 8,
                      .local_alphabet = 400};
    lk_data *data, *restored, *parts[2];
    lk_bytes packed;
    double nll[2];
    must(context, lk_data_load(context, lk_from_memory(wav, sizeof wav), &how, &data));
    assert_int_equal(lk_data_unit(data), 4);
    lk_training training = lk_training_defaults();
    lk_model *model;
    training.family = "wavenet";
    training.settings = (const char *const[]){"layers=2", "channels=4", "upsampling=learned"};
    training.setting_count = 3;
    training.epochs = 1;
    training.window = 60;
    must(context, lk_data_split(context, data, 0.29, 1, &parts[0], &parts[1]));
    assert_int_equal(lk_data_length(parts[0], 0), 4 * 64); /* of 71, whole eights */
    expect_numbers(context, parts[0], 0, numbers, 8);
    expect_numbers(context, parts[1], 0, numbers + 8, 5);
    must(context, lk_model_train(context, &training, parts[0], parts[1], &model));
    assert_int_equal(lk_model_local_alphabet(model), 400);
    must(context, lk_model_nll(context, model, data, NULL, &nll[0], NULL));
    must(context, lk_model_compress(context, model, data, NULL, lk_to_memory(&packed), NULL));
    must(context, lk_model_decompress(context, model, lk_from_memory(packed.data, packed.size),
                                      NULL, &restored, NULL));
    expect_numbers(context, restored, 0, numbers, count);
    must(context, lk_model_nll(context, model, restored, NULL, &nll[1], NULL));
    assert_true(nll[0] == nll[1]);
    lk_sampling sampling = lk_sampling_defaults();
    lk_data *drawn;
    lk_bytes written, text;
    sampling.local = numbers;
    sampling.local_count = count;
    sampling.length = -1;
    must(context, lk_model_sample(context, model, &sampling, &drawn));
    assert_int_equal(lk_data_length(drawn, 0), 4 * 8 * count);
    must(context, lk_data_text(context, drawn, 0, &text));
    must(context, lk_model_write_text(context, model, &sampling, lk_to_memory(&written)));
    expect_bytes(&text, &written);
    lk_bytes_release(&packed);
    lk_bytes_release(&text);
    lk_bytes_release(&written);
    lk_data_destroy(data);
    lk_data_destroy(restored);
    lk_data_destroy(drawn);
    lk_data_destroy(parts[0]);
    lk_data_destroy(parts[1]);
    lk_model_destroy(model);
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* Whoever loaded them is gone; of one text the end is cut where a number begins. */
static void test_parts(void **state) {
    lk_context *context = *state, *other = make_context(1);
    told t = make_told(6);
    lk_data *data = load_told(other, &t, TEXTS), *one, *chosen, *first, *rest;
    lk_context_destroy(other);
    must(context, lk_data_select(context, data, (const int64_t[]){2, 0, 0}, 3, &chosen));
    must(context, lk_data_select(context, data, (const int64_t[]){1}, 1, &one));
    lk_data_destroy(data);
    expect_numbers(context, chosen, 0, t.number[2], 1);
    expect_numbers(context, chosen, 2, t.number[0], t.counts[0]);
    must(context, lk_data_split(context, chosen, 0.3, 1, &first, &rest));
    expect_numbers(context, first, 1, t.number[0], t.counts[0]);
    expect_numbers(context, rest, 0, t.number[0], t.counts[0]);
    lk_data_destroy(first);
    lk_data_destroy(rest);
    must(context, lk_data_split(context, one, 0.5, 1, &first, &rest));
    assert_int_equal(lk_data_length(first, 0), 48);
    assert_int_equal(lk_data_length(rest, 0), 52);
    expect_numbers(context, first, 0, t.number[1], 16);
    expect_numbers(context, rest, 0, t.number[1] + 16, 18);
    lk_data_destroy(first);
    lk_data_destroy(rest);
    refused(context, lk_data_split(context, one, 0.99, 1, &first, &rest), LK_INVALID, "empty");
    lk_data_destroy(one);
    lk_data_destroy(chosen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_coding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_recordings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
