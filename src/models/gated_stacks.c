#include "models/gated_stacks.h"

#include <stdio.h>

#include "models/label.h"

/* layerNUMBER.WHAT */
typedef char layer_name[96];
static const char *named(layer_name text, int64_t number, const char *what) {
    snprintf(text, sizeof(layer_name), "layer%lld.%s", (long long)number, what);
    return text;
}

lk_status lk_gated_stacks_init(lk_graph *graph, const lk_model *model, lk_gated_stacks *stacks) {
    *stacks = (lk_gated_stacks){.graph = graph,
                                .channels = lk_settings_integer(&model->settings, "channels"),
                                .layers = lk_settings_integer(&model->settings, "layers"),
                                .dropout = lk_settings_real(&model->settings, "dropout")};
    LK_TRY(lk_mask_size(graph, model, "first_kernel", &stacks->first_kernel));
    return lk_mask_size(graph, model, "kernel", &stacks->kernel);
}

/* ---- a layer --------------------------------------------------------------------------------- */

/* tanh(. + V y) sigmoid(. + V y), of what the convolutions of a stack say and what is given. */
static lk_node *gate(const lk_gated_stacks *n, int64_t number, const char *stack, lk_node *sum,
                     lk_node *told) {
    layer_name text;
    char what[64];
    snprintf(what, sizeof what, "%s.label", stack);
    sum = lk_label_add(n->graph, named(text, number, what), sum);
    if (told != NULL) {
        snprintf(what, sizeof what, "%s.before", stack);
        sum = lk_add(n->graph, sum,
                     lk_conv_1x1(n->graph, named(text, number, what), told, n->grid,
                                 2 * n->channels, n->told, LK_INIT_GLOROT));
    }
    return lk_gate(n->graph, sum);
}

/* v': of the rows above, and, once V knows only these, of V in the own row too. */
static lk_node *vertical(const lk_gated_stacks *n, int64_t number, lk_node *input) {
    layer_name text;
    lk_mask mask;
    int32_t reach = (number == 1 ? n->first_kernel : n->kernel) / 2;
    lk_mask_rectangle(&mask, -reach, number == 1 ? -1 : 0, -reach, reach);
    return lk_pixels_masked(n->graph, named(text, number, "vertical"), input, n->grid,
                            2 * n->channels, &mask, LK_CENTRE_ALL);
}

/* u: of what is to the left, and of the rows above by way of v'. */
static lk_node *horizontal(const lk_gated_stacks *n, int64_t number, lk_node *input,
                           lk_node *above) {
    layer_name text;
    lk_mask mask;
    int32_t reach = (number == 1 ? n->first_kernel : n->kernel) / 2;
    lk_mask_rectangle(&mask, 0, 0, -reach, 0);
    lk_node *left =
        lk_pixels_masked(n->graph, named(text, number, "horizontal"), input, n->grid,
                         2 * n->channels, &mask, number == 1 ? LK_CENTRE_A : LK_CENTRE_B);
    return lk_add(n->graph, left,
                  lk_conv_1x1(n->graph, named(text, number, "link"), above, n->grid,
                              2 * n->channels, LK_CENTRE_ALL, LK_INIT_GLOROT));
}

lk_node *lk_gated_stacks_layers(const lk_gated_stacks *n, lk_node *input) {
    layer_name text;
    lk_node *v = input, *h = input;
    for (int64_t number = 1; number <= n->layers; number++) {
        bool first = number == 1;
        lk_node *above = vertical(n, number, v);
        lk_node *u =
            gate(n, number, "horizontal", horizontal(n, number, h, above), n->told_horizontal);
        if (!first && n->dropout > 0.0) {
            u = lk_dropout(n->graph, u, n->dropout);
        }
        lk_node *out = lk_conv_1x1(n->graph, named(text, number, "out"), u, n->grid, n->channels,
                                   LK_CENTRE_B, first ? LK_INIT_GLOROT : LK_INIT_ZERO);
        h = first ? out : lk_add(n->graph, h, out);
        v = number < n->layers ? gate(n, number, "vertical", above, n->told_vertical) : NULL;
    }
    return h;
}

lk_node *lk_gated_stacks_logits(const lk_gated_stacks *n, lk_node *input, int64_t head,
                                int64_t channels) {
    lk_node *node = lk_gated_stacks_layers(n, input);
    node = lk_pixels_dense(n->graph, "head", node, n->grid, head, LK_INIT_HE);
    return lk_pixels_dense(n->graph, "logits", node, n->grid, channels, LK_INIT_GLOROT);
}
