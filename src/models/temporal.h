/* Convolutions along a sequence of cells, which read the past alone: what conv1d and wavenet are
 * made of. */
#ifndef LK_MODELS_TEMPORAL_H
#define LK_MODELS_TEMPORAL_H

#include "ops/ops.h"

#define LK_TEMPORAL_KERNEL_MOST 64
#define LK_TEMPORAL_PAPER "WaveNet, section 2.1"

/* The settings' rows, of which each family has its own order and standards. */
#define LK_TEMPORAL_KERNEL(standard)                                           \
    {                                                                          \
        .key = "kernel", .kind = LK_INTEGER, .fallback = standard, .least = 2, \
        .most = LK_TEMPORAL_KERNEL_MOST, .source = LK_TEMPORAL_PAPER,          \
        .help = "taps of a convolution"                                        \
    }
#define LK_TEMPORAL_DILATION(standard)                                                        \
    {                                                                                         \
        .key = "dilation", .kind = LK_INTEGER, .fallback = standard, .least = 1, .most = 16,  \
        .source = LK_TEMPORAL_PAPER,                                                          \
        .help = "how many times wider each layer's taps stand than those of the layer before" \
    }
#define LK_TEMPORAL_CYCLE(standard)                                                       \
    {                                                                                     \
        .key = "cycle", .kind = LK_INTEGER, .fallback = standard, .least = 1, .most = 24, \
        .source = LK_TEMPORAL_PAPER,                                                      \
        .help = "layers after which the taps stand side by side again"                    \
    }

/* `kernel` taps, `dilation` apart, the last one so many cells (0, or -1: the cell before) from the
 * cell itself. Declares NAME.weight, NAME.bias. */
typedef struct lk_temporal {
    int32_t kernel, dilation, last;
    int64_t channels;
    lk_init init;
} lk_temporal;
lk_node *lk_temporal_conv(lk_graph *graph, const char *name, lk_node *input, lk_temporal options);
/* The cell itself alone. */
lk_node *lk_temporal_1x1(lk_graph *graph, const char *name, lk_node *input, int64_t channels,
                         lk_init init);
/* base^(layer mod cycle), for layers from 0 on; LK_INVALID, which the graph keeps, when taps would
 * stand further apart than any sequence is long. */
int32_t lk_temporal_dilation(lk_graph *graph, int64_t base, int64_t cycle, int64_t layer);

#endif
