/* JPEG pictures made by libjpeg are read to nearly the known pixels; every truncation, other colour
 * spaces and hostile headers give an error. */
#include "data/formats/testing.h"

#include <jpeglib.h>

#include "data/formats/pictures.h"

typedef struct lk_kind {
    J_COLOR_SPACE space; /* of the pixels given: JCS_GRAYSCALE, JCS_RGB, JCS_CMYK */
    int quality;
    bool progressive;
    int tolerance; /* of a value */
} lk_kind;

static uint8_t sample(int row, int column, int channel) {
    return (uint8_t)(20 + row * 6 + column * 4 + channel * 30);
}

static int kind_channels(const lk_kind *kind) {
    return kind->space == JCS_GRAYSCALE ? 1 : kind->space == JCS_RGB ? 3 : 4;
}

static lk_bytes make_jpeg(const lk_kind *kind, int height, int width) {
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr errors;
    unsigned char *packed = NULL;
    unsigned long size = 0;
    encoder.err = jpeg_std_error(&errors);
    jpeg_create_compress(&encoder);
    jpeg_mem_dest(&encoder, &packed, &size);
    encoder.image_height = (JDIMENSION)height;
    encoder.image_width = (JDIMENSION)width;
    encoder.input_components = kind_channels(kind);
    encoder.in_color_space = kind->space;
    jpeg_set_defaults(&encoder);
    jpeg_set_quality(&encoder, kind->quality, TRUE);
    if (kind->progressive) {
        jpeg_simple_progression(&encoder);
    }
    jpeg_start_compress(&encoder, TRUE);
    for (int row = 0; row < height; ++row) {
        uint8_t line[512];
        for (int i = 0; i < width * kind_channels(kind); ++i) {
            line[i] = sample(row, i / kind_channels(kind), i % kind_channels(kind));
        }
        JSAMPROW rows = line;
        jpeg_write_scanlines(&encoder, &rows, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    return (lk_bytes){packed, (int64_t)size};
}

/* A marker right behind the first two bytes. */
static lk_bytes put_marker(lk_bytes jpeg, int marker, const void *content, size_t size) {
    lk_bytes made = {malloc((size_t)jpeg.size + size + 4), jpeg.size + (int64_t)size + 4};
    const uint8_t head[] = {
        0xFF, 0xD8, 0xFF, (uint8_t)marker, (uint8_t)((size + 2) >> 8), (uint8_t)(size + 2)};
    memcpy(made.data, head, sizeof head);
    memcpy(made.data + sizeof head, content, size);
    memcpy(made.data + sizeof head + size, jpeg.data + 2, (size_t)jpeg.size - 2);
    free(jpeg.data);
    return made;
}

/* Each of EXIF's eight ways up: which of the six pixels of a file of two rows stand where. */
static void orientation_is_followed_where_asked(void **state) {
    (void)state;
    static const struct {
        int height, width;
        uint8_t from[6];
    } ways[9] = {
        [1] = {2, 3, {0, 1, 2, 3, 4, 5}}, [2] = {2, 3, {2, 1, 0, 5, 4, 3}},
        [3] = {2, 3, {5, 4, 3, 2, 1, 0}}, [4] = {2, 3, {3, 4, 5, 0, 1, 2}},
        [5] = {3, 2, {0, 3, 1, 4, 2, 5}}, [6] = {3, 2, {3, 0, 4, 1, 5, 2}},
        [7] = {3, 2, {5, 2, 4, 1, 3, 0}}, [8] = {3, 2, {2, 5, 1, 4, 0, 3}},
    };
    static const lk_kind grey = {JCS_GRAYSCALE, 100, false, 1};
    for (int way = 1; way <= 8; ++way) {
        char exif[] = "Exif\0\0II*\0\x8\0\0\0\x1\0\x12\x01\x3\0\x1\0\0\0?\0\0\0\0\0\0";
        *strchr(exif + 24, '?') = (char)way;
        lk_bytes bytes = put_marker(make_jpeg(&grey, 2, 3), 0xE1, exif, sizeof exif);
        lk_dataset *plain = test_parse(bytes.data, bytes.size, NULL);
        lk_dataset_options orient = {.pictures.settings.orient = true};
        lk_dataset *turned = test_parse(bytes.data, bytes.size, &orient);
        assert_int_equal(plain->shape.size[0], 2);
        assert_int_equal(turned->shape.size[0], ways[way].height);
        assert_int_equal(turned->shape.size[1], ways[way].width);
        for (int i = 0; i < 6; ++i) {
            assert_int_equal(turned->values[i], plain->values[ways[way].from[i]]);
        }
        assert_true((plain->note != NULL) == (way > 1));
        assert_true((turned->note != NULL) == (way > 1));
        lk_dataset_destroy(plain);
        lk_dataset_destroy(turned);
        free(bytes.data);
    }
}

static void further_pictures_are_counted(void **state) {
    (void)state;
    static const lk_kind grey = {JCS_GRAYSCALE, 100, false, 1};
    static const char index[] = "MPF\0MM\0*\0\0\0\x8\0\x1\xB0\x01\0\x4\0\0\0\x1\0\0\0\x3\0\0\0\0";
    lk_bytes bytes = put_marker(make_jpeg(&grey, 2, 3), 0xE2, index, sizeof index - 1);
    lk_dataset *dataset = test_parse(bytes.data, bytes.size, NULL);
    assert_non_null(dataset->note);
    assert_string_equal(dataset->note, "the first of 3 frames read");
    lk_dataset_destroy(dataset);
    free(bytes.data);
}

static void pictures_are_read(void **state) {
    (void)state;
    static const lk_kind kinds[] = {{JCS_GRAYSCALE, 100, false, 1},
                                    {JCS_RGB, 100, false, 4},
                                    {JCS_GRAYSCALE, 90, true, 4},
                                    {JCS_RGB, 95, true, 8}};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; ++k) {
        const lk_kind *kind = &kinds[k];
        const int height = 11, width = 19, channels = kind_channels(kind);
        lk_bytes bytes = make_jpeg(kind, height, width);
        lk_dataset *dataset = test_parse(bytes.data, bytes.size, NULL);
        assert_true(lk_shape_equal(dataset->shape,
                                   (lk_shape){.axes = 3, .size = {height, width, channels}}));
        assert_int_equal(dataset->examples, 1);
        assert_int_equal(dataset->alphabet, 256);
        assert_string_equal(lk_dataset_format_name(dataset->format), "jpeg");
        for (int i = 0; i < height * width * channels; ++i) {
            int value = sample(i / channels / width, i / channels % width, i % channels);
            if (abs(dataset->values[i] - value) > kind->tolerance) {
                fail_msg("kind %zu, value %d: %d, wanted about %d", k, i, dataset->values[i],
                         value);
            }
        }
        lk_dataset_destroy(dataset);
        free(bytes.data);
    }
}

static void truncation_is_seen(void **state) {
    (void)state;
    static const lk_kind kinds[] = {{JCS_RGB, 90, false, 0}, {JCS_RGB, 90, true, 0}};
    for (size_t k = 0; k < 2; ++k) {
        lk_bytes bytes = make_jpeg(&kinds[k], 9, 10);
        for (int64_t size = 3; size < bytes.size; ++size) {
            test_refused(bytes.data, size, NULL, LK_FORMAT, "libjpeg cannot read it: ");
        }
        free(bytes.data);
    }
}

/* Damage to the coded pixels is refused or gives a picture of the same size; nothing worse. */
static void damage_is_survived(void **state) {
    (void)state;
    lk_bytes bytes = make_jpeg(&(lk_kind){JCS_RGB, 90, true, 0}, 16, 16);
    int refused = 0;
    for (int64_t i = 3; i < bytes.size; ++i) {
        lk_context context = {0};
        lk_dataset *dataset;
        bytes.data[i] ^= 0x55;
        refused += lk_dataset_parse(&context, "file", &bytes, NULL, &dataset) != LK_OK;
        lk_dataset_destroy(dataset);
        bytes.data[i] ^= 0x55;
    }
    assert_true(refused > 20);
    free(bytes.data);
}

static int64_t find(const lk_bytes *bytes, uint8_t marker) {
    for (int64_t i = 0; i + 1 < bytes->size; ++i) {
        if (bytes->data[i] == 0xFF && bytes->data[i + 1] == marker) {
            return i;
        }
    }
    fail_msg("no marker %02X", marker);
    return 0;
}

/* The first scan once more, again and again: no new pixels, only time. */
static lk_bytes repeat_scan(const lk_bytes *bytes, int times) {
    int64_t first = find(bytes, 0xDA), end = first + 2;
    while (bytes->data[end] != 0xFF || bytes->data[end + 1] == 0) {
        ++end;
    }
    lk_bytes longer = {malloc((size_t)(bytes->size + times * (end - first))), 0};
    assert_non_null(longer.data);
    memcpy(longer.data, bytes->data, (size_t)end);
    longer.size = end;
    for (int i = 0; i < times; ++i) {
        memcpy(longer.data + longer.size, bytes->data + first, (size_t)(end - first));
        longer.size += end - first;
    }
    memcpy(longer.data + longer.size, bytes->data + end, (size_t)(bytes->size - end));
    longer.size += bytes->size - end;
    return longer;
}

static void hostile_headers_are_refused(void **state) {
    (void)state;
    lk_bytes bytes = make_jpeg(&(lk_kind){JCS_CMYK, 90, false, 0}, 8, 8);
    test_refused(bytes.data, bytes.size, NULL, LK_UNSUPPORTED, "a JPEG of 4 channels");
    free(bytes.data);
    bytes = make_jpeg(&(lk_kind){JCS_GRAYSCALE, 90, false, 0}, 8, 8);
    int64_t frame = find(&bytes, 0xC0);
    static const struct {
        int height, width;
        lk_status status;
        const char *part;
    } rows[] = {{2000, 2000, LK_FORMAT, "2000 x 2000 pixels (width x height), which"},
                {65000, 65000, LK_UNSUPPORTED, "65000 x 65000 pixels"},
                {0, 8, LK_FORMAT, "libjpeg cannot read it"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        uint8_t *size = bytes.data + frame + 5;
        size[0] = (uint8_t)(rows[i].height >> 8);
        size[1] = (uint8_t)rows[i].height;
        size[2] = (uint8_t)(rows[i].width >> 8);
        size[3] = (uint8_t)rows[i].width;
        test_refused(bytes.data, bytes.size, NULL, rows[i].status, rows[i].part);
    }
    free(bytes.data);
    bytes = make_jpeg(&(lk_kind){JCS_GRAYSCALE, 90, true, 0}, 8, 8);
    lk_bytes longer = repeat_scan(&bytes, 200);
    test_refused(longer.data, longer.size, NULL, LK_FORMAT, "libjpeg cannot read it: ");
    free(longer.data);
    free(bytes.data);
}

/* A picture that was compressed comes back as a PNG; a name that says JPEG would lie. */
static void pixels_are_restored_as_png(void **state) {
    (void)state;
    lk_context context = {0};
    char path[512];
    lk_bytes bytes = make_jpeg(&(lk_kind){JCS_RGB, 80, false, 0}, 10, 20);
    lk_dataset *dataset = test_parse(bytes.data, bytes.size, NULL), *again;
    assert_int_equal(lk_dataset_restore(&context, test_path("picture.JPG", path), dataset),
                     LK_INVALID);
    assert_non_null(strstr(context.message, "write .png"));
    assert_int_equal(lk_dataset_restore(&context, test_path("picture", path), dataset), LK_OK);
    assert_int_equal(lk_dataset_read(&context, path, NULL, &again), LK_OK);
    assert_string_equal(lk_dataset_format_name(again->format), "png");
    test_values(again, 1, dataset->variables, dataset->values);
    lk_dataset_destroy(again);
    lk_dataset_destroy(dataset);
    free(bytes.data);
    remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orientation_is_followed_where_asked),
        cmocka_unit_test(further_pictures_are_counted),
        cmocka_unit_test(pictures_are_read),
        cmocka_unit_test(truncation_is_seen),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(hostile_headers_are_refused),
        cmocka_unit_test(pixels_are_restored_as_png),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
