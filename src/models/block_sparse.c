#include "models/block_sparse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"

#define GROUPS_MOST 1024

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

static lk_node *sparse_conv(lk_graph *graph, const char *name, lk_node *input,
                            lk_conv_options options, const lk_block_sparse *sparse,
                            uint64_t layer) {
    int32_t inputs = (int32_t)(input->channels / sparse->size), count = 0;
    int32_t outputs = (int32_t)(options.channels / sparse->size);
    int32_t *reads = lk_arena_take(graph->arena, (int64_t)inputs * outputs, sizeof *reads);
    if (reads == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, name, (int64_t)inputs * outputs * 4);
        return NULL;
    }
    for (int32_t o = 0; o < outputs; o++) {
        count = lk_block_sparse_reads(sparse, layer, inputs, outputs, o, &reads[o * count]);
    }
    options.sparse = (lk_conv_sparse){sparse->size, count, reads};
    return lk_conv(graph, name, input, options);
}

lk_node *lk_block_sparse_conv(lk_graph *graph, const char *name, lk_node *input,
                              lk_conv_options options, const lk_block_sparse *sparse,
                              uint64_t layer) {
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    bool dense = sparse->size == 0;
    graph->failed = dense ? LK_OK : check(graph, name, input, options.channels, sparse->size);
    if (graph->failed != LK_OK) {
        return NULL;
    }
    lk_node *node = dense ? lk_conv(graph, name, input, options)
                          : sparse_conv(graph, name, input, options, sparse, layer);
    return sparse->normalise ? lk_normalise_weights(graph, name, node) : node;
}

uint64_t lk_block_sparse_layer(const char *name) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
    }
    return hash;
}

lk_block_sparse lk_block_sparse_of(const lk_settings *settings) {
    const char *size = lk_settings_text(settings, "block_sparse");
    return (lk_block_sparse){.size = strcmp(size, "none") == 0 ? 0 : atoi(size),
                             .density = lk_settings_real(settings, "block_density"),
                             .seed = (uint64_t)lk_settings_integer(settings, "block_seed")};
}
