/* The operations: their makers and their rows. One operation per file; the list of all rows is in
 * ops.c. Every maker adds a node to the graph and returns it, or NULL after a failure that the
 * graph remembers (graph->failed); a NULL input gives NULL. Names may be NULL. Values are
 * [cell][example][channel]. */
#ifndef LK_OPS_OPS_H
#define LK_OPS_OPS_H

#include "graph/op.h"

/* All rows, and one by name (NULL: none). lk_ops_complete says whether every row has what a row
 * must have; if not, which lacks what. */
int32_t lk_op_count(void);
const lk_op *lk_op_at(int32_t index);
bool lk_ops_complete(const char **fault);

/* Masked linear layer (Germain et al. 2015): out[u] = bias[u] + sum over input cells k with
 * ready(k) <= limit[u] of weight[u][k] in[k], in order of (ready(k), k). Input and output have 1
 * channel. Declares NAME.weight [units][cells of input] and NAME.bias [units]. `limit` is copied.
 * sole: no other graph of the model masks these weights differently, so that weights outside the
 * mask need neither updates nor storage traffic. */
typedef struct lk_linear_options {
    lk_init init;
    bool bias;
    bool sole;
} lk_linear_options;
lk_node *lk_masked_linear(lk_graph *graph, const char *name, lk_node *input, int64_t units,
                          const int32_t *limit, lk_linear_options options);
/* Every unit reads every input cell. */
lk_node *lk_dense_linear(lk_graph *graph, const char *name, lk_node *input, int64_t units,
                         lk_linear_options options);

/* Masked convolution (van den Oord, Kalchbrenner, Kavukcuoglu 2016, section 3.4) over a grid of 1
 * to 3 axes, each of whose pixels has `groups` cells (colour blocks; cell = pixel * groups +
 * group):
 *   out[p] = bias + sum over taps t in declared order, then the input groups that the mask lets
 *     through, then input channels ascending,
 *            of weight[t][c_in][c_out] in[p + offset(t)][c_in]
 * with weights of its own for each output group. Taps outside the grid are skipped. At the centre
 * (offset 0) output group g reads the input groups < g (type A), <= g (type B) or all. With a
 * stride the output's grid is smaller, ceil(size / stride) on each axis, and its pixel i stands
 * where the input's pixel i * stride is: it reads in[i * stride + offset(t)]. Declares NAME.weight
 * [blocks * input channels][channels], a block for each (output group, tap, input group) that the
 * mask lets through, and NAME.bias [groups * channels]. Taps are copied.
 *
 * With ranks of the cells (Jain, Abbeel, Pathak 2020: "locally masked") the taps' mask differs from
 * place to place: a block is used where the cell read has a lower rank than the cell that reads
 * (type A), or none higher (type B). The weights do not depend on the ranks, so that networks of
 * different orders may share them. Without strides, and not with LK_CENTRE_ALL.
 *
 * Weights may be block-sparse (Gray, Radford, Kingma, "GPU Kernels for Block-Sparse Weights",
 * 2017): of the input's channels, in groups of `size`, each group of output channels reads `count`
 * groups, which take the place of all input channels above. A block of NAME.weight then has count *
 * size rows; those of column c are the channels that c reads. */
#define LK_GRID_AXES 3
typedef struct lk_grid {
    int32_t axes;
    int64_t size[LK_GRID_AXES];
    int32_t groups;
} lk_grid;
typedef enum lk_centre { LK_CENTRE_ALL, LK_CENTRE_A, LK_CENTRE_B } lk_centre;
typedef struct lk_conv_sparse {
    int64_t size; /* channels of a group, which divide both sides' channels; 0: all read all */
    int32_t count;
    const int32_t *reads; /* [output groups][count]: input groups, ascending; each is read by some;
                             read while the node is made */
} lk_conv_sparse;
typedef struct lk_conv_options {
    lk_grid grid;
    int64_t channels;
    const int32_t (*taps)[LK_GRID_AXES]; /* offsets; different ones */
    int32_t tap_count;
    lk_centre centre;
    bool bias;
    lk_init init;
    int32_t stride[LK_GRID_AXES]; /* 0 means 1 */
    const int32_t *rank;          /* [pixels * groups]; read while the node is made. NULL: none */
    lk_conv_sparse sparse;
} lk_conv_options;
lk_node *lk_conv(lk_graph *graph, const char *name, lk_node *input, lk_conv_options options);
/* The grid of its output, which has as many groups. */
lk_grid lk_conv_output_grid(const lk_conv_options *options);
/* One tap, at the centre. */
lk_node *lk_conv_1x1(lk_graph *graph, const char *name, lk_node *input, lk_grid grid,
                     int64_t channels, lk_centre centre, lk_init init);

/* Transposed convolution, from the grid that every stride-th pixel of options.grid makes back to
 * that grid, of any size and one group:
 *   out[q] = bias + sum over taps t in declared order, then input channels, of
 *     weight[t][c_in][c_out] in[(q - offset(t)) / stride][c_in]
 * where the division leaves no rest and leads into the grid. By stride 2 along an axis with taps 0
 * and 1 each pixel becomes two, with -1, 0 and 1 the second of them reads its right neighbour too.
 * Declares NAME.weight [taps * input channels][channels] and NAME.bias [channels]. options.centre
 * is LK_CENTRE_ALL. */
lk_node *lk_conv_up(lk_graph *graph, const char *name, lk_node *input, lk_conv_options options);

/* Weight normalisation (Salimans and Kingma 2016): from now on `node`, a convolution or a pointwise
 * layer, multiplies with g v / |v|, one norm for each of its output units. NAME.weight holds v;
 * declares NAME.gain [units]: g (graph/weight_norm.h). Returns `node`, which begins as it would
 * have. */
lk_node *lk_normalise_weights(lk_graph *graph, const char *name, lk_node *node);

/* out = scale in + shift, elementwise. */
lk_node *lk_scale(lk_graph *graph, lk_node *input, float scale, float shift);

/* out = f(in), elementwise. */
lk_node *lk_relu(lk_graph *graph, lk_node *input);
lk_node *lk_tanh(lk_graph *graph, lk_node *input);
lk_node *lk_sigmoid(lk_graph *graph, lk_node *input);
lk_node *lk_softplus(lk_graph *graph, lk_node *input);
/* elu: x, or e^x - 1 below 0 (Clevert et al. 2016); gelu: x sigmoid(1.702 x), and the form with
 * tanh, x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 (Hendrycks and Gimpel 2016). */
lk_node *lk_elu(lk_graph *graph, lk_node *input);
lk_node *lk_gelu(lk_graph *graph, lk_node *input);
lk_node *lk_gelu_tanh(lk_graph *graph, lk_node *input);
/* By name: "relu", "tanh", "sigmoid", "softplus", "elu", "gelu", "gelu-tanh". */
lk_node *lk_activation(lk_graph *graph, const char *name, lk_node *input);

/* out = a + b, of equal cells and channels. */
lk_node *lk_add(lk_graph *graph, lk_node *a, lk_node *b);

/* out[c] = in[c] + vector[0]: one cell, such as a row of an embedding, is added to all. */
lk_node *lk_add_to_all(lk_graph *graph, lk_node *input, lk_node *vector);
/* out = a b, of equal cells and channels. */
lk_node *lk_multiply(lk_graph *graph, lk_node *a, lk_node *b);

/* Gated activation (van den Oord et al. 2016, "Conditional Image Generation with PixelCNN
 * Decoders", equation 2), from twice as many channels: out[c][k] = tanh(in[c][k])
 * sigmoid(in[c][channels + k]). */
lk_node *lk_gate(lk_graph *graph, lk_node *input);

/* Gated linear unit (Dauphin et al., ICML 2017), the same without the tanh: out[c][k] = in[c][k]
 * sigmoid(in[c][channels + k]). */
lk_node *lk_gate_linear(lk_graph *graph, lk_node *input);

/* To twice as many channels (PixelCNN++, Salimans et al. 2017): out[c][k] = elu(in[c][k]),
 * out[c][channels + k] = elu(-in[c][k]). */
lk_node *lk_concat_elu(lk_graph *graph, lk_node *input);

/* Layer normalisation over the channels of each cell (Ba, Kiros, Hinton 2016), in `groups` equal
 * groups of consecutive channels (1: all together): out[c][k] = gain[k] (in[c][k] - mean) /
 * sqrt(variance + 1e-5) + bias[k]. Declares NAME.gain [channels], from 1, and NAME.bias [channels],
 * from 0. */
lk_node *lk_channel_norm(lk_graph *graph, const char *name, lk_node *input, int64_t groups);

/* In training: each value is zeroed with probability `rate` in [0, 1), the others are divided by 1
 * - rate (Srivastava et al. 2014); otherwise out = in. */
lk_node *lk_dropout(lk_graph *graph, lk_node *input, double rate);
/* The same with one draw for all cells of an example: a channel is dropped along the whole sequence
 * (Gal and Ghahramani, NIPS 2016). */
lk_node *lk_locked_dropout(lk_graph *graph, lk_node *input, double rate);

/* out[v * alphabet + a] = 1 if in[v] is the symbol a, else 0. The input is a field's node (or a
 * selection of its cells); of a field whose alphabets differ each variable has its own number of
 * cells. */
lk_node *lk_one_hot(lk_graph *graph, lk_node *input, int32_t alphabet);

/* out[i] = in[cell[i]]: some of the input's cells, in any order. `cell` is copied. */
lk_node *lk_select_cells(lk_graph *graph, lk_node *input, const int32_t *cell, int64_t count);

/* All cells of the inputs (1 or more, of equal channels), one input after another. */
lk_node *lk_concatenate(lk_graph *graph, lk_node *const *inputs, int32_t count);

/* Groups of `channels` consecutive 1-channel cells become cells of so many channels:
 * out[g].channel[c] = in[g * channels + c]. */
lk_node *lk_cells_to_channels(lk_graph *graph, lk_node *input, int64_t channels);
/* All cells become the first channels of one cell; the others are 0. */
lk_node *lk_cells_to_one(lk_graph *graph, lk_node *input, int64_t channels);
/* The same for logits of a field, one cell a symbol: as many channels as its largest alphabet,
 * those beyond a variable's own 0. */
lk_node *lk_cells_to_symbols(lk_graph *graph, lk_node *input, const lk_field *field);

/* Read nothing. out = value in every channel of every cell; out = 0; out[c][k] = value[c][k], of
 * [cells][channels] values, which are copied. */
lk_node *lk_fill(lk_graph *graph, int64_t cells, int64_t channels, float value);
lk_node *lk_zeros(lk_graph *graph, int64_t cells, int64_t channels);
lk_node *lk_constant(lk_graph *graph, const float *value, int64_t cells, int64_t channels);

/* out = channels [first, first + count) of the input's. */
lk_node *lk_channels(lk_graph *graph, lk_node *input, int64_t first, int64_t count);

/* The channels of 1 to LK_NODE_INPUTS_MOST inputs of equal cells, side by side. */
lk_node *lk_join_channels(lk_graph *graph, lk_node *const *inputs, int32_t count);

/* out[t] = in[t - by] along the input's cells; for t < by the constant, or the trained vector
 * NAME.start. */
lk_node *lk_shift(lk_graph *graph, lk_node *input, int64_t by, float constant);
lk_node *lk_shift_from_start(lk_graph *graph, const char *name, lk_node *input, int64_t by);

/* out[c] = the row of NAME.table [rows][channels] that the symbol in[c] < rows chooses. The input
 * is data. */
lk_node *lk_embedding(lk_graph *graph, const char *name, lk_node *input, int64_t rows,
                      int64_t channels);

/* The same dense layer at every cell: out[c][o] = bias[o] + sum_k in[c][k] weight[k][o]. Declares
 * NAME.weight [in][out], from Glorot or from zero, and NAME.bias. */
lk_node *lk_dense(lk_graph *graph, const char *name, lk_node *input, int64_t channels);
lk_node *lk_dense_from_zero(lk_graph *graph, const char *name, lk_node *input, int64_t channels);

/* Recurrent steps over a sequence of cells, h before the first zero (ops/recurrent.h): x holds the
 * input's part, in gates of `width` channels. Declares NAME.recurrent [width][gates * width]. The
 * first `width` channels of a cell are h.
 *   tanh  x: 1 gate;              h_t = tanh(x_t + U h_{t-1})
 *   GRU   x: 3 gates, z r n;      Cho et al. 2014
 *   LSTM  x: 4 gates, i f o g;    Hochreiter and Schmidhuber 1997, Gers et al. 2000 */
lk_node *lk_recurrent_tanh(lk_graph *graph, const char *name, lk_node *x);
lk_node *lk_recurrent_gru(lk_graph *graph, const char *name, lk_node *x);
lk_node *lk_recurrent_lstm(lk_graph *graph, const char *name, lk_node *x);
/* From now on this LSTM leaves out, in training, each unit's update i g with probability `rate` in
 * [0, 1) and divides the others by 1 - rate; what c remembers is never dropped (Semeniuta, Severyn,
 * Barth, COLING 2016). */
void lk_recurrent_lstm_drop(lk_node *lstm, double rate);

/* LSTM over a grid of two axes (van den Oord, Kalchbrenner, Kavukcuoglu 2016, sections 3.1 and
 * 3.2): x holds the input's part, 4 gates as above, and the state-to-state convolution adds what
 * other pixels' states say:
 *   [i f o g][p] = x[p] + sum over taps t of U[t] h[p + offset(t)];   c[p] = f c[p + offset(carry)]
 *     + i g;   h[p] = o tanh(c[p])
 * Taps outside the grid are skipped; they lead to rows above, or along the own row to one side,
 * left or right. Each of a pixel's `groups` cells (colour blocks) has weights of its own and reads
 * all groups of other pixels; c comes from the same group. Declares NAME.recurrent [groups * taps *
 * groups * width][4 * width], a block for each (group, tap, group read). Taps are copied. */
typedef struct lk_grid_lstm_options {
    lk_grid grid;
    const int32_t (*taps)[LK_GRID_AXES]; /* offsets; different ones */
    int32_t tap_count;
    int32_t carry; /* which of the taps c comes by */
} lk_grid_lstm_options;
lk_node *lk_grid_lstm(lk_graph *graph, const char *name, lk_node *x, lk_grid_lstm_options options);

/* Masked attention (Vaswani et al. 2017, section 3.2), in any order of the cells:
 *   out[i][h] = sum over j in S(i) of softmax_j(q[i][h] . k[j][h] / sqrt(key channels) +
 *     distance[h][i - j]) v[j][h],   0 where S(i) is empty
 *   S(i) = {j: k[j] and v[j] are ready at step limit[i], and the pattern lets i read j}
 * from q [queries][heads * key channels], k [keys][heads * key channels] and v [keys][heads * value
 * channels] to [queries][heads * value channels]. Keys are met in order of (ready, cell).
 *
 * The mask is stated, not derived: a query that becomes ready late does not read more. To condition
 * on the variables before it, the query of a variable states its rank (`limit` = the field's ranks,
 * where cells are variables); keys that hold x_j are ready at rank + 1, so that this is strict, and
 * keys that hold what precedes x_j are read up to the query's own. The proof has the last word.
 * Everything that `options` points to is copied or used up by the maker. */
typedef struct lk_attention_pattern {
    int64_t window; /* of what is left, a query reads the last so many keys; 0: all */
    /* Queries come in groups, each with a list of keys of its own; NULL: one group, all keys. What
     * a node holds is all lists together. */
    int64_t groups;
    int64_t (*group)(const void *self, int64_t query);
    bool (*reads)(const void *self, int64_t group, int64_t key);
    const void *self;
} lk_attention_pattern;
typedef struct lk_attention_options {
    int64_t heads;
    const int32_t *limit; /* [queries]: the latest ready step that each may read; NULL: any */
    lk_attention_pattern pattern;
    /* A learned bias for each head and distance 0, 1, .. distances - 1 from a key up to its query,
     * the last also for what is further; 0: none. No key may stand behind its query, then. Cells
     * are counted by positions of so many (0 means 1). Declares NAME.distance [heads][distances],
     * from 0. */
    int64_t distances, cells_of_position;
    double dropout; /* in training, of weights, as lk_dropout */
} lk_attention_options;
lk_node *lk_attention(lk_graph *graph, const char *name, lk_node *q, lk_node *k, lk_node *v,
                      lk_attention_options options);

/* Patterns of queries and keys that are cells of one grid, or of one sequence. What a pattern reads
 * besides is for `limit` to say. `cut` must stay until the node is made.
 *   blocks      local attention (Image Transformer, Parmar et al. 2018, section 4.2): a block of
 *               queries reads itself and its flange, which is before it along the first axis and on
 *               both sides along the others; flange 0: its own block alone. 1-D: one axis. Lists: a
 *               block and its flange, for each block.
 *   strided     cells a multiple of `stride` apart (Sparse Transformer, Child et al. 2019, section
 *               4.2, A2; A1 is {.window = stride}). Lists: each key once.
 *   summaries   the last `summary` cells of every run of `stride` (A2 of its fixed attention; A1 is
 *               blocks). Lists: these keys once.
 *   fixed       both, merged: the own run, and all summaries. Lists: cells + summaries for each
 *               run.
 * With another `window` than 0 a query reads the last so many of these. */
typedef struct lk_attention_cut {
    lk_grid grid; /* blocks: cells as pixels and groups */
    int64_t block[LK_GRID_AXES], flange[LK_GRID_AXES];
    int64_t stride, summary; /* of cells */
} lk_attention_cut;
lk_attention_pattern lk_attention_blocks(const lk_attention_cut *cut);
lk_attention_pattern lk_attention_strided(const lk_attention_cut *cut);
lk_attention_pattern lk_attention_summaries(const lk_attention_cut *cut);
lk_attention_pattern lk_attention_fixed(const lk_attention_cut *cut, int64_t cells);

/* Conditional probability tables, one cell each: out[t] = the row of table t that the values of its
 * parents choose, a row for each setting of the parents (the first one most significant). Table t's
 * parents are the input's cells parent[parent_begin[t] .. parent_begin[t + 1]); parent_begin NULL:
 * no table has any. Declares NAME.table [rows of all tables][channels]. The arrays are copied. */
lk_node *lk_lookup(lk_graph *graph, const char *name, lk_node *input, int64_t tables,
                   const int64_t *parent_begin, const int32_t *parent, int32_t alphabet,
                   int64_t channels);

/* Mixture of products (a mixture of Bernoullis or categoricals), read rank after rank. The state
 * after the variables of the first s ranks is the log posterior of the K components, up to a
 * constant:
 *   state[0] = weight - max, state[s + 1] = state[s] + sum over v of rank s of component[v *
 *     alphabet + x_v], then minus its maximum
 * and the conditional's logits are out[v][a] = log sum_k exp(state[rank of v][k] + component[v *
 ... + a][k]). lk_mixture_state declares NAME.weight [K][1] (log weights); both declare
 * NAME.component [variables * alphabet][K] (log probabilities). Values: state [ranks][batch][K],
 * readout [variables][batch][alphabet]. */
lk_node *lk_mixture_state(lk_graph *graph, const char *name, const lk_field *field,
                          int64_t components);
lk_node *lk_mixture_readout(lk_graph *graph, const char *name, lk_node *state,
                            const lk_field *field);

/* A sum that runs over the variables, rank after rank (the hidden activations of NADE, Larochelle
 * and Murray 2011): a cell for each rank,
 *   state[0] = bias,  state[s + 1] = state[s] + sum over v of rank s, ascending, of rows(v, x_v)
 * where rows(v, x) of a field with two symbols is x times the row of v, of another the row of v's
 * symbol x; and with `seen` a row more for each variable, whatever its value is. Declares
 * NAME.weight [inputs][channels], with rows as the inputs of a dense layer that reads [x ; m] (x:
 * one-hot where there are more than two symbols; m: one for each variable if `seen`), and NAME.bias
 * [channels]. */
typedef struct lk_running_sum_options {
    int64_t channels;
    bool seen;
    lk_init init;
} lk_running_sum_options;
lk_node *lk_running_sum(lk_graph *graph, const char *name, lk_running_sum_options options);
/* The same of what is known whatever the ranks, in one cell: known[i] has the values of the i-th
 * modelled field, and adds nothing where a value is the field's alphabet or more. */
lk_node *lk_sum_of_known(lk_graph *graph, const char *name, lk_node *const *known,
                         lk_running_sum_options options);

/* Pixels as far as they are known, for networks that run anew at each step: a copy of the picture
 * for each of the graph's ranks, cell step * pixels + p, whose channels are the colours' numbers (0
 * where not known; of two symbols 0 and 1, else -1 to 1), for each colour whether it is known, and
 * the share of all variables that are. Of a graph's only modelled field, variable = pixel * colours
 * + colour. Or one copy, of what `known` has, values of the alphabet or more being unknown. */
lk_node *lk_reveal(lk_graph *graph, const lk_field *field, int32_t colours);
lk_node *lk_reveal_known(lk_graph *graph, const lk_field *field, lk_node *known, int32_t colours);

/* Outputs with weights of their own that read one cell each (NADE's logits): out[i] = bias[i] +
 * weight[i] . in[cell[i]]. Declares NAME.weight [count][channels of in] and NAME.bias [count]. The
 * output has 1 channel; `cell` is copied. */
lk_node *lk_readout(lk_graph *graph, const char *name, lk_node *input, const int32_t *cell,
                    int64_t count, lk_init init);

/* out[c * channels + k] = in[c].channel[k]: each channel becomes a cell. */
lk_node *lk_channels_to_cells(lk_graph *graph, lk_node *input);

/* The numbers that a network says of a pixel of 1 to LK_COLOURS_MOST colours, as parameters of
 * lk_logistic_mixture for each colour given those before it, by one mixture indicator for the pixel
 * (Salimans et al. 2017, section 2.2; ops/logistic_colours.c). The input has a cell for each pixel,
 * of so many channels: K log weights; then for each colour K means, K log scales and K coefficients
 * for each colour before it. Reads the field's symbols: [pixels * count]. Values: [pixels *
 * count][batch][3 K]. */
#define LK_COLOURS_MOST 4
int64_t lk_logistic_colours_channels(int32_t count, int64_t components);
lk_node *lk_logistic_colours(lk_graph *graph, lk_node *input, const lk_field *field, int32_t count,
                             int64_t components);

#endif
