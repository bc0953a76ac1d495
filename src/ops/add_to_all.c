/* out[c] = in[c] + vector[0]: what all cells are told alike, such as the class of the whole
 * image. */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

#define FLOATS_PER_PIECE 4096 /* of the vector's gradient */

static lk_status shape(lk_context *context, lk_node *node) {
    const lk_node *input = node->inputs[0], *vector = node->inputs[1];
    if (vector->cells != 1 || vector->channels != input->channels) {
        return lk_fail(context, LK_INVALID,
                       "node %s adds %lld x %lld cells x channels to each of %lld x %lld",
                       node->name, (long long)vector->cells, (long long)vector->channels,
                       (long long)input->cells, (long long)input->channels);
    }
    node->cells = input->cells;
    node->channels = input->channels;
    return LK_OK;
}

static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    (void)node;
    (void)most;
    spans[0] = (lk_span){.first = input == 0 ? cell : 0, .count = 1};
    return 1;
}

static void forward_values(const lk_task *task, int32_t cell, int64_t at, int64_t floats) {
    (void)cell;
    task->kernels->sum_of(task->out + at, task->in[0] + at, task->in[1], floats);
}

static bool forward(const lk_task *task) {
    return lk_run_values(task, forward_values);
}

static void backward_values(const lk_task *task, int32_t cell, int64_t at, int64_t floats) {
    (void)cell;
    lk_begin_din(task, 0, at, floats);
    task->kernels->add(task->din[0] + at, task->dout + at, floats);
}

/* Some floats of the vector's gradient: the sum over the cells, in their order. */
static void backward_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_task *task = argument;
    int64_t floats = task->batch * task->node->channels, first = piece * FLOATS_PER_PIECE;
    int64_t here = floats - first < FLOATS_PER_PIECE ? floats - first : FLOATS_PER_PIECE;
    lk_begin_din(task, 1, first, here);
    int64_t last = task->first_cell + task->cell_count;
    for (int64_t cell = task->first_cell; cell < last; cell++) {
        task->kernels->add(task->din[1] + first, task->dout + cell * floats + first, here);
    }
}

static bool backward(const lk_task *task) {
    int64_t floats = task->batch * task->node->channels;
    if (task->din[1] != NULL) {
        lk_pool_run(task->pool, (floats + FLOATS_PER_PIECE - 1) / FLOATS_PER_PIECE, backward_piece,
                    (void *)task);
    }
    return task->din[0] == NULL || lk_run_values(task, backward_values);
}

const lk_op lk_add_to_all_op = {
    .name = "add to all",
    .definition = "out[c] = in[c] + vector[0]",
    .inputs_least = 2,
    .inputs_most = 2,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = forward,
    .backward = backward,
    .keeps = lk_keeps_nothing,
    .sets_fresh = true,
};

lk_node *lk_add_to_all(lk_graph *graph, lk_node *input, lk_node *vector) {
    lk_node *inputs[] = {input, vector};
    return input == NULL || vector == NULL
               ? NULL
               : lk_graph_add(graph, &lk_add_to_all_op, NULL, 2, inputs, 0, NULL, NULL);
}
