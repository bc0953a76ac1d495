/* Slices of a picture (Menick and Kalchbrenner, ICLR 2019, section 3): slice (i, j) of S x S is the
 * small picture of the pixels (i + S r, j + S c). Of sides that S does not divide, slices further
 * down and to the right are a row or a column smaller; of sides below S some are empty. */
#ifndef LK_MODELS_SLICES_H
#define LK_MODELS_SLICES_H

#include "data/shape.h"

#define LK_SLICES_STRIDE_MOST 8

typedef struct lk_slices {
    int64_t height, width; /* of the picture */
    int32_t colours, stride;
} lk_slices;

typedef struct lk_slice {
    int32_t row, column; /* i, j */
    int64_t height, width;
} lk_slice;

/* Of pictures; all else is one row of one slice. */
lk_slices lk_slices_of(lk_shape shape, int32_t stride);
/* Slice `number` of stride * stride, in raster order of (i, j). The first is the largest. */
lk_slice lk_slices_at(const lk_slices *slices, int32_t number);
/* How many of them hold a pixel. */
int32_t lk_slices_used(const lk_slices *slices);
/* The pixel of the picture, in raster order, that is pixel `at` of the slice. */
int64_t lk_slices_pixel(const lk_slices *slices, const lk_slice *slice, int64_t at);
/* The slice of a pixel of the picture. */
int32_t lk_slices_number(const lk_slices *slices, int64_t pixel);
/* rank[pixels * colours]: slice after slice, raster scan inside each, colours in sequence. */
void lk_slices_rank(const lk_slices *slices, int32_t *rank);

#endif
