/* WaveNet's queues by hand (Le Paine et al., "Fast Wavenet Generation Algorithm", 2016): the peer
 * of cached sampling that is no framework, a compiled program for the one network "wavenet" of
 * bench/networks.h. It uses nothing of ours, and what its compiler and the C library do best:
 * vectors in registers, -O3 -march=native -ffast-math.
 *
 *   queue SECONDS BATCH     a round for each line on the standard input (bench/rounds.h)
 *   queue check FOLDER      what bench/peers/outputs.c and check.py left there: outputs agree */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { LAYERS = 18, CYCLE = 9, C = 48, SKIP = 128, LEVELS = 256, TIME = 1024 };
enum { EXAMPLES = 4, BATCH_MOST = 64, STEPS_MOST = 1000000, LOW = 20 };
enum { LANES = 16 };
typedef float lanes __attribute__((vector_size(64), aligned(4)));

/* In the order of the file; weights are [inputs][outputs]. */
typedef struct weights {
    float first[2][LEVELS + 1][C];
    float gate[LAYERS][2 * C][2 * C], gate_bias[LAYERS][2 * C];
    float out[LAYERS - 1][C][C], out_bias[LAYERS - 1][C];
    float skip[LAYERS * C][SKIP], skip_bias[SKIP];
    float head[SKIP][SKIP], head_bias[SKIP];
    float logits[SKIP][LEVELS], logits_bias[LEVELS];
} weights;

static weights w;
static float queue[LAYERS][1 << (CYCLE - 1)][BATCH_MOST][C];
static float x[BATCH_MOST][C], both[BATCH_MOST][2 * C], gates[BATCH_MOST][2 * C];
static float z[BATCH_MOST][LAYERS * C], hidden[2][BATCH_MOST][SKIP], logits[BATCH_MOST][LEVELS];
static uint16_t symbol[2][BATCH_MOST]; /* the last one, and the one before */
static int64_t at;
static uint64_t seed = 1;

/* ---- products -------------------------------------------------------------------------------- */

/* out[e][.] = bias + sum over k of in[e][k] weight[k][.], for so many examples and vectors. */
static inline __attribute__((always_inline)) void strip(int examples, int vectors, const float *in,
                                                        int depth, const float *weight,
                                                        const float *bias, int outputs,
                                                        float *out) {
    lanes sum[EXAMPLES][8];
    for (int e = 0; e < examples; e++) {
        for (int v = 0; v < vectors; v++) {
            sum[e][v] = *(const lanes *)(bias + v * LANES);
        }
    }
    for (int k = 0; k < depth; k++) {
        for (int v = 0; v < vectors; v++) {
            lanes column = *(const lanes *)(weight + k * outputs + v * LANES);
            for (int e = 0; e < examples; e++) {
                sum[e][v] += in[e * depth + k] * column;
            }
        }
    }
    for (int e = 0; e < examples; e++) {
        for (int v = 0; v < vectors; v++) {
            *(lanes *)(out + e * outputs + v * LANES) = sum[e][v];
        }
    }
}

/* One example takes `wide` vectors at once, four take `narrow` ones: as registers have room. */
static inline __attribute__((always_inline)) void product(int batch, const float *in, int depth,
                                                          const float *weight, const float *bias,
                                                          int outputs, int wide, int narrow,
                                                          float *out) {
    int n = 0;
    for (; n + EXAMPLES <= batch; n += EXAMPLES) {
        for (int o = 0; o < outputs; o += narrow * LANES) {
            strip(EXAMPLES, narrow, in + n * depth, depth, weight + o, bias + o, outputs,
                  out + n * outputs + o);
        }
    }
    for (; n < batch; n++) {
        for (int o = 0; o < outputs; o += wide * LANES) {
            strip(1, wide, in + n * depth, depth, weight + o, bias + o, outputs,
                  out + n * outputs + o);
        }
    }
}

static void relu(float *values, int count) {
    for (int i = 0; i < count; i++) {
        values[i] = values[i] > 0 ? values[i] : 0;
    }
}

/* ---- a step ---------------------------------------------------------------------------------- */

static void gated_layer(int batch, int layer) {
    int dilation = 1 << layer % CYCLE;
    float(*slot)[C] = queue[layer][at % dilation];
    for (int n = 0; n < batch; n++) {
        memcpy(both[n], slot[n], sizeof *slot);
        memcpy(both[n] + C, x[n], sizeof x[n]);
    }
    memcpy(slot, x, (size_t)batch * sizeof *x);
    product(batch, *both, 2 * C, *w.gate[layer], w.gate_bias[layer], 2 * C, 6, 3, *gates);
    for (int n = 0; n < batch; n++) {
        for (int c = 0; c < C; c++) {
            z[n][layer * C + c] = tanhf(gates[n][c]) / (1 + expf(-gates[n][C + c]));
        }
    }
}

static void residual(int batch, int layer) {
    float part[BATCH_MOST][C], added[BATCH_MOST][C];
    for (int n = 0; n < batch; n++) {
        memcpy(part[n], z[n] + layer * C, sizeof part[n]);
    }
    product(batch, *part, C, *w.out[layer], w.out_bias[layer], C, 3, 3, *added);
    for (int n = 0; n < batch; n++) {
        for (int c = 0; c < C; c++) {
            x[n][c] += added[n][c];
        }
    }
}

static void says(int batch) {
    for (int n = 0; n < batch; n++) {
        for (int c = 0; c < C; c++) {
            x[n][c] = w.first[0][symbol[0][n]][c] + w.first[1][symbol[1][n]][c];
        }
    }
    for (int layer = 0; layer < LAYERS; layer++) {
        gated_layer(batch, layer);
        if (layer + 1 < LAYERS) {
            residual(batch, layer);
        }
    }
    product(batch, *z, LAYERS * C, *w.skip, w.skip_bias, SKIP, 8, 4, *hidden[0]);
    relu(*hidden[0], batch * SKIP);
    product(batch, *hidden[0], SKIP, *w.head, w.head_bias, SKIP, 8, 4, *hidden[1]);
    relu(*hidden[1], batch * SKIP);
    product(batch, *hidden[1], SKIP, *w.logits, w.logits_bias, LEVELS, 8, 4, *logits);
}

static float unit(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (float)(seed >> 40) * 0x1p-24f;
}

static uint16_t drawn(float *p) {
    float most = p[0], sum = 0, below = 0;
    for (int i = 1; i < LEVELS; i++) {
        most = p[i] > most ? p[i] : most;
    }
    for (int i = 0; i < LEVELS; i++) {
        p[i] = expf(p[i] - most);
        sum += p[i];
    }
    float wanted = unit() * sum;
    for (int i = 0; i < LEVELS - 1; i++) {
        below += p[i];
        if (below > wanted) {
            return (uint16_t)i;
        }
    }
    return LEVELS - 1;
}

static void tell(int n, uint16_t value) {
    symbol[1][n] = symbol[0][n];
    symbol[0][n] = value;
}

static void begin(void) {
    memset(queue, 0, sizeof queue);
    at = 0;
    for (int n = 0; n < BATCH_MOST; n++) {
        symbol[0][n] = symbol[1][n] = LEVELS; /* nothing */
    }
}

static void step(int batch) {
    says(batch);
    for (int n = 0; n < batch; n++) {
        tell(n, drawn(logits[n]));
    }
    at++;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static double clock_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double wall[STEPS_MOST], processor[STEPS_MOST];

static void one_round(double seconds, int batch) {
    int count = 0;
    struct rusage usage;
    for (double end = clock_of(CLOCK_MONOTONIC) + seconds; clock_of(CLOCK_MONOTONIC) < end;) {
        double c0 = clock_of(CLOCK_PROCESS_CPUTIME_ID), t0 = clock_of(CLOCK_MONOTONIC);
        step(batch);
        wall[count % STEPS_MOST] = clock_of(CLOCK_MONOTONIC) - t0;
        processor[count++ % STEPS_MOST] = clock_of(CLOCK_PROCESS_CPUTIME_ID) - c0;
    }
    count = count < STEPS_MOST ? count : STEPS_MOST;
    qsort(wall, (size_t)count, sizeof *wall, compare);
    qsort(processor, (size_t)count, sizeof *processor, compare);
    getrusage(RUSAGE_SELF, &usage);
    printf("RESULT wall_best %.9f wall_median %.9f processor_best %.9f processor_median %.9f "
           "steps %d batch %d memory %ld\n",
           wall[count / LOW], wall[count / 2], processor[count / LOW], processor[count / 2], count,
           batch, usage.ru_maxrss / 1024);
    fflush(stdout);
}

static void randomise(void) {
    float *value = (float *)&w;
    for (size_t i = 0; i < sizeof w / sizeof *value; i++) {
        value[i] = 0.2f * unit() - 0.1f;
    }
}

/* ---- check ----------------------------------------------------------------------------------- */

static void *read_file(const char *folder, const char *name, size_t bytes) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    void *data = malloc(bytes);
    if (file == NULL || data == NULL || fread(data, 1, bytes, file) != bytes) {
        fprintf(stderr, "%s is missing or short\n", path);
        exit(2);
    }
    fclose(file);
    return data;
}

/* Ours are [time][2 examples][levels]. */
static bool check(const char *folder) {
    weights *read = read_file(folder, "queue", sizeof w);
    uint16_t *values = read_file(folder, "x", 2 * TIME * sizeof *values);
    float *ours = read_file(folder, "outputs", 2 * TIME * LEVELS * sizeof *ours);
    float most = 0, off = 0;
    w = *read;
    begin();
    for (int t = 0; t < TIME; t++, at++) {
        says(5); /* by four and by one */
        for (int n = 0; n < 5; n++) {
            const float *want = ours + (2 * t + n % 2) * LEVELS;
            for (int i = 0; i < LEVELS; i++) {
                most = fmaxf(most, fabsf(want[i]));
                off = fmaxf(off, fabsf(want[i] - logits[n][i]));
            }
            tell(n, values[n % 2 * TIME + t]);
        }
    }
    printf("wavenet: the compiled queue's outputs differ from ours by %.1e of the largest\n",
           (double)(off / most));
    free(read);
    free(values);
    free(ours);
    return off < 1e-4f * most;
}

int main(int count, char **words) {
    char line[16];
    if (count == 3 && strcmp(words[1], "check") == 0) {
        return check(words[2]) ? 0 : 1;
    }
    int batch = count == 3 ? atoi(words[2]) : 0;
    if (batch < 1 || batch > BATCH_MOST) {
        fprintf(stderr, "queue SECONDS BATCH, or queue check FOLDER\n");
        return 2;
    }
    randomise();
    begin();
    while (fgets(line, sizeof line, stdin) != NULL) {
        one_round(atof(words[1]), batch);
    }
    return 0;
}
