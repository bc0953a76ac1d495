#include "models/temporal.h"

lk_node *lk_temporal_conv(lk_graph *graph, const char *name, lk_node *input, lk_temporal options) {
    int32_t taps[LK_TEMPORAL_KERNEL_MOST][LK_GRID_AXES] = {{0}}, kernel = options.kernel;
    for (int32_t k = 0; k < kernel; k++) {
        taps[k][0] = options.last - (kernel - 1 - k) * options.dilation;
    }
    return lk_conv(graph, name, input,
                   (lk_conv_options){.grid = {1, {graph->variables}, 1},
                                     .channels = options.channels,
                                     .tap_count = kernel,
                                     .taps = (const int32_t(*)[LK_GRID_AXES])taps,
                                     .centre = LK_CENTRE_ALL,
                                     .bias = true,
                                     .init = options.init});
}

lk_node *lk_temporal_1x1(lk_graph *graph, const char *name, lk_node *input, int64_t channels,
                         lk_init init) {
    return lk_conv_1x1(graph, name, input, (lk_grid){1, {graph->variables}, 1}, channels,
                       LK_CENTRE_ALL, init);
}

int32_t lk_temporal_dilation(lk_graph *graph, int64_t base, int64_t cycle, int64_t layer) {
    const int64_t most = INT32_MAX / LK_TEMPORAL_KERNEL_MOST;
    int64_t dilation = 1;
    for (int64_t i = layer % cycle; i > 0 && graph->failed == LK_OK; i--) {
        dilation *= base;
        if (dilation > most) {
            graph->failed = lk_fail(
                graph->context, LK_INVALID,
                "layer %lld: taps would stand more than %lld apart; lower dilation or cycle",
                (long long)layer + 1, (long long)most);
            return 1;
        }
    }
    return (int32_t)dilation;
}
