/* Texts, in files or in memory. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "library/library.h"

#define PIECE 65536 /* symbols that are looked at together */

static lk_status open_memory(lk_context *context, const lk_data *data, const lk_symbols *symbols,
                             lk_stream **texts) {
    for (int64_t i = 0; i < data->count; i++) {
        char number[32];
        snprintf(number, sizeof number, "text %lld", (long long)i);
        const char *name = data->names != NULL ? data->names[i] : number;
        LK_TRY(lk_stream_parse(context, name, &data->bytes[i], symbols, &texts[i]));
    }
    return LK_OK;
}

lk_status lk_data_open_texts(lk_context *context, const lk_data *data, const lk_symbols *symbols,
                             lk_items **items) {
    *items = NULL;
    if (data->path != NULL) {
        LK_TRY(lk_items_open_texts_or_empty(context, data->path, symbols, items));
        lk_status labelled = data->labels_path != NULL
                                 ? lk_items_read_labels(context, data->labels_path, *items)
                                 : LK_OK;
        if (labelled != LK_OK) {
            lk_items_close(*items);
            *items = NULL;
        }
        return labelled;
    }
    lk_stream **texts = lk_allocate(data->count, sizeof *texts);
    if (texts == NULL) {
        return lk_fail_no_memory(context, "texts", data->count * (int64_t)sizeof *texts);
    }
    lk_status status = open_memory(context, data, symbols, texts);
    if (status == LK_OK) {
        bool nameless = data->count == 1 && data->names == NULL;
        status = lk_items_of_texts_take(context, nameless ? "text 0" : "texts in memory", texts,
                                        data->count, items);
    } else {
        for (int64_t i = 0; i < data->count; i++) {
            lk_stream_close(texts[i]);
        }
    }
    lk_release(texts);
    if (status == LK_OK && data->labels != NULL) {
        status = lk_items_set_labels(*items, data->labels);
        status = status == LK_OK ? lk_items_set_classes(*items, &data->classes) : status;
    }
    if (status != LK_OK) {
        lk_items_close(*items);
        *items = NULL;
    }
    return status;
}

/* Of characters, how many there are does not depend on which ones are listed. */
static lk_status open_any(lk_context *context, const lk_data *data, lk_items **items) {
    uint32_t space = ' ';
    lk_symbols symbols = {0};
    if (data->kind == LK_RECORDINGS) {
        symbols = (lk_symbols){.kind = LK_SYMBOLS_SOUND, .sound = data->sound};
    }
    if (data->kind == LK_TEXT_CHARACTERS) {
        LK_TRY(lk_symbols_list(context, "texts", &space, 1, &symbols));
    }
    lk_status status = lk_data_open_texts(context, data, &symbols, items);
    lk_symbols_deinit(&symbols);
    return status;
}

/* A text that is a file by itself needs no name. */
static bool take_names(lk_items *items, lk_data *data) {
    if (data->path == NULL || data->count == 1) {
        return true;
    }
    data->names = lk_allocate(data->count, sizeof *data->names);
    bool made = data->names != NULL;
    for (int64_t i = 0; made && i < data->count; i++) {
        const char *name = lk_items_name(items, i), *path = lk_items_path(items);
        size_t length = strlen(path);
        name += strncmp(name, path, length) == 0 ? length : 0;
        data->names[i] = lk_duplicate(name + strspn(name, "/"));
        made = data->names[i] != NULL;
    }
    return made;
}

/* Whether all names are of folders, which can be classes. */
static bool named_by_classes(const lk_data *data) {
    bool named = data->path == NULL && data->names != NULL;
    for (int64_t i = 0; named && i < data->count; i++) {
        size_t length = strcspn(data->names[i], "/");
        named = data->names[i][length] == '/' && length > 0 && length <= LK_TEXT_MOST;
    }
    return named;
}

/* Of texts in memory, as a folder of them would have: by their names. */
static lk_status label_by_names(lk_context *context, lk_data *data) {
    for (int64_t i = 0; i < data->count; i++) {
        const char *name = data->names[i];
        LK_TRY(lk_dictionary_add(context, &data->classes, name, (int64_t)strcspn(name, "/"),
                                 &data->labels[i]));
    }
    if (data->classes.count > LK_ALPHABET_MOST) { /* then they are names, and no classes */
        lk_dictionary_deinit(&data->classes);
        lk_release(data->labels);
        data->labels = NULL;
    }
    return LK_OK;
}

/* The labels of texts in folders named as their classes. */
static lk_status take_labels(lk_context *context, lk_items *items, lk_data *data) {
    const uint16_t *labels = lk_items_labels(items);
    const lk_dictionary *classes = lk_items_classes(items);
    bool known = labels != NULL && classes != NULL;
    if (!known && !named_by_classes(data)) {
        return LK_OK;
    }
    data->labels = lk_allocate(data->count, sizeof *data->labels);
    if (data->labels == NULL) {
        return lk_fail_no_memory(context, "labels", data->count * 4);
    }
    for (int64_t i = 0; known && i < data->count; i++) {
        data->labels[i] = labels[i];
    }
    return known ? lk_dictionary_copy(context, classes, &data->classes)
                 : label_by_names(context, data);
}

lk_status lk_data_measure(lk_context *context, const lk_loading *how, lk_data *data) {
    lk_items *items;
    LK_TRY(open_any(context, data, &items));
    data->count = lk_items_count(items);
    data->length = lk_allocate(data->count, sizeof *data->length);
    for (int64_t i = 0; data->length != NULL && i < data->count; i++) {
        data->length[i] = lk_items_length(items, i);
    }
    bool made = data->length != NULL && take_names(items, data);
    lk_status status = made ? take_labels(context, items, data)
                            : lk_fail_no_memory(context, "texts", data->count * 8);
    if (status == LK_OK && how != NULL) {
        status = lk_data_read_local(context, how, items, data);
    }
    lk_items_close(items);
    return status;
}

lk_status lk_data_learn_symbols(lk_context *context, const lk_data *data, lk_symbols *symbols) {
    if (data->kind == LK_RECORDINGS) {
        *symbols = (lk_symbols){.kind = LK_SYMBOLS_SOUND, .sound = data->sound};
        return LK_OK;
    }
    lk_symbols_kind kind =
        data->kind == LK_TEXT_CHARACTERS ? LK_SYMBOLS_CHARACTERS : LK_SYMBOLS_BYTES;
    if (data->path != NULL) {
        return lk_symbols_learn_texts(context, data->path, kind, symbols);
    }
    lk_status status = lk_symbols_learn_bytes(context, "text 0", data->bytes, kind, symbols);
    for (int64_t i = 1; status == LK_OK && i < data->count; i++) {
        lk_symbols more;
        status = lk_symbols_learn_bytes(context, "a text", &data->bytes[i], kind, &more);
        if (status == LK_OK) {
            status = lk_symbols_join(context, symbols, &more);
            lk_symbols_deinit(&more);
        }
    }
    return status;
}

/* ---- from memory ----------------------------------------------------------------------------- */

static lk_status copy_texts(lk_context *context, const void *const *texts, const int64_t *sizes,
                            const lk_loading *how, lk_data *data) {
    for (int64_t i = 0; i < data->count; i++) {
        lk_input input = lk_from_memory(texts[i], sizes[i]);
        if ((texts[i] == NULL && sizes[i] != 0) || sizes[i] < 0) {
            return lk_fail(context, LK_INVALID,
                           "lk_data_from_texts: text %lld is NULL, or has %lld bytes", (long long)i,
                           (long long)sizes[i]);
        }
        LK_TRY(lk_input_read(context, &input, INT64_MAX / 8, &data->bytes[i]));
    }
    LK_TRY(data->kind == LK_RECORDINGS ? lk_data_learn_sound(context, how, data) : LK_OK);
    return lk_data_measure(context, how, data);
}

lk_status lk_data_from_texts(lk_context *context, const void *const *texts, const int64_t *sizes,
                             int64_t count, const lk_loading *how, lk_data **data) {
    if (data != NULL) {
        *data = NULL;
    }
    LK_TRY(lk_enter(context, "loading"));
    LK_TRY(lk_need(context, data, "lk_data_from_texts: data"));
    LK_TRY(lk_need(context, texts, "lk_data_from_texts: texts"));
    LK_TRY(lk_need(context, sizes, "lk_data_from_texts: sizes"));
    lk_text_kind kind = how == NULL          ? LK_TEXT_BYTES
                        : how->model != NULL ? lk_model_text(how->model)
                                             : how->text;
    if (how != NULL && how->model != NULL && kind == LK_NO_TEXT) {
        return lk_fail(context, LK_MISMATCH,
                       "lk_data_from_texts: the model is of examples, not of texts");
    }
    if (count < 1 || count > LK_TEXTS_COUNT_MOST || (int)kind < LK_TEXT_BYTES ||
        kind > LK_RECORDINGS) {
        return lk_fail(context, LK_INVALID,
                       "lk_data_from_texts: %lld texts of kind %d: expected 1 or more, of bytes, "
                       "characters or recordings",
                       (long long)count, (int)kind);
    }
    LK_TRY(how != NULL ? lk_check_sound(context, how) : LK_OK);
    LK_TRY(how != NULL ? lk_check_local(context, how, kind) : LK_OK);
    lk_data *made;
    LK_TRY(lk_data_create(context, &made));
    made->kind = kind;
    made->bytes = lk_allocate(count, sizeof *made->bytes);
    made->count = made->bytes != NULL ? count : 0;
    lk_status status = made->bytes == NULL ? lk_fail_no_memory(context, "texts", count * 16)
                                           : copy_texts(context, texts, sizes, how, made);
    if (status != LK_OK) {
        lk_data_destroy(made);
        return lk_leave(context, status);
    }
    *data = made;
    return lk_leave(context, LK_OK);
}

/* ---- back to bytes --------------------------------------------------------------------------- */

/* The bytes of symbols first .. of an item. */
static lk_status put_text(lk_items *items, int64_t item, int64_t first, int64_t length,
                          lk_writer *writer) {
    if (lk_items_symbols(items)->kind == LK_SYMBOLS_SOUND) {
        return lk_wav_of_item(items, item, first, length, writer);
    }
    uint32_t *characters = lk_allocate(PIECE, sizeof *characters);
    uint8_t *bytes = lk_allocate(PIECE, LK_UTF8_MOST);
    lk_status status = characters == NULL || bytes == NULL ? LK_NO_MEMORY : LK_OK;
    for (int64_t at = 0, count; status == LK_OK && at < length; at += count) {
        count = length - at < PIECE ? length - at : PIECE;
        status = lk_items_characters(items, item, first + at, count, characters);
        int64_t size = 0;
        for (int64_t i = 0; status == LK_OK && i < count; i++) {
            size += lk_utf8_put(characters[i], bytes + size);
        }
        lk_writer_put(writer, bytes, size);
    }
    lk_release(characters);
    lk_release(bytes);
    return status;
}

static lk_status write_text(lk_context *context, const lk_data *data, int64_t item,
                            const lk_output *output) {
    lk_items *items;
    lk_writer *writer;
    LK_TRY(open_any(context, data, &items));
    lk_status status = item < lk_items_count(items)
                           ? lk_writer_create_to(context, output, &writer)
                           : lk_fail(context, LK_IO, "%s: has changed", lk_items_path(items));
    if (status == LK_OK) {
        status = put_text(items, item, 0, lk_items_length(items, item), writer);
        if (status == LK_OK) {
            status = lk_writer_commit(writer);
        } else {
            lk_writer_abandon(writer);
        }
    }
    lk_items_close(items);
    return status;
}

static lk_status copy_text(lk_context *context, lk_items *items, int64_t item, int64_t first,
                           int64_t length, lk_bytes *bytes) {
    lk_writer *writer;
    lk_output output = lk_to_memory(bytes);
    LK_TRY(lk_writer_create_to(context, &output, &writer));
    lk_status status = put_text(items, item, first, length, writer);
    if (status == LK_OK) {
        return lk_writer_commit(writer);
    }
    lk_writer_abandon(writer);
    return status;
}

static lk_status copy_pieces(lk_context *context, const lk_data *data, const lk_text_piece *pieces,
                             int64_t count, lk_data *to) {
    lk_items *items;
    LK_TRY(open_any(context, data, &items));
    lk_status status = LK_OK;
    for (int64_t i = 0; status == LK_OK && i < count; i++) {
        const lk_text_piece *piece = &pieces[i];
        bool there = piece->item < lk_items_count(items) &&
                     piece->length <= lk_items_length(items, piece->item) - piece->first;
        status = there ? copy_text(context, items, piece->item, piece->first, piece->length,
                                   &to->bytes[i])
                       : lk_fail(context, LK_IO, "%s: has changed", lk_items_path(items));
        if (status == LK_OK && data->names != NULL) {
            to->names[i] = lk_duplicate(data->names[piece->item]);
            status = to->names[i] != NULL ? LK_OK : lk_fail_no_memory(context, "a name", 1);
        }
    }
    lk_items_close(items);
    return status;
}

/* What stands beside pieces that begin where a symbol of it does. */
static lk_status copy_local(lk_context *context, const lk_data *data, const lk_text_piece *pieces,
                            int64_t count, lk_data *to) {
    int64_t unit = lk_data_unit(data), each = unit * lk_data_local_every(data);
    lk_local_part *parts = data->local != NULL ? lk_allocate(count, sizeof *parts) : NULL;
    if (data->local == NULL) {
        return LK_OK;
    }
    if (parts == NULL) {
        return lk_fail_no_memory(context, "slower sequences", count * (int64_t)sizeof *parts);
    }
    for (int64_t i = 0; i < count; i++) {
        LK_REQUIRE(pieces[i].first % each == 0);
        parts[i] =
            (lk_local_part){pieces[i].item, pieces[i].first / each,
                            lk_local_count(lk_local_form_of(data->local), pieces[i].length / unit)};
    }
    lk_status status = lk_local_parts(context, data->local, parts, count, &to->local);
    lk_release(parts);
    return status;
}

lk_status lk_data_copy_pieces(lk_context *context, const lk_data *data, const lk_text_piece *pieces,
                              int64_t count, lk_data *to) {
    to->kind = data->kind;
    to->sound = data->sound;
    to->count = count;
    to->bytes = lk_allocate(count, sizeof *to->bytes);
    to->names = data->names != NULL ? lk_allocate(count, sizeof *to->names) : NULL;
    if (to->bytes == NULL || (to->names == NULL && data->names != NULL)) {
        return lk_fail_no_memory(context, "texts", count * (int64_t)sizeof *to->bytes);
    }
    LK_TRY(copy_pieces(context, data, pieces, count, to));
    LK_TRY(copy_local(context, data, pieces, count, to));
    return lk_data_measure(context, NULL, to);
}

static lk_status write_recording(lk_context *context, const lk_data *data, const char *path) {
    lk_items *items;
    LK_TRY(open_any(context, data, &items));
    lk_status status = lk_sound_file_of_item(context, items, path);
    lk_items_close(items);
    return status;
}

lk_status lk_data_write_text(lk_context *context, const lk_data *data, const char *path) {
    lk_output output = lk_to_file(path);
    if (data->count == 1 && data->kind == LK_RECORDINGS) {
        return write_recording(context, data, path);
    }
    return data->count == 1
               ? write_text(context, data, 0, &output)
               : lk_fail(context, LK_UNSUPPORTED,
                         "%s: one text is written at a time; of %lld, lk_data_text gives each",
                         path, (long long)data->count);
}

lk_status lk_data_text(lk_context *context, const lk_data *data, int64_t item, lk_bytes *bytes) {
    if (bytes != NULL) {
        *bytes = (lk_bytes){0};
    }
    LK_TRY(lk_enter(context, "reading"));
    LK_TRY(lk_need(context, bytes, "lk_data_text: bytes"));
    LK_TRY(lk_need(context, data, "lk_data_text: data"));
    if (data->dataset != NULL || item < 0 || item >= data->count) {
        return lk_fail(context, LK_INVALID, "lk_data_text: there is no text number %lld",
                       (long long)item);
    }
    lk_output output = lk_to_memory(bytes);
    return lk_leave(context, write_text(context, data, item, &output));
}
