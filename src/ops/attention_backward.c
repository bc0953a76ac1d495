/* The gradients of attention: for each example's head, block after block of queries, whose weights
 * are computed again, against all keys of their group. The gradients of keys and values are chains
 * over the queries, which go on from block to block. ops/attention.c has the formulae.
 *
 * Values are taken to be finite here: the weight of a key that a query does not read is 0, and
 * times what is not finite that would be NaN. A gradient with one such number is lost as a
 * whole. */
#include <string.h>

#include "ops/attention_inside.h"

/* Of a worker; [span] is by keys of the group, and what is wide is filled up to whole blocks. */
typedef struct backward_room {
    float *key_panels, *value_panels;              /* channels down, by panels of keys */
    float *key;                                    /* [span][key_width] */
    float *dkey, *dvalue;                          /* [span][key_width], [span][value_width] */
    float *weight, *dweight, *factor;              /* [span][LK_ATTENTION_LANES] */
    float *strips;                                 /* [LK_ATTENTION_LANES][a strip's columns] */
    float *query_lanes, *query;                    /* [key channels][block], [block][key_width] */
    float *dout_lanes, *out_lanes, *dout, *dquery; /* the same of values; [block][key_width] */
} backward_room;

static int64_t lay_out(const lk_attention_call *call, float *at, backward_room *room) {
    const lk_attention_settings *self = call->self;
    int64_t block = LK_ATTENTION_LANES, used = 0;
    int64_t span = call->span + LK_TILE_MOST_ROWS;
    int64_t keys = self->key_channels, values = self->value_channels;
    struct part {
        float **to;
        int64_t floats;
    } parts[] = {
        {&room->key_panels, span * keys},
        {&room->value_panels, span * values},
        {&room->key, span * call->key_width},
        {&room->dkey, span * call->key_width},
        {&room->dvalue, span * call->value_width},
        {&room->weight, span * block},
        {&room->dweight, span * block},
        {&room->factor, lk_attention_drops(call) ? span * block : 0},
        {&room->strips, block * LK_TILE_MOST_COLUMNS},
        {&room->query_lanes, keys * block},
        {&room->query, call->key_width * block},
        {&room->dout_lanes, values * block},
        {&room->out_lanes, values * block},
        {&room->dout, call->value_width * block},
        {&room->dquery, call->key_width * block},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i].to = at != NULL ? at + used : NULL;
        used += lk_attention_round(parts[i].floats, 16);
    }
    return used;
}

/* ---- a block of queries ---------------------------------------------------------------------- */

/* g' = g / z, and its chain with out: what the mean of dweight is. */
static void take_dout(const lk_attention_block *block, const backward_room *room, float *mean) {
    const lk_attention_call *call = block->call;
    int64_t channels = call->self->value_channels, cell = lk_attention_value_cell(call);
    int64_t at = (block->example * call->self->heads + block->head) * channels;
    for (int64_t i = 0; i < LK_ATTENTION_LANES; i++) {
        const float *dout = call->task->dout + block->query[i] * cell + at;
        float *row = room->dout + i * call->value_width, inverse = 1.0f / block->sum[i];
        for (int64_t c = 0; c < channels; c++) {
            row[c] = dout[c] * inverse;
        }
        memset(row + channels, 0, (size_t)(call->value_width - channels) * sizeof(float));
    }
    lk_side side = {.data = room->dout, .lane_stride = call->value_width, .depth_stride = 1};
    lk_pack(room->dout_lanes, LK_ATTENTION_LANES, &side, 0, LK_ATTENTION_LANES, 0, channels);
    lk_attention_pack_lanes(block, room->out_lanes, call->task->out + at, cell, channels, 1.0f);
    memset(mean, 0, LK_ATTENTION_LANES * sizeof(float));
    for (int64_t c = 0; c < channels; c++) {
        call->task->kernels->multiply_add(mean, room->dout_lanes + c * LK_ATTENTION_LANES,
                                          room->out_lanes + c * LK_ATTENTION_LANES,
                                          LK_ATTENTION_LANES);
    }
}

static void draw_factors(const lk_attention_block *block, const backward_room *room) {
    int64_t rows = block->end - block->base;
    memset(room->factor, 0, (size_t)(rows * LK_ATTENTION_LANES) * sizeof(float));
    for (int64_t i = 0; i < block->count; i++) {
        int64_t at = block->call->self->begin[block->query[i]] - block->base;
        lk_attention_drop(block->call, block->example, block->head, block->query[i],
                          room->factor + at * LK_ATTENTION_LANES + i, LK_ATTENTION_LANES);
    }
}

/* From dweight the gradients of the scores; the weights as dropout leaves them. */
static void score_back(const lk_attention_block *block, const lk_attention_chunk *chunk,
                       const backward_room *room, const float *mean) {
    const lk_attention_call *call = block->call;
    const lk_kernels *kernels = call->task->kernels;
    int64_t at = (block->begin - block->base) * LK_ATTENTION_LANES;
    int64_t keys = block->end - block->begin, floats = keys * LK_ATTENTION_LANES;
    bool drops = lk_attention_drops(call);
    if (drops) {
        draw_factors(block, room);
    }
    lk_attention_meet(block, chunk, room->value_panels, room->dout_lanes,
                      call->self->value_channels, false, room->dweight);
    if (drops) {
        kernels->multiply(room->dweight + at, room->dweight + at, room->factor + at, floats);
    }
    kernels->attention_dscores(room->dweight + at, room->weight + at, mean, keys);
    if (drops) {
        kernels->multiply(room->weight + at, room->weight + at, room->factor + at, floats);
    }
}

static void add_queries(const lk_attention_block *block, const lk_attention_chunk *chunk,
                        const backward_room *room) {
    const lk_attention_call *call = block->call;
    const lk_attention_settings *self = call->self;
    if (call->task->din[0] == NULL) {
        return;
    }
    lk_attention_product product = {
        .rows = block->count,
        .columns = call->key_width,
        .depth = block->end - block->begin,
        .a = room->dweight + (block->begin - block->base) * LK_ATTENTION_LANES,
        .a_stride = LK_ATTENTION_LANES,
        .b = room->key + (block->begin - chunk->begin) * call->key_width,
        .b_stride = call->key_width,
        .c = room->dquery,
        .c_stride = call->key_width,
    };
    lk_attention_multiply(call->tile, &product);
    int64_t at = (block->example * self->heads + block->head) * self->key_channels;
    for (int64_t i = 0; i < block->count; i++) {
        call->task->kernels->axpy(
            call->task->din[0] + block->query[i] * lk_attention_key_cell(call) + at, self->scale,
            room->dquery + i * call->key_width, self->key_channels);
    }
}

/* Keys or values: weights, where they lie, times rows of the queries' channels, packed by strips.
 * The chains go on from what is there. */
static void add_keys(const lk_attention_block *block, const lk_attention_chunk *chunk,
                     const backward_room *room, const float *weight, const float *from,
                     int64_t width, float *to) {
    const lk_tile *tile = block->call->tile;
    const lk_tile_run run = {0, block->count, 0};
    lk_tile_rows_call call = {
        .rows = block->end - block->begin,
        .runs = 1,
        .run = &run,
        .a = weight + (block->begin - block->base) * LK_ATTENTION_LANES,
        .a_stride = LK_ATTENTION_LANES,
        .c_stride = width,
    };
    for (int64_t column = 0; column < width; column += call.columns) {
        call.columns = lk_attention_strip(tile, tile->rows, width - column);
        for (int64_t i = 0; i < block->count; i++) {
            memcpy(room->strips + i * call.columns, from + i * width + column,
                   (size_t)call.columns * sizeof(float));
        }
        call.b = room->strips;
        call.c = to + (block->begin - chunk->begin) * width + column;
        tile->run_rows(&call);
    }
}

static void add_biases(const lk_attention_block *block, const backward_room *room) {
    const lk_attention_call *call = block->call;
    const lk_attention_settings *self = call->self;
    float *sum = call->partial + (block->example * self->heads + block->head) * self->distances;
    for (int64_t i = 0; i < block->count && self->distances > 0; i++) {
        int32_t query = block->query[i];
        for (int64_t key = self->begin[query]; key < self->end[query]; key++) {
            sum[lk_attention_distance(self, query, key)] +=
                room->dweight[(key - block->base) * LK_ATTENTION_LANES + i];
        }
    }
}

static void run_block(lk_attention_block *block, const lk_attention_chunk *chunk,
                      const backward_room *room) {
    const lk_attention_call *call = block->call;
    const lk_attention_settings *self = call->self;
    float mean[LK_ATTENTION_LANES];
    const float *q =
        call->task->in[0] + (block->example * self->heads + block->head) * self->key_channels;
    block->weight = room->weight;
    lk_attention_pack_lanes(block, room->query_lanes, q, lk_attention_key_cell(call),
                            self->key_channels, self->scale);
    lk_attention_weigh(block, chunk, room->key_panels, room->query_lanes);
    take_dout(block, room, mean);
    score_back(block, chunk, room, mean);
    add_queries(block, chunk, room);
    add_keys(block, chunk, room, room->weight, room->dout, call->value_width, room->dvalue);
    lk_attention_pack_rows(room->query, call->key_width, q, lk_attention_key_cell(call),
                           self->key_channels, block->query, block->count);
    for (int64_t c = 0; c < block->count * call->key_width; c++) {
        room->query[c] *= self->scale;
    }
    add_keys(block, chunk, room, room->dweight, room->query, call->key_width, room->dkey);
    add_biases(block, room);
}

/* ---- a group of an example's head ------------------------------------------------------------ */

static void give(const lk_attention_call *call, const lk_attention_chunk *chunk, float *din,
                 int64_t cell, int64_t channels, const float *from, int64_t width) {
    for (int64_t key = chunk->begin; key < chunk->end && din != NULL; key++) {
        call->task->kernels->add(din + call->self->key[key] * cell,
                                 from + (key - chunk->begin) * width, channels);
    }
}

static void run_chunk(const lk_attention_call *call, const lk_attention_chunk *chunk,
                      const backward_room *room, int64_t row) {
    const lk_attention_settings *self = call->self;
    const lk_task *task = call->task;
    int64_t keys = chunk->end - chunk->begin, key_cell = lk_attention_key_cell(call),
            value_cell = lk_attention_value_cell(call);
    int64_t at_key = row * self->key_channels, at_value = row * self->value_channels;
    float *dk = task->din[1] != NULL ? task->din[1] + at_key : NULL;
    float *dv = task->din[2] != NULL ? task->din[2] + at_value : NULL;
    lk_attention_pack_panels(call, room->key_panels, task->in[1] + at_key, key_cell,
                             self->key_channels, chunk->begin, chunk->end);
    lk_attention_pack_panels(call, room->value_panels, task->in[2] + at_value, value_cell,
                             self->value_channels, chunk->begin, chunk->end);
    lk_attention_pack_rows(room->key, call->key_width, task->in[1] + at_key, key_cell,
                           self->key_channels, self->key + chunk->begin, keys);
    memset(room->dkey, 0, (size_t)(keys * call->key_width) * sizeof(float));
    memset(room->dvalue, 0, (size_t)(keys * call->value_width) * sizeof(float));
    lk_attention_block block;
    for (int64_t i = chunk->first; i < chunk->last; i += LK_ATTENTION_LANES) {
        lk_attention_open(&block, call, chunk, i, chunk->last, row / self->heads,
                          row % self->heads);
        run_block(&block, chunk, room);
    }
    give(call, chunk, dk, key_cell, self->key_channels, room->dkey, call->key_width);
    give(call, chunk, dv, value_cell, self->value_channels, room->dvalue, call->value_width);
}

static void run_piece(void *argument, int64_t piece, int worker) {
    const lk_attention_call *call = argument;
    backward_room room;
    lay_out(call, lk_attention_scratch(call, worker), &room);
    int64_t first = piece * call->units_per_piece;
    int64_t last = lk_attention_least(first + call->units_per_piece, call->units);
    for (int64_t row = first; row < last; row++) {
        for (int64_t c = 0; c < call->chunks; c++) {
            run_chunk(call, &call->chunk[c], &room, row);
        }
    }
}

/* Example after example. */
static void join_biases(const lk_attention_call *call) {
    const lk_task *task = call->task;
    int64_t floats = call->self->heads * call->self->distances;
    if (floats > 0 && task->fresh[0]) {
        memset(task->dparameter[0], 0, (size_t)floats * sizeof(float));
    }
    for (int64_t n = 0; n < task->batch && floats > 0; n++) {
        task->kernels->add(task->dparameter[0], call->partial + n * floats, floats);
    }
}

bool lk_attention_backward(const lk_task *task) {
    const lk_attention_settings *self = task->node->settings;
    lk_attention_call call;
    backward_room room;
    void *partial;
    int64_t floats = task->batch * self->heads * self->distances;
    if (!lk_attention_begin(&call, task, INT64_MAX, floats * (int64_t)sizeof(float), &partial)) {
        return false;
    }
    call.partial = partial;
    memset(partial, 0, (size_t)floats * sizeof(float));
    call.units = call.chunks > 0 ? task->batch * self->heads : 0;
    call.floats = lay_out(&call, NULL, &room);
    if (!lk_attention_run(&call, run_piece)) {
        return false;
    }
    join_biases(&call);
    return true;
}
