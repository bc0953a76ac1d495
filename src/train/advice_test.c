/* Who is told of a smaller family, and who is not. */
#include "train/advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

static const char *advice(lk_context *context, const char *family, lk_data_description data,
                          int64_t own) {
    const lk_family *smaller;
    int64_t count = 0;
    data.variables = lk_shape_variables(data.shape);
    lk_status status =
        lk_advise_smaller(context, lk_family_named(family), &data, own, &smaller, &count);
    if (status != LK_OK) {
        fail_msg("%s", lk_context_message(context));
    }
    printf("%s with %lld parameters: %s with %lld\n", family, (long long)own,
           smaller != NULL ? smaller->name : "-", (long long)count);
    assert_true(smaller == NULL || (count > 1000 && count <= own / LK_ADVICE_TIMES));
    return smaller != NULL ? smaller->name : "";
}

static void rule(void **unused) {
    (void)unused;
    lk_context *context;
    assert_int_equal(lk_context_create(1, &context), LK_OK);
    int32_t alphabets[4000];
    lk_data_description pictures = {.shape = {3, {20, 20, 1}}, .alphabet = 256},
                        sequence = {.shape = {1, {4000}}, .alphabet = 256},
                        vector = {.shape = {1, {200}}, .alphabet = 256}, table = sequence;
    for (int i = 0; i < 4000; i++) {
        alphabets[i] = 2 + i % 255;
    }
    table.alphabets = alphabets;
    assert_string_equal(advice(context, "made", pictures, INT64_MAX), "pixelcnn");
    assert_string_equal(advice(context, "made", pictures, 20000000), "pixelcnn");
    assert_string_equal(advice(context, "made", pictures, 2000000), ""); /* some ten times */
    pictures.alphabet = 2;
    assert_string_equal(advice(context, "made", pictures, 800000), ""); /* small anyway */
    assert_string_equal(advice(context, "pixelcnn", pictures, INT64_MAX), "");
    assert_string_equal(advice(context, "made", sequence, INT64_MAX), "conv1d");
    assert_string_equal(advice(context, "made", vector, INT64_MAX), "");
    assert_string_equal(advice(context, "made", table, INT64_MAX), "");
    lk_context_destroy(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rule)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
