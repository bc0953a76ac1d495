/* Recordings in files and folders. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/path.h"
#include "data/formats/folder_list.h"
#include "data/formats/format.h"

/* The first recording of a folder, or the file itself; NULL: there is none. *path is the caller's
 * (lk_release). */
static lk_status find_first(lk_context *context, const char *path, char **first) {
    struct stat about;
    lk_folder folder;
    *first = NULL;
    if (stat(path, &about) != 0) {
        return LK_OK; /* whoever reads it says why not */
    }
    if (!S_ISDIR(about.st_mode)) {
        *first = lk_duplicate(path);
        return *first != NULL ? LK_OK : lk_fail_no_memory(context, "a name", 1);
    }
    LK_TRY(lk_folder_list(context, path, lk_sound_endings, &folder));
    lk_status status = lk_folder_drop_empty(context, &folder);
    if (status == LK_OK && folder.count > 0) {
        *first = lk_print("%s/%s", path, folder.files[0].name);
        status = *first != NULL ? LK_OK : lk_fail_no_memory(context, "a name", 1);
    }
    lk_folder_deinit(&folder);
    return status;
}

static lk_status recognise(void *sound, lk_source *source) {
    const uint8_t *bytes;
    int64_t held = 0;
    LK_TRY(source->size > 0 ? lk_source_see(source, 0, &bytes, &held) : LK_OK);
    *(bool *)sound = held > 0 && lk_sound_recognise(bytes, held);
    return LK_OK;
}

static lk_status look(void *info, lk_source *source) {
    return lk_sound_look(source, info);
}

/* Whether one of the folder's files is told to be sound by its bytes. */
static lk_status recognise_any(lk_context *context, const lk_folder *folder, bool *sound) {
    for (int64_t i = 0; i < folder->count && !*sound; i++) {
        char *path = lk_print("%s/%s", folder->path, folder->files[i].name);
        lk_status status = path == NULL ? lk_fail_no_memory(context, "a name", 1)
                                        : lk_source_visit(context, path, recognise, sound);
        lk_release(path);
        LK_TRY(status);
    }
    return LK_OK;
}

static lk_status has_pictures(lk_context *context, const char *path, bool *pictures) {
    lk_folder folder;
    LK_TRY(lk_folder_list(context, path, lk_picture_endings, &folder));
    *pictures = folder.count > 0;
    lk_folder_deinit(&folder);
    return LK_OK;
}

/* By the files that are named as recordings; where none of them is one, they are still what the
 * folder is for, unless it has pictures: whoever reads them says what is wrong. */
static lk_status folder_looks_like_sound(lk_context *context, const char *path, bool *sound) {
    lk_folder folder;
    bool pictures = false;
    LK_TRY(lk_folder_list(context, path, lk_sound_endings, &folder));
    bool named = folder.count > 0;
    lk_status status = lk_folder_drop_empty(context, &folder);
    status = status == LK_OK ? recognise_any(context, &folder, sound) : status;
    lk_folder_deinit(&folder);
    if (status == LK_OK && named && !*sound) {
        status = has_pictures(context, path, &pictures);
        *sound = !pictures;
    }
    return status;
}

lk_status lk_looks_like_sound(lk_context *context, const char *path, bool *sound) {
    struct stat about;
    *sound = false;
    if (stat(path, &about) != 0) {
        return LK_OK; /* whoever reads it says why not */
    }
    return S_ISDIR(about.st_mode) ? folder_looks_like_sound(context, path, sound)
                                  : lk_source_visit(context, path, recognise, sound);
}

static lk_status refuse_kind(void *option, lk_source *source) {
    const uint8_t *bytes = (const uint8_t *)"";
    char kind[LK_KIND_CAPACITY];
    int64_t held = 0, length;
    LK_TRY(source->size > 0 ? lk_source_see(source, 0, &bytes, &held) : LK_OK);
    const char *what = held > 0 ? lk_foreign_kind(bytes, held, &length) : NULL;
    bool known = what == NULL && lk_kind_of(bytes, held, kind);
    return lk_fail(source->context, LK_INVALID, "%s: --%s is for recordings, and this is %s",
                   source->path, *(const char **)option,
                   what != NULL ? what
                   : known      ? kind
                                : "none");
}

lk_status lk_refuse_sound_option(lk_context *context, const char *path, const char *option) {
    return lk_is_folder(path)
               ? lk_fail(context, LK_INVALID,
                         "%s: --%s is for recordings (.wav, .flac, .aiff, ...), and the folder has "
                         "none",
                         path, option)
               : lk_source_visit(context, path, refuse_kind, &option);
}

lk_status lk_sound_learn(lk_context *context, const char *path, lk_sound_form *form, int32_t view) {
    lk_sound_info info = {0};
    char *first;
    LK_TRY(find_first(context, path, &first));
    if (first == NULL) {
        return lk_fail(context, LK_INVALID, "%s: there are no recordings", path);
    }
    lk_status status = lk_source_visit(context, first, look, &info);
    status = status == LK_OK ? lk_sound_form_of(context, first, &info, view, form) : status;
    lk_release(first);
    return status;
}

/* Behind what the note says already; "": nothing. */
static lk_status add_note(lk_context *context, lk_items *items, const char *text) {
    const char *before = lk_items_note(items);
    if (text[0] == '\0') {
        return LK_OK;
    }
    char *note = lk_print("%s%s%s", before != NULL ? before : "", before != NULL ? "; " : "", text);
    if (note == NULL) {
        return lk_fail_no_memory(context, "a note", 1);
    }
    lk_items_note_take(items, note);
    return LK_OK;
}

lk_status lk_items_note_sounds(lk_context *context, lk_items *items) {
    const lk_sound_form *form = &lk_items_symbols(items)->sound;
    int32_t rate = form->rate, other = 0;
    int64_t count = lk_items_count(items), single = 0;
    const char *done = "";
    char text[128] = "";
    for (int64_t i = 0; i < count; i++) {
        const lk_sound_info *info = lk_items_sound(items, i);
        done = done[0] == '\0' ? lk_sound_note(info) : done;
        rate = rate == 0 ? info->rate : rate;
        other = info->rate != rate && other == 0 ? info->rate : other;
        single += info->channels < form->channel;
    }
    LK_TRY(add_note(context, items, done));
    if (other != 0) {
        snprintf(text, sizeof text, "%d frames a second, and not %d, which changes nothing", other,
                 rate);
    }
    LK_TRY(add_note(context, items, text));
    snprintf(text, sizeof text,
             "of %lld recording%s %lld had but one channel, which was taken for channel %d",
             (long long)count, count == 1 ? "" : "s", (long long)single, form->channel);
    return single > 0 ? add_note(context, items, text) : LK_OK;
}
