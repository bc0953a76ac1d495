/* Rules that several operations share. */
#ifndef LK_OPS_RULES_H
#define LK_OPS_RULES_H

#include "graph/op.h"
#include "graph/quantized.h"

/* As many cells and channels as input 0. */
lk_status lk_shape_like_input(lk_context *context, lk_node *node);
/* Cell c reads cell c of each input. */
int32_t lk_reads_same_cell(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                           int32_t most);
/* Of operations without inputs: they read nothing, and nothing stands before them. */
int32_t lk_reads_nothing(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                         int32_t most);
bool lk_nothing_before(const lk_task *task);
/* Backward reads the inputs alone, the output alone, none of them. */
int32_t lk_keeps_inputs(const lk_node *node);
int32_t lk_keeps_output(const lk_node *node);
int32_t lk_keeps_nothing(const lk_node *node);
/* Parameter k of a task as weights of 8 bits whose columns share a unit; NULL: it has none, or the
 * operation sees another, derived one. */
static inline const lk_quantized *lk_task_quantized(const lk_task *task, int32_t k) {
    const lk_parameter *p = &task->parameters->list[task->node->parameters[k]];
    bool same = p->quantized != NULL && !p->quantized->by_rows && task->parameter[k] == p->value;
    return same ? p->quantized : NULL;
}
/* Operations that move or bend values, without products. */
int64_t lk_no_multiply_adds(const lk_node *node, int64_t cell);

#endif
