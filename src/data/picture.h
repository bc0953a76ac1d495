/* Pictures in memory, 8 bits a channel, and the formats they come from. */
#ifndef LK_DATA_PICTURE_H
#define LK_DATA_PICTURE_H

#include "data/reader.h"

#define LK_PICTURE_SIDE_MOST 1000000 /* libpng's own limit */
#define LK_PICTURE_PIXELS_MOST ((int64_t)1 << 28)

typedef struct lk_picture {
    int64_t height, width;
    int32_t channels; /* 1: grey, 3: red, green, blue */
    int32_t alphabet; /* 256; 2 for a bilevel picture, where 1 is white */
    uint8_t *pixels;  /* owned, [height][width][channels] */
} lk_picture;

/* Decodes a whole file in memory; `name` is for messages. Opaque alpha channels are dropped;
 * visible transparency, 16-bit channels and CMYK are refused. *picture is the caller's:
 * lk_picture_deinit, also after a failure. */
typedef lk_status lk_picture_decode(lk_context *context, const char *name, const uint8_t *data,
                                    int64_t size, lk_picture *picture);
lk_picture_decode lk_png_decode, lk_jpeg_decode;
void lk_picture_deinit(lk_picture *picture);
/* An array from lk_allocate and all that its pictures hold. */
void lk_pictures_release(lk_picture *pictures, int64_t count);
/* The decoder for these bytes; NULL: neither PNG nor JPEG. */
lk_picture_decode *lk_picture_decoder(const uint8_t *data, int64_t size);

bool lk_is_png(const uint8_t *data, int64_t size);
bool lk_is_jpeg(const uint8_t *data, int64_t size);
/* Refuses sides beyond LK_PICTURE_SIDE_MOST, pixels beyond LK_PICTURE_PIXELS_MOST, and more pixels
 * than `size` bytes can hold at `most` for each byte: before memory is taken for them. */
lk_status lk_picture_check(lk_context *context, const char *name, int64_t height, int64_t width,
                           int64_t size, int64_t most);
/* Decodes what a data set is read from: values must be below source->limit, and where crops are
 * asked for, one must fit. */
lk_status lk_picture_decode_for(lk_context *context, const lk_source *source,
                                lk_picture_decode *decode, lk_picture *picture);
void lk_picture_values(const lk_picture *picture, uint16_t *values);
/* A reader's `read`: the picture as one example of height x width x channels. */
lk_status lk_picture_read(lk_context *context, const lk_source *source, lk_picture_decode *decode,
                          lk_dataset *dataset);

#endif
