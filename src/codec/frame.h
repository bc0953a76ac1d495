/* What the compressed containers share: numbers as bytes, hashes, the frame of the header and the
 * table of chunks. docs/formats.md gives the bytes; codec/container.h holds examples (version 1),
 * codec/stream_container.h a text (version 2; 3 when the model learned from it). */
#ifndef LK_CODEC_FRAME_H
#define LK_CODEC_FRAME_H

#include "models/model.h"

#define LK_FRAME_HEADER_MOST 128 /* bytes of a header */
#define LK_FRAME_CHUNKS_MOST 65536
#define LK_FRAME_VERSION_EXAMPLES 1
#define LK_FRAME_VERSION_TEXT 2
#define LK_FRAME_VERSION_LEARNED 3 /* a text, coded by a model that learned from it */
#define LK_FRAME_CHECKSUM_SIZE 4
#define LK_FRAME_VARINT_MOST 9 /* bytes: values below 2^63 */
#define LK_FRAME_TABLE_TAIL 8  /* behind a table that ends a file: its size, its checksum */

int64_t lk_varint_size(int64_t value);
/* They return the place behind what they wrote. */
uint8_t *lk_put_varint(uint8_t *at, int64_t value);
uint8_t *lk_put_u32(uint8_t *at, uint32_t value);
uint32_t lk_get_u32(const uint8_t *at);

/* A reader that never passes its end; failed is sticky and every later value the least that is
 * allowed. */
typedef struct lk_cursor {
    const uint8_t *at, *end;
    bool failed;
} lk_cursor;
/* A varint in [least, most]. */
int64_t lk_get_number(lk_cursor *in, int64_t least, int64_t most);

/* The low 32 bits of XXH3-64, seeded with a file's (0: its header's own) and a chunk's number. */
uint32_t lk_frame_hash(const uint8_t *bytes, int64_t size, uint32_t file, uint32_t number);
#define LK_FRAME_TABLE_NUMBER \
    UINT32_MAX /* stands for the number in the hash of a table at the end */

static inline bool lk_frame_is_text(int32_t version) {
    return version == LK_FRAME_VERSION_TEXT || version == LK_FRAME_VERSION_LEARNED;
}

/* A header: magic, size, version, the model's fingerprint, fields, checksum. begin returns where
 * the fields go; end is told where they end, returns where the header does, and fills *file, the
 * seed of all other hashes. */
uint8_t *lk_header_begin(uint8_t *begin, uint8_t version, const lk_fingerprint *model);
uint8_t *lk_header_end(uint8_t *begin, uint8_t *fields_end, uint32_t *file);

typedef struct lk_header {
    int32_t version;
    lk_fingerprint model;
    lk_cursor fields; /* in the bytes that were read */
    int64_t size;
    uint32_t file;
} lk_header;
/* Reads the frame, whatever the version; `size` bytes are there. Messages begin with `path`. */
lk_status lk_header_read(lk_context *context, const char *path, const uint8_t *bytes, int64_t size,
                         lk_header *header);

/* The sizes of `count` chunks, each at least `least`, from exactly the bytes of `in`:
 * *length[count], the caller's (lk_release), and *total, their sum. LK_CORRUPT, without a message:
 * they are not such. */
lk_status lk_table_read(lk_context *context, lk_cursor *in, int64_t count, int64_t least,
                        int64_t **length, int64_t *total);

#endif
