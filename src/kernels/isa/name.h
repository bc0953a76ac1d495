/* How a kernel that is compiled several times gets a name of its own, and the declarations of all
 * of them.
 *
 * The build compiles elementwise.c, backward.c, reduce.c, ... once per instruction set with
 * -DLK_ISA=scalar|avx2|avx512|neon; LK_KERNEL(exp) is then lk_kernel_exp_avx2 and so on. The source
 * is plain C: loops over arrays that the compiler turns into vectors. What they compute is
 * documented in kernels/kernels.h. */
#ifndef LK_KERNELS_ISA_NAME_H
#define LK_KERNELS_ISA_NAME_H

#include "kernels/kernels.h"

#define LK_JOIN_EXPANDED(left, right) left##_##right
#define LK_JOIN(left, right) LK_JOIN_EXPANDED(left, right)
#define LK_KERNEL(name) LK_JOIN(lk_kernel_##name, LK_ISA)

#define LK_TEXT_EXPANDED(text) #text
#define LK_TEXT(text) LK_TEXT_EXPANDED(text)

/* Before a loop whose iterations touch one index each: arrays may be identical, so the compiler
 * must not look for overlap. (Clang warns of loops that stay scalar, so it is told only where fmaf
 * is an instruction.) */
#if defined(__clang__) && (defined(__FMA__) || defined(__ARM_FEATURE_FMA)) && defined(__OPTIMIZE__)
#define LK_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__clang__)
#define LK_INDEPENDENT
#else
#define LK_INDEPENDENT _Pragma("GCC ivdep")
#endif

/* Sums are kept in so many interleaved chains. */
#define LK_CHAINS 16

typedef void lk_kernel_unary(float *out, const float *in, int64_t count);
typedef void lk_kernel_backward(float *din, bool fresh, const float *y, const float *dy,
                                int64_t count);

lk_kernel_unary LK_KERNEL(exp), LK_KERNEL(log), LK_KERNEL(tanh), LK_KERNEL(sigmoid),
    LK_KERNEL(softplus), LK_KERNEL(elu), LK_KERNEL(gelu), LK_KERNEL(gelu_tanh), LK_KERNEL(log1mexp),
    LK_KERNEL(relu), LK_KERNEL(add);
void LK_KERNEL(give)(float *out, bool fresh, const float *in, int64_t count);
void LK_KERNEL(sum_of)(float *out, const float *a, const float *b, int64_t count);
void LK_KERNEL(add_rows)(float *out, const float *in, int64_t rows, int64_t stride, int64_t width);
void LK_KERNEL(axpy)(float *out, float scale, const float *in, int64_t count);
lk_kernel_backward LK_KERNEL(relu_backward), LK_KERNEL(tanh_backward), LK_KERNEL(sigmoid_backward),
    LK_KERNEL(softplus_backward), LK_KERNEL(elu_backward), LK_KERNEL(gelu_backward),
    LK_KERNEL(gelu_tanh_backward);

void LK_KERNEL(multiply)(float *out, const float *a, const float *b, int64_t count);
void LK_KERNEL(multiply_add)(float *out, const float *a, const float *b, int64_t count);
void LK_KERNEL(drop_draw)(float *factor, const uint32_t key[2], uint64_t a, uint64_t b,
                          int64_t blocks, uint32_t threshold, float scale);
void LK_KERNEL(drop)(float *out, const float *factor, const float *in, int64_t count);
void LK_KERNEL(drop_add)(float *out, const float *factor, const float *in, int64_t count);
void LK_KERNEL(gate)(float *out, const float *in, int64_t rows, int64_t width);
void LK_KERNEL(gate_backward)(float *din, bool fresh, const float *in, const float *dout,
                              int64_t rows, int64_t width);
void LK_KERNEL(gate_linear)(float *out, const float *in, int64_t rows, int64_t width);
void LK_KERNEL(gate_linear_backward)(float *din, bool fresh, const float *in, const float *dout,
                                     int64_t rows, int64_t width);
void LK_KERNEL(lstm_cell)(float *value, const float *c_before, const float *keep, int64_t width);
void LK_KERNEL(lstm_cell_backward)(const lk_lstm_cell *cell, int64_t width);
void LK_KERNEL(concat_elu)(float *out, const float *in, int64_t rows, int64_t width);
void LK_KERNEL(concat_elu_backward)(float *din, bool fresh, const float *out, const float *dout,
                                    int64_t rows, int64_t width);
void LK_KERNEL(channel_norm)(float *out, const float *in, const float *gain, const float *bias,
                             double epsilon, int64_t rows, int64_t groups, int64_t width);
void LK_KERNEL(channel_norm_backward)(float *din, double *dgain, double *dbias, const float *in,
                                      const float *gain, const float *dout, double epsilon,
                                      int64_t rows, int64_t groups, int64_t width);

float LK_KERNEL(sum)(const float *in, int64_t count);
double LK_KERNEL(sum_squares)(const float *in, int64_t count);
void LK_KERNEL(dots)(float *out, float start, const float *vector, const float *in, int64_t rows,
                     int64_t width);
float LK_KERNEL(maximum)(const float *in, int64_t count);
void LK_KERNEL(log_sums)(double *out, const double *x, int64_t rows, int64_t stride, int64_t count);
bool LK_KERNEL(all_finite)(const float *in, int64_t count);

void LK_KERNEL(log_softmax)(float *out, const float *in, int64_t rows, int64_t width);
void LK_KERNEL(categorical_nll)(float *nll, const float *logits, const uint16_t *x, int64_t rows,
                                int64_t width);
void LK_KERNEL(categorical_gradient)(float *gradient, const float *logits, const uint16_t *x,
                                     float scale, int64_t rows, int64_t width);
void LK_KERNEL(bernoulli_nll)(float *nll, const float *logit, const uint16_t *x, int64_t count);
void LK_KERNEL(bernoulli_gradient)(float *gradient, const float *logit, const uint16_t *x,
                                   float scale, int64_t count);
void LK_KERNEL(logistic)(float *log_p, const lk_logistic *levels, const float *x, const float *mean,
                         const float *log_scale, int64_t count);
void LK_KERNEL(logistic_slopes)(float *by_mean, float *by_log_scale, const lk_logistic *levels,
                                const float *x, const float *mean, const float *log_scale,
                                int64_t count);
double LK_KERNEL(logistic_below)(const double *weight, const float *mean, const float *inverse,
                                 float edge, int64_t components);

lk_few LK_JOIN(lk_few, LK_ISA);

void LK_KERNEL(attention_hide)(float *x, const int32_t *begin, const int32_t *end, int32_t first,
                               int64_t keys);
void LK_KERNEL(attention_weights)(float *x, float *sum, int64_t keys);
float LK_KERNEL(attention_weights_alone)(float *x, int64_t keys);
void LK_KERNEL(attention_dscores)(float *dweight, const float *weight, const float *mean,
                                  int64_t keys);

void LK_KERNEL(sgd)(float *weight, float *velocity, const float *gradient, float learning_rate,
                    float momentum, float weight_decay, float gradient_scale, int64_t count);
void LK_KERNEL(adam)(float *weight, float *first, float *second, const float *gradient,
                     const lk_adam_step *step, int64_t count);
void LK_KERNEL(adagrad)(float *weight, float *squares, const float *gradient, float learning_rate,
                        float epsilon, float weight_decay, float gradient_scale, int64_t count);
void LK_KERNEL(average)(float *average, const float *weight, float decay, int64_t count);

#endif
