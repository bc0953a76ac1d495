/* Texts compressed and restored byte for byte: bytes and characters, escapes, what is no UTF-8; the
 * same file by both schedules and any number of threads and instruction set; cost against the
 * likelihood; every byte damaged, every length cut; the wrong model. */
#include "models/stream_testing.h"

#include <stdio.h>
#include <unistd.h>

#include "codec/codec.h"
#include "codec/stream_codec.h"
#include "codec/stream_coder.h"
#include "kernels/kernels.h"

static const char *const lstm[] = {"width=9", "layers=2"};
static const char *const gru[] = {"width=6", "cell=gru", "layers=1"};
static const char *const convolution[] = {"channels=6", "layers=4", "head=5"};

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
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static char text_path[64], coded_path[64], other_path[64], out_path[64];

/* Weights that small keep every surprisal below the 24 bits that a symbol costs at most. */
static lk_model *make_model(lk_context *context, const text_case *c) {
    return testing_stream_model(context, c->family, c->set, c->sets, c->characters, 0.3f);
}

static void write_file(const char *path, const void *bytes, int64_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
}

static lk_bytes read_file(lk_context *context, const char *path) {
    lk_bytes bytes;
    testing_ok(context, lk_file_read_raw(context, path, 1 << 30, &bytes));
    return bytes;
}

static void same_files(lk_context *context, const char *one, const char *two) {
    lk_bytes a = read_file(context, one), b = read_file(context, two);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, (size_t)a.size);
    lk_bytes_release(&a);
    lk_bytes_release(&b);
}

static void expect_restored(const lk_model *model, int64_t bytes) {
    lk_stream_restored restored;
    unlink(out_path);
    testing_ok(model->context, lk_stream_decompress(model, coded_path, out_path, NULL, &restored));
    assert_int_equal(restored.bytes, bytes);
    assert_int_equal(restored.text_bytes, bytes);
    assert_null(restored.lost);
    same_files(model->context, text_path, out_path);
}

/* ---- round trips ----------------------------------------------------------------------------- */

static void test_round_trips(void **state) {
    static const int64_t counts[] = {1, 2, 17, 400};
    static const struct {
        int64_t chunk;
        int32_t lanes;
        float learning_rate;
    } geometry[] = {{0, 0, 0.0f},  {0, 1, 0.0f},     {0, 7, 0.0f},  {1, 1, 0.0f},
                    {50, 4, 0.0f}, {399, 3, 0.0f},   {400, 256, 0}, {0, 0, 0.001f},
                    {0, 7, 0.01f}, {150, 2, 0.002f}, {65, 1, 0.02f}};
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        for (int c = 0; c < 4; c++) {
            lk_bytes text = testing_text(counts[c]);
            write_file(text_path, text.data, text.size);
            for (size_t g = 0; g < sizeof geometry / sizeof *geometry; g++) {
                lk_stream_options options = {.chunk_symbols = geometry[g].chunk,
                                             .lanes = geometry[g].lanes,
                                             .learning_rate = geometry[g].learning_rate};
                lk_stream_report report;
                testing_ok(*state,
                           lk_stream_compress(model, text_path, coded_path, &options, &report));
                assert_int_equal(report.bytes, text.size);
                assert_int_equal(report.symbols,
                                 cases[i].characters == TESTING_BYTES ? text.size : counts[c]);
                lk_bytes coded = read_file(*state, coded_path);
                assert_int_equal(report.coded_bytes, coded.size);
                lk_bytes_release(&coded);
                expect_restored(model, text.size);
                options.incremental_encode = options.skip_verify = true;
                testing_ok(*state,
                           lk_stream_compress(model, text_path, other_path, &options, NULL));
                same_files(*state, coded_path, other_path);
            }
            free(text.data);
        }
        lk_model_destroy(model);
    }
}

/* All byte values, in an order without sense, and the beginnings of characters that never end. */
static void test_any_bytes(void **state) {
    uint8_t bytes[1500];
    for (int64_t i = 0; i < 1500; i++) {
        bytes[i] =
            (uint8_t)(i < 256 ? i : (i * 167 + i / 7) % (i < 900 ? 64 : 256) + (i < 900 ? 192 : 0));
    }
    write_file(text_path, bytes, sizeof bytes);
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        testing_ok(*state, lk_stream_compress(model, text_path, coded_path, NULL, NULL));
        expect_restored(model, sizeof bytes);
        lk_model_destroy(model);
    }
}

static void test_empty(void **state) {
    lk_stream_report report;
    lk_model *model = make_model(*state, &cases[3]);
    write_file(text_path, "", 0);
    testing_ok(*state, lk_stream_compress(model, text_path, coded_path, NULL, &report));
    assert_int_equal(report.chunks, 0);
    assert_int_equal(report.coded_bytes, report.header_bytes);
    expect_restored(model, 0);
    lk_model_destroy(model);
}

/* One file, whoever writes it; and whoever reads it. */
static void test_same_everywhere(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t table_count = lk_kernels_available(&tables);
    lk_bytes text = testing_text(700);
    write_file(text_path, text.data, text.size);
    for (int i = 0; i < CASES; i++) {
        for (int way = 0; way < 4 * table_count; way++) {
            bool first = way == 0 || way == 2 * table_count, learns = way >= 2 * table_count;
            setenv("LIKELY_ISA", tables[way / 2 % table_count]->isa, 1);
            lk_context *context = testing_context(1 + 2 * (way % 2));
            lk_model *model = make_model(context, &cases[i]);
            lk_stream_options options = {.chunk_symbols = 250,
                                         .lanes = 3,
                                         .skip_verify = true,
                                         .learning_rate = learns ? 0.01f : 0.0f};
            testing_ok(context,
                       lk_stream_compress(model, text_path, first ? coded_path : other_path,
                                          &options, NULL));
            if (!first) {
                same_files(context, coded_path, other_path);
            }
            expect_restored(model, text.size);
            lk_model_destroy(model);
            lk_context_destroy(context);
        }
    }
    unsetenv("LIKELY_ISA");
    free(text.data);
}

/* The likelihood that is reported is that of the lanes, each from its beginning; the payload is
 * that long. */
static void test_cost(void **state) {
    lk_bytes text = testing_text(6000);
    write_file(text_path, text.data, text.size);
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        lk_stream_options options = {.skip_verify = true};
        lk_stream_report report;
        testing_ok(*state, lk_stream_compress(model, text_path, coded_path, &options, &report));
        assert_int_equal(report.lanes, 1);
        assert_int_equal(report.chunks, 1);
        assert_true(report.header_bytes <= 48);
        double least = report.model_nll_nats / 0.6931471805599453 / 8.0;
        double over = (double)(report.coded_bytes - report.header_bytes) - least;
        if (!(over > -1.0 && over < 24.0 + 0.001 * least)) {
            fail_msg("case %d: the model says %.1f bytes, coded in %.1f more", i, least, over);
        }
        lk_stream *stream;
        lk_graph *graph;
        lk_execution *execution;
        testing_ok(*state, lk_stream_open(*state, text_path, &model->data.symbols, &stream));
        int64_t length = lk_stream_length(stream);
        uint16_t *x = malloc((size_t)length * sizeof *x);
        double nll = 0.0;
        testing_ok(*state, lk_stream_read(stream, 0, length, x));
        testing_ok(*state, lk_model_graph_at(model, (lk_shape){1, {length}}, &graph));
        testing_ok(*state, lk_execution_create(graph, LK_PLAN_EVALUATE, 1, &execution));
        testing_ok(*state, lk_execution_forward(execution, x, 1));
        testing_ok(*state, lk_execution_nll(execution, &nll, NULL));
        for (int64_t k = 0; k < length; k++) {
            nll += lk_symbols_escapes(&model->data.symbols, x[k]) ? 21.0 * 0.6931471805599453 : 0.0;
        }
        assert_true(fabs(nll - report.model_nll_nats) <= 1e-6 * nll);
        free(x);
        lk_execution_destroy(execution);
        lk_graph_destroy(graph);
        lk_stream_close(stream);
        lk_model_destroy(model);
    }
    free(text.data);
}

/* ---- damage ---------------------------------------------------------------------------------- */

typedef struct sound {
    lk_model *model;
    lk_bytes text, coded; /* three chunks of bytes */
    int64_t header_bytes;
} sound;

#define CHUNK 40

static sound make_sound(lk_context *context) {
    sound s = {.model = make_model(context, &cases[0]), .text = testing_text(60)};
    lk_stream_options options = {.chunk_symbols = CHUNK, .lanes = 3};
    lk_stream_report report;
    s.text.size = 3 * CHUNK - 7;
    write_file(text_path, s.text.data, s.text.size);
    testing_ok(context, lk_stream_compress(s.model, text_path, coded_path, &options, &report));
    assert_int_equal(report.chunks, 3);
    s.header_bytes = report.header_bytes;
    s.coded = read_file(context, coded_path);
    return s;
}

static void end_sound(sound *s) {
    lk_model_destroy(s->model);
    free(s->text.data);
    lk_bytes_release(&s->coded);
}

/* A damaged file is refused, and nothing stands at the output's path; salvaged, it gives the chunks
 * but those that are told lost. Returns how many are lost, -1 when all. */
static int64_t damaged(const sound *s, const uint8_t *bytes, int64_t size) {
    lk_context *context = s->model->context;
    write_file(other_path, bytes, size);
    unlink(out_path);
    lk_status status = lk_stream_decompress(s->model, other_path, out_path, NULL, NULL);
    if (status != LK_CORRUPT && status != LK_FORMAT && status != LK_UNSUPPORTED) {
        fail_msg("%lld of %lld bytes: %s: %s", (long long)size, (long long)s->coded.size,
                 lk_status_text(status), lk_context_message(context));
    }
    assert_int_equal(access(out_path, F_OK), -1);
    lk_stream_options options = {.salvage = true};
    lk_stream_restored restored;
    if (lk_stream_decompress(s->model, other_path, out_path, &options, &restored) != LK_OK) {
        assert_int_equal(access(out_path, F_OK), -1);
        return -1;
    }
    lk_bytes left = read_file(context, out_path);
    int64_t at = 0, lost = 0;
    for (int64_t chunk = 0; chunk < 3; chunk++) {
        int64_t first = chunk * CHUNK,
                count = first + CHUNK < s->text.size ? CHUNK : s->text.size - first;
        if (lost < restored.lost_count && restored.lost[lost] == chunk) {
            lost++;
            continue;
        }
        assert_true(at + count <= left.size);
        assert_memory_equal(left.data + at, s->text.data + first, (size_t)count);
        at += count;
    }
    assert_int_equal(at, left.size);
    assert_int_equal(lost, restored.lost_count);
    assert_int_equal(restored.bytes, left.size);
    lk_bytes_release(&left);
    lk_release(restored.lost);
    return lost;
}

static void test_every_byte_damaged(void **state) {
    sound s = make_sound(*state);
    for (int64_t i = 0; i < s.coded.size; i++) {
        for (int bit = 0; bit < 8; bit += 7) {
            s.coded.data[i] ^= (uint8_t)(1 << bit);
            int64_t lost = damaged(&s, s.coded.data, s.coded.size);
            if (i < s.header_bytes ? lost != -1 : lost < 0 || lost > 1) {
                fail_msg("byte %lld of %lld: %lld chunks lost", (long long)i,
                         (long long)s.coded.size, (long long)lost);
            }
            s.coded.data[i] ^= (uint8_t)(1 << bit);
        }
    }
    end_sound(&s);
}

static void test_cut_and_grown(void **state) {
    sound s = make_sound(*state);
    int64_t before = 3;
    for (int64_t size = s.coded.size - 1; size >= 0; size--) {
        int64_t lost = damaged(&s, s.coded.data, size);
        lost = lost < 0 ? 3 : lost;
        assert_true(lost == 0 || size < s.coded.size - 10);
        assert_true(before == 3 || lost == before || lost == before + 1);
        before = lost;
    }
    uint8_t *other = malloc((size_t)s.coded.size + 2);
    for (int64_t at = s.header_bytes; at <= s.coded.size; at++) { /* bytes put in, and taken out */
        memcpy(other, s.coded.data, (size_t)at);
        other[at] = other[at + 1] = 0x55;
        memcpy(other + at + 2, s.coded.data + at, (size_t)(s.coded.size - at));
        int64_t lost = damaged(&s, other, s.coded.size + 2);
        assert_true(lost >= 0 && lost <= 1);
        if (at + 2 <= s.coded.size) {
            memcpy(other + at, s.coded.data + at + 2, (size_t)(s.coded.size - at - 2));
            lost = damaged(&s, other, s.coded.size - 2);
            assert_true(lost >= 0 && lost <= 2);
        }
    }
    free(other);
    end_sound(&s);
}

/* With the right checksums, what is not a stream is still refused, by the coder or by the content's
 * hash. */
static void test_hostile_payloads(void **state) {
    for (int i = 0; i < CASES; i++) {
        lk_model *model = make_model(*state, &cases[i]);
        lk_stream_header header = {.model = lk_model_fingerprint(model),
                                   .bytes = 300,
                                   .symbols = 300,
                                   .chunk_symbols = 300,
                                   .lanes = 4};
        for (int round = 0; round < 20; round++) {
            uint8_t payload[600];
            lk_writer *file;
            lk_stream_writer writer;
            int64_t size = round * 30;
            header.learning_rate = round % 2 == 0 ? 0.0f : 0.01f;
            for (int64_t k = 0; k < size; k++) {
                payload[k] = (uint8_t)lk_random_below((lk_random){7, LK_FOR_CHECK}, (uint64_t)k,
                                                      (uint64_t)round, 256);
            }
            testing_ok(*state, lk_writer_create(*state, coded_path, &file));
            testing_ok(*state, lk_stream_writer_begin(*state, file, &header, &writer));
            lk_stream_writer_put(&writer, payload, size, 12345);
            lk_stream_writer_end(&writer);
            lk_stream_writer_deinit(&writer);
            testing_ok(*state, lk_writer_commit(file));
            testing_refused(*state, lk_stream_decompress(model, coded_path, out_path, NULL, NULL),
                            LK_CORRUPT, "does not decode");
        }
        lk_model_destroy(model);
    }
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void test_wrong_models(void **state) {
    sound s = make_sound(*state);
    lk_model *other = make_model(*state, &cases[4]);
    testing_refused(*state, lk_stream_decompress(other, coded_path, out_path, NULL, NULL),
                    LK_MISMATCH, "use the former");
    lk_model_destroy(other);
    lk_model *made = testing_model(*state, "made", NULL, 0, 6, 2, "natural", 1);
    testing_refused(*state, lk_stream_compress(made, text_path, other_path, NULL, NULL),
                    LK_MISMATCH, "not of texts");
    lk_dataset *dataset = testing_random_data(*state, 5, 6, 2, 1);
    testing_ok(*state, lk_compress(made, dataset, other_path, NULL, NULL));
    testing_refused(*state, lk_stream_decompress(s.model, other_path, out_path, NULL, NULL),
                    LK_FORMAT, "not a text");
    assert_false(lk_stream_container_is(*state, other_path));
    assert_true(lk_stream_container_is(*state, coded_path));
    lk_dataset_destroy(dataset);
    testing_refused(*state, lk_decompress(made, coded_path, NULL, &dataset, NULL, NULL), LK_FORMAT,
                    "compressed text");
    lk_model_destroy(made);
    lk_stream_options options = {.lanes = 257};
    testing_refused(*state, lk_stream_compress(s.model, text_path, other_path, &options, NULL),
                    LK_INVALID, "lanes");
    options = (lk_stream_options){.learning_rate = NAN};
    testing_refused(*state, lk_stream_compress(s.model, text_path, other_path, &options, NULL),
                    LK_INVALID, "at a rate");
    options = (lk_stream_options){.chunk_symbols = -1};
    testing_refused(*state, lk_stream_compress(s.model, text_path, other_path, &options, NULL),
                    LK_INVALID, "chunks");
    end_sound(&s);
}

/* A model that was trained on windows of bytes is one of texts too. */
static void test_windows_of_bytes(void **state) {
    lk_model *model = testing_model(*state, "charrnn", lstm, 2, 12, 256, "natural", 3);
    lk_bytes text = testing_text(50);
    write_file(text_path, text.data, text.size);
    testing_ok(*state, lk_model_compress_text(model, text_path, coded_path));
    expect_restored(model, text.size);
    testing_ok(*state, lk_model_decompress_text(model, coded_path, other_path));
    same_files(*state, text_path, other_path);
    testing_ok(*state, lk_model_compress_text_learning(model, text_path, coded_path, 0.01f));
    expect_restored(model, text.size);
    lk_model_destroy(model);
    model = testing_model(*state, "charrnn", lstm, 2, 12, 256, "reversed", 3);
    testing_refused(*state, lk_stream_compress(model, text_path, coded_path, NULL, NULL),
                    LK_MISMATCH, "ordering");
    lk_model_destroy(model);
    free(text.data);
}

static int set_up(void **state) {
    static char *const paths[] = {text_path, coded_path, other_path, out_path};
    static const char *const names[] = {"text", "coded", "other", "out"};
    const char *folder = access("/dev/shm", W_OK) == 0
                             ? "/dev/shm"
                             : "/tmp"; /* hundreds of files are written and synced */
    for (int i = 0; i < 4; i++) {
        snprintf(paths[i], sizeof text_path, "%s/likely-stream-%s-%ld", folder, names[i],
                 (long)getpid());
    }
    *state = testing_context(2);
    return 0;
}

static int tear_down(void **state) {
    unlink(text_path);
    unlink(coded_path);
    unlink(other_path);
    unlink(out_path);
    lk_context_destroy(*state);
    return 0;
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),   cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_empty),         cmocka_unit_test(test_same_everywhere),
        cmocka_unit_test(test_cost),          cmocka_unit_test(test_every_byte_damaged),
        cmocka_unit_test(test_cut_and_grown), cmocka_unit_test(test_hostile_payloads),
        cmocka_unit_test(test_wrong_models),  cmocka_unit_test(test_windows_of_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
