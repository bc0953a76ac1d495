/* Values that nobody reads after some step, which generation need not keep from there on. Most
 * layers of a network are read at the step that computes them and never again, but for those that
 * convolutions and attention look back at; and of several networks, one for each part of a picture,
 * each has its steps. */
#ifndef LK_GRAPH_BRIEF_H
#define LK_GRAPH_BRIEF_H

#include "graph/graph.h"

/* Fills lk_node.brief_cells and .last_read of all nodes, once outputs are known. */
void lk_graph_find_brief(lk_graph *graph);

#endif
