#include "data/crops.h"

#include <stdlib.h>

#include "base/arena.h"
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
        const uint8_t *from =
            picture->pixels + ((top + y) * picture->width + left) * picture->channels;
        for (int64_t i = 0; i < line; ++i) {
            values[y * line + i] = from[i];
        }
    }
}

static int64_t examples_of(const lk_crop *how, bool tiles, const lk_picture *picture) {
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

static void draw_tiles(const lk_crops *crops, lk_dataset *dataset) {
    uint16_t *values = dataset->values;
    for (int64_t p = 0; p < crops->count; ++p) {
        const lk_picture *picture = &crops->pictures[p];
        int64_t columns = picture->width / crops->how.width;
        for (int64_t i = 0; i < crops->first[p + 1] - crops->first[p];
             ++i, values += dataset->variables) {
            copy(&crops->how, picture, i / columns * crops->how.height,
                 i % columns * crops->how.width, values);
        }
    }
}

static lk_status fill(lk_context *context, const char *name, bool tiles, lk_crops *crops,
                      lk_dataset *dataset) {
    lk_source source = {.name = name};
    lk_shape shape = {.axes = 3,
                      .size = {crops->how.height, crops->how.width, crops->pictures[0].channels}};
    for (int64_t p = 0; p < crops->count; ++p) {
        crops->first[p + 1] =
            crops->first[p] + examples_of(&crops->how, tiles, &crops->pictures[p]);
    }
    LK_TRY(lk_dataset_reserve(context, &source, dataset, shape, crops->first[crops->count],
                              INT64_MAX));
    dataset->alphabet = crops->pictures[0].alphabet;
    if (tiles) {
        draw_tiles(crops, dataset);
        return LK_OK;
    }
    for (int64_t i = 0; i < dataset->examples; ++i) {
        lk_crops_draw(crops, 0, i, dataset->values + i * dataset->variables);
    }
    return LK_OK;
}

lk_status lk_crops_take(lk_context *context, const char *name, const lk_crop *how, bool tiles,
                        lk_picture *pictures, int64_t count, lk_dataset *dataset) {
    lk_crops *crops = lk_allocate(1, sizeof *crops);
    int64_t *first = lk_allocate(count + 1, sizeof *first);
    if (crops == NULL || first == NULL) {
        lk_release(crops);
        lk_release(first);
        lk_pictures_release(pictures, count);
        return lk_fail_no_memory(context, name, (count + 1) * (int64_t)sizeof *first);
    }
    *crops = (lk_crops){.how = *how, .pictures = pictures, .count = count, .first = first};
    lk_status status = fill(context, name, tiles, crops, dataset);
    if (status == LK_OK && !tiles) {
        dataset->crops = crops;
    } else {
        lk_crops_destroy(crops);
    }
    return status;
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
        for (int64_t i = 0; i < picture->height * picture->width * picture->channels; ++i) {
            picture->pixels[i] = picture->pixels[i] >= least;
        }
        picture->alphabet = 2;
    }
}

/* ---- holding out ----------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Moves the pictures to a data set of their own. */
static lk_status move(lk_context *context, const lk_dataset *from, int32_t *numbers, int64_t count,
                      bool tiles, lk_dataset **moved) {
    qsort(numbers, (size_t)count, sizeof *numbers, by_number);
    lk_picture *pictures = lk_allocate(count, sizeof *pictures);
    if (pictures == NULL) {
        return lk_fail_no_memory(context, from->path, count * (int64_t)sizeof *pictures);
    }
    for (int64_t i = 0; i < count; ++i) {
        pictures[i] = from->crops->pictures[numbers[i]];
        from->crops->pictures[numbers[i]] = (lk_picture){0};
    }
    lk_status status = lk_dataset_begin(context, from->path, moved);
    if (status != LK_OK) {
        lk_pictures_release(pictures, count);
        return status;
    }
    LK_TRY(lk_crops_take(context, from->path, &from->crops->how, tiles, pictures, count, *moved));
    (*moved)->alphabet = from->alphabet;
    (*moved)->format = from->format;
    return LK_OK;
}

lk_status lk_crops_hold_out(lk_context *context, lk_dataset **train, int64_t held_out,
                            uint64_t seed, lk_dataset **valid) {
    lk_dataset *all = *train;
    int64_t count = all->crops->count, kept = count - held_out;
    LK_REQUIRE(held_out >= 1 && kept >= 1 && count <= INT32_MAX);
    int32_t *order = lk_allocate(count, sizeof *order);
    if (order == NULL) {
        return lk_fail_no_memory(context, all->path, count * (int64_t)sizeof *order);
    }
    lk_random_permutation((lk_random){seed, LK_FOR_SHUFFLE}, UINT64_MAX, count, order);
    *train = NULL;
    lk_status status = move(context, all, order, kept, false, train);
    if (status == LK_OK) {
        status = move(context, all, order + kept, held_out, true, valid);
    }
    lk_release(order);
    lk_dataset_destroy(all);
    return status;
}
