#include "data/crops.h"

#include "base/memory.h"
#include "base/random.h"

lk_status lk_crop_fits(lk_context *context, const lk_crop *how, const char *name,
                       const lk_picture *picture) {
    if (picture->height >= how->height && picture->width >= how->width) {
        return LK_OK;
    }
    return lk_fail(context, LK_MISMATCH,
                   "%s: %lld x %lld pixels (height x width), less than a crop of %lld x %lld", name,
                   (long long)picture->height, (long long)picture->width, (long long)how->height,
                   (long long)how->width);
}

static void copy(const lk_crop *how, const lk_picture *picture, int64_t top, int64_t left,
                 uint16_t *values) {
    int64_t line = how->width * picture->channels;
    for (int64_t y = 0; y < how->height; ++y) {
        int64_t from = ((top + y) * picture->width + left) * picture->channels;
        for (int64_t i = 0; i < line; ++i) {
            values[y * line + i] = (uint16_t)lk_picture_value(picture, from + i);
        }
    }
}

int64_t lk_crop_count(const lk_crop *how, bool tiles, const lk_picture *picture) {
    if (tiles) {
        return (picture->height / how->height) * (picture->width / how->width);
    }
    int64_t area = how->height * how->width;
    return how->count > 0 ? how->count : (picture->height * picture->width + area - 1) / area;
}

/* The picture that the example stands in. */
static int64_t picture_of(const lk_crops *crops, int64_t example) {
    int64_t low = 0, high = crops->count;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        *(crops->first[middle] <= example ? &low : &high) = middle;
    }
    return low;
}

void lk_crops_draw(const lk_crops *crops, uint64_t epoch, int64_t example, uint16_t *values) {
    const lk_picture *picture = &crops->pictures[picture_of(crops, example)];
    uint64_t number = epoch * (uint64_t)crops->first[crops->count] + (uint64_t)example;
    lk_random random = {crops->how.seed, LK_FOR_CROP};
    int64_t top = (int64_t)lk_random_below(random, number, 0,
                                           (uint64_t)(picture->height - crops->how.height + 1));
    int64_t left = (int64_t)lk_random_below(random, number, 1,
                                            (uint64_t)(picture->width - crops->how.width + 1));
    copy(&crops->how, picture, top, left, values);
}

void lk_crops_tiles(const lk_crops *crops, uint16_t *values) {
    int64_t variables = crops->how.height * crops->how.width * crops->pictures[0].channels;
    for (int64_t p = 0; p < crops->count; ++p) {
        const lk_picture *picture = &crops->pictures[p];
        int64_t columns = picture->width / crops->how.width;
        for (int64_t i = 0; i < crops->first[p + 1] - crops->first[p]; ++i, values += variables) {
            copy(&crops->how, picture, i / columns * crops->how.height,
                 i % columns * crops->how.width, values);
        }
    }
}

void lk_crops_destroy(lk_crops *crops) {
    if (crops != NULL) {
        lk_pictures_release(crops->pictures, crops->count);
        lk_release(crops->first);
        lk_release(crops);
    }
}

void lk_crops_threshold(lk_crops *crops, int32_t least) {
    for (int64_t p = 0; p < crops->count; ++p) {
        lk_picture *picture = &crops->pictures[p];
        for (int64_t i = 0; i < lk_picture_samples(picture); ++i) {
            lk_picture_set(picture, i, lk_picture_value(picture, i) >= least);
        }
        picture->alphabet = 2;
    }
}
