/* Compressing to a file, and restoring from one. */
#include <string.h>

#include "base/path.h"
#include "codec/codec.h"

static lk_status write_file(void *user, const void *bytes, int64_t size) {
    lk_writer_put(user, bytes, size);
    return lk_writer_status(user);
}

lk_status lk_compress_file(const lk_model *model, lk_items *items, const char *path,
                           const lk_codec_options *options, lk_codec_report *report) {
    lk_writer *file;
    LK_TRY(lk_writer_create(model->context, path, &file));
    lk_byte_sink output = {.write = write_file, .user = file};
    lk_status status = lk_compress(model, items, &output, options, report);
    if (status != LK_OK) {
        lk_writer_abandon(file);
        return status;
    }
    return lk_writer_commit(file);
}

/* ---- texts, each in a file ------------------------------------------------------------------- */

typedef struct texts {
    lk_context *context;
    const char *out;
    const lk_symbols *symbols; /* of recordings */
    lk_writer *file;           /* of the present text */
    lk_sound_writer *sound;    /* of the present recording */
    lk_batch ended;            /* those before it */
} texts;

static lk_status end_text(texts *t) {
    lk_writer *file = t->file;
    lk_sound_writer *sound = t->sound;
    t->file = NULL;
    t->sound = NULL;
    LK_TRY(lk_sound_writer_hold(sound, &t->ended));
    return file != NULL ? lk_writer_hold(file, &t->ended) : LK_OK;
}

/* The folders in front of each slash of a path but those of `out`'s. */
static lk_status make_folders(texts *t, char *path) {
    for (char *slash = path + strlen(t->out); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        LK_TRY(lk_batch_folder(t->context, path, &t->ended));
        *slash = '/';
    }
    return LK_OK;
}

static lk_status open_text(texts *t, const char *path, const lk_sound_target *target) {
    return target == NULL
               ? lk_writer_create(t->context, path, &t->file)
               : lk_sound_writer_create(t->context, path, &t->symbols->sound, target, &t->sound);
}

static lk_status begin_sound(void *user, const char *name, const lk_sound_target *target) {
    texts *t = user;
    LK_TRY(end_text(t));
    if (name[0] == '\0') {
        return open_text(t, t->out, target);
    }
    if (lk_path_gives_once(t->out)) {
        return lk_fail(t->context, LK_INVALID,
                       "%s: is no folder, which texts with names are restored to; name one",
                       t->out);
    }
    char *path = lk_print("%s/%s", t->out, name);
    if (path == NULL) {
        return lk_fail_no_memory(t->context, "a name", (int64_t)strlen(name));
    }
    lk_status status = make_folders(t, path);
    status = status == LK_OK ? open_text(t, path, target) : status;
    lk_release(path);
    return status;
}

static lk_status begin_text(void *user, const char *name) {
    return begin_sound(user, name, NULL);
}

/* The bytes of samples are whole ones (lk_content_pour). */
static lk_status write_sound(texts *t, const uint8_t *bytes, int64_t size) {
    uint16_t symbols[LK_POURED_MOST * LK_UTF8_MOST];
    lk_sound_writer_put(t->sound, symbols, lk_poured_symbols(t->symbols, bytes, size, symbols));
    return LK_OK;
}

static lk_status write_text(void *user, const void *bytes, int64_t size) {
    texts *t = user;
    return t->sound != NULL ? write_sound(t, bytes, size) : write_file(t->file, bytes, size);
}

lk_status lk_decompress_file(const lk_model *model, const char *path, const char *out,
                             const lk_codec_options *options, lk_restored *restored) {
    texts t = {.context = model->context, .out = out, .symbols = &model->data.symbols};
    lk_byte_sink output = {
        .begin = begin_text, .begin_sound = begin_sound, .write = write_text, .user = &t};
    lk_source source;
    *restored = (lk_restored){0};
    LK_TRY(lk_source_open(model->context, path, &source));
    lk_status status = lk_decompress(model, &source, &output, options, restored);
    status = status == LK_OK ? end_text(&t) : status;
    status = status == LK_OK ? lk_batch_commit(model->context, &t.ended) : status;
    lk_writer_abandon(t.file);
    lk_sound_writer_abandon(t.sound);
    lk_batch_abandon(&t.ended);
    lk_source_close(&source);
    if (status != LK_OK) {
        lk_restored_deinit(restored);
    }
    return status;
}
