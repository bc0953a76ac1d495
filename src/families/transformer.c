/* Transformer decoder (Vaswani et al., "Attention Is All You Need", NIPS 2017), over texts,
 * sequences and images, in any order of their variables. With k counting places of the order:
 *
 *   x_k = (the symbol at place k - 1 and where it stands) + where place k stands
 *   x <- x + Wo attention(norm(x));  x <- x + W2 gelu(W1 norm(x))        in each layer
 *   logits of place k = V norm(x_k) + c
 *
 * Place k reads places up to k, itself included: what they hold is older than the symbol to be
 * predicted. A place must be told where it stands: the symbol before it does not say so unless the
 * order is the natural one.
 *
 * Where variables share a rank, and the place before is no earlier one, there are two streams (Yang
 * et al., XLNet, NeurIPS 2019, section 2.3), by the same weights: what was seen, and what is asked,
 * both in the natural order.
 *
 *   h_v = the symbol of v and where v stands      reads h of all ranks up to its own
 *   g_v = where v stands                          reads h of all ranks below its own
 *   logits of v = V norm(g_v) + c
 *
 * Where: learned vectors for rows, columns and colours, which are summed (Child et al., "Generating
 * Long Sequences with Sparse Transformers", 2019, section 5.3); or only how far apart two places
 * are, as a learned bias of each head by distance (Shaw et al., NAACL 2018; Raffel et al., JMLR
 * 2020, section 2.1), so that sequences have no end: then `window` is how far a layer looks back.
 * The biases begin as slopes (Press et al., "Train Short, Test Long", ICLR 2022, section 3): from
 * zero, a text's network stays at what pairs of characters say.
 *
 * Patterns (Child et al. 2019, section 4.2), one layer and the next in turn, with l = stride:
 *   strided  the last l places; every l-th place before
 *   fixed    the places of the own block of l; the last `summary` places of every block
 *
 * A class, and along a text V y_k of a slower sequence (models/local.h), are added to x_k.
 *
 * The norm is before each part and the activation a GELU, as in Radford et al., "Language Models
 * are Unsupervised Multitask Learners", 2019. */
#include <stdio.h>
#include <string.h>

#include "models/decoder.h"
#include "models/label.h"
#include "models/local.h"
#include "models/model.h"
#include "models/orders.h"
#include "models/outputs.h"
#include "models/phase.h"
#include "models/sequence.h"

#define STREAM_WINDOW 128

static const lk_setting settings[] = {
    {.key = "layers",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 1,
     .most = 256,
     .source = "Vaswani et al. 2017, section 3.1",
     .help = "layers"},
    {.key = "width",
     .kind = LK_INTEGER,
     .fallback = "128",
     .least = 1,
     .most = 1 << 14,
     .source = "Vaswani et al. 2017, section 3.1",
     .help = "channels of a place"},
    {.key = "heads",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 1,
     .most = 256,
     .source = "Vaswani et al. 2017, section 3.2.2",
     .help = "heads, which share the width"},
    {.key = "widening",
     .kind = LK_INTEGER,
     .fallback = "4",
     .least = 1,
     .most = 64,
     .source = "Vaswani et al. 2017, section 3.3",
     .help = "how many times wider the hidden layer after an attention is"},
    {.key = "positions",
     .kind = LK_CHOICE,
     .fallback = "auto",
     .choices = "auto|axes|distance",
     .source = "Child et al. 2019, section 5.3; Raffel et al. 2020, section 2.1",
     .help = "learned vectors for rows, columns, colours, or biases by distance (texts)"},
    {.key = "window",
     .kind = LK_INTEGER,
     .fallback = "0",
     .least = 0,
     .most = 1 << 20,
     .source = "Child et al. 2019, section 4.2",
     .help = "places that a layer looks back at, itself included; 0: all, 128 in a text"},
    {.key = "pattern",
     .kind = LK_CHOICE,
     .fallback = "full",
     .choices = "full|strided|fixed",
     .source = "Child et al. 2019, section 4.2",
     .help = "what of it is read"},
    {.key = "stride",
     .kind = LK_INTEGER,
     .fallback = "0",
     .least = 0,
     .most = 1 << 20,
     .source = "Child et al. 2019, section 4.2",
     .help = "l of the patterns; 0: the length of a row, or the root of the number of places"},
    {.key = "summary",
     .kind = LK_INTEGER,
     .fallback = "8",
     .least = 1,
     .most = 1 << 20,
     .source = "Child et al. 2019, section 4.2",
     .help = "c of pattern=fixed: places at a block's end that later blocks read"},
    LK_ORDERS_SETTINGS(LK_ORDERS_OWN, false),
    LK_OUTPUT_SETTINGS("softmax", false),
    {.key = "dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "Vaswani et al. 2017, section 5.4",
     .help = "probability of dropping a channel of what a layer adds, in training",
     .training_only = true},
    {.key = "attention_dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "Vaswani et al. 2017, code",
     .help = "probability of dropping a weight of an attention, in training",
     .training_only = true},
    LK_LOCAL_SETTINGS,
};

static int64_t setting(const lk_model *model, const char *key) {
    return lk_settings_integer(&model->settings, key);
}

static bool is(const lk_model *model, const char *key, const char *value) {
    return strcmp(lk_settings_text(&model->settings, key), value) == 0;
}

static bool by_distance(const lk_model *model) {
    return is(model, "positions", "distance") ||
           (is(model, "positions", "auto") && model->data.stream);
}

static const char *one_size(const lk_model *model) {
    return by_distance(model)           ? NULL
           : lk_orders_count(model) > 1 ? "several orderings"
                                        : "learned vectors for places (positions=axes)";
}

static int64_t window_of(const lk_model *model) {
    int64_t window = setting(model, "window");
    return window == 0 && model->data.stream ? STREAM_WINDOW : window;
}

/* ---- patterns: which places a layer reads, of those that the window holds -------------------- */

static int64_t stride_of(const lk_model *model, int64_t places) {
    int64_t stride = setting(model, "stride"), root = 1;
    const lk_shape *shape = &model->data.shape;
    if (stride > 0 || shape->axes > 1) {
        return stride > 0 ? stride : lk_shape_variables(*shape) / shape->size[0];
    }
    while (root * root < places) {
        root++;
    }
    return root;
}

/* Layers take the two parts of a sparse pattern in turn. */
static lk_attention_pattern pattern_of(const lk_model *model, int64_t layer,
                                       const lk_attention_cut *cut) {
    bool first = layer % 2 == 0, strided = is(model, "pattern", "strided");
    if (is(model, "pattern", "fixed")) {
        return first ? lk_attention_blocks(cut) : lk_attention_summaries(cut);
    }
    return strided && !first
               ? lk_attention_strided(cut)
               : (lk_attention_pattern){.window = strided ? cut->stride : window_of(model)};
}

/* ---- the network ----------------------------------------------------------------------------- */

/* A vector for each symbol; where values are numbers, from the number. */
static lk_node *symbols_of(lk_graph *graph, const lk_outputs *output, lk_node *data,
                           int64_t width) {
    return output->logistic ? lk_dense(graph, "symbol", data, width)
                            : lk_embedding(graph, "symbol", data, graph->alphabet, width);
}

static lk_node *values_of(lk_graph *graph, const lk_outputs *output) {
    return output->logistic ? lk_outputs_numbers(graph, output, output->field, 1) : graph->data;
}

/* Where the cells' variables stand; order NULL: the natural one. */
static lk_node *where(const lk_model *model, lk_graph *graph, const char *name,
                      const int32_t *order, int64_t width) {
    return lk_axis_positions(graph, name, model->data.shape, order, graph->variables, width);
}

/* What a place is told: the symbol before it, where that stands, where itself stands. */
static lk_node *told(const lk_model *model, lk_graph *graph, const lk_outputs *output,
                     int64_t width) {
    lk_node *values =
        lk_sequence_begin(graph, values_of(graph, output), lk_orders_count(model) > 1);
    lk_node *symbol = symbols_of(graph, output, values, width);
    if (by_distance(model)) {
        lk_node *before = lk_shift_from_start(graph, "before", symbol, 1);
        before = lk_label_add(graph, "label", lk_phase_add(model, graph, "phase", before));
        return lk_local_told(graph, "told", before, lk_local_upsampled(model, graph));
    }
    symbol = lk_add(graph, symbol, where(model, graph, "stands", graph->by_rank, width));
    lk_node *x = lk_shift_from_start(graph, "before", symbol, 1);
    x = lk_add(graph, x, where(model, graph, "place", graph->by_rank, width));
    return lk_label_add(graph, "label", x);
}

/* Whether variables share ranks. */
static bool has_ties(const lk_graph *graph) {
    return graph->steps < graph->variables;
}

static lk_status check(const lk_model *model, lk_graph *graph) {
    if (has_ties(graph) && (by_distance(model) || lk_orders_count(model) > 1)) {
        return lk_fail(graph->context, LK_INVALID,
                       "the ordering has %d ranks for %lld variables: a transformer under equal "
                       "ranks has positions=axes and one ordering (orders=1)",
                       graph->steps, (long long)graph->variables);
    }
    LK_TRY(lk_decoder_check(graph, setting(model, "width"), setting(model, "heads")));
    bool all = is(model, "pattern", "full");
    if (!all && setting(model, "window") > 0) {
        return lk_fail(graph->context, LK_INVALID,
                       "window is for pattern=full; the other patterns look back by stride and "
                       "summary");
    }
    if (model->data.stream && (!by_distance(model) || !all || lk_orders_count(model) > 1)) {
        return lk_fail(graph->context, LK_INVALID,
                       "a text has no end: a transformer of texts knows distances alone "
                       "(positions=distance), reads all of its window (pattern=full) and has one "
                       "ordering (orders=1)");
    }
    if (by_distance(model) && (lk_orders_count(model) > 1 || model->data.shape.axes > 1)) {
        return lk_fail(graph->context, LK_INVALID,
                       "positions=distance is for sequences in one ordering; images and several "
                       "orderings need positions=axes");
    }
    return LK_OK;
}

typedef struct stack {
    const lk_model *model;
    lk_graph *graph;
    lk_attention_cut cut;
    lk_decoder layers; /* what all have in common */
} stack;

/* limit[k]: the latest step that cell k reads. */
static lk_status init(stack *s, const lk_model *model, lk_graph *graph, int32_t *limit) {
    int64_t places = graph->variables, window = window_of(model), stride = stride_of(model, places);
    *s = (stack){.model = model, .graph = graph};
    s->cut = (lk_attention_cut){.grid = {1, {places}, 1},
                                .block = {stride},
                                .stride = stride < places ? stride : places,
                                .summary = setting(model, "summary")};
    s->layers =
        (lk_decoder){.heads = setting(model, "heads"),
                     .widening = setting(model, "widening"),
                     .limit = limit,
                     .distances = !by_distance(model) ? 0
                                  : window > 0        ? window
                                                      : STREAM_WINDOW,
                     .dropout = lk_settings_real(&model->settings, "dropout"),
                     .attention_dropout = lk_settings_real(&model->settings, "attention_dropout")};
    return limit != NULL ? LK_OK : lk_fail_no_memory(graph->context, "limits", places * 4);
}

typedef char layer_name[32];
static const char *layer(layer_name text, int64_t number) {
    snprintf(text, sizeof(layer_name), "layer%lld", (long long)number + 1);
    return text;
}

static lk_node *one_stream(stack *s, const lk_outputs *output, int32_t *limit) {
    layer_name name;
    for (int64_t k = 0; k < s->graph->variables; k++) {
        limit[k] = (int32_t)k;
    }
    lk_node *x = told(s->model, s->graph, output, setting(s->model, "width"));
    for (int64_t i = 0; i < setting(s->model, "layers"); i++) {
        x = lk_decoder_layer(s->graph, layer(name, i), x, &s->layers,
                             pattern_of(s->model, i, &s->cut), NULL);
    }
    return lk_sequence_end(s->graph, lk_channel_norm(s->graph, "norm", x, 1),
                           lk_orders_count(s->model) > 1);
}

/* What is asked reads up to the step of its rank, when lower ranks are there; what was seen one
 * step more. The last layer's h is only remembered. */
static lk_node *two_streams(stack *s, const lk_outputs *output, int32_t *limit) {
    lk_graph *graph = s->graph;
    layer_name name;
    int64_t width = setting(s->model, "width"), layers = setting(s->model, "layers");
    int32_t *seen = lk_arena_take(graph->arena, graph->variables, sizeof *seen);
    lk_decoder of_seen = s->layers;
    if (seen == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "limits", graph->variables * 4);
        return NULL;
    }
    for (int64_t v = 0; v < graph->variables; v++) {
        limit[v] = output->field->rank[v];
        seen[v] = limit[v] + 1;
    }
    of_seen.limit = seen;
    lk_node *h = lk_add(graph, symbols_of(graph, output, values_of(graph, output), width),
                        where(s->model, graph, "stands", NULL, width));
    lk_node *g = lk_label_add(graph, "label", where(s->model, graph, "place", NULL, width));
    h = lk_label_add(graph, "label", h);
    for (int64_t i = 0; i < layers; i++) {
        lk_attention_pattern pattern = pattern_of(s->model, i, &s->cut);
        lk_decoder_memory memory = lk_decoder_remember(graph, layer(name, i), h);
        g = lk_decoder_layer(graph, name, g, &s->layers, pattern, &memory);
        if (i + 1 < layers) {
            h = lk_decoder_layer(graph, name, h, &of_seen, pattern, &memory);
        }
    }
    return lk_channel_norm(graph, "norm", g, 1);
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    LK_TRY(check(model, graph));
    lk_outputs output;
    LK_TRY(lk_outputs_init(graph, model, lk_graph_field_of(graph, graph->data), &output));
    if (output.logistic && output.colours > 1) {
        return lk_fail(graph->context, LK_INVALID,
                       "a transformer reads one colour after another, each by itself; "
                       "distribution=logistic, one mixture for the colours of a pixel, is of "
                       "families that read pixels");
    }
    stack s;
    int32_t *limit = lk_arena_take(graph->arena, graph->variables, sizeof *limit);
    LK_TRY(init(&s, model, graph, limit));
    lk_node *x = has_ties(graph) ? two_streams(&s, &output, limit) : one_stream(&s, &output, limit);
    lk_outputs_model(graph, &output, 1,
                     lk_dense(graph, "logits", x, lk_outputs_channels(&output, 1)));
    return lk_graph_close(graph);
}

const lk_family lk_transformer_family = {
    .name = "transformer",
    .place = 130,
    .any_order = true,
    .summary =
        "Transformer decoder: masked attention over texts, sequences or images, in any order",
    .paper = "Vaswani et al.: Attention Is All You Need, NIPS 2017; Child et al.: Generating Long "
             "Sequences with Sparse Transformers, 2019",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .streams = true,
    .given = true,
    .local = true,
    .variants = lk_orders_count,
    .variant = "order",
    .ordering = lk_orders_ordering,
    .prepare = lk_outputs_prepare,
    .build = build,
    .any_size = true,
    .one_size = one_size,
    .start = lk_outputs_start_pooled,
    .clip = 1,
};
