/* What the files of attention share; not for other layers. */
#ifndef LK_OPS_ATTENTION_INSIDE_H
#define LK_OPS_ATTENTION_INSIDE_H

#include "kernels/product_pack.h"
#include "ops/drop.h"
#include "ops/ops.h"

/* Of one node. The keys of a group stand side by side in `key`, in order of (ready, cell); query i
 * reads key[begin[i]] .. key[end[i] - 1]. */
typedef struct lk_attention_settings {
    int64_t heads, key_channels, value_channels; /* of a head */
    float scale;                                 /* 1 / sqrt(key_channels) */
    int64_t queries, keys, groups;
    int32_t *key;                /* all lists */
    int32_t *group;              /* [queries] */
    int32_t *begin, *end;        /* [queries]; both 0 where nothing is read */
    int32_t *by_turn, *turn;     /* [queries]: sorted by (end, cell); each one's place there */
    const int32_t *span_list[3]; /* by input: the list that `reads` names */
    int32_t *query_position, *key_position; /* [queries]; of all lists; only if there are biases */
    int64_t window, distances, cells_of_position;
    bool dropped;
    lk_drop drop;
} lk_attention_settings;

/* Makes lists and slices in the graph's arena. */
lk_status lk_attention_make_mask(lk_graph *graph, const char *name, const lk_node *k,
                                 const lk_node *v, const lk_attention_options *options,
                                 lk_attention_settings *self);

bool lk_attention_forward(const lk_task *task);
bool lk_attention_backward(const lk_task *task);

/* ---- a call ---------------------------------------------------------------------------------- */

/* Queries of one group, [first, last) of the call's, and the keys [begin, end) that they read. */
typedef struct lk_attention_chunk {
    int64_t first, last, begin, end;
} lk_attention_chunk;

typedef struct lk_attention_call {
    const lk_task *task;
    const lk_attention_settings *self;
    const lk_tile *tile;
    const int32_t *query; /* [count]: those that read anything, by (end, cell) */
    int64_t count;
    const int32_t *empty_query; /* [empty]: the others */
    int64_t empty;
    lk_attention_chunk *chunk;
    int64_t chunks, span;           /* the most keys of a chunk */
    int64_t key_width, value_width; /* channels, filled up to whole blocks */
    int64_t units, units_per_piece; /* units of work: an example's head, or a chunk of it */
    float *partial;                 /* backward: [batch][heads][distances] */
    int64_t floats;                 /* of scratch for each worker */
} lk_attention_call;

/* Some queries of a call, side by side: those beyond `count` repeat the last one. */
typedef struct lk_attention_block {
    const lk_attention_call *call;
    int64_t example, head, count;
    int64_t base;       /* the key that row 0 stands for: the first of a panel */
    int64_t begin, end; /* keys that any of them reads */
    int32_t query[LK_ATTENTION_LANES];
    int32_t first_key[LK_ATTENTION_LANES]; /* that each of them reads; */
    int32_t last_key[LK_ATTENTION_LANES];  /* behind the last one */
    float *weight;                         /* [key - base][LK_ATTENTION_LANES] */
    float sum[LK_ATTENTION_LANES];
} lk_attention_block;

/* Lists the call's queries, and chunks of at most `most` of them; takes as much memory besides.
 * false: out of memory. */
bool lk_attention_begin(lk_attention_call *call, const lk_task *task, int64_t most,
                        int64_t extra_bytes, void **extra);
/* Runs the units on the pool, each piece with scratch of its own; false: out of memory. */
bool lk_attention_run(lk_attention_call *call, lk_piece *piece);
float *lk_attention_scratch(const lk_attention_call *call, int worker);

/* The widest block of so many rows and at most so many columns; the narrowest if none fits. */
int32_t lk_attention_strip(const lk_tile *tile, int64_t rows, int64_t columns);
/* C = or += A B, with rows of B and C filled up to whole blocks. */
typedef struct lk_attention_product {
    int64_t rows, columns, depth;
    const float *a; /* element (row, k) at a[k * a_stride + row] */
    int64_t a_stride;
    const float *b;
    int64_t b_stride;
    float *c;
    int64_t c_stride;
    bool add;
} lk_attention_product;
void lk_attention_multiply(const lk_tile *tile, const lk_attention_product *product);

/* Keys [begin, end) of one head, channels down: panels of tile->rows keys. */
void lk_attention_pack_panels(const lk_attention_call *call, float *out, const float *in,
                              int64_t in_cell, int64_t channels, int64_t begin, int64_t end);
/* Some cells, a row of `width` for each. */
void lk_attention_pack_rows(float *out, int64_t width, const float *in, int64_t in_cell,
                            int64_t channels, const int32_t *cells, int64_t count);
/* Takes up to LK_ATTENTION_LANES queries from `first` on, of a chunk whose panels begin at its
 * first key. */
void lk_attention_open(lk_attention_block *block, const lk_attention_call *call,
                       const lk_attention_chunk *chunk, int64_t first, int64_t last,
                       int64_t example, int64_t head);
/* Channels down, queries side by side: [channels][LK_ATTENTION_LANES]. */
void lk_attention_pack_lanes(const lk_attention_block *block, float *out, const float *in,
                             int64_t in_cell, int64_t channels, float scale);
/* to[key - base][query] = or += chains over the channels of keys (panels) and queries (lanes). */
void lk_attention_meet(const lk_attention_block *block, const lk_attention_chunk *chunk,
                       const float *panels, const float *lanes, int64_t channels, bool add,
                       float *to);
/* A head's biases of one query, for `count` keys from number `key` on. */
void lk_attention_biases(const lk_attention_call *call, int64_t head, int32_t query, int64_t key,
                         int64_t count, float *bias);
/* Weights e and their sums: 0 where a query does not read. */
void lk_attention_weigh(lk_attention_block *block, const lk_attention_chunk *chunk,
                        const float *key_panels, const float *query_lanes);
/* What dropout leaves of the weights of one query, for all keys it reads. */
void lk_attention_drop(const lk_attention_call *call, int64_t example, int64_t head, int32_t query,
                       float *factor, int64_t stride);
/* Whether weights are dropped. */
static inline bool lk_attention_drops(const lk_attention_call *call) {
    return call->task->training && call->self->dropped;
}

/* An example's heads stand side by side, and cells so far apart. */
static inline int64_t lk_attention_key_cell(const lk_attention_call *call) {
    return call->task->batch * call->self->heads * call->self->key_channels;
}
static inline int64_t lk_attention_value_cell(const lk_attention_call *call) {
    return call->task->batch * call->self->heads * call->self->value_channels;
}
/* Of a query and a key, by its number: which bias is theirs. */
static inline int64_t lk_attention_distance(const lk_attention_settings *self, int32_t query,
                                            int64_t key) {
    int64_t apart = self->query_position[query] - self->key_position[key];
    return apart < 0 ? 0 : apart < self->distances ? apart : self->distances - 1;
}

static inline int64_t lk_attention_least(int64_t a, int64_t b) {
    return a < b ? a : b;
}
static inline int64_t lk_attention_most(int64_t a, int64_t b) {
    return a > b ? a : b;
}
static inline int64_t lk_attention_round(int64_t count, int64_t unit) {
    return (count + unit - 1) / unit * unit;
}

#endif
