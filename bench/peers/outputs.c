/* What a network of bench/networks.h says, for a peer to say the same (bench/peers/check.py):
 * writes into FOLDER a model of random weights, its values and the parameters of all conditionals.
 * Arguments: NETWORK, FOLDER.
 *
 *   FOLDER/model      a model file: safetensors
 *   FOLDER/x          uint16 [EXAMPLES][variables]
 *   FOLDER/outputs    float32 [variables][EXAMPLES][channels] */
#include "models/model_file.h"
#include "networks.h"

enum { EXAMPLES = 2 };
#define DEVIATION 0.05f /* of what is added to all weights: some begin at zero */

static void shake(lk_model *model) {
    for (int32_t p = 0; p < model->parameters->count; p++) {
        lk_parameter *parameter = &model->parameters->list[p];
        for (int64_t i = 0; i < parameter->rows * parameter->columns; i++) {
            bool used = parameter->live == NULL ||
                        i % parameter->columns < parameter->live[i / parameter->columns];
            float unit = lk_random_unit((lk_random){3, LK_FOR_CHECK}, (uint64_t)p, (uint64_t)i);
            parameter->value[i] += used ? DEVIATION * (2.0f * unit - 1.0f) : 0.0f;
        }
    }
}

static lk_status write_bytes(lk_context *context, const char *folder, const char *name,
                             const void *bytes, size_t count) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(bytes, 1, count, file) == count;
    written = (file == NULL || fclose(file) == 0) && written;
    return written ? LK_OK : lk_fail(context, LK_IO, "%s cannot be written", path);
}

static lk_status write_outputs(const lk_graph *graph, const network *n, const char *folder) {
    lk_context *context = graph->context;
    lk_execution *execution;
    int64_t floats = EXAMPLES * lk_graph_channels(graph), values = EXAMPLES * n->data.variables;
    uint16_t *x = random_examples(n, EXAMPLES);
    float *outputs = lk_allocate(n->data.variables * floats, sizeof *outputs);
    if (x == NULL || outputs == NULL) {
        return lk_fail_no_memory(context, "outputs", n->data.variables * floats * 4);
    }
    LK_TRY(lk_execution_create(graph, LK_PLAN_EVALUATE, EXAMPLES, &execution));
    LK_TRY(lk_execution_forward(execution, x, EXAMPLES));
    for (int64_t v = 0; v < n->data.variables; v++) {
        memcpy(outputs + v * floats, lk_execution_parameters(execution, v),
               (size_t)floats * sizeof *outputs);
    }
    LK_TRY(write_bytes(context, folder, "x", x, (size_t)values * sizeof *x));
    LK_TRY(write_bytes(context, folder, "outputs", outputs,
                       (size_t)(n->data.variables * floats) * sizeof *outputs));
    lk_release(x);
    lk_release(outputs);
    lk_execution_destroy(execution);
    return LK_OK;
}

static lk_status write_all(lk_context *context, const network *n, const char *folder) {
    char path[512];
    lk_model *model;
    lk_graph *graph;
    LK_TRY(network_create(context, n, &model, &graph));
    shake(model);
    snprintf(path, sizeof path, "%s/model", folder);
    LK_TRY(lk_model_write(model, path));
    LK_TRY(write_outputs(graph, n, folder));
    lk_graph_destroy(graph);
    lk_model_destroy(model);
    return LK_OK;
}

int main(int count, char **words) {
    lk_context *context;
    const network *n = count == 3 ? network_named(words[1]) : NULL;
    if (n == NULL) {
        fprintf(stderr, "outputs NETWORK FOLDER\n");
        return 2;
    }
    lk_status status = lk_context_create(1, &context);
    if (status == LK_OK) {
        status = write_all(context, n, words[2]);
    }
    int exit_status = report(status, context);
    lk_context_destroy(context);
    return exit_status;
}
