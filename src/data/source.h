/* A file of any size that is read at any place through one small buffer (pread: a file that shrinks
 * meanwhile gives an error, not a signal), or bytes in memory in the same clothes. */
#ifndef LK_DATA_SOURCE_H
#define LK_DATA_SOURCE_H

#include "base/file.h"

typedef struct lk_source {
    lk_context *context;
    char *path; /* owned */
    int64_t size;
    int descriptor;     /* -1: bytes in memory, or resting */
    int64_t begin;      /* of the source within the file */
    bool kept;          /* it cannot be opened again, and never rests */
    uint8_t *buffer;    /* owned, of bytes first .. first + held - 1 */
    const uint8_t *all; /* bytes in memory, not owned, or `unpacked` */
    bool packed;        /* a packed file, which is unpacked in memory while it does not rest */
    uint8_t *unpacked;  /* owned */
    int64_t first, held;
} lk_source;

/* A file; what is open already, from where it stands; or a copy of what a pipe gives
 * (base/spool.h). Folders are refused. */
lk_status lk_source_open(lk_context *context, const char *path, lk_source *source);
/* The same; what gzip, xz, bzip2 or zstd packed is seen unpacked (base/unpack.h). */
lk_status lk_source_open_unpacked(lk_context *context, const char *path, lk_source *source);
/* Lets `visit` look at such a source. What is open already is left where it stood, and what gives
 * its content but once is copied (lk_spool_path), so that whoever reads it next gets all of it. */
typedef lk_status lk_source_visitor(void *argument, lk_source *source);
lk_status lk_source_visit(lk_context *context, const char *path, lk_source_visitor *visit,
                          void *argument);
/* Bytes that outlive the source. */
lk_status lk_source_of_bytes(lk_context *context, const char *name, const lk_bytes *bytes,
                             lk_source *source);
void lk_source_close(lk_source *source);
/* Gives the descriptor and the buffer back until bytes are seen again. */
void lk_source_rest(lk_source *source);
/* LK_IO, with both sizes, when the file is not as large as it was at first. */
lk_status lk_source_unchanged(const lk_source *source);
/* Bytes from `offset` on, 0 <= offset < size: *count of them, at least 4, fewer only where the file
 * ends. Valid until the next call. */
lk_status lk_source_see(lk_source *source, int64_t offset, const uint8_t **bytes, int64_t *count);

#endif
