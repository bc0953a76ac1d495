/* Pieces of one size from pictures of any sizes. For training they stand at random places, drawn
 * afresh each epoch; otherwise they are tiles in the order of reading, what is left over at the
 * right and at the bottom left out. */
#ifndef LK_DATA_CROPS_H
#define LK_DATA_CROPS_H

#include "data/picture.h"

/* Pieces of pictures instead of whole ones. */
typedef struct lk_crop {
    int64_t height, width; /* 0: whole pictures */
    int64_t count;         /* of each picture an epoch; 0: as many as have its area */
    uint64_t seed;
} lk_crop;

/* The pictures that a data set's examples are drawn from. Example i of epoch e stands in picture p,
 * first[p] <= i < first[p + 1], at a place that (LK_FOR_CROP, e * examples + i, axis) says; the
 * data set's own values are those of epoch 0. */
typedef struct lk_crops {
    lk_crop how;
    lk_picture *pictures; /* owned, [count], and what they hold */
    int64_t count;
    int64_t *first; /* owned, [count + 1] */
} lk_crops;

/* The picture is at least as large as a crop; the message names it. */
lk_status lk_crop_fits(lk_context *context, const lk_crop *how, const char *name,
                       const lk_picture *picture);
/* How many crops (tiles: tiles) a picture gives. */
int64_t lk_crop_count(const lk_crop *how, bool tiles, const lk_picture *picture);

void lk_crops_destroy(lk_crops *crops);
void lk_crops_draw(const lk_crops *crops, uint64_t epoch, int64_t example, uint16_t *values);
/* All tiles, one after another. */
void lk_crops_tiles(const lk_crops *crops, uint16_t *values);
/* Pixels of at least `least` become 1, the others 0. */
void lk_crops_threshold(lk_crops *crops, int32_t least);

#endif
