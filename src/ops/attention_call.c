/* What forward and backward of attention have in common: cutting a call into chunks of queries,
 * packing, products on the micro-kernel, and the weights of a block of queries. */
#include <stdlib.h>
#include <string.h>

#include "base/maths.h"
#include "ops/attention_inside.h"

#define HALF (LK_ATTENTION_LANES / 2)
#define PIECE_WORK (1 << 18) /* multiply-adds that are worth a thread's waking */

/* ---- queries and chunks ---------------------------------------------------------------------- */

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The call's cells by turn: all of them, or few. */
static const int32_t *sort_queries(const lk_task *task, int32_t *room) {
    const lk_attention_settings *self = task->node->settings;
    if (task->cell_count == self->queries) {
        return self->by_turn;
    }
    for (int64_t i = 0; i < task->cell_count; i++) {
        room[i] = self->turn[task->cells[i]];
    }
    qsort(room, (size_t)task->cell_count, sizeof *room, by_number);
    for (int64_t i = 0; i < task->cell_count; i++) {
        room[i] = self->by_turn[room[i]];
    }
    return room;
}

static void add_query(lk_attention_call *call, int64_t i, int64_t most) {
    const lk_attention_settings *self = call->self;
    int64_t begin = self->begin[call->query[i]], end = self->end[call->query[i]];
    lk_attention_chunk *last = call->chunks > 0 ? &call->chunk[call->chunks - 1] : NULL;
    if (last == NULL || last->last - last->first == most ||
        self->group[call->query[i]] != self->group[call->query[i - 1]]) {
        last = &call->chunk[call->chunks++];
        *last = (lk_attention_chunk){i, i, begin, end};
    }
    last->last = i + 1;
    last->begin = lk_attention_least(last->begin, begin);
    last->end = lk_attention_most(last->end, end);
    call->span = lk_attention_most(call->span, last->end - last->begin);
}

bool lk_attention_begin(lk_attention_call *call, const lk_task *task, int64_t most,
                        int64_t extra_bytes, void **extra) {
    const lk_attention_settings *self = task->node->settings;
    int64_t count = task->cell_count, chunk_bytes = count * (int64_t)sizeof(lk_attention_chunk),
            query_bytes = lk_attention_round(count * (int64_t)sizeof(int32_t), 64);
    char *room = lk_workspace_scratch(task->workspace, chunk_bytes + query_bytes + extra_bytes);
    if (room == NULL) {
        return false;
    }
    const int32_t *query = sort_queries(task, (int32_t *)(void *)(room + chunk_bytes));
    int64_t empty = 0;
    while (empty < count && self->end[query[empty]] == 0) {
        empty++;
    }
    int64_t block = task->kernels->tile->widths[0];
    *call = (lk_attention_call){
        .task = task,
        .self = self,
        .tile = task->kernels->tile,
        .query = query + empty,
        .count = count - empty,
        .empty_query = query,
        .empty = empty,
        .chunk = (lk_attention_chunk *)(void *)room,
        .key_width = lk_attention_round(self->key_channels, block),
        .value_width = lk_attention_round(self->value_channels, block),
    };
    for (int64_t i = 0; i < call->count; i++) {
        add_query(call, i, most);
    }
    *extra = room + chunk_bytes + query_bytes;
    return true;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static int64_t work_of(const lk_attention_call *call) {
    int64_t pairs = 0;
    for (int64_t i = 0; i < call->count; i++) {
        pairs += call->self->end[call->query[i]] - call->self->begin[call->query[i]];
    }
    return pairs * call->task->batch * call->self->heads *
           (call->self->key_channels + call->self->value_channels);
}

bool lk_attention_run(lk_attention_call *call, lk_piece *piece) {
    const lk_task *task = call->task;
    int workers = task->pool != NULL ? lk_pool_threads(task->pool) : 1;
    if (call->units == 0) {
        return true;
    }
    if (!lk_workspace_divide(task->workspace, workers)) {
        return false;
    }
    for (int i = 0; i < workers; i++) {
        if (lk_workspace_scratch(lk_workspace_part(task->workspace, i),
                                 call->floats * (int64_t)sizeof(float)) == NULL) {
            return false;
        }
    }
    int64_t worth = lk_attention_most(1, work_of(call) / PIECE_WORK);
    call->units_per_piece = lk_attention_most(1, call->units / worth);
    int64_t pieces = (call->units + call->units_per_piece - 1) / call->units_per_piece;
    lk_pool_run(task->pool, pieces, piece, call);
    return true;
}

float *lk_attention_scratch(const lk_attention_call *call, int worker) {
    return lk_workspace_scratch(lk_workspace_part(call->task->workspace, worker),
                                call->floats * (int64_t)sizeof(float));
}

/* ---- products -------------------------------------------------------------------------------- */

int32_t lk_attention_strip(const lk_tile *tile, int64_t rows, int64_t columns) {
    int32_t width = tile->widths[0];
    for (int32_t i = 1; i < LK_TILE_WIDTHS && tile->widths[i] != 0 && tile->widths[i] <= columns;
         i++) {
        width = rows <= tile->most_rows[i] ? tile->widths[i] : width;
    }
    return width;
}

void lk_attention_multiply(const lk_tile *tile, const lk_attention_product *product) {
    static const float zero[LK_TILE_MOST_ROWS] = {0.0f};
    float *c[LK_TILE_MOST_ROWS];
    lk_tile_call call = {.depth = product->depth,
                         .a_stride = product->a_stride,
                         .b_stride = product->b_stride,
                         .c = c,
                         .start = product->add ? NULL : zero};
    for (int64_t row = 0; row < product->rows; row += tile->rows) {
        call.rows = (int32_t)lk_attention_least(tile->rows, product->rows - row);
        call.a = product->a + row;
        for (int32_t r = 0; r < call.rows; r++) {
            c[r] = product->c + (row + r) * product->c_stride;
        }
        for (int64_t column = 0; column < product->columns; column += call.columns) {
            call.columns = lk_attention_strip(tile, call.rows, product->columns - column);
            call.b = product->b + column;
            call.c_offset = column;
            tile->run(&call);
        }
    }
}

/* ---- packing --------------------------------------------------------------------------------- */

void lk_attention_pack_panels(const lk_attention_call *call, float *out, const float *in,
                              int64_t in_cell, int64_t channels, int64_t begin, int64_t end) {
    lk_side side = {.data = in,
                    .lane_stride = in_cell,
                    .depth_stride = 1,
                    .lane_index = call->self->key + begin};
    lk_pack_strips(out, call->tile->rows * channels, call->tile->rows, &side, 0, end - begin, 0,
                   channels);
}

void lk_attention_pack_rows(float *out, int64_t width, const float *in, int64_t in_cell,
                            int64_t channels, const int32_t *cells, int64_t count) {
    lk_side side = {.data = in, .lane_stride = 1, .depth_stride = in_cell, .depth_index = cells};
    lk_pack(out, width, &side, 0, channels, 0, count);
    for (int64_t i = 0; i < count && channels < width; i++) {
        memset(out + i * width + channels, 0, (size_t)(width - channels) * sizeof(float));
    }
}

void lk_attention_pack_lanes(const lk_attention_block *block, float *out, const float *in,
                             int64_t in_cell, int64_t channels, float scale) {
    lk_side side = {
        .data = in, .lane_stride = in_cell, .depth_stride = 1, .lane_index = block->query};
    lk_pack(out, LK_ATTENTION_LANES, &side, 0, LK_ATTENTION_LANES, 0, channels);
    for (int64_t i = 0; i < channels * LK_ATTENTION_LANES; i++) {
        out[i] *= scale;
    }
}

/* ---- blocks of queries ----------------------------------------------------------------------- */

void lk_attention_open(lk_attention_block *block, const lk_attention_call *call,
                       const lk_attention_chunk *chunk, int64_t first, int64_t last,
                       int64_t example, int64_t head) {
    const lk_attention_settings *self = call->self;
    block->call = call;
    block->example = example;
    block->head = head;
    block->count = lk_attention_least(last - first, LK_ATTENTION_LANES);
    for (int64_t lane = 0; lane < LK_ATTENTION_LANES; lane++) {
        block->query[lane] = call->query[first + lk_attention_least(lane, block->count - 1)];
        block->first_key[lane] = self->begin[block->query[lane]];
        block->last_key[lane] = self->end[block->query[lane]];
    }
    block->begin = self->begin[block->query[0]];
    block->end = self->end[block->query[block->count - 1]];
    block->base =
        chunk->begin + (block->begin - chunk->begin) / call->tile->rows * call->tile->rows;
}

void lk_attention_biases(const lk_attention_call *call, int64_t head, int32_t query, int64_t key,
                         int64_t count, float *bias) {
    const float *table = call->task->parameter[0] + head * call->self->distances;
    for (int64_t j = 0; j < count; j++) {
        bias[j] = table[lk_attention_distance(call->self, query, key + j)];
    }
}

void lk_attention_meet(const lk_attention_block *block, const lk_attention_chunk *chunk,
                       const float *panels, const float *lanes, int64_t channels, bool add,
                       float *to) {
    const lk_tile *tile = block->call->tile;
    lk_attention_product product = {
        .columns = LK_ATTENTION_LANES,
        .depth = channels,
        .a_stride = tile->rows,
        .b = lanes,
        .b_stride = LK_ATTENTION_LANES,
        .c_stride = LK_ATTENTION_LANES,
        .add = add,
    };
    for (int64_t key = block->base; key < block->end; key += tile->rows) {
        product.rows = lk_attention_least(tile->rows, block->end - key);
        product.a = panels + (key - chunk->begin) * channels;
        /* The first or the last half of the queries may read none of the panel. */
        bool early = key < block->last_key[HALF - 1];
        bool late = key + product.rows > block->first_key[HALF];
        float *row = to + (key - block->base) * LK_ATTENTION_LANES;
        product.columns = early && late ? LK_ATTENTION_LANES : HALF;
        product.b = early ? lanes : lanes + HALF;
        product.c = early ? row : row + HALF;
        for (int64_t r = 0; r < product.rows && !(early && late); r++) {
            memset(row + r * LK_ATTENTION_LANES + (early ? HALF : 0), 0, HALF * sizeof *row);
        }
        lk_attention_multiply(tile, &product);
    }
}

/* As lk_attention_biases, for all of the block. */
static void put_biases(const lk_attention_block *block) {
    const lk_attention_settings *self = block->call->self;
    const float *table = block->call->task->parameter[0] + block->head * self->distances;
    int32_t at[LK_ATTENTION_LANES], last = (int32_t)self->distances - 1;
    for (int64_t i = 0; i < LK_ATTENTION_LANES; i++) {
        at[i] = self->query_position[block->query[i]];
    }
    for (int64_t key = block->base; key < block->end; key++) {
        float *row = block->weight + (key - block->base) * LK_ATTENTION_LANES;
        for (int64_t i = 0; i < LK_ATTENTION_LANES; i++) {
            int32_t apart = at[i] - self->key_position[key];
            apart = apart < 0 ? 0 : apart;
            row[i] = table[apart < last ? apart : last];
        }
    }
}

static void hide(const lk_attention_block *block, int64_t first, int64_t last) {
    if (first < last) {
        block->call->task->kernels->attention_hide(
            block->weight + (first - block->base) * LK_ATTENTION_LANES, block->first_key,
            block->last_key, (int32_t)first, last - first);
    }
}

void lk_attention_weigh(lk_attention_block *block, const lk_attention_chunk *chunk,
                        const float *key_panels, const float *query_lanes) {
    const lk_attention_settings *self = block->call->self;
    bool biased = self->distances > 0;
    if (biased) {
        put_biases(block);
    }
    lk_attention_meet(block, chunk, key_panels, query_lanes, self->key_channels, biased,
                      block->weight);
    /* What all read lies between the last one's first key and the first one's last. */
    int64_t all_begin = lk_attention_least(block->first_key[block->count - 1], block->end);
    int64_t all_end = lk_attention_most(block->last_key[0], all_begin);
    hide(block, block->begin, all_begin);
    hide(block, all_end, block->end);
    block->call->task->kernels->attention_weights(block->weight + (block->begin - block->base) *
                                                                      LK_ATTENTION_LANES,
                                                  block->sum, block->end - block->begin);
}

/* ---- dropout --------------------------------------------------------------------------------- */

/* Places within an example: those of a head and its keys, counted from the first that is read. */
void lk_attention_drop(const lk_attention_call *call, int64_t example, int64_t head, int32_t query,
                       float *factor, int64_t stride) {
    const lk_attention_settings *self = call->self;
    int64_t count = self->end[query] - self->begin[query];
    int64_t row = (call->task->first_example + example) * self->heads + head;
    int64_t first = row * lk_attention_round(self->keys, 4);
    float drawn[256];
    for (int64_t j = 0; j < count; j += 256) {
        int64_t here = lk_attention_least(256, count - j);
        lk_drop_draw(&self->drop, call->task, query, first + j, here, drawn);
        for (int64_t i = 0; i < here; i++) {
            factor[(j + i) * stride] = drawn[i];
        }
    }
}
