/* The softmax of rows of logits, and the categorical distribution on it. With m = max x and z = sum
 * of exp(x_s - m):
 *
 *   log p_s = (x_s - m) - log z        nll = log z - (x_v - m)        d nll / d x_s = exp(x_s - m)
 *     / z - (s == v)
 *
 * z is summed in the shape of chains.h. Rows are taken in groups whose exponentials fit on the
 * stack, so that short rows share one call of exp and one of log; a row alone, however wide, goes
 * through the stack in pieces. */
#include "kernels/isa/chains.h"
#include "kernels/isa/maximum.h"

#define BLOCK 512 /* exponentials on the stack; whole chains */
#define GROUP_MOST (BLOCK / LK_CHAINS)

/* Some rows, with their maxima and log z. `exps` holds row r's exponentials at r * padded when the
 * group is narrow. */
typedef struct group {
    int64_t rows, padded;
    float maximum[GROUP_MOST], sum[GROUP_MOST], log_sum[GROUP_MOST];
    float exps[BLOCK];
} group;

static int64_t group_rows(int64_t rows, int64_t width) {
    int64_t padded = (width + LK_CHAINS - 1) / LK_CHAINS * LK_CHAINS;
    int64_t most = padded == 0 || padded > BLOCK ? 1 : BLOCK / padded;
    return rows < most ? rows : most;
}

/* x - m, filled up with -inf, whose exponential adds a +0 that changes nothing, so that all are
 * whole vectors. */
static inline void pad(float *out, const float *in, float maximum, int64_t count, int64_t padded) {
    LK_INDEPENDENT
    for (int64_t i = 0; i < count; i++) {
        out[i] = in[i] - maximum;
    }
    for (int64_t i = count; i < padded; i++) {
        out[i] = -lk_infinity();
    }
}

static inline void add_to_chains(float chain[LK_CHAINS], const float *in, int64_t count) {
    for (int64_t i = 0; i < count; i += LK_CHAINS) {
        for (int j = 0; j < LK_CHAINS; j++) {
            chain[j] += in[i + j];
        }
    }
}

/* The sum of a row that does not fit on the stack; its exponentials go to `keep` if that is not
 * NULL. */
static float wide_sum(group *g, float *keep, const float *in, float maximum, int64_t width) {
    float chain[LK_CHAINS] = {0};
    for (int64_t first = 0; first < width; first += BLOCK) {
        int64_t count = width - first < BLOCK ? width - first : BLOCK;
        int64_t padded = (count + LK_CHAINS - 1) / LK_CHAINS * LK_CHAINS;
        pad(g->exps, in + first, maximum, count, padded);
        LK_KERNEL(exp)(g->exps, g->exps, padded);
        add_to_chains(chain, g->exps, padded);
        if (keep != NULL) {
            memcpy(keep + first, g->exps, (size_t)count * sizeof *keep);
        }
    }
    return chains_add(chain);
}

static void narrow_sums(group *g, float *keep, const float *in, int64_t width) {
    for (int64_t r = 0; r < g->rows; r++) {
        pad(g->exps + r * g->padded, in + r * width, g->maximum[r], width, g->padded);
    }
    LK_KERNEL(exp)(g->exps, g->exps, g->rows * g->padded);
    for (int64_t r = 0; r < g->rows; r++) {
        float chain[LK_CHAINS] = {0};
        add_to_chains(chain, g->exps + r * g->padded, g->padded);
        g->sum[r] = chains_add(chain);
        if (keep != NULL) {
            memcpy(keep + r * width, g->exps + r * g->padded, (size_t)width * sizeof *keep);
        }
    }
}

/* Maxima and sums of g->rows rows; the exponentials too where `keep`, which may be `in`, is not
 * NULL. */
static void group_sums(group *g, float *keep, const float *in, int64_t width) {
    g->padded = (width + LK_CHAINS - 1) / LK_CHAINS * LK_CHAINS;
    for (int64_t r = 0; r < g->rows; r++) {
        g->maximum[r] = maximum_of_array(in + r * width, width);
    }
    if (g->padded <= BLOCK) {
        narrow_sums(g, keep, in, width);
    } else {
        g->sum[0] = wide_sum(g, keep, in, g->maximum[0], width);
    }
}

void LK_KERNEL(log_softmax)(float *out, const float *in, int64_t rows, int64_t width) {
    group g;
    for (int64_t row = 0; row < rows; row += g.rows) {
        g.rows = group_rows(rows - row, width);
        group_sums(&g, NULL, in + row * width, width);
        LK_KERNEL(log)(g.log_sum, g.sum, g.rows);
        for (int64_t r = 0; r < g.rows; r++) {
            const float *logits = in + (row + r) * width;
            float *log_p = out + (row + r) * width;
            LK_INDEPENDENT
            for (int64_t s = 0; s < width; s++) {
                log_p[s] = (logits[s] - g.maximum[r]) - g.log_sum[r];
            }
        }
    }
}

void LK_KERNEL(categorical_nll)(float *nll, const float *logits, const uint16_t *x, int64_t rows,
                                int64_t width) {
    group g;
    for (int64_t row = 0; row < rows; row += g.rows) {
        g.rows = group_rows(rows - row, width);
        group_sums(&g, NULL, logits + row * width, width);
        LK_KERNEL(log)(g.log_sum, g.sum, g.rows);
        for (int64_t r = 0; r < g.rows; r++) {
            nll[row + r] = g.log_sum[r] - (logits[(row + r) * width + x[row + r]] - g.maximum[r]);
        }
    }
}

void LK_KERNEL(categorical_gradient)(float *gradient, const float *logits, const uint16_t *x,
                                     float scale, int64_t rows, int64_t width) {
    group g;
    for (int64_t row = 0; row < rows; row += g.rows) {
        g.rows = group_rows(rows - row, width);
        group_sums(&g, gradient + row * width, logits + row * width, width);
        for (int64_t r = 0; r < g.rows; r++) {
            float *d = gradient + (row + r) * width;
            float exp_of_x = d[x[row + r]];
            LK_INDEPENDENT
            for (int64_t s = 0; s < width; s++) {
                d[s] = scale * (d[s] / g.sum[r]);
            }
            d[x[row + r]] = scale * (exp_of_x / g.sum[r] - 1.0f);
        }
    }
}
