#include "codec/chunk_coder.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "dist/dist.h"

#define CDF_BYTES \
    (INT64_C(4) << 20)         /* scratch of a decoder's block, unless one variable needs more */
#define ENTRIES_PER_PIECE 4096 /* CDF entries that are worth a thread's while */

/* ---- opening a network ----------------------------------------------------------------------- */

void lk_chunk_coder_init(lk_chunk_coder *coder, const lk_model *model, lk_shape shape,
                         int32_t lanes) {
    *coder = (lk_chunk_coder){.model = model, .shape = shape, .lanes = lanes, .variant = -1};
}

static void close_network(lk_chunk_coder *coder) {
    lk_network_close(coder->network);
    coder->network = NULL;
    coder->variant = -1;
}

void lk_chunk_coder_deinit(lk_chunk_coder *coder) {
    close_network(coder);
    lk_release(coder->cdf);
    lk_release(coder->symbols);
    coder->cdf = NULL;
    coder->symbols = NULL;
}

/* The scratch serves as [variable of a block][lane][alphabet + 1] when decoding, and as
 * [worker][alphabet + 1] when encoding. */
static lk_status take_scratch(lk_chunk_coder *coder) {
    if (coder->cdf != NULL) {
        return LK_OK;
    }
    lk_context *context = coder->model->context;
    int64_t entries = (int64_t)coder->model->data.alphabet + 1,
            per_variable = entries * coder->lanes;
    int64_t workers = lk_pool_threads(context->pool);
    int64_t fit = CDF_BYTES / 4 / per_variable, variables = lk_shape_variables(coder->shape);
    coder->block = fit < 1 ? 1 : fit < variables ? fit : variables;
    int64_t total = coder->block * per_variable > workers * entries ? coder->block * per_variable
                                                                    : workers * entries;
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
    LK_TRY(
        lk_network_open(coder->model, variant, coder->shape, plan, coder->lanes, &coder->network));
    coder->variant = variant;
    coder->plan = plan;
    return LK_OK;
}

/* ---- encoding -------------------------------------------------------------------------------- */

/* Fills the intervals of places [first, last) in the ordering for one group:
 * intervals[place][lane]. */
typedef struct interval_task {
    lk_chunk_coder *coder;
    const uint16_t *values; /* [lane][variable] */
    lk_interval *intervals; /* of the group */
    int64_t first, last, count;
    int64_t per_piece; /* places */
} interval_task;

static void interval_piece(void *argument, int64_t piece, int worker) {
    const interval_task *task = argument;
    const lk_network *network = task->coder->network;
    const lk_graph *graph = lk_network_graph(network);
    lk_head head = lk_graph_head(graph, 0);
    int64_t channels = lk_graph_channels(graph), begin = task->first + piece * task->per_piece;
    int64_t end = begin + task->per_piece < task->last ? begin + task->per_piece : task->last;
    int64_t variables = lk_network_variables(network);
    uint32_t *cdf = task->coder->cdf + (int64_t)worker * (graph->alphabet + 1);
    for (int64_t p = begin; p < end; p++) {
        int64_t variable = lk_network_variable(network, p);
        const float *parameters = lk_network_parameters(network, p);
        for (int64_t lane = 0; lane < task->count; lane++) {
            uint16_t symbol = task->values[lane * variables + variable];
            head.dist->cdf(graph->context->kernels, &head, parameters + lane * channels, cdf);
            task->intervals[p * task->count + lane] =
                (lk_interval){cdf[symbol], cdf[symbol + 1] - cdf[symbol]};
        }
    }
}

static void run_intervals(interval_task *task, int64_t first, int64_t last) {
    const lk_graph *graph = lk_network_graph(task->coder->network);
    int64_t entries = task->count * graph->alphabet;
    task->first = first;
    task->last = last;
    task->per_piece = entries < ENTRIES_PER_PIECE ? ENTRIES_PER_PIECE / entries : 1;
    int64_t pieces = (last - first + task->per_piece - 1) / task->per_piece;
    lk_pool_run(graph->context->pool, pieces, interval_piece, task);
}

static lk_status visit_intervals(void *argument, const lk_network *network, int64_t first,
                                 int64_t last) {
    (void)network;
    run_intervals(argument, first, last);
    return LK_OK;
}

static lk_status group_parallel(interval_task *task, double *scratch, double *nll_nats) {
    lk_chunk_coder *coder = task->coder;
    LK_TRY(lk_network_forward(coder->network, task->values, task->count, scratch, NULL,
                              task->intervals != NULL ? visit_intervals : NULL, task));
    for (int64_t i = 0; i < task->count; i++) {
        *nll_nats += scratch[i];
    }
    if (isnan(*nll_nats)) {
        const lk_node *node = lk_execution_first_not_finite(lk_network_execution(coder->network));
        return lk_fail(coder->model->context, LK_NOT_FINITE,
                       "the model's likelihood is not a number (first seen at node %s); train "
                       "again with a smaller learning rate",
                       node != NULL && node->name != NULL ? node->name : "unknown");
    }
    return LK_OK;
}

static lk_status group_incremental(interval_task *task) {
    const lk_chunk_coder *coder = task->coder;
    lk_network *network = coder->network;
    int64_t variables = lk_network_variables(network), steps = lk_network_steps(network);
    LK_TRY(lk_network_begin(network, task->count));
    for (int64_t step = 0; step < steps; step++) {
        int64_t first, last;
        LK_TRY(lk_network_compute(network, step));
        lk_network_step(network, step, &first, &last);
        run_intervals(task, first, last);
        for (int64_t p = first; p < last; p++) {
            for (int64_t lane = 0; lane < task->count; lane++) {
                coder->symbols[lane] =
                    task->values[lane * variables + lk_network_variable(network, p)];
            }
            lk_network_set(network, p, coder->symbols);
        }
    }
    return LK_OK;
}

/* Goes through the groups; intervals may be NULL when only the likelihood is wanted. */
static lk_status run_groups(lk_chunk_coder *coder, const uint16_t *values, int64_t count,
                            lk_interval *intervals, double *nll_nats) {
    double *scratch = lk_allocate(coder->lanes, sizeof *scratch);
    if (scratch == NULL) {
        return lk_fail_no_memory(coder->model->context, "likelihoods",
                                 coder->lanes * (int64_t)sizeof *scratch);
    }
    lk_status status = LK_OK;
    int64_t variables = lk_network_variables(coder->network);
    for (int64_t first = 0; first < count && status == LK_OK; first += coder->lanes) {
        interval_task task = {
            .coder = coder,
            .values = values + first * variables,
            .intervals = intervals != NULL ? intervals + first * variables : NULL,
            .count = count - first < coder->lanes ? count - first : coder->lanes,
        };
        status = coder->plan == LK_PLAN_INCREMENTAL ? group_incremental(&task)
                                                    : group_parallel(&task, scratch, nll_nats);
    }
    lk_release(scratch);
    return status;
}

lk_status lk_chunk_nll(lk_chunk_coder *coder, const uint16_t *values, int64_t count,
                       double *nll_nats) {
    LK_REQUIRE(coder->plan == LK_PLAN_EVALUATE);
    *nll_nats = 0;
    return run_groups(coder, values, count, NULL, nll_nats);
}

lk_status lk_chunk_encode(lk_chunk_coder *coder, const uint16_t *values, int64_t count,
                          lk_payload *payload, double *nll_nats) {
    lk_context *context = coder->model->context;
    int64_t symbols = count * lk_network_variables(coder->network);
    lk_interval *intervals = lk_allocate(symbols, sizeof *intervals);
    if (intervals == NULL) {
        return lk_fail_no_memory(context, "the intervals of a chunk",
                                 symbols * (int64_t)sizeof *intervals);
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

/* ---- decoding -------------------------------------------------------------------------------- */

/* CDFs of `rows` pairs (place, lane), place-major from place `first`, into the coder's scratch. */
typedef struct cdf_task {
    const lk_chunk_coder *coder;
    int64_t first, count, rows;
    int64_t per_piece;
} cdf_task;

static void cdf_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const cdf_task *task = argument;
    const lk_network *network = task->coder->network;
    const lk_graph *graph = lk_network_graph(network);
    lk_head head = lk_graph_head(graph, 0);
    int64_t channels = lk_graph_channels(graph), begin = piece * task->per_piece;
    int64_t end = begin + task->per_piece < task->rows ? begin + task->per_piece : task->rows;
    for (int64_t row = begin; row < end; row++) {
        const float *parameters = lk_network_parameters(network, task->first + row / task->count);
        head.dist->cdf(graph->context->kernels, &head, parameters + row % task->count * channels,
                       task->coder->cdf + row * (graph->alphabet + 1));
    }
}

/* Decodes places [first, last), which are of one step and fit in the scratch. */
static void decode_block(lk_chunk_coder *coder, lk_rans_decoder *decoder, int64_t first,
                         int64_t last, int64_t count) {
    const lk_graph *graph = lk_network_graph(coder->network);
    int64_t width = graph->alphabet + 1;
    cdf_task task = {
        .coder = coder, .first = first, .count = count, .rows = (last - first) * count};
    task.per_piece = graph->alphabet < ENTRIES_PER_PIECE ? ENTRIES_PER_PIECE / graph->alphabet : 1;
    lk_pool_run(graph->context->pool, (task.rows + task.per_piece - 1) / task.per_piece, cdf_piece,
                &task);
    for (int64_t row = 0; row < task.rows; row++) {
        const uint32_t *cdf = coder->cdf + row * width;
        int32_t symbol = lk_rans_symbol(cdf, graph->alphabet, lk_rans_position(decoder));
        lk_rans_advance(decoder, (lk_interval){cdf[symbol], cdf[symbol + 1] - cdf[symbol]});
        coder->symbols[row] = (uint16_t)symbol;
    }
}

static bool scatter(lk_chunk_coder *coder, int64_t first, int64_t last, int64_t count,
                    int32_t alphabet, uint16_t *values) {
    int64_t variables = lk_network_variables(coder->network);
    bool inside = true;
    for (int64_t p = first; p < last; p++) {
        const uint16_t *symbols = coder->symbols + (p - first) * count;
        int64_t variable = lk_network_variable(coder->network, p);
        lk_network_set(coder->network, p, symbols);
        for (int64_t lane = 0; lane < count; lane++) {
            values[lane * variables + variable] = symbols[lane];
            inside = inside && symbols[lane] < alphabet;
        }
    }
    return inside;
}

static lk_status decode_group(lk_chunk_coder *coder, lk_rans_decoder *decoder, int32_t alphabet,
                              uint16_t *values, int64_t count, bool *right) {
    lk_network *network = coder->network;
    int64_t steps = lk_network_steps(network);
    LK_TRY(lk_network_begin(network, count));
    for (int64_t step = 0; step < steps && *right; step++) {
        int64_t first, end;
        LK_TRY(lk_network_compute(network, step));
        for (lk_network_step(network, step, &first, &end); first < end && *right;
             first += coder->block) {
            int64_t last = first + coder->block < end ? first + coder->block : end;
            decode_block(coder, decoder, first, last, count);
            *right = scatter(coder, first, last, count, alphabet, values) && !decoder->failed;
        }
    }
    return LK_OK;
}

lk_status lk_chunk_decode(lk_chunk_coder *coder, const uint8_t *bytes, int64_t size,
                          int32_t alphabet, uint16_t *values, int64_t count, bool *right) {
    LK_REQUIRE(coder->plan == LK_PLAN_INCREMENTAL);
    lk_rans_decoder decoder;
    lk_rans_begin(&decoder, bytes, size);
    *right = !decoder.failed;
    for (int64_t first = 0; first < count && *right; first += coder->lanes) {
        int64_t here = count - first < coder->lanes ? count - first : coder->lanes;
        LK_TRY(decode_group(coder, &decoder, alphabet,
                            values + first * lk_network_variables(coder->network), here, right));
    }
    *right = *right && lk_rans_finished(&decoder);
    return LK_OK;
}
