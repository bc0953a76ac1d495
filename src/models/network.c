/* One network held whole, or one that slides along the data. */
#include "models/network.h"

#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "models/flow.h"

#define WINDOW_BYTES (INT64_C(512) << 20) /* that a sliding network should take */
#define WINDOW_VARIABLES (INT64_C(1) << 16)
#define WINDOW_LEAST 8          /* positions that a batch leaves room for */
#define SPAN 64                 /* positions over which growth is measured */
#define GRAPH_BYTES_PER_CELL 16 /* ready steps, schedules */

struct lk_network {
    const lk_model *model;
    int64_t batch, count;
    lk_graph *graph;         /* owned, held whole; or NULL */
    lk_execution *execution; /* owned, of it */
    lk_flow *flow;           /* owned; or NULL */
    int64_t positions, unit; /* of the data along which it flows */
    int64_t first;           /* place at which the flow's last run begins */
    const float *next;       /* incremental: the parameters that the flow gave last */
    uint16_t *slice;         /* owned, [batch][window * unit]: of the values */
    float *terms;            /* owned, alike: of the negative log-likelihood */
    double *sums;            /* owned, [batch] */
};

/* ---- what a sliding network needs ------------------------------------------------------------ */

typedef struct need {
    int64_t positions, unit;
    int64_t lookback;
    double kept_bytes, position_bytes; /* for each example: of the past; of each new position */
    double graph_bytes;                /* for each position, whatever the batch */
} need;

static lk_status flow_at(const lk_model *model, lk_plan plan, int64_t batch, int64_t window,
                         lk_shape shape, lk_flow **flow) {
    return shape.axes == 1 ? lk_flow_create(model, plan, batch, window, flow)
                           : lk_flow_create_rows(model, plan, batch, window, shape.size[1], flow);
}

/* All that a row needs grows as its width: measured on one as wide as the model's own, which is
 * cheap to build. */
static lk_status measure(const lk_model *model, lk_shape shape, need *n) {
    lk_flow *flow;
    LK_TRY(flow_at(model, LK_PLAN_INCREMENTAL, 1, 1, model->data.shape, &flow));
    const lk_graph *graph = lk_flow_graph(flow);
    double positions = (double)(lk_flow_lookback(flow) + 1);
    int64_t few = lk_flow_bytes(flow, LK_PLAN_INCREMENTAL, 1, 1), far = lk_flow_lookback(flow);
    n->positions = shape.size[0];
    n->unit = lk_shape_variables(shape) / shape.size[0];
    n->lookback = lk_flow_lookback(flow);
    double wider = (double)n->unit / (double)lk_flow_unit(flow), cells = 0.0;
    for (int32_t i = 0; i < graph->node_count; i++) {
        cells += (double)graph->nodes[i]->cells;
    }
    n->kept_bytes = (double)few * wider;
    n->position_bytes = (double)(lk_flow_bytes(flow, LK_PLAN_INCREMENTAL, 1, far + SPAN) -
                                 lk_flow_bytes(flow, LK_PLAN_INCREMENTAL, 1, far)) /
                        SPAN * wider;
    n->graph_bytes = cells * GRAPH_BYTES_PER_CELL / positions * wider;
    lk_flow_destroy(flow);
    return LK_OK;
}

static double bytes_of(const need *n, int64_t batch, int64_t window) {
    return (n->kept_bytes + (double)window * n->position_bytes) * (double)batch +
           (double)(n->lookback + window) * n->graph_bytes;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t choose_window(const need *n, int64_t batch) {
    int64_t window = smaller(n->positions, WINDOW_VARIABLES / n->unit);
    while (window > 1 && bytes_of(n, batch, window) > (double)WINDOW_BYTES) {
        window /= 2;
    }
    return window > 1 ? window : 1;
}

static bool is_own(const lk_model *model, lk_shape shape) {
    return lk_shape_equal(model->data.shape, shape);
}

lk_status lk_network_fit_batch(const lk_model *model, lk_shape shape, lk_plan plan, int64_t bytes,
                               int64_t *batch) {
    if (!is_own(model, shape)) {
        need n;
        LK_TRY(measure(model, shape, &n));
        while (*batch > 1 &&
               bytes_of(&n, *batch, smaller(n.positions, WINDOW_LEAST)) > (double)bytes) {
            *batch /= 2;
        }
        return LK_OK;
    }
    lk_graph *graph;
    LK_TRY(lk_model_graph(model, 0, &graph));
    while (*batch > 1 && lk_execution_bytes(graph, plan, *batch) > bytes) {
        *batch /= 2;
    }
    lk_graph_destroy(graph);
    return LK_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static lk_status open_whole(lk_network *network, int32_t variant, lk_plan plan) {
    LK_TRY(lk_model_graph(network->model, variant, &network->graph));
    return lk_execution_create(network->graph, plan, network->batch, &network->execution);
}

static lk_status open_flow(lk_network *network, lk_shape shape) {
    lk_context *context = network->model->context;
    need n;
    LK_TRY(measure(network->model, shape, &n));
    int64_t window = choose_window(&n, network->batch);
    double bytes = bytes_of(&n, network->batch, window);
    if (bytes > (double)LK_NETWORK_BYTES_MOST) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "running the model over %lld examples at a time, %lld variables in each "
                       "row, needs %.0f GiB, and "
                       "at most %lld are taken",
                       (long long)network->batch, (long long)n.unit,
                       bytes / (double)(INT64_C(1) << 30),
                       (long long)(LK_NETWORK_BYTES_MOST >> 30));
    }
    network->positions = n.positions;
    network->unit = n.unit;
    int64_t slice = network->batch * window * n.unit;
    network->slice = lk_allocate(slice, sizeof *network->slice);
    network->terms = lk_allocate(slice, sizeof *network->terms);
    network->sums = lk_allocate(network->batch, sizeof *network->sums);
    if (network->slice == NULL || network->terms == NULL || network->sums == NULL) {
        return lk_fail_no_memory(context, "a window", slice * 6);
    }
    return flow_at(network->model, LK_PLAN_INCREMENTAL, network->batch, window, shape,
                   &network->flow);
}

lk_status lk_network_open(const lk_model *model, int32_t variant, lk_shape shape, lk_plan plan,
                          int64_t batch, lk_network **network) {
    *network = NULL;
    lk_network *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(model->context, "network", (int64_t)sizeof *made);
    }
    made->model = model;
    made->batch = batch;
    lk_status status =
        is_own(model, shape) ? open_whole(made, variant, plan) : open_flow(made, shape);
    if (status != LK_OK) {
        lk_network_close(made);
        return status;
    }
    *network = made;
    return LK_OK;
}

void lk_network_close(lk_network *network) {
    if (network == NULL) {
        return;
    }
    lk_execution_destroy(network->execution);
    lk_graph_destroy(network->graph);
    lk_flow_destroy(network->flow);
    lk_release(network->slice);
    lk_release(network->terms);
    lk_release(network->sums);
    lk_release(network);
}

/* ---- what it is ------------------------------------------------------------------------------ */

const lk_graph *lk_network_graph(const lk_network *network) {
    return network->flow != NULL ? lk_flow_graph(network->flow) : network->graph;
}

const lk_execution *lk_network_execution(const lk_network *network) {
    return network->flow != NULL ? lk_flow_execution(network->flow) : network->execution;
}

int64_t lk_network_variables(const lk_network *network) {
    return network->flow != NULL ? network->positions * network->unit : network->graph->variables;
}

int64_t lk_network_variable(const lk_network *network, int64_t place) {
    return network->flow != NULL ? place : network->graph->by_rank[place];
}

const float *lk_network_parameters(const lk_network *network, int64_t place) {
    if (network->flow == NULL) {
        return lk_execution_parameters(network->execution, network->graph->by_rank[place]);
    }
    return network->next != NULL ? network->next
                                 : lk_flow_parameters(network->flow, place - network->first);
}

/* ---- parallel -------------------------------------------------------------------------------- */

/* The next `length` positions, from `at` on. */
static lk_status run_window(lk_network *network, const uint16_t *values, int64_t at, int64_t length,
                            double *nll_nats, float *terms) {
    int64_t variables = lk_network_variables(network), part = length * network->unit;
    network->first = at * network->unit;
    for (int64_t n = 0; n < network->count; n++) {
        memcpy(network->slice + n * part, values + n * variables + network->first,
               (size_t)part * sizeof *network->slice);
    }
    LK_TRY(lk_flow_forward(network->flow, network->slice, length));
    LK_TRY(lk_flow_nll(network->flow, network->sums, network->terms));
    for (int64_t n = 0; n < network->count; n++) {
        for (int64_t v = 0; v < part;
             v++) { /* term by term: so the sum does not depend on the window */
            nll_nats[n] += (double)network->terms[n * part + v];
        }
        if (terms != NULL) {
            memcpy(terms + n * variables + network->first, network->terms + n * part,
                   (size_t)part * sizeof *terms);
        }
    }
    return LK_OK;
}

static lk_status flow_forward(lk_network *network, const uint16_t *values, double *nll_nats,
                              float *terms, lk_network_visit *visit, void *argument) {
    int64_t window = lk_flow_window(network->flow);
    network->next = NULL;
    LK_TRY(lk_flow_begin(network->flow, network->count));
    memset(nll_nats, 0, (size_t)network->count * sizeof *nll_nats);
    for (int64_t at = 0; at < network->positions; at += window) {
        int64_t length = smaller(window, network->positions - at);
        LK_TRY(run_window(network, values, at, length, nll_nats, terms));
        if (visit != NULL) {
            LK_TRY(
                visit(argument, network, network->first, network->first + length * network->unit));
        }
    }
    return LK_OK;
}

lk_status lk_network_forward(lk_network *network, const uint16_t *values, int64_t count,
                             double *nll_nats, float *terms, lk_network_visit *visit,
                             void *argument) {
    network->count = count;
    if (network->flow != NULL) {
        return flow_forward(network, values, nll_nats, terms, visit, argument);
    }
    LK_TRY(lk_execution_forward(network->execution, values, count));
    LK_TRY(lk_execution_nll(network->execution, nll_nats, terms));
    return visit == NULL ? LK_OK : visit(argument, network, 0, network->graph->variables);
}

/* ---- incremental ----------------------------------------------------------------------------- */

int64_t lk_network_steps(const lk_network *network) {
    return network->flow != NULL ? lk_network_variables(network) : network->graph->steps;
}

void lk_network_step(const lk_network *network, int64_t step, int64_t *first, int64_t *last) {
    *first = network->flow != NULL ? step : network->graph->rank_begin[step];
    *last = network->flow != NULL ? step + 1 : network->graph->rank_begin[step + 1];
}

lk_status lk_network_begin(lk_network *network, int64_t count) {
    network->count = count;
    return network->flow != NULL ? lk_flow_begin(network->flow, count)
                                 : lk_execution_begin(network->execution, count);
}

lk_status lk_network_compute(lk_network *network, int64_t step) {
    return network->flow != NULL ? lk_flow_next(network->flow, &network->next)
                                 : lk_execution_compute(network->execution, (int32_t)step);
}

void lk_network_set(lk_network *network, int64_t place, const uint16_t *values) {
    if (network->flow != NULL) {
        lk_flow_set(network->flow, values);
    } else {
        lk_execution_set(network->execution, network->graph->by_rank[place], values);
    }
}
