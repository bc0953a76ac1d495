/* Sliding a window graph along a stream. */
#include "models/flow.h"

#include <string.h>

#include "base/memory.h"

#define CHOSEN 16 /* positions of a window that nobody asked for */

struct lk_flow {
    lk_graph *graph; /* owned */
    lk_window window;
    lk_execution *execution; /* owned; or, for training, */
    lk_slices *slices;       /* owned */
    int64_t capacity;        /* positions that one parallel call may take */
    int64_t end;             /* positions of the window graph that hold values */
    int64_t seen;            /* positions of the streams, in all */
    int64_t variable;        /* incremental: of the present position, how many are set */
    int64_t last;            /* parallel: where the last call's positions begin */
};

/* ---- life ------------------------------------------------------------------------------------ */

static lk_shape shape_of(lk_shape position, int64_t positions) {
    lk_shape shape = {.axes = position.axes, .size = {positions}};
    for (int32_t axis = 1; axis < position.axes; axis++) {
        shape.size[axis] = position.size[axis];
    }
    return shape;
}

/* Builds the graph on `window` positions more than it looks back. How far that is, the graph itself
 * tells; the first one may be too small to show it. */
static lk_status build(const lk_model *model, lk_shape position, int64_t unit, int64_t window,
                       lk_flow *flow) {
    int64_t lookback = 1, shown = 0;
    for (bool first = true; first || shown > lookback; first = false) {
        lookback = shown > lookback ? shown : lookback;
        flow->capacity = first ? 1 : window > 0 ? window : CHOSEN;
        lk_graph_destroy(flow->graph);
        LK_TRY(
            lk_model_graph_at(model, shape_of(position, lookback + flow->capacity), &flow->graph));
        LK_TRY(lk_window_lookback(flow->graph, unit, &shown));
    }
    return lk_window_init(&flow->window, flow->graph, unit);
}

static lk_status create_window(const lk_model *model, int64_t window, lk_shape position,
                               lk_flow **flow) {
    *flow = lk_allocate(1, sizeof **flow);
    if (*flow == NULL) {
        return lk_fail_no_memory(model->context, "stream", (int64_t)sizeof **flow);
    }
    return build(model, position, lk_shape_variables(position), window, *flow);
}

static lk_status finish(lk_status status, lk_flow **flow) {
    if (status != LK_OK) {
        lk_flow_destroy(*flow);
        *flow = NULL;
    }
    return status;
}

static lk_status create(const lk_model *model, lk_plan plan, int64_t batch, int64_t window,
                        lk_shape position, lk_flow **flow) {
    LK_REQUIRE(plan != LK_PLAN_EVALUATE && batch >= 1 && window >= 0);
    lk_status status = create_window(model, window, position, flow);
    if (status == LK_OK) {
        status = lk_execution_create_along(&(*flow)->window, plan, batch, &(*flow)->execution);
    }
    return finish(status, flow);
}

lk_status lk_flow_create(const lk_model *model, lk_plan plan, int64_t batch, int64_t window,
                         lk_flow **flow) {
    return create(model, plan, batch, window, (lk_shape){1, {1}}, flow);
}

lk_status lk_flow_create_rows(const lk_model *model, lk_plan plan, int64_t batch, int64_t window,
                              int64_t width, lk_flow **flow) {
    lk_shape shape = model->data.shape;
    if (shape.axes != 2 && shape.axes != 3) {
        *flow = NULL;
        return lk_fail(model->context, LK_MISMATCH,
                       "the model is not for images: it has no rows to run along");
    }
    shape.size[0] = 1;
    shape.size[1] = width;
    return create(model, plan, batch, window, shape, flow);
}

lk_status lk_flow_create_slices(const lk_model *model, int64_t slices, int64_t batch,
                                int64_t window, lk_flow **flow) {
    LK_REQUIRE(batch >= 1 && window >= 1);
    lk_status status = create_window(model, window, (lk_shape){1, {1}}, flow);
    if (status == LK_OK) {
        lk_graph *graph = (*flow)->graph;
        lk_slices_options cut = {.batch = batch,
                                 .slices = slices > 0 ? slices : lk_slices_choose(graph, batch),
                                 .window = &(*flow)->window};
        status = lk_slices_create(graph, cut, &(*flow)->slices);
    }
    return finish(status, flow);
}

void lk_flow_destroy(lk_flow *flow) {
    if (flow == NULL) {
        return;
    }
    lk_execution_destroy(flow->execution);
    lk_slices_destroy(flow->slices);
    lk_window_deinit(&flow->window);
    lk_graph_destroy(flow->graph);
    lk_release(flow);
}

int64_t lk_flow_lookback(const lk_flow *flow) {
    return flow->window.lookback;
}

int64_t lk_flow_unit(const lk_flow *flow) {
    return flow->window.unit;
}

int64_t lk_flow_window(const lk_flow *flow) {
    return flow->capacity;
}

const lk_graph *lk_flow_graph(const lk_flow *flow) {
    return flow->graph;
}

int64_t lk_flow_bytes(const lk_flow *flow, lk_plan plan, int64_t batch, int64_t window) {
    return lk_execution_window_bytes(&flow->window, plan, batch, window);
}

lk_execution *lk_flow_execution(lk_flow *flow) {
    return flow->execution;
}

lk_slices *lk_flow_slices(lk_flow *flow) {
    return flow->slices;
}

lk_status lk_flow_begin(lk_flow *flow, int64_t count) {
    flow->end = flow->seen = flow->variable = flow->last = 0;
    return flow->slices != NULL ? lk_slices_window_begin(flow->slices, NULL)
                                : lk_execution_window_begin(flow->execution, count);
}

/* Makes room for `length` positions behind those that hold values. */
static void make_room(lk_flow *flow, int64_t length) {
    if (flow->end + length > flow->window.positions) {
        if (flow->slices != NULL) {
            lk_slices_window_slide(flow->slices, flow->end);
        } else {
            lk_execution_window_slide(flow->execution, flow->end);
        }
        flow->end = flow->window.lookback;
    }
}

/* ---- incremental ----------------------------------------------------------------------------- */

lk_status lk_flow_next(lk_flow *flow, const float **parameters) {
    int64_t unit = flow->window.unit;
    if (flow->variable == 0) {
        make_room(flow, 1);
    }
    int64_t variable = flow->end * unit + flow->variable;
    LK_TRY(lk_execution_window_compute(flow->execution, flow->graph->rank[variable]));
    *parameters = lk_execution_parameters(flow->execution, variable);
    return LK_OK;
}

void lk_flow_set(lk_flow *flow, const uint16_t *values) {
    lk_execution_set(flow->execution, flow->end * flow->window.unit + flow->variable, values);
    flow->variable++;
    if (flow->variable == flow->window.unit) {
        flow->variable = 0;
        flow->end++;
        flow->seen++;
    }
}

/* ---- parallel -------------------------------------------------------------------------------- */

lk_status lk_flow_forward(lk_flow *flow, const uint16_t *x, int64_t length) {
    LK_REQUIRE(length >= 1 && length <= flow->capacity && flow->variable == 0);
    make_room(flow, length);
    LK_TRY(lk_execution_window_forward(flow->execution, flow->end, flow->end + length, x));
    flow->last = flow->end;
    flow->end += length;
    flow->seen += length;
    return LK_OK;
}

const float *lk_flow_parameters(const lk_flow *flow, int64_t variable) {
    return lk_execution_parameters(flow->execution, flow->last * flow->window.unit + variable);
}

lk_status lk_flow_nll(lk_flow *flow, double *nll_nats, float *per_variable) {
    return lk_execution_nll(flow->execution, nll_nats, per_variable);
}

/* ---- learning -------------------------------------------------------------------------------- */

lk_status lk_flow_train(lk_flow *flow, const uint16_t *x, double *nll_nats) {
    make_room(flow, flow->capacity);
    flow->end += flow->capacity;
    flow->seen += flow->capacity;
    return lk_slices_window_run(flow->slices, flow->end - flow->capacity, flow->end, x, nll_nats);
}

lk_status lk_flow_backward(lk_flow *flow, int64_t positions) {
    LK_REQUIRE(positions >= 1 && positions <= flow->end && flow->variable == 0);
    return lk_execution_window_backward(flow->execution, flow->end - positions, flow->end);
}

void lk_flow_reserve(lk_flow *flow, int64_t positions) {
    LK_REQUIRE(positions <= flow->capacity && flow->variable == 0);
    make_room(flow, positions);
}

lk_status lk_flow_weights_changed(lk_flow *flow) {
    return lk_execution_weights_changed(flow->execution);
}

/* ---- what is carried ------------------------------------------------------------------------- */

int64_t lk_flow_carried_floats(const lk_flow *flow) {
    return lk_execution_window_floats(&flow->window);
}

int64_t lk_flow_seen(const lk_flow *flow) {
    return flow->seen;
}

void lk_flow_save(const lk_flow *flow, float *carried) {
    if (flow->slices != NULL) {
        lk_slices_window_save(flow->slices, flow->end, carried);
    } else {
        lk_execution_window_save(flow->execution, flow->end, carried);
    }
}

void lk_flow_restore(lk_flow *flow, int64_t seen, const float *carried) {
    flow->seen = seen;
    flow->end = seen < flow->window.lookback ? seen : flow->window.lookback;
    if (flow->slices != NULL) {
        lk_slices_window_restore(flow->slices, flow->end, carried);
    } else {
        lk_execution_window_restore(flow->execution, flow->end, carried);
    }
}

int64_t lk_flow_whole_floats(const lk_flow *flow) {
    return lk_execution_window_whole_floats(&flow->window);
}

void lk_flow_take_whole(const lk_flow *flow, int64_t count, int64_t seen, const float *whole,
                        float *carried) {
    int64_t end = seen < flow->window.lookback ? seen : flow->window.lookback;
    lk_execution_window_take_whole(&flow->window, count, end, whole, carried);
}
