/* The list of operations, and the check that every row is whole. */
#include "ops/ops.h"

#include <stddef.h>

#define LK_OP(name) extern const lk_op lk_##name##_op;
#include "ops/ops.def"
#undef LK_OP

static const lk_op *const ops[] = {
#define LK_OP(name) &lk_##name##_op,
#include "ops/ops.def"
#undef LK_OP
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
                     op->reads != NULL && op->multiply_adds != NULL && op->forward != NULL &&
                     (!op->in_place || op->forward_rows != NULL);
        if (!whole) {
            return false;
        }
    }
    *fault = NULL;
    return true;
}
