/* The network of NADE and of its order-agnostic descendants: a first layer that is a running sum
 * over the variables (ops/running_sum.c), further layers that all places share, and logits with
 * weights of their own. With `seen` it also reads which variables are known.
 *
 * In any order: cell s of a layer is of what is known after the variables of the first s ranks, and
 * the logits of rank s read it. From a set of known variables, for training: a layer has one cell,
 * which all logits read. The weights are the same. */
#ifndef LK_MODELS_NADE_H
#define LK_MODELS_NADE_H

#include "models/model.h"
#include "ops/ops.h"

#define LK_NADE_SETTINGS(standard_hidden, standard_activation, activations)                 \
    {.key = "hidden",                                                                       \
     .kind = LK_INTEGERS,                                                                   \
     .fallback = standard_hidden,                                                           \
     .least = 1,                                                                            \
     .most = 1 << 20,                                                                       \
     .source = "Larochelle and Murray 2011; further layers: Uria, Murray, Larochelle 2014", \
     .help = "units of each hidden layer, as 500 or 500,500"},                              \
        {.key = "activation",                                                               \
         .kind = LK_CHOICE,                                                                 \
         .fallback = standard_activation,                                                   \
         .choices = activations,                                                            \
         .source = "Larochelle and Murray 2011 (sigmoid)",                                  \
         .help = "nonlinearity of the hidden units"},                                       \
    {                                                                                       \
        .key = "dropout", .kind = LK_REAL, .fallback = "0", .least = 0, .most = 0.99,       \
        .source = "Srivastava et al., JMLR 2014",                                           \
        .help = "probability of dropping a hidden unit at a place in training",             \
        .training_only = true                                                               \
    }

/* The logits of all variables (models/logits.h) under the graph's ranks. */
lk_node *lk_nade_logits(const lk_model *model, lk_graph *graph, bool seen);
/* The same, with `seen`, from what is known (lk_model_graph_known). */
lk_node *lk_nade_logits_of_known(const lk_model *model, lk_graph *graph);

#endif
