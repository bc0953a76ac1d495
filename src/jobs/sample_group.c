/* Samples are drawn in batches small enough that what every step reads again, the values so far,
 * stays in a core's cache. Batches are pieces of pool work, each run by one worker from its first
 * variable to its last; only when there are fewer of them than workers do the workers share the
 * operations of one batch instead. Neither can be seen in the samples. */
#include "jobs/sample_group.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "graph/execution.h"
#include "jobs/sample_draw.h"

#define BATCH_MOST 1024
#define CACHE_BYTES ((int64_t)2 << 20)
#define BATCH_LEAST 32 /* fewer fill no kernel; then memory bounds the batch instead */
#define MEMORY_BYTES ((int64_t)512 << 20) /* of one worker */

/* One worker's network and buffers. */
typedef struct artist {
    const lk_sample_group *group;
    lk_pool *pool; /* that its network runs on; owned when `own` */
    bool own;
    lk_execution *execution;
    uint16_t *values;   /* [batch][variables] */
    uint16_t *column;   /* [batch]: one variable */
    float *probability; /* [batch][alphabet]: scratch */
    lk_status status;   /* the first failure */
} artist;

/* ---- drawing a batch ------------------------------------------------------------------------- */

/* Draws the variables of one rank from the conditionals that the execution holds. */
static void draw_rank(const artist *a, int64_t first, int64_t count, int32_t step) {
    const lk_sample_group *g = a->group;
    const lk_graph *graph = g->graph;
    lk_draw d = {.options = g->options,
                 .graph = graph,
                 .pool = a->pool,
                 .sample = g->sample + first,
                 .count = count,
                 .variables = graph->variables,
                 .probability = a->probability,
                 .column = a->column,
                 .values = a->values};
    for (int64_t i = graph->rank_begin[step]; i < graph->rank_begin[step + 1]; i++) {
        int64_t variable = graph->by_rank[i];
        lk_draw_variable(&d, variable, lk_execution_parameters(a->execution, variable));
        if (g->options->schedule == LK_SCHEDULE_INCREMENTAL) {
            lk_execution_set(a->execution, variable, a->column);
        }
    }
}

static lk_status draw_batch(const artist *a, int64_t first, int64_t count) {
    const lk_sample_group *g = a->group;
    const lk_graph *graph = g->graph;
    bool incremental = g->options->schedule == LK_SCHEDULE_INCREMENTAL;
    memset(a->values, 0, (size_t)(count * graph->variables) * sizeof *a->values);
    if (incremental) {
        LK_TRY(lk_execution_begin(a->execution, count));
    }
    for (int32_t step = 0; step < graph->steps; step++) {
        LK_TRY(incremental ? lk_execution_compute(a->execution, step)
                           : lk_execution_forward(a->execution, a->values, count));
        draw_rank(a, first, count, step);
    }
    for (int64_t n = 0; n < count; n++) {
        memcpy(g->samples->values + g->sample[first + n] * graph->variables,
               a->values + n * graph->variables, (size_t)graph->variables * sizeof *a->values);
    }
    return LK_OK;
}

/* ---- sharing the work ------------------------------------------------------------------------ */

static lk_plan plan_of(const lk_sample_group *g) {
    return g->options->schedule == LK_SCHEDULE_INCREMENTAL ? LK_PLAN_INCREMENTAL : LK_PLAN_EVALUATE;
}

static int64_t choose_batch(const lk_sample_group *g) {
    int64_t each =
        lk_execution_bytes(g->graph, plan_of(g), 1) + g->graph->alphabet * (int64_t)sizeof(float);
    int64_t cached = CACHE_BYTES / each / BATCH_LEAST * BATCH_LEAST, fit = MEMORY_BYTES / each;
    int64_t batch = cached > BATCH_LEAST ? cached : BATCH_LEAST;
    batch = batch < BATCH_MOST ? batch : BATCH_MOST;
    batch = batch < fit ? batch : fit;
    batch = g->options->batch > 0 ? g->options->batch : batch;
    batch = batch < g->count ? batch : g->count;
    return batch > 0 ? batch : 1;
}

static void artist_deinit(artist *a) {
    lk_execution_destroy(a->execution);
    lk_release(a->values);
    lk_release(a->column);
    lk_release(a->probability);
    if (a->own) {
        lk_pool_destroy(a->pool);
    }
}

static lk_status artist_init(artist *a, const lk_sample_group *g, int64_t batch, bool own_pool) {
    lk_context *context = g->graph->context;
    *a = (artist){.group = g, .own = own_pool};
    a->pool = own_pool ? lk_pool_create(1) : context->pool;
    a->values = lk_allocate(batch * g->graph->variables, sizeof *a->values);
    a->column = lk_allocate(batch, sizeof *a->column);
    a->probability = lk_allocate(batch * g->graph->alphabet, sizeof *a->probability);
    if (a->pool == NULL || a->values == NULL || a->column == NULL || a->probability == NULL) {
        return lk_fail_no_memory(context, "samples", batch * g->graph->variables * 2);
    }
    LK_TRY(lk_execution_create(g->graph, plan_of(g), batch, &a->execution));
    lk_execution_set_pool(a->execution, a->pool);
    return LK_OK;
}

typedef struct studio {
    const lk_sample_group *group;
    artist *artists; /* [workers] */
    int64_t batch;
    atomic_llong done;
} studio;

static void batch_piece(void *argument, int64_t piece, int worker) {
    studio *s = argument;
    const lk_sample_group *g = s->group;
    artist *a = &s->artists[worker];
    int64_t first = piece * s->batch,
            count = g->count - first < s->batch ? g->count - first : s->batch;
    if (a->status == LK_OK) {
        a->status = draw_batch(a, first, count);
    }
    long long done = atomic_fetch_add(&s->done, count) + count;
    if (worker == 0 && g->options->progress != NULL) { /* the caller's own thread */
        g->options->progress(g->options->progress_argument, *g->done + done, g->options->count);
    }
}

lk_status lk_sample_group_draw(const lk_sample_group *group) {
    lk_context *context = group->graph->context;
    studio s = {.group = group, .batch = choose_batch(group)};
    int64_t batches = (group->count + s.batch - 1) / s.batch,
            threads = lk_pool_threads(context->pool);
    bool apart = threads > 1 && batches >= threads;
    int64_t workers = apart ? threads : 1;
    s.artists = lk_allocate(workers, sizeof *s.artists);
    lk_status status = s.artists == NULL ? lk_fail_no_memory(context, "samples", 0) : LK_OK;
    for (int64_t w = 0; status == LK_OK && w < workers; w++) {
        status = artist_init(&s.artists[w], group, s.batch, apart);
    }
    if (status == LK_OK && apart) {
        lk_pool_run(context->pool, batches, batch_piece, &s);
    }
    for (int64_t b = 0; status == LK_OK && !apart && b < batches; b++) {
        batch_piece(&s, b, 0);
    }
    for (int64_t w = 0; s.artists != NULL && w < workers; w++) {
        status = status == LK_OK ? s.artists[w].status : status;
        artist_deinit(&s.artists[w]);
    }
    lk_release(s.artists);
    *group->done += group->count;
    return status;
}
