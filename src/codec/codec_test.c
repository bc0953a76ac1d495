/* Examples compressed and restored, with small networks of all kinds: labels, views, columns, other
 * sizes, several networks, learning; the same bytes by either schedule, any number of threads and
 * any instruction set; cost against the likelihood; damage and salvage; the wrong model. */
#include "codec/testing_world.h"

#include <stdio.h>
#include <unistd.h>

#include "base/double_maths.h"
#include "base/slow.h"
#include "codec/coder.h"
#include "data/formats/formats.h"

static const recipe recipes[] = {
    {"made", {2, {3, 4}}, SAME, 2, 0, {0}, NATURAL, 37, {"hidden=9"}, 1},
    {"made", {2, {1, 2}}, SAME, 2, 0, {0}, NULL, "reversed", 130, {"hidden=5,6"}, 1},
    {"made", {2, {5, 1}}, SAME, 3, 0, {0}, NULL, "random:4", 29, {"hidden=8"}, 1},
    {"made", {2, {2, 2}}, SAME, 300, 0, {0}, NATURAL, 17, {"hidden=7", "direct=false"}, 2},
    {"made", {2, {2, 5}}, SAME, 2, 0, {0}, NATURAL, 41, {"hidden=11", "masks=3"}, 2},
    {"made", {1, {1}}, SAME, 2, 0, {0}, NATURAL, 19, {"hidden=3"}, 1},
    {"made", {1, {5}}, SAME, 3, 4, {0}, NATURAL, 31, {"hidden=7,6"}, 1},
    {"made", {1, {4}}, SAME, 8, 0, {0}, "bits:1", "natural", 23, {"hidden=8"}, 1},
    {"made", {1, {3}}, SAME, 8, 2, {0}, "bits:2", "natural", 23, {"hidden=8"}, 1},
    {"made", {1, {5}}, SAME, 4, 3, {3, 1, 2, 4, 2}, NATURAL, 27, {"hidden=9"}, 1},
    {"histogram", {1, {5}}, SAME, 4, 0, {3, 1, 1, 4, 2}, NATURAL, 33, {"joint=no"}, 1},
    {"bayesnet", {1, {3}}, SAME, 2, 0, {1, 1, 1}, NATURAL, 9, {"graph=independent"}, 1},
    {"uniform", {1, {3}}, SAME, 7, 0, {0}, NATURAL, 12, {NULL}, 0},
    {"bernoulli-mixture", {1, {5}}, SAME, 3, 0, {0}, NATURAL, 21, {"components=3"}, 1},
    {"pixelcnn",
     {3, {2, 3, 1}},
     SAME,
     4,
     2,
     {0},
     "bits:1",
     "natural",
     11,
     {"blocks=1", "channels=2"},
     2},
    {"pixelcnn",
     {3, {4, 5, 1}},
     {2, {11, 7}},
     2,
     0,
     {0},
     NATURAL,
     9,
     {"blocks=2", "channels=3"},
     2},
    {"pixelcnn",
     {3, {5, 4, 3}},
     {3, {3, 9, 3}},
     256,
     0,
     {0},
     NATURAL,
     5,
     {"blocks=1", "channels=2"},
     2},
    {"gated-pixelcnn",
     {3, {4, 5, 1}},
     {2, {7, 6}},
     2,
     0,
     {0},
     NATURAL,
     5,
     {"layers=2", "channels=2"},
     2},
    {"multiscale",
     {3, {4, 5, 1}},
     {2, {7, 6}},
     2,
     3,
     {0},
     NATURAL,
     5,
     {"blocks=1", "channels=2"},
     2},
    {"multiscale",
     {3, {4, 5, 3}},
     {3, {3, 6, 3}},
     6,
     0,
     {0},
     NATURAL,
     5,
     {"blocks=1", "channels=2", "patch=2", "distribution=logistic"},
     4},
    {"pyramid",
     {3, {4, 5, 3}},
     {3, {7, 3, 3}},
     6,
     0,
     {0},
     NATURAL,
     5,
     {"blocks=1", "channels=2"},
     2},
    {"lmconv", {3, {4, 5, 1}}, SAME, 2, 0, {0}, NATURAL, 5, {"blocks=1", "channels=2"}, 2},
    {"pixelcnn++",
     {3, {4, 5, 3}},
     {3, {7, 6, 3}},
     6,
     0,
     {0},
     NATURAL,
     5,
     {"depth=1", "levels=2", "filters=2", "mixtures=2"},
     4},
    {"pixelsnail",
     {3, {3, 4, 3}},
     {3, {5, 3, 3}},
     6,
     0,
     {0},
     NATURAL,
     5,
     {"blocks=1", "resnets=1", "channels=2", "mixtures=2"},
     4},
    {"grayscale",
     {3, {3, 4, 3}},
     {3, {5, 3, 3}},
     256,
     3,
     {0},
     "ycocg",
     "natural",
     5,
     {"depth=1", "first_depth=1", "embedding=1", "filters=2"},
     4},
    {"pixelcnn",
     {3, {3, 4, 3}},
     SAME,
     256,
     0,
     {0},
     "grey:4",
     "natural",
     5,
     {"blocks=1", "channels=2"},
     2},
    {"subscale",
     {3, {4, 5, 3}},
     {3, {7, 6, 3}},
     4,
     0,
     {0},
     NATURAL,
     5,
     {"layers=2", "channels=2", "blocks=1", "width=4"},
     4},
    {"subscale",
     {3, {3, 4, 3}},
     {3, {5, 3, 3}},
     256,
     3,
     {0},
     "ycocg",
     "natural",
     5,
     {"layers=1", "channels=2", "blocks=1", "attention=0"},
     4},
    {"subscale",
     {3, {3, 4, 3}},
     SAME,
     256,
     0,
     {0},
     "grey:4",
     "natural",
     5,
     {"layers=1", "channels=2", "blocks=1", "distribution=logistic"},
     4},
    {"pixelrnn", {3, {4, 5, 1}}, {2, {7, 6}}, 2, 0, {0}, NATURAL, 5, {"layers=1", "channels=2"}, 2},
    {"charrnn", {1, {9}}, {1, {31}}, 5, 0, {0}, NATURAL, 4, {"width=6"}, 1},
    {"charrnn", {1, {6}}, SAME, 3, 4, {0}, NATURAL, 13, {"width=4"}, 1},
    {"transformer",
     {2, {3, 4}},
     SAME,
     2,
     3,
     {0},
     NULL,
     "random:2",
     13,
     {"layers=2", "width=4", "orders=3"},
     3},
    {"transformer",
     {1, {9}},
     {1, {21}},
     5,
     0,
     {0},
     NATURAL,
     4,
     {"layers=2", "width=4", "heads=2", "positions=distance"},
     4},
    {"image-transformer",
     {3, {3, 4, 3}},
     SAME,
     5,
     3,
     {0},
     NATURAL,
     9,
     {"layers=1", "width=4", "local=2d", "block=2,2"},
     4},
    {"conv1d", {1, {9}}, SAME, 5, 0, {0}, NATURAL, 14, {"channels=4", "layers=2"}, 2},
};
#define RECIPES ((int)(sizeof recipes / sizeof *recipes))

/* ---- round trips ----------------------------------------------------------------------------- */

/* Where that is slow, not every combination. */
#define RECIPES_APART (LK_SLOW ? 3 : 1) /* learning or not in turn */
#define LANES_APART (LK_SLOW ? 7 : 1)

/* Bytes made under one number of threads and one instruction set are made, and read, under all the
 * others, by either schedule, whether the model learns or not. */
static void test_same_bytes_everywhere(void **state) {
    const lk_kernels *const *tables;
    int32_t table_count = lk_kernels_available(&tables);
    (void)state;
    for (int r = 0; r < 2 * RECIPES; r += RECIPES_APART) {
        lk_buffer reference = {0};
        const recipe *made = &recipes[r / 2];
        bool counted = lk_family_named(made->family)->fit != NULL;
        lk_codec_options options = {.chunk = 10, .lanes = 4, .skip_verify = true};
        options.learning_rate = r % 2 == 1 ? 0.01f : 0.0f;
        for (int way = 0; way < 2 * table_count && !(r % 2 == 1 && counted);
             way += TESTING_WAYS_APART(table_count)) {
            world w;
            setenv("LIKELY_ISA", tables[way / 2]->isa, 1);
            begin_world(made, way % 2 == 0 ? 1 : 3, 77, &w);
            assert_string_equal(lk_context_isa(w.context), tables[way / 2]->isa);
            for (int schedule = 0; schedule < 2; schedule++) {
                char what[100];
                snprintf(what, sizeof what, "recipe %d, %s, schedule %d", r / 2,
                         tables[way / 2]->isa, schedule);
                options.incremental_encode = schedule == 1;
                compress(&w, &options, NULL);
                if (reference.data == NULL) {
                    lk_buffer_put(&reference, w.coded.data, w.coded.size);
                }
                testing_same_bytes(&reference, &w.coded, what);
            }
            expect_restored(&w, &reference);
            end_world(&w);
        }
        lk_buffer_release(&reference);
    }
    unsetenv("LIKELY_ISA");
}

static void test_lanes_and_chunks(void **state) {
    static const int64_t lanes[] = {0, 1, 3, 500}, chunks[] = {0, 1, 7, 37, 1000};
    (void)state;
    for (int r = 0; r < RECIPES; r++) {
        world w;
        begin_world(&recipes[r], 2, 78, &w);
        bool counted = w.model->family->fit != NULL;
        for (int i = 0; i < 20; i += LANES_APART) {
            lk_codec_report report;
            lk_codec_options options = {.lanes = lanes[i % 4], .chunk = chunks[i / 4]};
            options.learning_rate = i % 3 == 0 && !counted ? 0.01f : 0.0f;
            compress(&w, &options, &report);
            int64_t chunk = chunks[i / 4] > 0 ? chunks[i / 4] : INT64_MAX;
            chunk = chunk < w.data->examples ? chunk : w.data->examples;
            assert_int_equal(report.chunks, (w.data->examples - 1) / chunk + 1);
            assert_int_equal(report.bytes, w.coded.size);
            assert_int_equal(report.items, w.data->examples);
            expect_restored(&w, &w.coded);
        }
        end_world(&w);
    }
}

/* Equal ranks: places of one step, more than one block holds. */
static void test_equal_ranks(void **state) {
    char path[] = "/tmp/likely-ranks-XXXXXX";
    int file = mkstemp(path);
    const char ranks[] = "2 0 0 5 2 2 5 0 0 2 1 1";
    (void)state;
    assert_true(file >= 0 && write(file, ranks, sizeof ranks - 1) == sizeof ranks - 1);
    close(file);
    recipe r = {
        "made", {2, {3, 4}}, SAME, 20000, 0, {0}, NULL, path, 23, {"hidden=3", "direct=false"}, 2};
    world w;
    begin_world(&r, 2, 79, &w);
    unlink(path);
    lk_codec_options options = {.lanes = 20};
    lk_buffer first = {0};
    compress(&w, &options, NULL);
    lk_buffer_put(&first, w.coded.data, w.coded.size);
    expect_restored(&w, &first);
    options.incremental_encode = true;
    compress(&w, &options, NULL);
    testing_same_bytes(&first, &w.coded, "equal ranks");
    lk_buffer_release(&first);
    end_world(&w);
}

/* ---- likelihood ------------------------------------------------------------------------------ */

/* NLL of all examples by a network, in nats; per chunk of `chunk` examples into best[], if less. */
static void add_nll(world *w, int32_t network, int64_t chunk, double *best) {
    lk_shape there;
    lk_run *run;
    testing_ok(w->context, lk_model_takes(w->model, w->data, &there));
    lk_run_options options = {.network = network, .shape = there};
    testing_ok(w->context, lk_run_open(w->model, &options, &run));
    int64_t length = lk_items_length(w->items, 0), window = lk_run_window(run);
    uint16_t *x = malloc((size_t)length * sizeof *x);
    for (int64_t first = 0; first < w->data->examples; first += chunk) {
        double total = 0.0, nll;
        for (int64_t i = first; i < first + chunk && i < w->data->examples; i++) {
            testing_ok(w->context, lk_items_read(w->items, i, 0, length, x));
            uint16_t given = w->data->labels != NULL ? (uint16_t)w->data->labels[i] : 0;
            testing_ok(w->context, lk_run_begin(run, 1, &given));
            for (int64_t at = 0; at < length; at += window) {
                int64_t left = length - at;
                testing_ok(w->context, lk_run_forward(run, x + at, left < window ? left : window));
                testing_ok(w->context, lk_run_nll(run, &nll, NULL));
                total += nll;
            }
        }
        best[first / chunk] =
            network == 0 || total < best[first / chunk] ? total : best[first / chunk];
    }
    free(x);
    lk_run_close(run);
}

/* What is reported is the likelihood of the network that likes a chunk best, and the coded symbols
 * are that long: 40 bits of coder state and rounding for each chunk, and the quantisation of
 * probabilities to 24 bits. */
static void test_cost(void **state) {
    static const recipe large[] = {
        {"made", {1, {100}}, SAME, 2, 0, {0}, NATURAL, 3000, {"hidden=20"}, 1},
        {"made", {1, {4}}, SAME, 256, 0, {0}, NATURAL, 2000, {"hidden=20", "direct=false"}, 2},
        {"made", {1, {100}}, SAME, 2, 0, {0}, NATURAL, 3000, {"hidden=20", "masks=3"}, 2},
        {"uniform", {1, {100}}, SAME, 2, 0, {0}, NATURAL, 3000, {NULL}, 0},
    };
    (void)state;
    for (int r = 0; r < RECIPES + 4; r++) {
        world w;
        begin_world(r < RECIPES ? &recipes[r] : &large[r - RECIPES], 2, 80, &w);
        testing_shake(w.model, 0.2f); /* every surprisal below the 24 bits that a symbol can cost */
        int64_t chunk = r < RECIPES ? 10 : 1500, chunks = (w.data->examples - 1) / chunk + 1;
        double best[16], total = 0.0;
        lk_codec_options options = {.chunk = chunk, .skip_verify = true};
        lk_codec_report report;
        compress(&w, &options, &report);
        for (int32_t network = 0; network < lk_model_variants(w.model); network++) {
            add_nll(&w, network, chunk, best);
        }
        for (int64_t i = 0; i < chunks; i++) {
            total += best[i];
        }
        double model_bits = report.model_nll_nats / 0.6931471805599453;
        double coded_bits = 8.0 * (double)(report.bytes - report.header_bytes);
        assert_true(fabs(report.model_nll_nats - total) <= 1e-6 * total);
        if (!(coded_bits > model_bits - 8.0 * (double)chunks &&
              coded_bits < model_bits * (1 + 2e-5) + (32.0 + 24.0) * (double)chunks)) {
            fail_msg("recipe %d: the model says %.1f bits, coded in %.0f", r, model_bits,
                     coded_bits);
        }
        end_world(&w);
    }
}

/* A model that learns codes better what repeats itself. */
static void test_learning_pays(void **state) {
    world w;
    lk_codec_report still, learned;
    (void)state;
    begin_world(&recipes[0], 1, 6, &w);
    for (int64_t i = 0; i < w.data->examples * w.data->variables; i++) {
        w.data->values[i] = (uint16_t)(i % w.data->variables % 3 == 0);
    }
    lk_codec_options options = {.learning_rate = 0.05f};
    compress(&w, NULL, &still);
    compress(&w, &options, &learned);
    assert_int_equal(learned.lanes, 1);
    assert_true(learned.model_nll_nats < 0.7 * still.model_nll_nats);
    expect_restored(&w, &w.coded);
    end_world(&w);
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Whatever is done to a byte is refused with a line that can be shown; salvage gives the chunks
 * that are left, and says which are not. */
static void test_damage(void **state) {
    world w;
    lk_codec_report report;
    lk_codec_options options = {.chunk = 10, .lanes = 4};
    (void)state;
    begin_world(&recipes[6], 1, 81, &w);
    compress(&w, &options, &report);
    for (int64_t which = 0; which < testing_damages(w.coded.size); which++) {
        int64_t size, touched, at = 0, number = 0;
        uint8_t *bytes = testing_damage(w.coded.data, w.coded.size, which, &size, &touched);
        lk_restored restored;
        lk_status status = testing_decompress(w.model, bytes, size, false, &w.unused, &restored);
        assert_true(status == LK_CORRUPT || status == LK_FORMAT || status == LK_MISMATCH ||
                    status == LK_UNSUPPORTED);
        assert_non_null(strstr(lk_context_message(w.context), "test"));
        assert_null(restored.dataset);
        lk_restored_deinit(&restored);
        status = testing_decompress(w.model, bytes, size, true, &w.unused, &restored);
        for (int64_t i = 0; status == LK_OK && i <= restored.lost_count; i++) {
            bool last = i == restored.lost_count;
            const lk_lost *lost = &restored.lost[i];
            int64_t end = !last ? 10 * lost->chunk : restored.items - at + 10 * number;
            int64_t count = (end < w.data->examples ? end : w.data->examples) - 10 * number;
            count = count < 0 ? 0 : count;
            expect_examples(&w, restored.dataset, at, 10 * number, count);
            assert_true(last || (lost->item == 10 * lost->chunk && lost->chunks >= 1));
            at += count;
            number = last ? 0 : lost->chunk + lost->chunks;
        }
        assert_true(status != LK_OK || at == restored.items);
        assert_true(status != LK_OK || which / w.coded.size == 4 || restored.items >= 11);
        lk_restored_deinit(&restored);
        free(bytes);
    }
    expect_restored(&w, &w.coded);
    end_world(&w);
}

/* Chunks whose checksums are right but which are not what the model would decode, or which a reader
 * of this model cannot have. */
static void test_hostile_chunks(void **state) {
    static const struct {
        lk_chunk chunk;
        lk_shape shape;
        int64_t lanes;
        lk_status status;
        const char *part;
    } rows[] = {
        {{.items = 10, .symbols = 120}, {1, {12}}, 2, LK_CORRUPT, "does not decode"},
        {{.items = 10, .symbols = 120, .network = 7}, {1, {12}}, 2, LK_CORRUPT, "does not decode"},
        {{.items = 10, .symbols = 121}, {1, {12}}, 2, LK_CORRUPT, "does not decode"},
        {{.items = 10, .symbols = 120, .item = 3}, {1, {12}}, 2, LK_CORRUPT, "contradict"},
        {{.items = 10, .symbols = 120}, {1, {13}}, 2, LK_MISMATCH, "13 variables"},
        {{.items = 1, .symbols = 12}, {1, {12}}, 4096, LK_CORRUPT, "does not decode"},
    };
    world w;
    (void)state;
    begin_world(&recipes[0], 1, 82, &w);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lk_container c = {.model = lk_model_fingerprint(w.model), .alphabet = 2};
        lk_chunk chunk = rows[i].chunk;
        uint8_t nonsense[40];
        lk_restored restored;
        memset(nonsense, 0x5A, sizeof nonsense);
        c.shape = rows[i].shape;
        c.lanes = rows[i].lanes;
        chunk.payload = nonsense;
        chunk.size = sizeof nonsense;
        w.coded.size = 0;
        lk_container_put_header(&c, &w.coded);
        lk_container_put_chunk(&c, &chunk, 0, &w.coded);
        lk_container_put_index(&c, &w.coded);
        testing_refused(
            w.context,
            testing_decompress(w.model, w.coded.data, w.coded.size, false, &w.unused, &restored),
            rows[i].status, rows[i].part);
        assert_int_not_equal(
            testing_decompress(w.model, w.coded.data, w.coded.size, true, &w.unused, &restored),
            LK_OK);
        lk_restored_deinit(&restored);
        lk_container_close(&c);
    }
    end_world(&w);
}

/* Where little memory may be taken fewer lanes are chosen, and lanes that were given are refused,
 * with the figure, before anything is written; where much may be, its size decides nothing. */
static void test_bounded_memory(void **state) {
    recipe r = recipes[15];
    lk_codec_options given = {0};
    lk_codec_report usual, few;
    lk_restored restored;
    lk_buffer coded = {0};
    world w;
    (void)state;
    r.examples = 64;
    begin_world(&r, 1, 83, &w);
    compress(&w, NULL, &usual);
    lk_context_set_memory(w.context, INT64_C(1) << 34);
    testing_ok(w.context, testing_compress(w.model, w.items, NULL, &coded, NULL));
    testing_same_bytes(&coded, &w.coded, "much memory");
    lk_context_set_memory(w.context, 1 << 20);
    given.lanes = usual.lanes;
    testing_refused(w.context, testing_compress(w.model, w.items, &given, &coded, NULL),
                    LK_NO_MEMORY, "random: running the model over 64 items side by side");
    assert_int_equal(coded.size, 0);
    lk_context_set_memory(w.context, 1 << 18); /* a decoder has no windows, and takes less */
    testing_refused(
        w.context,
        testing_decompress(w.model, w.coded.data, w.coded.size, false, &w.unused, &restored),
        LK_NO_MEMORY, "test: running the model over 64 items side by side would take");
    lk_context_set_memory(w.context, 1 << 20);
    testing_ok(w.context, testing_compress(w.model, w.items, NULL, &coded, &few));
    assert_true(few.lanes >= 2 && few.lanes <= usual.lanes / 2);
    expect_restored(&w, &coded);
    lk_context_set_memory(w.context, 0);
    expect_restored(&w, &w.coded);
    lk_buffer_release(&coded);
    end_world(&w);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void test_wrong_model(void **state) {
    world w, other;
    lk_restored restored;
    char text[33];
    (void)state;
    begin_world(&recipes[0], 1, 83, &w);
    begin_world(&recipes[2], 1, 84, &other);
    compress(&w, NULL, NULL);
    lk_fingerprint_print(lk_model_fingerprint(w.model), text);
    text[8] = '\0';
    testing_refused(
        other.context,
        testing_decompress(other.model, w.coded.data, w.coded.size, true, &w.unused, &restored),
        LK_MISMATCH, text);
    other.data->values[3] = 4;
    other.data->alphabet = 5;
    testing_refused(other.context, testing_compress(other.model, other.items, NULL, &w.coded, NULL),
                    LK_MISMATCH, "alphabet");
    end_world(&w);
    end_world(&other);
}

static bool stop_late(void *argument, int64_t done, int64_t count) {
    int64_t *calls = argument;
    assert_true(done >= 1 && done <= count);
    return ++*calls < 3;
}

static lk_status full(void *user, const void *bytes, int64_t size) {
    (void)bytes;
    (void)size;
    return lk_fail(user, LK_IO, "no room");
}

/* Progress that says stop, an output that fails, options that cannot be. */
static void test_ends_early(void **state) {
    world w;
    int64_t calls = 0;
    (void)state;
    begin_world(&recipes[0], 1, 85, &w);
    lk_codec_options options = {.chunk = 5, .progress = stop_late, .progress_argument = &calls};
    testing_refused(w.context, testing_compress(w.model, w.items, &options, &w.coded, NULL),
                    LK_INTERRUPTED, "interrupted");
    assert_int_equal(calls, 3);
    lk_byte_sink output = {.write = full, .user = w.context};
    testing_refused(w.context, lk_compress(w.model, w.items, &output, NULL, NULL), LK_IO,
                    "no room");
    options = (lk_codec_options){.lanes = 5000};
    testing_refused(w.context, testing_compress(w.model, w.items, &options, &w.coded, NULL),
                    LK_INVALID, "lanes");
    options = (lk_codec_options){.chunk = -1};
    testing_refused(w.context, testing_compress(w.model, w.items, &options, &w.coded, NULL),
                    LK_INVALID, "chunks");
    options = (lk_codec_options){.learning_rate = NAN};
    testing_refused(w.context, testing_compress(w.model, w.items, &options, &w.coded, NULL),
                    LK_INVALID, "at a rate");
    end_world(&w);
    begin_world(&recipes[10], 1, 85, &w);
    options = (lk_codec_options){.learning_rate = 0.1f};
    testing_refused(w.context, testing_compress(w.model, w.items, &options, &w.coded, NULL),
                    LK_INVALID, "counted or fitted");
    end_world(&w);
}

static void test_through_files(void **state) {
    world w;
    char path[] = "/tmp/likely-codec-XXXXXX";
    int file = mkstemp(path);
    lk_restored restored;
    (void)state;
    assert_true(file >= 0);
    close(file);
    begin_world(&recipes[0], 2, 85, &w);
    testing_ok(w.context, lk_compress_file(w.model, w.items, path, NULL, NULL));
    testing_ok(w.context, lk_decompress_file(w.model, path, "unused", NULL, &restored));
    expect_examples(&w, restored.dataset, 0, 0, w.data->examples);
    lk_restored_deinit(&restored);
    unlink(path);
    assert_int_equal(lk_decompress_file(w.model, path, "unused", NULL, &restored), LK_IO);
    end_world(&w);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes_everywhere), cmocka_unit_test(test_lanes_and_chunks),
        cmocka_unit_test(test_equal_ranks),           cmocka_unit_test(test_cost),
        cmocka_unit_test(test_learning_pays),         cmocka_unit_test(test_damage),
        cmocka_unit_test(test_hostile_chunks),        cmocka_unit_test(test_bounded_memory),
        cmocka_unit_test(test_wrong_model),           cmocka_unit_test(test_ends_early),
        cmocka_unit_test(test_through_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
