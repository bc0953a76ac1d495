/* The products of a convolution whose cells are many: the weights of all blocks are packed once,
 * and the entries of a class are runs of channels that are met where they lie, with the rows of the
 * packed weights that belong to their blocks. */
#include <string.h>

#include "ops/conv_inside.h"

enum {
    ROWS_LEAST = 256, /* (cell, example) pairs that are worth packing all blocks */
    RUN_LEAST = 8,    /* channels that are worth a loop of their own */
    LINE_BYTES = 64,
};

static int64_t rounded(int64_t bytes) {
    return (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
}

/* Rows of a strip's packed weights. */
static int64_t depth_of(const lk_conv_sweep *s, const lk_conv_strip *strip) {
    return (int64_t)s->blocks * strip->count * s->strips.depth;
}

static int64_t strip_bytes(const lk_conv_sweep *s, const lk_conv_strip *strip) {
    return rounded(lk_packed_floats(s->task->kernels, depth_of(s, strip), s->strips.columns) *
                   (int64_t)sizeof(float));
}

bool lk_conv_packs(const lk_conv_sweep *s, int64_t cells) {
    const int64_t depth = s->blocks * lk_conv_parts_most(&s->strips) * s->strips.depth;
    return s->blocks > 0 && cells * s->task->batch >= ROWS_LEAST && s->strips.depth >= RUN_LEAST &&
           depth <= INT32_MAX &&
           lk_packed_suits(s->task->kernels, s->task->workspace, depth, s->strips.columns);
}

int64_t lk_conv_pack_bytes(const lk_conv_sweep *s) {
    const int64_t parts = lk_conv_parts_most(&s->strips);
    int64_t bytes = rounded(s->strips.count * (int64_t)sizeof *s->packed) +
                    rounded(s->table->entries_most * parts * (int64_t)sizeof *s->tile_runs) +
                    rounded(s->blocks * parts * s->strips.depth * (int64_t)sizeof(int32_t));
    for (int32_t i = 0; i < s->strips.count; i++) {
        bytes += strip_bytes(s, &s->strips.strips[i]);
    }
    return bytes;
}

/* Rows of the weights, block after block, in it part after part. */
static void list_rows(const lk_conv_sweep *s, const lk_conv_strip *strip, int32_t *row) {
    for (int32_t block = 0; block < s->blocks; block++) {
        for (const lk_conv_part *p = strip->parts; p < strip->parts + strip->count; p++) {
            for (int32_t k = 0; k < s->strips.depth; k++) {
                *row++ = (int32_t)(block * s->block_rows) + p->b + k;
            }
        }
    }
}

void lk_conv_pack(lk_conv_sweep *s, void *memory) {
    const int64_t parts = lk_conv_parts_most(&s->strips);
    char *at = memory;
    s->packed = memory;
    at += rounded(s->strips.count * (int64_t)sizeof *s->packed);
    s->tile_runs = (lk_tile_run *)(void *)at;
    at += rounded(s->table->entries_most * parts * (int64_t)sizeof *s->tile_runs);
    int32_t *row = (int32_t *)(void *)at;
    at += rounded(s->blocks * parts * s->strips.depth * (int64_t)sizeof *row);
    for (int32_t i = 0; i < s->strips.count; i++) {
        const lk_conv_strip *strip = &s->strips.strips[i];
        const lk_operand b = {s->task->parameter[0] + strip->b, s->b_row_stride, s->b_column_stride,
                              row, NULL};
        s->packed[i] = (lk_packed){(float *)(void *)at, depth_of(s, strip), s->strips.columns};
        list_rows(s, strip, row);
        lk_packed_make(&s->packed[i], &b, s->task->kernels);
        at += strip_bytes(s, strip);
    }
}

/* Those that follow each other on both sides are one. Returns how many. */
static int32_t list_runs(const lk_conv_sweep *s, const lk_conv_class *class,
                         const lk_conv_strip *strip) {
    const int64_t floats = s->task->batch * s->a_stride, depth = s->strips.depth;
    int32_t count = 0;
    for (int32_t e = 0; e < class->count; e++) {
        const lk_conv_entry *entry = &class->entries[e];
        for (int32_t p = 0; p < strip->count; p++) {
            const lk_tile_run run = {entry->delta * floats + strip->parts[p].a, depth,
                                     ((int64_t)entry->block * strip->count + p) * depth};
            lk_tile_run *last = s->tile_runs + count - 1;
            if (count > 0 && last->offset + last->count == run.offset &&
                last->b + last->count == run.b) {
                last->count += depth;
            } else {
                s->tile_runs[count++] = run;
            }
        }
    }
    return count;
}

bool lk_conv_packed(const lk_conv_sweep *s, const lk_conv_class *class, const lk_conv_cells *cells,
                    const float *bias) {
    const lk_task *task = s->task;
    bool made = true;
    for (int32_t i = 0; i < s->strips.count && made; i++) {
        const lk_conv_strip *strip = &s->strips.strips[i];
        lk_product product = {
            .rows = cells->count * task->batch,
            .columns = s->strips.columns,
            .depth = class->count * strip->count * s->strips.depth,
            .a = {s->a + lk_conv_origin(s->table, cells->cell[0]) * task->batch * s->a_stride,
                  s->a_stride, 1, cells->a_rows, NULL},
            .c = s->c + cells->cell[0] * task->batch * s->c_stride + strip->column,
            .c_row_stride = s->c_stride,
            .c_column_stride = 1,
            .c_row_index = cells->rows,
            .start = s->start,
            .bias = bias != NULL ? bias + strip->column : NULL,
            .packed = &s->packed[i],
            .run = s->tile_runs,
            .runs = list_runs(s, class, strip),
        };
        made = lk_product_run(&product, task->kernels, task->pool, task->workspace);
    }
    return made;
}
