/* Weights of 8 bits: the nearest of those that there are, an exact float32 each; closed forms, and
 * what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "graph/quantized.h"

typedef struct fixture {
    lk_context *context;
    lk_parameters *parameters;
    lk_parameter *p;
} fixture;

static fixture make(int64_t rows, int64_t columns) {
    fixture f;
    int32_t index;
    assert_int_equal(lk_context_create(1, &f.context), LK_OK);
    assert_int_equal(lk_parameters_create(f.context, &f.parameters), LK_OK);
    assert_int_equal(lk_parameters_declare(f.parameters, "w", rows, columns, LK_INIT_ZERO, &index),
                     LK_OK);
    f.p = &f.parameters->list[index];
    return f;
}

static void release(fixture *f) {
    lk_parameters_destroy(f->parameters);
    lk_context_destroy(f->context);
}

/* Integers times one power of two for each column stay what they are, up to the largest. */
static void test_exact(void **state) {
    (void)state;
    fixture f = make(255, 5);
    static const int exponents[5] = {-20, -7, 0, 3, 30};
    float before[255 * 5];
    for (int64_t i = 0; i < 255 * 5; i++) {
        f.p->value[i] = (float)ldexp((double)(i / 5 - 127), exponents[i % 5]);
    }
    memcpy(before, f.p->value, sizeof before);
    assert_int_equal(lk_parameter_quantize(f.context, f.p), LK_OK);
    assert_memory_equal(before, f.p->value, sizeof before);
    assert_false(f.p->quantized->by_rows);
    for (int64_t c = 0; c < 5; c++) {
        assert_int_equal(f.p->quantized->exponent[c], exponents[c]);
    }
    for (int64_t i = 0; i < 255 * 5; i++) {
        assert_int_equal(f.p->quantized->value[i], i / 5 - 127);
    }
    release(&f);
}

/* The same lying down: rows share the exponents. */
static void test_by_rows(void **state) {
    (void)state;
    fixture f = make(3, 255);
    for (int64_t i = 0; i < 3 * 255; i++) {
        f.p->value[i] = (float)ldexp((double)(i % 255 - 127), (int)(i / 255) * 9);
    }
    assert_int_equal(lk_parameter_quantize(f.context, f.p), LK_OK);
    assert_true(f.p->quantized->by_rows);
    assert_int_equal(f.p->quantized->exponent[2], 18);
    release(&f);
}

/* By the definition: no weight of the column could be nearer with its exponent; ties go to even
 * integers; and the exponent is no worse than its neighbours. */
static double error_of(const float *w, int64_t count, int64_t stride, int exponent) {
    double sum = 0.0;
    for (int64_t i = 0; i < count; i++) {
        double unit = ldexp(1.0, exponent), whole = rint((double)w[i * stride] / unit);
        whole = fmax(-127.0, fmin(127.0, whole));
        sum += pow((double)w[i * stride] - whole * unit, 2.0);
    }
    return sum;
}

static void test_nearest(void **state) {
    (void)state;
    enum { ROWS = 61, COLUMNS = 13 };
    fixture f = make(ROWS, COLUMNS);
    float before[ROWS * COLUMNS];
    for (int64_t i = 0; i < ROWS * COLUMNS; i++) {
        f.p->value[i] = before[i] = lk_random_normal((lk_random){7, LK_FOR_CHECK}, 0, (uint64_t)i) *
                                    (float)(1 + i % COLUMNS);
    }
    assert_int_equal(lk_parameter_quantize(f.context, f.p), LK_OK);
    const lk_quantized *q = f.p->quantized;
    for (int64_t c = 0; c < COLUMNS && !q->by_rows; c++) {
        double own = error_of(before + c, ROWS, COLUMNS, q->exponent[c]);
        for (int other = q->exponent[c] - 3; other <= q->exponent[c] + 3; other++) {
            assert_true(own <= error_of(before + c, ROWS, COLUMNS, other));
        }
        for (int64_t r = 0; r < ROWS; r++) {
            int64_t i = r * COLUMNS + c;
            double unit = ldexp(1.0, q->exponent[c]);
            assert_true(f.p->value[i] == (float)(q->value[i] * unit));
            assert_true(abs(q->value[i]) == 127 ||
                        fabs((double)before[i] - q->value[i] * unit) <= unit / 2);
        }
    }
    assert_false(q->by_rows); /* columns were drawn of different sizes */
    release(&f);
}

static void test_twice(void **state) {
    (void)state;
    fixture f = make(2, 2);
    f.p->value[0] = 0.3f;
    f.p->value[3] = -1000.0f;
    assert_int_equal(lk_parameter_quantize(f.context, f.p), LK_OK);
    float once[4];
    memcpy(once, f.p->value, sizeof once);
    lk_parameter_forget_quantized(f.p);
    assert_null(f.p->quantized);
    assert_int_equal(lk_parameter_quantize(f.context, f.p), LK_OK);
    assert_int_equal(lk_parameter_quantize(f.context, f.p), LK_OK);
    assert_memory_equal(once, f.p->value, sizeof once);
    release(&f);
}

static void test_refused(void **state) {
    (void)state;
    static const float wrong[] = {NAN, INFINITY, -INFINITY, 3e38f};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fixture f = make(2, 3);
        f.p->value[4] = wrong[i];
        assert_int_equal(lk_parameter_quantize(f.context, f.p), LK_UNSUPPORTED);
        assert_null(f.p->quantized);
        release(&f);
    }
    fixture f = make(1, 2);
    const int8_t integers[] = {127, -128}, right[] = {1, -127}, far[] = {0, 101}, near[] = {0, 100};
    assert_int_equal(lk_parameter_set_quantized(f.context, f.p, integers, near, false), LK_FORMAT);
    assert_int_equal(lk_parameter_set_quantized(f.context, f.p, right, far, false), LK_FORMAT);
    assert_int_equal(lk_parameter_set_quantized(f.context, f.p, right, near, false), LK_OK);
    assert_true(f.p->value[0] == 1.0f && f.p->value[1] == (float)ldexp(-127.0, 100));
    release(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),   cmocka_unit_test(test_by_rows),
        cmocka_unit_test(test_nearest), cmocka_unit_test(test_twice),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
