#include "models/block_sparse.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"

#define GROUPS_MOST LK_NODE_INPUTS_MOST

int32_t lk_block_sparse_reads(const lk_block_sparse *sparse, uint64_t layer, int32_t inputs,
                              int32_t outputs, int32_t output, int32_t *reads) {
    bool read[GROUPS_MOST] = {false};
    int32_t drawn[GROUPS_MOST], least = (inputs + outputs - 1) / outputs, count = 0, listed = 0;
    int32_t wanted = (int32_t)lround(sparse->density * (double)inputs);
    LK_REQUIRE(inputs >= 1 && inputs <= GROUPS_MOST && outputs >= 1 && outputs <= GROUPS_MOST);
    wanted = wanted < least ? least : wanted > inputs ? inputs : wanted;
    for (int32_t i = output % inputs; i < inputs; i += outputs) {
        read[i] = true;
        count++;
    }
    lk_random_permutation((lk_random){sparse->seed, LK_FOR_MASK},
                          layer * GROUPS_MOST + (uint64_t)output, inputs, drawn);
    for (int32_t i = 0; i < inputs && count < wanted; i++) {
        count += !read[drawn[i]];
        read[drawn[i]] = true;
    }
    for (int32_t i = 0; i < inputs; i++) {
        if (read[i]) {
            reads[listed++] = i;
        }
    }
    return listed;
}

static lk_node *one_conv(lk_graph *graph, const char *name, lk_node *input,
                         const lk_conv_options *options, const lk_block_sparse *sparse) {
    lk_node *node = lk_conv(graph, name, input, *options);
    return sparse->normalise ? lk_normalise_weights(graph, name, node) : node;
}

static lk_status check(lk_graph *graph, const char *name, const lk_node *input, int64_t channels,
                       int64_t size) {
    int64_t sides[] = {input->channels, channels};
    for (int i = 0; i < 2; i++) {
        if (sides[i] % size != 0 || sides[i] / size > GROUPS_MOST) {
            return lk_fail(graph->context, LK_INVALID,
                           "node %s: %lld features are not 1 to %d groups of %lld", name,
                           (long long)sides[i], GROUPS_MOST, (long long)size);
        }
    }
    return LK_OK;
}

lk_node *lk_block_sparse_conv(lk_graph *graph, const char *name, lk_node *input,
                              lk_conv_options options, const lk_block_sparse *sparse,
                              uint64_t layer) {
    if (input == NULL || graph->failed != LK_OK || sparse->size == 0) {
        return one_conv(graph, name, input, &options, sparse);
    }
    graph->failed = check(graph, name, input, options.channels, sparse->size);
    if (graph->failed != LK_OK) {
        return NULL;
    }
    int32_t inputs = (int32_t)(input->channels / sparse->size);
    int32_t outputs = (int32_t)(options.channels / sparse->size), reads[GROUPS_MOST];
    lk_node *in[GROUPS_MOST] = {NULL}, *part[GROUPS_MOST], *out[GROUPS_MOST];
    options.channels = sparse->size;
    for (int32_t o = 0; o < outputs; o++) {
        char text[128];
        int32_t count = lk_block_sparse_reads(sparse, layer, inputs, outputs, o, reads);
        for (int32_t k = 0; k < count && count < inputs; k++) {
            int32_t i = reads[k];
            in[i] =
                in[i] != NULL ? in[i] : lk_channels(graph, input, i * sparse->size, sparse->size);
            part[k] = in[i];
        }
        lk_node *seen = count == inputs ? input
                        : count == 1    ? part[0]
                                        : lk_join_channels(graph, part, count);
        snprintf(text, sizeof text, "%s.%d", name, o + 1);
        out[o] = one_conv(graph, text, seen, &options, sparse);
    }
    return outputs == 1 ? out[0] : lk_join_channels(graph, out, outputs);
}
