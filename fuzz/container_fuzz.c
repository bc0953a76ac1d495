/* The container on anything. The input's first byte, modulo 3, picks what the rest is:
 *   0: a file;
 *   1: fields of a header, to which the right checksum is added since a fuzzer cannot guess one,
 *     and a body;
 *   2: payloads to be packed, parsed, damaged and parsed again. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "codec/container.h"

static void expect(bool condition) {
    if (!condition) {
        abort();
    }
}

/* Parses an exact copy; every chunk found must lie inside it. Returns the number found. */
static int64_t parse(const uint8_t *data, int64_t size, lk_status *status) {
    lk_bytes bytes = {.data = malloc(size > 0 ? (size_t)size : 1), .size = size};
    expect(bytes.data != NULL);
    memcpy(bytes.data, data, (size_t)size);
    lk_container container;
    *status = lk_container_parse(NULL, "fuzz", &bytes, &container);
    int64_t found = 0;
    uint64_t sum = 0;
    for (int64_t i = 0; *status == LK_OK && i < container.count; i++) {
        const lk_chunk *chunk = &container.chunks[i];
        expect(chunk->examples >= 1 &&
               chunk->first_example + chunk->examples <= container.header.examples);
        found += !chunk->damaged;
        for (int64_t k = 0; !chunk->damaged && k < chunk->size; k++) {
            sum += chunk->payload[k];
        }
    }
    expect(sum < UINT64_MAX);
    expect(*status != LK_OK || found + container.damaged == container.count);
    lk_container_deinit(&container);
    free(bytes.data);
    return found;
}

/* The first bytes of the input become a header's fields; they are hashed, as a writer would. */
static void parse_with_header(const uint8_t *data, int64_t size) {
    int64_t fields = size > 0 ? data[0] % 100 : 0;
    if (size < 1 + fields) {
        return;
    }
    uint8_t *file = malloc((size_t)size + 64);
    expect(file != NULL);
    static const uint8_t begin[8] = {0x89, 'l', 'k', 'z', 0x0D, 0x0A, 0x1A, 0x0A};
    memcpy(file, begin, sizeof begin);
    int64_t header = 10 + fields + 4;
    file[8] = (uint8_t)header;
    file[9] = 1;
    memcpy(file + 10, data + 1, (size_t)fields);
    uint32_t checksum = (uint32_t)XXH3_64bits(file, (size_t)header - 4);
    for (int i = 0; i < 4; i++) {
        file[header - 4 + i] = (uint8_t)(checksum >> (8 * i));
    }
    memcpy(file + header, data + 1 + fields, (size_t)(size - 1 - fields));
    lk_status status = LK_OK;
    parse(file, header + size - 1 - fields, &status);
    free(file);
}

/* Cuts the input into payloads, packs them, parses: all must be found; then one byte is changed: it
 * must be seen. */
static void round_trip(const uint8_t *data, int64_t size) {
    if (size < 4) {
        return;
    }
    int64_t count = 1 + data[0] % 64, piece = (size - 4) / count;
    lk_payload payloads[64];
    for (int64_t i = 0; i < count; i++) {
        payloads[i] = (lk_payload){.variant = data[1] * 3,
                                   .bytes = (uint8_t *)(uintptr_t)(data + 4 + i * piece),
                                   .size = piece};
    }
    lk_container_header header = {
        .shape = {.axes = 1, .size = {1 + data[2]}},
        .alphabet = 2,
        .examples = count * 5,
        .chunk_examples = 5,
        .lanes = 1,
    };
    lk_bytes bytes;
    int64_t header_bytes = 0;
    lk_status status = LK_OK;
    expect(lk_container_pack(NULL, &header, payloads, &bytes, &header_bytes) == LK_OK);
    expect(parse(bytes.data, bytes.size, &status) == count && status == LK_OK);
    bytes.data[(data[2] * 256 + data[3]) % bytes.size] ^= (uint8_t)(1 + data[3] % 255);
    lk_container container;
    status = lk_container_parse(NULL, "fuzz", &bytes, &container);
    expect(status != LK_OK || !lk_container_intact(&container));
    lk_container_deinit(&container);
    lk_bytes_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lk_status status = LK_OK;
    if (size > 0 && data[0] % 3 == 0) {
        parse(data + 1, (int64_t)size - 1, &status);
    } else if (size > 0 && data[0] % 3 == 1) {
        parse_with_header(data + 1, (int64_t)size - 1);
    } else if (size > 0) {
        round_trip(data + 1, (int64_t)size - 1);
    }
    return 0;
}
