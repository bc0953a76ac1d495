/* Writing data sets: which format the ending of a name says, and gzip, whose output carries no time
 * and no name, so that equal data give equal files. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/zlib_memory.h"
#include "data/formats/array.h"
#include "data/formats/pictures.h"

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

/* What its data were, or become where that is not written. A folder needs names. */
static const lk_format *restored_format(const lk_dataset *dataset) {
    const lk_format *format = lk_format_of(dataset->format);
    return format == NULL || format->restored_as == LK_FROM_MEMORY ||
                   (format == &lk_folder_format && dataset->names != NULL)
               ? format
               : lk_format_of((int32_t)format->restored_as);
}

static lk_status fail_ending(lk_context *context, const char *path) {
    char known[256] = "";
    size_t used = 0;
    for (const lk_format *const *row = lk_formats; *row != NULL; ++row) {
        for (const char *const *ending = (*row)->endings; *ending != NULL; ++ending) {
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
                                     *ending);
        }
    }
    return lk_fail(
        context, LK_INVALID,
        "%s: the ending of the name says no known format; known are %s, all but .png and .npz "
        "also with .gz, and NAME/ for a folder of PNG pictures",
        path, known);
}

/* ---- what is lost --------------------------------------------------------------------------- */

static bool keeps_labels(const lk_format *format, const lk_dataset *dataset) {
    bool column = dataset->columns != NULL && (format->traits & LK_KEEPS_WORDS) != 0;
    bool folders = format == &lk_folder_format && dataset->names != NULL;
    bool numbers = format == &lk_npz_format && lk_npz_keeps_labels(dataset);
    return column || folders || numbers || (format->traits & LK_KEEPS_LABELS) != 0;
}

/* The format that `path` gets; NULL: none. */
static const lk_format *format_for(const char *path, const lk_dataset *dataset) {
    bool packed;
    const lk_format *named = lk_names_folder(path) ? &lk_folder_format : find_format(path, &packed);
    return named != NULL ? named : restored_format(dataset);
}

void lk_dataset_loss(const char *path, const lk_dataset *dataset, bool drawn,
                     char text[LK_LOSS_CAPACITY]) {
    const lk_format *format = format_for(path, dataset);
    bool picture = format == &lk_png_format || format == &lk_folder_format;
    bool scaled = drawn && picture && dataset->alphabet != 2 && dataset->alphabet != 256;
    bool strips = drawn && picture && dataset->shape.axes == 3 &&
                  dataset->shape.size[2] > LK_PICTURE_CHANNELS_MOST;
    bool labels = !drawn && dataset->labels != NULL && !keeps_labels(format, dataset);
    bool names = !drawn && dataset->names != NULL && format != &lk_folder_format;
    char spread[64] = "";
    if (scaled) {
        snprintf(spread, sizeof spread, "values 0 to %d are drawn as 0 to 255 (.npy keeps them)",
                 dataset->alphabet - 1);
    }
    snprintf(text, LK_LOSS_CAPACITY, "%s%s%s%s%s%s", spread, scaled && strips ? "; " : "",
             strips ? "channels are drawn beside each other" : "",
             labels ? "labels are left out" : "", labels && names ? "; " : "",
             names ? "names of files are left out" : "");
}

/* ---- writing --------------------------------------------------------------------------------- */

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

static lk_status write_as(lk_context *context, const char *path, const lk_dataset *dataset,
                          const lk_format *format, bool packed, bool exact) {
    LK_TRY(check_kept(context, path, dataset, format->traits));
    if (format == &lk_folder_format) {
        return lk_folder_write(context, path, dataset, exact);
    }
    lk_encode *encode = exact && format->restore != NULL ? format->restore : format->write;
    return write_encoded(context, path, dataset, encode, packed);
}

lk_status lk_dataset_write(lk_context *context, const char *path, const lk_dataset *dataset) {
    bool packed = false;
    const lk_format *format =
        lk_names_folder(path) ? &lk_folder_format : find_format(path, &packed);
    return format == &lk_folder_format || usable(format, packed)
               ? write_as(context, path, dataset, format, packed, false)
               : fail_ending(context, path);
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

static lk_status restorable(lk_context *context, const char *path) {
    bool packed;
    LK_TRY(refuse_jpeg(context, path));
    const lk_format *format = find_format(path, &packed);
    if (lk_names_folder(path) || usable(format, packed)) {
        return LK_OK;
    }
    return format != NULL ? fail_ending(context, path) : lk_refuse_foreign(context, path);
}

lk_status lk_dataset_restore(lk_context *context, const char *path, const lk_dataset *dataset) {
    bool packed = false;
    LK_TRY(restorable(context, path));
    const lk_format *format =
        lk_names_folder(path) ? &lk_folder_format : find_format(path, &packed);
    if (format == NULL) {
        packed = false;
        format = restored_format(dataset);
    }
    return format != NULL ? write_as(context, path, dataset, format, packed, true)
                          : fail_ending(context, path);
}

/* A sheet of all examples is one picture. */
static lk_status check_sheet(lk_context *context, const char *path, const lk_dataset *like) {
    lk_sheet_tile tile = lk_tile_of(like->shape);
    return lk_sheet_groups(tile, like->examples, 1) >= like->examples
               ? LK_OK
               : lk_fail(context, LK_INVALID,
                         "%s: %lld examples of %lld x %lld pixels are too many for one picture: "
                         "write NAME/ or .npy",
                         path, (long long)like->examples, (long long)tile.width,
                         (long long)tile.height);
}

lk_status lk_dataset_holds(lk_context *context, const char *path, const lk_dataset *like,
                           bool exact) {
    LK_TRY((exact ? restorable : lk_dataset_writable)(context, path));
    bool packed;
    const lk_format *format =
        lk_names_folder(path) ? &lk_folder_format : find_format(path, &packed);
    LK_TRY(format != NULL ? check_kept(context, path, like, format->traits) : LK_OK);
    if (format == &lk_pbm_format) {
        return lk_pbm_writable(context, path, like);
    }
    if (format == &lk_png_format && !exact) {
        LK_TRY(check_sheet(context, path, like));
    }
    bool picture = format != NULL && (format->traits & LK_HAS_PICTURES) != 0;
    return picture && (exact || format == &lk_pnm_format) ? lk_picture_writable(context, path, like)
                                                          : LK_OK;
}
