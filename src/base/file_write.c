/* Writing a file so that a reader, or a crash, never meets half of one: PATH.tmp-PID is written,
 * flushed to the disk and renamed over the target (rename(2) is atomic), then the folder is
 * flushed, so that the name survives a power cut too. A link stays: the file that it leads to is
 * replaced. A file that is replaced hands on its mode, and its owner if that is allowed.
 *
 * What is no file of its own (a descriptor, a pipe, a device: base/path.h) is written as it
 * comes. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_batch.h"
#include "base/guard.h"
#include "base/memory.h"
#include "base/path.h"
#include "base/temporary.h"

#define BUFFER_CAPACITY ((int64_t)1 << 16)

struct lk_writer {
    lk_context *context;
    lk_output output; /* path NULL: not to a file, so that the next three mean nothing */
    lk_bytes memory;  /* so far, where that is the output */
    int64_t room;
    char *path; /* as the caller named it, for messages */
    lk_place place;
    lk_temporary *temporary; /* NULL: written as it comes */
    int descriptor;          /* -1 when closed */
    lk_status status;
    int64_t written, buffered;
    uint8_t buffer[BUFFER_CAPACITY];
};

/* Keeps the first failure. */
static void fail_write(lk_writer *writer, const char *what, int error) {
    if (writer->status == LK_OK) {
        writer->status = lk_fail(
            writer->context, LK_IO, "%s: cannot %s: %s%s", writer->path, what, strerror(error),
            error == ENOSPC || error == EDQUOT ? "; free some space or write elsewhere"
            : error == EFBIG                   ? "; raise the limit (ulimit -f) or write elsewhere"
                                               : "");
    }
}

/* The memory grows by doubling; a zero byte stands after its end. */
static void append(lk_writer *writer, const uint8_t *data, int64_t size) {
    int64_t used = writer->memory.size, room = writer->room > 0 ? writer->room : BUFFER_CAPACITY;
    while (room - used <= size && room < INT64_MAX / 4) {
        room *= 2;
    }
    uint8_t *moved =
        room == writer->room ? writer->memory.data : lk_resize(writer->memory.data, room, 1);
    if (moved == NULL) {
        writer->status = lk_fail_no_memory(writer->context, writer->path, room);
        return;
    }
    memcpy(moved + used, data, (size_t)size);
    moved[used + size] = 0;
    writer->memory = (lk_bytes){moved, used + size};
    writer->room = room;
}

static void write_file(lk_writer *writer, const uint8_t *data, int64_t size) {
    while (size > 0 && writer->status == LK_OK) {
        ssize_t count = write(writer->descriptor, data, (size_t)size);
        if (count < 0 && lk_wait(writer->descriptor, POLLOUT)) {
            continue;
        }
        if (count < 0) {
            char what[64];
            snprintf(what, sizeof what, "write at byte %lld", (long long)writer->written);
            fail_write(writer, what, errno);
            return;
        }
        data += count;
        size -= count;
        writer->written += count;
    }
}

static void write_through(lk_writer *writer, const uint8_t *data, int64_t size) {
    if (writer->status != LK_OK) {
        return;
    }
    if (writer->output.path != NULL) {
        write_file(writer, data, size);
    } else if (writer->output.bytes != NULL) {
        append(writer, data, size);
    } else if (size > 0 && !writer->output.write(writer->output.argument, data, size)) {
        writer->status = lk_fail(writer->context, LK_IO, "output: writing failed");
    }
}

static void flush(lk_writer *writer) {
    write_through(writer, writer->buffer, writer->buffered);
    writer->buffered = 0;
}

static void release(lk_writer *writer) {
    lk_release(writer->memory.data);
    lk_release(writer->path);
    lk_place_release(&writer->place);
    lk_release(writer);
}

static lk_status cannot(lk_context *context, const char *path, const char *what, int error) {
    return lk_fail(context, LK_IO, "%s: cannot %s: %s", path, what, strerror(error));
}

/* What can be known of a name before anything is written there. */
static lk_status check_place(lk_context *context, const char *path, const lk_place *place) {
    size_t length = strlen(path);
    if (length == 0) {
        return lk_fail(context, LK_INVALID, "the name of an output is empty; give it one");
    }
    if (place->there && S_ISDIR(place->about.st_mode)) {
        return lk_fail(context, LK_IO, "%s: is a directory; name a file in it", path);
    }
    if (place->descriptor < 0 && path[length - 1] == '/') {
        return lk_fail(context, LK_INVALID, "%s: names a folder; name a file", path);
    }
    if (place->descriptor >= 0) {
        int flags = fcntl(place->descriptor, F_GETFL);
        bool open = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
        return open ? LK_OK : cannot(context, path, "write", flags < 0 ? errno : EBADF);
    }
    return !place->there || faccessat(AT_FDCWD, place->path, W_OK, AT_EACCESS) == 0
               ? LK_OK
               : cannot(context, path, "write", errno);
}

static lk_status find_place(lk_context *context, const char *path, lk_place *place) {
    lk_status status = lk_place_find(context, path, place);
    status = status == LK_OK ? check_place(context, path, place) : status;
    return status == LK_OK && place->there && S_ISREG(place->about.st_mode)
               ? lk_guard_write(context, path, &place->about)
               : status;
}

/* The owner is kept where that is allowed, else the group has no more rights than others have. */
static void hand_on(int descriptor, const lk_place *place, mode_t mode) {
    const struct stat *about = &place->about;
    if (fchown(descriptor, (uid_t)-1, about->st_gid) != 0) {
        mode &= ~(mode_t)070 | (mode & 07) << 3;
    }
    bool given = fchown(descriptor, about->st_uid, (gid_t)-1) == 0;
    fchmod(descriptor, (given ? mode : mode & 0777) | LK_TEMPORARY_MARK);
}

static lk_status open_temporary(lk_writer *writer) {
    const lk_place *place = &writer->place;
    mode_t mode = lk_guard_mode(writer->context, place->there ? &place->about : NULL);
    lk_status status =
        lk_temporary_create(writer->context, place->path, place->there ? mode & 0600 : mode,
                            &writer->temporary, &writer->descriptor);
    if (status == LK_OK && place->there) {
        hand_on(writer->descriptor, place, mode);
    }
    return status;
}

static lk_status create_file(lk_writer *writer, const char *path) {
    lk_place *place = &writer->place;
    writer->path = lk_duplicate(path);
    if (writer->path == NULL) {
        return lk_fail_no_memory(writer->context, "a file's name", (int64_t)strlen(path));
    }
    LK_TRY(find_place(writer->context, path, place));
    if (lk_place_is_file(place)) {
        return open_temporary(writer);
    }
    writer->descriptor = lk_place_open(place, O_WRONLY);
    return writer->descriptor >= 0 ? LK_OK : cannot(writer->context, path, "create", errno);
}

lk_status lk_writer_try(lk_context *context, const char *path) {
    lk_place place;
    lk_temporary *temporary = NULL;
    int descriptor = -1;
    lk_status status = find_place(context, path, &place);
    if (status == LK_OK && lk_place_is_file(&place)) {
        lk_temporaries_sweep(place.path);
        status = lk_temporary_create(context, place.path, 0600, &temporary, &descriptor);
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    lk_temporary_remove(temporary);
    lk_place_release(&place);
    return status;
}

lk_status lk_writer_create_to(lk_context *context, const lk_output *output, lk_writer **result) {
    *result = NULL;
    lk_writer *writer = lk_allocate(1, sizeof *writer);
    if (writer == NULL) {
        return lk_fail_no_memory(context, "a file's buffer", (int64_t)sizeof *writer);
    }
    writer->context = context;
    writer->output = *output;
    writer->descriptor = -1;
    writer->place.descriptor = -1;
    lk_status status = LK_OK;
    if (output->path != NULL) {
        status = create_file(writer, output->path);
    } else if ((writer->path = lk_duplicate(output->bytes != NULL ? "memory" : "output")) == NULL) {
        status = lk_fail_no_memory(context, "a name", 8);
    }
    if (status != LK_OK) {
        lk_writer_abandon(writer);
        return status;
    }
    *result = writer;
    return LK_OK;
}

lk_status lk_writer_create(lk_context *context, const char *path, lk_writer **writer) {
    lk_output output = lk_to_file(path);
    return lk_writer_create_to(context, &output, writer);
}

void lk_writer_put(lk_writer *writer, const void *data, int64_t size) {
    LK_REQUIRE(size >= 0);
    if (writer->status != LK_OK) {
        return;
    }
    bool as_it_comes = writer->output.write != NULL;
    if (size > BUFFER_CAPACITY - writer->buffered) {
        flush(writer);
    }
    if (size >= BUFFER_CAPACITY || as_it_comes) {
        write_through(writer, data, size);
    } else if (size > 0) {
        memcpy(writer->buffer + writer->buffered, data, (size_t)size);
        writer->buffered += size;
    }
}

lk_status lk_writer_status(const lk_writer *writer) {
    return writer->status;
}

void lk_writer_printf(lk_writer *writer, const char *format, ...) {
    if (writer->status != LK_OK) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    char *text = lk_print_list(format, arguments);
    va_end(arguments);
    if (text == NULL) {
        writer->status =
            lk_fail_no_memory(writer->context, "a line of text", (int64_t)strlen(format));
        return;
    }
    lk_writer_put(writer, text, (int64_t)strlen(text));
    lk_release(text);
}

/* A pipe or a device cannot be synced and says EINVAL or ENOTSUP; that is no failure. */
static void sync_and_close(lk_writer *writer) {
    if (writer->descriptor < 0) {
        return;
    }
    if (writer->status == LK_OK && fsync(writer->descriptor) != 0 && errno != EINVAL &&
        errno != ENOTSUP && errno != EROFS) {
        fail_write(writer, "write", errno);
    }
    int closed = close(writer->descriptor);
    writer->descriptor = -1;
    if (closed != 0 && errno != EINTR) {
        fail_write(writer, "write", errno);
    }
}

lk_status lk_writer_commit(lk_writer *writer) {
    LK_REQUIRE(writer != NULL);
    flush(writer);
    sync_and_close(writer);
    if (writer->temporary != NULL && writer->status == LK_OK) {
        if (lk_temporary_rename(writer->temporary, writer->place.path)) {
            writer->temporary = NULL;
            lk_sync_folder_of(writer->place.path);
        } else {
            fail_write(writer, "rename the finished file into place", errno);
        }
    }
    lk_status status = writer->status;
    if (status != LK_OK) {
        lk_writer_abandon(writer);
        return status;
    }
    if (writer->output.bytes != NULL) {
        *writer->output.bytes = writer->memory;
        writer->memory.data = NULL;
    }
    release(writer);
    return LK_OK;
}

lk_status lk_writer_hold(lk_writer *writer, lk_batch *batch) {
    if (writer->temporary == NULL) {
        return lk_writer_commit(writer);
    }
    flush(writer);
    sync_and_close(writer);
    lk_status status = writer->status;
    if (status == LK_OK) {
        status = lk_batch_take(writer->context, batch, writer->temporary, writer->place.path);
        writer->temporary = NULL;
        writer->place.path = NULL;
    }
    lk_writer_abandon(writer);
    return status;
}

void lk_writer_abandon(lk_writer *writer) {
    if (writer == NULL) {
        return;
    }
    if (writer->descriptor >= 0) {
        close(writer->descriptor);
    }
    lk_temporary_remove(writer->temporary);
    release(writer);
}
