/* What version 0.1 did without saying so, for its checkpoints. */
#ifndef LK_TRAIN_VERSION_0_1_H
#define LK_TRAIN_VERSION_0_1_H

#include "graph/graph.h"

/* Into how many slices it cut the minibatches of a training by examples with one network. (Those of
 * several networks, and of streams, stayed whole.) */
int64_t lk_slices_of_version_0_1(const lk_graph *graph, int64_t batch);

#endif
