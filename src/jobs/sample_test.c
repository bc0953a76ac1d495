/* Samples against the model's own probabilities: chi-squared on domains that can be summed, seed
 * fixed; and held variables. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "jobs/sample.h"
#include "train/evaluate.h"

#define VARIABLES 5
#define SETTINGS 32
#define SAMPLES 40000

static lk_context *context;

static int set_up(void **state) {
    (void)state;
    return lk_context_create(2, &context) == LK_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    lk_context_destroy(context);
    return 0;
}

/* Weights large enough that the variables depend on each other. */
static lk_model *make_model(const char *const *set, int32_t sets) {
    lk_data_description data = {.shape = {1, {VARIABLES}}, .variables = VARIABLES, .alphabet = 2};
    lk_model *model;
    assert_int_equal(lk_model_create(context, "made", set, sets, data, "random:4", 9, &model),
                     LK_OK);
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t e = 0; e < parameter->rows * parameter->columns; e++) {
            float unit = lk_random_unit((lk_random){3, LK_FOR_CHECK}, (uint64_t)p, (uint64_t)e);
            bool outside = parameter->live != NULL &&
                           e % parameter->columns >= parameter->live[e / parameter->columns];
            parameter->value[e] = outside ? 0.0f : 3.0f * unit - 1.5f;
        }
    }
    return model;
}

static int code_of(const uint16_t *x) {
    int code = 0;
    for (int v = 0; v < VARIABLES; v++) {
        code |= x[v] << v;
    }
    return code;
}

/* p(x) of all settings, by the mixture over variants. */
static void all_probabilities(const lk_model *model, double *p) {
    lk_dataset *all;
    double nll[SETTINGS], total = 0.0;
    assert_int_equal(lk_dataset_create(context, "all", model->data.shape, SETTINGS, 2, &all),
                     LK_OK);
    for (int code = 0; code < SETTINGS; code++) {
        for (int v = 0; v < VARIABLES; v++) {
            all->values[code * VARIABLES + v] = (uint16_t)(code >> v & 1);
        }
    }
    assert_int_equal(lk_evaluate_dataset(model, all, nll), LK_OK);
    for (int code = 0; code < SETTINGS; code++) {
        p[code] = exp(-nll[code]);
        total += p[code];
    }
    assert_true(fabs(total - 1.0) < 1e-5);
    lk_dataset_destroy(all);
}

/* Chi-squared of `count` samples against p, cells of fewer than 5 expected ones joined; the 1 -
 * 1e-5 quantile by Wilson and Hilferty. */
static void expect_agreement(const lk_dataset *samples, const double *p, const char *what) {
    double observed[SETTINGS] = {0}, chi = 0.0, rest = 0.0, rest_observed = 0.0;
    int cells = 0;
    for (int64_t i = 0; i < samples->examples; i++) {
        observed[code_of(samples->values + i * VARIABLES)] += 1.0;
    }
    for (int code = 0; code < SETTINGS; code++) {
        double expected = p[code] * (double)samples->examples;
        if (expected < 5.0) {
            rest += expected;
            rest_observed += observed[code];
        } else {
            chi += (observed[code] - expected) * (observed[code] - expected) / expected;
            cells++;
        }
    }
    if (rest >= 5.0) {
        chi += (rest_observed - rest) * (rest_observed - rest) / rest;
        cells++;
    } else {
        assert_true(rest_observed < 30.0 + rest); /* next to impossible settings stay rare */
    }
    double k = cells - 1, z = 4.265, root = 1.0 - 2.0 / (9.0 * k) + z * sqrt(2.0 / (9.0 * k));
    double limit = k * root * root * root;
    assert_true(cells > 3);
    if (chi > limit) {
        fail_msg("%s: chi-squared %.2f of %d cells, at most %.2f expected (seed fixed)", what, chi,
                 cells, limit);
    }
}

static lk_dataset *draw(const lk_model *model, lk_sample_options options) {
    lk_dataset *samples;
    if (lk_sample(model, &options, &samples) != LK_OK) {
        fail_msg("%s", lk_context_message(context));
    }
    return samples;
}

static const char *const one_mask[] = {"hidden=12"};
static const char *const three_orders[] = {"hidden=12", "masks=3", "order_agnostic=true"};

static void test_samples_follow_the_model(void **state) {
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        lk_model *model = make_model(kind == 0 ? one_mask : three_orders, kind == 0 ? 1 : 3);
        double p[SETTINGS];
        all_probabilities(model, p);
        lk_dataset *samples =
            draw(model, (lk_sample_options){.count = SAMPLES, .seed = 1, .temperature = 1.0f});
        expect_agreement(samples, p, kind == 0 ? "one mask" : "mixture of three orderings");
        /* The test can fail: the same samples are not those of another distribution. */
        double shifted = 0.0;
        for (int code = 0; code < SETTINGS; code++) {
            shifted += fabs(p[code] - p[(code + 1) % SETTINGS]);
        }
        assert_true(shifted > 0.2);
        lk_dataset_destroy(samples);
        lk_model_destroy(model);
    }
}

static void test_batch_and_schedule_do_not_matter(void **state) {
    (void)state;
    lk_model *model = make_model(three_orders, 3);
    lk_dataset *a = draw(model, (lk_sample_options){.count = 500, .seed = 2, .temperature = 0.7f});
    lk_dataset *b = draw(model, (lk_sample_options){.count = 500,
                                                    .seed = 2,
                                                    .temperature = 0.7f,
                                                    .batch = 7,
                                                    .schedule = LK_SCHEDULE_NAIVE});
    assert_memory_equal(a->values, b->values, 500 * VARIABLES * sizeof(uint16_t));
    /* Sample i does not depend on how many are drawn. */
    lk_dataset *c = draw(model, (lk_sample_options){.count = 3, .seed = 2, .temperature = 0.7f});
    assert_memory_equal(a->values, c->values, 3 * VARIABLES * sizeof(uint16_t));
    lk_dataset_destroy(a);
    lk_dataset_destroy(b);
    lk_dataset_destroy(c);
    lk_model_destroy(model);
}

/* Holding a prefix of the ordering draws from p(rest | held), exactly. */
static void test_held_prefix_conditions(void **state) {
    (void)state;
    lk_model *model = make_model(one_mask, 1);
    double p[SETTINGS], conditional[SETTINGS], total = 0.0;
    all_probabilities(model, p);
    int32_t row[VARIABLES];
    int first = -1, second = -1;
    for (int v = 0; v < VARIABLES; v++) {
        first = model->rank[v] == 0 ? v : first;
        second = model->rank[v] == 1 ? v : second;
    }
    for (int v = 0; v < VARIABLES; v++) {
        row[v] = v == first ? 1 : v == second ? 0 : -1;
    }
    for (int code = 0; code < SETTINGS; code++) {
        bool fits = (code >> first & 1) == 1 && (code >> second & 1) == 0;
        conditional[code] = fits ? p[code] : 0.0;
        total += conditional[code];
    }
    for (int code = 0; code < SETTINGS; code++) {
        conditional[code] /= total;
    }
    lk_given given = {.examples = 1, .variables = VARIABLES, .values = row};
    lk_dataset *samples = draw(
        model,
        (lk_sample_options){.count = SAMPLES, .seed = 3, .temperature = 1.0f, .given = &given});
    expect_agreement(samples, conditional, "held prefix");
    lk_dataset_destroy(samples);
    lk_model_destroy(model);
}

static void test_held_subsets(void **state) {
    (void)state;
    int32_t rows[2 * VARIABLES] = {-1, -1, 1, -1, 0, 0, -1, -1, 1, -1};
    lk_given given = {.examples = 2, .variables = VARIABLES, .values = rows};
    lk_model *fixed = make_model(one_mask, 1), *free_order = make_model(three_orders, 3);
    lk_sample_options options = {.count = 50, .seed = 4, .temperature = 1.0f, .given = &given};
    lk_dataset *samples;
    assert_int_equal(lk_sample(fixed, &options, &samples), LK_INVALID);
    assert_non_null(strstr(lk_context_message(context), "order_agnostic"));
    samples = draw(free_order, options);
    for (int64_t i = 0; i < 50; i++) {
        for (int v = 0; v < VARIABLES; v++) {
            int32_t held = rows[i % 2 * VARIABLES + v];
            assert_true(held < 0 || samples->values[i * VARIABLES + v] == held);
        }
    }
    lk_dataset_destroy(samples);
    lk_model_destroy(fixed);
    lk_model_destroy(free_order);
}

static void test_given_texts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        lk_status status;
        const char *message;
    } cases[] = {
        {"1 ? 0\n?,1,1,0,0\n", LK_OK, NULL},
        {"1 0 1 0 1", LK_OK, NULL},
        {"\n", LK_OK, NULL},
        {"", LK_FORMAT, "empty"},
        {"1 2\n", LK_FORMAT, "line 1, value 2"},
        {"0\n0 x\n", LK_FORMAT, "line 2"},
        {"0 0 0 0 0 0\n", LK_FORMAT, "more than"},
        {"1?\n", LK_FORMAT, "unexpected"},
        {"99999999999999999999\n", LK_FORMAT, "value 1"},
    };
    lk_model *model = make_model(one_mask, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lk_given given;
        lk_bytes bytes = {(uint8_t *)(uintptr_t)cases[i].text, (int64_t)strlen(cases[i].text)};
        lk_status status = lk_given_parse(context, "held.txt", &bytes, model, &given);
        if (status != cases[i].status) {
            fail_msg("\"%s\": status %d, expected %d: %s", cases[i].text, status, cases[i].status,
                     lk_context_message(context));
        }
        if (status != LK_OK) {
            assert_non_null(strstr(lk_context_message(context), cases[i].message));
        }
        lk_given_deinit(&given);
    }
    lk_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_follow_the_model),
        cmocka_unit_test(test_batch_and_schedule_do_not_matter),
        cmocka_unit_test(test_held_prefix_conditions),
        cmocka_unit_test(test_held_subsets),
        cmocka_unit_test(test_given_texts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
