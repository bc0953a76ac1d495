/* Opening a run: whole or sliding, and how large a window. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "models/run_inside.h"

#define SPAN 64                 /* positions over which growth is measured */
#define GRAPH_BYTES_PER_CELL 16 /* ready steps, schedules */

/* What windows should be like: of sequences, whose positions are variables, small enough for the
 * caches; of images, whose positions are rows, long enough to fill the kernels. */
typedef struct window_rule {
    double bytes;      /* that the values should take */
    int64_t variables; /* at most */
    int64_t least;     /* positions, whatever they need */
} window_rule;
static const window_rule of_sequences = {(double)(64 << 20), 256, 8};
static const window_rule of_images = {(double)(512 << 20), 1 << 16, 1};

/* Positions, where forward is not called: a queue has room for so many more than it needs. */
#define INCREMENTAL_WINDOW 2

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static lk_plan plan_of(const lk_run_options *options) {
    return options->learning_rate != 0.0f         ? LK_PLAN_LEARN
           : options->schedules == LK_PARALLEL    ? LK_PLAN_EVALUATE
           : options->schedules == LK_INCREMENTAL ? LK_PLAN_STEPS
                                                  : LK_PLAN_INCREMENTAL;
}

static bool endless(const lk_model *model, lk_shape shape) {
    return model->data.stream || (shape.axes == 1 && shape.size[0] == 0);
}

static lk_shape shape_of(const lk_model *model, const lk_run_options *options) {
    return options->shape.axes == 0 ? model->data.shape : options->shape;
}

/* ---- sliding --------------------------------------------------------------------------------- */

/* Variables of a symbol, or of a row. */
static int64_t variables_of_row(lk_shape shape) {
    shape.size[0] = 1;
    return lk_shape_variables(shape);
}

/* Builds the graph on so many positions, of as many symbols as belong together, or as many symbols
 * or rows as its strides come round in, which the graph itself tells; and how many positions back
 * it shows to read. */
static lk_status build_positions(const lk_model *model, lk_shape shape, int64_t positions,
                                 lk_run *run, int64_t *shown) {
    int64_t row = variables_of_row(shape);
    int64_t period = larger(run->period, lk_model_unit(model));
    do {
        run->period = period;
        lk_graph_destroy(run->graph);
        run->graph = NULL;
        if (period > INT32_MAX / positions) {
            return lk_fail(model->context, LK_UNSUPPORTED, "positions of %lld rows are too many",
                           (long long)period);
        }
        shape.size[0] = positions * period;
        LK_TRY(lk_model_graph_at(model, shape, &run->graph));
        LK_TRY(lk_window_period(run->graph, &period));
    } while (period > run->period);
    run->unit = row * run->period;
    return lk_window_lookback(run->graph, run->unit, shown);
}

/* Builds the graph on `window` positions more than it looks back. How far that is, the graph itself
 * tells; the first one may be too small to show it. */
static lk_status build_sliding(const lk_model *model, lk_shape shape, int64_t window, lk_run *run) {
    int64_t lookback = 1, shown = 0;
    for (bool first = true; first || shown > lookback; first = false) {
        lookback = larger(shown, lookback);
        run->capacity = first ? 1 : window;
        LK_TRY(build_positions(model, shape, lookback + run->capacity, run, &shown));
    }
    return lk_window_init(&run->window, run->graph, run->unit);
}

static lk_plan sliding(lk_plan plan) {
    return lk_plan_trains(plan) ? plan : LK_PLAN_INCREMENTAL;
}

/* What a sliding network needs. */
typedef struct need {
    int64_t unit, period, lookback;    /* variables and rows of a position; positions */
    double kept_bytes, position_bytes; /* for each lane: of the past; for each new position */
    double graph_bytes;                /* for each position, whatever the lanes */
} need;

static double lane_bytes(const lk_window *window, lk_plan plan, int64_t length) {
    return (double)lk_execution_window_bytes(window, sliding(plan), 1, length);
}

/* All that a row needs grows as its width: measured on one as wide as the model's own, which is
 * cheap to build. */
static lk_status measure(const lk_model *model, lk_shape shape, lk_plan plan, need *n) {
    lk_run small = {.model = model};
    lk_shape own = model->data.shape;
    lk_status status = build_sliding(model, own.axes == shape.axes ? own : shape, 1, &small);
    if (status == LK_OK) {
        double positions = (double)(small.window.lookback + 1), cells = 0.0;
        n->period = small.period;
        n->unit = variables_of_row(shape) * small.period;
        n->lookback = small.window.lookback;
        double wider = (double)n->unit / (double)small.unit;
        for (int32_t i = 0; i < small.graph->node_count; i++) {
            cells += (double)small.graph->nodes[i]->cells;
        }
        n->kept_bytes = lane_bytes(&small.window, plan, 1) * wider;
        n->position_bytes = (lane_bytes(&small.window, plan, n->lookback + SPAN) -
                             lane_bytes(&small.window, plan, n->lookback)) /
                            SPAN * wider;
        n->graph_bytes = cells * GRAPH_BYTES_PER_CELL / positions * wider;
    }
    lk_window_deinit(&small.window);
    lk_graph_destroy(small.graph);
    return status;
}

static double bytes_of(const need *n, int64_t lanes, int64_t window) {
    return (n->kept_bytes + (double)window * n->position_bytes) * (double)lanes +
           (double)(n->lookback + window) * n->graph_bytes;
}

/* In positions. */
static int64_t choose_window(const need *n, const lk_run_options *options, lk_shape shape) {
    const window_rule *rule = shape.axes == 1 ? &of_sequences : &of_images;
    if (options->learning_rate > 0.0f) {
        return (LK_LEARN_VARIABLES + n->unit - 1) / n->unit;
    }
    if (options->window > 0) {
        return larger(1, options->window / n->unit);
    }
    if (options->schedules == LK_INCREMENTAL) {
        return INCREMENTAL_WINDOW;
    }
    int64_t least = rule->least;
    int64_t window = larger(1, rule->variables / n->unit);
    int64_t most = (shape.size[0] + n->period - 1) / n->period;
    window = most > 0 ? smaller(window, most) : window;
    while (window > least && bytes_of(n, options->lanes, window) > rule->bytes) {
        window /= 2;
    }
    return larger(window, smaller(least, larger(1, rule->variables / n->unit)));
}

/* ---- opening --------------------------------------------------------------------------------- */

static lk_status ask_for_memory(const lk_run *run, double bytes) {
    char what[96];
    snprintf(what, sizeof what, "running the model over %lld items side by side",
             (long long)run->options.lanes);
    return lk_memory_allow(run->model->context, NULL, what, bytes);
}

static lk_status open_whole(const lk_model *model, lk_shape shape, lk_run *run) {
    const lk_run_options *o = &run->options;
    if (lk_shape_equal(shape, model->data.shape)) {
        LK_TRY(o->rank != NULL
                   ? lk_model_graph_ranked(model, (int32_t)o->network, o->rank, &run->graph)
                   : lk_model_graph(model, (int32_t)o->network, &run->graph));
    } else {
        LK_TRY(lk_model_graph_at(model, shape, &run->graph));
    }
    run->variables = run->unit = run->graph->variables;
    run->capacity = 1;
    return LK_OK;
}

static lk_status open_sliding(const lk_model *model, lk_shape shape, const need *n, lk_run *run) {
    int64_t window = choose_window(n, &run->options, shape);
    double bytes = bytes_of(n, run->options.lanes, window);
    LK_TRY(ask_for_memory(run, bytes));
    LK_TRY(build_sliding(model, shape, window, run));
    run->variables = endless(model, shape) ? INT64_MAX : shape.size[0] * variables_of_row(shape);
    return run->graph->along == 0 || run->period == lk_model_unit(model)
               ? LK_OK
               : lk_fail(model->context, LK_UNSUPPORTED,
                         "a network that strides cannot be given a slower sequence");
}

/* A network that does not repeat along the data is held whole at their size, as one of a view is,
 * whose parts come one after another; and so are one that strides over as much as they have and one
 * that is ranked by a rule: LK_UNSUPPORTED. */
static lk_status find_need(const lk_model *model, lk_shape shape, lk_plan plan, need *n) {
    *n = (need){0};
    if (lk_model_view(model) != NULL || model->family->ranks != NULL) {
        return lk_fail(model->context, LK_UNSUPPORTED, "a %s model does not slide along its data",
                       model->family->name);
    }
    LK_TRY(measure(model, shape, plan, n));
    bool strides_over =
        n->period > 1 && shape.size[0] > 0 && shape.size[0] <= (n->lookback + 1) * n->period;
    return strides_over ? LK_UNSUPPORTED : LK_OK;
}

/* Whether a network that is held whole at a larger size may be built there: what it takes grows as
 * the data, and at the model's own size it is cheap to build. */
static lk_status ask_for_whole(const lk_model *model, lk_shape shape, const lk_run_options *o) {
    double larger_by = (double)lk_shape_variables(shape) / (double)model->data.variables;
    lk_graph *graph;
    char what[128], size[64];
    if (larger_by <= 1.0) {
        return LK_OK;
    }
    LK_TRY(lk_model_graph(model, 0, &graph));
    double bytes = (double)lk_arena_bytes(graph->arena) +
                   (double)lk_execution_bytes(graph, plan_of(o), 1) * (double)o->lanes;
    lk_graph_destroy(graph);
    lk_shape_print(shape, size, sizeof size);
    snprintf(what, sizeof what, "the network of a %s, which is held whole, over %s",
             model->family->name, size);
    return lk_memory_allow(model->context, NULL, what, bytes * larger_by);
}

static lk_status open_elsewhere(const lk_model *model, lk_shape shape, lk_run *run) {
    need n;
    lk_status status = find_need(model, shape, plan_of(&run->options), &n);
    if (status != LK_UNSUPPORTED || endless(model, shape)) {
        return status == LK_OK ? open_sliding(model, shape, &n, run) : status;
    }
    LK_TRY(ask_for_whole(model, shape, &run->options));
    return open_whole(model, shape, run);
}

double lk_run_lane_bytes(const lk_run *run) {
    lk_plan plan = plan_of(&run->options);
    return lk_run_slides(run) ? lane_bytes(&run->window, plan, run->capacity)
                              : (double)lk_execution_bytes(run->graph, plan, 1);
}

static lk_status make_values(lk_run *run) {
    lk_plan plan = plan_of(&run->options);
    int64_t lanes = run->options.lanes;
    LK_TRY(lk_run_slides(run)
               ? lk_execution_create_along(&run->window, sliding(plan), lanes, &run->execution)
               : lk_execution_create(run->graph, plan, lanes, &run->execution));
    if (run->options.pool != NULL) {
        lk_execution_set_pool(run->execution, run->options.pool);
    }
    int64_t along = run->graph->along > 0 ? lanes * run->capacity * LK_LOCAL_CELLS : 0;
    LK_REQUIRE(along == 0 || run->graph->along == run->window.positions * LK_LOCAL_CELLS);
    run->active = run->period > 1 ? lk_allocate(lk_run_window(run), sizeof *run->active) : NULL;
    run->along = along > 0 ? lk_allocate(along, sizeof *run->along) : NULL;
    return (run->period > 1 && run->active == NULL) || (along > 0 && run->along == NULL)
               ? lk_fail_no_memory(run->model->context, "a run", lk_run_window(run) * 8 + along * 2)
               : LK_OK;
}

static lk_status open_run(lk_run *run) {
    const lk_model *model = run->model;
    lk_shape shape = shape_of(model, &run->options);
    if (run->options.learning_rate != 0.0f) {
        LK_TRY(lk_run_learner_create(model, run->options.learning_rate, &run->learner));
        model = lk_run_learner_twin(run->learner);
    }
    bool own = !endless(model, shape) && lk_shape_equal(shape, model->data.shape);
    shape = endless(model, shape) ? (lk_shape){1, {0}} : shape;
    LK_TRY(own ? open_whole(model, shape, run) : open_elsewhere(model, shape, run));
    return make_values(run);
}

static lk_status or_nothing(lk_status status, lk_run *made, lk_run **run) {
    if (status != LK_OK) {
        lk_run_close(made);
        return status;
    }
    *run = made;
    return LK_OK;
}

lk_status lk_run_open(const lk_model *model, const lk_run_options *options, lk_run **run) {
    *run = NULL;
    lk_run *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(model->context, "a run", (int64_t)sizeof *made);
    }
    made->model = model;
    made->options = *options;
    made->options.lanes = larger(options->lanes, 1);
    return or_nothing(open_run(made), made, run);
}

lk_status lk_run_open_beside(const lk_run *run, int64_t lanes, lk_pool *pool, lk_run **beside) {
    LK_REQUIRE(run->learner == NULL);
    *beside = NULL;
    lk_run *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(run->model->context, "a run", (int64_t)sizeof *made);
    }
    *made = *run;
    made->borrowed = true;
    made->execution = NULL;
    made->active = NULL;
    made->along = NULL;
    made->options.lanes = lanes;
    made->options.pool = pool;
    return or_nothing(make_values(made), made, beside);
}

void lk_run_close(lk_run *run) {
    if (run != NULL) {
        lk_execution_destroy(run->execution);
        if (!run->borrowed) {
            lk_window_deinit(&run->window);
            for (int32_t k = 0; run->networks != NULL && k < lk_model_variants(run->model); k++) {
                lk_graph_destroy(run->networks[k] != run->graph ? run->networks[k] : NULL);
            }
            lk_graph_destroy(run->graph);
            lk_run_learner_destroy(run->learner);
        }
        lk_release(run->networks);
        lk_release(run->active);
        lk_release(run->along);
        lk_release(run);
    }
}

/* Networks are kept: a graph is small beside an execution. */
lk_status lk_run_turn(lk_run *run, int64_t network) {
    int32_t count = lk_model_variants(run->model);
    LK_REQUIRE(!lk_run_slides(run) && run->learner == NULL && !run->borrowed);
    LK_REQUIRE(network >= 0 && network < count);
    LK_REQUIRE(run->options.schedules == LK_PARALLEL && run->options.rank == NULL);
    if (network == run->options.network) {
        return LK_OK;
    }
    if (run->networks == NULL) {
        run->networks = lk_allocate(count, sizeof(lk_graph *));
        if (run->networks == NULL) {
            return lk_fail_no_memory(run->model->context, "networks", count * 8);
        }
        run->networks[run->options.network] = run->graph;
    }
    if (run->networks[network] == NULL) {
        LK_TRY(lk_model_graph(run->model, (int32_t)network, &run->networks[network]));
    }
    lk_execution_rebind(run->execution, run->networks[network]);
    run->graph = run->networks[network];
    run->options.network = network;
    return LK_OK;
}

/* ---- what it takes --------------------------------------------------------------------------- */

/* Of a lane held whole, or else of the positions along which the network slides. */
typedef struct cost {
    double whole; /* 0: it slides */
    need slides;
    lk_shape shape;
} cost;

static lk_status find_cost(const lk_model *model, const lk_run_options *options, cost *c) {
    lk_shape shape = shape_of(model, options);
    bool own = !endless(model, shape) && lk_shape_equal(shape, model->data.shape);
    *c = (cost){.shape = endless(model, shape) ? (lk_shape){1, {0}} : shape};
    if (!own) {
        lk_status status = find_need(model, c->shape, plan_of(options), &c->slides);
        if (status != LK_UNSUPPORTED || endless(model, shape)) {
            return status;
        }
        lk_run_options one = *options;
        one.lanes = 1;
        LK_TRY(ask_for_whole(model, c->shape, &one));
    }
    lk_graph *graph;
    LK_TRY(own ? lk_model_graph(model, (int32_t)options->network, &graph)
               : lk_model_graph_at(model, shape, &graph));
    c->whole = (double)lk_execution_bytes(graph, plan_of(options), 1);
    lk_graph_destroy(graph);
    return LK_OK;
}

static double bytes_at(const cost *c, lk_run_options options, int64_t lanes) {
    options.lanes = larger(lanes, 1);
    int64_t window = c->whole > 0.0 ? 0 : choose_window(&c->slides, &options, c->shape);
    return c->whole > 0.0 ? c->whole * (double)options.lanes
                          : bytes_of(&c->slides, options.lanes, window);
}

lk_status lk_run_bytes(const lk_model *model, const lk_run_options *options, int64_t lanes,
                       double *bytes) {
    cost c;
    LK_TRY(find_cost(model, options, &c));
    *bytes = bytes_at(&c, *options, lanes);
    return LK_OK;
}

lk_status lk_run_fit(const lk_model *model, const lk_run_options *options, double bytes,
                     int64_t *lanes) {
    cost c;
    LK_TRY(find_cost(model, options, &c));
    while (*lanes > 1 && bytes_at(&c, *options, *lanes) > bytes) {
        *lanes /= 2;
    }
    return LK_OK;
}

lk_status lk_run_past(const lk_model *model, int64_t *read, int64_t *held) {
    lk_run small = {.model = model};
    *read = *held = 0;
    LK_REQUIRE(model->data.stream);
    lk_status status = build_sliding(model, (lk_shape){1, {0}}, INCREMENTAL_WINDOW, &small);
    for (int32_t i = 0; status == LK_OK && i < small.graph->node_count; i++) {
        const lk_window_node *node = &small.window.nodes[i];
        int64_t bytes = node->cells * small.graph->nodes[i]->channels * (int64_t)sizeof(float);
        bool past = !node->constant && !node->brief && node->kept > 0;
        *read += past ? node->kept * bytes : 0;
        *held += past ? lk_window_held(&small.window, i, INCREMENTAL_WINDOW) * bytes : 0;
    }
    lk_window_deinit(&small.window);
    lk_graph_destroy(small.graph);
    return status;
}
