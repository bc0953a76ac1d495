/* Training throughput of MADE: forward, NLL, backward, Adam on random binary examples, nothing else. bench/train.sh runs it in turn
 * with the same network in PyTorch. Arguments: HIDDEN (as 500 or 8000,8000), BATCH, SECONDS. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/random.h"
#include "graph/execution.h"
#include "models/model.h"
#include "train/optimizer.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static lk_status bench(lk_context *context, const char *hidden, int64_t batch, double seconds) {
    char set[128];
    snprintf(set, sizeof set, "hidden=%s", hidden);
    const char *assignments[] = {set, "direct=false"};
    lk_data_description data = {.shape = {1, {784}}, .variables = 784, .alphabet = 2};
    lk_model *model;
    lk_graph *graph;
    lk_execution *execution;
    lk_optimizer *optimizer;
    lk_optimizer_options how = lk_optimizer_defaults();
    LK_TRY(lk_model_create(context, "made", assignments, 2, data, "natural", 1, &model));
    LK_TRY(lk_model_graph(model, 0, &graph));
    LK_TRY(lk_parameters_make_gradients(model->parameters));
    LK_TRY(lk_execution_create(graph, LK_PLAN_TRAIN, batch, &execution));
    LK_TRY(lk_optimizer_create(model->parameters, &how, &optimizer));
    uint16_t *x = lk_allocate(batch * 784, sizeof *x);
    double *nll = lk_allocate(batch, sizeof *nll), *times = lk_allocate(100000, sizeof *times);
    for (int64_t i = 0; i < batch * 784; i++) {
        x[i] = lk_random_unit((lk_random){1, LK_FOR_CHECK}, 0, (uint64_t)i) < 0.13f;
    }
    int64_t steps = 0;
    double split[3] = {0};
    for (double began = now(); steps < 3 || (now() - began < seconds && steps < 100000); steps++) {
        double t0 = now();
        LK_TRY(lk_execution_forward(execution, x, batch));
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
    qsort(times, (size_t)steps, sizeof *times, compare);
    double median = times[steps / 2];
    double useful = 3.0 * 2.0 * (double)batch * (double)lk_graph_multiply_adds_forward(graph);
    printf("likely  made 784-%s-784 batch %lld: %.2f ms/step, %.0f examples/s, %.1f useful GFLOP/s "
           "(forward %.2f backward %.2f optimizer %.2f ms; %s, %d threads)\n",
           hidden, (long long)batch, 1e3 * median, (double)batch / median, 1e-9 * useful / median,
           1e3 * split[0] / (double)steps, 1e3 * split[1] / (double)steps, 1e3 * split[2] / (double)steps,
           lk_context_isa(context), lk_context_threads(context));
    lk_release(x);
    lk_release(nll);
    lk_release(times);
    lk_optimizer_destroy(optimizer);
    lk_execution_destroy(execution);
    lk_graph_destroy(graph);
    lk_model_destroy(model);
    return LK_OK;
}

int main(int count, char **words) {
    lk_context *context;
    const char *hidden = count > 1 ? words[1] : "500";
    int64_t batch = count > 2 ? atoll(words[2]) : 100;
    double seconds = count > 3 ? atof(words[3]) : 3.0;
    lk_status status = lk_context_create(0, &context);
    if (status == LK_OK) {
        status = bench(context, hidden, batch, seconds);
    }
    if (status != LK_OK) {
        fprintf(stderr, "%s\n", context != NULL ? lk_context_message(context) : "out of memory");
    }
    lk_context_destroy(context);
    return status == LK_OK ? 0 : 1;
}
