/* The gradient norm against long double, over live columns only, for any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "optim/clip.h"

#define ROWS 300
#define COLUMNS 301
#define SEED 11

static lk_parameters *make(lk_context *context, long double *squares) {
    lk_parameters *parameters;
    int32_t index;
    assert_int_equal(lk_parameters_create(context, &parameters), LK_OK);
    assert_int_equal(lk_parameters_declare(parameters, "w", ROWS, COLUMNS, LK_INIT_ZERO, &index),
                     LK_OK);
    assert_int_equal(lk_parameters_declare(parameters, "b", ROWS, 1, LK_INIT_ZERO, &index), LK_OK);
    assert_int_equal(lk_parameters_declare(parameters, "v", 40000, 1, LK_INIT_ZERO, &index), LK_OK);
    lk_parameter *w = &parameters->list[0];
    w->live = lk_allocate(ROWS, sizeof *w->live);
    assert_non_null(w->live);
    assert_int_equal(lk_parameters_make_gradients(parameters), LK_OK);
    *squares = 0;
    for (int64_t r = 0; r < ROWS; r++) {
        w->live[r] = (int32_t)(r % (COLUMNS + 1));
    }
    for (int32_t i = 0; i < parameters->count; i++) {
        lk_parameter *p = &parameters->list[i];
        for (int64_t e = 0; e < p->rows * p->columns; e++) {
            bool live = p->live == NULL || e % p->columns < p->live[e / p->columns];
            p->gradient[e] =
                lk_random_unit((lk_random){SEED, LK_FOR_CHECK}, (uint64_t)i, (uint64_t)e) - 0.5f;
            *squares += live ? (long double)p->gradient[e] * (long double)p->gradient[e] : 0;
        }
    }
    return parameters;
}

static void norm_is_right(void **unused) {
    (void)unused;
    const int threads[] = {1, 2, 7};
    double norms[3];
    for (int k = 0; k < 3; k++) {
        lk_context *context;
        long double squares;
        assert_int_equal(lk_context_create(threads[k], &context), LK_OK);
        lk_parameters *parameters = make(context, &squares);
        lk_clip clip;
        assert_int_equal(lk_clip_init(&clip, parameters), LK_OK);
        assert_true(clip.spans.pieces > 3);
        norms[k] = lk_clip_norm(&clip);
        assert_true(lk_clip_norm(&clip) == norms[k]); /* nothing is left over from the first call */
        printf("%d threads: %.17g, want %.17g (seed %d)\n", threads[k], norms[k],
               (double)sqrtl(squares), SEED);
        assert_true(fabs(norms[k] / (double)sqrtl(squares) - 1) < 1e-13);
        assert_true(norms[k] == norms[0]);
        parameters->list[1].gradient[5] = NAN;
        assert_true(isnan(lk_clip_norm(&clip)));
        parameters->list[1].gradient[5] = -INFINITY;
        assert_true(isinf(lk_clip_norm(&clip)));
        lk_clip_deinit(&clip);
        lk_parameters_destroy(parameters);
        lk_context_destroy(context);
    }
}

static void scale_shortens_only(void **unused) {
    (void)unused;
    assert_true(lk_clip_scale(4, 1) == 0.25);
    assert_true(lk_clip_scale(0.5, 1) == 1 && lk_clip_scale(1, 1) == 1 && lk_clip_scale(0, 1) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(norm_is_right),
                                       cmocka_unit_test(scale_shortens_only)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
