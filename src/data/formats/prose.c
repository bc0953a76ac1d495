/* Whether a file is a text to be modelled as one, and no data. */
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "data/formats/csv.h"
#include "data/formats/folder_list.h"
#include "data/source.h"
#include "base/utf8.h"

/* Looked at: of a file, of a folder. */
#define BYTES_MOST (1 << 16)
#define FILES_MOST 16
#define RECORDS_MOST 8

/* UTF-8 without control characters that are not white space; the last character may be cut.
 * *letters: bytes of letters, as which count all that are not ASCII. */
static bool is_utf8(const uint8_t *bytes, int64_t size, int64_t *letters) {
    *letters = 0;
    for (int64_t at = 0; at < size;) {
        uint32_t character;
        int length = lk_utf8_get(bytes + at, size - at, &character);
        bool cut = character >= LK_UTF8_BYTE && size - at < LK_UTF8_MOST && at > 0;
        bool control = character < 0x20 && (character < '\t' || character > '\r');
        if ((character >= LK_UTF8_BYTE && !cut) || control) {
            return false;
        }
        uint32_t lower = character | 0x20;
        *letters += character >= 0x80 || (lower >= 'a' && lower <= 'z') ? length : 0;
        at += length;
    }
    return true;
}

/* A table has as many fields in each record; sentences have commas where they want. */
static bool is_ragged(const uint8_t *bytes, int64_t size) {
    lk_text text = lk_text_of(bytes, size);
    lk_line first, record;
    if (!lk_text_line(&text, &first)) {
        return false;
    }
    uint8_t separator = lk_record_separator(&first);
    int64_t fields = lk_record_fields(&first, separator);
    for (int i = 0; i < RECORDS_MOST && lk_text_line(&text, &record); ++i) {
        if (lk_record_fields(&record, separator) != fields) {
            return true;
        }
    }
    return false;
}

bool lk_is_prose(const uint8_t *bytes, int64_t size) {
    int64_t letters;
    if (size == 0 || !is_utf8(bytes, size, &letters)) {
        return false;
    }
    for (const lk_format *const *row = lk_formats; *row != NULL; ++row) {
        if ((*row)->recognise != NULL && (*row)->recognise(bytes, size)) {
            return ((*row)->traits & LK_IS_TEXT) != 0 && letters > size / 2 &&
                   is_ragged(bytes, size);
        }
    }
    return true;
}

static lk_status look(void *text, lk_source *source) {
    const uint8_t *bytes;
    int64_t count = 0;
    LK_TRY(source->size > 0 ? lk_source_see(source, 0, &bytes, &count) : LK_OK);
    count = count < BYTES_MOST ? count : BYTES_MOST;
    *(bool *)text = count > 0 && lk_is_prose(bytes, count);
    return LK_OK;
}

static lk_status look_at_folder(lk_context *context, const char *path, bool *text) {
    static const char *const any[] = {"", NULL};
    lk_folder folder;
    LK_TRY(lk_folder_list(context, path, any, &folder));
    lk_status status = LK_OK;
    *text = folder.count > 0;
    for (int64_t i = 0; i < folder.count && i < FILES_MOST && *text && status == LK_OK; ++i) {
        char *file = lk_print("%s/%s", path, folder.files[i].name);
        status = file != NULL ? lk_source_visit(context, file, look, text)
                              : lk_fail_no_memory(context, "a name", 1);
        lk_release(file);
    }
    lk_folder_deinit(&folder);
    return status;
}

lk_status lk_looks_like_text(lk_context *context, const char *path, bool *text) {
    struct stat about;
    *text = false;
    if (stat(path, &about) != 0) {
        return LK_OK; /* whoever reads it says why not */
    }
    return S_ISDIR(about.st_mode) ? look_at_folder(context, path, text)
                                  : lk_source_visit(context, path, look, text);
}
