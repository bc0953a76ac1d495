/* PNG pictures through libpng (ISO/IEC 15948), as examples of height x width x channels: grey of 1
 * bit (alphabet 2), of 2, 4 and 8 bits (spread over 0..255) and of 16 (alphabet 65536), RGB, each
 * with or without alpha, and palettes as the colours that occur, grey where all of these are.
 * Gamma, profiles and text are not looked at: pixels are the numbers in the file. Of an animation
 * (APNG) the first picture is read. Writing is in png_write.c. */
#include <png.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/png.h"

/* Deflate gives at most 1032 bytes for one; a byte holds up to 8 pixels. */
#define BYTES_FOR_ONE 1032
#define PIXELS_FOR_ONE (8 * BYTES_FOR_ONE)

typedef struct lk_png_input {
    const uint8_t *data;
    int64_t size, next;
    char message[LK_PNG_MESSAGE];
    bool starved;   /* libpng found no memory */
    int passes;     /* more than 1 when it is interlaced */
    int64_t row;    /* bytes of a row in the file, unpacked */
    int64_t stride; /* bytes of a row of pixels */
    /* Of a picture with a palette, within libpng's memory; else NULL. */
    const png_color *palette;
    const png_byte *alpha; /* of the first entries, the rest being opaque; NULL: all are */
    int palette_count, alpha_count;
} lk_png_input;

bool lk_is_png(const uint8_t *data, int64_t size) {
    return size >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0;
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

/* How many pictures an animation has: what its acTL chunk says; 0: it is none. */
static int64_t count_frames(png_structp png, png_infop info) {
    png_unknown_chunkp chunks = NULL;
    int count = png_get_unknown_chunks(png, info, &chunks);
    for (int i = 0; i < count; ++i) {
        if (memcmp(chunks[i].name, "acTL", 4) == 0 && chunks[i].size >= 4) {
            return png_get_uint_32(chunks[i].data);
        }
    }
    return 0;
}

static int32_t read_orientation(png_structp png, png_infop info) {
    png_bytep bytes = NULL;
    png_uint_32 size = 0;
    int64_t found = png_get_eXIf_1(png, info, &size, &bytes) != 0
                        ? lk_tiff_tag(bytes, size, LK_EXIF_ORIENTATION)
                        : 0;
    return found >= 1 && found <= 8 ? (int32_t)found : 0;
}

/* What libpng is to make of the rows: a byte or two for each channel, whatever the file has. */
static void ask_pixels(png_structp png, png_byte bits, const lk_picture_settings *settings,
                       lk_picture *picture) {
    bool deep = bits == 16;
    picture->wide = deep && settings->depth != 8;
    if (picture->palette) {
        png_set_packing(png);
        return;
    }
    png_set_expand(png);
    if (picture->wide && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        png_set_swap(png);
    } else if (deep && !picture->wide) {
        png_set_strip_16(png);
        picture->notes |= 1u << LK_NOTE_DEPTH_CUT;
    }
}

/* Rows are indices until all are read: libpng would give an index that the palette has not the
 * colour black, and others one of their own. */
static void take_palette(png_structp png, png_infop info, lk_png_input *in, lk_picture *picture) {
    png_colorp colours = NULL;
    png_bytep alpha = NULL;
    png_get_PLTE(png, info, &colours, &in->palette_count);
    if (png_get_tRNS(png, info, &alpha, &in->alpha_count, NULL) == 0) {
        alpha = NULL;
        in->alpha_count = 0;
    }
    in->palette = colours;
    in->alpha = alpha;
    picture->channels = alpha != NULL ? 4 : 3;
    in->stride = picture->width * picture->channels;
}

/* The two functions that follow call all that may jump out; nothing local is read after a jump. */
static bool read_header(png_structp png, png_infop info, const lk_picture_settings *settings,
                        lk_png_input *in, lk_picture *picture) {
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    png_set_user_limits(png, LK_PICTURE_SIDE_MOST, LK_PICTURE_SIDE_MOST);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, (png_const_bytep) "acTL", 1);
    png_read_info(png, info);
    png_byte type = png_get_color_type(png, info), bits = png_get_bit_depth(png, info);
    picture->palette = type == PNG_COLOR_TYPE_PALETTE;
    picture->bilevel = type == PNG_COLOR_TYPE_GRAY && bits == 1;
    ask_pixels(png, bits, settings, picture);
    in->passes = png_set_interlace_handling(png);
    in->row = (int64_t)png_get_rowbytes(png, info);
    png_read_update_info(png, info);
    picture->height = png_get_image_height(png, info);
    picture->width = png_get_image_width(png, info);
    picture->channels = png_get_channels(png, info);
    picture->alphabet = picture->wide ? 65536 : 256;
    picture->orientation = read_orientation(png, info);
    picture->frames = count_frames(png, info);
    in->stride = (int64_t)png_get_rowbytes(png, info);
    if (picture->palette) {
        take_palette(png, info, in, picture);
    }
    return true;
}

static bool read_rows(png_structp png, png_infop info, const lk_png_input *in,
                      lk_picture *picture) {
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    for (int pass = 0; pass < in->passes; ++pass) {
        for (int64_t row = 0; row < picture->height; ++row) {
            png_read_row(png, (uint8_t *)picture->pixels + row * in->stride, NULL);
        }
    }
    png_read_end(png, info);
    picture->orientation = read_orientation(png, info); /* it may stand behind the pixels */
    return true;
}

/* Each row from its last pixel on, in place. */
static lk_status expand(lk_context *context, const char *name, const lk_png_input *in,
                        lk_picture *picture) {
    for (int64_t row = 0; row < picture->height; ++row) {
        uint8_t *bytes = (uint8_t *)picture->pixels + row * in->stride;
        for (int64_t x = picture->width - 1; x >= 0; --x) {
            int index = bytes[x];
            uint8_t *pixel = bytes + x * picture->channels;
            if (index >= in->palette_count) {
                return lk_fail(context, LK_FORMAT,
                               "%s: pixel %lld of row %lld has colour %d of a palette of %d: the "
                               "file is damaged, and programs show it in different colours",
                               name, (long long)x + 1, (long long)row + 1, index + 1,
                               in->palette_count);
            }
            const uint8_t alpha = index < in->alpha_count ? in->alpha[index] : 255;
            const png_color *colour = &in->palette[index];
            const uint8_t values[4] = {colour->red, colour->green, colour->blue, alpha};
            memcpy(pixel, values, (size_t)picture->channels);
        }
    }
    return LK_OK;
}

static lk_status check_header(lk_context *context, const char *name, const lk_png_input *in,
                              const lk_picture_wish *wish, const lk_picture *picture) {
    LK_TRY(lk_picture_check(context, name, picture, wish, in->size, PIXELS_FOR_ONE, 0));
    return in->row * picture->height / BYTES_FOR_ONE <= in->size
               ? LK_OK
               : lk_fail(context, LK_FORMAT,
                         "%s: the header promises %lld x %lld pixels (width x height), which %lld "
                         "bytes cannot hold; the file is truncated or damaged",
                         name, (long long)picture->width, (long long)picture->height,
                         (long long)in->size);
}

static lk_status fail_libpng(lk_context *context, const char *name, const lk_png_input *in) {
    return in->starved ? lk_fail_no_memory(context, name, in->size)
                       : lk_fail(context, LK_FORMAT, "%s: byte %lld: libpng cannot read it: %s",
                                 name, (long long)in->next, in->message);
}

static lk_status decode(lk_context *context, const char *name, png_structp png, png_infop info,
                        lk_png_input *in, const lk_picture_wish *wish, lk_picture *picture) {
    png_set_read_fn(png, in, on_read);
    if (!read_header(png, info, &wish->settings, in, picture)) {
        return fail_libpng(context, name, in);
    }
    LK_TRY(check_header(context, name, in, wish, picture));
    LK_REQUIRE(in->stride == picture->width * picture->channels * (picture->wide ? 2 : 1));
    LK_TRY(lk_picture_allocate(context, name, picture));
    bool read = read_rows(png, info, in, picture) && !in->starved;
    LK_TRY(read && picture->palette ? expand(context, name, in, picture) : LK_OK);
    return read ? lk_picture_finish(context, name, wish, picture) : fail_libpng(context, name, in);
}

lk_status lk_png_decode(lk_context *context, const char *name, const uint8_t *data, int64_t size,
                        const lk_picture_wish *wish, lk_picture *picture) {
    lk_png_input in = {.data = data, .size = size};
    *picture = (lk_picture){0};
    png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, in.message, lk_png_on_error,
                                               lk_png_on_warning, &in.starved, lk_png_on_allocate,
                                               lk_png_on_release);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    lk_status status = info ? decode(context, name, png, info, &in, wish, picture)
                            : lk_fail_no_memory(context, "reading a PNG", (int64_t)sizeof in);
    png_destroy_read_struct(&png, &info, NULL);
    return status;
}

static lk_status read_png(lk_context *context, const lk_reading *reading, lk_dataset *dataset) {
    return lk_picture_read(context, reading, lk_png_decode, dataset);
}

const lk_format lk_png_format = {
    .name = "png",
    .kind = "a PNG picture",
    .number = LK_FROM_PNG,
    .traits = LK_KEEPS_ALPHABET | LK_HAS_PICTURES,
    .endings = {".png"},
    .recognise = lk_is_png,
    .read = read_png,
    .write = lk_png_draw,
    .restore = lk_png_encode,
};
