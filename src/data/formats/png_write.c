/* Writing PNG pictures. To look at (samples): a single example, or several on a sheet, values
 * spread from 0..alphabet-1 over 0..255. To be read again: values as they are, in 1, 8 or 16 bits,
 * of 1 to 4 channels; of an alphabet of 2 the 1 is white. */
#include <string.h>

#include "base/memory.h"
#include "data/formats/png.h"

/* libpng takes its memory where the library does. A lack of it is told as any other error, and what
 * is not needed is then left out, so the pointer that libpng keeps for memory is where it is
 * remembered. */
png_voidp lk_png_on_allocate(png_structp png, png_alloc_size_t size) {
    bool *starved = png_get_mem_ptr(png);
    void *memory = lk_resize(NULL, (int64_t)size, 1);
    *starved = *starved || memory == NULL;
    return memory;
}

void lk_png_on_release(png_structp png, png_voidp memory) {
    (void)png;
    lk_release(memory);
}

/* The pointer that libpng keeps for errors is where the message goes. */
void lk_png_on_error(png_structp png, png_const_charp message) {
    char *kept = png_get_error_ptr(png);
    strncpy(kept, message, LK_PNG_MESSAGE - 1);
    longjmp(png_jmpbuf(png), 1);
}

void lk_png_on_warning(png_structp png, png_const_charp message) {
    (void)png, (void)message;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Where libpng's messages go, and the bytes. */
typedef struct lk_png {
    lk_buffer *buffer;
    char message[LK_PNG_MESSAGE];
    bool starved;
} lk_png;

static void on_write(png_structp png, png_bytep data, png_size_t size) {
    lk_png *state = png_get_io_ptr(png);
    lk_buffer_put(state->buffer, data, (int64_t)size);
}

static void on_flush(png_structp png) {
    (void)png;
}

/* What is written: 8 or 16 bits a channel, or for grey 1 bit. */
typedef struct lk_pixels {
    int64_t height, width;
    int32_t channels, bits;
    const void *pixels; /* [height][width][channels], a byte each; of 16 bits uint16_t */
} lk_pixels;

static const int colour_types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                   PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};

/* All that may jump out is called here; nothing local is read after a jump. */
static bool encode_rows(png_structp png, png_infop info, const lk_pixels *picture) {
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    png_set_IHDR(png, info, (png_uint_32)picture->width, (png_uint_32)picture->height,
                 picture->bits, colour_types[picture->channels], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    png_set_packing(png);
    if (picture->bits == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        png_set_swap(png);
    }
    int64_t stride = picture->width * picture->channels * (picture->bits == 16 ? 2 : 1);
    for (int64_t row = 0; row < picture->height; ++row) {
        png_write_row(png, (const uint8_t *)picture->pixels + row * stride);
    }
    png_write_end(png, info);
    return true;
}

static lk_status encode_picture(lk_context *context, const char *path, const lk_pixels *picture,
                                lk_buffer *buffer) {
    LK_REQUIRE(picture->channels >= 1 && picture->channels <= LK_PICTURE_CHANNELS_MOST &&
               (picture->channels == 1 || picture->bits >= 8));
    if (picture->height < 1 || picture->width < 1 || picture->height > LK_PICTURE_SIDE_MOST ||
        picture->width > LK_PICTURE_SIDE_MOST) {
        return lk_fail(context, LK_INVALID,
                       "%s: a PNG of %lld x %lld pixels: each side must be 1 to %d", path,
                       (long long)picture->width, (long long)picture->height, LK_PICTURE_SIDE_MOST);
    }
    lk_png state = {.buffer = buffer};
    png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, state.message,
                                                lk_png_on_error, lk_png_on_warning, &state.starved,
                                                lk_png_on_allocate, lk_png_on_release);
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

lk_status lk_sheet_encode(lk_context *context, const char *name, const lk_sheet *sheet,
                          lk_buffer *png) {
    const lk_pixels picture = {.height = sheet->height,
                               .width = sheet->width,
                               .channels = sheet->tile.channels,
                               .bits = 8,
                               .pixels = sheet->pixels};
    return encode_picture(context, name, &picture, png);
}

lk_status lk_sheet_write(lk_context *context, const char *path, const lk_sheet *sheet) {
    return lk_png_write(context, path, sheet->pixels, sheet->height, sheet->width,
                        sheet->tile.channels);
}

/* ---- to look at ------------------------------------------------------------------------------ */

/* One example: binary values of one channel take 1 bit. */
static lk_status draw_example(lk_context *context, const char *path, const lk_dataset *dataset,
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
    uint8_t *pixels = lk_allocate(bytes, 1);
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

lk_status lk_png_draw(lk_context *context, const char *path, const lk_dataset *dataset,
                      lk_buffer *buffer) {
    if (dataset->examples == 1) {
        return draw_example(context, path, dataset, buffer);
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

/* ---- to be read again ------------------------------------------------------------------------ */

lk_shape lk_picture_shape(lk_shape shape) {
    lk_shape picture = lk_shape_picture(shape);
    return picture.axes == 1 ? (lk_shape){3, {1, picture.size[0], 1}} : picture;
}

lk_status lk_picture_writable(lk_context *context, const char *path, const lk_dataset *dataset) {
    lk_shape shape = lk_picture_shape(dataset->shape);
    char text[64];
    lk_shape_print(dataset->shape, text, sizeof text);
    if (dataset->examples > 1 && !lk_names_folder(path)) {
        return lk_fail(context, LK_INVALID,
                       "%s: %lld examples are more than one picture holds: write a folder (NAME/) "
                       "or .npy",
                       path, (long long)dataset->examples);
    }
    if (shape.axes != 3 || shape.size[2] > LK_PICTURE_CHANNELS_MOST) {
        return lk_fail(context, LK_INVALID,
                       "%s: an example of %s is no picture of 1 to 4 channels: write .npy", path,
                       text);
    }
    return LK_OK;
}

/* A byte, or two, for each value. */
static void *copy_values(const lk_dataset *dataset, int32_t bits) {
    uint8_t *bytes = lk_allocate(dataset->variables, bits == 16 ? 2 : 1);
    uint32_t white = dataset->alphabet == 2 && bits == 8 ? 255 : 1;
    for (int64_t i = 0; bytes != NULL && i < dataset->variables; ++i) {
        if (bits == 16) {
            ((uint16_t *)(void *)bytes)[i] = dataset->values[i];
        } else {
            bytes[i] = (uint8_t)(dataset->values[i] * white);
        }
    }
    return bytes;
}

lk_status lk_png_encode(lk_context *context, const char *path, const lk_dataset *dataset,
                        lk_buffer *buffer) {
    LK_TRY(lk_picture_writable(context, path, dataset));
    lk_shape shape = lk_picture_shape(dataset->shape);
    int32_t channels = (int32_t)shape.size[2], alphabet = dataset->alphabet;
    int32_t bits = alphabet == 2 && channels == 1 ? 1 : alphabet <= 256 ? 8 : 16;
    void *pixels = copy_values(dataset, bits);
    if (pixels == NULL) {
        return lk_fail_no_memory(context, path, dataset->variables * 2);
    }
    const lk_pixels picture = {.height = shape.size[0],
                               .width = shape.size[1],
                               .channels = channels,
                               .bits = bits,
                               .pixels = pixels};
    lk_status status = encode_picture(context, path, &picture, buffer);
    lk_release(pixels);
    return status;
}
