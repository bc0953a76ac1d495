#include "base/file_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/guard.h"
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

lk_status lk_batch_folder(lk_context *context, const char *path, lk_batch *batch) {
    struct stat about;
    if (stat(path, &about) == 0) {
        return lk_guard_folder(context, path);
    }
    char **folders = lk_room_for_one(batch->folders, batch->folder_count, sizeof *folders);
    batch->folders = folders != NULL ? folders : batch->folders;
    char *copy = folders != NULL ? lk_duplicate(path) : NULL;
    if (copy == NULL) {
        return lk_fail_no_memory(context, "a list of folders", FILENAME_MAX);
    }
    batch->folders[batch->folder_count++] = copy;
    return lk_guard_folder(context, path);
}

lk_status lk_batch_take(lk_context *context, lk_batch *batch, lk_temporary *temporary, char *path) {
    lk_held *files = lk_room_for_one(batch->files, batch->count, sizeof *files);
    if (files == NULL) {
        lk_temporary_remove(temporary);
        lk_release(path);
        return lk_fail_no_memory(context, "a list of files",
                                 (batch->count + 1) * (int64_t)sizeof *files);
    }
    batch->files = files;
    batch->files[batch->count++] = (lk_held){temporary, path};
    return LK_OK;
}

static bool same_folder(const char *a, const char *b) {
    const char *end_a = strrchr(a, '/'), *end_b = strrchr(b, '/');
    int64_t length_a = end_a != NULL ? end_a - a : -1, length_b = end_b != NULL ? end_b - b : -1;
    return length_a == length_b && (length_a < 0 || strncmp(a, b, (size_t)length_a) == 0);
}

/* Folders are removed in the reverse order, where nothing stands in them. */
static void end(lk_batch *batch, bool in_vain) {
    for (int64_t i = 0; i < batch->count; i++) {
        lk_temporary_remove(batch->files[i].temporary);
        lk_release(batch->files[i].path);
    }
    for (int64_t i = batch->folder_count - 1; i >= 0; i--) {
        if (in_vain) {
            rmdir(batch->folders[i]);
        }
        lk_release(batch->folders[i]);
    }
    lk_release(batch->files);
    lk_release(batch->folders);
    *batch = (lk_batch){0};
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
    end(batch, status != LK_OK);
    return status;
}

void lk_batch_abandon(lk_batch *batch) {
    end(batch, true);
}
