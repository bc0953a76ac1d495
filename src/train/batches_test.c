/* Minibatches: every example once an epoch, in another order each epoch, the last batch shorter;
 * grey values drawn afresh by the named random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "train/batches.h"

#define VARIABLES 5
#define EXAMPLES 103 /* more than one piece of pool work a batch, and a rest */
#define BATCH 40
#define SEED 3

static lk_dataset *numbered(lk_context *context) {
    lk_dataset *data;
    lk_shape shape = {.axes = 1, .size = {VARIABLES}};
    assert_int_equal(lk_dataset_create(context, "numbered", shape, EXAMPLES, 256, &data), LK_OK);
    for (int64_t i = 0; i < EXAMPLES; i++) {
        for (int64_t v = 0; v < VARIABLES; v++) {
            data->values[i * VARIABLES + v] = (uint16_t)(v == 0 ? i : (i * 37 + v * 51) % 256);
        }
    }
    return data;
}

static void every_example_once(void **unused) {
    (void)unused;
    const int threads[] = {1, 7};
    int32_t orders[3][EXAMPLES];
    for (int k = 0; k < 2; k++) {
        lk_context *context;
        lk_batches b;
        assert_int_equal(lk_context_create(threads[k], &context), LK_OK);
        lk_dataset *data = numbered(context);
        assert_int_equal(lk_batches_init(&b, context, data, NULL, LK_BINARIZE_NONE, BATCH, SEED),
                         LK_OK);
        assert_int_equal(b.batches, 3);
        for (int64_t epoch = 0; epoch < 3; epoch++) {
            int seen[EXAMPLES] = {0};
            lk_batches_begin(&b, epoch);
            for (int64_t batch = 0; batch < b.batches; batch++) {
                lk_batches_gather(&b, batch);
                assert_int_equal(b.count, batch < 2 ? BATCH : EXAMPLES - 2 * BATCH);
                for (int64_t i = 0; i < b.count; i++) {
                    uint16_t example = b.x[i * VARIABLES];
                    seen[example]++;
                    assert_int_equal(example, b.order[batch * BATCH + i]);
                    assert_memory_equal(b.x + i * VARIABLES, data->values + example * VARIABLES,
                                        VARIABLES * sizeof(uint16_t));
                }
            }
            for (int i = 0; i < EXAMPLES; i++) {
                assert_int_equal(seen[i], 1);
            }
            if (k == 0) {
                memcpy(orders[epoch], b.order, sizeof orders[epoch]);
            }
            assert_memory_equal(orders[epoch], b.order, sizeof orders[epoch]);
        }
        lk_batches_deinit(&b);
        lk_dataset_destroy(data);
        lk_context_destroy(context);
    }
    assert_true(memcmp(orders[0], orders[1], sizeof orders[0]) != 0);
    assert_true(memcmp(orders[1], orders[2], sizeof orders[0]) != 0);
}

static void grey_is_drawn_afresh(void **unused) {
    (void)unused;
    lk_context *context;
    lk_batches b;
    int different = 0;
    uint16_t first[EXAMPLES][VARIABLES];
    assert_int_equal(lk_context_create(2, &context), LK_OK);
    lk_dataset *data = numbered(context);
    assert_int_equal(lk_batches_init(&b, context, data, NULL, LK_BINARIZE_SAMPLE, BATCH, SEED),
                     LK_OK);
    for (int64_t epoch = 0; epoch < 2; epoch++) {
        lk_batches_begin(&b, epoch);
        for (int64_t batch = 0; batch < b.batches; batch++) {
            lk_batches_gather(&b, batch);
            for (int64_t i = 0; i < b.count; i++) {
                int64_t example = b.order[b.first + i];
                for (int64_t v = 0; v < VARIABLES; v++) {
                    float u = lk_random_unit((lk_random){SEED, LK_FOR_BINARIZE},
                                             (uint64_t)(epoch * EXAMPLES + example), (uint64_t)v);
                    uint16_t want = u * 255.0f < (float)data->values[example * VARIABLES + v];
                    uint16_t got = b.x[i * VARIABLES + v];
                    assert_int_equal(got, want);
                    different += epoch == 1 && got != first[example][v];
                    first[example][v] = got;
                }
            }
        }
    }
    printf("%d of %d values differ between two epochs\n", different, EXAMPLES * VARIABLES);
    assert_true(different > EXAMPLES * VARIABLES / 5);
    lk_batches_deinit(&b);
    lk_dataset_destroy(data);
    lk_context_destroy(context);
}

/* A batch larger than the data is all the data. */
static void few_examples_are_one_batch(void **unused) {
    (void)unused;
    lk_context *context;
    lk_batches b;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    lk_dataset *data = numbered(context);
    assert_int_equal(lk_batches_init(&b, context, data, NULL, LK_BINARIZE_NONE, 1000, SEED), LK_OK);
    assert_int_equal(b.batches, 1);
    lk_batches_begin(&b, 0);
    lk_batches_gather(&b, 0);
    assert_int_equal(b.count, EXAMPLES);
    lk_batches_deinit(&b);
    lk_dataset_destroy(data);
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_example_once),
                                       cmocka_unit_test(grey_is_drawn_afresh),
                                       cmocka_unit_test(few_examples_are_one_batch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
