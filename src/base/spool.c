#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/path.h"

#define PIECE ((int64_t)1 << 16)

const char *lk_spool_folder(void) {
    const char *wanted = getenv("TMPDIR");
    return wanted != NULL && wanted[0] != '\0' ? wanted : "/tmp";
}

/* Where files cannot be made without a name, it is taken away at once. */
lk_status lk_spool_empty(lk_context *context, int *spooled) {
    *spooled = open(lk_spool_folder(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
    if (*spooled >= 0) {
        return LK_OK;
    }
    char *name = lk_print("%s/likely-XXXXXX", lk_spool_folder());
    if (name == NULL) {
        return lk_fail_no_memory(context, "a name", 1);
    }
    *spooled = mkostemp(name, O_CLOEXEC);
    int error = errno;
    if (*spooled >= 0) {
        unlink(name);
    }
    lk_release(name);
    return *spooled >= 0 ? LK_OK
                         : lk_fail(context, LK_IO, "%s: cannot create a temporary file there: %s",
                                   lk_spool_folder(), strerror(error));
}

lk_status lk_spool_put(lk_context *context, const char *name, int to, const uint8_t *data,
                       int64_t size) {
    while (size > 0) {
        ssize_t count = write(to, data, (size_t)size);
        if (count < 0 && !lk_wait(to, POLLOUT)) {
            return lk_fail(context, LK_IO,
                           "%s: cannot keep what comes from it in %s: %s; name another folder by "
                           "TMPDIR",
                           name, lk_spool_folder(), strerror(errno));
        }
        data += count > 0 ? count : 0;
        size -= count > 0 ? count : 0;
    }
    return LK_OK;
}

static lk_status copy(lk_context *context, const char *name, int from, int to, uint8_t *piece) {
    for (;;) {
        ssize_t count = read(from, piece, (size_t)PIECE);
        if (count < 0 && !lk_wait(from, POLLIN)) {
            return lk_fail(context, LK_IO, "%s: cannot read: %s", name, strerror(errno));
        }
        if (count == 0) {
            return LK_OK;
        }
        LK_TRY(count > 0 ? lk_spool_put(context, name, to, piece, count) : LK_OK);
    }
}

lk_status lk_spool_copy(lk_context *context, const char *name, int from, int to) {
    uint8_t *piece = lk_resize(NULL, PIECE, 1);
    lk_status status = piece == NULL ? lk_fail_no_memory(context, "a pipe's buffer", PIECE)
                                     : copy(context, name, from, to, piece);
    lk_release(piece);
    return status;
}

lk_status lk_spool(lk_context *context, const char *name, int from, int *spooled) {
    LK_TRY(lk_spool_empty(context, spooled));
    lk_status status = lk_spool_copy(context, name, from, *spooled);
    if (status != LK_OK) {
        close(*spooled);
    }
    return status;
}

static lk_status spool_open_file(lk_context *context, const char *path, int from) {
    struct stat about;
    if (fstat(from, &about) != 0 || S_ISREG(about.st_mode) || S_ISDIR(about.st_mode)) {
        return LK_OK;
    }
    char *kept = lk_duplicate(path);
    int spooled = -1;
    lk_status status = kept != NULL ? lk_spool(context, path, from, &spooled)
                                    : lk_fail_no_memory(context, "a path", (int64_t)strlen(path));
    if (status != LK_OK) {
        lk_release(kept);
        return status;
    }
    lseek(spooled, 0, SEEK_SET);
    lk_spool_forget(context);
    context->spooled = kept;
    context->spool = spooled;
    return LK_OK;
}

lk_status lk_spool_path(lk_context *context, const char *path) {
    int from;
    bool own;
    LK_TRY(lk_open(context, path, &from, &own));
    lk_status status = spool_open_file(context, path, from);
    close(from);
    return status;
}

void lk_spool_forget(lk_context *context) {
    if (context->spooled != NULL) {
        close(context->spool);
        lk_release(context->spooled);
        context->spooled = NULL;
    }
}
