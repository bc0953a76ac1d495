/* What the tests of the codec share: models with weights, containers in memory, damage. Included
 * by *_test.c only. */
#ifndef LK_CODEC_TESTING_H
#define LK_CODEC_TESTING_H

#include "base/slow.h"
#include "models/testing.h"

#include "codec/codec.h"
#include "kernels/kernels.h"

/* Of ways by one and by several threads with each table of kernels; where that is slow, the first
 * and the last. */
#define TESTING_WAYS_APART(tables) (LK_SLOW ? 2 * (tables)-1 : 1)

/* Weights of which none is zero; log probabilities of a table need not be normalised. */
static inline void testing_shake(lk_model *model, float size) {
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t i = 0; i < parameter->rows * parameter->columns; i++) {
            parameter->value[i] = size * (2.0f * lk_random_unit((lk_random){17, LK_FOR_CHECK},
                                                                (uint64_t)p, (uint64_t)i) -
                                          1.0f);
        }
    }
}

static inline int64_t testing_below(uint64_t seed, int64_t index, int64_t limit) {
    return (int64_t)lk_random_below((lk_random){seed, LK_FOR_CHECK}, (uint64_t)index, 0,
                                    (uint64_t)limit);
}

/* ---- containers in memory -------------------------------------------------------------------- */

static inline lk_status testing_write(void *user, const void *bytes, int64_t size) {
    lk_buffer_put(user, bytes, size);
    return LK_OK;
}

static inline lk_status testing_begin(void *user, const char *name) {
    lk_buffer_put(user, "[", 1);
    lk_buffer_put(user, name, (int64_t)strlen(name));
    lk_buffer_put(user, "]", 1);
    return LK_OK;
}

static inline lk_status testing_compress(const lk_model *model, lk_items *items,
                                         const lk_codec_options *options, lk_buffer *coded,
                                         lk_codec_report *report) {
    lk_byte_sink output = {.write = testing_write, .user = coded};
    coded->size = 0;
    return lk_compress(model, items, &output, options, report);
}

/* Texts: each is put behind its name in brackets. */
static inline lk_status testing_decompress(const lk_model *model, const uint8_t *bytes,
                                           int64_t size, bool salvage, lk_buffer *texts,
                                           lk_restored *restored) {
    lk_bytes all = {.data = (uint8_t *)(uintptr_t)bytes, .size = size};
    lk_codec_options options = {.salvage = salvage};
    lk_byte_sink output = {.begin = testing_begin, .write = testing_write, .user = texts};
    lk_source source;
    testing_ok(model->context, lk_source_of_bytes(model->context, "test", &all, &source));
    texts->size = 0;
    lk_status status = lk_decompress(model, &source, &output, &options, restored);
    lk_source_close(&source);
    return status;
}

static inline void testing_same_bytes(const lk_buffer *a, const lk_buffer *b, const char *what) {
    if (a->size != b->size || memcmp(a->data, b->data, (size_t)a->size) != 0) {
        fail_msg("%s: %lld bytes and %lld differ", what, (long long)a->size, (long long)b->size);
    }
}

/* A copy that ends where its memory does, so that a sanitizer sees every step beyond it. */
static inline uint8_t *testing_copy(const uint8_t *bytes, int64_t size) {
    uint8_t *copy = malloc(size > 0 ? (size_t)size : 1);
    if (size > 0) {
        memcpy(copy, bytes, (size_t)size);
    }
    return copy;
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* `whole` with one byte changed, one to three put in or taken out, or cut off: number `which` of
 * testing_damages(size). The caller's: free. `touched` is the first byte that is not as it was. */
static inline int64_t testing_damages(int64_t size) {
    return 5 * size;
}
static inline uint8_t *testing_damage(const uint8_t *whole, int64_t size, int64_t which,
                                      int64_t *damaged_size, int64_t *touched) {
    int64_t at = which % size, how = which / size, more = 1 + at % 3;
    uint8_t *bytes = malloc((size_t)size + 3);
    *touched = at;
    memcpy(bytes, whole, (size_t)size);
    *damaged_size = size;
    if (how < 2) {
        bytes[at] ^= (uint8_t)(how == 0 ? 1 << at % 8 : 0xFF);
    } else if (how == 2) {
        memset(bytes + at, 0x5A, (size_t)more);
        memcpy(bytes + at + more, whole + at, (size_t)(size - at));
        *damaged_size = size + more;
    } else if (how == 3) {
        int64_t behind = at + more < size ? at + more : size;
        memcpy(bytes + at, whole + behind, (size_t)(size - behind));
        *damaged_size = size - (behind - at);
    } else {
        *damaged_size = at;
    }
    return bytes;
}

#endif
