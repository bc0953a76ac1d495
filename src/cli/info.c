/* likely info: what a model is, or a compressed file. */
#include <string.h>

#include "base/memory.h"
#include "cli/common.h"
#include "cli/info/container.h"
#include "cli/info/curve.h"
#include "cli/info/data.h"
#include "cli/info/field.h"
#include "codec/container.h"
#include "graph/op.h"
#include "graph/quantized.h"
#include "models/model_file.h"
#include "models/run.h"

static const cli_option options[] = {
    {"curve", "PATH.svg|PATH.png", "draw the course of the training: NLL over epochs", false},
    {"field", "Y,X",
     "what the conditional of a variable sees, by the graph, and how strongly, by changing values: "
     "Y,X or Y,X,C of an image, a number (all from 1), or a column's name; PICTURE.png, if given, "
     "shows it",
     false},
    {"masks", "FILE.png", "draw the masks: matrices of a MADE, windows of convolutions", false},
    {"model", "MODEL",
     "of a compressed file: name this model's family and fingerprint, and whether it is the one "
     "that the file was compressed with",
     false},
    CLI_USE_OPTION,
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

/* What the output nodes parameterise. */
static json_t *distributions_json(const lk_graph *graph) {
    json_t *list = json_array();
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        if (field->role == LK_MODELLED) {
            json_array_append_new(list,
                                  json_pack("{s:s, s:s, s:i, s:i}", "field", field->name, "name",
                                            field->head.dist->name, "alphabet", field->alphabet,
                                            "components", field->head.components));
        }
    }
    return list;
}

/* "logistic mixture of 10 components"; of a view's parts one after another. */
static void print_distributions(const lk_graph *graph) {
    const char *before = "distribution    ";
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        if (field->role == LK_MODELLED) {
            printf("%s%s", before, field->head.dist->name);
            if (field->head.components > 0) {
                printf(" of %d component%s", field->head.components,
                       field->head.components > 1 ? "s" : "");
            }
            before = ", then ";
        }
    }
    putchar('\n');
}

/* "stream of bytes, trained on windows of 128", "28x28x1" */
static void describe_data(const lk_data_description *data, char *text, size_t capacity) {
    char shape[64];
    lk_shape_print(data->shape, shape, sizeof shape);
    const lk_sound_form *sound = &data->symbols.sound;
    if (lk_data_is_sound(data)) {
        snprintf(text, capacity,
                 "recordings of %d channel%s at %d frames a second, as %s (%s), trained in windows "
                 "of %s",
                 sound->channels, sound->channels == 1 ? "" : "s", sound->rate,
                 lk_sound_view_name(sound->view), lk_sound_convention(sound->view), shape);
    } else if (data->stream) {
        snprintf(text, capacity, "stream of %s, trained in windows of %s",
                 lk_symbols_kind_name(data->symbols.kind), shape);
    } else {
        snprintf(text, capacity, "%s", shape);
    }
}

/* past: bytes read and held, of a model of streams (lk_run_past). */
static int print_json(const lk_model *model, const lk_graph *graph, const char *fingerprint,
                      const int64_t past[2]) {
    char shape[64];
    lk_shape_print(model->data.shape, shape, sizeof shape);
    const char *stream = model->data.stream ? lk_symbols_kind_name(model->data.symbols.kind) : NULL;
    json_t *history = cli_history(model);
    if (history == NULL) {
        return EXIT_FAULT;
    }
    json_t *object = json_pack(
        "{s:s, s:o, s:s, s:I, s:i, s:s, s:s, s:I, s:I, s:s, s:i, s:I, s:I, s:I, s:I, s:o, s:o, "
        "s:s?}",
        "family", model->family->name, "settings", settings_json(model), "shape", shape,
        "variables", (json_int_t)model->data.variables, "alphabet", model->data.alphabet,
        "binarization", cli_binarization_of(model, model->data.binarization), "ordering",
        model->order_name, "parameters", (json_int_t)lk_parameters_total(model->parameters),
        "parameters_8_bits", (json_int_t)lk_parameters_quantized(model->parameters), "fingerprint",
        fingerprint, "variants", lk_model_variants(model), "sequential_steps",
        (json_int_t)graph->steps, "multiply_adds_forward",
        (json_int_t)lk_graph_multiply_adds_forward(graph), "multiply_adds_cached_sample",
        (json_int_t)lk_graph_multiply_adds_cached(graph), "multiply_adds_naive_sample",
        (json_int_t)lk_graph_multiply_adds_naive(graph), "nodes", nodes_json(graph), "history",
        history, "stream", stream);
    if (model->data.stream) {
        json_object_set_new(object, "past_bytes_read", json_integer(past[0]));
        json_object_set_new(object, "past_bytes_held", json_integer(past[1]));
    }
    json_object_set_new(object, "distributions", distributions_json(graph));
    if (model->data.local.alphabet > 0) {
        json_object_set_new(object, "local",
                            json_pack("{s:i, s:i}", "every", (int)model->data.local.every,
                                      "alphabet", (int)model->data.local.alphabet));
    }
    info_data_json(model, &object);
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

static int print_text(const lk_model *model, const lk_graph *graph, const char *fingerprint,
                      const int64_t past[2]) {
    char data[256];
    describe_data(&model->data, data, sizeof data);
    const char *paper = model->family->paper;
    bool of_a_paper = paper != NULL && *paper != '\0';
    printf("family          %s%s%s%s\n", model->family->name, of_a_paper ? " (" : "",
           of_a_paper ? paper : "", of_a_paper ? ")" : "");
    for (int32_t i = 0; i < model->settings.count; i++) {
        print_setting(model->settings.table[i].key, model->settings.text[i]);
    }
    printf("data            %s, alphabet %d, binarization %s\n", data, model->data.alphabet,
           cli_binarization_of(model, model->data.binarization));
    info_data_print(model);
    print_distributions(graph);
    printf("ordering        %s, %d sequential steps\n", model->order_name, graph->steps);
    printf("parameters      %lld", (long long)lk_parameters_total(model->parameters));
    int64_t quantized = lk_parameters_quantized(model->parameters);
    if (quantized > 0) {
        printf(", %lld of them in 8 bits", (long long)quantized);
    }
    printf("\n");
    char variants[16];
    snprintf(variants, sizeof variants, "%ss", lk_model_variant_name(model));
    printf("%-15s %d\n", variants, lk_model_variants(model));
    printf("fingerprint     %s\n", fingerprint);
    double forward = (double)lk_graph_multiply_adds_forward(graph),
           cached = (double)lk_graph_multiply_adds_cached(graph);
    printf("multiply-adds   %.0f forward; %.0f cached sample (%.3f forward passes); %.0f naive "
           "sample\n",
           forward, cached, forward > 0.0 ? cached / forward : 1.0,
           (double)lk_graph_multiply_adds_naive(graph));
    if (model->data.stream) {
        printf("past            %lld bytes are read of each stream, %lld held (%.2f times)\n",
               (long long)past[0], (long long)past[1],
               past[0] > 0 ? (double)past[1] / (double)past[0] : 1.0);
    }
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

static int describe_model(const cli_arguments *arguments, const lk_model *model) {
    char fingerprint[33];
    lk_graph *graph;
    const char *curve = cli_text(arguments, "curve", NULL);
    int64_t past[2] = {0};
    if (lk_model_graph(model, 0, &graph) != LK_OK ||
        (model->data.stream && lk_run_past(model, &past[0], &past[1]) != LK_OK) ||
        (curve != NULL && info_curve_write(model, curve) != LK_OK)) {
        lk_graph_destroy(graph);
        return cli_fault(model->context);
    }
    lk_fingerprint_print(lk_model_fingerprint(model), fingerprint);
    int status = cli_has(arguments, "json") ? print_json(model, graph, fingerprint, past)
                                            : print_text(model, graph, fingerprint, past);
    lk_graph_destroy(graph);
    return status;
}

static int describe_container(const cli_arguments *arguments, lk_source *source) {
    static const char *const of_models[] = {"curve", "field", "masks", "set"};
    for (size_t i = 0; i < sizeof of_models / sizeof *of_models; i++) {
        bool of_asked = strcmp(of_models[i], "set") == 0 && cli_has(arguments, "model");
        if (cli_has(arguments, of_models[i]) && !of_asked) {
            return cli_usage(arguments, "--%s is of models, and %s is a compressed file",
                             of_models[i], arguments->positional[0]);
        }
    }
    return info_container_print(arguments, source);
}

static int describe(const cli_arguments *arguments, lk_model *model) {
    if (cli_use(arguments, model) != LK_OK) {
        return cli_fault(model->context);
    }
    if (cli_has(arguments, "model")) {
        return cli_usage(arguments, "--model is of compressed files, and %s is a model",
                         arguments->positional[0]);
    }
    const char *masks = cli_text(arguments, "masks", NULL);
    bool json = cli_has(arguments, "json");
    int64_t variable;
    if (masks != NULL) {
        return info_masks(model, masks, json);
    }
    if (!cli_has(arguments, "field")) {
        return describe_model(arguments, model);
    }
    int status = info_field_parse(arguments, model, &variable);
    return status != EXIT_DONE
               ? status
               : info_field(model, variable,
                            arguments->positionals > 1 ? arguments->positional[1] : NULL, json);
}

/* A pipe gives its content but once: what was opened to look at it is read on. */
static int describe_source(const cli_arguments *arguments, lk_source *source) {
    if (lk_memory_allow(source->context, source->path, "its content", (double)source->size) !=
        LK_OK) {
        return cli_fault(source->context);
    }
    lk_bytes bytes = {.data = lk_resize(NULL, source->size + 1, 1), .size = source->size};
    lk_model *model = NULL;
    lk_status status =
        bytes.data != NULL ? LK_OK : lk_fail_no_memory(source->context, "a model", source->size);
    for (int64_t at = 0, count; status == LK_OK && at < bytes.size; at += count) {
        const uint8_t *seen;
        status = lk_source_see(source, at, &seen, &count);
        count = status == LK_OK ? count : 1;
        if (status == LK_OK) {
            memcpy(bytes.data + at, seen, (size_t)count);
        }
    }
    if (status != LK_OK) {
        lk_release(bytes.data);
        return cli_fault(source->context);
    }
    bytes.data[bytes.size] = 0;
    status = lk_model_parse(source->context, source->path, bytes, &model);
    int end = status == LK_OK ? describe(arguments, model) : cli_fault(source->context);
    lk_model_destroy(model);
    return end;
}

static int check_options(const cli_arguments *arguments) {
    static const char *const one[] = {"curve", "field", "masks"};
    int given = 0;
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
        given += cli_has(arguments, one[i]);
    }
    if (given > 1) {
        return cli_usage(arguments, "--curve, --field and --masks are asked for one at a time");
    }
    if (arguments->positionals > 1 && !cli_has(arguments, "field")) {
        return cli_usage(arguments, "%s: a picture is of --field Y,X", arguments->positional[1]);
    }
    const char *names[] = {cli_text(arguments, "masks", NULL),
                           arguments->positionals > 1 ? arguments->positional[1] : NULL};
    for (int i = 0; i < 2; i++) {
        size_t length = names[i] != NULL ? strlen(names[i]) : 0;
        if (names[i] != NULL && (length < 5 || strcmp(names[i] + length - 4, ".png") != 0)) {
            return cli_usage(arguments, "%s: a picture's name ends in .png", names[i]);
        }
    }
    return EXIT_DONE;
}

static int run(const cli_arguments *arguments) {
    int status = check_options(arguments);
    if (status != EXIT_DONE) {
        return status;
    }
    lk_context *context = cli_open(arguments, &status);
    if (context == NULL) {
        return status;
    }
    lk_source source;
    bool container;
    status = EXIT_FAULT;
    if (lk_source_open(context, arguments->positional[0], &source) != LK_OK) {
        status = cli_fault(context);
    } else {
        status = lk_container_recognise(&source, &container) != LK_OK ? cli_fault(context)
                 : container ? describe_container(arguments, &source)
                             : describe_source(arguments, &source);
        lk_source_close(&source);
    }
    lk_context_destroy(context);
    return status;
}

const cli_verb cli_info_verb = {
    .name = "info",
    .summary = "what a model is and what it sees, or what a compressed file holds",
    .operands = "MODEL|COMPRESSED [PICTURE.png]",
    .operand_count = 1,
    .operand_most = 2,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .inputs = "model",
    .outputs = "curve masks",
    .more = "In the picture of --field the variable is white; what it sees is grey, the brighter "
            "the more its conditional moves when that value is changed (total variation, mean over "
            "four samples); red is its blind spot (as a PixelCNN has): what comes before it and is "
            "not seen, though no farther away than what is; violet is what is farther away, blue "
            "what comes later. Channels stand side by side.\n"
            "In the picture of --masks a matrix has a row for each unit and a column for each "
            "input, in the order of their degrees, white where the unit reads; a window shows what "
            "a pixel reads around it, a tile for each of its colours. Each mask stands once, and "
            "the layers that have it are listed in that order.\n\n"
            "examples:\n"
            "  likely info digits.likely\n"
            "  likely info digits.likely --json\n"
            "  likely info digits.likely --curve digits.svg\n"
            "  likely info pixels.likely --field 14,14 field.png\n"
            "  likely info pixels.likely --masks masks.png\n"
            "  likely info chapter.lk --model book.likely\n",
    .run = run,
};
