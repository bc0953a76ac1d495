/* How many slices a minibatch is best cut into. */
#include "graph/op.h"
#include "graph/slices.h"

/* Measured on PixelCNNs, PixelRNNs, MADEs, recurrences and convolutions along sequences, of 16 to
 * 1024 channels, in batches of 4 to 1000; processor time of one core, whose second cache has 1 MiB:
 *   MINIBATCH_BYTES  values that fit a cache as they are: nothing is gained.
 *   SLICE_BYTES      of the widest node. With five times as much a step takes a fifth longer; with
 *                    less nothing is gained any more.
 *   WEIGHTS_RATIO    of a slice's values over the weights, which it reads anew (a recurrence at
 *                    every position) to sum a gradient of its own. At half of this an LSTM is a
 *                    tenth slower than at this, at a quarter a third.
 *   STEP_BYTES       of weights that a recurrence along positions reads at each of them: where they
 *                    are more than a second cache holds, a step of STEP_ROWS examples is 5 to 10 %
 *                    cheaper than steps of a quarter of them, and two threads, of which each then
 *                    multiplies with half of the weights, are quicker by 15 % (Intel, 2 MiB; LSTMs
 *                    of 2x512 and 1x1024, a GRU of 2x512). With a quarter of the weights it is the
 *                    other way round.
 *   SLICES_WANTED    of at least two examples: costs nothing, and threads then seldom wait for one
 *                    another: with two of them minibatches of 4 take 0.55 to 0.76 of the time. */
enum { MINIBATCH_BYTES = 1 << 20, SLICE_BYTES = 5 << 19, SLICES_WANTED = 4 };
enum { STEP_BYTES = 4 << 20, STEP_ROWS = 32 };
#define WEIGHTS_RATIO 3.4

/* Examples that a slice has at least. */
static int64_t least_examples(const lk_graph *graph) {
    int64_t weights = 0;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        for (int32_t k = 0; k < node->parameter_count && node->op->recurrent; k++) {
            const lk_parameter *p = &graph->parameters->list[node->parameters[k]];
            weights += node->op->wave == NULL ? p->rows * p->columns : 0;
        }
    }
    return weights * (int64_t)sizeof(float) > STEP_BYTES ? STEP_ROWS : 1;
}

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
    int64_t most = batch / least_examples(graph);
    while (2 * slices <= most && bytes * (double)values > MINIBATCH_BYTES) {
        bool allowed = (double)batch * (double)values >= 2 * (double)slices * weights;
        bool wanted = slices < SLICES_WANTED && 4 * slices <= batch;
        if (!allowed || !(wanted || bytes * (double)widest > (double)(slices * SLICE_BYTES))) {
            break;
        }
        slices *= 2;
    }
    return slices;
}
