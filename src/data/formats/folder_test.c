/* Folders of pictures, whole or in crops, and of CIFAR batches. */
#include "data/formats/testing.h"

#include <sys/stat.h>

#include "data/cropping.h"

/* Paths of what a test made, removed in the opposite order. */
static char made[64][512];
static int made_count;

static const char *remember(const char *name) {
    return test_path(name, made[made_count++]);
}

static void make_folder(const char *name) {
    assert_int_equal(mkdir(remember(name), 0700), 0);
}

/* A pixel tells where it stands and, by `start`, in which picture. */
static void make_picture(const char *name, int64_t height, int64_t width, int32_t channels,
                         int start) {
    lk_context context = {0};
    uint8_t pixels[1024];
    for (int64_t i = 0; i < height * width * channels; ++i) {
        pixels[i] = (uint8_t)(start + i);
    }
    assert_int_equal(lk_png_write(&context, remember(name), pixels, height, width, channels),
                     LK_OK);
}

static void make_file(const char *name, const void *data, size_t size) {
    FILE *file = fopen(remember(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

static int clean(void **state) {
    (void)state;
    while (made_count > 0) {
        remove(made[--made_count]);
    }
    return 0;
}

static lk_dataset *read_folder(const char *name, const lk_dataset_options *options) {
    lk_context context = {0};
    lk_dataset *dataset;
    char path[512];
    if (lk_dataset_read(&context, test_path(name, path), options, &dataset) != LK_OK) {
        fail_msg("%s", context.message);
    }
    return dataset;
}

static void refused(const char *name, const lk_dataset_options *options, lk_status status,
                    const char *part) {
    lk_context context = {0};
    lk_dataset *dataset;
    char path[512];
    lk_status found = lk_dataset_read(&context, test_path(name, path), options, &dataset);
    if (found != status || strstr(context.message, part) == NULL) {
        fail_msg("wanted status %d and '%s', found %d: %s", status, part, found, context.message);
    }
    assert_null(dataset);
}

static void pictures_are_examples(void **state) {
    (void)state;
    make_folder("f");
    make_picture("f/b.png", 2, 3, 3, 100);
    make_picture("f/a.PNG", 2, 3, 3, 0);
    make_picture("f/c.jpg", 2, 3, 3, 50); /* the content decides */
    make_file("f/readme.txt", "no picture", 10);
    make_file("f/.hidden.png", "no picture", 10);
    make_folder("f/sub");
    make_folder("f/sub/deep");
    make_picture("f/sub/deep/d.png", 2, 3, 3, 7); /* what stands deeper is not left out */
    lk_dataset *dataset = read_folder("f", NULL);
    assert_int_equal(dataset->examples, 4);
    assert_true(lk_shape_equal(dataset->shape, (lk_shape){.axes = 3, .size = {2, 3, 3}}));
    assert_int_equal(dataset->alphabet, 256);
    assert_string_equal(lk_dataset_format_name(dataset->format), "folder");
    static const char *const names[] = {"a.PNG", "b.png", "c.jpg", "sub/deep/d.png"};
    static const int starts[] = {0, 100, 50, 7};
    for (int n = 0; n < 4; ++n) {
        assert_string_equal(dataset->names[n], names[n]);
        for (int i = 0; i < 18; ++i) {
            assert_int_equal(dataset->values[18 * n + i], starts[n] + i);
        }
    }
    assert_null(dataset->labels);
    lk_dataset_destroy(dataset);
}

static void subfolders_are_classes(void **state) {
    (void)state;
    make_folder("f");
    make_folder("f/dog");
    make_folder("f/cat");
    make_picture("f/dog/1.png", 2, 2, 1, 10);
    make_picture("f/cat/2.png", 2, 2, 1, 20);
    make_picture("f/cat/1.png", 2, 2, 1, 30);
    lk_dataset *dataset = read_folder("f", NULL);
    assert_int_equal(dataset->examples, 3);
    static const char *const names[] = {"cat/1.png", "cat/2.png", "dog/1.png"};
    for (int n = 0; n < 3; ++n) {
        assert_string_equal(dataset->names[n], names[n]);
        assert_int_equal(dataset->labels[n], n == 2);
        assert_int_equal(dataset->values[4 * n], n == 0 ? 30 : n == 1 ? 20 : 10);
    }
    assert_int_equal(dataset->classes.count, 2);
    assert_string_equal(lk_dictionary_text(&dataset->classes, 0), "cat");
    assert_string_equal(lk_dictionary_text(&dataset->classes, 1), "dog");
    lk_dataset_destroy(dataset);
}

static void what_does_not_fit_is_named(void **state) {
    (void)state;
    make_folder("f");
    refused("f", NULL, LK_FORMAT, "a folder without pictures");
    refused("f", NULL, LK_FORMAT, "or recordings (.wav, .flac, .aiff, ...)");
    lk_dataset_options raw = {.raw = true, .shape = {.axes = 1, .size = {2}}};
    refused("f", &raw, LK_INVALID, "is a folder");
    make_picture("f/1.png", 4, 3, 1, 0);
    make_picture("f/2.png", 3, 4, 1, 0);
    refused("f", NULL, LK_MISMATCH, "f/2.png: 3x4 pixels (height x width), but 1.png is 4x3");
    refused("f", NULL, LK_MISMATCH, "--crop");
    lk_dataset_options crop = {.crop = {.height = 4, .width = 2}};
    refused("f", &crop, LK_MISMATCH,
            "f/2.png: 3 x 4 pixels (height x width), less than a crop of 4 x 2");
    make_picture("f/2.png", 4, 3, 3, 0);
    crop.crop.width = 3;
    refused("f", &crop, LK_MISMATCH, "f/2.png: 4x3x3 of 256 levels");
    make_file("f/2.png", "PNG, really", 11);
    refused("f", NULL, LK_FORMAT, "f/2.png: not a known data format (it begins with 'PNG, rea'");
    make_file("f/2.png", "", 0);
    refused("f", NULL, LK_FORMAT, "f/2.png: the file is empty");
    make_folder("g");
    make_folder("g/test");
    make_folder("g/train");
    make_picture("g/train/1.png", 2, 2, 1, 0);
    refused("g", NULL, LK_INVALID, "the parts of a data set (test, train)");
}

/* Every crop is somewhere in its picture, places differ within an epoch and between epochs, and
 * depend on the seed alone. */
static void crops_stand_at_random_places(void **state) {
    (void)state;
    make_folder("f");
    make_picture("f/1.png", 10, 12, 1, 0);
    make_picture("f/2.png", 12, 10, 1, 100);
    lk_dataset_options options = {.crop = {.height = 4, .width = 3, .seed = 5}};
    lk_dataset *dataset = read_folder("f", &options), *again = read_folder("f", &options);
    assert_int_equal(dataset->examples, 20); /* 120 / 12 of each */
    test_values(again, 20, 12, dataset->values);
    bool seen[2][120] = {{false}};
    int places = 0, moved = 0;
    for (int64_t n = 0; n < 20; ++n) {
        uint16_t epoch0[12], epoch1[12];
        lk_crops_draw(dataset->crops, 0, n, epoch0);
        lk_crops_draw(dataset->crops, 1, n, epoch1);
        assert_memory_equal(epoch0, dataset->values + 12 * n, sizeof epoch0);
        moved += epoch0[0] != epoch1[0];
        int picture = n >= 10, width = picture ? 10 : 12, corner = epoch0[0] - 100 * picture;
        assert_in_range(corner / width, 0, picture ? 8 : 6);
        assert_in_range(corner % width, 0, picture ? 7 : 9);
        for (int i = 0; i < 12; ++i) {
            assert_int_equal(epoch0[i], epoch0[0] + i / 3 * width + i % 3);
        }
        places += !seen[picture][corner];
        seen[picture][corner] = true;
    }
    assert_true(places > 12 && moved > 12);
    lk_dataset_destroy(again);
    options.crop.seed = 6;
    options.crop.count = 3;
    again = read_folder("f", &options);
    assert_int_equal(again->examples, 6);
    assert_true(memcmp(again->values, dataset->values, 36 * sizeof *again->values) != 0);
    lk_dataset_destroy(again);
    lk_dataset_destroy(dataset);
}

static void tiles_cover_a_picture(void **state) {
    (void)state;
    make_folder("f");
    make_picture("f/1.png", 5, 7, 1, 0);
    lk_dataset_options options = {.crop = {.height = 2, .width = 3}, .role = LK_ROLE_TEST};
    static const uint16_t values[] = {0,  1,  2,  7,  8,  9,  3,  4,  5,  10, 11, 12,
                                      14, 15, 16, 21, 22, 23, 17, 18, 19, 24, 25, 26};
    static const char *const paths[] = {"f", "f/1.png"};
    for (int i = 0; i < 2; ++i) {
        lk_dataset *dataset = read_folder(paths[i], &options);
        test_values(dataset, 4, 6, values);
        assert_null(dataset->crops);
        lk_dataset_destroy(dataset);
    }
}

static void whole_pictures_are_held_out(void **state) {
    (void)state;
    lk_context context = {0};
    make_folder("f");
    for (int i = 0; i < 5; ++i) {
        char name[16];
        snprintf(name, sizeof name, "f/%d.png", i);
        make_picture(name, 4, 6, 1, 50 * i);
    }
    lk_dataset_options options = {.crop = {.height = 2, .width = 2}};
    lk_dataset *train = read_folder("f", &options), *valid = NULL;
    assert_int_equal(lk_crops_hold_out(&context, &train, 2, 3, &valid), LK_OK);
    assert_int_equal(train->examples, 3 * 6);
    assert_int_equal(valid->examples, 2 * 6);
    assert_int_equal(valid->alphabet, 256);
    assert_null(valid->crops);
    bool in_train[5] = {false}, in_valid[5] = {false};
    for (int64_t i = 0; i < train->examples; ++i) {
        in_train[train->values[4 * i] / 50] = true;
    }
    for (int64_t i = 0; i < valid->examples; ++i) {
        in_valid[valid->values[4 * i] / 50] = true;
    }
    int count = 0;
    for (int i = 0; i < 5; ++i) {
        assert_int_not_equal(in_train[i], in_valid[i]);
        count += in_valid[i];
    }
    assert_int_equal(count, 2);
    lk_dataset_destroy(train);
    lk_dataset_destroy(valid);
}

/* What later epochs draw is thresholded too. */
static void crops_are_binarized(void **state) {
    (void)state;
    make_folder("f");
    make_picture("f/1.png", 8, 20, 1, 60);
    lk_dataset_options options = {.crop = {.height = 3, .width = 3},
                                  .binarization = LK_BINARIZE_THRESHOLD};
    lk_dataset *dataset = read_folder("f", &options);
    assert_int_equal(dataset->alphabet, 2);
    int ones = 0;
    for (uint64_t epoch = 0; epoch < 20; ++epoch) {
        for (int64_t n = 0; n < dataset->examples; ++n) {
            uint16_t values[9];
            lk_crops_draw(dataset->crops, epoch, n, values);
            for (int i = 0; i < 9; ++i) {
                assert_true(values[i] < 2 &&
                            (epoch > 0 || values[i] == dataset->values[9 * n + i]));
                ones += values[i];
            }
        }
    }
    assert_true(ones > 0 && ones < 20 * 9 * dataset->examples);
    lk_dataset_destroy(dataset);
}

static void batches_are_read_by_role(void **state) {
    (void)state;
    uint8_t record[2 * 3073] = {0};
    make_folder("c");
    make_file("c/batches.meta.txt", "airplane\n", 9);
    lk_dataset_options test = {.role = LK_ROLE_TEST};
    record[0] = 4;
    record[3073] = 5;
    make_file("c/data_batch_2.bin", record, sizeof record);
    refused("c", &test, LK_FORMAT, "c: holds no test_batch.bin");
    record[0] = 3;
    make_file("c/data_batch_1.bin", record, 3073);
    record[0] = 9;
    make_file("c/test_batch.bin", record, 3073);
    lk_dataset *dataset = read_folder("c", NULL);
    assert_int_equal(dataset->examples, 3);
    assert_int_equal(dataset->labels[0], 3);
    assert_int_equal(dataset->labels[1], 4);
    assert_int_equal(dataset->labels[2], 5);
    assert_int_equal(dataset->classes.count, 10);
    assert_string_equal(lk_dataset_format_name(dataset->format), "cifar10");
    lk_dataset_destroy(dataset);
    dataset = read_folder("c", &test);
    assert_int_equal(dataset->examples, 1);
    assert_int_equal(dataset->labels[0], 9);
    lk_dataset_destroy(dataset);
    make_file("c/test_batch.bin", record, 3072);
    refused("c", &test, LK_FORMAT, "c/test_batch.bin: is no batch of CIFAR images");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(pictures_are_examples, clean),
        cmocka_unit_test_teardown(subfolders_are_classes, clean),
        cmocka_unit_test_teardown(what_does_not_fit_is_named, clean),
        cmocka_unit_test_teardown(crops_stand_at_random_places, clean),
        cmocka_unit_test_teardown(tiles_cover_a_picture, clean),
        cmocka_unit_test_teardown(whole_pictures_are_held_out, clean),
        cmocka_unit_test_teardown(crops_are_binarized, clean),
        cmocka_unit_test_teardown(batches_are_read_by_role, clean),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
