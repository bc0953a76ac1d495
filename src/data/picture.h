/* Pictures in memory, 8 bits a channel. */
#ifndef LK_DATA_PICTURE_H
#define LK_DATA_PICTURE_H

#include "base/context.h"

#define LK_PICTURE_SIDE_MOST 1000000 /* libpng's own limit */
#define LK_PICTURE_PIXELS_MOST ((int64_t)1 << 28)

typedef struct lk_picture {
    int64_t height, width;
    int32_t channels; /* 1: grey, 3: red, green, blue */
    int32_t alphabet; /* 256; 2 for a bilevel picture, where 1 is white */
    uint8_t *pixels;  /* owned, [height][width][channels] */
} lk_picture;

void lk_picture_deinit(lk_picture *picture);
/* An array from lk_allocate and all that its pictures hold. */
void lk_pictures_release(lk_picture *pictures, int64_t count);
/* Refuses sides beyond LK_PICTURE_SIDE_MOST, pixels beyond LK_PICTURE_PIXELS_MOST, more pixels than
 * `size` bytes can hold at `most` for each byte, and more than memory is allowed for: before it is
 * taken. */
lk_status lk_picture_check(lk_context *context, const char *name, int64_t height, int64_t width,
                           int64_t size, int64_t most);
void lk_picture_values(const lk_picture *picture, uint16_t *values);

#endif
