/* Block-sparse layers (Gray, Radford, Kingma, "GPU Kernels for Block-Sparse Weights", OpenAI 2017):
 * features are cut into groups of `size`, and of all pairs of an output group and an input group
 * only a share has weights; all taps of a convolution share the pattern. What has no weights is
 * neither stored nor multiplied. */
#ifndef LK_MODELS_BLOCK_SPARSE_H
#define LK_MODELS_BLOCK_SPARSE_H

#include "ops/ops.h"

typedef struct lk_block_sparse {
    int64_t size;   /* features of a group; 0: layers are dense */
    double density; /* share of the pairs that have weights, above 0 */
    uint64_t seed;  /* of the pattern */
    bool normalise; /* lk_normalise_weights */
} lk_block_sparse;

/* Which of `inputs` groups the output group reads, ascending; returns how many: as many for each of
 * the `outputs` groups. Every input group is read by some output group: groups that lie on the
 * diagonal are there, the others are drawn. `layer` tells the layers of a network apart. */
int32_t lk_block_sparse_reads(const lk_block_sparse *sparse, uint64_t layer, int32_t inputs,
                              int32_t outputs, int32_t output, int32_t *reads);

/* lk_conv of this pattern: a convolution NAME.G for each output group G, counted from 1, from the
 * channels that it reads, in ascending order. LK_INVALID when the channels are no whole number of
 * groups. At size 0 lk_conv itself. */
lk_node *lk_block_sparse_conv(lk_graph *graph, const char *name, lk_node *input,
                              lk_conv_options options, const lk_block_sparse *sparse,
                              uint64_t layer);

#endif
