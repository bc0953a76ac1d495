/* The list of operations, and the check that every row is whole. */
#include "ops/ops.h"

#include <stddef.h>

extern const lk_op lk_activation_op, lk_add_op, lk_cells_to_channels_op, lk_channel_norm_op,
    lk_channels_op, lk_concatenate_op, lk_conv_op, lk_dropout_op, lk_embedding_op, lk_gate_op,
    lk_grid_lstm_op, lk_join_channels_op, lk_lookup_op, lk_masked_linear_op, lk_mixture_readout_op,
    lk_mixture_state_op, lk_multiply_op, lk_one_hot_op, lk_pointwise_op, lk_recurrent_gru_op,
    lk_recurrent_lstm_op, lk_recurrent_tanh_op, lk_scale_op, lk_select_op, lk_shift_op, lk_zeros_op;

static const lk_op *const ops[] = {
    &lk_activation_op,     &lk_add_op,           &lk_cells_to_channels_op,
    &lk_channel_norm_op,   &lk_channels_op,      &lk_concatenate_op,
    &lk_conv_op,           &lk_dropout_op,       &lk_embedding_op,
    &lk_gate_op,           &lk_grid_lstm_op,     &lk_join_channels_op,
    &lk_lookup_op,         &lk_masked_linear_op, &lk_mixture_readout_op,
    &lk_mixture_state_op,  &lk_multiply_op,      &lk_one_hot_op,
    &lk_pointwise_op,      &lk_recurrent_gru_op, &lk_recurrent_lstm_op,
    &lk_recurrent_tanh_op, &lk_scale_op,         &lk_select_op,
    &lk_shift_op,          &lk_zeros_op,
};

int32_t lk_op_count(void) {
    return (int32_t)(sizeof ops / sizeof *ops);
}

const lk_op *lk_op_at(int32_t index) {
    return index >= 0 && index < lk_op_count() ? ops[index] : NULL;
}

bool lk_ops_complete(const char **fault) {
    for (int32_t i = 0; i < lk_op_count(); i++) {
        const lk_op *op = ops[i];
        *fault = op->name == NULL ? "a row has no name" : op->name;
        bool whole = op->name != NULL && op->definition != NULL && op->inputs_least >= 0 &&
                     op->inputs_most >= op->inputs_least &&
                     op->inputs_most <= LK_NODE_INPUTS_MOST && op->shape != NULL &&
                     op->reads != NULL && op->multiply_adds != NULL && op->forward != NULL;
        if (!whole) {
            return false;
        }
    }
    *fault = NULL;
    return true;
}
