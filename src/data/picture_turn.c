/* EXIF: which way up a picture is, and the little of TIFF that it takes to read it. */
#include "base/memory.h"
#include "data/picture.h"

/* ---- TIFF ------------------------------------------------------------------------------------ */

typedef struct lk_tiff {
    const uint8_t *data;
    int64_t size;
    bool little;
} lk_tiff;

/* An integer of 2 or 4 bytes; -1 where they are not there. */
static int64_t get(const lk_tiff *tiff, int64_t at, int32_t bytes) {
    int64_t value = 0;
    if (at < 0 || at > tiff->size - bytes) {
        return -1;
    }
    for (int32_t i = 0; i < bytes; i++) {
        value = value << 8 | tiff->data[at + (tiff->little ? bytes - 1 - i : i)];
    }
    return value;
}

int64_t lk_tiff_tag(const uint8_t *data, int64_t size, uint16_t tag) {
    lk_tiff tiff = {data, size, size > 0 && data[0] == 'I'};
    int64_t at = get(&tiff, 2, 2) == 42 ? get(&tiff, 4, 4) : -1;
    int64_t entries = at < 0 ? -1 : get(&tiff, at, 2);
    for (int64_t i = 0; i < entries; i++) {
        int64_t entry = at + 2 + i * 12, type = get(&tiff, entry + 2, 2);
        if (get(&tiff, entry, 2) == tag) {
            return type == 3 || type == 4 ? get(&tiff, entry + 8, type == 3 ? 2 : 4) : -1;
        }
    }
    return -1;
}

/* ---- turning --------------------------------------------------------------------------------- */

/* The pixel of a picture of height x width that is shown at (y, x). */
static int64_t source(int32_t orientation, int64_t height, int64_t width, int64_t y, int64_t x) {
    int64_t up = height - 1, left = width - 1;
    const int64_t from[9][2] = {
        [2] = {y, left - x}, [3] = {up - y, left - x}, [4] = {up - y, x},   [5] = {x, y},
        [6] = {up - x, y},   [7] = {up - x, left - y}, [8] = {x, left - y},
    };
    return from[orientation][0] * width + from[orientation][1];
}

lk_status lk_picture_turn(lk_context *context, const char *name, int32_t orientation,
                          lk_picture *picture) {
    if (orientation < 2 || orientation > 8) {
        return LK_OK;
    }
    lk_picture made = *picture;
    made.height = orientation >= 5 ? picture->width : picture->height;
    made.width = orientation >= 5 ? picture->height : picture->width;
    made.pixels = NULL;
    LK_TRY(lk_picture_allocate(context, name, &made));
    int32_t channels = made.channels;
    for (int64_t i = 0; i < made.height * made.width; i++) {
        int64_t from =
            source(orientation, picture->height, picture->width, i / made.width, i % made.width);
        for (int32_t c = 0; c < channels; c++) {
            lk_picture_set(&made, i * channels + c, lk_picture_value(picture, from * channels + c));
        }
    }
    lk_release(picture->pixels);
    *picture = made;
    return LK_OK;
}
