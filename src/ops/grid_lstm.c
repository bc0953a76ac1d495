/* LSTM over a grid (van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks",
 * ICML 2016, equation 3 and sections 3.1 and 3.2), without peepholes:
 *
 *   [i f o g][p] = x[p] + sum over taps t of U[t] h[p + offset(t)];   c[p] = f c[p + offset(carry)]
 *     + i g;   h[p] = o tanh(c[p])
 *
 * Row LSTM: the taps are the three pixels above. Diagonal LSTM: the pixel above and the one beside.
 * The paper skews its maps, so that a diagonal becomes a column and can be computed at once. Here
 * nothing is moved: the cells of a wave, which need only lower waves, are rows of one product
 * wherever they stand. Row LSTM: a wave is a row; diagonal LSTM: a diagonal. In general the wave of
 * a pixel is slope * row + column, columns counted from the side that the own row is read from, and
 * slope the least that makes all taps lead to lower waves.
 *
 * The products are those of a convolution whose input are the node's own h (conv_inside.h), the
 * rest is kernels/lstm_cell.h. The node needs no mask: no tap leads to the pixel itself, and what
 * is ready before what is derived, as ever, from what is read. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "ops/conv_inside.h"
#include "ops/recurrent.h"

enum { GATES = LK_LSTM_GATES, SLOTS = LK_LSTM_SLOTS, H = LK_LSTM_H, C = LK_LSTM_C, I = LK_LSTM_I };

typedef struct grid_lstm {
    lk_recurrent shared; /* first, for what all recurrences share */
    lk_conv_settings *conv;
    int32_t carry;
    int32_t *carried_from; /* [cells]: the cell that c comes from; -1: none */
    int64_t slope;
    bool mirrored; /* the own row is read from the right */
    int64_t waves;
    int32_t *by_wave; /* [cells]: wave after wave, ascending in each */
    int32_t *begin;   /* [waves + 1] */
} grid_lstm;

static int64_t wave_of(const grid_lstm *self, int64_t cell) {
    int64_t pixel = cell / self->conv->grid.groups, width = self->conv->grid.size[1];
    int64_t row = pixel / width, column = pixel % width;
    if (self->slope == 0) {
        return row;
    }
    return self->slope * row + (self->mirrored ? width - 1 - column : column);
}

static int64_t wave(const lk_node *node, int64_t cell) {
    return wave_of(node->settings, cell);
}

/* Counting sort; cells NULL: all of them. begin[waves + 1]. */
static void sort_by_wave(const grid_lstm *self, const int32_t *cells, int64_t count,
                         int32_t *sorted, int32_t *begin) {
    memset(begin, 0, ((size_t)self->waves + 1) * sizeof *begin);
    for (int64_t i = 0; i < count; i++) {
        begin[wave_of(self, cells != NULL ? cells[i] : i) + 1]++;
    }
    for (int64_t w = 0; w < self->waves; w++) {
        begin[w + 1] += begin[w];
    }
    for (int64_t i = 0; i < count; i++) {
        int32_t cell = cells != NULL ? cells[i] : (int32_t)i;
        sorted[begin[wave_of(self, cell)]++] = cell;
    }
    memmove(begin + 1, begin, (size_t)self->waves * sizeof *begin);
    begin[0] = 0;
}

/* ---- the dependency rule --------------------------------------------------------------------- */

static lk_status shape(lk_context *context, lk_node *node) {
    const grid_lstm *self = node->settings;
    if (node->inputs[0]->cells != self->conv->pixels * self->conv->grid.groups) {
        return lk_fail(
            context, LK_INVALID,
            "node %s: a grid of %lld pixels of %d cells does not fit an input of %lld cells",
            node->name, (long long)self->conv->pixels, self->conv->grid.groups,
            (long long)node->inputs[0]->cells);
    }
    return lk_recurrent_shape(context, node);
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const grid_lstm *self = node->settings;
    if (input < 0) {
        return lk_conv_spans(self->conv, cell, spans, most);
    }
    spans[0] = (lk_span){.first = cell, .count = 1};
    return 1;
}

static int64_t reach(const lk_node *node) {
    const grid_lstm *self = node->settings;
    return lk_conv_reach(self->conv);
}

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    const grid_lstm *self = node->settings;
    const lk_conv_table *table = &self->conv->reads;
    return table->class_at[table->class_of[cell]].count * GATES * self->shared.width *
           self->shared.width;
}

/* ---- forward --------------------------------------------------------------------------------- */

/* The cells of a wave, and what backward keeps for all cells of the node. */
typedef struct wave_step {
    const lk_task *task;
    const int32_t *cells;
    float *dgates;  /* [cells][batch][4 * width] */
    float *dh, *dc; /* [cells][batch][width]: what its readers give a cell */
} wave_step;

static void gates_ahead(void *argument, int64_t first, int64_t last) {
    const wave_step *s = argument;
    const lk_task *task = s->task;
    const grid_lstm *self = task->node->settings;
    const int64_t w = self->shared.width;
    for (int64_t row = first; row < last; row++) {
        int64_t cell = s->cells[row / task->batch], n = row % task->batch,
                from = self->carried_from[cell];
        const float *c = from < 0 ? NULL : task->out + (from * task->batch + n) * SLOTS * w + C * w;
        task->kernels->lstm_cell(task->out + (cell * task->batch + n) * SLOTS * w, c, NULL, w);
    }
}

static bool wave_ahead(const lk_task *task, const int32_t *cells, int64_t count) {
    const grid_lstm *self = task->node->settings;
    const int64_t w = self->shared.width;
    lk_conv_sweep sweep = {
        .task = task,
        .table = &self->conv->reads,
        .groups = self->conv->grid.groups,
        .a = task->out + H * w,
        .a_channels = w,
        .a_stride = SLOTS * w,
        .block_rows = w,
        .b_row_stride = GATES * w,
        .b_column_stride = 1,
        .c = task->out + I * w,
        .c_channels = GATES * w,
        .c_stride = SLOTS * w,
        .start = LK_START_C,
    };
    wave_step s = {.task = task, .cells = cells};
    bool made = lk_conv_sweep_run(&sweep, cells, count);
    lk_recurrent_rows(task, count * task->batch, gates_ahead, &s);
    return made;
}

static bool waves_ahead(const lk_task *task, const int32_t *sorted, const int32_t *begin) {
    const grid_lstm *self = task->node->settings;
    bool made = true;
    for (int64_t w = 0; w < self->waves && made; w++) {
        made = begin[w + 1] == begin[w] ||
               wave_ahead(task, sorted + begin[w], begin[w + 1] - begin[w]);
    }
    return made;
}

static bool forward(const lk_task *task) {
    const grid_lstm *self = task->node->settings;
    lk_recurrent_take_input(task, I);
    if (task->cell_count == 1) {
        return wave_ahead(task, task->cells, 1);
    }
    if (task->cell_count == task->node->cells) {
        return waves_ahead(task, self->by_wave, self->begin);
    }
    int32_t *memory = lk_allocate(self->waves + 1 + task->cell_count, sizeof *memory);
    if (memory == NULL) {
        return false;
    }
    sort_by_wave(self, task->cells, task->cell_count, memory + self->waves + 1, memory);
    bool made = waves_ahead(task, memory + self->waves + 1, memory);
    lk_release(memory);
    return made;
}

/* ---- backward -------------------------------------------------------------------------------- */

/* Every cell's c is carried on by at most one other, so that dc is set, never added to. */
static void gates_back(void *argument, int64_t first, int64_t last) {
    const wave_step *s = argument;
    const lk_task *task = s->task;
    const grid_lstm *self = task->node->settings;
    const int64_t w = self->shared.width;
    for (int64_t row = first; row < last; row++) {
        int64_t n = row % task->batch, cell = s->cells[row / task->batch],
                from = self->carried_from[cell];
        int64_t at = cell * task->batch + n, before = from * task->batch + n;
        const lk_lstm_cell one = {
            .value = task->out + at * SLOTS * w,
            .dvalue = task->dout + at * SLOTS * w,
            .c_before = from < 0 ? NULL : task->out + before * SLOTS * w + C * w,
            .dh = s->dh + at * w,
            .dc = s->dc + at * w,
            .dgates = s->dgates + at * GATES * w,
            .dc_before = s->dc + (from < 0 ? at : before) * w,
        };
        task->kernels->lstm_cell_backward(&one, w);
        for (int64_t u = 0; u < GATES * w; u++) {
            one.dgates[u] += 0.0f; /* as adding to zeros would: no -0 */
        }
    }
}

static bool wave_back(wave_step *s, int64_t count) {
    const lk_task *task = s->task;
    const grid_lstm *self = task->node->settings;
    const int64_t w = self->shared.width;
    lk_conv_sweep sweep = {
        .task = task,
        .table = &self->conv->readers,
        .groups = self->conv->grid.groups,
        .a = s->dgates,
        .a_channels = GATES * w,
        .a_stride = GATES * w,
        .block_rows = w * GATES * w,
        .b_row_stride = 1,
        .b_column_stride = GATES * w,
        .c = s->dh,
        .c_channels = w,
        .c_stride = w,
        .start = LK_START_ZERO,
    };
    bool made = lk_conv_sweep_run(&sweep, s->cells, count);
    lk_recurrent_rows(task, count * task->batch, gates_back, s);
    return made;
}

/* Cells before first_cell are constants, and no reader of a later cell is one of them; those behind
 * the task's have no gradient. */
static bool waves_back(wave_step *s) {
    const grid_lstm *self = s->task->node->settings;
    int64_t end = s->task->first_cell + s->task->cell_count;
    bool made = true;
    for (int64_t w = self->waves - 1; w >= 0 && made; w--) {
        int32_t first = self->begin[w], last = self->begin[w + 1];
        while (first < last && self->by_wave[first] < s->task->first_cell) {
            first++;
        }
        while (first < last && self->by_wave[last - 1] >= end) {
            last--;
        }
        s->cells = self->by_wave + first;
        made = first == last || wave_back(s, last - first);
    }
    return made;
}

/* A fresh din is where the gates' derivatives stand at once. */
static bool backward(const lk_task *task) {
    const grid_lstm *self = task->node->settings;
    const int64_t w = self->shared.width, each = task->node->cells * task->batch * w;
    bool fresh = task->din[0] != NULL && lk_din_fresh(task, 0);
    float *memory = lk_allocate((fresh ? 2 : 2 + GATES) * each, sizeof *memory);
    if (memory == NULL) {
        return false;
    }
    wave_step s = {.task = task,
                   .dc = memory,
                   .dh = memory + each,
                   .dgates = fresh ? task->din[0] : memory + 2 * each};
    lk_conv_products products = {.task = task,
                                 .self = self->conv,
                                 .in = task->out + H * w,
                                 .dout = s.dgates,
                                 .inputs = w,
                                 .in_stride = SLOTS * w,
                                 .outputs = GATES * w};
    bool made = waves_back(&s) && lk_conv_backward_parameters(&products);
    if (!fresh) {
        lk_recurrent_give_input(task, s.dgates + task->first_cell * task->batch * GATES * w);
    }
    lk_release(memory);
    return made;
}

const lk_op lk_grid_lstm_op = {
    .name = "grid LSTM",
    .definition = "[i f o g] = x[p] + sum over taps t of U[t] h[p + offset(t)]; c = sig(f) c[p + "
                  "carry] + sig(i) tanh(g); h = "
                  "sig(o) tanh(c)",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .recurrent = true,
    .wave = wave,
    .alike = true,
    .reach = reach,
    .multiply_adds = multiply_adds,
    .forward = forward,
    .backward = backward,
    .sets_fresh = true,
};

/* ---- maker ----------------------------------------------------------------------------------- */

/* Taps to the own row decide from which side it is read. A tap that no pixel can have decides
 * nothing. */
static void find_slope(grid_lstm *self) {
    const lk_grid *grid = &self->conv->grid;
    bool beside = false;
    for (int32_t t = 0; t < self->conv->taps; t++) {
        const int32_t *tap = self->conv->tap[t];
        LK_REQUIRE(tap[0] < 0 ||
                   (tap[0] == 0 && tap[1] != 0 && (!beside || self->mirrored == (tap[1] > 0))));
        self->mirrored = self->mirrored || (tap[0] == 0 && tap[1] > 0);
        beside = beside || tap[0] == 0;
    }
    self->slope = beside ? 1 : 0;
    for (int32_t t = 0; t < self->conv->taps && beside; t++) {
        int64_t up = -self->conv->tap[t][0], ahead = self->conv->tap[t][1];
        ahead = self->mirrored ? -ahead : ahead;
        if (up > 0 && ahead > 0 && ahead < grid->size[1] && ahead / up + 1 > self->slope) {
            self->slope = ahead / up + 1;
        }
    }
    self->waves =
        self->slope == 0 ? grid->size[0] : self->slope * (grid->size[0] - 1) + grid->size[1];
}

static void find_carry(grid_lstm *self) {
    const lk_conv_settings *conv = self->conv;
    for (int64_t cell = 0; cell < conv->pixels * conv->grid.groups; cell++) {
        int64_t position[LK_GRID_AXES],
            from = cell + conv->tap_pixels[self->carry] * conv->grid.groups;
        lk_conv_position(&conv->grid, cell / conv->grid.groups, position);
        self->carried_from[cell] =
            lk_conv_inside(conv, position, self->carry, 1) ? (int32_t)from : -1;
    }
}

static lk_status prepare(lk_graph *graph, const char *name, const lk_node *x,
                         const lk_grid_lstm_options *options, grid_lstm *self) {
    lk_conv_options conv = {.grid = options->grid,
                            .channels = x->channels,
                            .taps = options->taps,
                            .tap_count = options->tap_count};
    LK_TRY(lk_conv_prepare(graph, name, &conv, &self->conv));
    self->shared = (lk_recurrent){x->channels / GATES, GATES, SLOTS, lk_drop_make(0.0)};
    self->carry = options->carry;
    find_slope(self);
    int64_t cells = self->conv->pixels * options->grid.groups;
    self->by_wave = lk_arena_take(graph->arena, cells, sizeof *self->by_wave);
    self->begin = lk_arena_take(graph->arena, self->waves + 1, sizeof *self->begin);
    self->carried_from = lk_arena_take(graph->arena, cells, sizeof *self->carried_from);
    if (self->by_wave == NULL || self->begin == NULL || self->carried_from == NULL) {
        return lk_fail_no_memory(graph->context, name, cells * (int64_t)sizeof(int32_t));
    }
    sort_by_wave(self, NULL, cells, self->by_wave, self->begin);
    find_carry(self);
    return LK_OK;
}

static lk_status declare(lk_graph *graph, const char *name, const grid_lstm *self,
                         int32_t *parameter) {
    const int64_t w = self->shared.width, rows = self->conv->blocks * w;
    char text[256];
    if (w < 1) {
        return LK_OK; /* the shape rule refuses it */
    }
    if (GATES * w > INT32_MAX / rows) {
        return lk_fail(graph->context, LK_INVALID,
                       "node %s: %lld x %lld weights are too many for one recurrence", name,
                       (long long)rows, (long long)(GATES * w));
    }
    snprintf(text, sizeof text, "%s.recurrent", name);
    LK_TRY(lk_graph_declare(graph, text, rows, GATES * w, LK_INIT_GLOROT, parameter));
    lk_parameters_fan_in(graph->parameters, *parameter, rows / self->conv->grid.groups);
    return LK_OK;
}

lk_node *lk_grid_lstm(lk_graph *graph, const char *name, lk_node *x, lk_grid_lstm_options options) {
    LK_REQUIRE(options.grid.axes == 2 && options.carry >= 0 && options.carry < options.tap_count);
    if (x == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    grid_lstm *self = lk_arena_take(graph->arena, 1, sizeof *self);
    int32_t parameter = 0;
    graph->failed = self == NULL ? lk_fail_no_memory(graph->context, name, 64)
                                 : prepare(graph, name, x, &options, self);
    graph->failed = graph->failed == LK_OK ? declare(graph, name, self, &parameter) : graph->failed;
    return graph->failed == LK_OK
               ? lk_graph_add(graph, &lk_grid_lstm_op, name, 1, &x, 1, &parameter, self)
               : NULL;
}
