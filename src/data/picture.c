#include "data/picture.h"

#include "base/memory.h"

/* While it is decoded: a progressive JPEG keeps its coefficients beside the pixels. */
#define BYTES_PER_PIXEL 9

void lk_picture_deinit(lk_picture *picture) {
    lk_release(picture->pixels);
    *picture = (lk_picture){0};
}

void lk_pictures_release(lk_picture *pictures, int64_t count) {
    for (int64_t i = 0; pictures != NULL && i < count; ++i) {
        lk_picture_deinit(&pictures[i]);
    }
    lk_release(pictures);
}

lk_status lk_picture_check(lk_context *context, const char *name, int64_t height, int64_t width,
                           int64_t size, int64_t most) {
    if (height < 1 || width < 1 || height > LK_PICTURE_SIDE_MOST || width > LK_PICTURE_SIDE_MOST ||
        height * width > LK_PICTURE_PIXELS_MOST) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: a picture of %lld x %lld pixels (width x height): each side must be 1 "
                       "to %d, and their "
                       "product at most %lld",
                       name, (long long)width, (long long)height, LK_PICTURE_SIDE_MOST,
                       (long long)LK_PICTURE_PIXELS_MOST);
    }
    if (height * width / most > size) {
        return lk_fail(context, LK_FORMAT,
                       "%s: the header promises %lld x %lld pixels (width x height), which %lld "
                       "bytes cannot hold; the "
                       "file is truncated or damaged",
                       name, (long long)width, (long long)height, (long long)size);
    }
    return lk_memory_allow(context, name, "its pixels", (double)(height * width) * BYTES_PER_PIXEL);
}

void lk_picture_values(const lk_picture *picture, uint16_t *values) {
    for (int64_t i = 0; i < picture->height * picture->width * picture->channels; ++i) {
        values[i] = picture->pixels[i];
    }
}
