/* What the tests of jobs and codecs on streams share: small models of texts, and texts in memory.
 * Included by stream_*_test.c only. */
#ifndef LK_MODELS_STREAM_TESTING_H
#define LK_MODELS_STREAM_TESTING_H

#include "models/testing.h"

#include "data/stream.h"

/* Seven characters of 1 to 4 bytes, the escape for all others. */
static const uint32_t testing_characters[] = {'\n', '<', 'a', 'b', 0xE9, 0x20AC, 0x1F600};
#define TESTING_CHARACTERS ((int32_t)(sizeof testing_characters / sizeof *testing_characters))
#define TESTING_BYTES (-1)

/* A model whose probabilities depend on the past. characters: how many of the above it knows, or
 * TESTING_BYTES. */
static inline lk_model *testing_stream_model(lk_context *context, const char *family,
                                             const char *const *set, int32_t sets,
                                             int32_t characters, float weight) {
    lk_symbols symbols = {0};
    if (characters != TESTING_BYTES) {
        testing_ok(context,
                   lk_symbols_list(context, "test", testing_characters, characters, &symbols));
    }
    lk_data_description data = {.shape = {1, {16}},
                                .variables = 16,
                                .alphabet = lk_symbols_alphabet(&symbols),
                                .stream = true,
                                .symbols = symbols};
    lk_model *model;
    testing_ok(context, lk_model_create(context, family, set, sets, data, "natural", 5, &model));
    lk_symbols_deinit(&symbols);
    testing_random_weights(model, weight);
    return model;
}

/* `count` random characters of the above as UTF-8; every 37th is the byte 0xFF, which is none. The
 * caller's: free(bytes.data). */
static inline lk_bytes testing_text(int64_t count) {
    lk_bytes text = {.data = malloc((size_t)(count * LK_UTF8_MOST + 1))};
    for (int64_t i = 0; i < count; i++) {
        uint64_t which =
            lk_random_below((lk_random){3, LK_FOR_CHECK}, (uint64_t)i, 0, TESTING_CHARACTERS);
        uint32_t character = i % 37 == 36 ? LK_UTF8_BYTE + 0xFF : testing_characters[which];
        text.size += lk_utf8_put(character, text.data + text.size);
    }
    return text;
}

#endif
