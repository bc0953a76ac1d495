#include "models/gated_resnet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/data_start.h"
#include "models/label.h"
#include "models/outputs.h"

#define START_EXAMPLES 16
#define LABEL_DEVIATION 0.05f

/* NAME + part. */
typedef char layer_name[96];
static const char *part(layer_name text, const char *name, const char *what) {
    snprintf(text, sizeof(layer_name), "%s.%s", name, what);
    return text;
}

lk_node *lk_resnets_bend(const lk_resnets *resnets, lk_node *x) {
    return resnets->doubled ? lk_concat_elu(resnets->graph, x) : lk_elu(resnets->graph, x);
}

lk_node *lk_resnets_conv(const lk_resnets *resnets, const char *name, lk_node *input,
                         int64_t channels, const lk_mask *mask) {
    return lk_normalise_weights(resnets->graph, name,
                                lk_pixels_masked(resnets->graph, name, input, resnets->grid,
                                                 channels, mask, LK_CENTRE_ALL));
}

lk_node *lk_resnets_dense(const lk_resnets *resnets, const char *name, lk_node *input,
                          int64_t channels) {
    return lk_normalise_weights(resnets->graph, name,
                                lk_dense(resnets->graph, name, input, channels));
}

static lk_node *layer(const lk_resnets *resnets, const char *name, lk_node *input, int64_t channels,
                      const lk_mask *mask) {
    if (mask == NULL) {
        return lk_resnets_dense(resnets, name, input, channels);
    }
    lk_conv_options options =
        lk_pixels_options(resnets->grid, channels, mask, LK_CENTRE_ALL, LK_INIT_HE);
    return lk_normalise_weights(resnets->graph, name,
                                lk_block_sparse_conv(resnets->graph, name, input, options,
                                                     &resnets->sparse,
                                                     lk_block_sparse_layer(name)));
}

lk_node *lk_gated_resnet(const lk_resnets *resnets, const char *name, lk_node *x,
                         const lk_mask *mask, lk_node *auxiliary) {
    lk_graph *graph = resnets->graph;
    layer_name text;
    int64_t channels = x == NULL ? 1 : x->channels;
    lk_node *node =
        layer(resnets, part(text, name, "in"), lk_resnets_bend(resnets, x), channels, mask);
    if (auxiliary != NULL) {
        node = lk_add(graph, node,
                      lk_resnets_dense(resnets, part(text, name, "aux"),
                                       lk_resnets_bend(resnets, auxiliary), channels));
    }
    node = lk_resnets_bend(resnets, node);
    node = resnets->dropout > 0.0 ? lk_dropout(graph, node, resnets->dropout) : node;
    node = layer(resnets, part(text, name, "gate"), node, 2 * channels, mask);
    node = lk_label_add(graph, part(text, name, "label"), node);
    return lk_add(graph, x, lk_gate_linear(graph, node));
}

/* ---- the start ------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static double scale_of(const char *layer) {
    return ends_with(layer, ".gate") ? 0.1 : 1.0;
}

static double scale_of_softmax(const char *layer) {
    return ends_with(layer, "logits") ? 0.1 : scale_of(layer);
}

/* Tables are drawn with the deviation sqrt(2 / (rows + columns)). */
static void shrink_labels(lk_model *model) {
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *table = &model->parameters->list[p];
        float share = LABEL_DEVIATION * sqrtf((float)(table->rows + table->columns) / 2.0f);
        for (int64_t i = 0;
             ends_with(table->name, ".label.table") && i < table->rows * table->columns; i++) {
            table->value[i] *= share;
        }
    }
}

lk_status lk_resnets_start(lk_model *model, const lk_dataset *train) {
    shrink_labels(model);
    LK_TRY(lk_model_start_from(model, train, START_EXAMPLES,
                               lk_outputs_logistic(model) ? scale_of : scale_of_softmax));
    return lk_outputs_start(model, train);
}
