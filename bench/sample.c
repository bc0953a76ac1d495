/* Sampling speed of a network of bench/networks.h, at batches of 1 and 16: cached (each cell
 * computed once) and naive (a whole forward pass for every variable). bench/sample.sh runs it in
 * turn with PyTorch. Arguments: NETWORK, SECONDS for each line, THREADS (0: processors), BATCH,
 * "rounds": cached sampling of that batch for each line on the standard input (rounds.h). */
#include "dist/dist.h"
#include "rounds.h"

typedef struct sampler {
    const network *network;
    lk_graph *graph;
    lk_execution *execution;
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
    LK_TRY(lk_execution_create(s->graph, incremental ? LK_PLAN_STEPS : LK_PLAN_EVALUATE,
                               s->batch, &s->execution));
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

static lk_status rounds(sampler *s, double seconds) {
    LK_TRY(init(s, true));
    LK_TRY(cached(s, 0.2));
    while (timed_turn(&s->timed)) {
        LK_TRY(cached(s, seconds));
        timed_print(&s->timed, s->batch, 20);
    }
    deinit(s);
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
