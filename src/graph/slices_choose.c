/* How many slices a minibatch is best cut into. */
#include "graph/slices.h"

/* Measured on PixelCNNs, PixelRNNs, MADEs, recurrences and convolutions along sequences, of 16 to
 * 1024 channels, in batches of 4 to 1000; processor time of one core, whose second cache has 1 MiB:
 *   MINIBATCH_BYTES  values that fit a cache as they are: nothing is gained.
 *   SLICE_BYTES      of the widest node. With five times as much a step takes a fifth longer; with
 *                    less nothing is gained any more.
 *   WEIGHTS_RATIO    of a slice's values over the weights, which it reads anew (a recurrence at
 *                    every position) to sum a gradient of its own. At half of this an LSTM is a
 *                    tenth slower than at this, at a quarter a third.
 *   SLICES_WANTED    of at least two examples: costs nothing, and threads then seldom wait for one
 *                    another: with two of them minibatches of 4 take 0.55 to 0.76 of the time. */
enum { MINIBATCH_BYTES = 1 << 20, SLICE_BYTES = 5 << 19, SLICES_WANTED = 4 };
#define WEIGHTS_RATIO 3.4

/* A power of two, whose tree is divided among threads and machines without a rest. */
int64_t lk_slices_choose(const lk_graph *graph, int64_t batch) {
    int64_t widest = 0, values = 0, slices = 1;
    double weights = WEIGHTS_RATIO * (double)lk_parameters_total(graph->parameters);
    for (int32_t i = 0; i < graph->node_count; i++) {
        int64_t floats = graph->nodes[i]->cells * graph->nodes[i]->channels;
        widest = floats > widest ? floats : widest;
        values += floats;
    }
    double bytes = (double)batch * sizeof(float);
    while (2 * slices <= batch && bytes * (double)values > MINIBATCH_BYTES) {
        bool allowed = (double)batch * (double)values >= 2 * (double)slices * weights;
        bool wanted = slices < SLICES_WANTED && 4 * slices <= batch;
        if (!allowed || !(wanted || bytes * (double)widest > (double)(slices * SLICE_BYTES))) {
            break;
        }
        slices *= 2;
    }
    return slices;
}
