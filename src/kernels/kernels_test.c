/* Every table that runs here against the scalar one, bit for bit: odd sizes, special values,
 * unaligned pointers, in place. Then what the kernels compute: functions against base/maths.h, sums
 * against the documented shape written out naively, derivatives against central differences in
 * double, optimizer steps against their formulas in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/double_maths.h"
#include "base/maths.h"
#include "base/random.h"
#include "kernels/kernels.h"

#define SEED 20240611u
#define MOST 1100

static const int64_t sizes[] = {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 129, 1000};
#define SIZES (sizeof sizes / sizeof sizes[0])

/* Three kinds of numbers: what networks see, every magnitude, and the special ones among ordinary
 * ones. */
typedef enum filling { ORDINARY, WILD, SPECIAL, FILLINGS } filling;

static const uint32_t special_bits[] = {
    0x00000000u, 0x80000000u, 0x7f800000u, 0xff800000u, 0x7fc00000u, 0xffc12345u,
    0x00000001u, 0x80000001u, 0x007fffffu, 0x00800000u, 0x7f7fffffu, 0xff7fffffu,
    0x3f800000u, 0xbf800000u, 0x42b17218u, 0xc2cff1b5u, 0x41100000u, 0xc1200000u,
};

static void fill(float *out, int64_t count, filling kind, uint64_t stream) {
    lk_random random = {SEED, LK_FOR_CHECK};
    for (int64_t i = 0; i < count; i++) {
        uint32_t words[4];
        lk_random_block(random, stream, (uint64_t)i, words);
        float ordinary = ((float)(words[0] >> 8) * 0x1p-24f - 0.5f) * 16.0f;
        if (kind == WILD) {
            uint32_t finite =
                (words[1] & 0x7f800000u) == 0x7f800000u ? words[1] & 0xbfffffffu : words[1];
            out[i] = lk_float_of_bits(finite);
        } else if (kind == SPECIAL && words[2] % 2 == 0) {
            out[i] = lk_float_of_bits(
                special_bits[words[3] % (sizeof special_bits / sizeof *special_bits)]);
        } else {
            out[i] = ordinary;
        }
    }
}

static void fill_values(uint16_t *x, int64_t count, uint32_t alphabet, uint64_t stream) {
    lk_random random = {SEED + 1, LK_FOR_CHECK};
    for (int64_t i = 0; i < count; i++) {
        x[i] = (uint16_t)lk_random_below(random, stream, (uint64_t)i, alphabet);
    }
}

/* Four float arrays and one of values, which kernels read and write; starts are off by `shift`
 * floats. */
typedef struct arrays {
    float data[4][MOST + 4];
    uint16_t x[MOST];
    float number;
    double wide;
} arrays;

/* How a kernel's NaNs are compared: exactly, or as NaN. */
typedef enum nan_rule { NAN_EXACT, NAN_ANY } nan_rule;

typedef struct kernel_case {
    const char *name;
    nan_rule rule;
    void (*run)(const lk_kernels *k, arrays *a, int64_t count, int64_t shift);
} kernel_case;

#define A(index) (a->data[index] + shift)
#define CASE(name, call)                                                                   \
    static void run_##name(const lk_kernels *k, arrays *a, int64_t count, int64_t shift) { \
        (void)shift;                                                                       \
        (void)count;                                                                       \
        call;                                                                              \
    }

/* The gradients of gain and bias, in double, are compared one after another. */
static void run_norm_backward(const lk_kernels *k, arrays *a, int64_t rows, int64_t groups,
                              int64_t width, int64_t shift) {
    static double dgain[MOST], dbias[MOST];
    memset(dgain, 0, sizeof dgain);
    memset(dbias, 0, sizeof dbias);
    k->channel_norm_backward(A(0), dgain, dbias, A(1), A(2), A(3), 1e-5, rows, groups, width);
    for (int64_t i = 0; i < groups * width && rows > 0; i++) {
        A(2)[i] = (float)dgain[i];
        A(3)[i] = (float)dbias[i];
    }
}

static const lk_adam_step adam_step = {.learning_rate = 0.01f,
                                       .beta1 = 0.9f,
                                       .beta2 = 0.999f,
                                       .epsilon = 1e-8f,
                                       .weight_decay = 0.1f,
                                       .correction1 = 0.271f,
                                       .correction2 = 0.002997f,
                                       .gradient_scale = 0.7f,
                                       .l2_decay = 0.03f};

/* Symbols of all levels in the last array: the first, the last, and those between. */
static lk_logistic with_levels(arrays *a, int32_t alphabet, int64_t count, int64_t shift) {
    for (int64_t i = 0; i < count; i++) {
        int64_t symbol = i % 3 == 0 ? a->x[i] * (alphabet - 1) : i * 40503 % alphabet;
        A(3)[i] = (float)symbol;
    }
    return lk_logistic_levels(alphabet);
}

static void run_logistic(const lk_kernels *k, arrays *a, int32_t alphabet, int64_t count,
                         int64_t shift) {
    lk_logistic levels = with_levels(a, alphabet, count, shift);
    k->logistic(A(0), &levels, A(3), A(1), A(2), count);
}

static void run_logistic_slopes(const lk_kernels *k, arrays *a, int32_t alphabet, int64_t count,
                                int64_t shift) {
    lk_logistic levels = with_levels(a, alphabet, count, shift);
    float mean[MOST];
    memcpy(mean, A(1), (size_t)count * sizeof *mean);
    k->logistic_slopes(A(0), A(1), &levels, A(3), mean, A(2), count);
}

static void run_logistic_below(const lk_kernels *k, arrays *a, int64_t count, int64_t shift) {
    double weight[LK_MIXTURE_MOST];
    count = count < LK_MIXTURE_MOST ? count : LK_MIXTURE_MOST;
    for (int64_t i = 0; i < count; i++) {
        weight[i] = (double)lk_magnitude(A(0)[i]);
    }
    a->wide = k->logistic_below(weight, A(1), A(2), 7.5f, count);
}

/* With and without what may be missing. */
static void cell_backward(const lk_kernels *k, arrays *a, int64_t count, int64_t shift) {
    const int64_t w = count / LK_LSTM_SLOTS;
    const lk_lstm_cell cell = {.value = A(1),
                               .dvalue = A(2),
                               .c_before = count % 3 == 0 ? NULL : A(3),
                               .keep = count % 2 == 0 ? NULL : A(3) + w,
                               .dh = A(3) + 2 * w,
                               .dc = A(3) + 3 * w,
                               .dgates = A(0),
                               .dc_before = A(0) + LK_LSTM_GATES * w};
    k->lstm_cell_backward(&cell, w);
}

CASE(logistic_of_grey, run_logistic(k, a, 256, count, shift))
CASE(logistic_of_16_bits, run_logistic(k, a, 65536, count, shift))
CASE(logistic_of_two, run_logistic(k, a, 2, count, shift))
CASE(logistic_slopes_of_grey, run_logistic_slopes(k, a, 256, count, shift))
CASE(logistic_slopes_of_16_bits, run_logistic_slopes(k, a, 65536, count, shift))
CASE(logistic_below_edge, run_logistic_below(k, a, count, shift))
CASE(exp, k->exp(A(0), A(1), count))
CASE(exp_in_place, k->exp(A(0), A(0), count))
CASE(log, k->log(A(0), A(1), count))
CASE(tanh, k->tanh(A(0), A(1), count))
CASE(sigmoid, k->sigmoid(A(0), A(1), count))
CASE(log1mexp, k->log1mexp(A(0), A(1), count))
CASE(softplus, k->softplus(A(0), A(1), count))
CASE(elu, k->elu(A(0), A(1), count))
CASE(gelu, k->gelu(A(0), A(1), count))
CASE(gelu_tanh, k->gelu_tanh(A(0), A(1), count))
CASE(lstm_cell, k->lstm_cell(A(0), A(1), A(2), count / LK_LSTM_SLOTS))
CASE(lstm_cell_of_first, k->lstm_cell(A(0), NULL, NULL, count / LK_LSTM_SLOTS))
CASE(lstm_cell_backward, cell_backward(k, a, count, shift))
CASE(relu, k->relu(A(0), A(1), count))
CASE(add, k->add(A(0), A(1), count))
CASE(give, k->give(A(0), count % 2 == 0, A(1), count))
CASE(sum_of, k->sum_of(A(0), A(1), A(2), count))
CASE(add_rows, k->add_rows(A(0), A(1), 5, count / 5, count / 5))
CASE(axpy, k->axpy(A(0), 1.7f, A(1), count))
CASE(relu_backward, k->relu_backward(A(0), count % 2 == 0, A(1), A(2), count))
CASE(tanh_backward, k->tanh_backward(A(0), count % 2 == 0, A(1), A(2), count))
CASE(sigmoid_backward, k->sigmoid_backward(A(0), count % 2 == 0, A(1), A(2), count))
CASE(softplus_backward, k->softplus_backward(A(0), count % 2 == 0, A(1), A(2), count))
CASE(elu_backward, k->elu_backward(A(0), count % 2 == 0, A(1), A(2), count))
CASE(gelu_backward, k->gelu_backward(A(0), count % 2 == 0, A(1), A(2), count))
CASE(gelu_tanh_backward, k->gelu_tanh_backward(A(0), count % 2 == 0, A(1), A(2), count))
CASE(multiply, k->multiply(A(0), A(1), A(2), count))
CASE(multiply_add, k->multiply_add(A(0), A(1), A(2), count))
CASE(drop_draw, k->drop_draw(A(0), (const uint32_t[2]){7, 9}, 3, 5, count / 4, 1u << 31, 2.0f))
CASE(drop, k->drop(A(0), A(1), A(2), count))
CASE(drop_in_place, k->drop(A(0), A(1), A(0), count))
CASE(drop_add, k->drop_add(A(0), A(1), A(2), count))
CASE(gate, k->gate(A(0), A(1), 1, count / 2))
CASE(gate_rows, k->gate(A(0), A(1), count / 6, 3))
CASE(gate_backward, k->gate_backward(A(0), count % 2 == 0, A(1), A(2), count / 6, 3))
CASE(gate_linear, k->gate_linear(A(0), A(1), 1, count / 2))
CASE(gate_linear_rows, k->gate_linear(A(0), A(1), count / 6, 3))
CASE(gate_linear_backward, k->gate_linear_backward(A(0), count % 2 == 0, A(1), A(2), count / 6, 3))
CASE(concat_elu, k->concat_elu(A(0), A(1), 1, count / 2))
CASE(concat_elu_rows, k->concat_elu(A(0), A(1), count / 6, 3))
CASE(concat_elu_backward, k->concat_elu_backward(A(0), count % 2 == 0, A(1), A(2), count / 6, 3))
CASE(channel_norm, k->channel_norm(A(0), A(1), A(2), A(3), 1e-5, count > 0, 1, count))
CASE(channel_norm_rows, k->channel_norm(A(0), A(1), A(2), A(3), 1e-5, count / 6, 2, 3))
CASE(channel_norm_backward, run_norm_backward(k, a, count > 0, 1, count, shift))
CASE(channel_norm_backward_rows, run_norm_backward(k, a, count / 17, 3, 17, shift))
CASE(sum, a->number = k->sum(A(0), count))
CASE(sum_squares, a->wide = k->sum_squares(A(0), count))
CASE(dots, k->dots(A(0), 0.3f, A(1), A(2), count > 0, count))
CASE(dots_rows, k->dots(A(0), -0.7f, A(1), A(2), count / 19, 19))
CASE(maximum, a->number = k->maximum(A(0), count))
CASE(log_softmax, k->log_softmax(A(0), A(1), 1, count))
CASE(log_softmax_in_place, k->log_softmax(A(0), A(0), 1, count))
CASE(log_softmax_rows, k->log_softmax(A(0), A(1), count / 3, 3))
CASE(bernoulli_nll, k->bernoulli_nll(A(0), A(1), a->x, count))
CASE(bernoulli_gradient, k->bernoulli_gradient(A(0), A(1), a->x, 0.3f, count))
CASE(categorical_nll, k->categorical_nll(A(0), A(1), a->x, count / 5, 5))
CASE(log_softmax_wide, k->log_softmax(A(0), A(1), 3, 360))
CASE(log_softmax_very_wide, k->log_softmax(A(0), A(1), 1, MOST - 3))
CASE(categorical_gradient_in_place, k->categorical_gradient(A(0), A(0), a->x, 0.3f, count / 5, 5))
CASE(categorical_nll_wide, k->categorical_nll(A(0), A(1), a->x, count > 1, count))
CASE(categorical_gradient, k->categorical_gradient(A(0), A(1), a->x, 0.3f, count / 5, 5))
CASE(categorical_gradient_wide, k->categorical_gradient(A(0), A(1), a->x, 0.3f, count > 1, count))
CASE(attention_weights,
     if (count >= LK_ATTENTION_LANES) k->attention_weights(A(0), A(1), count / LK_ATTENTION_LANES))
CASE(attention_alone, a->number = k->attention_weights_alone(A(0), count))
CASE(attention_dscores, k->attention_dscores(A(0), A(1), A(2), count / LK_ATTENTION_LANES))
CASE(sgd, k->sgd(A(0), A(1), A(2), 0.1f, 0.9f, 0.01f, 0.5f, count))
CASE(adam, k->adam(A(0), A(1), A(2), A(3), &adam_step, count))
CASE(adagrad, k->adagrad(A(0), A(1), A(2), 0.1f, 1e-6f, 0.01f, 0.5f, count))
CASE(average, k->average(A(0), A(1), 0.999f, count))
CASE(all_finite, a->number = k->all_finite(A(0), count) ? 1.0f : 0.0f)

static const kernel_case cases[] = {
    {"exp", NAN_EXACT, run_exp},
    {"exp in place", NAN_EXACT, run_exp_in_place},
    {"log", NAN_EXACT, run_log},
    {"tanh", NAN_EXACT, run_tanh},
    {"sigmoid", NAN_EXACT, run_sigmoid},
    {"softplus", NAN_EXACT, run_softplus},
    {"elu", NAN_EXACT, run_elu},
    {"gelu", NAN_EXACT, run_gelu},
    {"gelu_tanh", NAN_EXACT, run_gelu_tanh},
    {"log1mexp", NAN_EXACT, run_log1mexp},
    {"relu", NAN_EXACT, run_relu},
    {"add", NAN_ANY, run_add},
    {"give", NAN_ANY, run_give},
    {"sum_of", NAN_ANY, run_sum_of},
    {"add_rows", NAN_ANY, run_add_rows},
    {"lstm_cell", NAN_ANY, run_lstm_cell},
    {"lstm_cell of the first", NAN_ANY, run_lstm_cell_of_first},
    {"lstm_cell_backward", NAN_ANY, run_lstm_cell_backward},
    {"axpy", NAN_ANY, run_axpy},
    {"relu_backward", NAN_ANY, run_relu_backward},
    {"tanh_backward", NAN_ANY, run_tanh_backward},
    {"sigmoid_backward", NAN_ANY, run_sigmoid_backward},
    {"softplus_backward", NAN_ANY, run_softplus_backward},
    {"elu_backward", NAN_ANY, run_elu_backward},
    {"gelu_backward", NAN_ANY, run_gelu_backward},
    {"gelu_tanh_backward", NAN_ANY, run_gelu_tanh_backward},
    {"multiply", NAN_ANY, run_multiply},
    {"multiply_add", NAN_ANY, run_multiply_add},
    {"drop_draw", NAN_EXACT, run_drop_draw},
    {"drop", NAN_ANY, run_drop},
    {"drop in place", NAN_ANY, run_drop_in_place},
    {"drop_add", NAN_ANY, run_drop_add},
    {"gate", NAN_ANY, run_gate},
    {"gate rows", NAN_ANY, run_gate_rows},
    {"gate_backward", NAN_ANY, run_gate_backward},
    {"gate_linear", NAN_ANY, run_gate_linear},
    {"gate_linear rows", NAN_ANY, run_gate_linear_rows},
    {"gate_linear_backward", NAN_ANY, run_gate_linear_backward},
    {"concat_elu", NAN_EXACT, run_concat_elu},
    {"concat_elu rows", NAN_EXACT, run_concat_elu_rows},
    {"concat_elu_backward", NAN_ANY, run_concat_elu_backward},
    {"channel_norm", NAN_ANY, run_channel_norm},
    {"channel_norm rows", NAN_ANY, run_channel_norm_rows},
    {"channel_norm_backward", NAN_ANY, run_channel_norm_backward},
    {"channel_norm_backward rows", NAN_ANY, run_channel_norm_backward_rows},
    {"sum", NAN_ANY, run_sum},
    {"sum_squares", NAN_ANY, run_sum_squares},
    {"dots", NAN_ANY, run_dots},
    {"dots rows", NAN_ANY, run_dots_rows},
    {"maximum", NAN_EXACT, run_maximum},
    {"log_softmax", NAN_ANY, run_log_softmax},
    {"log_softmax in place", NAN_ANY, run_log_softmax_in_place},
    {"log_softmax rows", NAN_ANY, run_log_softmax_rows},
    {"log_softmax wide", NAN_ANY, run_log_softmax_wide},
    {"log_softmax very wide", NAN_ANY, run_log_softmax_very_wide},
    {"categorical_gradient in place", NAN_ANY, run_categorical_gradient_in_place},
    {"bernoulli_nll", NAN_EXACT, run_bernoulli_nll},
    {"bernoulli_gradient", NAN_ANY, run_bernoulli_gradient},
    {"categorical_nll", NAN_ANY, run_categorical_nll},
    {"categorical_nll wide", NAN_ANY, run_categorical_nll_wide},
    {"categorical_gradient", NAN_ANY, run_categorical_gradient},
    {"categorical_gradient wide", NAN_ANY, run_categorical_gradient_wide},
    {"logistic", NAN_ANY, run_logistic_of_grey},
    {"logistic of 16 bits", NAN_ANY, run_logistic_of_16_bits},
    {"logistic of two levels", NAN_ANY, run_logistic_of_two},
    {"logistic slopes", NAN_ANY, run_logistic_slopes_of_grey},
    {"logistic slopes of 16 bits", NAN_ANY, run_logistic_slopes_of_16_bits},
    {"logistic below", NAN_ANY, run_logistic_below_edge},
    {"attention_weights", NAN_ANY, run_attention_weights},
    {"attention_weights_alone", NAN_ANY, run_attention_alone},
    {"attention_dscores", NAN_ANY, run_attention_dscores},
    {"sgd", NAN_ANY, run_sgd},
    {"adam", NAN_ANY, run_adam},
    {"adagrad", NAN_ANY, run_adagrad},
    {"average", NAN_ANY, run_average},
    {"all_finite", NAN_EXACT, run_all_finite},
};
#define CASES (sizeof cases / sizeof cases[0])

/* One long row of numbers of each kind, from which the arrays are cut. */
#define STOCK 20000
static float stock[FILLINGS][STOCK];

static int fill_stock(void **state) {
    (void)state;
    for (filling kind = ORDINARY; kind < FILLINGS; kind++) {
        fill(stock[kind], STOCK, kind, (uint64_t)kind);
    }
    return 0;
}

/* Values below every width that a case uses: 5, and `count` where it is greater than 1. */
static void prepare(arrays *a, int64_t count, filling kind, uint64_t stream) {
    memset(a, 0, sizeof *a);
    for (uint64_t i = 0; i < 4; i++) {
        uint64_t begin = (stream * 4 + i) * 331 % (STOCK - MOST - 4);
        memcpy(a->data[i], stock[kind] + begin, sizeof a->data[i]);
    }
    fill_values(a->x, count, 2, stream);
    if (count >= 5) {
        fill_values(a->x, 1, 5, stream + 1);
    }
}

static float settled(float value, nan_rule rule) {
    return rule == NAN_ANY && isnan(value) ? lk_nan() : value;
}

static void compare(const kernel_case *c, const char *isa, int64_t count, int64_t shift,
                    filling kind, const arrays *got, const arrays *expected) {
    if (memcmp(got, expected, sizeof *got) == 0) {
        return;
    }
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < MOST + 4; j++) {
            float left = settled(got->data[i][j], c->rule);
            float right = settled(expected->data[i][j], c->rule);
            if (lk_bits_of_float(left) != lk_bits_of_float(right)) {
                fail_msg("%s, %s, count %lld, shift %lld, filling %d: array %d[%d] is %a (%08x), "
                         "scalar gives %a (%08x)",
                         c->name, isa, (long long)count, (long long)shift, (int)kind, i, j,
                         (double)left, (unsigned)lk_bits_of_float(left), (double)right,
                         (unsigned)lk_bits_of_float(right));
            }
        }
    }
    float left = settled(got->number, c->rule);
    float right = settled(expected->number, c->rule);
    bool both_nan = isnan(got->wide) && isnan(expected->wide);
    if (lk_bits_of_float(left) != lk_bits_of_float(right) ||
        (!both_nan && memcmp(&got->wide, &expected->wide, sizeof got->wide) != 0)) {
        fail_msg("%s, %s, count %lld, shift %lld, filling %d: %a, %a; scalar gives %a, %a", c->name,
                 isa, (long long)count, (long long)shift, (int)kind, (double)left, got->wide,
                 (double)right, expected->wide);
    }
}

static void test_tables_agree(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    const lk_kernels *scalar = lk_kernels_named("scalar");
    static arrays got;
    static arrays expected;
    int64_t compared = 0;
    for (int32_t t = 0; t < count; t++) {
        for (size_t c = 0; c < CASES; c++) {
            for (size_t n = 0; n < SIZES; n++) {
                for (int64_t shift = 0; shift < 4; shift += 3) {
                    for (filling kind = ORDINARY; kind < FILLINGS; kind++) {
                        uint64_t stream = (uint64_t)(c * SIZES + n) * 2 + (uint64_t)shift;
                        /* Sums of squares may be negative here: the bits must agree all the
                         * same. */
                        prepare(&got, sizes[n], kind, stream);
                        memcpy(&expected, &got, sizeof got);
                        cases[c].run(tables[t], &got, sizes[n], shift);
                        cases[c].run(scalar, &expected, sizes[n], shift);
                        compare(&cases[c], tables[t]->isa, sizes[n], shift, kind, &got, &expected);
                        compared++;
                    }
                }
            }
        }
        printf("%s agrees with scalar\n", tables[t]->isa);
    }
    printf("%lld runs compared, seed %u\n", (long long)compared, SEED);
}

static void test_functions_are_those_of_maths(void **state) {
    (void)state;
    static const struct {
        size_t offset;
        float (*function)(float x);
    } rows[] = {
        {offsetof(lk_kernels, exp), lk_exp_scalar},
        {offsetof(lk_kernels, log), lk_log_scalar},
        {offsetof(lk_kernels, tanh), lk_tanh_scalar},
        {offsetof(lk_kernels, sigmoid), lk_sigmoid_scalar},
        {offsetof(lk_kernels, softplus), lk_softplus_scalar},
        {offsetof(lk_kernels, log1mexp), lk_log1mexp_scalar},
    };
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    float in[256];
    float out[256];
    for (int32_t t = 0; t < count; t++) {
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
            void (*kernel)(float *out, const float *in, int64_t count);
            memcpy(&kernel, (const char *)tables[t] + rows[r].offset, sizeof kernel);
            for (uint64_t first = 0; first <= UINT32_MAX; first += 256 * 65521u) {
                for (uint32_t i = 0; i < 256; i++) {
                    in[i] = lk_float_of_bits((uint32_t)first + i * 65521u);
                }
                kernel(out, in, 256);
                for (int i = 0; i < 256; i++) {
                    assert_int_equal(lk_bits_of_float(out[i]),
                                     lk_bits_of_float(rows[r].function(in[i])));
                }
            }
        }
    }
}

/* The shape of kernels.h, one chain after the other. */
static double naive_shape(const float *in, int64_t count, bool squares, bool in_double) {
    double chain[16] = {0};
    for (int j = 0; j < 16; j++) {
        for (int64_t i = j; i < count; i += 16) {
            double term = squares ? (double)in[i] * in[i] : in[i];
            chain[j] = in_double ? chain[j] + term : (double)((float)chain[j] + (float)term);
        }
    }
#define JOIN(left, right) (in_double ? (left) + (right) : (double)((float)(left) + (float)(right)))
#define QUARTER(i) JOIN(JOIN(chain[i], chain[(i) + 8]), JOIN(chain[(i) + 4], chain[(i) + 12]))
    return JOIN(JOIN(QUARTER(0), QUARTER(2)), JOIN(QUARTER(1), QUARTER(3)));
}

static void test_sums_have_the_documented_shape(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    float in[MOST];
    fill(in, MOST, ORDINARY, 77);
    for (int32_t t = 0; t < count; t++) {
        for (size_t n = 0; n < SIZES; n++) {
            float sum = tables[t]->sum(in + 1, sizes[n]);
            double squares = tables[t]->sum_squares(in + 1, sizes[n]);
            float sum_expected = (float)naive_shape(in + 1, sizes[n], false, false);
            double squares_expected = naive_shape(in + 1, sizes[n], true, true);
            if (sum != sum_expected || squares != squares_expected) {
                fail_msg("%s, %lld: %a %a, expected %a %a", tables[t]->isa, (long long)sizes[n],
                         (double)sum, squares, (double)sum_expected, squares_expected);
            }
        }
    }
}

static void test_dots_have_the_documented_shape(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    float a[MOST], b[MOST];
    fill(a, MOST, ORDINARY, 78);
    fill(b, MOST, ORDINARY, 79);
    for (int32_t t = 0; t < count; t++) {
        for (size_t n = 0; n < SIZES; n++) {
            float chain[16] = {0}, out[1], expected;
            for (int64_t i = 0; i < sizes[n]; i++) {
                chain[i % 16] = fmaf(a[i], b[i], chain[i % 16]);
            }
            for (int apart = 8; apart > 0; apart /= 2) {
                for (int j = 0; j < apart; j++) {
                    chain[j] += chain[j + apart];
                }
            }
            expected = 0.25f + chain[0];
            tables[t]->dots(out, 0.25f, a, b, 1, sizes[n]);
            if (out[0] != expected) {
                fail_msg("%s, %lld: %a, expected %a", tables[t]->isa, (long long)sizes[n],
                         (double)out[0], (double)expected);
            }
        }
    }
}

static void test_maximum_and_finiteness(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    float in[40];
    for (int32_t t = 0; t < count; t++) {
        assert_true(tables[t]->maximum(in, 0) == -lk_infinity());
        assert_true(tables[t]->all_finite(in, 0));
        for (int at = 0; at < 40; at++) {
            for (int i = 0; i < 40; i++) {
                in[i] = -5.0f - (float)i;
            }
            in[at] = 3.0f;
            assert_true(tables[t]->maximum(in, 40) == 3.0f);
            assert_true(tables[t]->all_finite(in, 40));
            in[at] = -lk_infinity();
            assert_true(tables[t]->maximum(in, 40) == (at == 0 ? -6.0f : -5.0f));
            assert_false(tables[t]->all_finite(in, 40));
            in[at] = lk_float_of_bits(0xffc54321u);
            assert_int_equal(lk_bits_of_float(tables[t]->maximum(in, 40)), 0x7fc00000u);
            assert_false(tables[t]->all_finite(in, 40));
            in[at] = FLT_MAX;
            assert_true(tables[t]->all_finite(in, 40));
        }
    }
}

/* Down each column, what is defined for one: likelihoods that are near each other, far apart, and
 * nothing. */
static void test_log_sums_are_those_of_double_maths(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    enum { ROWS = 9, STRIDE = 200, WIDTH = 197 };
    static const double spread[] = {1e-9, 1.0, 40.0, 1500.0};
    static double x[ROWS * STRIDE];
    double got[WIDTH], column[ROWS];
    for (int i = 0; i < ROWS * STRIDE; i++) {
        uint32_t words[4];
        lk_random_block((lk_random){SEED, LK_FOR_CHECK}, 55, (uint64_t)i, words);
        x[i] = -700.0 - spread[i % STRIDE % 4] * (double)words[0] * 0x1p-32;
        x[i] = words[1] % 8 == 0 || i % STRIDE == 5 ? -(double)INFINITY : x[i];
    }
    for (int32_t t = 0; t < count; t++) {
        for (int64_t rows = 1; rows <= ROWS; rows++) {
            tables[t]->log_sums(got, x, rows, STRIDE, WIDTH);
            for (int64_t i = 0; i < WIDTH; i++) {
                for (int64_t r = 0; r < rows; r++) {
                    column[r] = x[r * STRIDE + i];
                }
                double want = lk_double_log_sum(column, rows);
                if (memcmp(&want, &got[i], sizeof want) != 0) {
                    fail_msg("%s, %lld rows, column %lld: %a, expected %a", tables[t]->isa,
                             (long long)rows, (long long)i, got[i], want);
                }
            }
        }
    }
}

/* Row after row, so that a great first one swallows what comes after it; what lies between the rows
 * is not read. */
static void test_rows_are_added_in_order(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    const int32_t count = lk_kernels_available(&tables);
    enum { WIDTH = 75, STRIDE = 80 };
    float in[3 * STRIDE], out[WIDTH];
    for (int i = 0; i < 3 * STRIDE; i++) {
        in[i] = i % STRIDE >= WIDTH ? lk_nan()
                : i < STRIDE        ? 0x1p24f
                : i < 2 * STRIDE    ? 1.0f
                                    : -0x1p24f;
    }
    for (int32_t t = 0; t < count; t++) {
        for (int i = 0; i < WIDTH; i++) {
            out[i] = i % 2 == 0 ? 0.0f : 2.0f;
        }
        tables[t]->add_rows(out, in, 3, STRIDE, WIDTH);
        for (int i = 0; i < WIDTH; i++) {
            assert_true(
                out[i] ==
                (i % 2 == 0 ? 0.0f
                            : 4.0f)); /* 2^24 + 1 = 2^24; 2^24 + 2 + 1 = 2^24 + 4, halves to even */
        }
    }
}

/* Derivatives against central differences of the function in double. */
typedef double real_function(double x);
static double relu_in_double(double x) {
    return x > 0 ? x : 0;
}
static double sigmoid_in_double(double x) {
    return 1 / (1 + exp(-x));
}
static double elu_in_double(double x) {
    return x > 0 ? x : expm1(x);
}
static double gelu_in_double(double x) {
    return x * sigmoid_in_double(1.702 * x);
}
static double gelu_tanh_in_double(double x) {
    return x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x))) / 2;
}
static double softplus_in_double(double x) {
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static void check_near(const char *what, double at, double value, double expected,
                       double tolerance) {
    if (!(fabs(value - expected) <= tolerance * (1 + fabs(expected)))) {
        fail_msg("%s at %g: %.9g, expected %.9g", what, at, value, expected);
    }
}

static void test_backward_rules(void **state) {
    (void)state;
    static const struct {
        const char *name;
        real_function *function;
        size_t offset;
        bool of_input;
    } rows[] = {
        {"relu", relu_in_double, offsetof(lk_kernels, relu_backward), false},
        {"tanh", tanh, offsetof(lk_kernels, tanh_backward), false},
        {"sigmoid", sigmoid_in_double, offsetof(lk_kernels, sigmoid_backward), false},
        {"softplus", softplus_in_double, offsetof(lk_kernels, softplus_backward), false},
        {"elu", elu_in_double, offsetof(lk_kernels, elu_backward), false},
        {"gelu", gelu_in_double, offsetof(lk_kernels, gelu_backward), true},
        {"gelu_tanh", gelu_tanh_in_double, offsetof(lk_kernels, gelu_tanh_backward), true},
    };
    const lk_kernels *kernels = lk_kernels_named("scalar");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        void (*backward)(float *din, bool fresh, const float *y, const float *dy, int64_t count);
        memcpy(&backward, (const char *)kernels + rows[r].offset, sizeof backward);
        for (double x = -8.03; x < 8.0; x += 0.37) {
            const double step = 1e-4;
            double slope = (rows[r].function(x + step) - rows[r].function(x - step)) / (2 * step);
            float y = (float)(rows[r].of_input ? x : rows[r].function(x));
            float dy = -1.5f;
            float din = 0.25f;
            backward(&din, false, &y, &dy, 1);
            check_near(rows[r].name, x, (double)din, 0.25 - 1.5 * slope, 2e-6);
            backward(&dy, true, &y, &dy, 1);
            check_near(rows[r].name, x, (double)dy, -1.5 * slope, 2e-6);
        }
    }
}

static void test_bernoulli(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    for (double logit = -30; logit <= 30; logit += 0.61) {
        for (uint16_t x = 0; x < 2; x++) {
            float as_float = (float)logit;
            double exact = softplus_in_double(x ? -(double)as_float : (double)as_float);
            double slope = sigmoid_in_double((double)as_float) - x;
            float nll;
            float gradient;
            kernels->bernoulli_nll(&nll, &as_float, &x, 1);
            kernels->bernoulli_gradient(&gradient, &as_float, &x, 2.0f, 1);
            check_near("bernoulli nll", logit, (double)nll, exact, 2e-7);
            check_near("bernoulli gradient", logit, (double)gradient, 2 * slope, 4e-7);
        }
    }
    float sure = 40.0f;
    uint16_t one = 1;
    float gradient;
    kernels->bernoulli_gradient(&gradient, &sure, &one, 1.0f, 1);
    check_near("the small tail keeps its digits", 40, (double)gradient / -exp(-40.0), 1, 1e-6);
}

static double nll_in_double(const double *logits, int width, int x) {
    double greatest = logits[0];
    for (int s = 1; s < width; s++) {
        greatest = fmax(greatest, logits[s]);
    }
    double sum = 0;
    for (int s = 0; s < width; s++) {
        sum += exp(logits[s] - greatest);
    }
    return log(sum) - (logits[x] - greatest);
}

/* `rows` rows at once, each against double; widths on both sides of what the kernel takes as one
 * group. */
static void check_categorical(int64_t width, int64_t rows, double tolerance) {
    const lk_kernels *kernels = lk_kernels_named("scalar");
    static float logits[MOST], gradient[MOST], log_p[MOST];
    static double wide[MOST];
    float nll[MOST / 3];
    uint16_t x[MOST / 3];
    memcpy(logits, stock[ORDINARY], (size_t)(rows * width) * sizeof *logits);
    fill_values(x, rows, (uint32_t)width, 9);
    kernels->categorical_nll(nll, logits, x, rows, width);
    kernels->categorical_gradient(gradient, logits, x, 3.0f, rows, width);
    kernels->log_softmax(log_p, logits, rows, width);
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t s = 0; s < width; s++) {
            wide[s] = (double)logits[row * width + s];
        }
        check_near("categorical nll", x[row], (double)nll[row],
                   nll_in_double(wide, (int)width, x[row]), tolerance);
        check_near("log_softmax", x[row], -(double)log_p[row * width + x[row]],
                   nll_in_double(wide, (int)width, x[row]), tolerance);
        for (int64_t s = 0; s < width; s += width / 37 + 1) {
            const double step = 1e-5;
            double keep = wide[s];
            wide[s] = keep + step;
            double above = nll_in_double(wide, (int)width, x[row]);
            wide[s] = keep - step;
            double below = nll_in_double(wide, (int)width, x[row]);
            wide[s] = keep;
            check_near("categorical gradient", (double)s, (double)gradient[row * width + s],
                       3 * (above - below) / (2 * step), 1e-6);
        }
    }
}

static void test_categorical(void **state) {
    (void)state;
    static const struct {
        int64_t width, rows;
    } shapes[] = {{1, 5},   {3, 70},  {16, 33}, {17, 40}, {37, 20},
                  {255, 4}, {256, 3}, {512, 2}, {513, 2}, {1090, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        check_categorical(shapes[i].width, shapes[i].rows, 3e-7);
    }
}

/* Values of a large mean and a small spread, exact in float: what statistics in float would
 * lose. */
static void test_channel_norm_keeps_small_spreads(void **state) {
    (void)state;
    float in[64], out[64], gain[64], bias[64];
    double variance = 0;
    for (int i = 0; i < 64; i++) {
        in[i] = 30000.0f + (float)(i * 37 % 64) / 512.0f;
        gain[i] = 1.0f;
        bias[i] = 0.0f;
    }
    double mean = 30000.0 + 31.5 / 512.0;
    for (int i = 0; i < 64; i++) {
        variance += ((double)in[i] - mean) * ((double)in[i] - mean) / 64;
    }
    lk_kernels_named("scalar")->channel_norm(out, in, gain, bias, 1e-5, 1, 1, 64);
    for (int i = 0; i < 64; i++) {
        check_near("channel norm", i, (double)out[i],
                   ((double)in[i] - mean) / sqrt(variance + 1e-5), 1e-6);
    }
}

static void test_optimizers(void **state) {
    (void)state;
    const lk_kernels *kernels = lk_kernels_named("scalar");
    float w = 0.5f, m = 0.02f, s = 0.003f, g = -0.4f;
    const lk_adam_step *a = &adam_step;
    kernels->adam(&w, &m, &s, &g, a, 1);
    double gd = 0.7 * -0.4 + 0.03 * 0.5;
    double md = 0.9 * 0.02 + 0.1 * gd;
    double sd = 0.999 * 0.003 + 0.001 * gd * gd;
    double wd = 0.5 * (1 - 0.01 * 0.1) - 0.01 * (md / 0.271) / (sqrt(sd / 0.002997) + 1e-8);
    check_near("adam first", 0, (double)m, md, 1e-6);
    check_near("adam second", 0, (double)s, sd, 1e-7);
    check_near("adam weight", 0, (double)w, wd, 1e-6);

    w = 0.5f, m = 0.02f;
    kernels->sgd(&w, &m, &g, 0.1f, 0.9f, 0.01f, 0.7f, 1);
    md = 0.9 * 0.02 + (0.7 * -0.4 + 0.01 * 0.5);
    check_near("sgd velocity", 0, (double)m, md, 1e-6);
    check_near("sgd weight", 0, (double)w, 0.5 - 0.1 * md, 1e-6);

    w = 0.5f, s = 0.003f;
    kernels->adagrad(&w, &s, &g, 0.1f, 1e-3f, 0.01f, 0.7f, 1);
    gd = 0.7 * -0.4 + 0.01 * 0.5;
    sd = 0.003 + gd * gd;
    check_near("adagrad squares", 0, (double)s, sd, 1e-7);
    check_near("adagrad weight", 0, (double)w, 0.5 - 0.1 * gd / (sqrt(sd) + 1e-3), 1e-6);

    w = 0.5f, m = 0.02f;
    kernels->average(&m, &w, 0.9f, 1);
    check_near("average", 0, (double)m, 0.9 * 0.02 + 0.1 * 0.5, 1e-6);
}

static void test_choice(void **state) {
    (void)state;
    const lk_kernels *const *tables;
    int32_t count = lk_kernels_available(&tables);
    assert_true(count >= 1);
    assert_string_equal(tables[count - 1]->isa, "scalar");
    assert_null(lk_kernels_named("no such thing"));
    for (int32_t t = 0; t < count; t++) {
        assert_ptr_equal(lk_kernels_named(tables[t]->isa), tables[t]);
        assert_int_equal(setenv("LIKELY_ISA", tables[t]->isa, 1), 0);
        lk_context *context = NULL;
        assert_int_equal(lk_context_create(2, &context), LK_OK);
        assert_string_equal(lk_context_isa(context), tables[t]->isa);
        assert_int_equal(lk_context_threads(context), 2);
        lk_context_destroy(context);
    }
    assert_int_equal(unsetenv("LIKELY_ISA"), 0);
    lk_context *context = NULL;
    assert_int_equal(lk_context_create(0, &context), LK_OK);
    assert_true(lk_context_threads(context) >= 1);
    assert_string_equal(lk_context_isa(context), tables[0]->isa);
    lk_context_destroy(context);
}

static void test_refused_settings(void **state) {
    (void)state;
    lk_context *context = NULL;
    assert_int_equal(setenv("LIKELY_ISA", "abacus", 1), 0);
    assert_int_equal(lk_context_create(1, &context), LK_INVALID);
    assert_non_null(strstr(lk_context_message(context), "abacus"));
    assert_non_null(strstr(lk_context_message(context), "scalar"));
    lk_context_destroy(context);
    assert_int_equal(unsetenv("LIKELY_ISA"), 0);
    assert_int_equal(lk_context_create(-1, &context), LK_INVALID);
    assert_non_null(strstr(lk_context_message(context), "-1"));
    lk_context_destroy(context);
}

/* Counters side by side are the blocks of the generator, also beyond 32 bits of either half. */
static void test_drop_draw(void **state) {
    (void)state;
    const lk_random random = {SEED, LK_FOR_DROPOUT};
    const uint64_t a = UINT64_C(0x123456789ABC), b = UINT64_C(0xFFFFFFF0);
    const uint32_t threshold = UINT32_C(0x60000000);
    static const int64_t counts[] = {1, 3, 16, 17, 129};
    const lk_kernels *const *tables;
    const int32_t kinds = lk_kernels_available(&tables);
    uint32_t key[2], words[4];
    float factor[4 * 129 + 1];
    lk_random_key(random, key);
    for (size_t t = 0; t < (size_t)kinds * sizeof counts / sizeof *counts; t++) {
        const size_t c = t / (size_t)kinds;
        factor[4 * counts[c]] = -1.0f;
        tables[t % (size_t)kinds]->drop_draw(factor, key, a, b, counts[c], threshold, 1.6f);
        for (int64_t i = 0; i < 4 * counts[c]; i++) {
            lk_random_block(random, a, b + (uint64_t)(i / 4), words);
            assert_true(factor[i] == (words[i % 4] < threshold ? 0.0f : 1.6f));
        }
        assert_true(factor[4 * counts[c]] == -1.0f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_agree),
        cmocka_unit_test(test_functions_are_those_of_maths),
        cmocka_unit_test(test_sums_have_the_documented_shape),
        cmocka_unit_test(test_dots_have_the_documented_shape),
        cmocka_unit_test(test_maximum_and_finiteness),
        cmocka_unit_test(test_log_sums_are_those_of_double_maths),
        cmocka_unit_test(test_rows_are_added_in_order),
        cmocka_unit_test(test_drop_draw),
        cmocka_unit_test(test_backward_rules),
        cmocka_unit_test(test_bernoulli),
        cmocka_unit_test(test_categorical),
        cmocka_unit_test(test_channel_norm_keeps_small_spreads),
        cmocka_unit_test(test_optimizers),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_refused_settings),
    };
    return cmocka_run_group_tests(tests, fill_stock, NULL);
}
