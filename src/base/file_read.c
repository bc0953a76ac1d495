/* Reading a file whole, gzip unpacked (RFC 1952: one or several members; zero bytes after the last
 * one are padding). Memory grows with what is really there, never with what a header claims, and
 * never past the caller's cap. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/zlib_memory.h"

#define FIRST_CAPACITY ((int64_t)1 << 16)
#define ZLIB_GZIP_ONLY (MAX_WBITS + 16)

typedef struct growing {
    lk_bytes bytes;
    int64_t capacity, most;
} growing;

static lk_status too_large(lk_context *context, const char *path, const char *when, int64_t most) {
    return lk_fail(context, LK_FORMAT, "%s: larger than the limit of %lld bytes%s; split it", path,
                   (long long)most, when);
}

/* Room for at least `least` bytes (and the zero after them), doubling; `least` is at most most +
 * 1. */
static lk_status reserve(lk_context *context, const char *path, growing *buffer, int64_t least) {
    if (least <= buffer->capacity) {
        return LK_OK;
    }
    int64_t capacity =
        buffer->capacity < FIRST_CAPACITY / 2 ? FIRST_CAPACITY : 2 * buffer->capacity;
    capacity = capacity > buffer->most + 1 ? buffer->most + 1 : capacity;
    int64_t allowed =
        context != NULL && context->memory_most > 0 ? context->memory_most : INT64_MAX;
    capacity = capacity > allowed ? allowed : capacity;
    capacity = capacity < least ? least : capacity;
    LK_TRY(lk_memory_allow(context, path, "its content", (double)capacity));
    uint8_t *data = lk_resize(buffer->bytes.data, capacity + 1, 1);
    if (data == NULL) {
        return lk_fail_no_memory(context, "a file's content", capacity + 1);
    }
    buffer->bytes.data = data;
    buffer->capacity = capacity;
    return LK_OK;
}

/* Reads to the end or to one byte past the cap. */
static lk_status read_descriptor(lk_context *context, const char *path, int descriptor,
                                 growing *buffer) {
    for (;;) {
        lk_bytes *bytes = &buffer->bytes;
        LK_TRY(reserve(context, path, buffer, bytes->size + 1));
        ssize_t count =
            read(descriptor, bytes->data + bytes->size, (size_t)(buffer->capacity - bytes->size));
        if (count < 0 && lk_wait(descriptor, POLLIN)) {
            continue;
        }
        if (count < 0) {
            return lk_fail(context, LK_IO, "%s: cannot read at byte %lld: %s", path,
                           (long long)bytes->size, strerror(errno));
        }
        bytes->size += count;
        if (bytes->size > buffer->most) {
            return too_large(context, path, "", buffer->most);
        }
        if (count == 0) {
            bytes->data[bytes->size] = 0;
            return LK_OK;
        }
    }
}

lk_status lk_fail_changed(lk_context *context, const char *path, int64_t before, int64_t now) {
    return lk_fail(context, LK_IO,
                   "%s: the file changed while it was being read: from %lld bytes to %lld; run "
                   "again when it is complete",
                   path, (long long)before, (long long)now);
}

/* A regular file's length is known before it is read: no growing, and a file that is too large is
 * refused unread. */
static lk_status read_regular(lk_context *context, const char *path, int descriptor, bool own,
                              int64_t size, growing *buffer) {
    int64_t at = own ? 0 : lseek(descriptor, 0, SEEK_CUR), left = size > at ? size - at : 0;
    struct stat about;
    if (left > buffer->most) {
        return too_large(context, path, "", buffer->most);
    }
    LK_TRY(reserve(context, path, buffer, left + 1));
    LK_TRY(read_descriptor(context, path, descriptor, buffer));
    return fstat(descriptor, &about) == 0 && about.st_size != size
               ? lk_fail_changed(context, path, size, about.st_size)
               : LK_OK;
}

static lk_status read_open_file(lk_context *context, const char *path, int descriptor, bool own,
                                growing *buffer) {
    struct stat about;
    if (fstat(descriptor, &about) != 0) {
        return lk_fail(context, LK_IO, "%s: cannot read: %s", path, strerror(errno));
    }
    if (S_ISDIR(about.st_mode)) {
        return lk_fail(context, LK_IO, "%s: is a directory; name a file in it", path);
    }
    return S_ISREG(about.st_mode)
               ? read_regular(context, path, descriptor, own, about.st_size, buffer)
               : read_descriptor(context, path, descriptor, buffer);
}

lk_status lk_file_read_raw(lk_context *context, const char *path, int64_t most, lk_bytes *bytes) {
    LK_REQUIRE(most >= 0 && most < INT64_MAX / 4);
    *bytes = (lk_bytes){0};
    int descriptor;
    bool own;
    LK_TRY(lk_open(context, path, &descriptor, &own));
    growing buffer = {.most = most};
    lk_status status = read_open_file(context, path, descriptor, own, &buffer);
    close(descriptor);
    if (status != LK_OK) {
        lk_bytes_release(&buffer.bytes);
        return status;
    }
    *bytes = buffer.bytes;
    return LK_OK;
}

static bool is_gzip(const uint8_t *data, int64_t size) {
    return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

static bool is_padding(const uint8_t *data, int64_t size) {
    for (int64_t i = 0; i < size; i++) {
        if (data[i] != 0) {
            return false;
        }
    }
    return true;
}

static uInt clipped(int64_t size) {
    return size > INT_MAX ? INT_MAX : (uInt)size;
}

/* Unpacks one member; `at` moves past it. */
static lk_status unpack_member(lk_context *context, const char *path, z_stream *stream,
                               const lk_bytes *packed, int64_t *at, growing *buffer) {
    int64_t begin = *at;
    int result = inflateReset(stream);
    while (result != Z_STREAM_END) {
        lk_bytes *out = &buffer->bytes;
        LK_TRY(reserve(context, path, buffer, out->size + 1));
        stream->next_in = packed->data + *at;
        stream->avail_in = clipped(packed->size - *at);
        stream->next_out = out->data + out->size;
        stream->avail_out = clipped(buffer->capacity - out->size);
        result = inflate(stream, Z_NO_FLUSH);
        *at = stream->next_in - packed->data;
        out->size = stream->next_out - out->data;
        if (out->size > buffer->most) {
            return too_large(context, path, " when unpacked", buffer->most);
        }
        if (result == Z_MEM_ERROR) {
            return lk_fail_no_memory(context, "unpacking gzip", FIRST_CAPACITY);
        }
        bool ended = result == Z_BUF_ERROR && *at == packed->size;
        if (ended) {
            return lk_fail(context, LK_CORRUPT,
                           "%s: the gzip data end in the middle (after %lld bytes): truncated; "
                           "copy the file again",
                           path, (long long)packed->size);
        }
        if (result != Z_OK && result != Z_STREAM_END) {
            return lk_fail(context, LK_CORRUPT,
                           "%s: damaged gzip data in the member at byte %lld, near byte %lld: %s",
                           path, (long long)begin, (long long)*at,
                           stream->msg == NULL ? "invalid" : stream->msg);
        }
    }
    return LK_OK;
}

static lk_status unpack_members(lk_context *context, const char *path, const lk_bytes *packed,
                                growing *buffer) {
    z_stream stream = LK_Z_STREAM;
    if (inflateInit2(&stream, ZLIB_GZIP_ONLY) != Z_OK) {
        return lk_fail_no_memory(context, "unpacking gzip", FIRST_CAPACITY);
    }
    int64_t at = 0;
    lk_status status = LK_OK;
    while (status == LK_OK && is_gzip(packed->data + at, packed->size - at)) {
        status = unpack_member(context, path, &stream, packed, &at, buffer);
    }
    inflateEnd(&stream);
    if (status == LK_OK && !is_padding(packed->data + at, packed->size - at)) {
        status = lk_fail(context, LK_CORRUPT,
                         "%s: %lld bytes after the end of the gzip data (byte %lld) are not gzip",
                         path, (long long)(packed->size - at), (long long)at);
    }
    return status;
}

/* Takes `packed`'s memory, whatever comes of it. */
static lk_status unpack_take(lk_context *context, const char *path, int64_t most, lk_bytes *packed,
                             lk_bytes *bytes) {
    growing buffer = {.most = most};
    lk_status status = unpack_members(context, path, packed, &buffer);
    lk_bytes_release(packed);
    if (status != LK_OK) {
        lk_bytes_release(&buffer.bytes);
        return status;
    }
    buffer.bytes.data[buffer.bytes.size] = 0;
    *bytes = buffer.bytes;
    return LK_OK;
}

lk_status lk_file_read(lk_context *context, const char *path, int64_t most, lk_bytes *bytes) {
    LK_REQUIRE(most >= 0 && most < INT64_MAX / 8);
    *bytes = (lk_bytes){0};
    /* What does not compress grows a little (5 bytes per 16 KiB at worst, and the header's
     * strings). */
    int64_t most_packed = most + most / 1024 + FIRST_CAPACITY;
    lk_bytes raw;
    LK_TRY(lk_file_read_raw(context, path, most_packed, &raw));
    if (is_gzip(raw.data, raw.size)) {
        return unpack_take(context, path, most, &raw, bytes);
    }
    if (raw.size > most) {
        lk_bytes_release(&raw);
        return too_large(context, path, "", most);
    }
    *bytes = raw;
    return LK_OK;
}

const char *lk_input_name(const lk_input *input) {
    return input->path != NULL ? input->path : input->read == NULL ? "memory" : "input";
}

static lk_status read_function(lk_context *context, const lk_input *input, growing *buffer) {
    lk_bytes *bytes = &buffer->bytes;
    for (int64_t count = 1; count > 0; bytes->size += count) {
        LK_TRY(reserve(context, "input", buffer, bytes->size + 1));
        int64_t most = buffer->capacity - bytes->size;
        count = input->read(input->argument, bytes->data + bytes->size, most);
        if (count < 0 || count > most) {
            return lk_fail(context, LK_IO, "input: reading failed at byte %lld",
                           (long long)bytes->size);
        }
        if (bytes->size + count > buffer->most) {
            return too_large(context, "input", "", buffer->most);
        }
    }
    return LK_OK;
}

static lk_status copy_memory(lk_context *context, const lk_input *input, growing *buffer) {
    if (input->size > buffer->most) {
        return too_large(context, "memory", "", buffer->most);
    }
    LK_TRY(reserve(context, "memory", buffer, input->size + 1));
    if (input->size > 0) {
        memcpy(buffer->bytes.data, input->bytes, (size_t)input->size);
    }
    buffer->bytes.size = input->size;
    return LK_OK;
}

lk_status lk_input_read(lk_context *context, const lk_input *input, int64_t most, lk_bytes *bytes) {
    LK_REQUIRE(most >= 0 && most < INT64_MAX / 4);
    *bytes = (lk_bytes){0};
    if (input->path != NULL) {
        return lk_file_read_raw(context, input->path, most, bytes);
    }
    growing buffer = {.most = most};
    lk_status status = input->read != NULL ? read_function(context, input, &buffer)
                                           : copy_memory(context, input, &buffer);
    if (status != LK_OK) {
        lk_bytes_release(&buffer.bytes);
        return status;
    }
    buffer.bytes.data[buffer.bytes.size] = 0;
    *bytes = buffer.bytes;
    return LK_OK;
}

void lk_bytes_release(lk_bytes *bytes) {
    if (bytes != NULL) {
        lk_release(bytes->data);
        *bytes = (lk_bytes){0};
    }
}
