/* Dropout's factors: Philox4x32-10 (base/random.c has the definition and the paper) for counters
 * that follow one another, many at a time. */
#include <string.h>

#include "base/random.h"
#include "kernels/isa/name.h"

#define BLOCKS 64 /* of four words at a time */
#define ROUNDS 10

typedef struct counters {
    uint32_t x0[BLOCKS], x1[BLOCKS], x2[BLOCKS], x3[BLOCKS];
} counters;

static inline void turn(counters *c, int64_t blocks, uint32_t k0, uint32_t k1) {
    for (int64_t i = 0; i < blocks; i++) {
        const uint64_t product0 = UINT64_C(0xD2511F53) * c->x0[i];
        const uint64_t product1 = UINT64_C(0xCD9E8D57) * c->x2[i];
        c->x0[i] = (uint32_t)(product1 >> 32) ^ c->x1[i] ^ k0;
        c->x1[i] = (uint32_t)product1;
        c->x2[i] = (uint32_t)(product0 >> 32) ^ c->x3[i] ^ k1;
        c->x3[i] = (uint32_t)product0;
    }
}

/* The words of a block one after another, as factors. */
static inline void put(float factor[4 * BLOCKS], const counters *c, int64_t blocks,
                       uint32_t threshold, float scale) {
    for (int64_t i = 0; i < blocks; i++) {
        factor[4 * i] = c->x0[i] < threshold ? 0.0f : scale;
        factor[4 * i + 1] = c->x1[i] < threshold ? 0.0f : scale;
        factor[4 * i + 2] = c->x2[i] < threshold ? 0.0f : scale;
        factor[4 * i + 3] = c->x3[i] < threshold ? 0.0f : scale;
    }
}

void LK_KERNEL(drop_factors)(float *factor, const uint32_t key[2], const uint32_t counter[4],
                             uint32_t threshold, float scale, int64_t blocks) {
    counters c;
    float some[4 * BLOCKS];
    for (int64_t done = 0; done < blocks; done += BLOCKS) {
        const int64_t here = blocks - done < BLOCKS ? blocks - done : BLOCKS;
        const int64_t whole = (here + 15) / 16 * 16; /* vectors */
        uint32_t k0 = key[0], k1 = key[1];
        for (int64_t i = 0; i < whole; i++) {
            c.x0[i] = counter[0];
            c.x1[i] = counter[1];
            c.x2[i] = counter[2] + (uint32_t)done + (uint32_t)i;
            c.x3[i] = counter[3];
        }
        for (int round = 0; round < ROUNDS; round++) {
            turn(&c, whole, k0, k1);
            k0 += UINT32_C(0x9E3779B9);
            k1 += UINT32_C(0xBB67AE85);
        }
        put(some, &c, whole, threshold, scale);
        memcpy(factor + 4 * done, some, (size_t)(4 * here) * sizeof *factor);
    }
}
