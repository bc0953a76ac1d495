/* The discretized logistic mixture (Salimans, Karpathy, Chen, Kingma, "PixelCNN++", ICLR 2017,
 * section 2.1) of K components: p(x) = sum_k pi_k p_k(x), pi = softmax(log weights), p_k from
 * kernels/logistic.h.
 *
 *   nll = logsumexp(w) - logsumexp(w + log p(x))         r = softmax(w + log p(x))
 *   d nll / d w_k = pi_k - r_k        by a component's mean and log scale: -r_k d log p_k
 *
 * The integer intervals. With weights exp(w_k - max w) as floats (NaN: 0; where that leaves
 * nothing, all 1), F(i) = sum_k weight_k sigmoid((i - 1/2 - m_k) e_k) for an edge 0 < i < V, F(0) =
 * 0 and F(V) the sum of the weights. In double arithmetic F never falls from edge to edge
 * (kernels/isa/logistic.c), so that it need be known only where it is asked for:
 *
 *   digit j of n, over edges t_0 < ... < t_n:
 *   cdf(j) = j + floor((F(t_j) - F(t_0)) share)     share = (2^24 - n) / (F(t_n) - F(t_0))
 *
 * with cdf(n) = 2^24. Subtracting, multiplying and flooring keep order too, so each digit has its 1
 * and the rest is dealt out by F; where F(t_n) = F(t_0), all digits alike. Up to 4096 symbols a
 * symbol is one digit. Deeper ones are two, x / 256 and x mod 256: the 1 of each of 65,536 symbols
 * would be 0.4 % of the whole and cost each symbol up to 0.006 bits; so it costs 0.00004, and a
 * symbol far from all means has 2^-48 instead of 2^-24.
 *
 * Temperature: as for all distributions, all V probabilities to the power 1 / temperature. That
 * computes V K terms; drawing at temperature 1 does not. */
#include "base/maths.h"
#include "dist/dist.h"

#define BLOCK 512 /* components of some rows, on the stack; not below LK_MIXTURE_MOST */
#define ONE_DIGIT_MOST 4096
#define DIGIT 256

static int64_t channels(const lk_head *head) {
    LK_REQUIRE(head->alphabet >= 2 && head->alphabet <= 65536);
    LK_REQUIRE(head->components >= 1 && head->components <= LK_MIXTURE_MOST);
    return 3 * (int64_t)head->components;
}

/* ---- likelihood and gradient ----------------------------------------------------------------- */

/* Some rows side by side, K entries each. */
typedef struct block {
    lk_logistic levels;
    int64_t rows, components;
    float x[BLOCK], mean[BLOCK], log_scale[BLOCK];
    float prior[BLOCK], posterior[BLOCK]; /* exp(w - its maximum); of w + log p(x) too */
    float prior_most[BLOCK], prior_sum[BLOCK], posterior_most[BLOCK], posterior_sum[BLOCK];
} block;

static void gather(block *b, const float *parameters, int64_t stride, const uint16_t *x) {
    for (int64_t n = 0; n < b->rows; n++, parameters += stride) {
        for (int64_t k = 0; k < b->components; k++) {
            int64_t i = n * b->components + k;
            b->x[i] = (float)x[n];
            b->prior[i] = parameters[k];
            b->mean[i] = parameters[b->components + k];
            b->log_scale[i] = parameters[2 * b->components + k];
        }
    }
}

/* Each row becomes exp(row - most), where most is its maximum, or 0 where nothing is possible. */
static void exponentials(const lk_kernels *kernels, const block *b, float *row, float *most,
                         float *sum) {
    for (int64_t n = 0; n < b->rows; n++) {
        float *in = row + n * b->components;
        most[n] = -lk_infinity();
        for (int64_t k = 0; k < b->components; k++) {
            most[n] = in[k] > most[n] ? in[k] : most[n];
        }
        most[n] = most[n] == -lk_infinity() ? 0.0f : most[n];
        for (int64_t k = 0; k < b->components; k++) {
            in[k] -= most[n];
        }
    }
    kernels->exp(row, row, b->rows * b->components);
    for (int64_t n = 0; n < b->rows; n++) {
        sum[n] = 0.0f;
        for (int64_t k = 0; k < b->components; k++) {
            sum[n] += row[n * b->components + k];
        }
    }
}

static void weigh(const lk_kernels *kernels, block *b) {
    int64_t count = b->rows * b->components;
    kernels->logistic(b->posterior, &b->levels, b->x, b->mean, b->log_scale, count);
    for (int64_t i = 0; i < count; i++) {
        b->posterior[i] += b->prior[i];
    }
    exponentials(kernels, b, b->prior, b->prior_most, b->prior_sum);
    exponentials(kernels, b, b->posterior, b->posterior_most, b->posterior_sum);
}

static block block_of(const lk_head *head) {
    block b;
    b.levels = lk_logistic_levels(head->alphabet);
    b.components = head->components;
    return b;
}

static int64_t rows_of(const block *b, int64_t left) {
    int64_t most = BLOCK / b->components;
    return left < most ? left : most;
}

/* Row n's parameters stand at n * stride. */
static void nll_of_rows(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                        int64_t stride, const uint16_t *x, int64_t count, float *nll_nats) {
    block b = block_of(head);
    for (int64_t first = 0; first < count; first += b.rows) {
        b.rows = rows_of(&b, count - first);
        gather(&b, parameters + first * stride, stride, x + first);
        weigh(kernels, &b);
        kernels->log(b.prior_sum, b.prior_sum, b.rows);
        kernels->log(b.posterior_sum, b.posterior_sum, b.rows);
        for (int64_t n = 0; n < b.rows; n++) {
            nll_nats[first + n] =
                (b.prior_most[n] - b.posterior_most[n]) + (b.prior_sum[n] - b.posterior_sum[n]);
        }
    }
}

static void nll(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                const uint16_t *x, int64_t count, float *nll_nats) {
    nll_of_rows(kernels, head, parameters, head->channels, x, count, nll_nats);
}

static void gradient(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                     const uint16_t *x, float scale, int64_t count, float *dparameters) {
    block b = block_of(head);
    float by_mean[BLOCK], by_log_scale[BLOCK];
    for (int64_t first = 0; first < count; first += b.rows) {
        b.rows = rows_of(&b, count - first);
        gather(&b, parameters + first * head->channels, head->channels, x + first);
        weigh(kernels, &b);
        kernels->logistic_slopes(by_mean, by_log_scale, &b.levels, b.x, b.mean, b.log_scale,
                                 b.rows * b.components);
        float *d = dparameters + first * head->channels;
        for (int64_t n = 0; n < b.rows; n++, d += head->channels) {
            for (int64_t k = 0; k < b.components; k++) {
                int64_t i = n * b.components + k;
                float share = b.posterior[i] / b.posterior_sum[n];
                d[k] = scale * (b.prior[i] / b.prior_sum[n] - share);
                d[b.components + k] = scale * -share * by_mean[i];
                d[2 * b.components + k] = scale * -share * by_log_scale[i];
            }
        }
    }
}

/* ---- probabilities --------------------------------------------------------------------------- */

/* The NLL of all symbols; what is not a number is impossible. Returns the least. */
static float nll_of_all(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                        float *nll_nats) {
    uint16_t x[DIGIT];
    float least = lk_infinity();
    for (int32_t first = 0; first < head->alphabet; first += DIGIT) {
        int32_t count = head->alphabet - first < DIGIT ? head->alphabet - first : DIGIT;
        for (int32_t i = 0; i < count; i++) {
            x[i] = (uint16_t)(first + i);
        }
        nll_of_rows(kernels, head, parameters, 0, x, count, nll_nats + first);
    }
    for (int32_t s = 0; s < head->alphabet; s++) {
        nll_nats[s] = nll_nats[s] == nll_nats[s] ? nll_nats[s] : lk_infinity();
        least = nll_nats[s] < least ? nll_nats[s] : least;
    }
    return least;
}

static void most_probable(int32_t alphabet, float least, float *probability) {
    int32_t best = -1;
    for (int32_t s = 0; s < alphabet; s++) {
        best = best < 0 && probability[s] == least ? s : best;
        probability[s] = 0.0f;
    }
    probability[best < 0 ? 0 : best] = 1.0f;
}

static void one_example(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                        float temperature, float *probability) {
    float least = nll_of_all(kernels, head, parameters, probability);
    if (temperature == 0.0f) {
        most_probable(head->alphabet, least, probability);
        return;
    }
    least = least < lk_infinity() ? least : 0.0f;
    for (int32_t s = 0; s < head->alphabet; s++) {
        probability[s] = (least - probability[s]) / temperature;
    }
    kernels->exp(probability, probability, head->alphabet);
    float sum = kernels->sum(probability, head->alphabet);
    for (int32_t s = 0; s < head->alphabet; s++) {
        probability[s] = sum > 0.0f ? probability[s] / sum : 1.0f / (float)head->alphabet;
    }
}

static void probabilities(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                          int64_t count, float temperature, float *probability) {
    LK_REQUIRE(temperature >= 0.0f && temperature < lk_infinity());
    for (int64_t n = 0; n < count; n++) {
        one_example(kernels, head, parameters + n * head->channels, temperature,
                    probability + n * head->alphabet);
    }
}

/* ---- the cumulative function ----------------------------------------------------------------- */

typedef struct cumulative {
    const lk_kernels *kernels;
    int64_t components;
    int32_t alphabet;
    double weight[LK_MIXTURE_MOST], total;
    float mean[LK_MIXTURE_MOST], inverse[LK_MIXTURE_MOST]; /* in levels */
} cumulative;

/* Weights of at most 1, the greatest of which is 1. */
static void weigh_components(cumulative *f, const float *log_weight) {
    float most = -lk_infinity(), weight[LK_MIXTURE_MOST];
    for (int64_t k = 0; k < f->components; k++) {
        most = log_weight[k] > most ? log_weight[k] : most;
    }
    for (int64_t k = 0; k < f->components; k++) {
        weight[k] = log_weight[k] < most ? log_weight[k] - most : -lk_infinity();
        weight[k] = log_weight[k] == most ? 0.0f : weight[k];
    }
    f->kernels->exp(weight, weight, f->components);
    f->total = 0.0;
    for (int64_t k = 0; k < f->components; k++) {
        f->weight[k] = (double)weight[k];
        f->total += f->weight[k];
    }
    for (int64_t k = 0; k < f->components && !(f->total > 0.0); k++) {
        f->weight[k] = 1.0;
    }
    f->total = f->total > 0.0 ? f->total : (double)f->components;
}

static void cumulative_init(cumulative *f, const lk_kernels *kernels, const lk_head *head,
                            const float *parameters) {
    lk_logistic levels = lk_logistic_levels(head->alphabet);
    int64_t components = head->components;
    f->kernels = kernels;
    f->components = components;
    f->alphabet = head->alphabet;
    weigh_components(f, parameters);
    for (int64_t k = 0; k < components; k++) {
        f->mean[k] = parameters[components + k] * levels.half + levels.half;
        f->inverse[k] = -lk_logistic_held(&levels, parameters[2 * components + k]);
    }
    kernels->exp(f->inverse, f->inverse, components);
    for (int64_t k = 0; k < components; k++) {
        f->inverse[k] *= levels.unit;
    }
}

/* F of an edge. */
static double below(const cumulative *f, int32_t edge) {
    return edge <= 0             ? 0.0
           : edge >= f->alphabet ? f->total
                                 : f->kernels->logistic_below(f->weight, f->mean, f->inverse,
                                                              (float)edge - 0.5f, f->components);
}

/* ---- digits ---------------------------------------------------------------------------------- */

/* The values 0 .. count - 1 of a digit: value j stands for the symbols from edge `first + j step`
 * on. */
typedef struct place {
    int32_t first, step, count;
    double below, share; /* F of its first edge */
} place;

static int32_t digits(const lk_head *head) {
    return head->alphabet <= ONE_DIGIT_MOST ? 1 : 2;
}

static place place_of(const cumulative *f, int32_t digit, int32_t known) {
    place p = {.count = f->alphabet, .step = 1};
    if (f->alphabet > ONE_DIGIT_MOST && digit == 0) {
        p = (place){.count = (f->alphabet + DIGIT - 1) / DIGIT, .step = DIGIT};
    } else if (f->alphabet > ONE_DIGIT_MOST) {
        int32_t left = f->alphabet - known * DIGIT;
        p = (place){.first = known * DIGIT, .step = 1, .count = left < DIGIT ? left : DIGIT};
    }
    p.below = below(f, p.first);
    double all = below(f, p.first + p.count * p.step) - p.below;
    double dealt = (double)((1 << LK_CDF_BITS) - p.count);
    p.share = all > 0.0 ? dealt / all : 0.0;
    return p;
}

static uint32_t cdf_at(const cumulative *f, const place *p, int32_t value) {
    if (value <= 0 || value >= p->count) {
        return value <= 0 ? 0 : UINT32_C(1) << LK_CDF_BITS;
    }
    if (p->share == 0.0) {
        uint32_t dealt = (UINT32_C(1) << LK_CDF_BITS) - (uint32_t)p->count;
        return (uint32_t)value + (uint32_t)((uint64_t)dealt * (uint64_t)value / (uint64_t)p->count);
    }
    double dealt = (below(f, p->first + value * p->step) - p->below) * p->share;
    return (uint32_t)value + (uint32_t)dealt;
}

static lk_interval interval_of(const cumulative *f, const place *p, int32_t value) {
    uint32_t start = cdf_at(f, p, value);
    return (lk_interval){start, cdf_at(f, p, value + 1) - start};
}

static void intervals(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                      uint16_t x, lk_interval *interval) {
    cumulative f;
    LK_REQUIRE(x < head->alphabet);
    cumulative_init(&f, kernels, head, parameters);
    int32_t count = digits(head), high = count == 1 ? x : x / DIGIT;
    place p = place_of(&f, 0, 0);
    interval[0] = interval_of(&f, &p, high);
    if (count == 2) {
        p = place_of(&f, 1, high);
        interval[1] = interval_of(&f, &p, x % DIGIT);
    }
}

static int32_t find(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                    int32_t digit, int32_t known, uint32_t position, lk_interval *interval) {
    cumulative f;
    cumulative_init(&f, kernels, head, parameters);
    place p = place_of(&f, digit, known);
    int32_t low = 0, high = p.count;
    uint32_t start = 0, end = UINT32_C(1) << LK_CDF_BITS;
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        uint32_t at = cdf_at(&f, &p, middle);
        bool before = at <= position;
        low = before ? middle : low;
        start = before ? at : start;
        high = before ? high : middle;
        end = before ? end : at;
    }
    *interval = (lk_interval){start, end - start};
    return p.first + low;
}

static int32_t draw(const lk_kernels *kernels, const lk_head *head, const float *parameters,
                    float unit) {
    cumulative f;
    cumulative_init(&f, kernels, head, parameters);
    double wanted = (double)unit * f.total;
    int32_t low = 0, high = head->alphabet; /* F(low) <= wanted < F(high) */
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        bool before = below(&f, middle) <= wanted;
        low = before ? middle : low;
        high = before ? high : middle;
    }
    return low;
}

static const lk_search search = {digits, intervals, find, draw};

const lk_dist lk_logistic_mixture = {
    .name = "logistic mixture",
    .channels = channels,
    .nll = nll,
    .gradient = gradient,
    .probabilities = probabilities,
    .search = &search,
};
