/* PNG pictures through libpng (ISO/IEC 15948), as examples of height x width x channels: grey of 1
 * bit (alphabet 2) and of 2, 4 and 8 bits (spread over 0..255), RGB, and palettes as the colours
 * that they hold, grey where all of them are. An alpha channel that hides nothing is dropped.
 * Gamma, profiles and text are not looked at: pixels are the numbers in the file. */
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "data/picture.h"
#include "data/png_memory.h"

/* Deflate gives at most 1032 bytes for one; a byte holds up to 8 pixels. */
#define BYTES_FOR_ONE 1032
#define PIXELS_FOR_ONE (8 * BYTES_FOR_ONE)

typedef struct lk_png_input {
    const uint8_t *data;
    int64_t size, next;
    char message[128];
    bool starved; /* libpng found no memory */
    bool grey_palette;
    int32_t channels; /* as libpng gives them: with alpha */
    int passes;       /* more than 1 when it is interlaced */
    int64_t stride;   /* bytes of a row */
} lk_png_input;

bool lk_is_png(const uint8_t *data, int64_t size) {
    return size >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static void on_error(png_structp png, png_const_charp message) {
    lk_png_input *in = png_get_error_ptr(png);
    strncpy(in->message, message, sizeof in->message - 1);
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
    return read_rows(png, in, picture) && !in->starved ? drop_channels(context, name, in, picture)
                                                       : fail_libpng(context, name, in);
}

lk_status lk_png_decode(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                        lk_picture *picture) {
    lk_png_input in = {.data = data, .size = size};
    *picture = (lk_picture){0};
    png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &in, on_error, on_warning,
                                               &in.starved, lk_png_allocate, lk_png_release);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    lk_status status = info ? decode(context, name, png, info, &in, picture)
                            : lk_fail_no_memory(context, "reading a PNG", (int64_t)sizeof in);
    png_destroy_read_struct(&png, &info, NULL);
    return status;
}

static lk_status read_png(lk_context *context, const lk_source *source, lk_dataset *dataset) {
    return lk_picture_read(context, source, lk_png_decode, dataset);
}

const lk_reader lk_png_reader = {
    .name = "png", .own_alphabet = true, .recognise = lk_is_png, .read = read_png};
