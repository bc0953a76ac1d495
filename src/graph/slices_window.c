/* Slices of streams: what they carry from window to window. */
#include "graph/execution_inside.h"
#include "graph/slices_inside.h"
#include "team/team.h"

lk_status lk_slices_window_begin(lk_slices *slices, const uint16_t *given) {
    LK_REQUIRE(given != NULL || slices->graph->given == 0);
    slices->given = given;
    for (int64_t i = 0; i < slices->here; i++) {
        const lk_slices_options *o = &slices->options;
        lk_execution *execution = slices->execution[i];
        execution->context = slices->graph->context;
        execution->pool = execution->context->pool;
        lk_slices_give(slices, execution, lk_slices_first(o->batch, o->slices, o->first + i),
                       execution->batch);
        LK_TRY(lk_execution_window_begin(execution, execution->batch));
    }
    return LK_OK;
}

lk_status lk_slices_window_run(lk_slices *slices, int64_t first, int64_t last, const uint16_t *x,
                               double *nll_nats) {
    slices->x = x;
    slices->nll_nats = nll_nats;
    slices->count = slices->options.batch;
    slices->position[0] = first;
    slices->position[1] = last;
    slices->values_per_lane = (last - first) * slices->options.window->unit;
    return lk_slices_run_all(slices);
}

typedef struct sliding {
    const lk_slices *slices;
    int64_t end;
} sliding;

static void slide_piece(void *argument, int64_t slice, int worker) {
    (void)worker;
    const sliding *s = argument;
    lk_execution_window_slide(s->slices->execution[slice], s->end);
}

void lk_slices_window_slide(lk_slices *slices, int64_t end) {
    sliding s = {slices, end};
    lk_pool_run(slices->graph->context->pool, slices->here, slide_piece, &s);
}

/* What the slices of a rank carry, of all that is carried. */
static lk_message carried(const lk_slices *s, int32_t rank, float *values) {
    const lk_slices_options *o = &s->options;
    int64_t floats = lk_execution_window_floats(o->window), first, last;
    if (!lk_gradient_team_has(s->team, rank, &first, &last)) {
        first = last = 0;
    }
    first = lk_slices_first(o->batch, o->slices, first);
    last = lk_slices_first(o->batch, o->slices, last);
    return (lk_message){values + first * floats, (last - first) * floats * (int64_t)sizeof *values,
                        rank, false};
}

static lk_status gather_carried(const lk_slices *s, float *values) {
    lk_context *context = s->graph->context;
    int32_t own = lk_team_rank(context->team);
    lk_message message = carried(s, own, values);
    message.rank = 0;
    message.sends = true;
    LK_TRY(own == 0 ? LK_OK : lk_team_exchange(context->team, context, &message, 1));
    for (int32_t rank = 1; rank < lk_team_size(context->team) && own == 0; rank++) {
        message = carried(s, rank, values);
        LK_TRY(lk_team_exchange(context->team, context, &message, 1));
    }
    return LK_OK;
}

/* Where what the slices here carry begins. */
static float *carried_here(const lk_slices *s, float *values) {
    const lk_slices_options *o = &s->options;
    return values +
           lk_slices_first(o->batch, o->slices, o->first) * lk_execution_window_floats(o->window);
}

lk_status lk_slices_window_save(const lk_slices *slices, int64_t end, float *values) {
    float *at = carried_here(slices, values);
    for (int64_t i = 0; i < slices->here && !slices->idle; i++) {
        const lk_execution *execution = slices->execution[i];
        lk_execution_window_save(execution, end, at);
        at += lk_execution_window_floats(slices->options.window) * execution->batch;
    }
    return slices->team != NULL ? gather_carried(slices, values) : LK_OK;
}

void lk_slices_window_restore(lk_slices *slices, int64_t end, const float *values) {
    const float *at = carried_here(slices, (float *)(uintptr_t)values);
    for (int64_t i = 0; i < slices->here; i++) {
        lk_execution *execution = slices->execution[i];
        lk_execution_window_restore(execution, end, at);
        at += lk_execution_window_floats(slices->options.window) * execution->batch;
    }
}
