/* CIFAR batches made here: planes become pixels, labels are kept, and what is written again is the
 * same bytes. */
#include "data/formats/testing.h"
#include "data/labels.h"

enum { RECORD = 1 + 3072 };

/* `labels` bytes of label, then planes in which every byte tells where it stands. */
static lk_bytes make_batch(int64_t records, int64_t labels) {
    int64_t record = labels + 3072;
    lk_bytes bytes = {malloc((size_t)(records * record)), records * record};
    assert_non_null(bytes.data);
    for (int64_t n = 0; n < records; ++n) {
        uint8_t *at = bytes.data + n * record;
        for (int64_t i = 0; i < labels; ++i) {
            at[i] = (uint8_t)((n * 7 + 3 + i * 60) % (i == 0 ? 10 : 100));
        }
        for (int64_t i = 0; i < 3072; ++i) {
            at[labels + i] = (uint8_t)(n * 31 + i % 1024 * 5 + i / 1024 * 80);
        }
    }
    return bytes;
}

static void check(const char *format, int64_t labels) {
    lk_bytes bytes = make_batch(5, labels);
    lk_dataset *dataset = test_parse(bytes.data, bytes.size, NULL);
    assert_string_equal(lk_dataset_format_name(dataset->format), format);
    assert_true(lk_shape_equal(dataset->shape, (lk_shape){.axes = 3, .size = {32, 32, 3}}));
    assert_int_equal(dataset->examples, 5);
    assert_int_equal(dataset->alphabet, 256);
    assert_int_equal(dataset->classes.count, labels == 1 ? 10 : 100);
    assert_string_equal(lk_dictionary_text(&dataset->classes, 7), "7");
    for (int64_t n = 0; n < 5; ++n) {
        const uint8_t *at = bytes.data + n * (labels + 3072);
        assert_int_equal(dataset->labels[n], at[labels - 1]);
        for (int64_t i = 0; i < 3072; ++i) {
            assert_int_equal(dataset->values[n * 3072 + i], at[labels + i % 3 * 1024 + i / 3]);
        }
    }
    lk_dataset_destroy(dataset);
    free(bytes.data);
}

static void batches_are_read(void **state) {
    (void)state;
    check("cifar10", 1);
    check("cifar100", 2);
}

static void other_files_are_not_taken_for_batches(void **state) {
    (void)state;
    lk_bytes bytes = make_batch(2, 1);
    for (int64_t size = 1; size < bytes.size; ++size) {
        if (size != RECORD && size != RECORD + 1) { /* the latter is a record of CIFAR-100 */
            test_refused(bytes.data, size, NULL, LK_FORMAT, "not a known data format");
        }
    }
    bytes.data[RECORD] = 10;
    test_refused(bytes.data, bytes.size, NULL, LK_FORMAT, "not a known data format");
    free(bytes.data);
    /* An IDX file of such a size: 4 + 4 + 3065 = 3073. */
    uint8_t idx[RECORD] = {0, 0, 8, 1, 0, 0, 11, 249};
    lk_dataset *dataset = test_parse(idx, sizeof idx, NULL);
    assert_string_equal(lk_dataset_format_name(dataset->format), "idx");
    lk_dataset_destroy(dataset);
}

static void an_alphabet_is_checked(void **state) {
    (void)state;
    lk_bytes bytes = make_batch(2, 1);
    lk_dataset_options few = {.alphabet = 100};
    test_refused(bytes.data, bytes.size, &few, LK_MISMATCH, "record 1, byte 20 of its pixels: 100");
    free(bytes.data);
}

static void the_same_bytes_are_written(void **state) {
    (void)state;
    lk_context context = {0};
    char path[512];
    lk_bytes bytes = make_batch(7, 1), written;
    lk_dataset *dataset = test_parse(bytes.data, bytes.size, NULL);
    const char *names[] = {"batch.bin", "batch"};
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(lk_dataset_restore(&context, test_path(names[i], path), dataset), LK_OK);
        assert_int_equal(lk_file_read(&context, path, 1 << 20, &written), LK_OK);
        assert_int_equal(written.size, bytes.size);
        assert_memory_equal(written.data, bytes.data, (size_t)bytes.size);
        lk_bytes_release(&written);
        remove(path);
    }
    /* Classes in another order: what is written is the number that a label says. */
    lk_dictionary turned;
    assert_int_equal(lk_dictionary_parse(&context, "test",
                                         "[\"9\",\"8\",\"7\",\"6\",\"5\",\"4\",\"3\",\"2\","
                                         "\"1\",\"0\"]",
                                         &turned),
                     LK_OK);
    assert_int_equal(lk_dataset_match_labels(&context, dataset, &turned), LK_OK);
    assert_int_equal(dataset->labels[0], 9 - bytes.data[0]);
    assert_int_equal(lk_dataset_write(&context, test_path("batch.bin", path), dataset), LK_OK);
    assert_int_equal(lk_file_read(&context, path, 1 << 20, &written), LK_OK);
    assert_memory_equal(written.data, bytes.data, (size_t)bytes.size);
    lk_bytes_release(&written);
    remove(path);
    lk_dictionary_deinit(&turned);
    lk_dictionary_deinit(&dataset->classes); /* plain numbers */
    dataset->labels[3] = 10;
    assert_int_equal(lk_dataset_write(&context, test_path("batch.bin", path), dataset), LK_INVALID);
    assert_non_null(strstr(context.message, "these are others"));
    lk_release(dataset->labels);
    dataset->labels = NULL;
    assert_int_equal(lk_dataset_write(&context, path, dataset), LK_INVALID);
    assert_non_null(strstr(context.message, "these images have none"));
    dataset->shape = (lk_shape){.axes = 1, .size = {3072}};
    assert_int_equal(lk_dataset_write(&context, path, dataset), LK_INVALID);
    assert_non_null(strstr(context.message, "not 3072 of"));
    lk_dataset_destroy(dataset);
    free(bytes.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_are_read),
        cmocka_unit_test(other_files_are_not_taken_for_batches),
        cmocka_unit_test(an_alphabet_is_checked),
        cmocka_unit_test(the_same_bytes_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
