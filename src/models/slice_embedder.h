/* What a Subscale Pixel Network is told of the slices before one (Menick and Kalchbrenner, ICLR
 * 2019, section 3.2; families/subscale.c). They are channels of one picture of the size of a slice:
 * slice (i + di, j + dj) stands in place (di, dj), so that all slices i, j share the weights of
 *
 *   x = conv(places)      x <- x + conv(relu(conv(relu(x))))     `blocks` times
 *
 * A place has a channel for each colour, and one that is 1 where there is a pixel; where there is
 * none, because there is no such slice or the pixel would stand beyond its edge, all are 0. Nothing
 * is masked. Of the parts of a view that come before, all slices have places. */
#ifndef LK_MODELS_SLICE_EMBEDDER_H
#define LK_MODELS_SLICE_EMBEDDER_H

#include "models/model.h"
#include "models/slices.h"
#include "ops/ops.h"

typedef struct lk_slice_embedder {
    lk_graph *graph;
    lk_slices slices;
    int32_t earlier; /* parts before this one */
    lk_node *board;  /* values of these and of this one, then 0 and 1: a cell each */
    int64_t channels, blocks;
    int32_t kernel;
    double dropout;
} lk_slice_embedder;

/* For the slices of one modelled field, of the settings "embedding" (channels), "blocks",
 * "embedder_kernel" and "dropout". */
lk_status lk_slice_embedder_init(lk_graph *graph, const lk_model *model, const lk_slices *slices,
                                 const lk_field *field, lk_slice_embedder *embedder);
/* relu(x) of what comes before the slice, `groups` times for each of its pixels: [pixels * groups].
 * Declares embedder.in..., embedder.block1.in... NULL where nothing ever comes before:
 * of one slice, and without a view. */
lk_node *lk_slice_embedding(const lk_slice_embedder *embedder, const lk_slice *slice,
                            int32_t groups);

#endif
