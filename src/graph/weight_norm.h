/* Weight normalisation (Salimans and Kingma 2016): what is trained and stored of a weight are
 * directions v and gains g, and operations multiply with w = g v / |v|, one norm for each output
 * unit:
 *   w[r][c] = g[b][c] v[r][c] / |v[b][c]|,   |v[b][c]| over the rows r of band b, in double, one
 *     chain of squares, rows ascending.
 * v keeps the weight's name in the list of parameters, g is a parameter beside it, and w belongs to
 * an execution, which derives it before it computes and carries its gradient back to v and g
 * afterwards:
 *   dg = sum over r of dw v / |v|,   dv = g / |v| (dw - dg v / |v|)
 * So optimizers, averages, files and fingerprints know of v and g alone, and no operation knows of
 * any of this. A unit whose v is 0 has w = 0 and no gradient. */
#ifndef LK_GRAPH_WEIGHT_NORM_H
#define LK_GRAPH_WEIGHT_NORM_H

#include "graph/derived.h"

/* What a parameter that is normalised carries. */
struct lk_weight_norm {
    int32_t gain;   /* index of g, [bands * columns][1] */
    int32_t bands;  /* the units of band b are the columns of rows begin[b] .. begin[b + 1) */
    int64_t *begin; /* owned, [bands + 1] */
};

/* Normalises parameter `weight` from now on, declaring `gain`. begin[bands + 1] is copied; it rises
 * from 0 to the weight's rows. The weight begins as it would have without: the gains as the norms
 * of what is drawn, or, where it would have begun at zero, as zeros beside directions drawn for
 * LK_INIT_HE. LK_MISMATCH when it is already normalised in other bands. */
lk_status lk_parameters_normalise(lk_parameters *parameters, int32_t weight, const char *gain,
                                  int32_t bands, const int64_t *begin);
/* For lk_parameters_initialise, once v is drawn: g = |v| (LK_INIT_NORM). */
void lk_weight_norm_start(lk_parameters *parameters, const lk_parameter *weight);
void lk_weight_norm_destroy(lk_weight_norm *norm);

/* Rows of graph/derived.c: rooms for a parameter's norms (false: out of memory), w from v and g,
 * the gradients of v and g from that of w. */
bool lk_weight_norm_allocate(const lk_parameter *p, lk_derived_weight *derived, bool gradients);
void lk_weight_norm_update(const lk_parameters *parameters, const lk_parameter *p,
                           lk_derived_weight *derived);
void lk_weight_norm_chain(const lk_parameter *p, const lk_derived_weight *derived, float *gradient,
                          float *gain_gradient);

#endif
