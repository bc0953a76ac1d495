/* Version 4, and what all versions share. Time of reading is linear in the file's size and memory
 * that of a chunk, whatever the bytes say. */
#include "codec/container.h"

#include <string.h>

#include "base/memory.h"
#include "data/formats/formats.h"
#include "models/run.h"

#define MAGIC_SIZE 8
#define MARK_SIZE 4
#define INDEX_NUMBER UINT32_MAX /* stands for the number in the hash of an index */
#define FRAME_MOST 128
#define HASHED_MOST 4 /* times the file's size, in vain */

/* The idea of PNG's signature: a high bit, line ends and an end-of-file character show transfers
 * that alter bytes. */
static uint8_t magic[MAGIC_SIZE] = {0x89, 'l', 'k', 'z', 0x0D, 0x0A, 0x1A, 0x0A};
static uint8_t mark[MARK_SIZE] = {0xF9, 'l', 'k', 0xC4};

/* ---- layouts, in both directions ------------------------------------------------------------- */

static void header_fields(lk_layout *f, lk_container *c) {
    int64_t axes = c->shape.axes, holds = c->texts | c->labels << 1 | c->names << 2 |
                                          c->words << 3 | c->sound << 4 | c->local << 5;
    lk_layout_number(f, &holds, 0, 63);
    c->texts = (holds & 1) != 0;
    c->labels = (holds & 2) != 0;
    c->names = (holds & 4) != 0;
    c->words = (holds & 8) != 0;
    c->sound = (holds & 16) != 0;
    c->local = (holds & 32) != 0;
    lk_layout_number(f, &c->lanes, 1, LK_CONTAINER_LANES_MOST);
    lk_layout_number(f, &c->longest, 0, LK_CHUNK_TEXT_MOST);
    lk_layout_float(f, &c->learning_rate);
    lk_layout_number(f, &axes, 0, LK_SHAPE_MOST);
    c->shape.axes = (int32_t)axes;
    for (int32_t i = 0; i < axes; i++) {
        lk_layout_number(f, &c->shape.size[i], 1, INT32_MAX);
    }
    lk_layout_number(f, &c->alphabet, 0, LK_ALPHABET_MOST);
    lk_layout_number(f, &c->format, 0, INT32_MAX);
    c->cuts = c->version == LK_CONTAINER_CUTS;
}

/* The least version that says what it holds. */
static int64_t version_of(const lk_container *c) {
    return c->cuts    ? LK_CONTAINER_CUTS
           : c->local ? LK_CONTAINER_LOCAL
           : c->sound ? LK_CONTAINER_SOUND
                      : LK_CONTAINER_VERSION;
}

static bool header_valid(const lk_container *c) {
    bool examples = lk_shape_variables(c->shape) <= INT32_MAX && c->alphabet >= 2;
    bool old = c->version < LK_CONTAINER_VERSION;
    return (!c->words || (c->labels && !c->texts)) && (!c->sound || c->texts) &&
           (!c->local || c->texts) && (!c->cuts || c->texts) &&
           (old || c->version == version_of(c)) && (c->texts ? old || c->longest > 0 : examples) &&
           (c->learning_rate == 0.0f || lk_learn_rate_valid(c->learning_rate));
}

/* Behind the mark. */
static void chunk_fields(lk_layout *f, lk_chunk *chunk) {
    lk_layout_number(f, &chunk->number, 0, UINT32_MAX - 1);
    lk_layout_number(f, &chunk->item, 0, INT64_MAX / 2);
    lk_layout_number(f, &chunk->items, 1, LK_CHUNK_SYMBOLS_MOST);
    lk_layout_number(f, &chunk->symbols, 0, INT64_MAX / 8);
    lk_layout_number(f, &chunk->first, 0, INT64_MAX / 4);
    lk_layout_number(f, &chunk->rest, 0, INT64_MAX / 4);
    lk_layout_number(f, &chunk->network, 0, INT32_MAX);
    lk_layout_number(f, &chunk->size, 0, INT64_MAX / 2);
    lk_layout_u32(f, &chunk->content);
    lk_layout_u32(f, &chunk->stored);
}

/* No symbol costs more than 24 bits and the 21 of an escaped character, nor a symbol of the slower
 * sequence more than 3 bytes of 24, nor an item's label, length and name more than 64 KiB. */
static bool chunk_valid(const lk_container *c, const lk_chunk *chunk) {
    bool whole = chunk->first == 0 && chunk->rest == 0;
    bool holds = c->texts ? chunk->items <= LK_CHUNK_ITEMS_MOST && (whole || chunk->items == 1) &&
                                chunk->symbols <= LK_CHUNK_TEXT_MOST
                          : whole && (chunk->items == 1 || chunk->symbols <= LK_CHUNK_SYMBOLS_MOST);
    int64_t each = c->local ? 18 : 6; /* bytes: 3 of 24 bits more for a symbol beside it */
    return holds && chunk->size <= 16 + each * chunk->symbols + chunk->items * 65536;
}

static void index_fields(lk_layout *f, lk_container *c) {
    lk_layout_number(f, &c->chunks, 0, UINT32_MAX);
    lk_layout_number(f, &c->items, 0, INT64_MAX / 2);
    lk_layout_number(f, &c->symbols, 0, INT64_MAX / 2);
    lk_layout_number(f, &c->bytes, 0, INT64_MAX / 2);
}

/* ---- writing --------------------------------------------------------------------------------- */

void lk_container_put_header(lk_container *c, lk_buffer *to) {
    lk_layout f = {.to = to};
    c->version = version_of(c);
    uint8_t head[2] = {0, (uint8_t)c->version}; /* the header's size comes last */
    LK_REQUIRE(to->size == 0 && header_valid(c));
    lk_layout_bytes(&f, magic, MAGIC_SIZE);
    lk_layout_bytes(&f, head, 2);
    lk_layout_bytes(&f, c->model.byte, sizeof c->model.byte);
    header_fields(&f, c);
    if (!to->failed) {
        LK_REQUIRE(to->size + LK_CHECKSUM_SIZE <= LK_CONTAINER_HEADER_MOST);
        to->data[MAGIC_SIZE] = (uint8_t)(to->size + LK_CHECKSUM_SIZE);
        c->seed = lk_hash(to->data, to->size, 0, 0);
    }
    lk_layout_u32(&f, &c->seed);
}

/* In the index, and in all. */
static void count_chunk(lk_container *c, const lk_framed *framed) {
    lk_layout entry = {.to = &c->index};
    int64_t whole = framed->size, begun = framed->begun;
    lk_layout_number(&entry, &whole, 0, INT64_MAX);
    lk_layout_number(&entry, &begun, 0, INT64_MAX);
    c->items += begun;
    c->symbols += framed->symbols;
    c->bytes += framed->bytes;
}

void lk_container_put_chunk(lk_container *c, lk_chunk *chunk, int64_t bytes, lk_buffer *to) {
    int64_t begin = to->size;
    lk_layout f = {.to = to};
    chunk->number = c->chunks++;
    lk_layout_bytes(&f, mark, MARK_SIZE);
    chunk->stored = lk_hash(chunk->payload, chunk->size, c->seed, chunk->number);
    chunk_fields(&f, chunk);
    uint32_t frame = 0;
    if (!to->failed) {
        frame = lk_hash(to->data + begin, to->size - begin, c->seed, chunk->number);
    }
    lk_layout_u32(&f, &frame);
    lk_buffer_put(to, chunk->payload, chunk->size);
    const lk_framed framed = {.size = to->size - begin,
                              .begun = chunk->first > 0 ? 0 : chunk->items,
                              .symbols = chunk->symbols,
                              .bytes = bytes};
    count_chunk(c, &framed);
}

void lk_container_put_framed(lk_container *c, const lk_framed *framed, lk_buffer *to) {
    c->chunks++;
    if (framed != NULL) {
        lk_buffer_put(to, framed->data, framed->size);
        count_chunk(c, framed);
    }
}

void lk_container_put_index(lk_container *c, lk_buffer *to) {
    int64_t begin = to->size;
    lk_layout f = {.to = to};
    to->failed |= c->index.failed;
    index_fields(&f, c);
    lk_buffer_put(to, c->index.data, c->index.size);
    uint32_t size = (uint32_t)(to->size - begin), hash = 0;
    lk_layout_u32(&f, &size);
    if (!to->failed) {
        hash = lk_hash(to->data + begin, to->size - begin, c->seed, INDEX_NUMBER);
    }
    lk_layout_u32(&f, &hash);
}

/* ---- reading: pieces ------------------------------------------------------------------------- */

lk_status lk_container_load(lk_container *c, int64_t offset, int64_t count, const uint8_t **bytes) {
    int64_t held = 0;
    *bytes = magic; /* none of it */
    if (count > 0) {
        LK_TRY(lk_source_see(c->source, offset, bytes, &held));
    }
    if (held >= count) {
        return LK_OK;
    }
    if (count > c->scratch_size) {
        LK_TRY(lk_memory_allow(c->source->context, c->source->path, "a chunk", (double)count));
        lk_release(c->scratch);
        c->scratch_size = 0;
        c->scratch = lk_resize(NULL, count, 1);
        if (c->scratch == NULL) {
            return lk_fail_no_memory(c->source->context, "a coded chunk", count);
        }
        c->scratch_size = count;
    }
    for (int64_t done = 0; done < count; done += held) {
        LK_TRY(lk_source_see(c->source, offset + done, bytes, &held));
        held = held < count - done ? held : count - done;
        memcpy(c->scratch + done, *bytes, (size_t)held);
    }
    *bytes = c->scratch;
    return LK_OK;
}

lk_status lk_container_load_index(lk_container *c, int64_t end, const uint8_t **bytes,
                                  int64_t *size) {
    uint32_t stated, hash;
    int64_t room = end - c->header_bytes - LK_INDEX_TAIL;
    *size = -1;
    if (room < 0 || end > c->source->size) {
        return LK_OK;
    }
    LK_TRY(lk_container_load(c, end - LK_INDEX_TAIL, LK_INDEX_TAIL, bytes));
    lk_layout tail = {.at = *bytes, .end = *bytes + LK_INDEX_TAIL};
    lk_layout_u32(&tail, &stated);
    lk_layout_u32(&tail, &hash);
    if (stated <= room) {
        LK_TRY(lk_container_load(c, end - LK_INDEX_TAIL - stated, stated + 4, bytes));
        bool right = lk_hash(*bytes, stated + INT64_C(4), c->seed, INDEX_NUMBER) == hash;
        *size = right ? (int64_t)stated : -1;
    }
    return LK_OK;
}

bool lk_container_check(const lk_container *c, const uint8_t *bytes, int64_t size,
                        lk_chunk *chunk) {
    uint32_t frame;
    lk_layout f = {.at = bytes + MARK_SIZE, .end = bytes + size};
    if (size < MARK_SIZE || memcmp(bytes, mark, MARK_SIZE) != 0) {
        return false;
    }
    *chunk = (lk_chunk){0};
    chunk_fields(&f, chunk);
    int64_t covered = f.at - bytes;
    lk_layout_u32(&f, &frame);
    if (f.failed || frame != lk_hash(bytes, covered, c->seed, chunk->number) ||
        !chunk_valid(c, chunk)) {
        return false;
    }
    chunk->payload = f.at;
    return f.end - f.at < chunk->size ||
           chunk->stored == lk_hash(f.at, chunk->size, c->seed, chunk->number);
}

/* A chunk at `offset`, above all numbers before. */
static lk_status look(lk_container *c, int64_t offset, lk_chunk *chunk, bool *there) {
    const uint8_t *bytes;
    int64_t left = c->source->size - offset, some = left < FRAME_MOST ? left : FRAME_MOST;
    LK_TRY(lk_container_load(c, offset, some, &bytes));
    *there = lk_container_check(c, bytes, some, chunk) && chunk->number >= c->next;
    int64_t whole = *there ? chunk->payload - bytes + chunk->size : 0;
    if (*there && whole > some) {
        *there = whole <= left && c->hashed <= HASHED_MOST * c->source->size;
        if (*there) {
            LK_TRY(lk_container_load(c, offset, whole, &bytes));
            *there = lk_container_check(c, bytes, whole, chunk);
            c->hashed += *there ? 0 : whole;
        }
    }
    if (*there) {
        c->at = offset + whole;
        c->next = chunk->number + 1;
    }
    return LK_OK;
}

/* The next mark from c->at on; the end when there is none. */
static lk_status find_mark(lk_container *c) {
    for (const uint8_t *bytes; c->end - c->at >= MARK_SIZE;) {
        int64_t held, i = 0;
        LK_TRY(lk_source_see(c->source, c->at, &bytes, &held));
        held = held < c->end - c->at ? held : c->end - c->at;
        while (i + MARK_SIZE <= held && memcmp(bytes + i, mark, MARK_SIZE) != 0) {
            i++;
        }
        c->at += i;
        if (i + MARK_SIZE <= held) {
            return LK_OK;
        }
    }
    c->at = c->end;
    return LK_OK;
}

/* ---- reading: the whole ---------------------------------------------------------------------- */

lk_status lk_container_recognise(lk_source *source, bool *is) {
    const uint8_t *bytes;
    int64_t held = 0;
    if (source->size >= MAGIC_SIZE) {
        LK_TRY(lk_source_see(source, 0, &bytes, &held));
    }
    *is = held >= MAGIC_SIZE && memcmp(bytes, magic, MAGIC_SIZE) == 0;
    return LK_OK;
}

static lk_status open_index(lk_container *c) {
    const uint8_t *bytes;
    int64_t size, end = c->source->size;
    LK_TRY(lk_container_load_index(c, end, &bytes, &size));
    lk_layout f = {.at = bytes, .end = size < 0 ? bytes : bytes + size};
    index_fields(&f, c);
    c->end = f.failed ? end : end - LK_INDEX_TAIL - size;
    if (f.failed) {
        c->stray = true;
        c->chunks = c->items = c->symbols = c->bytes = -1;
    }
    return LK_OK;
}

static lk_status read_frame(lk_container *c, lk_layout *f) {
    const char *path = c->source->path;
    int64_t most = LK_CONTAINER_HEADER_MOST,
            there = c->source->size < most ? c->source->size : most;
    const uint8_t *bytes;
    uint8_t begin[MAGIC_SIZE], head[2];
    uint32_t hash = 0;
    LK_TRY(lk_container_load(c, 0, there, &bytes));
    *f = (lk_layout){.at = bytes, .end = there > 0 ? bytes + there : bytes};
    lk_layout_bytes(f, begin, MAGIC_SIZE);
    if (memcmp(begin, magic, MAGIC_SIZE) != 0) {
        return lk_fail_kind(c->source->context, path, bytes, there, "a compressed file of likely");
    }
    lk_layout_bytes(f, head, 2);
    lk_layout_bytes(f, c->model.byte, sizeof c->model);
    c->header_bytes = head[0];
    c->version = head[1];
    int64_t fields = head[0] - LK_CHECKSUM_SIZE;
    bool whole = !f->failed && fields >= f->at - bytes && head[0] <= there;
    if (whole) {
        lk_layout last = {.at = bytes + fields, .end = bytes + head[0]};
        c->seed = lk_hash(bytes, fields, 0, 0);
        lk_layout_u32(&last, &hash);
        f->end = bytes + fields;
    }
    return whole && hash == c->seed
               ? LK_OK
               : lk_fail(c->source->context, LK_CORRUPT,
                         "%s: the header is damaged or cut off, nothing can be recovered; use "
                         "another copy",
                         path);
}

lk_status lk_container_open(lk_source *source, lk_container *c) {
    lk_layout fields = {0};
    *c = (lk_container){.source = source};
    LK_TRY(read_frame(c, &fields));
    if (c->version < 1 || c->version > LK_CONTAINER_CUTS) {
        return lk_fail(source->context, LK_UNSUPPORTED,
                       "%s: container version %lld; this build of likely reads versions 1 to %d",
                       source->path, (long long)c->version, LK_CONTAINER_CUTS);
    }
    bool old = c->version < LK_CONTAINER_VERSION;
    if (old) {
        LK_TRY(lk_old_open(c, &fields));
    } else {
        header_fields(&fields, c);
        fields.failed |= fields.at != fields.end;
    }
    if (fields.failed || !header_valid(c)) {
        return lk_fail(
            source->context, LK_CORRUPT,
            "%s: the header describes no possible content; the file was not written by likely",
            source->path);
    }
    LK_TRY(old ? LK_OK : open_index(c));
    lk_container_rewind(c);
    return LK_OK;
}

void lk_container_rewind(lk_container *c) {
    c->at = c->header_bytes;
    c->next = c->hashed = 0;
    c->from_first = c->header_bytes;
    c->from_last = c->end - c->total;
}

lk_status lk_container_next(lk_container *c, lk_chunk *chunk, bool *there) {
    if (c->version < LK_CONTAINER_VERSION) {
        return lk_old_next(c, chunk, there);
    }
    *there = false;
    while (c->at < c->end && !*there) {
        LK_TRY(look(c, c->at, chunk, there));
        if (!*there) {
            c->stray = true;
            c->at++;
            LK_TRY(find_mark(c));
        }
    }
    c->stray |= c->at > c->end; /* a chunk that reaches into the index */
    return LK_OK;
}

void lk_container_close(lk_container *c) {
    lk_buffer_release(&c->index);
    lk_release(c->length);
    lk_release(c->scratch);
    c->length = NULL;
    c->scratch = NULL;
}
