/* The compressed container: one header (at most 128 bytes), then chunks that decode independently, each with its length and a checksum.
 * docs/formats.md gives the bytes. */
#ifndef LK_CODEC_CONTAINER_H
#define LK_CODEC_CONTAINER_H

#include "base/file.h"
#include "data/dataset.h"
#include "models/model.h"

typedef struct lk_container_header {
    lk_fingerprint model;
    lk_shape shape;
    int32_t alphabet;
    int64_t examples;
    int64_t chunk_examples;  /* examples in each chunk but the last */
    int32_t lanes;           /* examples coded side by side: symbol order is (group of lanes, step, variable, lane) */
    int32_t format;          /* the reader that the data came from, to restore the same kind of file */
} lk_container_header;

typedef struct lk_chunk {
    int64_t index, first_example, examples;
    int32_t variant;         /* which of the model's networks coded it */
    const uint8_t *payload;
    int64_t size;
    bool damaged;            /* its checksum fails, or the file ends in it */
} lk_chunk;

/* Writing: to memory-independent stream through lk_writer. */
void lk_container_put_header(lk_writer *writer, const lk_container_header *header, int64_t *bytes);
void lk_container_put_chunk(lk_writer *writer, int32_t variant, const uint8_t *payload, int64_t size, int64_t *bytes);

/* Reading a whole file in memory. The header must be intact (own checksum). Chunks are found in order; damage is reported in each
 * chunk, not as a failure: *chunks (owned, lk_release) has one entry for each that the header promises. */
lk_status lk_container_parse(lk_context *context, const char *path, const lk_bytes *bytes,
                             lk_container_header *header, lk_chunk **chunks, int64_t *count);

#endif
