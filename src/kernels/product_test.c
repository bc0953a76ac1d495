/* The product against its definition, bit for bit: every instruction set of this machine, several
 * numbers of threads, every start, all staircases, gathers and transposes, odd sizes and special
 * values. NaN matches any NaN; everything else, and every byte of C that the product must not
 * touch, is compared as bits. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slow.h"
#include "kernels/product.h"

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof((array)[0])))

typedef struct dice {
    uint64_t seed;
    uint64_t state;
} dice;

static uint32_t draw(dice *d, uint32_t limit) {
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((d->state >> 33) % limit);
}

static float draw_value(dice *d, bool special) {
    static const float specials[] = {0.0f,   -0.0f,   INFINITY, -INFINITY, NAN,
                                     1e-40f, -3e-42f, 3e38f,    1e-30f};
    if (special && draw(d, 12) == 0) {
        return specials[draw(d, (uint32_t)COUNT(specials))];
    }
    if (special && draw(d, 4) == 0) {
        return draw(d, 2) != 0 ? -0.0f : 0.0f;
    }
    return ((float)draw(d, 2000001) - 1e6f) * 1e-6f;
}

static float *draw_values(dice *d, int64_t count, bool special) {
    float *values = malloc((size_t)(count + 1) * sizeof(float));
    assert_non_null(values);
    for (int64_t i = 0; i < count; i++) {
        values[i] = draw_value(d, special);
    }
    return values;
}

/* `count` distinct places below `limit`, in any order. */
static int32_t *draw_index(dice *d, int64_t count, int64_t limit) {
    int32_t *index = malloc((size_t)(limit + 1) * sizeof(int32_t));
    assert_non_null(index);
    for (int64_t i = 0; i < limit; i++) {
        index[i] = (int32_t)i;
    }
    for (int64_t i = 0; i < count; i++) {
        const int64_t j = i + draw(d, (uint32_t)(limit - i));
        const int32_t other = index[j];
        index[j] = index[i];
        index[i] = other;
    }
    return index;
}

static int compare_entries(const void *a, const void *b) {
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* A nondecreasing staircase of `rows` entries in 0..limit; steps are runs or singles. */
static int32_t *draw_staircase(dice *d, int64_t rows, int64_t limit) {
    int32_t *stairs = malloc((size_t)rows * sizeof(int32_t));
    assert_non_null(stairs);
    const uint32_t run = 1 + draw(d, 12);
    for (int64_t i = 0; i < rows; i++) {
        stairs[i] =
            i > 0 && draw(d, run) != 0 ? stairs[i - 1] : (int32_t)draw(d, (uint32_t)limit + 1);
    }
    qsort(stairs, (size_t)rows, sizeof(int32_t), compare_entries);
    return stairs;
}

enum {
    A_TRANSPOSED = 1,
    A_ROWS = 2,
    A_COLUMNS = 4,
    B_TRANSPOSED = 8,
    B_ROWS = 16,
    B_COLUMNS = 32,
    C_TRANSPOSED = 64,
    C_ROWS = 128,
    C_COLUMNS = 256,
    DEPTH_BEGIN = 512,
    DEPTH_END = 1024,
    COLUMN_END = 2048,
    SPECIAL = 4096,
    OPTIONS = 8192,
};

typedef struct sample {
    lk_product product;
    float *a, *b, *bias, *before, *expected, *c;
    int32_t *index[6], *stairs[3];
    int64_t c_count;
} sample;

/* Memory of rows x columns with slack; fills strides and indices. Returns its size. */
static int64_t draw_layout(dice *d, int64_t rows, int64_t columns, bool transposed, bool by_row,
                           bool by_column, int64_t strides[2], int32_t *index[2]) {
    const int64_t all_rows = rows + (by_row ? draw(d, 5) : 0),
                  all_columns = columns + (by_column ? draw(d, 5) : 0);
    const int64_t slack = draw(d, 3);
    strides[0] = transposed ? 1 : all_columns + slack;
    strides[1] = transposed ? all_rows + slack : 1;
    index[0] = by_row ? draw_index(d, rows, all_rows) : NULL;
    index[1] = by_column ? draw_index(d, columns, all_columns) : NULL;
    return transposed ? all_columns * (all_rows + slack) : all_rows * (all_columns + slack);
}

static void sample_draw(dice *d, int64_t rows, int64_t columns, int64_t depth, uint32_t options,
                        lk_start start, sample *s) {
    const bool special = (options & SPECIAL) != 0;
    int64_t stride[2];
    memset(s, 0, sizeof(*s));
    lk_product *p = &s->product;
    *p = (lk_product){.rows = rows, .columns = columns, .depth = depth, .start = start};
    int64_t count = draw_layout(d, rows, depth, options & A_TRANSPOSED, options & A_ROWS,
                                options & A_COLUMNS, stride, s->index);
    s->a = draw_values(d, count, special);
    p->a = (lk_operand){s->a, stride[0], stride[1], s->index[0], s->index[1]};
    count = draw_layout(d, depth, columns, options & B_TRANSPOSED, options & B_ROWS,
                        options & B_COLUMNS, stride, s->index + 2);
    s->b = draw_values(d, count, special);
    p->b = (lk_operand){s->b, stride[0], stride[1], s->index[2], s->index[3]};
    count = draw_layout(d, rows, columns, options & C_TRANSPOSED, options & C_ROWS,
                        options & C_COLUMNS, stride, s->index + 4);
    s->c_count = count + 64;
    s->before = draw_values(d, s->c_count, special);
    s->expected = malloc((size_t)s->c_count * sizeof(float));
    s->c = malloc((size_t)s->c_count * sizeof(float));
    assert_true(s->expected != NULL && s->c != NULL);
    p->c_row_stride = stride[0];
    p->c_column_stride = stride[1];
    p->c_row_index = s->index[4];
    p->c_column_index = s->index[5];
    s->bias = draw_values(d, rows + columns + 5, special);
    p->bias = s->bias;
    s->stairs[0] = draw_staircase(d, rows, depth);
    s->stairs[1] = draw_staircase(d, rows, depth);
    s->stairs[2] = draw_staircase(d, rows, columns);
    p->depth_begin = options & DEPTH_BEGIN ? s->stairs[0] : NULL;
    p->depth_end = options & DEPTH_END ? s->stairs[1] : NULL;
    p->column_end = options & COLUMN_END ? s->stairs[2] : NULL;
    memcpy(s->expected, s->before, (size_t)s->c_count * sizeof(float));
    p->c = s->expected + 32;
    lk_product_naive(p);
}

static void sample_release(sample *s) {
    float *floats[] = {s->a, s->b, s->bias, s->before, s->expected, s->c};
    for (int64_t i = 0; i < COUNT(floats); i++) {
        free(floats[i]);
    }
    for (int64_t i = 0; i < COUNT(s->index); i++) {
        free(s->index[i]);
    }
    for (int64_t i = 0; i < COUNT(s->stairs); i++) {
        free(s->stairs[i]);
    }
}

static bool same(float x, float y) {
    return (isnan(x) && isnan(y)) || memcmp(&x, &y, sizeof(x)) == 0;
}

static void check_c(const sample *s, const char *isa, int threads, uint32_t options,
                    uint64_t seed) {
    for (int64_t i = 0; i < s->c_count; i++) {
        if (!same(s->c[i], s->expected[i])) {
            const lk_product *p = &s->product;
            fail_msg("%s, %d threads, seed %llu: %lld x %lld x %lld, options %x, start %d: element "
                     "%lld is %a, not %a",
                     isa, threads, (unsigned long long)seed, (long long)p->rows,
                     (long long)p->columns, (long long)p->depth, options, (int)p->start,
                     (long long)(i - 32), (double)s->c[i], (double)s->expected[i]);
        }
    }
}

typedef struct fixture {
    lk_pool *pool[4];
    lk_workspace *workspace;
} fixture;

static int fixture_create(void **state) {
    static const int threads[] = {1, 2, 7};
    fixture *f = calloc(1, sizeof(*f));
    f->workspace = lk_workspace_create();
    for (int64_t i = 0; i < COUNT(threads); i++) {
        f->pool[i + 1] = lk_pool_create(threads[i]);
    }
    *state = f;
    return f->workspace == NULL || f->pool[1] == NULL || f->pool[2] == NULL || f->pool[3] == NULL;
}

static int fixture_destroy(void **state) {
    fixture *f = *state;
    for (int64_t i = 1; i < COUNT(f->pool); i++) {
        lk_pool_destroy(f->pool[i]);
    }
    lk_workspace_destroy(f->workspace);
    free(f);
    return 0;
}

/* Runs the sample on every table, with one of the pools (or all of them). */
static void check_sample(fixture *f, sample *s, int64_t first_pool, int64_t last_pool,
                         uint32_t options, uint64_t seed) {
    const lk_kernels *const *tables;
    const int32_t count = lk_kernels_available(&tables);
    for (int32_t t = 0; t < count; t++) {
        for (int64_t i = first_pool; i <= last_pool; i++) {
            memcpy(s->c, s->before, (size_t)s->c_count * sizeof(float));
            s->product.c = s->c + 32;
            assert_true(lk_product_run(&s->product, tables[t], f->pool[i], f->workspace));
            check_c(s, tables[t]->isa, f->pool[i] != NULL ? lk_pool_threads(f->pool[i]) : 0,
                    options, seed);
        }
    }
}

#define SEEDS_APART (LK_SLOW ? 5 : 1) /* of 8 layouts all come */

static const int64_t sizes[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  11,  12, 13,
                                15, 16, 17, 31, 32, 33, 47, 63, 65, 100, 129};

static void check_random(fixture *f, uint64_t seed, uint32_t options, int64_t deepest) {
    dice d = {seed, seed * 77777 + 1};
    const int64_t rows = sizes[draw(&d, (uint32_t)COUNT(sizes))],
                  columns = sizes[draw(&d, (uint32_t)COUNT(sizes))];
    const int64_t depth =
        draw(&d, 3) == 0 ? draw(&d, (uint32_t)deepest) : sizes[draw(&d, (uint32_t)COUNT(sizes))];
    const int64_t pool = draw(&d, 4);
    sample s;
    sample_draw(&d, rows, columns, depth, options, (lk_start)draw(&d, 4), &s);
    check_sample(f, &s, pool, pool, options, seed);
    sample_release(&s);
}

static void test_random_products(void **state) {
    for (uint64_t seed = 1; seed <= 1500; seed += SEEDS_APART) {
        dice d = {seed, seed};
        draw(&d, 2);
        check_random(*state, seed, draw(&d, OPTIONS), 700);
    }
}

static void test_common_layouts(void **state) {
    static const uint32_t layouts[] = {
        0,
        DEPTH_END,
        DEPTH_END | A_COLUMNS | B_ROWS | A_ROWS | C_ROWS,
        A_TRANSPOSED | DEPTH_BEGIN,
        B_TRANSPOSED | COLUMN_END,
        B_TRANSPOSED | COLUMN_END | C_COLUMNS,
        DEPTH_BEGIN | DEPTH_END,
        B_ROWS,
    };
    for (uint64_t seed = 1; seed <= 400; seed += SEEDS_APART) {
        const uint32_t options = layouts[seed % (uint64_t)COUNT(layouts)];
        check_random(*state, seed, options | (seed % 3 == 0 ? SPECIAL : 0), 600);
    }
}

/* A's depth in runs, as the channels that a convolution reads at each of its taps; its rows and C's
 * in any order. */
static void test_depth_in_runs(void **state) {
    for (uint64_t seed = 1; seed <= 300; seed += SEEDS_APART) {
        dice d = {seed, seed + 1};
        const int64_t run = 8 + draw(&d, 30), depth = run * (1 + draw(&d, 9));
        const int64_t rows = sizes[draw(&d, (uint32_t)COUNT(sizes))],
                      columns = sizes[draw(&d, (uint32_t)COUNT(sizes))];
        const uint32_t rest = B_TRANSPOSED | B_ROWS | A_ROWS | C_ROWS | SPECIAL;
        const uint32_t options = A_COLUMNS | (draw(&d, OPTIONS) & rest);
        sample s;
        sample_draw(&d, rows, columns, depth, options, (lk_start)draw(&d, 4), &s);
        int32_t *order = draw_index(&d, depth / run, depth / run);
        for (int64_t k = 0; k < depth; k++) {
            s.index[1][k] = (int32_t)(order[k / run] * run + k % run);
        }
        free(order);
        memcpy(s.expected, s.before, (size_t)s.c_count * sizeof(float));
        s.product.c = s.expected + 32;
        lk_product_naive(&s.product);
        check_sample(*state, &s, 1, 2, options, seed);
        sample_release(&s);
    }
}

/* Enough work for many pieces, depth blocks and column pieces; some pools. Where tests are slow
 * every third shape from `first` on. */
static void check_large(fixture *f, int64_t first_pool, int64_t last_pool, int64_t first) {
    static const struct {
        int64_t rows, columns, depth;
        uint32_t options;
        lk_start start;
    } large[] = {
        {260, 100, 517, DEPTH_END | A_COLUMNS, LK_START_BIAS},
        {301, 100, 400, A_TRANSPOSED | DEPTH_BEGIN, LK_START_C},
        {150, 1500, 100, B_TRANSPOSED | COLUMN_END, LK_START_ZERO},
        {150, 1100, 260, 0, LK_START_ROW},
        {131, 900, 600, A_TRANSPOSED | DEPTH_BEGIN | DEPTH_END, LK_START_ZERO},
        {125, 1700, 90, A_COLUMNS | A_ROWS | C_COLUMNS | COLUMN_END, LK_START_C},
        {10, 300, 2049, B_ROWS | DEPTH_END, LK_START_BIAS},
        {900, 3, 1500, DEPTH_END, LK_START_BIAS},
        {2000, 1, 900, DEPTH_BEGIN | DEPTH_END, LK_START_C},
    };
    for (int64_t i = LK_SLOW ? first : 0; i < COUNT(large); i += LK_SLOW ? 3 : 1) {
        dice d = {(uint64_t)i, (uint64_t)i + 99};
        sample s;
        sample_draw(&d, large[i].rows, large[i].columns, large[i].depth, large[i].options,
                    large[i].start, &s);
        check_sample(f, &s, first_pool, last_pool, large[i].options, (uint64_t)i);
        sample_release(&s);
    }
}

static void test_large_products(void **state) {
    check_large(*state, 1, 3, 0);
}

/* Block sizes of other machines. */
static void test_other_caches(void **state) {
    static const lk_caches others[] = {
        {8 << 10, 64 << 10}, {32 << 10, 256 << 10}, {48 << 10, 2 << 20}, {128 << 10, 16 << 20}};
    fixture f = *(fixture *)*state;
    for (int64_t i = 0; i < COUNT(others); i++) {
        f.workspace = lk_workspace_create();
        assert_non_null(f.workspace);
        lk_workspace_set_caches(f.workspace, others[i]);
        check_large(&f, 2, 2, i % 3);
        for (uint64_t seed = 1; seed <= 100; seed += SEEDS_APART) {
            check_random(&f, seed, A_COLUMNS | C_ROWS, 700);
        }
        lk_workspace_destroy(f.workspace);
    }
    const lk_caches own = lk_caches_of_machine();
    assert_true(own.first >= 8 << 10 && own.first <= own.second && own.second <= 16 << 20);
}

/* A large product, of which four columns are compared. */
static void check_some_columns(fixture *f, const lk_kernels *kernels, int64_t rows, int64_t columns,
                               int64_t depth, int pool) {
    dice d = {5, 5};
    sample s;
    sample_draw(&d, rows, columns, 1, 0, LK_START_ZERO, &s);
    float *a = draw_values(&d, rows * depth, false), *b = draw_values(&d, columns * depth, false);
    s.product.depth = depth;
    s.product.a = (lk_operand){.data = a, .row_stride = depth, .column_stride = 1};
    s.product.b = (lk_operand){.data = b, .row_stride = columns, .column_stride = 1};
    s.product.c = s.c + 32;
    assert_true(lk_product_run(&s.product, kernels, f->pool[pool], f->workspace));
    const int32_t some[] = {0, 31, (int32_t)(columns / 2), (int32_t)(columns - 1)};
    float *expected = s.expected;
    lk_product few = s.product;
    few.columns = COUNT(some);
    few.b.column_index = some;
    few.c = expected;
    few.c_row_stride = few.columns;
    lk_product_naive(&few);
    for (int64_t m = 0; m < rows; m++) {
        for (int64_t n = 0; n < few.columns; n++) {
            const float is = s.product.c[m * s.product.c_row_stride + some[n]],
                        should = expected[m * few.columns + n];
            if (!same(is, should)) {
                fail_msg("row %lld, column %d: %a, not %a", (long long)m, some[n], (double)is,
                         (double)should);
            }
        }
    }
    free(a);
    free(b);
    sample_release(&s);
}

/* So much depth that B is packed in several rounds of columns. */
static void test_rounds(void **state) {
    const lk_kernels *const *tables;
    lk_kernels_available(&tables);
    check_some_columns(*state, tables[0], 40, 130, 70000, 2);
}

/* B larger than the caches, of which each piece packs its own columns; also in rounds. */
static void test_deep(void **state) {
    const lk_kernels *const *tables;
    const int32_t count = lk_kernels_available(&tables);
    for (int32_t t = 0; t < count; t++) {
        check_some_columns(*state, tables[t], 37, 523, 8200, t % 3);
    }
    if (!LK_SLOW) {
        check_some_columns(*state, tables[0], 40, 537, 20000, 2);
    }
}

/* A product computed row by row and column by column equals the whole. */
static void test_parts_equal_the_whole(void **state) {
    fixture *f = *state;
    const lk_kernels *const *tables;
    const int32_t count = lk_kernels_available(&tables);
    dice d = {9, 9};
    sample s;
    sample_draw(&d, 37, 70, 300, DEPTH_END, LK_START_BIAS, &s);
    for (int32_t t = 0; t < count; t++) {
        memcpy(s.c, s.before, (size_t)s.c_count * sizeof(float));
        for (int64_t m = 0, rows; m < 37; m += rows) {
            rows = 1 + draw(&d, (uint32_t)(37 - m));
            for (int64_t n = 0, columns; n < 70; n += columns) {
                columns = 1 + draw(&d, (uint32_t)(70 - n));
                lk_product part = s.product;
                part.rows = rows;
                part.columns = columns;
                part.a.data += m * part.a.row_stride;
                part.b.data += n;
                part.c = s.c + 32 + m * part.c_row_stride + n;
                part.bias += m;
                part.depth_end += m;
                assert_true(lk_product_run(&part, tables[t], f->pool[2], f->workspace));
            }
        }
        check_c(&s, tables[t]->isa, 2, DEPTH_END, 9);
    }
    sample_release(&s);
}

/* Terms outside the staircase are not added: -0 stays -0, and infinity times zero makes no NaN. */
static void test_outside_is_not_added(void **state) {
    fixture *f = *state;
    const lk_kernels *const *tables;
    const int32_t count = lk_kernels_available(&tables);
    enum { ROWS = 13, COLUMNS = 20, DEPTH = 13 };
    float a[ROWS * DEPTH], b[DEPTH * COLUMNS], c[ROWS * COLUMNS], bias[ROWS];
    int32_t end[ROWS];
    for (int i = 0; i < ROWS * DEPTH; i++) {
        a[i] = i % DEPTH < i / DEPTH ? -0.0f : INFINITY;
    }
    for (int i = 0; i < DEPTH * COLUMNS; i++) {
        b[i] = 0.0f;
    }
    for (int m = 0; m < ROWS; m++) {
        end[m] = m;
        bias[m] = -0.0f;
    }
    for (int32_t t = 0; t < count; t++) {
        for (int columns = 1; columns <= COLUMNS; columns++) {
            lk_product p = {.rows = ROWS,
                            .columns = columns,
                            .depth = DEPTH,
                            .a = {a, DEPTH, 1, NULL, NULL},
                            .b = {b, COLUMNS, 1, NULL, NULL},
                            .c = c,
                            .c_row_stride = COLUMNS,
                            .c_column_stride = 1,
                            .start = LK_START_BIAS,
                            .bias = bias,
                            .depth_end = end};
            assert_true(lk_product_run(&p, tables[t], NULL, f->workspace));
            for (int i = 0; i < ROWS * columns; i++) {
                const float value = c[i / columns * COLUMNS + i % columns];
                assert_true(value == 0.0f && signbit(value) != 0);
            }
        }
    }
}

static void test_multiply_adds(void **state) {
    (void)state;
    const int32_t begin[] = {0, 1, 4, 9}, end[] = {2, 3, 4, 5}, columns[] = {0, 2, 3, 7};
    lk_product p = {.rows = 4, .columns = 7, .depth = 10, .depth_begin = begin, .depth_end = end};
    assert_int_equal(lk_product_multiply_adds(&p), 7 * (2 + 2));
    p.column_end = columns;
    assert_int_equal(lk_product_multiply_adds(&p), 2 * 2);
    p.depth_end = NULL;
    assert_int_equal(lk_product_multiply_adds(&p), 2 * 9 + 3 * 6 + 7 * 1);
}

static void test_nothing_to_do(void **state) {
    fixture *f = *state;
    const lk_kernels *const *tables;
    lk_kernels_available(&tables);
    lk_product p = {.rows = 0, .columns = 5, .depth = 5};
    assert_true(lk_product_run(&p, tables[0], f->pool[2], f->workspace));
    p = (lk_product){.rows = 5, .columns = 0, .depth = 5};
    assert_true(lk_product_run(&p, tables[0], f->pool[2], f->workspace));
    lk_workspace_destroy(NULL);
}

/* The steps of a recurrence: one B, many A; then another B, which must be packed anew. Rows and
 * columns for every way. */
static void check_kept(fixture *f, const lk_kernels *kernels, int64_t rows, int64_t columns,
                       int64_t depth) {
    dice d = {77, 77};
    float *a = draw_values(&d, rows * depth, false), *b = draw_values(&d, depth * columns, false);
    float *c = draw_values(&d, rows * columns, false),
          *expected = draw_values(&d, rows * columns, false);
    for (int step = 0; step < 5; step++) {
        lk_product p = {.rows = rows,
                        .columns = columns,
                        .depth = depth,
                        .a = {a, depth, 1, NULL, NULL},
                        .b = {b, columns, 1, NULL, NULL},
                        .c = c,
                        .c_row_stride = columns,
                        .c_column_stride = 1,
                        .start = LK_START_C,
                        .b_reuse = step != 0 && step != 3 ? LK_B_KEPT : LK_B_KEEP};
        for (int64_t i = 0; i < rows * depth; i++) {
            a[i] += 0.5f;
        }
        for (int64_t i = 0; i < depth * columns && step == 3; i++) {
            b[i] -= 1.0f;
        }
        memcpy(expected, c, (size_t)(rows * columns) * sizeof *c);
        assert_true(lk_product_run(&p, kernels, f->pool[step % 3], f->workspace));
        p.c = expected;
        lk_product_naive(&p);
        if (memcmp(c, expected, (size_t)(rows * columns) * sizeof *c) != 0) {
            fail_msg("%s: %lld x %lld x %lld, step %d: not the naive product", kernels->isa,
                     (long long)rows, (long long)columns, (long long)depth, step);
        }
    }
    free(a);
    free(b);
    free(c);
    free(expected);
}

static void test_kept(void **state) {
    fixture *f = *state;
    const lk_kernels *const *tables;
    const int32_t count = lk_kernels_available(&tables);
    for (int32_t t = 0; t < count; t++) {
        check_kept(f, tables[t], 40, 65, 300);
        check_kept(f, tables[t], 3, 65, 20);
        check_kept(f, tables[t], 20, 65, 20);
        check_kept(f, tables[t], 40, 3, 20);
        check_kept(f, tables[t], 8, 300, 700);
        check_kept(f, tables[t], 33, 1100, 129);
        check_kept(f, tables[t], 1, 517, 513);
    }
}

/* ---- packed once ----------------------------------------------------------------------------- */

enum { PACKED_BLOCKS = 5, PACKED_ROWS = 90 };

/* Rows, some of which follow one another: for even blocks and others. */
static void draw_rows(dice *d, int32_t *row) {
    int32_t at = 0;
    for (int64_t i = 0; i < PACKED_ROWS; i++) {
        at += i == 27 || i > 75 ? 1 + (int32_t)draw(d, 3) : 1;
        row[i] = at;
    }
}

/* Products with some blocks of one B each, against the same with its rows listed. */
static void check_packed(fixture *f, const lk_kernels *kernels, int64_t depth, int64_t columns,
                         bool transposed) {
    enum { SPAN = PACKED_ROWS * 3 };
    dice d = {78, 78};
    int64_t all = PACKED_BLOCKS * depth;
    float *a = draw_values(&d, (SPAN + 1) * all, false), *b = draw_values(&d, all * columns, false);
    float *c = draw_values(&d, SPAN * columns, false), *bias = draw_values(&d, columns, false);
    float *expected = draw_values(&d, SPAN * columns, false);
    float *room = draw_values(&d, lk_packed_floats(kernels, all, columns), false);
    int32_t row[PACKED_ROWS], *at = calloc((size_t)all, sizeof *at),
                              *of = calloc((size_t)all, sizeof *of);
    const lk_packed packed = {room, all, columns};
    lk_product p = {.rows = PACKED_ROWS,
                    .columns = columns,
                    .a = {a, all, 1, row, NULL},
                    .b = {b, transposed ? 1 : columns, transposed ? all : 1, NULL, NULL},
                    .c_row_stride = columns,
                    .c_column_stride = 1,
                    .c_row_index = row,
                    .bias = bias};
    draw_rows(&d, row);
    lk_packed_make(&packed, &p.b, kernels);
    for (int seen = 1; seen < 1 << PACKED_BLOCKS; seen++) {
        lk_tile_run runs[PACKED_BLOCKS];
        p.runs = 0;
        p.depth = 0;
        for (int64_t block = 0; block < PACKED_BLOCKS; block++) {
            if ((seen >> block & 1) == 0) {
                continue;
            }
            int64_t from = (block * 2 + seen) % PACKED_BLOCKS * depth;
            runs[p.runs++] = (lk_tile_run){from, depth, block * depth};
            for (int64_t k = 0; k < depth; k++, p.depth++) {
                at[p.depth] = (int32_t)(from + k);
                of[p.depth] = (int32_t)(block * depth + k);
            }
        }
        static const lk_start starts[] = {LK_START_C, LK_START_ZERO, LK_START_ROW};
        p.start = starts[seen % 3];
        memcpy(expected, c, (size_t)(SPAN * columns) * sizeof *c);
        lk_product naive = p;
        naive.a.column_index = at;
        naive.b.row_index = of;
        naive.c = expected;
        lk_product_naive(&naive);
        p.run = runs;
        p.packed = &packed;
        p.c = c;
        assert_true(lk_product_run(&p, kernels, f->pool[seen % 3], f->workspace));
        if (memcmp(c, expected, (size_t)(SPAN * columns) * sizeof *c) != 0) {
            fail_msg("%s: %lld of depth %lld, blocks %x: not the naive product", kernels->isa,
                     (long long)columns, (long long)depth, seen);
        }
    }
    free(a);
    free(b);
    free(c);
    free(bias);
    free(expected);
    free(room);
    free(at);
    free(of);
}

static void test_packed_once(void **state) {
    fixture *f = *state;
    static const int64_t columns[] = {1, 4, 7, 8, 12, 16, 17, 24, 32, 40, 49, 64, 72, 128, 131};
    const lk_kernels *const *tables;
    const int32_t count = lk_kernels_available(&tables);
    for (int32_t t = 0; t < count; t++) {
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
            check_packed(f, tables[t], 8 + (int64_t)i % 3, columns[i], i % 2 != 0);
        }
        assert_false(lk_packed_suits(tables[t], f->workspace, 1 << 20, 64));
        assert_true(lk_packed_suits(tables[t], f->workspace, 64, 64));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multiply_adds),
        cmocka_unit_test(test_nothing_to_do),
        cmocka_unit_test(test_outside_is_not_added),
        cmocka_unit_test(test_parts_equal_the_whole),
        cmocka_unit_test(test_common_layouts),
        cmocka_unit_test(test_random_products),
        cmocka_unit_test(test_depth_in_runs),
        cmocka_unit_test(test_large_products),
        cmocka_unit_test(test_other_caches),
        cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_packed_once),
    };
    return cmocka_run_group_tests(tests, fixture_create, fixture_destroy);
}
