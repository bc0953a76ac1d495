/* The product of few rows against its definition, bit for bit: every instruction set of this
 * machine, all numbers of rows and odd numbers of columns, runs of any length, gathered rows,
 * starts of each kind, pieces on several threads; and what lies beside C stays as it is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernels/few.h"

enum { ROWS = 40, COLUMNS = 300, DEPTH = 70, RUNS = 4, MARGIN = 3 };
enum { A_WIDTH = DEPTH + 5, B_WIDTH = COLUMNS + 7, C_WIDTH = COLUMNS + 2 * MARGIN };

/* Few rows, gathered from twice as many; C has room beside each row. */
typedef struct bench {
    int8_t b8[DEPTH * 2 * B_WIDTH];
    float unit[COLUMNS];
    float a[2 * ROWS * A_WIDTH], b[DEPTH * 2 * B_WIDTH], start[ROWS * COLUMNS];
    float c[2 * ROWS * C_WIDTH], wanted[2 * ROWS * C_WIDTH];
    int32_t a_row[ROWS], c_row[ROWS];
    lk_few_run run[RUNS];
} bench;

static float value(uint64_t i, bool special) {
    static const float specials[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e-40f, 3e38f};
    lk_random random = {20261129, LK_FOR_CHECK};
    if (special && lk_random_below(random, 1, i, 9) == 0) {
        return specials[lk_random_below(random, 2, i, 7)];
    }
    return lk_random_unit(random, 0, i) - 0.5f;
}

static void fill(float *values, size_t count, uint64_t seed, bool special) {
    for (size_t i = 0; i < count; i++) {
        values[i] = value(seed + i, special);
    }
}

static bench *make(bool special) {
    bench *t = lk_allocate(1, sizeof *t);
    assert_non_null(t);
    fill(t->a, sizeof t->a / sizeof *t->a, 1 << 20, special);
    fill(t->b, sizeof t->b / sizeof *t->b, 2 << 20, special);
    fill(t->start, sizeof t->start / sizeof(float), 3 << 20, special);
    for (int32_t r = 0; r < ROWS; r++) {
        t->a_row[r] = (r * 7 + 3) % (2 * ROWS);
        t->c_row[r] = (r * 11 + 5) % (2 * ROWS);
    }
    return t;
}

/* Weights of 8 bits, and the same as floats. */
static void make_8_bits(bench *t) {
    for (int64_t n = 0; n < COLUMNS; n++) {
        t->unit[n] = ldexpf(1.0f, (int)(n * 7 % 20) - 12);
    }
    for (int64_t i = 0; i < (int64_t)(sizeof t->b8); i++) {
        lk_random random = {20261129, LK_FOR_CHECK};
        int64_t n = i % B_WIDTH;
        t->b8[i] = (int8_t)((int)lk_random_below(random, 3, (uint64_t)i, 255) - 127);
        t->b[i] = n < COLUMNS ? (float)t->b8[i] * t->unit[n] : 0.0f;
    }
}

/* The definition. */
static void naive(const lk_few_call *call, float *c) {
    for (int64_t r = 0; r < call->rows; r++) {
        int64_t from = call->a_row != NULL ? call->a_row[r] : r;
        int64_t to = call->c_row != NULL ? call->c_row[r] : r;
        for (int64_t n = 0; n < call->columns; n++) {
            float sum = call->start != NULL ? call->start[r * call->start_stride + n] : 0.0f;
            for (int64_t i = 0; i < call->runs; i++) {
                for (int64_t k = 0; k < call->run[i].depth; k++) {
                    sum = fmaf(call->run[i].a[from * call->a_stride + k],
                               call->run[i].b[k * call->b_stride + n], sum);
                }
            }
            c[to * call->c_stride + n] = sum;
        }
    }
}

static void compare(const bench *t, const lk_few_call *call) {
    for (int64_t i = 0; i < (int64_t)(sizeof t->c / sizeof(float)); i++) {
        float got = t->c[i], wanted = t->wanted[i];
        if (memcmp(&got, &wanted, sizeof got) != 0 && !(isnan(got) && isnan(wanted))) {
            fail_msg("%lld rows, %lld columns, %lld runs: element %lld is %a, not %a",
                     (long long)call->rows, (long long)call->columns, (long long)call->runs,
                     (long long)i, (double)got, (double)wanted);
        }
    }
}

/* One of the layouts, of so many rows and columns. */
static lk_few_call lay_out(bench *t, int64_t rows, int64_t columns, int kind) {
    static const int64_t depths[][RUNS] = {{DEPTH, 0, 0, 0}, {5, 1, 17, 2}, {1, 1, 1, 1}};
    lk_few_call call = {
        .rows = rows,
        .columns = columns,
        .run = t->run,
        .runs = kind == 5       ? 0
                : kind % 3 == 0 ? 1
                                : RUNS,
        .a_stride = A_WIDTH,
        .b_stride = B_WIDTH,
        .c_stride = C_WIDTH,
        .a_row = kind % 2 == 0 ? NULL : t->a_row,
        .c_row = kind < 3 ? NULL : t->c_row,
        .c = t->c + MARGIN,
        .start = kind % 4 == 0 ? NULL : t->start,
        .start_stride = kind % 4 == 1 ? 0 : COLUMNS,
    };
    for (int i = 0; i < RUNS; i++) {
        t->run[i] = (lk_few_run){t->a + 5 * i, t->b + 11 * i * B_WIDTH, depths[kind % 3][i],
                                 t->b8 + 11 * i * B_WIDTH};
    }
    return call;
}

static void run(bench *t, const lk_few_call *call, const lk_kernels *kernels, lk_pool *pool) {
    for (size_t i = 0; i < sizeof t->c / sizeof(float); i++) {
        t->c[i] = t->wanted[i] = -7.0f;
    }
    naive(call, t->wanted + MARGIN);
    if (pool != NULL) {
        lk_few_run_on(pool, kernels, call);
    } else {
        kernels->few(call);
    }
    compare(t, call);
}

static void test_bits(void **state) {
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    (void)state;
    for (int special = 0; special < 2; special++) {
        bench *t = make(special == 1);
        for (int32_t k = 0; k < count; k++) {
            for (int64_t rows = 1; rows <= 18; rows++) {
                for (int64_t columns = 1; columns <= 150; columns += columns < 40 ? 1 : 13) {
                    lk_few_call call = lay_out(t, rows, columns, (int)(rows + columns) % 6);
                    run(t, &call, tables[k], NULL);
                }
            }
        }
        lk_release(t);
    }
}

static void test_8_bits(void **state) {
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    bench *t = make(false);
    lk_pool *pool = lk_pool_create(2);
    (void)state;
    make_8_bits(t);
    for (int32_t k = 0; k < count; k++) {
        for (int64_t rows = 1; rows <= 18; rows++) {
            for (int64_t columns = 1; columns <= COLUMNS; columns += columns < 40 ? 1 : 13) {
                lk_few_call call = lay_out(t, rows, columns, (int)(rows + columns) % 6);
                call.unit = t->unit;
                run(t, &call, tables[k], NULL);
                run(t, &call, tables[k], columns >= 16 && columns % 2 == 0 ? pool : NULL);
            }
        }
    }
    lk_pool_destroy(pool);
    lk_release(t);
}

/* So much work that it is cut: few rows, deep and wide, with a B that no cache holds. */
static void run_large(const lk_kernels *kernels, lk_pool *pool, int64_t columns) {
    enum { LARGE_DEPTH = 3500, LARGE_WIDTH = 400, LARGE_ROWS = 4 };
    float *a = lk_allocate(LARGE_DEPTH + LARGE_ROWS * 1000, sizeof *a);
    float *b = lk_allocate(LARGE_DEPTH * LARGE_WIDTH, sizeof *b);
    float *c = lk_allocate(LARGE_ROWS * LARGE_WIDTH, sizeof *c),
          *wanted = lk_allocate(LARGE_ROWS * LARGE_WIDTH, sizeof *wanted);
    assert_true(a != NULL && b != NULL && c != NULL && wanted != NULL);
    fill(a, LARGE_DEPTH + LARGE_ROWS * 1000, 1, false);
    fill(b, LARGE_DEPTH * LARGE_WIDTH, 2, false);
    const lk_few_run whole = {a, b, LARGE_DEPTH, NULL};
    const lk_few_call call = {.rows = LARGE_ROWS,
                              .columns = columns,
                              .run = &whole,
                              .runs = 1,
                              .a_stride = 1000,
                              .b_stride = LARGE_WIDTH,
                              .c_stride = LARGE_WIDTH,
                              .c = c};
    lk_few_run_on(pool, kernels, &call);
    naive(&call, wanted);
    assert_memory_equal(c, wanted, LARGE_ROWS * LARGE_WIDTH * sizeof *c);
    lk_release(a);
    lk_release(b);
    lk_release(c);
    lk_release(wanted);
}

static void test_pieces(void **state) {
    const lk_kernels *const *tables;
    lk_kernels_available(&tables);
    bench *t = make(false);
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        lk_pool *pool = lk_pool_create(threads);
        assert_non_null(pool);
        for (int64_t columns = COLUMNS - 20; columns <= COLUMNS; columns++) {
            lk_few_call call = lay_out(t, ROWS, columns, 3);
            run(t, &call, tables[0], pool);
        }
        run_large(tables[0], pool, 397);
        run_large(tables[0], pool, 384);
        lk_pool_destroy(pool);
    }
    lk_release(t);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_8_bits),
        cmocka_unit_test(test_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
