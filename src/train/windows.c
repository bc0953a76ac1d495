#include "train/windows.h"

#include "base/memory.h"

struct lk_windows {
    lk_graph *graph; /* owned */
    lk_window window;
    lk_slices *slices;           /* owned */
    int64_t lanes, length, unit; /* length in positions; symbols of a position */
    int64_t end;                 /* positions of the window graph that hold values */
};

/* Builds the graph on a window more than it looks back. How far that is, the graph itself tells;
 * the first one may be too small to show it. */
static lk_status build(const lk_model *model, lk_windows *w) {
    int64_t lookback = 1, shown = 0;
    for (bool first = true; first || shown > lookback; first = false) {
        lookback = shown > lookback ? shown : lookback;
        lk_graph_destroy(w->graph);
        w->graph = NULL;
        lk_shape shape = {1, {(lookback + (first ? 1 : w->length)) * w->unit}};
        LK_TRY(lk_model_graph_at(model, shape, &w->graph));
        LK_TRY(lk_window_lookback(w->graph, w->unit, &shown));
    }
    return lk_window_init(&w->window, w->graph, w->unit);
}

lk_status lk_windows_create(const lk_model *model, int64_t slices, int64_t lanes,
                            lk_windows **windows) {
    *windows = NULL;
    lk_windows *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(model->context, "windows of texts", (int64_t)sizeof *made);
    }
    made->lanes = lanes;
    made->unit = lk_model_unit(model);
    made->length = model->data.variables / made->unit;
    lk_status status = build(model, made);
    if (status == LK_OK) {
        lk_slices_options cut = {.batch = lanes,
                                 .slices =
                                     slices > 0 ? slices : lk_slices_choose(made->graph, lanes),
                                 .window = &made->window};
        status = lk_slices_create(made->graph, cut, &made->slices);
    }
    if (status != LK_OK) {
        lk_windows_destroy(made);
        return status;
    }
    *windows = made;
    return LK_OK;
}

void lk_windows_destroy(lk_windows *windows) {
    if (windows != NULL) {
        lk_slices_destroy(windows->slices);
        lk_window_deinit(&windows->window);
        lk_graph_destroy(windows->graph);
        lk_release(windows);
    }
}

lk_slices *lk_windows_slices(lk_windows *windows) {
    return windows->slices;
}

lk_status lk_windows_begin(lk_windows *windows, const uint16_t *given) {
    windows->end = 0;
    return lk_slices_window_begin(windows->slices, given);
}

lk_status lk_windows_train(lk_windows *windows, const uint16_t *x, const uint16_t *along,
                           const int64_t *active, double *nll_nats) {
    LK_REQUIRE(along != NULL || windows->graph->along == 0);
    if (windows->end + windows->length > windows->window.positions) {
        lk_slices_window_slide(windows->slices, windows->end);
        windows->end = windows->window.lookback;
    }
    int64_t first = windows->end;
    windows->end += windows->length;
    lk_slices_set_active(windows->slices, active);
    lk_slices_set_along(windows->slices, along);
    return lk_slices_window_run(windows->slices, first, windows->end, x, nll_nats);
}

/* ---- what is carried ------------------------------------------------------------------------- */

int64_t lk_windows_carried(const lk_windows *windows) {
    return lk_execution_window_floats(&windows->window) * windows->lanes;
}

lk_status lk_windows_save(const lk_windows *windows, float *carried) {
    return lk_slices_window_save(windows->slices, windows->end, carried);
}

static int64_t end_after(const lk_windows *windows, int64_t seen) {
    seen /= windows->unit;
    return seen < windows->window.lookback ? seen : windows->window.lookback;
}

void lk_windows_restore(lk_windows *windows, int64_t seen, const float *carried) {
    windows->end = end_after(windows, seen);
    lk_slices_window_restore(windows->slices, windows->end, carried);
}

int64_t lk_windows_whole(const lk_windows *windows) {
    return lk_execution_window_whole_floats(&windows->window) * windows->lanes;
}

void lk_windows_take_whole(const lk_windows *windows, int64_t seen, const float *whole,
                           float *carried) {
    lk_execution_window_take_whole(&windows->window, windows->lanes, end_after(windows, seen),
                                   whole, carried);
}
