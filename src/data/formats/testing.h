/* What the tests of formats share: parsing from memory, and expecting failures. */
#ifndef LK_DATA_FORMATS_TESTING_H
#define LK_DATA_FORMATS_TESTING_H

#include "data/formats/formats.h"
#include "data/testing.h"

static inline lk_dataset *test_parse(const void *data, int64_t size,
                                     const lk_dataset_options *options) {
    lk_context context = {0};
    lk_dataset *dataset;
    lk_bytes bytes = test_bytes(data, size);
    lk_status status = lk_dataset_parse(&context, "file", &bytes, options, &dataset);
    if (status != LK_OK) {
        fail_msg("status %d: %s", status, context.message);
    }
    free(bytes.data);
    return dataset;
}

/* Expects `status` and a message that contains `part`, and that begins with the file's name. */
static inline void test_refused(const void *data, int64_t size, const lk_dataset_options *options,
                                lk_status status, const char *part) {
    lk_context context = {0};
    lk_dataset *dataset;
    lk_bytes bytes = test_bytes(data, size);
    lk_status found = lk_dataset_parse(&context, "file", &bytes, options, &dataset);
    if (found != status || strstr(context.message, part) == NULL ||
        strncmp(context.message, "file: ", 6) != 0) {
        fail_msg("wanted status %d and '%s', found %d: %s", status, part, found, context.message);
    }
    assert_null(dataset);
    free(bytes.data);
}

static inline void test_values(const lk_dataset *dataset, int64_t examples, int64_t variables,
                               const uint16_t *values) {
    assert_int_equal(dataset->examples, examples);
    assert_int_equal(dataset->variables, variables);
    for (int64_t i = 0; i < examples * variables; ++i) {
        if (dataset->values[i] != values[i]) {
            fail_msg("value %lld is %d, wanted %d", (long long)i, dataset->values[i], values[i]);
        }
    }
}

#endif
