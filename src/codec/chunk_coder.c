#include "codec/chunk_coder.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "dist/dist.h"

#define CDF_BYTES (INT64_C(4) << 20) /* scratch of a decoder's block, unless one variable needs more */
#define ENTRIES_PER_PIECE 4096       /* CDF entries that are worth a thread's while */

/* ---- opening a network ------------------------------------------------------------------------------------ */

void lk_chunk_coder_init(lk_chunk_coder *coder, const lk_model *model, int32_t lanes) {
    *coder = (lk_chunk_coder){.model = model, .lanes = lanes, .variant = -1};
}

static void close_network(lk_chunk_coder *coder) {
    lk_execution_destroy(coder->execution);
    lk_graph_destroy(coder->graph);
    coder->execution = NULL;
    coder->graph = NULL;
    coder->variant = -1;
}

void lk_chunk_coder_deinit(lk_chunk_coder *coder) {
    close_network(coder);
    lk_release(coder->cdf);
    lk_release(coder->symbols);
    coder->cdf = NULL;
    coder->symbols = NULL;
}

/* The scratch serves as [variable of a block][lane][alphabet + 1] when decoding, and as [worker][alphabet + 1] when
 * encoding. */
static lk_status take_scratch(lk_chunk_coder *coder) {
    if (coder->cdf != NULL) {
        return LK_OK;
    }
    lk_context *context = coder->model->context;
    int64_t entries = (int64_t)coder->model->data.alphabet + 1, per_variable = entries * coder->lanes;
    int64_t workers = lk_pool_threads(context->pool);
    coder->block = CDF_BYTES / 4 / per_variable;
    coder->block = coder->block < 1                              ? 1
                   : coder->block < coder->model->data.variables ? coder->block
                                                                 : coder->model->data.variables;
    int64_t total = coder->block * per_variable > workers * entries ? coder->block * per_variable : workers * entries;
    coder->cdf = lk_allocate(total, sizeof *coder->cdf);
    coder->symbols = lk_allocate(coder->block * coder->lanes, sizeof *coder->symbols);
    return coder->cdf != NULL && coder->symbols != NULL
               ? LK_OK
               : lk_fail_no_memory(context, "cumulative distributions", 4 * total);
}

lk_status lk_chunk_coder_use(lk_chunk_coder *coder, int32_t variant, lk_plan plan) {
    if (coder->variant == variant && coder->plan == plan) {
        return LK_OK;
    }
    close_network(coder);
    LK_TRY(take_scratch(coder));
    LK_TRY(lk_model_graph(coder->model, variant, &coder->graph));
    LK_TRY(lk_execution_create(coder->graph, plan, coder->lanes, &coder->execution));
    coder->variant = variant;
    coder->plan = plan;
    return LK_OK;
}

/* ---- encoding --------------------------------------------------------------------------------------------- */

/* Fills the intervals of positions [first, last) in by_rank for one group: intervals[position][lane]. */
typedef struct interval_task {
    lk_chunk_coder *coder;
    const uint16_t *values; /* [lane][variable] */
    lk_interval *intervals; /* of the group */
    int64_t first, last, count;
    int64_t per_piece; /* positions */
} interval_task;

static void interval_piece(void *argument, int64_t piece, int worker) {
    const interval_task *task = argument;
    const lk_graph *graph = task->coder->graph;
    int64_t channels = graph->output->channels, begin = task->first + piece * task->per_piece;
    int64_t end = begin + task->per_piece < task->last ? begin + task->per_piece : task->last;
    uint32_t *cdf = task->coder->cdf + (int64_t)worker * (graph->alphabet + 1);
    for (int64_t p = begin; p < end; p++) {
        int64_t variable = graph->by_rank[p];
        const float *parameters = lk_execution_parameters(task->coder->execution, variable);
        for (int64_t lane = 0; lane < task->count; lane++) {
            uint16_t symbol = task->values[lane * graph->variables + variable];
            graph->dist->cdf(graph->context->kernels, graph->alphabet, parameters + lane * channels, cdf);
            task->intervals[p * task->count + lane] = (lk_interval){cdf[symbol], cdf[symbol + 1] - cdf[symbol]};
        }
    }
}

static void run_intervals(interval_task *task) {
    const lk_graph *graph = task->coder->graph;
    int64_t entries = task->count * graph->alphabet;
    task->per_piece = entries < ENTRIES_PER_PIECE ? ENTRIES_PER_PIECE / entries : 1;
    int64_t pieces = (task->last - task->first + task->per_piece - 1) / task->per_piece;
    lk_pool_run(graph->context->pool, pieces, interval_piece, task);
}

static lk_status sum_nll(lk_chunk_coder *coder, int64_t count, double *scratch, double *nll_nats) {
    LK_TRY(lk_execution_nll(coder->execution, scratch, NULL));
    for (int64_t i = 0; i < count; i++) {
        *nll_nats += scratch[i];
    }
    if (isnan(*nll_nats)) {
        const lk_node *node = lk_execution_first_not_finite(coder->execution);
        return lk_fail(
            coder->model->context, LK_NOT_FINITE,
            "the model's likelihood is not a number (first seen at node %s); train again with a smaller learning rate",
            node != NULL && node->name != NULL ? node->name : "unknown");
    }
    return LK_OK;
}

static lk_status group_parallel(interval_task *task, double *scratch, double *nll_nats) {
    lk_chunk_coder *coder = task->coder;
    LK_TRY(lk_execution_forward(coder->execution, task->values, task->count));
    if (task->intervals != NULL) {
        task->first = 0;
        task->last = coder->graph->variables;
        run_intervals(task);
    }
    return sum_nll(coder, task->count, scratch, nll_nats);
}

static lk_status group_incremental(interval_task *task) {
    const lk_chunk_coder *coder = task->coder;
    const lk_graph *graph = coder->graph;
    LK_TRY(lk_execution_begin(coder->execution, task->count));
    for (int32_t step = 0; step < graph->steps; step++) {
        LK_TRY(lk_execution_compute(coder->execution, step));
        task->first = graph->rank_begin[step];
        task->last = graph->rank_begin[step + 1];
        run_intervals(task);
        for (int64_t p = task->first; p < task->last; p++) {
            for (int64_t lane = 0; lane < task->count; lane++) {
                coder->symbols[lane] = task->values[lane * graph->variables + graph->by_rank[p]];
            }
            lk_execution_set(coder->execution, graph->by_rank[p], coder->symbols);
        }
    }
    return LK_OK;
}

/* Goes through the groups; intervals may be NULL when only the likelihood is wanted. */
static lk_status run_groups(lk_chunk_coder *coder, const uint16_t *values, int64_t count, lk_interval *intervals,
                            double *nll_nats) {
    double *scratch = lk_allocate(coder->lanes, sizeof *scratch);
    if (scratch == NULL) {
        return lk_fail_no_memory(coder->model->context, "likelihoods", coder->lanes * (int64_t)sizeof *scratch);
    }
    lk_status status = LK_OK;
    int64_t variables = coder->graph->variables;
    for (int64_t first = 0; first < count && status == LK_OK; first += coder->lanes) {
        interval_task task = {
            .coder = coder,
            .values = values + first * variables,
            .intervals = intervals != NULL ? intervals + first * variables : NULL,
            .count = count - first < coder->lanes ? count - first : coder->lanes,
        };
        status =
            coder->plan == LK_PLAN_INCREMENTAL ? group_incremental(&task) : group_parallel(&task, scratch, nll_nats);
    }
    lk_release(scratch);
    return status;
}

lk_status lk_chunk_nll(lk_chunk_coder *coder, const uint16_t *values, int64_t count, double *nll_nats) {
    LK_REQUIRE(coder->plan == LK_PLAN_EVALUATE);
    *nll_nats = 0;
    return run_groups(coder, values, count, NULL, nll_nats);
}

lk_status lk_chunk_encode(lk_chunk_coder *coder, const uint16_t *values, int64_t count, lk_payload *payload,
                          double *nll_nats) {
    lk_context *context = coder->model->context;
    int64_t symbols = count * coder->graph->variables;
    lk_interval *intervals = lk_allocate(symbols, sizeof *intervals);
    if (intervals == NULL) {
        return lk_fail_no_memory(context, "the intervals of a chunk", symbols * (int64_t)sizeof *intervals);
    }
    if (coder->plan == LK_PLAN_EVALUATE) {
        *nll_nats = 0;
    }
    lk_status status = run_groups(coder, values, count, intervals, nll_nats);
    payload->variant = coder->variant;
    if (status == LK_OK && !lk_rans_encode(intervals, symbols, &payload->bytes, &payload->size)) {
        status = lk_fail_no_memory(context, "a coded chunk", symbols);
    }
    lk_release(intervals);
    return status;
}

/* ---- decoding --------------------------------------------------------------------------------------------- */

/* CDFs of `rows` pairs (position, lane), position-major from position `first`, into the coder's scratch. */
typedef struct cdf_task {
    const lk_chunk_coder *coder;
    int64_t first, count, rows;
    int64_t per_piece;
} cdf_task;

static void cdf_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const cdf_task *task = argument;
    const lk_graph *graph = task->coder->graph;
    int64_t channels = graph->output->channels, begin = piece * task->per_piece;
    int64_t end = begin + task->per_piece < task->rows ? begin + task->per_piece : task->rows;
    for (int64_t row = begin; row < end; row++) {
        const float *parameters =
            lk_execution_parameters(task->coder->execution, graph->by_rank[task->first + row / task->count]);
        graph->dist->cdf(graph->context->kernels, graph->alphabet, parameters + row % task->count * channels,
                         task->coder->cdf + row * (graph->alphabet + 1));
    }
}

/* The symbol whose interval holds `position`: cdf[s] <= position < cdf[s + 1]. */
static int32_t search(const uint32_t *cdf, int32_t alphabet, uint32_t position) {
    int32_t low = 0, high = alphabet;
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (cdf[middle] <= position) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Decodes positions [first, last) of by_rank, which are of one step and fit in the scratch. */
static void decode_block(lk_chunk_coder *coder, lk_rans_decoder *decoder, int64_t first, int64_t last, int64_t count) {
    const lk_graph *graph = coder->graph;
    int64_t width = graph->alphabet + 1;
    cdf_task task = {.coder = coder, .first = first, .count = count, .rows = (last - first) * count};
    task.per_piece = graph->alphabet < ENTRIES_PER_PIECE ? ENTRIES_PER_PIECE / graph->alphabet : 1;
    lk_pool_run(graph->context->pool, (task.rows + task.per_piece - 1) / task.per_piece, cdf_piece, &task);
    for (int64_t row = 0; row < task.rows; row++) {
        const uint32_t *cdf = coder->cdf + row * width;
        int32_t symbol = search(cdf, graph->alphabet, lk_rans_position(decoder));
        lk_rans_advance(decoder, (lk_interval){cdf[symbol], cdf[symbol + 1] - cdf[symbol]});
        coder->symbols[row] = (uint16_t)symbol;
    }
}

static bool scatter(lk_chunk_coder *coder, int64_t first, int64_t last, int64_t count, int32_t alphabet,
                    uint16_t *values) {
    const lk_graph *graph = coder->graph;
    bool inside = true;
    for (int64_t p = first; p < last; p++) {
        const uint16_t *symbols = coder->symbols + (p - first) * count;
        lk_execution_set(coder->execution, graph->by_rank[p], symbols);
        for (int64_t lane = 0; lane < count; lane++) {
            values[lane * graph->variables + graph->by_rank[p]] = symbols[lane];
            inside = inside && symbols[lane] < alphabet;
        }
    }
    return inside;
}

static lk_status decode_group(lk_chunk_coder *coder, lk_rans_decoder *decoder, int32_t alphabet, uint16_t *values,
                              int64_t count, bool *right) {
    const lk_graph *graph = coder->graph;
    LK_TRY(lk_execution_begin(coder->execution, count));
    for (int32_t step = 0; step < graph->steps && *right; step++) {
        LK_TRY(lk_execution_compute(coder->execution, step));
        int64_t end = graph->rank_begin[step + 1];
        for (int64_t first = graph->rank_begin[step]; first < end && *right; first += coder->block) {
            int64_t last = first + coder->block < end ? first + coder->block : end;
            decode_block(coder, decoder, first, last, count);
            *right = scatter(coder, first, last, count, alphabet, values) && !decoder->failed;
        }
    }
    return LK_OK;
}

lk_status lk_chunk_decode(lk_chunk_coder *coder, const uint8_t *bytes, int64_t size, int32_t alphabet, uint16_t *values,
                          int64_t count, bool *right) {
    LK_REQUIRE(coder->plan == LK_PLAN_INCREMENTAL);
    lk_rans_decoder decoder;
    lk_rans_begin(&decoder, bytes, size);
    *right = !decoder.failed;
    for (int64_t first = 0; first < count && *right; first += coder->lanes) {
        int64_t here = count - first < coder->lanes ? count - first : coder->lanes;
        LK_TRY(decode_group(coder, &decoder, alphabet, values + first * coder->graph->variables, here, right));
    }
    *right = *right && lk_rans_finished(&decoder);
    return LK_OK;
}
