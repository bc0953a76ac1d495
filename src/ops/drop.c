#include "ops/drop.h"

lk_drop lk_drop_make(double rate) {
    LK_REQUIRE(rate >= 0.0 && rate < 1.0);
    return (lk_drop){(uint32_t)(rate * 4294967296.0), (float)(1.0 / (1.0 - rate))};
}

void lk_drop_draw(const lk_drop *drop, const lk_task *task, int64_t cell, int64_t first,
                  int64_t count, float *factor) {
    const uint64_t a = task->step << 16 | (uint64_t)task->node->index, b = (uint64_t)cell << 32;
    for (int64_t i = 0; i < count;) {
        uint32_t words[4];
        lk_random_block(task->random, a, b | (uint64_t)((first + i) / 4), words);
        for (int64_t k = (first + i) % 4; k < 4 && i < count; k++, i++) {
            factor[i] = words[k] < drop->threshold ? 0.0f : drop->scale;
        }
    }
}
