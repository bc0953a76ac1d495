/* Where in a frame the symbol that is to be said stands, for networks over recordings whose frames
 * have several: channels, or a sample's high byte and then its low one. */
#ifndef LK_MODELS_PHASE_H
#define LK_MODELS_PHASE_H

#include "models/model.h"

/* x, a cell for each symbol, and at cell t the learned vector of t mod U; x itself where a frame is
 * one symbol. Declares NAME.table [U][channels of x]. */
lk_node *lk_phase_add(const lk_model *model, lk_graph *graph, const char *name, lk_node *x);

#endif
