/* The table of one instruction set. */
#include "kernels/isa/name.h"
#include "kernels/isa/tables.h"

const lk_kernels LK_JOIN(lk_kernels, LK_ISA) = {
    .isa = LK_TEXT(LK_ISA),
    .exp = LK_KERNEL(exp),
    .log = LK_KERNEL(log),
    .tanh = LK_KERNEL(tanh),
    .sigmoid = LK_KERNEL(sigmoid),
    .softplus = LK_KERNEL(softplus),
    .relu = LK_KERNEL(relu),
    .add = LK_KERNEL(add),
    .axpy = LK_KERNEL(axpy),
    .relu_backward = LK_KERNEL(relu_backward),
    .tanh_backward = LK_KERNEL(tanh_backward),
    .sigmoid_backward = LK_KERNEL(sigmoid_backward),
    .softplus_backward = LK_KERNEL(softplus_backward),
    .sum = LK_KERNEL(sum),
    .sum_squares = LK_KERNEL(sum_squares),
    .maximum = LK_KERNEL(maximum),
    .log_softmax = LK_KERNEL(log_softmax),
    .bernoulli_nll = LK_KERNEL(bernoulli_nll),
    .bernoulli_gradient = LK_KERNEL(bernoulli_gradient),
    .categorical_nll = LK_KERNEL(categorical_nll),
    .categorical_gradient = LK_KERNEL(categorical_gradient),
    .sgd = LK_KERNEL(sgd),
    .adam = LK_KERNEL(adam),
    .adagrad = LK_KERNEL(adagrad),
    .average = LK_KERNEL(average),
    .all_finite = LK_KERNEL(all_finite),
    .tile = &LK_JOIN(lk_tile, LK_ISA),
};
