/* Networks that read the variables one after another, in the order of their ranks: the sequence is
 * made of the data, and what is said of its places goes back to the variables. */
#ifndef LK_MODELS_SEQUENCE_H
#define LK_MODELS_SEQUENCE_H

#include "ops/ops.h"

/* LK_INVALID when variables share a rank; `family` is for the message. */
lk_status lk_sequence_check(lk_graph *graph, const char *family);
/* A node of a cell for each variable, in the order of rank; the node itself if that is natural and
 * `several` is false: networks of several orderings have the same nodes. */
lk_node *lk_sequence_begin(lk_graph *graph, lk_node *node, bool several);
/* Back: place k's cell goes to the k-th variable. */
lk_node *lk_sequence_end(lk_graph *graph, lk_node *node, bool several);

#endif
