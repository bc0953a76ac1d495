/* Masked temporal convolution: a sequence is read from left to right by causal, dilated
 * convolutions (the masked convolution of van den Oord, Kalchbrenner, Kavukcuoglu 2016 along one
 * axis, with the dilations of van den Oord et al., "WaveNet", 2016, section 2.1).
 *
 *   a first convolution reads the `kernel` values before each position;
 *   layer l adds 1x1(relu(conv(relu(x)))), the taps of conv `dilation`^(l mod cycle) apart, the
 *     last one at the position itself;
 *   relu, 1x1, relu, 1x1: logits of a Bernoulli or a softmax, or a mixture of logistics.
 *
 * With norm=channel a layer reads x normalised over its channels; with weight_norm the weights of
 * all layers are normalised.
 *
 * Of a slower sequence that is given along a stream (models/local.h) V_l y_t is added to what every
 * convolution gives, the first one too.
 *
 * All positions share the weights, so that their number does not grow with the sequence. */
#include <stdio.h>
#include <string.h>

#include "models/local.h"
#include "models/outputs.h"
#include "models/phase.h"
#include "models/temporal.h"

static const lk_setting settings[] = {
    {.key = "layers",
     .kind = LK_INTEGER,
     .fallback = "6",
     .least = 0,
     .most = 256,
     .source = "PixelRNN, section 3.3",
     .help = "residual layers"},
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "32",
     .least = 1,
     .most = 1 << 14,
     .source = "PixelRNN, section 3.3",
     .help = "features of a position"},
    {.key = "head",
     .kind = LK_INTEGER,
     .fallback = "64",
     .least = 1,
     .most = 1 << 14,
     .source = "WaveNet, section 2.4",
     .help = "features of the last layer before the logits"},
    LK_TEMPORAL_KERNEL("3"),
    LK_TEMPORAL_DILATION("2"),
    LK_TEMPORAL_CYCLE("8"),
    {.key = "norm",
     .kind = LK_CHOICE,
     .fallback = "none",
     .choices = "none|channel",
     .source = "Ba et al. 2016, section 3",
     .help = "what a residual layer reads is normalised over its channels, or not",
     .later = true},
    {.key = "weight_norm",
     .kind = LK_BOOLEAN,
     .fallback = "false",
     .source = "Salimans and Kingma, NIPS 2016, section 2",
     .help = "weights are trained as directions and gains",
     .later = true},
    LK_OUTPUT_SETTINGS("softmax", true),
    LK_LOCAL_SETTINGS,
};

static int64_t setting(const lk_model *model, const char *key) {
    return lk_settings_integer(&model->settings, key);
}

static lk_node *weighted(const lk_model *model, lk_graph *graph, const char *name, lk_node *node) {
    return lk_settings_boolean(&model->settings, "weight_norm")
               ? lk_normalise_weights(graph, name, node)
               : node;
}

static lk_node *causal(const lk_model *model, lk_graph *graph, const char *name, lk_node *input,
                       int32_t dilation, int32_t last) {
    const lk_temporal options = {(int32_t)setting(model, "kernel"), dilation, last,
                                 setting(model, "channels"), LK_INIT_HE};
    return weighted(model, graph, name, lk_temporal_conv(graph, name, input, options));
}

static lk_node *position_wise(const lk_model *model, lk_graph *graph, const char *name,
                              lk_node *input, int64_t channels, lk_init init) {
    lk_node *node = lk_temporal_1x1(graph, name, lk_relu(graph, input), channels, init);
    return weighted(model, graph, name, node);
}

static lk_node *add_layers(const lk_model *model, lk_graph *graph, lk_node *node, lk_node *local) {
    int64_t layers = setting(model, "layers"), channels = setting(model, "channels");
    bool norm = strcmp(lk_settings_text(&model->settings, "norm"), "channel") == 0;
    for (int64_t layer = 0; layer < layers; layer++) {
        char name[64];
        int32_t dilation =
            lk_temporal_dilation(graph, setting(model, "dilation"), setting(model, "cycle"), layer);
        snprintf(name, sizeof name, "layer%lld.norm", (long long)layer + 1);
        lk_node *added = norm ? lk_channel_norm(graph, name, node, 1) : node;
        snprintf(name, sizeof name, "layer%lld.causal", (long long)layer + 1);
        added = causal(model, graph, name, lk_relu(graph, added), dilation, 0);
        snprintf(name, sizeof name, "layer%lld", (long long)layer + 1);
        added = lk_local_told(graph, name, added, local);
        snprintf(name, sizeof name, "layer%lld.out", (long long)layer + 1);
        node =
            lk_add(graph, node, position_wise(model, graph, name, added, channels, LK_INIT_ZERO));
    }
    return node;
}

/* What is read of a position: which symbol it is, or, of a mixture of logistics and of bits, the
 * number. */
static lk_node *numbers_or_symbols(lk_graph *graph, const lk_outputs *output) {
    return output->logistic || graph->alphabet == 2
               ? lk_outputs_numbers(graph, output, output->field, 1)
               : lk_cells_to_channels(graph, lk_one_hot(graph, graph->data, graph->alphabet),
                                      graph->alphabet);
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    lk_outputs output;
    LK_TRY(lk_outputs_init_each(graph, model, &graph->fields[0], &output));
    lk_node *node = causal(model, graph, "first", numbers_or_symbols(graph, &output), 1, -1);
    node = lk_phase_add(model, graph, "phase", node);
    lk_node *local = lk_local_upsampled(model, graph);
    node = add_layers(model, graph, lk_local_told(graph, "first", node, local), local);
    node = position_wise(model, graph, "head", node, setting(model, "head"), LK_INIT_HE);
    node = position_wise(model, graph, "logits", node, lk_outputs_channels(&output, 1),
                         LK_INIT_GLOROT);
    lk_outputs_model(graph, &output, 1, node);
    return lk_graph_close(graph);
}

const lk_family lk_conv1d_family = {
    .name = "conv1d",
    .place = 60,
    .summary =
        "causal dilated convolutions over a sequence, with as many parameters for any length",
    .paper = "van den Oord et al.: Pixel Recurrent Neural Networks, ICML 2016; WaveNet, 2016",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .streams = true,
    .local = true,
    .prepare = lk_outputs_prepare,
    .build = build,
    .any_size = true,
    .start = lk_outputs_start_each,
};
