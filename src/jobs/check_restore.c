/* Compressing and restoring, as codec/ does it. */
#include <string.h>

#include "codec/codec.h"
#include "jobs/check_inside.h"
#include "models/run.h"
#include "models/take.h"

#define CODED_EXAMPLES 64
#define CODED_SYMBOLS 3000
#define CODED_LANES 8 /* examples side by side, if they fit */
#define LEARNING_RATE 0.0005f

/* What is coded, as bytes, and what comes of it. */
typedef struct attempt {
    lk_buffer was, coded, again, restored; /* owned */
    lk_buffer file;                        /* owned: of a recording */
} attempt;

static void end_attempt(attempt *a) {
    lk_buffer_release(&a->was);
    lk_buffer_release(&a->coded);
    lk_buffer_release(&a->again);
    lk_buffer_release(&a->restored);
    lk_buffer_release(&a->file);
}

static lk_status put(void *user, const void *bytes, int64_t size) {
    lk_buffer_put(user, bytes, size);
    return LK_OK;
}

static bool same_bytes(const lk_buffer *a, const lk_buffer *b) {
    return a->size == b->size && memcmp(a->data, b->data, (size_t)a->size) == 0;
}

static lk_status decompress(const lk_checker *c, attempt *a) {
    lk_bytes bytes = {.data = a->coded.data, .size = a->coded.size};
    lk_byte_sink output = {.write = put, .user = &a->restored};
    lk_source source;
    lk_restored restored;
    LK_TRY(lk_source_of_bytes(c->model->context, lk_items_path(c->items), &bytes, &source));
    lk_status status = lk_decompress(c->model, &source, &output, NULL, &restored);
    if (status == LK_OK && !restored.texts) {
        const lk_dataset *data = restored.dataset;
        lk_buffer_put(&a->restored, data->values, data->examples * data->variables * 2);
    }
    lk_restored_deinit(&restored);
    lk_source_close(&source);
    return status;
}

/* By both schedules, and back. */
static lk_status code(const lk_checker *c, lk_items *items, lk_codec_options options, attempt *a) {
    lk_byte_sink output = {.write = put, .user = &a->coded};
    options.skip_verify = options.keeps_nothing = true;
    LK_TRY(lk_compress(c->model, items, &output, &options, NULL));
    output.user = &a->again;
    options.incremental_encode = true;
    LK_TRY(lk_compress(c->model, items, &output, &options, NULL));
    bool failed = a->was.failed || a->coded.failed || a->again.failed;
    lk_status status = failed ? LK_OK : decompress(c, a);
    if (failed || a->restored.failed) {
        return lk_fail_no_memory(c->model->context, "what is compressed", a->coded.size);
    }
    if (status != LK_OK) {
        lk_check_say(c->result, LK_CHECK_FAILED, "what was compressed cannot be restored: %s",
                     lk_context_message(c->model->context));
        return status == LK_NO_MEMORY ? status : LK_OK;
    }
    bool texts = lk_items_symbols(items) != NULL, back = same_bytes(&a->was, &a->restored);
    if (!back || !same_bytes(&a->coded, &a->again)) {
        lk_check_say(c->result, LK_CHECK_FAILED, "%s",
                     back ? "the parallel and the incremental schedule write different files"
                          : "what was restored differs from what was compressed");
    }
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "%lld %s compressed to %lld bytes by either schedule, the same ones; restored by "
                 "the incremental one",
                 (long long)(texts ? a->was.size : lk_items_count(items)),
                 texts ? "bytes" : "examples", (long long)a->coded.size);
    return LK_OK;
}

/* ---- examples -------------------------------------------------------------------------------- */

static lk_status label(lk_items *items, const uint16_t *labels) {
    int32_t copy[CODED_EXAMPLES];
    for (int64_t i = 0; i < lk_items_count(items) && labels != NULL; i++) {
        copy[i] = labels[i];
    }
    return labels != NULL ? lk_items_set_labels(items, copy) : LK_OK;
}

static lk_status restore_examples(const lk_checker *c) {
    lk_dataset part = *lk_items_dataset(c->items);
    attempt a = {0};
    lk_items *items;
    part.examples = part.examples < CODED_EXAMPLES ? part.examples : CODED_EXAMPLES;
    LK_TRY(lk_items_of_dataset(c->model->context, &part, lk_model_view(c->model), &items));
    lk_buffer_put(&a.was, part.values, part.examples * part.variables * 2);
    lk_codec_options options = {.chunk = (part.examples + 1) / 2, .lanes = CODED_LANES};
    lk_run_options how = {.shape = c->shape, .schedules = LK_INCREMENTAL};
    lk_status status = label(items, lk_items_labels(c->items));
    status =
        status == LK_OK ? lk_run_fit(c->model, &how, LK_CHECK_LANES_BYTES, &options.lanes) : status;
    status = status == LK_OK ? code(c, items, options, &a) : status;
    lk_items_close(items);
    end_attempt(&a);
    return status;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* What stands at a symbol; a drawn text has symbols alone. */
static lk_status character_at(const lk_checker *c, int64_t at, uint32_t *character) {
    uint16_t symbol;
    if (lk_items_symbols(c->items) != NULL) {
        return lk_items_characters(c->items, 0, at, 1, character);
    }
    LK_TRY(lk_items_read(c->items, 0, at, 1, &symbol));
    *character = lk_symbols_character(&c->model->data.symbols, symbol);
    return LK_OK;
}

/* The text's beginning, and behind it what a model of characters cannot know. */
static lk_status write_text(const lk_checker *c, lk_buffer *text) {
    static const char unknown[] = "\xFF\xF4\x8F\xBF\xBF"; /* no UTF-8; the last code point */
    int64_t length = lk_items_length(c->items, 0);
    for (int64_t i = 0; i < length && i < CODED_SYMBOLS; i++) {
        uint32_t character;
        uint8_t bytes[LK_UTF8_MOST];
        LK_TRY(character_at(c, i, &character));
        lk_buffer_put(text, bytes, lk_utf8_put(character, bytes));
    }
    lk_buffer_put(text, unknown, (int64_t)strlen(unknown));
    return text->failed ? lk_fail_no_memory(c->model->context, "a text", text->size) : LK_OK;
}

/* A recording's beginning as a WAV file, and its symbols as the codec pours them. */
static lk_status write_sound(const lk_checker *c, lk_buffer *sound, lk_buffer *file) {
    const lk_symbols *symbols = &c->model->data.symbols;
    uint16_t values[CODED_SYMBOLS];
    uint8_t bytes[2 * CODED_SYMBOLS];
    int64_t length = lk_items_length(c->items, 0), unit = lk_symbols_unit(symbols);
    length = length < CODED_SYMBOLS ? length : CODED_SYMBOLS - CODED_SYMBOLS % unit;
    LK_TRY(lk_items_read(c->items, 0, 0, length, values));
    lk_buffer_put(file, bytes, lk_sound_wav_head(&symbols->sound, length / unit, bytes));
    lk_buffer_put(file, bytes, lk_sound_wav_pour(&symbols->sound, values, length, bytes));
    for (int64_t i = 0; i < length; i++) {
        lk_buffer_put(sound, &values[i], lk_symbols_bytes(symbols, 1)); /* the low byte first */
    }
    return sound->failed || file->failed
               ? lk_fail_no_memory(c->model->context, "a recording", 2 * length)
               : LK_OK;
}

static lk_status code_text(const lk_checker *c, float learning_rate, attempt *a) {
    lk_stream *text;
    lk_items *items;
    bool sound = lk_data_is_sound(&c->model->data);
    LK_TRY(sound ? write_sound(c, &a->was, &a->file) : write_text(c, &a->was));
    const lk_buffer *file = sound ? &a->file : &a->was;
    lk_bytes bytes = {.data = file->data, .size = file->size};
    LK_TRY(lk_stream_parse(c->model->context, "text", &bytes, &c->model->data.symbols, &text));
    LK_TRY(lk_items_of_texts_take(c->model->context, "text", &text, 1, &items));
    lk_codec_options options = {
        .chunk = lk_items_total(items) / 2 + 1, .lanes = 3, .learning_rate = learning_rate};
    lk_local *local;
    lk_status status = lk_model_draw_local(c->model, lk_items_total(items), &local);
    lk_items_local_take(items, local);
    status = status == LK_OK ? label(items, lk_items_labels(c->items)) : status;
    status = status == LK_OK ? code(c, items, options, a) : status;
    lk_items_close(items);
    return status;
}

static lk_status restore_text(const lk_checker *c, float learning_rate) {
    attempt a = {0};
    lk_status status = code_text(c, learning_rate, &a);
    end_attempt(&a);
    return status;
}

/* ---- the checks ------------------------------------------------------------------------------ */

lk_status lk_check_restore(lk_checker *c) {
    return c->model->data.stream ? restore_text(c, 0.0f) : restore_examples(c);
}

lk_status lk_check_restore_learning(lk_checker *c) {
    return restore_text(c, LEARNING_RATE);
}
