/* Packing: a strip of a matrix, seen as lanes (A's rows or B's columns) by depth, is copied to
 * [depth][width], the order in which the micro-kernel reads it. */
#ifndef LK_KERNELS_PRODUCT_PACK_H
#define LK_KERNELS_PRODUCT_PACK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct lk_side {
    const float *data;
    int64_t lane_stride, depth_stride;
    const int32_t *lane_index, *depth_index; /* NULL: identity */
} lk_side;

/* out[(k - begin) * width + i] = element(lane + i, k) for i < lanes and begin <= k < end; 0
 * at lanes <= i < width. */
void lk_pack(float *out, int64_t width, const lk_side *side, int64_t lane, int64_t lanes,
             int64_t begin, int64_t end);

/* The strips [lane, lane + width), [lane + width, ...) of `lanes` lanes, one after another, each as
 * lk_pack() does it, strip s at out + s * strip_stride; the last may have fewer lanes. Reads memory
 * in its own order when lanes lie side by side. */
void lk_pack_strips(float *out, int64_t strip_stride, int64_t width, const lk_side *side,
                    int64_t lane, int64_t lanes, int64_t begin, int64_t end);

/* Asks for part `part` of `parts` of the memory that packing these lanes and depths will read. */
void lk_pack_prefetch(const lk_side *side, int64_t lane, int64_t lanes, int64_t begin, int64_t end,
                      int64_t part, int64_t parts);

#endif
