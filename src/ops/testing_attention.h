/* Attention, as its paper writes it, in double: a mask of zeros and ones, a softmax, a sum.
 * Included by ops/testing_cases.h and the tests of attention only. */
#ifndef LK_OPS_TESTING_ATTENTION_H
#define LK_OPS_TESTING_ATTENTION_H

#include "ops/drop.h"
#include "ops/testing.h"

#define TESTING_QUERIES_MOST 160
#define TESTING_ATTENTION_DROPPED 0.3

/* What a case sets. Limits go round from query to query, so that some read nothing; or they are
 * strict along the cells. */
typedef struct testing_attention {
    int64_t heads;
    int32_t limits; /* limit[i] = 3 i % limits; 0: none */
    bool strict;    /* limit[i] = ready(k[i]) - 1 */
    int64_t window, modulus, distances, cells_of_position;
    double dropout;
} testing_attention;

static inline int64_t testing_residue(const void *self, int64_t cell) {
    const testing_attention *a = self;
    return cell % a->modulus;
}

/* Keys of the own residue, and those of residue 0. */
static inline bool testing_residue_reads(const void *self, int64_t group, int64_t key) {
    const testing_attention *a = self;
    return key % a->modulus == group || key % a->modulus == 0;
}

static inline int32_t testing_attention_limit(const testing_attention *a, const lk_node *k,
                                              int64_t query) {
    return a->strict        ? k->ready[query] - 1
           : a->limits == 0 ? INT32_MAX
                            : (int32_t)(3 * query % a->limits);
}

static inline lk_node *testing_attention_make(const testing_attention *a, lk_graph *graph,
                                              lk_node *const *source) {
    int32_t limit[TESTING_QUERIES_MOST];
    assert_true(source[0]->cells <= TESTING_QUERIES_MOST);
    for (int64_t i = 0; i < source[0]->cells; i++) {
        limit[i] = testing_attention_limit(a, source[1], i);
    }
    lk_attention_options options = {.heads = a->heads,
                                    .limit = a->limits > 0 || a->strict ? limit : NULL,
                                    .distances = a->distances,
                                    .cells_of_position = a->cells_of_position,
                                    .dropout = a->dropout};
    options.pattern.window = a->window;
    if (a->modulus > 0) {
        options.pattern.groups = a->modulus;
        options.pattern.group = testing_residue;
        options.pattern.reads = testing_residue_reads;
        options.pattern.self = a;
    }
    return lk_attention(graph, "attention", source[0], source[1], source[2], options);
}

static inline int32_t testing_key_ready(const lk_node *node, int64_t key) {
    int32_t k = node->inputs[1]->ready[key], v = node->inputs[2]->ready[key];
    return k > v ? k : v;
}

/* Which keys query i reads, in order of (ready, cell); returns how many. */
static inline int64_t testing_keys(const testing_attention *a, const lk_node *node, int64_t i,
                                   int64_t *keys) {
    int64_t count = 0;
    for (int32_t step = 0; step <= TESTING_VARIABLES; step++) {
        for (int64_t j = 0; j < node->inputs[1]->cells; j++) {
            bool in = a->modulus == 0 || testing_residue_reads(a, testing_residue(a, i), j);
            if (testing_key_ready(node, j) == step &&
                step <= testing_attention_limit(a, node->inputs[1], i) && in) {
                keys[count++] = j;
            }
        }
    }
    int64_t cut = a->window > 0 && count > a->window ? count - a->window : 0;
    memmove(keys, keys + cut, (size_t)(count - cut) * sizeof *keys);
    return count - cut;
}

static inline double testing_distance_bias(const testing_attention *a, const double *table,
                                           int64_t head, int64_t i, int64_t j) {
    int64_t each = a->cells_of_position > 0 ? a->cells_of_position : 1;
    int64_t apart = i / each - j / each, last = a->distances - 1;
    return a->distances == 0 ? 0 : table[head * a->distances + (apart < last ? apart : last)];
}

/* One query of one head of one example: rows of q, k, v and out are `width`s apart. */
static inline void testing_attend(const testing_attention *a, const lk_node *node,
                                  double *const *in, const double *table, int64_t batch, int64_t n,
                                  int64_t i, int64_t h, double *out) {
    int64_t keys[TESTING_QUERIES_MOST], count = testing_keys(a, node, i, keys);
    int64_t d = node->inputs[0]->channels / a->heads, e = node->channels / a->heads;
    double weight[TESTING_QUERIES_MOST], total = 0, greatest = -INFINITY;
    float factor[TESTING_QUERIES_MOST];
    const double *q = in[0] + ((i * batch + n) * a->heads + h) * d;
    for (int64_t s = 0; s < count; s++) {
        const double *k = in[1] + ((keys[s] * batch + n) * a->heads + h) * d;
        weight[s] = testing_distance_bias(a, table, h, i, keys[s]);
        for (int64_t c = 0; c < d; c++) {
            weight[s] += q[c] * k[c] / sqrt((double)d);
        }
        greatest = weight[s] > greatest ? weight[s] : greatest;
        factor[s] = 1.0f;
    }
    if (a->dropout > 0) {
        const lk_task task = testing_drawing(node);
        const lk_drop drop = lk_drop_make(a->dropout);
        int64_t row = (node->inputs[1]->cells + 3) / 4 * 4;
        lk_drop_draw(&drop, &task, i, (n * a->heads + h) * row, count, factor);
    }
    for (int64_t s = 0; s < count; s++) {
        weight[s] = exp(weight[s] - greatest);
        total += weight[s];
    }
    for (int64_t c = 0; c < e; c++) {
        out[c] = 0;
        for (int64_t s = 0; s < count; s++) {
            const double *v = in[2] + ((keys[s] * batch + n) * a->heads + h) * e;
            out[c] += weight[s] / total * (double)factor[s] * v[c];
        }
    }
}

static inline void testing_attention_reference(const testing_attention *a, const lk_node *node,
                                               double *const *in, double *const *parameter,
                                               int64_t batch, double *out) {
    int64_t e = node->channels / a->heads;
    for (int64_t row = 0; row < node->cells * batch * a->heads; row++) {
        int64_t h = row % a->heads, n = row / a->heads % batch, i = row / a->heads / batch;
        testing_attend(a, node, in, parameter[0], batch, n, i, h, out + row * e);
    }
}

#define TESTING_ATTENTION(name, ...)                                                            \
    static const testing_attention testing_settings_##name = {__VA_ARGS__};                     \
    static inline lk_node *make_attention_##name(lk_graph *graph, lk_node *const *source) {     \
        return testing_attention_make(&testing_settings_##name, graph, source);                 \
    }                                                                                           \
    static inline void reference_attention_##name(const lk_node *node, double *const *in,       \
                                                  double *const *parameter, int64_t batch,      \
                                                  double *out) {                                \
        testing_attention_reference(&testing_settings_##name, node, in, parameter, batch, out); \
    }
TESTING_ATTENTION(limited, .heads = 2, .limits = 5)
TESTING_ATTENTION(limited_alone, .heads = 1, .limits = 4)
TESTING_ATTENTION(whole, .heads = 1)
TESTING_ATTENTION(window, .heads = 1, .limits = 5, .window = 4)
TESTING_ATTENTION(groups, .heads = 3, .limits = 5, .modulus = 3)
TESTING_ATTENTION(groups_window, .heads = 1, .modulus = 4, .window = 5)
TESTING_ATTENTION(dropped, .heads = 2, .limits = 5, .dropout = TESTING_ATTENTION_DROPPED)

TESTING_ATTENTION(strict, .heads = 1, .strict = true)
TESTING_ATTENTION(distances, .heads = 2, .strict = true, .distances = 4)
TESTING_ATTENTION(distances_window, .heads = 1, .strict = true, .window = 5, .distances = 3,
                  .cells_of_position = 3, .dropout = TESTING_ATTENTION_DROPPED)

#endif
