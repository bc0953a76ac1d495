/* Any bytes as a data set and as labels: refused with a message or read; and what was read is the
 * same after being written in any format and read again. The seed's own content decides the format,
 * so the corpus is plain files (unpacked). */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/context.h"
#include "data/formats/format.h"

/* Larger ones would make the fuzzer slow without new paths. */
#define ROUND_TRIP_MOST 4096

static void check_round_trip(lk_context *context, const lk_format *format,
                             const lk_dataset *dataset) {
    lk_buffer buffer = {0};
    lk_dataset *again;
    lk_dataset_options options = {.alphabet = dataset->alphabet, .shape = dataset->shape};
    LK_REQUIRE(format->write(context, "again", dataset, &buffer) == LK_OK && !buffer.failed);
    lk_bytes bytes = {buffer.data, buffer.size};
    LK_REQUIRE(lk_dataset_parse(context, "again", &bytes, &options, &again) == LK_OK);
    LK_REQUIRE(again->examples == dataset->examples && again->alphabet == dataset->alphabet &&
               lk_shape_equal(again->shape, dataset->shape));
    LK_REQUIRE(memcmp(again->values, dataset->values,
                      (size_t)(dataset->examples * dataset->variables * 2)) == 0);
    lk_dataset_destroy(again);
    lk_buffer_release(&buffer);
}

static void check_writers(lk_context *context, const lk_dataset *dataset) {
    static const lk_format *const formats[] = {&lk_npy_format,  &lk_npz_format, &lk_amat_format,
                                               &lk_rows_format, &lk_csv_format, &lk_idx_format};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; ++i) {
        check_round_trip(context, formats[i], dataset);
    }
    if (dataset->alphabet == 2) {
        check_round_trip(context, &lk_pbm_format, dataset);
    }
    if (dataset->format == LK_FROM_CIFAR10) {
        check_round_trip(context, &lk_cifar10_format, dataset);
    }
    lk_buffer picture = {0};
    LK_REQUIRE(lk_png_format.write(context, "picture", dataset, &picture) == LK_OK &&
               picture.size > 0);
    lk_buffer_release(&picture);
}

static void check_values(const lk_dataset *dataset) {
    LK_REQUIRE(dataset->examples > 0 && dataset->variables > 0 && dataset->alphabet >= 2);
    LK_REQUIRE(lk_shape_variables(dataset->shape) == dataset->variables);
    for (int64_t i = 0; i < dataset->examples * dataset->variables; ++i) {
        LK_REQUIRE(dataset->values[i] < dataset->alphabet);
    }
}

static void parse(lk_context *context, const lk_bytes *bytes, const lk_dataset_options *options) {
    lk_dataset *dataset;
    context->message[0] = '\0';
    if (lk_dataset_parse(context, "input", bytes, options, &dataset) != LK_OK) {
        LK_REQUIRE(context->message[0] != '\0' && dataset == NULL);
        return;
    }
    check_values(dataset);
    if (dataset->examples * dataset->variables <= ROUND_TRIP_MOST) {
        check_writers(context, dataset);
    }
    lk_dataset_destroy(dataset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lk_context context = {0};
    static const lk_dataset_options binary = {
        .alphabet = 2, .binarization = LK_BINARIZE_SAMPLE, .role = LK_ROLE_TEST};
    static const lk_dataset_options picked = {.alphabet = 16, .array = "x_train"};
    lk_bytes bytes = {malloc(size > 0 ? size : 1), (int64_t)size};
    int32_t *labels;
    if (!bytes.data) {
        return 0;
    }
    if (size > 0) {
        memcpy(bytes.data, data, size);
    }
    parse(&context, &bytes, NULL);
    parse(&context, &bytes, &binary);
    parse(&context, &bytes, &picked);
    lk_labels_parse(&context, "labels", &bytes, NULL, 3, &labels);
    lk_release(labels);
    free(bytes.data);
    return 0;
}
