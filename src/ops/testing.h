/* The bench that operations are tested on: a small graph with one operation behind artificial
 * sources of any shape, and tasks made by hand, so that inputs, kernels, threads and the cells of a
 * call are the test's to choose. Included by *_test.c only; the rows are in ops/testing_cases.h. */
#ifndef LK_OPS_TESTING_H
#define LK_OPS_TESTING_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "ops/ops.h"

#define TESTING_SEED 20240614
#define TESTING_VARIABLES 6
#define TESTING_ALPHABET 3
#define TESTING_SOURCES_MOST 3

/* An input of the operation under test. cells 0: the data node. */
typedef struct op_source {
    int64_t cells, channels;
    bool ordered; /* cells get ready in cell order; else interleaved */
} op_source;

/* One row: an operation at one shape. */
typedef struct op_case {
    const char *label;
    int32_t sources;
    op_source source[TESTING_SOURCES_MOST];
    lk_node *(*make)(lk_graph *graph, lk_node *const *source);
    /* The definition, in double: in[i] is [cells][batch][channels]. */
    void (*reference)(const lk_node *node, double *const *in, double *const *parameter,
                      int64_t batch, double *out);
} op_case;

typedef struct op_bench {
    const op_case *row;
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
    lk_node *node;
    int64_t batch;
    bool training; /* true unless a test says otherwise */
    float *in[TESTING_SOURCES_MOST], *out;
    const float *parameter[LK_NODE_PARAMETERS_MOST];
    lk_workspace *workspace;
} op_bench;

/* ---- sources --------------------------------------------------------------------------------- */

static inline lk_status testing_source_shape(lk_context *context, lk_node *node) {
    (void)context;
    const op_source *self = node->settings;
    node->cells = self->cells;
    node->channels = self->channels;
    return LK_OK;
}

static inline int32_t testing_source_reads(const lk_node *node, int32_t input, int64_t cell,
                                           lk_span *spans, int32_t most) {
    const op_source *self = node->settings;
    (void)input;
    (void)most;
    int64_t at = self->ordered ? node->inputs[0]->by_ready[cell * TESTING_VARIABLES / self->cells]
                               : cell % TESTING_VARIABLES;
    spans[0] = (lk_span){.first = at, .count = 1};
    return 1;
}

static inline int64_t testing_source_multiply_adds(const lk_node *node, int64_t cell) {
    (void)node;
    (void)cell;
    return 0;
}

static const lk_op testing_source_op = {
    .name = "source",
    .definition = "anything",
    .inputs_least = 1,
    .inputs_most = 1,
    .shape = testing_source_shape,
    .reads = testing_source_reads,
    .multiply_adds = testing_source_multiply_adds,
};

static inline int64_t testing_floats(const lk_node *node, int64_t batch) {
    return node->cells * batch * node->channels;
}

/* Symbols for the data node; for others numbers away from 0, where relu has its kink. */
static inline float *testing_values(const lk_node *node, int64_t batch, uint64_t stream) {
    lk_random random = {TESTING_SEED, LK_FOR_CHECK};
    int64_t count = testing_floats(node, batch);
    float *value = lk_allocate(count, sizeof *value);
    for (int64_t i = 0; i < count; i++) {
        float draw = lk_random_normal(random, stream, (uint64_t)i);
        value[i] = node->index == 0
                       ? (float)lk_random_below(random, stream, (uint64_t)i, TESTING_ALPHABET)
                       : draw + (draw < 0.0f ? -0.01f : 0.01f);
    }
    return value;
}

/* ---- the bench ------------------------------------------------------------------------------- */

static inline void testing_randomise_parameters(op_bench *bench) {
    lk_random random = {TESTING_SEED + 1, LK_FOR_CHECK};
    for (int32_t p = 0; p < bench->parameters->count; p++) {
        lk_parameter *parameter = &bench->parameters->list[p];
        for (int64_t i = 0; i < parameter->rows * parameter->columns; i++) {
            parameter->value[i] = lk_random_normal(random, (uint64_t)p, (uint64_t)i);
        }
    }
}

static inline void testing_bench_init(op_bench *bench, const op_case *row, int64_t batch) {
    static const int32_t rank[TESTING_VARIABLES] = {2, 0, 1, 0, 3, 3};
    *bench = (op_bench){.row = row, .batch = batch, .training = true};
    assert_int_equal(lk_context_create(1, &bench->context), LK_OK);
    assert_int_equal(lk_parameters_create(bench->context, &bench->parameters), LK_OK);
    assert_int_equal(lk_graph_create(bench->context, bench->parameters, TESTING_VARIABLES,
                                     TESTING_ALPHABET, rank, &bench->graph),
                     LK_OK);
    lk_node *source[TESTING_SOURCES_MOST] = {NULL};
    for (int32_t i = 0; i < row->sources; i++) {
        source[i] = bench->graph->data;
        if (row->source[i].cells > 0) {
            op_source *settings = lk_arena_take(bench->graph->arena, 1, sizeof *settings);
            *settings = row->source[i];
            source[i] = lk_graph_add(bench->graph, &testing_source_op, NULL, 1, &bench->graph->data,
                                     0, NULL, settings);
        }
        bench->in[i] = testing_values(source[i], batch, (uint64_t)i);
    }
    bench->node = row->make(bench->graph, source);
    if (bench->node == NULL) {
        fail_msg("%s: %s", row->label, lk_context_message(bench->context));
    }
    testing_randomise_parameters(bench);
    for (int32_t p = 0; p < bench->node->parameter_count; p++) {
        bench->parameter[p] = bench->parameters->list[bench->node->parameters[p]].value;
    }
    bench->out = lk_allocate(testing_floats(bench->node, batch), sizeof(float));
    bench->workspace = lk_workspace_create();
}

static inline void testing_bench_deinit(op_bench *bench) {
    for (int i = 0; i < TESTING_SOURCES_MOST; i++) {
        lk_release(bench->in[i]);
    }
    lk_release(bench->out);
    lk_workspace_destroy(bench->workspace);
    lk_graph_destroy(bench->graph);
    lk_parameters_destroy(bench->parameters);
    lk_context_destroy(bench->context);
}

/* What decides what a training step drops, here as in testing_task: for references. */
static inline lk_task testing_drawing(const lk_node *node) {
    return (lk_task){.node = node,
                     .training = true,
                     .kernels = lk_kernels_named("scalar"),
                     .random = {TESTING_SEED, LK_FOR_DROPOUT}};
}

static inline lk_task testing_task(op_bench *bench, const lk_kernels *kernels, lk_pool *pool) {
    return (lk_task){
        .node = bench->node,
        .batch = bench->batch,
        .cells = bench->node->by_ready,
        .cell_count = bench->node->cells,
        .in = (const float *const *)bench->in,
        .out = bench->out,
        .parameter = bench->parameter,
        .parameters = bench->parameters,
        .training = bench->training,
        .random = {TESTING_SEED, LK_FOR_DROPOUT},
        .kernels = kernels,
        .pool = pool,
        .workspace = bench->workspace,
    };
}

/* All cells in one call. */
static inline void testing_forward(op_bench *bench, const lk_kernels *kernels, lk_pool *pool) {
    memset(bench->out, 0xff, (size_t)testing_floats(bench->node, bench->batch) * sizeof(float));
    lk_task task = testing_task(bench, kernels, pool);
    assert_true(bench->node->op->forward(&task));
}

/* One call for each step, as a generation does it. */
static inline void testing_forward_by_steps(op_bench *bench, const lk_kernels *kernels,
                                            lk_pool *pool) {
    const lk_node *node = bench->node;
    memset(bench->out, 0xff, (size_t)testing_floats(node, bench->batch) * sizeof(float));
    for (int32_t i = 0; i < node->steps.count; i++) {
        lk_task task = testing_task(bench, kernels, pool);
        task.cells = node->by_ready + node->steps.begin[i];
        task.cell_count = node->steps.begin[i + 1] - node->steps.begin[i];
        assert_true(node->op->forward(&task));
    }
}

#endif
