/* Packing, three ways: lanes side by side in memory (rows are copied), depth side by side (4 x 4
 * blocks are transposed in registers, also run by run), and anything else (element by element).
 * 128-bit vectors of the compiler serve every processor; packing waits for memory, not for
 * arithmetic. */
#include "kernels/product_pack.h"

#include <stddef.h>
#include <string.h>

typedef float vector4 __attribute__((vector_size(16)));

enum {
    LINE_FLOATS = 16,
    RUN = 4,     /* depths side by side that are worth transposing */
    AHEAD = 128, /* floats along a row that are asked for before they are transposed */
};

#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)

static int64_t place(const int32_t *index, int64_t i) {
    return index != NULL ? index[i] : i;
}

static inline vector4 load4(const float *in) {
    vector4 value;
    memcpy(&value, in, sizeof(value));
    return value;
}

static inline void store4(float *out, vector4 value) {
    memcpy(out, &value, sizeof(value));
}

static inline __attribute__((always_inline)) void copy_lanes(float *out, const float *in,
                                                             int64_t lanes) {
    switch (lanes) { /* the widths of the blocks, in registers */
    case 6:
        memcpy(out, in, 6 * sizeof(float));
        return;
    case 8:
        memcpy(out, in, 8 * sizeof(float));
        return;
    case 12:
        memcpy(out, in, 12 * sizeof(float));
        return;
    case 16:
        memcpy(out, in, 16 * sizeof(float));
        return;
    case 32:
        memcpy(out, in, 32 * sizeof(float));
        return;
    default:
        break;
    }
    int64_t i = 0;
    for (; i + 4 <= lanes; i += 4) {
        store4(out + i, load4(in + i));
    }
    for (; i < lanes; i++) {
        out[i] = in[i];
    }
}

/* Lanes side by side. */
static void pack_copied(float *out, int64_t width, const lk_side *side, int64_t lane, int64_t lanes,
                        int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; k++, out += width) {
        copy_lanes(out, side->data + lane + place(side->depth_index, k) * side->depth_stride,
                   lanes);
    }
}

/* Four depths of 2 or 4 lanes. */
static inline __attribute__((always_inline)) void
transpose4(float *out, int64_t width, const float *const in[4], int64_t k, int64_t lanes) {
    const vector4 a = load4(in[0] + k), b = load4(in[1] + k);
    const vector4 ab_low = SHUFFLE(a, b, 0, 4, 1, 5), ab_high = SHUFFLE(a, b, 2, 6, 3, 7);
    if (lanes == 2) {
        const vector4 pairs[2] = {ab_low, ab_high};
        for (int64_t j = 0; j < 4; j++) {
            memcpy(out + j * width, (const float *)&pairs[j / 2] + j % 2 * 2, 2 * sizeof(float));
        }
        return;
    }
    const vector4 c = load4(in[2] + k), d = load4(in[3] + k);
    const vector4 cd_low = SHUFFLE(c, d, 0, 4, 1, 5), cd_high = SHUFFLE(c, d, 2, 6, 3, 7);
    store4(out, SHUFFLE(ab_low, cd_low, 0, 1, 4, 5));
    store4(out + width, SHUFFLE(ab_low, cd_low, 2, 3, 6, 7));
    store4(out + 2 * width, SHUFFLE(ab_high, cd_high, 0, 1, 4, 5));
    store4(out + 3 * width, SHUFFLE(ab_high, cd_high, 2, 3, 6, 7));
}

/* 2 or 4 lanes whose depth lies side by side. */
static inline __attribute__((always_inline)) void
transpose_some(float *out, int64_t width, const float *const in[4], int64_t depth, int64_t lanes) {
    int64_t k = 0;
    for (; k + LINE_FLOATS <= depth; k += LINE_FLOATS, out += LINE_FLOATS * width) {
        for (int64_t j = 0; j < lanes; j++) {
            __builtin_prefetch(in[j] + k + AHEAD);
        }
        for (int64_t j = 0; j < LINE_FLOATS; j += 4) {
            transpose4(out + j * width, width, in, k + j, lanes);
        }
    }
    for (; k + 4 <= depth; k += 4, out += 4 * width) {
        transpose4(out, width, in, k, lanes);
    }
    for (; k < depth; k++, out += width) {
        for (int64_t j = 0; j < lanes; j++) {
            out[j] = in[j][k];
        }
    }
}

/* The blocks' widths as constants, so that every place is a fixed distance from the first. */
static void transpose_lanes(float *out, int64_t width, const float *const in[4], int64_t depth,
                            int64_t lanes) {
    if (lanes == 2) {
        transpose_some(out, width, in, depth, 2);
    } else if (width == 6) {
        transpose_some(out, 6, in, depth, 4);
    } else if (width == 12) {
        transpose_some(out, 12, in, depth, 4);
    } else if (width == 16) {
        transpose_some(out, 16, in, depth, 4);
    } else if (width == 32) {
        transpose_some(out, 32, in, depth, 4);
    } else {
        transpose_some(out, width, in, depth, 4);
    }
}

static const float *lane_at(const lk_side *side, int64_t lane) {
    return side->data + place(side->lane_index, lane) * side->lane_stride;
}

/* Depth side by side. Where the width has room, lanes that are missing from four (or two) repeat
 * the last one. */
static void pack_transposed(float *out, int64_t width, const lk_side *side, int64_t lane,
                            int64_t lanes, int64_t begin, int64_t end) {
    for (int64_t i = 0, some; i < lanes; i += some) {
        some = i + 4 <= width ? 4 : i + 2 <= width ? 2 : 1;
        const float *in[4];
        for (int64_t j = 0; j < 4; j++) {
            in[j] = lane_at(side, lane + (i + j < lanes ? i + j : lanes - 1)) + begin;
        }
        if (some > 1) {
            transpose_lanes(out + i, width, in, end - begin, some);
        }
        for (int64_t k = 0; k < end - begin && some == 1; k++) {
            out[k * width + i] = in[0][k];
        }
    }
}

static void pack_gathered(float *out, int64_t width, const lk_side *side, int64_t lane,
                          int64_t lanes, int64_t begin, int64_t end) {
    for (int64_t i = 0; i < lanes; i++) {
        const float *in = lane_at(side, lane + i);
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

/* Depths that lie side by side for a while, as the channels that a convolution reads at each of its
 * taps. */
static bool depth_in_runs(const lk_side *side, int64_t begin, int64_t end) {
    if (side->depth_stride != 1 || side->depth_index == NULL || end - begin < RUN) {
        return false;
    }
    const int32_t *index = side->depth_index + begin;
    return index[1] == index[0] + 1 && index[2] == index[0] + 2 && index[3] == index[0] + 3;
}

static void pack_runs(float *out, int64_t width, const lk_side *side, int64_t lane, int64_t lanes,
                      int64_t begin, int64_t end) {
    const int32_t *index = side->depth_index;
    for (int64_t k = begin, next; k < end; k = next) {
        for (next = k + 1; next < end && index[next] == index[next - 1] + 1;) {
            next++;
        }
        const lk_side run = {side->data + index[k], side->lane_stride, 1, side->lane_index, NULL};
        float *to = out + (k - begin) * width;
        if (next - k >= RUN) {
            pack_transposed(to, width, &run, lane, lanes, 0, next - k);
        } else {
            pack_gathered(to, width, &run, lane, lanes, 0, next - k);
        }
    }
}

static bool lanes_side_by_side(const lk_side *side) {
    return side->lane_stride == 1 && side->lane_index == NULL;
}

static bool depth_side_by_side(const lk_side *side) {
    return side->depth_stride == 1 && side->depth_index == NULL;
}

/* `some` as a constant, so that it is a store and no call for each row. */
static inline __attribute__((always_inline)) void clear_some(float *out, int64_t width,
                                                             int64_t some, int64_t depth) {
    for (int64_t k = 0; k < depth; k++, out += width) {
        memset(out, 0, (size_t)some * sizeof *out);
    }
}

/* Zeros beside the lanes. Blocks compute with what is there, and memory that was used before often
 * holds integers: as floats these are subnormal, for which many processors take a hundred
 * cycles. */
static void clear_rest(float *out, int64_t width, int64_t lanes, int64_t depth) {
    for (int64_t i = lanes, some; i < width; i += some) {
        some = i + 4 <= width ? 4 : i + 2 <= width ? 2 : 1;
        if (some == 4) {
            clear_some(out + i, width, 4, depth);
        } else if (some == 2) {
            clear_some(out + i, width, 2, depth);
        } else {
            clear_some(out + i, width, 1, depth);
        }
    }
}

void lk_pack(float *out, int64_t width, const lk_side *side, int64_t lane, int64_t lanes,
             int64_t begin, int64_t end) {
    if (lanes_side_by_side(side)) {
        pack_copied(out, width, side, lane, lanes, begin, end);
    } else if (depth_side_by_side(side)) {
        pack_transposed(out, width, side, lane, lanes, begin, end);
    } else if (depth_in_runs(side, begin, end)) {
        pack_runs(out, width, side, lane, lanes, begin, end);
    } else {
        pack_gathered(out, width, side, lane, lanes, begin, end);
    }
    clear_rest(out, width, lanes, end - begin);
}

/* The widths of panels as constants, as above. */
static inline __attribute__((always_inline)) void copy_strips(float *out, int64_t strip_stride,
                                                              int64_t width, const lk_side *side,
                                                              int64_t lane, int64_t lanes,
                                                              int64_t begin, int64_t end) {
    const int64_t whole = lanes / width * width;
    for (int64_t k = begin; k < end; k++, out += width) {
        const float *in = side->data + lane + place(side->depth_index, k) * side->depth_stride;
        float *row = out;
        for (int64_t i = 0; i < whole; i += width, row += strip_stride) {
            copy_lanes(row, in + i, width);
        }
        if (whole < lanes) {
            copy_lanes(row, in + whole, lanes - whole);
        }
    }
    if (whole < lanes) {
        out += whole / width * strip_stride - (end - begin) * width;
        clear_rest(out, width, lanes - whole, end - begin);
    }
}

void lk_pack_strips(float *out, int64_t strip_stride, int64_t width, const lk_side *side,
                    int64_t lane, int64_t lanes, int64_t begin, int64_t end) {
    if (!lanes_side_by_side(side)) {
        for (int64_t i = 0; i < lanes; i += width, out += strip_stride) {
            lk_pack(out, width, side, lane + i, lanes - i < width ? lanes - i : width, begin, end);
        }
        return;
    }
    if (width == 6) {
        copy_strips(out, strip_stride, 6, side, lane, lanes, begin, end);
    } else if (width == 12) {
        copy_strips(out, strip_stride, 12, side, lane, lanes, begin, end);
    } else {
        copy_strips(out, strip_stride, width, side, lane, lanes, begin, end);
    }
}

static void prefetch_run(const float *from, int64_t count) {
    for (int64_t i = 0; i < count + LINE_FLOATS - 1; i += LINE_FLOATS) {
        __builtin_prefetch(from + (i < count ? i : count - 1), 0, 2);
    }
}

void lk_pack_prefetch(const lk_side *side, int64_t lane, int64_t lanes, int64_t begin, int64_t end,
                      int64_t part, int64_t parts) {
    if (lanes_side_by_side(side)) {
        const int64_t depth = end - begin;
        for (int64_t k = begin + depth * part / parts; k < begin + depth * (part + 1) / parts;
             k++) {
            prefetch_run(side->data + lane + place(side->depth_index, k) * side->depth_stride,
                         lanes);
        }
    } else if (depth_side_by_side(side)) {
        for (int64_t i = lanes * part / parts; i < lanes * (part + 1) / parts; i++) {
            prefetch_run(lane_at(side, lane + i) + begin, end - begin);
        }
    }
}
