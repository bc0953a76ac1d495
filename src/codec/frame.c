#include "codec/frame.h"

#include <string.h>
#include <xxhash.h>

#include "base/arena.h"

#define MAGIC_SIZE 8

/* The idea of PNG's signature: a high bit, line ends and an end-of-file character show transfers
 * that alter bytes. */
static const uint8_t magic[MAGIC_SIZE] = {0x89, 'l', 'k', 'z', 0x0D, 0x0A, 0x1A, 0x0A};

/* ---- numbers --------------------------------------------------------------------------------- */

int64_t lk_varint_size(int64_t value) {
    int64_t size = 1;
    for (uint64_t rest = (uint64_t)value >> 7; rest > 0; rest >>= 7) {
        size++;
    }
    return size;
}

uint8_t *lk_put_varint(uint8_t *at, int64_t value) {
    uint64_t rest = (uint64_t)value;
    for (; rest >= 0x80; rest >>= 7) {
        *at++ = (uint8_t)(rest | 0x80);
    }
    *at++ = (uint8_t)rest;
    return at;
}

uint8_t *lk_put_u32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
    return at + 4;
}

uint32_t lk_get_u32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static int64_t get_varint(lk_cursor *in) {
    uint64_t value = 0;
    for (int64_t i = 0; i < LK_FRAME_VARINT_MOST && in->at < in->end && !in->failed; i++) {
        uint8_t byte = *in->at++;
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            return (int64_t)value;
        }
    }
    in->failed = true;
    return 0;
}

int64_t lk_get_number(lk_cursor *in, int64_t least, int64_t most) {
    int64_t value = get_varint(in);
    if (value < least || value > most) {
        in->failed = true;
    }
    return in->failed ? least : value;
}

uint32_t lk_frame_hash(const uint8_t *bytes, int64_t size, uint32_t file, uint32_t number) {
    return (uint32_t)XXH3_64bits_withSeed(bytes, (size_t)size, (uint64_t)file << 32 | number);
}

/* ---- headers --------------------------------------------------------------------------------- */

uint8_t *lk_header_begin(uint8_t *begin, uint8_t version, const lk_fingerprint *model) {
    memcpy(begin, magic, MAGIC_SIZE);
    begin[MAGIC_SIZE + 1] = version; /* the header's size, before it, comes last */
    memcpy(begin + MAGIC_SIZE + 2, model->byte, sizeof model->byte);
    return begin + MAGIC_SIZE + 2 + sizeof model->byte;
}

uint8_t *lk_header_end(uint8_t *begin, uint8_t *fields_end, uint32_t *file) {
    LK_REQUIRE(fields_end - begin + LK_FRAME_CHECKSUM_SIZE <= LK_FRAME_HEADER_MOST);
    begin[MAGIC_SIZE] = (uint8_t)(fields_end - begin + LK_FRAME_CHECKSUM_SIZE);
    *file = lk_frame_hash(begin, fields_end - begin, 0, 0);
    return lk_put_u32(fields_end, *file);
}

lk_status lk_header_read(lk_context *context, const char *path, const uint8_t *bytes, int64_t size,
                         lk_header *header) {
    const int64_t before = MAGIC_SIZE + 2 + (int64_t)sizeof(lk_fingerprint);
    if (size < MAGIC_SIZE || memcmp(bytes, magic, MAGIC_SIZE) != 0) {
        return lk_fail(context, LK_FORMAT,
                       "%s: not a compressed file of likely (its first bytes are others)", path);
    }
    header->size = size > MAGIC_SIZE ? bytes[MAGIC_SIZE] : 0;
    int64_t fields = header->size - before - LK_FRAME_CHECKSUM_SIZE;
    if (fields < 0 || header->size > LK_FRAME_HEADER_MOST || header->size > size) {
        return lk_fail(
            context, LK_CORRUPT,
            "%s: the header is damaged or cut off, nothing can be recovered; use another copy",
            path);
    }
    header->file = lk_frame_hash(bytes, before + fields, 0, 0);
    if (header->file != lk_get_u32(bytes + before + fields)) {
        return lk_fail(context, LK_CORRUPT,
                       "%s: the header is damaged, nothing can be recovered; use another copy",
                       path);
    }
    header->version = bytes[MAGIC_SIZE + 1];
    memcpy(header->model.byte, bytes + MAGIC_SIZE + 2, sizeof header->model.byte);
    header->fields = (lk_cursor){.at = bytes + before, .end = bytes + before + fields};
    return LK_OK;
}

/* ---- tables ---------------------------------------------------------------------------------- */

lk_status lk_table_read(lk_context *context, lk_cursor *in, int64_t count, int64_t least,
                        int64_t **length, int64_t *total) {
    int64_t *sizes = lk_allocate(count, sizeof *sizes), sum = 0;
    if (sizes == NULL) {
        return lk_fail_no_memory(context, "a table of chunks", count * (int64_t)sizeof *sizes);
    }
    for (int64_t i = 0; i < count; i++) {
        sizes[i] = lk_get_number(in, least, INT64_MAX / (2 * LK_FRAME_CHUNKS_MOST));
        sum += sizes[i];
    }
    if (in->failed || in->at != in->end) {
        lk_release(sizes);
        return LK_CORRUPT;
    }
    *length = sizes;
    *total = sum;
    return LK_OK;
}
