#include "data/picture.h"

#include <stdio.h>

#include "base/arena.h"
#include "data/crops.h"

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

lk_picture_decode *lk_picture_decoder(const uint8_t *data, int64_t size) {
    return lk_is_png(data, size) ? lk_png_decode : lk_is_jpeg(data, size) ? lk_jpeg_decode : NULL;
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
    return LK_OK;
}

static lk_status check_values(lk_context *context, const lk_source *source,
                              const lk_picture *picture) {
    int64_t count = picture->height * picture->width * picture->channels,
            row = picture->width * picture->channels;
    for (int64_t i = 0; i < count; ++i) {
        if (picture->pixels[i] >= source->limit) {
            char place[96];
            snprintf(place, sizeof place, "pixel %lld of row %lld, channel %lld",
                     (long long)(i % row / picture->channels + 1), (long long)(i / row + 1),
                     (long long)(i % picture->channels + 1));
            return lk_fail_alphabet(context, source, place, picture->pixels[i]);
        }
    }
    return LK_OK;
}

lk_status lk_picture_decode_for(lk_context *context, const lk_source *source,
                                lk_picture_decode *decode, lk_picture *picture) {
    LK_TRY(decode(context, source->name, source->data, source->size, picture));
    LK_TRY(check_values(context, source, picture));
    return source->crop.height > 0 ? lk_crop_fits(context, &source->crop, source->name, picture)
                                   : LK_OK;
}

void lk_picture_values(const lk_picture *picture, uint16_t *values) {
    for (int64_t i = 0; i < picture->height * picture->width * picture->channels; ++i) {
        values[i] = picture->pixels[i];
    }
}

static lk_status to_dataset(lk_context *context, const lk_source *source, const lk_picture *picture,
                            lk_dataset *dataset) {
    lk_shape shape = {.axes = 3, .size = {picture->height, picture->width, picture->channels}};
    LK_TRY(lk_dataset_reserve(context, source, dataset, shape, 1, INT64_MAX));
    dataset->alphabet = picture->alphabet;
    lk_picture_values(picture, dataset->values);
    return LK_OK;
}

/* Takes what the picture holds. */
static lk_status to_crops(lk_context *context, const lk_source *source, lk_picture *picture,
                          lk_dataset *dataset) {
    lk_picture *pictures = lk_allocate(1, sizeof *pictures);
    if (pictures == NULL) {
        return lk_fail_no_memory(context, source->name, (int64_t)sizeof *pictures);
    }
    *pictures = *picture;
    *picture = (lk_picture){0};
    return lk_crops_take(context, source->name, &source->crop, source->role != LK_ROLE_TRAIN,
                         pictures, 1, dataset);
}

lk_status lk_picture_read(lk_context *context, const lk_source *source, lk_picture_decode *decode,
                          lk_dataset *dataset) {
    lk_picture picture;
    lk_status status = lk_picture_decode_for(context, source, decode, &picture);
    if (status == LK_OK) {
        status = source->crop.height > 0 ? to_crops(context, source, &picture, dataset)
                                         : to_dataset(context, source, &picture, dataset);
    }
    lk_picture_deinit(&picture);
    return status;
}
