/* Attention forward: blocks of queries against their chunk's keys, packed once for the chunk; or,
 * for a few queries, as one step of a generation has them, each by itself against keys and values
 * that are packed a strip at a time. ops/attention.c has the arithmetic, which does not tell. */
#include <string.h>

#include "ops/attention_inside.h"

enum {
    CHUNK_QUERIES = 512, /* for which packing the keys costs little */
    FEW_CHUNKS = 256,    /* the same where there are few heads and examples to share out */
    FEW_UNITS = 8,
    BLOCK_QUERIES = 6, /* from here on lanes are worth filling */
    STRIP = 128,       /* keys of a strip: whole blocks of every tile */
};

typedef struct forward_room {
    float *key, *value, *query, *weight, *factor, *out;
} forward_room;

static int64_t lay_out(const lk_attention_call *call, float *at, forward_room *room) {
    const lk_attention_settings *self = call->self;
    int64_t span = lk_attention_round(lk_attention_most(call->span, STRIP) + LK_TILE_MOST_ROWS, 16);
    int64_t block = LK_ATTENTION_LANES, used = 0;
    int64_t sizes[] = {span * self->key_channels,
                       span * call->value_width,
                       lk_attention_round(self->key_channels * block, 16),
                       span * block + LK_TILE_MOST_COLUMNS,
                       lk_attention_drops(call) ? span * block : 0,
                       block * call->value_width};
    float **parts[] = {&room->key,    &room->value,  &room->query,
                       &room->weight, &room->factor, &room->out};
    for (int i = 0; i < 6; i++) {
        *parts[i] = at != NULL ? at + used : NULL;
        used += sizes[i];
    }
    return used;
}

static void put(const lk_attention_call *call, int64_t row, int32_t query, const float *sums,
                float total) {
    int64_t channels = call->self->value_channels;
    float *out = call->task->out + query * lk_attention_value_cell(call) + row * channels;
    for (int64_t c = 0; c < channels; c++) {
        out[c] = sums[c] / total + 0.0f;
    }
}

/* ---- one query ------------------------------------------------------------------------------- */

static void score_alone(const lk_attention_call *call, const forward_room *room, int64_t row,
                        int32_t query) {
    const lk_attention_settings *self = call->self;
    int64_t channels = self->key_channels, begin = self->begin[query], end = self->end[query];
    const float *q = call->task->in[0] + query * lk_attention_key_cell(call) + row * channels;
    for (int64_t c = 0; c < channels; c++) {
        room->query[c] = q[c] * self->scale;
    }
    for (int64_t key = begin; key < end; key += STRIP) {
        int64_t count = lk_attention_least(STRIP, end - key);
        lk_side side = {.data = call->task->in[1] + row * channels,
                        .lane_stride = lk_attention_key_cell(call),
                        .depth_stride = 1,
                        .lane_index = self->key + key};
        lk_pack(room->key, STRIP, &side, 0, count, 0, channels);
        lk_attention_product product = {
            .rows = 1,
            .columns = lk_attention_round(count, call->tile->widths[0]),
            .depth = channels,
            .a = room->query,
            .a_stride = 1,
            .b = room->key,
            .b_stride = STRIP,
            .c = room->weight + (key - begin),
            .add = self->distances > 0,
        };
        if (product.add) {
            lk_attention_biases(call, row % self->heads, query, key, count, product.c);
        }
        lk_attention_multiply(call->tile, &product);
    }
}

static void run_alone(const lk_attention_call *call, const forward_room *room, int64_t row,
                      int32_t query) {
    const lk_attention_settings *self = call->self;
    const lk_kernels *kernels = call->task->kernels;
    int64_t begin = self->begin[query], end = self->end[query];
    score_alone(call, room, row, query);
    float total = kernels->attention_weights_alone(room->weight, end - begin);
    if (lk_attention_drops(call)) {
        lk_attention_drop(call, row / self->heads, row % self->heads, query, room->factor, 1);
        kernels->multiply(room->weight, room->weight, room->factor, end - begin);
    }
    memset(room->out, 0, (size_t)call->value_width * sizeof(float));
    for (int64_t key = begin; key < end; key += STRIP) {
        int64_t count = lk_attention_least(STRIP, end - key);
        lk_attention_pack_rows(
            room->value, call->value_width, call->task->in[2] + row * self->value_channels,
            lk_attention_value_cell(call), self->value_channels, self->key + key, count);
        lk_attention_product product = {
            .rows = 1,
            .columns = call->value_width,
            .depth = count,
            .a = room->weight + (key - begin),
            .a_stride = 1,
            .b = room->value,
            .b_stride = call->value_width,
            .c = room->out,
            .add = true,
        };
        lk_attention_multiply(call->tile, &product);
    }
    put(call, row, query, room->out, total);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static void drop_block(const lk_attention_block *block, const forward_room *room) {
    const lk_attention_call *call = block->call;
    int64_t rows = block->end - block->begin;
    memset(room->factor, 0, (size_t)(rows * LK_ATTENTION_LANES) * sizeof(float));
    for (int64_t i = 0; i < block->count; i++) {
        int64_t at = call->self->begin[block->query[i]] - block->begin;
        lk_attention_drop(call, block->example, block->head, block->query[i],
                          room->factor + at * LK_ATTENTION_LANES + i, LK_ATTENTION_LANES);
    }
    float *weight = block->weight + (block->begin - block->base) * LK_ATTENTION_LANES;
    call->task->kernels->multiply(weight, weight, room->factor, rows * LK_ATTENTION_LANES);
}

/* Rows of the tile run over the keys that any of their queries reads. */
static void mix(const lk_attention_block *block, const lk_attention_chunk *chunk,
                const forward_room *room) {
    const lk_attention_call *call = block->call;
    const lk_attention_settings *self = call->self;
    for (int64_t i = 0; i < block->count; i += call->tile->rows) {
        int64_t rows = lk_attention_least(call->tile->rows, block->count - i);
        int64_t begin = self->begin[block->query[i]], end = self->end[block->query[i + rows - 1]];
        lk_attention_product product = {
            .rows = rows,
            .columns = call->value_width,
            .depth = end - begin,
            .a = block->weight + (begin - block->base) * LK_ATTENTION_LANES + i,
            .a_stride = LK_ATTENTION_LANES,
            .b = room->value + (begin - chunk->begin) * call->value_width,
            .b_stride = call->value_width,
            .c = room->out,
            .c_stride = call->value_width,
        };
        lk_attention_multiply(call->tile, &product);
        for (int64_t r = 0; r < rows; r++) {
            put(call, block->example * self->heads + block->head, block->query[i + r],
                room->out + r * call->value_width, block->sum[i + r]);
        }
    }
}

/* False: a value is not finite, and would spoil a query that does not read it. */
static bool run_blocks(const lk_attention_call *call, const lk_attention_chunk *chunk,
                       const forward_room *room, int64_t row) {
    const lk_attention_settings *self = call->self;
    const lk_task *task = call->task;
    int64_t keys = chunk->end - chunk->begin;
    lk_attention_pack_rows(room->value, call->value_width, task->in[2] + row * self->value_channels,
                           lk_attention_value_cell(call), self->value_channels,
                           self->key + chunk->begin, keys);
    if (!task->kernels->all_finite(room->value, keys * call->value_width)) {
        return false;
    }
    lk_attention_pack_panels(call, room->key, task->in[1] + row * self->key_channels,
                             lk_attention_key_cell(call), self->key_channels, chunk->begin,
                             chunk->end);
    lk_attention_block block;
    for (int64_t i = chunk->first; i < chunk->last; i += LK_ATTENTION_LANES) {
        lk_attention_open(&block, call, chunk, i, chunk->last, row / self->heads,
                          row % self->heads);
        block.weight = room->weight;
        lk_attention_pack_lanes(&block, room->query, task->in[0] + row * self->key_channels,
                                lk_attention_key_cell(call), self->key_channels, self->scale);
        lk_attention_weigh(&block, chunk, room->key, room->query);
        if (lk_attention_drops(call)) {
            drop_block(&block, room);
        }
        mix(&block, chunk, room);
    }
    return true;
}

/* ---- the call -------------------------------------------------------------------------------- */

static void run_piece(void *argument, int64_t piece, int worker) {
    const lk_attention_call *call = argument;
    forward_room room;
    lay_out(call, lk_attention_scratch(call, worker), &room);
    int64_t first = piece * call->units_per_piece;
    int64_t last = lk_attention_least(first + call->units_per_piece, call->units);
    for (int64_t unit = first; unit < last; unit++) {
        int64_t row = unit / call->chunks;
        const lk_attention_chunk *chunk = &call->chunk[unit % call->chunks];
        if (chunk->last - chunk->first < BLOCK_QUERIES || !run_blocks(call, chunk, &room, row)) {
            for (int64_t i = chunk->first; i < chunk->last; i++) {
                run_alone(call, &room, row, call->query[i]);
            }
        }
    }
}

bool lk_attention_forward(const lk_task *task) {
    const lk_attention_settings *self = task->node->settings;
    lk_attention_call call;
    forward_room room;
    void *extra;
    int64_t heads = task->batch * self->heads;
    if (!lk_attention_begin(&call, task, heads < FEW_UNITS ? FEW_CHUNKS : CHUNK_QUERIES, 0,
                            &extra)) {
        return false;
    }
    for (int64_t i = 0; i < call.empty; i++) {
        memset(task->out + call.empty_query[i] * lk_attention_value_cell(&call), 0,
               (size_t)lk_attention_value_cell(&call) * sizeof(float));
    }
    call.units = heads * call.chunks;
    call.floats = lay_out(&call, NULL, &room);
    return lk_attention_run(&call, run_piece);
}
