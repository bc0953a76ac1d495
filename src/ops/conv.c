/* Masked convolution: out[p] = bias + sum over taps t, then input groups and channels, of
 * weight[t][c_in][c_out] in[p + offset(t)][c_in].
 *
 * van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", ICML 2016, section
 * 3.4 and figure 2 (mask types A and B). A mask is not a matrix of zeros here: the taps that it
 * would zero are not there, and taps outside the grid are skipped, so that nothing is multiplied
 * that would not count. Memory is [cell][example][channel]: the cells that meet the same taps (a
 * class) are rows of one matrix product, a tap is a constant distance within A, and no copy is made
 * of the windows. The gradient of the inputs is the same sum with the roles exchanged; that of the
 * weights is in conv_gradient.c. */
#include <stdio.h>
#include <string.h>

#include "ops/conv_inside.h"
#include "ops/rules.h"

/* ---- the dependency rule --------------------------------------------------------------------- */

/* Cells that lie side by side, of taps declared one after another, are one span. */
static int32_t add_span(lk_span *spans, int32_t count, int32_t most, int64_t first, int64_t cells) {
    if (count > 0 && spans[count - 1].first + spans[count - 1].count == first) {
        spans[count - 1].count += cells;
        return count;
    }
    LK_REQUIRE(count < most);
    spans[count] = (lk_span){.first = first, .count = cells};
    return count + 1;
}

/* Those of a class, seen from the cell. */
static int32_t class_spans(const lk_conv_settings *self, int32_t class, int64_t cell,
                           lk_span *spans, int32_t most) {
    const lk_conv_class *of = &self->reads.class_at[class];
    int32_t count = 0;
    for (int32_t e = 0; e < of->count; e++) {
        count = add_span(spans, count, most, cell + of->entries[e].delta, 1);
    }
    return count;
}

int32_t lk_conv_spans(const lk_conv_settings *self, int64_t cell, lk_span *spans, int32_t most) {
    int32_t groups = self->grid.groups, count = 0;
    if (self->ranked) {
        return class_spans(self, self->reads.class_of[cell], cell, spans, most);
    }
    int64_t pixel = cell / groups, position[LK_GRID_AXES];
    lk_conv_position(&self->output, pixel, position);
    int64_t centre = lk_conv_centre(self, pixel);
    for (int32_t t = 0; t < self->taps; t++) {
        int32_t read = lk_conv_groups_read(self, (int32_t)(cell % groups), t);
        if (read > 0 && lk_conv_inside(self, position, t, 1)) {
            count = add_span(spans, count, most, (centre + self->tap_pixels[t]) * groups, read);
        }
    }
    return count;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    (void)input;
    return lk_conv_spans(node->settings, cell, spans, most);
}

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    const lk_conv_settings *self = node->settings;
    return self->reads.class_at[self->reads.class_of[cell]].count * self->depth * node->channels;
}

/* A tap that leads ahead by less than the stride stays where the next cell is not yet. */
int64_t lk_conv_reach(const lk_conv_settings *self) {
    int64_t line = self->input_pixels / self->grid.size[0] * self->grid.groups, most = 0;
    for (int32_t t = 0; t < self->taps; t++) {
        if (!lk_conv_uses(self, t)) {
            continue;
        }
        if (self->tap[t][0] >= self->stride[0]) {
            return -1;
        }
        most = -self->tap[t][0] * line > most ? -self->tap[t][0] * line : most;
    }
    return most;
}

static int64_t reach(const lk_node *node) {
    return lk_conv_reach(node->settings);
}

static int64_t stride(const lk_node *node) {
    const lk_conv_settings *self = node->settings;
    return self->stride[0];
}

static lk_status shape(lk_context *context, lk_node *node) {
    const lk_conv_settings *self = node->settings;
    const lk_node *input = node->inputs[0];
    if (input->cells != self->input_pixels * self->grid.groups) {
        return lk_fail(
            context, LK_INVALID,
            "node %s: a grid of %lld pixels of %d cells does not fit an input of %lld cells",
            node->name, (long long)self->input_pixels, self->grid.groups, (long long)input->cells);
    }
    node->cells = self->pixels * self->grid.groups;
    node->channels = self->channels;
    return LK_OK;
}

/* ---- forward and backward -------------------------------------------------------------------- */

static bool forward(const lk_task *task) {
    const lk_node *node = task->node;
    const lk_conv_settings *self = node->settings;
    int64_t inputs = node->inputs[0]->channels;
    lk_conv_sweep s = {
        .task = task,
        .table = &self->reads,
        .groups = self->grid.groups,
        .a = task->in[0],
        .a_channels = inputs,
        .a_stride = inputs,
        .block_rows = self->depth,
        .b_row_stride = node->channels,
        .b_column_stride = 1,
        .c = task->out,
        .c_channels = node->channels,
        .c_stride = node->channels,
        .strips = self->read_strips,
        .blocks = self->blocks,
        .start = self->bias ? LK_START_ROW : LK_START_ZERO,
        .bias = self->bias ? task->parameter[1] : NULL,
    };
    return lk_conv_sweep_run(&s, task->cells, task->cell_count);
}

/* din[q][c_in] += sum over output groups, then taps in declared order, then output channels, of
 * weight dout[(q - offset(t)) / stride]. */
static bool backward_input(const lk_task *task) {
    const lk_node *node = task->node, *input = node->inputs[0];
    const lk_conv_settings *self = node->settings;
    lk_range range = lk_range_of_input(task, 0);
    lk_conv_sweep s = {
        .task = task,
        .table = &self->readers,
        .groups = self->grid.groups,
        .a = task->dout,
        .a_channels = node->channels,
        .a_stride = node->channels,
        .block_rows = self->depth * node->channels,
        .b_row_stride = 1,
        .b_column_stride = node->channels,
        .c = task->din[0],
        .c_channels = input->channels,
        .c_stride = input->channels,
        .strips = self->reader_strips,
        .blocks = self->blocks,
        .start = lk_din_fresh(task, 0) ? LK_START_ZERO : LK_START_C,
        .first = range.first,
    };
    return lk_conv_sweep_run(&s, NULL, range.last - range.first);
}

static bool backward(const lk_task *task) {
    const lk_node *node = task->node;
    const lk_conv_settings *self = node->settings;
    lk_conv_products products = {.task = task,
                                 .self = self,
                                 .in = task->in[0],
                                 .dout = task->dout,
                                 .inputs = self->depth,
                                 .in_stride = node->inputs[0]->channels,
                                 .outputs = node->channels,
                                 .strips = self->read_strips};
    return lk_conv_backward_parameters(&products) && (task->din[0] == NULL || backward_input(task));
}

const lk_op lk_conv_op = {
    .name = "convolution",
    .definition = "out[p] = bias + sum over taps t of weight[t] in[stride p + offset(t)], without "
                  "those outside the grid",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .reach = reach,
    .stride = stride,
    .multiply_adds = multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_inputs,
    .sets_fresh = true,
};

/* ---- maker ----------------------------------------------------------------------------------- */

static lk_status check_options(lk_graph *graph, const char *name, const lk_conv_options *options) {
    const lk_grid *grid = &options->grid;
    LK_REQUIRE(grid->axes >= 1 && grid->axes <= LK_GRID_AXES && grid->groups >= 1 &&
               options->tap_count >= 1);
    LK_REQUIRE(options->rank == NULL || options->centre != LK_CENTRE_ALL);
    int64_t cells = grid->groups;
    for (int32_t axis = 0; axis < grid->axes; axis++) {
        LK_REQUIRE(grid->size[axis] >= 1 && cells <= INT32_MAX && options->stride[axis] >= 0 &&
                   (options->rank == NULL || options->stride[axis] <= 1));
        cells *= grid->size[axis];
    }
    /* Kernels are small; what is refused here would only ask for memory. */
    if (cells > INT32_MAX || options->channels < 1 || options->tap_count > 4096 ||
        grid->groups > 64) {
        return lk_fail(graph->context, LK_INVALID,
                       "node %s: a convolution over %lld cells with %d taps and %d groups is more "
                       "than it can be (2147483647 "
                       "cells, 4096 taps, 64 groups)",
                       name, (long long)cells, options->tap_count, grid->groups);
    }
    return LK_OK;
}

static int32_t stride_of(const lk_conv_options *options, int32_t axis) {
    return options->stride[axis] > 0 ? options->stride[axis] : 1;
}

lk_grid lk_conv_output_grid(const lk_conv_options *options) {
    lk_grid grid = options->grid;
    for (int32_t axis = 0; axis < grid.axes; axis++) {
        grid.size[axis] = (grid.size[axis] - 1) / stride_of(options, axis) + 1;
    }
    return grid;
}

static lk_conv_settings *make_settings(lk_graph *graph, const lk_conv_options *options) {
    lk_conv_settings *self = lk_arena_take(graph->arena, 1, sizeof *self);
    int32_t(*tap)[LK_GRID_AXES] = lk_arena_take(graph->arena, options->tap_count, sizeof *tap);
    if (self == NULL || tap == NULL) {
        return NULL;
    }
    memcpy(tap, options->taps, (size_t)options->tap_count * sizeof *tap);
    self->grid = options->grid;
    self->output = lk_conv_output_grid(options);
    self->pixels = self->input_pixels = 1;
    for (int32_t axis = 0; axis < options->grid.axes; axis++) {
        self->stride[axis] = stride_of(options, axis);
        self->strided = self->strided || self->stride[axis] != 1;
        self->input_pixels *= self->grid.size[axis];
        self->pixels *= self->output.size[axis];
    }
    self->channels = options->channels;
    self->centre = options->centre;
    self->bias = options->bias;
    self->taps = options->tap_count;
    self->tap = tap;
    self->ranked = options->rank != NULL;
    self->rank = options->rank;
    bool made = lk_conv_make_tables(graph->arena, self);
    self->rank = NULL;
    return made ? self : NULL;
}

/* With ranks every cell may meet blocks of its own: as much as the tables could take. */
static lk_status allow_tables(lk_graph *graph, const char *name, const lk_conv_options *options) {
    double groups = options->grid.groups, cells = groups;
    for (int32_t axis = 0; axis < options->grid.axes; axis++) {
        cells *= (double)options->grid.size[axis];
    }
    double entries = cells * groups * (double)options->tap_count;
    return options->rank == NULL
               ? LK_OK
               : lk_memory_allow(graph->context, name, "its masks",
                                 entries * 2.0 * (sizeof(lk_conv_entry) + groups));
}

/* The most spans that any cell has. */
static int32_t most_spans_of_ranks(const lk_conv_settings *self) {
    int32_t most = 1;
    for (int32_t c = 0; c < self->reads.classes; c++) {
        const lk_conv_class *of = &self->reads.class_at[c];
        int32_t spans = of->count > 0;
        for (int32_t e = 1; e < of->count; e++) {
            spans += of->entries[e].delta != of->entries[e - 1].delta + 1;
        }
        most = spans > most ? spans : most;
    }
    return most;
}

/* The most spans that any cell can have: those of a pixel from which all taps stay inside. */
static lk_status check_spans(lk_graph *graph, const char *name, const lk_conv_settings *self) {
    int32_t spans = 1;
    for (int32_t t = 1; t < self->taps; t++) {
        spans += self->tap_pixels[t] != self->tap_pixels[t - 1] + 1;
    }
    if (self->grid.groups > 1 && self->centre != LK_CENTRE_ALL) {
        spans++;
    }
    spans = self->ranked ? most_spans_of_ranks(self) : spans;
    if (spans > LK_SPANS_MOST) {
        return lk_fail(graph->context, LK_INVALID,
                       "node %s: its %d taps lie in %d runs of cells; at most %d are possible",
                       name, self->taps, spans, LK_SPANS_MOST);
    }
    return LK_OK;
}

lk_status lk_conv_declare(lk_graph *graph, const char *name, const lk_conv_settings *self,
                          lk_init init, int32_t parameters[2]) {
    char text[256];
    int64_t rows = self->blocks * self->depth;
    if (self->channels > INT32_MAX / (rows > 0 ? rows : 1)) {
        return lk_fail(graph->context, LK_INVALID,
                       "node %s: %lld x %lld weights are too many for one convolution", name,
                       (long long)rows, (long long)self->channels);
    }
    snprintf(text, sizeof text, "%s.weight", name);
    LK_TRY(lk_graph_declare(graph, text, rows, self->channels, init, &parameters[0]));
    /* In any order a cell reads by half of the taps, on average. */
    int64_t fan_in = rows / self->grid.groups;
    lk_parameters_fan_in(graph->parameters, parameters[0],
                         self->ranked ? (fan_in + 1) / 2 : fan_in);
    snprintf(text, sizeof text, "%s.bias", name);
    return self->bias ? lk_graph_declare(graph, text, self->grid.groups * self->channels, 1,
                                         LK_INIT_ZERO, &parameters[1])
                      : LK_OK;
}

lk_status lk_conv_prepare(lk_graph *graph, const char *name, const lk_conv_options *options,
                          lk_conv_settings **settings) {
    LK_TRY(check_options(graph, name, options));
    LK_TRY(allow_tables(graph, name, options));
    *settings = make_settings(graph, options);
    if (*settings == NULL) {
        return lk_fail_no_memory(graph->context, name,
                                 options->grid.size[0] * (int64_t)sizeof(int32_t));
    }
    return check_spans(graph, name, *settings);
}

static lk_status check_sparse(lk_graph *graph, const char *name, int64_t inputs,
                              const lk_conv_options *options) {
    int64_t size = options->sparse.size, sides[] = {inputs, options->channels};
    LK_REQUIRE(size >= 0 && (size == 0 || options->sparse.count >= 1));
    for (int i = 0; i < 2 && size > 0; i++) {
        if (sides[i] % size != 0) {
            return lk_fail(graph->context, LK_INVALID,
                           "node %s: %lld features cannot be cut into groups of %lld", name,
                           (long long)sides[i], (long long)size);
        }
    }
    return LK_OK;
}

static lk_status prepare(lk_graph *graph, const char *name, const lk_node *input,
                         const lk_conv_options *options, lk_conv_settings **settings,
                         int32_t parameters[2]) {
    LK_TRY(lk_conv_prepare(graph, name, options, settings));
    if ((*settings)->blocks == 0) {
        return lk_fail(graph->context, LK_INVALID, "node %s: the mask leaves nothing to read",
                       name);
    }
    LK_TRY(check_sparse(graph, name, input->channels, options));
    (*settings)->sparse = options->sparse;
    if (!lk_conv_make_strips(graph->arena, *settings, input->channels)) {
        return lk_fail_no_memory(graph->context, name, options->sparse.count);
    }
    (*settings)->sparse.reads = NULL;
    return lk_conv_declare(graph, name, *settings, options->init, parameters);
}

lk_node *lk_conv(lk_graph *graph, const char *name, lk_node *input, lk_conv_options options) {
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    lk_conv_settings *settings;
    int32_t parameters[2];
    graph->failed = prepare(graph, name, input, &options, &settings, parameters);
    if (graph->failed != LK_OK) {
        return NULL;
    }
    return lk_graph_add(graph, &lk_conv_op, name, 1, &input, options.bias ? 2 : 1, parameters,
                        settings);
}

lk_node *lk_conv_1x1(lk_graph *graph, const char *name, lk_node *input, lk_grid grid,
                     int64_t channels, lk_centre centre, lk_init init) {
    static const int32_t here[1][LK_GRID_AXES] = {{0, 0, 0}};
    lk_conv_options options = {.grid = grid,
                               .channels = channels,
                               .taps = here,
                               .tap_count = 1,
                               .centre = centre,
                               .bias = true,
                               .init = init};
    return lk_conv(graph, name, input, options);
}
