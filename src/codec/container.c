/* Packing and parsing the container; container.h tells the idea, docs/formats.md the bytes. Both
 * sides hash with XXH3 (64 bits, seeded, the low 32 kept). Time and memory of parsing are linear in
 * the file's size, whatever the bytes say. */
#include "codec/container.h"

#include <string.h>

#include "base/arena.h"

#define VARIABLES_MOST INT32_MAX
#define CHUNK_LEAST (LK_FRAME_CHECKSUM_SIZE + 2) /* bytes of a chunk and its frame */

/* ---- geometry -------------------------------------------------------------------------------- */

/* 0 when the shape is not one. */
static int64_t variables_of(const lk_shape *shape) {
    int64_t variables = shape->axes >= 1 && shape->axes <= LK_SHAPE_MOST;
    for (int32_t i = 0; i < shape->axes && variables > 0; i++) {
        bool fits = shape->size[i] >= 1 && shape->size[i] <= VARIABLES_MOST / variables;
        variables = fits ? variables * shape->size[i] : 0;
    }
    return variables;
}

static bool header_valid(const lk_container_header *header) {
    int64_t variables = variables_of(&header->shape);
    if (variables == 0 || header->alphabet < 1 || header->alphabet > LK_ALPHABET_MOST ||
        header->examples < 1 || header->chunk_examples < 1 ||
        header->chunk_examples > header->examples || header->lanes < 1 ||
        header->lanes > LK_CONTAINER_LANES_MOST || header->lanes > header->chunk_examples ||
        header->format < 0) {
        return false;
    }
    return lk_container_chunks(header) <= LK_CONTAINER_CHUNKS_MOST &&
           (header->chunk_examples == 1 ||
            header->chunk_examples <= LK_CONTAINER_CHUNK_SYMBOLS_MOST / variables);
}

int64_t lk_container_chunks(const lk_container_header *header) {
    return header->examples / header->chunk_examples +
           (header->examples % header->chunk_examples != 0);
}

int64_t lk_container_chunk_examples(const lk_container_header *header, int64_t index) {
    int64_t left = header->examples - index * header->chunk_examples;
    return left < header->chunk_examples ? left : header->chunk_examples;
}

/* ---- packing --------------------------------------------------------------------------------- */

static int64_t chunk_size(const lk_payload *payload) {
    return LK_FRAME_CHECKSUM_SIZE + lk_varint_size(payload->size) +
           lk_varint_size(payload->variant) + payload->size;
}

static uint8_t *put_chunk(uint8_t *at, const lk_payload *payload, uint32_t file, int64_t index) {
    uint8_t *end = lk_put_varint(at + LK_FRAME_CHECKSUM_SIZE, payload->size);
    end = lk_put_varint(end, payload->variant);
    if (payload->size > 0) {
        memcpy(end, payload->bytes, (size_t)payload->size);
        end += payload->size;
    }
    lk_put_u32(at, lk_frame_hash(at + LK_FRAME_CHECKSUM_SIZE, end - at - LK_FRAME_CHECKSUM_SIZE,
                                 file, (uint32_t)index));
    return end;
}

static uint8_t *put_table(uint8_t *at, const lk_payload *payloads, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        at = lk_put_varint(at, chunk_size(&payloads[i]));
    }
    return at;
}

/* Everything of the header before its table; `at` has room for LK_CONTAINER_HEADER_MOST. */
static uint8_t *put_fields(uint8_t *at, const lk_container_header *header, int64_t after_header) {
    at = lk_header_begin(at, LK_FRAME_VERSION_EXAMPLES, &header->model);
    at = lk_put_varint(at, header->shape.axes);
    for (int32_t i = 0; i < header->shape.axes; i++) {
        at = lk_put_varint(at, header->shape.size[i]);
    }
    at = lk_put_varint(at, header->alphabet);
    at = lk_put_varint(at, header->examples);
    at = lk_put_varint(at, header->chunk_examples);
    at = lk_put_varint(at, header->lanes);
    at = lk_put_varint(at, header->format);
    return lk_put_varint(at, after_header);
}

/* Sums up sizes before anything is written. */
typedef struct layout {
    int64_t chunks, table; /* bytes */
    bool table_in_header;
} layout;

static layout lay_out(const lk_container_header *header, const lk_payload *payloads,
                      int64_t count) {
    layout all = {0};
    uint8_t scratch[LK_CONTAINER_HEADER_MOST];
    for (int64_t i = 0; i < count; i++) {
        int64_t size = chunk_size(&payloads[i]);
        all.chunks += size;
        all.table += lk_varint_size(size);
    }
    int64_t fields = put_fields(scratch, header, all.chunks) - scratch;
    all.table_in_header =
        fields + 1 + all.table + LK_FRAME_CHECKSUM_SIZE <= LK_CONTAINER_HEADER_MOST;
    return all;
}

lk_status lk_container_pack(lk_context *context, const lk_container_header *header,
                            const lk_payload *payloads, lk_bytes *bytes, int64_t *header_bytes) {
    LK_REQUIRE(header_valid(header));
    int64_t count = lk_container_chunks(header);
    layout all = lay_out(header, payloads, count);
    int64_t after = all.chunks + (all.table_in_header ? 0 : all.table + LK_FRAME_TABLE_TAIL);
    int64_t most = LK_CONTAINER_HEADER_MOST + after;
    uint8_t *begin = lk_allocate(most + 1, 1);
    if (begin == NULL) {
        return lk_fail_no_memory(context, "the compressed file", most);
    }
    uint8_t *at = put_fields(begin, header, after);
    *at++ = all.table_in_header;
    if (all.table_in_header) {
        at = put_table(at, payloads, count);
    }
    uint32_t file;
    at = lk_header_end(begin, at, &file);
    *header_bytes = at - begin;
    for (int64_t i = 0; i < count; i++) {
        at = put_chunk(at, &payloads[i], file, i);
    }
    if (!all.table_in_header) {
        uint8_t *table = at;
        at = put_table(at, payloads, count);
        at = lk_put_u32(at, (uint32_t)all.table);
        at = lk_put_u32(at, lk_frame_hash(table, at - table, file, LK_FRAME_TABLE_NUMBER));
    }
    *bytes = (lk_bytes){.data = begin, .size = at - begin};
    return LK_OK;
}

/* ---- parsing --------------------------------------------------------------------------------- */

/* What is known of a file while its chunks are looked for. */
typedef struct search {
    const uint8_t *bytes;
    int64_t size; /* of the file */
    int64_t header_size;
    uint32_t file;        /* the header's checksum, which seeds the others */
    int64_t after_header; /* bytes that the header promises */
    int64_t
        *length; /* owned, of each chunk as the table has it; NULL when there is no good table */
    int64_t table_bytes; /* at the end of the file */
    int64_t total;       /* sum of the lengths */
} search;

static lk_status parse_fields(lk_context *context, const char *path, lk_cursor *in,
                              lk_container_header *header, search *found) {
    header->shape.axes = (int32_t)lk_get_number(in, 1, LK_SHAPE_MOST);
    for (int32_t i = 0; i < header->shape.axes; i++) {
        header->shape.size[i] = lk_get_number(in, 1, VARIABLES_MOST);
    }
    header->alphabet = (int32_t)lk_get_number(in, 1, LK_ALPHABET_MOST);
    header->examples = lk_get_number(in, 1, INT64_MAX);
    header->chunk_examples = lk_get_number(in, 1, INT64_MAX);
    header->lanes = (int32_t)lk_get_number(in, 1, INT32_MAX);
    header->format = (int32_t)lk_get_number(in, 0, INT32_MAX);
    found->after_header = lk_get_number(in, 0, INT64_MAX / 2);
    if (in->failed || !header_valid(header)) {
        return lk_fail(
            context, LK_CORRUPT,
            "%s: the header describes no possible content; the file was not written by likely",
            path);
    }
    return LK_OK;
}

/* A table whose last byte stands just before `end`. */
static lk_status parse_end_table(lk_context *context, search *found, int64_t end, int64_t count) {
    if (end > found->size || end - found->header_size < LK_FRAME_TABLE_TAIL) {
        return LK_CORRUPT;
    }
    int64_t table = lk_get_u32(found->bytes + end - LK_FRAME_TABLE_TAIL);
    int64_t begin = end - LK_FRAME_TABLE_TAIL - table;
    if (begin < found->header_size ||
        lk_frame_hash(found->bytes + begin, table + 4, found->file, LK_FRAME_TABLE_NUMBER) !=
            lk_get_u32(found->bytes + end - LK_FRAME_CHECKSUM_SIZE)) {
        return LK_CORRUPT;
    }
    lk_cursor in = {.at = found->bytes + begin, .end = found->bytes + begin + table};
    found->table_bytes = table + LK_FRAME_TABLE_TAIL;
    return lk_table_read(context, &in, count, CHUNK_LEAST, &found->length, &found->total);
}

static lk_status parse_header(lk_context *context, const char *path, lk_container *container,
                              search *found) {
    lk_header header;
    LK_TRY(lk_header_read(context, path, found->bytes, found->size, &header));
    found->header_size = header.size;
    found->file = header.file;
    if (lk_frame_is_text(header.version)) {
        return lk_fail(context, LK_FORMAT,
                       "%s: holds a compressed text, not examples; restore it as a text", path);
    }
    if (header.version != LK_FRAME_VERSION_EXAMPLES) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: container version %d; this build of likely reads versions %d to %d",
                       path, header.version, LK_FRAME_VERSION_EXAMPLES, LK_FRAME_VERSION_LEARNED);
    }
    container->header.model = header.model;
    lk_cursor in = header.fields;
    LK_TRY(parse_fields(context, path, &in, &container->header, found));
    container->count = lk_container_chunks(&container->header);
    bool here = lk_get_number(&in, 0, 1) == 1;
    lk_status table = LK_OK;
    if (here && !in.failed) {
        table = lk_table_read(context, &in, container->count, CHUNK_LEAST, &found->length,
                              &found->total);
        if (table == LK_NO_MEMORY) {
            return table;
        }
    }
    if (in.failed || in.at != in.end || table != LK_OK) {
        return lk_fail(
            context, LK_CORRUPT,
            "%s: the header's table of chunks is wrong; the file was not written by likely", path);
    }
    if (!here) {
        table = parse_end_table(context, found, found->header_size + found->after_header,
                                container->count);
        table = table == LK_CORRUPT ? parse_end_table(context, found, found->size, container->count)
                                    : table;
    }
    if (table == LK_CORRUPT) {
        found->table_bytes = 0;
        container->table_damaged = true;
        return LK_OK;
    }
    return table;
}

/* Does an undamaged chunk number `index` begin at `position`? `length`: what the table says, or 0.
 * On success fills the chunk. In any case *next becomes the end of the chunk as far as it can be
 * told, or -1. */
static bool chunk_at(const search *found, int64_t position, int64_t index, int64_t length,
                     lk_chunk *chunk, int64_t *next) {
    *next = -1;
    if (position < found->header_size || position > found->size - LK_FRAME_CHECKSUM_SIZE) {
        return false;
    }
    const uint8_t *begin = found->bytes + position;
    lk_cursor in = {.at = begin + LK_FRAME_CHECKSUM_SIZE, .end = found->bytes + found->size};
    int64_t size = lk_get_number(&in, 0, INT64_MAX);
    int64_t variant = lk_get_number(&in, 0, INT32_MAX);
    bool inside = !in.failed && size <= in.end - in.at;
    int64_t whole = inside ? in.at - begin + size : 0;
    *next = length > 0 ? position + length : inside ? position + whole : -1;
    if (!inside || (length > 0 && whole != length) ||
        lk_frame_hash(begin + LK_FRAME_CHECKSUM_SIZE, whole - LK_FRAME_CHECKSUM_SIZE, found->file,
                      (uint32_t)index) != lk_get_u32(begin)) {
        return false;
    }
    chunk->variant = (int32_t)variant;
    chunk->payload = in.at;
    chunk->size = size;
    return true;
}

static void find_chunks(const search *found, lk_container *container) {
    int64_t chained = found->header_size, from_begin = found->header_size;
    int64_t from_end = found->size - found->table_bytes - found->total;
    for (int64_t i = 0; i < container->count; i++) {
        lk_chunk *chunk = &container->chunks[i];
        int64_t length = found->length != NULL ? found->length[i] : 0;
        const int64_t places[3] = {chained, from_begin, from_end};
        int64_t after_chained = -1;
        chunk->index = i;
        chunk->first_example = i * container->header.chunk_examples;
        chunk->examples = lk_container_chunk_examples(&container->header, i);
        chunk->damaged = true;
        for (int k = 0; k < (length > 0 ? 3 : 1) && chunk->damaged; k++) {
            bool tried = (k > 0 && places[k] == places[0]) || (k > 1 && places[k] == places[1]);
            int64_t next = -1;
            chunk->damaged = tried || !chunk_at(found, places[k], i, length, chunk, &next);
            after_chained = k == 0 || !chunk->damaged ? next : after_chained;
        }
        chained = after_chained;
        container->damaged += chunk->damaged;
        from_begin += length;
        from_end += length;
    }
}

lk_status lk_container_parse(lk_context *context, const char *path, const lk_bytes *bytes,
                             lk_container *container) {
    memset(container, 0, sizeof *container);
    search found = {.bytes = bytes->data, .size = bytes->size};
    lk_status status = parse_header(context, path, container, &found);
    if (status == LK_OK) {
        container->chunks = lk_allocate(container->count, sizeof *container->chunks);
        if (container->chunks == NULL) {
            status = lk_fail_no_memory(context, "the list of chunks",
                                       container->count * (int64_t)sizeof *container->chunks);
        }
    }
    if (status == LK_OK) {
        find_chunks(&found, container);
        int64_t present = found.size - found.header_size;
        container->truncated = present < found.after_header;
        container->surplus = present > found.after_header ? present - found.after_header : 0;
    }
    lk_release(found.length);
    return status;
}

bool lk_container_intact(const lk_container *container) {
    return container->damaged == 0 && !container->truncated && !container->table_damaged &&
           container->surplus == 0;
}

void lk_container_deinit(lk_container *container) {
    lk_release(container->chunks);
    memset(container, 0, sizeof *container);
}
