/* Reading versions 1 to 3. All chunks but the last hold as many examples, or symbols; each says how
 * long it is, and the next one stands behind it. A table of their sizes, in the header (version 1,
 * when it fits) or at the end, is only seen to be as it was written. */
#include <string.h>

#include "codec/container.h"
#include "data/formats/formats.h"

#define CHUNKS_MOST 65536
#define TEXT_LANES_MOST 256
#define FRAME_MOST (LK_CHECKSUM_SIZE + 2 * LK_NUMBER_MOST + 4)

static void example_fields(lk_layout *f, lk_container *c) {
    int64_t axes = 0, after = 0, size = 0, table = 0;
    lk_layout_number(f, &axes, 1, LK_SHAPE_MOST);
    c->shape.axes = (int32_t)axes;
    for (int32_t i = 0; i < axes; i++) {
        lk_layout_number(f, &c->shape.size[i], 1, INT32_MAX);
    }
    lk_layout_number(f, &c->alphabet, 1, LK_ALPHABET_MOST);
    lk_layout_number(f, &c->items, 1, INT64_MAX / 2);
    lk_layout_number(f, &c->each, 1, c->items);
    lk_layout_number(f, &c->lanes, 1,
                     c->each < LK_CONTAINER_LANES_MOST ? c->each : LK_CONTAINER_LANES_MOST);
    lk_layout_number(f, &c->format, 0, INT32_MAX);
    lk_layout_number(f, &after, 0, INT64_MAX / 2);
    lk_layout_number(f, &table, 0, 1);
    int64_t values = lk_shape_variables(c->shape);
    c->chunks = (c->items - 1) / c->each + 1;
    f->failed |= values > INT32_MAX || c->chunks > CHUNKS_MOST ||
                 (c->each > 1 && c->each > LK_CHUNK_SYMBOLS_MOST / values);
    c->symbols = f->failed ? 0 : c->items * values;
    c->labels = lk_dataset_format_labelled((int32_t)c->format);
    c->table_at_end = table == 0;
    for (int64_t i = 0; i < c->chunks && table == 1 && !f->failed; i++) {
        lk_layout_number(f, &size, 1, after);
    }
    c->stray |= c->header_bytes + after != c->source->size;
}

static void text_fields(lk_layout *f, lk_container *c) {
    c->texts = true;
    c->items = 1;
    lk_layout_number(f, &c->bytes, 0, INT64_MAX / 2);
    lk_layout_number(f, &c->symbols, c->bytes / LK_UTF8_MOST, c->bytes);
    lk_layout_number(f, &c->each, 1, c->symbols > 0 ? c->symbols : 1);
    lk_layout_number(f, &c->lanes, 1, c->each < TEXT_LANES_MOST ? c->each : TEXT_LANES_MOST);
    if (c->version == 3) {
        int64_t rate;
        lk_layout_number(f, &rate, 1, UINT32_MAX);
        memcpy(&c->learning_rate, &(uint32_t){(uint32_t)rate}, sizeof c->learning_rate);
    }
    c->chunks = c->symbols / c->each + (c->symbols % c->each != 0);
    c->table_at_end = c->chunks > 1;
    f->failed |= c->each > LK_CHUNK_TEXT_MOST;
}

lk_status lk_old_open(lk_container *c, lk_layout *f) {
    const uint8_t *bytes;
    int64_t size = -LK_INDEX_TAIL;
    if (c->version == 1) {
        example_fields(f, c);
    } else {
        text_fields(f, c);
    }
    f->failed |= f->at != f->end || c->chunks > CHUNKS_MOST;
    if (c->table_at_end) {
        LK_TRY(lk_container_load_index(c, c->source->size, &bytes, &size));
        c->stray |= size < 0;
        size = size < 0 ? -LK_INDEX_TAIL : size;
    }
    c->end = c->source->size - size - LK_INDEX_TAIL;
    return LK_OK;
}

static void place_chunk(const lk_container *c, lk_chunk *chunk) {
    int64_t first = c->next * c->each, left = (c->version == 1 ? c->items : c->symbols) - first;
    int64_t count = left < c->each ? left : c->each;
    *chunk = (lk_chunk){.number = c->next, .items = 1, .symbols = count};
    if (c->version == 1) {
        chunk->item = first;
        chunk->items = count;
        chunk->symbols = count * lk_shape_variables(c->shape);
    } else {
        chunk->first = first;
        chunk->rest = left - count;
    }
}

/* Whether the next chunk stands at c->at, which moves behind it. */
static lk_status look(lk_container *c, lk_chunk *chunk, bool *there) {
    const uint8_t *bytes;
    uint32_t hash;
    int64_t left = c->end - c->at, some = left < FRAME_MOST ? left : FRAME_MOST;
    if (left <= 0) {
        return LK_OK;
    }
    LK_TRY(lk_container_load(c, c->at, some, &bytes));
    lk_layout f = {.at = bytes, .end = bytes + some};
    lk_layout_u32(&f, &hash);
    lk_layout_number(&f, &chunk->size, 0, left);
    if (c->version == 1) {
        lk_layout_number(&f, &chunk->network, 0, INT32_MAX);
    } else {
        lk_layout_u32(&f, &chunk->content);
    }
    int64_t before = f.at - bytes, whole = before + chunk->size;
    if (f.failed || whole > left || (c->version > 1 && chunk->size > 6 * chunk->symbols + 16)) {
        c->at = c->end;
        return LK_OK;
    }
    LK_TRY(lk_container_load(c, c->at, whole, &bytes));
    const uint8_t *covered = bytes + LK_CHECKSUM_SIZE;
    uint32_t frame = lk_hash(covered, before - LK_CHECKSUM_SIZE, c->seed, chunk->number);
    chunk->payload = bytes + before;
    *there = hash == (c->version == 1
                          ? lk_hash(covered, whole - LK_CHECKSUM_SIZE, c->seed, chunk->number)
                          : lk_hash(chunk->payload, chunk->size, frame, chunk->number));
    c->at += whole;
    return LK_OK;
}

lk_status lk_old_next(lk_container *c, lk_chunk *chunk, bool *there) {
    *there = false;
    for (; c->next < c->chunks && !*there; c->next++) {
        place_chunk(c, chunk);
        LK_TRY(look(c, chunk, there));
    }
    c->stray |= !*there && c->at != c->end;
    return LK_OK;
}
