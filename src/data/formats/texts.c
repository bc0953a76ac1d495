/* Texts in files and folders as items. */
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "data/formats/folder_list.h"
#include "data/formats/formats.h"
#include "data/items.h"

typedef lk_status open_stream(lk_context *context, const char *path, const lk_symbols *symbols,
                              lk_stream **stream);

static void close_texts(lk_stream **texts, int64_t count) {
    for (int64_t i = 0; texts != NULL && i < count; i++) {
        lk_stream_close(texts[i]);
    }
}

static lk_status open_file(lk_context *context, const char *path, const lk_symbols *symbols,
                           open_stream *open, lk_items **items) {
    lk_stream *text;
    LK_TRY(open(context, path, symbols, &text));
    return lk_items_of_texts_take(context, path, &text, 1, items);
}

/* The labels of files in classes, which are the names of their folders. */
static lk_status label_files(lk_context *context, lk_items *items, const lk_folder *folder) {
    int32_t *labels = lk_allocate(folder->count, sizeof *labels);
    lk_dictionary classes = {0};
    lk_status status =
        labels == NULL ? lk_fail_no_memory(context, "labels", folder->count * 4) : LK_OK;
    for (int64_t i = 0; i < folder->count && status == LK_OK; i++) {
        const char *name = folder->files[i].name;
        status =
            lk_dictionary_add(context, &classes, name, (int64_t)strcspn(name, "/"), &labels[i]);
    }
    if (status == LK_OK && classes.count > LK_ALPHABET_MOST) {
        status = lk_fail(context, LK_UNSUPPORTED, "%s: %d folders are more classes than %d",
                         folder->path, classes.count, LK_ALPHABET_MOST);
    }
    status = status == LK_OK ? lk_items_set_labels(items, labels) : status;
    status = status == LK_OK ? lk_items_set_classes(items, &classes) : status;
    lk_dictionary_deinit(&classes);
    lk_release(labels);
    return status;
}

/* What the folder has but the items have not. */
static lk_status note_left_out(lk_context *context, const lk_folder *folder, lk_items *items) {
    char *note;
    LK_TRY(lk_folder_tell(context, folder, &note));
    lk_items_note_take(items, note);
    return LK_OK;
}

static lk_status open_listed(lk_context *context, const lk_folder *folder,
                             const lk_symbols *symbols, open_stream *open, lk_items **items) {
    lk_stream **texts = lk_allocate(folder->count, sizeof *texts);
    int64_t opened = 0;
    lk_status status =
        texts == NULL ? lk_fail_no_memory(context, "texts", folder->count * 8) : LK_OK;
    while (status == LK_OK && opened < folder->count) {
        char *path = lk_print("%s/%s", folder->path, folder->files[opened].name);
        status = path == NULL ? lk_fail_no_memory(context, "a name", 1)
                              : open(context, path, symbols, &texts[opened]);
        if (status == LK_OK) {
            lk_stream_rest(texts[opened++]);
        }
        lk_release(path);
    }
    if (status == LK_OK) {
        status = lk_items_of_texts_take(context, folder->path, texts, folder->count, items);
    } else {
        close_texts(texts, opened);
    }
    lk_release(texts);
    LK_TRY(status);
    LK_TRY(note_left_out(context, folder, *items));
    return folder->files[0].label >= 0 ? label_files(context, *items, folder) : LK_OK;
}

/* Files in any folder, of which there is one at least; where nothing is learned from empty ones,
 * without these. */
static lk_status list_texts(lk_context *context, const char *path, bool empty, bool sounds,
                            lk_folder *folder) {
    static const char *const any[] = {"", NULL};
    LK_TRY(lk_folder_list(context, path, sounds ? lk_sound_endings : any, folder));
    lk_status status = empty ? LK_OK : lk_folder_drop_empty(context, folder);
    if (status == LK_OK && folder->count == 0) {
        status = lk_fail(context, LK_INVALID, "%s: the folder has no %s%s", path,
                         sounds ? "recordings (.wav, .flac, .aiff, ...)" : "files",
                         folder->empty.count > 0    ? " but empty ones"
                         : folder->hidden.count > 0 ? " but hidden ones"
                                                    : "");
    }
    if (status != LK_OK) {
        lk_folder_deinit(folder);
    }
    return status;
}

static lk_status open_folder(lk_context *context, const char *path, const lk_symbols *symbols,
                             open_stream *open, lk_items **items) {
    lk_folder folder;
    bool sounds = symbols->kind == LK_SYMBOLS_SOUND;
    LK_TRY(list_texts(context, path, open == lk_stream_open_any, sounds, &folder));
    lk_status status = open_listed(context, &folder, symbols, open, items);
    lk_folder_deinit(&folder);
    return status;
}

static lk_status open_texts(lk_context *context, const char *path, const lk_symbols *symbols,
                            open_stream *open, lk_items **items) {
    *items = NULL;
    lk_status status = lk_is_folder(path) ? open_folder(context, path, symbols, open, items)
                                          : open_file(context, path, symbols, open, items);
    if (status == LK_OK && symbols->kind == LK_SYMBOLS_SOUND) {
        status = lk_items_note_sounds(context, *items);
    }
    if (status != LK_OK) {
        lk_items_close(*items);
        *items = NULL;
    }
    return status;
}

lk_status lk_items_open_texts(lk_context *context, const char *path, const lk_symbols *symbols,
                              lk_items **items) {
    return open_texts(context, path, symbols, lk_stream_open, items);
}

lk_status lk_items_open_texts_or_empty(lk_context *context, const char *path,
                                       const lk_symbols *symbols, lk_items **items) {
    return open_texts(context, path, symbols, lk_stream_open_or_empty, items);
}

lk_status lk_items_open_files(lk_context *context, const char *path, const lk_symbols *symbols,
                              lk_items **items) {
    return open_texts(context, path, symbols, lk_stream_open_any, items);
}

/* The characters of several texts are those of each. */
static lk_status learn_listed(lk_context *context, const lk_folder *folder, lk_symbols_kind kind,
                              lk_symbols *symbols) {
    lk_symbols all = {.kind = kind};
    lk_status status = LK_OK;
    for (int64_t i = 0; i < folder->count && status == LK_OK; i++) {
        lk_symbols one = {0};
        char *path = lk_print("%s/%s", folder->path, folder->files[i].name);
        status = path == NULL ? lk_fail_no_memory(context, "a name", 1)
                              : lk_symbols_learn(context, path, kind, &one);
        status = status == LK_OK ? lk_symbols_join(context, &all, &one) : status;
        lk_symbols_deinit(&one);
        lk_release(path);
    }
    if (status != LK_OK) {
        lk_symbols_deinit(&all);
        return status;
    }
    *symbols = all;
    return LK_OK;
}

lk_status lk_symbols_learn_texts(lk_context *context, const char *path, lk_symbols_kind kind,
                                 lk_symbols *symbols) {
    lk_folder folder;
    if (!lk_is_folder(path)) {
        return lk_symbols_learn(context, path, kind, symbols);
    }
    LK_TRY(list_texts(context, path, false, false, &folder));
    lk_status status = learn_listed(context, &folder, kind, symbols);
    lk_folder_deinit(&folder);
    return status;
}

/* What is a pipe can be opened but once. */
static lk_status learn_file(lk_context *context, const char *path, lk_symbols_kind kind,
                            lk_symbols *symbols, lk_items **items) {
    lk_source source;
    lk_stream *text;
    LK_TRY(lk_source_open_unpacked(context, path, &source));
    lk_status status = lk_symbols_learn_source(&source, kind, symbols);
    if (status != LK_OK) {
        lk_source_close(&source);
        return status;
    }
    LK_TRY(lk_stream_open_take(&source, symbols, &text));
    return lk_items_of_texts_take(context, path, &text, 1, items);
}

lk_status lk_items_learn_texts(lk_context *context, const char *path, lk_symbols_kind kind,
                               lk_symbols *symbols, lk_items **items) {
    *items = NULL;
    *symbols = (lk_symbols){.kind = kind};
    if (!lk_is_folder(path)) {
        return learn_file(context, path, kind, symbols, items);
    }
    LK_TRY(lk_symbols_learn_texts(context, path, kind, symbols));
    return lk_items_open_texts(context, path, symbols, items);
}
