/* What the files of the convolution share: which cells meet which weights. Not for other files. */
#ifndef LK_OPS_CONV_INSIDE_H
#define LK_OPS_CONV_INSIDE_H

#include "ops/ops.h"

/* One meeting: the cell of the other grid at `delta` from the one to be computed, and the block of
 * weights between the two. With a stride the other grid is another one: `delta` counts from the
 * pixel i * stride for the output's pixel i, from floor(q / stride) for the input's pixel q. */
typedef struct lk_conv_entry {
    int32_t delta;
    int32_t block;
} lk_conv_entry;

/* Cells that meet the same blocks at the same distances, in the same order. */
typedef struct lk_conv_class {
    const lk_conv_entry *entries;
    int32_t count;
} lk_conv_class;

typedef struct lk_conv_table {
    int32_t *class_of; /* [cells] */
    int32_t *origin; /* [cells]: the cell of the other grid that `delta` counts from; NULL: the same
                        one (stride 1) */
    lk_conv_class *class_at;
    int32_t classes, entries_most;
} lk_conv_table;

/* Some channels of A that meet a strip: those from `a` on. */
typedef struct lk_conv_part {
    int32_t a;
    int32_t b; /* rows of a block of B before those of these channels */
} lk_conv_part;

/* Some channels of C, side by side, and all channels of A that they meet, in the chain's order. */
typedef struct lk_conv_strip {
    int64_t column; /* the first of C's channels */
    int64_t b;      /* floats of B before its first element */
    int32_t count;
    const lk_conv_part *parts;
} lk_conv_strip;

typedef struct lk_conv_strips {
    int32_t count;
    int64_t columns; /* of C's channels in each strip */
    int64_t depth;   /* of A's channels in each part */
    const lk_conv_strip *strips;
} lk_conv_strips;

/* Weights are blocks of [depth][channels], one for each (output group, tap, input group) that the
 * mask lets through, in this order. */
typedef struct lk_conv_settings {
    lk_grid grid; /* of the input */
    lk_grid output;
    int32_t stride[LK_GRID_AXES];
    bool strided; /* some stride is not 1 */
    int64_t input_pixels, pixels /* of the output */, channels;
    lk_centre centre;
    bool bias;
    int32_t taps;
    int32_t (*tap)[LK_GRID_AXES]; /* offsets */
    int64_t *tap_pixels;          /* the same as a distance in pixels of the input */
    int64_t *tap_back; /* from floor(q / stride) to the output pixel that reads q by the tap */
    int32_t blocks;
    int32_t *block_at; /* [group][tap][input group]: the block, or -1 */
    int32_t *
        block_delta; /* [blocks]: input cell - output cell (with a stride: as lk_conv_entry says) */
    int32_t *block_back;   /* [blocks]: output cell - input cell */
    int32_t *block_group;  /* [blocks]: output group */
    lk_conv_sparse sparse; /* its `reads` is NULL when the node is made */
    int64_t depth;         /* rows of a block: input channels that a channel reads */
    lk_conv_strips read_strips,
        reader_strips;     /* output channels, and what they read; the reverse */
    lk_conv_table reads;   /* output cells and the input cells that they read */
    lk_conv_table readers; /* input cells and the output cells that read them */
    uint8_t *has;          /* [classes of reads][blocks] */
    bool ranked;           /* which blocks a cell reads is decided by ranks too: */
    const int32_t *rank;   /* of the cells, until the tables are made */
} lk_conv_settings;

/* The cell of the other grid that deltas count from. */
static inline int32_t lk_conv_origin(const lk_conv_table *table, int32_t cell) {
    return table->origin != NULL ? table->origin[cell] : cell;
}

/* Fills everything that follows from grid, taps and mask; false: out of memory. */
bool lk_conv_make_tables(lk_arena *arena, lk_conv_settings *self);
/* Every channel of C meets every one of A. */
lk_conv_strips lk_conv_all_meet(int64_t a_channels, int64_t c_channels);
/* Fills depth and strips, from `sparse`; false: out of memory. */
bool lk_conv_make_strips(lk_arena *arena, lk_conv_settings *self, int64_t inputs);
/* Whether the tap stays inside the input's grid, seen from the output's pixel at `position`; or
 * (sign -1) whether some output pixel reads the input's pixel at `position` by the tap. */
bool lk_conv_inside(const lk_conv_settings *self, const int64_t *position, int32_t tap,
                    int32_t sign);
void lk_conv_position(const lk_grid *grid, int64_t pixel, int64_t *position);
/* The input's pixel i * stride of the output's pixel i. */
int64_t lk_conv_centre(const lk_conv_settings *self, int64_t pixel);
/* How many input groups, counted from 0, the output group reads by the tap. */
int32_t lk_conv_groups_read(const lk_conv_settings *self, int32_t group, int32_t tap);

/* Whether any cell reads by the tap: ranks may leave one out everywhere. */
bool lk_conv_uses(const lk_conv_settings *self, int32_t tap);

/* Which rows of the weights belong to which output group: begin[groups + 1]. */
void lk_conv_bands(const lk_node *node, int64_t *begin);

/* Checks the options and fills the settings, in the graph's arena. */
lk_status lk_conv_prepare(lk_graph *graph, const char *name, const lk_conv_options *options,
                          lk_conv_settings **settings);
/* Declares NAME.weight and NAME.bias. */
lk_status lk_conv_declare(lk_graph *graph, const char *name, const lk_conv_settings *self,
                          lk_init init, int32_t parameters[2]);
/* The dependency rule, and how far back it goes (op.h). */
int32_t lk_conv_spans(const lk_conv_settings *self, int64_t cell, lk_span *spans, int32_t most);
int64_t lk_conv_reach(const lk_conv_settings *self);

/* C[cell] += sum over the entries of the cell's class of A[cell + delta] block, strip by strip. B's
 * element (entry, row k of the block, column n of the strip) stands at strip.b + (block *
 * block_rows + k) * b_row_stride + n * b_column_stride of parameter 0. Strides of A and C are those
 * of an example, so that either may be some channels of wider cells. */
typedef struct lk_conv_sweep {
    const lk_task *task;
    const lk_conv_table *table;
    int32_t groups;
    const float *a;
    int64_t a_channels, a_stride;
    int64_t block_rows, b_row_stride, b_column_stride;
    float *c;
    int64_t c_channels, c_stride;
    lk_conv_strips strips; /* none: all channels meet */
    lk_start start;        /* of the sums; for LK_START_ROW: */
    const float *bias;     /* [groups][c_channels] */
    int32_t blocks;        /* of weights in all; 0: they are packed anew for each class */
    int64_t first;         /* where no cells are named: the first one */
    bool few;              /* set by the sweep: lk_conv_few; */
    bool packs;            /* lk_conv_pack */
    /* scratch */
    lk_few_run *runs;           /* where they are few: [entries * parts of a strip] */
    int32_t *begin;             /* [classes + 1] */
    int32_t *sorted;            /* [cells]: by class */
    int32_t *row;               /* [cells * batch] */
    int32_t *a_row;             /* the same for A, where its cells are others (a stride) */
    int32_t *a_index, *b_index; /* [depth] */
    float *a_row_copy;          /* [depth] */
    lk_packed *packed;          /* [strips]: the weights of all blocks, packed once */
    lk_tile_run *tile_runs;     /* [entries * parts of a strip] */
} lk_conv_sweep;

/* cells NULL: so many from `first` on. Uses the workspace's scratch memory; false when out of
 * memory. */
bool lk_conv_sweep_run(lk_conv_sweep *sweep, const int32_t *cells, int64_t count);

/* Cells of one class, and rows of the product as lk_product has them. */
typedef struct lk_conv_cells {
    const int32_t *cell, *rows, *a_rows;
    int64_t count;
} lk_conv_cells;

/* Whether so many cells are few enough to be computed without any preparation; does it. */
bool lk_conv_is_few(const lk_conv_sweep *sweep, int64_t cells);
void lk_conv_few(const lk_conv_sweep *sweep, const lk_conv_class *class, const lk_conv_cells *cells,
                 const float *bias);
/* Of a single cell; false: out of memory. */
bool lk_conv_few_alone(lk_conv_sweep *sweep, int32_t cell);
/* Whether so many cells are many enough for the weights to be packed once for all classes; the
 * scratch memory that it takes; does it; the products of one class. */
bool lk_conv_packs(const lk_conv_sweep *sweep, int64_t cells);
int64_t lk_conv_pack_bytes(const lk_conv_sweep *sweep);
void lk_conv_pack(lk_conv_sweep *sweep, void *memory);
bool lk_conv_packed(const lk_conv_sweep *sweep, const lk_conv_class *class,
                    const lk_conv_cells *cells, const float *bias);
/* The most parts that a strip has. */
int64_t lk_conv_parts_most(const lk_conv_strips *strips);

/* The gradient of the weights that a sweep over `self->reads` multiplies with, and of the biases,
 * into dparameter 0 and 1. */
typedef struct lk_conv_products {
    const lk_task *task;
    const lk_conv_settings *self;
    bool up; /* of a transposed convolution: `in` is of the grid that self calls the output's, dout
                of the input's, which has one group */
    const float *in, *dout;
    int64_t inputs, in_stride; /* rows of a block, and floats from example to example */
    int64_t outputs;
    lk_conv_strips strips; /* none: all channels meet */
} lk_conv_products;
bool lk_conv_backward_parameters(const lk_conv_products *products);

#endif
