/* The Bernoulli distribution of one logit l: p(x = 1) = sigmoid(l), nll = softplus(x ? -l : l). */
#include "base/maths.h"
#include "dist/split.h"

void lk_split_cdf(const lk_kernels *kernels, float logit, uint32_t cdf[3]) {
    float known = logit == logit ? logit : 0.0f;
    float q = -lk_magnitude(known);
    kernels->sigmoid(&q, &q, 1);
    uint32_t t = (uint32_t)(q * 0x1p+32f);
    uint32_t size = (t + 128) >> 8;
    size = size > 0 ? size : 1;
    const uint32_t whole = UINT32_C(1) << LK_CDF_BITS;
    cdf[0] = 0;
    cdf[1] = known >= 0.0f ? size : whole - size;
    cdf[2] = whole;
}

static int64_t channels(const lk_head *head) {
    LK_REQUIRE(head->alphabet == 2);
    return 1;
}

static void nll(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                const uint16_t *x, int64_t count, float *nll_nats) {
    (void)head;
    kernels->bernoulli_nll(nll_nats, parameters, x, count);
}

static void gradient(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                     const uint16_t *x, float scale, int64_t count, float *dparameters) {
    (void)head;
    kernels->bernoulli_gradient(dparameters, parameters, x, scale, count);
}

static void probabilities(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                          int64_t count, float temperature, float *probability) {
    (void)head;
    LK_REQUIRE(temperature >= 0.0f && temperature < lk_infinity());
    for (int64_t n = 0; n < count; n++) {
        float logit = parameters[n] == parameters[n] ? parameters[n] : 0.0f;
        float sure = logit > 0.0f ? lk_infinity() : -lk_infinity();
        probability[2 * n + 1] = temperature == 0.0f ? sure : logit / temperature;
        probability[2 * n] = -probability[2 * n + 1];
    }
    kernels->sigmoid(probability, probability, 2 * count);
}

static void cdf(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                uint32_t *out) {
    (void)head;
    lk_split_cdf(kernels, parameters[0], out);
}

const lk_dist lk_bernoulli = {
    .name = "bernoulli",
    .channels = channels,
    .nll = nll,
    .gradient = gradient,
    .probabilities = probabilities,
    .cdf = cdf,
};
