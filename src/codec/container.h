/* The compressed container: a header, chunks that decode independently, an index. docs/formats.md
 * gives the bytes.
 *
 * Version 4, which is written, holds examples or texts; it is written from front to back, and read
 * chunk by chunk in memory O(chunk). A chunk begins with a mark and says itself what it holds, so
 * that whatever was changed, inserted or removed costs the chunks that it touches: behind it the
 * next mark is looked for whose header's checksum agrees. The index at the end tells where chunks
 * are and how much there is in all; the file can be read without it.
 *
 * Version 5 is the same, of recordings, version 6 of those or of texts, with a slower sequence
 * beside them, and version 7 of any of these, where cuts are told. Versions 1 (examples), 2 (a
 * text) and 3 (a text from which the model learned) are read (codec/container_old.c). */
#ifndef LK_CODEC_CONTAINER_H
#define LK_CODEC_CONTAINER_H

#include "codec/layout.h"
#include "data/source.h"
#include "models/model.h"

#define LK_CONTAINER_VERSION 4
#define LK_CONTAINER_SOUND 5 /* the same, of recordings */
#define LK_CONTAINER_LOCAL 6 /* the same, of texts or recordings with a slower sequence */
#define LK_CONTAINER_CUTS 7  /* the same, of any of these, where cuts are told */
#define LK_CONTAINER_HEADER_MOST 128
#define LK_CONTAINER_LANES_MOST 4096
/* Of one chunk: symbols of texts; of examples, unless it is one; texts. */
#define LK_CHUNK_TEXT_MOST (INT64_C(1) << 24)
#define LK_CHUNK_SYMBOLS_MOST (INT64_C(1) << 27)
#define LK_CHUNK_ITEMS_MOST (INT64_C(1) << 16)

typedef struct lk_container {
    /* What holds for all chunks. */
    int64_t version;
    lk_fingerprint model;
    bool texts, labels, names; /* whether it holds these; else examples */
    bool sound;                /* texts are recordings: each has a rate and a format */
    bool local;          /* beside texts stands a slower sequence, which the model is given, */
    lk_local_form form;  /* of its form: not in the file */
    bool words;          /* of examples: labels are symbols of words, which are told */
    int64_t lanes;       /* most streams that are coded side by side (codec/lanes.h) */
    int64_t longest;     /* texts: symbols of a stream; 0 (versions 2, 3): `lanes` equal parts */
    bool cuts;           /* texts: where they are cut, and what leads, is told (codec/cuts.h) */
    float learning_rate; /* of the model, from the beginning of each chunk on; 0: it does not */
    /* Of examples, before any view; the format that they came from, and above its bits how an array
     * stood in the file (data/formats/array.h). Texts: no axes. */
#define LK_CONTAINER_FORMAT_BITS 8
    lk_shape shape;
    int64_t alphabet, format;
    /* In all; -1: unknown, since the index is damaged. */
    int64_t chunks, items, symbols, bytes; /* bytes: of texts */
    /* Writing: the chunks so far. Reading: the present place. */
    uint32_t seed; /* of all hashes: the header's own */
    lk_buffer index;
    lk_source *source; /* not owned */
    uint8_t *scratch;  /* owned, [scratch_size]: a chunk */
    int64_t scratch_size;
    int64_t header_bytes, end; /* of the header; where chunks end, or the file */
    int64_t at, next;          /* where the next chunk should begin; its number */
    int64_t hashed;            /* bytes, of what proved to be no chunks */
    bool stray;                /* bytes were met that belong to nothing */
    /* Versions 1 to 3. */
    int64_t each; /* examples or symbols in each chunk but the last */
    bool table_at_end;
    int64_t stated_end;            /* where the file ends, as the header says */
    int64_t *length, total;        /* owned, [chunks]: by the table, frames included; NULL: none */
    int64_t from_first, from_last; /* where the next chunk should begin by the table */
} lk_container;

/* The two parts of `format`. */
static inline int32_t lk_container_format(const lk_container *c) {
    return (int32_t)(c->format & ((1 << LK_CONTAINER_FORMAT_BITS) - 1));
}
static inline int32_t lk_container_stored(const lk_container *c) {
    return (int32_t)(c->format >> LK_CONTAINER_FORMAT_BITS);
}

typedef struct lk_chunk {
    int64_t number;
    int64_t item, items;    /* the first; how many, all whole but a text that is alone */
    int64_t symbols;        /* of all items */
    int64_t first, rest;    /* of a text that is alone: before these, and after them; else 0 */
    int64_t network;        /* which of the model's coded it */
    uint32_t content;       /* hash of the content (codec/content.h); none in version 1 */
    uint32_t stored;        /* of version 4: hash of the payload */
    const uint8_t *payload; /* until the next call */
    int64_t size;
} lk_chunk;

/* ---- writing: into a buffer, which the caller empties ---------------------------------------- */

/* The header; fills seed. */
void lk_container_put_header(lk_container *container, lk_buffer *to);
/* The next chunk; number is filled in. `bytes`: of the text in it. */
void lk_container_put_chunk(lk_container *container, lk_chunk *chunk, int64_t bytes, lk_buffer *to);
/* A chunk that another process has put, with the same number: its bytes, and what they hold: items
 * that begin in it, symbols, bytes of the text. NULL: it is put elsewhere, and only has its number
 * here. */
typedef struct lk_framed {
    const uint8_t *data;
    int64_t size, begun, symbols, bytes;
} lk_framed;
void lk_container_put_framed(lk_container *container, const lk_framed *framed, lk_buffer *to);
void lk_container_put_index(lk_container *container, lk_buffer *to);

/* ---- reading --------------------------------------------------------------------------------- */

/* Whether a file begins as containers of any version do. */
lk_status lk_container_recognise(lk_source *source, bool *is);
/* The source must outlive the container. Damage to the header is a failure; close in any case. */
lk_status lk_container_open(lk_source *source, lk_container *container);
/* The next sound chunk; numbers ascend, and those left out are damaged. *there false: no more. */
lk_status lk_container_next(lk_container *container, lk_chunk *chunk, bool *there);
/* From the first chunk again. */
void lk_container_rewind(lk_container *container);
void lk_container_close(lk_container *container);

/* The chunk that was put into these bytes, as a reader would meet it; false: it is not right. */
bool lk_container_check(const lk_container *container, const uint8_t *bytes, int64_t size,
                        lk_chunk *chunk);

/* ---- for container_old.c --------------------------------------------------------------------- */

#define LK_CHECKSUM_SIZE 4
/* Bytes [offset, offset + count) of the file, all inside it, valid until the next call. */
lk_status lk_container_load(lk_container *container, int64_t offset, int64_t count,
                            const uint8_t **bytes);
/* A table, or index, of which the last byte stands before `end`: its bytes, their size and a hash
 * of both. *size -1: there is none. */
lk_status lk_container_load_index(lk_container *container, int64_t end, const uint8_t **bytes,
                                  int64_t *size);
#define LK_INDEX_TAIL 8
lk_status lk_old_open(lk_container *container, lk_layout *fields);
lk_status lk_old_next(lk_container *container, lk_chunk *chunk, bool *there);

#endif
