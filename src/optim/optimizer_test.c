/* Every optimizer against a naive recomputation in double, and against closed forms; dead columns;
 * the moving average; threads. */
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
#include "kernels/kernels.h"
#include "optim/optimizer.h"

#define SEED 7
#define COLUMNS 7
#define BIG 50001 /* several pieces, and a rest */
#define UNTOUCHED 42.0f

typedef struct fixture {
    lk_context *context;
    lk_parameters *parameters;
    lk_optimizer *optimizer;
    lk_average *average;
} fixture;

static const int32_t LIVE[5] = {0, 3, 7, 1, 5};

static float draw(uint64_t a, uint64_t b) {
    return 2 * lk_random_unit((lk_random){SEED, LK_FOR_CHECK}, a, b) - 1;
}

static bool is_live(const lk_parameter *p, int64_t element) {
    return p->live == NULL || element % p->columns < p->live[element / p->columns];
}

static void fill_weights(lk_parameters *parameters) {
    for (int32_t i = 0; i < parameters->count; i++) {
        lk_parameter *p = &parameters->list[i];
        for (int64_t e = 0; e < p->rows * p->columns; e++) {
            p->value[e] = is_live(p, e) ? draw((uint64_t)i, (uint64_t)e) : UNTOUCHED;
        }
    }
}

static void fill_gradients(lk_parameters *parameters, uint64_t step) {
    for (int32_t i = 0; i < parameters->count; i++) {
        lk_parameter *p = &parameters->list[i];
        for (int64_t e = 0; e < p->rows * p->columns; e++) {
            p->gradient[e] = draw(1000 * step + 100 + (uint64_t)i, (uint64_t)e);
        }
    }
}

static fixture setup(const lk_optimizer_options *options, int threads, double decay) {
    fixture f = {0};
    int32_t index;
    assert_int_equal(lk_context_create(threads, &f.context), LK_OK);
    assert_int_equal(lk_parameters_create(f.context, &f.parameters), LK_OK);
    assert_int_equal(
        lk_parameters_declare(f.parameters, "a.weight", 5, COLUMNS, LK_INIT_ZERO, &index), LK_OK);
    lk_parameter *a = &f.parameters->list[index];
    a->live = lk_allocate(5, sizeof *a->live);
    assert_non_null(a->live);
    memcpy(a->live, LIVE, sizeof LIVE);
    a->decays = true;
    assert_int_equal(lk_parameters_declare(f.parameters, "a.bias", 3, 1, LK_INIT_ZERO, &index),
                     LK_OK);
    f.parameters->list[index].decays = false;
    assert_int_equal(lk_parameters_declare(f.parameters, "b.weight", BIG, 1, LK_INIT_ZERO, &index),
                     LK_OK);
    f.parameters->list[index].decays = true;
    fill_weights(f.parameters);
    assert_int_equal(lk_optimizer_create(f.parameters, options, &f.optimizer), LK_OK);
    if (decay > 0) {
        assert_int_equal(lk_average_create(f.parameters, decay, &f.average), LK_OK);
    }
    return f;
}

static void teardown(fixture *f) {
    lk_average_destroy(f->average);
    lk_optimizer_destroy(f->optimizer);
    lk_parameters_destroy(f->parameters);
    lk_context_destroy(f->context);
}

/* ---- the naive recomputation: one weight, as the formulas in optimizer.h are written --------- */

typedef struct naive {
    double w, first, second, average;
} naive;

static void naive_step(naive *n, const lk_optimizer_options *o, double rate, double gradient,
                       bool decays, int t) {
    double wd = decays ? o->weight_decay : 0;
    bool decoupled = strcmp(o->name, "adamw") == 0;
    double g = gradient + (decoupled ? 0 : wd * n->w);
    if (strcmp(o->name, "sgd") == 0) {
        n->first = o->momentum * n->first + g;
        n->w -= rate * n->first;
    } else if (strcmp(o->name, "adagrad") == 0) {
        n->first += g * g;
        n->w -= rate * g / (sqrt(n->first) + o->epsilon);
    } else {
        n->first = o->beta1 * n->first + (1 - o->beta1) * g;
        n->second = o->beta2 * n->second + (1 - o->beta2) * g * g;
        double m = n->first / (1 - pow(o->beta1, t)), s = n->second / (1 - pow(o->beta2, t));
        n->w -= rate * m / (sqrt(s) + o->epsilon) + (decoupled ? rate * wd * n->w : 0);
    }
}

static void compare(const lk_optimizer_options *options, double scale) {
    enum { STEPS = 25 };
    const double decay = 0.95;
    fixture f = setup(options, 2, decay);
    naive *all[3];
    for (int32_t i = 0; i < 3; i++) {
        lk_parameter *p = &f.parameters->list[i];
        all[i] = lk_allocate(p->rows * p->columns, sizeof(naive));
        for (int64_t e = 0; e < p->rows * p->columns; e++) {
            all[i][e].w = all[i][e].average = (double)p->value[e];
        }
    }
    for (int t = 1; t <= STEPS; t++) {
        double rate = options->learning_rate / t;
        double d = fmin(decay, (double)t / (9 + t));
        fill_gradients(f.parameters, (uint64_t)t);
        for (int32_t i = 0; i < 3; i++) {
            lk_parameter *p = &f.parameters->list[i];
            for (int64_t e = 0; e < p->rows * p->columns; e++) {
                if (is_live(p, e)) {
                    naive *n = &all[i][e];
                    naive_step(n, options, rate, scale * (double)p->gradient[e], p->decays, t);
                    n->average = d * n->average + (1 - d) * n->w;
                }
            }
        }
        lk_optimizer_step(f.optimizer, rate, scale, f.average);
    }
    double worst = 0;
    for (int32_t i = 0; i < 3; i++) {
        lk_parameter *p = &f.parameters->list[i];
        for (int64_t e = 0; e < p->rows * p->columns; e++) {
            if (!is_live(p, e)) {
                assert_true(p->value[e] == UNTOUCHED && f.average->value[i][e] == UNTOUCHED);
                assert_true(lk_optimizer_slot(f.optimizer, 0, i)[e] == 0);
                continue;
            }
            worst = fmax(worst, fabs((double)p->value[e] - all[i][e].w));
            worst = fmax(worst, fabs((double)f.average->value[i][e] - all[i][e].average));
        }
        lk_release(all[i]);
    }
    printf("%s, decay %g: worst difference of 25 steps %.2g (seed %d)\n", options->name,
           options->weight_decay, worst, SEED);
    assert_true(worst < 3e-6);
    assert_int_equal(*lk_optimizer_steps(f.optimizer), STEPS);
    teardown(&f);
}

static const char *const NAMES[] = {"sgd", "adam", "adamw", "adagrad"};

static void equals_the_naive_one(void **unused) {
    (void)unused;
    for (int i = 0; i < 4; i++) {
        for (int decays = 0; decays < 2; decays++) {
            lk_optimizer_options options = lk_optimizer_defaults();
            options.name = NAMES[i];
            options.learning_rate = 0.1;
            options.epsilon =
                0.01; /* large enough that a gradient near 0 does not magnify its rounding */
            options.weight_decay = decays ? 0.3 : 0;
            compare(&options, decays ? 0.25 : 1);
        }
    }
}

/* A constant gradient has closed forms; so do its failures. */
static void closed_forms(void **unused) {
    (void)unused;
    enum { STEPS = 40 };
    const double g = 0.5, rate = 0.01;
    for (int i = 0; i < 4; i++) {
        lk_optimizer_options options = lk_optimizer_defaults();
        options.name = NAMES[i];
        fixture f = setup(&options, 1, 0);
        lk_parameter *p = &f.parameters->list[1];
        double start = (double)p->value[0];
        double sum = 0, roots = 0;
        for (int t = 1; t <= STEPS; t++) {
            p->gradient[0] = (float)g;
            lk_optimizer_step(f.optimizer, rate, 1, NULL);
            sum += (1 - pow(options.momentum, t)) / (1 - options.momentum);
            roots += 1 / sqrt(t);
        }
        double want = i == 0 ? rate * g * sum : i == 3 ? rate * roots : rate * STEPS;
        printf("%s: moved %.7f, closed form %.7f\n", NAMES[i], start - (double)p->value[0], want);
        assert_true(fabs(start - (double)p->value[0] - want) < 2e-6);
        assert_true((lk_optimizer_slot(f.optimizer, 1, 0) != NULL) == (i == 1 || i == 2));
        assert_null(lk_optimizer_slot(f.optimizer, 2, 0));
        teardown(&f);
    }
}

static void threads_do_not_matter(void **unused) {
    (void)unused;
    const int threads[] = {1, 2, 7};
    for (int i = 0; i < 4; i++) {
        lk_optimizer_options options = lk_optimizer_defaults();
        options.name = NAMES[i];
        options.weight_decay = 0.01;
        fixture f[3];
        for (int k = 0; k < 3; k++) {
            f[k] = setup(&options, threads[k], 0.9);
            for (uint64_t t = 0; t < 3; t++) {
                fill_gradients(f[k].parameters, t);
                lk_optimizer_step(f[k].optimizer, 0.01, 0.5, f[k].average);
            }
        }
        for (int k = 1; k < 3; k++) {
            for (int32_t p = 0; p < 3; p++) {
                const lk_parameter *one = &f[0].parameters->list[p],
                                   *other = &f[k].parameters->list[p];
                size_t bytes = (size_t)(one->rows * one->columns) * sizeof(float);
                assert_memory_equal(one->value, other->value, bytes);
                assert_memory_equal(f[0].average->value[p], f[k].average->value[p], bytes);
            }
        }
        for (int k = 0; k < 3; k++) {
            teardown(&f[k]);
        }
    }
}

static void bad_options_are_named(void **unused) {
    (void)unused;
    lk_optimizer_options good = lk_optimizer_defaults();
    fixture f = setup(&good, 1, 0);
    struct {
        const char *word;
        lk_optimizer_options options;
    } bad[] = {{"'adamax'", good}, {"learning rate", good}, {"momentum", good}, {"beta1", good},
               {"beta2", good},    {"epsilon", good},       {"decay", good}};
    bad[0].options.name = "adamax";
    bad[1].options.learning_rate = NAN;
    bad[2].options.momentum = 1;
    bad[3].options.beta1 = -0.1;
    bad[4].options.beta2 = 1 - 1e-12;
    bad[5].options.epsilon = 0;
    bad[6].options.weight_decay = -1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lk_optimizer *optimizer;
        assert_int_equal(lk_optimizer_create(f.parameters, &bad[i].options, &optimizer),
                         LK_INVALID);
        assert_null(optimizer);
        assert_non_null(strstr(lk_context_message(f.context), bad[i].word));
    }
    teardown(&f);
}

/* Weights of a large file stand in one room, and go with it; so their arrays are nobody else's. */
static void swapped_in_a_room(void **state) {
    (void)state;
    enum { LARGE = 1 << 20 };
    lk_context *context;
    lk_parameters *parameters;
    int32_t index;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    assert_int_equal(lk_parameters_create(context, &parameters), LK_OK);
    parameters->total_most = LARGE + 8;
    assert_int_equal(
        lk_parameters_declare(parameters, "a.weight", LARGE / 64, 64, LK_INIT_ZERO, &index), LK_OK);
    assert_int_equal(lk_parameters_declare(parameters, "a.bias", 8, 1, LK_INIT_ZERO, &index),
                     LK_OK);
    float **kept = lk_weights_copy(parameters), *array = parameters->list[1].value;
    assert_non_null(kept);
    for (int i = 0; i < 8; i++) {
        parameters->list[1].value[i] = (float)(i + 1);
    }
    lk_weights_swap(parameters, kept);
    assert_ptr_equal(parameters->list[1].value, array);
    for (int i = 0; i < 8; i++) {
        assert_true(array[i] == 0.0f && kept[1][i] == (float)(i + 1));
    }
    lk_weights_release(kept, parameters->count);
    lk_parameters_destroy(parameters);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_naive_one), cmocka_unit_test(closed_forms),
        cmocka_unit_test(threads_do_not_matter), cmocka_unit_test(bad_options_are_named),
        cmocka_unit_test(swapped_in_a_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
