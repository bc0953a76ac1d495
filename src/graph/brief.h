/* Values that nobody reads after the step that computes them: most layers of a network, of which
 * only those that convolutions and attention look back at are read again. Generation need not keep
 * them. */
#ifndef LK_GRAPH_BRIEF_H
#define LK_GRAPH_BRIEF_H

#include "graph/graph.h"

/* Fills lk_node.brief_cells of all nodes, once outputs are known. */
void lk_graph_find_brief(lk_graph *graph);

#endif
