/* Sampling speed of a network of bench/networks.h, at batches of 1 and 16: cached (each cell
 * computed once) and naive (a whole forward pass for every variable). bench/sample.sh runs it in
 * turn with PyTorch. Arguments: NETWORK, SECONDS for each line, THREADS (0: processors), BATCH,
 * "rounds": cached sampling of that batch for each line on the standard input (rounds.h), where
 * threads take parts of the batch of their own if the command would (jobs/sample_group.c). */
#include "dist/dist.h"
#include "rounds.h"

enum { WORKERS_MOST = 16 };

typedef struct sampler {
    const network *network;
    lk_graph *graph;
    lk_execution *execution;
    lk_pool *pool; /* of one that works apart */
    double seconds;
    lk_status status;
    int64_t batch;
    uint16_t *x;        /* [batch][variables] */
    uint16_t *column;   /* [batch] */
    float *probability; /* [alphabet] */
    uint64_t drawn;
    timed_steps timed; /* each a symbol of all the batch */
} sampler;

/* Draws variable v (in the natural ordering its rank is v) from the conditionals that the execution
 * holds. */
static void draw(sampler *s, int32_t v) {
    const lk_graph *graph = s->graph;
    lk_head head = lk_graph_head(graph, 0);
    const float *parameters = lk_execution_parameters(s->execution, v);
    for (int64_t n = 0; n < s->batch; n++) {
        float unit = lk_random_unit((lk_random){2, LK_FOR_CHECK}, s->drawn++, 0);
        head.dist->probabilities(graph->context->kernels, &head,
                                 parameters + n * lk_graph_channels(graph), 1, 1.0f,
                                 s->probability);
        s->column[n] = (uint16_t)lk_probabilities_draw(s->probability, graph->alphabet, unit);
        s->x[n * graph->variables + v] = s->column[n];
    }
}

static lk_status cached(sampler *s, double seconds) {
    double end = now() + seconds;
    do {
        LK_TRY(lk_execution_begin(s->execution, s->batch));
        for (int32_t v = 0; v < s->graph->steps && now() < end; v++) {
            timed_begin(&s->timed);
            LK_TRY(lk_execution_compute(s->execution, v));
            draw(s, v);
            lk_execution_set(s->execution, v, s->column);
            timed_end(&s->timed);
        }
    } while (now() < end);
    return LK_OK;
}

static lk_status naive(sampler *s, double seconds) {
    double end = now() + seconds;
    do {
        for (int32_t v = 0; v < s->graph->steps && now() < end; v++) {
            LK_TRY(lk_execution_forward(s->execution, s->x, s->batch));
            draw(s, v);
        }
    } while (now() < end);
    return LK_OK;
}

static lk_status init(sampler *s, bool incremental) {
    lk_context *context = s->graph->context;
    LK_TRY(lk_execution_create(s->graph, incremental ? LK_PLAN_STEPS : LK_PLAN_EVALUATE, s->batch,
                               &s->execution));
    s->x = random_examples(s->network, s->batch);
    s->column = lk_allocate(s->batch, sizeof *s->column);
    s->probability = lk_allocate(s->graph->alphabet, sizeof *s->probability);
    s->drawn = 0;
    if (s->x == NULL || s->column == NULL || s->probability == NULL) {
        return lk_fail_no_memory(context, "samples", s->batch * s->graph->variables * 2);
    }
    return timed_init(&s->timed, context);
}

static void deinit(sampler *s) {
    timed_deinit(&s->timed);
    lk_release(s->x);
    lk_release(s->column);
    lk_release(s->probability);
    lk_execution_destroy(s->execution);
}

static lk_status measure(sampler *s, bool incremental, double seconds) {
    const lk_context *context = s->graph->context;
    LK_TRY(init(s, incremental));
    double processor = processor_time(), began = now();
    LK_TRY(incremental ? cached(s, seconds) : naive(s, seconds));
    double speed = (double)s->drawn / (now() - began),
           each = (processor_time() - processor) / (double)s->drawn;
    printf("likely  %s, sampling %s, batch %lld: %.1f symbols/s (processor %.0f us a symbol; %s, "
           "%d threads)\n",
           s->network->name, incremental ? "cached" : "naive", (long long)s->batch, speed,
           1e6 * each, lk_context_isa(context), lk_context_threads(context));
    deinit(s);
    return LK_OK;
}

static void round_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    sampler *s = (sampler *)argument + piece;
    s->status = cached(s, s->seconds);
}

/* A round of all workers; the steps of the first one are timed. */
static lk_status round_of(sampler *s, int workers, double seconds) {
    for (int w = 0; w < workers; w++) {
        s[w].seconds = seconds;
    }
    if (workers == 1) {
        return cached(s, seconds);
    }
    lk_pool_run(s->graph->context->pool, workers, round_piece, s);
    for (int w = 0; w < workers; w++) {
        LK_TRY(s[w].status);
    }
    return LK_OK;
}

static int workers_of(const sampler *s) {
    int threads = lk_context_threads(s->graph->context);
    bool apart = threads <= WORKERS_MOST && s->batch % threads == 0 &&
                 !lk_graph_shares_steps(s->graph, s->batch);
    return apart ? threads : 1;
}

static lk_status rounds(const sampler *whole, double seconds) {
    sampler s[WORKERS_MOST];
    int workers = workers_of(whole);
    for (int w = 0; w < workers; w++) {
        s[w] = *whole;
        s[w].batch = whole->batch / workers;
        LK_TRY(init(&s[w], true));
        if (workers > 1) {
            s[w].pool = lk_pool_create(1);
            if (s[w].pool == NULL) {
                return lk_fail_no_memory(s->graph->context, "a worker", 0);
            }
            lk_execution_set_pool(s[w].execution, s[w].pool);
        }
    }
    LK_TRY(round_of(s, workers, 0.2));
    while (timed_turn(&s->timed)) {
        for (int w = 1; w < workers; w++) {
            s[w].timed.count = 0;
        }
        LK_TRY(round_of(s, workers, seconds));
        timed_print(&s->timed, whole->batch, 20);
    }
    for (int w = 0; w < workers; w++) {
        deinit(&s[w]);
        if (s[w].pool != NULL) {
            lk_pool_destroy(s[w].pool);
        }
    }
    return LK_OK;
}

/* batch 0: of 1 and 16, cached and naive. */
static lk_status bench(lk_context *context, const network *n, double seconds, int64_t batch) {
    static const int64_t batches[] = {1, 16};
    lk_model *model;
    sampler s = {.network = n, .batch = batch};
    LK_TRY(network_create(context, n, &model, &s.graph));
    if (batch > 0) {
        LK_TRY(rounds(&s, seconds));
    }
    for (size_t i = 0; i < sizeof batches / sizeof *batches && batch == 0; i++) {
        s.batch = batches[i];
        LK_TRY(measure(&s, true, seconds));
        LK_TRY(measure(&s, false, seconds));
    }
    lk_graph_destroy(s.graph);
    lk_model_destroy(model);
    return LK_OK;
}

int main(int count, char **words) {
    lk_context *context;
    const network *n = network_named(count > 1 ? words[1] : networks[0].name);
    double seconds = count > 2 ? atof(words[2]) : 1.0;
    if (n == NULL) {
        return 2;
    }
    lk_status status = lk_context_create(count > 3 ? atoi(words[3]) : 0, &context);
    if (status == LK_OK) {
        bool in_rounds = count > 5 && strcmp(words[5], "rounds") == 0;
        status = bench(context, n, seconds, in_rounds ? atoll(words[4]) : 0);
    }
    int exit_status = report(status, context);
    lk_context_destroy(context);
    return exit_status;
}
