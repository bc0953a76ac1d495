/* Writing PNG pictures through libpng: a single example as it is (binary ones with 1 bit a pixel),
 * several on a sheet. Values are scaled from 0..alphabet-1 to 0..255. */
#include <png.h>
#include <string.h>

#include "base/memory.h"
#include "data/picture.h"
#include "data/png_memory.h"
#include "data/sheet.h"
#include "data/write.h"

/* Where libpng's messages go, and the bytes. */
typedef struct lk_png {
    lk_buffer *buffer;
    char message[128];
    bool starved; /* libpng found no memory */
} lk_png;

static void on_error(png_structp png, png_const_charp message) {
    lk_png *state = png_get_error_ptr(png);
    strncpy(state->message, message, sizeof state->message - 1);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png, (void)message;
}

static void on_write(png_structp png, png_bytep data, png_size_t size) {
    lk_png *state = png_get_io_ptr(png);
    lk_buffer_put(state->buffer, data, (int64_t)size);
}

static void on_flush(png_structp png) {
    (void)png;
}

/* What is written: 8 bits a channel, or for grey 1 bit. */
typedef struct lk_pixels {
    int64_t height, width;
    int32_t channels, bits;
    const uint8_t *pixels; /* [height][width][channels], a byte each */
} lk_pixels;

/* All that may jump out is called here; nothing local is read after a jump. */
static bool encode_rows(png_structp png, png_infop info, const lk_pixels *picture) {
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    png_set_IHDR(png, info, (png_uint_32)picture->width, (png_uint_32)picture->height,
                 picture->bits, picture->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    png_set_packing(png);
    for (int64_t row = 0; row < picture->height; ++row) {
        png_write_row(png, picture->pixels + row * picture->width * picture->channels);
    }
    png_write_end(png, info);
    return true;
}

static lk_status encode_picture(lk_context *context, const char *path, const lk_pixels *picture,
                                lk_buffer *buffer) {
    LK_REQUIRE(picture->channels == 1 || (picture->channels == 3 && picture->bits == 8));
    if (picture->height < 1 || picture->width < 1 || picture->height > LK_PICTURE_SIDE_MOST ||
        picture->width > LK_PICTURE_SIDE_MOST) {
        return lk_fail(context, LK_INVALID,
                       "%s: a PNG of %lld x %lld pixels: each side must be 1 to %d", path,
                       (long long)picture->width, (long long)picture->height, LK_PICTURE_SIDE_MOST);
    }
    lk_png state = {.buffer = buffer};
    png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning,
                                                &state.starved, lk_png_allocate, lk_png_release);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        return lk_fail_no_memory(context, "writing a PNG",
                                 picture->height * picture->width * picture->channels);
    }
    png_set_write_fn(png, &state, on_write, on_flush);
    bool written = encode_rows(png, info, picture);
    png_destroy_write_struct(&png, &info);
    if (state.starved) {
        return lk_fail_no_memory(context, path,
                                 picture->height * picture->width * picture->channels);
    }
    return written ? LK_OK
                   : lk_fail(context, LK_IO, "%s: libpng cannot write it: %s", path, state.message);
}

lk_status lk_png_write(lk_context *context, const char *path, const uint8_t *pixels, int64_t height,
                       int64_t width, int32_t channels) {
    lk_buffer buffer = {0};
    const lk_pixels picture = {
        .height = height, .width = width, .channels = channels, .bits = 8, .pixels = pixels};
    lk_status status = encode_picture(context, path, &picture, &buffer);
    if (status == LK_OK) {
        status = lk_buffer_write(context, path, &buffer);
    }
    lk_buffer_release(&buffer);
    return status;
}

/* ---- data sets ------------------------------------------------------------------------------- */

/* One example: binary values of one channel take 1 bit. */
static lk_status encode_example(lk_context *context, const char *path, const lk_dataset *dataset,
                                lk_buffer *buffer) {
    lk_sheet_tile tile = lk_tile_of(dataset->shape);
    int64_t bytes = tile.height * tile.width * tile.channels;
    int32_t bits = dataset->alphabet == 2 && tile.channels == 1 ? 1 : 8;
    uint32_t largest = (uint32_t)dataset->alphabet - 1, white = (1u << bits) - 1;
    if (tile.height > LK_PICTURE_SIDE_MOST || tile.width > LK_PICTURE_SIDE_MOST) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: a picture of %lld x %lld pixels is too large for a PNG; write .npy",
                       path, (long long)tile.width, (long long)tile.height);
    }
    uint8_t *pixels = lk_resize(NULL, bytes, 1);
    if (!pixels) {
        return lk_fail_no_memory(context, path, bytes);
    }
    for (int64_t i = 0; i < bytes; ++i) {
        pixels[i] = (uint8_t)((dataset->values[i] * white + largest / 2) / largest);
    }
    const lk_pixels picture = {.height = tile.height,
                               .width = tile.width,
                               .channels = tile.channels,
                               .bits = bits,
                               .pixels = pixels};
    lk_status status = encode_picture(context, path, &picture, buffer);
    lk_release(pixels);
    return status;
}

lk_status lk_encode_png(lk_context *context, const char *path, const lk_dataset *dataset,
                        lk_buffer *buffer) {
    if (dataset->examples == 1) {
        return encode_example(context, path, dataset, buffer);
    }
    lk_sheet sheet;
    LK_TRY(lk_sheet_init(context, path, lk_tile_of(dataset->shape), dataset->examples, 1, &sheet));
    for (int64_t i = 0; i < dataset->examples; ++i) {
        lk_sheet_draw(&sheet, i, 0, dataset->values + i * dataset->variables, sheet.tile.channels,
                      dataset->alphabet);
    }
    const lk_pixels picture = {.height = sheet.height,
                               .width = sheet.width,
                               .channels = sheet.tile.channels,
                               .bits = 8,
                               .pixels = sheet.pixels};
    lk_status status = encode_picture(context, path, &picture, buffer);
    lk_sheet_deinit(&sheet);
    return status;
}
