/* Training throughput of charrnn: forward, NLL, backward, clipping, Adam on random symbols, nothing else; and cached sampling.
 * Arguments: CELL (lstm), WIDTH (512), LAYERS (2), BATCH (32), SECONDS (5), STEPS of a sequence (128). 65 symbols. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/random.h"
#include "dist/dist.h"
#include "graph/execution.h"
#include "models/model.h"
#include "train/optimizer.h"

#define ALPHABET 65

typedef struct shape {
    const char *cell, *width, *layers;
    int64_t batch, length;
    double seconds;
} shape;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Of all threads: what a step costs when others use the machine too. */
static double processor_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static lk_status bench_training(const shape *s, lk_model *model, lk_graph *graph) {
    lk_execution *execution;
    lk_optimizer *optimizer;
    lk_optimizer_options how = lk_optimizer_defaults();
    LK_TRY(lk_parameters_make_gradients(model->parameters));
    LK_TRY(lk_execution_create(graph, LK_PLAN_TRAIN, s->batch, &execution));
    LK_TRY(lk_optimizer_create(model->parameters, &how, &optimizer));
    uint16_t *x = lk_allocate(s->batch * s->length, sizeof *x);
    double *nll = lk_allocate(s->batch, sizeof *nll), *times = lk_allocate(100000, sizeof *times), split[3] = {0};
    for (int64_t i = 0; i < s->batch * s->length; i++) {
        x[i] = (uint16_t)lk_random_below((lk_random){1, LK_FOR_CHECK}, 0, (uint64_t)i, ALPHABET);
    }
    int64_t steps = 0;
    double processor = processor_time();
    for (double began = now(); steps < 3 || (now() - began < s->seconds && steps < 100000); steps++) {
        double t0 = now();
        LK_TRY(lk_execution_forward(execution, x, s->batch));
        LK_TRY(lk_execution_nll(execution, nll, NULL));
        double t1 = now();
        LK_TRY(lk_execution_backward(execution));
        double t2 = now();
        lk_optimizer_step(optimizer, 0.001, 1.0, NULL);
        double t3 = now();
        times[steps] = t3 - t0;
        split[0] += t1 - t0;
        split[1] += t2 - t1;
        split[2] += t3 - t2;
    }
    processor = (processor_time() - processor) / (double)steps;
    qsort(times, (size_t)steps, sizeof *times, compare);
    double median = times[steps / 2];
    double useful = 3.0 * 2.0 * (double)s->batch * (double)lk_graph_multiply_adds_forward(graph);
    printf(
        "likely  charrnn %s %sx%s, %d symbols, %lld steps, batch %lld: %.1f ms/step, %.1f examples/s, %.1f useful GFLOP/s "
        "(forward %.1f backward %.1f optimizer %.1f ms, processor %.0f ms; %s, %d threads)\n",
        s->cell, s->layers, s->width, ALPHABET, (long long)s->length, (long long)s->batch, 1e3 * median,
        (double)s->batch / median, 1e-9 * useful / median, 1e3 * split[0] / (double)steps,
        1e3 * split[1] / (double)steps, 1e3 * split[2] / (double)steps, 1e3 * processor, lk_context_isa(model->context),
        lk_context_threads(model->context));
    lk_release(x);
    lk_release(nll);
    lk_release(times);
    lk_optimizer_destroy(optimizer);
    lk_execution_destroy(execution);
    return LK_OK;
}

static lk_status bench_sampling(const shape *s, lk_graph *graph, int64_t batch) {
    lk_execution *execution;
    uint16_t value[64] = {0};
    float probability[ALPHABET];
    LK_TRY(lk_execution_create(graph, LK_PLAN_INCREMENTAL, batch, &execution));
    int64_t symbols = 0;
    double began = now();
    while (now() - began < s->seconds) {
        LK_TRY(lk_execution_begin(execution, batch));
        for (int32_t step = 0; step < graph->steps; step++) {
            LK_TRY(lk_execution_compute(execution, step));
            const float *logits = lk_execution_parameters(execution, step);
            for (int64_t n = 0; n < batch; n++) {
                float unit = lk_random_unit((lk_random){2, LK_FOR_CHECK}, (uint64_t)symbols, (uint64_t)n);
                graph->dist->probabilities(graph->context->kernels, ALPHABET, logits + n * ALPHABET, 1.0f, probability);
                value[n] = (uint16_t)lk_probabilities_draw(probability, ALPHABET, unit);
            }
            lk_execution_set(execution, step, value);
            symbols += batch;
        }
    }
    printf("likely  charrnn %s %sx%s, cached sampling, batch %lld: %.0f symbols/s\n", s->cell, s->layers, s->width,
           (long long)batch, (double)symbols / (now() - began));
    lk_execution_destroy(execution);
    return LK_OK;
}

static lk_status bench(lk_context *context, const shape *s) {
    char cell[64], width[64], layers[64];
    snprintf(cell, sizeof cell, "cell=%s", s->cell);
    snprintf(width, sizeof width, "width=%s", s->width);
    snprintf(layers, sizeof layers, "layers=%s", s->layers);
    const char *assignments[] = {cell, width, layers};
    lk_data_description data = {.shape = {1, {s->length}}, .variables = s->length, .alphabet = ALPHABET};
    lk_model *model;
    lk_graph *graph;
    LK_TRY(lk_model_create(context, "charrnn", assignments, 3, data, "natural", 1, &model));
    LK_TRY(lk_model_graph(model, 0, &graph));
    LK_TRY(bench_training(s, model, graph));
    LK_TRY(bench_sampling(s, graph, 1));
    LK_TRY(bench_sampling(s, graph, 16));
    lk_graph_destroy(graph);
    lk_model_destroy(model);
    return LK_OK;
}

int main(int count, char **words) {
    shape s = {
        .cell = count > 1 ? words[1] : "lstm",
        .width = count > 2 ? words[2] : "512",
        .layers = count > 3 ? words[3] : "2",
        .batch = count > 4 ? atoll(words[4]) : 32,
        .seconds = count > 5 ? atof(words[5]) : 5.0,
        .length = count > 6 ? atoll(words[6]) : 128,
    };
    lk_context *context;
    lk_status status = lk_context_create(0, &context);
    if (status == LK_OK) {
        status = bench(context, &s);
    }
    if (status != LK_OK) {
        fprintf(stderr, "%s\n", context != NULL ? lk_context_message(context) : "out of memory");
    }
    lk_context_destroy(context);
    return status == LK_OK ? 0 : 1;
}
