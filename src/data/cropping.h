/* Data sets of crops. */
#ifndef LK_DATA_CROPPING_H
#define LK_DATA_CROPPING_H

#include "data/dataset.h"

/* Fills the data set with crops (tiles: with tiles). All pictures have as many channels, and all
 * are large enough. Takes the array and the pictures in it, also when it fails. `name` is for
 * messages. */
lk_status lk_crops_take(lk_context *context, const char *name, const lk_crop *how, bool tiles,
                        lk_picture *pictures, int64_t count, lk_dataset *dataset);
/* Parts a data set of crops: `held_out` of its pictures, drawn at random by (LK_FOR_SHUFFLE),
 * become tiles in *valid, so that no pixel is in both. Between 1 and all but one. Takes *train and
 * replaces it; after a failure both are the caller's to destroy, or NULL. */
lk_status lk_crops_hold_out(lk_context *context, lk_dataset **train, int64_t held_out,
                            uint64_t seed, lk_dataset **valid);

#endif
