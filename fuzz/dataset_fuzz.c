/* Any bytes as a data set and as labels: refused with a message or read; and what was read is the
 * same after being written in any format and read again. The seed's own content decides the format,
 * so the corpus is plain files (unpacked). */
#include "reading.h"

/* Larger ones would make the fuzzer slow without new paths. */
#define ROUND_TRIP_MOST 4096

static void check_round_trip(lk_context *context, const lk_format *format,
                             const lk_dataset *dataset) {
    const lk_dataset_options options = {.alphabet = dataset->alphabet, .shape = dataset->shape};
    lk_dataset *again = fuzz_read_again(context, format, dataset, &options, dataset);
    LK_REQUIRE(again->alphabet == dataset->alphabet &&
               lk_shape_equal(again->shape, dataset->shape));
    lk_dataset_destroy(again);
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

static void parse(lk_context *context, const lk_bytes *bytes, const lk_dataset_options *options) {
    lk_dataset *dataset = fuzz_parse(context, bytes, options);
    if (dataset != NULL && dataset->examples * dataset->variables <= ROUND_TRIP_MOST) {
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
    lk_bytes bytes = fuzz_copy(data, size);
    int32_t *labels;
    if (bytes.data == NULL) {
        return 0;
    }
    parse(&context, &bytes, NULL);
    parse(&context, &bytes, &binary);
    parse(&context, &bytes, &picked);
    lk_labels_parse(&context, "labels", &bytes, NULL, 3, &labels);
    lk_release(labels);
    free(bytes.data);
    return 0;
}
