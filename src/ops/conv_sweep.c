/* The products of a convolution: the cells of a class meet the same blocks at the same distances,
 * and are the rows of one product. The chain of every sum goes over the entries of its class in
 * their order, and over the channels of each, ascending. */
#include <string.h>

#include "ops/conv_inside.h"

static bool take_scratch(lk_conv_sweep *s, int64_t cells) {
    int64_t depth = (int64_t)s->table->entries_most * s->a_channels, rows = cells * s->task->batch;
    int64_t a_rows = s->table->origin != NULL ? rows : 0;
    if (rows > INT32_MAX || depth > INT32_MAX) {
        return false;
    }
    int64_t listed = s->packs ? 0 : 3 * depth;
    int64_t count = s->table->classes + 1 + cells + rows + a_rows + listed;
    int64_t runs = s->few ? (int64_t)s->table->entries_most * lk_conv_parts_most(&s->strips) : 0;
    int64_t packed = s->packs ? lk_conv_pack_bytes(s) : 0;
    char *memory =
        lk_workspace_scratch(s->task->workspace, packed + runs * (int64_t)sizeof *s->runs +
                                                     count * (int64_t)sizeof *s->begin);
    if (memory == NULL) {
        return false;
    }
    if (s->packs) {
        lk_conv_pack(s, memory);
    }
    s->runs = (lk_few_run *)(void *)(memory + packed);
    s->begin = (int32_t *)(void *)(s->runs + runs);
    s->sorted = s->begin + s->table->classes + 1;
    s->row = s->sorted + cells;
    s->a_row = s->row + rows;
    s->a_index = s->a_row + a_rows;
    s->b_index = s->a_index + depth;
    s->a_row_copy = (float *)(s->b_index + depth);
    return true;
}

/* Counting sort; cells NULL: those from s->first on. */
static void sort_by_class(lk_conv_sweep *s, const int32_t *cells, int64_t count) {
    const int32_t *class_of = s->table->class_of;
    int32_t classes = s->table->classes;
    memset(s->begin, 0, ((size_t)classes + 1) * sizeof *s->begin);
    for (int64_t i = 0; i < count; i++) {
        s->begin[class_of[cells != NULL ? cells[i] : s->first + i] + 1]++;
    }
    for (int32_t c = 0; c < classes; c++) {
        s->begin[c + 1] += s->begin[c];
    }
    for (int64_t i = 0; i < count; i++) {
        int32_t cell = cells != NULL ? cells[i] : (int32_t)(s->first + i);
        s->sorted[s->begin[class_of[cell]]++] = cell;
    }
    for (int32_t c = classes; c > 0; c--) {
        s->begin[c] = s->begin[c - 1];
    }
    s->begin[0] = 0;
}

/* Rows of the product: (cell, example) pairs; NULL when they lie side by side from the first cell
 * on. */
static const int32_t *list_rows(const lk_conv_sweep *s, const int32_t *cells, int64_t count) {
    int64_t batch = s->task->batch, k = 0;
    bool together = true;
    for (int64_t i = 1; i < count && together; i++) {
        together = cells[i] == cells[0] + i;
    }
    for (int64_t i = 0; i < count && !together; i++) {
        for (int64_t n = 0; n < batch; n++) {
            s->row[k++] = (int32_t)((cells[i] - cells[0]) * batch + n);
        }
    }
    return together ? NULL : s->row;
}

/* Those of A. */
static const int32_t *list_a_rows(const lk_conv_sweep *s, const int32_t *cells, int64_t count) {
    int64_t batch = s->task->batch, k = 0;
    int32_t first = lk_conv_origin(s->table, cells[0]);
    for (int64_t i = 0; i < count; i++) {
        for (int64_t n = 0; n < batch; n++) {
            s->a_row[k++] = (int32_t)((lk_conv_origin(s->table, cells[i]) - first) * batch + n);
        }
    }
    return s->a_row;
}

/* How many of the entries stand near enough to the first one that 32 bits can tell their places. */
static int32_t near_entries(const lk_conv_sweep *s, const lk_conv_entry *entries, int32_t count) {
    int32_t near = 1;
    int64_t most = count > 1 ? INT32_MAX / (s->task->batch * s->a_stride) : 0;
    while (near < count) {
        int64_t distance = (int64_t)entries[near].delta - entries[0].delta;
        if ((distance < 0 ? -distance : distance) + 1 > most) {
            break;
        }
        near++;
    }
    return near;
}

static void list_a(const lk_conv_sweep *s, const lk_conv_strip *strip, const lk_conv_entry *entries,
                   int32_t count) {
    int32_t *a = s->a_index;
    int64_t floats = s->task->batch * s->a_stride;
    for (int32_t e = 0; e < count; e++) {
        int32_t from = (int32_t)((entries[e].delta - entries[0].delta) * floats);
        for (const lk_conv_part *p = strip->parts; p < strip->parts + strip->count; p++) {
            for (int32_t c = 0; c < s->strips.depth; c++) {
                *a++ = from + p->a + c;
            }
        }
    }
}

static void list_b(const lk_conv_sweep *s, const lk_conv_strip *strip, const lk_conv_entry *entries,
                   int32_t count) {
    int32_t *b = s->b_index;
    for (int32_t e = 0; e < count; e++) {
        int32_t block = (int32_t)(entries[e].block * s->block_rows);
        for (const lk_conv_part *p = strip->parts; p < strip->parts + strip->count; p++) {
            for (int32_t c = 0; c < s->strips.depth; c++) {
                *b++ = block + p->b + c;
            }
        }
    }
}

/* Whether the rows of B that the entries meet follow one another: all rows of blocks side by
 * side. */
static bool b_follows(const lk_conv_sweep *s, const lk_conv_strip *strip,
                      const lk_conv_entry *entries, int32_t count) {
    bool whole = strip->count == 1 && strip->parts[0].b == 0 && s->strips.depth == s->block_rows;
    for (int32_t e = 1; e < count && whole; e++) {
        whole = entries[e].block == entries[0].block + e;
    }
    return whole;
}

/* A single row of A, copied together. a: where the first entry's stands. */
static const float *gather_row(const lk_conv_sweep *s, const float *a, const lk_conv_entry *entries,
                               int32_t count) {
    int64_t floats = s->task->batch * s->a_stride, depth = s->strips.depth;
    for (int32_t e = 0; e < count; e++) {
        memcpy(s->a_row_copy + e * depth, a + (entries[e].delta - entries[0].delta) * floats,
               (size_t)depth * sizeof *a);
    }
    return s->a_row_copy;
}

/* Cells that meet no block at all. */
static void only_start(const lk_conv_sweep *s, const float *bias, const int32_t *cells,
                       int64_t count) {
    for (int64_t i = 0; i < count && s->start != LK_START_C; i++) {
        float *c = s->c + cells[i] * s->task->batch * s->c_stride;
        for (int64_t n = 0; n < s->task->batch; n++, c += s->c_stride) {
            for (int64_t channel = 0; channel < s->c_channels; channel++) {
                c[channel] = bias != NULL ? bias[channel] : 0.0f;
            }
        }
    }
}

/* Cells of one class, and the entries that are met at once. */
typedef struct meeting {
    const int32_t *cells, *rows, *a_rows; /* as lk_product has them */
    int64_t count;                        /* of cells */
    const lk_conv_entry *entries;
    int32_t near; /* of these */
    lk_start start;
    const float *bias;
} meeting;

static bool run_strip(const lk_conv_sweep *s, const meeting *m, const lk_conv_strip *strip) {
    const lk_task *task = s->task;
    const float *a = s->a + (lk_conv_origin(s->table, m->cells[0]) + m->entries[0].delta) *
                                task->batch * s->a_stride;
    const float *b = task->parameter[0] + strip->b;
    int64_t rows = m->count * task->batch;
    bool together = m->near == 1 && strip->count == 1;
    bool follows = together || b_follows(s, strip, m->entries, m->near);
    bool single = !together && follows && rows == 1;
    if (follows) {
        b += (m->entries[0].block * s->block_rows + strip->parts[0].b) * s->b_row_stride;
    } else {
        list_b(s, strip, m->entries, m->near);
    }
    if (together) {
        a += strip->parts[0].a;
    } else if (single) {
        a = gather_row(s, a + strip->parts[0].a, m->entries, m->near);
    } else {
        list_a(s, strip, m->entries, m->near);
    }
    lk_product product = {
        .rows = rows,
        .columns = s->strips.columns,
        .depth = m->near * strip->count * s->strips.depth,
        .a = {a, s->a_stride, 1, single ? NULL : m->a_rows, together || single ? NULL : s->a_index},
        .b = {b, s->b_row_stride, s->b_column_stride, follows ? NULL : s->b_index, NULL},
        .c = s->c + m->cells[0] * task->batch * s->c_stride + strip->column,
        .c_row_stride = s->c_stride,
        .c_column_stride = 1,
        .c_row_index = m->rows,
        .start = m->start,
        .bias = m->bias != NULL ? m->bias + strip->column : NULL,
    };
    return lk_product_run(&product, task->kernels, task->pool, task->workspace);
}

/* The chain of every sum goes on from product to product. */
static bool run_class(const lk_conv_sweep *s, const lk_conv_class *class, const int32_t *cells,
                      int64_t count) {
    meeting m = {.cells = cells, .count = count, .start = s->start};
    m.bias = s->bias != NULL ? s->bias + cells[0] % s->groups * s->c_channels : NULL;
    if (class->count == 0) {
        only_start(s, m.bias, cells, count);
        return true;
    }
    m.rows = list_rows(s, cells, count);
    m.a_rows = s->table->origin != NULL ? list_a_rows(s, cells, count) : m.rows;
    if (s->packs) {
        return lk_conv_packed(s, class, &(lk_conv_cells){cells, m.rows, m.a_rows, count}, m.bias);
    }
    if (s->few) {
        lk_conv_few(s, class, &(lk_conv_cells){cells, m.rows, m.a_rows, count}, m.bias);
        return true;
    }
    for (int32_t e = 0; e < class->count; e += m.near) {
        m.entries = class->entries + e;
        m.near = near_entries(s, m.entries, class->count - e);
        for (int32_t i = 0; i < s->strips.count; i++) {
            if (!run_strip(s, &m, &s->strips.strips[i])) {
                return false;
            }
        }
        m.start = LK_START_C;
    }
    return true;
}

bool lk_conv_sweep_run(lk_conv_sweep *s, const int32_t *cells, int64_t count) {
    if (s->strips.count == 0) {
        s->strips = lk_conv_all_meet(s->a_channels, s->c_channels);
    }
    s->few = lk_conv_is_few(s, count);
    if (s->few && count == 1) { /* a step of a generation */
        return lk_conv_few_alone(s, cells != NULL ? cells[0] : (int32_t)s->first);
    }
    s->packs = !s->few && lk_conv_packs(s, count);
    if (!take_scratch(s, count)) {
        return false;
    }
    if (count == 1) { /* where ranks are, there are many classes */
        s->sorted[0] = cells != NULL ? cells[0] : (int32_t)s->first;
        return run_class(s, &s->table->class_at[s->table->class_of[s->sorted[0]]], s->sorted, 1);
    }
    sort_by_class(s, cells, count);
    for (int32_t c = 0; c < s->table->classes; c++) {
        int64_t here = s->begin[c + 1] - s->begin[c];
        if (here > 0 && !run_class(s, &s->table->class_at[c], s->sorted + s->begin[c], here)) {
            return false;
        }
    }
    return true;
}
