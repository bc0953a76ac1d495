/* What the tiny programs need besides their models: complaints, memory, weights, random numbers. */
#ifndef LK_EXAMPLES_TINY_H
#define LK_EXAMPLES_TINY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program with one line where the condition does not hold. */
static inline void tiny_need(bool condition, const char *subject, const char *complaint) {
    if (!condition) {
        fprintf(stderr, "%s: %s\n", subject, complaint);
        exit(1);
    }
}

/* Zeros. All memory is given back when the program ends. */
static inline void *tiny_take(int64_t count, size_t size) {
    void *memory = calloc((size_t)count, size);
    tiny_need(memory != NULL, "memory", "not enough");
    return memory;
}

/* ---- the model file (docs/formats.md): a length, a header in JSON, arrays ---- */

enum { TINY_HEADER_MOST = 1 << 24, TINY_FLOATS_MOST = 1 << 24 };

typedef struct tiny_model {
    char *header;
    float *values;
    int64_t count;
} tiny_model;

static inline tiny_model tiny_model_read(const char *path) {
    tiny_model m = {.header = tiny_take(TINY_HEADER_MOST, 1),
                    .values = tiny_take(TINY_FLOATS_MOST, sizeof(float))};
    uint64_t length = 0;
    FILE *file = fopen(path, "rb");
    tiny_need(file != NULL, path, "cannot be opened");
    bool whole = fread(&length, sizeof length, 1, file) == 1 && length < TINY_HEADER_MOST &&
                 fread(m.header, 1, length, file) == length;
    tiny_need(whole, path, "not a model file");
    m.count = (int64_t)fread(m.values, sizeof(float), TINY_FLOATS_MOST, file);
    fclose(file);
    return m;
}

/* Whether the header says so. It has no white space: "name":{"dtype":"F32", ... */
static inline bool tiny_model_says(const tiny_model *m, const char *text) {
    return strstr(m->header, text) != NULL;
}

/* The floats of the array NODE.PART, and how many there are. The header has the bytes where an
 * array begins and ends: "NODE.PART":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}. */
static inline const float *tiny_model_array(const tiny_model *m, const char *node, const char *part,
                                            int64_t *count) {
    char name[64];
    long long begin = 0, end = 0;
    snprintf(name, sizeof name, "\"%s.%s\":{\"dtype\":\"F32\"", node, part);
    const char *at = strstr(m->header, name);
    at = at != NULL ? strstr(at, "\"data_offsets\"") : NULL;
    bool found = at != NULL && sscanf(at, "\"data_offsets\":[%lld,%lld]", &begin, &end) == 2;
    found = found && begin >= 0 && begin < end && end <= 4 * m->count && begin % 4 == 0;
    tiny_need(found, node, "its weights are not in the model file");
    *count = (end - begin) / 4;
    return m->values + begin / 4;
}

/* ---- random numbers, those of src/base/random.c ---- */

/* The finalizer of splitmix64 (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t tiny_mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Uniform on [0, 1), for one variable of the first sample. A number is named by what it is for and
 * does not depend on what was drawn before: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011)
 * scrambles a counter, here (sample 0, variable), under a key, here of the seed. */
static inline float tiny_uniform(uint64_t seed, uint64_t variable) {
    const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15), for_samples = 4;
    uint64_t key = tiny_mix(tiny_mix(seed + golden) + for_samples * golden);
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    uint32_t x0 = 0, x1 = 0, x2 = (uint32_t)variable, x3 = (uint32_t)(variable >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = UINT64_C(0xD2511F53) * x0, product1 = UINT64_C(0xCD9E8D57) * x2;
        x0 = (uint32_t)(product1 >> 32) ^ x1 ^ k0;
        x1 = (uint32_t)product1;
        x2 = (uint32_t)(product0 >> 32) ^ x3 ^ k1;
        x3 = (uint32_t)product0;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    return (float)(x0 >> 8) * 0x1p-24f;
}

#endif
