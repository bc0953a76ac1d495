/* WaveNet (van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016): a sequence is
 * read from left to right by gated, dilated, causal convolutions, each of which adds to what the
 * next one reads and to what the head reads.
 *
 *   x_t = sum over k = 1 .. kernel of E_k[symbol t - k]           a lookup for each tap; before the
 *                                                                 beginning: a symbol of its own
 *   z = tanh(Wf * x + bf + Vf y) sigmoid(Wg * x + bg + Vg y)      in layer l = 0, 1, ..: the taps
 *                                                                 dilation^(l mod cycle) apart
 *   x <- x + R_l z                                                not after the last layer
 *   logits = C relu(B relu(sum over l of S_l z_l))
 *
 * y is the class that the network is told, such as the speaker (section 2.5, global conditioning),
 * and with it, added in the same place, Vf y_t of a slower sequence that is given along the stream
 * and upsampled (local conditioning; models/local.h).
 * The sum over the layers' skips is one product: [S_0 S_1 ..] with the z of all layers side by
 * side. Of values that are numbers (a mixture of logistics) x is a convolution of the numbers.
 *
 * What is kept of the past is `dilation` cells for each tap of each layer: the queues of Le Paine
 * et al., "Fast Wavenet Generation Algorithm", 2016. */
#include <stdio.h>
#include <string.h>

#include "models/label.h"
#include "models/local.h"
#include "models/outputs.h"
#include "models/phase.h"
#include "models/temporal.h"

static const lk_setting settings[] = {
    {.key = "layers",
     .kind = LK_INTEGER,
     .fallback = "18",
     .least = 1,
     .most = 256,
     .source = "WaveNet, section 2.1",
     .help = "gated layers"},
    LK_TEMPORAL_CYCLE("9"),
    LK_TEMPORAL_DILATION("2"),
    LK_TEMPORAL_KERNEL("2"),
    {.key = "channels",
     .kind = LK_INTEGER,
     .fallback = "48",
     .least = 1,
     .most = 1 << 14,
     .source = "WaveNet, section 2.4",
     .help = "features that layers add to"},
    {.key = "gates",
     .kind = LK_INTEGER,
     .fallback = "48",
     .least = 1,
     .most = 1 << 14,
     .source = "WaveNet, section 2.3",
     .help = "gated features of a layer"},
    {.key = "skip",
     .kind = LK_INTEGER,
     .fallback = "128",
     .least = 1,
     .most = 1 << 14,
     .source = "WaveNet, section 2.4",
     .help = "features that the head reads of all layers together"},
    LK_OUTPUT_SETTINGS("softmax", false),
    LK_LOCAL_SETTINGS,
};

static int64_t setting(const lk_model *model, const char *key) {
    return lk_settings_integer(&model->settings, key);
}

/* x of the first layer: what stands before each position. */
static lk_node *first(const lk_model *model, lk_graph *graph, const lk_outputs *output) {
    int64_t kernel = setting(model, "kernel"), channels = setting(model, "channels");
    int64_t nothing = graph->alphabet;
    lk_node *sum = NULL;
    if (output->logistic) {
        const lk_temporal taps = {(int32_t)kernel, 1, -1, channels, LK_INIT_GLOROT};
        lk_node *numbers = lk_outputs_numbers(graph, output, output->field, 1);
        return lk_temporal_conv(graph, "first", numbers, taps);
    }
    for (int64_t k = 1; k <= kernel; k++) {
        char name[32];
        snprintf(name, sizeof name, "first%lld", (long long)k);
        lk_node *tap = lk_embedding(graph, name, lk_shift(graph, graph->data, k, (float)nothing),
                                    nothing + 1, channels);
        sum = sum == NULL ? tap : lk_add(graph, sum, tap);
    }
    return sum;
}

/* z of a layer; local NULL: nothing is given along. */
static lk_node *gated(const lk_model *model, lk_graph *graph, int64_t layer, lk_node *x,
                      lk_node *local) {
    char name[48];
    const lk_temporal taps = {
        .kernel = (int32_t)setting(model, "kernel"),
        .dilation =
            lk_temporal_dilation(graph, setting(model, "dilation"), setting(model, "cycle"), layer),
        .channels = 2 * setting(model, "gates"),
        .init = LK_INIT_GLOROT,
    };
    snprintf(name, sizeof name, "layer%lld.gate", (long long)layer + 1);
    lk_node *both = lk_temporal_conv(graph, name, x, taps);
    snprintf(name, sizeof name, "layer%lld.label", (long long)layer + 1);
    both = lk_label_add(graph, name, both);
    snprintf(name, sizeof name, "layer%lld", (long long)layer + 1);
    return lk_gate(graph, lk_local_told(graph, name, both, local));
}

/* The sum of the skips of so many layers; of more than a node reads in groups. */
static lk_node *skips(const lk_model *model, lk_graph *graph, lk_node *const *z, int64_t layers) {
    lk_node *sum = NULL;
    for (int64_t at = 0; at < layers; at += LK_NODE_INPUTS_MOST) {
        char name[32];
        int64_t left = layers - at, count = left < LK_NODE_INPUTS_MOST ? left : LK_NODE_INPUTS_MOST;
        snprintf(name, sizeof name, "skip%lld", (long long)(at / LK_NODE_INPUTS_MOST) + 1);
        lk_node *all = lk_join_channels(graph, z + at, (int32_t)count);
        lk_node *part = lk_temporal_1x1(graph, name, all, setting(model, "skip"), LK_INIT_GLOROT);
        sum = sum == NULL ? part : lk_add(graph, sum, part);
    }
    return sum;
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    lk_outputs output;
    LK_TRY(lk_outputs_init_each(graph, model, lk_graph_field_of(graph, graph->data), &output));
    int64_t layers = setting(model, "layers");
    lk_node **z = lk_arena_take(graph->arena, layers, sizeof *z);
    if (z == NULL) {
        return lk_fail_no_memory(graph->context, "layers", layers * 8);
    }
    lk_node *x = lk_phase_add(model, graph, "phase", first(model, graph, &output));
    lk_node *local = lk_local_upsampled(model, graph);
    for (int64_t layer = 0; layer < layers; layer++) {
        char name[48];
        z[layer] = gated(model, graph, layer, x, local);
        snprintf(name, sizeof name, "layer%lld.out", (long long)layer + 1);
        x = layer + 1 == layers
                ? x
                : lk_add(graph, x,
                         lk_temporal_1x1(graph, name, z[layer], setting(model, "channels"),
                                         LK_INIT_GLOROT));
    }
    lk_node *node = lk_relu(graph, skips(model, graph, z, layers));
    node = lk_temporal_1x1(graph, "head", node, setting(model, "skip"), LK_INIT_HE);
    node = lk_temporal_1x1(graph, "logits", lk_relu(graph, node), lk_outputs_channels(&output, 1),
                           LK_INIT_GLOROT);
    lk_outputs_model(graph, &output, 1, node);
    return lk_graph_close(graph);
}

const lk_family lk_wavenet_family = {
    .name = "wavenet",
    .place = 65,
    .summary = "WaveNet: gated dilated convolutions over recordings and other sequences",
    .paper = "van den Oord et al.: WaveNet: A Generative Model for Raw Audio, 2016",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .streams = true,
    .given = true,
    .local = true,
    .prepare = lk_outputs_prepare,
    .build = build,
    .any_size = true,
    .start = lk_outputs_start_each,
};
