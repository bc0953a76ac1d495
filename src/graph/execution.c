/* Running a graph forward: memory, the parallel and the incremental schedule, the likelihood.
 * Backward is in backward.c. */
#include "graph/execution.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dist/dist.h"
#include "graph/execution_inside.h"

/* ---- life ------------------------------------------------------------------------------------ */

/* For each step, which nodes have cells to compute. */
static lk_status list_steps(lk_execution *execution) {
    const lk_graph *graph = execution->graph;
    int64_t steps = graph->steps;
    execution->step_begin = lk_allocate(steps + 1, sizeof *execution->step_begin);
    int64_t total = 0;
    for (int pass = 0; pass < 2; pass++) {
        total = 0;
        for (int64_t s = 0; s < steps && execution->step_begin != NULL; s++) {
            execution->step_begin[s] = total;
            for (int32_t i = 1; i < graph->node_count; i++) {
                const lk_node *node = graph->nodes[i];
                if (node->step_begin[s + 1] > node->step_begin[s]) {
                    if (pass == 1) {
                        execution->step_nodes[total] = i;
                    }
                    total++;
                }
            }
            execution->step_begin[s + 1] = total;
        }
        if (pass == 0) {
            execution->step_nodes = lk_allocate(total, sizeof *execution->step_nodes);
        }
        if (execution->step_begin == NULL || execution->step_nodes == NULL) {
            return lk_fail_no_memory(graph->context, "schedule",
                                     (steps + total) * (int64_t)sizeof(int64_t));
        }
    }
    return LK_OK;
}

static int64_t bytes_of(const lk_graph *graph, const lk_memory_plan *memory, int64_t batch) {
    int64_t per_example = memory->total * (int64_t)sizeof(float);
    per_example += graph->variables * (int64_t)(sizeof(float) + sizeof(uint16_t));
    return per_example > INT64_MAX / 2 / batch ? INT64_MAX : per_example * batch;
}

static lk_status allocate(lk_execution *execution) {
    const lk_graph *graph = execution->graph;
    lk_context *context = graph->context;
    if (!lk_memory_plan_make(graph, execution->plan, &execution->memory)) {
        return lk_fail_no_memory(context, "memory plan", graph->node_count * 32);
    }
    int64_t cells = graph->variables * execution->batch;
    execution->pool_of_values =
        lk_allocate(execution->memory.total * execution->batch, sizeof(float));
    execution->symbols = lk_allocate(cells, sizeof *execution->symbols);
    execution->nll = lk_allocate(cells, sizeof *execution->nll);
    execution->value = lk_allocate(graph->node_count, sizeof *execution->value);
    execution->gradient = lk_allocate(graph->node_count, sizeof *execution->gradient);
    execution->workspace = lk_workspace_create();
    LK_TRY(lk_derived_create(graph->parameters, execution->plan == LK_PLAN_TRAIN,
                             &execution->derived));
    if (execution->pool_of_values == NULL || execution->symbols == NULL || execution->nll == NULL ||
        execution->value == NULL || execution->gradient == NULL || execution->workspace == NULL) {
        return lk_fail_no_memory(context, "values of the network",
                                 bytes_of(graph, &execution->memory, execution->batch));
    }
    return execution->plan == LK_PLAN_INCREMENTAL ? list_steps(execution) : LK_OK;
}

lk_status lk_execution_create(lk_graph *graph, lk_plan plan, int64_t batch,
                              lk_execution **execution) {
    LK_REQUIRE(graph->output != NULL && graph->failed == LK_OK && batch >= 1);
    *execution = NULL;
    lk_execution *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(graph->context, "execution", (int64_t)sizeof *made);
    }
    made->graph = graph;
    made->plan = plan;
    made->batch = batch;
    made->pool = graph->context->pool;
    made->context = graph->context;
    lk_status status = allocate(made);
    if (status != LK_OK) {
        lk_execution_destroy(made);
        return status;
    }
    *execution = made;
    return LK_OK;
}

void lk_execution_destroy(lk_execution *execution) {
    if (execution == NULL) {
        return;
    }
    lk_memory_plan_release(&execution->memory);
    lk_release(execution->pool_of_values);
    lk_release(execution->symbols);
    lk_release(execution->nll);
    lk_release(execution->value);
    lk_release(execution->gradient);
    lk_release(execution->step_begin);
    lk_release(execution->step_nodes);
    lk_workspace_destroy(execution->workspace);
    lk_derived_destroy(execution->derived);
    free(execution);
}

void lk_execution_rebind(lk_execution *execution, lk_graph *graph) {
    const lk_graph *old = execution->graph;
    LK_REQUIRE(execution->plan != LK_PLAN_INCREMENTAL && old->node_count == graph->node_count);
    LK_REQUIRE(graph->output->index == old->output->index && graph->dist == old->dist);
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *a = old->nodes[i], *b = graph->nodes[i];
        LK_REQUIRE(a->op == b->op && a->cells == b->cells && a->channels == b->channels);
        LK_REQUIRE(a->input_count == b->input_count && a->needs_gradient == b->needs_gradient);
        for (int32_t k = 0; k < a->input_count; k++) {
            LK_REQUIRE(a->inputs[k]->index == b->inputs[k]->index);
        }
    }
    execution->graph = graph;
}

int64_t lk_execution_bytes(const lk_graph *graph, lk_plan plan, int64_t batch) {
    lk_memory_plan memory;
    if (!lk_memory_plan_make(graph, plan, &memory)) {
        return INT64_MAX;
    }
    int64_t bytes = bytes_of(graph, &memory, batch);
    lk_memory_plan_release(&memory);
    return bytes;
}

void lk_execution_set_pool(lk_execution *execution, lk_pool *pool) {
    execution->pool = pool;
}

void lk_execution_set_training(lk_execution *execution, bool training, uint64_t seed,
                               uint64_t step) {
    execution->training = training;
    execution->seed = seed;
    execution->step = step;
}

/* ---- one node -------------------------------------------------------------------------------- */

void lk_execution_place_values(lk_execution *execution, int64_t count) {
    const lk_graph *graph = execution->graph;
    execution->count = count;
    execution->first = 0;
    execution->last = graph->variables;
    execution->window = NULL;
    for (int32_t i = 0; i < graph->node_count; i++) {
        execution->value[i] =
            execution->pool_of_values + execution->memory.value[i] * execution->batch;
        execution->gradient[i] =
            execution->plan == LK_PLAN_TRAIN && graph->nodes[i]->needs_gradient
                ? execution->pool_of_values + execution->memory.gradient[i] * execution->batch
                : NULL;
    }
}

lk_task lk_execution_task(lk_execution *execution, const lk_node *node, lk_task_arrays *arrays) {
    const lk_graph *graph = execution->graph;
    for (int32_t k = 0; k < node->input_count; k++) {
        arrays->in[k] = execution->value[node->inputs[k]->index];
        arrays->din[k] = execution->gradient[node->inputs[k]->index];
    }
    for (int32_t k = 0; k < node->parameter_count; k++) {
        arrays->parameter[k] =
            lk_derived_value(execution->derived, graph->parameters, node->parameters[k]);
        float *derived = lk_derived_gradient(execution->derived, node->parameters[k]);
        arrays->dparameter[k] =
            derived != NULL ? derived : lk_execution_gradient(execution, node->parameters[k]);
    }
    return (lk_task){
        .node = node,
        .batch = execution->count,
        .cells = node->by_ready,
        .cell_count = node->cells,
        .in = arrays->in,
        .out = execution->value[node->index],
        .parameter = arrays->parameter,
        .dout = execution->gradient[node->index],
        .din = arrays->din,
        .dparameter = arrays->dparameter,
        .fresh = arrays->fresh,
        .first_cell = execution->window == NULL ? 0
                                                : execution->first / execution->window->unit *
                                                      execution->window->nodes[node->index].cells,
        .training = execution->training,
        .random = {execution->seed, LK_FOR_DROPOUT},
        .step = execution->step,
        .first_example = execution->first_example,
        .kernels = graph->context->kernels,
        .pool = execution->pool,
        .workspace = execution->workspace,
    };
}

lk_status lk_execution_run(lk_execution *execution, const lk_node *node, const int32_t *cells,
                           int64_t count) {
    lk_task_arrays arrays = {0};
    lk_task task = lk_execution_task(execution, node, &arrays);
    task.cells = cells;
    task.cell_count = count;
    return node->op->forward(&task) ? LK_OK : lk_fail_no_memory(execution->context, node->name, 0);
}

/* ---- the parallel schedule ------------------------------------------------------------------- */

typedef struct fill {
    lk_execution *execution;
    const uint16_t *x;
} fill;

/* [example][variable] -> [variable][example], as symbols and as the data node's floats. */
static void fill_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const fill *f = argument;
    lk_execution *e = f->execution;
    int64_t variables = e->last - e->first, count = e->count, last = lk_last_variable(e, piece);
    /* one cache line of each example serves all variables of a piece */
    for (int64_t v = lk_first_variable(e, piece); v < last; v++) {
        const uint16_t *column = f->x + v - e->first;
        uint16_t *symbols = e->symbols + v * count;
        float *value = e->value[0] + v * count;
        for (int64_t n = 0; n < count; n++) {
            symbols[n] = column[n * variables];
            value[n] = (float)column[n * variables];
        }
    }
}

void lk_execution_fill(lk_execution *execution, const uint16_t *x) {
    fill f = {execution, x};
    lk_pool_run(execution->pool, lk_variable_pieces(execution), fill_piece, &f);
}

lk_status lk_execution_forward(lk_execution *execution, const uint16_t *x, int64_t count) {
    const lk_graph *graph = execution->graph;
    LK_REQUIRE(count >= 1 && count <= execution->batch);
    lk_execution_place_values(execution, count);
    lk_execution_derive(execution);
    lk_execution_fill(execution, x);
    for (int32_t i = 1; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        LK_TRY(lk_execution_run(execution, node, node->by_ready, node->cells));
    }
    return LK_OK;
}

const float *lk_execution_parameters(const lk_execution *execution, int64_t variable) {
    const lk_node *output = execution->graph->output;
    return execution->value[output->index] + variable * execution->count * output->channels;
}

static void nll_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    lk_execution *e = argument;
    const lk_graph *graph = e->graph;
    int64_t last = lk_last_variable(e, piece);
    for (int64_t v = lk_first_variable(e, piece); v < last; v++) {
        graph->dist->nll(graph->context->kernels, graph->alphabet, lk_execution_parameters(e, v),
                         e->symbols + v * e->count, e->count, e->nll + v * e->count);
    }
}

lk_status lk_execution_nll(lk_execution *execution, double *nll_nats, float *per_variable) {
    int64_t variables = execution->last - execution->first, count = execution->count;
    lk_pool_run(execution->pool, lk_variable_pieces(execution), nll_piece, execution);
    memset(nll_nats, 0, (size_t)count * sizeof *nll_nats);
    for (int64_t v = 0; v < variables; v++) {
        const float *terms = execution->nll + (execution->first + v) * count;
        for (int64_t n = 0; n < count; n++) {
            nll_nats[n] += (double)terms[n];
        }
        for (int64_t n = 0; per_variable != NULL && n < count; n++) {
            per_variable[n * variables + v] = terms[n];
        }
    }
    return LK_OK;
}

const lk_node *lk_execution_first_not_finite(const lk_execution *execution) {
    const lk_graph *graph = execution->graph;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        int64_t floats = node->cells * node->channels * execution->count;
        if (!graph->context->kernels->all_finite(execution->value[i], floats)) {
            return node;
        }
    }
    return NULL;
}

void lk_execution_weights_changed(lk_execution *execution) {
    lk_execution_derive(execution);
}

/* ---- the incremental schedule ---------------------------------------------------------------- */

lk_status lk_execution_begin(lk_execution *execution, int64_t count) {
    LK_REQUIRE(execution->plan == LK_PLAN_INCREMENTAL && count >= 1 && count <= execution->batch);
    lk_execution_place_values(execution, count);
    lk_execution_derive(execution);
    return LK_OK;
}

lk_status lk_execution_compute(lk_execution *execution, int32_t step) {
    const lk_graph *graph = execution->graph;
    LK_REQUIRE(step >= 0 && step < graph->steps);
    for (int64_t i = execution->step_begin[step]; i < execution->step_begin[step + 1]; i++) {
        const lk_node *node = graph->nodes[execution->step_nodes[i]];
        int64_t first = node->step_begin[step];
        LK_TRY(lk_execution_run(execution, node, node->by_ready + first,
                                node->step_begin[step + 1] - first));
    }
    return LK_OK;
}

void lk_execution_set(lk_execution *execution, int64_t variable, const uint16_t *values) {
    int64_t count = execution->count;
    float *value = execution->value[0] + variable * count;
    for (int64_t n = 0; n < count; n++) {
        value[n] = (float)values[n];
        execution->symbols[variable * count + n] = values[n];
    }
}
