/* Texts compressed and restored byte for byte: bytes and characters, escapes, what is no UTF-8,
 * empty ones, folders of many; the same file by either schedule, any number of threads and any
 * instruction set; the order of symbols; cost against the likelihood; damage; models that are given
 * labels, or learn. */
#include "base/slow.h"
#include "codec/testing.h"
#include "models/stream_testing.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/coder.h"
#include "codec/cuts.h"
#include "models/take.h"

static const char *const lstm[] = {"width=9", "layers=2"};
static const char *const gru[] = {"width=6", "cell=gru", "layers=1"};
static const char *const convolution[] = {"channels=6", "layers=4", "head=5"};
static const char *const attention[] = {"layers=2", "width=4", "heads=2", "window=5"};

typedef struct text_case {
    const char *family;
    const char *const *set;
    int32_t sets, characters;
} text_case;

static const text_case cases[] = {
    {"charrnn", lstm, 2, TESTING_BYTES},
    {"charrnn", gru, 3, 3},  /* most characters escape */
    {"charrnn", lstm, 2, 1}, /* a Bernoulli: one character, or another */
    {"conv1d", convolution, 3, TESTING_CHARACTERS},
    {"conv1d", convolution, 3, TESTING_BYTES},
    {"transformer", attention, 4, TESTING_CHARACTERS},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

/* Weights that small keep every surprisal below the 24 bits that a symbol costs at most. */
static lk_model *make_model(lk_context *context, const text_case *c) {
    return testing_stream_model(context, c->family, c->set, c->sets, c->characters, 0.3f);
}

/* Texts in memory, cut out of one of testing_text, and as they are restored: behind their names. */
typedef struct texts {
    lk_bytes all, part[8];
    lk_items *items;
    lk_buffer expected;
} texts;

static void open_texts(const lk_model *model, const int64_t *lengths, int64_t count, texts *t) {
    lk_stream *stream[8];
    const lk_symbols *symbols;
    int64_t at = 0;
    *t = (texts){.all = testing_text(5000)};
    testing_ok(model->context, lk_model_text_symbols(model, &symbols));
    for (int64_t i = 0; i < count; i++) {
        char name[20];
        snprintf(name, sizeof name, "all/part/%d", (int)(i * i));
        t->part[i] = (lk_bytes){.data = t->all.data + at, .size = lengths[i]};
        at += lengths[i];
        testing_ok(model->context, lk_stream_parse(model->context, count == 1 ? "all" : name,
                                                   &t->part[i], symbols, &stream[i]));
        testing_begin(&t->expected, count == 1 ? "" : name + 4);
        testing_write(&t->expected, t->part[i].data, t->part[i].size);
    }
    testing_ok(model->context,
               lk_items_of_texts_take(model->context, "all", stream, count, &t->items));
}

static void close_texts(texts *t) {
    lk_items_close(t->items);
    lk_buffer_release(&t->expected);
    free(t->all.data);
}

static void expect_restored(const lk_model *model, const lk_buffer *coded, const texts *t) {
    lk_buffer out = {0};
    lk_restored restored;
    testing_ok(model->context,
               testing_decompress(model, coded->data, coded->size, false, &out, &restored));
    testing_same_bytes(&out, &t->expected, "restored");
    assert_true(restored.texts && restored.dataset == NULL && restored.lost_count == 0);
    assert_int_equal(restored.items, lk_items_count(t->items));
    assert_int_equal(restored.symbols, lk_items_total(t->items));
    assert_int_equal(restored.total_bytes, restored.bytes);
    lk_restored_deinit(&restored);
    lk_buffer_release(&out);
}

/* ---- round trips ----------------------------------------------------------------------------- */

static const struct {
    int64_t length[8], count;
} folders[] = {
    {{0}, 1},    {{1}, 1},         {{17}, 1}, {{1400}, 1}, {{3, 0, 200, 1, 41, 40, 41, 0}, 8},
    {{0, 0}, 2}, {{700, 7, 5}, 3},
};
#define FOLDERS ((int)(sizeof folders / sizeof *folders))

static const struct {
    int64_t chunk, lanes;
    float learning_rate;
} geometry[] = {{0, 0, 0.0f},  {0, 1, 0.0f},     {0, 7, 0.0f},  {1, 1, 0.0f},
                {50, 4, 0.0f}, {399, 3, 0.0f},   {400, 256, 0}, {0, 0, 0.001f},
                {0, 7, 0.01f}, {150, 2, 0.002f}, {65, 1, 0.02f}};
#define GEOMETRIES ((int)(sizeof geometry / sizeof *geometry))

/* Where that is slow, each folder has some of the geometries. */
#define GEOMETRIES_APART (LK_SLOW ? 5 : 1)

static void test_round_trips(void **state) {
    lk_buffer coded = {0}, other = {0};
    for (int i = 0; i < CASES * FOLDERS; i++) {
        lk_model *model = make_model(*state, &cases[i % CASES]);
        texts t;
        open_texts(model, folders[i / CASES].length, folders[i / CASES].count, &t);
        for (int g = i % GEOMETRIES_APART; g < GEOMETRIES; g += GEOMETRIES_APART) {
            lk_codec_options options = {.chunk = geometry[g].chunk,
                                        .lanes = geometry[g].lanes,
                                        .learning_rate = geometry[g].learning_rate};
            lk_codec_report report;
            testing_ok(*state, testing_compress(model, t.items, &options, &coded, &report));
            assert_int_equal(report.bytes, coded.size);
            assert_int_equal(report.symbols, lk_items_total(t.items));
            expect_restored(model, &coded, &t);
            options.incremental_encode = options.skip_verify = true;
            testing_ok(*state, testing_compress(model, t.items, &options, &other, &report));
            testing_same_bytes(&coded, &other, "by the incremental schedule");
        }
        close_texts(&t);
        lk_model_destroy(model);
    }
    lk_buffer_release(&coded);
    lk_buffer_release(&other);
}

/* All byte values, in an order without sense, and the beginnings of characters that never end. */
static void test_any_bytes(void **state) {
    lk_buffer coded = {0};
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        texts t;
        int64_t length = 1500;
        open_texts(model, &(int64_t){1}, 1, &t);
        lk_items_close(t.items);
        lk_stream *stream;
        t.part[0].size = length;
        for (int64_t k = 0; k < length; k++) {
            int64_t some = (k * 167 + k / 7) % (k < 900 ? 64 : 256) + (k < 900 ? 192 : 0);
            t.all.data[k] = (uint8_t)(k < 256 ? k : some);
        }
        t.expected.size = 0;
        testing_begin(&t.expected, "");
        testing_write(&t.expected, t.all.data, length);
        testing_ok(*state,
                   lk_stream_parse(*state, "all", &t.part[0], &model->data.symbols, &stream));
        testing_ok(*state, lk_items_of_texts_take(*state, "all", &stream, 1, &t.items));
        testing_ok(*state, testing_compress(model, t.items, NULL, &coded, NULL));
        expect_restored(model, &coded, &t);
        close_texts(&t);
        lk_model_destroy(model);
    }
    lk_buffer_release(&coded);
}

/* One file, whoever writes it; and whoever reads it. */
static void test_same_everywhere(void **state) {
    const lk_kernels *const *tables;
    int32_t table_count = lk_kernels_available(&tables);
    static const int64_t lengths[] = {300, 0, 250, 90};
    (void)state;
    for (int i = 0; i < 2 * CASES; i++) {
        lk_buffer reference = {0}, coded = {0};
        for (int way = 0; way < 2 * table_count; way += TESTING_WAYS_APART(table_count)) {
            setenv("LIKELY_ISA", tables[way / 2]->isa, 1);
            lk_context *context = testing_context(1 + 2 * (way % 2));
            lk_model *model = make_model(context, &cases[i / 2]);
            lk_codec_options options = {.chunk = 350, .lanes = 3, .skip_verify = true};
            options.learning_rate = i % 2 == 1 ? 0.01f : 0.0f;
            texts t;
            open_texts(model, lengths, 4, &t);
            testing_ok(context, testing_compress(model, t.items, &options, &coded, NULL));
            if (way == 0) {
                lk_buffer_put(&reference, coded.data, coded.size);
            }
            testing_same_bytes(&reference, &coded, tables[way / 2]->isa);
            expect_restored(model, &coded, &t);
            close_texts(&t);
            lk_model_destroy(model);
            lk_context_destroy(context);
        }
        lk_buffer_release(&reference);
        lk_buffer_release(&coded);
    }
    unsetenv("LIKELY_ISA");
}

/* Groups of streams, longest first: the order of symbols by hand. */
static void test_lanes(void **state) {
    int64_t length[] = {3, 0, 7, 2, 5};
    lk_content content = {.items = 5, .symbols = 17, .length = length};
    static const lk_lane expected[] = {{3, 4, 2, 0, 0},  {0, 3, 0, 0, 0},  {7, 3, 2, 4, 0},
                                       {12, 3, 4, 0, 0}, {10, 2, 3, 0, 0}, {15, 2, 4, 3, 0}};
    lk_container c = {.texts = true, .version = 4, .lanes = 4, .longest = 4};
    lk_lanes lanes;
    testing_ok(*state, lk_lanes_cut(*state, &c, &content, &lanes));
    assert_int_equal(lanes.count, 6);
    assert_memory_equal(lanes.lane, expected, sizeof expected);
    assert_int_equal(lk_lanes_group(&lanes, &c, 0), 4);
    assert_int_equal(lk_lanes_group(&lanes, &c, 4), 2);
    c.learning_rate = 0.1f; /* no more than one symbol shorter than the first */
    c.lanes = 6;
    assert_int_equal(lk_lanes_group(&lanes, &c, 0), 4);
    assert_int_equal(lk_lanes_group(&lanes, &c, 4), 2);
    lk_lanes_deinit(&lanes);
    c.longest = 0; /* versions 2 and 3: as many parts as lanes, while there are symbols */
    content = (lk_content){.items = 1, .symbols = 5, .length = (int64_t[]){5}};
    testing_ok(*state, lk_lanes_cut(*state, &c, &content, &lanes));
    assert_int_equal(lanes.count, 5);
    lk_lanes_deinit(&lanes);
}

/* Cuts that are told: what leads is a group before the others, of which every part begins with it.
 * Symbols are coded once each. */
static void test_cuts(void **state) {
    int64_t length[] = {3, 13, 11}, cuts[] = {2, 1, 0, 0, 2};
    static const lk_lane expected[] = {{3, 2, 1, 0, 0},  {16, 8, 2, 0, 0},  {5, 7, 1, 2, 2},
                                       {10, 5, 1, 7, 2}, {13, 5, 1, 10, 2}, {0, 3, 0, 0, 0},
                                       {24, 3, 2, 8, 0}};
    lk_content content = {.items = 3, .symbols = 27, .length = length};
    lk_container c = {.texts = true, .cuts = true, .lanes = 4, .longest = 6};
    lk_lanes lanes;
    int64_t times[27] = {0};
    lk_buffer_put(&content.cuts, cuts, sizeof cuts);
    testing_ok(*state, lk_lanes_cut(*state, &c, &content, &lanes));
    assert_true(lanes.count == 7 && lanes.leads == 1);
    assert_memory_equal(lanes.lane, expected, sizeof expected);
    assert_int_equal(lk_lanes_group(&lanes, &c, 0), 1);
    assert_int_equal(lk_lanes_group(&lanes, &c, 1), 4);
    for (int64_t i = 0; i < lanes.count; i++) {
        const lk_lane *l = &lanes.lane[i];
        for (int64_t p = l->lead; p < l->length; p++) {
            times[lk_lane_at(l, p)]++;
        }
    }
    for (int64_t k = 0; k < 27; k++) {
        assert_int_equal(times[k], 1);
    }
    lk_lanes_deinit(&lanes);
    lk_buffer_release(&content.cuts);
}

/* Lines of one form: cuts are where they begin, if one ends where a lead may. */
static void test_lines(void **state) {
    char line[40];
    lk_buffer text = {0};
    for (int i = 0; i < 100; i++) {
        snprintf(line, sizeof line, "%05d 0123456789 abc%s", i, i % 10 == 9 ? "\n\n" : "\n");
        lk_buffer_put(&text, line, (int64_t)strlen(line));
    }
    lk_symbols bytes = {0};
    lk_container c = {.texts = true, .cuts = true, .lanes = 4, .longest = text.size / 4 + 1};
    lk_chunk chunk = {.items = 1, .symbols = text.size};
    lk_content content;
    lk_lanes lanes;
    testing_ok(*state, lk_content_init(*state, &c, &chunk, &bytes, &content));
    for (int64_t i = 0; i < text.size; i++) {
        content.value[i] = text.data[i];
    }
    lk_cuts_find(&c, &content);
    testing_ok(*state, lk_lanes_cut(*state, &c, &content, &lanes));
    assert_true(lanes.leads == 1 && lanes.count == 5);
    for (int64_t i = 1; i < lanes.count; i++) {
        const lk_lane *l = &lanes.lane[i];
        assert_true(l->lead >= text.size / 4 / 16 && content.value[l->lead - 1] == '\n');
        assert_true(content.value[l->begin - 1] == '\n' && l->length >= text.size / 5);
    }
    lk_lanes_deinit(&lanes);
    for (int64_t i = 0; i < text.size; i++) {
        content.value[i] = ' '; /* no lines: even parts, and nothing leads */
    }
    lk_cuts_find(&c, &content);
    testing_ok(*state, lk_lanes_cut(*state, &c, &content, &lanes));
    assert_true(lanes.leads == 0 && lanes.count == 4);
    assert_true(lanes.lane[0].length <= lanes.lane[3].length + 1);
    lk_lanes_deinit(&lanes);
    lk_content_deinit(&content);
    lk_buffer_release(&text);
}

/* The likelihood that is reported is that of the lanes, each from its beginning; the symbols are
 * coded in so many bits. */
static void test_cost(void **state) {
    lk_buffer coded = {0};
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        texts t;
        open_texts(model, (int64_t[]){9000}, 1, &t);
        const lk_codec_options one = {.lanes = 1};
        lk_codec_report report;
        testing_ok(*state, testing_compress(model, t.items, &one, &coded, &report));
        assert_true(report.lanes == 1 && report.chunks == 1 && report.header_bytes <= 100);
        double least = report.model_nll_nats / 0.6931471805599453 / 8.0;
        double over = (double)(report.bytes - report.header_bytes) - least;
        if (!(over > -1.0 && over < 6.0 + 2e-5 * least)) {
            fail_msg("case %d: the model says %.1f bytes, coded in %.1f more", i, least, over);
        }
        int64_t length = lk_items_length(t.items, 0);
        uint16_t *x = malloc((size_t)length * sizeof *x);
        double nll = 0.0, part;
        lk_run *run;
        lk_run_options options = {.shape = {1, {0}}};
        testing_ok(*state, lk_items_read(t.items, 0, 0, length, x));
        testing_ok(*state, lk_run_open(model, &options, &run));
        testing_ok(*state, lk_run_begin(run, 1, NULL));
        for (int64_t k = 0; k < length; k += lk_run_window(run)) {
            int64_t left = length - k, window = lk_run_window(run);
            testing_ok(*state, lk_run_forward(run, x + k, left < window ? left : window));
            testing_ok(*state, lk_run_nll(run, &part, NULL));
            nll += part;
        }
        for (int64_t k = 0; k < length; k++) {
            nll += lk_items_escapes(t.items, x[k]) ? 21.0 * 0.6931471805599453 : 0.0;
        }
        assert_true(fabs(nll - report.model_nll_nats) <= 1e-6 * nll);
        free(x);
        lk_run_close(run);
        close_texts(&t);
        lk_model_destroy(model);
    }
    lk_buffer_release(&coded);
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Of a damaged file what is restored stands in the text, in its order; what is between is told. */
static void test_damage(void **state) {
    lk_model *model = make_model(*state, &cases[0]);
    lk_buffer coded = {0}, out = {0};
    lk_codec_options options = {.chunk = 40, .lanes = 3};
    texts t;
    open_texts(model, (int64_t[]){113}, 1, &t);
    testing_ok(*state, testing_compress(model, t.items, &options, &coded, NULL));
    for (int64_t which = 0; which < testing_damages(coded.size); which++) {
        int64_t size, touched, at = 2, from = 0;
        lk_restored restored;
        uint8_t *bytes = testing_damage(coded.data, coded.size, which, &size, &touched);
        lk_status status = testing_decompress(model, bytes, size, false, &out, &restored);
        assert_true(status == LK_CORRUPT || status == LK_FORMAT || status == LK_MISMATCH ||
                    status == LK_UNSUPPORTED);
        assert_int_equal(out.size, 0); /* nothing is delivered of a damaged file */
        lk_restored_deinit(&restored);
        status = testing_decompress(model, bytes, size, true, &out, &restored);
        for (int64_t i = 0; status == LK_OK && i <= restored.lost_count; i++) {
            bool last = i == restored.lost_count;
            const lk_lost *lost = &restored.lost[i];
            int64_t end = last ? from + out.size - at : lost->item > 0 ? 113 : lost->symbol;
            assert_true(end >= from && end <= 113 && at + end - from <= out.size);
            assert_memory_equal(out.data + at, t.all.data + from, (size_t)(end - from));
            at += end - from;
            from = last ? 0 : lost->end_item > 0 ? 113 : lost->end_symbol;
        }
        assert_true(status != LK_OK || at == out.size);
        lk_restored_deinit(&restored);
        free(bytes);
    }
    close_texts(&t);
    lk_buffer_release(&coded);
    lk_buffer_release(&out);
    lk_model_destroy(model);
}

/* With the right checksums, what is not a stream is still refused, by the coder or by the content's
 * hash; and names that would lead out of the folder. */
static void test_hostile_payloads(void **state) {
    lk_buffer coded = {0}, out = {0};
    for (int i = 0; i < 20 * CASES; i++) {
        lk_model *model = make_model(*state, &cases[i % CASES]);
        lk_container c = {.model = lk_model_fingerprint(model), .lanes = 4, .longest = 90};
        uint8_t payload[600];
        lk_chunk chunk = {.items = 1 + i % 3, .symbols = 300, .payload = payload};
        lk_restored restored;
        c.texts = true;
        c.names = i % 4 == 0;
        c.cuts = i % 3 == 0;
        c.learning_rate = i % 2 == 0 ? 0.0f : 0.01f;
        chunk.size = i / CASES * 30;
        for (int64_t k = 0; k < chunk.size; k++) {
            payload[k] = (uint8_t)testing_below(7, k * 100 + i, 256);
        }
        coded.size = 0;
        lk_container_put_header(&c, &coded);
        lk_container_put_chunk(&c, &chunk, 300, &coded);
        lk_container_put_index(&c, &coded);
        testing_refused(*state,
                        testing_decompress(model, coded.data, coded.size, false, &out, &restored),
                        LK_CORRUPT, "does not decode");
        lk_container_close(&c);
        lk_model_destroy(model);
    }
    lk_buffer_release(&coded);
    lk_buffer_release(&out);
    static const char *const names[] = {"",    "/a",  "a/",   "a//b", ".",    "..",
                                        "./a", "a/.", "../a", "a/..", ".a/b", "a/.b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_false(lk_content_names(names[i]));
    }
    assert_true(lk_content_names("a") && lk_content_names("a/b.c") && lk_content_names("a b/c.."));
}

/* ---- folders and files ----------------------------------------------------------------------- */

static char folder[64];

static const char *in_folder(const char *name) {
    static char path[8][128];
    static int which;
    which = (which + 1) % 8;
    snprintf(path[which], sizeof path[which], "%s/%s", folder, name);
    return path[which];
}

static void write_file(const char *name, const void *bytes, int64_t size) {
    FILE *file = fopen(in_folder(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void same_files(lk_context *context, const char *one, const char *other) {
    lk_bytes a, b;
    testing_ok(context, lk_file_read_raw(context, in_folder(one), 1 << 20, &a));
    testing_ok(context, lk_file_read_raw(context, in_folder(other), 1 << 20, &b));
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, (size_t)a.size);
    lk_bytes_release(&a);
    lk_bytes_release(&b);
}

/* Files in classes, whose labels a model may be given. */
static void test_classes(void **state) {
    static const char *const names[] = {"texts/b/one", "texts/b/two", "texts/c/empty", "texts/c/x"};
    lk_bytes text = testing_text(900);
    lk_restored restored;
    mkdir(in_folder("texts"), 0777);
    mkdir(in_folder("texts/b"), 0777);
    mkdir(in_folder("texts/c"), 0777);
    for (int i = 0; i < 4; i++) {
        write_file(names[i], text.data + 100 * i, i == 2 ? 0 : 150 * i + 20);
    }
    for (int labels = 0; labels < 3; labels += 2) {
        const char *const set[] = {"width=5", "layers=1"};
        lk_data_description about = {
            .shape = {1, {16}}, .variables = 16, .alphabet = 256, .stream = true, .labels = labels};
        lk_model *model;
        lk_items *items;
        testing_ok(*state, lk_model_create(*state, "charrnn", set, 2, about, "natural", 5, &model));
        testing_shake(model, 0.3f);
        testing_ok(*state,
                   lk_items_open_files(*state, in_folder("texts"), &model->data.symbols, &items));
        assert_non_null(lk_items_labels(items));
        testing_ok(*state, lk_compress_file(model, items, in_folder("coded"), NULL, NULL));
        testing_ok(*state, lk_decompress_file(model, in_folder("coded"), in_folder("out"), NULL,
                                              &restored));
        assert_int_equal(restored.items, 4);
        lk_restored_deinit(&restored);
        for (int i = 0; i < 4; i++) {
            char out[32];
            snprintf(out, sizeof out, "out/%s", names[i] + 6);
            same_files(*state, names[i], out);
            unlink(in_folder(out));
        }
        lk_items_close(items);
        lk_model_destroy(model);
    }
    for (int i = 0; i < 4; i++) {
        unlink(in_folder(names[i]));
    }
    free(text.data);
}

/* More files than a process may open at once. */
static void test_many_files(void **state) {
    lk_model *model = make_model(*state, &cases[0]);
    struct rlimit before, few;
    lk_restored restored;
    lk_items *items;
    char name[32];
    mkdir(in_folder("texts"), 0777);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "texts/%d", i);
        write_file(name, name, 6 + i % 4);
    }
    getrlimit(RLIMIT_NOFILE, &before);
    few = before;
    few.rlim_cur = LK_TEXTS_OPEN_MOST + 40;
    setrlimit(RLIMIT_NOFILE, &few);
    testing_ok(*state, lk_model_open_files(model, in_folder("texts"), NULL, &items));
    testing_ok(*state, lk_compress_file(model, items, in_folder("coded"), NULL, NULL));
    lk_items_close(items);
    testing_ok(*state,
               lk_decompress_file(model, in_folder("coded"), in_folder("out"), NULL, &restored));
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(restored.items, 300);
    lk_restored_deinit(&restored);
    for (int i = 0; i < 300; i++) {
        char out[32];
        snprintf(name, sizeof name, "texts/%d", i);
        snprintf(out, sizeof out, "out/%d", i);
        same_files(*state, name, out);
        unlink(in_folder(name));
        unlink(in_folder(out));
    }
    lk_model_destroy(model);
}

static lk_status compress_text(lk_model *model, float rate) {
    const lk_codec_options options = {.learning_rate = rate};
    lk_items *items;
    LK_TRY(lk_model_open_files(model, in_folder("text"), NULL, &items));
    lk_status status = lk_compress_file(model, items, in_folder("coded"), &options, NULL);
    lk_items_close(items);
    return status;
}

static void expect_text(lk_model *model) {
    lk_restored restored;
    testing_ok(model->context,
               lk_decompress_file(model, in_folder("coded"), in_folder("out1"), NULL, &restored));
    lk_restored_deinit(&restored);
    same_files(model->context, "text", "out1");
}

/* A model that was trained on windows of bytes is one of texts too; and an output need not take
 * texts. */
static void test_windows(void **state) {
    lk_model *model = testing_model(*state, "charrnn", lstm, 2, 12, 256, "natural", 3);
    lk_bytes text = testing_text(50);
    lk_restored restored;
    lk_source source;
    write_file("text", text.data, text.size);
    testing_ok(*state, compress_text(model, 0));
    expect_text(model);
    testing_ok(*state, compress_text(model, 0.01f));
    expect_text(model);
    testing_ok(*state, lk_source_open(*state, in_folder("coded"), &source));
    testing_refused(*state, lk_decompress(model, &source, NULL, NULL, &restored), LK_INVALID,
                    "a text");
    lk_source_close(&source);
    lk_model_destroy(model);
    model = testing_model(*state, "charrnn", lstm, 2, 12, 256, "reversed", 3);
    testing_refused(*state, compress_text(model, 0), LK_MISMATCH, "ordering");
    lk_model_destroy(model);
    model = testing_model(*state, "made", NULL, 0, 6, 2, "natural", 1);
    testing_refused(*state, compress_text(model, 0), LK_MISMATCH, "not of texts");
    lk_model_destroy(model);
    free(text.data);
}

static int set_up(void **state) {
    snprintf(folder, sizeof folder, "%s/likely-texts-%ld",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
    mkdir(folder, 0777);
    *state = testing_context(2);
    return 0;
}

static int tear_down(void **state) {
    static const char *const left[] = {"text",  "coded", "out1",  "texts/b", "texts/c",
                                       "texts", "out/b", "out/c", "out"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        remove(in_folder(left[i]));
    }
    lk_context_destroy(*state);
    return rmdir(folder);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_same_everywhere),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_hostile_payloads),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_many_files),
        cmocka_unit_test(test_windows),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
