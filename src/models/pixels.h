/* What the families for images share: their grid, masks in raster order, inputs and last layers. */
#ifndef LK_MODELS_PIXELS_H
#define LK_MODELS_PIXELS_H

#include "models/model.h"
#include "ops/ops.h"

#define LK_MASK_SIZE_MOST 31
#define LK_CHANNELS_MOST 16 /* of an image */

/* The taps of a kernel x kernel mask: those before the centre in raster order, and the centre. */
typedef struct lk_mask {
    int32_t taps[LK_MASK_SIZE_MOST * LK_MASK_SIZE_MOST][LK_GRID_AXES];
    int32_t count;
} lk_mask;
void lk_mask_make(lk_mask *mask, int32_t kernel);
/* The taps from row `top` to `bottom` and from column `left` to `right`, as distances from the
 * centre: at most those of the largest mask. */
void lk_mask_rectangle(lk_mask *mask, int32_t top, int32_t bottom, int32_t left, int32_t right);
/* All taps of the window: of what is known before. */
void lk_window_make(lk_mask *mask, int32_t kernel);
/* The setting `key` as the size of a mask: LK_INVALID when it has no centre. */
lk_status lk_mask_size(lk_graph *graph, const lk_model *model, const char *key, int32_t *kernel);

/* Height x width, with a group of cells for each channel (R, G, B); LK_INVALID when the data are no
 * images. */
lk_status lk_pixels_grid(lk_graph *graph, const lk_model *model, lk_grid *grid);
/* A field as numbers: symbols above the binary ones in -1 .. 1. */
lk_node *lk_pixels_numbers(lk_graph *graph, const lk_field *field);
/* Where each of the grid's cells is: its pixel's row r and column c as (r - height / 2) / height
 * and (c - width / 2) / width, and, of several groups, a 1 among as many channels: [cells][2 or 2
 * + groups]. */
lk_node *lk_pixels_where(lk_graph *graph, lk_grid grid);
/* lk_conv under the mask, which must outlive the options, with a bias. */
lk_conv_options lk_pixels_options(lk_grid grid, int64_t channels, const lk_mask *mask,
                                  lk_centre centre, lk_init init);
/* A convolution with a bias under the mask, which starts at LK_INIT_HE. */
lk_node *lk_pixels_masked(lk_graph *graph, const char *name, lk_node *input, lk_grid grid,
                          int64_t channels, const lk_mask *mask, lk_centre centre);
/* 1x1(relu(input)), type B. */
lk_node *lk_pixels_dense(lk_graph *graph, const char *name, lk_node *input, lk_grid grid,
                         int64_t channels, lk_init init);
/* Channels of the logits, and what they parameterise: a Bernoulli, or a softmax over all values. */
int64_t lk_pixels_logits(const lk_field *field);
void lk_pixels_model(lk_graph *graph, const lk_field *field, lk_node *logits);

/* The biases of the layer "logits" (of a view's parts: "high.logits", ...) become the marginal
 * frequencies, one set for each colour. */
lk_status lk_pixels_start(lk_model *model, const lk_dataset *train);

#endif
