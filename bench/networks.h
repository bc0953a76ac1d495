/* What the benchmarks of whole networks share: the networks of docs/results.md, random data for
 * them, clocks and medians. */
#ifndef LK_BENCH_NETWORKS_H
#define LK_BENCH_NETWORKS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/random.h"
#include "graph/execution.h"
#include "models/model.h"

#define SETTINGS_MOST 5

typedef struct network {
    const char *name, *family;
    const char *settings[SETTINGS_MOST];
    int32_t setting_count;
    int64_t batch; /* of training */
    lk_data_description data;
} network;

#define BINARY_IMAGES \
    { .shape = {3, {28, 28, 1}}, .variables = 784, .alphabet = 2 }
#define CHARACTERS \
    { .shape = {1, {128}}, .variables = 128, .alphabet = 65 }

/* A second of telephone sound is 8000. */
#define SAMPLES \
    { .shape = {1, {1024}}, .variables = 1024, .alphabet = 256 }

static const network networks[] = {
    {"made-500", "made", {"hidden=500", "direct=false"}, 2, 100, BINARY_IMAGES},
    {"made-8000-8000", "made", {"hidden=8000,8000", "direct=false"}, 2, 100, BINARY_IMAGES},
    {"pixelcnn", "pixelcnn", {"blocks=7", "channels=64", "head=128"}, 3, 32, BINARY_IMAGES},
    {"pixelcnn-narrow", "pixelcnn", {"blocks=15", "channels=16", "head=32"}, 3, 40, BINARY_IMAGES},
    {"lstm", "charrnn", {"cell=lstm", "layers=2", "width=512"}, 3, 32, CHARACTERS},
    {"lstm-narrow", "charrnn", {"cell=lstm", "layers=2", "width=128"}, 3, 32, CHARACTERS},
    /* Without a peer: for the cost of cached sampling. */
    {"gated-pixelcnn",
     "gated-pixelcnn",
     {"layers=8", "channels=32", "head=64"},
     3,
     32,
     BINARY_IMAGES},
    {"transformer", "transformer", {"layers=4", "width=64", "heads=4"}, 3, 32, BINARY_IMAGES},
    {"transformer-text",
     "transformer",
     {"layers=4", "width=256", "heads=4", "positions=distance", "window=128"},
     5,
     32,
     CHARACTERS},
    {"pixelsnail", "pixelsnail", {"blocks=3", "resnets=2", "channels=32"}, 3, 32, BINARY_IMAGES},
    {"subscale", "subscale", {"blocks=4", "layers=4", "channels=32"}, 3, 32, BINARY_IMAGES},
    {"pixelcnn++",
     "pixelcnn++",
     {"depth=2", "filters=32", "distribution=softmax"},
     3,
     32,
     BINARY_IMAGES},
    {"image-transformer",
     "image-transformer",
     {"layers=4", "width=64", "block=112", "memory=112"},
     4,
     32,
     BINARY_IMAGES},
    {"multiscale", "multiscale", {"blocks=6", "channels=32"}, 2, 32, BINARY_IMAGES},
    {"pyramid", "pyramid", {"blocks=6", "channels=32"}, 2, 32, BINARY_IMAGES},
    {"row-lstm", "pixelrnn", {"kind=row", "layers=3", "channels=16"}, 3, 32, BINARY_IMAGES},
    {"diagonal-bilstm",
     "pixelrnn",
     {"kind=diagonal", "layers=3", "channels=16"},
     3,
     32,
     BINARY_IMAGES},
    {"conv1d", "conv1d", {"layers=8", "channels=64", "head=128"}, 3, 32, CHARACTERS},
    /* Of bench/peers. */
    {"transformer-places",
     "transformer",
     {"layers=4", "width=256", "heads=4", "positions=axes"},
     4,
     32,
     CHARACTERS},
    {"wavenet",
     "wavenet",
     {"layers=18", "cycle=9", "channels=48", "gates=48", "skip=128"},
     5,
     8,
     SAMPLES},
};

static inline const network *network_named(const char *name) {
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        if (strcmp(networks[i].name, name) == 0) {
            return &networks[i];
        }
    }
    fprintf(stderr, "no network is named %s; there are", name);
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        fprintf(stderr, " %s", networks[i].name);
    }
    fprintf(stderr, "\n");
    return NULL;
}

static inline lk_status network_create(lk_context *context, const network *n, lk_model **model,
                                       lk_graph **graph) {
    LK_TRY(lk_model_create(context, n->family, n->settings, n->setting_count, n->data, "natural", 1,
                           model));
    return lk_model_graph(*model, 0, graph);
}

/* [examples][variables]; binary images have one pixel in eight. NULL: out of memory. */
static inline uint16_t *random_examples(const network *n, int64_t examples) {
    int64_t values = examples * n->data.variables;
    uint16_t *x = lk_allocate(values, sizeof *x);
    for (int64_t i = 0; x != NULL && i < values; i++) {
        lk_random random = {1, LK_FOR_CHECK};
        x[i] = n->data.alphabet == 2
                   ? lk_random_unit(random, 0, (uint64_t)i) < 0.13f
                   : (uint16_t)lk_random_below(random, 0, (uint64_t)i, (uint64_t)n->data.alphabet);
    }
    return x;
}

static inline double seconds_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double now(void) {
    return seconds_of(CLOCK_MONOTONIC);
}

/* Of all threads: what something costs while others use the machine too. */
static inline double processor_time(void) {
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static inline int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double median(double *values, int64_t count) {
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return values[count / 2];
}

/* The exit status of a benchmark. */
static inline int report(lk_status status, const lk_context *context) {
    if (status != LK_OK) {
        fprintf(stderr, "%s\n", context != NULL ? lk_context_message(context) : "out of memory");
    }
    return status == LK_OK ? 0 : 1;
}

#endif
