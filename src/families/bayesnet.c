/* Bayes net: each variable given its parents in a directed acyclic graph,
 *
 *   p(x) = prod_v p(x_v | parents of v)
 *
 * each conditional a multilayer perceptron from the one-hot values of the parents to logits, the
 * roots histograms (a row of logits). With the chain as the graph (every variable on all earlier
 * ones) it is the fully general model of Bengio and Bengio, "Modeling high-dimensional discrete
 * data with multi-layer neural networks", NIPS 1999, without the sharing of hidden units. Pearl,
 * "Probabilistic Reasoning in Intelligent Systems", 1988, has the alarm network.
 *
 * Variables are drawn by their depth in the graph, all of one depth in one step. The graph's text
 * is kept in the settings, so that a model needs no other file. */
#include "base/arena.h"
#include "base/file.h"
#include "dist/dist.h"
#include "models/dag.h"
#include "models/marginals.h"
#include "models/model.h"
#include "ops/ops.h"

#include <stdio.h>
#include <string.h>

#define LAYERS_MOST 16

static const lk_setting settings[] = {
    {.key = "graph",
     .kind = LK_TEXT,
     .fallback = "chain",
     .source = "Pearl 1988, chapter 3",
     .help = "chain (each variable on all earlier ones), independent, or a DAG file's path: lines "
             "NAME: PARENTS, named as the columns, one for each; NAME alone where it has none"},
    {.key = "hidden",
     .kind = LK_INTEGERS,
     .fallback = "32",
     .least = 1,
     .most = 1 << 16,
     .source = "Bengio and Bengio 1999, section 2",
     .help = "units of each hidden layer of each conditional; empty for none"},
    {.key = "activation",
     .kind = LK_CHOICE,
     .fallback = "relu",
     .choices = "relu|tanh|sigmoid|softplus",
     .source = "Bengio and Bengio 1999, section 2",
     .help = "nonlinearity of the hidden units"},
};

/* ---- the graph's text ------------------------------------------------------------------------ */

typedef enum graph_kind { CHAIN, INDEPENDENT, DAG, FILE_NAME } graph_kind;

/* A DAG's text has line ends, a file's name has none. */
static graph_kind kind_of(const char *text) {
    return strcmp(text, "chain") == 0         ? CHAIN
           : strcmp(text, "independent") == 0 ? INDEPENDENT
           : strchr(text, '\n') != NULL       ? DAG
                                              : FILE_NAME;
}

static lk_status check_variables(const lk_model *model, const char *source, lk_dag *dag) {
    if (dag->variables == model->data.variables) {
        return LK_OK;
    }
    lk_status status =
        lk_fail(model->context, LK_MISMATCH, "%s: names %lld variables, but the data have %lld",
                source, (long long)dag->variables, (long long)model->data.variables);
    lk_dag_deinit(dag);
    return status;
}

static lk_status parse_dag(const lk_model *model, const char *source, const char *text,
                           int64_t size, lk_dag *dag) {
    LK_TRY(lk_dag_parse(model->context, source, text, size, dag));
    return check_variables(model, source, dag);
}

/* The lines in the order of the columns, if these have names. */
static lk_status print_dag(const lk_model *model, const char *source, const lk_dag *dag,
                           char **canonical) {
    const lk_columns *columns = model->data.columns;
    int32_t *order = lk_allocate(dag->variables, sizeof *order);
    if (order == NULL) {
        return lk_fail_no_memory(model->context, source, dag->variables * 4);
    }
    bool named = columns != NULL && columns->count == dag->variables;
    lk_status status = named ? lk_dag_match(model->context, source, dag, columns, order) : LK_OK;
    status = status == LK_OK ? lk_dag_print(model->context, dag, named ? order : NULL, canonical)
                             : status;
    lk_release(order);
    return status;
}

static lk_status keep_canonical(lk_model *model, const char *source, const char *text,
                                int64_t size) {
    lk_dag dag;
    char *canonical;
    LK_TRY(parse_dag(model, source, text, size, &dag));
    lk_status status = print_dag(model, source, &dag, &canonical);
    lk_dag_deinit(&dag);
    LK_TRY(status);
    status = lk_settings_set(model->context, &model->settings, "graph", canonical);
    lk_release(canonical);
    return status;
}

static lk_status prepare(lk_model *model) {
    const char *text = lk_settings_text(&model->settings, "graph");
    lk_bytes bytes;
    switch (kind_of(text)) {
    case CHAIN:
    case INDEPENDENT:
        return LK_OK;
    case DAG:
        return keep_canonical(model, "graph", text, (int64_t)strlen(text));
    case FILE_NAME:
        LK_TRY(lk_file_read(model->context, text, LK_DAG_BYTES_MOST, &bytes));
        lk_status status = keep_canonical(model, text, (const char *)bytes.data, bytes.size);
        lk_bytes_release(&bytes);
        return status;
    }
    return LK_OK;
}

/* The DAG that a made or loaded model keeps; chain and independent have none. A loaded model's file
 * may not name another file. */
static lk_status kept_dag(const lk_model *model, lk_dag *dag) {
    const char *text = lk_settings_text(&model->settings, "graph");
    *dag = (lk_dag){0};
    switch (kind_of(text)) {
    case CHAIN:
    case INDEPENDENT:
        return LK_OK;
    case DAG:
        return parse_dag(model, "graph", text, (int64_t)strlen(text), dag);
    case FILE_NAME:
        break;
    }
    return lk_fail(model->context, LK_FORMAT,
                   "the setting graph is neither chain, nor independent, nor the text of a DAG");
}

static lk_status ordering(const lk_model *model, int32_t variant, int32_t *rank) {
    (void)variant;
    lk_dag dag;
    bool chain = kind_of(lk_settings_text(&model->settings, "graph")) == CHAIN;
    LK_TRY(kept_dag(model, &dag));
    for (int64_t v = 0; v < model->data.variables; v++) {
        rank[v] = dag.depth != NULL ? dag.depth[v] : chain ? model->rank[v] : 0;
    }
    lk_dag_deinit(&dag);
    return LK_OK;
}

/* ---- the network ----------------------------------------------------------------------------- */

typedef struct parents {
    const int32_t *variable;
    int64_t count;
} parents;

/* In a chain these are all variables of lower rank. */
static parents parents_of(const lk_graph *graph, const lk_dag *dag, bool chain, int64_t v) {
    if (dag->parent != NULL) {
        return (parents){dag->parent + dag->parent_begin[v],
                         dag->parent_begin[v + 1] - dag->parent_begin[v]};
    }
    return (parents){graph->by_rank, chain ? graph->rank_begin[graph->rank[v]] : 0};
}

static bool is_binary(const lk_graph *graph) {
    return graph->alphabet == 2 && graph->fields[0].alphabets == NULL;
}

/* The parents' cells of the input: one a variable when binary, else one a symbol. */
static lk_node *select_parents(lk_graph *graph, lk_node *input, parents p) {
    const lk_field *field = &graph->fields[0];
    bool binary = is_binary(graph);
    int64_t count = 0;
    for (int64_t i = 0; i < p.count; i++) {
        count += binary ? 1 : lk_field_alphabet(field, p.variable[i]);
    }
    int32_t *cell = lk_arena_take(graph->arena, count, sizeof *cell), *at = cell;
    if (cell == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "parents", count * 4);
        return NULL;
    }
    for (int64_t i = 0; i < p.count; i++) {
        int64_t v = p.variable[i], first = binary ? v : lk_field_symbol(field, v);
        for (int64_t a = 0; a < (binary ? 1 : lk_field_alphabet(field, v)); a++) {
            *at++ = (int32_t)(first + a);
        }
    }
    return lk_select_cells(graph, input, cell, count);
}

/* One cell of logits for variable v. */
static lk_node *conditional(const lk_model *model, lk_graph *graph, lk_node *input, parents p,
                            int64_t v, int64_t channels) {
    int64_t units[LAYERS_MOST];
    int32_t layers = lk_settings_integers(&model->settings, "hidden", units, LAYERS_MOST);
    const char *activation = lk_settings_text(&model->settings, "activation");
    char name[64];
    lk_linear_options options = {
        .init = strcmp(activation, "relu") == 0 ? LK_INIT_HE : LK_INIT_GLOROT, .bias = true};
    lk_node *node = select_parents(graph, input, p);
    for (int32_t layer = 0; layer < layers; layer++) {
        snprintf(name, sizeof name, "x%lld.hidden%d", (long long)v, layer + 1);
        node = lk_activation(graph, activation,
                             lk_dense_linear(graph, name, node, units[layer], options));
    }
    snprintf(name, sizeof name, "x%lld.logits", (long long)v);
    options.init = LK_INIT_GLOROT;
    int64_t units_of_v = channels == 1 ? 1 : lk_field_alphabet(&graph->fields[0], v);
    return lk_cells_to_one(graph, lk_dense_linear(graph, name, node, units_of_v, options),
                           channels);
}

/* Roots share one node, every other variable has its own; `place` puts them back into the order of
 * the variables. */
static lk_node *conditionals(const lk_model *model, lk_graph *graph, const lk_dag *dag, bool chain,
                             int64_t channels) {
    int64_t variables = graph->variables, roots = 0, others = 0;
    lk_node **part = lk_arena_take(graph->arena, variables + 1, sizeof *part);
    int32_t *place = lk_arena_take(graph->arena, variables, sizeof *place);
    if (part == NULL || place == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "Bayes net", variables * 16);
        return NULL;
    }
    for (int64_t v = 0; v < variables; v++) {
        place[v] = parents_of(graph, dag, chain, v).count == 0 ? (int32_t)roots++ : -1;
    }
    part[0] = lk_lookup(graph, "roots", graph->data, roots, NULL, NULL, graph->alphabet, channels);
    lk_node *input =
        is_binary(graph) ? graph->data : lk_one_hot(graph, graph->data, graph->alphabet);
    for (int64_t v = 0; v < variables && graph->failed == LK_OK; v++) {
        if (place[v] < 0) {
            place[v] = (int32_t)(roots + others++);
            part[others] =
                conditional(model, graph, input, parents_of(graph, dag, chain, v), v, channels);
        }
    }
    lk_node *all = graph->failed == LK_OK ? lk_concatenate(graph, part, (int32_t)others + 1) : NULL;
    return lk_select_cells(graph, all, place, variables);
}

static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
    (void)variant;
    int64_t units[LAYERS_MOST];
    if (lk_settings_integers(&model->settings, "hidden", units, LAYERS_MOST) > LAYERS_MOST) {
        return lk_fail(graph->context, LK_INVALID, "bayesnet takes at most %d hidden layers",
                       LAYERS_MOST);
    }
    lk_dag dag;
    bool chain = kind_of(lk_settings_text(&model->settings, "graph")) == CHAIN,
         binary = is_binary(graph);
    LK_TRY(kept_dag(model, &dag));
    lk_node *logits = conditionals(model, graph, &dag, chain, binary ? 1 : graph->alphabet);
    lk_dag_deinit(&dag);
    return lk_graph_finish(graph, logits, binary ? &lk_bernoulli : &lk_categorical);
}

/* Every conditional begins at its variable's marginal; for the roots that is their histogram. */
static void start_at(lk_model *model, const lk_dag *dag, bool chain, const float *marginal,
                     int64_t channels) {
    lk_parameters *parameters = model->parameters;
    int64_t roots = 0;
    int32_t least = INT32_MAX;
    for (int64_t v = 0; v < model->data.variables; v++) {
        least = model->rank[v] < least ? model->rank[v] : least;
    }
    for (int64_t v = 0; v < model->data.variables; v++) {
        bool root = dag->parent != NULL ? dag->parent_begin[v + 1] == dag->parent_begin[v]
                                        : !chain || model->rank[v] == least;
        char name[64];
        snprintf(name, sizeof name, "x%lld.logits.bias", (long long)v);
        int32_t at = lk_parameters_find(parameters, root ? "roots.table" : name);
        LK_REQUIRE(at >= 0);
        int64_t own = channels == 1 ? 1 : lk_model_alphabet_of(model, v);
        float *value = parameters->list[at].value + (root ? roots++ * channels : 0);
        memcpy(value, marginal, (size_t)own * sizeof *value);
        marginal += own;
    }
}

static lk_status start(lk_model *model, const lk_dataset *train) {
    bool binary = model->data.alphabet == 2 && model->data.alphabets == NULL;
    int64_t channels = binary ? 1 : model->data.alphabet;
    bool chain = kind_of(lk_settings_text(&model->settings, "graph")) == CHAIN;
    lk_dag dag;
    LK_TRY(kept_dag(model, &dag));
    float *marginal = lk_allocate(model->data.variables * channels, sizeof *marginal);
    lk_status status = marginal == NULL ? lk_fail_no_memory(model->context, "marginals",
                                                            model->data.variables * channels * 4)
                                        : lk_marginal_logits(model, train, marginal);
    if (status == LK_OK) {
        start_at(model, &dag, chain, marginal, channels);
    }
    lk_release(marginal);
    lk_dag_deinit(&dag);
    return status;
}

const lk_family lk_bayesnet_family = {
    .name = "bayesnet",
    .tables = true,
    .per_variable = true,
    .place = 40,
    .any_order = true,
    .summary = "Bayes net: a perceptron for each variable given its parents in a DAG, histograms "
               "for the roots",
    .paper =
        "Pearl: Probabilistic Reasoning in Intelligent Systems, 1988; Bengio and Bengio, NIPS 1999",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .prepare = prepare,
    .ordering = ordering,
    .build = build,
    .start = start,
};
