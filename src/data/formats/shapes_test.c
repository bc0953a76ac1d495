/* Shapes are asked for before anything of their size is unpacked, decoded or taken memory for: here
 * memory for it is refused, and where a shape is refused no format comes to that. */
#include <stdio.h> /* jpeglib.h needs it before */

#include <jpeglib.h>

#include "data/formats/testing.h"
#include "base/memory.h"

#define HEIGHT 1000
#define WIDTH 1100

static lk_shape seen; /* by refuse, last */

static lk_status refuse(lk_context *context, const void *argument, const char *name,
                        lk_shape shape) {
    (void)argument;
    seen = shape;
    return lk_fail(context, LK_MISMATCH, "%s: no such shape", name);
}

static void write_jpeg(const char *path) {
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr errors;
    uint8_t line[WIDTH] = {0};
    JSAMPROW rows = line;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    encoder.err = jpeg_std_error(&errors);
    jpeg_create_compress(&encoder);
    jpeg_stdio_dest(&encoder, file);
    encoder.image_height = HEIGHT;
    encoder.image_width = WIDTH;
    encoder.input_components = 1;
    encoder.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&encoder);
    jpeg_start_compress(&encoder, TRUE);
    for (int row = 0; row < HEIGHT; ++row) {
        jpeg_write_scanlines(&encoder, &rows, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    assert_int_equal(fclose(file), 0);
}

static void write_example(const char *path, bool jpeg, int32_t channels) {
    lk_context context = {0};
    lk_dataset *dataset;
    if (jpeg) {
        write_jpeg(path);
        return;
    }
    lk_shape shape = {3, {HEIGHT, WIDTH, channels}};
    assert_int_equal(lk_dataset_create(&context, path, shape, 1, 200, &dataset), LK_OK);
    dataset->values[0] = 199;
    assert_int_equal(lk_dataset_restore(&context, path, dataset), LK_OK);
    lk_dataset_destroy(dataset);
}

static const struct {
    const char *name;
    int64_t memory_most; /* the file may be read, its values are more */
    int32_t channels;
    bool jpeg;
} rows[] = {
    {"a.png", 1 << 20, 1, false}, {"b.png", 1 << 20, 4, false}, {"a.jpg", 1 << 20, 1, true},
    {"a.pgm", 3 << 19, 1, false}, {"a.ppm", 4 << 20, 3, false}, {"a.npy", 3 << 19, 1, false},
    {"b.npy", 4 << 20, 3, false}, {"a.npz", 1 << 20, 1, false}, {"b.npz", 1 << 20, 3, false},
    {"a.idx", 3 << 19, 1, false},
};

static void a_shape_is_asked_first(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        char path[512];
        lk_context context = {.memory_most = rows[i].memory_most};
        lk_dataset_options options = {.pictures.fits = refuse, .pictures.settings.alpha = 1};
        lk_dataset *dataset;
        write_example(test_path(rows[i].name, path), rows[i].jpeg, rows[i].channels);
        lk_status status = lk_dataset_read(&context, path, &options, &dataset);
        if (status != LK_MISMATCH || strstr(context.message, "no such shape") == NULL) {
            fail_msg("%s: status %d: %s", rows[i].name, status, context.message);
        }
        if (!lk_shape_equal(seen, (lk_shape){3, {HEIGHT, WIDTH, rows[i].channels}})) {
            fail_msg("%s: %lldx%lldx%lld was asked for", rows[i].name, (long long)seen.size[0],
                     (long long)seen.size[1], (long long)seen.size[2]);
        }
        options.pictures.fits = NULL;
        options.shape = (lk_shape){2, {5, 7}};
        assert_int_equal(lk_dataset_read(&context, path, &options, &dataset), LK_MISMATCH);
        assert_non_null(strstr(context.message, "35 (5x7) are asked for"));
        options.shape = (lk_shape){0};
        status = lk_dataset_read(&context, path, &options, &dataset);
        if (status != LK_NO_MEMORY) {
            fail_msg("%s: read with little memory: %d: %s", rows[i].name, status, context.message);
        }
        remove(path);
    }
}

/* Which channels a picture may come out with is known as far as its header says it. */
static void channels_are_foreseen(void **state) {
    (void)state;
    static const struct {
        int32_t channels;
        bool palette;
        lk_alpha alpha;
        int32_t wish;
        uint32_t wanted; /* a bit for each */
    } outcomes[] = {
        {1, false, LK_ALPHA_AUTO, 0, 1 << 1},
        {3, false, LK_ALPHA_AUTO, 1, 1 << 3},
        {4, false, LK_ALPHA_AUTO, 0, 1 << 4 | 1 << 3},
        {4, false, LK_ALPHA_AUTO, 1, 1 << 4 | 1 << 3},
        {4, false, LK_ALPHA_AUTO, 4, 1 << 4},
        {2, false, LK_ALPHA_KEEP, 0, 1 << 2},
        {2, false, LK_ALPHA_DROP, 0, 1 << 1},
        {4, false, LK_ALPHA_WHITE, 0, 1 << 3},
        {3, false, LK_ALPHA_AUTO, 4, 1 << 4},
        {1, false, LK_ALPHA_AUTO, 3, 1 << 1},
        {3, true, LK_ALPHA_AUTO, 0, 1 << 3 | 1 << 1},
        {3, true, LK_ALPHA_AUTO, 3, 1 << 3},
        {4, true, LK_ALPHA_KEEP, 0, 1 << 4 | 1 << 2},
    };
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; ++i) {
        const lk_picture picture = {.channels = outcomes[i].channels,
                                    .palette = outcomes[i].palette};
        const lk_picture_wish wish = {.settings.alpha = outcomes[i].alpha,
                                      .channels = outcomes[i].wish};
        uint32_t found = lk_picture_outcomes(&picture, &wish);
        if (found != outcomes[i].wanted) {
            fail_msg("row %zu: 0x%X, wanted 0x%X", i, found, outcomes[i].wanted);
        }
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shape_is_asked_first),
        cmocka_unit_test(channels_are_foreseen),
    };
    return cmocka_run_group_tests(tests, NULL, test_folder_remove);
}
