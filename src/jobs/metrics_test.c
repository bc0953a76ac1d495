/* AUROC and average precision against their definitions, counted pair by pair and rank by rank. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "jobs/score.h"

static lk_context *context;

static void expect_metrics(const double *score, const int32_t *label, int64_t count, double auroc,
                           double precision) {
    double got_auroc, got_precision;
    assert_int_equal(lk_score_metrics(context, score, label, count, &got_auroc, &got_precision),
                     LK_OK);
    if (fabs(got_auroc - auroc) > 1e-12 || fabs(got_precision - precision) > 1e-12) {
        fail_msg("AUROC %.15f, average precision %.15f; expected %.15f, %.15f", got_auroc,
                 got_precision, auroc, precision);
    }
}

static void test_known_answers(void **state) {
    (void)state;
    const double rising[] = {1, 2, 3, 4};
    expect_metrics(rising, (const int32_t[]){0, 0, 1, 1}, 4, 1.0, 1.0);
    expect_metrics(rising, (const int32_t[]){1, 1, 0, 0}, 4, 0.0, (1.0 / 3.0 + 2.0 / 4.0) / 2.0);
    expect_metrics(rising, (const int32_t[]){0, 7, 0, -1}, 4, 0.75, (1.0 + 2.0 / 3.0) / 2.0);
    /* All tied: a coin flip, and the precision is the share of anomalies. */
    expect_metrics((const double[]){5, 5, 5, 5, 5}, (const int32_t[]){0, 1, 0, 1, 0}, 5, 0.5, 0.4);
    expect_metrics((const double[]){INFINITY, 0, -1}, (const int32_t[]){1, 0, 0}, 3, 1.0, 1.0);
    expect_metrics((const double[]){0, INFINITY, 1, INFINITY, -INFINITY},
                   (const int32_t[]){0, 1, 1, 0, 0}, 5, 4.5 / 6.0, (0.5 + 2.0 / 3.0) / 2.0);
}

static void test_against_the_definition(void **state) {
    (void)state;
    enum { N = 301 };
    double score[N];
    int32_t label[N];
    lk_random random = {8, LK_FOR_CHECK};
    double pairs = 0.0, wins = 0.0;
    for (int i = 0; i < N; i++) {
        score[i] = (double)lk_random_below(random, 1, (uint64_t)i, 40);
        label[i] = lk_random_unit(random, 2, (uint64_t)i) < 0.3f;
    }
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            if (label[i] != 0 && label[j] == 0) {
                pairs += 1.0;
                wins += score[i] > score[j] ? 1.0 : score[i] == score[j] ? 0.5 : 0.0;
            }
        }
    }
    double precision = 0.0, anomalies = 0.0;
    for (int i = 0; i < N; i++) {
        if (label[i] != 0) {
            double at_least = 0.0, of_them = 0.0;
            for (int j = 0; j < N; j++) {
                at_least += score[j] >= score[i] ? 1.0 : 0.0;
                of_them += score[j] >= score[i] && label[j] != 0 ? 1.0 : 0.0;
            }
            precision += of_them / at_least;
            anomalies += 1.0;
        }
    }
    expect_metrics(score, label, N, wins / pairs, precision / anomalies);
}

static void test_one_kind_is_refused(void **state) {
    (void)state;
    double a, b;
    assert_int_equal(
        lk_score_metrics(context, (const double[]){1, 2}, (const int32_t[]){0, 0}, 2, &a, &b),
        LK_INVALID);
    assert_int_equal(
        lk_score_metrics(context, (const double[]){1, 2}, (const int32_t[]){1, 3}, 2, &a, &b),
        LK_INVALID);
    assert_int_equal(
        lk_score_metrics(context, (const double[]){1, NAN}, (const int32_t[]){1, 0}, 2, &a, &b),
        LK_NOT_FINITE);
}

static int set_up(void **state) {
    (void)state;
    return lk_context_create(1, &context) == LK_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    lk_context_destroy(context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_against_the_definition),
        cmocka_unit_test(test_one_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
