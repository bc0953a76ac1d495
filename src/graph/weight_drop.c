#include "graph/weight_drop.h"

#include <string.h>

#include "base/random.h"

/* Apart from what the dropout of activations draws: its second coordinates have this bit clear. */
#define OF_WEIGHTS ((uint64_t)1 << 63)

void lk_parameters_drop(lk_parameters *parameters, int32_t weight, double rate) {
    LK_REQUIRE(rate >= 0.0 && rate < 1.0 && parameters->list[weight].norm == NULL);
    if (!parameters->frozen) {
        parameters->list[weight].drop = (float)rate;
    }
}

void lk_weight_drop(const lk_parameter *p, int32_t index, const lk_derived_step *step,
                    const float *from, float *to) {
    int64_t floats = p->rows * p->columns;
    if (!step->training) {
        memcpy(to, from, (size_t)floats * sizeof *to);
        return;
    }
    lk_random random = {step->seed, LK_FOR_DROPOUT};
    uint64_t a = step->step << 16 | (uint64_t)index;
    uint32_t threshold = (uint32_t)((double)p->drop * 4294967296.0);
    float scale = (float)(1.0 / (1.0 - (double)p->drop));
    for (int64_t i = 0; i < floats; i += 4) {
        uint32_t words[4];
        lk_random_block(random, a, OF_WEIGHTS | (uint64_t)(i / 4), words);
        int64_t here = floats - i < 4 ? floats - i : 4;
        for (int64_t k = 0; k < here; k++) {
            to[i + k] = words[k] < threshold ? 0.0f : scale * from[i + k];
        }
    }
}
