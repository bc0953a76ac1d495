/* The class that a network is told, where its model is given one (lk_family.given). */
#ifndef LK_MODELS_LABEL_H
#define LK_MODELS_LABEL_H

#include "ops/ops.h"

/* The field; NULL: nothing is given. */
const lk_field *lk_label_field(const lk_graph *graph);
/* x, and at each of its cells a learned vector of the class; x itself where nothing is given.
 * Declares NAME.table [classes][channels of x]. */
lk_node *lk_label_add(lk_graph *graph, const char *name, lk_node *x);

#endif
