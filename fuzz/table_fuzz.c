/* Any bytes as a table of words and as labels of words: refused with a message or read; and what
 * was read comes back when it is written, with its columns in this order and in the reverse, and
 * read again for a model of it. The first byte chooses options. */
#include "data/labels.h"
#include "reading.h"

/* Larger ones would make the fuzzer slow without new paths. */
#define ROUND_TRIP_MOST 4096

static void check_values(const lk_dataset *dataset) {
    fuzz_check_values(dataset);
    for (int64_t i = 0; dataset->labels != NULL && i < dataset->examples; i++) {
        LK_REQUIRE(dataset->labels[i] >= 0 && dataset->labels[i] < dataset->classes.count);
    }
}

/* Written, and read for a model of `known`, these are the values. */
static void check_read_again(lk_context *context, const lk_dataset *written,
                             const lk_dataset *wanted) {
    const lk_dataset_options options = {.columns = wanted->columns};
    lk_dataset *again = fuzz_read_again(context, &lk_csv_format, written, &options, wanted);
    LK_REQUIRE(lk_columns_equal(again->columns, wanted->columns) && !again->partial);
    LK_REQUIRE((again->labels != NULL) == (wanted->labels != NULL));
    if (wanted->labels != NULL) {
        LK_REQUIRE(lk_dictionary_equal(&again->classes, &wanted->classes));
        LK_REQUIRE(memcmp(again->labels, wanted->labels, (size_t)wanted->examples * 4) == 0);
    }
    lk_dataset_destroy(again);
}

/* The last column first. */
static void reverse(lk_dataset *dataset) {
    int64_t count = dataset->variables;
    for (int64_t i = 0; i < count / 2; i++) {
        lk_column *column = dataset->columns->column, kept = column[i];
        column[i] = column[count - 1 - i];
        column[count - 1 - i] = kept;
        for (int64_t row = 0; row < dataset->examples; row++) {
            uint16_t *values = dataset->values + row * count, value = values[i];
            values[i] = values[count - 1 - i];
            values[count - 1 - i] = value;
        }
    }
}

static void check_round_trip(lk_context *context, lk_dataset *dataset) {
    int32_t *order = lk_allocate(dataset->examples, sizeof *order);
    lk_dataset *turned;
    LK_REQUIRE(order != NULL);
    for (int64_t i = 0; i < dataset->examples; i++) {
        order[i] = (int32_t)i;
    }
    LK_REQUIRE(lk_dataset_select(context, dataset, order, dataset->examples, &turned) == LK_OK);
    reverse(turned);
    check_read_again(context, dataset, dataset);
    check_read_again(context, turned, dataset);
    lk_dataset_destroy(turned);
    lk_release(order);
}

/* A column becomes the label and goes back. */
static void check_label(lk_context *context, lk_dataset *dataset) {
    lk_columns *whole;
    int64_t values = dataset->examples * dataset->variables;
    uint16_t *kept = lk_allocate(values, sizeof *kept);
    LK_REQUIRE(kept != NULL);
    memcpy(kept, dataset->values, (size_t)values * sizeof *kept);
    LK_REQUIRE(lk_columns_copy(context, dataset->columns, &whole) == LK_OK);
    int32_t at = (int32_t)(dataset->examples % dataset->variables);
    LK_REQUIRE(lk_dataset_take_label(context, dataset, whole->column[at].name) == LK_OK);
    check_values(dataset);
    check_round_trip(context, dataset);
    LK_REQUIRE(lk_dataset_put_label(context, dataset) == LK_OK);
    LK_REQUIRE(memcmp(kept, dataset->values, (size_t)values * sizeof *kept) == 0);
    lk_columns_destroy(whole);
    lk_release(kept);
}

static void parse(lk_context *context, const lk_bytes *bytes, const lk_dataset_options *options) {
    lk_dataset *dataset = fuzz_parse(context, bytes, options);
    if (dataset == NULL) {
        return;
    }
    check_values(dataset);
    bool words = dataset->columns != NULL && lk_columns_have_words(dataset->columns);
    if (words && dataset->examples * dataset->variables <= ROUND_TRIP_MOST) {
        LK_REQUIRE(lk_dataset_find_unseen(dataset) < 0);
        check_round_trip(context, dataset);
        if (dataset->labels == NULL && dataset->variables > 1 && !options->unseen) {
            check_label(context, dataset);
        }
    }
    lk_dataset_destroy(dataset);
}

static void parse_labels(lk_context *context, const lk_bytes *bytes) {
    lk_dataset *dataset;
    LK_REQUIRE(lk_dataset_create(context, "data", lk_shape_vector(1), 3, 2, &dataset) == LK_OK);
    context->message[0] = '\0';
    lk_status status = lk_dataset_parse_labels(context, "labels", bytes, NULL, dataset);
    LK_REQUIRE(status == LK_OK || context->message[0] != '\0');
    check_values(dataset);
    lk_dataset_destroy(dataset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lk_context context = {0};
    lk_dataset_options options = {.words = true};
    if (size == 0) {
        return 0;
    }
    lk_bytes bytes = fuzz_copy(data + 1, size - 1);
    if (bytes.data == NULL) {
        return 0;
    }
    options.unseen = (data[0] & 1) != 0;
    options.label = (data[0] & 2) != 0 ? "b" : NULL;
    parse(&context, &bytes, &options);
    parse_labels(&context, &bytes);
    free(bytes.data);
    return 0;
}
