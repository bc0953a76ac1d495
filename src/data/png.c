/* Writing PNG pictures through libpng: a single example as it is (binary ones with 1 bit a pixel), several as a grid, as square as it
 * can be, with a line of grey between and around them. Values are scaled from 0..alphabet-1 to 0..255. */
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "data/picture.h"
#include "data/write.h"

#define BORDER 1
#define BORDER_GREY 128

/* Where libpng's messages go, and the bytes. */
typedef struct lk_png {
    lk_buffer *buffer;
    char message[128];
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
    png_set_IHDR(png, info, (png_uint_32)picture->width, (png_uint_32)picture->height, picture->bits,
                 picture->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    png_set_packing(png);
    for (int64_t row = 0; row < picture->height; ++row) {
        png_write_row(png, picture->pixels + row * picture->width * picture->channels);
    }
    png_write_end(png, info);
    return true;
}

static lk_status encode_picture(lk_context *context, const char *path, const lk_pixels *picture, lk_buffer *buffer) {
    LK_REQUIRE(picture->channels == 1 || (picture->channels == 3 && picture->bits == 8));
    if (picture->height < 1 || picture->width < 1 || picture->height > LK_PICTURE_SIDE_MOST ||
        picture->width > LK_PICTURE_SIDE_MOST) {
        return lk_fail(context, LK_INVALID, "%s: a PNG of %lld x %lld pixels: each side must be 1 to %d", path,
                       (long long)picture->width, (long long)picture->height, LK_PICTURE_SIDE_MOST);
    }
    lk_png state = {.buffer = buffer};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        return lk_fail_no_memory(context, "writing a PNG", picture->height * picture->width * picture->channels);
    }
    png_set_write_fn(png, &state, on_write, on_flush);
    bool written = encode_rows(png, info, picture);
    png_destroy_write_struct(&png, &info);
    return written ? LK_OK : lk_fail(context, LK_IO, "%s: libpng cannot write it: %s", path, state.message);
}

lk_status lk_png_write(lk_context *context, const char *path, const uint8_t *pixels, int64_t height, int64_t width,
                       int32_t channels) {
    lk_buffer buffer = {0};
    const lk_pixels picture = {.height = height, .width = width, .channels = channels, .bits = 8, .pixels = pixels};
    lk_status status = encode_picture(context, path, &picture, &buffer);
    if (status == LK_OK) {
        status = lk_buffer_write(context, path, &buffer);
    }
    lk_buffer_release(&buffer);
    return status;
}

/* ---- the grid -------------------------------------------------------------------------------- */

typedef struct lk_grid {
    int64_t height, width; /* of one example */
    int32_t channels;      /* 1 or 3 */
    int64_t rows, columns; /* of examples */
    int64_t border;        /* between and around them */
    int32_t bits;          /* of a channel */
} lk_grid;

static int64_t square_root(int64_t value) {
    int64_t root = 0;
    while ((root + 1) * (root + 1) <= value) {
        ++root;
    }
    return root;
}

/* An image of neither 1 nor 3 channels is drawn grey, its channels beside each other; a vector as a
 * square or a line. */
static lk_grid grid_of(const lk_dataset *dataset) {
    lk_shape shape = dataset->shape;
    lk_grid grid = {.height = 1, .width = dataset->variables, .channels = 1};
    if (shape.axes == 2 || shape.axes == 3) {
        grid.channels = shape.axes == 3 && shape.size[2] == 3 ? 3 : 1;
        grid.height = shape.size[0];
        grid.width = dataset->variables / grid.height / grid.channels;
    } else if (dataset->variables <= LK_PICTURE_SIDE_MOST) {
        int64_t side = square_root(dataset->variables);
        if (side * side == dataset->variables) {
            grid.height = grid.width = side;
        }
    }
    grid.border = dataset->examples > 1 ? BORDER : 0;
    grid.bits = dataset->examples == 1 && dataset->alphabet == 2 && grid.channels == 1 ? 1 : 8;
    grid.columns = 1;
    while (grid.columns < dataset->examples &&
           grid.columns * grid.columns * (grid.width + grid.border) < dataset->examples * (grid.height + grid.border)) {
        ++grid.columns;
    }
    grid.rows = (dataset->examples + grid.columns - 1) / grid.columns;
    return grid;
}

static void draw_example(const lk_dataset *dataset, const lk_grid *grid, int64_t example, int64_t stride,
                         uint8_t *pixels) {
    const uint16_t *values = dataset->values + example * dataset->variables;
    uint32_t largest = (uint32_t)dataset->alphabet - 1, white = (1u << grid->bits) - 1;
    int64_t line = grid->width * grid->channels;
    int64_t top = grid->border + example / grid->columns * (grid->height + grid->border);
    int64_t left = grid->border + example % grid->columns * (grid->width + grid->border);
    for (int64_t y = 0; y < grid->height; ++y) {
        uint8_t *out = pixels + (top + y) * stride + left * grid->channels;
        for (int64_t i = 0; i < line; ++i) {
            out[i] = (uint8_t)((values[y * line + i] * white + largest / 2) / largest);
        }
    }
}

lk_status lk_encode_png(lk_context *context, const char *path, const lk_dataset *dataset, lk_buffer *buffer) {
    lk_grid grid = grid_of(dataset);
    int64_t height = grid.rows * (grid.height + grid.border) + grid.border;
    int64_t width = grid.columns * (grid.width + grid.border) + grid.border;
    if (height > LK_PICTURE_SIDE_MOST || width > LK_PICTURE_SIDE_MOST || height * width > LK_PICTURE_PIXELS_MOST) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: a picture of %lld x %lld pixels is too large for a PNG grid; write fewer "
                       "examples, or .npy",
                       path, (long long)width, (long long)height);
    }
    int64_t stride = width * grid.channels;
    uint8_t *pixels = malloc((size_t)(stride * height));
    if (!pixels) {
        return lk_fail_no_memory(context, path, stride * height);
    }
    memset(pixels, BORDER_GREY, (size_t)(stride * height));
    for (int64_t i = 0; i < dataset->examples; ++i) {
        draw_example(dataset, &grid, i, stride, pixels);
    }
    const lk_pixels picture = {
        .height = height, .width = width, .channels = grid.channels, .bits = grid.bits, .pixels = pixels};
    lk_status status = encode_picture(context, path, &picture, buffer);
    free(pixels);
    return status;
}
