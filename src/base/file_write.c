/* Writing a file so that a reader, or a crash, never meets half of one: PATH.tmp-PID is written,
 * flushed to the disk and renamed over the target (rename(2) is atomic), then the folder is
 * flushed, so that the name survives a power cut too. A target that is not a regular file
 * (/dev/stdout, a pipe) is written in place: renaming over it would replace the device. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

#define BUFFER_CAPACITY ((int64_t)1 << 16)

struct lk_writer {
    lk_context *context;
    char *path;      /* as the caller named it, for messages */
    char *target;    /* with symbolic links followed */
    char *temporary; /* NULL: written in place */
    int descriptor;  /* -1 when closed */
    lk_status status;
    int64_t written, buffered;
    uint8_t buffer[BUFFER_CAPACITY];
};

/* Keeps the first failure. */
static void fail_write(lk_writer *writer, const char *what, int error) {
    if (writer->status == LK_OK) {
        writer->status = lk_fail(
            writer->context, LK_IO, "%s: cannot %s: %s%s", writer->path, what, strerror(error),
            error == ENOSPC || error == EDQUOT ? "; free some space or write elsewhere" : "");
    }
}

static void write_through(lk_writer *writer, const uint8_t *data, int64_t size) {
    while (size > 0 && writer->status == LK_OK) {
        ssize_t count = write(writer->descriptor, data, (size_t)size);
        if (count < 0 && errno == EINTR) {
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

static void flush(lk_writer *writer) {
    write_through(writer, writer->buffer, writer->buffered);
    writer->buffered = 0;
}

static void release(lk_writer *writer) {
    lk_release(writer->path);
    lk_release(writer->target);
    lk_release(writer->temporary);
    lk_release(writer);
}

/* Where the bytes go: into the target itself when it is a device or a pipe, else into a temporary
 * file beside it. */
static bool name_files(lk_writer *writer, const char *path, bool in_place) {
    writer->path = lk_duplicate(path);
    char followed[PATH_MAX];
    writer->target = lk_duplicate(realpath(path, followed) != NULL ? followed : path);
    if (writer->path == NULL || writer->target == NULL) {
        return false;
    }
    writer->temporary = in_place ? NULL : lk_print("%s.tmp-%ld", writer->target, (long)getpid());
    return in_place || writer->temporary != NULL;
}

static void open_output(lk_writer *writer) {
    if (writer->temporary == NULL) {
        writer->descriptor = open(writer->path, O_WRONLY | O_CLOEXEC);
    } else {
        unlink(writer->temporary); /* left by a killed process that had our number */
        writer->descriptor = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    if (writer->descriptor < 0) {
        fail_write(writer, "create", errno);
    }
}

lk_status lk_writer_create(lk_context *context, const char *path, lk_writer **result) {
    *result = NULL;
    struct stat about;
    bool exists = stat(path, &about) == 0;
    if (exists && S_ISDIR(about.st_mode)) {
        return lk_fail(context, LK_IO, "%s: is a directory; name a file in it", path);
    }
    lk_writer *writer = lk_allocate(1, sizeof *writer);
    if (writer == NULL) {
        return lk_fail_no_memory(context, "a file's buffer", (int64_t)sizeof *writer);
    }
    writer->context = context;
    writer->descriptor = -1;
    if (!name_files(writer, path, exists && !S_ISREG(about.st_mode))) {
        release(writer);
        return lk_fail_no_memory(context, "a file's name", (int64_t)strlen(path));
    }
    open_output(writer);
    if (writer->status != LK_OK) {
        lk_status status = writer->status;
        release(writer);
        return status;
    }
    *result = writer;
    return LK_OK;
}

void lk_writer_put(lk_writer *writer, const void *data, int64_t size) {
    LK_REQUIRE(size >= 0);
    if (writer->status != LK_OK) {
        return;
    }
    if (size > BUFFER_CAPACITY - writer->buffered) {
        flush(writer);
    }
    if (size >= BUFFER_CAPACITY) {
        write_through(writer, data, size);
    } else if (size > 0) {
        memcpy(writer->buffer + writer->buffered, data, (size_t)size);
        writer->buffered += size;
    }
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

/* The new name is on the disk only when its folder is; where folders cannot be synced, nothing
 * better can be done. */
static void sync_folder(const lk_writer *writer) {
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", writer->target);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
}

lk_status lk_writer_status(const lk_writer *writer) {
    return writer->status;
}

lk_status lk_writer_commit(lk_writer *writer) {
    LK_REQUIRE(writer != NULL);
    flush(writer);
    sync_and_close(writer);
    if (writer->temporary != NULL && writer->status == LK_OK) {
        if (rename(writer->temporary, writer->target) == 0) {
            sync_folder(writer);
        } else {
            fail_write(writer, "rename the finished file into place", errno);
        }
    }
    lk_status status = writer->status;
    if (status != LK_OK) {
        lk_writer_abandon(writer);
    } else {
        release(writer);
    }
    return status;
}

void lk_writer_abandon(lk_writer *writer) {
    if (writer == NULL) {
        return;
    }
    if (writer->descriptor >= 0) {
        close(writer->descriptor);
    }
    if (writer->temporary != NULL) {
        unlink(writer->temporary);
    }
    release(writer);
}
