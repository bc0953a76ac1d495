/* Pieces of one size from pictures of any sizes. For training they stand at random places, drawn
 * afresh each epoch; otherwise they are tiles in the order of reading, what is left over at the
 * right and at the bottom left out. */
#ifndef LK_DATA_CROPS_H
#define LK_DATA_CROPS_H

#include "data/picture.h"

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
/* Fills the data set with crops (tiles: with tiles). All pictures have as many channels, and all
 * are large enough. Takes the array and the pictures in it, also when it fails. `name` is for
 * messages. */
lk_status lk_crops_take(lk_context *context, const char *name, const lk_crop *how, bool tiles,
                        lk_picture *pictures, int64_t count, lk_dataset *dataset);
void lk_crops_destroy(lk_crops *crops);
void lk_crops_draw(const lk_crops *crops, uint64_t epoch, int64_t example, uint16_t *values);
/* Parts a data set of crops: `held_out` of its pictures, drawn at random by (LK_FOR_SHUFFLE),
 * become tiles in *valid, so that no pixel is in both. Between 1 and all but one. Takes *train and
 * replaces it; after a failure both are the caller's to destroy, or NULL. */
lk_status lk_crops_hold_out(lk_context *context, lk_dataset **train, int64_t held_out,
                            uint64_t seed, lk_dataset **valid);
/* Pixels of at least `least` become 1, the others 0. */
void lk_crops_threshold(lk_crops *crops, int32_t least);

#endif
