#include "data/source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/path.h"
#include "base/spool.h"
#include "base/unpack.h"

#define BUFFER_BYTES (INT64_C(1) << 16)
#define SEEN_LEAST 4
#define UNPACKED_MOST (INT64_C(1) << 40)

static lk_status prepare(lk_context *context, const char *path, lk_source *source) {
    *source = (lk_source){.context = context, .descriptor = -1, .path = lk_duplicate(path)};
    return source->path != NULL ? LK_OK
                                : lk_fail_no_memory(context, "a path", (int64_t)strlen(path));
}

/* What can be read but once is copied first; what was open already is read from where it stands,
 * and neither can be opened again. */
static lk_status keep(lk_source *source, bool regular) {
    int spooled;
    source->kept = true;
    if (regular) {
        off_t at = lseek(source->descriptor, 0, SEEK_CUR);
        source->begin = at > 0 ? at : 0;
        lseek(source->descriptor, 0, SEEK_END);
        return LK_OK;
    }
    LK_TRY(lk_spool(source->context, source->path, source->descriptor, &spooled));
    close(source->descriptor);
    source->descriptor = spooled;
    return LK_OK;
}

static lk_status measure(lk_source *source, bool own) {
    struct stat about;
    if (fstat(source->descriptor, &about) != 0 || S_ISDIR(about.st_mode)) {
        return lk_fail(source->context, LK_IO, "%s: is a directory; name a file in it",
                       source->path);
    }
    bool regular = S_ISREG(about.st_mode);
    LK_TRY(own && regular ? LK_OK : keep(source, regular));
    if (fstat(source->descriptor, &about) != 0) {
        return lk_fail(source->context, LK_IO, "%s: cannot read: %s", source->path,
                       strerror(errno));
    }
    source->size = about.st_size > source->begin ? about.st_size - source->begin : 0;
    return LK_OK;
}

static lk_status open_file(lk_source *source) {
    bool own;
    LK_TRY(lk_open(source->context, source->path, &source->descriptor, &own));
    LK_TRY(measure(source, own));
    int64_t some = source->size < BUFFER_BYTES ? source->size : BUFFER_BYTES;
    source->buffer = lk_resize(NULL, some, 1);
    return source->buffer != NULL ? LK_OK
                                  : lk_fail_no_memory(source->context, "a file's buffer", some);
}

static void let_go(lk_source *source) {
    if (source->descriptor >= 0) {
        close(source->descriptor);
        lk_release(source->buffer);
        source->descriptor = -1;
        source->buffer = NULL;
        source->first = source->held = 0;
    }
}

static void forget_unpacked(lk_source *source) {
    if (source->packed) {
        lk_release(source->unpacked);
        source->unpacked = NULL;
        source->all = NULL;
    }
}

void lk_source_rest(lk_source *source) {
    if (!source->kept) {
        forget_unpacked(source);
        let_go(source);
    }
}

/* Holds the whole of a packed file, whose bounds are those of memory. */
static lk_status unpack(lk_source *source) {
    lk_bytes raw = {.size = source->size}, bytes;
    LK_TRY(lk_memory_allow(source->context, source->path, "its content", (double)raw.size));
    raw.data = lk_resize(NULL, raw.size + 1, 1);
    if (raw.data == NULL) {
        return lk_fail_no_memory(source->context, "a file's content", raw.size + 1);
    }
    int64_t count;
    for (int64_t at = 0; at < raw.size; at += count) {
        const uint8_t *seen;
        lk_status status = lk_source_see(source, at, &seen, &count);
        if (status != LK_OK) {
            lk_bytes_release(&raw);
            return status;
        }
        memcpy(raw.data + at, seen, (size_t)count);
    }
    LK_TRY(lk_unpack_take(source->context, source->path, UNPACKED_MOST, &raw, &bytes));
    let_go(source);
    source->all = source->unpacked = bytes.data;
    source->size = bytes.size;
    return LK_OK;
}

/* After a rest; the file should still be as large as it was. */
static lk_status open_again(lk_source *source) {
    int64_t size = source->size;
    lk_status status = open_file(source);
    if (status == LK_OK && source->packed) {
        status = unpack(source);
    }
    if (status == LK_OK && source->size != size) {
        status = lk_fail_changed(source->context, source->path, size, source->size);
    }
    source->size = size;
    if (status != LK_OK) {
        let_go(source);
    }
    return status;
}

lk_status lk_source_unchanged(const lk_source *source) {
    struct stat about;
    if (source->all != NULL || source->packed) { /* unpacking sees to it */
        return LK_OK;
    }
    if ((source->descriptor >= 0 ? fstat(source->descriptor, &about)
                                 : stat(source->path, &about)) != 0) {
        return lk_fail(source->context, LK_IO, "%s: cannot look at it: %s", source->path,
                       strerror(errno));
    }
    int64_t size = about.st_size > source->begin ? about.st_size - source->begin : 0;
    return size == source->size
               ? LK_OK
               : lk_fail_changed(source->context, source->path, source->size, size);
}

lk_status lk_source_open(lk_context *context, const char *path, lk_source *source) {
    LK_TRY(prepare(context, path, source));
    lk_status status = open_file(source);
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
        status = unpack(source);
        source->packed = true;
    }
    if (status != LK_OK) {
        lk_source_close(source);
    }
    return status;
}

static lk_status visit_file(lk_context *context, const char *path, lk_source_visitor *visit,
                            void *argument) {
    lk_source source;
    LK_TRY(lk_source_open_unpacked(context, path, &source));
    lk_status status = visit(argument, &source);
    lk_source_close(&source);
    return status;
}

lk_status lk_source_visit(lk_context *context, const char *path, lk_source_visitor *visit,
                          void *argument) {
    int descriptor;
    bool own;
    if (!lk_path_gives_once(path)) {
        return visit_file(context, path, visit, argument);
    }
    LK_TRY(lk_spool_path(context, path));
    LK_TRY(lk_open(context, path, &descriptor, &own));
    off_t at = lseek(descriptor, 0, SEEK_CUR);
    lk_status status = visit_file(context, path, visit, argument);
    lseek(descriptor, at, SEEK_SET);
    close(descriptor);
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
    forget_unpacked(source);
    let_go(source);
    lk_release(source->path);
    *source = (lk_source){.descriptor = -1};
}

/* Fills the buffer from `offset` on. */
static lk_status fill(lk_source *source, int64_t offset) {
    int64_t wanted = source->size - offset < BUFFER_BYTES ? source->size - offset : BUFFER_BYTES;
    source->first = offset;
    source->held = 0;
    while (source->held < wanted) {
        ssize_t count =
            pread(source->descriptor, source->buffer + source->held,
                  (size_t)(wanted - source->held), source->begin + offset + source->held);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            LK_TRY(count == 0 ? lk_source_unchanged(source) : LK_OK);
            return lk_fail(source->context, LK_IO, "%s: cannot read at byte %lld: %s", source->path,
                           (long long)(offset + source->held),
                           count < 0 ? strerror(errno) : "the file ends there");
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
    if (source->all != NULL) { /* unpacked again */
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
