/* The products of a convolution whose cells are few, as in a step of a generation: the entries of
 * their class are runs of channels that are met where they lie. */
#include "kernels/few.h"
#include "ops/conv_inside.h"

bool lk_conv_is_few(const lk_conv_sweep *s, int64_t cells) {
    return s->b_column_stride == 1 && s->start != LK_START_C &&
           lk_few_suits(cells * s->task->batch, s->strips.columns,
                        (int64_t)s->table->entries_most * s->a_channels);
}

/* Those that follow each other on both sides are one. a: of the cell that deltas count from. */
static int64_t list_runs(const lk_conv_sweep *s, const lk_conv_class *class,
                         const lk_conv_strip *strip, const float *a, lk_few_run *runs) {
    const int64_t floats = s->task->batch * s->a_stride, depth = s->strips.depth;
    const float *weight = s->task->parameter[0] + strip->b;
    int64_t count = 0;
    for (int32_t e = 0; e < class->count; e++) {
        const float *block = weight + class->entries[e].block * s->block_rows * s->b_row_stride;
        for (const lk_conv_part *p = strip->parts; p < strip->parts + strip->count; p++) {
            const lk_few_run run = {a + class->entries[e].delta * floats + p->a,
                                    block + p->b * s->b_row_stride, depth, NULL};
            lk_few_run *last = runs + count - 1;
            if (count > 0 && last->a + last->depth == run.a &&
                last->b + last->depth * s->b_row_stride == run.b) {
                last->depth += depth;
            } else {
                runs[count++] = run;
            }
        }
    }
    return count;
}

bool lk_conv_few_alone(lk_conv_sweep *s, int32_t cell) {
    enum { RUNS_MOST = 64 }; /* where they are more: from the workspace */
    const lk_conv_class *class = &s->table->class_at[s->table->class_of[cell]];
    const lk_conv_cells alone = {.cell = &cell, .count = 1};
    lk_few_run runs[RUNS_MOST];
    int64_t most = (int64_t) class->count * lk_conv_parts_most(&s->strips);
    s->runs = most <= RUNS_MOST
                  ? runs
                  : lk_workspace_scratch(s->task->workspace, most * (int64_t)sizeof *runs);
    if (s->runs == NULL) {
        return false;
    }
    const float *bias = s->bias != NULL ? s->bias + cell % s->groups * s->c_channels : NULL;
    lk_conv_few(s, class, &alone, bias);
    return true;
}

void lk_conv_few(const lk_conv_sweep *s, const lk_conv_class *class, const lk_conv_cells *cells,
                 const float *bias) {
    const lk_task *task = s->task;
    const float *a = s->a + lk_conv_origin(s->table, cells->cell[0]) * task->batch * s->a_stride;
    lk_few_call call = {
        .rows = cells->count * task->batch,
        .columns = s->strips.columns,
        .run = s->runs,
        .a_stride = s->a_stride,
        .b_stride = s->b_row_stride,
        .c_stride = s->c_stride,
        .a_row = cells->a_rows,
        .c_row = cells->rows,
    };
    for (int32_t i = 0; i < s->strips.count; i++) {
        const lk_conv_strip *strip = &s->strips.strips[i];
        call.runs = list_runs(s, class, strip, a, s->runs);
        call.c = s->c + cells->cell[0] * task->batch * s->c_stride + strip->column;
        call.start = bias != NULL ? bias + strip->column : NULL;
        lk_few_run_on(task->pool, task->kernels, &call);
    }
}
