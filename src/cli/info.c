/* likely info: what a model is. */
#include "cli/common.h"
#include "cli/info_curve.h"
#include "graph/op.h"

static const cli_option options[] = {
    {"curve", "PATH.svg|PATH.png", "draw the course of the training: NLL over epochs", false},
    {"json", NULL, "one JSON object instead of text", false},
};

static json_t *settings_json(const lk_model *model) {
    json_t *object = json_object();
    for (int32_t i = 0; i < model->settings.count; i++) {
        json_object_set_new(object, model->settings.table[i].key,
                            json_string(model->settings.text[i]));
    }
    return object;
}

static json_t *nodes_json(const lk_graph *graph) {
    json_t *list = json_array();
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:I, s:I}", "name", node->name, "operation",
                                        node->op->name, "cells", (json_int_t)node->cells,
                                        "channels", (json_int_t)node->channels));
    }
    return list;
}

/* "stream of bytes, trained on windows of 128", "28x28x1" */
static void describe_data(const lk_data_description *data, char *text, size_t capacity) {
    char shape[64];
    lk_shape_print(data->shape, shape, sizeof shape);
    if (data->stream) {
        snprintf(text, capacity, "stream of %s, trained in windows of %s",
                 lk_symbols_kind_name(data->symbols.kind), shape);
    } else {
        snprintf(text, capacity, "%s", shape);
    }
}

static int print_json(const lk_model *model, const lk_graph *graph, const char *fingerprint) {
    char shape[64];
    lk_shape_print(model->data.shape, shape, sizeof shape);
    const char *stream = model->data.stream ? lk_symbols_kind_name(model->data.symbols.kind) : NULL;
    json_t *history = json_loads(model->history, 0, NULL);
    json_t *object = json_pack(
        "{s:s, s:o, s:s, s:I, s:i, s:s, s:s, s:I, s:s, s:i, s:I, s:I, s:I, s:I, s:o, s:o, s:s?}",
        "family", model->family->name, "settings", settings_json(model), "shape", shape,
        "variables", (json_int_t)model->data.variables, "alphabet", model->data.alphabet,
        "binarization", cli_binarization_text(model->data.binarization), "ordering",
        model->order_name, "parameters", (json_int_t)lk_parameters_total(model->parameters),
        "fingerprint", fingerprint, "variants", lk_model_variants(model), "sequential_steps",
        (json_int_t)graph->steps, "multiply_adds_forward",
        (json_int_t)lk_graph_multiply_adds_forward(graph), "multiply_adds_cached_sample",
        (json_int_t)lk_graph_multiply_adds_cached(graph), "multiply_adds_naive_sample",
        (json_int_t)lk_graph_multiply_adds_naive(graph), "nodes", nodes_json(graph), "history",
        history != NULL ? history : json_object(), "stream", stream);
    return cli_print_json(object);
}

/* Settings may be texts of several lines, as the DAG of a Bayes net. */
static void print_setting(const char *key, const char *text) {
    printf("  %-15s ", key);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n' && c[1] != '\0') {
            printf("\n%18s", "");
        } else if (*c != '\n') {
            putchar(*c);
        }
    }
    putchar('\n');
}

static int print_text(const lk_model *model, const lk_graph *graph, const char *fingerprint) {
    char data[128];
    describe_data(&model->data, data, sizeof data);
    printf("family          %s (%s)\n", model->family->name, model->family->paper);
    for (int32_t i = 0; i < model->settings.count; i++) {
        print_setting(model->settings.table[i].key, model->settings.text[i]);
    }
    printf("data            %s, alphabet %d, binarization %s\n", data, model->data.alphabet,
           cli_binarization_text(model->data.binarization));
    printf("ordering        %s, %d sequential steps\n", model->order_name, graph->steps);
    printf("parameters      %lld\n", (long long)lk_parameters_total(model->parameters));
    printf("masks           %d\n", lk_model_variants(model));
    printf("fingerprint     %s\n", fingerprint);
    double forward = (double)lk_graph_multiply_adds_forward(graph),
           cached = (double)lk_graph_multiply_adds_cached(graph);
    printf("multiply-adds   %.0f forward; %.0f cached sample (%.3f forward passes); %.0f naive "
           "sample\n",
           forward, cached, forward > 0.0 ? cached / forward : 1.0,
           (double)lk_graph_multiply_adds_naive(graph));
    printf("\n%-20s %-18s %10s %9s %8s  %s\n", "node", "operation", "cells", "channels", "steps",
           "computes");
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        printf("%-20s %-18s %10lld %9lld %3d-%-4d  %s\n", node->name, node->op->name,
               (long long)node->cells, (long long)node->channels, node->ready[node->by_ready[0]],
               node->ready[node->by_ready[node->cells - 1]], node->op->definition);
    }
    return cli_finish_output();
}

static int run(const cli_arguments *arguments) {
    cli_session s;
    lk_graph *graph = NULL;
    char fingerprint[33];
    int status = cli_begin(arguments, false, &s);
    if (status == EXIT_DONE && lk_model_graph(s.model, 0, &graph) != LK_OK) {
        status = cli_fault(s.context);
    }
    const char *curve = cli_text(arguments, "curve", NULL);
    if (status == EXIT_DONE && curve != NULL && info_curve_write(s.model, curve) != LK_OK) {
        status = cli_fault(s.context);
    }
    if (status == EXIT_DONE) {
        lk_fingerprint_print(lk_model_fingerprint(s.model), fingerprint);
        status = cli_has(arguments, "json") ? print_json(s.model, graph, fingerprint)
                                            : print_text(s.model, graph, fingerprint);
    }
    lk_graph_destroy(graph);
    cli_end(&s);
    return status;
}

const cli_verb cli_info_verb = {
    .name = "info",
    .summary = "what a model is, and what its schedules cost",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .more = "examples:\n  likely info digits.likely\n  likely info digits.likely --json\n  likely "
            "info digits.likely --curve digits.svg\n",
    .run = run,
};
