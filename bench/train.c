/* Training throughput: forward, NLL, backward, Adam on random binary 28 x 28 images, nothing else. bench/train.sh runs it in turn
 * with the same network in PyTorch. Arguments: NETWORK (a row below), SECONDS, THREADS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/random.h"
#include "graph/execution.h"
#include "models/model.h"
#include "train/optimizer.h"

#define SETTINGS_MOST 3

typedef struct network {
    const char *name, *family;
    const char *settings[SETTINGS_MOST];
    int32_t setting_count;
    int64_t batch;
} network;

static const network networks[] = {
    {"made-500", "made", {"hidden=500", "direct=false"}, 2, 100},
    {"made-8000-8000", "made", {"hidden=8000,8000", "direct=false"}, 2, 100},
    {"pixelcnn", "pixelcnn", {"blocks=7", "channels=64", "head=128"}, 3, 32},
    {"pixelcnn-narrow", "pixelcnn", {"blocks=15", "channels=16", "head=32"}, 3, 40},
};

static const network *network_named(const char *name) {
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        if (strcmp(networks[i].name, name) == 0) {
            return &networks[i];
        }
    }
    return NULL;
}

static double seconds_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double now(void) {
    return seconds_of(CLOCK_MONOTONIC);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static uint16_t *random_images(int64_t values) {
    uint16_t *x = lk_allocate(values, sizeof *x);
    for (int64_t i = 0; x != NULL && i < values; i++) {
        x[i] = lk_random_unit((lk_random){1, LK_FOR_CHECK}, 0, (uint64_t)i) < 0.13f;
    }
    return x;
}

/* Seconds of forward with NLL, backward, optimizer. */
static lk_status step(lk_execution *execution, lk_optimizer *optimizer, const uint16_t *x, double *nll, int64_t batch,
                      double took[3]) {
    double t0 = now();
    LK_TRY(lk_execution_forward(execution, x, batch));
    LK_TRY(lk_execution_nll(execution, nll, NULL));
    double t1 = now();
    LK_TRY(lk_execution_backward(execution));
    double t2 = now();
    lk_optimizer_step(optimizer, 0.001, 1.0, NULL);
    took[0] = t1 - t0;
    took[1] = t2 - t1;
    took[2] = now() - t2;
    return LK_OK;
}

static lk_status bench(lk_context *context, const network *n, double seconds) {
    lk_data_description data = {.shape = {3, {28, 28, 1}}, .variables = 784, .alphabet = 2};
    lk_model *model;
    lk_graph *graph;
    lk_execution *execution;
    lk_optimizer *optimizer;
    lk_optimizer_options how = lk_optimizer_defaults();
    LK_TRY(lk_model_create(context, n->family, n->settings, n->setting_count, data, "natural", 1, &model));
    LK_TRY(lk_model_graph(model, 0, &graph));
    LK_TRY(lk_parameters_make_gradients(model->parameters));
    LK_TRY(lk_execution_create(graph, LK_PLAN_TRAIN, n->batch, &execution));
    LK_TRY(lk_optimizer_create(model->parameters, &how, &optimizer));
    uint16_t *x = random_images(n->batch * 784);
    double *nll = lk_allocate(n->batch, sizeof *nll), *times = lk_allocate(100000, sizeof *times), split[3] = {0};
    int64_t steps = 0;
    double processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (double began = now(); steps < 3 || (now() - began < seconds && steps < 100000); steps++) {
        double took[3];
        LK_TRY(step(execution, optimizer, x, nll, n->batch, took));
        times[steps] = took[0] + took[1] + took[2];
        for (int i = 0; i < 3; i++) {
            split[i] += 1e3 * took[i];
        }
    }
    processor = (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor) / (double)steps;
    qsort(times, (size_t)steps, sizeof *times, compare);
    double median = times[steps / 2], count = (double)steps;
    double useful = 3.0 * 2.0 * (double)n->batch * (double)lk_graph_multiply_adds_forward(graph);
    printf("likely  %s, batch %lld: %.2f ms/step, %.0f examples/s, %.1f useful GFLOP/s "
           "(forward %.2f backward %.2f optimizer %.2f processor %.2f ms; %s, %d threads)\n",
           n->name, (long long)n->batch, 1e3 * median, (double)n->batch / median, 1e-9 * useful / median,
           split[0] / count, split[1] / count, split[2] / count, 1e3 * processor, lk_context_isa(context),
           lk_context_threads(context));
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
    const network *n = network_named(count > 1 ? words[1] : networks[0].name);
    double seconds = count > 2 ? atof(words[2]) : 3.0;
    if (n == NULL) {
        fprintf(stderr, "bench_train: no network is named %s\n", words[1]);
        return 2;
    }
    lk_status status = lk_context_create(count > 3 ? atoi(words[3]) : 0, &context);
    if (status == LK_OK) {
        status = bench(context, n, seconds);
    }
    if (status != LK_OK) {
        fprintf(stderr, "%s\n", context != NULL ? lk_context_message(context) : "out of memory");
    }
    lk_context_destroy(context);
    return status == LK_OK ? 0 : 1;
}
