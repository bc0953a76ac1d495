#include "data/picture.h"

#include <stdio.h>

#include "base/arena.h"

void lk_picture_deinit(lk_picture *picture) {
    lk_release(picture->pixels);
    *picture = (lk_picture){0};
}

lk_status lk_picture_check(lk_context *context, const char *name, int64_t height, int64_t width, int64_t size,
                           int64_t most) {
    if (height < 1 || width < 1 || height > LK_PICTURE_SIDE_MOST || width > LK_PICTURE_SIDE_MOST ||
        height * width > LK_PICTURE_PIXELS_MOST) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: a picture of %lld x %lld pixels (width x height): each side must be 1 to %d, and their "
                       "product at most %lld",
                       name, (long long)width, (long long)height, LK_PICTURE_SIDE_MOST,
                       (long long)LK_PICTURE_PIXELS_MOST);
    }
    if (height * width / most > size) {
        return lk_fail(context, LK_FORMAT,
                       "%s: the header promises %lld x %lld pixels (width x height), which %lld bytes cannot hold; the "
                       "file is truncated or damaged",
                       name, (long long)width, (long long)height, (long long)size);
    }
    return LK_OK;
}

lk_status lk_picture_values(lk_context *context, const lk_source *source, const lk_picture *picture, uint16_t *values) {
    int64_t count = picture->height * picture->width * picture->channels, row = picture->width * picture->channels;
    for (int64_t i = 0; i < count; ++i) {
        if (picture->pixels[i] >= source->limit) {
            char place[96];
            snprintf(place, sizeof place, "pixel %lld of row %lld, channel %lld",
                     (long long)(i % row / picture->channels + 1), (long long)(i / row + 1),
                     (long long)(i % picture->channels + 1));
            return lk_fail_alphabet(context, source, place, picture->pixels[i]);
        }
        values[i] = picture->pixels[i];
    }
    return LK_OK;
}

lk_status lk_picture_dataset(lk_context *context, const lk_source *source, const lk_picture *picture,
                             lk_dataset *dataset) {
    lk_shape shape = {.axes = 3, .size = {picture->height, picture->width, picture->channels}};
    LK_TRY(lk_dataset_reserve(context, source, dataset, shape, 1, INT64_MAX));
    dataset->alphabet = picture->alphabet;
    return lk_picture_values(context, source, picture, dataset->values);
}
