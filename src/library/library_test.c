/* The library as a program uses it: what it says of itself, data from memory, models to and from
 * memory and functions, the three jobs on examples and texts, labels, views, tables, and a watch
 * that ends them. */
#include <math.h>

#include "library/testing.h"

static int set_up(void **state) {
    *state = make_context(2);
    return 0;
}

static int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

static void test_versions_and_families(void **state) {
    (void)state;
    assert_string_equal(lk_version(), LIKELY_VERSION);
    assert_true(lk_engine_version()[0] != '\0');
    assert_string_equal(lk_family_name_at(0), "uniform");
    int32_t count = 0;
    bool pixelcnn = false;
    for (const char *name; (name = lk_family_name_at(count)) != NULL; count++) {
        pixelcnn = pixelcnn || strcmp(name, "pixelcnn") == 0;
    }
    assert_true(count >= 8 && pixelcnn);
}

/* ---- data ------------------------------------------------------------------------------------ */

/* The same pictures as bytes, as 16-bit numbers, turned, with gaps, and upside down. */
static void test_values_stand_anywhere(void **state) {
    lk_context *context = *state;
    enum { N = 3, H = 2, W = 4 };
    uint8_t bytes[N][H][W], turned[W][N][H];
    uint16_t wide[N][H + 1][2 * W] = {{{0}}};
    for (int n = 0; n < N; n++) {
        for (int h = 0; h < H; h++) {
            for (int c = 0; c < W; c++) {
                uint8_t value = (uint8_t)(n * 7 + h * 3 + c);
                bytes[n][h][c] = turned[c][n][h] = value;
                wide[n][H - h][2 * c] = value;
            }
        }
    }
    lk_values values[] = {
        {.values = bytes, .bits = 8, .examples = N, .shape = {2, {H, W}}},
        {.values = turned,
         .bits = 8,
         .examples = N,
         .shape = {2, {H, W}},
         .strides = {H, 1, N * H}},
        {.values = &wide[0][H][0],
         .bits = 16,
         .examples = N,
         .shape = {2, {H, W}},
         .strides = {(H + 1) * 2 * W, -2 * W, 2}},
    };
    for (int i = 0; i < 3; i++) {
        lk_data *data;
        must(context, lk_data_from_values(context, &values[i], &data));
        assert_int_equal(lk_data_count(data), N);
        assert_int_equal(lk_data_length(data, 2), H * W);
        assert_int_equal(lk_data_shape(data).axes, 2);
        assert_int_equal(lk_data_shape(data).size[1], W);
        assert_int_equal(lk_data_alphabet(data), 2 * 7 + 3 + 3 + 1);
        for (int k = 0; k < N * H * W; k++) {
            assert_int_equal(lk_data_values(data)[k], ((uint8_t *)bytes)[k]);
        }
        assert_null(lk_data_labels(data));
        lk_data_destroy(data);
    }
    lk_data *none;
    values[0].alphabet = 10;
    refused(context, lk_data_from_values(context, &values[0], &none), LK_INVALID,
            "example 1, variable 3: 10 is outside the alphabet 0 .. 9");
    assert_null(none);
}

static void test_texts_in_memory(void **state) {
    lk_context *context = *state;
    const void *texts[] = {"abc", "\xc3\xa9t\xc3\xa9", NULL};
    const int64_t sizes[] = {3, 5, 0};
    for (int kind = LK_TEXT_BYTES; kind <= LK_TEXT_CHARACTERS; kind++) {
        lk_data *data;
        lk_bytes bytes;
        lk_loading how = lk_loading_defaults();
        how.text = (lk_text_kind)kind;
        must(context, lk_data_from_texts(context, texts, sizes, 3, &how, &data));
        assert_int_equal(lk_data_count(data), 3);
        assert_int_equal(lk_data_length(data, 2), 0);
        assert_int_equal(lk_data_length(data, 0), 3);
        assert_int_equal(lk_data_length(data, 1), kind == LK_TEXT_BYTES ? 5 : 3);
        assert_null(lk_data_values(data));
        must(context, lk_data_text(context, data, 1, &bytes));
        assert_int_equal(bytes.size, 5);
        assert_memory_equal(bytes.data, texts[1], 5);
        lk_bytes_release(&bytes);
        lk_data_destroy(data);
    }
}

/* ---- models ---------------------------------------------------------------------------------- */

/* A growing file in memory, read and written by functions, some bytes at a time. */
typedef struct pipe {
    uint8_t bytes[1 << 16];
    int64_t size, at;
} pipe_t;

static bool write_pipe(void *argument, const void *bytes, int64_t size) {
    pipe_t *p = argument;
    bool fits = size <= (int64_t)sizeof p->bytes - p->size;
    if (fits) {
        memcpy(p->bytes + p->size, bytes, (size_t)size);
        p->size += size;
    }
    return fits;
}

static int64_t read_pipe(void *argument, void *bytes, int64_t most) {
    pipe_t *p = argument;
    int64_t count = p->size - p->at < 777 ? p->size - p->at : 777;
    count = count < most ? count : most;
    memcpy(bytes, p->bytes + p->at, (size_t)count);
    p->at += count;
    return count;
}

static void same_model(lk_context *context, const lk_model *a, const lk_model *b,
                       const lk_data *data) {
    double nll[2][20];
    char fingerprint[2][33];
    lk_model_fingerprint_text(a, fingerprint[0]);
    lk_model_fingerprint_text(b, fingerprint[1]);
    assert_string_equal(fingerprint[0], fingerprint[1]);
    assert_int_equal(strlen(fingerprint[0]), 32);
    must(context, lk_model_nll(context, a, data, NULL, nll[0], NULL));
    must(context, lk_model_nll(context, b, data, NULL, nll[1], NULL));
    assert_memory_equal(nll[0], nll[1], sizeof nll[0]);
}

static void test_models_travel(void **state) {
    lk_context *context = *state;
    static pipe_t pipe;
    lk_data *data = make_pictures(context, 20, 4, 3);
    lk_model *model = make_model(context, "made", "hidden=12", data, NULL), *loaded;
    lk_bytes bytes;
    assert_string_equal(lk_model_family(model), "made");
    assert_string_equal(lk_model_setting(model, "hidden"), "12");
    assert_int_equal(lk_model_variables(model), PIXELS);
    assert_int_equal(lk_model_alphabet(model), 4);
    assert_int_equal(lk_model_shape(model).size[0], SIDE);
    assert_int_equal(lk_model_text(model), LK_NO_TEXT);
    assert_true(lk_model_parameter_count(model) > 12 * PIXELS);
    must(context, lk_model_save(context, model, lk_to_memory(&bytes)));
    must(context, lk_model_load(context, lk_from_memory(bytes.data, bytes.size), &loaded));
    same_model(context, model, loaded, data);
    lk_model_destroy(loaded);
    must(context, lk_model_save(context, model, lk_to_function(write_pipe, &pipe)));
    assert_int_equal(pipe.size, bytes.size);
    assert_memory_equal(pipe.bytes, bytes.data, (size_t)bytes.size);
    must(context, lk_model_load(context, lk_from_function(read_pipe, &pipe), &loaded));
    same_model(context, model, loaded, data);
    lk_model_destroy(loaded);
    refused(context, lk_model_load(context, lk_from_memory(bytes.data, bytes.size / 2), &loaded),
            LK_FORMAT, "memory: ");
    assert_null(loaded);
    pipe.size = (int64_t)sizeof pipe.bytes - 5;
    refused(context, lk_model_save(context, model, lk_to_function(write_pipe, &pipe)), LK_IO,
            "writing failed");
    lk_bytes_release(&bytes);
    lk_model_destroy(model);
    lk_data_destroy(data);
}

/* ---- the three jobs -------------------------------------------------------------------------- */

static void check_scores(lk_context *context, const lk_model *model, const lk_data *data) {
    double nll[40], surprisal[40 * PIXELS], alone[40];
    assert_true(lk_data_count(data) <= 40 && total(data) <= 40 * PIXELS);
    must(context, lk_model_nll(context, model, data, NULL, nll, surprisal));
    must(context, lk_model_nll(context, model, data, NULL, alone, NULL));
    assert_memory_equal(nll, alone, (size_t)lk_data_count(data) * sizeof *nll);
    const double *nats = surprisal;
    for (int64_t i = 0; i < lk_data_count(data); i++) {
        double sum = 0.0;
        for (int64_t v = 0; v < lk_data_length(data, i); v++) {
            sum += *nats++;
        }
        assert_true(fabs(sum - nll[i]) <= 1e-4 * nll[i]);
    }
}

static void check_coding(lk_context *context, const lk_model *model, const lk_data *data,
                         float learning_rate) {
    lk_bytes packed;
    lk_coding_report report, restored_report;
    lk_data *restored;
    lk_coding how = lk_coding_defaults();
    how.learning_rate = learning_rate;
    must(context, lk_model_compress(context, model, data, &how, lk_to_memory(&packed), &report));
    assert_int_equal(report.items, lk_data_count(data));
    assert_int_equal(report.bytes, packed.size);
    double bits = report.nll_nats / 0.6931471805599453;
    assert_true((double)(report.bytes - report.header_bytes) * 8.0 < bits * 1.02 + 400.0);
    must(context, lk_model_decompress(context, model, lk_from_memory(packed.data, packed.size),
                                      NULL, &restored, &restored_report));
    assert_int_equal(lk_data_count(restored), lk_data_count(data));
    assert_int_equal(restored_report.lost, 0);
    if (lk_data_values(data) != NULL) {
        assert_memory_equal(lk_data_values(restored), lk_data_values(data),
                            (size_t)total(data) * 2);
    }
    for (int64_t i = 0; lk_data_values(data) == NULL && i < lk_data_count(data); i++) {
        lk_bytes a, b;
        must(context, lk_data_text(context, data, i, &a));
        must(context, lk_data_text(context, restored, i, &b));
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.data, b.data, (size_t)a.size);
        lk_bytes_release(&a);
        lk_bytes_release(&b);
    }
    lk_data_destroy(restored);
    packed.data[packed.size / 2] ^= 1;
    lk_status status = lk_model_decompress(context, model, lk_from_memory(packed.data, packed.size),
                                           NULL, &restored, NULL);
    assert_true(status == LK_CORRUPT || status == LK_FORMAT);
    assert_null(restored);
    lk_bytes_release(&packed);
}

static void check_held(lk_context *context, const lk_model *model) {
    int32_t given[2 * PIXELS];
    lk_data *drawn;
    lk_sampling how = lk_sampling_defaults();
    for (int i = 0; i < 2 * PIXELS; i++) {
        given[i] = i % PIXELS < 6 ? (i / PIXELS + i) % 4 : -1;
    }
    how.count = 5;
    how.given = given;
    how.given_count = 2;
    must(context, lk_model_sample(context, model, &how, &drawn));
    assert_int_equal(lk_data_count(drawn), 5);
    for (int i = 0; i < 5 * PIXELS; i++) {
        int32_t held = given[i / PIXELS % 2 * PIXELS + i % PIXELS];
        assert_true(held < 0 || lk_data_values(drawn)[i] == held);
        assert_true(lk_data_values(drawn)[i] < 4);
    }
    lk_data_destroy(drawn);
    static const int32_t wrong[] = {4, -2, -70000, INT32_MIN};
    for (int i = 0; i < 4; i++) {
        given[0] = wrong[i];
        refused(context, lk_model_sample(context, model, &how, &drawn), LK_INVALID, "alphabet");
    }
}

/* Sample number i is the same whatever is drawn beside it. */
static void check_numbers(lk_context *context, const lk_model *model) {
    lk_data *all, *part;
    lk_sampling how = lk_sampling_defaults();
    how.count = 7;
    must(context, lk_model_sample(context, model, &how, &all));
    how.first = 3;
    how.count = 2;
    must(context, lk_model_sample(context, model, &how, &part));
    assert_memory_equal(lk_data_values(part), lk_data_values(all) + 3 * PIXELS,
                        2 * PIXELS * sizeof(uint16_t));
    lk_data_destroy(all);
    lk_data_destroy(part);
    how.count = (INT64_C(1) << 32) + 1;
    refused(context, lk_model_sample(context, model, &how, &part), LK_INVALID,
            "count is 4294967297: expected 1 .. 4294967296");
    how.count = 1;
    how.first = -1;
    refused(context, lk_model_sample(context, model, &how, &part), LK_INVALID,
            "first is -1: expected 0 .. 4611686018427387903");
}

static void test_jobs_on_examples(void **state) {
    static const char *const rows[][2] = {
        {"made", "masks=2"}, {"made", "hidden=9"}, {"pixelcnn", "channels=3"},
        {"bayesnet", NULL},  {"histogram", NULL},
    };
    lk_context *context = *state;
    lk_data *train = make_pictures(context, 60, 4, 1), *data = make_pictures(context, 30, 4, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_model *model = make_model(context, rows[i][0], rows[i][1], train, data);
        double nll[2] = {0.0, (double)INFINITY}, p[2];
        must(context, lk_model_p_values(context, model, nll, 2, p));
        const double none[] = {1.0, -(double)NAN};
        refused(context, lk_model_p_values(context, model, none, 2, p), LK_INVALID, "[1] is no");
        assert_true(p[0] == 1.0 && p[1] > 0.0 && p[1] < 0.05);
        check_scores(context, model, data);
        check_coding(context, model, data, 0.0f);
        check_numbers(context, model);
        check_held(context, model);
        lk_model_destroy(model);
    }
    lk_data_destroy(train);
    lk_data_destroy(data);
}

static void test_jobs_on_texts(void **state) {
    lk_context *context = *state;
    for (int kind = LK_TEXT_BYTES; kind <= LK_TEXT_CHARACTERS; kind++) {
        lk_data *text = make_text(context, (lk_text_kind)kind), *drawn;
        lk_model *model = make_model(context, "charrnn", "width=8", text, NULL);
        lk_bytes bytes, written;
        assert_int_equal(lk_model_text(model), kind);
        check_scores(context, model, text);
        check_coding(context, model, text, 0.0f);
        check_coding(context, model, text, 0.001f);
        lk_sampling how = lk_sampling_defaults();
        how.count = 2;
        how.first = 1;
        how.length = 20;
        how.prompt = "the c";
        how.prompt_size = 5;
        must(context, lk_model_sample(context, model, &how, &drawn));
        assert_int_equal(lk_data_count(drawn), 2);
        assert_int_equal(lk_data_length(drawn, 1), 25);
        must(context, lk_data_text(context, drawn, 0, &bytes));
        assert_memory_equal(bytes.data, "the c", 5);
        must(context, lk_model_write_text(context, model, &how, lk_to_memory(&written)));
        assert_int_equal(written.size, bytes.size);
        assert_memory_equal(written.data, bytes.data, (size_t)bytes.size);
        lk_bytes_release(&bytes);
        lk_bytes_release(&written);
        lk_data_destroy(drawn);
        lk_model_destroy(model);
        lk_data_destroy(text);
    }
}

/* A model of windows of bytes codes texts too, if its family runs along them and its
 * order is natural. */
static void test_texts_by_other_models(void **state) {
    static const char *const orders[] = {"natural", "reversed"};
    lk_context *context = *state;
    static uint8_t windows[8][12];
    lk_values values = {
        .values = windows, .bits = 8, .examples = 8, .shape = {1, {12}}, .alphabet = 256};
    lk_data *data, *text = make_text(context, LK_TEXT_BYTES);
    memcpy(windows, TEXT, sizeof windows);
    must(context, lk_data_from_values(context, &values, &data));
    for (int i = 0; i < 3; i++) {
        lk_model *model;
        lk_bytes packed;
        lk_training how = lk_training_defaults();
        how.family = i < 2 ? "charrnn" : "made";
        how.order = orders[i % 2];
        how.epochs = 1;
        must(context, lk_model_train(context, &how, data, NULL, &model));
        if (i == 0) {
            check_coding(context, model, text, 0.0f);
            check_coding(context, model, text, 0.01f);
        } else {
            refused(context,
                    lk_model_compress(context, model, text, NULL, lk_to_memory(&packed), NULL),
                    LK_MISMATCH, i == 1 ? "ordering" : "not of texts");
        }
        lk_model_destroy(model);
    }
    lk_data_destroy(data);
    lk_data_destroy(text);
}

/* As it is restored, in a file of its own; examples are refused. */
static void test_a_text_as_it_is_restored(void **state) {
    lk_context *context = *state;
    lk_data *text = make_text(context, LK_TEXT_CHARACTERS), *data = make_pictures(context, 9, 4, 1);
    lk_model *model = make_model(context, "charrnn", "width=4", text, NULL);
    lk_model *made = make_model(context, "made", "hidden=4", data, NULL);
    lk_bytes packed, restored;
    lk_coding_report report;
    must(context, lk_model_compress(context, model, text, NULL, lk_to_memory(&packed), NULL));
    must(context, lk_model_decompress_text(context, model, lk_from_memory(packed.data, packed.size),
                                           NULL, lk_to_memory(&restored), &report));
    assert_int_equal(restored.size, sizeof TEXT - 1);
    assert_memory_equal(restored.data, TEXT, sizeof TEXT - 1);
    assert_int_equal(report.variables, total(text));
    lk_bytes_release(&packed);
    lk_bytes_release(&restored);
    must(context, lk_model_compress(context, made, data, NULL, lk_to_memory(&packed), NULL));
    refused(context,
            lk_model_decompress_text(context, made, lk_from_memory(packed.data, packed.size), NULL,
                                     lk_to_memory(&restored), NULL),
            LK_MISMATCH, "examples");
    assert_null(restored.data);
    lk_bytes_release(&packed);
    lk_model_destroy(model);
    lk_model_destroy(made);
    lk_data_destroy(text);
    lk_data_destroy(data);
}

static void test_labels(void **state) {
    lk_context *context = *state;
    static const int32_t ones[30] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const int32_t label[] = {1}, unknown[] = {2};
    lk_data *data = make_pictures(context, 30, 4, 1), *drawn;
    lk_model *model;
    double own[30], other[30];
    lk_training how = lk_training_defaults();
    how.condition = true;
    how.epochs = 60;
    how.batch = 10;
    how.learning_rate = 0.01;
    must(context, lk_model_train(context, &how, data, NULL, &model));
    assert_int_equal(lk_model_label_count(model), LABELS);
    lk_scoring scoring = lk_scoring_defaults();
    must(context, lk_model_nll(context, model, data, &scoring, own, NULL));
    scoring.labels = ones;
    must(context, lk_model_nll(context, model, data, &scoring, other, NULL));
    double better = 0.0;
    for (int i = 0; i < 30; i++) {
        assert_int_equal(own[i] == other[i], lk_data_labels(data)[i] == 1);
        better += other[i] - own[i];
    }
    assert_true(better > 1.0); /* the label is the first pixel's parity */
    check_coding(context, model, data, 0.0f);
    lk_sampling sampling = lk_sampling_defaults();
    sampling.count = 10;
    refused(context, lk_model_sample(context, model, &sampling, &drawn), LK_MISMATCH, "label");
    sampling.labels = unknown;
    sampling.label_count = 1;
    refused(context, lk_model_sample(context, model, &sampling, &drawn), LK_INVALID, "labels[0]");
    sampling.labels = label;
    must(context, lk_model_sample(context, model, &sampling, &drawn));
    lk_data_destroy(drawn);
    lk_model_destroy(model);
    lk_data_destroy(data);
}

/* High bits before low ones; and columns with different numbers of values. */
static void test_views_and_tables(void **state) {
    lk_context *context = *state;
    lk_data *data = make_pictures(context, 30, 8, 1), *drawn;
    lk_model *model;
    lk_training how = lk_training_defaults();
    how.view = "bits:1";
    how.epochs = 2;
    must(context, lk_model_train(context, &how, data, NULL, &model));
    assert_int_equal(lk_model_variables(model), PIXELS);
    check_scores(context, model, data);
    check_coding(context, model, data, 0.0f);
    lk_model_destroy(model);
    lk_data_destroy(data);

    static const uint8_t rows[6][3] = {{0, 4, 1}, {1, 2, 1}, {0, 0, 0},
                                       {1, 4, 1}, {0, 3, 0}, {1, 1, 0}};
    static const int32_t alphabets[] = {2, 5, 2};
    lk_values values = {.values = rows,
                        .bits = 8,
                        .examples = 6,
                        .shape = {1, {3}},
                        .alphabet = 3,
                        .alphabets = alphabets};
    must(context, lk_data_from_values(context, &values, &data));
    assert_int_equal(lk_data_alphabet(data), 5);
    model = make_model(context, "made", "hidden=6", data, NULL);
    check_scores(context, model, data);
    check_coding(context, model, data, 0.0f);
    lk_sampling sampling = lk_sampling_defaults();
    sampling.count = 200;
    must(context, lk_model_sample(context, model, &sampling, &drawn));
    for (int i = 0; i < 600; i++) {
        assert_true(lk_data_values(drawn)[i] < alphabets[i % 3]);
    }
    lk_data_destroy(drawn);
    lk_model_destroy(model);
    lk_data_destroy(data);
}

/* From the weights of a model; and tables whose words and classes must be the same. */
static void test_training_goes_on(void **state) {
    static const char *const other[] = {"hidden=9"};
    lk_context *context = *state;
    lk_data *data = make_pictures(context, 40, 4, 1);
    lk_model *model = make_model(context, "made", "hidden=8", data, NULL), *further;
    double before[40], after[40], gained = 0.0;
    lk_training how = lk_training_defaults();
    how.from = model;
    how.epochs = 20;
    how.learning_rate = 0.01;
    must(context, lk_model_nll(context, model, data, NULL, before, NULL));
    must(context, lk_model_train(context, &how, data, NULL, &further));
    assert_string_equal(lk_model_setting(further, "hidden"), "8");
    must(context, lk_model_nll(context, further, data, NULL, after, NULL));
    for (int i = 0; i < 40; i++) {
        gained += before[i] - after[i];
    }
    assert_true(gained > 1.0);
    must(context, lk_model_nll(context, model, data, NULL, after, NULL));
    assert_memory_equal(before, after, sizeof before); /* the first one is as it was */
    lk_model_destroy(further);
    how.settings = other;
    how.setting_count = 1;
    refused(context, lk_model_train(context, &how, data, NULL, &further), LK_INVALID, "stays");
    lk_model_destroy(model);
    lk_data_destroy(data);
}

static void test_tables_of_words(void **state) {
    static const char first[] = "size,kind\nbig,cat\nsmall,dog\nbig,dog\nsmall,cat\nbig,cat\n",
                      second[] = "kind,size\ndog,small\ncat,big\n",
                      third[] = "size,kind\nbig,cow\n";
    lk_context *context = *state;
    lk_data *train, *valid, *unlike, *none;
    lk_model *model;
    lk_loading loading = lk_loading_defaults();
    loading.label = "kind";
    must(context, lk_data_load(context, lk_from_memory(first, sizeof first - 1), &loading, &train));
    assert_int_equal(lk_data_length(train, 0), 1);
    must(context,
         lk_data_load(context, lk_from_memory(second, sizeof second - 1), &loading, &unlike));
    loading.like = train;
    must(context,
         lk_data_load(context, lk_from_memory(second, sizeof second - 1), &loading, &valid));
    assert_int_equal(lk_data_labels(valid)[0], 1); /* dog, after cat */
    assert_int_equal(lk_data_values(valid)[1], lk_data_values(train)[0]);
    refused(context,
            lk_data_load(context, lk_from_memory(third, sizeof third - 1), &loading, &none),
            LK_MISMATCH, "cow");
    lk_training how = lk_training_defaults();
    how.condition = true;
    how.epochs = 2;
    must(context, lk_model_train(context, &how, train, valid, &model));
    check_scores(context, model, unlike); /* by its words, whatever their order */
    lk_model_destroy(model);
    lk_data_destroy(train);
    lk_data_destroy(valid);
    lk_data_destroy(unlike);
}

/* ---- what does not belong together ----------------------------------------------------------- */

static void test_mismatches(void **state) {
    lk_context *context = *state;
    lk_data *pictures = make_pictures(context, 10, 4, 1), *grey = make_pictures(context, 10, 9, 1);
    lk_data *text = make_text(context, LK_TEXT_BYTES);
    lk_model *made = make_model(context, "made", "hidden=5", pictures, NULL);
    lk_model *charrnn = make_model(context, "charrnn", "width=5", text, NULL);
    const void *one[] = {"abc"};
    const int64_t sizes[] = {3};
    double nll[10];
    lk_bytes bytes;
    refused(context, lk_model_nll(context, made, text, NULL, nll, NULL), LK_MISMATCH, "texts");
    refused(context, lk_model_nll(context, charrnn, pictures, NULL, nll, NULL), LK_MISMATCH,
            "examples");
    refused(context, lk_model_nll(context, made, grey, NULL, nll, NULL), LK_MISMATCH, "alphabet");
    must(context, lk_model_compress(context, made, pictures, NULL, lk_to_memory(&bytes), NULL));
    lk_data *restored;
    refused(context,
            lk_model_decompress(context, charrnn, lk_from_memory(bytes.data, bytes.size), NULL,
                                &restored, NULL),
            LK_MISMATCH, "");
    lk_bytes_release(&bytes);
    const lk_loading of_examples = {.model = made};
    refused(context, lk_data_from_texts(context, one, sizes, 1, &of_examples, &restored),
            LK_MISMATCH, "the model is of examples, not of texts");
    double p[10];
    refused(context, lk_model_p_values(context, made, nll, 10, p), LK_UNSUPPORTED, "validation");
    refused(context, lk_data_load(context, lk_from_file(NULL), NULL, &restored), LK_INVALID,
            "neither a file");
    refused(context, lk_data_load(context, lk_from_function(NULL, NULL), NULL, &restored),
            LK_INVALID, "neither a file");
    lk_model_destroy(made);
    lk_model_destroy(charrnn);
    lk_data_destroy(pictures);
    lk_data_destroy(grey);
    lk_data_destroy(text);
}

/* ---- the watch ------------------------------------------------------------------------------- */

typedef struct told {
    int64_t calls, after;
    char doing[32];
} told;

static bool watch(void *argument, const lk_progress *progress) {
    told *t = argument;
    snprintf(t->doing, sizeof t->doing, "%s", progress->doing);
    return ++t->calls <= t->after;
}

static void test_the_watch_ends_jobs(void **state) {
    lk_context *context = *state;
    lk_data *data = make_pictures(context, 20, 4, 1), *drawn;
    lk_model *model = make_model(context, "pixelcnn", "channels=4", data, data), *other;
    lk_training how = lk_training_defaults();
    lk_bytes bytes;
    double nll[20];
    told t = {0};
    lk_context_watch(context, watch, &t);
    refused(context, lk_model_train(context, &how, data, data, &other), LK_INTERRUPTED, "watch");
    assert_non_null(other); /* after one step */
    lk_model_destroy(other);
    assert_string_equal(t.doing, "training");
    how.family = "bernoulli-mixture";
    refused(context, lk_model_train(context, &how, data, data, &other), LK_INTERRUPTED, "watch");
    lk_model_destroy(other);
    refused(context, lk_model_nll(context, model, data, NULL, nll, NULL), LK_INTERRUPTED, "watch");
    assert_string_equal(t.doing, "scoring");
    refused(context, lk_model_sample(context, model, NULL, &drawn), LK_INTERRUPTED, "watch");
    assert_null(drawn);
    refused(context, lk_model_compress(context, model, data, NULL, lk_to_memory(&bytes), NULL),
            LK_INTERRUPTED, "watch");
    assert_null(bytes.data);
    t.after = INT64_MAX;
    must(context, lk_model_compress(context, model, data, NULL, lk_to_memory(&bytes), NULL));
    assert_true(t.calls > 5);
    t.after = 0;
    refused(context,
            lk_model_decompress(context, model, lk_from_memory(bytes.data, bytes.size), NULL,
                                &drawn, NULL),
            LK_INTERRUPTED, "watch");
    assert_null(drawn);
    lk_context_watch(context, NULL, NULL);
    lk_bytes_release(&bytes);
    lk_model_destroy(model);
    lk_data_destroy(data);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_and_families),
        cmocka_unit_test(test_values_stand_anywhere),
        cmocka_unit_test(test_texts_in_memory),
        cmocka_unit_test(test_models_travel),
        cmocka_unit_test(test_jobs_on_examples),
        cmocka_unit_test(test_jobs_on_texts),
        cmocka_unit_test(test_texts_by_other_models),
        cmocka_unit_test(test_a_text_as_it_is_restored),
        cmocka_unit_test(test_training_goes_on),
        cmocka_unit_test(test_tables_of_words),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_views_and_tables),
        cmocka_unit_test(test_mismatches),
        cmocka_unit_test(test_the_watch_ends_jobs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
