#include "data/binarize.h"

#include <stdbool.h>
#include <string.h>

#include "base/random.h"

/* The random number is a multiple of 2^-24 below 1, so its product with up to 65535 is exact in
 * double. */
static bool draw(lk_random random, uint64_t key, uint64_t variable, uint16_t grey,
                 int32_t largest) {
    if (grey == 0 || grey >= largest) {
        return grey != 0;
    }
    return (double)lk_random_unit(random, key, variable) * largest < grey;
}

void lk_dataset_binarize(const lk_binarizer *binarizer, int64_t example, int64_t variables,
                         const uint16_t *grey, uint16_t *binary) {
    lk_random random = {binarizer->seed, LK_FOR_BINARIZE};
    uint64_t key = binarizer->epoch * (uint64_t)binarizer->examples + (uint64_t)example;
    uint16_t half = (uint16_t)(binarizer->alphabet / 2);
    switch (binarizer->how) {
    case LK_BINARIZE_NONE:
        memmove(binary, grey, (size_t)variables * sizeof *binary);
        return;
    case LK_BINARIZE_THRESHOLD:
        for (int64_t i = 0; i < variables; ++i) {
            binary[i] = grey[i] >= half;
        }
        return;
    case LK_BINARIZE_SAMPLE:
        for (int64_t i = 0; i < variables; ++i) {
            binary[i] = draw(random, key, (uint64_t)i, grey[i], binarizer->alphabet - 1);
        }
        return;
    }
}
