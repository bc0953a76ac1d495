/* What the families with attention share: where things stand, and the layer of a Transformer
 * decoder (Vaswani et al., "Attention Is All You Need", NIPS 2017), normalised before each part
 * (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019):
 *
 *   x <- x + Wo attention(Wq n, Wk n, Wv n),  n = norm(x)
 *   x <- x + W2 gelu(W1 norm(x))
 *
 * Wo and W2 begin at zero, so that a network begins as its shortest path. */
#ifndef LK_MODELS_DECODER_H
#define LK_MODELS_DECODER_H

#include "data/shape.h"
#include "ops/ops.h"

/* A learned vector for each of `count` cells of a grid of `shape`, the sum of one for each axis
 * (its row, its column, its colour) that is longer than 1: [count][channels]. cell[i] is a place of
 * the grid, counted along its last axis first; NULL: i. Declares NAME.1, NAME.2, ... : a table for
 * each axis, from zero. */
lk_node *lk_axis_positions(lk_graph *graph, const char *name, lk_shape shape, const int32_t *cell,
                           int64_t count, int64_t channels);

/* What all layers of a decoder have in common. */
typedef struct lk_decoder {
    int64_t heads;
    int64_t widening;     /* of the layer's second part: so many times the channels */
    const int32_t *limit; /* [cells]: the latest ready step that a cell may read */
    int64_t distances;    /* learned biases by distance; 0: none */
    double dropout;       /* of what each part adds */
    double attention_dropout;
} lk_decoder;

/* LK_INVALID unless heads share the width evenly. */
lk_status lk_decoder_check(lk_graph *graph, int64_t width, int64_t heads);

/* What cells may attend to. */
typedef struct lk_decoder_memory {
    lk_node *key, *value;
} lk_decoder_memory;

/* Wk n and Wv n of x in the layer NAME. */
lk_decoder_memory lk_decoder_remember(lk_graph *graph, const char *name, lk_node *x);
/* One layer over x, NAME.attention... and NAME.wide ... memory: NULL, for x's own, or that of other
 * cells. */
lk_node *lk_decoder_layer(lk_graph *graph, const char *name, lk_node *x, const lk_decoder *decoder,
                          lk_attention_pattern pattern, const lk_decoder_memory *memory);

#endif
