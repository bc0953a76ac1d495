/* A pixel's colours, one after another, from one mixture for the pixel (Salimans, Karpathy, Chen,
 * Kingma, "PixelCNN++", ICLR 2017, section 2.2). The network says K (1 + 2C + C(C - 1)/2) numbers
 * of a pixel: K log weights; then for each colour c its K means m, its K log scales and, K of each,
 * the coefficients of the colours before it. A component says of a colour
 *
 *   mean_c = m_c + sum over i < c of tanh(coefficient_ci) x_i      x in -1 .. 1, as the data say
 *
 * and p(x) = sum_k pi_k prod_c p_k(x_c): one component for the whole pixel, so that colours hang
 * together even where coefficients are 0. The conditionals of this joint distribution are mixtures
 * again, whose weights have learned from the colours before (Bayes' rule):
 *
 *   w_c = log softmax(w + sum over j < c of log p_k(x_j | x_i, i < j))
 *   p(x_c | before) = sum_k exp(w_ck) p_k(x_c | x_i, i < c)
 *
 * The published coefficients of 3 colours stand one set with each colour: green given red, blue
 * given red, blue given green. Here a set stands with the colour that it is for.
 *
 * Backward, with dz_c = dw_c - softmax(w_c) sum dw_c, which reaches w and all log p_k(x_j), j < c:
 * from the last colour to the first the sum of dz over later ones is carried along. */
#include <string.h>

#include "ops/ops.h"
#include "ops/rules.h"

#define FLOATS_PER_PIECE 16384

typedef struct colours {
    int64_t components;
    int32_t colours;
    lk_logistic levels;
} colours;

int64_t lk_logistic_colours_channels(int32_t count, int64_t components) {
    int64_t pairs = (int64_t)count * (count - 1) / 2;
    return components * (1 + 2 * (int64_t)count + pairs);
}

/* Where the means of a colour stand; its log scales and coefficients follow. */
static int64_t means_of(const colours *self, int32_t colour) {
    return lk_logistic_colours_channels(colour, self->components);
}

static lk_status shape(lk_context *context, lk_node *node) {
    const colours *self = node->settings;
    const lk_node *input = node->inputs[0], *data = node->inputs[1];
    int64_t wanted = lk_logistic_colours_channels(self->colours, self->components);
    if (input->channels != wanted || data->channels != 1 || data->needs_gradient ||
        input->cells * self->colours != data->cells) {
        return lk_fail(context, LK_INVALID,
                       "node %s: %lld pixels of %lld numbers do not say %lld components of %d "
                       "colours of %lld values",
                       node->name, (long long)input->cells, (long long)input->channels,
                       (long long)self->components, self->colours, (long long)data->cells);
    }
    node->cells = data->cells;
    node->channels = 3 * self->components;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const colours *self = node->settings;
    (void)most;
    int64_t pixel = cell / self->colours, before = cell % self->colours;
    spans[0] = input == 0 ? (lk_span){.first = pixel, .count = 1}
                          : (lk_span){.first = pixel * self->colours, .count = before};
    return spans[0].count > 0;
}

/* The data at -1 .. 1. */
static float scaled(const colours *self, float symbol) {
    return symbol * self->levels.unit - 1.0f;
}

/* One example's pixel: its numbers, and its symbols, one for each colour, `batch` apart. */
typedef struct pixel {
    const colours *self;
    const lk_kernels *kernels;
    const float *in, *x;
    int64_t batch;
} pixel;

static pixel pixel_of(const lk_task *task, int64_t number, int64_t example) {
    const colours *self = task->node->settings;
    int64_t channels = task->node->inputs[0]->channels;
    return (pixel){self, task->kernels, task->in[0] + (number * task->batch + example) * channels,
                   task->in[1] + number * self->colours * task->batch + example, task->batch};
}

static float symbol_of(const pixel *p, int32_t colour) {
    return p->x[colour * p->batch];
}

static void find_means(const pixel *p, int32_t colour, float *mean) {
    int64_t components = p->self->components;
    const float *in = p->in + means_of(p->self, colour);
    float share[LK_MIXTURE_MOST];
    memcpy(mean, in, (size_t)components * sizeof *mean);
    for (int32_t i = 0; i < colour; i++) {
        p->kernels->tanh(share, in + (2 + i) * components, components);
        p->kernels->axpy(mean, scaled(p->self, symbol_of(p, i)), share, components);
    }
}

static void repeat(float *out, float value, int64_t count) {
    for (int64_t k = 0; k < count; k++) {
        out[k] = value;
    }
}

static void forward_one(const pixel *p, int32_t colour, float *out) {
    int64_t components = p->self->components;
    float x[LK_MIXTURE_MOST], mean[LK_MIXTURE_MOST], log_p[LK_MIXTURE_MOST];
    memcpy(out, p->in, (size_t)components * sizeof *out);
    for (int32_t c = 0; c < colour; c++) {
        const float *log_scale = p->in + means_of(p->self, c) + components;
        repeat(x, symbol_of(p, c), components);
        find_means(p, c, mean);
        p->kernels->logistic(log_p, &p->self->levels, x, mean, log_scale, components);
        p->kernels->add(out, log_p, components);
    }
    p->kernels->log_softmax(out, out, 1, components);
    find_means(p, colour, out + components);
    memcpy(out + 2 * components, p->in + means_of(p->self, colour) + components,
           (size_t)components * sizeof *out);
}

/* Cells, not pixels: at a step of a generation each pixel has one colour to do. */
static void forward_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_task *task = argument;
    const colours *self = task->node->settings;
    int64_t floats = task->batch * task->node->channels, each = 1 + FLOATS_PER_PIECE / floats;
    int64_t last = (piece + 1) * each < task->cell_count ? (piece + 1) * each : task->cell_count;
    for (int64_t i = piece * each; i < last; i++) {
        int64_t cell = task->cells[i];
        for (int64_t n = 0; n < task->batch; n++) {
            pixel p = pixel_of(task, cell / self->colours, n);
            forward_one(&p, (int32_t)(cell % self->colours),
                        task->out + cell * floats + n * task->node->channels);
        }
    }
}

static bool forward(const lk_task *task) {
    int64_t each = 1 + FLOATS_PER_PIECE / (task->batch * task->node->channels);
    lk_pool_run(task->pool, (task->cell_count + each - 1) / each, forward_piece, (void *)task);
    return true;
}

/* ---- backward -------------------------------------------------------------------------------- */

/* dz of a colour, added to what later colours gave. */
static void add_weights(const pixel *p, const float *out, const float *dout, float *later) {
    int64_t components = p->self->components;
    float weight[LK_MIXTURE_MOST], sum = 0.0f;
    p->kernels->exp(weight, out, components);
    for (int64_t k = 0; k < components; k++) {
        sum += dout[k];
    }
    for (int64_t k = 0; k < components; k++) {
        later[k] += dout[k] - weight[k] * sum;
    }
}

/* What a colour's means and log scales are told, by readers and by the weights of later colours. */
static void add_terms(const pixel *p, int32_t colour, const float *out, const float *dout,
                      const float *later, float *din) {
    int64_t components = p->self->components, at = means_of(p->self, colour);
    float x[LK_MIXTURE_MOST], by_mean[LK_MIXTURE_MOST], by_log_scale[LK_MIXTURE_MOST];
    repeat(x, symbol_of(p, colour), components);
    p->kernels->logistic_slopes(by_mean, by_log_scale, &p->self->levels, x, out + components,
                                out + 2 * components, components);
    for (int64_t k = 0; k < components; k++) {
        by_mean[k] = dout[components + k] + later[k] * by_mean[k];
        by_log_scale[k] = dout[2 * components + k] + later[k] * by_log_scale[k];
    }
    p->kernels->add(din + at, by_mean, components);
    p->kernels->add(din + at + components, by_log_scale, components);
    for (int32_t i = 0; i < colour; i++) {
        int64_t here = at + (2 + i) * components;
        float share[LK_MIXTURE_MOST], value = scaled(p->self, symbol_of(p, i));
        p->kernels->tanh(share, p->in + here, components);
        for (int64_t k = 0; k < components; k++) {
            share[k] = by_mean[k] * value * (1.0f - share[k] * share[k]);
        }
        p->kernels->add(din + here, share, components);
    }
}

static void backward_one(const lk_task *task, int64_t number, int64_t example) {
    const colours *self = task->node->settings;
    int64_t channels = task->node->channels;
    pixel p = pixel_of(task, number, example);
    float *din = task->din[0] + (p.in - task->in[0]), later[LK_MIXTURE_MOST] = {0.0f};
    for (int32_t c = self->colours - 1; c >= 0; c--) {
        int64_t row = (number * self->colours + c) * task->batch + example;
        const float *out = task->out + row * channels, *dout = task->dout + row * channels;
        add_terms(&p, c, out, dout, later, din);
        add_weights(&p, out, dout, later);
    }
    task->kernels->add(din, later, self->components);
}

static int64_t pixels_of_piece(const lk_task *task) {
    const colours *self = task->node->settings;
    return 1 + FLOATS_PER_PIECE / (task->batch * task->node->channels * self->colours);
}

/* Pixels, because a pixel's colours add into the same numbers. */
static void backward_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_task *task = argument;
    const colours *self = task->node->settings;
    int64_t before = task->first_cell / self->colours, each = pixels_of_piece(task);
    int64_t pixels = task->cell_count / self->colours;
    int64_t last = (piece + 1) * each < pixels ? (piece + 1) * each : pixels;
    for (int64_t i = before + piece * each; i < before + last; i++) {
        for (int64_t n = 0; n < task->batch; n++) {
            backward_one(task, i, n);
        }
    }
}

static bool backward(const lk_task *task) {
    const colours *self = task->node->settings;
    int64_t each = pixels_of_piece(task), pixels = task->cell_count / self->colours;
    if (task->din[0] != NULL) {
        lk_pool_run(task->pool, (pixels + each - 1) / each, backward_piece, (void *)task);
    }
    return true;
}

const lk_op lk_logistic_colours_op = {
    .name = "logistic colours",
    .definition = "out[colour] = log weights given the colours before it, means moved by them, "
                  "log scales",
    .inputs_least = 2,
    .inputs_most = 2,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
};

lk_node *lk_logistic_colours(lk_graph *graph, lk_node *input, const lk_field *field, int32_t count,
                             int64_t components) {
    if (input == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    LK_REQUIRE(count >= 1 && count <= LK_COLOURS_MOST);
    LK_REQUIRE(components >= 1 && components <= LK_MIXTURE_MOST);
    colours *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "colours", (int64_t)sizeof *self);
        return NULL;
    }
    *self = (colours){components, count, lk_logistic_levels(field->alphabet)};
    lk_node *inputs[] = {input, field->node};
    return lk_graph_add(graph, &lk_logistic_colours_op, NULL, 2, inputs, 0, NULL, self);
}
