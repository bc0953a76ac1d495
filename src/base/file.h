/* Files: whole-file reading, unpacked, and atomic writing (beside the target, then
 * renamed). */
#ifndef LK_BASE_FILE_H
#define LK_BASE_FILE_H

#include "base/context.h"

/* Of lk_bytes (likely.h): one zero byte stands after the end, so that text can be scanned.
 *
 * Reads a regular file, a pipe or what is open already (base/path.h) whole; unpacks what gzip, xz,
 * bzip2 or zstd packed (see base/unpack.h: a damaged or truncated stream, and more than `most`
 * unpacked bytes, are refused). A file whose size changes meanwhile is refused. Errors name the
 * path. */
lk_status lk_file_read(lk_context *context, const char *path, int64_t most, lk_bytes *bytes);
/* The same without unpacking. */
lk_status lk_file_read_raw(lk_context *context, const char *path, int64_t most, lk_bytes *bytes);
/* The failure for a file that was not the same size before and after it was read. */
lk_status lk_fail_changed(lk_context *context, const char *path, int64_t before, int64_t now);
/* A file, memory (which is copied), or what a function gives until its end; nothing is
 * unpacked. */
lk_status lk_input_read(lk_context *context, const lk_input *input, int64_t most, lk_bytes *bytes);
/* For messages: the path, "memory", "input". */
const char *lk_input_name(const lk_input *input);

/* A file being written as PATH.tmp-PID (base/temporary.h); nothing stands at `path` until commit
 * has flushed, synced and renamed it. A descriptor, a pipe or a device (base/path.h) is written as
 * it comes. Errors are sticky: write calls after a failure do nothing, commit reports the first one
 * (and removes the temporary file). */
typedef struct lk_writer lk_writer;
/* Whether a writer to `path` can be made: to refuse a name before the work for it. Leaves nothing
 * there, also nothing that killed processes left; pipes are not opened. */
lk_status lk_writer_try(lk_context *context, const char *path);
lk_status lk_writer_create(lk_context *context, const char *path, lk_writer **writer);
/* The same to memory, which gets the bytes when all is well, or to a function, which gets them as
 * they come. */
lk_status lk_writer_create_to(lk_context *context, const lk_output *output, lk_writer **writer);
void lk_writer_put(lk_writer *writer, const void *data, int64_t size);
void lk_writer_printf(lk_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The first failure, whose message is the context's; so that long work may end early. */
lk_status lk_writer_status(const lk_writer *writer);
/* Both end the writer. commit(NULL) is not allowed; abandon(NULL) is. */
lk_status lk_writer_commit(lk_writer *writer);
void lk_writer_abandon(lk_writer *writer);

/* Files that get their names together, once all of them are whole, and folders that were made for
 * them, which are removed if they are not to be. Zeroed: none. */
typedef struct lk_batch {
    struct lk_held *files; /* owned */
    char **folders;        /* owned, and what they point at */
    int64_t count, folder_count;
} lk_batch;
/* Makes a folder as lk_guard_folder does, unless it is there. */
lk_status lk_batch_folder(lk_context *context, const char *path, lk_batch *batch);
/* Ends the writer; its file waits in the batch. */
lk_status lk_writer_hold(lk_writer *writer, lk_batch *batch);
/* Both empty the batch. */
lk_status lk_batch_commit(lk_context *context, lk_batch *batch);
void lk_batch_abandon(lk_batch *batch);

#endif
