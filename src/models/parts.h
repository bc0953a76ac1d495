/* The parts of a view (data/view.h), one network after another:
 *
 *   p(x | y) = p(high | y) p(low | high, y)
 *
 * each with layers of its own, which are called alike, "high.first" and "low.first". Of a model
 * without a view there is one network, and no prefix. A part may read all of the part before it,
 * which is known for the whole image:
 *
 *   static lk_status part(const lk_model *model, lk_graph *graph, const lk_field *field,
 *                         const lk_field *before) { ... }
 *   static lk_status build(const lk_model *model, int32_t variant, lk_graph *graph) {
 *       return lk_parts_build(model, graph, part);
 *   }
 *
 * and .views = true. */
#ifndef LK_MODELS_PARTS_H
#define LK_MODELS_PARTS_H

#include "models/outputs.h"
#include "models/pixels.h"

/* Describes p(field | before, what is given) to the graph, up to lk_graph_model. before: NULL of
 * the first part. */
typedef lk_status lk_part(const lk_model *model, lk_graph *graph, const lk_field *field,
                          const lk_field *before);
/* All parts in turn, in the graph's scope of each; then lk_graph_close. */
lk_status lk_parts_build(const lk_model *model, lk_graph *graph, lk_part *part);

/* The grid on which the part before is read: that of the network, or, where its pixels have another
 * number of cells, one of whole pixels; and features on such a grid at all cells of the other. */
lk_grid lk_part_grid(const lk_outputs *output, const lk_field *before, lk_grid grid);
lk_node *lk_part_spread(lk_graph *graph, lk_node *node, lk_grid from, lk_grid to);
/* s: features of the part before, a cell for each of the grid: relu of a convolution over whole
 * windows of sizes[0], then of another of sizes[1]; NULL where before is. Declares NAME1... and
 * NAME2... */
lk_node *lk_part_features(lk_graph *graph, const char *name, const lk_outputs *output,
                          const lk_field *before, lk_grid grid, int64_t channels,
                          const int32_t sizes[2]);
/* x and, at each of its cells, a layer of what s says there; x itself where s is NULL. Declares
 * NAME.part... */
lk_node *lk_part_add(lk_graph *graph, const char *name, lk_node *x, lk_node *s);

#endif
