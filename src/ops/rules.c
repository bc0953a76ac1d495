#include "ops/rules.h"

lk_status lk_shape_like_input(lk_context *context, lk_node *node) {
    (void)context;
    node->cells = node->inputs[0]->cells;
    node->channels = node->inputs[0]->channels;
    return LK_OK;
}

int32_t lk_reads_same_cell(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                           int32_t most) {
    (void)node;
    (void)input;
    (void)most;
    spans[0] = (lk_span){.first = cell, .count = 1};
    return 1;
}

int32_t lk_reads_nothing(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                         int32_t most) {
    (void)node;
    (void)input;
    (void)cell;
    (void)spans;
    (void)most;
    return 0;
}

bool lk_nothing_before(const lk_task *task) {
    (void)task;
    return true;
}

int64_t lk_no_multiply_adds(const lk_node *node, int64_t cell) {
    (void)node;
    (void)cell;
    return 0;
}

int32_t lk_keeps_inputs(const lk_node *node) {
    (void)node;
    return LK_KEEPS_INPUTS;
}

int32_t lk_keeps_output(const lk_node *node) {
    (void)node;
    return LK_KEEPS_OUTPUT;
}

int32_t lk_keeps_nothing(const lk_node *node) {
    (void)node;
    return LK_KEEPS_NOTHING;
}
