/* MADE: Masked Autoencoder for Distribution Estimation (Germain, Gregor, Murray, Larochelle, ICML
 * 2015).
 *
 *   h1 = g(b1 + (W1 . M1) x)    h2 = g(b2 + (W2 . M2) h1)  ...    logits = c + (V . MV) h + (A .
 *     MA) x
 *
 * Section 4: a hidden unit of degree m reads inputs of rank < m and units of degree <= m; the
 * output for a variable of rank r reads units of degree <= r, and by the direct connections
 * (section 4.1) inputs of rank < r. In the engine's terms a variable of rank r is ready at step r +
 * 1, so that "degree" is the latest ready step that a unit may read, and all the masks are these
 * numbers.
 *
 * Section 4.2, order-agnostic training: each of K masks has an ordering of its own. Section 4.3,
 * connectivity-agnostic: each has degrees of its own. Training goes through the K masks in turn,
 * one a minibatch. At evaluation the model is the even mixture of the K joint distributions, which
 * is a distribution; the average of conditionals or logits, found in public code, is not. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "models/logits.h"

#define LAYERS_MOST 16

static const lk_setting settings[] = {
    {.key = "hidden",
     .kind = LK_INTEGERS,
     .fallback = "500",
     .least = 1,
     .most = 1 << 20,
     .source = "section 4.1",
     .help = "units of each hidden layer, as 500 or 8000,8000"},
    {.key = "activation",
     .kind = LK_CHOICE,
     .fallback = "relu",
     .choices = "relu|tanh|sigmoid|softplus",
     .source = "section 6",
     .help = "nonlinearity of the hidden units"},
    {.key = "direct",
     .kind = LK_BOOLEAN,
     .fallback = "true",
     .source = "section 4.1",
     .help = "connections from the inputs to the outputs"},
    {.key = "masks",
     .kind = LK_INTEGER,
     .fallback = "1",
     .least = 1,
     .most = 4096,
     .source = "section 4.3",
     .help = "number of masks, trained in turn and evaluated as an ensemble"},
    {.key = LK_ORDER_AGNOSTIC,
     .kind = LK_BOOLEAN,
     .fallback = "false",
     .source = "section 4.2",
     .help = "each mask has a random ordering of its own"},
    {.key = "degrees",
     .kind = LK_CHOICE,
     .fallback = "auto",
     .choices = "auto|even|near|random",
     .source = "sections 4 and 4.3",
     .help = "how units get their degrees: spread evenly; for each mask at random; "
             "for each mask even ones moved at "
             "random by at most `shift`; auto is even for one mask, random for several"},
    {.key = "shift",
     .kind = LK_INTEGER,
     .fallback = "8",
     .least = 0,
     .most = 1 << 26,
     .help = "how far degrees=near moves a unit's degree from mask to mask"},
    {.key = "mask_seed",
     .kind = LK_INTEGER,
     .fallback = "1",
     .least = 0,
     .most = 9007199254740992.0,
     .source = "sections 4.2 and 4.3",
     .help = "seed of random orderings and degrees"},
    {.key = "dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "Srivastava et al., JMLR 2014",
     .help = "probability of dropping a hidden unit in training",
     .training_only = true},
    {.key = "input_dropout",
     .kind = LK_REAL,
     .fallback = "0",
     .least = 0,
     .most = 0.99,
     .source = "Srivastava et al., JMLR 2014",
     .help = "probability of dropping an input in training",
     .training_only = true},
    {.key = "init",
     .kind = LK_CHOICE,
     .fallback = "glorot",
     .choices = "glorot|he|orthogonal",
     .source = "Glorot and Bengio, AISTATS 2010; He et al., ICCV 2015; Saxe et al., ICLR 2014",
     .help = "initial weights",
     .training_only = true},
};

static int32_t variants(const lk_model *model) {
    return (int32_t)lk_settings_integer(&model->settings, "masks");
}

static lk_random mask_random(const lk_model *model, lk_purpose purpose) {
    return (lk_random){(uint64_t)lk_settings_integer(&model->settings, "mask_seed"), purpose};
}

static lk_status ordering(const lk_model *model, int32_t variant, int32_t *rank) {
    if (lk_settings_boolean(&model->settings, LK_ORDER_AGNOSTIC)) {
        lk_random_permutation(mask_random(model, LK_FOR_ORDER), (uint64_t)variant,
                              model->data.variables, rank);
    } else {
        memcpy(rank, model->rank, (size_t)model->data.variables * sizeof *rank);
    }
    return LK_OK;
}

typedef enum degree_rule { DEGREES_EVEN, DEGREES_NEAR, DEGREES_RANDOM } degree_rule;

static degree_rule choose_rule(const lk_model *model) {
    const char *how = lk_settings_text(&model->settings, "degrees");
    if (strcmp(how, "auto") == 0) {
        return variants(model) == 1 ? DEGREES_EVEN : DEGREES_RANDOM;
    }
    return strcmp(how, "even") == 0   ? DEGREES_EVEN
           : strcmp(how, "near") == 0 ? DEGREES_NEAR
                                      : DEGREES_RANDOM;
}

/* Degrees lie in 1 .. steps - 1: a unit that reads nothing would be a constant, one that reads all
 * would serve no output. */
static void choose_degrees(const lk_model *model, int32_t variant, int32_t layer, int32_t steps,
                           int64_t units, int32_t *degree) {
    degree_rule rule = choose_rule(model);
    int64_t shift = lk_settings_integer(&model->settings, "shift");
    lk_random random = mask_random(model, LK_FOR_MASK);
    uint64_t stream = (uint64_t)variant * LAYERS_MOST + (uint64_t)layer;
    for (int64_t u = 0; u < units; u++) {
        int64_t choice = 1 + u * (steps - 1) / units;
        if (rule == DEGREES_NEAR) {
            choice +=
                (int64_t)lk_random_below(random, stream, (uint64_t)u, (uint64_t)(2 * shift + 1)) -
                shift;
        } else if (rule == DEGREES_RANDOM && steps > 1) {
            choice = 1 + (int64_t)lk_random_below(random, stream, (uint64_t)u, (uint64_t)steps - 1);
        }
        choice = choice < steps - 1 ? choice : steps - 1;
        degree[u] = (int32_t)(steps <= 1 ? 0 : choice > 1 ? choice : 1);
    }
}

static lk_init initial(const lk_model *model) {
    const char *name = lk_settings_text(&model->settings, "init");
    return strcmp(name, "he") == 0           ? LK_INIT_HE
           : strcmp(name, "orthogonal") == 0 ? LK_INIT_ORTHOGONAL
                                             : LK_INIT_GLOROT;
}

static lk_node *drop(lk_graph *graph, lk_node *node, double rate) {
    return rate > 0.0 ? lk_dropout(graph, node, rate) : node;
}

static lk_node *hidden_layers(const lk_model *model, int32_t variant, lk_graph *graph,
                              lk_node *input, lk_linear_options options) {
    int64_t units[LAYERS_MOST];
    int32_t layers = lk_settings_integers(&model->settings, "hidden", units, LAYERS_MOST);
    double rate = lk_settings_real(&model->settings, "dropout");
    for (int32_t layer = 0; layer < layers; layer++) {
        char name[32];
        snprintf(name, sizeof name, "hidden%d", layer + 1);
        int32_t *degree = lk_arena_take(graph->arena, units[layer], sizeof *degree);
        if (degree == NULL) {
            graph->failed =
                lk_fail_no_memory(graph->context, name, units[layer] * (int64_t)sizeof *degree);
            return NULL;
        }
        choose_degrees(model, variant, layer, graph->steps, units[layer], degree);
        input = lk_masked_linear(graph, name, input, units[layer], degree, options);
        input = lk_logits_label(graph, name, input);
        input = lk_activation(graph, lk_settings_text(&model->settings, "activation"), input);
        input = drop(graph, input, rate);
    }
    return input;
}

static bool is_direct(const lk_model *model, const lk_node *input) {
    return lk_settings_boolean(&model->settings, "direct") && input != NULL;
}

/* Before the hidden layers, which may be large, have their weights. */
static lk_status allow_direct(const lk_model *model, const lk_graph *graph, const lk_node *input) {
    char what[128];
    if (!is_direct(model, input)) {
        return LK_OK;
    }
    snprintf(what, sizeof what, "direct connections, from every value to every logit%s,",
             lk_advice_or(graph->context, "set", " (--set direct=false leaves them out)",
                          " (the setting direct=false leaves them out)"));
    return lk_memory_allow(graph->context, "made", what,
                           (double)lk_graph_units(graph) * (double)input->cells *
                               (double)sizeof(float));
}

/* One output cell for each logit; those of a variable of rank r may read what is ready by step
 * r. */
static lk_node *outputs(const lk_model *model, lk_graph *graph, lk_node *hidden, lk_node *input,
                        lk_linear_options options) {
    int64_t cells = lk_graph_units(graph);
    int32_t *limit = lk_logits_ranks(graph);
    if (limit == NULL) {
        return NULL;
    }
    lk_node *sum = lk_masked_linear(graph, "logits", hidden, cells, limit, options);
    if (is_direct(model, input)) {
        options.bias = false;
        options.init = LK_INIT_ZERO; /* an addition to the hidden layers, which begin small */
        sum = lk_add(graph, sum, lk_masked_linear(graph, "direct", input, cells, limit, options));
    }
    return lk_logits_label(graph, "logits", sum);
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    int64_t units[LAYERS_MOST];
    if (lk_settings_integers(&model->settings, "hidden", units, LAYERS_MOST) > LAYERS_MOST) {
        return lk_fail(graph->context, LK_INVALID, "made takes at most %d hidden layers",
                       LAYERS_MOST);
    }
    lk_linear_options options = {
        .init = initial(model), .bias = true, .sole = variants(model) == 1};
    lk_node *seen =
        drop(graph, lk_logits_inputs(graph), lk_settings_real(&model->settings, "input_dropout"));
    LK_TRY(graph->failed);
    LK_TRY(allow_direct(model, graph, seen));
    lk_node *hidden = hidden_layers(model, variant, graph, seen, options);
    lk_logits_model(graph, outputs(model, graph, hidden, seen, options));
    return lk_graph_close(graph);
}

const lk_family lk_made_family = {
    .name = "made",
    .place = 50,
    .any_order = true,
    .summary = "masked autoencoder: a fully connected network whose masks make it autoregressive",
    .paper = "Germain, Gregor, Murray, Larochelle: MADE, ICML 2015",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .given = true,
    .views = true,
    .tables = true,
    .per_variable = true,
    .variants = variants,
    .ordering = ordering,
    .build = build,
    .start = lk_logits_start,
};
