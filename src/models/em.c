/* Expectation maximisation for mixtures of products of categoricals.
 *
 * E step: log p(x, k) = log w_k + sum_v log p_k(x_v). It is summed as the components' log
 * probability of the most frequent value of every variable, plus corrections where an example
 * differs from it: for sparse data most terms are never touched, and the sums are short and so
 * exact. M step: p_k(x_v = a) = (sum_n r_nk [x_nv = a] + s q_v(a)) / (sum_n r_nk + s): the maximum
 * a posteriori estimate under a Dirichlet prior worth s examples, whose mean q is the data's
 * marginal. (A uniform prior would cost a tenth of a nat for each pixel that is always black.) The
 * most frequent value's count is what the others leave.
 *
 * Threads take pieces of examples in the E step, pieces of variables in the M step; a chunk of
 * examples is counted in float32, the chunks in double, always in the same order. So the result
 * does not depend on the number of threads. */
#include "models/em.h"

#include <string.h>

#include "base/arena.h"
#include "base/measure.h"
#include "base/maths.h"
#include "base/random.h"
#include "kernels/kernels.h"

enum {
    CHUNK_EXAMPLES = 4096,
    CHUNK_POSTERIORS = 1 << 22,
    EXAMPLES_PER_PIECE = 32,
    VARIABLE_PIECES = 16,
};

#define SHARPNESS 0.5      /* how much of a start's component is its example */
#define PROGRESS_NATS 1e-3 /* an improvement smaller than this is none */

typedef struct em {
    lk_context *context;
    int64_t variables, components;
    int32_t alphabet;         /* the largest */
    const int32_t *alphabets; /* [variables]; NULL: all alike */
    int64_t *symbols;         /* [variables + 1]: where each one's rows begin */
    double smoothing;
    int32_t *mode;        /* [variables]: the most frequent value */
    double *marginal;     /* [variables * alphabet] */
    float *log_weight;    /* [components] */
    float *log_component; /* [variables * alphabet][components] */
    float *difference;    /* the same: log_component minus the mode's row */
    float *base;          /* [components]: log_weight plus the modes' rows */
    float *chunk_count;   /* [variables * alphabet][components]; the modes' rows are not used */
    double *count;        /* the same, over all chunks */
    double *total;        /* [components] */
    int64_t chunk;        /* examples at a time */
    float *posterior;     /* [chunk][components] */
    double *nll;          /* [chunk] */
    const uint16_t *x;    /* of the present chunk */
    int64_t examples;
    double end; /* when the time is up; 0: never */
    bool late;  /* it was, in the midst of an E step, which is then worth nothing */
} em;

static void em_deinit(em *e) {
    lk_release(e->mode);
    lk_release(e->marginal);
    lk_release(e->log_weight);
    lk_release(e->log_component);
    lk_release(e->symbols);
    lk_release(e->difference);
    lk_release(e->base);
    lk_release(e->chunk_count);
    lk_release(e->count);
    lk_release(e->total);
    lk_release(e->posterior);
    lk_release(e->nll);
}

static int32_t alphabet_of(const em *e, int64_t v) {
    return e->alphabets != NULL ? e->alphabets[v] : e->alphabet;
}

static bool number_symbols(em *e) {
    e->symbols = lk_allocate(e->variables + 1, sizeof *e->symbols);
    for (int64_t v = 0; e->symbols != NULL && v < e->variables; v++) {
        e->symbols[v + 1] = e->symbols[v] + alphabet_of(e, v);
    }
    return e->symbols != NULL;
}

static bool em_allocate(em *e) {
    int64_t rows = e->symbols[e->variables], table = rows * e->components;
    e->chunk = CHUNK_POSTERIORS / e->components;
    e->chunk = e->chunk > CHUNK_EXAMPLES       ? CHUNK_EXAMPLES
               : e->chunk < EXAMPLES_PER_PIECE ? EXAMPLES_PER_PIECE
                                               : e->chunk;
    e->mode = lk_allocate(e->variables, sizeof *e->mode);
    e->marginal = lk_allocate(rows, sizeof *e->marginal);
    e->log_weight = lk_allocate(e->components, sizeof(float));
    e->log_component = lk_allocate(table, sizeof(float));
    e->difference = lk_allocate(table, sizeof(float));
    e->base = lk_allocate(e->components, sizeof(float));
    e->chunk_count = lk_allocate(table, sizeof(float));
    e->count = lk_allocate(table, sizeof(double));
    e->total = lk_allocate(e->components, sizeof(double));
    e->posterior = lk_allocate(e->chunk * e->components, sizeof(float));
    e->nll = lk_allocate(e->chunk, sizeof(double));
    return e->mode != NULL && e->marginal != NULL && e->log_weight != NULL &&
           e->log_component != NULL && e->difference != NULL && e->base != NULL &&
           e->chunk_count != NULL && e->count != NULL && e->total != NULL && e->posterior != NULL &&
           e->nll != NULL;
}

/* Marginals with one pseudo-example, spread evenly, so that none is 0. */
static void count_marginals(em *e, const lk_dataset *train) {
    for (int64_t i = 0; i < train->examples * train->variables; i++) {
        e->marginal[e->symbols[i % e->variables] + train->values[i]] += 1.0;
    }
    for (int64_t v = 0; v < e->variables; v++) {
        double *own = e->marginal + e->symbols[v];
        int32_t alphabet = alphabet_of(e, v);
        for (int32_t a = 0; a < alphabet; a++) {
            e->mode[v] = own[a] > own[e->mode[v]] ? a : e->mode[v];
        }
        for (int32_t a = 0; a < alphabet; a++) {
            own[a] = (own[a] + 1.0 / alphabet) / ((double)train->examples + 1.0);
        }
    }
}

/* ---- M step ---------------------------------------------------------------------------------- */

static int64_t piece_begin(const em *e, int64_t piece) {
    return e->variables * piece / VARIABLE_PIECES;
}

/* Counts of the present chunk, for the variables of a piece. */
static void count_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    em *e = argument;
    int64_t first = piece_begin(e, piece), last = piece_begin(e, piece + 1), k = e->components;
    int64_t from = e->symbols[first] * k, floats = (e->symbols[last] - e->symbols[first]) * k;
    memset(e->chunk_count + from, 0, (size_t)floats * sizeof(float));
    for (int64_t n = 0; n < e->examples; n++) {
        const uint16_t *x = e->x + n * e->variables;
        for (int64_t v = first; v < last; v++) {
            if (x[v] != e->mode[v]) {
                e->context->kernels->add(e->chunk_count + (e->symbols[v] + x[v]) * k,
                                         e->posterior + n * k, k);
            }
        }
    }
    for (int64_t i = from; i < from + floats; i++) {
        e->count[i] += (double)e->chunk_count[i];
    }
}

static void count_totals(em *e) {
    for (int64_t n = 0; n < e->examples; n++) {
        for (int64_t k = 0; k < e->components; k++) {
            e->total[k] += (double)e->posterior[n * e->components + k];
        }
    }
}

/* The most frequent value's counts: what the others leave, up to rounding never negative. */
static void count_mode(em *e, int64_t v) {
    int64_t components = e->components;
    double *mode = e->count + (e->symbols[v] + e->mode[v]) * components;
    memcpy(mode, e->total, (size_t)components * sizeof *mode);
    for (int32_t a = 0; a < alphabet_of(e, v); a++) {
        const double *other = e->count + (e->symbols[v] + a) * components;
        for (int64_t k = 0; a != e->mode[v] && k < components; k++) {
            mode[k] -= other[k];
        }
    }
    for (int64_t k = 0; k < components; k++) {
        mode[k] = mode[k] > 0.0 ? mode[k] : 0.0;
    }
}

static void set_variable(em *e, int64_t v) {
    int64_t components = e->components;
    count_mode(e, v);
    for (int32_t a = 0; a < alphabet_of(e, v); a++) {
        int64_t row = e->symbols[v] + a;
        float *out = e->log_component + row * components;
        for (int64_t k = 0; k < components; k++) {
            double counted = e->count[row * components + k] + e->smoothing * e->marginal[row];
            out[k] = (float)(counted / (e->total[k] + e->smoothing));
        }
        e->context->kernels->log(out, out, components);
    }
}

static void set_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    em *e = argument;
    for (int64_t v = piece_begin(e, piece); v < piece_begin(e, piece + 1); v++) {
        set_variable(e, v);
    }
}

static void m_step(em *e, int64_t examples) {
    lk_pool_run(e->context->pool, VARIABLE_PIECES, set_piece, e);
    double all = (double)examples + e->smoothing * (double)e->components;
    for (int64_t k = 0; k < e->components; k++) {
        e->log_weight[k] = (float)((e->total[k] + e->smoothing) / all);
    }
    e->context->kernels->log(e->log_weight, e->log_weight, e->components);
}

/* ---- E step ---------------------------------------------------------------------------------- */

static void difference_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    em *e = argument;
    int64_t components = e->components;
    for (int64_t v = piece_begin(e, piece); v < piece_begin(e, piece + 1); v++) {
        const float *mode = e->log_component + (e->symbols[v] + e->mode[v]) * components;
        for (int32_t a = 0; a < alphabet_of(e, v); a++) {
            int64_t at = (e->symbols[v] + a) * components;
            for (int64_t k = 0; k < components; k++) {
                e->difference[at + k] = e->log_component[at + k] - mode[k];
            }
        }
    }
}

/* total serves as the double accumulator here: the E step is about to begin. */
static void begin_e_step(em *e) {
    lk_pool_run(e->context->pool, VARIABLE_PIECES, difference_piece, e);
    for (int64_t k = 0; k < e->components; k++) {
        e->total[k] = (double)e->log_weight[k];
    }
    for (int64_t v = 0; v < e->variables; v++) {
        const float *mode = e->log_component + (e->symbols[v] + e->mode[v]) * e->components;
        for (int64_t k = 0; k < e->components; k++) {
            e->total[k] += (double)mode[k];
        }
    }
    for (int64_t k = 0; k < e->components; k++) {
        e->base[k] = (float)e->total[k];
    }
    memset(e->total, 0, (size_t)e->components * sizeof *e->total);
}

/* log p(x, k), then p(k | x), and the NLL of x. */
static void posterior_of(em *e, int64_t n) {
    const lk_kernels *kernels = e->context->kernels;
    const uint16_t *x = e->x + n * e->variables;
    int64_t components = e->components;
    float *r = e->posterior + n * components;
    memcpy(r, e->base, (size_t)components * sizeof *r);
    for (int64_t v = 0; v < e->variables; v++) {
        if (x[v] != e->mode[v]) {
            kernels->add(r, e->difference + (e->symbols[v] + x[v]) * components, components);
        }
    }
    float most = kernels->maximum(r, components);
    for (int64_t k = 0; k < components; k++) {
        r[k] -= most;
    }
    kernels->exp(r, r, components);
    float sum = kernels->sum(r, components), scale = 1.0f / sum;
    for (int64_t k = 0; k < components; k++) {
        r[k] *= scale;
    }
    e->nll[n] = -((double)most + (double)lk_log_scalar(sum));
}

static void posterior_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    em *e = argument;
    int64_t first = piece * EXAMPLES_PER_PIECE, last = first + EXAMPLES_PER_PIECE;
    for (int64_t n = first; n < last && n < e->examples; n++) {
        posterior_of(e, n);
    }
}

/* The mean NLL of the data under the present parameters; with `count`, also what the M step
 * needs. Ends between chunks, with NaN, when the time is up. */
static double e_step(em *e, const lk_dataset *data, bool count) {
    begin_e_step(e);
    if (count) {
        memset(e->count, 0, (size_t)(e->symbols[e->variables] * e->components) * sizeof *e->count);
    }
    double nll = 0.0;
    for (int64_t first = 0; first < data->examples; first += e->chunk) {
        e->late = e->late || (e->end > 0.0 && lk_seconds() > e->end);
        if (e->late) {
            return (double)lk_nan();
        }
        e->examples = data->examples - first < e->chunk ? data->examples - first : e->chunk;
        e->x = data->values + first * e->variables;
        lk_pool_run(e->context->pool, (e->examples + EXAMPLES_PER_PIECE - 1) / EXAMPLES_PER_PIECE,
                    posterior_piece, e);
        for (int64_t n = 0; n < e->examples; n++) {
            nll += e->nll[n];
        }
        if (count) {
            lk_pool_run(e->context->pool, VARIABLE_PIECES, count_piece, e);
            count_totals(e);
        }
    }
    return nll / (double)data->examples;
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* The best parameters met so far. */
typedef struct keeper {
    float *log_weight, *log_component;
    double nll;
    int64_t weights, table;
} keeper;

static void keep(keeper *best, const em *e, double nll) {
    memcpy(best->log_weight, e->log_weight, (size_t)best->weights * sizeof(float));
    memcpy(best->log_component, e->log_component, (size_t)best->table * sizeof(float));
    best->nll = nll;
}

static void put_back(const keeper *best, em *e) {
    memcpy(e->log_weight, best->log_weight, (size_t)best->weights * sizeof(float));
    memcpy(e->log_component, best->log_component, (size_t)best->table * sizeof(float));
}

/* Each component begins as an example of its own, half blended into the marginals. */
static lk_status begin_start(em *e, const lk_dataset *train, uint64_t seed, int64_t start) {
    int32_t *chosen = lk_allocate(train->examples, sizeof *chosen);
    if (chosen == NULL) {
        return lk_fail_no_memory(e->context, "EM start", train->examples * (int64_t)sizeof *chosen);
    }
    lk_random_permutation((lk_random){seed, LK_FOR_FIT}, (uint64_t)start, train->examples, chosen);
    for (int64_t v = 0; v < e->variables; v++) {
        for (int32_t a = 0; a < alphabet_of(e, v); a++) {
            float *row = e->log_component + (e->symbols[v] + a) * e->components;
            for (int64_t k = 0; k < e->components; k++) {
                uint16_t seen = train->values[chosen[k % train->examples] * e->variables + v];
                double p = (1.0 - SHARPNESS) * e->marginal[e->symbols[v] + a] +
                           (seen == a ? SHARPNESS : 0.0);
                row[k] = (float)p;
            }
            e->context->kernels->log(row, row, e->components);
        }
    }
    for (int64_t k = 0; k < e->components; k++) {
        e->log_weight[k] = -lk_log_scalar((float)e->components);
    }
    lk_release(chosen);
    return LK_OK;
}

typedef struct progress {
    const lk_em_options *options;
    int64_t done, planned;
} progress;

/* One more iteration is done. LK_INTERRUPTED: asked to stop. */
static lk_status report(em *e, progress *p, double train_nll, double valid_nll) {
    const lk_em_options *options = p->options;
    p->done++;
    bool go = options->progress == NULL || options->progress(options->progress_argument, p->done,
                                                             p->planned, train_nll, valid_nll);
    return go ? LK_OK
              : lk_fail(e->context, LK_INTERRUPTED, "stopped at iteration %lld of EM",
                        (long long)p->done);
}

/* Short runs from random starts (Biernacki, Celeux, Govaert, 2003); the one whose likelihood is
 * best is continued. */
static lk_status choose_start(em *e, const lk_dataset *train, keeper *best, progress *p) {
    const lk_em_options *options = p->options;
    lk_status status = LK_OK;
    for (int64_t start = 0; status == LK_OK && start < options->starts && !(e->late && start > 0);
         start++) {
        LK_TRY(begin_start(e, train, options->seed, start));
        double nll = lk_infinity();
        for (int64_t i = 0; status == LK_OK && i < options->short_iterations && options->starts > 1;
             i++) {
            double now = e_step(e, train, true);
            if (e->late) {
                break;
            }
            nll = now;
            m_step(e, train->examples);
            status = report(e, p, nll, lk_nan());
        }
        if (start == 0 || nll < best->nll) {
            keep(best, e, nll);
        }
    }
    put_back(best, e);
    best->nll = lk_infinity();
    return status;
}

static lk_status continue_best(em *e, const lk_dataset *train, const lk_dataset *valid,
                               keeper *best, progress *p, const char **why) {
    const lk_em_options *options = p->options;
    double reference = lk_infinity();
    int64_t waited = 0;
    for (int64_t i = 0; i < options->iterations && waited < options->patience; i++) {
        double valid_nll = valid == NULL ? (double)lk_nan() : e_step(e, valid, false);
        double train_nll = e_step(e, train, true);
        double judged = valid == NULL ? train_nll : valid_nll;
        if (e->late) {
            *why = "minutes";
            return LK_OK;
        }
        if (judged < best->nll) {
            keep(best, e, judged);
        }
        waited = judged < reference - PROGRESS_NATS ? 0 : waited + 1;
        reference = waited == 0 ? judged : reference;
        if (options->kept != NULL) {
            *options->kept = true;
        }
        LK_TRY(report(e, p, train_nll, valid_nll));
        m_step(e, train->examples);
    }
    *why = waited < options->patience ? "iterations" : "converged";
    return LK_OK;
}

static lk_status run(em *e, const lk_dataset *train, const lk_dataset *valid, keeper *best,
                     const lk_em_options *options) {
    int64_t short_runs = options->starts > 1 ? options->starts * options->short_iterations : 0;
    progress p = {options, 0, short_runs + options->iterations};
    const char *why = NULL;
    e->end = options->minutes > 0.0 ? lk_seconds() + 60.0 * options->minutes : 0.0;
    count_marginals(e, train);
    LK_TRY(choose_start(e, train, best, &p));
    LK_TRY(continue_best(e, train, valid, best, &p, &why));
    if (options->stopped != NULL) {
        *options->stopped = why;
    }
    return LK_OK;
}

lk_status lk_em_fit(lk_context *context, const lk_dataset *train, const lk_dataset *valid,
                    int32_t alphabet, const int32_t *alphabets, const lk_em_options *options,
                    float *log_weight, float *log_component) {
    LK_REQUIRE(options->components >= 1 && options->starts >= 1 && options->smoothing > 0.0);
    em e = {
        .context = context,
        .variables = train->variables,
        .components = options->components,
        .alphabet = alphabet,
        .alphabets = alphabets,
        .smoothing = options->smoothing,
    };
    lk_status status = lk_fail_no_memory(context, "EM", train->variables * 8);
    if (number_symbols(&e) && em_allocate(&e)) {
        int64_t table = e.symbols[e.variables] * options->components;
        keeper best = {log_weight, log_component, lk_infinity(), options->components, table};
        status = run(&e, train, valid, &best, options);
    }
    em_deinit(&e);
    return status;
}
