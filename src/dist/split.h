/* The integer CDF of a binary variable, which both distributions use. */
#ifndef LK_DIST_SPLIT_H
#define LK_DIST_SPLIT_H

#include "dist/dist.h"

/* With q = sigmoid(-|logit|), the probability of the less probable symbol, in (0, 1/2]:
 *
 *   t = floor(q 2^32)          exact: the scaling only moves the exponent
 *   size = max(1, floor((t + 128) / 256)), of the less probable symbol; the other one has the rest
 *
 * A NaN counts as logit 0. The less probable symbol is 0 when logit >= 0. */
void lk_split_cdf(const lk_kernels *kernels, float logit, uint32_t cdf[3]);

#endif
