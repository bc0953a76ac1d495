/* Block-sparse layers (Gray, Radford, Kingma, "GPU Kernels for Block-Sparse Weights", OpenAI 2017):
 * features are cut into groups of `size`, and of all pairs of an output group and an input group
 * only a share has weights; all taps of a convolution share the pattern. What has no weights is
 * neither stored nor multiplied. */
#ifndef LK_MODELS_BLOCK_SPARSE_H
#define LK_MODELS_BLOCK_SPARSE_H

#include "models/settings.h"
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

/* lk_conv of this pattern (its options.sparse). LK_INVALID when the channels are no whole number of
 * groups, or more than 1,024 of them. At size 0 the dense lk_conv. */
lk_node *lk_block_sparse_conv(lk_graph *graph, const char *name, lk_node *input,
                              lk_conv_options options, const lk_block_sparse *sparse,
                              uint64_t layer);
/* A number for the layer of this name (FNV-1a). */
uint64_t lk_block_sparse_layer(const char *name);

/* A family's settings, and what they say; `joined` is lk_setting.later. */
#define LK_BLOCK_SPARSE_SETTINGS(where, joined)                                                    \
    {.key = "block_sparse",                                                                        \
     .kind = LK_CHOICE,                                                                            \
     .fallback = "none",                                                                           \
     .choices = "none|8|16|32",                                                                    \
     .source = "Gray, Radford, Kingma, GPU Kernels for Block-Sparse Weights, 2017, section 2",     \
     .help = "weights inside the " where " are sparse, in blocks of so many features a side",      \
     .later = joined},                                                                             \
        {.key = "block_density",                                                                   \
         .kind = LK_REAL,                                                                          \
         .fallback = "0.25",                                                                       \
         .least = 0.001,                                                                           \
         .most = 1,                                                                                \
         .source = "Gray, Radford, Kingma, GPU Kernels for Block-Sparse Weights, 2017, section 2", \
         .help = "share of these blocks that there are",                                           \
         .later = joined},                                                                         \
    {                                                                                              \
        .key = "block_seed", .kind = LK_INTEGER, .fallback = "1", .least = 0,                      \
        .most = 9007199254740992.0, .help = "seed of which blocks there are", .later = joined      \
    }
lk_block_sparse lk_block_sparse_of(const lk_settings *settings);

#endif
