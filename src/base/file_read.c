/* Reading a file whole, unpacked if it is packed. Memory grows with what is really there, never
 * with what a header claims, and never past the caller's cap. */
#include "base/file.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/growing.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/unpack.h"

#define FIRST_CAPACITY ((int64_t)1 << 16)

/* Reads to the end or to one byte past the cap. */
static lk_status read_descriptor(lk_context *context, const char *path, int descriptor,
                                 lk_growing *buffer) {
    for (;;) {
        lk_bytes *bytes = &buffer->bytes;
        LK_TRY(lk_growing_reserve(context, path, buffer, bytes->size + 1));
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
            return lk_growing_too_large(context, path, "", buffer->most);
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
                              int64_t size, lk_growing *buffer) {
    int64_t at = own ? 0 : lseek(descriptor, 0, SEEK_CUR), left = size > at ? size - at : 0;
    struct stat about;
    if (left > buffer->most) {
        return lk_growing_too_large(context, path, "", buffer->most);
    }
    LK_TRY(lk_growing_reserve(context, path, buffer, left + 1));
    LK_TRY(read_descriptor(context, path, descriptor, buffer));
    return fstat(descriptor, &about) == 0 && about.st_size != size
               ? lk_fail_changed(context, path, size, about.st_size)
               : LK_OK;
}

static lk_status read_open_file(lk_context *context, const char *path, int descriptor, bool own,
                                lk_growing *buffer) {
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
    lk_growing buffer = {.most = most};
    lk_status status = read_open_file(context, path, descriptor, own, &buffer);
    close(descriptor);
    if (status != LK_OK) {
        lk_bytes_release(&buffer.bytes);
        return status;
    }
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
    if (lk_packing_name(raw.data, raw.size) != NULL) {
        return lk_unpack_take(context, path, most, &raw, bytes);
    }
    if (raw.size > most) {
        lk_bytes_release(&raw);
        return lk_growing_too_large(context, path, "", most);
    }
    *bytes = raw;
    return LK_OK;
}

const char *lk_input_name(const lk_input *input) {
    return input->path != NULL ? input->path : input->read == NULL ? "memory" : "input";
}

static lk_status read_function(lk_context *context, const lk_input *input, lk_growing *buffer) {
    lk_bytes *bytes = &buffer->bytes;
    for (int64_t count = 1; count > 0; bytes->size += count) {
        LK_TRY(lk_growing_reserve(context, "input", buffer, bytes->size + 1));
        int64_t most = buffer->capacity - bytes->size;
        count = input->read(input->argument, bytes->data + bytes->size, most);
        if (count < 0 || count > most) {
            return lk_fail(context, LK_IO, "input: reading failed at byte %lld",
                           (long long)bytes->size);
        }
        if (bytes->size + count > buffer->most) {
            return lk_growing_too_large(context, "input", "", buffer->most);
        }
    }
    return LK_OK;
}

static lk_status copy_memory(lk_context *context, const lk_input *input, lk_growing *buffer) {
    if (input->size > buffer->most) {
        return lk_growing_too_large(context, "memory", "", buffer->most);
    }
    LK_TRY(lk_growing_reserve(context, "memory", buffer, input->size + 1));
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
    lk_growing buffer = {.most = most};
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
