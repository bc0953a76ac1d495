/* Data-dependent initialisation (Salimans and Kingma, "Weight Normalization", NIPS 2016, section
 * 3): a network begins with what each layer says of some data at mean 0 and standard deviation s,
 * unit by unit. Layer by layer in the graph's order, over all cells and examples, with t what a
 * layer with normalised weights (graph/weight_norm.h) says now:
 *
 *   g <- g s / sqrt(var t)      b <- (b - mean t) s / sqrt(var t)
 *
 * and the layers behind it see what it says then. As published, dropout acts. A layer whose weights
 * another one shares is set by the first of them; one without a bias keeps its means; a unit that
 * says the same everywhere (a standard deviation below 1e-5) keeps its gain, and gets mean 0; what
 * begins at zero stays there. Means and variances are sums in double, cells ascending, examples
 * ascending: the bits depend on the data alone. */
#ifndef LK_GRAPH_DATA_START_H
#define LK_GRAPH_DATA_START_H

#include "graph/graph.h"

/* s of a layer, by the name of its node; 0: it is left as it is. */
typedef double lk_data_scale(const char *layer);

/* x[count][variables], given[count][graph->given]. Sets gains and biases of the graph's
 * parameters. */
lk_status lk_data_start(const lk_graph *graph, const uint16_t *x, const uint16_t *given,
                        int64_t count, lk_data_scale *scale);

#endif
