#include "data/formats/pictures.h"

#include <stdio.h>

#include "base/memory.h"
#include "data/cropping.h"

lk_picture_decode *lk_picture_decoder(const uint8_t *data, int64_t size) {
    return lk_is_png(data, size)                            ? lk_png_decode
           : lk_is_jpeg(data, size)                         ? lk_jpeg_decode
           : lk_is_pnm(data, size) || lk_is_pbm(data, size) ? lk_pnm_decode
                                                            : NULL;
}

static lk_status check_values(lk_context *context, const lk_reading *reading,
                              const lk_picture *picture) {
    int64_t count = lk_picture_samples(picture), row = picture->width * picture->channels;
    for (int64_t i = 0; i < count; ++i) {
        if (lk_picture_value(picture, i) >= reading->limit) {
            char place[96];
            snprintf(place, sizeof place, "pixel %lld of row %lld, channel %lld",
                     (long long)(i % row / picture->channels + 1), (long long)(i / row + 1),
                     (long long)(i % picture->channels + 1));
            return lk_fail_alphabet(context, reading, place, lk_picture_value(picture, i));
        }
    }
    return LK_OK;
}

/* Of pictures to be cropped size does not matter, but one crop must fit. */
lk_status lk_picture_fits(lk_context *context, const lk_reading *reading, const char *name,
                          lk_shape shape) {
    if (reading->crop.height > 0) {
        const lk_picture picture = {.height = shape.size[0], .width = shape.size[1]};
        LK_TRY(lk_crop_fits(context, &reading->crop, name, &picture));
        shape.size[0] = reading->crop.height;
        shape.size[1] = reading->crop.width;
    }
    return lk_reading_fits(context, reading, name, shape);
}

lk_status lk_picture_decode_for(lk_context *context, const lk_reading *reading,
                                const lk_picture_wish *wish, lk_picture_decode *decode,
                                lk_picture *picture) {
    LK_TRY(decode(context, reading->name, reading->data, reading->size, wish, picture));
    return check_values(context, reading, picture);
}

lk_status lk_picture_tell(lk_context *context, const lk_picture_tally *tally, lk_dataset *dataset) {
#define WORDS(name, lost, words) words,
#define LOST(name, lost, words) lost,
    static const char *const words[] = {LK_PICTURE_NOTES(WORDS)};
    static const bool loses[] = {LK_PICTURE_NOTES(LOST)};
#undef WORDS
#undef LOST
    for (int note = 0; note < LK_PICTURE_NOTE_COUNT; note++) {
        int64_t count = tally->count[note];
        dataset->partial |= count > 0 && loses[note];
        if (count > 0 && tally->pictures > 1) {
            LK_TRY(lk_dataset_note(context, dataset, "%lld of %lld pictures: %s", (long long)count,
                                   (long long)tally->pictures, words[note]));
        } else if (count > 0 && note == LK_NOTE_FRAMES) {
            LK_TRY(lk_dataset_note(context, dataset, "the first of %lld frames read",
                                   (long long)tally->frames));
        } else if (count > 0) {
            LK_TRY(lk_dataset_note(context, dataset, "%s", words[note]));
        }
    }
    return LK_OK;
}

void lk_picture_wish_like(const lk_dataset *like, lk_dataset_options *options) {
    const lk_format *format = lk_format_of(like->format);
    if (format != NULL && (format->traits & LK_HAS_PICTURES) != 0 && like->shape.axes == 3) {
        bool grey = options->binarization != LK_BINARIZE_NONE || options->alphabet != 0;
        options->pictures.channels = (int32_t)like->shape.size[2];
        options->pictures.levels = grey ? 0 : like->alphabet;
    }
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

static lk_status fits(lk_context *context, const void *argument, const char *name, lk_shape shape) {
    return lk_picture_fits(context, argument, name, shape);
}

lk_status lk_picture_read(lk_context *context, const lk_reading *reading, lk_picture_decode *decode,
                          lk_dataset *dataset) {
    lk_picture picture;
    lk_picture_tally tally = {0};
    lk_picture_wish wish = reading->wish;
    wish.fits = fits;
    wish.argument = reading;
    lk_status status = lk_picture_decode_for(context, reading, &wish, decode, &picture);
    if (status == LK_OK) {
        lk_picture_count(&tally, &picture);
        status = reading->crop.height > 0 ? to_crops(context, reading, &picture, dataset)
                                          : to_dataset(context, reading, &picture, dataset);
    }
    lk_picture_deinit(&picture);
    return status == LK_OK ? lk_picture_tell(context, &tally, dataset) : status;
}
