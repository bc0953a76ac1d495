/* Data sets as a whole: shapes, binarization, NPZ archives, labels, files, and that what is written
 * is read again. */
#include "data/formats/testing.h"

#include <zip.h>

#include "base/memory.h"
#include "data/formats/format.h"
#include "data/labels.h"

#define TEXT(literal) (literal), (int64_t)(sizeof(literal) - 1)

static void shapes_are_checked(void **state) {
    (void)state;
    lk_dataset_options options = {.shape = {.axes = 3, .size = {2, 3, 1}}};
    lk_dataset *dataset = test_parse(TEXT("0 1 0 1 1 1\n"), &options);
    assert_true(lk_shape_equal(dataset->shape, options.shape));
    lk_dataset_destroy(dataset);
    test_refused(TEXT("0 1 0 1 1\n"), &options, LK_MISMATCH,
                 "has 5 variables (5), where 6 (2x3x1) are asked for");
    lk_shape huge = {.axes = 3, .size = {INT64_MAX / 2, 3, 5}};
    assert_true(lk_shape_variables(huge) == INT64_MAX);
}

static void raw_bytes_are_cut(void **state) {
    (void)state;
    lk_dataset_options options = {.raw = true, .shape = {.axes = 1, .size = {3}}};
    static const uint16_t values[] = {'0', ' ', '1', '\n', 255, 0};
    lk_dataset *dataset = test_parse(TEXT("0 1\n\xff\0xy"), &options);
    test_values(dataset, 2, 3, values);
    assert_int_equal(dataset->alphabet, 256);
    assert_true(dataset->partial);
    assert_string_equal(dataset->note, "the last 2 bytes fill no example");
    lk_dataset_destroy(dataset);
    test_refused(TEXT("xy"), &options, LK_FORMAT, "2 bytes are less than one example of 3");
    options.alphabet = 128;
    test_refused(TEXT("xy\x80"), &options, LK_MISMATCH,
                 "byte 2: 128 is outside the alphabet 0..127");
    options.shape.axes = 0;
    test_refused(TEXT("xyz"), &options, LK_INVALID, "--shape");
    options.shape = (lk_shape){.axes = 3, .size = {INT64_MAX / 2, 3, 5}};
    test_refused(TEXT("xyz"), &options, LK_FORMAT, "3 bytes are less");
}

static void sizes_are_capped(void **state) {
    (void)state;
    lk_context context = {0};
    lk_dataset *dataset;
    assert_int_equal(lk_dataset_create(&context, "x", lk_shape_vector((int64_t)1 << 40),
                                       (int64_t)1 << 40, 2, &dataset),
                     LK_UNSUPPORTED);
    assert_null(dataset);
    assert_non_null(
        strstr(context.message, "x: 1099511627776 examples of 1099511627776 variables"));
}

static void thresholds_are_at_half(void **state) {
    (void)state;
    lk_dataset_options options = {.binarization = LK_BINARIZE_THRESHOLD, .alphabet = 2};
    static const uint16_t half[] = {0, 0, 1, 1};
    lk_dataset *dataset = test_parse(TEXT("0 127 128 255\n"), &options);
    test_values(dataset, 1, 4, half);
    assert_int_equal(dataset->alphabet, 2);
    lk_dataset_destroy(dataset);
    dataset = test_parse(TEXT("0 0 1 1\n"), &options);
    test_values(dataset, 1, 4, half);
    lk_dataset_destroy(dataset);
}

/* The frequency of 1 is value / 255 within 6 standard deviations, the ends are certain, and a
 * minibatch draws what the file draws. */
static void samples_follow_the_grey_values(void **state) {
    (void)state;
    enum { EXAMPLES = 4000, VARIABLES = 5 };
    static const uint16_t grey[VARIABLES] = {0, 255, 1, 77, 254};
    lk_binarizer binarizer = {LK_BINARIZE_SAMPLE, 256, EXAMPLES, 5, 0};
    int64_t ones[VARIABLES] = {0}, moved = 0;
    for (int64_t i = 0; i < EXAMPLES; ++i) {
        uint16_t first[VARIABLES], again[VARIABLES], next[VARIABLES];
        lk_dataset_binarize(&binarizer, i, VARIABLES, grey, first);
        lk_dataset_binarize(&binarizer, i, VARIABLES, grey, again);
        lk_binarizer later = binarizer;
        later.epoch = 1;
        lk_dataset_binarize(&later, i, VARIABLES, grey, next);
        assert_memory_equal(first, again, sizeof first);
        moved += first[3] != next[3];
        for (int j = 0; j < VARIABLES; ++j) {
            ones[j] += first[j];
        }
    }
    for (int j = 0; j < VARIABLES; ++j) {
        double p = grey[j] / 255.0, mean = p * EXAMPLES, wide = 36 * mean * (1 - p) + 1e-9;
        double off = (double)ones[j] - mean;
        if (off * off > wide) {
            fail_msg("grey %d: %lld ones of %d (seed 5)", grey[j], (long long)ones[j], EXAMPLES);
        }
    }
    assert_true(moved > EXAMPLES / 4);
    lk_dataset_options options = {
        .binarization = LK_BINARIZE_SAMPLE, .alphabet = 256, .seed = 5, .epoch = 3};
    static const uint8_t idx[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 100, 130, 160, 90, 80, 255};
    lk_dataset *dataset = test_parse(idx, sizeof idx, &options);
    lk_binarizer same = {LK_BINARIZE_SAMPLE, 256, 2, 5, 3};
    uint16_t second[3] = {90, 80, 255};
    lk_dataset_binarize(&same, 1, 3, second, second);
    assert_memory_equal(dataset->values + 3, second, sizeof second);
    lk_dataset_destroy(dataset);
}

/* ---- archives -------------------------------------------------------------------------------- */

/* Adds the array of u1 (rows, columns), or (rows) when columns is 0, whose values are first, first
 * + 1, ... */
static void add_array(zip_t *archive, const char *name, int rows, int columns, int first) {
    int count = rows * (columns ? columns : 1), size;
    char *data = malloc(256 + (size_t)count);
    assert_non_null(data);
    memcpy(data, "\x93NUMPY\1\0\x70\0", 10);
    memset(data + 10, ' ', 0x70);
    char shape[32];
    snprintf(shape, sizeof shape, columns ? "(%d, %d)" : "(%d,)", rows, columns);
    size =
        snprintf(data + 10, 0x70, "{'descr': '|u1', 'fortran_order': False, 'shape': %s, }", shape);
    data[10 + size] = ' ';
    for (int i = 0; i < count; ++i) {
        data[10 + 0x70 + i] = (char)(first + i);
    }
    zip_source_t *source = zip_source_buffer(archive, data, 10 + 0x70 + (zip_uint64_t)count, 1);
    assert_true(zip_file_add(archive, name, source, 0) >= 0);
}

static zip_t *begin_archive(const char *path) {
    int error;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &error);
    assert_non_null(archive);
    return archive;
}

static void expect_first(const char *path, lk_role role, int first, int64_t examples, int label) {
    lk_context context = {0};
    lk_dataset *dataset;
    lk_dataset_options options = {.role = role};
    if (lk_dataset_read(&context, path, &options, &dataset) != LK_OK) {
        fail_msg("%s", context.message);
    }
    assert_int_equal(dataset->values[0], first);
    assert_int_equal(dataset->examples, examples);
    int32_t number = -1;
    assert_true(dataset->labels == NULL || lk_dataset_label_number(dataset, 0, &number));
    assert_int_equal(number, label);
    assert_string_equal(lk_dataset_format_name(dataset->format), "npz");
    lk_dataset_destroy(dataset);
}

static void expect_noted(const char *path, lk_role role, const char *part) {
    lk_context context = {0};
    lk_dataset *dataset;
    lk_dataset_options options = {.role = role};
    assert_int_equal(lk_dataset_read(&context, path, &options, &dataset), LK_OK);
    assert_non_null(strstr(dataset->note, part));
    lk_dataset_destroy(dataset);
}

static void expect_unread(const char *path, lk_status status, const char *part) {
    lk_context context = {0};
    lk_dataset *dataset;
    lk_status found = lk_dataset_read(&context, path, NULL, &dataset);
    if (found != status || !strstr(context.message, part)) {
        fail_msg("wanted status %d and '%s', found %d: %s", status, part, found, context.message);
    }
    assert_null(dataset);
}

static void archives_give_the_array_of_the_role(void **state) {
    (void)state;
    char path[512], picked[600];
    zip_t *archive = begin_archive(test_path("roles.npz", path));
    add_array(archive, "train_data.npy", 3, 2, 10);
    add_array(archive, "X_test.npy", 4, 2, 20);
    add_array(archive, "y_test.npy", 4, 0, 7);
    add_array(archive, "y_train.npy", 4, 0, 8);
    assert_int_equal(zip_close(archive), 0);
    expect_first(path, LK_ROLE_TRAIN, 10, 3, -1); /* four labels do not fit three examples */
    expect_noted(path, LK_ROLE_TRAIN, "y_train is not taken as labels: it has 4, for 3 examples");
    expect_first(path, LK_ROLE_TEST, 20, 4, 7);
    snprintf(picked, sizeof picked, "%s:x_test", path);
    expect_first(picked, LK_ROLE_TRAIN, 20, 4, 7);
    remove(path);
}

static void archives_give_the_only_array(void **state) {
    (void)state;
    char path[512], picked[600];
    zip_t *archive = begin_archive(test_path("one.npz", path));
    add_array(archive, "odd.npy", 3, 2, 30);
    add_array(archive, "labels.npy", 3, 0, 1);
    assert_int_equal(zip_close(archive), 0);
    expect_first(path, LK_ROLE_VALID, 30, 3, 1);
    snprintf(picked, sizeof picked, "%s:nothing", path);
    expect_unread(picked, LK_INVALID, "no array of that name; say ");
    lk_context context = {0};
    int32_t *labels;
    assert_int_equal(lk_labels_read(&context, path, 3, &labels), LK_OK);
    assert_int_equal(labels[2], 3);
    lk_release(labels);
    archive = begin_archive(path);
    add_array(archive, "odd.npy", 3, 2, 30);
    add_array(archive, "even.npy", 3, 2, 40);
    assert_int_equal(zip_close(archive), 0);
    expect_unread(path, LK_INVALID, "several arrays could be the data");
    archive = begin_archive(path);
    zip_source_t *source = zip_source_buffer(archive, "<xml>", 5, 0);
    assert_true(zip_file_add(archive, "workbook.xml", source, 0) >= 0);
    assert_int_equal(zip_close(archive), 0);
    expect_unread(path, LK_FORMAT, "a ZIP archive without NPY arrays");
    remove(path);
}

/* Names and dates may be other ones; what is read is what was written, or nothing is. */
static void expect_whole_or_refused(lk_bytes *bytes, const lk_dataset *whole) {
    for (int64_t i = 0; i < 8 * bytes->size; ++i) {
        lk_context context = {0};
        lk_dataset *dataset;
        bytes->data[i / 8] ^= (uint8_t)(1 << i % 8);
        if (lk_dataset_parse(&context, "file", bytes, NULL, &dataset) == LK_OK) {
            test_values(dataset, 4, 5, whole->values);
            for (int j = 0; j < 4 && dataset->labels != NULL; ++j) {
                assert_int_equal(dataset->labels[j], whole->labels[j]);
            }
        }
        lk_dataset_destroy(dataset);
        bytes->data[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

static void damaged_archives_are_refused(void **state) {
    (void)state;
    static const zip_int32_t methods[] = {ZIP_CM_STORE, ZIP_CM_DEFLATE};
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; ++m) {
        char path[512];
        zip_t *archive = begin_archive(test_path("damaged.npz", path));
        add_array(archive, "data.npy", 4, 5, 0);
        add_array(archive, "labels.npy", 4, 0, 3);
        for (zip_uint64_t entry = 0; entry < 2; ++entry) {
            assert_int_equal(zip_set_file_compression(archive, entry, methods[m], 0), 0);
        }
        assert_int_equal(zip_close(archive), 0);
        lk_context context = {0};
        lk_bytes bytes;
        assert_int_equal(lk_file_read_raw(&context, path, 1 << 20, &bytes), LK_OK);
        remove(path);
        test_refused(bytes.data, bytes.size / 2, NULL, LK_FORMAT, "not a readable NPZ");
        lk_dataset *whole = test_parse(bytes.data, bytes.size, NULL);
        expect_whole_or_refused(&bytes, whole);
        lk_dataset_destroy(whole);
        if (methods[m] == ZIP_CM_STORE) { /* the last value, and the last label */
            bytes.data[30 + 8 + 10 + 0x70 + 19] ^= 1;
            test_refused(bytes.data, bytes.size, NULL, LK_CORRUPT, "'data.npy' is damaged: CRC");
            bytes.data[30 + 8 + 10 + 0x70 + 19] ^= 1;
            bytes.data[2 * (30 + 8 + 10 + 0x70) + 20 + 2 + 3] ^= 1;
            test_refused(bytes.data, bytes.size, NULL, LK_CORRUPT, "'labels.npy' is damaged: CRC");
        }
        lk_bytes_release(&bytes);
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

static void put_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void missing_files_are_named(void **state) {
    (void)state;
    char path[512], picked[600];
    expect_unread(test_folder(), LK_FORMAT, "a folder without pictures");
    expect_unread(test_path("absent", path), LK_IO, "absent");
    put_text(test_path("a", path), "5 6\n");
    put_text(test_path("a:b", path), "0 1\n"); /* a file of that very name goes first */
    lk_context context = {0};
    lk_dataset *dataset;
    assert_int_equal(lk_dataset_read(&context, path, NULL, &dataset), LK_OK);
    assert_int_equal(dataset->values[1], 1);
    lk_dataset_destroy(dataset);
    snprintf(picked, sizeof picked, "%s:c", path);
    expect_unread(picked, LK_INVALID, "':c' picks an array of an NPZ archive, but this is amat");
    remove(path);
    remove(test_path("a", path));
}

static void expect_labels(const void *data, int64_t size, lk_status status, const char *part) {
    lk_context context = {0};
    lk_bytes bytes = test_bytes(data, size);
    int32_t *labels;
    lk_status found = lk_labels_parse(&context, "file", &bytes, NULL, 3, &labels);
    if (found != status || !strstr(context.message, part)) {
        fail_msg("wanted status %d and '%s', found %d: %s", status, part, found, context.message);
    }
    if (status == LK_OK) {
        assert_int_equal(labels[0], 5);
        assert_int_equal(labels[1], -1 + 2 * (labels[1] > 0));
        assert_int_equal(labels[2], 7);
    } else {
        assert_null(labels);
    }
    lk_release(labels);
    free(bytes.data);
}

static void labels_are_read(void **state) {
    (void)state;
    static const uint8_t idx[] = {0, 0, 8, 1, 0, 0, 0, 3, 5, 1, 7};
    static const uint8_t two[] = {0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 5, 1, 7};
    expect_labels(TEXT("5\n-1\n7\n"), LK_OK, "");
    expect_labels(TEXT(" 5 \r\n1.0\r\n7"), LK_OK, "");
    expect_labels(idx, sizeof idx, LK_OK, "");
    expect_labels(two, sizeof two, LK_FORMAT,
                  "labels must be an array of one axis, but this has 2");
    expect_labels(TEXT("5\n-1\n"), LK_MISMATCH, "file: 2 labels, but the data have 3 examples");
    expect_labels(TEXT(""), LK_MISMATCH, "file: 0 labels");
    expect_labels(TEXT("5\nx\n7\n"), LK_FORMAT, "file: line 2: 'x' is not a label");
    expect_labels(TEXT("5\n\n7\n"), LK_FORMAT, "line 2: ''");
    expect_labels(TEXT("5\n4294967296\n7\n"), LK_FORMAT, "line 2: '4294967296'");
    expect_labels(TEXT("label\n5\n1\n7\n"), LK_OK, "");
    expect_labels(TEXT("\"label\"\n\"5\"\n\"1\"\n\"7\"\n"), LK_OK, "");
    expect_labels(TEXT("4\n5\n1\n7\n"), LK_MISMATCH, "file: 4 labels");
    expect_labels(TEXT("a\n5\n1\n"), LK_FORMAT, "file: line 1: 'a' is not a label");
}

static void expect_classes(const char *text, const char *classes, const int32_t *labels) {
    lk_context context = {0};
    lk_dataset *dataset = test_parse(TEXT("0 1\n1 0\n1 1\n"), NULL);
    lk_bytes bytes = test_bytes(text, (int64_t)strlen(text));
    lk_status status = lk_dataset_parse_labels(&context, "file", &bytes, NULL, dataset);
    if (classes != NULL) {
        assert_int_equal(status, LK_OK);
        char *printed = lk_dictionary_print(&dataset->classes);
        assert_string_equal(printed, classes);
        assert_memory_equal(dataset->labels, labels, 12);
        lk_release(printed);
    } else {
        assert_int_not_equal(status, LK_OK);
        assert_null(dataset->labels);
        assert_int_equal(dataset->classes.count, 0);
    }
    lk_dataset_destroy(dataset);
    free(bytes.data);
}

static void labels_may_be_words(void **state) {
    (void)state;
    static const int32_t labels[] = {1, 0, 1};
    expect_classes("dog\ncat\ndog\n", "[\"cat\",\"dog\"]", labels);
    expect_classes("animal\n dog \r\n\"cat\"\r\ndog", "[\"cat\",\"dog\"]", labels);
    expect_classes("10\n9\n10\n", "[\"9\",\"10\"]", labels);
    expect_classes("label\n10\n9\n10\n", "[\"9\",\"10\"]", labels);
    expect_classes("label\n010\n9\n010\n", "[\"9\",\"010\"]", labels);
    expect_classes("010\n9\n010\n", "[\"9\",\"010\"]", labels);
    expect_classes("010\n9\n010\n9\n", NULL, NULL); /* a number is no header */
    expect_classes("10.0\n9\n10\n", "[\"9\",\"10\",\"10.0\"]", (const int32_t[]){2, 0, 1});
    expect_classes("b, c\na\nb, c\n", "[\"a\",\"b, c\"]", labels);
    expect_classes("b\n1\nb\n", "[\"1\",\"b\"]", labels);
    expect_classes("dog\ncat\n", NULL, NULL);
    expect_classes("dog\ncat\ndog\ncat\ndog\n", NULL, NULL);
    expect_classes("dog\n\ndog\n", NULL, NULL);
    expect_classes("dog\n\"cat\ndog\n", NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_checked),
        cmocka_unit_test(raw_bytes_are_cut),
        cmocka_unit_test(sizes_are_capped),
        cmocka_unit_test(thresholds_are_at_half),
        cmocka_unit_test(samples_follow_the_grey_values),
        cmocka_unit_test(archives_give_the_array_of_the_role),
        cmocka_unit_test(archives_give_the_only_array),
        cmocka_unit_test(damaged_archives_are_refused),
        cmocka_unit_test(missing_files_are_named),
        cmocka_unit_test(labels_are_read),
        cmocka_unit_test(labels_may_be_words),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
