/* The gradients of a convolution's weights and biases:
 *   dweight[t][c_in][c_out] = sum over cells p and examples of in[stride p + offset(t)][c_in] dout[p][c_out]
 *   dbias[c_out] = sum over cells p and examples of dout[p][c_out]
 * The pixels are cut into at most PIECES_MOST pieces, by the amount of work alone. Within a piece each sum is one chain (pixels ascending,
 * examples ascending); the pieces' sums are added in order. So the bits depend on the batch, as a mean over it must, and on nothing else.
 * A piece goes through its pixels some at a time, so that they stay in the second cache while all taps meet them. */
#include <string.h>

#include "ops/conv_inside.h"

enum {
    PIECES_MOST = 16,
    PIECE_ROWS = 1024,  /* (pixel, example) pairs that are worth a piece */
    CACHED_ROWS = 512,  /* and that stay in the cache */
    JOIN_FLOATS = 8192, /* of the gradient, to be joined by one thread */
};

typedef struct gradient {
    const lk_task *task;
    const lk_conv_settings *self;
    const float *in, *dout;
    int64_t inputs, in_stride, outputs; /* channels; floats from example to example */
    int64_t weights, floats;            /* floats of the weights; of weights and biases */
    int64_t pieces, pixels;             /* pixels of a piece */
    int64_t cached;                     /* pixels that are met at a time */
    float *partial;                     /* [pieces][floats] */
    int32_t *index;                     /* [workers][lists][cached * batch] */
    int64_t lists; /* with a stride 2: the pairs' places in dout, and in the input; else 1 for both */
    bool *enough;  /* [pieces]: memory */
} gradient;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static bool has_block(const lk_conv_settings *self, int64_t pixel, int32_t block) {
    int64_t cell = pixel * self->grid.groups + self->block_group[block];
    return self->has[(int64_t)self->reads.class_of[cell] * self->blocks + block] != 0;
}

/* The (cell, example) pairs of the block's group in pixels [first, last) where the block stays inside the grid, seen from pixel `first`. */
static int64_t list_pairs(const gradient *g, int32_t block, int64_t first, int64_t last, int32_t *index) {
    int64_t batch = g->task->batch, count = 0;
    for (int64_t pixel = first; pixel < last; pixel++) {
        if (has_block(g->self, pixel, block)) {
            int64_t from = (pixel - first) * g->self->grid.groups * batch;
            for (int64_t n = 0; n < batch; n++) {
                index[count++] = (int32_t)(from + n);
            }
        }
    }
    return count;
}

/* The same pairs' places in the input, seen from the cell that the first one's deltas count from. */
static void list_inputs(const gradient *g, int32_t block, int64_t first, int64_t last, int32_t *index) {
    const lk_conv_settings *self = g->self;
    const int32_t *origin = self->reads.origin + self->block_group[block];
    int64_t batch = g->task->batch, groups = self->grid.groups, count = 0;
    for (int64_t pixel = first; pixel < last; pixel++) {
        if (has_block(self, pixel, block)) {
            int64_t from = (origin[pixel * groups] - origin[first * groups]) * batch;
            for (int64_t n = 0; n < batch; n++) {
                index[count++] = (int32_t)(from + n);
            }
        }
    }
}

static bool meet_block(const gradient *g, int32_t block, int64_t first, int64_t last, float *sum, int worker) {
    const lk_task *task = g->task;
    const lk_conv_settings *self = g->self;
    int32_t *index = g->index + worker * g->lists * g->cached * task->batch, *inputs = index;
    while (first < last && !has_block(self, first, block)) {
        first++;
    }
    if (first == last) {
        return true;
    }
    int64_t pairs = list_pairs(g, block, first, last, index);
    int64_t cell = first * self->grid.groups + self->block_group[block], centre = cell;
    if (self->strided) {
        inputs = index + g->cached * task->batch;
        list_inputs(g, block, first, last, inputs);
        centre = self->reads.origin[cell];
    }
    lk_product product = {
        .rows = g->inputs,
        .columns = g->outputs,
        .depth = pairs,
        .a = {g->in + (centre + self->block_delta[block]) * task->batch * g->in_stride, 1, g->in_stride, NULL, inputs},
        .b = {g->dout + cell * task->batch * g->outputs, g->outputs, 1, index, NULL},
        .c = sum + block * g->inputs * g->outputs,
        .c_row_stride = g->outputs,
        .c_column_stride = 1,
        .start = LK_START_C,
    };
    return lk_product_run(&product, task->kernels, NULL, lk_workspace_part(task->workspace, worker));
}

static void add_biases(const gradient *g, int64_t first, int64_t last, float *sum) {
    const lk_task *task = g->task;
    int64_t groups = g->self->grid.groups;
    const float *dout = g->dout + first * groups * task->batch * g->outputs;
    for (int64_t cell = first * groups; cell < last * groups; cell++) {
        float *mine = sum + g->weights + cell % groups * g->outputs;
        task->kernels->add_rows(mine, dout, task->batch, g->outputs, g->outputs);
        dout += task->batch * g->outputs;
    }
}

static void run_piece(void *argument, int64_t piece, int worker) {
    gradient *g = argument;
    float *sum = g->partial + piece * g->floats;
    int64_t begin = piece * g->pixels, end = smaller(begin + g->pixels, g->self->pixels);
    memset(sum, 0, (size_t)g->floats * sizeof *sum);
    g->enough[piece] = true;
    for (int64_t first = begin; first < end; first += g->cached) {
        int64_t last = smaller(first + g->cached, end);
        for (int32_t block = 0; block < g->self->blocks; block++) {
            g->enough[piece] = meet_block(g, block, first, last, sum, worker) && g->enough[piece];
        }
        if (g->self->bias) {
            add_biases(g, first, last, sum);
        }
    }
}

static void join_range(const gradient *g, float *to, bool fresh, int64_t from, int64_t count) {
    if (fresh) {
        memcpy(to, g->partial + from, (size_t)count * sizeof *to);
    } else {
        g->task->kernels->add(to, g->partial + from, count);
    }
    for (int64_t piece = 1; piece < g->pieces; piece++) {
        g->task->kernels->add(to, g->partial + piece * g->floats + from, count);
    }
}

static void join_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const gradient *g = argument;
    const lk_task *task = g->task;
    int64_t first = piece * JOIN_FLOATS, last = smaller(first + JOIN_FLOATS, g->floats);
    int64_t weights = smaller(last, g->weights) - first;
    if (weights > 0) {
        join_range(g, task->dparameter[0] + first, task->fresh[0], first, weights);
    }
    if (last > g->weights) {
        int64_t begin = first > g->weights ? first : g->weights;
        join_range(g, task->dparameter[1] + begin - g->weights, task->fresh[1], begin, last - begin);
    }
}

static void cut(gradient *g) {
    int64_t pixels = g->self->pixels, each = g->task->batch * g->self->grid.groups;
    int64_t pieces = pixels * each / PIECE_ROWS;
    pieces = pieces < 1 ? 1 : smaller(smaller(pieces, PIECES_MOST), pixels);
    g->pixels = (pixels + pieces - 1) / pieces;
    g->pieces = (pixels + g->pixels - 1) / g->pixels;
    int64_t cached = CACHED_ROWS / each;
    g->cached = smaller(cached > 0 ? cached : 1, g->pixels);
}

static bool take_memory(gradient *g) {
    int64_t workers = g->task->pool != NULL ? lk_pool_threads(g->task->pool) : 1;
    int64_t floats = g->pieces * g->floats, indices = workers * g->lists * g->cached * g->task->batch;
    char *memory = lk_workspace_scratch(g->task->workspace, (floats + indices) * (int64_t)sizeof(float) + g->pieces);
    if (memory == NULL || !lk_workspace_divide(g->task->workspace, (int)workers)) {
        return false;
    }
    g->partial = (float *)(void *)memory;
    g->index = (int32_t *)(void *)(g->partial + floats);
    g->enough = (bool *)(g->index + indices);
    return true;
}

bool lk_conv_backward_parameters(const lk_conv_products *products) {
    const lk_task *task = products->task;
    const lk_conv_settings *self = products->self;
    gradient g = {
        .task = task,
        .self = self,
        .in = products->in,
        .dout = products->dout,
        .inputs = products->inputs,
        .in_stride = products->in_stride,
        .outputs = products->outputs,
    };
    g.weights = self->blocks * g.inputs * g.outputs;
    g.lists = self->strided ? 2 : 1;
    g.floats = g.weights + (self->bias ? self->grid.groups * g.outputs : 0);
    cut(&g);
    if (!take_memory(&g)) {
        return false;
    }
    lk_pool_run(task->pool, g.pieces, run_piece, &g);
    for (int64_t piece = 0; piece < g.pieces; piece++) {
        if (!g.enough[piece]) {
            return false;
        }
    }
    lk_pool_run(task->pool, (g.floats + JOIN_FLOATS - 1) / JOIN_FLOATS, join_piece, &g);
    return true;
}
