/* Writing data sets: the table of endings, gzip, and the buffer that the encoders fill. Gzip output
 * carries no time and no name, so equal data give equal files. */
#include "data/write.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/zlib_memory.h"
#include "data/reader.h"

typedef struct lk_ending {
    const char *text;
    lk_encode *encode;
    bool packs; /* may be followed by .gz */
} lk_ending;

static const lk_ending endings[] = {
    {".png", lk_encode_png, false},    {".npy", lk_encode_npy, true},
    {".amat", lk_encode_amat, true},   {".txt", lk_encode_txt, true},
    {".csv", lk_encode_csv, true},     {".idx", lk_encode_idx, true},
    {"-ubyte", lk_encode_idx, true},   {".pbm", lk_encode_pbm, true},
    {".bin", lk_encode_cifar10, true},
};
#define ENDING_COUNT ((int)(sizeof endings / sizeof endings[0]))

/* What lk_dataset_restore makes of each format. */
static lk_encode *const encode_format[LK_FORMATS] = {
    [LK_FROM_AMAT] = lk_encode_amat,    [LK_FROM_ROWS] = lk_encode_txt,
    [LK_FROM_CSV] = lk_encode_csv,      [LK_FROM_IDX] = lk_encode_idx,
    [LK_FROM_NPY] = lk_encode_npy,      [LK_FROM_NPZ] = lk_encode_npy,
    [LK_FROM_PBM] = lk_encode_pbm,      [LK_FROM_PNG] = lk_encode_png,
    [LK_FROM_JPEG] = lk_encode_png,     [LK_FROM_CIFAR10] = lk_encode_cifar10,
    [LK_FROM_CIFAR100] = lk_encode_npy, [LK_FROM_FOLDER] = lk_encode_npy,
};

/* ---- the buffer ------------------------------------------------------------------------------ */

uint8_t *lk_buffer_room(lk_buffer *buffer, int64_t size) {
    if (buffer->failed) {
        return NULL;
    }
    if (size > buffer->capacity - buffer->size) {
        int64_t capacity = buffer->capacity + buffer->capacity / 2;
        capacity = capacity < buffer->size + size ? buffer->size + size : capacity;
        uint8_t *data = lk_resize(buffer->data, capacity, 1);
        if (!data) {
            buffer->failed = true;
            return NULL;
        }
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->size;
}

void lk_buffer_put(lk_buffer *buffer, const void *data, int64_t size) {
    uint8_t *room = lk_buffer_room(buffer, size);
    if (room && size > 0) {
        memcpy(room, data, (size_t)size);
        buffer->size += size;
    }
}

void lk_buffer_release(lk_buffer *buffer) {
    lk_release(buffer->data);
    *buffer = (lk_buffer){0};
}

lk_status lk_buffer_write(lk_context *context, const char *path, const lk_buffer *buffer) {
    if (buffer->failed) {
        return lk_fail_no_memory(context, path, buffer->size);
    }
    lk_writer *writer;
    LK_TRY(lk_writer_create(context, path, &writer));
    lk_writer_put(writer, buffer->data, buffer->size);
    return lk_writer_commit(writer);
}

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

/* The row for the ending of `path`, NULL: unknown. *packed: .gz follows it. */
static const lk_ending *find_ending(const char *path, bool *packed) {
    size_t length = strlen(path);
    *packed = ends_with(path, length, ".gz");
    length -= *packed ? 3 : 0;
    for (int i = 0; i < ENDING_COUNT; ++i) {
        if (ends_with(path, length, endings[i].text)) {
            return &endings[i];
        }
    }
    return NULL;
}

static lk_status fail_ending(lk_context *context, const char *path) {
    char known[128] = "";
    size_t used = 0;
    for (int i = 0; i < ENDING_COUNT; ++i) {
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 endings[i].text);
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

static bool usable(const lk_ending *ending, bool packed) {
    return ending && (ending->packs || !packed);
}

lk_status lk_dataset_writable(lk_context *context, const char *path) {
    bool packed;
    const lk_ending *ending = find_ending(path, &packed);
    return usable(ending, packed) || lk_names_folder(path) ? LK_OK : fail_ending(context, path);
}

lk_status lk_dataset_write(lk_context *context, const char *path, const lk_dataset *dataset) {
    bool packed;
    if (lk_names_folder(path)) {
        return lk_dataset_write_folder(context, path, dataset);
    }
    const lk_ending *ending = find_ending(path, &packed);
    return usable(ending, packed) ? write_encoded(context, path, dataset, ending->encode, packed)
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

lk_status lk_dataset_restore(lk_context *context, const char *path, const lk_dataset *dataset) {
    bool packed;
    LK_TRY(refuse_jpeg(context, path));
    bool remembers = dataset->format > LK_FROM_MEMORY && dataset->format < LK_FORMATS;
    if (find_ending(path, &packed) || lk_names_folder(path) || !remembers) {
        return lk_dataset_write(context, path, dataset);
    }
    return write_encoded(context, path, dataset, encode_format[dataset->format], packed);
}
