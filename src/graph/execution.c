/* Running a graph forward: memory, the parallel and the incremental schedule, the likelihood.
 * Backward is in backward.c. */
#include "graph/execution.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "graph/execution_inside.h"

#define TERMS_SIDE 16 /* floats of a line of the cache */

/* ---- life ------------------------------------------------------------------------------------ */

static int64_t bytes_of(int64_t floats, int64_t variables, int64_t batch) {
    int64_t per_example = floats * (int64_t)sizeof(float);
    per_example += variables * (int64_t)(sizeof(float) + sizeof(uint16_t));
    return per_example > INT64_MAX / 2 / batch ? INT64_MAX : per_example * batch;
}

static lk_status ask_for_memory(const lk_execution *execution) {
    char what[96];
    snprintf(what, sizeof what, "running the network over %lld examples at a time",
             (long long)execution->batch);
    return lk_memory_allow(
        execution->graph->context, NULL, what,
        (double)bytes_of(execution->memory.total, execution->graph->variables, execution->batch));
}

static lk_status allocate(lk_execution *execution) {
    const lk_graph *graph = execution->graph;
    lk_context *context = graph->context;
    if (!lk_memory_plan_make(graph, execution->plan, execution->window, execution->length,
                             &execution->memory)) {
        return lk_fail_no_memory(context, "memory plan", graph->node_count * 32);
    }
    LK_TRY(ask_for_memory(execution));
    int64_t cells = graph->variables * execution->batch;
    execution->pool_of_values =
        lk_allocate(execution->memory.total * execution->batch, sizeof(float));
    execution->symbols = lk_allocate(cells, sizeof *execution->symbols);
    execution->given = lk_allocate(graph->given * execution->batch, sizeof *execution->given);
    execution->nll = lk_allocate(cells, sizeof *execution->nll);
    execution->value = lk_allocate(graph->node_count, sizeof *execution->value);
    execution->gradient = lk_allocate(graph->node_count, sizeof *execution->gradient);
    execution->at_step = lk_allocate(graph->node_count, sizeof *execution->at_step);
    execution->workspace = lk_workspace_create();
    LK_TRY(
        lk_derived_create(graph->parameters, lk_plan_trains(execution->plan), &execution->derived));
    if (execution->pool_of_values == NULL || execution->symbols == NULL ||
        execution->given == NULL || execution->nll == NULL || execution->value == NULL ||
        execution->gradient == NULL || execution->at_step == NULL || execution->workspace == NULL) {
        return lk_fail_no_memory(
            context, "values of the network",
            bytes_of(execution->memory.total, graph->variables, execution->batch));
    }
    LK_TRY(execution->plan != LK_PLAN_EVALUATE ? lk_execution_prepare_steps(execution) : LK_OK);
    return execution->window != NULL ? lk_execution_prepare_window(execution) : LK_OK;
}

static lk_status create(const lk_graph *graph, lk_plan plan, int64_t batch, const lk_window *window,
                        lk_execution **execution) {
    LK_REQUIRE(graph->finished && batch >= 1);
    *execution = NULL;
    lk_execution *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(graph->context, "execution", (int64_t)sizeof *made);
    }
    made->graph = graph;
    made->plan = plan;
    made->batch = batch;
    if (window != NULL) {
        made->along = *window;
        made->window = &made->along;
    }
    made->length = window != NULL ? window->positions - window->lookback : 0;
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

lk_status lk_execution_create(const lk_graph *graph, lk_plan plan, int64_t batch,
                              lk_execution **execution) {
    return create(graph, plan, batch, NULL, execution);
}

lk_status lk_execution_create_along(const lk_window *window, lk_plan plan, int64_t batch,
                                    lk_execution **execution) {
    LK_REQUIRE(plan != LK_PLAN_EVALUATE);
    return create(window->graph, plan, batch, window, execution);
}

void lk_execution_destroy(lk_execution *execution) {
    if (execution == NULL) {
        return;
    }
    lk_memory_plan_release(&execution->memory);
    lk_release(execution->pool_of_values);
    lk_release(execution->symbols);
    lk_release(execution->given);
    lk_release(execution->nll);
    lk_release(execution->value);
    lk_release(execution->gradient);
    lk_release(execution->at_step);
    lk_release(execution->step_task);
    lk_release(execution->step_pointers);
    lk_release(execution->begin);
    lk_release(execution->cells);
    lk_release(execution->numbers);
    lk_workspace_destroy(execution->workspace);
    lk_derived_destroy(execution->derived);
    lk_release(execution);
}

void lk_execution_rebind(lk_execution *execution, const lk_graph *graph) {
    const lk_graph *old = execution->graph;
    LK_REQUIRE(execution->plan == LK_PLAN_EVALUATE || execution->plan == LK_PLAN_TRAIN);
    LK_REQUIRE(execution->window == NULL);
    LK_REQUIRE(old->node_count == graph->node_count);
    LK_REQUIRE(old->field_count == graph->field_count && old->variables == graph->variables);
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *a = &old->fields[f], *b = &graph->fields[f];
        LK_REQUIRE(a->role == b->role && a->cells == b->cells && a->head.dist == b->head.dist);
        LK_REQUIRE(a->output == b->output || a->output->index == b->output->index);
    }
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

static int64_t bytes_to_run(const lk_graph *graph, lk_plan plan, int64_t batch,
                            const lk_window *window, int64_t length) {
    int64_t variables =
        window != NULL ? (window->lookback + length) * window->unit : graph->variables;
    return bytes_of(lk_memory_plan_total(graph, plan, window, length), variables, batch);
}

int64_t lk_execution_bytes(const lk_graph *graph, lk_plan plan, int64_t batch) {
    return bytes_to_run(graph, plan, batch, NULL, 0);
}

int64_t lk_execution_window_bytes(const lk_window *window, lk_plan plan, int64_t batch,
                                  int64_t length) {
    return bytes_to_run(window->graph, plan, batch, window, length);
}

void lk_execution_set_pool(lk_execution *execution, lk_pool *pool) {
    execution->pool = pool;
    execution->unready = true;
}

void lk_execution_set_training(lk_execution *execution, bool training, uint64_t seed,
                               uint64_t step) {
    execution->training = training;
    execution->seed = seed;
    execution->step = step;
    execution->unready = true;
}

/* ---- one node -------------------------------------------------------------------------------- */

/* [example][given value] -> the given fields' nodes. */
static void place_given(lk_execution *execution) {
    const lk_graph *graph = execution->graph;
    LK_REQUIRE(graph->given == 0 || execution->given_count >= execution->count);
    for (int32_t f = 0; f < graph->field_count && graph->given > 0; f++) {
        const lk_field *field = &graph->fields[f];
        float *value = execution->value[field->node->index];
        for (int64_t c = 0; c < field->cells && field->role == LK_GIVEN; c++) {
            for (int64_t n = 0; n < execution->count; n++) {
                *value++ = (float)execution->given[n * graph->given + field->first + c];
            }
        }
    }
}

void lk_execution_give(lk_execution *execution, const uint16_t *given, int64_t count) {
    LK_REQUIRE(count <= execution->batch);
    if (execution->graph->given > 0) {
        memcpy(execution->given, given, (size_t)(count * execution->graph->given) * sizeof *given);
        execution->given_count = count;
    }
}

void lk_execution_set_active(lk_execution *execution, const int64_t *active) {
    execution->active = active;
}

void lk_execution_set_weights(lk_execution *execution, const float *weights) {
    execution->weights = weights;
}

void lk_execution_set_example_weights(lk_execution *execution, const float *weights) {
    LK_REQUIRE(execution->window == NULL);
    execution->example_weights = weights;
}

void lk_weigh_examples(const lk_execution *execution, int64_t variable, int64_t width,
                       float *values) {
    if (execution->example_weights == NULL) {
        return;
    }
    const float *weight = execution->example_weights + variable;
    for (int64_t n = 0; n < execution->count; n++) {
        float w = weight[n * execution->graph->variables];
        for (int64_t i = n * width; i < (n + 1) * width; i++) {
            values[i] = w == 0.0f ? 0.0f : w * values[i];
        }
    }
}

void lk_execution_place_values(lk_execution *execution, int64_t count) {
    const lk_graph *graph = execution->graph;
    execution->count = count;
    execution->unready = true;
    execution->first = 0;
    execution->last = graph->variables;
    for (int32_t i = 0; i < graph->node_count; i++) {
        execution->value[i] =
            execution->pool_of_values + execution->memory.value[i] * execution->batch;
        execution->gradient[i] =
            lk_plan_trains(execution->plan) && graph->nodes[i]->needs_gradient
                ? execution->pool_of_values + execution->memory.gradient[i] * execution->batch
                : NULL;
    }
    place_given(execution);
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
        .parameters = graph->parameters,
        .dout = execution->gradient[node->index],
        .din = arrays->din,
        .dparameter = arrays->dparameter,
        .fresh = arrays->fresh,
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
    lk_task_arrays arrays; /* what is of no input or parameter stays unset: this is called often */
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

/* [example][variable] -> [variable][example], as symbols and as the floats of the field's node. */
static void fill_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const fill *f = argument;
    lk_execution *e = f->execution;
    int64_t variables = e->last - e->first, count = e->count, last = lk_last_variable(e, piece);
    /* one cache line of each example serves all variables of a piece */
    for (int64_t place = lk_first_variable(e, piece); place < last; place++) {
        int64_t v = lk_variable_at(e, place);
        const lk_field *field = lk_graph_field(e->graph, v);
        const uint16_t *column = f->x + place - e->first;
        uint16_t *symbols = e->symbols + v * count;
        float *value = lk_execution_cell(e, field, field->node, v);
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
    LK_REQUIRE(execution->window == NULL && count >= 1 && count <= execution->batch);
    LK_REQUIRE(execution->plan != LK_PLAN_STEPS);
    lk_execution_place_values(execution, count);
    lk_execution_derive(execution);
    lk_execution_fill(execution, x);
    lk_execution_fill_along(execution);
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        LK_TRY(lk_execution_run(execution, node, node->by_ready, node->cells));
    }
    return LK_OK;
}

const float *lk_execution_parameters(const lk_execution *execution, int64_t variable) {
    const lk_field *field = lk_graph_field(execution->graph, variable);
    return lk_execution_cell(execution, field, field->output, variable);
}

static void nll_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    lk_execution *e = argument;
    const lk_graph *graph = e->graph;
    int64_t last = lk_last_variable(e, piece);
    for (int64_t place = lk_first_variable(e, piece); place < last; place++) {
        int64_t v = lk_variable_at(e, place);
        lk_head head = lk_graph_head(graph, v);
        head.dist->nll(graph->context->kernels, &head, lk_execution_parameters(e, v),
                       e->symbols + v * e->count, e->count, e->nll + v * e->count);
        lk_weigh_examples(e, v, 1, e->nll + v * e->count);
        int64_t active = lk_active_examples(e, place);
        memset(e->nll + v * e->count + active, 0, (size_t)(e->count - active) * sizeof *e->nll);
    }
}

/* From variable by variable to example by example: some variables, a line of the cache, at once. */
static void copy_terms(const lk_execution *execution, int64_t first, float *per_variable) {
    const float *terms[TERMS_SIDE];
    int64_t variables = execution->last - execution->first, count = execution->count;
    int64_t side = variables - first < TERMS_SIDE ? variables - first : TERMS_SIDE;
    for (int64_t v = 0; v < side; v++) {
        int64_t at = lk_variable_at(execution, execution->first + first + v);
        terms[v] = execution->nll + at * count;
    }
    for (int64_t n = 0; n < count; n++) {
        for (int64_t v = 0; v < side; v++) {
            per_variable[n * variables + first + v] = terms[v][n];
        }
    }
}

lk_status lk_execution_nll(lk_execution *execution, double *nll_nats, float *per_variable) {
    int64_t variables = execution->last - execution->first, count = execution->count;
    lk_pool_run(execution->pool, lk_variable_pieces(execution), nll_piece, execution);
    memset(nll_nats, 0, (size_t)count * sizeof *nll_nats);
    for (int64_t v = 0; v < variables; v++) {
        const float *terms =
            execution->nll + lk_variable_at(execution, execution->first + v) * count;
        for (int64_t n = 0; n < count; n++) {
            nll_nats[n] += (double)terms[n];
        }
    }
    for (int64_t v = 0; v < variables && per_variable != NULL; v += TERMS_SIDE) {
        copy_terms(execution, v, per_variable);
    }
    return LK_OK;
}

/* In training, and along a stream: of those whose values are kept; in the positions of the last
 * call. */
const lk_node *lk_execution_first_not_finite(const lk_execution *execution) {
    const lk_graph *graph = execution->graph;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        lk_range range = lk_range_of_call(execution, node);
        int64_t floats = node->channels * execution->count;
        if (execution->memory.kept[i] &&
            !graph->context->kernels->all_finite(execution->value[i] + range.first * floats,
                                                 (range.last - range.first) * floats)) {
            return node;
        }
    }
    return NULL;
}

lk_status lk_execution_weights_changed(lk_execution *execution) {
    lk_execution_derive(execution);
    execution->unready = true;
    return execution->window != NULL ? lk_execution_window_weights_changed(execution) : LK_OK;
}
