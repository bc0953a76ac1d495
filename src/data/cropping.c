#include "data/cropping.h"

#include "base/memory.h"
#include "base/random.h"

/* What stands in no tile. */
static lk_status tell_rest(lk_context *context, const lk_crops *crops, lk_dataset *dataset) {
    int64_t pixels = 0, used = dataset->examples * crops->how.height * crops->how.width;
    for (int64_t p = 0; p < crops->count; ++p) {
        pixels += crops->pictures[p].height * crops->pictures[p].width;
    }
    return pixels == used ? LK_OK
                          : lk_dataset_note(context, dataset,
                                            "%lld of %lld pixels, at the right and at the bottom, "
                                            "are in no tile",
                                            (long long)(pixels - used), (long long)pixels);
}

static lk_status fill(lk_context *context, const char *name, bool tiles, lk_crops *crops,
                      lk_dataset *dataset) {
    lk_shape shape = {.axes = 3,
                      .size = {crops->how.height, crops->how.width, crops->pictures[0].channels}};
    for (int64_t p = 0; p < crops->count; ++p) {
        crops->first[p + 1] =
            crops->first[p] + lk_crop_count(&crops->how, tiles, &crops->pictures[p]);
    }
    LK_TRY(
        lk_dataset_reserve(context, name, dataset, shape, crops->first[crops->count], INT64_MAX));
    dataset->alphabet = crops->pictures[0].alphabet;
    if (tiles) {
        lk_crops_tiles(crops, dataset->values);
        return tell_rest(context, crops, dataset);
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

/* ---- holding out ----------------------------------------------------------------------------- */

/* Moves the pictures to a data set of their own. */
static lk_status move(lk_context *context, const lk_dataset *from, const int32_t *numbers,
                      int64_t count, bool tiles, lk_dataset **moved) {
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
    *valid = NULL;
    LK_REQUIRE(held_out >= 1 && kept >= 1 && count <= INT32_MAX);
    int32_t *order = lk_allocate(count, sizeof *order);
    if (order == NULL) {
        return lk_fail_no_memory(context, all->path, count * (int64_t)sizeof *order);
    }
    lk_random_split(seed, kept, count, order);
    *train = NULL;
    lk_status status = move(context, all, order, kept, false, train);
    if (status == LK_OK) {
        status = move(context, all, order + kept, held_out, true, valid);
    }
    lk_release(order);
    lk_dataset_destroy(all);
    return status;
}
