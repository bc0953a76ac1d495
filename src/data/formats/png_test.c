/* PNG pictures of every kind that libpng can write are read to the known pixels; every truncation,
 * damaged byte and hostile header gives an error. */
#include <png.h>

#include "data/formats/pictures.h"
#include "data/formats/testing.h"

typedef struct lk_kind {
    int type, bits;
    bool interlaced, grey_palette, transparent;
    int entries; /* of the palette; 0: as many as there are indices */
} lk_kind;

static int kind_channels(const lk_kind *kind) {
    static const int channels[] = {[PNG_COLOR_TYPE_GRAY] = 1,
                                   [PNG_COLOR_TYPE_RGB] = 3,
                                   [PNG_COLOR_TYPE_PALETTE] = 1,
                                   [PNG_COLOR_TYPE_GRAY_ALPHA] = 2,
                                   [PNG_COLOR_TYPE_RGB_ALPHA] = 4};
    return channels[kind->type];
}

static void on_write(png_structp png, png_bytep data, png_size_t size) {
    lk_bytes *bytes = png_get_io_ptr(png);
    bytes->data = realloc(bytes->data, (size_t)bytes->size + size);
    assert_non_null(bytes->data);
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += (int64_t)size;
}

/* A sample of the picture: below 2^bits. The alpha channel hides nothing, or one pixel. */
static uint8_t sample(const lk_kind *kind, int row, int column, int channel) {
    bool alpha = (kind->type & PNG_COLOR_MASK_ALPHA) && channel == kind_channels(kind) - 1;
    int value = alpha ? (kind->transparent && row == 1 && column == 2 ? 7 : 255)
                      : row * 51 + column * 7 + channel * 101;
    return (uint8_t)(value & ((1 << (kind->bits < 8 ? kind->bits : 8)) - 1));
}

static png_color colour(const lk_kind *kind, int index) {
    uint8_t grey = (uint8_t)(255 - index * 3);
    return kind->grey_palette ? (png_color){grey, grey, grey}
                              : (png_color){grey, (uint8_t)(index * 5), (uint8_t)(index ^ 85)};
}

static lk_bytes make_png(const lk_kind *kind, int height, int width) {
    lk_bytes bytes = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &bytes, on_write, NULL);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, kind->bits, kind->type,
                 kind->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_color palette[256];
    for (int i = 0; i < 1 << (kind->bits & 15) && i < 256; ++i) {
        palette[i] = colour(kind, i);
    }
    if (kind->type == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, kind->entries > 0 ? kind->entries : 1 << kind->bits);
        png_set_check_for_invalid_index(png, 0);
    }
    png_write_info(png, info);
    png_set_packing(png);
    int passes = png_set_interlace_handling(png), samples = width * kind_channels(kind);
    for (int pass = 0; pass < passes; ++pass) {
        for (int row = 0; row < height; ++row) {
            uint8_t line[512] = {0};
            for (int i = 0; i < samples; ++i) {
                int at = kind->bits == 16 ? 2 * i : i;
                line[at] = sample(kind, row, i / kind_channels(kind), i % kind_channels(kind));
            }
            png_write_row(png, line);
        }
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return bytes;
}

/* What is to be read where the file has `value`s. */
static uint16_t wanted(const lk_kind *kind, int row, int column, int channel) {
    bool indexed = kind->type == PNG_COLOR_TYPE_PALETTE;
    uint8_t value = sample(kind, row, column, indexed ? 0 : channel);
    if (indexed) {
        png_color c = colour(kind, value);
        return channel == 0 ? c.red : channel == 1 ? c.green : c.blue;
    }
    return kind->bits == 1 ? value : (uint16_t)(value * 255 / ((1 << kind->bits) - 1));
}

static void every_kind_is_read(void **state) {
    (void)state;
    static const lk_kind kinds[] = {
        {PNG_COLOR_TYPE_GRAY, 1, false, false, false, 0},
        {PNG_COLOR_TYPE_GRAY, 2, false, false, false, 0},
        {PNG_COLOR_TYPE_GRAY, 4, true, false, false, 0},
        {PNG_COLOR_TYPE_GRAY, 8, false, false, false, 0},
        {PNG_COLOR_TYPE_GRAY, 1, true, false, false, 0},
        {PNG_COLOR_TYPE_RGB, 8, false, false, false, 0},
        {PNG_COLOR_TYPE_RGB, 8, true, false, false, 0},
        {PNG_COLOR_TYPE_PALETTE, 1, false, false, false, 0},
        {PNG_COLOR_TYPE_PALETTE, 4, false, false, false, 0},
        {PNG_COLOR_TYPE_PALETTE, 8, true, false, false, 0},
        {PNG_COLOR_TYPE_PALETTE, 2, false, true, false, 0},
        {PNG_COLOR_TYPE_GRAY_ALPHA, 8, false, false, false, 0},
        {PNG_COLOR_TYPE_RGB_ALPHA, 8, true, false, false, 0},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; ++k) {
        const lk_kind *kind = &kinds[k];
        const int height = 5, width = 11;
        lk_bytes bytes = make_png(kind, height, width);
        lk_dataset *dataset = test_parse(bytes.data, bytes.size, NULL);
        int channels = (kind->type & PNG_COLOR_MASK_COLOR) && !kind->grey_palette ? 3 : 1;
        lk_shape shape = {.axes = 3, .size = {height, width, channels}};
        assert_true(lk_shape_equal(dataset->shape, shape));
        assert_int_equal(dataset->examples, 1);
        assert_int_equal(dataset->alphabet,
                         kind->type == PNG_COLOR_TYPE_GRAY && kind->bits == 1 ? 2 : 256);
        assert_string_equal(lk_dataset_format_name(dataset->format), "png");
        for (int i = 0; i < height * width * channels; ++i) {
            int row = i / channels / width, column = i / channels % width;
            uint16_t value = wanted(kind, row, column, i % channels);
            if (dataset->values[i] != value) {
                fail_msg("kind %zu, row %d, column %d, channel %d: %d, wanted %d", k, row, column,
                         i % channels, dataset->values[i], value);
            }
        }
        lk_dataset_destroy(dataset);
        free(bytes.data);
    }
}

/* The alphabet is the format's: a picture that is all black but for values of 1 still has 256
 * levels, and is restored as it was. */
static void alphabets_do_not_depend_on_values(void **state) {
    (void)state;
    lk_context context = {0};
    char path[512];
    static const uint8_t dark[4] = {0, 1, 1, 0};
    lk_dataset *dataset, *again;
    assert_int_equal(lk_png_write(&context, test_path("dark.png", path), dark, 2, 2, 1), LK_OK);
    assert_int_equal(lk_dataset_read(&context, path, NULL, &dataset), LK_OK);
    assert_int_equal(dataset->alphabet, 256);
    assert_int_equal(lk_dataset_restore(&context, path, dataset), LK_OK);
    assert_int_equal(lk_dataset_read(&context, path, NULL, &again), LK_OK);
    test_values(again, 1, 4, (const uint16_t[]){0, 1, 1, 0});
    lk_dataset_destroy(again);
    dataset->alphabet = 2;
    assert_int_equal(lk_dataset_restore(&context, path, dataset), LK_OK);
    assert_int_equal(lk_dataset_read(&context, path, NULL, &again), LK_OK);
    assert_int_equal(again->alphabet, 2);
    test_values(again, 1, 4, dataset->values);
    lk_dataset_destroy(again);
    lk_dataset_destroy(dataset);
    remove(path);
    lk_dataset_options few = {.alphabet = 16};
    lk_bytes bytes = make_png(&(lk_kind){.type = PNG_COLOR_TYPE_RGB, .bits = 8}, 3, 3);
    test_refused(bytes.data, bytes.size, &few, LK_MISMATCH, "pixel 1 of row 1, channel 2: 101");
    free(bytes.data);
}

/* Pixel 3 of row 2 shows through; the others hide what is behind them. */
static void transparency_is_a_channel(void **state) {
    (void)state;
    static const struct {
        lk_alpha alpha;
        int channels;
        const char *note;
    } rows[] = {
        {LK_ALPHA_AUTO, 4, "transparency kept as the last channel"},
        {LK_ALPHA_KEEP, 4, "transparency kept as the last channel"},
        {LK_ALPHA_DROP, 3, "transparency dropped"},
        {LK_ALPHA_WHITE, 3, "transparency laid on white"},
    };
    lk_kind kind = {.type = PNG_COLOR_TYPE_RGB_ALPHA, .bits = 8, .transparent = true};
    lk_bytes bytes = make_png(&kind, 3, 4);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
        lk_dataset_options options = {.pictures.settings.alpha = rows[r].alpha};
        lk_dataset *dataset = test_parse(bytes.data, bytes.size, &options);
        int channels = rows[r].channels;
        assert_int_equal(dataset->shape.size[2], channels);
        assert_non_null(dataset->note);
        assert_non_null(strstr(dataset->note, rows[r].note));
        for (int i = 0; i < 3 * 4 * channels; ++i) {
            int row = i / channels / 4, column = i / channels % 4, channel = i % channels;
            int want = sample(&kind, row, column, channel);
            bool through = row == 1 && column == 2;
            if (through && rows[r].alpha == LK_ALPHA_WHITE) {
                want = (want * 7 + 255 * 248 + 127) / 255;
            }
            assert_int_equal(dataset->values[i], want);
        }
        lk_dataset_destroy(dataset);
    }
    lk_dataset_options like = {.pictures.channels = 4};
    free(bytes.data);
    kind = (lk_kind){.type = PNG_COLOR_TYPE_RGB, .bits = 8}; /* as others that have alpha */
    bytes = make_png(&kind, 3, 4);
    lk_dataset *dataset = test_parse(bytes.data, bytes.size, &like);
    assert_int_equal(dataset->shape.size[2], 4);
    assert_int_equal(dataset->values[7], 255);
    assert_non_null(strstr(dataset->note, "read as opaque"));
    lk_dataset_destroy(dataset);
    free(bytes.data);
}

static void sixteen_bits_are_read(void **state) {
    (void)state;
    lk_kind kind = {.type = PNG_COLOR_TYPE_GRAY, .bits = 16};
    lk_bytes bytes = make_png(&kind, 3, 4);
    lk_dataset *dataset = test_parse(bytes.data, bytes.size, NULL);
    assert_int_equal(dataset->alphabet, 65536);
    for (int i = 0; i < 12; ++i) {
        assert_int_equal(dataset->values[i], sample(&kind, i / 4, i % 4, 0) << 8);
    }
    lk_context context = {0};
    char path[512];
    lk_dataset *again;
    assert_int_equal(lk_dataset_restore(&context, test_path("deep.png", path), dataset), LK_OK);
    assert_int_equal(lk_dataset_read(&context, path, NULL, &again), LK_OK);
    test_values(again, 1, 12, dataset->values);
    remove(path);
    lk_dataset_destroy(again);
    lk_dataset_destroy(dataset);
    lk_dataset_options high = {.pictures.settings.depth = 8};
    dataset = test_parse(bytes.data, bytes.size, &high);
    assert_int_equal(dataset->alphabet, 256);
    assert_int_equal(dataset->values[5], sample(&kind, 1, 1, 0));
    assert_non_null(strstr(dataset->note, "the high 8 of 16 bits"));
    lk_dataset_destroy(dataset);
    lk_dataset_options model = {.pictures.levels = 256};
    test_refused(bytes.data, bytes.size, &model, LK_MISMATCH, "--depth 8");
    free(bytes.data);
}

/* What a model's levels are decides how those of a picture are told. */
static void levels_are_those_of_the_model(void **state) {
    (void)state;
    static const struct {
        int bits, levels, white; /* white 0: refused */
        int alphabet;
    } rows[] = {{1, 256, 255, 256},
                {1, 2, 1, 2},
                {1, 65536, 65535, 65536},
                {2, 4, 3, 4},
                {2, 256, 255, 256},
                {4, 16, 15, 16},
                {4, 2, 0, 0},
                {2, 65536, 65535, 65536},
                {8, 100, 0, 0},
                {1, 10, 9, 10}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
        lk_kind kind = {.type = PNG_COLOR_TYPE_GRAY, .bits = rows[r].bits};
        lk_bytes bytes = make_png(&kind, 2, 5);
        lk_dataset_options options = {.pictures.levels = rows[r].levels};
        int most = (1 << rows[r].bits) - 1;
        if (rows[r].white == 0) {
            if (rows[r].levels != 100) {
                /* A level between black and white is none of two; as numbers they may be. */
                lk_dataset *dataset = test_parse(bytes.data, bytes.size, &options);
                assert_int_equal(dataset->alphabet, 256);
                lk_dataset_destroy(dataset);
            }
            free(bytes.data);
            continue;
        }
        lk_dataset *dataset = test_parse(bytes.data, bytes.size, &options);
        assert_int_equal(dataset->alphabet, rows[r].alphabet);
        for (int i = 0; i < 10; ++i) {
            int value = sample(&kind, i / 5, i % 5, 0);
            assert_int_equal(dataset->values[i], value * rows[r].white / most);
        }
        lk_dataset_destroy(dataset);
        free(bytes.data);
    }
}

/* libpng shows such an index black, Pillow grey: neither is in the file. Pixel (row, column) has
 * index row * 51 + column * 7, modulo 16. */
static void indices_beyond_the_palette_are_refused(void **state) {
    (void)state;
    for (int interlaced = 0; interlaced < 2; ++interlaced) {
        lk_kind kind = {.type = PNG_COLOR_TYPE_PALETTE, .bits = 4, .interlaced = interlaced};
        kind.entries = 15; /* 0 7 14 5, 3 10 1 8 */
        lk_bytes bytes = make_png(&kind, 2, 4);
        lk_dataset_destroy(test_parse(bytes.data, bytes.size, NULL));
        free(bytes.data);
        kind.entries = 10;
        bytes = make_png(&kind, 2, 4);
        test_refused(bytes.data, bytes.size, NULL, LK_FORMAT,
                     "pixel 3 of row 1 has colour 15 of a palette of 10");
        free(bytes.data);
    }
}

static void damage_is_seen(void **state) {
    (void)state;
    lk_bytes bytes =
        make_png(&(lk_kind){.type = PNG_COLOR_TYPE_PALETTE, .bits = 4, .interlaced = true}, 4, 5);
    for (int64_t size = 8; size < bytes.size; ++size) {
        test_refused(bytes.data, size, NULL, LK_FORMAT, "the file ends within the picture");
    }
    for (int64_t i = 8; i < bytes.size; ++i) { /* a checksum covers everything but the lengths */
        lk_context context = {0};
        lk_dataset *dataset;
        bytes.data[i] ^= 0x10;
        assert_int_not_equal(lk_dataset_parse(&context, "file", &bytes, NULL, &dataset), LK_OK);
        bytes.data[i] ^= 0x10;
    }
    free(bytes.data);
}

/* A header with another size and its right checksum. */
static void promise_size(lk_bytes *bytes, uint32_t width, uint32_t height) {
    uint8_t *chunk = bytes->data + 12;
    for (int i = 0; i < 4; ++i) {
        chunk[4 + i] = (uint8_t)(width >> (24 - 8 * i));
        chunk[8 + i] = (uint8_t)(height >> (24 - 8 * i));
    }
    uint32_t remainder = UINT32_MAX;
    for (int i = 0; i < 17 * 8; ++i) {
        uint32_t bit = (chunk[i / 8] >> (i & 7)) & 1;
        remainder = (remainder >> 1) ^ ((remainder ^ bit) & 1 ? 0xEDB88320u : 0);
    }
    for (int i = 0; i < 4; ++i) {
        chunk[17 + i] = (uint8_t)(~remainder >> (24 - 8 * i));
    }
}

static void hostile_sizes_are_refused(void **state) {
    (void)state;
    lk_bytes bytes = make_png(&(lk_kind){.type = PNG_COLOR_TYPE_RGB, .bits = 8}, 3, 4);
    promise_size(&bytes, 4, 3);
    lk_dataset_destroy(test_parse(bytes.data, bytes.size, NULL));
    promise_size(&bytes, 0, 3);
    test_refused(bytes.data, bytes.size, NULL, LK_FORMAT, "libpng cannot read it");
    promise_size(&bytes, 2000000000, 3);
    test_refused(bytes.data, bytes.size, NULL, LK_FORMAT, "libpng cannot read it");
    promise_size(&bytes, 1000000, 1000000);
    test_refused(bytes.data, bytes.size, NULL, LK_UNSUPPORTED, "1000000 x 1000000 pixels");
    promise_size(&bytes, 16000, 16000);
    test_refused(bytes.data, bytes.size, NULL, LK_FORMAT, "bytes cannot hold");
    promise_size(&bytes, 400, 400);
    test_refused(bytes.data, bytes.size, NULL, LK_FORMAT, "bytes cannot hold");
    free(bytes.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(alphabets_do_not_depend_on_values),
        cmocka_unit_test(transparency_is_a_channel),
        cmocka_unit_test(sixteen_bits_are_read),
        cmocka_unit_test(levels_are_those_of_the_model),
        cmocka_unit_test(indices_beyond_the_palette_are_refused),
        cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(hostile_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
