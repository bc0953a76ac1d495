/* PNG pictures through libpng (ISO/IEC 15948), as examples of height x width x channels: grey of 1
 * bit (alphabet 2) and of 2, 4 and 8 bits (spread over 0..255), RGB, and palettes as the colours
 * that they hold, grey where all of them are. An alpha channel that hides nothing is dropped.
 * Gamma, profiles and text are not looked at: pixels are the numbers in the file.
 * What is written: a single example as it is (binary ones with 1 bit a pixel), several on a sheet,
 * values scaled from 0..alphabet-1 to 0..255. */
#include <png.h>
#include <string.h>

#include "base/arena.h"
#include "data/formats/pictures.h"

/* Deflate gives at most 1032 bytes for one; a byte holds up to 8 pixels. */
#define BYTES_FOR_ONE 1032
#define PIXELS_FOR_ONE (8 * BYTES_FOR_ONE)
#define MESSAGE_CAPACITY 128

typedef struct lk_png_input {
    const uint8_t *data;
    int64_t size, next;
    char message[MESSAGE_CAPACITY];
    bool starved; /* libpng found no memory */
    bool grey_palette;
    int32_t channels; /* as libpng gives them: with alpha */
    int passes;       /* more than 1 when it is interlaced */
    int64_t stride;   /* bytes of a row */
} lk_png_input;

bool lk_is_png(const uint8_t *data, int64_t size) {
    return size >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0;
}

/* libpng takes its memory where the library does. A lack of it is told as any other error, and what
 * is not needed is then left out, so the pointer that libpng keeps for memory is where it is
 * remembered. */
static png_voidp on_allocate(png_structp png, png_alloc_size_t size) {
    bool *starved = png_get_mem_ptr(png);
    void *memory = lk_resize(NULL, (int64_t)size, 1);
    *starved = *starved || memory == NULL;
    return memory;
}

static void on_release(png_structp png, png_voidp memory) {
    (void)png;
    lk_release(memory);
}

/* The pointer that libpng keeps for errors is where the message goes. */
static void on_error(png_structp png, png_const_charp message) {
    char *kept = png_get_error_ptr(png);
    strncpy(kept, message, MESSAGE_CAPACITY - 1);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png, (void)message;
}

static void on_read(png_structp png, png_bytep data, png_size_t size) {
    lk_png_input *in = png_get_io_ptr(png);
    if ((int64_t)size > in->size - in->next) {
        in->next = in->size;
        png_error(png, "the file ends within the picture");
    }
    memcpy(data, in->data + in->next, size);
    in->next += (int64_t)size;
}

static bool has_grey_palette(png_structp png, png_infop info) {
    png_colorp colours = NULL;
    int count = 0;
    if (png_get_PLTE(png, info, &colours, &count) == 0) {
        return false;
    }
    for (int i = 0; i < count; ++i) {
        if (colours[i].red != colours[i].green || colours[i].green != colours[i].blue) {
            return false;
        }
    }
    return true;
}

/* The three functions that follow call all that may jump out; nothing local is read after a
 * jump. */
static bool read_header(png_structp png, png_infop info) {
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    png_set_user_limits(png, LK_PICTURE_SIDE_MOST, LK_PICTURE_SIDE_MOST);
    png_read_info(png, info);
    return true;
}

/* Chooses what libpng makes of the rows, and what that is. */
static bool choose_pixels(png_structp png, png_infop info, lk_png_input *in, lk_picture *picture) {
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    png_byte type = png_get_color_type(png, info);
    bool transparent = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
    bool bilevel = type == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) == 1 && !transparent;
    in->grey_palette = type == PNG_COLOR_TYPE_PALETTE && has_grey_palette(png, info);
    picture->alphabet = bilevel ? 2 : 256;
    if (bilevel) {
        png_set_packing(png);
    } else {
        png_set_expand(png);
    }
    in->passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    in->channels = png_get_channels(png, info);
    in->stride = (int64_t)png_get_rowbytes(png, info);
    return true;
}

static bool read_rows(png_structp png, const lk_png_input *in, const lk_picture *picture) {
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    for (int pass = 0; pass < in->passes; ++pass) {
        for (int64_t row = 0; row < picture->height; ++row) {
            png_read_row(png, picture->pixels + row * in->stride, NULL);
        }
    }
    png_read_end(png, NULL);
    return true;
}

/* From what libpng gave (1 to 4 channels) to grey or RGB, in place. */
static lk_status drop_channels(lk_context *context, const char *name, const lk_png_input *in,
                               lk_picture *picture) {
    int32_t have = in->channels;
    bool alpha = have == 2 || have == 4;
    picture->channels = have <= 2 || in->grey_palette ? 1 : 3;
    uint8_t *pixels = picture->pixels;
    for (int64_t i = 0; i < picture->height * picture->width; ++i) {
        if (alpha && pixels[i * have + have - 1] != 255) {
            return lk_fail(context, LK_UNSUPPORTED,
                           "%s: pixel %lld of row %lld is transparent; only opaque pictures are "
                           "read, so put it on a "
                           "background first",
                           name, (long long)(i % picture->width + 1),
                           (long long)(i / picture->width + 1));
        }
        for (int32_t c = 0; c < picture->channels; ++c) {
            pixels[i * picture->channels + c] = pixels[i * have + c];
        }
    }
    return LK_OK;
}

static lk_status check_header(lk_context *context, const char *name, png_structp png,
                              png_infop info, const lk_png_input *in, lk_picture *picture) {
    picture->height = png_get_image_height(png, info);
    picture->width = png_get_image_width(png, info);
    LK_TRY(
        lk_picture_check(context, name, picture->height, picture->width, in->size, PIXELS_FOR_ONE));
    if (png_get_bit_depth(png, info) == 16) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: a PNG of 16 bits a channel; at most 8 are read, so convert it first",
                       name);
    }
    if ((int64_t)png_get_rowbytes(png, info) * picture->height / BYTES_FOR_ONE > in->size) {
        return lk_fail(context, LK_FORMAT,
                       "%s: the header promises %lld x %lld pixels (width x height), which %lld "
                       "bytes cannot hold; the "
                       "file is truncated or damaged",
                       name, (long long)picture->width, (long long)picture->height,
                       (long long)in->size);
    }
    return LK_OK;
}

static lk_status fail_libpng(lk_context *context, const char *name, const lk_png_input *in) {
    return in->starved ? lk_fail_no_memory(context, name, in->size)
                       : lk_fail(context, LK_FORMAT, "%s: byte %lld: libpng cannot read it: %s",
                                 name, (long long)in->next, in->message);
}

static lk_status decode(lk_context *context, const char *name, png_structp png, png_infop info,
                        lk_png_input *in, lk_picture *picture) {
    png_set_read_fn(png, in, on_read);
    if (!read_header(png, info)) {
        return fail_libpng(context, name, in);
    }
    LK_TRY(check_header(context, name, png, info, in, picture));
    if (!choose_pixels(png, info, in, picture)) {
        return fail_libpng(context, name, in);
    }
    LK_REQUIRE(in->stride == picture->width * in->channels);
    picture->pixels = lk_allocate(picture->height, (size_t)in->stride);
    if (picture->pixels == NULL) {
        return lk_fail_no_memory(context, name, picture->height * in->stride);
    }
    bool read = read_rows(png, in, picture) && !in->starved;
    return read ? drop_channels(context, name, in, picture) : fail_libpng(context, name, in);
}

lk_status lk_png_decode(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                        lk_picture *picture) {
    lk_png_input in = {.data = data, .size = size};
    *picture = (lk_picture){0};
    png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, in.message, on_error,
                                               on_warning, &in.starved, on_allocate, on_release);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    lk_status status = info ? decode(context, name, png, info, &in, picture)
                            : lk_fail_no_memory(context, "reading a PNG", (int64_t)sizeof in);
    png_destroy_read_struct(&png, &info, NULL);
    return status;
}

static lk_status read_png(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    return lk_picture_read(context, reading, lk_png_decode, dataset);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Where libpng's messages go, and the bytes. */
typedef struct lk_png {
    lk_buffer *buffer;
    char message[MESSAGE_CAPACITY];
    bool starved;
} lk_png;

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
    png_structp png =
        png_create_write_struct_2(PNG_LIBPNG_VER_STRING, state.message, on_error, on_warning,
                                  &state.starved, on_allocate, on_release);
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

static lk_status write_png(lk_context *context, const char *path, const lk_dataset *dataset,
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
    lk_status status = lk_sheet_encode(context, path, &sheet, buffer);
    lk_sheet_deinit(&sheet);
    return status;
}

const lk_format lk_png_format = {
    .name = "png",
    .number = LK_FROM_PNG,
    .traits = LK_KEEPS_ALPHABET | LK_HAS_PICTURES,
    .endings = {".png"},
    .recognise = lk_is_png,
    .read = read_png,
    .write = write_png,
};
