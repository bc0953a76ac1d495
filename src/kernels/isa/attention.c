/* The inner loops of attention (ops/attention.c) that are not products. In a block,
 * LK_ATTENTION_LANES queries stand side by side and their keys follow one another downwards, so
 * that each lane has its own chain: the sum of its exponentials, keys ascending. A query alone has
 * its keys side by side, and the same chain.
 *
 * Rows are vectors of the compiler: as loops over lanes they would be unrolled before they are
 * vectorised. Exponentials go through the first cache some rows at a time. */
#include "base/maths.h"
#include "kernels/isa/maximum.h"
#include "kernels/isa/name.h"

#if defined(__AVX512F__)
#define VECTOR 16
#elif defined(__AVX__)
#define VECTOR 8
#else
#define VECTOR 4
#endif
#define VECTORS (LK_ATTENTION_LANES / VECTOR)
#define ROWS 32 /* of exponentials at a time */

typedef float floats __attribute__((vector_size(VECTOR * sizeof(float))));
typedef int32_t integers __attribute__((vector_size(VECTOR * sizeof(int32_t))));

static inline floats load(const float *from) {
    floats value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline integers load_integers(const int32_t *from) {
    integers value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline void store(float *to, floats value) {
    memcpy(to, &value, sizeof value);
}

static inline floats choose(integers mask, floats yes, floats no) {
    return (floats)(((integers)yes & mask) | ((integers)no & ~mask));
}

void LK_KERNEL(attention_hide)(float *x, const int32_t *begin, const int32_t *end, int32_t first,
                               int64_t keys) {
    const floats nothing = (floats){0} - lk_infinity();
    for (int v = 0; v < VECTORS; v++) {
        const integers from = load_integers(begin + v * VECTOR);
        const integers to = load_integers(end + v * VECTOR);
        float *row = x + v * VECTOR;
        for (int64_t k = 0; k < keys; k++, row += LK_ATTENTION_LANES) {
            const integers key = (integers){0} + (first + (int32_t)k);
            store(row, choose((key >= from) & (key < to), load(row), nothing));
        }
    }
}

static void find_greatest(const float *x, int64_t keys, floats greatest[VECTORS]) {
    for (int v = 0; v < VECTORS; v++) {
        floats most = (floats){0} - lk_infinity();
        const float *row = x + v * VECTOR;
        for (int64_t k = 0; k < keys; k++, row += LK_ATTENTION_LANES) {
            const floats value = load(row);
            most = choose(value > most, value, most);
        }
        greatest[v] = most;
    }
}

static void subtract(float *x, int64_t keys, const floats less[VECTORS]) {
    for (int v = 0; v < VECTORS; v++) {
        const floats by = less[v];
        float *row = x + v * VECTOR;
        for (int64_t k = 0; k < keys; k++, row += LK_ATTENTION_LANES) {
            store(row, load(row) - by);
        }
    }
}

static void add_up(const float *x, int64_t keys, floats total[VECTORS]) {
    for (int v = 0; v < VECTORS; v++) {
        floats sum = total[v];
        const float *row = x + v * VECTOR;
        for (int64_t k = 0; k < keys; k++, row += LK_ATTENTION_LANES) {
            sum += load(row);
        }
        total[v] = sum;
    }
}

void LK_KERNEL(attention_weights)(float *x, float *sum, int64_t keys) {
    floats greatest[VECTORS], total[VECTORS] = {{0}};
    find_greatest(x, keys, greatest);
    for (int64_t k = 0; k < keys; k += ROWS) {
        const int64_t here = keys - k < ROWS ? keys - k : ROWS;
        float *rows = x + k * LK_ATTENTION_LANES;
        subtract(rows, here, greatest);
        LK_KERNEL(exp)(rows, rows, here * LK_ATTENTION_LANES);
        add_up(rows, here, total);
    }
    memcpy(sum, total, sizeof total);
}

float LK_KERNEL(attention_weights_alone)(float *x, int64_t keys) {
    const float greatest = maximum_of_array(x, keys);
    float total = 0.0f;
    LK_INDEPENDENT
    for (int64_t k = 0; k < keys; k++) {
        x[k] = lk_exp_scalar(x[k] - greatest);
    }
    for (int64_t k = 0; k < keys; k++) {
        total += x[k];
    }
    return total;
}

void LK_KERNEL(attention_dscores)(float *dweight, const float *weight, const float *mean,
                                  int64_t keys) {
    for (int v = 0; v < VECTORS; v++) {
        const floats less = load(mean + v * VECTOR);
        for (int64_t k = 0; k < keys; k++) {
            float *d = dweight + k * LK_ATTENTION_LANES + v * VECTOR;
            store(d, load(weight + k * LK_ATTENTION_LANES + v * VECTOR) * (load(d) - less));
        }
    }
}
