#include "data/formats/pictures.h"

#include <stdio.h>

#include "base/memory.h"
#include "data/cropping.h"

lk_picture_decode *lk_picture_decoder(const uint8_t *data, int64_t size) {
    return lk_is_png(data, size) ? lk_png_decode : lk_is_jpeg(data, size) ? lk_jpeg_decode : NULL;
}

static lk_status check_values(lk_context *context, const lk_reading *reading,
                              const lk_picture *picture) {
    int64_t count = picture->height * picture->width * picture->channels,
            row = picture->width * picture->channels;
    for (int64_t i = 0; i < count; ++i) {
        if (picture->pixels[i] >= reading->limit) {
            char place[96];
            snprintf(place, sizeof place, "pixel %lld of row %lld, channel %lld",
                     (long long)(i % row / picture->channels + 1), (long long)(i / row + 1),
                     (long long)(i % picture->channels + 1));
            return lk_fail_alphabet(context, reading, place, picture->pixels[i]);
        }
    }
    return LK_OK;
}

lk_status lk_picture_decode_for(lk_context *context, const lk_reading *reading,
                                lk_picture_decode *decode, lk_picture *picture) {
    LK_TRY(decode(context, reading->name, reading->data, reading->size, picture));
    LK_TRY(check_values(context, reading, picture));
    return reading->crop.height > 0 ? lk_crop_fits(context, &reading->crop, reading->name, picture)
                                    : LK_OK;
}

static lk_status to_dataset(lk_context *context, const lk_reading *reading,
                            const lk_picture *picture, lk_dataset *dataset) {
    lk_shape shape = {.axes = 3, .size = {picture->height, picture->width, picture->channels}};
    LK_TRY(lk_dataset_reserve(context, reading->name, dataset, shape, 1, INT64_MAX));
    dataset->alphabet = picture->alphabet;
    lk_picture_values(picture, dataset->values);
    return LK_OK;
}

/* Takes what the picture holds. */
static lk_status to_crops(lk_context *context, const lk_reading *reading, lk_picture *picture,
                          lk_dataset *dataset) {
    lk_picture *pictures = lk_allocate(1, sizeof *pictures);
    if (pictures == NULL) {
        return lk_fail_no_memory(context, reading->name, (int64_t)sizeof *pictures);
    }
    *pictures = *picture;
    *picture = (lk_picture){0};
    return lk_crops_take(context, reading->name, &reading->crop, reading->role != LK_ROLE_TRAIN,
                         pictures, 1, dataset);
}

lk_status lk_picture_read(lk_context *context, const lk_reading *reading, lk_picture_decode *decode,
                          lk_dataset *dataset) {
    lk_picture picture;
    lk_status status = lk_picture_decode_for(context, reading, decode, &picture);
    if (status == LK_OK) {
        status = reading->crop.height > 0 ? to_crops(context, reading, &picture, dataset)
                                          : to_dataset(context, reading, &picture, dataset);
    }
    lk_picture_deinit(&picture);
    return status;
}
