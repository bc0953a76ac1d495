/* Slices: each pixel of a picture of any sides in one of them, in the order that is written down
 * here by hand. */
#include "models/slices.h"
#include "models/testing.h"

static const int64_t sides[] = {1, 2, 3, 5, 8, 17};
#define SIDES ((int)(sizeof sides / sizeof *sides))

/* From the picture to slices and back: each pixel once, in a slice whose offset is its own. */
static void test_round_trip(void **state) {
    (void)state;
    for (int i = 0; i < SIDES * SIDES * LK_SLICES_STRIDE_MOST; i++) {
        int32_t stride = 1 + i / (SIDES * SIDES);
        lk_shape shape = {3, {sides[i % SIDES], sides[i / SIDES % SIDES], 3}};
        lk_slices s = lk_slices_of(shape, stride);
        int64_t width = shape.size[1], pixels = shape.size[0] * width, met = 0;
        int used = 0, seen[17 * 17] = {0};
        for (int32_t number = 0; number < stride * stride; number++) {
            lk_slice slice = lk_slices_at(&s, number);
            used += slice.height > 0 && slice.width > 0;
            for (int64_t at = 0; at < slice.height * slice.width; at++) {
                int64_t pixel = lk_slices_pixel(&s, &slice, at);
                assert_in_range(pixel, 0, pixels - 1);
                assert_int_equal(pixel / width % stride, number / stride);
                assert_int_equal(pixel % width % stride, number % stride);
                assert_int_equal(lk_slices_number(&s, pixel), number);
                assert_int_equal(seen[pixel]++, 0);
                met++;
            }
        }
        assert_int_equal(met, pixels);
        assert_int_equal(used, lk_slices_used(&s));
    }
}

static void test_order(void **state) {
    static const int32_t by_hand[] = {
        0,  6,  1,  7,  2, /* rows 0 and 2 have slices (0, 0) and (0, 1) */
        10, 13, 11, 14, 12, 3, 8, 4, 9, 5,
    };
    static const int32_t colours[] = {0, 1, 2, 3, 4, 5};
    int32_t rank[15];
    lk_slices s = lk_slices_of((lk_shape){2, {3, 5}}, 2);
    (void)state;
    lk_slices_rank(&s, rank);
    assert_memory_equal(rank, by_hand, sizeof by_hand);
    s = lk_slices_of((lk_shape){3, {1, 2, 3}}, 2);
    lk_slices_rank(&s, rank);
    assert_memory_equal(rank, colours, sizeof colours);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
