/* Transposed convolution: a grid of pixels becomes a finer one. Of a convolution with strides from
 * the fine grid to the coarse one it has the geometry, with the roles exchanged: what that reads by
 * a tap, this writes by it,
 *   out[q] = bias + sum over taps t in declared order, then channels, of weight[t][c_in][c_out]
 *     in[(q - offset(t)) / stride][c_in]
 * over the taps for which the division leaves no rest and the pixel is inside the grid. Pixels that
 * leave the same remainder (a phase) meet the same taps, and are rows of one product. The fine grid
 * may have any size whose every stride-th pixel makes the coarse one: where it is odd, cells that
 * would lie outside are not there. */
#include <stdio.h>

#include "ops/conv_inside.h"
#include "ops/rules.h"

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    (void)input;
    const lk_conv_settings *self = node->settings;
    const lk_conv_class *class = &self->readers.class_at[self->readers.class_of[cell]];
    LK_REQUIRE(class->count <= most);
    for (int32_t e = 0; e < class->count; e++) {
        int64_t from = lk_conv_origin(&self->readers, (int32_t)cell) + class->entries[e].delta;
        spans[e] = (lk_span){.first = from, .count = 1};
    }
    return class->count;
}

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    const lk_conv_settings *self = node->settings;
    return self->readers.class_at[self->readers.class_of[cell]].count * node->inputs[0]->channels *
           node->channels;
}

/* Tap t leads from the fine pixel to the coarse one t / stride before that which it lies in. */
static int64_t reach(const lk_node *node) {
    const lk_conv_settings *self = node->settings;
    int64_t line = self->pixels / self->output.size[0], most = 0;
    for (int32_t t = 0; t < self->taps; t++) {
        if (self->tap[t][0] < 0) {
            return -1;
        }
        int64_t back = self->tap[t][0] / self->stride[0] * line;
        most = back > most ? back : most;
    }
    return most;
}

static lk_status shape(lk_context *context, lk_node *node) {
    const lk_conv_settings *self = node->settings;
    const lk_node *input = node->inputs[0];
    if (input->cells != self->pixels) {
        return lk_fail(context, LK_INVALID,
                       "node %s: a grid of %lld pixels, every stride-th of which makes %lld, does "
                       "not fit an input of %lld cells",
                       node->name, (long long)self->input_pixels, (long long)self->pixels,
                       (long long)input->cells);
    }
    node->cells = self->input_pixels;
    node->channels = self->channels;
    return LK_OK;
}

static bool forward(const lk_task *task) {
    const lk_node *node = task->node;
    const lk_conv_settings *self = node->settings;
    int64_t inputs = node->inputs[0]->channels;
    lk_conv_sweep s = {
        .task = task,
        .blocks = self->blocks,
        .table = &self->readers,
        .groups = 1,
        .a = task->in[0],
        .a_channels = inputs,
        .a_stride = inputs,
        .block_rows = inputs,
        .b_row_stride = node->channels,
        .b_column_stride = 1,
        .c = task->out,
        .c_channels = node->channels,
        .c_stride = node->channels,
        .start = self->bias ? LK_START_ROW : LK_START_ZERO,
        .bias = self->bias ? task->parameter[1] : NULL,
    };
    return lk_conv_sweep_run(&s, task->cells, task->cell_count);
}

/* din[p][c_in] += sum over taps in declared order, then output channels, of weight
 * dout[stride p + offset(t)]. */
static bool backward_input(const lk_task *task) {
    const lk_node *node = task->node, *input = node->inputs[0];
    const lk_conv_settings *self = node->settings;
    lk_range range = lk_range_of_input(task, 0);
    lk_conv_sweep s = {
        .task = task,
        .blocks = self->blocks,
        .table = &self->reads,
        .groups = 1,
        .a = task->dout,
        .a_channels = node->channels,
        .a_stride = node->channels,
        .block_rows = input->channels * node->channels,
        .b_row_stride = 1,
        .b_column_stride = node->channels,
        .c = task->din[0],
        .c_channels = input->channels,
        .c_stride = input->channels,
        .start = lk_din_fresh(task, 0) ? LK_START_ZERO : LK_START_C,
        .first = range.first,
    };
    return lk_conv_sweep_run(&s, NULL, range.last - range.first);
}

static bool backward(const lk_task *task) {
    const lk_node *node = task->node;
    int64_t inputs = node->inputs[0]->channels;
    lk_conv_products products = {.task = task,
                                 .self = node->settings,
                                 .up = true,
                                 .in = task->in[0],
                                 .dout = task->dout,
                                 .inputs = inputs,
                                 .in_stride = inputs,
                                 .outputs = node->channels};
    return lk_conv_backward_parameters(&products) && (task->din[0] == NULL || backward_input(task));
}

const lk_op lk_conv_up_op = {
    .name = "transposed convolution",
    .definition = "out[q] = bias + sum over taps t of weight[t] in[(q - offset(t)) / stride], "
                  "where that is a pixel",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .reach = reach,
    .multiply_adds = multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_inputs,
    .sets_fresh = true,
};

/* ---- maker ----------------------------------------------------------------------------------- */

/* A fine pixel meets one tap in as many as there are phases. */
static lk_status declare(lk_graph *graph, const char *name, const lk_conv_settings *self,
                         lk_init init, int32_t parameters[2]) {
    int64_t phases = 1;
    for (int32_t axis = 0; axis < self->grid.axes; axis++) {
        phases *= self->stride[axis];
    }
    LK_TRY(lk_conv_declare(graph, name, self, init, parameters));
    int64_t met = (self->taps + phases - 1) / phases;
    lk_parameters_fan_in(graph->parameters, parameters[0], met * self->depth);
    return LK_OK;
}

static lk_status prepare(lk_graph *graph, const char *name, const lk_node *input,
                         const lk_conv_options *options, lk_conv_settings **settings,
                         int32_t parameters[2]) {
    LK_TRY(lk_conv_prepare(graph, name, options, settings));
    if ((*settings)->taps > LK_SPANS_MOST) {
        return lk_fail(graph->context, LK_INVALID, "node %s: %d taps; at most %d are possible",
                       name, (*settings)->taps, LK_SPANS_MOST);
    }
    (*settings)->depth = input->channels;
    return declare(graph, name, *settings, options->init, parameters);
}

lk_node *lk_conv_up(lk_graph *graph, const char *name, lk_node *input, lk_conv_options options) {
    LK_REQUIRE(options.grid.groups == 1 && options.centre == LK_CENTRE_ALL);
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    lk_conv_settings *settings;
    int32_t parameters[2];
    graph->failed = prepare(graph, name, input, &options, &settings, parameters);
    if (graph->failed != LK_OK) {
        return NULL;
    }
    return lk_graph_add(graph, &lk_conv_up_op, name, 1, &input, options.bias ? 2 : 1, parameters,
                        settings);
}
