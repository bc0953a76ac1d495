#include "ops/drop.h"

lk_drop lk_drop_make(double rate) {
    LK_REQUIRE(rate >= 0.0 && rate < 1.0);
    return (lk_drop){(uint32_t)(rate * 4294967296.0), (float)(1.0 / (1.0 - rate))};
}

void lk_drop_draw(const lk_drop *drop, const lk_task *task, int64_t cell, int64_t first,
                  int64_t count, float *factor) {
    const uint64_t a = task->step << 16 | (uint64_t)task->node->index, b = (uint64_t)cell << 32;
    uint32_t key[2];
    float block[4];
    lk_random_key(task->random, key);
    for (int64_t i = 0; i < count;) {
        int64_t at = first + i, skip = at % 4, whole = skip == 0 ? (count - i) / 4 : 0;
        bool part = whole == 0;
        task->kernels->drop_draw(part ? block : factor + i, key, a, b | (uint64_t)(at / 4),
                                 part ? 1 : whole, drop->threshold, drop->scale);
        for (int64_t k = skip; k < 4 && i < count && part; k++) {
            factor[i++] = block[k];
        }
        i += 4 * whole;
    }
}
