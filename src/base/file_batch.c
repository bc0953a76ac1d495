#include "base/file_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

void lk_sync_folder_of(const char *path) {
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
}

lk_status lk_batch_take(lk_context *context, lk_batch *batch, lk_temporary *temporary, char *path) {
    bool full = (batch->count & (batch->count - 1)) == 0; /* at every power of two */
    int64_t room = batch->count == 0 ? 1 : 2 * batch->count;
    lk_held *files = full ? lk_resize(batch->files, room, sizeof *files) : batch->files;
    if (files == NULL) {
        lk_temporary_remove(temporary);
        lk_release(path);
        return lk_fail_no_memory(context, "a list of files", room * (int64_t)sizeof *files);
    }
    batch->files = files;
    files[batch->count++] = (lk_held){temporary, path};
    return LK_OK;
}

static bool same_folder(const char *a, const char *b) {
    const char *end_a = strrchr(a, '/'), *end_b = strrchr(b, '/');
    int64_t length_a = end_a != NULL ? end_a - a : -1, length_b = end_b != NULL ? end_b - b : -1;
    return length_a == length_b && (length_a < 0 || strncmp(a, b, (size_t)length_a) == 0);
}

lk_status lk_batch_commit(lk_context *context, lk_batch *batch) {
    lk_status status = LK_OK;
    for (int64_t i = 0; i < batch->count && status == LK_OK; i++) {
        lk_held *file = &batch->files[i];
        if (!lk_temporary_rename(file->temporary, file->path)) {
            status = lk_fail(context, LK_IO, "%s: cannot rename the finished file into place: %s",
                             file->path, strerror(errno));
            break;
        }
        file->temporary = NULL;
        if (i + 1 == batch->count || !same_folder(file->path, file[1].path)) {
            lk_sync_folder_of(file->path);
        }
    }
    lk_batch_abandon(batch);
    return status;
}

void lk_batch_abandon(lk_batch *batch) {
    for (int64_t i = 0; i < batch->count; i++) {
        lk_temporary_remove(batch->files[i].temporary);
        lk_release(batch->files[i].path);
    }
    lk_release(batch->files);
    *batch = (lk_batch){0};
}
