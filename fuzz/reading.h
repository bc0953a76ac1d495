/* What the targets of readers share: bytes are refused with a message or read, what is read keeps
 * its own promises, and comes back when it is written and read again. */
#ifndef LK_FUZZ_READING_H
#define LK_FUZZ_READING_H

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/format.h"

/* A copy in a block of exactly that size, so that a sanitizer sees a read behind its end; no data:
 * there was no memory. */
static inline lk_bytes fuzz_copy(const uint8_t *data, size_t size) {
    lk_bytes bytes = {malloc(size > 0 ? size : 1), (int64_t)size};
    if (bytes.data != NULL && size > 0) {
        memcpy(bytes.data, data, size);
    }
    return bytes;
}

static inline void fuzz_check_values(const lk_dataset *dataset) {
    const lk_columns *columns = dataset->columns;
    int64_t variables = dataset->variables;
    LK_REQUIRE(dataset->examples > 0 && variables > 0 && dataset->alphabet >= 2);
    LK_REQUIRE(lk_shape_variables(dataset->shape) == variables);
    LK_REQUIRE(columns == NULL || columns->count == variables);
    for (int64_t i = 0; i < dataset->examples * variables; i++) {
        int32_t alphabet =
            columns != NULL ? lk_columns_alphabet(columns, (int32_t)(i % variables)) : 0;
        LK_REQUIRE(dataset->values[i] < dataset->alphabet);
        LK_REQUIRE(alphabet == 0 || dataset->values[i] < alphabet);
    }
}

/* What was read, which is the caller's; NULL: it was refused, with a message. */
static inline lk_dataset *fuzz_parse(lk_context *context, const lk_bytes *bytes,
                                     const lk_dataset_options *options) {
    lk_dataset *dataset;
    context->message[0] = '\0';
    if (lk_dataset_parse(context, "input", bytes, options, &dataset) != LK_OK) {
        LK_REQUIRE(context->message[0] != '\0' && dataset == NULL);
        return NULL;
    }
    fuzz_check_values(dataset);
    return dataset;
}

/* Written in a format, value for value, and read again with `options`, it holds the values of
 * `wanted`. What was read again is the caller's. */
static inline lk_dataset *fuzz_read_again(lk_context *context, const lk_format *format,
                                          const lk_dataset *written,
                                          const lk_dataset_options *options,
                                          const lk_dataset *wanted) {
    lk_buffer buffer = {0};
    lk_dataset *again;
    lk_status status = format->restore != NULL ? format->restore(context, "again", written, &buffer)
                                               : format->write(context, "again", written, &buffer);
    LK_REQUIRE(status == LK_OK && !buffer.failed);
    lk_bytes bytes = {buffer.data, buffer.size};
    LK_REQUIRE(lk_dataset_parse(context, "again", &bytes, options, &again) == LK_OK);
    LK_REQUIRE(again->examples == wanted->examples && again->variables == wanted->variables);
    LK_REQUIRE(memcmp(again->values, wanted->values,
                      (size_t)(wanted->examples * wanted->variables) * sizeof *wanted->values) ==
               0);
    lk_buffer_release(&buffer);
    return again;
}

#endif
