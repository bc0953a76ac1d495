/* Reading versions 1 to 3. All chunks but the last hold as many examples, or symbols. Lengths stand
 * twice: in front of each chunk, and in a table, in the header (version 1, when it fits) or at the
 * end (not of a text in one chunk). A chunk is looked for behind the one before; where the table
 * says, counted from the first chunk; and the same, counted back from the last. It is taken where
 * its checksum agrees, which covers its length and number. So a damaged length costs one chunk, and
 * bytes that were put in or taken out cost those that they touch; a damaged length together with a
 * damaged table costs all behind it. */
#include <string.h>

#include "base/memory.h"
#include "codec/container.h"
#include "data/formats/formats.h"

#define CHUNKS_MOST 65536
#define TEXT_LANES_MOST 256
#define FRAME_MOST (LK_CHECKSUM_SIZE + 2 * LK_NUMBER_MOST + 4)
#define LENGTH_MOST (INT64_MAX / 2 / CHUNKS_MOST) /* so that their sum is a number */

/* ---- the header ------------------------------------------------------------------------------ */

static void example_fields(lk_layout *f, lk_container *c) {
    int64_t axes = 0, after = 0, table = 0;
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
    c->stated_end = c->header_bytes + after;
    c->stray |= c->stated_end != c->source->size;
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

/* ---- the table ------------------------------------------------------------------------------- */

static lk_status read_table(lk_container *c, lk_layout *f) {
    c->length = lk_resize(NULL, c->chunks, sizeof *c->length);
    if (c->length == NULL) {
        return lk_fail_no_memory(c->source->context, "a table of chunks", 8 * c->chunks);
    }
    c->total = 0;
    for (int64_t i = 0; i < c->chunks; i++) {
        lk_layout_number(f, &c->length[i], 1, LENGTH_MOST);
        c->total += c->length[i];
    }
    return LK_OK;
}

/* A table of which the last byte stands before `end`. */
static lk_status find_table(lk_container *c, int64_t end) {
    const uint8_t *bytes;
    int64_t size;
    LK_TRY(lk_container_load_index(c, end, &bytes, &size));
    if (size >= 0) {
        lk_layout f = {.at = bytes, .end = bytes + size};
        LK_TRY(read_table(c, &f));
        c->end = end - LK_INDEX_TAIL - size;
        if (f.failed || f.at != f.end) {
            lk_release(c->length);
            c->length = NULL;
            c->end = c->source->size;
        }
    }
    return LK_OK;
}

lk_status lk_old_open(lk_container *c, lk_layout *f) {
    c->stated_end = c->end = c->source->size;
    if (c->version == 1) {
        example_fields(f, c);
    } else {
        text_fields(f, c);
    }
    f->failed |= c->chunks > CHUNKS_MOST;
    if (!f->failed && c->version == 1 && !c->table_at_end) {
        LK_TRY(read_table(c, f));
    }
    f->failed |= f->at != f->end;
    if (!f->failed && c->table_at_end) {
        LK_TRY(find_table(c, c->stated_end));
        bool other = c->length == NULL && c->stated_end != c->source->size;
        LK_TRY(other ? find_table(c, c->source->size) : LK_OK);
        c->stray |= c->length == NULL;
    }
    return LK_OK;
}

/* ---- chunks ---------------------------------------------------------------------------------- */

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

/* Whether chunk number c->next stands at `place`. `length`: what the table says, or 0. *behind:
 * where it would end as far as can be told, or -1. */
static lk_status look(lk_container *c, int64_t place, int64_t length, lk_chunk *chunk, bool *there,
                      int64_t *behind) {
    const uint8_t *bytes;
    uint32_t hash;
    int64_t left = c->end - place, some = left < FRAME_MOST ? left : FRAME_MOST;
    *behind = -1;
    if (place < c->header_bytes || left <= 0) {
        return LK_OK;
    }
    LK_TRY(lk_container_load(c, place, some, &bytes));
    lk_layout f = {.at = bytes, .end = bytes + some};
    lk_layout_u32(&f, &hash);
    lk_layout_number(&f, &chunk->size, 0, left);
    if (c->version == 1) {
        lk_layout_number(&f, &chunk->network, 0, INT32_MAX);
    } else {
        lk_layout_u32(&f, &chunk->content);
    }
    int64_t before = f.at - bytes, whole = before + chunk->size;
    bool inside = !f.failed && whole <= left;
    *behind = length > 0 ? place + length : inside ? place + whole : -1;
    if (!inside || (length > 0 && whole != length) ||
        (c->version > 1 && chunk->size > 6 * chunk->symbols + 16)) {
        return LK_OK;
    }
    LK_TRY(lk_container_load(c, place, whole, &bytes));
    const uint8_t *covered = bytes + LK_CHECKSUM_SIZE;
    uint32_t frame = lk_hash(covered, before - LK_CHECKSUM_SIZE, c->seed, chunk->number);
    chunk->payload = bytes + before;
    *there = hash == (c->version == 1
                          ? lk_hash(covered, whole - LK_CHECKSUM_SIZE, c->seed, chunk->number)
                          : lk_hash(chunk->payload, chunk->size, frame, chunk->number));
    return LK_OK;
}

/* At all of its places. */
static lk_status find(lk_container *c, lk_chunk *chunk, bool *there) {
    int64_t length = c->length != NULL ? c->length[c->next] : 0, behind = -1, end;
    const int64_t place[3] = {c->at, c->from_first, c->from_last};
    for (int k = 0; k < (length > 0 ? 3 : 1) && !*there; k++) {
        if ((k > 0 && place[k] == place[0]) || (k > 1 && place[k] == place[1])) {
            continue;
        }
        LK_TRY(look(c, place[k], length, chunk, there, &end));
        behind = k == 0 || *there ? end : behind;
        c->stray |= *there && k > 0;
    }
    c->at = behind;
    c->from_first += length;
    c->from_last += length;
    return LK_OK;
}

lk_status lk_old_next(lk_container *c, lk_chunk *chunk, bool *there) {
    *there = false;
    for (; c->next < c->chunks && !*there; c->next++) {
        place_chunk(c, chunk);
        LK_TRY(find(c, chunk, there));
    }
    c->stray |= !*there && c->at != c->end;
    return LK_OK;
}
