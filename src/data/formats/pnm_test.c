/* Netpbm pictures of every kind, with comments and any maxval, are read and written value for
 * value; what they promise and do not hold is refused. */
#include "data/formats/pictures.h"
#include "data/formats/testing.h"

#define TEXT(text) (const uint8_t *)(text), (int64_t)sizeof(text) - 1

static void pictures_are_read(void **state) {
    (void)state;
    static const uint16_t grey[] = {0, 5, 9, 2, 1, 9};
    lk_shape shape = {3, {2, 3, 1}};
    lk_dataset *dataset =
        test_parse(TEXT("P2 # plain\n# of greys\n3 2\n9\n0 5 9\n2 1 # the end\n9\n"), NULL);
    assert_true(lk_shape_equal(dataset->shape, shape));
    assert_int_equal(dataset->alphabet, 10);
    assert_string_equal(lk_dataset_format_name(dataset->format), "pnm");
    test_values(dataset, 1, 6, grey);
    lk_dataset_destroy(dataset);
    dataset = test_parse(TEXT("P5\n#x\n3 2 9\n\0\5\x9\2\1\x9"), NULL);
    test_values(dataset, 1, 6, grey);
    lk_dataset_destroy(dataset);
    dataset = test_parse(TEXT("P5 2 1 4095 \x0F\xFF\0\x0A"), NULL);
    assert_int_equal(dataset->alphabet, 4096);
    test_values(dataset, 1, 2, (const uint16_t[]){4095, 10});
    lk_dataset_destroy(dataset);
    dataset = test_parse(TEXT("P6 1 2 255 abcdef"), NULL);
    assert_true(lk_shape_equal(dataset->shape, (lk_shape){3, {2, 1, 3}}));
    test_values(dataset, 1, 6, (const uint16_t[]){'a', 'b', 'c', 'd', 'e', 'f'});
    lk_dataset_destroy(dataset);
    dataset = test_parse(TEXT("P7\nWIDTH 1\n# alpha\nHEIGHT 2\nDEPTH 2\nMAXVAL 255\nTUPLTYPE "
                              "GRAYSCALE_ALPHA\nENDHDR\nabcd"),
                         NULL);
    assert_true(lk_shape_equal(dataset->shape, (lk_shape){3, {2, 1, 2}}));
    test_values(dataset, 1, 4, (const uint16_t[]){'a', 'b', 'c', 'd'});
    lk_dataset_destroy(dataset);
}

/* A PBM is a table of bits, unless a picture of its size is wanted: of that 1 is white. */
static void bits_are_rows_or_a_picture(void **state) {
    (void)state;
    static const uint8_t packed[] = "P4\n3 2\n\x40\xA0";
    for (int k = 0; k < 2; ++k) {
        const uint8_t *data = k == 0 ? packed : (const uint8_t *)"P1 3 2\n010\n1 0 1";
        int64_t size = k == 0 ? (int64_t)sizeof packed - 1 : 16;
        lk_dataset *dataset = test_parse(data, size, NULL);
        test_values(dataset, 2, 3, (const uint16_t[]){0, 1, 0, 1, 0, 1});
        lk_dataset_destroy(dataset);
        lk_dataset_options options = {.shape = {3, {2, 3, 1}}};
        dataset = test_parse(data, size, &options);
        assert_int_equal(dataset->alphabet, 2);
        test_values(dataset, 1, 6, (const uint16_t[]){1, 0, 1, 0, 1, 0});
        lk_dataset_destroy(dataset);
    }
}

static void levels_fit_a_model_or_are_refused(void **state) {
    (void)state;
    lk_dataset_options options = {.pictures.levels = 256};
    lk_dataset *dataset = test_parse(TEXT("P2 2 1 15 15 1"), &options);
    assert_int_equal(dataset->alphabet, 256);
    test_values(dataset, 1, 2, (const uint16_t[]){255, 17});
    lk_dataset_destroy(dataset);
    test_refused(TEXT("P2 2 1 99 15 1"), &options, LK_MISMATCH, "has 100 levels");
    options.pictures.levels = 2;
    dataset = test_parse(TEXT("P2 2 1 99 99 0"), &options);
    assert_int_equal(dataset->alphabet, 2);
    test_values(dataset, 1, 2, (const uint16_t[]){1, 0});
    lk_dataset_destroy(dataset);
    options.pictures = (lk_picture_wish){.settings.depth = 8};
    dataset = test_parse(TEXT("P5 2 1 65535 \xFF\xFE\1\0"), &options);
    assert_int_equal(dataset->alphabet, 256);
    test_values(dataset, 1, 2, (const uint16_t[]){255, 1});
    lk_dataset_destroy(dataset);
}

static void damage_is_seen(void **state) {
    (void)state;
    test_refused(TEXT("P5 3 2 255 abcde"), NULL, LK_FORMAT, "only 5 bytes follow");
    test_refused(TEXT("P5 3 2 255 abcdefg"), NULL, LK_FORMAT, "more stands behind the last pixel");
    test_refused(TEXT("P5 3 2 98 abcdef"), NULL, LK_FORMAT, "pixel 3 of row 1, channel 1: a value");
    test_refused(TEXT("P2 2 1 9 1 10"), NULL, LK_FORMAT, "pixel 2 of row 1, channel 1: expected");
    test_refused(TEXT("P2 2 1 9 1 x"), NULL, LK_FORMAT, "pixel 2 of row 1");
    test_refused(TEXT("P5 3 2 65536 abcdef"), NULL, LK_FORMAT, "maxval of 1 to 65535");
    test_refused(TEXT("P5 0 2 255 "), NULL, LK_FORMAT, "a width and a height of 1 to");
    test_refused(TEXT("P5 999999999 999999999 255 abc"), NULL, LK_UNSUPPORTED, "each side must be");
    test_refused(TEXT("P6 2000000000 2000000000 255 abc"), NULL, LK_UNSUPPORTED,
                 "a picture of 2000000000 x 2000000000 pixels");
    test_refused(TEXT("P6 20000000000000000000 1 255 abc"), NULL, LK_FORMAT, "1 to a million");
    test_refused(TEXT("P2 1 1 255 20000000000000000000"), NULL, LK_FORMAT, "from 0 to 255");
    test_refused(TEXT("P6 10000 10000 255 abc"), NULL, LK_FORMAT, "cannot hold");
    test_refused(TEXT("P5 3 2 255"), NULL, LK_FORMAT, "white space must end the header");
    test_refused(TEXT("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 1\nENDHDR\nabcde"), NULL, LK_FORMAT,
                 "other than 1 to 4 channels");
    test_refused(TEXT("P7\nWIDTH 1\nHEIGHT 1\n"), NULL, LK_FORMAT, "a PAM header has lines");
    lk_dataset *dataset = test_parse(TEXT("P5 1 1 255 aP5 1 1 255 b"), NULL);
    assert_non_null(strstr(dataset->note, "further pictures"));
    lk_dataset_destroy(dataset);
}

static void what_is_written_is_read_again(void **state) {
    (void)state;
    lk_context context = {0};
    static const int32_t alphabets[] = {2, 100, 256, 4096, 65536};
    for (int c = 1; c <= 4; ++c) {
        for (size_t a = 0; a < sizeof alphabets / sizeof *alphabets; ++a) {
            lk_dataset *dataset, *again;
            char path[512];
            assert_int_equal(lk_dataset_create(&context, "memory", (lk_shape){3, {3, 5, c}}, 1,
                                               alphabets[a], &dataset),
                             LK_OK);
            for (int64_t i = 0; i < dataset->variables; ++i) {
                dataset->values[i] = (uint16_t)(i * 7919 % alphabets[a]);
            }
            dataset->values[0] = (uint16_t)(alphabets[a] - 1);
            assert_int_equal(lk_dataset_restore(&context, test_path("a.pam", path), dataset),
                             LK_OK);
            lk_dataset_options keep = {.pictures.settings.alpha = LK_ALPHA_KEEP};
            assert_int_equal(lk_dataset_read(&context, path, &keep, &again), LK_OK);
            assert_int_equal(again->alphabet, alphabets[a]);
            assert_true(lk_shape_equal(again->shape, dataset->shape));
            test_values(again, 1, dataset->variables, dataset->values);
            remove(path);
            lk_dataset_destroy(again);
            lk_dataset_destroy(dataset);
        }
    }
    lk_dataset *dataset;
    char path[512];
    assert_int_equal(
        lk_dataset_create(&context, "memory", (lk_shape){3, {3, 5, 1}}, 2, 256, &dataset), LK_OK);
    assert_int_equal(lk_dataset_restore(&context, test_path("a.pgm", path), dataset), LK_INVALID);
    assert_non_null(strstr(context.message, "2 examples are more than one picture holds"));
    assert_int_equal(lk_dataset_restore(&context, test_path("a.png", path), dataset), LK_INVALID);
    lk_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_read),
        cmocka_unit_test(bits_are_rows_or_a_picture),
        cmocka_unit_test(levels_fit_a_model_or_are_refused),
        cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
