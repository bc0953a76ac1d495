/* What forward and backward of attention have in common: cutting a call into chunks of queries,
 * packing, products on the micro-kernel, and the weights of a block of queries. */
#include <stdlib.h>
#include <string.h>

#include "base/maths.h"
#include "ops/attention_inside.h"

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

/* The widest block of columns for so many rows. */
static int32_t width_for(const lk_tile *tile, int64_t rows, int64_t columns) {
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
            call.columns = width_for(tile, call.rows, product->columns - column);
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
    for (int64_t i = 0; i < count; i++) {
        memcpy(out + i * width, in + cells[i] * in_cell, (size_t)channels * sizeof(float));
        memset(out + i * width + channels, 0, (size_t)(width - channels) * sizeof(float));
    }
}

void lk_attention_pack_lanes(const lk_attention_block *block, float *out, const float *in,
                             int64_t in_cell, int64_t channels, float scale) {
    lk_side side = {
        .data = in, .lane_stride = in_cell, .depth_stride = 1, .lane_index = block->query};
    lk_pack(out, LK_ATTENTION_BLOCK, &side, 0, block->lanes, 0, channels);
    for (int64_t c = 0; c < channels; c++) {
        for (int64_t lane = 0; lane < block->lanes; lane++) {
            out[c * LK_ATTENTION_BLOCK + lane] *= scale;
        }
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
    block->count = lk_attention_least(last - first, LK_ATTENTION_BLOCK);
    block->lanes = lk_attention_round(block->count, LK_ATTENTION_LANES);
    for (int64_t lane = 0; lane < block->lanes; lane++) {
        block->query[lane] = call->query[first + lk_attention_least(lane, block->count - 1)];
    }
    block->begin = self->begin[block->query[0]];
    block->end = self->end[block->query[block->count - 1]];
    block->base =
        chunk->begin + (block->begin - chunk->begin) / call->tile->rows * call->tile->rows;
}

void lk_attention_lane_keys(const lk_attention_block *block, int64_t lane, int64_t *begin,
                            int64_t *end) {
    const lk_attention_settings *self = block->call->self;
    *begin = self->begin[block->query[lane]];
    *end = self->end[block->query[lane + LK_ATTENTION_LANES - 1]];
}

void lk_attention_biases(const lk_attention_call *call, int64_t head, int32_t query, int64_t key,
                         int64_t count, float *bias) {
    const float *table = call->task->parameter[0] + head * call->self->distances;
    for (int64_t j = 0; j < count; j++) {
        bias[j] = table[lk_attention_distance(call->self, query, key + j)];
    }
}

/* Of LK_ATTENTION_LANES queries and one key. */
static void put_biases(const lk_attention_block *block, int64_t lane, int64_t key, float *row) {
    for (int64_t i = 0; i < LK_ATTENTION_LANES; i++) {
        lk_attention_biases(block->call, block->head, block->query[lane + i], key, 1, row + i);
    }
}

/* The scores of LK_ATTENTION_LANES queries, by panels of keys. */
static void score(const lk_attention_block *block, const lk_attention_chunk *chunk,
                  const float *key_panels, const float *query_lanes, int64_t lane, int64_t begin,
                  int64_t end) {
    const lk_attention_call *call = block->call;
    int64_t rows = call->tile->rows, channels = call->self->key_channels;
    lk_attention_product product = {
        .columns = LK_ATTENTION_LANES,
        .depth = channels,
        .a_stride = rows,
        .b = query_lanes + lane,
        .b_stride = LK_ATTENTION_BLOCK,
        .c_stride = LK_ATTENTION_BLOCK,
        .add = call->self->distances > 0,
    };
    for (int64_t key = begin - (begin - chunk->begin) % rows; key < end; key += rows) {
        product.rows = lk_attention_least(rows, end - key);
        product.a = key_panels + (key - chunk->begin) * channels;
        product.c = block->weight + (key - block->base) * LK_ATTENTION_BLOCK + lane;
        for (int64_t r = 0; r < product.rows && product.add; r++) {
            put_biases(block, lane, key + r, product.c + r * LK_ATTENTION_BLOCK);
        }
        lk_attention_multiply(call->tile, &product);
    }
}

static void hide(const lk_attention_block *block, int64_t lane, int64_t first, int64_t last) {
    const lk_attention_settings *self = block->call->self;
    for (int64_t key = first; key < last; key++) {
        float *row = block->weight + (key - block->base) * LK_ATTENTION_BLOCK + lane;
        for (int64_t i = 0; i < LK_ATTENTION_LANES; i++) {
            int32_t query = block->query[lane + i];
            row[i] = key >= self->begin[query] && key < self->end[query] ? row[i] : -lk_infinity();
        }
    }
}

static void clear(const lk_attention_block *block, int64_t lane, int64_t first, int64_t last) {
    for (int64_t key = first; key < last; key++) {
        memset(block->weight + (key - block->base) * LK_ATTENTION_BLOCK + lane, 0,
               LK_ATTENTION_LANES * sizeof(float));
    }
}

void lk_attention_weigh(lk_attention_block *block, const lk_attention_chunk *chunk,
                        const float *key_panels, const float *query_lanes) {
    const lk_attention_settings *self = block->call->self;
    for (int64_t lane = 0; lane < block->lanes; lane += LK_ATTENTION_LANES) {
        int64_t begin, end;
        lk_attention_lane_keys(block, lane, &begin, &end);
        score(block, chunk, key_panels, query_lanes, lane, begin, end);
        /* What all lanes read lies between the last one's first key and the first one's last. */
        int64_t all_begin = self->begin[block->query[lane + LK_ATTENTION_LANES - 1]];
        int64_t all_end = self->end[block->query[lane]];
        hide(block, lane, begin, lk_attention_least(all_begin, end));
        hide(block, lane, lk_attention_most(all_end, begin), end);
        block->call->task->kernels->attention_weights(
            block->weight + (begin - block->base) * LK_ATTENTION_BLOCK + lane, block->sum + lane,
            end - begin, LK_ATTENTION_BLOCK);
        clear(block, lane, block->begin, begin);
        clear(block, lane, end, block->end);
    }
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
