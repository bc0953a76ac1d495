/* Compressing and restoring, as codec/ does it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "codec/codec.h"
#include "codec/stream_codec.h"
#include "jobs/check_inside.h"

#define CODED_EXAMPLES 64
#define CODED_SYMBOLS 3000
#define CODED_MOST ((int64_t)1 << 24) /* bytes */
#define LEARNING_RATE 0.0005f

static lk_status not_restored(const lk_checker *c, lk_status status) {
    lk_check_say(c->result, LK_CHECK_FAILED, "what was compressed cannot be restored: %s",
                 lk_context_message(c->model->context));
    return status == LK_NO_MEMORY ? status : LK_OK;
}

static void say_restored(const lk_checker *c, bool alike, bool back, int64_t size, const char *what,
                         int64_t coded) {
    if (!alike || !back) {
        lk_check_say(c->result, LK_CHECK_FAILED, "%s",
                     back ? "the parallel and the incremental schedule write different files"
                          : "what was restored differs from what was compressed");
    }
    lk_check_say(c->result, LK_CHECK_PASSED,
                 "%lld %s compressed to %lld bytes by either schedule, the same ones; restored by "
                 "the incremental one",
                 (long long)size, what, (long long)coded);
}

static bool same_bytes(const lk_bytes *a, const lk_bytes *b) {
    return a->size == b->size && memcmp(a->data, b->data, (size_t)a->size) == 0;
}

/* ---- examples -------------------------------------------------------------------------------- */

static lk_status restore_examples(const lk_checker *c) {
    lk_dataset part = *lk_items_dataset(c->items), *restored = NULL;
    part.examples = part.examples < CODED_EXAMPLES ? part.examples : CODED_EXAMPLES;
    lk_codec_options options = {
        .chunk_examples = (part.examples + 1) / 2, .lanes = 8, .skip_verify = true};
    lk_compress_report report;
    lk_bytes coded, again;
    LK_TRY(lk_compress_bytes(c->model, &part, part.path, &options, &coded, &report));
    options.incremental_encode = true;
    lk_status status = lk_compress_bytes(c->model, &part, part.path, &options, &again, &report);
    bool alike = status == LK_OK && same_bytes(&coded, &again);
    if (status == LK_OK) {
        lk_bytes_release(&again);
        status = lk_decompress_bytes(c->model, part.path, &coded, &options, &restored, NULL, NULL);
        status = status != LK_OK ? not_restored(c, status) : status;
    }
    if (restored != NULL) {
        size_t bytes = (size_t)(part.examples * part.variables) * sizeof *part.values;
        bool back = restored->examples == part.examples &&
                    memcmp(restored->values, part.values, bytes) == 0;
        say_restored(c, alike, back, part.examples, "examples", coded.size);
    }
    lk_bytes_release(&coded);
    lk_dataset_destroy(restored);
    return status;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Those of one attempt, in a folder of its own. */
enum { TEXT, CODED, AGAIN, RESTORED, FILES };
typedef struct files {
    char folder[400], path[FILES][420];
} files;

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
static lk_status write_text(const lk_checker *c, const char *path, int64_t *symbols) {
    static const char unknown[] = "\xFF\xF4\x8F\xBF\xBF"; /* no UTF-8; the last code point */
    uint32_t character;
    uint8_t bytes[LK_UTF8_MOST];
    lk_writer *writer;
    int64_t length = lk_items_length(c->items, 0);
    lk_status status = LK_OK;
    *symbols = length < CODED_SYMBOLS ? length : CODED_SYMBOLS;
    LK_TRY(lk_writer_create(c->model->context, path, &writer));
    for (int64_t i = 0; i < *symbols && status == LK_OK; i++) {
        status = character_at(c, i, &character);
        if (status == LK_OK) {
            lk_writer_put(writer, bytes, lk_utf8_put(character, bytes));
        }
    }
    if (status != LK_OK) {
        lk_writer_abandon(writer);
        return status;
    }
    lk_writer_put(writer, unknown, (int64_t)strlen(unknown));
    return lk_writer_commit(writer);
}

static lk_status same_files(const lk_checker *c, const char *a, const char *b, bool *same) {
    lk_bytes one, other;
    LK_TRY(lk_file_read_raw(c->model->context, a, CODED_MOST, &one));
    lk_status status = lk_file_read_raw(c->model->context, b, CODED_MOST, &other);
    if (status == LK_OK) {
        *same = same_bytes(&one, &other);
        lk_bytes_release(&other);
    }
    lk_bytes_release(&one);
    return status;
}

static lk_status restore_text(const lk_checker *c, const files *f, float learning_rate) {
    int64_t symbols;
    bool alike, back;
    lk_stream_report report;
    lk_stream_restored restored;
    LK_TRY(write_text(c, f->path[TEXT], &symbols));
    lk_stream_options options = {.chunk_symbols = symbols / 2 + 1,
                                 .lanes = 3,
                                 .skip_verify = true,
                                 .learning_rate = learning_rate};
    LK_TRY(lk_stream_compress(c->model, f->path[TEXT], f->path[CODED], &options, &report));
    options.incremental_encode = true;
    LK_TRY(lk_stream_compress(c->model, f->path[TEXT], f->path[AGAIN], &options, &report));
    lk_status status =
        lk_stream_decompress(c->model, f->path[CODED], f->path[RESTORED], &options, &restored);
    if (status != LK_OK) {
        return not_restored(c, status);
    }
    lk_release(restored.lost);
    LK_TRY(same_files(c, f->path[CODED], f->path[AGAIN], &alike));
    LK_TRY(same_files(c, f->path[TEXT], f->path[RESTORED], &back));
    say_restored(c, alike, back, report.bytes, "bytes", report.coded_bytes);
    return LK_OK;
}

static lk_status in_folder(const lk_checker *c, float learning_rate) {
    static const char *const names[] = {"text", "coded", "again", "restored"};
    files f;
    const char *folder = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    snprintf(f.folder, sizeof f.folder, "%s/likely-check-XXXXXX", folder);
    if (mkdtemp(f.folder) == NULL) {
        lk_check_say(c->result, LK_CHECK_SKIPPED,
                     "cannot write to %s: set TMPDIR to a folder that can be written", folder);
        return LK_OK;
    }
    for (int i = 0; i < FILES; i++) {
        snprintf(f.path[i], sizeof f.path[i], "%s/%s", f.folder, names[i]);
    }
    lk_status status = restore_text(c, &f, learning_rate);
    for (int i = 0; i < FILES; i++) {
        unlink(f.path[i]);
    }
    rmdir(f.folder);
    return status;
}

lk_status lk_check_restore(lk_checker *c) {
    const lk_data_description *data = &c->model->data;
    if (data->view.kind != NULL || data->alphabets != NULL || data->labels > 0) {
        lk_check_say(c->result, LK_CHECK_SKIPPED, "not with labels, views and columns");
        return LK_OK;
    }
    return c->model->data.stream ? in_folder(c, 0.0f) : restore_examples(c);
}

lk_status lk_check_restore_learning(lk_checker *c) {
    return in_folder(c, LEARNING_RATE);
}
