/* The fixed tree by which the gradients of slices are joined: slice 0 with 1, 2 with 3, ..., then
 * those pairs in pairs, and so on; who has no partner goes up alone:
 *
 *     5 slices: ((0 + 1) + (2 + 3)) + 4        7 slices: ((0 + 1) + (2 + 3)) + ((4 + 5) + 6)
 *
 * Its shape depends on the number of slices alone. The slices [a 2^k, (a + 1) 2^k), cut at the last
 * one, are a subtree: whoever joins equally large subtrees apart, on other threads or machines, and
 * then joins their results by this same tree gets the same bits. */
#ifndef LK_GRAPH_GRADIENT_TREE_H
#define LK_GRAPH_GRADIENT_TREE_H

#include "graph/parameters.h"
#include "kernels/kernels.h"

/* Joins `count` gradients of all parameters, part [count][parameters->count], into part 0; the
 * others hold anything afterwards. Runs on the context's pool. */
void lk_gradient_tree_join(const lk_parameters *parameters, float *const *part, int64_t count);
/* The same of some floats of one array, [first, last): of part i at part[i * stride]. A part that
 * is NULL has been joined already, with all of its subtree, into the one on its left. */
void lk_gradient_tree_join_span(const lk_kernels *kernels, float *const *part, int64_t stride,
                                int64_t count, int64_t first, int64_t last);
/* Whether [first, last) of so many slices is a subtree. */
bool lk_gradient_tree_has(int64_t slices, int64_t first, int64_t last);

#endif
