#include <math.h>

#include "base/memory.h"
#include "graph/execution_inside.h"
#include "graph/gradient_tree.h"
#include "graph/slices_inside.h"
#include "team/team.h"

/* ---- life ------------------------------------------------------------------------------------ */

/* Bits of a number: how many subtrees are complete before slice `number`. */
static int64_t complete_before(int64_t number) {
    int64_t bits = 0;
    for (; number > 0; number &= number - 1) {
        bits++;
    }
    return bits;
}

static int64_t parts_of_a_walk(int64_t slices) {
    int64_t parts = 1;
    for (; slices > 1; slices /= 2) {
        parts++;
    }
    return parts;
}

/* Gradients of all slices at once would take more memory than the minibatch's values. */
static bool is_heavy(const lk_slices *s) {
    int64_t values = 0;
    for (int32_t i = 0; i < s->graph->node_count; i++) {
        values += s->graph->nodes[i]->cells * s->graph->nodes[i]->channels;
    }
    int64_t share = s->options.batch * s->here / s->options.slices;
    return (s->here - 1) * lk_parameters_total(s->graph->parameters) > share * values;
}

static int workers_of(const lk_slices *s) {
    int64_t threads = lk_pool_threads(s->graph->context->pool), other = s->here;
    if (is_heavy(s)) {
        return 1;
    }
    if (other >= threads) {
        return (int)threads;
    }
    while (other > 0) { /* the greatest common divisor */
        int64_t rest = threads % other;
        threads = other;
        other = rest;
    }
    return (int)threads;
}

static lk_status allocate(lk_slices *s) {
    const lk_parameters *parameters = s->graph->parameters;
    int64_t floats = lk_parameters_total(parameters);
    s->part_count = s->worker_count > 1 ? s->here : parts_of_a_walk(s->here);
    s->execution_count = s->options.window != NULL ? s->here : s->worker_count;
    s->worker = lk_allocate(s->worker_count, sizeof *s->worker);
    s->execution = lk_allocate(s->execution_count, sizeof *s->execution);
    s->part = lk_allocate(s->part_count * parameters->count, sizeof *s->part);
    s->gradient = lk_allocate((s->part_count - 1) * floats, sizeof *s->gradient);
    if (s->worker == NULL || s->execution == NULL || s->part == NULL || s->gradient == NULL) {
        return lk_fail_no_memory(parameters->context, "gradients of slices",
                                 (s->part_count - 1) * floats * (int64_t)sizeof(float));
    }
    float *at = s->gradient;
    for (int64_t i = 0; i < s->part_count * parameters->count; i++) {
        const lk_parameter *p = &parameters->list[i % parameters->count];
        bool own = i < parameters->count;
        LK_REQUIRE(p->gradient != NULL);
        s->part[i] = own ? p->gradient : at;
        at += own ? 0 : p->rows * p->columns;
    }
    return LK_OK;
}

static lk_status make_workers(lk_slices *s) {
    lk_context *context = s->graph->context;
    for (int w = 0; w < s->worker_count; w++) {
        lk_context *own = &s->worker[w].context;
        *own = *context;
        own->pool = s->worker_count == 1
                        ? context->pool
                        : lk_pool_create(lk_pool_threads(context->pool) / s->worker_count);
        if (own->pool == NULL) {
            return lk_fail_no_memory(context, "threads of slices", 0);
        }
    }
    return LK_OK;
}

static lk_status make_executions(lk_slices *s) {
    const lk_slices_options *o = &s->options;
    for (int64_t i = 0; i < s->execution_count; i++) {
        int64_t slice = o->first + i, most = (o->batch + o->slices - 1) / o->slices;
        int64_t lanes = lk_slices_first(o->batch, o->slices, slice + 1) -
                        lk_slices_first(o->batch, o->slices, slice);
        LK_TRY(o->window != NULL
                   ? lk_execution_create_along(o->window, LK_PLAN_TRAIN, lanes, &s->execution[i])
                   : lk_execution_create(s->graph, LK_PLAN_TRAIN, most, &s->execution[i]));
    }
    return LK_OK;
}

/* Those that nobody has named are a rank's. */
static lk_status share(lk_slices *s, bool named) {
    lk_slices_options *o = &s->options;
    LK_TRY(named ? LK_OK : lk_gradient_team_create(s->graph->parameters, o->slices, &s->team));
    int32_t rank = lk_team_rank(s->graph->context->team);
    s->idle = s->team != NULL && !lk_gradient_team_has(s->team, rank, &o->first, &o->last);
    o->last = o->last == 0 ? 1 : o->last;
    s->here = o->last - o->first;
    return LK_OK;
}

static lk_status init(lk_slices *s, bool named) {
    LK_TRY(share(s, named));
    s->worker_count = workers_of(s);
    LK_TRY(allocate(s));
    LK_TRY(make_workers(s));
    LK_TRY(make_executions(s));
    s->suspect = s->execution[0];
    return LK_OK;
}

lk_status lk_slices_create(lk_graph *graph, lk_slices_options options, lk_slices **slices) {
    *slices = NULL;
    bool named = options.last > 0;
    options.last = options.last == 0 ? options.slices : options.last;
    LK_REQUIRE(1 <= options.slices && options.slices <= options.batch);
    LK_REQUIRE(lk_gradient_tree_has(options.slices, options.first, options.last));
    lk_slices *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(graph->context, "slices", (int64_t)sizeof *made);
    }
    *made = (lk_slices){.graph = graph, .options = options, .here = options.last - options.first};
    lk_status status = init(made, named);
    if (status != LK_OK) {
        lk_slices_destroy(made);
        return status;
    }
    *slices = made;
    return LK_OK;
}

void lk_slices_destroy(lk_slices *slices) {
    if (slices == NULL) {
        return;
    }
    for (int64_t i = 0; slices->execution != NULL && i < slices->execution_count; i++) {
        lk_execution_destroy(slices->execution[i]);
    }
    for (int w = 0; slices->worker != NULL && slices->worker_count > 1 && w < slices->worker_count;
         w++) {
        lk_pool_destroy(slices->worker[w].context.pool);
    }
    lk_gradient_team_destroy(slices->team);
    lk_release(slices->execution);
    lk_release(slices->worker);
    lk_release(slices->part);
    lk_release(slices->gradient);
    lk_release(slices);
}

int64_t lk_slices_count(const lk_slices *slices) {
    return slices->options.slices;
}

void lk_slices_rebind(lk_slices *slices, lk_graph *graph) {
    for (int64_t i = 0; i < slices->execution_count; i++) {
        lk_execution_rebind(slices->execution[i], graph);
    }
    slices->graph = graph;
}

void lk_slices_set_training(lk_slices *slices, bool training, uint64_t seed, uint64_t step) {
    for (int64_t i = 0; i < slices->execution_count; i++) {
        lk_execution_set_training(slices->execution[i], training, seed, step);
    }
}

void lk_slices_set_weights(lk_slices *slices, const float *weights) {
    for (int64_t i = 0; i < slices->execution_count; i++) {
        lk_execution_set_weights(slices->execution[i], weights);
    }
}

void lk_slices_set_example_weights(lk_slices *slices, const float *weights) {
    LK_REQUIRE(slices->options.window == NULL);
    slices->example_weights = weights;
}

void lk_slices_set_active(lk_slices *slices, const int64_t *active) {
    for (int64_t i = 0; i < slices->execution_count; i++) {
        lk_execution_set_active(slices->execution[i], active);
    }
}

void lk_slices_set_along(lk_slices *slices, const uint16_t *along) {
    slices->along = along;
}

lk_execution *lk_slices_execution(lk_slices *slices) {
    return slices->suspect;
}

/* ---- a slice --------------------------------------------------------------------------------- */

/* Its execution, working for this worker. `slice` counts from the first that runs here. */
static lk_execution *bind(lk_slices *s, int64_t slice, int worker) {
    lk_execution *execution = s->execution[s->options.window != NULL ? slice : worker];
    execution->context = &s->worker[worker].context;
    execution->pool = execution->context->pool;
    return execution;
}

void lk_slices_give(const lk_slices *s, lk_execution *execution, int64_t first, int64_t count) {
    int64_t each = s->graph->given;
    if (each > 0) {
        lk_execution_give(execution, s->given + first * each, count);
    }
}

static lk_status forward(lk_slices *s, lk_execution *execution, int64_t slice) {
    int64_t number = s->options.first + slice, first = lk_slices_first(s->count, s->slices, number);
    int64_t count = lk_slices_first(s->count, s->slices, number + 1) - first;
    const uint16_t *x = s->x + first * s->values_per_lane;
    execution->first_example = first;
    execution->examples = s->count;
    if (s->options.window != NULL) {
        int64_t along = s->graph->along / s->options.window->positions;
        lk_execution_set_along(
            execution,
            along > 0 ? s->along + first * (s->position[1] - s->position[0]) * along : NULL);
        LK_TRY(lk_execution_window_forward(execution, s->position[0], s->position[1], x));
    } else {
        lk_slices_give(s, execution, first, count);
        lk_execution_set_example_weights(
            execution,
            s->example_weights != NULL ? s->example_weights + first * s->values_per_lane : NULL);
        LK_TRY(lk_execution_forward(execution, x, count));
    }
    return lk_execution_nll(execution, s->nll_nats + first, NULL);
}

static lk_status run_slice(lk_slices *s, int64_t slice, int worker) {
    slice_worker *w = &s->worker[worker];
    lk_execution *execution = bind(s, slice, worker);
    int64_t part = s->worker_count > 1 ? slice : complete_before(slice);
    execution->own_gradient = s->part + part * s->graph->parameters->count;
    w->failed = slice;
    w->status = forward(s, execution, slice);
    if (w->status == LK_OK) {
        w->status = lk_execution_backward(execution);
    }
    return w->status;
}

/* ---- a run ----------------------------------------------------------------------------------- */

/* The last two subtrees become one. */
static void join_top(lk_slices *s, int64_t top) {
    const lk_parameters *parameters = s->graph->parameters;
    lk_gradient_tree_join(parameters, s->part + (top - 1) * parameters->count, 2);
}

/* One after another: a subtree is joined as soon as it is complete. */
static void walk(lk_slices *s, int64_t slices) {
    for (int64_t slice = 0; slice < slices; slice++) {
        if (run_slice(s, slice, 0) != LK_OK) {
            return;
        }
        int64_t top = complete_before(slice);
        for (int64_t bits = slice; bits % 2 == 1; bits /= 2) {
            join_top(s, top--);
        }
    }
    for (int64_t top = complete_before(slices) - 1; top > 0; top--) {
        join_top(s, top);
    }
}

/* A worker takes slices in ascending order until none is left, or one fails: its first. */
static void worker_piece(void *argument, int64_t worker, int thread) {
    (void)thread;
    lk_slices *s = argument;
    int64_t end = (s->options.last < s->slices ? s->options.last : s->slices) - s->options.first;
    for (int64_t slice = atomic_fetch_add(&s->next, 1); slice < end;
         slice = atomic_fetch_add(&s->next, 1)) {
        if (run_slice(s, slice, (int)worker) != LK_OK) {
            return;
        }
    }
}

/* The first failure by the number of its slice. */
static lk_status tell(lk_slices *s) {
    const slice_worker *first = NULL;
    for (int w = 0; w < s->worker_count; w++) {
        const slice_worker *worker = &s->worker[w];
        if (worker->status != LK_OK && (first == NULL || worker->failed < first->failed)) {
            first = worker;
        }
    }
    return first == NULL ? LK_OK
                         : lk_fail(s->graph->context, first->status, "%s", first->context.message);
}

/* The first slice with an NLL that is not finite is computed again, for those who ask where it came
 * from. */
static lk_status look_again(lk_slices *s, int64_t slices) {
    for (int64_t slice = 0; slice < slices; slice++) {
        int64_t number = s->options.first + slice;
        int64_t last = lk_slices_first(s->count, s->slices, number + 1);
        for (int64_t n = lk_slices_first(s->count, s->slices, number); n < last; n++) {
            if (!isfinite(s->nll_nats[n])) {
                s->suspect = bind(s, slice, 0);
                return forward(s, s->suspect, slice);
            }
        }
    }
    return LK_OK;
}

static lk_status run_here(lk_slices *s) {
    int64_t last = s->options.last < s->slices ? s->options.last : s->slices;
    int64_t slices = last - s->options.first;
    if (slices <= 0 || s->idle) {
        return LK_OK;
    }
    for (int w = 0; w < s->worker_count; w++) {
        s->worker[w].status = LK_OK;
    }
    if (s->worker_count == 1) {
        walk(s, slices);
        LK_TRY(tell(s));
    } else {
        atomic_store(&s->next, 0);
        lk_pool_run(s->graph->context->pool, s->worker_count, worker_piece, s);
        LK_TRY(tell(s));
        lk_gradient_tree_join(s->graph->parameters, s->part, slices);
    }
    return look_again(s, slices);
}

lk_status lk_slices_run_all(lk_slices *s) {
    s->slices = s->count < s->options.slices ? s->count : s->options.slices;
    lk_status status = run_here(s);
    return s->team == NULL
               ? status
               : lk_gradient_team_join(s->team, status, s->slices, s->count, s->nll_nats);
}

lk_status lk_slices_run(lk_slices *slices, const uint16_t *x, const uint16_t *given, int64_t count,
                        double *nll_nats) {
    LK_REQUIRE(count >= 1 && count <= slices->options.batch && slices->options.window == NULL);
    LK_REQUIRE(given != NULL || slices->graph->given == 0);
    slices->x = x;
    slices->given = given;
    slices->nll_nats = nll_nats;
    slices->count = count;
    slices->values_per_lane = slices->graph->variables;
    return lk_slices_run_all(slices);
}
