/* The two stacks of a Gated PixelCNN (van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves,
 * Kavukcuoglu, NIPS 2016; figure 2 is a layer), which families share: families/gated_pixelcnn.c has
 * the equations. With p = `channels`:
 *
 *   v' = n x n convolution of V to 2p features      V <- gate(v')
 *   u  = 1 x n convolution of H + 1x1(v'), to 2p    H <- H + 1x1(gate(u))
 *
 * V at row r knows the rows above r, H what was before it. Gates are also told a class, and what
 * else is known: 1x1 of a map of features. */
#ifndef LK_MODELS_GATED_STACKS_H
#define LK_MODELS_GATED_STACKS_H

#include "models/pixels.h"

/* What all layers have in common. */
typedef struct lk_gated_stacks {
    lk_graph *graph;
    lk_grid grid;
    int64_t channels, layers;
    int32_t first_kernel, kernel;
    double dropout;
    /* Of the grid's cells; NULL: nothing. V is told only what is known before the grid's first
     * variable, H what is known before each cell's own. */
    lk_node *told_vertical, *told_horizontal;
    lk_centre told; /* how the 1x1 of these reads the colours of a pixel */
} lk_gated_stacks;

/* Of the settings "layers", "channels", "first_kernel", "kernel" and "dropout": all but grid and
 * what gates are told. */
lk_status lk_gated_stacks_init(lk_graph *graph, const lk_model *model, lk_gated_stacks *stacks);
/* H behind the last layer. */
lk_node *lk_gated_stacks_layers(const lk_gated_stacks *stacks, lk_node *input);
/* The same, and behind it relu, 1x1 to `head` channels, relu, 1x1: the layers "head" and
 * "logits". */
lk_node *lk_gated_stacks_logits(const lk_gated_stacks *stacks, lk_node *input, int64_t head,
                                int64_t channels);

#endif
