/* Writing and reading the container of a text. Time of opening is linear in the file's size, memory
 * in that of a chunk, whatever the bytes say. */
#include "codec/stream_container.h"

#include <string.h>

#include "base/arena.h"
#include "train/learner.h"

#define SYMBOL_BYTES_MOST 6 /* 24 bits of a symbol and 21 of an escaped character */
#define PAYLOAD_MORE 16     /* the coder's state */
#define CONTENT_SIZE 4
#define FRAME_MOST (LK_FRAME_CHECKSUM_SIZE + LK_FRAME_VARINT_MOST + CONTENT_SIZE)
#define CHUNK_LEAST (LK_FRAME_CHECKSUM_SIZE + 1 + CONTENT_SIZE)

/* ---- geometry -------------------------------------------------------------------------------- */

int64_t lk_stream_chunks(const lk_stream_header *header) {
    return header->symbols / header->chunk_symbols + (header->symbols % header->chunk_symbols != 0);
}

int64_t lk_stream_chunk_symbols(const lk_stream_header *header, int64_t index) {
    int64_t left = header->symbols - index * header->chunk_symbols;
    return left < header->chunk_symbols ? left : header->chunk_symbols;
}

/* A symbol stands for 1 to LK_UTF8_MOST bytes. */
static bool header_valid(const lk_stream_header *header) {
    return header->symbols >= 0 && header->bytes >= header->symbols &&
           header->bytes / LK_UTF8_MOST <= header->symbols && header->chunk_symbols >= 1 &&
           header->chunk_symbols <= LK_STREAM_CHUNK_MOST &&
           header->chunk_symbols <= (header->symbols > 0 ? header->symbols : 1) &&
           header->lanes >= 1 && header->lanes <= LK_STREAM_LANES_MOST &&
           header->lanes <= header->chunk_symbols &&
           lk_stream_chunks(header) <= LK_FRAME_CHUNKS_MOST &&
           (header->learning_rate == 0.0f || lk_learner_takes(header->learning_rate));
}

/* A float as the number that its bits are. */
static int64_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(int64_t number) {
    uint32_t bits = (uint32_t)number;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put(lk_stream_writer *writer, const uint8_t *bytes, int64_t size) {
    lk_writer_put(writer->file, bytes, size);
    writer->bytes += size;
}

lk_status lk_stream_writer_begin(lk_context *context, lk_writer *file,
                                 const lk_stream_header *header, lk_stream_writer *writer) {
    LK_REQUIRE(header_valid(header));
    uint8_t bytes[LK_FRAME_HEADER_MOST];
    *writer = (lk_stream_writer){.file = file, .chunks = lk_stream_chunks(header)};
    writer->table = lk_allocate(writer->chunks * LK_FRAME_VARINT_MOST + LK_FRAME_TABLE_TAIL, 1);
    if (writer->table == NULL) {
        return lk_fail_no_memory(context, "a table of chunks",
                                 writer->chunks * LK_FRAME_VARINT_MOST);
    }
    bool learns = header->learning_rate > 0.0f;
    uint8_t *at = lk_header_begin(bytes, learns ? LK_FRAME_VERSION_LEARNED : LK_FRAME_VERSION_TEXT,
                                  &header->model);
    at = lk_put_varint(at, header->bytes);
    at = lk_put_varint(at, header->symbols);
    at = lk_put_varint(at, header->chunk_symbols);
    at = lk_put_varint(at, header->lanes);
    at = learns ? lk_put_varint(at, bits_of(header->learning_rate)) : at;
    at = lk_header_end(bytes, at, &writer->seed);
    put(writer, bytes, at - bytes);
    writer->header_bytes = writer->bytes;
    return LK_OK;
}

/* The hash covers all that follows it, which does not lie in one piece: it is taken of the frame,
 * then of the payload. */
static uint32_t chunk_hash(const uint8_t *frame, int64_t frame_size, const uint8_t *payload,
                           int64_t size, uint32_t seed, int64_t index) {
    return lk_frame_hash(payload, size, lk_frame_hash(frame, frame_size, seed, (uint32_t)index),
                         (uint32_t)index);
}

void lk_stream_writer_put(lk_stream_writer *writer, const uint8_t *payload, int64_t size,
                          uint32_t content) {
    LK_REQUIRE(writer->next < writer->chunks);
    uint8_t frame[FRAME_MOST], *lengths = frame + LK_FRAME_CHECKSUM_SIZE;
    uint8_t *end = lk_put_u32(lk_put_varint(lengths, size), content);
    lk_put_u32(frame,
               chunk_hash(lengths, end - lengths, payload, size, writer->seed, writer->next));
    put(writer, frame, end - frame);
    put(writer, payload, size);
    writer->table_size =
        lk_put_varint(writer->table + writer->table_size, end - frame + size) - writer->table;
    writer->next++;
}

void lk_stream_writer_end(lk_stream_writer *writer) {
    LK_REQUIRE(writer->next == writer->chunks);
    if (writer->chunks > 1) {
        uint8_t *end = lk_put_u32(writer->table + writer->table_size, (uint32_t)writer->table_size);
        end = lk_put_u32(end, lk_frame_hash(writer->table, end - writer->table, writer->seed,
                                            LK_FRAME_TABLE_NUMBER));
        put(writer, writer->table, end - writer->table);
    }
}

void lk_stream_writer_deinit(lk_stream_writer *writer) {
    lk_release(writer->table);
    *writer = (lk_stream_writer){0};
}

/* ---- reading: pieces ------------------------------------------------------------------------- */

/* Bytes [offset, offset + count), all inside the file. */
static lk_status copy(lk_source *source, int64_t offset, int64_t count, uint8_t *to) {
    while (count > 0) {
        const uint8_t *bytes;
        int64_t held;
        LK_TRY(lk_source_see(source, offset, &bytes, &held));
        held = held < count ? held : count;
        memcpy(to, bytes, (size_t)held);
        to += held;
        offset += held;
        count -= held;
    }
    return LK_OK;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static lk_status read_header(lk_stream_container *container, int64_t *size) {
    lk_source *source = &container->source;
    lk_stream_header *fields = &container->header;
    uint8_t bytes[LK_FRAME_HEADER_MOST];
    lk_header header;
    int64_t there = smaller(source->size, (int64_t)sizeof bytes);
    LK_TRY(copy(source, 0, there, bytes));
    LK_TRY(lk_header_read(source->context, source->path, bytes, there, &header));
    if (header.version == LK_FRAME_VERSION_EXAMPLES) {
        return lk_fail(source->context, LK_FORMAT,
                       "%s: holds compressed examples, not a text; restore it as a data set",
                       source->path);
    }
    if (!lk_frame_is_text(header.version)) {
        return lk_fail(source->context, LK_UNSUPPORTED,
                       "%s: container version %d; this build of likely reads versions %d to %d",
                       source->path, header.version, LK_FRAME_VERSION_EXAMPLES,
                       LK_FRAME_VERSION_LEARNED);
    }
    lk_cursor *in = &header.fields;
    fields->model = header.model;
    fields->bytes = lk_get_number(in, 0, INT64_MAX);
    fields->symbols = lk_get_number(in, 0, INT64_MAX);
    fields->chunk_symbols = lk_get_number(in, 1, LK_STREAM_CHUNK_MOST);
    fields->lanes = (int32_t)lk_get_number(in, 1, LK_STREAM_LANES_MOST);
    if (header.version == LK_FRAME_VERSION_LEARNED) {
        fields->learning_rate = float_of(lk_get_number(in, 1, UINT32_MAX));
        in->failed = in->failed || !(fields->learning_rate > 0.0f);
    }
    if (in->failed || in->at != in->end || !header_valid(fields)) {
        return lk_fail(
            source->context, LK_CORRUPT,
            "%s: the header describes no possible content; the file was not written by likely",
            source->path);
    }
    container->seed = header.file;
    container->count = lk_stream_chunks(fields);
    *size = header.size;
    return LK_OK;
}

/* ---- reading: the table and the chunks ------------------------------------------------------- */

/* What is known while chunks are looked for. */
typedef struct search {
    int64_t header_size;
    int64_t *length; /* owned, of each chunk with its frame, as the table has it; NULL when there is
                        no good table */
    int64_t total;   /* of those */
    int64_t table_bytes; /* at the end of the file */
} search;

/* Leaves no table when it is not there as it was written. */
static lk_status read_table(lk_stream_container *container, search *found) {
    lk_source *source = &container->source;
    uint8_t tail[LK_FRAME_TABLE_TAIL];
    int64_t room = source->size - found->header_size - LK_FRAME_TABLE_TAIL;
    if (room < 0) {
        return LK_OK;
    }
    LK_TRY(copy(source, source->size - LK_FRAME_TABLE_TAIL, LK_FRAME_TABLE_TAIL, tail));
    int64_t size = lk_get_u32(tail);
    if (size > room || size > container->count * LK_FRAME_VARINT_MOST) {
        return LK_OK;
    }
    uint8_t *table = lk_allocate(size + 4, 1);
    if (table == NULL) {
        return lk_fail_no_memory(source->context, "a table of chunks", size);
    }
    lk_status status = copy(source, source->size - LK_FRAME_TABLE_TAIL - size, size + 4, table);
    lk_cursor in = {.at = table, .end = table + size};
    if (status == LK_OK && lk_frame_hash(table, size + 4, container->seed, LK_FRAME_TABLE_NUMBER) ==
                               lk_get_u32(tail + 4)) {
        status = lk_table_read(source->context, &in, container->count, CHUNK_LEAST, &found->length,
                               &found->total);
        found->table_bytes = status == LK_OK ? size + LK_FRAME_TABLE_TAIL : 0;
        status = status == LK_CORRUPT ? LK_OK : status;
    }
    lk_release(table);
    return status;
}

static lk_status make_scratch(lk_stream_container *container, int64_t size) {
    if (size <= container->scratch_size) {
        return LK_OK;
    }
    lk_release(container->scratch);
    container->scratch_size = 0;
    container->scratch = lk_allocate(size, 1);
    if (container->scratch == NULL) {
        return lk_fail_no_memory(container->source.context, "a coded chunk", size);
    }
    container->scratch_size = size;
    return LK_OK;
}

/* Looks for chunk `index` at `position`; `length`: what the table says, or 0. Found or not, *next
 * is where the chunk ends as far as can be told, or -1. */
static lk_status look(lk_stream_container *container, const search *found, int64_t position,
                      int64_t index, int64_t length, int64_t *next) {
    lk_source *source = &container->source;
    lk_stream_chunk *chunk = &container->chunks[index];
    uint8_t frame[FRAME_MOST];
    *next = -1;
    if (position < found->header_size || position > source->size - CHUNK_LEAST) {
        return LK_OK;
    }
    int64_t there = smaller(source->size - position, FRAME_MOST);
    LK_TRY(copy(source, position, there, frame));
    lk_cursor in = {.at = frame + LK_FRAME_CHECKSUM_SIZE, .end = frame + there};
    int64_t size = lk_get_number(&in, 0, LK_STREAM_CHUNK_MOST * SYMBOL_BYTES_MOST + PAYLOAD_MORE);
    int64_t before = in.at - frame + CONTENT_SIZE;
    bool inside = !in.failed && size <= source->size - position - before;
    *next = length > 0 ? position + length : inside ? position + before + size : -1;
    if (!inside || (length > 0 && before + size != length) ||
        size >
            lk_stream_chunk_symbols(&container->header, index) * SYMBOL_BYTES_MOST + PAYLOAD_MORE) {
        return LK_OK;
    }
    LK_TRY(make_scratch(container, size));
    LK_TRY(copy(source, position + before, size, container->scratch));
    const uint8_t *lengths = frame + LK_FRAME_CHECKSUM_SIZE;
    chunk->damaged = chunk_hash(lengths, before - LK_FRAME_CHECKSUM_SIZE, container->scratch, size,
                                container->seed, index) != lk_get_u32(frame);
    chunk->offset = position + before;
    chunk->size = size;
    chunk->content = lk_get_u32(in.at);
    return LK_OK;
}

static lk_status find_chunks(lk_stream_container *container, const search *found) {
    int64_t stored = 0, chained = found->header_size, from_begin = found->header_size;
    int64_t from_end = container->source.size - found->table_bytes - found->total;
    for (int64_t i = 0; i < container->count; i++) {
        int64_t length = found->length != NULL ? found->length[i] : 0, after = -1;
        const int64_t places[3] = {chained, from_begin, from_end};
        lk_stream_chunk *chunk = &container->chunks[i];
        chunk->damaged = true;
        for (int k = 0; k < (length > 0 ? 3 : 1) && chunk->damaged; k++) {
            bool tried = (k > 0 && places[k] == places[0]) || (k > 1 && places[k] == places[1]);
            int64_t next = -1;
            if (!tried) {
                LK_TRY(look(container, found, places[k], i, length, &next));
            }
            after = k == 0 || !chunk->damaged ? next : after;
            stored += chunk->damaged ? 0 : next - places[k];
        }
        chained = after;
        container->damaged += chunk->damaged;
        from_begin += length;
        from_end += length;
    }
    container->stray = stored != container->source.size - found->header_size - found->table_bytes;
    return LK_OK;
}

static lk_status find(lk_stream_container *container) {
    search found = {0};
    LK_TRY(read_header(container, &found.header_size));
    container->chunks = lk_allocate(container->count + 1, sizeof *container->chunks);
    if (container->chunks == NULL) {
        return lk_fail_no_memory(container->source.context, "the list of chunks",
                                 container->count * (int64_t)sizeof *container->chunks);
    }
    lk_status status = container->count > 1 ? read_table(container, &found) : LK_OK;
    container->table_damaged = container->count > 1 && found.length == NULL;
    status = status == LK_OK ? find_chunks(container, &found) : status;
    lk_release(found.length);
    return status;
}

/* ---- reading: the whole ---------------------------------------------------------------------- */

lk_status lk_stream_container_open_take(lk_source *source, lk_stream_container *container) {
    *container = (lk_stream_container){.source = *source};
    lk_status status = find(container);
    if (status != LK_OK) {
        lk_stream_container_close(container);
    }
    return status;
}

bool lk_stream_container_intact(const lk_stream_container *container) {
    return container->damaged == 0 && !container->table_damaged && !container->stray;
}

lk_status lk_stream_container_payload(lk_stream_container *container, int64_t index,
                                      const uint8_t **payload) {
    const lk_stream_chunk *chunk = &container->chunks[index];
    LK_REQUIRE(!chunk->damaged);
    LK_TRY(make_scratch(container, chunk->size));
    *payload = container->scratch;
    return copy(&container->source, chunk->offset, chunk->size, container->scratch);
}

void lk_stream_container_close(lk_stream_container *container) {
    lk_source_close(&container->source);
    lk_release(container->chunks);
    lk_release(container->scratch);
    container->chunks = NULL;
    container->scratch = NULL;
}

bool lk_stream_container_is(lk_context *context, const char *path) {
    lk_source source;
    lk_header header;
    const uint8_t *bytes;
    int64_t count;
    if (lk_source_open(context, path, &source) != LK_OK) {
        return false;
    }
    bool is = source.size > 0 && lk_source_see(&source, 0, &bytes, &count) == LK_OK &&
              lk_header_read(context, path, bytes, count, &header) == LK_OK &&
              lk_frame_is_text(header.version);
    lk_source_close(&source);
    return is;
}
