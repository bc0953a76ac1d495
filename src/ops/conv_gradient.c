/* The gradients of a convolution's weights and biases:
 *   dweight[t][c_in][c_out] = sum over cells p and examples of in[stride p + offset(t)][c_in]
 *     dout[p][c_out]
 *   dbias[c_out] = sum over cells p and examples of dout[p][c_out]
 * and of a transposed one, where in[p] meets dout[stride p + offset(t)].
 * All pixels, whether they count or not, are cut into at most PIECES_MOST pieces. Within a piece
 * each sum is one chain (pixels ascending, examples ascending); the pieces' sums are added in
 * order. So the bits depend on the batch, as a mean over it must, and on nothing else. A piece goes
 * through its pixels some at a time, so that they stay in the second cache while all taps meet
 * them. */
#include <string.h>

#include "kernels/outer.h"
#include "ops/conv_inside.h"

enum {
    PIECES_MOST = 16,
    PIECE_ROWS = 1024,    /* (pixel, example) pairs that are worth a piece */
    CACHED_ROWS = 512,    /* and that stay in the second cache; or, where a tap has */
    FEW_SUMS = 1024,      /* sums or fewer, which cost little to begin again: */
    CACHED_FLOATS = 6144, /* of input and output, in the first cache */
    JOIN_FLOATS = 8192,   /* of the gradient, to be joined by one thread */
};

typedef struct gradient {
    const lk_task *task;
    const lk_conv_settings *self;
    const float *in, *dout;
    int64_t inputs, in_stride, outputs; /* rows of a block; floats from example to example */
    lk_conv_strips strips;
    int64_t weights, floats; /* floats of the weights; of weights and biases */
    bool up;
    int64_t first, last;    /* pixels that count: of dout */
    int64_t pieces, pixels; /* pixels of a piece */
    int64_t cached;         /* pixels that are met at a time */
    float *partial;         /* [pieces][floats] */
    lk_outer_run *run;      /* [workers][cached] */
} gradient;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static bool has_block(const lk_conv_settings *self, int64_t pixel, int32_t block) {
    int64_t cell = pixel * self->grid.groups + self->block_group[block];
    return self->has[(int64_t)self->reads.class_of[cell] * self->blocks + block] != 0;
}

/* Where the block stays inside the grid, in pixels [first, last): (cell, example) pairs that lie
 * side by side both in the input and in dout are one run. Returns how many there are. */
static int64_t list_runs(const gradient *g, int32_t block, int64_t first, int64_t last,
                         lk_outer_run *run) {
    const lk_conv_settings *self = g->self;
    int64_t batch = g->task->batch, count = 0;
    for (int64_t pixel = first; pixel < last; pixel++) {
        if (!has_block(self, pixel, block)) {
            continue;
        }
        int64_t cell = pixel * self->grid.groups + self->block_group[block];
        int64_t other = lk_conv_origin(&self->reads, (int32_t)cell) + self->block_delta[block];
        if (g->up && (other < g->first || other >= g->last)) {
            continue;
        }
        lk_outer_run next = {(g->up ? cell : other) * batch, (g->up ? other : cell) * batch, batch};
        lk_outer_run *before = &run[count - 1];
        if (count > 0 && next.a == before->a + before->count &&
            next.b == before->b + before->count) {
            before->count += batch;
        } else {
            run[count++] = next;
        }
    }
    return count;
}

static void meet_block(const gradient *g, int32_t block, int64_t first, int64_t last, float *sum,
                       int worker) {
    const lk_task *task = g->task;
    lk_outer_run *run = g->run + worker * g->cached;
    int64_t runs = list_runs(g, block, first, last, run);
    for (int32_t i = 0; i < g->strips.count; i++) {
        const lk_conv_strip *strip = &g->strips.strips[i];
        for (const lk_conv_part *p = strip->parts; p < strip->parts + strip->count; p++) {
            lk_outer outer = {
                .rows = g->strips.depth,
                .columns = g->strips.columns,
                .a = g->in + p->a,
                .b = g->dout + strip->column,
                .a_stride = g->in_stride,
                .b_stride = g->outputs,
                .c = sum + (block * g->inputs + p->b) * g->outputs + strip->b,
                .c_stride = g->outputs,
                .run = run,
                .runs = runs,
                .fetches =
                    block == 0, /* the other taps meet the same pixels, or their neighbours */
            };
            lk_outer_add(&outer, task->kernels);
        }
    }
}

static void add_biases(const gradient *g, int64_t first, int64_t last, float *sum) {
    const lk_task *task = g->task;
    int64_t groups = g->self->grid.groups;
    const float *dout = g->dout + first * groups * task->batch * g->outputs;
    if (groups == 1) {
        task->kernels->add_rows(sum + g->weights, dout, (last - first) * task->batch, g->outputs,
                                g->outputs);
        return;
    }
    for (int64_t cell = first * groups; cell < last * groups; cell++) {
        float *mine = sum + g->weights + cell % groups * g->outputs;
        task->kernels->add_rows(mine, dout, task->batch, g->outputs, g->outputs);
        dout += task->batch * g->outputs;
    }
}

/* A transposed convolution has other pixels to cut for its biases. */
static void add_biases_up(const gradient *g, int64_t piece, float *sum) {
    int64_t pixels = g->self->input_pixels;
    int64_t first = larger(piece * pixels / g->pieces, g->first);
    int64_t last = smaller((piece + 1) * pixels / g->pieces, g->last);
    if (first < last) {
        add_biases(g, first, last, sum);
    }
}

static void run_piece(void *argument, int64_t piece, int worker) {
    gradient *g = argument;
    float *sum = g->partial + piece * g->floats;
    int64_t begin = larger(piece * g->pixels, g->up ? 0 : g->first);
    int64_t end = smaller((piece + 1) * g->pixels, g->up ? g->self->pixels : g->last);
    memset(sum, 0, (size_t)g->floats * sizeof *sum);
    for (int64_t first = begin; first < end; first += g->cached) {
        int64_t last = smaller(first + g->cached, end);
        for (int32_t block = 0; block < g->self->blocks; block++) {
            meet_block(g, block, first, last, sum, worker);
        }
        if (g->self->bias && !g->up) {
            add_biases(g, first, last, sum);
        }
    }
    if (g->self->bias && g->up) {
        add_biases_up(g, piece, sum);
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
        join_range(g, task->dparameter[1] + begin - g->weights, task->fresh[1], begin,
                   last - begin);
    }
}

/* (pixel, example) pairs that all taps meet before the next ones come. */
static int64_t cached_rows(const gradient *g) {
    int64_t fit = CACHED_FLOATS / (g->inputs + g->outputs);
    return g->inputs * g->outputs <= FEW_SUMS ? smaller(fit, CACHED_ROWS) : CACHED_ROWS;
}

static void cut(gradient *g) {
    int64_t pixels = g->self->pixels, each = g->task->batch * g->self->grid.groups;
    int64_t pieces = pixels * each / PIECE_ROWS;
    pieces = pieces < 1 ? 1 : smaller(smaller(pieces, PIECES_MOST), pixels);
    g->pixels = (pixels + pieces - 1) / pieces;
    g->pieces = (pixels + g->pixels - 1) / g->pixels;
    int64_t cached = cached_rows(g) / each;
    g->cached = smaller(cached > 0 ? cached : 1, g->pixels);
}

static bool take_memory(gradient *g) {
    int64_t workers = g->task->pool != NULL ? lk_pool_threads(g->task->pool) : 1;
    int64_t runs = workers * g->cached;
    g->run = lk_workspace_scratch(g->task->workspace,
                                  runs * (int64_t)sizeof *g->run +
                                      g->pieces * g->floats * (int64_t)sizeof *g->partial);
    g->partial = g->run == NULL ? NULL : (float *)(void *)(g->run + runs);
    return g->run != NULL;
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
        .strips = products->strips.count > 0
                      ? products->strips
                      : lk_conv_all_meet(products->inputs, products->outputs),
        .up = products->up,
        .first = task->first_cell / self->grid.groups,
        .last = (task->first_cell + task->cell_count) / self->grid.groups,
    };
    g.weights = self->blocks * g.inputs * g.outputs;
    g.floats = g.weights + (self->bias ? self->grid.groups * g.outputs : 0);
    cut(&g);
    if (!take_memory(&g)) {
        return false;
    }
    lk_pool_run(task->pool, g.pieces, run_piece, &g);
    lk_pool_run(task->pool, (g.floats + JOIN_FLOATS - 1) / JOIN_FLOATS, join_piece, &g);
    return true;
}
