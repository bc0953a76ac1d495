/* NPY, IDX and packed PBM from bytes written by hand: every element type, both orders, and headers
 * that lie. */
#include "data/formats/array.h"
#include "data/formats/testing.h"

typedef struct lk_file {
    uint8_t data[1024];
    int64_t size;
} lk_file;

static void put(lk_file *file, const void *data, size_t size) {
    assert_true(file->size + (int64_t)size <= (int64_t)sizeof file->data);
    memcpy(file->data + file->size, data, size);
    file->size += (int64_t)size;
}

static lk_file npy(int version, const char *header) {
    lk_file file = {.data = {0x93, 'N', 'U', 'M', 'P', 'Y', (uint8_t)version, 0}, .size = 8};
    uint8_t length[4] = {(uint8_t)strlen(header)};
    put(&file, length, version == 1 ? 2 : 4);
    put(&file, header, strlen(header));
    return file;
}

/* An element as the type says, by C's own conversions: the bits are then swapped where wanted. */
static void put_element(lk_file *file, const char *type, int value) {
    union {
        uint8_t u1;
        int8_t i1;
        uint16_t u2;
        int16_t i2;
        uint32_t u4;
        int32_t i4;
        uint64_t u8;
        int64_t i8;
        float f4;
        double f8;
        uint8_t byte[8];
    } bits = {.u8 = 0};
    int width = type[2] - '0';
    if (type[1] == 'f') {
        if (width == 2) { /* of the normal numbers below 2048 */
            int exponent = 0;
            for (; value >> (exponent + 1) != 0; ++exponent) {
            }
            bits.u2 = (uint16_t)(value == 0
                                     ? 0
                                     : (15 + exponent) << 10 | ((value << (10 - exponent)) & 1023));
        } else if (width == 4) {
            bits.f4 = (float)value;
        } else {
            bits.f8 = value;
        }
    } else {
        bits.i8 = value;
    }
    for (int i = 0; i < width; ++i) {
        put(file, &bits.byte[type[0] == '>' ? width - 1 - i : i], 1);
    }
}

static const uint16_t six[] = {0, 1, 2, 100, 127, 5};

static void every_type_and_order_is_read(void **state) {
    (void)state;
    static const char *const types[] = {"|u1", "|i1", "<u2", ">u2", "<i2", ">i2", "<i4",
                                        ">i4", "<i8", ">i8", "<u4", ">u4", "<u8", ">u8",
                                        "<f4", ">f4", "<f8", ">f8", "=u2", "<f2", ">f2"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
        for (int fortran = 0; fortran < 2; ++fortran) {
            char header[128];
            snprintf(header, sizeof header,
                     "{'descr': '%s', 'fortran_order': %s, 'shape': (2, 3), }   \n", types[i],
                     fortran ? "True" : "False");
            lk_file file = npy(1 + (int)i % 3, header);
            for (int j = 0; j < 6; ++j) {
                put_element(&file, types[i], six[fortran ? (j % 2) * 3 + j / 2 : j]);
            }
            lk_dataset *dataset = test_parse(file.data, file.size, NULL);
            test_values(dataset, 2, 3, six);
            assert_int_equal(dataset->alphabet, 128);
            lk_dataset_destroy(dataset);
        }
    }
}

static void axes_become_shapes(void **state) {
    (void)state;
    static const struct {
        const char *shape;
        int64_t examples;
        const char *printed;
        int32_t alphabet;
    } rows[] = {{"(6,)", 6, "1", 128},
                {"(3, 2)", 3, "2", 128},
                {"(1, 3, 2)", 1, "3x2x1", 256},
                {"(1,2,1,3)", 1, "2x1x3", 256}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        char header[128], printed[64];
        snprintf(header, sizeof header, "{\"shape\":%s,\"fortran_order\":False,\"descr\":\"|u1\"}",
                 rows[i].shape);
        lk_file file = npy(1, header);
        for (int j = 0; j < 6; ++j) {
            put_element(&file, "|u1", six[j]);
        }
        lk_dataset *dataset = test_parse(file.data, file.size, NULL);
        lk_shape_print(dataset->shape, printed, sizeof printed);
        assert_string_equal(printed, rows[i].printed);
        assert_int_equal(dataset->examples, rows[i].examples);
        assert_int_equal(dataset->alphabet, rows[i].alphabet);
        lk_dataset_destroy(dataset);
    }
}

/* Column-major: example n, row h, column w, channel c stand at n + N (h + H (w + W c)). */
static void column_major_images_are_turned(void **state) {
    (void)state;
    lk_file file = npy(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 5, 4), }");
    for (int i = 0; i < 120; ++i) {
        put_element(&file, "|u1", i);
    }
    lk_dataset *dataset = test_parse(file.data, file.size, NULL);
    for (int i = 0; i < 120; ++i) {
        int c = i % 4, w = i / 4 % 5, h = i / 20 % 3, n = i / 60;
        assert_int_equal(dataset->values[i], n + 2 * (h + 3 * (w + 5 * c)));
    }
    lk_dataset_destroy(dataset);
}

/* (N,C,H,W): channel c, row h, column w stand at w + W (h + H c). */
static void channels_first_are_turned(void **state) {
    (void)state;
    static const struct {
        const char *shape;
        lk_shape wanted, found;
        bool turned;
    } rows[] = {
        {"(2, 3, 4, 5)", {0}, {3, {4, 5, 3}}, true},
        {"(2, 3, 4, 5)", {3, {4, 5, 3}}, {3, {4, 5, 3}}, true},
        {"(2, 3, 4, 5)", {3, {3, 4, 5}}, {3, {3, 4, 5}}, false},
        {"(1, 1, 12, 10)", {0}, {3, {12, 10, 1}}, true},
        {"(2, 5, 3, 4)", {0}, {3, {5, 3, 4}}, false},
        {"(2, 3, 5, 4)", {0}, {3, {3, 5, 4}}, false},
        {"(2, 5, 2, 6)", {0}, {3, {5, 2, 6}}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        char header[128];
        snprintf(header, sizeof header, "{'descr': '|u1', 'fortran_order': False, 'shape': %s, }",
                 rows[i].shape);
        lk_file file = npy(1, header);
        for (int j = 0; j < 120; ++j) {
            put_element(&file, "|u1", j);
        }
        lk_dataset_options options = {.shape = rows[i].wanted};
        lk_dataset *dataset = test_parse(file.data, file.size, &options);
        lk_shape shape = dataset->shape;
        assert_true(lk_shape_equal(shape, rows[i].found));
        bool told = dataset->note != NULL && strstr(dataset->note, "are taken as") != NULL;
        assert_int_equal(told, rows[i].turned);
        int64_t channels = shape.size[2], pixels = shape.size[0] * shape.size[1];
        for (int64_t j = 0; j < 120; ++j) {
            int64_t at = j % dataset->variables,
                    from = rows[i].turned ? at % channels * pixels + at / channels : at;
            assert_int_equal(dataset->values[j], j - at + from);
        }
        lk_dataset_destroy(dataset);
    }
}

/* No pixels change their places in silence. */
static void pictures_are_not_cut_anew(void **state) {
    (void)state;
    lk_file file = npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 4, 6), }");
    for (int i = 0; i < 24; ++i) {
        put_element(&file, "|u1", i);
    }
    static const lk_shape fine[] = {{1, {24}}, {3, {4, 6, 1}}, {3, {1, 24, 1}}, {2, {4, 6}}},
                          wrong[] = {{3, {6, 4, 1}}, {3, {2, 4, 3}}, {3, {8, 3, 1}}};
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; ++i) {
        lk_dataset_options options = {.shape = fine[i]};
        lk_dataset_destroy(test_parse(file.data, file.size, &options));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
        lk_dataset_options options = {.shape = wrong[i]};
        test_refused(file.data, file.size, &options, LK_MISMATCH, "would be mixed up");
    }
}

/* Type, order of bytes and order of axes come back, byte for byte. */
static void arrays_are_written_as_they_stood(void **state) {
    (void)state;
    static const char *const shapes[] = {"(6,)",         "(2, 3)",       "(1, 2, 3)",
                                         "(1, 1, 3, 2)", "(2, 3, 1, 1)", "(1, 1, 1, 6)"};
    static const char *const types[] = {"|u1", "|i1", "<u2", ">u2", "<i2", ">i4", "<i8",
                                        ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0] * 2; ++i) {
        for (size_t j = 0; j < sizeof types / sizeof types[0]; ++j) {
            char header[119];
            int used = snprintf(header, sizeof header,
                                "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", types[j],
                                i % 2 ? "True" : "False", shapes[i / 2]);
            memset(header + used, ' ', sizeof header - (size_t)used);
            memcpy(header + 117, "\n", 2);
            lk_file file = npy(1, header);
            for (int k = 0; k < 6; ++k) {
                put_element(&file, types[j], six[k]);
            }
            lk_dataset *dataset = test_parse(file.data, file.size, NULL);
            lk_context context = {0};
            lk_buffer buffer = {0};
            assert_int_equal(lk_npy_format.write(&context, "file", dataset, &buffer), LK_OK);
            assert_int_equal(buffer.size, file.size);
            assert_memory_equal(buffer.data, file.data, (size_t)file.size);
            lk_buffer_release(&buffer);
            lk_dataset_destroy(dataset);
        }
    }
}

static void refuse_npy(int version, const char *header, int elements, lk_status status,
                       const char *part) {
    lk_file file = npy(version, header);
    for (int i = 0; i < elements; ++i) {
        put_element(&file, "|u1", i);
    }
    test_refused(file.data, file.size, NULL, status, part);
}

static void lying_npy_headers_are_refused(void **state) {
    (void)state;
#define HEADER(descr, shape) "{'descr': " descr ", 'fortran_order': False, 'shape': " shape ", }"
    refuse_npy(1, HEADER("'|u1'", "(2, 3)"), 5, LK_FORMAT, "truncated");
    refuse_npy(1, HEADER("'|u1'", "(2, 3)"), 7, LK_FORMAT, "1 bytes too many");
    refuse_npy(1, HEADER("'|u1'", "(4294967296, 4294967296)"), 7, LK_FORMAT, "truncated");
    refuse_npy(1, HEADER("'|u1'", "(99999999999999999999,)"), 7, LK_FORMAT, "damaged");
    refuse_npy(1, HEADER("'|u1'", "(0, 4294967296, 4294967296, 4294967296)"), 0, LK_FORMAT,
               "truncated");
    refuse_npy(1, HEADER("'|u1'", "(0, 3)"), 0, LK_FORMAT, "no examples");
    refuse_npy(1, HEADER("'|u1'", "(3, 0)"), 0, LK_FORMAT, "3 examples have no variables");
    refuse_npy(1, HEADER("'|u1'", "(-2, 3)"), 6, LK_FORMAT, "damaged");
    refuse_npy(1, HEADER("'|u1'", "(1, 1, 1, 1, 1)"), 1, LK_UNSUPPORTED, "more than 4 axes");
    refuse_npy(1, HEADER("'|u1'", "()"), 1, LK_FORMAT, "single number");
    refuse_npy(1, HEADER("'<f3'", "(3,)"), 6, LK_UNSUPPORTED, "'<f3'");
    refuse_npy(1, HEADER("'<c8'", "(3,)"), 6, LK_UNSUPPORTED, "'<c8'");
    refuse_npy(1, HEADER("'<f22'", "(3,)"), 6, LK_UNSUPPORTED, "'<f22'");
    refuse_npy(1, HEADER("'|O'", "(3,)"), 6, LK_UNSUPPORTED, "'|O'");
    refuse_npy(1, HEADER("''", "(3,)"), 6, LK_UNSUPPORTED, "type ''");
    refuse_npy(1, HEADER("[('a', '|u1')]", "(3,)"), 6, LK_FORMAT, "not of plain numbers");
    refuse_npy(1, "{'descr': '|u1', 'shape': (3,), }", 3, LK_FORMAT, "damaged");
    refuse_npy(1, "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", 3,
               LK_FORMAT, "damaged");
    refuse_npy(1, "{'descr': '|u1' 'fortran_order': False, 'shape': (3,)}", 3, LK_FORMAT,
               "damaged");
    refuse_npy(4, HEADER("'|u1'", "(3,)"), 3, LK_UNSUPPORTED, "version 4");
    lk_file file = npy(2, HEADER("'|u1'", "(3,)"));
    memset(file.data + 8, 0xFF, 4);
    test_refused(file.data, file.size, NULL, LK_FORMAT, "longer than the file");
    for (int64_t size = 6; size < 12; ++size) {
        test_refused(file.data, size, NULL, LK_FORMAT, "longer than the file");
    }
}

static void numbers_that_are_no_values_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *type;
        uint8_t bits[8]; /* little-endian, the last of three elements in a row */
        const char *part;
    } rows[] = {
        {"|i1", {0xFF}, "row 1, column 3: -1 is negative"},
        {"<i8", {0, 0, 0, 0, 0, 0, 0, 0x80}, "column 3: -9223372036854775808 is negative"},
        {"<u8", {0, 0, 0, 0, 0, 0, 0, 0x80}, "3: 9223372036854775808 is larger than 65535"},
        {"<u8",
         {255, 255, 255, 255, 255, 255, 255, 255},
         "18446744073709551615 is larger than 65535"},
        {"<u4", {0, 0, 1, 0}, "column 3: 65536 is larger than 65535"},
        {"<f2", {0, 0x7E}, "nan is not an integer"},
        {"<f2", {0, 0xFC}, "-inf is not an integer"},
        {"<f2", {0, 0x38}, "0.5 is not an integer"},
        {"<f2", {1, 0}, "5.96046448e-08 is not an integer"},
        {"<f2", {0, 0xBC}, "-1 is negative"},
        {"<f4", {0, 0, 0xC0, 0x7F}, "nan is not an integer"},
        {"<f8", {0, 0, 0, 0, 0, 0, 0xF0, 0x7F}, "inf is not an integer"},
        {"<f8", {0, 0, 0, 0, 0, 0, 0xE0, 0x3F}, "0.5 is not an integer"},
        {"<f8", {0, 0, 0, 0, 0, 0, 0xF0, 0xBF}, "-1 is negative"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        char header[128];
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (1, 3)}",
                 rows[i].type);
        lk_file file = npy(1, header);
        put_element(&file, rows[i].type, 7);
        put_element(&file, rows[i].type, 0);
        put(&file, rows[i].bits, (size_t)(rows[i].type[2] - '0'));
        test_refused(file.data, file.size, NULL, LK_FORMAT, rows[i].part);
    }
    lk_dataset_options options = {.alphabet = 3};
    static const uint8_t idx[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 2, 3};
    test_refused(idx, sizeof idx, &options, LK_MISMATCH,
                 "row 2, column 2: 3 is outside the alphabet 0..2");
}

static void idx_is_read(void **state) {
    (void)state;
    static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0,   0,   0,
                                     1, 0, 0, 0, 3, 0, 1, 2, 100, 127, 5};
    lk_dataset *dataset = test_parse(images, sizeof images, NULL);
    test_values(dataset, 2, 3, six);
    assert_int_equal(dataset->alphabet, 256);
    assert_int_equal(dataset->shape.axes, 3);
    assert_string_equal(lk_dataset_format_name(dataset->format), "idx");
    lk_dataset_destroy(dataset);
    static const uint8_t words[] = {0, 0, 0x0B, 1, 0, 0, 0, 2, 1, 2, 0, 9};
    static const uint16_t two[] = {258, 9};
    dataset = test_parse(words, sizeof words, NULL);
    test_values(dataset, 2, 1, two);
    lk_dataset_destroy(dataset);
}

static void lying_idx_headers_are_refused(void **state) {
    (void)state;
    static const uint8_t huge[] = {0, 0, 8, 2, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 1, 2, 3};
    static const uint8_t all[] = {0,   0,   8,   4,   255, 255, 255, 255, 255, 255,
                                  255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t shorter[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3};
    static const uint8_t longer[] = {0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3};
    static const uint8_t none[] = {0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 2};
    static const uint8_t axes[] = {0, 0, 8, 5, 0, 0, 0, 1};
    static const uint8_t type[] = {0, 0, 0x0A, 1, 0, 0, 0, 1, 0};
    test_refused(huge, sizeof huge, NULL, LK_FORMAT, "truncated or damaged");
    test_refused(all, sizeof all, NULL, LK_FORMAT, "truncated or damaged");
    test_refused(shorter, sizeof shorter, NULL, LK_FORMAT, "truncated or damaged");
    test_refused(longer, sizeof longer, NULL, LK_FORMAT, "byte 14: 1 bytes too many");
    test_refused(none, sizeof none, NULL, LK_FORMAT, "no examples");
    test_refused(axes, sizeof axes, NULL, LK_UNSUPPORTED, "byte 3: 5 axes");
    test_refused(type, sizeof type, NULL, LK_FORMAT, "byte 2: 0x0A");
    test_refused(huge, 10, NULL, LK_FORMAT, "within its IDX header");
}

static void packed_pbm_is_read(void **state) {
    (void)state;
    static const uint8_t picture[] = "P4 # a comment\n9 2\n\x80\x80\x01\x00";
    static const uint16_t values[] = {1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0};
    lk_dataset *dataset = test_parse(picture, sizeof picture - 1, NULL);
    test_values(dataset, 2, 9, values);
    assert_int_equal(dataset->shape.axes, 1);
    lk_dataset_destroy(dataset);
    test_refused(picture, sizeof picture - 2, NULL, LK_FORMAT,
                 "promises 2 rows of 9 variables, but only 3 bytes");
    test_refused(picture, sizeof picture, NULL, LK_FORMAT, "1 bytes stand after");
    test_refused("P4\n9999999999 9999999999\nxx", 27, NULL, LK_FORMAT, "promises 9999999999 rows");
    test_refused("P4\n0 1\n", 7, NULL, LK_FORMAT, "needs a width and a height");
    test_refused("P4\n99999999999 1\nx", 18, NULL, LK_FORMAT, "needs a width and a height");
    test_refused("P4\n3 1#\x80", 8, NULL, LK_FORMAT, "a single white space");
    test_refused("P1\n3 1\n0 1 x", 12, NULL, LK_FORMAT, "row 1, column 3");
    test_refused("P1\n3 1\n0 1   ", 13, NULL, LK_FORMAT, "row 1, column 3): the file ends");
    test_refused("P1\n3 1\n0 1 1 1", 14, NULL, LK_FORMAT, "after the last row");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_order_is_read),
        cmocka_unit_test(axes_become_shapes),
        cmocka_unit_test(column_major_images_are_turned),
        cmocka_unit_test(channels_first_are_turned),
        cmocka_unit_test(pictures_are_not_cut_anew),
        cmocka_unit_test(arrays_are_written_as_they_stood),
        cmocka_unit_test(lying_npy_headers_are_refused),
        cmocka_unit_test(numbers_that_are_no_values_are_refused),
        cmocka_unit_test(idx_is_read),
        cmocka_unit_test(lying_idx_headers_are_refused),
        cmocka_unit_test(packed_pbm_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
