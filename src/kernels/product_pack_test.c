/* Packing: the lanes where they belong, and zeros beside them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernels/product_pack.h"

enum { ROWS = 40, DEPTH = 23, MOST_WIDTH = 32 };

/* A subnormal number, as an integer in used memory is one. */
static const float LEFT_OVER = 1e-42f;

typedef struct way {
    const char *name;
    int64_t lane_stride, depth_stride;
    bool indexed, runs;
} way;

/* By rows, by columns, run by run, element by element. */
static const way WAYS[] = {
    {"copied", 1, ROWS, false, false},        {"copied by index", 1, ROWS, true, false},
    {"transposed", DEPTH, 1, false, false},   {"transposed in runs", DEPTH, 1, true, true},
    {"gathered", 2 * DEPTH, 2, false, false},
};

static void check(const way *w, const float *data, int64_t width, int64_t lanes) {
    int32_t index[DEPTH];
    for (int32_t k = 0; k < DEPTH; k++) {
        index[k] = w->runs ? (k < 9 ? k + 14 : k - 9) : DEPTH - 1 - k;
    }
    const lk_side side = {data, w->lane_stride, w->depth_stride, NULL, w->indexed ? index : NULL};
    float strip[DEPTH * MOST_WIDTH], strips[DEPTH * MOST_WIDTH];
    for (int64_t i = 0; i < DEPTH * MOST_WIDTH; i++) {
        strip[i] = strips[i] = LEFT_OVER;
    }
    lk_pack(strip, width, &side, 1, lanes, 0, DEPTH);
    lk_pack_strips(strips, DEPTH * width, width, &side, 1, lanes, 0, DEPTH);
    for (int64_t k = 0; k < DEPTH; k++) {
        const int64_t at = w->indexed ? index[k] : k;
        for (int64_t i = 0; i < width; i++) {
            const float right =
                i < lanes ? data[(1 + i) * w->lane_stride + at * w->depth_stride] : 0.0f;
            if (strip[k * width + i] != right || strips[k * width + i] != right) {
                fail_msg("%s, %d lanes of %d: depth %d, lane %d", w->name, (int)lanes, (int)width,
                         (int)k, (int)i);
            }
        }
    }
}

static void test_lanes_and_zeros(void **state) {
    (void)state;
    static float data[2 * ROWS * DEPTH];
    for (int64_t i = 0; i < 2 * ROWS * DEPTH; i++) {
        data[i] = (float)(i + 1);
    }
    static const int64_t widths[] = {4, 6, 8, 12, 16, 32};
    for (size_t w = 0; w < sizeof WAYS / sizeof *WAYS; w++) {
        for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
            for (int64_t lanes = 1; lanes <= widths[i]; lanes++) {
                check(&WAYS[w], data, widths[i], lanes);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lanes_and_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
