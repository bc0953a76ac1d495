/* Training on texts: it learns, whatever the threads; a run stopped anywhere, in the midst of an
 * epoch too, goes on with the states that it carried. */
#include "base/slow.h"
#include "train/testing.h"

#include "data/items.h"

#define LENGTH 1500
#define WINDOW 11

typedef struct text {
    lk_context *context;
    lk_model *model;
    uint8_t bytes[LENGTH];
    lk_bytes all;
    lk_items *train, *valid;
} text;

static lk_items *text_part(lk_context *context, lk_stream *stream, int64_t first, int64_t count) {
    lk_stream *part;
    lk_items *items;
    assert_int_equal(lk_stream_part(stream, first, count, &part), LK_OK);
    assert_int_equal(lk_items_of_texts_take(context, "letters", &part, 1, &items), LK_OK);
    return items;
}

/* After each letter mostly comes the next one, of eight. */
static text *setup_text(int threads, const char *family, const char *layer) {
    text *t = calloc(1, sizeof *t);
    assert_int_equal(lk_context_create(threads, &t->context), LK_OK);
    for (int64_t i = 0; i < LENGTH; i++) {
        lk_random random = {2, LK_FOR_CHECK};
        bool next = i > 0 && lk_random_unit(random, (uint64_t)i, 0) < 0.9f;
        uint8_t fresh = (uint8_t)('a' + lk_random_below(random, (uint64_t)i, 1, 8));
        t->bytes[i] = next ? (uint8_t)('a' + (t->bytes[i - 1] - 'a' + 1) % 8) : fresh;
    }
    t->all = (lk_bytes){.data = t->bytes, .size = LENGTH};
    lk_symbols symbols = {0};
    lk_stream *stream;
    assert_int_equal(lk_stream_parse(t->context, "letters", &t->all, &symbols, &stream), LK_OK);
    t->train = text_part(t->context, stream, 0, 1200);
    t->valid = text_part(t->context, stream, 1200, 300);
    lk_stream_close(stream);
    lk_data_description data = {
        .shape = line(WINDOW), .variables = WINDOW, .alphabet = 256, .stream = true};
    const char *const settings[] = {strcmp(family, "conv1d") == 0 ? "channels=8" : "width=12",
                                    strcmp(family, "conv1d") == 0 ? "layers=2" : layer};
    if (lk_model_create(t->context, family, settings, 2, data, "natural", SEED, &t->model) !=
        LK_OK) {
        fail_msg("%s", lk_context_message(t->context));
    }
    return t;
}

static void teardown_text(text *t) {
    lk_items_close(t->train);
    lk_items_close(t->valid);
    lk_model_destroy(t->model);
    lk_context_destroy(t->context);
    free(t);
}

static lk_train_options options_for_texts(void) {
    lk_train_options o = lk_train_defaults();
    o.epochs = 8;
    o.batch_size = 6;
    o.optimizer.learning_rate = 0.02;
    o.ema = 0.9;
    o.clip = 20;
    o.progress_seconds = 0;
    return o;
}

static void train_text(text *t, const lk_train_options *o) {
    if (lk_train_texts(t->model, t->train, t->valid, o) != LK_OK) {
        fail_msg("%s", lk_context_message(t->context));
    }
}

static double valid_nats(const lk_model *model) {
    json_t *history = json_loads(model->history, 0, NULL);
    double nats = json_number_value(json_object_get(history, "valid_nll_nats")) / WINDOW;
    json_decref(history);
    return nats;
}

/* The source's own entropy: 0.9 + 0.1/8 for the next letter, 0.1/8 for each other one. */
static void learns(void **unused) {
    (void)unused;
    static const char *const families[] = {"charrnn", "conv1d"};
    double entropy = -(0.9125 * log(0.9125) + 7 * 0.0125 * log(0.0125));
    for (int i = 0; i < 2; i++) {
        text *t = setup_text(2, families[i], "layers=1");
        lk_train_options o = options_for_texts();
        o.epochs = 60;
        o.optimizer.learning_rate = 0.03;
        train_text(t, &o);
        printf("%s: %.4f nats a symbol, the source has %.4f\n", families[i], valid_nats(t->model),
               entropy);
        assert_true(valid_nats(t->model) < entropy + 0.25 && valid_nats(t->model) > entropy - 0.2);
        teardown_text(t);
    }
}

#define SLICES_APART (LK_SLOW ? 3 : 1)

/* Whatever the threads, for each number of slices of the six lanes. */
static void threads_do_not_matter(void **unused) {
    (void)unused;
    static const int threads[] = {1, 2, 3, 5};
    static const char *const families[] = {"charrnn", "conv1d"};
    for (int64_t slices = 1; slices <= 6; slices += SLICES_APART) {
        for (int f = 0; f < 2; f++) {
            text *t[4];
            for (int k = 0; k < 4; k++) {
                t[k] = setup_text(threads[k], families[f], "dropout=0.1");
                lk_train_options o = options_for_texts();
                o.epochs = 2;
                o.slices = slices;
                train_text(t[k], &o);
                same_weights(t[0]->model, t[k]->model);
                assert_int_equal(declared_slices(t[k]->model), slices);
            }
            for (int k = 0; k < 4; k++) {
                teardown_text(t[k]);
            }
        }
    }
}

#define CALLS_APART (LK_SLOW ? 2 : 1)

static void resume_in_slices(int64_t slices) {
    static const int threads[] = {1, 2, 3};
    text *whole = setup_text(2, "charrnn", "dropout=0.1");
    lk_train_options o = options_for_texts();
    o.slices = slices;
    train_text(whole, &o);
    const int64_t calls[] = {1, 7, 19, 40}; /* 19 calls an epoch */
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c += CALLS_APART) {
        lk_status status = LK_INTERRUPTED;
        text *pieces = NULL;
        for (int session = 0; status == LK_INTERRUPTED; session++) {
            if (pieces != NULL) {
                teardown_text(pieces);
            }
            assert_true(session < 200);
            watcher w = {.stop_at = session < 60 ? calls[c] : 1000};
            pieces = setup_text(threads[session % 3], "charrnn", "dropout=0.1");
            o.checkpoint = path_of("stream.checkpoint");
            o.checkpoint_seconds = 1e9;
            o.progress = watch;
            o.progress_argument = &w;
            o.resume = session > 0;
            status = lk_train_texts(pieces->model, pieces->train, pieces->valid, &o);
        }
        if (status != LK_OK) {
            fail_msg("%s", lk_context_message(pieces->context));
        }
        same_weights(whole->model, pieces->model);
        teardown_text(pieces);
        remove_files();
    }
    teardown_text(whole);
}

static void resumed_equals_uninterrupted_stream(void **unused) {
    (void)unused;
    resume_in_slices(0);
    resume_in_slices(4);
}

static void refuses(void **unused) {
    (void)unused;
    text *t = setup_text(1, "charrnn", "layers=1");
    lk_items *rest;
    lk_train_options o = options_for_texts();
    assert_int_equal(lk_items_split(t->context, &t->train, WINDOW - 1, &rest), LK_OK);
    assert_int_equal(lk_train_texts(t->model, t->train, NULL, &o), LK_INVALID);
    assert_non_null(strstr(lk_context_message(t->context), "do not fill a window"));
    lk_items_close(rest);
    teardown_text(t);
}

/* Several texts of different lengths, each from its beginning: the same weights for any threads and
 * slices as declared, also after a stop in the midst of an epoch; and they learn. */
static lk_items *several(lk_context *context, const lk_bytes *all) {
    static const int64_t lengths[] = {3, 250, 40, 41, 12, 500, 77, 1};
    lk_stream *stream, *parts[8];
    lk_items *items;
    lk_symbols symbols = {0};
    int64_t first = 0;
    assert_int_equal(lk_stream_parse(context, "letters", all, &symbols, &stream), LK_OK);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(lk_stream_part(stream, first, lengths[i], &parts[i]), LK_OK);
        first += lengths[i];
    }
    lk_stream_close(stream);
    assert_int_equal(lk_items_of_texts_take(context, "letters", parts, 8, &items), LK_OK);
    return items;
}

static bool stop_after_some(void *argument, const lk_train_progress *progress) {
    (void)progress;
    int *left = argument;
    return --*left > 0;
}

static void texts_of_different_lengths(void **unused) {
    (void)unused;
    lk_fingerprint first;
    for (int way = 0; way < 4; way++) {
        text *t = setup_text(way < 2 ? 1 + way : 2, "charrnn", "layers=1");
        lk_items *texts = several(t->context, &t->all), *valid = several(t->context, &t->all);
        lk_train_options o = options_for_texts();
        int steps = 17;
        o.batch_size = 3;
        o.slices = 3;
        o.checkpoint = path_of("texts.checkpoint");
        o.checkpoint_seconds = way == 2 ? 0 : 3600; /* writing takes longest */
        unlink(o.checkpoint);
        if (way == 2) {
            o.progress = stop_after_some;
            o.progress_argument = &steps;
            assert_int_equal(lk_train_texts(t->model, texts, valid, &o), LK_INTERRUPTED);
            o.progress = NULL;
            o.resume = true;
        }
        if (lk_train_texts(t->model, texts, valid, &o) != LK_OK) {
            fail_msg("%s", lk_context_message(t->context));
        }
        lk_fingerprint now = lk_model_fingerprint(t->model);
        first = way == 0 ? now : first;
        assert_memory_equal(first.byte, now.byte, sizeof now.byte);
        unlink(o.checkpoint);
        lk_items_close(texts);
        lk_items_close(valid);
        teardown_text(t);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(resumed_equals_uninterrupted_stream),
        cmocka_unit_test(texts_of_different_lengths),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
