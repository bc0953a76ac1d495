/* Masked convolution: out[p] = bias + sum over taps t, then input groups and channels, of weight[t][c_in][c_out] in[p + offset(t)][c_in].
 *
 * van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", ICML 2016, section 3.4 and figure 2 (mask types A and B).
 * A mask is not a matrix of zeros here: the taps that it would zero are not there, and taps outside the grid are skipped, so that nothing
 * is multiplied that would not count. Memory is [cell][example][channel]: the cells that meet the same taps (a class) are rows of one matrix
 * product, a tap is a constant distance within A, and no copy is made of the windows. The gradient of the inputs is the same sum with the
 * roles exchanged; that of the weights is in conv_gradient.c. */
#include <stdio.h>
#include <string.h>

#include "ops/conv_inside.h"

/* ---- the dependency rule ------------------------------------------------------------------------------------------------ */

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

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans, int32_t most) {
    (void)input;
    const lk_conv_settings *self = node->settings;
    int32_t groups = self->grid.groups, count = 0;
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

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    const lk_conv_settings *self = node->settings;
    return self->reads.class_at[self->reads.class_of[cell]].count * node->inputs[0]->channels * node->channels;
}

static int64_t reach(const lk_node *node) {
    const lk_conv_settings *self = node->settings;
    int64_t line = self->input_pixels / self->grid.size[0] * self->grid.groups, most = 0;
    for (int32_t t = 0; t < self->taps; t++) {
        if (self->tap[t][0] > 0) {
            return -1;
        }
        most = -self->tap[t][0] * line > most ? -self->tap[t][0] * line : most;
    }
    return most;
}

static lk_status shape(lk_context *context, lk_node *node) {
    const lk_conv_settings *self = node->settings;
    const lk_node *input = node->inputs[0];
    if (input->cells != self->input_pixels * self->grid.groups) {
        return lk_fail(context, LK_INVALID,
                       "node %s: a grid of %lld pixels of %d cells does not fit an input of %lld cells", node->name,
                       (long long)self->input_pixels, self->grid.groups, (long long)input->cells);
    }
    node->cells = self->pixels * self->grid.groups;
    node->channels = self->channels;
    return LK_OK;
}

/* ---- products of classes -------------------------------------------------------------------------------------------------- */

/* C[cell] += sum over the entries of the cell's class of A[cell + delta] block. B's element (entry, depth k, column n) stands at
 * (block * block_rows + k) * b_row_stride + n * b_column_stride of the weights. */
typedef struct sweep {
    const lk_task *task;
    const lk_conv_table *table;
    const float *a;
    int64_t a_channels;
    int64_t block_rows, b_row_stride, b_column_stride;
    float *c;
    int64_t c_channels;
    lk_start start;    /* of the sums; for LK_START_ROW: */
    const float *bias; /* [groups][c_channels] */
    /* scratch */
    int32_t *begin;             /* [classes + 1] */
    int32_t *sorted;            /* [cells]: by class */
    int32_t *row;               /* [cells * batch] */
    int32_t *a_row;             /* the same for A, where its cells are others (a stride) */
    int32_t *a_index, *b_index; /* [depth] */
} sweep;

static bool take_scratch(sweep *s, int64_t cells) {
    int64_t depth = (int64_t)s->table->entries_most * s->a_channels, rows = cells * s->task->batch;
    int64_t a_rows = s->table->origin != NULL ? rows : 0;
    if (rows > INT32_MAX || depth > INT32_MAX) {
        return false;
    }
    int64_t count = s->table->classes + 1 + cells + rows + a_rows + 2 * depth;
    int32_t *memory = lk_workspace_scratch(s->task->workspace, count * (int64_t)sizeof *memory);
    if (memory == NULL) {
        return false;
    }
    s->begin = memory;
    s->sorted = s->begin + s->table->classes + 1;
    s->row = s->sorted + cells;
    s->a_row = s->row + rows;
    s->a_index = s->a_row + a_rows;
    s->b_index = s->a_index + depth;
    return true;
}

/* Counting sort; cells NULL: all of them, 0 .. count - 1. */
static void sort_by_class(sweep *s, const int32_t *cells, int64_t count) {
    const int32_t *class_of = s->table->class_of;
    int32_t classes = s->table->classes;
    memset(s->begin, 0, ((size_t)classes + 1) * sizeof *s->begin);
    for (int64_t i = 0; i < count; i++) {
        s->begin[class_of[cells != NULL ? cells[i] : i] + 1]++;
    }
    for (int32_t c = 0; c < classes; c++) {
        s->begin[c + 1] += s->begin[c];
    }
    for (int64_t i = 0; i < count; i++) {
        int32_t cell = cells != NULL ? cells[i] : (int32_t)i;
        s->sorted[s->begin[class_of[cell]]++] = cell;
    }
    for (int32_t c = classes; c > 0; c--) {
        s->begin[c] = s->begin[c - 1];
    }
    s->begin[0] = 0;
}

/* The cell of A's grid that deltas count from. */
static int32_t origin(const sweep *s, int32_t cell) {
    return s->table->origin != NULL ? s->table->origin[cell] : cell;
}

/* Rows of the product: (cell, example) pairs; NULL when they lie side by side from the first cell on. */
static const int32_t *list_rows(const sweep *s, const int32_t *cells, int64_t count) {
    int64_t batch = s->task->batch, k = 0;
    bool together = true;
    for (int64_t i = 1; i < count && together; i++) {
        together = cells[i] == cells[0] + i;
    }
    for (int64_t i = 0; i < count && !together; i++) {
        for (int64_t n = 0; n < batch; n++) {
            s->row[k++] = (int32_t)((cells[i] - cells[0]) * batch + n);
        }
    }
    return together ? NULL : s->row;
}

/* Those of A. */
static const int32_t *list_a_rows(const sweep *s, const int32_t *cells, int64_t count) {
    int64_t batch = s->task->batch, k = 0;
    int32_t first = origin(s, cells[0]);
    for (int64_t i = 0; i < count; i++) {
        for (int64_t n = 0; n < batch; n++) {
            s->a_row[k++] = (int32_t)((origin(s, cells[i]) - first) * batch + n);
        }
    }
    return s->a_row;
}

/* How many of the entries stand near enough to the first one that 32 bits can tell their places. */
static int32_t near_entries(const sweep *s, const lk_conv_entry *entries, int32_t count) {
    int32_t near = 1;
    int64_t floats = s->task->batch * s->a_channels;
    while (near < count) {
        int64_t distance = (int64_t)entries[near].delta - entries[0].delta;
        if ((distance < 0 ? -distance : distance) + 1 > INT32_MAX / floats) {
            break;
        }
        near++;
    }
    return near;
}

static void list_depth(const sweep *s, const lk_conv_entry *entries, int32_t count) {
    int32_t *a = s->a_index, *b = s->b_index;
    int64_t floats = s->task->batch * s->a_channels;
    for (int32_t e = 0; e < count; e++) {
        int32_t from = (int32_t)((entries[e].delta - entries[0].delta) * floats);
        int32_t block = (int32_t)(entries[e].block * s->block_rows);
        for (int32_t c = 0; c < s->a_channels; c++) {
            *a++ = from + c;
            *b++ = block + c;
        }
    }
}

/* Cells that meet no block at all. */
static void only_start(const sweep *s, const float *bias, const int32_t *cells, int64_t count) {
    for (int64_t i = 0; i < count && s->start != LK_START_C; i++) {
        float *c = s->c + cells[i] * s->task->batch * s->c_channels;
        for (int64_t n = 0; n < s->task->batch; n++, c += s->c_channels) {
            for (int64_t channel = 0; channel < s->c_channels; channel++) {
                c[channel] = bias != NULL ? bias[channel] : 0.0f;
            }
        }
    }
}

/* The chain of every sum goes on from product to product. */
static bool run_class(const sweep *s, const lk_conv_class *class, const int32_t *cells, int64_t count) {
    const lk_task *task = s->task;
    const lk_conv_settings *self = task->node->settings;
    const float *bias = s->bias != NULL ? s->bias + cells[0] % self->grid.groups * s->c_channels : NULL;
    if (class->count == 0) {
        only_start(s, bias, cells, count);
        return true;
    }
    const int32_t *rows = list_rows(s, cells, count);
    const int32_t *a_rows = s->table->origin != NULL ? list_a_rows(s, cells, count) : rows;
    float *c = s->c + cells[0] * task->batch * s->c_channels;
    for (int32_t e = 0, near; e < class->count; e += near) {
        const lk_conv_entry *entries = class->entries + e;
        near = near_entries(s, entries, class->count - e);
        const float *a = s->a + (origin(s, cells[0]) + entries[0].delta) * task->batch * s->a_channels;
        const float *b = task->parameter[0];
        if (near == 1) {
            b += entries[0].block * s->block_rows * s->b_row_stride;
        } else {
            list_depth(s, entries, near);
        }
        lk_product product = {
            .rows = count * task->batch,
            .columns = s->c_channels,
            .depth = near * s->a_channels,
            .a = {a, s->a_channels, 1, a_rows, near == 1 ? NULL : s->a_index},
            .b = {b, s->b_row_stride, s->b_column_stride, near == 1 ? NULL : s->b_index, NULL},
            .c = c,
            .c_row_stride = s->c_channels,
            .c_column_stride = 1,
            .c_row_index = rows,
            .start = e == 0 ? s->start : LK_START_C,
            .bias = bias,
        };
        if (!lk_product_run(&product, task->kernels, task->pool, task->workspace)) {
            return false;
        }
    }
    return true;
}

static bool run_sweep(sweep *s, const int32_t *cells, int64_t count) {
    if (!take_scratch(s, count)) {
        return false;
    }
    sort_by_class(s, cells, count);
    for (int32_t c = 0; c < s->table->classes; c++) {
        int64_t here = s->begin[c + 1] - s->begin[c];
        if (here > 0 && !run_class(s, &s->table->class_at[c], s->sorted + s->begin[c], here)) {
            return false;
        }
    }
    return true;
}

/* ---- forward and backward ---------------------------------------------------------------------------------------------------- */

static bool forward(const lk_task *task) {
    const lk_node *node = task->node;
    const lk_conv_settings *self = node->settings;
    int64_t inputs = node->inputs[0]->channels;
    sweep s = {
        .task = task,
        .table = &self->reads,
        .a = task->in[0],
        .a_channels = inputs,
        .block_rows = inputs,
        .b_row_stride = node->channels,
        .b_column_stride = 1,
        .c = task->out,
        .c_channels = node->channels,
        .start = self->bias ? LK_START_ROW : LK_START_ZERO,
        .bias = self->bias ? task->parameter[1] : NULL,
    };
    return run_sweep(&s, task->cells, task->cell_count);
}

/* din[q][c_in] += sum over output groups, then taps in declared order, then output channels, of weight dout[(q - offset(t)) / stride]. */
static bool backward_input(const lk_task *task) {
    const lk_node *node = task->node, *input = node->inputs[0];
    const lk_conv_settings *self = node->settings;
    sweep s = {
        .task = task,
        .table = &self->readers,
        .a = task->dout,
        .a_channels = node->channels,
        .block_rows = input->channels * node->channels,
        .b_row_stride = 1,
        .b_column_stride = node->channels,
        .c = task->din[0],
        .c_channels = input->channels,
        .start = lk_din_fresh(task, 0) ? LK_START_ZERO : LK_START_C,
    };
    return run_sweep(&s, NULL, input->cells);
}

static bool backward(const lk_task *task) {
    return lk_conv_backward_parameters(task) && (task->din[0] == NULL || backward_input(task));
}

const lk_op lk_conv_op = {
    .name = "convolution",
    .definition =
        "out[p] = bias + sum over taps t of weight[t] in[stride p + offset(t)], without those outside the grid",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .reach = reach,
    .multiply_adds = multiply_adds,
    .forward = forward,
    .backward = backward,
    .sets_fresh = true,
};

/* ---- maker ----------------------------------------------------------------------------------------------------------------------- */

static lk_status check_options(lk_graph *graph, const char *name, const lk_conv_options *options) {
    const lk_grid *grid = &options->grid;
    LK_REQUIRE(grid->axes >= 1 && grid->axes <= LK_GRID_AXES && grid->groups >= 1 && options->tap_count >= 1);
    int64_t cells = grid->groups;
    for (int32_t axis = 0; axis < grid->axes; axis++) {
        LK_REQUIRE(grid->size[axis] >= 1 && cells <= INT32_MAX && options->stride[axis] >= 0);
        cells *= grid->size[axis];
    }
    /* Kernels are small; what is refused here would only ask for memory. */
    if (cells > INT32_MAX || options->channels < 1 || options->tap_count > 4096 || grid->groups > 64) {
        return lk_fail(
            graph->context, LK_INVALID,
            "node %s: a convolution over %lld cells with %d taps and %d groups is more than it can be (2147483647 "
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
    return lk_conv_make_tables(graph->arena, self) ? self : NULL;
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
    if (spans > LK_SPANS_MOST) {
        return lk_fail(graph->context, LK_INVALID,
                       "node %s: its %d taps lie in %d runs of cells; at most %d are possible", name, self->taps, spans,
                       LK_SPANS_MOST);
    }
    return LK_OK;
}

static lk_status declare(lk_graph *graph, const char *name, const lk_conv_settings *self, int64_t inputs, lk_init init,
                         int32_t parameters[2]) {
    char text[256];
    int64_t rows = self->blocks * inputs;
    if (self->channels > INT32_MAX / (rows > 0 ? rows : 1)) {
        return lk_fail(graph->context, LK_INVALID, "node %s: %lld x %lld weights are too many for one convolution",
                       name, (long long)rows, (long long)self->channels);
    }
    snprintf(text, sizeof text, "%s.weight", name);
    LK_TRY(lk_parameters_declare(graph->parameters, text, rows, self->channels, init, &parameters[0]));
    graph->parameters->list[parameters[0]].fan_in = rows / self->grid.groups;
    snprintf(text, sizeof text, "%s.bias", name);
    return self->bias ? lk_parameters_declare(graph->parameters, text, self->grid.groups * self->channels, 1,
                                              LK_INIT_ZERO, &parameters[1])
                      : LK_OK;
}

static lk_status prepare(lk_graph *graph, const char *name, const lk_node *input, const lk_conv_options *options,
                         lk_conv_settings **settings, int32_t parameters[2]) {
    LK_TRY(check_options(graph, name, options));
    *settings = make_settings(graph, options);
    if (*settings == NULL) {
        return lk_fail_no_memory(graph->context, name, input->cells * (int64_t)sizeof(int32_t));
    }
    if ((*settings)->blocks == 0) {
        return lk_fail(graph->context, LK_INVALID, "node %s: the mask leaves nothing to read", name);
    }
    LK_TRY(check_spans(graph, name, *settings));
    return declare(graph, name, *settings, input->channels, options->init, parameters);
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
    return lk_graph_add(graph, &lk_conv_op, name, 1, &input, options.bias ? 2 : 1, parameters, settings);
}

lk_node *lk_conv_1x1(lk_graph *graph, const char *name, lk_node *input, lk_grid grid, int64_t channels,
                     lk_centre centre, lk_init init) {
    static const int32_t here[1][LK_GRID_AXES] = {{0, 0, 0}};
    lk_conv_options options = {
        .grid = grid, .channels = channels, .taps = here, .tap_count = 1, .centre = centre, .bias = true, .init = init};
    return lk_conv(graph, name, input, options);
}
