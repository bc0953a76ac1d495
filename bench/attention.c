/* Attention against the matrix product, on the same multiply-adds: GFLOP/s of forward and backward
 * in the parallel schedule, and microseconds of a step at batch 1, one query against all keys.
 *   bench_attention [--threads N] [--isa NAME] [--seconds S] [--only PART OF A NAME] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "ops/ops.h"

typedef struct shape {
    const char *name;
    int64_t cells, heads, keys, values, batch, window; /* channels of a head */
    bool full;                                         /* not masked */
    double dropout;
    int64_t distances;
} shape;

static const shape shapes[] = {
    {"784 x 4 x 16", 784, 4, 16, 16, 4, 0, false, 0, 0},
    {"784 x 4 x 16, whole", 784, 4, 16, 16, 4, 0, true, 0, 0},
    {"128 x 4 x 64", 128, 4, 64, 64, 32, 0, false, 0, 0},
    {"128 x 4 x 64, whole", 128, 4, 64, 64, 32, 0, true, 0, 0},
    {"128 x 4 x 64, dropout", 128, 4, 64, 64, 32, 0, false, 0.1, 0},
    {"128 x 4 x 64, distances", 128, 4, 64, 64, 32, 0, false, 0, 128},
    {"1024 x 1 x 16 + 128", 1024, 1, 16, 128, 4, 0, false, 0, 0},
    {"3072 x 4 x 64", 3072, 4, 64, 64, 1, 0, false, 0, 0},
    {"3072 x 4 x 64, window 256", 3072, 4, 64, 64, 1, 256, false, 0, 0},
};

typedef struct bench {
    lk_context *context;
    lk_parameters *parameters;
    lk_graph *graph;
    lk_node *node;
    float *in[3], *out, *dout, *din[3];
    lk_workspace *workspace;
    const lk_kernels *kernels;
    lk_pool *pool;
    double seconds;
    int threads;
} bench;

/* One thread is timed by the processor's time, which other programs do not change. */
static double now(int threads) {
    struct timespec t;
    clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float *filled(int64_t count, uint32_t state) {
    float *value = lk_allocate(count, sizeof *value);
    if (value == NULL) {
        fprintf(stderr, "bench_attention: no memory\n");
        exit(1);
    }
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        value[i] = (float)(state >> 8) * 0x1p-24f - 0.5f;
    }
    return value;
}

static void require(lk_status status, const lk_context *context) {
    if (status != LK_OK) {
        fprintf(stderr, "bench_attention: %s\n", lk_context_message(context));
        exit(1);
    }
}

/* Queries, keys and values from an embedding of the data, one cell after another. */
static void build(bench *b, const shape *s) {
    int32_t *rank = lk_allocate(s->cells, sizeof *rank);
    for (int64_t i = 0; i < s->cells; i++) {
        rank[i] = (int32_t)i;
    }
    require(lk_parameters_create(b->context, &b->parameters), b->context);
    require(lk_graph_create(b->context, b->parameters, s->cells, 2, rank, &b->graph), b->context);
    lk_node *q = lk_embedding(b->graph, "q", b->graph->data, 2, s->heads * s->keys);
    lk_node *k = lk_embedding(b->graph, "k", b->graph->data, 2, s->heads * s->keys);
    lk_node *v = lk_embedding(b->graph, "v", b->graph->data, 2, s->heads * s->values);
    for (int64_t i = 0; i < s->cells; i++) {
        rank[i] = s->full ? INT32_MAX : rank[i] + 1; /* itself included */
    }
    lk_attention_options options = {.heads = s->heads,
                                    .limit = rank,
                                    .pattern = {.window = s->window},
                                    .dropout = s->dropout,
                                    .distances = s->distances};
    b->node = lk_attention(b->graph, "attention", q, k, v, options);
    require(b->graph->failed, b->context);
    lk_release(rank);
    for (int i = 0; i < 3; i++) {
        int64_t count = s->cells * s->batch * b->node->inputs[i]->channels;
        b->in[i] = filled(count, (uint32_t)i);
        b->din[i] = lk_allocate(count, sizeof(float));
    }
    b->out = filled(s->cells * s->batch * b->node->channels, 4);
    b->dout = filled(s->cells * s->batch * b->node->channels, 5);
}

static void deinit(bench *b) {
    for (int i = 0; i < 3; i++) {
        lk_release(b->in[i]);
        lk_release(b->din[i]);
    }
    lk_release(b->out);
    lk_release(b->dout);
    lk_graph_destroy(b->graph);
    lk_parameters_destroy(b->parameters);
}

typedef struct timed {
    bench *bench;
    lk_task task;
    lk_product product;
} timed;

static bool run_forward(timed *t) {
    return t->bench->node->op->forward(&t->task);
}

static bool run_backward(timed *t) {
    return t->bench->node->op->backward(&t->task);
}

static bool run_product(timed *t) {
    return lk_product_run(&t->product, t->bench->kernels, t->bench->pool, t->bench->workspace);
}

/* The best of many. */
static double measure(timed *t, bool (*run)(timed *)) {
    double best = 1e9, start = now(t->bench->threads);
    for (int i = 0; i < 3 || now(t->bench->threads) - start < t->bench->seconds; i++) {
        double begin = now(t->bench->threads);
        if (!run(t)) {
            fprintf(stderr, "bench_attention: no memory\n");
            exit(1);
        }
        double took = now(t->bench->threads) - begin;
        best = took < best ? took : best;
    }
    return best;
}

/* As many multiply-adds in one product: queries by keys, as deep as a head. */
static double product_rate(bench *b, const shape *s) {
    int64_t rows = s->cells * s->batch, columns = s->heads * (s->keys + s->values);
    float *a = filled(rows * s->cells, 6), *right = filled(s->cells * columns, 7),
          *c = filled(rows * columns, 8);
    timed t = {.bench = b,
               .product = {.rows = rows,
                           .columns = columns,
                           .depth = s->cells,
                           .a = {a, s->cells, 1, NULL, NULL},
                           .b = {right, columns, 1, NULL, NULL},
                           .c = c,
                           .c_row_stride = columns,
                           .c_column_stride = 1}};
    double rate = 2e-9 * (double)lk_product_multiply_adds(&t.product) / measure(&t, run_product);
    lk_release(a);
    lk_release(right);
    lk_release(c);
    return rate;
}

static void bench_shape(bench *b, const shape *s) {
    build(b, s);
    const lk_node *node = b->node;
    int64_t work = 0;
    for (int64_t i = 0; i < node->cells; i++) {
        work += node->op->multiply_adds(node, i) * s->batch;
    }
    float *dtable = filled(s->heads * (s->distances + 1), 9);
    const float *table = filled(s->heads * (s->distances + 1), 10);
    const bool fresh = true;
    double pairs = (double)work / (double)(s->keys + s->values);
    timed t = {.bench = b,
               .task = {.node = node,
                        .parameter = &table,
                        .dparameter = &dtable,
                        .fresh = &fresh,
                        .batch = s->batch,
                        .cells = node->by_ready,
                        .cell_count = node->cells,
                        .in = (const float *const *)b->in,
                        .out = b->out,
                        .dout = b->dout,
                        .din = b->din,
                        .training = s->dropout > 0,
                        .random = {1, LK_FOR_DROPOUT},
                        .kernels = b->kernels,
                        .pool = b->pool,
                        .workspace = b->workspace}};
    double forward = measure(&t, run_forward), backward = measure(&t, run_backward);
    t.task.batch = 1;
    t.task.cells = node->by_ready + node->cells - 1;
    t.task.cell_count = 1;
    double step = measure(&t, run_forward);
    double read = 4.0 * (double)(node->op->multiply_adds(node, t.task.cells[0]));
    printf("%-26s %8.2f %8.1f %8.2f %8.1f %8.1f %8.2f %6.1f\n", s->name, 1e3 * forward,
           2e-9 * (double)work / forward, 1e3 * backward,
           2e-9 * pairs * (double)(3 * s->keys + 2 * s->values) / backward, product_rate(b, s),
           1e6 * step, 1e-9 * read / step);
    fflush(stdout);
    lk_release(dtable);
    lk_release((float *)table);
    deinit(b);
}

int main(int count, char **arguments) {
    const lk_kernels *const *tables;
    lk_kernels_available(&tables);
    bench b = {.kernels = tables[0], .seconds = 0.5, .threads = 1};
    const char *only = "";
    for (int i = 1; i + 1 < count; i += 2) {
        const char *option = arguments[i], *value = arguments[i + 1];
        if (strcmp(option, "--threads") == 0) {
            b.threads = atoi(value) > 0 ? atoi(value) : 1;
        } else if (strcmp(option, "--isa") == 0) {
            b.kernels = lk_kernels_named(value);
        } else if (strcmp(option, "--seconds") == 0) {
            b.seconds = atof(value);
        } else if (strcmp(option, "--only") == 0) {
            only = value;
        }
    }
    b.pool = lk_pool_create(b.threads);
    b.workspace = lk_workspace_create();
    if (b.kernels == NULL || b.pool == NULL || b.workspace == NULL ||
        lk_context_create(1, &b.context) != LK_OK) {
        fprintf(stderr, "bench_attention: no such instruction set here, or no memory\n");
        return 1;
    }
    printf("%s, %d threads; best of runs; a backward counts 3 key + 2 value channels for a pair\n",
           b.kernels->isa, b.threads);
    printf("%-26s %8s %8s %8s %8s %8s %8s %6s\n", "cells x heads x channels", "fwd ms", "GFLOP/s",
           "back ms", "GFLOP/s", "product", "step us", "GB/s");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (strstr(shapes[i].name, only) != NULL) {
            bench_shape(&b, &shapes[i]);
        }
    }
    lk_workspace_destroy(b.workspace);
    lk_pool_destroy(b.pool);
    lk_context_destroy(b.context);
    return 0;
}
