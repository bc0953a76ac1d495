/* The slower sequence that a network is given along a stream, where its model is (WaveNet, section
 * 2.5, local conditioning). Its symbols become learned vectors e, which are upsampled to the
 * positions t of the stream, j = floor(t / every):
 *
 *   repeat    y_t = e[q_j]
 *   learned   y_t = e[q_j] + sum over k = -1, 0, 1 of w_k[t - j * every] e[q_(j+k)], channel by
 *             channel: a transposed convolution of stride `every` and 3 `every` taps, which begins
 *             near repetition */
#ifndef LK_MODELS_LOCAL_H
#define LK_MODELS_LOCAL_H

#include "models/model.h"
#include "ops/ops.h"

/* The settings' rows. */
#define LK_LOCAL_SETTINGS                                                                 \
    {.key = "local_channels",                                                             \
     .kind = LK_INTEGER,                                                                  \
     .fallback = "16",                                                                    \
     .least = 1,                                                                          \
     .most = 1 << 14,                                                                     \
     .later = true,                                                                       \
     .source = "WaveNet, section 2.5",                                                    \
     .help = "learned features of a symbol of the slower sequence"},                      \
    {                                                                                     \
        .key = "upsampling", .kind = LK_CHOICE, .fallback = "repeat", .later = true,      \
        .choices = "repeat|learned", .source = "WaveNet, section 2.5",                    \
        .help = "how it comes to each position: as it is, or by a transposed convolution" \
    }

/* y, a cell for each symbol of the stream, of local_channels; NULL: nothing is given along, or the
 * graph has failed. Declares local.table [alphabet + 1][channels], and if learned local.before,
 * local.here and local.after, each .table [every][channels]. */
lk_node *lk_local_upsampled(const lk_model *model, lk_graph *graph);
/* x of a layer, and at each of its cells V y + b; x itself where `local`, what is upsampled, is
 * NULL. Declares LAYER.local.weight [local_channels][channels of x] and LAYER.local.bias. */
lk_node *lk_local_told(lk_graph *graph, const char *layer, lk_node *x, lk_node *local);

#endif
