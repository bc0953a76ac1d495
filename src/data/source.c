#include "data/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/unpack.h"

#define BUFFER_BYTES (INT64_C(1) << 16)
#define SEEN_LEAST 4
#define UNPACKED_MOST (INT64_C(1) << 40)

static lk_status prepare(lk_context *context, const char *path, lk_source *source) {
    *source = (lk_source){.context = context, .descriptor = -1, .path = lk_duplicate(path)};
    return source->path != NULL ? LK_OK
                                : lk_fail_no_memory(context, "a path", (int64_t)strlen(path));
}

static lk_status open_regular(lk_source *source) {
    struct stat about;
    source->descriptor = open(source->path, O_RDONLY | O_CLOEXEC);
    if (source->descriptor < 0 || fstat(source->descriptor, &about) != 0) {
        return lk_fail(source->context, LK_IO, "%s: cannot open: %s", source->path,
                       strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        return lk_fail(source->context, LK_IO,
                       "%s: is %s; a stream is read from a regular file, more than once",
                       source->path, S_ISDIR(about.st_mode) ? "a directory" : "no regular file");
    }
    int64_t some = about.st_size < BUFFER_BYTES ? about.st_size : BUFFER_BYTES;
    source->size = about.st_size;
    source->buffer = lk_resize(NULL, some, 1);
    return source->buffer != NULL ? LK_OK
                                  : lk_fail_no_memory(source->context, "a file's buffer", some);
}

void lk_source_rest(lk_source *source) {
    if (source->packed) {
        lk_release(source->unpacked);
        source->unpacked = NULL;
        source->all = NULL;
    }
    if (source->descriptor >= 0) {
        close(source->descriptor);
        lk_release(source->buffer);
        source->descriptor = -1;
        source->buffer = NULL;
        source->first = source->held = 0;
    }
}

/* Holds the whole of a packed file, whose bounds are those of memory. */
static lk_status unpack(lk_source *source) {
    lk_bytes bytes;
    LK_TRY(lk_file_read(source->context, source->path, UNPACKED_MOST, &bytes));
    source->all = source->unpacked = bytes.data;
    source->size = bytes.size;
    return LK_OK;
}

/* After a rest; the file should still be as large as it was. */
static lk_status open_again(lk_source *source) {
    int64_t size = source->size;
    lk_status status = source->packed ? unpack(source) : open_regular(source);
    if (status == LK_OK && source->size != size) {
        status = lk_fail(source->context, LK_IO, "%s: the file changed while it was being read",
                         source->path);
    }
    source->size = size;
    if (status != LK_OK) {
        lk_source_rest(source);
    }
    return status;
}

lk_status lk_source_open(lk_context *context, const char *path, lk_source *source) {
    LK_TRY(prepare(context, path, source));
    lk_status status = open_regular(source);
    if (status != LK_OK) {
        lk_source_close(source);
    }
    return status;
}

lk_status lk_source_open_unpacked(lk_context *context, const char *path, lk_source *source) {
    const uint8_t *bytes;
    int64_t count = 0;
    LK_TRY(lk_source_open(context, path, source));
    lk_status status = source->size > 0 ? lk_source_see(source, 0, &bytes, &count) : LK_OK;
    if (status == LK_OK && count > 0 && lk_packing_name(bytes, count) != NULL) {
        lk_source_rest(source);
        source->packed = true;
        status = unpack(source);
    }
    if (status != LK_OK) {
        lk_source_close(source);
    }
    return status;
}

lk_status lk_source_of_bytes(lk_context *context, const char *name, const lk_bytes *bytes,
                             lk_source *source) {
    LK_TRY(prepare(context, name, source));
    source->all = bytes->data;
    source->size = bytes->size;
    return LK_OK;
}

void lk_source_close(lk_source *source) {
    lk_source_rest(source);
    lk_release(source->path);
    *source = (lk_source){.descriptor = -1};
}

/* Fills the buffer from `offset` on. */
static lk_status fill(lk_source *source, int64_t offset) {
    int64_t wanted = source->size - offset < BUFFER_BYTES ? source->size - offset : BUFFER_BYTES;
    source->first = offset;
    source->held = 0;
    while (source->held < wanted) {
        ssize_t count = pread(source->descriptor, source->buffer + source->held,
                              (size_t)(wanted - source->held), offset + source->held);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return lk_fail(source->context, LK_IO, "%s: cannot read at byte %lld: %s", source->path,
                           (long long)(offset + source->held),
                           count < 0 ? strerror(errno)
                                     : "the file became shorter while it was being read");
        }
        source->held += count;
    }
    return LK_OK;
}

lk_status lk_source_see(lk_source *source, int64_t offset, const uint8_t **bytes, int64_t *count) {
    LK_REQUIRE(offset >= 0 && offset < source->size);
    if (source->all != NULL) {
        *bytes = source->all + offset;
        *count = source->size - offset;
        return LK_OK;
    }
    LK_TRY(source->descriptor < 0 ? open_again(source) : LK_OK);
    if (source->packed) {
        return lk_source_see(source, offset, bytes, count);
    }
    int64_t last = offset + SEEN_LEAST < source->size ? offset + SEEN_LEAST : source->size;
    if (offset < source->first || last > source->first + source->held) {
        LK_TRY(fill(source, offset));
    }
    *bytes = source->buffer + (offset - source->first);
    *count = source->first + source->held - offset;
    return LK_OK;
}
