/* Networks that say one logit a cell for all variables of all modelled fields (MADE, NADE and what
 * is like them): what they read, in which order their logits stand, and what these parameterise. A
 * variable of a field with two symbols is one input and has one logit, a Bernoulli's; another has
 * as many of both as it has symbols. Both stand in the order of the variables. */
#ifndef LK_MODELS_LOGITS_H
#define LK_MODELS_LOGITS_H

#include "models/model.h"
#include "ops/ops.h"

/* The inputs, 1 channel each: lk_graph_units of them, as of logits. */
lk_node *lk_logits_inputs(lk_graph *graph);
/* [lk_graph_units]: for each logit the rank of its variable, in the graph's arena; NULL after a
 * failure. */
int32_t *lk_logits_ranks(lk_graph *graph);
/* The logits, 1 channel each, become the conditionals of all fields. */
void lk_logits_model(lk_graph *graph, lk_node *logits);
/* The biases of the layer "logits" become the marginal frequencies: lk_family.start. */
lk_status lk_logits_start(lk_model *model, const lk_dataset *train);

/* What a layer of 1-channel cells is told of the class, if the model is given one: a bias of its
 * own for each, from 0. Declares NAME.label.weight. */
lk_node *lk_logits_label(lk_graph *graph, const char *name, lk_node *layer);

#endif
