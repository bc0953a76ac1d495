/* What the tests of src/data share: parsing from memory, expecting failures, and files in a folder
 * of their own. */
#ifndef LK_DATA_TESTING_H
#define LK_DATA_TESTING_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "data/dataset.h"

/* A copy that ends where its memory ends, so that reading beyond it is seen by the sanitizers. */
static inline lk_bytes test_bytes(const void *data, int64_t size) {
    lk_bytes bytes = {malloc(size > 0 ? (size_t)size : 1), size};
    assert_non_null(bytes.data);
    memcpy(bytes.data, data, (size_t)size);
    return bytes;
}

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

/* A path in a folder that is made for this program; test_folder_remove deletes a file of it. */
static inline const char *test_folder(void) {
    static char folder[256];
    if (folder[0] == '\0') {
        const char *root = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/likely-XXXXXX", root ? root : "/tmp");
        assert_non_null(mkdtemp(folder));
    }
    return folder;
}

static inline const char *test_path(const char *name, char path[512]) {
    snprintf(path, 512, "%s/%s", test_folder(), name);
    return path;
}

/* For a group's teardown: every file must be gone by now. */
static inline int test_folder_remove(void **state) {
    (void)state;
    return rmdir(test_folder());
}

#endif
