/* The container of a text, and the decoder of its chunks, on anything. The input's first byte,
 * modulo 3, picks what the rest is:
 *   0: a file;
 *   1: fields of a header, to which the right checksum and the model's fingerprint are added since
 *     a fuzzer cannot guess them, and a body;
 *   2: the number of symbols, of lanes, and a payload that is decoded as it is; then a text that is
 *     coded and decoded. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/stream_container.h"
#include "codec/stream_coder.h"

#define SYMBOLS_MOST 64

static void expect(bool condition) {
    if (!condition) {
        abort();
    }
}

typedef struct world {
    lk_context *context;
    lk_model *model;
} world;

/* A small LSTM that knows three characters; all else escapes. Made once. */
static const world *the_world(void) {
    static world w;
    static const char *const set[] = {"width=4", "layers=1", "embedding=2"};
    static const uint32_t characters[] = {'a', 'b', 0xE9};
    if (w.model == NULL) {
        lk_symbols symbols;
        expect(lk_context_create(1, &w.context) == LK_OK);
        expect(lk_symbols_list(w.context, "fuzz", characters, 3, &symbols) == LK_OK);
        lk_data_description data = {
            .shape = {1, {8}}, .variables = 8, .alphabet = 4, .stream = true, .symbols = symbols};
        expect(lk_model_create(w.context, "charrnn", set, 3, data, "natural", 1, &w.model) ==
               LK_OK);
        lk_symbols_deinit(&symbols);
    }
    return &w;
}

/* Opens an exact copy; every chunk found must lie inside it. */
static void open_file(const uint8_t *data, int64_t size) {
    lk_bytes bytes = {.data = malloc(size > 0 ? (size_t)size : 1), .size = size};
    lk_source source;
    lk_stream_container container;
    expect(bytes.data != NULL);
    memcpy(bytes.data, data, (size_t)size);
    expect(lk_source_of_bytes(the_world()->context, "fuzz", &bytes, &source) == LK_OK);
    if (lk_stream_container_open_take(&source, &container) == LK_OK) {
        int64_t damaged = 0;
        for (int64_t i = 0; i < container.count; i++) {
            const lk_stream_chunk *chunk = &container.chunks[i];
            const uint8_t *payload;
            damaged += chunk->damaged;
            expect(chunk->damaged || (chunk->offset >= 0 && chunk->size <= size - chunk->offset));
            if (!chunk->damaged) {
                expect(lk_stream_container_payload(&container, i, &payload) == LK_OK);
                expect(memcmp(payload, data + chunk->offset, (size_t)chunk->size) == 0);
            }
        }
        expect(damaged == container.damaged);
    }
    lk_stream_container_close(&container);
    free(bytes.data);
}

static void open_with_header(const uint8_t *data, int64_t size) {
    int64_t fields = size > 0 ? data[0] % 90 : 0;
    if (size < 1 + fields) {
        return;
    }
    uint8_t *file = malloc((size_t)size + LK_FRAME_HEADER_MOST);
    lk_fingerprint model = lk_model_fingerprint(the_world()->model);
    uint32_t seed;
    expect(file != NULL);
    uint8_t *at = lk_header_begin(file, LK_FRAME_VERSION_TEXT, &model);
    memcpy(at, data + 1, (size_t)fields);
    at = lk_header_end(file, at + fields, &seed);
    memcpy(at, data + 1 + fields, (size_t)(size - 1 - fields));
    open_file(file, at - file + size - 1 - fields);
    free(file);
}

/* Whatever is decoded can be written as text; what is coded is decoded. */
static void code(const uint8_t *data, int64_t size) {
    if (size < 2) {
        return;
    }
    const world *w = the_world();
    uint32_t characters[SYMBOLS_MOST] = {0}, decoded[SYMBOLS_MOST];
    int64_t count = 1 + data[0] % SYMBOLS_MOST, bytes, coded_size = 0;
    bool right;
    lk_stream_coder coder;
    expect(lk_stream_coder_init(&coder, w->model, &w->model->data.symbols, 1 + data[1] % 8,
                                data[1] < 128 ? 0.0f : 0.01f) == LK_OK);
    expect(lk_stream_decode(&coder, data + 2, size - 2, count, characters, &right) == LK_OK);
    if (right) {
        lk_stream_pour(characters, count, 1, 2, NULL, &bytes);
        expect(bytes >= count);
    }
    int64_t number = 0;
    for (int64_t at = 2; at < size && number < count; number++) {
        at += lk_utf8_get(data + at, size - at, &characters[number]);
    }
    if (number > 0) {
        uint8_t *coded;
        double nll_nats;
        expect(lk_stream_encode(&coder, characters, number, data[0] >= 128, &coded, &coded_size,
                                &nll_nats) == LK_OK);
        expect(lk_stream_decode(&coder, coded, coded_size, number, decoded, &right) == LK_OK &&
               right);
        expect(memcmp(characters, decoded, (size_t)number * sizeof *decoded) == 0);
        lk_release(coded);
    }
    lk_stream_coder_deinit(&coder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0 && data[0] % 3 == 0) {
        open_file(data + 1, (int64_t)size - 1);
    } else if (size > 0 && data[0] % 3 == 1) {
        open_with_header(data + 1, (int64_t)size - 1);
    } else if (size > 0) {
        code(data + 1, (int64_t)size - 1);
    }
    return 0;
}
