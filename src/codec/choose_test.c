/* What is chosen for texts of some lengths and for networks of some sizes. */
#include "codec/choose.h"
#include "codec/testing_world.h"
#include "models/run.h"
#include "models/stream_testing.h"
#include "models/take.h"

/* ---- texts ----------------------------------------------------------------------------------- */

typedef struct text_row {
    int64_t length[3], count;
    lk_codec_options options;
    int64_t chunk, lanes, longest;
    bool cuts; /* are told */
} text_row;

static const text_row text_rows[] = {
    /* A lane has 4 Ki symbols, until there are 16; then more, until it has 64 Ki. */
    {{1}, 1, {0}, 4 << 20, 1, 1, false},
    {{8191}, 1, {0}, 4 << 20, 1, 8191, false},
    {{8192}, 1, {0}, 4 << 20, 2, 4096, true},
    {{40000}, 1, {0}, 4 << 20, 9, 4445, true},
    {{65536}, 1, {0}, 4 << 20, 16, 4096, true},
    {{1 << 20}, 1, {0}, 4 << 20, 16, 65536, true},
    {{5 << 20}, 1, {0}, 5 << 19, 40, 65536, true},
    /* Of several texts, each of which is a stream at least. */
    {{40000, 40000}, 2, {0}, 4 << 20, 16, 5000, true},
    {{100, 0, 90}, 3, {0}, 4 << 20, 2, 100, false},
    {{300000, 5, 70000}, 3, {0}, 4 << 20, 18, 25000, true},
    /* What is given stands; chunks are cut, not the text. */
    {{300000}, 1, {.lanes = 3}, 4 << 20, 3, 100000, true},
    {{40000}, 1, {.chunk = 10000}, 10000, 2, 5000, true},
    {{300000}, 1, {.learning_rate = 0.001f}, 4 << 20, 1, 300000, false},
    {{300000}, 1, {.learning_rate = 0.001f, .lanes = 2}, 4 << 20, 2, 150000, false},
};

static void choose_for(lk_model *model, const text_row *row, lk_container *container,
                       int64_t *chunk) {
    lk_stream *stream[3];
    lk_bytes part[3], all = {.data = calloc(5 << 20, 1)};
    lk_choice choice = {.model = model, .shape = {1, {0}}, .options = &row->options};
    testing_ok(model->context, lk_model_text_symbols(model, &choice.symbols));
    for (int64_t i = 0; i < row->count; i++) {
        part[i] = (lk_bytes){.data = all.data, .size = row->length[i]};
        testing_ok(model->context,
                   lk_stream_parse(model->context, "zeros", &part[i], choice.symbols, &stream[i]));
    }
    testing_ok(model->context,
               lk_items_of_texts_take(model->context, "zeros", stream, row->count, &choice.items));
    *container = (lk_container){.texts = true};
    choice.container = container;
    testing_ok(model->context, lk_choose(&choice));
    *chunk = choice.chunk;
    lk_items_close(choice.items);
    free(all.data);
}

static void test_texts(void **state) {
    static const char *const set[] = {"width=3", "layers=1"};
    lk_model *model = testing_stream_model(*state, "charrnn", set, 2, TESTING_BYTES, 0.3f);
    for (size_t i = 0; i < sizeof text_rows / sizeof *text_rows; i++) {
        const text_row *row = &text_rows[i];
        lk_container c;
        int64_t chunk;
        choose_for(model, row, &c, &chunk);
        assert_int_equal(c.cuts, row->cuts);
        if (chunk != row->chunk || c.lanes != row->lanes || c.longest != row->longest) {
            fail_msg("row %d: chunks of %lld, %lld lanes of %lld; not %lld, %lld of %lld", (int)i,
                     (long long)chunk, (long long)c.lanes, (long long)c.longest,
                     (long long)row->chunk, (long long)row->lanes, (long long)row->longest);
        }
    }
    lk_model_destroy(model);
}

/* ---- examples -------------------------------------------------------------------------------- */

/* As many lanes as there are examples for, 256 at most; of those that need much memory no more than
 * take 64 MiB, or 16. */
static void test_examples(void **state) {
    static const struct {
        recipe r;
        int64_t least, most;
    } rows[] = {
        {{"made", {1, {12}}, SAME, 2, 0, {0}, NATURAL, 40, {0}, 0}, 40, 40},
        {{"made", {1, {12}}, SAME, 2, 0, {0}, NATURAL, 900, {0}, 0}, 256, 256},
        {{"pixelcnn",
          {3, {28, 28, 1}},
          SAME,
          2,
          0,
          {0},
          NATURAL,
          300,
          {"blocks=4", "channels=64"},
          2},
         17,
         128},
        {{"pixelcnn",
          {3, {64, 64, 1}},
          SAME,
          2,
          0,
          {0},
          NATURAL,
          40,
          {"blocks=6", "channels=64"},
          2},
         16,
         16},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world w;
        lk_codec_options none = {0};
        lk_container c = {.alphabet = 2};
        lk_run_options run = {.schedules = LK_INCREMENTAL};
        double bytes, twice;
        begin_world(&rows[i].r, 1, 5, &w);
        lk_choice choice = {.model = w.model,
                            .items = w.items,
                            .shape = w.data->shape,
                            .options = &none,
                            .container = &c};
        testing_ok(w.context, lk_choose(&choice));
        testing_ok(w.context, lk_run_bytes(w.model, &run, c.lanes, &bytes));
        testing_ok(w.context, lk_run_bytes(w.model, &run, 2 * c.lanes, &twice));
        bool all = c.lanes == 256 || c.lanes == w.data->examples;
        if (c.lanes < rows[i].least || c.lanes > rows[i].most ||
            (c.lanes > 16 && bytes > 1 << 26) || (!all && twice <= 1 << 26)) {
            fail_msg("%s: %lld lanes of %.0f bytes", rows[i].r.family, (long long)c.lanes, bytes);
        }
        end_world(&w);
    }
}

static int set_up(void **state) {
    *state = testing_context(1);
    return 0;
}

static int tear_down(void **state) {
    lk_context_destroy(*state);
    return 0;
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_examples),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
