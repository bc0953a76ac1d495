/* What is written is read again, for every format, shape and alphabet; PNG pictures are read back
 * by libpng. */
#include <png.h>

#include "base/memory.h"
#include "base/random.h"
#include "data/formats/testing.h"
#include "data/labels.h"

static lk_dataset *random_dataset(lk_shape shape, int64_t examples, int32_t alphabet) {
    lk_context context = {0};
    lk_dataset *dataset;
    assert_int_equal(lk_dataset_create(&context, "memory", shape, examples, alphabet, &dataset),
                     LK_OK);
    for (int64_t i = 0; i < examples * dataset->variables; ++i) {
        dataset->values[i] = (uint16_t)lk_random_below((lk_random){3, LK_FOR_CHECK}, 0, (uint64_t)i,
                                                       (uint64_t)alphabet);
    }
    return dataset;
}

static void check_round_trip(const char *name, const lk_dataset *dataset) {
    lk_context context = {0};
    lk_dataset *again;
    char path[512];
    if (lk_dataset_write(&context, test_path(name, path), dataset) != LK_OK) {
        fail_msg("%s", context.message);
    }
    lk_dataset_options options = {.alphabet = dataset->alphabet, .shape = dataset->shape};
    if (lk_dataset_read(&context, path, &options, &again) != LK_OK) {
        fail_msg("%s", context.message);
    }
    test_values(again, dataset->examples, dataset->variables, dataset->values);
    /* A restored file is of the same kind under a name that says nothing. */
    char plain[512];
    lk_dataset *restored = NULL;
    if (lk_dataset_restore(&context, test_path("plain", plain), again) != LK_OK ||
        lk_dataset_read(&context, plain, &options, &restored) != LK_OK) {
        fail_msg("%s", context.message);
    }
    test_values(restored, dataset->examples, dataset->variables, dataset->values);
    assert_int_equal(restored->format, again->format);
    lk_dataset_destroy(restored);
    lk_dataset_destroy(again);
    remove(path);
    remove(plain);
}

static void what_is_written_is_read_again(void **state) {
    (void)state;
    static const char *const names[] = {
        "a.npy",    "a.amat",   "a.txt",    "a.csv",           "a.idx", "a.npy.gz", "a.amat.gz",
        "a.txt.GZ", "a.csv.gz", "a.idx.gz", "a-idx3-ubyte.gz", "A.NPY", "a.npz"};
    static const lk_shape shapes[] = {{1, {1}},       {1, {2}},       {1, {5}},
                                      {1, {17}},      {1, {129}},     {2, {3, 5}},
                                      {3, {4, 3, 1}}, {3, {2, 3, 3}}, {4, {2, 2, 2, 2}}};
    static const int32_t alphabets[] = {2, 3, 12, 256, 257, 65536};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; ++i) {
        for (size_t j = 0; j < sizeof alphabets / sizeof alphabets[0]; ++j) {
            lk_dataset *dataset =
                random_dataset(shapes[i], 1 + (int64_t)(i + j) % 4 * 11, alphabets[j]);
            for (size_t k = 0; k < sizeof names / sizeof names[0]; ++k) {
                check_round_trip(names[k], dataset);
            }
            if (alphabets[j] == 2) {
                check_round_trip("a.pbm", dataset);
                check_round_trip("a.pbm.gz", dataset);
            }
            lk_dataset_destroy(dataset);
        }
    }
}

/* A column of 10s and 11s is not a file of 0/1 rows. */
static void columns_stay_columns(void **state) {
    (void)state;
    lk_dataset *dataset = random_dataset((lk_shape){1, {1}}, 20, 2);
    for (int64_t i = 0; i < dataset->examples; ++i) {
        dataset->values[i] = (uint16_t)(dataset->values[i] + 10);
    }
    dataset->alphabet = 12;
    check_round_trip("column.amat", dataset);
    check_round_trip("column.txt", dataset);
    check_round_trip("column.csv", dataset);
    lk_dataset_destroy(dataset);
}

/* More than one piece of zlib's input and output. */
static void large_files_are_packed_whole(void **state) {
    (void)state;
    lk_dataset *dataset = random_dataset((lk_shape){1, {997}}, 3001, 256);
    check_round_trip("large.npy.gz", dataset);
    lk_dataset_destroy(dataset);
}

static void formats_keep_shape_and_bytes(void **state) {
    (void)state;
    lk_context context = {0};
    lk_dataset *dataset = random_dataset((lk_shape){3, {2, 3, 1}}, 2, 4), *again;
    char path[512];
    assert_int_equal(lk_dataset_write(&context, test_path("shape.npy", path), dataset), LK_OK);
    assert_int_equal(lk_dataset_read(&context, path, NULL, &again), LK_OK);
    assert_true(lk_shape_equal(again->shape, dataset->shape));
    lk_dataset_destroy(again);
    lk_bytes bytes;
    assert_int_equal(lk_file_read(&context, path, 1 << 20, &bytes), LK_OK);
    assert_int_equal(bytes.size, 128 + 12);
    assert_memory_equal(
        bytes.data,
        "\x93NUMPY\1\0\x76\0{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3), }  ", 72);
    assert_int_equal(bytes.data[127], '\n');
    lk_bytes_release(&bytes);
    lk_dataset_destroy(dataset);
    remove(path);
}

/* The array has the name that it had, if that is a usual one; labels stand beside it. */
static void archives_keep_names_and_labels(void **state) {
    (void)state;
    lk_context context = {0};
    lk_dataset *dataset = random_dataset((lk_shape){3, {2, 3, 1}}, 4, 5), *again;
    static const struct {
        int32_t number; /* of the usual name, from 1 */
        const char *name;
    } rows[] = {{0, "data"}, {1, "train_data"}, {18, "val_images"}, {32, "x"}, {99, "data"}};
    dataset->labels = lk_allocate(4, sizeof *dataset->labels);
    dataset->format = LK_FROM_NPZ;
    for (int i = 0; i < 4; ++i) {
        dataset->labels[i] = i * 70000 - 7;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        char path[512];
        dataset->stored = rows[i].number << 10;
        lk_dataset_options options = {.array = rows[i].name};
        assert_int_equal(lk_dataset_write(&context, test_path("a.npz", path), dataset), LK_OK);
        if (lk_dataset_read(&context, path, &options, &again) != LK_OK) {
            fail_msg("%s", context.message);
        }
        test_values(again, 4, 6, dataset->values);
        for (int j = 0; j < 4; ++j) {
            int32_t number;
            assert_true(lk_dataset_label_number(again, j, &number));
            assert_int_equal(number, dataset->labels[j]);
        }
        lk_dataset_destroy(again);
        options = (lk_dataset_options){.role = LK_ROLE_VALID, .own_role = true};
        lk_status own = lk_dataset_read(&context, path, &options, &again);
        assert_int_equal(own, i == 2 ? LK_OK : LK_INVALID);
        lk_dataset_destroy(again);
        remove(path);
    }
    lk_dataset_destroy(dataset);
}

static void other_endings_are_refused(void **state) {
    (void)state;
    lk_context context = {0};
    lk_dataset *dataset = random_dataset((lk_shape){1, {3}}, 2, 3);
    static const char *const names[] = {"a.jpg", "a", "a.gz", ".npy", "a.png.gz", "a.npz.gz"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
        char path[512];
        const char *name = i == 3 ? ".npy" : test_path(names[i], path);
        assert_int_equal(lk_dataset_write(&context, name, dataset), LK_INVALID);
        assert_non_null(
            strstr(context.message,
                   "known are .png, .bin, .npz, .npy, .idx, -ubyte, .pbm, .pgm, .ppm, .pnm, .pam, "
                   ".csv, .txt, .amat"));
        assert_int_equal(lk_dataset_writable(&context, name), LK_INVALID);
        assert_int_equal(lk_dataset_restore(&context, name, dataset), LK_INVALID);
    }
    char path[512];
    assert_int_equal(lk_dataset_writable(&context, "x.npy.gz"), LK_OK);
    assert_int_equal(lk_dataset_write(&context, test_path("a.pbm", path), dataset), LK_INVALID);
    assert_non_null(strstr(context.message, "PBM holds 0 and 1 only"));
    assert_int_equal(lk_dataset_write(&context, test_path("no/such/a.npy", path), dataset), LK_IO);
    lk_dataset_destroy(dataset);
}

/* ---- pictures -------------------------------------------------------------------------------- */

typedef struct drawn_picture {
    png_image image;
    uint8_t pixels[4096];
} drawn_picture;

static void read_picture(const char *path, bool colour, drawn_picture *picture) {
    picture->image = (png_image){.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_file(&picture->image, path));
    assert_int_equal((picture->image.format & PNG_FORMAT_FLAG_COLOR) != 0, colour);
    picture->image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    assert_true(PNG_IMAGE_SIZE(picture->image) <= sizeof picture->pixels);
    assert_true(png_image_finish_read(&picture->image, NULL, picture->pixels, 0, NULL));
    remove(path);
}

/* Five vectors of 9 variables: squares in a grid of 2 rows and 3 columns, lines of grey around. */
static void grids_are_drawn(void **state) {
    (void)state;
    lk_context context = {0};
    char path[512];
    drawn_picture picture;
    lk_dataset *dataset = random_dataset((lk_shape){1, {9}}, 5, 4);
    assert_int_equal(lk_dataset_write(&context, test_path("grid.png", path), dataset), LK_OK);
    read_picture(path, false, &picture);
    assert_int_equal(picture.image.width, 13);
    assert_int_equal(picture.image.height, 9);
    for (int y = 0; y < 9; ++y) {
        for (int x = 0; x < 13; ++x) {
            int example = y / 4 * 3 + x / 4, row = y % 4 - 1, column = x % 4 - 1;
            bool inside = row >= 0 && column >= 0 && example < 5;
            int wanted = inside ? dataset->values[example * 9 + row * 3 + column] * 85 : 128;
            if (picture.pixels[y * 13 + x] != wanted) {
                fail_msg("pixel %d, %d is %d, wanted %d", x, y, picture.pixels[y * 13 + x], wanted);
            }
        }
    }
    lk_dataset_destroy(dataset);
}

static void binary_data_are_black_and_white(void **state) {
    (void)state;
    lk_context context = {0};
    char path[512];
    drawn_picture picture;
    lk_dataset *dataset = random_dataset((lk_shape){3, {1, 2, 1}}, 1, 2);
    dataset->values[0] = 0;
    dataset->values[1] = 1;
    assert_int_equal(lk_dataset_write(&context, test_path("binary.png", path), dataset), LK_OK);
    read_picture(path, false, &picture);
    assert_int_equal(picture.image.width, 2);
    assert_int_equal(picture.pixels[0], 0);
    assert_int_equal(picture.pixels[1], 255);
    lk_dataset_destroy(dataset);
}

static void colours_are_kept(void **state) {
    (void)state;
    lk_context context = {0};
    char path[512];
    drawn_picture picture;
    lk_dataset *dataset = random_dataset((lk_shape){3, {2, 2, 3}}, 1, 256);
    assert_int_equal(lk_dataset_write(&context, test_path("colour.png", path), dataset), LK_OK);
    read_picture(path, true, &picture);
    for (int i = 0; i < 12; ++i) {
        assert_int_equal(picture.pixels[i], dataset->values[i]);
    }
    static const uint8_t grey[6] = {0, 50, 100, 150, 200, 255};
    assert_int_equal(lk_png_write(&context, path, grey, 2, 3, 1), LK_OK);
    read_picture(path, false, &picture);
    assert_memory_equal(picture.pixels, grey, 6);
    assert_int_equal(lk_png_write(&context, path, grey, 0, 3, 1), LK_INVALID);
    lk_dataset_destroy(dataset);
}

static void too_large_grids_are_refused(void **state) {
    (void)state;
    lk_context context = {0};
    char path[512];
    lk_dataset *dataset = random_dataset((lk_shape){1, {1000001}}, 1, 2);
    assert_int_equal(lk_dataset_write(&context, test_path("wide.png", path), dataset),
                     LK_UNSUPPORTED);
    assert_non_null(strstr(context.message, "1000001 x 1 pixels is too large"));
    lk_dataset_destroy(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(large_files_are_packed_whole),
        cmocka_unit_test(columns_stay_columns),
        cmocka_unit_test(formats_keep_shape_and_bytes),
        cmocka_unit_test(archives_keep_names_and_labels),
        cmocka_unit_test(other_endings_are_refused),
        cmocka_unit_test(grids_are_drawn),
        cmocka_unit_test(binary_data_are_black_and_white),
        cmocka_unit_test(colours_are_kept),
        cmocka_unit_test(too_large_grids_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
