/* Exact likelihoods: they sum to one over a small domain, the mixture equals its definition in long
 * double, batches and threads do not matter; baselines and calibration against values known. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "train/baseline.h"
#include "train/evaluate.h"
#include "train/train.h"

#define VARIABLES 8
#define ALL 256 /* every binary vector */
#define MASKS 5

static lk_model *make_model(lk_context *context) {
    lk_model *model;
    const char *assignments[] = {"hidden=9", "masks=5", "order_agnostic=true"};
    lk_data_description data = {.shape = {1, {VARIABLES}}, .variables = VARIABLES, .alphabet = 2};
    assert_int_equal(lk_model_create(context, "made", assignments, 3, data, "natural", 4, &model),
                     LK_OK);
    for (int32_t i = 0; i < model->parameters->count;
         i++) { /* larger weights, so that the masks disagree */
        lk_parameter *p = &model->parameters->list[i];
        for (int64_t e = 0; e < p->rows * p->columns; e++) {
            p->value[e] =
                3 * lk_random_normal((lk_random){8, LK_FOR_CHECK}, (uint64_t)i, (uint64_t)e);
        }
    }
    return model;
}

static lk_dataset *all_vectors(lk_context *context) {
    lk_dataset *data;
    assert_int_equal(lk_dataset_create(context, "all", (lk_shape){.axes = 1, .size = {VARIABLES}},
                                       ALL, 2, &data),
                     LK_OK);
    for (int i = 0; i < ALL * VARIABLES; i++) {
        data->values[i] = (uint16_t)(i / VARIABLES >> i % VARIABLES & 1);
    }
    return data;
}

static bool count_progress(void *argument, int64_t done, int64_t count) {
    int64_t *last = argument;
    assert_true(done > *last && done <= count && count == ALL);
    *last = done;
    return true;
}

static bool stop(void *argument, int64_t done, int64_t count) {
    (void)count;
    *(int64_t *)argument = done;
    return false;
}

static void expect_nll(const lk_model *model, const lk_dataset *data, lk_walk_options options,
                       double *nll) {
    lk_evaluation evaluation;
    lk_items *items;
    assert_int_equal(lk_items_of_dataset(model->context, data, NULL, &items), LK_OK);
    assert_int_equal(lk_evaluate(model, items, &options, &evaluation), LK_OK);
    assert_true(evaluation.items == data->examples && evaluation.part_nats[0] == 0.0);
    memcpy(nll, evaluation.nll_nats, (size_t)data->examples * sizeof *nll);
    lk_evaluation_deinit(&evaluation);
    lk_items_close(items);
}

static void mixture_is_exact(void **unused) {
    (void)unused;
    const int threads[] = {1, 7};
    const int64_t batches[] = {0, 1, 17, 1000};
    double nll[ALL], first[ALL];
    for (int k = 0; k < 2; k++) {
        lk_context *context;
        assert_int_equal(lk_context_create(threads[k], &context), LK_OK);
        lk_model *model = make_model(context);
        lk_dataset *data = all_vectors(context);
        for (int b = 0; b < 4; b++) {
            int64_t last = 0;
            lk_walk_options options = {
                .lanes = batches[b], .progress = count_progress, .progress_argument = &last};
            expect_nll(model, data, options, nll);
            assert_int_equal(last, ALL);
            if (k == 0 && b == 0) {
                memcpy(first, nll, sizeof first);
            }
            assert_memory_equal(first, nll, sizeof first);
        }
        lk_dataset_destroy(data);
        lk_model_destroy(model);
        lk_context_destroy(context);
    }
    long double total = 0;
    for (int i = 0; i < ALL; i++) {
        total += expl(-(long double)first[i]);
    }
    printf("probabilities of all vectors sum to %.9Lf\n", total);
    assert_true(fabsl(total - 1) < 1e-5L);
}

/* Against -log mean exp in long double, from the variants one at a time. */
static void mixture_equals_its_definition(void **unused) {
    (void)unused;
    lk_context *context;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    lk_model *model = make_model(context);
    lk_dataset *data = all_vectors(context);
    double nll[ALL], one[ALL];
    long double sum[ALL] = {0};
    lk_run *run;
    assert_int_equal(lk_run_open(model, &(lk_run_options){.lanes = ALL}, &run), LK_OK);
    for (int32_t v = 0; v < MASKS; v++) {
        assert_int_equal(lk_run_turn(run, v), LK_OK);
        assert_int_equal(lk_run_begin(run, ALL, NULL), LK_OK);
        assert_int_equal(lk_run_forward(run, data->values, VARIABLES), LK_OK);
        assert_int_equal(lk_run_nll(run, one, NULL), LK_OK);
        for (int i = 0; i < ALL; i++) {
            sum[i] += expl(-(long double)one[i]);
        }
        expect_nll(model, data, (lk_walk_options){.networks = v + 1}, nll);
        for (int i = 0; i < ALL; i++) {
            double want = (double)(logl((long double)(v + 1)) - logl(sum[i]));
            assert_true(fabs(nll[i] - want) < 1e-13 * (1 + want));
            assert_true(v > 0 || nll[i] == one[i]); /* one network: no rounding at all */
        }
    }
    lk_run_close(run);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

/* What each network says alone, beside the mixture, whatever the lanes. */
static void networks_are_told(void **unused) {
    (void)unused;
    static const lk_walk_options ways[] = {{.networks = 0}, {.lanes = 7}, {.networks = 3}};
    lk_context *context;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    lk_model *model = make_model(context);
    lk_dataset *data = all_vectors(context);
    lk_items *items;
    lk_run *run;
    assert_int_equal(lk_items_of_dataset(context, data, NULL, &items), LK_OK);
    assert_int_equal(lk_run_open(model, &(lk_run_options){.lanes = ALL}, &run), LK_OK);
    for (int i = 0; i < 3; i++) {
        lk_evaluation evaluation;
        assert_int_equal(lk_evaluate(model, items, &ways[i], &evaluation), LK_OK);
        assert_int_equal(evaluation.networks, i == 2 ? 3 : MASKS);
        for (int32_t v = 0; v < evaluation.networks; v++) {
            double one[ALL], sum = 0;
            assert_int_equal(lk_run_turn(run, v), LK_OK);
            assert_int_equal(lk_run_begin(run, ALL, NULL), LK_OK);
            assert_int_equal(lk_run_forward(run, data->values, VARIABLES), LK_OK);
            assert_int_equal(lk_run_nll(run, one, NULL), LK_OK);
            for (int k = 0; k < ALL; k++) {
                sum += one[k];
            }
            assert_true(evaluation.network_nats[v] == sum);
        }
        lk_evaluation_deinit(&evaluation);
    }
    lk_run_close(run);
    lk_items_close(items);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

/* A walk that is kept, as validation keeps it: it follows the weights, takes more or fewer networks
 * and lanes, and goes on after it was stopped. */
static void walks_are_kept(void **unused) {
    (void)unused;
    lk_context *context;
    assert_int_equal(lk_context_create(2, &context), LK_OK);
    lk_model *model = make_model(context);
    lk_dataset *data = all_vectors(context);
    lk_items *items;
    lk_walk *walk;
    double nll[ALL], want[ALL];
    const lk_sink sink = lk_nll_sink(nll);
    assert_int_equal(lk_items_of_dataset(context, data, NULL, &items), LK_OK);
    assert_int_equal(lk_walk_open(model, &walk), LK_OK);
    static const lk_walk_options ways[] = {
        {.networks = 2}, {.lanes = 7}, {.terms = true}, {.lanes = 9}};
    for (int i = 0; i < 8; i++) {
        expect_nll(model, data, ways[i % 4], want);
        assert_int_equal(lk_walk_along(walk, items, &ways[i % 4], &sink, 1), LK_OK);
        assert_memory_equal(nll, want, sizeof nll);
        model->parameters->list[0].value[i] += 0.5f;
        int64_t done = 0;
        lk_walk_options stopped = {.lanes = 20, .progress = stop, .progress_argument = &done};
        assert_int_equal(lk_walk_along(walk, items, &stopped, &sink, 1), LK_INTERRUPTED);
        assert_int_equal(done, 20);
    }
    lk_walk_close(walk);
    lk_items_close(items);
    lk_dataset_destroy(data);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void not_a_number_is_named(void **unused) {
    (void)unused;
    lk_context *context;
    double nll[ALL];
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    lk_model *model = make_model(context);
    lk_dataset *data = all_vectors(context);
    model->parameters->list[lk_parameters_find(model->parameters, "logits.bias")].value[2] = NAN;
    assert_int_equal(lk_evaluate_dataset(model, data, nll), LK_NOT_FINITE);
    assert_non_null(strstr(lk_context_message(context), "variable 3 of example 1 is not a number"));
    lk_dataset_destroy(data);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void near(double got, double want) {
    if (!(fabs(got - want) < 1e-12 * (1 + fabs(want)))) {
        fail_msg("got %.17g, want %.17g", got, want);
    }
}

/* -log of the share that a value has, half an example of each of two values added. */
static double bit(double of, double all) {
    return -log((of + 0.5) / (all + 1));
}

static void baselines_are_known(void **unused) {
    (void)unused;
    lk_context *context;
    lk_model *model;
    lk_baselines b;
    lk_data_description data = {.shape = {1, {VARIABLES}}, .variables = VARIABLES, .alphabet = 2};
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    assert_int_equal(lk_model_create(context, "made", NULL, 0, data, "natural", 1, &model), LK_OK);
    lk_dataset *train = all_vectors(context), *one;
    const int32_t first = ALL - 1; /* all ones */
    assert_int_equal(lk_dataset_select(context, train, &first, 1, &one), LK_OK);
    assert_int_equal(lk_baselines_of_examples(model, train, one, &b), LK_OK);
    near(b.uniform, 8 * log(2));
    near(b.independent, 8 * bit(ALL / 2, ALL)); /* balanced */
    for (int i = 0; i < ALL; i++) {
        train->values[i * VARIABLES] = i < ALL / 4;
    }
    assert_int_equal(lk_baselines_of_examples(model, train, one, &b), LK_OK);
    near(b.independent, 7 * bit(ALL / 2, ALL) + bit(ALL / 4, ALL));
    for (int i = 0; i < ALL * VARIABLES; i++) {
        train->values[i] = 51; /* a fifth of 255: grey, to be drawn */
    }
    train->alphabet = 256;
    assert_int_equal(lk_baselines_of_examples(model, train, one, &b), LK_OK);
    near(b.independent, 8 * bit(0.2 * ALL, ALL));
    /* One example alone says nothing of itself. */
    lk_items *items;
    assert_int_equal(lk_items_of_dataset(context, one, NULL, &items), LK_OK);
    assert_int_equal(lk_baselines_alone(model, items, &b), LK_OK);
    near(b.independent, b.uniform);
    lk_items_close(items);
    lk_dataset_destroy(one);
    lk_dataset_destroy(train);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

static void verdicts(void **unused) {
    (void)unused;
    lk_model model = {.family = lk_family_named("made")};
    const lk_baselines b = {100, 50};
    assert_non_null(strstr(lk_baselines_verdict(&model, &b, 100), "learned nothing"));
    assert_non_null(strstr(lk_baselines_verdict(&model, &b, (double)INFINITY), "uniform"));
    assert_non_null(strstr(lk_baselines_verdict(&model, &b, 60), "worse than independent"));
    assert_non_null(strstr(lk_baselines_verdict(&model, &b, 49.9), "no better than independent"));
    assert_null(lk_baselines_verdict(&model, &b, 40));
    assert_null(lk_baselines_verdict(&model, &b, (double)NAN));
    const lk_baselines constant = {100, 0}, unknown = {100, (double)NAN};
    assert_null(lk_baselines_verdict(&model, &constant, 0));
    assert_null(lk_baselines_verdict(&model, &unknown, 60));
    model.family = lk_family_named("histogram");
    assert_null(lk_baselines_verdict(&model, &b, 50));
}

static void calibration_is_sorted_quantiles(void **unused) {
    (void)unused;
    enum { MANY = 3 * LK_CALIBRATION_MOST + 17 };
    lk_context *context;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    lk_model *model = make_model(context);
    const double three[] = {5, (double)INFINITY, -1};
    assert_int_equal(lk_model_calibrate(model, three, 3), LK_OK);
    assert_int_equal(model->calibration_count, 3);
    assert_true(model->calibration[0] == -1 && model->calibration[1] == 5 &&
                model->calibration[2] == FLT_MAX);
    double *many = calloc(MANY, sizeof *many);
    assert_non_null(many);
    for (int i = 0; i < MANY; i++) {
        many[(int64_t)i * 7919 % MANY] = i;
    }
    assert_int_equal(lk_model_calibrate(model, many, MANY), LK_OK);
    assert_int_equal(model->calibration_count, LK_CALIBRATION_MOST);
    for (int64_t i = 0; i < LK_CALIBRATION_MOST; i++) {
        assert_true(model->calibration[i] == (float)(i * (MANY - 1) / (LK_CALIBRATION_MOST - 1)));
    }
    assert_true(model->calibration[LK_CALIBRATION_MOST - 1] == MANY - 1);
    free(many);
    lk_model_destroy(model);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(mixture_is_exact),
                                       cmocka_unit_test(networks_are_told),
                                       cmocka_unit_test(mixture_equals_its_definition),
                                       cmocka_unit_test(walks_are_kept),
                                       cmocka_unit_test(not_a_number_is_named),
                                       cmocka_unit_test(baselines_are_known),
                                       cmocka_unit_test(verdicts),
                                       cmocka_unit_test(calibration_is_sorted_quantiles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
