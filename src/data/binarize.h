/* How grey values become 0 and 1. */
#ifndef LK_DATA_BINARIZE_H
#define LK_DATA_BINARIZE_H

#include <stdint.h>

typedef enum lk_binarization {
    LK_BINARIZE_NONE,      /* values as they are; a file of 0/1 is "static" */
    LK_BINARIZE_THRESHOLD, /* 1 where value >= 128 (alphabet / 2) */
    LK_BINARIZE_SAMPLE,    /* 1 with probability value / 255, afresh each epoch ("dynamic") */
} lk_binarization;

/* Threshold: 1 where value >= alphabet / 2. Sample: 1 with probability value / (alphabet - 1),
 * drawn by (LK_FOR_BINARIZE, epoch * examples + example, variable); so 0 gives always 0 and the
 * largest value always 1. */
typedef struct lk_binarizer {
    lk_binarization how;
    int32_t alphabet; /* of the grey values */
    int64_t examples; /* of the whole data set */
    uint64_t seed, epoch;
} lk_binarizer;
/* One example, number `example` of its data set; grey and binary may be the same array. NONE
 * copies. */
void lk_dataset_binarize(const lk_binarizer *binarizer, int64_t example, int64_t variables,
                         const uint16_t *grey, uint16_t *binary);

#endif
