/* The compressed container: one header (at most 128 bytes), then chunks that decode independently,
 * each with its length and a checksum. docs/formats.md gives the bytes.
 *
 * Lengths stand twice: in front of each chunk, and in a table, which is part of the header when it
 * fits and otherwise ends the file. A chunk is looked for at three places, and taken where its
 * checksum, which covers its length and number, agrees:
 *   after the chunk before it; where the table says, counted from the beginning; the same, counted
 *     from the end.
 * So a damaged length costs one chunk, bytes cut out or put in cost the chunks that they touch, and
 * a truncated file keeps every chunk before the cut. What is not survived: a damaged header; a
 * damaged length together with a damaged table at the end (chunks after that length are lost). */
#ifndef LK_CODEC_CONTAINER_H
#define LK_CODEC_CONTAINER_H

#include "base/file.h"
#include "codec/frame.h"
#include "data/dataset.h"
#include "models/model.h"

#define LK_CONTAINER_HEADER_MOST LK_FRAME_HEADER_MOST
#define LK_CONTAINER_CHUNKS_MOST LK_FRAME_CHUNKS_MOST
#define LK_CONTAINER_LANES_MOST 4096
#define LK_CONTAINER_CHUNK_SYMBOLS_MOST \
    (INT64_C(1) << 27) /* of one chunk, unless it is a single example */

typedef struct lk_container_header {
    lk_fingerprint model;
    lk_shape shape;
    int32_t alphabet;
    int64_t examples;
    int64_t chunk_examples; /* examples in each chunk but the last */
    int32_t lanes;  /* examples coded side by side: symbol order is (group of lanes, step, variable,
                       lane) */
    int32_t format; /* the reader that the data came from, to restore the same kind of file */
} lk_container_header;

/* How many chunks; of one chunk, which examples. */
int64_t lk_container_chunks(const lk_container_header *header);
int64_t lk_container_chunk_examples(const lk_container_header *header, int64_t index);

/* A chunk to be written. */
typedef struct lk_payload {
    int32_t variant; /* which of the model's networks coded it */
    uint8_t *bytes;  /* owned by whoever made it */
    int64_t size;
} lk_payload;

/* The whole file in memory; `payloads` has one entry for each chunk. *bytes is the caller's:
 * lk_bytes_release. */
lk_status lk_container_pack(lk_context *context, const lk_container_header *header,
                            const lk_payload *payloads, lk_bytes *bytes, int64_t *header_bytes);

/* A chunk that was read. */
typedef struct lk_chunk {
    int64_t index, first_example, examples;
    int32_t variant;        /* below `variants` */
    const uint8_t *payload; /* inside the file's bytes */
    int64_t size;
    bool damaged; /* found at none of the three places: then payload is NULL */
} lk_chunk;

typedef struct lk_container {
    lk_container_header header;
    lk_chunk *chunks; /* owned, one for each that the header promises */
    int64_t count;
    int64_t damaged;    /* how many of them */
    bool truncated;     /* fewer bytes than the header promises */
    bool table_damaged; /* lengths at the end of the file are not usable; harmless by itself */
    int64_t surplus;    /* bytes more than the header promises */
} lk_container;

/* Reads a whole file in memory, which must outlive the result. Damage to the header is a failure;
 * damage elsewhere is reported in each chunk. `path` is for messages. */
lk_status lk_container_parse(lk_context *context, const char *path, const lk_bytes *bytes,
                             lk_container *container);
bool lk_container_intact(
    const lk_container *container); /* not a byte is wrong, missing or too many */
void lk_container_deinit(lk_container *container);

#endif
