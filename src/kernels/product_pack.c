/* Packing, three ways: lanes side by side in memory (rows are copied), depth side by side (4 x 4 blocks are transposed in
 * registers), and anything else (element by element). 128-bit vectors of the compiler serve every processor; packing waits
 * for memory, not for arithmetic. */
#include <string.h>

#include "kernels/product_pack.h"

typedef float vector4 __attribute__((vector_size(16)));

#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)

static int64_t place(const int32_t *index, int64_t i)
{
    return index != NULL ? index[i] : i;
}

static inline vector4 load4(const float *in)
{
    vector4 value;
    memcpy(&value, in, sizeof(value));
    return value;
}

static inline void store4(float *out, vector4 value)
{
    memcpy(out, &value, sizeof(value));
}

static void copy_lanes(float *out, const float *in, int64_t lanes)
{
    int64_t i = 0;
    for (; i + 4 <= lanes; i += 4) {
        store4(out + i, load4(in + i));
    }
    for (; i < lanes; i++) {
        out[i] = in[i];
    }
}

static void zero_lanes(float *out, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        out[i] = 0.0f;
    }
}

/* Lanes side by side. */
static void pack_copied(float *out, int64_t width, const lk_side *side, int64_t lane, int64_t lanes, int64_t begin,
                        int64_t end)
{
    for (int64_t k = begin; k < end; k++, out += width) {
        copy_lanes(out, side->data + lane + place(side->depth_index, k) * side->depth_stride, lanes);
        zero_lanes(out, lanes, width);
    }
}

static inline void transpose4(float *out, int64_t width, const float *const in[4], int64_t k)
{
    const vector4 a = load4(in[0] + k), b = load4(in[1] + k), c = load4(in[2] + k), d = load4(in[3] + k);
    const vector4 ab_low = SHUFFLE(a, b, 0, 4, 1, 5), ab_high = SHUFFLE(a, b, 2, 6, 3, 7);
    const vector4 cd_low = SHUFFLE(c, d, 0, 4, 1, 5), cd_high = SHUFFLE(c, d, 2, 6, 3, 7);
    store4(out, SHUFFLE(ab_low, cd_low, 0, 1, 4, 5));
    store4(out + width, SHUFFLE(ab_low, cd_low, 2, 3, 6, 7));
    store4(out + 2 * width, SHUFFLE(ab_high, cd_high, 0, 1, 4, 5));
    store4(out + 3 * width, SHUFFLE(ab_high, cd_high, 2, 3, 6, 7));
}

/* Depth side by side. */
static void pack_transposed(float *out, int64_t width, const lk_side *side, int64_t lane, int64_t lanes, int64_t begin,
                            int64_t end)
{
    const int64_t depth = end - begin;
    int64_t i = 0;
    for (; i + 4 <= lanes; i += 4) {
        const float *in[4];
        for (int64_t j = 0; j < 4; j++) {
            in[j] = side->data + place(side->lane_index, lane + i + j) * side->lane_stride + begin;
        }
        int64_t k = 0;
        for (; k + 4 <= depth; k += 4) {
            transpose4(out + k * width + i, width, in, k);
        }
        for (; k < depth; k++) {
            for (int64_t j = 0; j < 4; j++) {
                out[k * width + i + j] = in[j][k];
            }
        }
    }
    for (; i < lanes; i++) {
        const float *in = side->data + place(side->lane_index, lane + i) * side->lane_stride + begin;
        for (int64_t k = 0; k < depth; k++) {
            out[k * width + i] = in[k];
        }
    }
    for (int64_t k = 0; k < depth && lanes < width; k++) {
        zero_lanes(out + k * width, lanes, width);
    }
}

static void pack_gathered(float *out, int64_t width, const lk_side *side, int64_t lane, int64_t lanes, int64_t begin,
                          int64_t end)
{
    for (int64_t i = 0; i < width; i++) {
        if (i >= lanes) {
            for (int64_t k = begin; k < end; k++) {
                out[(k - begin) * width + i] = 0.0f;
            }
            continue;
        }
        const float *in = side->data + place(side->lane_index, lane + i) * side->lane_stride;
        if (side->depth_index != NULL) {
            for (int64_t k = begin; k < end; k++) {
                out[(k - begin) * width + i] = in[side->depth_index[k] * side->depth_stride];
            }
        } else {
            for (int64_t k = begin; k < end; k++) {
                out[(k - begin) * width + i] = in[k * side->depth_stride];
            }
        }
    }
}

void lk_pack(float *out, int64_t width, const lk_side *side, int64_t lane, int64_t lanes, int64_t begin, int64_t end)
{
    if (side->lane_stride == 1 && side->lane_index == NULL) {
        pack_copied(out, width, side, lane, lanes, begin, end);
    } else if (side->depth_stride == 1 && side->depth_index == NULL) {
        pack_transposed(out, width, side, lane, lanes, begin, end);
    } else {
        pack_gathered(out, width, side, lane, lanes, begin, end);
    }
}

void lk_pack_strips(float *out, int64_t strip_stride, int64_t width, const lk_side *side, int64_t lane, int64_t lanes,
                    int64_t begin, int64_t end)
{
    if (side->lane_stride == 1 && side->lane_index == NULL) {
        for (int64_t k = begin; k < end; k++) {
            const float *in = side->data + lane + place(side->depth_index, k) * side->depth_stride;
            float *row = out + (k - begin) * width;
            for (int64_t i = 0; i < lanes; i += width, row += strip_stride) {
                copy_lanes(row, in + i, lanes - i < width ? lanes - i : width);
            }
        }
        return;
    }
    for (int64_t i = 0; i < lanes; i += width, out += strip_stride) {
        lk_pack(out, width, side, lane + i, lanes - i < width ? lanes - i : width, begin, end);
    }
}
