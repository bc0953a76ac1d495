/* The categorical distribution of V logits: p = softmax(logits).
 *
 * The integer CDF, for V > 2. With m the greatest logit (NaN apart), in float32,
 *
 *   w_s = exp(l_s - m)                       1 for l_s = m even if that is infinite; 0 for NaN
 *   t_s = floor(w_s 2^b)                     b = min(30, 40 - ceil(log2 V)); exact, the scaling
 *     only moves the exponent
 *   T   = sum of t_s                         at most 2^40; if it is 0 (all NaN), all t_s = 1
 *   R   = floor((2^24 - V) 2^40 / T)         the only division
 *   cdf[s] = s + floor((t_0 + ... + t_{s-1}) R / 2^40)   for s < V,     cdf[V] = 2^24
 *
 * So every symbol has 1, and the other 2^24 - V are dealt out by cutting the cumulative sum:
 * nothing has to be rounded, then repaired, and no symbol is off by more than one. What the
 * flooring of R leaves over, at most 1, is the last symbol's. The products stay below 2^64 because
 * T R <= (2^24 - V) 2^40.
 *
 * For V = 2 the CDF is the Bernoulli one of the logit l_1 - l_0 (split.h). */
#include <string.h>

#include "base/maths.h"
#include "dist/split.h"

#define SHARE_BITS 40

/* exp works on the stack, so many logits at a time. */
#define BLOCK 256

/* The greatest logit; NaN is passed over; -inf when there is nothing else. */
static float greatest(const lk_kernels *kernels, const float *logits, int32_t alphabet) {
    float maximum = kernels->maximum(logits, alphabet);
    if (maximum == maximum) {
        return maximum;
    }
    maximum = -lk_infinity();
    for (int32_t s = 0; s < alphabet; s++) {
        maximum = logits[s] > maximum ? logits[s] : maximum;
    }
    return maximum;
}

/* l - maximum, where infinity is as far from itself as any number, and NaN is infinitely far
 * below. */
static inline float below(float logit, float maximum) {
    float difference = logit < maximum ? logit - maximum : -lk_infinity();
    return logit == maximum ? 0.0f : difference;
}

static int64_t channels(const lk_head *head) {
    LK_REQUIRE(head->alphabet >= 1 && head->alphabet <= 65536);
    return head->alphabet;
}

/* All examples have the parameters of the first: each symbol has one term. */
static void nll_alike(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                      const uint16_t *x, int64_t count, float *nll_nats) {
    float term[BLOCK];
    bool known[BLOCK] = {false};
    for (int64_t n = 0; n < count; n++) {
        if (!known[x[n]]) {
            kernels->categorical_nll(&term[x[n]], parameters, x + n, 1, head->alphabet);
            known[x[n]] = true;
        }
        nll_nats[n] = term[x[n]];
    }
}

/* Rows that stand apart are taken one by one: an example's bits are the same in any company. */
static void nll(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                const uint16_t *x, int64_t count, float *nll_nats) {
    int64_t at_once = head->channels == head->alphabet ? count : 1;
    if (head->alphabet <= BLOCK && lk_parameters_alike(parameters, head->channels, count)) {
        nll_alike(kernels, head, parameters, x, count, nll_nats);
        return;
    }
    for (int64_t n = 0; n < count; n += at_once) {
        kernels->categorical_nll(nll_nats + n, parameters + n * head->channels, x + n, at_once,
                                 head->alphabet);
    }
}

static void gradient(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                     const uint16_t *x, float scale, int64_t count, float *dparameters) {
    int64_t unused = head->channels - head->alphabet, at_once = unused == 0 ? count : 1;
    for (int64_t n = 0; n < count; n += at_once) {
        float *d = dparameters + n * head->channels;
        kernels->categorical_gradient(d, parameters + n * head->channels, x + n, scale, at_once,
                                      head->alphabet);
        memset(d + at_once * head->alphabet, 0, (size_t)unused * sizeof *d);
    }
}

/* Probability 1 for the first symbol with the greatest logit. */
static void most_probable(const float *logits, int32_t alphabet, float maximum,
                          float *probability) {
    int32_t best = -1;
    for (int32_t s = 0; s < alphabet; s++) {
        best = best < 0 && logits[s] == maximum ? s : best;
        probability[s] = 0.0f;
    }
    probability[best < 0 ? 0 : best] = 1.0f;
}

static void one_example(const lk_kernels *kernels, int32_t alphabet, const float *parameters,
                        float temperature, float *probability) {
    float maximum = greatest(kernels, parameters, alphabet);
    if (temperature == 0.0f) {
        most_probable(parameters, alphabet, maximum, probability);
        return;
    }
    for (int32_t s = 0; s < alphabet; s++) {
        probability[s] = below(parameters[s], maximum) / temperature;
    }
    kernels->exp(probability, probability, alphabet);
    float sum = kernels->sum(probability, alphabet);
    for (int32_t s = 0; s < alphabet; s++) {
        probability[s] = sum > 0.0f ? probability[s] / sum : 1.0f / (float)alphabet;
    }
}

static void probabilities(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                          int64_t count, float temperature, float *probability) {
    LK_REQUIRE(temperature >= 0.0f && temperature < lk_infinity());
    bool alike = lk_parameters_alike(parameters, head->channels, count);
    for (int64_t n = 0; n < (alike ? 1 : count); n++) {
        one_example(kernels, head->alphabet, parameters + n * head->channels, temperature,
                    probability + n * head->alphabet);
    }
    for (int64_t n = 1; n < count && alike; n++) {
        memcpy(probability + n * head->alphabet, probability,
               (size_t)head->alphabet * sizeof *probability);
    }
}

static int weight_bits(int32_t alphabet) {
    int bits = 0;
    while ((INT64_C(1) << bits) < alphabet) {
        bits++;
    }
    return bits < 10 ? 30 : SHARE_BITS - bits;
}

/* t_s at weight[s]; returns T. */
static uint64_t integer_weights(const lk_kernels *kernels, int32_t alphabet, const float *logits,
                                uint32_t *weight) {
    float maximum = greatest(kernels, logits, alphabet);
    float scale = lk_power_of_two(weight_bits(alphabet));
    uint64_t total = 0;
    float block[BLOCK];
    for (int32_t first = 0; first < alphabet; first += BLOCK) {
        int32_t count = alphabet - first < BLOCK ? alphabet - first : BLOCK;
        for (int32_t i = 0; i < count; i++) {
            block[i] = below(logits[first + i], maximum);
        }
        kernels->exp(block, block, count);
        for (int32_t i = 0; i < count; i++) {
            uint32_t t = (uint32_t)(int32_t)(block[i] * scale);
            weight[first + i] = t;
            total += t;
        }
    }
    return total;
}

static void cdf(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                uint32_t *out) {
    int32_t alphabet = head->alphabet;
    if (alphabet == 2) {
        lk_split_cdf(kernels, parameters[1] - parameters[0], out);
        return;
    }
    uint32_t *weight = out + 1; /* each is read before its place is written */
    uint64_t total = integer_weights(kernels, alphabet, parameters, weight);
    const uint32_t whole = UINT32_C(1) << LK_CDF_BITS;
    if (total == 0) {
        for (int32_t s = 0; s < alphabet; s++) {
            weight[s] = 1;
        }
        total = (uint64_t)alphabet;
    }
    uint64_t share = ((uint64_t)(whole - (uint32_t)alphabet) << SHARE_BITS) / total;
    uint64_t sum = 0;
    out[0] = 0;
    for (int32_t s = 0; s < alphabet; s++) {
        sum += weight[s];
        out[s + 1] = (uint32_t)(s + 1) + (uint32_t)((sum * share) >> SHARE_BITS);
    }
    out[alphabet] = whole;
}

const lk_dist lk_categorical = {
    .name = "categorical",
    .channels = channels,
    .nll = nll,
    .gradient = gradient,
    .probabilities = probabilities,
    .cdf = cdf,
};
