/* Schedules at points whose values are known, their shape between, and what the check refuses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "optim/rate.h"

#define STEPS_IN_EPOCH 10
#define TOTAL 1001

static double at(const lk_rate_options *options, int64_t step) {
    return lk_rate_factor(options, (lk_rate_moment){.step = step,
                                                    .steps_in_epoch = STEPS_IN_EPOCH,
                                                    .total_steps = TOTAL,
                                                    .warmup_steps = options->warmup_steps});
}

static void near(double got, double want, double tolerance) {
    if (!(fabs(got - want) <= tolerance)) {
        printf("got %.17g, want %.17g\n", got, want);
    }
    assert_true(fabs(got - want) <= tolerance);
}

static void constant_is_one(void **unused) {
    (void)unused;
    lk_rate_options options = lk_rate_defaults();
    near(at(&options, 0), 1, 0);
    near(at(&options, 123456789), 1, 0);
}

static void cosine_at_known_points(void **unused) {
    (void)unused;
    lk_rate_options options = lk_rate_defaults();
    options.name = "cosine";
    near(at(&options, 0), 1, 0);
    near(at(&options, 500), 0.5, 1e-15);
    near(at(&options, 250), 0.5 + sqrt(0.125), 1e-15);
    near(at(&options, 1000), 0, 0);
    near(at(&options, 5000), 0, 0);
    options.final_fraction = 0.1;
    near(at(&options, 0), 1, 0);
    near(at(&options, 500), 0.55, 1e-15);
    near(at(&options, 1000), 0.1, 1e-16);
    for (int64_t s = 1; s < TOTAL; s++) {
        assert_true(at(&options, s) < at(&options, s - 1));
    }
    near(lk_rate_factor(&options, (lk_rate_moment){0, 1, 1, 0, 0}), 0.1,
         0); /* one step only: it is the last */
}

static void linear_at_known_points(void **unused) {
    (void)unused;
    lk_rate_options options = lk_rate_defaults();
    options.name = "linear";
    near(at(&options, 0), 1, 0);
    near(at(&options, 250), 0.75, 1e-15);
    near(at(&options, 1000), 0, 0);
    options.final_fraction = 0.2;
    near(at(&options, 500), 0.6, 1e-15);
}

/* What is over of the time, or of the steps if that is more. */
static void time_ends_it(void **unused) {
    (void)unused;
    lk_rate_options options = lk_rate_defaults();
    lk_rate_moment now = {.step = 123456, .steps_in_epoch = 10, .time = 0.5};
    options.name = "cosine";
    options.by_time = true;
    near(lk_rate_factor(&options, now), 0.5, 1e-15);
    options.name = "linear";
    now.time = 0.75;
    near(lk_rate_factor(&options, now), 0.25, 1e-15);
    now.time = 3;
    near(lk_rate_factor(&options, now), 0, 0);
    now = (lk_rate_moment){.step = 90, .steps_in_epoch = 10, .total_steps = 101, .time = 0.5};
    near(lk_rate_factor(&options, now), 0.1, 1e-15);
    assert_true(lk_rate_ends(&options));
    lk_context context = {0};
    assert_int_equal(lk_rate_check(&context, &options, 0), LK_OK);
}

static void step_falls_at_its_epochs(void **unused) {
    (void)unused;
    lk_rate_options options = lk_rate_defaults();
    options.name = "step";
    options.decay = 0.5;
    options.decay_epochs = 2;
    near(at(&options, 0), 1, 0);
    near(at(&options, 19), 1, 0);
    near(at(&options, 20), 0.5, 0);
    near(at(&options, 39), 0.5, 0);
    near(at(&options, 60), 0.125, 0);
}

static void exponential_falls_evenly(void **unused) {
    (void)unused;
    lk_rate_options options = lk_rate_defaults();
    options.name = "exponential";
    options.decay = 0.25;
    options.decay_epochs = 4;
    near(at(&options, 0), 1, 0);
    near(at(&options, 20), 0.5, 1e-15);
    near(at(&options, 40), 0.25, 1e-15);
    near(at(&options, 10), sqrt(0.5), 1e-15);
    for (int64_t s = 1; s < 100; s++) {
        near(at(&options, s) / at(&options, s - 1), exp(log(0.25) / 40), 1e-14);
    }
    options.decay = 1;
    near(at(&options, 77), 1, 0);
}

static void warm_up_is_linear(void **unused) {
    (void)unused;
    lk_rate_options options = lk_rate_defaults();
    options.warmup_steps = 4;
    near(at(&options, 0), 0.25, 0);
    near(at(&options, 1), 0.5, 0);
    near(at(&options, 2), 0.75, 0);
    near(at(&options, 3), 1, 0);
    near(at(&options, 4), 1, 0);
    options.name = "step";
    options.decay_epochs = 0.1;
    near(at(&options, 1), 0.25, 0); /* the product of both */
}

static void check_names_what_is_wrong(void **unused) {
    (void)unused;
    lk_context context = {0};
    lk_rate_options good = lk_rate_defaults();
    assert_int_equal(lk_rate_check(&context, &good, 0), LK_OK);
    struct {
        const char *word;
        lk_rate_options options;
    } bad[] = {
        {"schedule 'linearly'", good}, {"warm-up", good}, {"final", good}, {"decay 0 ", good},
        {"each 0 epochs", good},       {"cosine", good},  {"final", good}, {"schedule ''", good}};
    bad[0].options.name = "linearly";
    bad[1].options.warmup_steps = -1;
    bad[2].options.final_fraction = 1.5;
    bad[3].options.decay = 0;
    bad[4].options.decay_epochs = 0;
    bad[5].options.name = "cosine";
    bad[6].options.final_fraction = NAN;
    bad[7].options.name = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(lk_rate_check(&context, &bad[i].options, 0), LK_INVALID);
        assert_non_null(strstr(context.message, bad[i].word));
    }
    assert_int_equal(lk_rate_check(&context, &bad[5].options, 100), LK_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_is_one),          cmocka_unit_test(cosine_at_known_points),
        cmocka_unit_test(linear_at_known_points),   cmocka_unit_test(time_ends_it),
        cmocka_unit_test(step_falls_at_its_epochs), cmocka_unit_test(exponential_falls_evenly),
        cmocka_unit_test(warm_up_is_linear),        cmocka_unit_test(check_names_what_is_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
