/* The matrix product against a BLAS, shape by shape, measured in turn in one run.
 *
 *   bench_product [--threads N] [--isa NAME] [--seconds S] [--only WORD] [--blas LIBRARY]
 *
 * LIBRARY, libopenblas.so.0 or MKL's libmkl_rt.so, is looked for when the program runs; without it
 * only our own figures are printed. A staircase is compared with the dense product that it
 * replaces: `GFLOP/s` counts what is really computed, `times` is the other one's time over ours
 * (the median of neighbouring pairs, which noise on a shared machine moves least). `peak` is the
 * share of the micro-kernel's rate out of the first cache, times the threads. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/outer.h"
#include "kernels/product.h"

typedef void sgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                   const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112, MOST_REPEATS = 400 };

typedef enum kind {
    FORWARD, /* weights times a batch, from a bias of each row */
    INPUT_GRADIENT,
    WEIGHT_GRADIENT,
    STEP,  /* fresh weights at each call */
    WHOLE, /* from zero */
    CELLS, /* cells times weights, from a bias of each column */
    KEPT,  /* the same, added to C; the weights stay packed */
    OUTER, /* the gradient of a convolution's weights (kernels/outer.h) */
} kind;

typedef struct shape {
    const char *name;
    kind kind;
    int64_t rows, columns, depth;
    bool stairs;
} shape;

/* The linear layers of a MADE (a batch of 100), sampling steps of one, convolutions as matrices;
 * the products of training an LSTM of 2 x 512, and of the PixelCNNs of networks.h: a slice, or a
 * row of one, where a tap meets it. */
static const shape shapes[] = {
    {"square", WHOLE, 1536, 1536, 1536, false},
    {"784-500 forward", FORWARD, 500, 100, 784, false},
    {"784-500 forward", FORWARD, 500, 100, 784, true},
    {"784-500 input gradient", INPUT_GRADIENT, 784, 100, 500, true},
    {"784-500 weight gradient", WEIGHT_GRADIENT, 500, 784, 100, false},
    {"784-500 weight gradient", WEIGHT_GRADIENT, 500, 784, 100, true},
    {"500-784 forward", FORWARD, 784, 100, 500, true},
    {"784-8000 forward", FORWARD, 8000, 100, 784, true},
    {"784-8000 weight gradient", WEIGHT_GRADIENT, 8000, 784, 100, true},
    {"8000-8000 forward", FORWARD, 8000, 100, 8000, false},
    {"8000-8000 forward", FORWARD, 8000, 100, 8000, true},
    {"8000-8000 input gradient", INPUT_GRADIENT, 8000, 100, 8000, false},
    {"8000-8000 input gradient", INPUT_GRADIENT, 8000, 100, 8000, true},
    {"8000-8000 weight gradient", WEIGHT_GRADIENT, 8000, 8000, 100, false},
    {"8000-8000 weight gradient", WEIGHT_GRADIENT, 8000, 8000, 100, true},
    {"8000-784 forward", FORWARD, 784, 100, 8000, true},
    {"8000-784 input gradient", INPUT_GRADIENT, 8000, 100, 784, true},
    {"step of 10 units", STEP, 10, 1, 4000, false},
    {"step of 10 units", STEP, 10, 16, 4000, false},
    {"step of 10 units", STEP, 10, 100, 4000, false},
    {"step of 10 units", STEP, 10, 1000, 4000, false},
    {"step of 1 unit", STEP, 1, 16, 4000, false},
    {"step of 1 unit", STEP, 1, 100, 4000, false},
    {"step of 2 units", STEP, 2, 100, 250, false},
    {"convolution", FORWARD, 12544, 64, 576, false},
    {"convolution", FORWARD, 25088, 64, 64, false},
    {"convolution", FORWARD, 12544, 320, 960, false},
    {"convolution", FORWARD, 12544, 128, 320, false},
    {"lstm step", KEPT, 8, 2048, 512, false},
    {"lstm step", KEPT, 16, 2048, 512, false},
    {"lstm step", KEPT, 32, 2048, 512, false},
    {"lstm step back", KEPT, 8, 512, 2048, false},
    {"lstm step back", KEPT, 32, 512, 2048, false},
    {"lstm inputs", CELLS, 4096, 2048, 512, false},
    {"lstm input gradient", WHOLE, 4096, 512, 2048, false},
    {"lstm weight gradient", INPUT_GRADIENT, 512, 2048, 1016, false},
    {"lstm weight gradient", INPUT_GRADIENT, 512, 2048, 4096, false},
    {"pixelcnn 1x1", CELLS, 3136, 64, 128, false},
    {"pixelcnn 1x1", CELLS, 3136, 128, 64, false},
    {"pixelcnn 3x3", CELLS, 2808, 64, 256, false},
    {"gated-pixelcnn vertical", CELLS, 5616, 64, 192, false},
    {"gated-pixelcnn link", CELLS, 6272, 64, 64, false},
    {"pixelcnn-narrow 1x1", CELLS, 7840, 16, 32, false},
    {"pixelcnn-narrow 1x1", CELLS, 7840, 32, 16, false},
    {"pixelcnn-narrow 3x3", CELLS, 7020, 16, 64, false},
    {"columns 48", CELLS, 4096, 48, 256, false},
    {"columns 66", CELLS, 4096, 66, 256, false},
    {"columns 96", CELLS, 4096, 96, 256, false},
    {"pixelcnn outer", OUTER, 64, 64, 108, false},
    {"pixelcnn outer", OUTER, 128, 64, 512, false},
    {"gated-pixelcnn outer", OUTER, 32, 64, 216, false},
    {"pixelcnn-narrow outer", OUTER, 16, 16, 270, false},
    {"pixelcnn-narrow outer", OUTER, 32, 16, 512, false},
};

typedef struct bench {
    sgemm *blas;
    const lk_kernels *kernels;
    lk_pool *pool;
    lk_workspace *workspace;
    int threads;
    double seconds, peak;
} bench;

/* One thread is measured by the processor time it got, which others on the machine disturb less. */
static double now(int threads) {
    struct timespec time;
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static float *filled(int64_t count) {
    float *values = aligned_alloc(64, (size_t)(count + 63) / 64 * 64 * sizeof(float));
    if (values == NULL) {
        fprintf(stderr, "bench_product: no memory for %lld floats\n", (long long)count);
        exit(1);
    }
    uint32_t state = 1;
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = (float)(state >> 8) * 0x1p-24f - 0.5f;
    }
    return values;
}

/* One of the two programs under test, with what a call needs. */
typedef struct task {
    const bench *bench;
    const shape *shape;
    lk_product product;
    const float *a, *b;
    float *c;
    int64_t a_leading, b_leading, places, place;
    int transpose_a, transpose_b;
    bool kept;
} task;

static void run_ours(task *t) {
    lk_product product = t->product;
    product.a.data = t->a + t->place * product.rows * product.depth;
    if (t->shape->kind == OUTER) {
        const lk_outer_run run = {0, 0, product.depth};
        const lk_outer outer = {product.rows,   product.columns,
                                product.a.data, product.b.data,
                                product.rows,   product.columns,
                                product.c,      product.columns,
                                &run,           1,
                                false};
        lk_outer_add(&outer, t->bench->kernels);
        return;
    }
    if (t->shape->kind == KEPT) {
        product.b_reuse = t->kept ? LK_B_KEPT : LK_B_KEEP;
        t->kept = true;
    }
    if (!lk_product_run(&product, t->bench->kernels, t->bench->pool, t->bench->workspace)) {
        fprintf(stderr, "bench_product: no memory\n");
        exit(1);
    }
}

static void run_blas(task *t) {
    const lk_product *p = &t->product;
    t->bench->blas(ROW_MAJOR, t->transpose_a, t->transpose_b, (int)p->rows, (int)p->columns,
                   (int)p->depth, 1.0f, t->a + t->place * p->rows * p->depth, (int)t->a_leading,
                   t->b, (int)t->b_leading, 0.0f, t->c, (int)p->columns);
}

/* Seconds a call; short calls are repeated. The weights of a sampling step are fresh every time. */
static double measure(task *t, void (*run)(task *), int64_t calls) {
    const double start = now(t->bench->threads);
    for (int64_t i = 0; i < calls; i++) {
        t->place = (t->place + 1) % t->places;
        run(t);
    }
    return (now(t->bench->threads) - start) / (double)calls;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int64_t count) {
    qsort(values, (size_t)count, sizeof(double), by_value);
    return values[count / 2];
}

static void bench_task(task *t) {
    static double ours[MOST_REPEATS], blas[MOST_REPEATS], ratio[MOST_REPEATS];
    const bench *b = t->bench;
    measure(t, run_ours, 2);
    const int64_t calls = 1 + (int64_t)(2e-3 / measure(t, run_ours, 1));
    int64_t repeats = 0;
    const double start = now(b->threads);
    do {
        ours[repeats] = measure(t, run_ours, calls);
        blas[repeats] = b->blas != NULL ? measure(t, run_blas, calls) : 0;
        ratio[repeats] = blas[repeats] / ours[repeats];
        repeats++;
    } while (repeats < MOST_REPEATS && (repeats < 5 || now(b->threads) - start < b->seconds));
    const double times = median(ratio, repeats), typical = median(ours, repeats);
    const double work = 2e-9 * (double)lk_product_multiply_adds(&t->product);
    const double dense = 2e-9 * (double)(t->product.rows * t->product.columns * t->product.depth);
    printf("%-26s %5lld %5lld %5lld  %-6s %9.1f %8.1f %8.1f %5.0f %%", t->shape->name,
           (long long)t->product.rows, (long long)t->product.columns, (long long)t->product.depth,
           t->shape->stairs ? "stairs" : "dense", 1e6 * typical, work / typical, work / ours[0],
           100 * work / typical / b->peak);
    if (b->blas != NULL) {
        printf(" %9.1f %8.2f", dense / median(blas, repeats), times);
    }
    printf("\n");
    fflush(stdout);
}

/* Stairs as a mask gives them: row m sees the part m / rows of `limit`. */
static int32_t *stairs(int64_t rows, int64_t limit) {
    int32_t *entries = malloc((size_t)rows * sizeof(int32_t));
    const int64_t degrees = limit < 784 ? limit : 784;
    for (int64_t m = 0; m < rows; m++) {
        const int64_t degree = m * degrees / rows;
        entries[m] = (int32_t)(degree * limit / degrees);
    }
    return entries;
}

static void bench_shape(const bench *b, const shape *s) {
    static const lk_start starts[] = {
        [FORWARD] = LK_START_BIAS, [STEP] = LK_START_BIAS, [CELLS] = LK_START_ROW,
        [KEPT] = LK_START_C,       [OUTER] = LK_START_C,   [INPUT_GRADIENT] = LK_START_ZERO};
    task t = {.bench = b, .shape = s, .places = 1, .transpose_a = PLAIN, .transpose_b = PLAIN};
    t.places = s->kind == STEP ? 1 + 60000000 / (s->rows * s->depth) : 1;
    t.a_leading = s->kind == INPUT_GRADIENT || s->kind == OUTER ? s->rows : s->depth;
    t.b_leading = s->kind == WEIGHT_GRADIENT ? s->depth : s->columns;
    float *a_values = filled(s->rows * s->depth * t.places),
          *b_values = filled(s->depth * s->columns);
    float *bias = filled(s->rows > s->columns ? s->rows : s->columns);
    t.a = a_values;
    t.b = b_values;
    t.c = filled(s->rows * s->columns);
    t.product = (lk_product){
        .rows = s->rows,
        .columns = s->columns,
        .depth = s->depth,
        .a = {t.a, t.a_leading, 1, NULL, NULL},
        .b = {t.b, t.b_leading, 1, NULL, NULL},
        .c = t.c,
        .c_row_stride = s->columns,
        .c_column_stride = 1,
        .start = starts[s->kind],
        .bias = bias,
    };
    if (s->kind == INPUT_GRADIENT || s->kind == OUTER) {
        t.transpose_a = TRANSPOSED;
        t.product.a.row_stride = 1;
        t.product.a.column_stride = t.a_leading;
    }
    if (s->kind == WEIGHT_GRADIENT) {
        t.transpose_b = TRANSPOSED;
        t.product.b.row_stride = 1;
        t.product.b.column_stride = t.b_leading;
    }
    int32_t *steps =
        s->stairs ? stairs(s->rows, s->kind == WEIGHT_GRADIENT ? s->columns : s->depth) : NULL;
    *(s->kind == INPUT_GRADIENT    ? &t.product.depth_begin
      : s->kind == WEIGHT_GRADIENT ? &t.product.column_end
                                   : &t.product.depth_end) = steps;
    bench_task(&t);
    free(steps);
    free(a_values);
    free(b_values);
    free(t.c);
    free(bias);
}

/* The micro-kernel's own rate on one core, everything in the first cache. */
static double tile_peak(const lk_kernels *kernels) {
    const lk_tile *tile = kernels->tile;
    const int64_t depth = 128;
    float *a = filled(depth * tile->rows), *b = filled(depth * tile->columns),
          *c = filled(tile->rows * tile->columns);
    float *rows[LK_TILE_MOST_ROWS];
    for (int32_t r = 0; r < tile->rows; r++) {
        rows[r] = c + r * tile->columns;
    }
    float start[LK_TILE_MOST_ROWS] = {0};
    const lk_tile_call call = {.rows = tile->rows,
                               .columns = tile->columns,
                               .depth = depth,
                               .a = a,
                               .a_stride = tile->rows,
                               .b = b,
                               .b_stride = tile->columns,
                               .c = rows,
                               .start = start};
    double best = 0;
    for (int repeat = 0; repeat < 20; repeat++) {
        const double begin = now(1);
        for (int i = 0; i < 1000; i++) {
            tile->run(&call);
        }
        const double rate = 2e-6 * (double)(depth * tile->rows * tile->columns) / (now(1) - begin);
        best = rate > best ? rate : best;
    }
    free(a);
    free(b);
    free(c);
    return best;
}

/* A function of a library; NULL: it has none of that name. POSIX gives functions through void
 * pointers; the copy keeps ISO C content. */
typedef void function(void);
static function *find(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    function *found;
    memcpy(&found, &symbol, sizeof(symbol));
    return found;
}

static sgemm *find_blas(const char *name, int threads) {
    /* MKL's one library asks for its threads here. */
    setenv("MKL_THREADING_LAYER", threads == 1 ? "SEQUENTIAL" : "GNU", 0);
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        printf("no %s here: no comparison\n", name);
        return NULL;
    }
    void (*set_openblas)(int) = (void (*)(int))find(library, "openblas_set_num_threads");
    char *(*openblas)(void) = (char *(*)(void))find(library, "openblas_get_config");
    void (*set_mkl)(int) = (void (*)(int))find(library, "MKL_Set_Num_Threads");
    void (*mkl)(char *, int) = (void (*)(char *, int))find(library, "mkl_get_version_string");
    char version[200] = "";
    if (set_openblas != NULL && openblas != NULL) {
        set_openblas(threads);
        snprintf(version, sizeof version, "%s", openblas());
    } else if (set_mkl != NULL && mkl != NULL) {
        set_mkl(threads);
        mkl(version, sizeof version);
    }
    printf("against %s %s\n", name, version);
    return (sgemm *)find(library, "cblas_sgemm");
}

int main(int count, char **arguments) {
    const lk_kernels *const *tables;
    lk_kernels_available(&tables);
    bench b = {.kernels = tables[0], .seconds = 0.5};
    int threads = lk_pool_processors();
    const char *only = "", *blas = "libopenblas.so.0";
    for (int i = 1; i + 1 < count; i += 2) {
        const char *option = arguments[i], *value = arguments[i + 1];
        if (strcmp(option, "--threads") == 0) {
            threads = atoi(value) > 0 ? atoi(value) : 1;
        } else if (strcmp(option, "--isa") == 0) {
            b.kernels = lk_kernels_named(value);
        } else if (strcmp(option, "--seconds") == 0) {
            b.seconds = atof(value);
        } else if (strcmp(option, "--only") == 0) {
            only = value;
        } else if (strcmp(option, "--blas") == 0) {
            blas = value;
        }
    }
    b.threads = threads;
    b.pool = lk_pool_create(threads);
    b.workspace = lk_workspace_create();
    if (b.kernels == NULL || b.pool == NULL || b.workspace == NULL) {
        fprintf(stderr, "bench_product: no such instruction set here, or no memory\n");
        return 1;
    }
    b.blas = find_blas(blas, threads);
    const double core = tile_peak(b.kernels);
    b.peak = core * threads;
    printf("%s, %d threads, micro-kernel %.1f GFLOP/s a core\n", b.kernels->isa, threads, core);
    printf("%-26s %5s %5s %5s  %-6s %9s %8s %8s %7s %9s %8s\n", "", "rows", "cols", "depth", "",
           "us", "GFLOP/s", "best", "peak", "BLAS", "times");
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (strstr(shapes[i].name, only) != NULL) {
            bench_shape(&b, &shapes[i]);
        }
    }
    lk_workspace_destroy(b.workspace);
    lk_pool_destroy(b.pool);
    return 0;
}
