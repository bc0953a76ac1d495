/* The compressed container of a text (version 2, or 3 when the model learned from the text while it
 * was coded): one header, then chunks that decode independently, each with its length and two
 * checksums (of what is stored; of the text that it stands for), and, when there are several, a
 * table of their sizes. docs/formats.md gives the bytes. It is written from beginning to end, and
 * read chunk by chunk: memory is O(chunk), whatever the text's length.
 *
 * Chunks are looked for as in codec/container.h: after the chunk before; where the table says, from
 * the beginning; the same from the end. A damaged byte costs one chunk; only a damaged header costs
 * all. */
#ifndef LK_CODEC_STREAM_CONTAINER_H
#define LK_CODEC_STREAM_CONTAINER_H

#include "base/file.h"
#include "codec/frame.h"
#include "data/source.h"

#define LK_STREAM_LANES_MOST 256
#define LK_STREAM_CHUNK_MOST (INT64_C(1) << 24) /* symbols of a chunk */

typedef struct lk_stream_header {
    lk_fingerprint model;
    int64_t bytes;         /* of the text */
    int64_t symbols;       /* of the model's; 0 for an empty text */
    int64_t chunk_symbols; /* in each chunk but the last; 1 for an empty text */
    int32_t lanes; /* parts of a chunk, coded side by side; a shorter chunk has at most one for each
                      symbol */
    float learning_rate; /* of the model, from the beginning of each chunk on (train/learner.h); 0:
                            it does not learn */
} lk_stream_header;

/* How many chunks; how many symbols one has. */
int64_t lk_stream_chunks(const lk_stream_header *header);
int64_t lk_stream_chunk_symbols(const lk_stream_header *header, int64_t index);

/* ---- writing --------------------------------------------------------------------------------- */

typedef struct lk_stream_writer {
    lk_writer *file;      /* not owned; whose errors are sticky */
    uint32_t seed;        /* of the file's hashes */
    int64_t chunks, next; /* in all; to be put next */
    int64_t header_bytes, bytes;
    uint8_t *table; /* owned */
    int64_t table_size;
} lk_stream_writer;

/* Puts the header. The header must describe a possible content. */
lk_status lk_stream_writer_begin(lk_context *context, lk_writer *file,
                                 const lk_stream_header *header, lk_stream_writer *writer);
/* The next chunk; `content` is the hash of the text in it (lk_frame_hash with the writer's seed and
 * the chunk's number). */
void lk_stream_writer_put(lk_stream_writer *writer, const uint8_t *payload, int64_t size,
                          uint32_t content);
/* After all chunks; the file remains to be committed. deinit in any case. */
void lk_stream_writer_end(lk_stream_writer *writer);
void lk_stream_writer_deinit(lk_stream_writer *writer);

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct lk_stream_chunk {
    int64_t offset, size; /* of the payload in the file */
    uint32_t content;
    bool damaged; /* found at none of the places */
} lk_stream_chunk;

typedef struct lk_stream_container {
    lk_stream_header header;
    uint32_t seed;
    lk_source source;        /* owned */
    lk_stream_chunk *chunks; /* owned, one for each that the header promises */
    int64_t count;
    int64_t damaged;    /* how many of them */
    bool table_damaged; /* harmless by itself */
    bool stray;         /* bytes are missing or too many, before, between or behind the chunks */
    uint8_t *scratch;   /* owned, [scratch_size]: a chunk */
    int64_t scratch_size;
} lk_stream_container;

/* Reads a file once, and knows then which chunks are sound. Damage to the header is a failure;
 * damage elsewhere is reported. The source is taken, whatever comes of it. */
lk_status lk_stream_container_open_take(lk_source *source, lk_stream_container *container);
bool lk_stream_container_intact(const lk_stream_container *container);
/* The payload of a chunk that is not damaged: chunk->size bytes, valid until the next call. */
lk_status lk_stream_container_payload(lk_stream_container *container, int64_t index,
                                      const uint8_t **payload);
void lk_stream_container_close(lk_stream_container *container);

/* Whether a file begins as such a container does; false when it cannot be read either. */
bool lk_stream_container_is(lk_context *context, const char *path);

#endif
