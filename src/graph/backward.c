/* Reverse-mode differentiation. The driver owns accumulation: it zeroes a value's gradient when its
 * life begins (or tells an operation that can set it that it is fresh), and tells an operation
 * whether it is the first to touch a parameter's gradient; the operations hold only the
 * mathematics. Nodes run in reverse order, so that every sum has one fixed order. */
#include <string.h>

#include "graph/execution_inside.h"

typedef struct seed_gradient {
    lk_execution *execution;
    float scale;
} seed_gradient;

static void seed_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const seed_gradient *s = argument;
    lk_execution *e = s->execution;
    const lk_graph *graph = e->graph;
    int64_t last = lk_last_variable(e, piece);
    for (int64_t place = lk_first_variable(e, piece); place < last; place++) {
        int64_t v = lk_variable_at(e, place);
        const lk_field *field = lk_graph_field(graph, v);
        lk_head head = lk_graph_head(graph, v);
        int64_t at = (v - field->first) * e->count * head.channels;
        float scale = e->weights != NULL ? s->scale * e->weights[v] : s->scale;
        int64_t active = lk_active_examples(e, place);
        float *gradient = e->gradient[field->output->index] + at;
        head.dist->gradient(graph->context->kernels, &head, lk_execution_parameters(e, v),
                            e->symbols + v * e->count, scale, active, gradient);
        lk_weigh_examples(e, v, head.channels, gradient);
        memset(gradient + active * head.channels, 0,
               (size_t)((e->count - active) * head.channels) * sizeof *gradient);
    }
}

/* Variables of a stream that are not yet there. */
static void zero_later(lk_execution *e) {
    for (int32_t f = 0; f < e->graph->field_count && e->window != NULL; f++) {
        const lk_field *field = &e->graph->fields[f];
        if (field->output != NULL) {
            int64_t floats = e->count * field->output->channels;
            int64_t last = lk_range_of_call(e, field->output).last;
            float *gradient = e->gradient[field->output->index];
            memset(gradient + last * floats, 0,
                   (size_t)((field->cells - last) * floats) * sizeof(float));
        }
    }
}

/* Whether backward of `node` passes over all cells of an input that it reads: not of one that does
 * not repeat along a stream, of whose cells those count that the stream's first positions read. */
static bool passes_over(const lk_execution *e, const lk_node *node, const lk_node *input) {
    return e->window == NULL || e->window->nodes[node->index].constant ||
           !e->window->nodes[input->index].constant;
}

/* The gradients of this node's inputs begin their lives at the node that reads them last, which
 * backward meets first. */
static void begin_gradients(lk_execution *execution, const lk_node *node, bool *begun,
                            bool *fresh) {
    for (int32_t k = 0; k < node->input_count; k++) {
        const lk_node *input = node->inputs[k];
        float *gradient = execution->gradient[input->index];
        fresh[k] =
            !begun[input->index] && node->op->sets_fresh && passes_over(execution, node, input);
        if (!begun[input->index] && gradient != NULL) { /* what is not set; and later cells */
            lk_range range = lk_range_of_call(execution, input);
            int64_t first = fresh[k] ? range.last : range.first;
            int64_t floats = input->channels * execution->count;
            memset(gradient + first * floats, 0,
                   (size_t)((input->cells - first) * floats) * sizeof(float));
        }
        begun[input->index] = true;
    }
}

/* The task's cells are those of the call. */
static void take_call(const lk_execution *e, lk_task *task, lk_range *of_input) {
    const lk_node *node = task->node;
    lk_range own = lk_range_of_call(e, node);
    for (int32_t k = 0; k < node->input_count; k++) {
        of_input[k] = lk_range_of_call(e, node->inputs[k]);
    }
    task->range_of_input = of_input;
    task->first_cell = own.first;
    task->cell_count = own.last - own.first;
    if (!e->window->nodes[node->index].constant) {
        task->cells = e->numbers + own.first;
    }
}

static lk_status node_backward(lk_execution *execution, const lk_node *node, bool *begun,
                               bool *touched) {
    const lk_graph *graph = execution->graph;
    lk_task_arrays arrays = {0};
    for (int32_t k = 0; k < node->parameter_count; k++) {
        int32_t p = node->parameters[k];
        arrays.fresh[k] = !touched[p];
        touched[p] = true;
        LK_REQUIRE(graph->parameters->list[p].gradient != NULL);
    }
    begin_gradients(execution, node, begun, arrays.din_fresh);
    lk_task task = lk_execution_task(execution, node, &arrays);
    task.din_fresh = node->op->sets_fresh ? arrays.din_fresh : NULL;
    if (node->op->backward == NULL) {
        return lk_fail(execution->context, LK_UNSUPPORTED,
                       "node %s (%s) cannot be trained by gradients", node->name, node->op->name);
    }
    lk_range range[LK_NODE_INPUTS_MOST];
    if (execution->window != NULL) {
        take_call(execution, &task, range);
    }
    return node->op->backward(&task) ? LK_OK : lk_fail_no_memory(execution->context, node->name, 0);
}

static lk_status run_backward(lk_execution *execution, bool *begun, bool *touched) {
    const lk_graph *graph = execution->graph;
    int64_t examples = execution->examples > 0 ? execution->examples : execution->count;
    seed_gradient s = {execution, 1.0f / (float)examples};
    zero_later(execution);
    lk_pool_run(execution->pool, lk_variable_pieces(execution), seed_piece, &s);
    for (int32_t f = 0; f < graph->field_count; f++) {
        if (graph->fields[f].output != NULL) {
            begun[graph->fields[f].output->index] = true;
        }
    }
    for (int32_t i = graph->node_count - 1; i >= graph->field_count; i--) {
        const lk_node *node = graph->nodes[i];
        if (node->needs_gradient &&
            begun[i]) { /* nodes that the output does not read have no gradient */
            LK_TRY(node_backward(execution, node, begun, touched));
        }
    }
    for (int32_t p = 0; p < graph->parameters->count; p++) {
        const lk_parameter *parameter = &graph->parameters->list[p];
        float *gradient = lk_execution_gradient(execution, p);
        if (!touched[p] && gradient != NULL) {
            memset(gradient, 0, (size_t)(parameter->rows * parameter->columns) * sizeof(float));
        }
    }
    lk_derived_chain(execution->derived, touched, execution->own_gradient, execution->pool);
    return LK_OK;
}

lk_status lk_execution_backward(lk_execution *execution) {
    const lk_graph *graph = execution->graph;
    bool trained = false, whole = true;
    LK_REQUIRE(lk_plan_trains(execution->plan) && execution->count >= 1);
    for (int32_t f = 0; f < graph->field_count; f++) {
        const lk_field *field = &graph->fields[f];
        trained = trained || (field->output != NULL && field->output->needs_gradient);
        whole = whole && (field->output == NULL || field->output->needs_gradient);
    }
    if (!trained || !whole) {
        return lk_fail(execution->context, LK_UNSUPPORTED,
                       "the network has no parameters to train");
    }
    bool *flags = lk_allocate((int64_t)graph->node_count + graph->parameters->count, sizeof *flags);
    if (flags == NULL) {
        return lk_fail_no_memory(execution->context, "backward pass", graph->node_count);
    }
    if (execution->window != NULL) {
        lk_execution_window_pass(execution);
    }
    lk_status status = run_backward(execution, flags, flags + graph->node_count);
    lk_release(flags);
    return status;
}
