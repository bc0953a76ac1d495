/* The operations: their makers and their rows. One operation per file; the list of all rows is in ops.c. Every maker adds a node to the
 * graph and returns it, or NULL after a failure that the graph remembers (graph->failed); a NULL input gives NULL. Names may be NULL.
 * Values are [cell][example][channel]. */
#ifndef LK_OPS_OPS_H
#define LK_OPS_OPS_H

#include "graph/op.h"

/* All rows, and one by name (NULL: none). lk_ops_complete says whether every row has what a row must have; if not, which lacks what. */
int32_t lk_op_count(void);
const lk_op *lk_op_at(int32_t index);
bool lk_ops_complete(const char **fault);

/* Masked linear layer (Germain et al. 2015): out[u] = bias[u] + sum over input cells k with ready(k) <= limit[u] of
 * weight[u][k] in[k], in order of (ready(k), k). Input and output have 1 channel. Declares NAME.weight [units][cells of input] and
 * NAME.bias [units]. `limit` is copied. sole: no other graph of the model masks these weights differently, so that weights outside the
 * mask need neither updates nor storage traffic. */
typedef struct lk_linear_options {
    lk_init init;
    bool bias;
    bool sole;
} lk_linear_options;
lk_node *lk_masked_linear(lk_graph *graph, const char *name, lk_node *input, int64_t units, const int32_t *limit,
                          lk_linear_options options);
/* Every unit reads every input cell. */
lk_node *lk_dense_linear(lk_graph *graph, const char *name, lk_node *input, int64_t units, lk_linear_options options);

/* out = f(in), elementwise. */
lk_node *lk_relu(lk_graph *graph, lk_node *input);
lk_node *lk_tanh(lk_graph *graph, lk_node *input);
lk_node *lk_sigmoid(lk_graph *graph, lk_node *input);
lk_node *lk_softplus(lk_graph *graph, lk_node *input);
/* By name: "relu", "tanh", "sigmoid", "softplus". */
lk_node *lk_activation(lk_graph *graph, const char *name, lk_node *input);

/* out = a + b, of equal cells and channels. */
lk_node *lk_add(lk_graph *graph, lk_node *a, lk_node *b);

/* In training: each value is zeroed with probability `rate` in [0, 1), the others are divided by 1 - rate (Srivastava et al. 2014);
 * otherwise out = in. */
lk_node *lk_dropout(lk_graph *graph, lk_node *input, double rate);

/* out[v * alphabet + a] = 1 if in[v] is the symbol a, else 0. The input is the data node (or a selection of its cells). */
lk_node *lk_one_hot(lk_graph *graph, lk_node *input, int32_t alphabet);

/* out[i] = in[cell[i]]: some of the input's cells, in any order. `cell` is copied. */
lk_node *lk_select(lk_graph *graph, lk_node *input, const int32_t *cell, int64_t count);

/* All cells of the inputs (1 or more, of equal channels), one input after another. */
lk_node *lk_concatenate(lk_graph *graph, lk_node *const *inputs, int32_t count);

/* Groups of `channels` consecutive 1-channel cells become cells of so many channels: out[g].channel[c] = in[g * channels + c]. */
lk_node *lk_cells_to_channels(lk_graph *graph, lk_node *input, int64_t channels);

/* out[v] = table[index] where index runs over the earlier variables in `parent` (the most significant first): a conditional probability
 * table, one row of `channels` values for each setting of the parents. cells = variables of `count` tables. */
lk_node *lk_lookup(lk_graph *graph, const char *name, lk_node *input, const int32_t *parent, int32_t parents,
                   int32_t alphabet, int64_t channels);

/* Mixture of products (a mixture of Bernoullis or categoricals) read one variable after another. Declares NAME.weight [K][1] (log
 * mixture weights) and NAME.component [variables * alphabet][K] (log probabilities). The state after the variables of the ordering's first
 * i places is the log posterior of the components, up to a constant:
 *   state[0] = weight, state[i + 1] = state[i] + component[v_i * alphabet + x_{v_i}], then minus its maximum
 * and the conditional's logits are out[v][a] = logsumexp_k(state[place of v][k] + component[v * alphabet + a][k]). */
lk_node *lk_mixture_state(lk_graph *graph, const char *name, lk_node *input, int32_t alphabet, int64_t components);
lk_node *lk_mixture_readout(lk_graph *graph, const char *name, lk_node *state, int32_t alphabet);

#endif
