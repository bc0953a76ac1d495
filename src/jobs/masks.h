/* The masks of a network as a picture: of masked linear layers (MADE) whole matrices, of
 * convolutions the window of a pixel, each mask once. */
#ifndef LK_JOBS_MASKS_H
#define LK_JOBS_MASKS_H

#include "models/model.h"

#define LK_MASKS_MOST 32

/* A mask, in the order of the picture from above. */
typedef struct lk_mask_drawn {
    char nodes[128];       /* the layers that have it, or the first of them */
    int64_t rows, columns; /* of a matrix: units, inputs; of a window: height, width */
    bool window;
    int64_t open; /* places that are read, of all groups */
} lk_mask_drawn;

/* Matrices: a row for each unit, a column for each input, both in the order of their ready steps,
 * white where the unit reads. Windows: a tile for each colour of the pixel, white where it reads,
 * or, of three colours, those that it reads. LK_UNSUPPORTED: the network has no masks. */
lk_status lk_masks_write(const lk_model *model, int32_t network, const char *path,
                         lk_mask_drawn drawn[LK_MASKS_MOST], int32_t *count);

#endif
