/* What dropout draws and does (ops/drop.h): Philox4x32-10 (base/random.c) on counters side by side,
 * which the compiler turns into vectors, since one counter after another waits for its products. */
#include "base/philox.h"
#include "kernels/isa/name.h"

enum { SIDE = 16 };

typedef struct side {
    uint32_t x0[SIDE], x1[SIDE], x2[SIDE], x3[SIDE];
} side;

static void run(side *s, uint32_t k0, uint32_t k1) {
    for (int round = 0; round < LK_PHILOX_ROUNDS; round++) {
        LK_INDEPENDENT
        for (int j = 0; j < SIDE; j++) {
            uint64_t product0 = LK_PHILOX_MULTIPLIER_0 * s->x0[j];
            uint64_t product1 = LK_PHILOX_MULTIPLIER_1 * s->x2[j];
            s->x0[j] = (uint32_t)(product1 >> 32) ^ s->x1[j] ^ k0;
            s->x1[j] = (uint32_t)product1;
            s->x2[j] = (uint32_t)(product0 >> 32) ^ s->x3[j] ^ k1;
            s->x3[j] = (uint32_t)product0;
        }
        k0 += LK_PHILOX_WEYL_0;
        k1 += LK_PHILOX_WEYL_1;
    }
}

void LK_KERNEL(drop_draw)(float *factor, const uint32_t key[2], uint64_t a, uint64_t b,
                          int64_t blocks, uint32_t threshold, float scale) {
    side s;
    for (int64_t first = 0; first < blocks; first += SIDE, factor += 4 * SIDE) {
        int64_t here = blocks - first < SIDE ? blocks - first : SIDE;
        for (int j = 0; j < SIDE; j++) {
            uint64_t place = b + (uint64_t)(first + j);
            s.x0[j] = (uint32_t)a;
            s.x1[j] = (uint32_t)(a >> 32);
            s.x2[j] = (uint32_t)place;
            s.x3[j] = (uint32_t)(place >> 32);
        }
        run(&s, key[0], key[1]);
        LK_INDEPENDENT
        for (int64_t j = 0; j < here; j++) {
            factor[4 * j] = s.x0[j] < threshold ? 0.0f : scale;
            factor[4 * j + 1] = s.x1[j] < threshold ? 0.0f : scale;
            factor[4 * j + 2] = s.x2[j] < threshold ? 0.0f : scale;
            factor[4 * j + 3] = s.x3[j] < threshold ? 0.0f : scale;
        }
    }
}

/* What is dropped is 0 whatever it was. */
void LK_KERNEL(drop)(float *out, const float *factor, const float *in, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        out[i] = factor[i] == 0.0f ? 0.0f : factor[i] * in[i];
    }
}

void LK_KERNEL(drop_add)(float *out, const float *factor, const float *in, int64_t count) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        float value = factor[i] == 0.0f ? 0.0f : factor[i] * in[i];
        out[i] = out[i] + value;
    }
}
