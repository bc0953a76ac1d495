#include "graph/gradient_tree.h"

#define FLOATS_PER_PIECE 16384 /* of all parameters one after another */

typedef struct joining {
    const lk_parameters *parameters;
    float *const *part;
    int64_t count;
} joining;

void lk_gradient_tree_join_span(const lk_kernels *kernels, float *const *part, int64_t stride,
                                int64_t count, int64_t first, int64_t last) {
    for (int64_t step = 1; step < count; step *= 2) {
        for (int64_t i = 0; i + step < count; i += 2 * step) {
            if (part[(i + step) * stride] != NULL) {
                kernels->add(part[i * stride] + first, part[(i + step) * stride] + first,
                             last - first);
            }
        }
    }
}

static void join_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const joining *j = argument;
    int64_t first = piece * FLOATS_PER_PIECE, last = first + FLOATS_PER_PIECE, at = 0;
    for (int32_t p = 0; p < j->parameters->count && at < last; p++) {
        const lk_parameter *parameter = &j->parameters->list[p];
        int64_t floats = parameter->rows * parameter->columns;
        if (at + floats > first) {
            lk_gradient_tree_join_span(j->parameters->context->kernels, j->part + p,
                                       j->parameters->count, j->count, first > at ? first - at : 0,
                                       last - at < floats ? last - at : floats);
        }
        at += floats;
    }
}

void lk_gradient_tree_join(const lk_parameters *parameters, float *const *part, int64_t count) {
    joining j = {parameters, part, count};
    int64_t pieces = (lk_parameters_total(parameters) + FLOATS_PER_PIECE - 1) / FLOATS_PER_PIECE;
    if (count > 1) {
        lk_pool_run(parameters->context->pool, pieces, join_piece, &j);
    }
}

bool lk_gradient_tree_has(int64_t slices, int64_t first, int64_t last) {
    int64_t size = 1;
    while (size < last - first) {
        size *= 2;
    }
    return 0 <= first && first < last && last <= slices && first % size == 0 &&
           (last - first == size || last == slices);
}
