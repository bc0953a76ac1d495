/* Writing data sets: which format the ending of a name says, and gzip, whose output carries no time
 * and no name, so that equal data give equal files. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/zlib_memory.h"
#include "data/formats/format.h"

/* Input is passed in pieces because zlib counts in 32 bits. */
static bool deflate_all(z_stream *stream, const lk_buffer *plain, lk_buffer *packed) {
    const int64_t piece = 1 << 20;
    int result = Z_OK;
    for (int64_t at = 0; result != Z_STREAM_END;) {
        int64_t left = plain->size - at, given = left < piece ? left : piece;
        stream->next_in = plain->data + at;
        stream->avail_in = (uInt)given;
        stream->next_out = lk_buffer_room(packed, piece);
        stream->avail_out = (uInt)piece;
        if (!stream->next_out) {
            return false;
        }
        result = deflate(stream, given == left ? Z_FINISH : Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END) {
            return false;
        }
        at += given - stream->avail_in;
        packed->size += piece - stream->avail_out;
    }
    return true;
}

static void pack(const lk_buffer *plain, lk_buffer *packed) {
    z_stream stream = LK_Z_STREAM;
    packed->failed = plain->failed;
    if (plain->failed ||
        deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        packed->failed = true;
        return;
    }
    packed->failed = !deflate_all(&stream, plain, packed);
    deflateEnd(&stream);
}

/* ---- choosing -------------------------------------------------------------------------------- */

static bool ends_with(const char *path, size_t length, const char *ending) {
    size_t size = strlen(ending);
    return length > size && strncasecmp(path + length - size, ending, size) == 0;
}

static bool has_ending(const lk_format *format, const char *path, size_t length) {
    for (const char *const *ending = format->endings; *ending != NULL; ++ending) {
        if (ends_with(path, length, *ending)) {
            return true;
        }
    }
    return false;
}

/* The format for the ending of `path`, NULL: unknown. *packed: .gz follows it. */
static const lk_format *find_format(const char *path, bool *packed) {
    size_t length = strlen(path);
    *packed = ends_with(path, length, ".gz");
    length -= *packed ? 3 : 0;
    for (const lk_format *const *row = lk_formats; *row != NULL; ++row) {
        if (has_ending(*row, path, length)) {
            return *row;
        }
    }
    return NULL;
}

static lk_status fail_ending(lk_context *context, const char *path) {
    char known[128] = "";
    size_t used = 0;
    for (const lk_format *const *row = lk_formats; *row != NULL; ++row) {
        for (const char *const *ending = (*row)->endings; *ending != NULL; ++ending) {
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
                                     *ending);
        }
    }
    return lk_fail(
        context, LK_INVALID,
        "%s: the ending of the name says no known format; known are %s, all but .png also with "
        ".gz, and NAME/ for a folder of PNG pictures",
        path, known);
}

static lk_status write_encoded(lk_context *context, const char *path, const lk_dataset *dataset,
                               lk_encode *encode, bool packed) {
    lk_buffer plain = {0}, small = {0};
    lk_status status = encode(context, path, dataset, &plain);
    if (status == LK_OK && packed) {
        pack(&plain, &small);
    }
    if (status == LK_OK) {
        status = lk_buffer_write(context, path, packed ? &small : &plain);
    }
    lk_buffer_release(&plain);
    lk_buffer_release(&small);
    return status;
}

/* Words would be lost, or be numbers without a meaning. */
static lk_status check_kept(lk_context *context, const char *path, const lk_dataset *dataset,
                            uint32_t traits) {
    bool words = dataset->columns != NULL && lk_columns_have_words(dataset->columns);
    return !words || (traits & LK_KEEPS_WORDS)
               ? LK_OK
               : lk_fail(context, LK_INVALID,
                         "%s: the data are a table of words, which only a .csv holds", path);
}

static bool usable(const lk_format *format, bool packed) {
    return format != NULL && (format->packs || !packed);
}

lk_status lk_dataset_writable(lk_context *context, const char *path) {
    bool packed;
    const lk_format *format = find_format(path, &packed);
    return usable(format, packed) || lk_names_folder(path) ? LK_OK : fail_ending(context, path);
}

lk_status lk_dataset_write(lk_context *context, const char *path, const lk_dataset *dataset) {
    bool packed;
    if (lk_names_folder(path)) {
        LK_TRY(check_kept(context, path, dataset, lk_folder_format.traits));
        return lk_folder_write(context, path, dataset);
    }
    const lk_format *format = find_format(path, &packed);
    if (!usable(format, packed)) {
        return fail_ending(context, path);
    }
    LK_TRY(check_kept(context, path, dataset, format->traits));
    return write_encoded(context, path, dataset, format->write, packed);
}

/* A sheet of all examples is one picture. */
static lk_status check_sheet(lk_context *context, const char *path, const lk_format *format,
                             const lk_dataset *like, int64_t examples) {
    lk_sheet_tile tile = lk_tile_of(like->shape);
    return format->number != LK_FROM_PNG || lk_sheet_groups(tile, examples, 1) >= examples
               ? LK_OK
               : lk_fail(context, LK_INVALID,
                         "%s: %lld examples of %lld x %lld pixels are too many for one picture: "
                         "write NAME/ or .npy",
                         path, (long long)examples, (long long)tile.width, (long long)tile.height);
}

/* One example of zeros, encoded for nothing, meets all that the format refuses. */
static lk_status try_one(lk_context *context, const char *path, const lk_format *format,
                         const lk_dataset *like) {
    lk_dataset one = *like;
    lk_buffer buffer = {0};
    one.examples = 1;
    one.labels = NULL;
    one.names = NULL;
    one.values = lk_allocate(like->variables, sizeof *one.values);
    if (one.values == NULL) {
        return lk_fail_no_memory(context, path, like->variables * 2);
    }
    LK_REQUIRE(format->write != NULL);
    lk_status status = check_kept(context, path, &one, format->traits);
    status = status == LK_OK ? format->write(context, path, &one, &buffer) : status;
    lk_buffer_release(&buffer);
    lk_release(one.values);
    return status;
}

/* Pixels that a JPEG gave are not what it gives when they are packed as a JPEG again. */
static lk_status refuse_jpeg(lk_context *context, const char *path) {
    size_t length = strlen(path);
    if (!ends_with(path, length, ".jpg") && !ends_with(path, length, ".jpeg")) {
        return LK_OK;
    }
    return lk_fail(context, LK_INVALID,
                   "%s: JPEG would change the pixels, which are kept exactly; write .png", path);
}

lk_status lk_dataset_try(lk_context *context, const char *path, const lk_dataset *like,
                         int64_t examples, bool restore) {
    bool packed;
    const lk_format *format = find_format(path, &packed);
    LK_TRY(restore ? refuse_jpeg(context, path) : LK_OK);
    if (lk_names_folder(path)) {
        return check_kept(context, path, like, lk_folder_format.traits);
    }
    if (format == NULL && restore && lk_format_of(like->format) != NULL) {
        return LK_OK; /* it becomes what it was */
    }
    if (!usable(format, packed)) {
        return fail_ending(context, path);
    }
    LK_TRY(check_sheet(context, path, format, like, examples));
    return try_one(context, path, format, like);
}

lk_status lk_dataset_restore(lk_context *context, const char *path, const lk_dataset *dataset) {
    bool packed;
    LK_TRY(refuse_jpeg(context, path));
    const lk_format *format = lk_format_of(dataset->format);
    if (find_format(path, &packed) != NULL || lk_names_folder(path) || format == NULL) {
        return lk_dataset_write(context, path, dataset);
    }
    format =
        format->restored_as != LK_FROM_MEMORY ? lk_format_of((int32_t)format->restored_as) : format;
    return write_encoded(context, path, dataset, format->write, packed);
}
