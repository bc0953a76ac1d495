/* The incremental schedule. A step may last a few microseconds for all of its nodes: what they are
 * asked to do is written down once, and each step says no more than where, and which cells. */
#include "base/memory.h"
#include "graph/execution_inside.h"

/* ---- tasks ----------------------------------------------------------------------------------- */

lk_status lk_execution_prepare_steps(lk_execution *execution) {
    const lk_graph *graph = execution->graph;
    int64_t pointers = 0;
    for (int32_t i = 0; i < graph->node_count; i++) {
        pointers += graph->nodes[i]->input_count + graph->nodes[i]->parameter_count;
    }
    execution->unready = true;
    execution->step_task = lk_allocate(graph->node_count, sizeof *execution->step_task);
    execution->step_pointers = lk_allocate(pointers, sizeof *execution->step_pointers);
    return execution->step_task != NULL && execution->step_pointers != NULL
               ? LK_OK
               : lk_fail_no_memory(graph->context, "steps",
                                   graph->node_count * (int64_t)sizeof *execution->step_task);
}

static void make_ready(lk_execution *execution) {
    const lk_graph *graph = execution->graph;
    const float **pointer = execution->step_pointers;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        lk_step_task *step = &execution->step_task[i];
        lk_task_arrays arrays;
        step->task = lk_execution_task(execution, node, &arrays);
        step->task.din = NULL; /* what is of backward alone */
        step->task.dparameter = NULL;
        step->task.fresh = NULL;
        step->task.in = step->in = pointer;
        pointer += node->input_count;
        step->task.parameter = pointer;
        for (int32_t k = 0; k < node->parameter_count; k++) {
            *pointer++ = arrays.parameter[k];
        }
    }
    execution->unready = false;
}

lk_status lk_execution_step(lk_execution *execution, const lk_node *node, const int32_t *cells,
                            int64_t count) {
    if (execution->unready) {
        make_ready(execution);
    }
    lk_step_task *step = &execution->step_task[node->index];
    for (int32_t k = 0; k < node->input_count; k++) {
        step->in[k] = execution->value[node->inputs[k]->index];
    }
    step->task.out = execution->value[node->index];
    step->task.cells = cells;
    step->task.cell_count = count;
    return node->op->forward(&step->task) ? LK_OK
                                          : lk_fail_no_memory(execution->context, node->name, 0);
}

/* ---- steps ----------------------------------------------------------------------------------- */

lk_status lk_execution_begin(lk_execution *execution, int64_t count) {
    LK_REQUIRE(execution->plan != LK_PLAN_EVALUATE && execution->plan != LK_PLAN_TRAIN);
    LK_REQUIRE(execution->window == NULL);
    LK_REQUIRE(count >= 1 && count <= execution->batch);
    lk_execution_place_values(execution, count);
    lk_execution_fill_along(execution);
    lk_execution_derive(execution);
    execution->next_step = -1;
    return LK_OK;
}

/* Where each node's list of steps goes on at this step. */
static void find_step(lk_execution *execution, int32_t step) {
    const lk_graph *graph = execution->graph;
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        execution->at_step[i] = lk_steps_find(&graph->nodes[i]->steps, step);
    }
}

/* The memory of a brief node holds the cells of a step, of which `first` is the first. Operations
 * find a cell by its number: the pointer is computed as one, since it may lead out of the
 * memory. */
static void place_step(lk_execution *execution, const lk_node *node, int32_t first) {
    const float *memory =
        execution->pool_of_values + execution->memory.value[node->index] * execution->batch;
    uintptr_t before = (uintptr_t)(first * execution->count * node->channels) * sizeof(float);
    execution->value[node->index] = (float *)((uintptr_t)memory - before);
}

lk_status lk_execution_compute(lk_execution *execution, int32_t step) {
    const lk_graph *graph = execution->graph;
    LK_REQUIRE(step >= 0 && step < graph->steps);
    if (step != execution->next_step) {
        find_step(execution, step);
    }
    execution->next_step = step + 1;
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        const lk_steps *steps = &node->steps;
        int32_t at = execution->at_step[i];
        if (at < steps->count && steps->step[at] == step) {
            const int32_t *cells = node->by_ready + steps->begin[at];
            execution->at_step[i]++;
            if (execution->plan == LK_PLAN_STEPS && node->brief_cells > 0) {
                place_step(execution, node, cells[0]);
            }
            LK_TRY(
                lk_execution_step(execution, node, cells, steps->begin[at + 1] - steps->begin[at]));
        }
    }
    return LK_OK;
}

void lk_execution_set(lk_execution *execution, int64_t variable, const uint16_t *values) {
    const lk_field *field = lk_graph_field(execution->graph, variable);
    int64_t count = execution->count;
    float *value = lk_execution_cell(execution, field, field->node, variable);
    for (int64_t n = 0; n < count; n++) {
        value[n] = (float)values[n];
        execution->symbols[variable * count + n] = values[n];
    }
}
