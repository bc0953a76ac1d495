/* Masked multi-head attention: out[i] = sum over j in S(i) of softmax_j(q_i . k_j / sqrt(d) + bias)
 * v_j, for each head.
 *
 * Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3.2; the mask is the order of
 * the ready steps (PixelSNAIL, Chen et al. 2018, reads strictly earlier pixels, a Transformer what
 * precedes a symbol, itself included), cut by a window or a pattern (Image Transformer, Parmar et
 * al. 2018; Sparse Transformer, Child et al. 2019). Nothing is masked by large numbers: what is not
 * read is not there. The key-value cache of others is the incremental schedule.
 *
 * The arithmetic, for one query, one head, and its keys in order of (ready, cell):
 *   q'   = q times 1 / sqrt(d), rounded
 *   s_j  = one chain over the channels c ascending of q'_c k_jc, from the bias or 0
 *   e_j  = exp(s_j - max s)                             max over S(i)
 *   z    = one chain over j of e_j, from 0
 *   w_j  = e_j; in training with dropout e_j times 0 or 1 / (1 - rate)
 *   out  = (one chain over j of w_j v_jc, from 0) / z + 0;     0 where S(i) is empty
 * The last + 0 turns -0 into +0. So a term 0 v_j with finite v_j changes no bit, and blocks of
 * queries may run over the keys that any of them reads, with w_j = 0 where one does not; where a
 * v_j is not finite they do not.
 *
 * Backward computes the weights again instead of keeping [queries][keys] of them. With the gradient
 * g of out, g' = g times 1 / z, m = one chain over c of g'_c out_c, f = 1 or dropout's factor:
 *   ds_ij  = e_ij (f_ij (chain over c of g'_c v_jc) - m)
 *   dq_i  += (chain over j of ds_ij k_j) / sqrt(d)
 *   dk_j  += chain over i of ds_ij q'_i          dv_j += chain over i of w_ij g'_i
 * Chains over queries go by (last key read, cell), group after group. The bias of a head and
 * distance sums in that order too, example after example.
 *
 * No more than 32 queries' weights are held at a time: memory is linear in cells. */
#include <math.h>
#include <stdio.h>

#include "ops/attention_inside.h"

#define PATTERN_MOST ((int64_t)1 << 29)

static lk_status shape(lk_context *context, lk_node *node) {
    const lk_attention_settings *self = node->settings;
    (void)context;
    node->cells = self->queries;
    node->channels = self->heads * self->value_channels;
    return LK_OK;
}

/* A query that reads no key is not read either. */
static int32_t reads(const lk_node *node, int32_t input, int64_t cell, lk_span *spans,
                     int32_t most) {
    (void)most;
    const lk_attention_settings *self = node->settings;
    int64_t begin = self->begin[cell], count = self->end[cell] - begin;
    spans[0] = input == 0 ? (lk_span){.first = cell, .count = 1}
                          : (lk_span){.first = begin, .count = count, .by = self->span_list[input]};
    return count > 0 ? 1 : 0;
}

/* How far back a query would read that the beginning leaves without some of its window's keys: the
 * next one of a group's own list is as far as there are groups. The least of all, since of a
 * position's cells the later ones reach over more of their own; what that leaves out shows in a
 * graph of this length. */
static int64_t reach(const lk_node *node) {
    const lk_attention_settings *self = node->settings;
    const lk_steps *steps = &node->inputs[1]->steps;
    int64_t least = LK_REACH_ALL;
    if (self->window == 0) {
        return steps->step[steps->count - 1] > 0 ? LK_REACH_ALL : 0; /* all of what is given */
    }
    for (int64_t i = 0; i < self->queries; i++) {
        int64_t missing = self->window - (self->end[i] - self->begin[i]);
        int64_t back = self->end[i] > 0 ? i - self->key[self->begin[i]] : i;
        back += missing * self->groups;
        least = back < least ? back : least;
    }
    return least;
}

static int64_t multiply_adds(const lk_node *node, int64_t cell) {
    const lk_attention_settings *self = node->settings;
    return (self->end[cell] - self->begin[cell]) * self->heads *
           (self->key_channels + self->value_channels);
}

const lk_op lk_attention_op = {
    .name = "attention",
    .definition = "out[i] = sum over j in S(i) of softmax_j(q[i] k[j] / sqrt(channels) + bias[i - "
                  "j]) v[j], S(i) = what is ready at limit[i] and in the pattern",
    .inputs_least = 3,
    .inputs_most = 3,
    .shape = shape,
    .reads = reads,
    .alike = true,
    .reach = reach,
    .multiply_adds = multiply_adds,
    .forward = lk_attention_forward,
    .backward = lk_attention_backward,
};

/* ---- maker ----------------------------------------------------------------------------------- */

/* Each group is asked about each key: what a hostile file asks for is bounded here. */
static lk_status check_groups(lk_graph *graph, const char *name, int64_t groups, int64_t keys) {
    return groups <= PATTERN_MOST / (keys > 0 ? keys : 1)
               ? LK_OK
               : lk_fail(graph->context, LK_INVALID,
                         "node %s: a pattern of %lld groups of queries over %lld keys is too fine: "
                         "at most %lld of these pairs are possible; larger blocks or strides have "
                         "fewer groups",
                         name, (long long)groups, (long long)keys, (long long)PATTERN_MOST);
}

static lk_status check(lk_graph *graph, const char *name, const lk_node *q, const lk_node *k,
                       const lk_node *v, const lk_attention_options *options) {
    LK_REQUIRE(options->heads >= 1 && options->pattern.window >= 0 && options->distances >= 0 &&
               options->cells_of_position >= 0);
    LK_REQUIRE((options->pattern.group != NULL) == (options->pattern.groups > 0) &&
               (options->pattern.group != NULL || options->pattern.reads == NULL));
    if (k->cells != v->cells) {
        return lk_fail(graph->context, LK_INVALID,
                       "node %s: there are %lld keys and %lld values; each key has one value", name,
                       (long long)k->cells, (long long)v->cells);
    }
    if (q->channels != k->channels || q->channels % options->heads != 0 ||
        v->channels % options->heads != 0) {
        return lk_fail(graph->context, LK_INVALID,
                       "node %s: queries of %lld, keys of %lld and values of %lld channels do not "
                       "divide into %lld heads",
                       name, (long long)q->channels, (long long)k->channels, (long long)v->channels,
                       (long long)options->heads);
    }
    return check_groups(graph, name, options->pattern.groups, k->cells);
}

static lk_attention_settings *make_settings(lk_graph *graph, const lk_node *q, const lk_node *k,
                                            const lk_node *v, const lk_attention_options *options) {
    lk_attention_settings *self = lk_arena_take(graph->arena, 1, sizeof *self);
    if (self != NULL) {
        *self = (lk_attention_settings){
            .heads = options->heads,
            .key_channels = k->channels / options->heads,
            .value_channels = v->channels / options->heads,
            .queries = q->cells,
            .keys = k->cells,
            .groups = options->pattern.groups > 0 ? options->pattern.groups : 1,
            .window = options->pattern.window,
            .distances = options->distances,
            .cells_of_position = options->cells_of_position > 0 ? options->cells_of_position : 1,
            .dropped = options->dropout > 0.0,
            .drop = lk_drop_make(options->dropout),
        };
        self->scale = (float)(1.0 / sqrt((double)self->key_channels));
    }
    return self;
}

static lk_status declare(lk_graph *graph, const char *name, const lk_attention_settings *self,
                         int32_t *parameter) {
    char text[256];
    snprintf(text, sizeof text, "%s.distance", name);
    return lk_graph_declare(graph, text, self->heads, self->distances, LK_INIT_SLOPES, parameter);
}

lk_node *lk_attention(lk_graph *graph, const char *name, lk_node *q, lk_node *k, lk_node *v,
                      lk_attention_options options) {
    if (q == NULL || k == NULL || v == NULL || graph->failed != LK_OK) {
        return NULL;
    }
    graph->failed = check(graph, name, q, k, v, &options);
    if (graph->failed != LK_OK) {
        return NULL;
    }
    lk_attention_settings *self = make_settings(graph, q, k, v, &options);
    int32_t parameter = 0, parameters = options.distances > 0 ? 1 : 0;
    if (self == NULL) {
        return NULL;
    }
    graph->failed = parameters > 0 ? declare(graph, name, self, &parameter) : LK_OK;
    graph->failed = graph->failed == LK_OK
                        ? lk_attention_make_mask(graph, name, k, v, &options, self)
                        : graph->failed;
    lk_node *inputs[] = {q, k, v};
    return graph->failed != LK_OK ? NULL
                                  : lk_graph_add(graph, &lk_attention_op, name, 3, inputs,
                                                 parameters, &parameter, self);
}
