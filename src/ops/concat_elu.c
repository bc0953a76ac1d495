/* elu of the values and of their negatives, side by side: twice as many channels (Shang et al.,
 * "Concatenated Rectified Linear Units", ICML 2016; with elu in PixelCNN++, Salimans et al.
 * 2017). */
#include "ops/ops.h"
#include "ops/pieces.h"
#include "ops/rules.h"

static lk_status shape(lk_context *context, lk_node *node) {
    (void)context;
    node->cells = node->inputs[0]->cells;
    node->channels = 2 * node->inputs[0]->channels;
    return LK_OK;
}

static void forward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels;
    task->kernels->concat_elu(task->out + at, task->in[0] + at / 2, rows, task->node->channels / 2);
}

static void backward_rows(const lk_task *task, int64_t row, int64_t rows) {
    int64_t at = row * task->node->channels;
    task->kernels->concat_elu_backward(task->din[0] + at / 2, lk_din_fresh(task, 0), task->out + at,
                                       task->dout + at, rows, task->node->channels / 2);
}

const lk_op lk_concat_elu_op = {
    .name = "concat elu",
    .definition = "out[c][k] = elu(in[c][k]), out[c][channels + k] = elu(-in[c][k])",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = shape,
    .reads = lk_reads_same_cell,
    .alike = true,
    .multiply_adds = lk_no_multiply_adds,
    .forward = lk_forward_rows,
    .backward = lk_backward_rows,
    .keeps = lk_keeps_output,
    .sets_fresh = true,
    .forward_rows = forward_rows,
    .backward_rows = backward_rows,
};

lk_node *lk_concat_elu(lk_graph *graph, lk_node *input) {
    return input == NULL ? NULL
                         : lk_graph_add(graph, &lk_concat_elu_op, NULL, 1, &input, 0, NULL, NULL);
}
