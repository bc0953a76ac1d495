/* The inner loops, once per instruction set. Each kernel's source is compiled several times with
 * different flags (scalar, avx2, avx512, neon); since every element's operations and every sum's
 * shape are written in the source, all give the same bits. A table of them is chosen once, when the
 * context is created. Kernels are single-threaded and never allocate.
 *
 * Pointers need no alignment; arrays of one call are the same array or do not overlap; count 0
 * touches nothing. NaN: exp, log, tanh, sigmoid, softplus, relu and maximum give the one NaN of
 * base/maths.h; the others give some NaN, whose sign and payload are the processor's. */
#ifndef LK_KERNELS_KERNELS_H
#define LK_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/isa/few.h"
#include "kernels/isa/tile.h"
#include "kernels/logistic.h"
#include "kernels/lstm_cell.h"
#include "likely.h"

/* Settings of one Adam step; see optim/optimizer.h for the formulas. With g = gradient_scale
 * gradient + l2_decay w:
 *   m = beta1 m + (1 - beta1) g;   s = beta2 s + (1 - beta2) g^2;   w = (1 - learning_rate
 *     weight_decay) w
 *   w = w - (learning_rate / correction1) m / (sqrt(s) (1 / sqrt(correction2)) + epsilon) */
typedef struct lk_adam_step {
    float learning_rate, beta1, beta2, epsilon;
    float weight_decay;             /* decoupled (AdamW) */
    float correction1, correction2; /* 1 - beta^t */
    float gradient_scale;           /* from clipping; 1 when unclipped */
    float l2_decay;                 /* added to the gradient (Adam with L2 regularization) */
} lk_adam_step;

#define LK_ATTENTION_LANES 32

typedef struct lk_kernels {
    const char *isa;

    /* Elementwise, out may equal in. */
    void (*exp)(float *out, const float *in, int64_t count);
    void (*log)(float *out, const float *in, int64_t count);
    void (*tanh)(float *out, const float *in, int64_t count);
    void (*sigmoid)(float *out, const float *in, int64_t count);
    void (*softplus)(float *out, const float *in, int64_t count);
    void (*elu)(float *out, const float *in, int64_t count);
    void (*gelu)(float *out, const float *in, int64_t count);      /* x sigmoid(1.702 x) */
    void (*gelu_tanh)(float *out, const float *in, int64_t count); /* the form with tanh */
    void (*log1mexp)(float *out, const float *in, int64_t count);  /* log(1 - e^-in) */
    void (*relu)(float *out, const float *in, int64_t count);      /* +0 for both zeros */
    /* out += in; out[i] = fma(scale, in[i], out[i]) */
    void (*add)(float *out, const float *in, int64_t count);
    void (*axpy)(float *out, float scale, const float *in, int64_t count);
    /* out = a + b; out may be either. out[i] += in[0][i], then in[1][i] ...: the sums of columns,
     * row after row. */
    void (*sum_of)(float *out, const float *a, const float *b, int64_t count);
    void (*add_rows)(float *out, const float *in, int64_t rows, int64_t stride, int64_t width);
    /* out += in; or, where out is fresh, whatever it holds: out = 0 + in. */
    void (*give)(float *out, bool fresh, const float *in, int64_t count);
    /* Backward rules that give to din: from the output y = f(x). A fresh din may be dy. */
    void (*relu_backward)(float *din, bool fresh, const float *y, const float *dy, int64_t count);
    void (*tanh_backward)(float *din, bool fresh, const float *y, const float *dy, int64_t count);
    void (*sigmoid_backward)(float *din, bool fresh, const float *y, const float *dy,
                             int64_t count);
    void (*softplus_backward)(float *din, bool fresh, const float *y, const float *dy,
                              int64_t count);
    void (*elu_backward)(float *din, bool fresh, const float *y, const float *dy, int64_t count);
    /* The same from the input x. */
    void (*gelu_backward)(float *din, bool fresh, const float *x, const float *dy, int64_t count);
    void (*gelu_tanh_backward)(float *din, bool fresh, const float *x, const float *dy,
                               int64_t count);

    /* out = a b; out[i] = fma(a[i], b[i], out[i]) */
    void (*multiply)(float *out, const float *a, const float *b, int64_t count);
    void (*multiply_add)(float *out, const float *a, const float *b, int64_t count);
    /* factor[4 i + k] is 0 where word k of the random block of the counter (a, b + i) under the key
     * (base/random.h) is below the threshold, else scale: i = 0 .. blocks - 1. */
    void (*drop_draw)(float *factor, const uint32_t key[2], uint64_t a, uint64_t b, int64_t blocks,
                      uint32_t threshold, float scale);
    /* out = factor in, or 0 where the factor is; out += that. out may equal in. */
    void (*drop)(float *out, const float *factor, const float *in, int64_t count);
    void (*drop_add)(float *out, const float *factor, const float *in, int64_t count);
    /* Each of `rows` rows of `in` holds `width` values a, then as many b; out, rows of `width`:
     * tanh(a) sigmoid(b). Backward gives to din. */
    void (*gate)(float *out, const float *in, int64_t rows, int64_t width);
    void (*gate_backward)(float *din, bool fresh, const float *in, const float *dout, int64_t rows,
                          int64_t width);
    /* The same with a sigmoid(b). */
    void (*gate_linear)(float *out, const float *in, int64_t rows, int64_t width);
    void (*gate_linear_backward)(float *din, bool fresh, const float *in, const float *dout,
                                 int64_t rows, int64_t width);
    /* One cell of an LSTM (kernels/lstm_cell.h). `value` holds the sums of the gates in their
     * slots; c_before NULL: there is none; keep NULL: 1, and it may be the place of h. Then the
     * derivatives of the same. */
    void (*lstm_cell)(float *value, const float *c_before, const float *keep, int64_t width);
    void (*lstm_cell_backward)(const lk_lstm_cell *cell, int64_t width);
    /* Each of `rows` rows of `width` values x becomes 2 width: elu(x), then elu(-x). Backward gives
     * to din, from the output. */
    void (*concat_elu)(float *out, const float *in, int64_t rows, int64_t width);
    void (*concat_elu_backward)(float *din, bool fresh, const float *out, const float *dout,
                                int64_t rows, int64_t width);
    /* Layer normalisation of rows of `width` >= 1 values: out = gain (in - mean) / sqrt(variance +
     * epsilon) + bias, sums in double in the shape of `sum_squares`. Gain and bias are `groups` >=
     * 1 rows of `width` values; row r takes the (r % groups)-th. Backward adds into din (may be
     * NULL), dgain and dbias, rows ascending. */
    void (*channel_norm)(float *out, const float *in, const float *gain, const float *bias,
                         double epsilon, int64_t rows, int64_t groups, int64_t width);
    void (*channel_norm_backward)(float *din, double *dgain, double *dbias, const float *in,
                                  const float *gain, const float *dout, double epsilon,
                                  int64_t rows, int64_t groups, int64_t width);

    /* Sums of a fixed shape: 16 interleaved chains (element i goes to chain i % 16, in order),
     * joined as ((0+8)+(4+12))+((2+10)+(6+14)) + ... : halves are added pairwise, 8 then 4 then 2
     * then 1 apart. */
    float (*sum)(const float *in, int64_t count);
    double (*sum_squares)(const float *in, int64_t count); /* the same shape in double */
    /* out[r] = start + vector . in[r], r < rows, of `width` values each: products go to the chains
     * of `sum` by fused multiply-adds, and `start` is added to their sum. */
    void (*dots)(float *out, float start, const float *vector, const float *in, int64_t rows,
                 int64_t width);
    float (*maximum)(const float *in, int64_t count); /* NaN if any is NaN; -inf of nothing */

    /* out[i] = log sum_r e^x[r * stride + i], the bits of lk_double_log_sum (base/double_maths.h)
     * over the `rows` rows: -infinity where all are; none is NaN or +infinity. */
    void (*log_sums)(double *out, const double *x, int64_t rows, int64_t stride, int64_t count);

    /* Each of `rows` rows of `width` values becomes its log-softmax: x - max - log(sum exp(x -
     * max)), the sum in the shape of `sum`. NaN where all are -inf or one is +inf. */
    void (*log_softmax)(float *out, const float *in, int64_t rows, int64_t width);

    /* Bernoulli with logit l and value x in {0, 1}: nll = softplus(x ? -l : l); d nll / d l =
     * sigmoid(l) - x. `gradient` receives scale * derivative (overwritten). Arrays of `count`. */
    void (*bernoulli_nll)(float *nll, const float *logit, const uint16_t *x, int64_t count);
    void (*bernoulli_gradient)(float *gradient, const float *logit, const uint16_t *x, float scale,
                               int64_t count);

    /* Categorical: `rows` rows of `width` logits and one value 0 <= x < width per row; nll = -log
     * softmax(logits)[x]; the derivative by logit s is softmax(logits)[s] - (s == x). `gradient`,
     * [rows][width], receives scale * derivative. */
    void (*categorical_nll)(float *nll, const float *logits, const uint16_t *x, int64_t rows,
                            int64_t width);
    void (*categorical_gradient)(float *gradient, const float *logits, const uint16_t *x,
                                 float scale, int64_t rows, int64_t width);

    /* The discretized logistic distribution, elementwise: log p(x), the symbols x as floats, and
     * its derivatives by mean and log scale. The formulae stand in kernels/logistic.h. */
    void (*logistic)(float *log_p, const lk_logistic *levels, const float *x, const float *mean,
                     const float *log_scale, int64_t count);
    void (*logistic_slopes)(float *by_mean, float *by_log_scale, const lk_logistic *levels,
                            const float *x, const float *mean, const float *log_scale,
                            int64_t count);
    /* Of a mixture of 1 to LK_MIXTURE_MOST logistic distributions over the levels, what lies below
     * an edge: sum_k weight[k] sigmoid((edge - mean[k]) inverse[k]), one chain from component 0
     * on. Never falls as the edge rises, to the last bit, if no weight or inverse is negative. */
    double (*logistic_below)(const double *weight, const float *mean, const float *inverse,
                             float edge, int64_t components);
    /* Softmax of attention, not yet divided: x becomes e = exp(x - greatest), and `sum` their sum,
     * one chain, keys ascending. LK_ATTENTION_LANES queries side by side, a row of x for each key;
     * or one query, whose keys stand side by side. Before it, of keys `first` ..: -inf, of which e
     * is 0, where a query does not read (begin <= key < end). Its gradient: dweight = weight
     * (dweight - mean), with a mean for each query. */
    void (*attention_hide)(float *x, const int32_t *begin, const int32_t *end, int32_t first,
                           int64_t keys);
    void (*attention_weights)(float *x, float *sum, int64_t keys);
    float (*attention_weights_alone)(float *x, int64_t keys);
    void (*attention_dscores)(float *dweight, const float *weight, const float *mean, int64_t keys);

    /* Optimizer steps over `count` weights. With g = gradient_scale gradient + weight_decay w: sgd:
     * v = momentum v + g, w = w - learning_rate v;  adagrad: s = s + g^2, w = w - learning_rate g /
     * (sqrt(s) + epsilon) */
    void (*sgd)(float *weight, float *velocity, const float *gradient, float learning_rate,
                float momentum, float weight_decay, float gradient_scale, int64_t count);
    void (*adam)(float *weight, float *first, float *second, const float *gradient,
                 const lk_adam_step *step, int64_t count);
    void (*adagrad)(float *weight, float *squares, const float *gradient, float learning_rate,
                    float epsilon, float weight_decay, float gradient_scale, int64_t count);
    void (*average)(float *average, const float *weight, float decay,
                    int64_t count); /* a = decay a + (1-decay) w */
    bool (*all_finite)(const float *in, int64_t count);

    /* The product of a step, for kernels/few.h. */
    lk_few *few;
    /* The matrix micro-kernel, for kernels/product.h. */
    const lk_tile *tile;
} lk_kernels;

/* Every table that this build has and this processor can run, best first; the scalar one is always
 * last. */
int32_t lk_kernels_available(const lk_kernels *const **tables);
/* By name ("avx2"); NULL when unknown or not runnable here. */
const lk_kernels *lk_kernels_named(const char *isa);

#endif
