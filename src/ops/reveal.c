/* What a network sees that is run anew at each step: the pixels as far as they are known, one copy
 * of the picture for each rank (Hoogeboom et al., "Autoregressive Diffusion Models", ICLR 2022).
 * Cell s * pixels + p is pixel p before the variables of rank s; its channels are
 *
 *   x of each colour, or 0 where it is not known;  1 or 0 for each colour: whether it is;
 *   the share of all variables that are known
 *
 * with x from -1 to 1, of two symbols 0 or 1. From what is known, for training, there is one copy.
 * No gradient passes: these are data. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

typedef struct reveal {
    int64_t pixels, steps, variables;
    int32_t colours, alphabet;
    const int32_t *rank;       /* [variables], the graph's; NULL: the values say what is known */
    const int64_t *rank_begin; /* [steps + 1], the graph's: how many are known at each step */
} reveal;

static lk_status shape(lk_context *context, lk_node *node) {
    const reveal *self = node->settings;
    const lk_node *input = node->inputs[0];
    if (input->channels != 1 || input->needs_gradient || input->cells != self->variables) {
        return lk_fail(context, LK_INVALID, "node %s: pixels are revealed of data cells",
                       node->name);
    }
    node->cells = self->steps * self->pixels;
    node->channels = 2 * self->colours + 1;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    const reveal *self = node->settings;
    int64_t step = cell / self->pixels, first = cell % self->pixels * self->colours;
    int32_t count = 0;
    (void)input;
    if (self->rank == NULL) { /* the share is of all */
        spans[0] = (lk_span){.first = 0, .count = self->variables};
        return 1;
    }
    for (int64_t v = first; v < first + self->colours && count < most; v++) {
        if (self->rank[v] < step) {
            spans[count++] = (lk_span){.first = v, .count = 1};
        }
    }
    return count;
}

static bool is_known(const reveal *self, int64_t variable, int64_t step, float value) {
    return self->rank != NULL ? self->rank[variable] < step : value < (float)self->alphabet;
}

static float share_of(const lk_task *task, int64_t step, int64_t n) {
    const reveal *self = task->node->settings;
    int64_t known = 0;
    if (self->rank != NULL) {
        known = self->rank_begin[step];
    }
    for (int64_t v = 0; v < self->variables && self->rank == NULL; v++) {
        known += is_known(self, v, step, task->in[0][v * task->batch + n]);
    }
    return (float)known / (float)self->variables;
}

static float number_of(const reveal *self, float value) {
    return self->alphabet == 2 ? value : value * (2.0f / (float)(self->alphabet - 1)) - 1.0f;
}

static void show(const lk_task *task, int64_t cell, int64_t n, float share) {
    const reveal *self = task->node->settings;
    int64_t step = cell / self->pixels, first = cell % self->pixels * self->colours;
    float *out = task->out + (cell * task->batch + n) * task->node->channels;
    for (int32_t c = 0; c < self->colours; c++) {
        float value = task->in[0][(first + c) * task->batch + n];
        bool known = is_known(self, first + c, step, value);
        out[c] = known ? number_of(self, value) : 0.0f;
        out[self->colours + c] = known ? 1.0f : 0.0f;
    }
    out[2 * self->colours] = share;
}

/* Cells of one call are mostly of one step, whose share is then counted once. */
static void forward_cells(const lk_task *task, int64_t first, int64_t last, int worker) {
    (void)worker;
    const reveal *self = task->node->settings;
    for (int64_t n = 0; n < task->batch; n++) {
        int64_t step = -1;
        float share = 0.0f;
        for (int64_t i = first; i < last; i++) {
            if (task->cells[i] / self->pixels != step) {
                step = task->cells[i] / self->pixels;
                share = share_of(task, step, n);
            }
            show(task, task->cells[i], n, share);
        }
    }
}

static bool forward(const lk_task *task) {
    lk_run_cells(task, task->batch * task->node->channels, forward_cells);
    return true;
}

const lk_op lk_reveal_op = {
    .name = "reveal",
    .definition = "out[s][p] = x[p] where its rank is below s, else 0; whether it is; how many are",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = reads,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
};

static lk_node *make(lk_graph *graph, lk_node *values, reveal settings) {
    if (values == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    LK_REQUIRE(settings.variables % settings.colours == 0);
    if (settings.steps * (settings.variables / settings.colours) > INT32_MAX) {
        graph->failed = lk_fail(graph->context, LK_UNSUPPORTED,
                                "%lld steps of %lld variables, a picture each, are too many",
                                (long long)settings.steps, (long long)settings.variables);
        return NULL;
    }
    reveal *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self == NULL) {
        graph->failed = lk_fail_no_memory(graph->context, "pixels", (int64_t)sizeof *self);
        return NULL;
    }
    *self = settings;
    self->pixels = settings.variables / settings.colours;
    return lk_graph_add(graph, &lk_reveal_op, "pixels", 1, &values, 0, NULL, self);
}

lk_node *lk_reveal(lk_graph *graph, const lk_field *field, int32_t colours) {
    return make(graph, field->node,
                (reveal){.steps = graph->steps,
                         .variables = field->cells,
                         .colours = colours,
                         .alphabet = field->alphabet,
                         .rank = graph->rank,
                         .rank_begin = graph->rank_begin});
}

lk_node *lk_reveal_known(lk_graph *graph, const lk_field *field, lk_node *known, int32_t colours) {
    return make(graph, known,
                (reveal){.steps = 1,
                         .variables = field->cells,
                         .colours = colours,
                         .alphabet = field->alphabet});
}
