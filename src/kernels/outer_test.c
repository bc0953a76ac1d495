/* Sums of outer products against their definition, bit for bit: every instruction set of this
 * machine, odd sizes, strides, runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "kernels/outer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GAP 3 /* floats between rows, which nobody may touch */

static float *draw(uint64_t key, int64_t count) {
    float *values = lk_allocate(count, sizeof *values);
    assert_non_null(values);
    for (int64_t i = 0; i < count; i++) {
        values[i] = lk_random_unit((lk_random){7, LK_FOR_CHECK}, key, (uint64_t)i) - 0.5f;
    }
    return values;
}

static void naive(const lk_outer *outer) {
    for (int64_t i = 0; i < outer->runs; i++) {
        const lk_outer_run *run = &outer->run[i];
        for (int64_t k = 0; k < run->count; k++) {
            const float *a = outer->a + (run->a + k) * outer->a_stride,
                        *b = outer->b + (run->b + k) * outer->b_stride;
            for (int64_t m = 0; m < outer->rows; m++) {
                for (int64_t n = 0; n < outer->columns; n++) {
                    float *c = &outer->c[m * outer->c_stride + n];
                    *c = fmaf(a[m], b[n], *c);
                }
            }
        }
    }
}

/* Runs in any order, of any length, none and overlapping ones included; the last one ends where A
 * and B end. */
static const lk_outer_run runs[] = {{5, 90, 0},   {7, 0, 1},   {0, 3, 64},
                                    {30, 31, 65}, {2, 2, 129}, {271, 287, 17}};
enum { A_ROWS = 288, B_ROWS = 304 };

static void check(const lk_kernels *kernels, int64_t rows, int64_t columns) {
    lk_outer outer = {
        .rows = rows,
        .columns = columns,
        .a_stride = rows + GAP,
        .b_stride = columns,
        .c_stride = columns + GAP,
        .run = runs,
        .runs = COUNT(runs),
        .fetches = rows % 2 == 0,
    };
    int64_t floats = rows * outer.c_stride;
    float *a = draw(1, A_ROWS * outer.a_stride), *b = draw(2, B_ROWS * outer.b_stride),
          *expected = draw(3, floats);
    float *c = draw(3, floats);
    outer.a = a;
    outer.b = b;
    outer.c = expected;
    naive(&outer);
    outer.c = c;
    lk_outer_add(&outer, kernels);
    for (int64_t i = 0; i < floats; i++) {
        if (memcmp(&c[i], &expected[i], sizeof *c) != 0) {
            fail_msg("%s, %lld x %lld: element %lld is %a, not %a", kernels->isa, (long long)rows,
                     (long long)columns, (long long)i, (double)c[i], (double)expected[i]);
        }
    }
    lk_release(a);
    lk_release(b);
    lk_release(c);
    lk_release(expected);
}

static void test_sums(void **state) {
    (void)state;
    static const int64_t sizes[] = {0, 1, 2, 3, 7, 8, 13, 17, 31, 64, 70};
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    for (int32_t t = 0; t < count; t++) {
        for (size_t i = 0; i < COUNT(sizes); i++) {
            for (size_t j = 0; j < COUNT(sizes); j++) {
                check(tables[t], sizes[i], sizes[j]);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sums)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
