#include "ops/drop.h"

lk_drop lk_drop_make(double rate) {
    LK_REQUIRE(rate >= 0.0 && rate < 1.0);
    return (lk_drop){(uint32_t)(rate * 4294967296.0), (float)(1.0 / (1.0 - rate))};
}

#define WORTH 4 /* blocks that are worth drawing side by side */

/* The rest of a block, from its word `first` % 4 on; returns how many. */
static int64_t draw_some(const lk_drop *drop, const lk_task *task, uint64_t a, uint64_t b,
                         int64_t first, int64_t count, float *factor) {
    uint32_t words[4];
    int64_t drawn = 0;
    lk_random_block(task->random, a, b | (uint64_t)(first / 4), words);
    for (int64_t k = first % 4; k < 4 && drawn < count; k++, drawn++) {
        factor[drawn] = words[k] < drop->threshold ? 0.0f : drop->scale;
    }
    return drawn;
}

/* Whole blocks. */
static void draw_blocks(const lk_drop *drop, const lk_task *task, uint64_t a, uint64_t b,
                        int64_t blocks, float *factor) {
    const uint32_t counter[4] = {(uint32_t)a, (uint32_t)(a >> 32), (uint32_t)b,
                                 (uint32_t)(b >> 32)};
    uint32_t key[2];
    lk_random_key(task->random, key);
    task->kernels->drop_factors(factor, key, counter, drop->threshold, drop->scale, blocks);
}

void lk_drop_draw(const lk_drop *drop, const lk_task *task, int64_t cell, int64_t first,
                  int64_t count, float *factor) {
    const uint64_t a = task->step << 16 | (uint64_t)task->node->index, b = (uint64_t)cell << 32;
    for (int64_t i = 0; i < count;) {
        int64_t blocks = (count - i) / 4;
        if ((first + i) % 4 != 0 || blocks < WORTH || task->kernels == NULL) {
            i += draw_some(drop, task, a, b, first + i, count - i, factor + i);
        } else {
            draw_blocks(drop, task, a, b | (uint64_t)((first + i) / 4), blocks, factor + i);
            i += 4 * blocks;
        }
    }
}
