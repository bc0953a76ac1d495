/* The container on anything. The input's first byte, modulo 3, picks what the rest is:
 *   0: a file;
 *   1: a version, the number of fields' bytes and the fields of a header, to which the right
 *     checksum is added since a fuzzer cannot guess one, and a body;
 *   2: chunks to be put, found, damaged and looked for again. */
#include <stdlib.h>
#include <string.h>

#include "codec/container.h"

#define CHUNKS_MOST 16

static void expect(bool condition) {
    if (!condition) {
        abort();
    }
}

static lk_context *the_context(void) {
    static lk_context *context;
    if (context == NULL) {
        expect(lk_context_create(1, &context) == LK_OK);
    }
    return context;
}

/* Reads an exact copy, twice; every chunk must lie inside it. Bit i, below 16: chunk i is there.
 * -1: it was refused. */
static int64_t found(const uint8_t *data, int64_t size, bool *intact) {
    lk_bytes bytes = {.data = malloc(size > 0 ? (size_t)size : 1), .size = size};
    lk_source source;
    lk_container c;
    int64_t which = -1;
    memcpy(bytes.data, data, (size_t)size);
    expect(lk_source_of_bytes(the_context(), "fuzz", &bytes, &source) == LK_OK);
    bool open = lk_container_open(&source, &c) == LK_OK;
    for (int pass = 0; pass < 2 && open; pass++) {
        lk_chunk chunk = {.number = -1};
        bool there = true;
        int64_t seen = 0;
        lk_container_rewind(&c);
        for (int64_t last = -1; there; last = chunk.number) {
            expect(lk_container_next(&c, &chunk, &there) == LK_OK);
            expect(!there || (chunk.number > last && chunk.items >= 1 && chunk.symbols >= 0));
            for (int64_t i = 0; i < chunk.size && there; i++) {
                seen ^= chunk.payload[i] & 0; /* a sanitizer sees each */
            }
            seen |= there && chunk.number < CHUNKS_MOST ? INT64_C(1) << chunk.number : 0;
        }
        expect(pass == 0 || seen == which);
        which = seen;
    }
    *intact = open && !c.stray && c.next == c.chunks;
    lk_container_close(&c);
    lk_source_close(&source);
    free(bytes.data);
    return which;
}

static void read_with_header(const uint8_t *data, int64_t size) {
    int64_t fields = size > 1 ? data[1] % 98 : 0;
    bool intact = false;
    if (size < 2 + fields) {
        return;
    }
    static uint8_t begin[10] = {0x89, 'l', 'k', 'z', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0};
    lk_buffer file = {0};
    lk_layout f = {.to = &file};
    lk_buffer_put(&file, begin, sizeof begin);
    file.data[8] = (uint8_t)(sizeof begin + (size_t)fields + 4);
    file.data[9] = data[0] % 5;
    lk_buffer_put(&file, data + 2, fields);
    uint32_t checksum = lk_hash(file.data, file.size, 0, 0);
    lk_layout_u32(&f, &checksum);
    lk_buffer_put(&file, data + 2 + fields, size - 2 - fields);
    found(file.data, file.size, &intact);
    lk_buffer_release(&file);
}

/* Cuts the input into payloads, puts them: all must be found; then bytes are changed, taken out or
 * put in at one place: it must be seen, and the chunks that it does not touch be there. */
static void round_trip(const uint8_t *data, int64_t size) {
    if (size < 6) {
        return;
    }
    int64_t count = 1 + data[0] % CHUNKS_MOST, piece = (size - 6) / count, begin[CHUNKS_MOST + 1];
    lk_container c = {.lanes = 1 + data[1], .alphabet = 2, .shape = {1, {1 + data[2]}}};
    lk_buffer file = {0}, other = {0};
    bool intact = false;
    c.texts = data[1] % 2 == 1;
    c.cuts = data[1] % 4 == 3;
    c.longest = 1;
    lk_container_put_header(&c, &file);
    for (int64_t i = 0; i < count; i++) {
        lk_chunk chunk = {.item = 5 * i, .items = 5, .symbols = 5 * (1 + data[2])};
        chunk.payload = data + 6 + i * piece;
        chunk.size = piece < 30 * chunk.symbols ? piece : 30;
        begin[i] = file.size;
        lk_container_put_chunk(&c, &chunk, data[1], &file);
    }
    begin[count] = file.size;
    lk_container_put_index(&c, &file);
    expect(!file.failed && found(file.data, file.size, &intact) == (INT64_C(1) << count) - 1);
    expect(intact);
    int64_t at = (data[3] * 256 + data[4]) % file.size, out = data[5] % 4, in = data[5] / 4 % 4;
    out = out < file.size - at ? out : file.size - at;
    in = in + out == 0 ? 1 : in;
    lk_buffer_put(&other, file.data, at);
    lk_buffer_put(&other, data, in);
    lk_buffer_put(&other, file.data + at + out, file.size - at - out);
    int64_t ahead = 0, behind = 0, least = file.size < other.size ? file.size : other.size;
    while (ahead < least && file.data[ahead] == other.data[ahead]) {
        ahead++;
    }
    while (behind < least &&
           file.data[file.size - 1 - behind] == other.data[other.size - 1 - behind]) {
        behind++;
    }
    int64_t there = found(other.data, other.size, &intact), rest = file.size - behind;
    expect(intact == (ahead == file.size && file.size == other.size));
    for (int64_t i = 0; i < count && ahead >= begin[0]; i++) {
        bool before = begin[i + 1] <= (ahead < rest ? ahead : rest);
        bool after = begin[i] > (ahead > rest ? ahead : rest);
        expect((there >> i & 1) != 0 || !(before || after));
    }
    lk_buffer_release(&file);
    lk_buffer_release(&other);
    lk_container_close(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bool intact = false;
    if (size > 0 && data[0] % 3 == 0) {
        found(data + 1, (int64_t)size - 1, &intact);
    } else if (size > 0 && data[0] % 3 == 1) {
        read_with_header(data + 1, (int64_t)size - 1);
    } else if (size > 0) {
        round_trip(data + 1, (int64_t)size - 1);
    }
    return 0;
}
