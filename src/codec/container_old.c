/* Reading versions 1 to 3. All chunks but the last hold as many examples, or symbols, and lengths
 * stand twice: in front of each chunk, and in a table in the header (version 1, when it fits) or at
 * the end. A chunk is looked for after the chunk before it, then where the table says, counted from
 * the end. */
#include <string.h>

#include "base/memory.h"
#include "codec/container.h"
#include "data/formats/formats.h"

#define CHUNKS_MOST 65536
#define TEXT_LANES_MOST 256
#define CONTENT_SIZE 4
#define FRAME_MOST (LK_CHECKSUM_SIZE + 2 * LK_NUMBER_MOST + CONTENT_SIZE)
#define CHUNK_LEAST (LK_CHECKSUM_SIZE + 2)

typedef struct lk_old {
    int64_t each;    /* examples or symbols in each chunk but the last */
    int64_t *length; /* owned: of chunks with their frames, as the table has it; NULL: no table */
    int64_t table_bytes; /* at the end of the file */
    int64_t total;       /* sum of the lengths */
    int64_t from_end;    /* where the table says that the next chunk is */
} lk_old;

/* ---- opening ----------------------------------------------------------------------------------- */

static int64_t total_of(const lk_container *c) {
    return c->version == 1 ? c->items : c->symbols;
}

static void example_fields(lk_layout *f, lk_container *c, int64_t *after, int64_t *table) {
    int64_t axes = 0;
    lk_layout_number(f, &axes, 1, LK_SHAPE_MOST);
    c->shape.axes = (int32_t)axes;
    for (int32_t i = 0; i < axes; i++) {
        lk_layout_number(f, &c->shape.size[i], 1, INT32_MAX);
    }
    lk_layout_number(f, &c->alphabet, 1, LK_ALPHABET_MOST);
    lk_layout_number(f, &c->items, 1, INT64_MAX / 2);
    lk_layout_number(f, &c->old->each, 1, c->items);
    lk_layout_number(f, &c->lanes, 1, LK_CONTAINER_LANES_MOST);
    lk_layout_number(f, &c->format, 0, INT32_MAX);
    lk_layout_number(f, after, 0, INT64_MAX / 2);
    lk_layout_number(f, table, 0, 1);
    c->holds = lk_dataset_format_labelled((int32_t)c->format) ? LK_HOLDS_LABELS : 0;
    int64_t values = lk_shape_variables(c->shape);
    f->failed |= values > INT32_MAX || c->lanes > c->old->each ||
                 (c->old->each > 1 && c->old->each > LK_CHUNK_SYMBOLS_MOST / values);
}

static void text_fields(lk_layout *f, lk_container *c) {
    c->holds = LK_HOLDS_TEXTS;
    c->items = 1;
    lk_layout_number(f, &c->bytes, 0, INT64_MAX / 2);
    lk_layout_number(f, &c->symbols, 0, INT64_MAX / 2);
    lk_layout_number(f, &c->old->each, 1, LK_CHUNK_TEXT_MOST);
    lk_layout_number(f, &c->lanes, 1, TEXT_LANES_MOST);
    if (c->version == 3) {
        int64_t rate;
        lk_layout_number(f, &rate, 1, UINT32_MAX);
        memcpy(&c->learning_rate, &(uint32_t){(uint32_t)rate}, sizeof c->learning_rate);
        f->failed |= !(c->learning_rate > 0.0f);
    }
    f->failed |= f->at != f->end || c->lanes > c->old->each || c->bytes < c->symbols ||
                 c->bytes / LK_UTF8_MOST > c->symbols ||
                 c->old->each > (c->symbols > 0 ? c->symbols : 1);
}

/* The lengths of all chunks, of exactly these bytes. */
static lk_status read_lengths(lk_container *c, lk_layout *f, bool *right) {
    lk_old *old = c->old;
    *right = false;
    if (f->failed || f->end - f->at < c->chunks) {
        return LK_OK;
    }
    lk_release(old->length);
    old->total = 0;
    old->length = lk_allocate(c->chunks, sizeof *old->length);
    if (old->length == NULL) {
        return lk_fail_no_memory(c->source->context, "a table of chunks", 8 * c->chunks);
    }
    for (int64_t i = 0; i < c->chunks; i++) {
        lk_layout_number(f, &old->length[i], CHUNK_LEAST, INT64_MAX / (2 * CHUNKS_MOST));
        old->total += old->length[i];
    }
    *right = !f->failed && f->at == f->end;
    if (!*right) {
        lk_release(old->length);
        old->length = NULL;
    }
    return LK_OK;
}

static lk_status read_end_table(lk_container *c, int64_t end) {
    const uint8_t *bytes;
    int64_t size;
    bool right = false;
    LK_TRY(lk_container_load_index(c, end, &bytes, &size));
    if (c->old->length == NULL && size >= 0) {
        lk_layout f = {.at = bytes, .end = bytes + size};
        LK_TRY(read_lengths(c, &f, &right));
        c->old->table_bytes = right ? size + LK_INDEX_TAIL : 0;
    }
    return LK_OK;
}

lk_status lk_old_open(lk_container *c, lk_layout *f) {
    int64_t after = 0, table = 0;
    c->old = lk_allocate(1, sizeof *c->old);
    if (c->old == NULL) {
        return lk_fail_no_memory(c->source->context, "a container", (int64_t)sizeof *c->old);
    }
    if (c->version == 1) {
        example_fields(f, c, &after, &table);
    } else {
        text_fields(f, c);
    }
    c->chunks = total_of(c) / c->old->each + (total_of(c) % c->old->each != 0);
    f->failed |= c->chunks > CHUNKS_MOST;
    c->symbols =
        c->version == 1 && !f->failed ? c->items * lk_shape_variables(c->shape) : c->symbols;
    if (f->failed) {
        return LK_OK; /* said by the caller */
    }
    if (table == 1) {
        bool right;
        LK_TRY(read_lengths(c, f, &right));
        f->failed |= !right;
    } else if (c->version == 1 || c->chunks > 1) {
        LK_TRY(read_end_table(c, c->header_bytes + after));
        LK_TRY(read_end_table(c, c->source->size));
        c->stray |= c->old->length == NULL;
    }
    c->end = c->source->size - c->old->table_bytes;
    c->stray |= c->version == 1 && c->header_bytes + after != c->source->size;
    return LK_OK;
}

void lk_old_rewind(lk_container *c) {
    c->old->from_end = c->end - c->old->total;
}

void lk_old_close(lk_container *c) {
    if (c->old != NULL) {
        lk_release(c->old->length);
        lk_release(c->old);
        c->old = NULL;
    }
}

/* ---- chunks ------------------------------------------------------------------------------------ */

static void place_chunk(const lk_container *c, lk_chunk *chunk) {
    int64_t first = c->next * c->old->each, left = total_of(c) - first;
    int64_t count = left < c->old->each ? left : c->old->each;
    *chunk = c->version == 1
                 ? (lk_chunk){.item = first,
                              .items = count,
                              .symbols = count * lk_shape_variables(c->shape)}
                 : (lk_chunk){.items = 1, .first = first, .symbols = count, .rest = left - count};
    chunk->number = c->next;
}

/* Whether the chunk stands at `offset`. `length`: what the table says, or 0. *next is where it ends
 * as far as can be told, or -1. */
static lk_status look(lk_container *c, int64_t offset, int64_t length, lk_chunk *chunk,
                      int64_t *next, bool *there) {
    const uint8_t *bytes;
    uint32_t hash;
    int64_t left = c->source->size - offset, some = left < FRAME_MOST ? left : FRAME_MOST;
    *there = false;
    *next = length > 0 ? offset + length : -1;
    if (offset < c->header_bytes || left < CHUNK_LEAST) {
        return LK_OK;
    }
    LK_TRY(lk_container_load(c, offset, some, &bytes));
    lk_layout f = {.at = bytes, .end = bytes + some};
    lk_layout_u32(&f, &hash);
    lk_layout_number(&f, &chunk->size, 0, INT64_MAX / 2);
    if (c->version == 1) {
        lk_layout_number(&f, &chunk->network, 0, INT32_MAX);
    } else {
        lk_layout_u32(&f, &chunk->content);
    }
    int64_t before = f.at - bytes, whole = before + chunk->size;
    if (f.failed || whole > left || (length > 0 && whole != length) ||
        (c->version != 1 && chunk->size > 6 * chunk->symbols + 16)) {
        return LK_OK;
    }
    *next = offset + whole;
    LK_TRY(lk_container_load(c, offset, whole, &bytes));
    const uint8_t *covered = bytes + LK_CHECKSUM_SIZE;
    chunk->payload = bytes + before;
    *there =
        hash == (c->version == 1
                     ? lk_hash(covered, whole - LK_CHECKSUM_SIZE, c->seed, chunk->number)
                     : lk_hash(chunk->payload, chunk->size,
                               lk_hash(covered, before - LK_CHECKSUM_SIZE, c->seed, chunk->number),
                               chunk->number));
    return LK_OK;
}

lk_status lk_old_next(lk_container *c, lk_chunk *chunk, bool *there) {
    lk_old *old = c->old;
    for (*there = false; c->next < c->chunks && !*there; c->next++) {
        int64_t length = old->length != NULL ? old->length[c->next] : 0, chained = -1;
        const int64_t places[2] = {c->at, old->from_end};
        int64_t next;
        place_chunk(c, chunk);
        for (int k = 0; k < (length > 0 ? 2 : 1) && !*there; k++) {
            LK_TRY(look(c, places[k], length, chunk, &next, there));
            c->stray |= *there && k > 0;
            chained = k == 0 || *there ? next : chained;
        }
        c->at = chained;
        old->from_end += length;
    }
    c->stray |= !*there && c->at != c->end;
    return LK_OK;
}
