#include "graph/slices.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "graph/execution_inside.h"

enum {
    EXAMPLES_LEAST = 4, /* fewer leave too short products at the borders of a grid */
    SLICE_BYTES =
        2
        << 20, /* of the widest node: two cores' second caches, or one's and a part of the third */
    FLOATS_PER_PIECE = 16384, /* of the joining */
};

struct lk_slices {
    lk_graph *graph;             /* not owned */
    int64_t batch, most, floats; /* examples in all; slices; of all parameters together */
    int workers;
    bool apart;               /* each worker has a pool of its own */
    lk_execution **execution; /* [workers], owned */
    lk_pool **pool;           /* [workers], owned where apart */
    float *gradient;          /* [slices][floats], owned */
    float **part;             /* [slices][parameters]: into it, owned */
    lk_status *status;        /* [slices], owned */
    /* The present run. */
    const uint16_t *x;
    int64_t count, slices;
    double *nll_nats;
};

/* ---- how a minibatch is cut ------------------------------------------------------------------ */

static int64_t examples_of(const lk_graph *graph) {
    int64_t widest = 1, values = 0, examples = EXAMPLES_LEAST;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const lk_node *node = graph->nodes[i];
        int64_t bytes = node->cells * node->channels * (int64_t)sizeof(float);
        if (node->op->recurrent) {
            return INT64_MAX;
        }
        widest = bytes > widest ? bytes : widest;
        values += node->cells * node->channels;
    }
    while (2 * examples * widest <= SLICE_BYTES) {
        examples *= 2;
    }
    return examples * values >= 4 * lk_parameters_total(graph->parameters) ? examples : INT64_MAX;
}

/* An even number: two workers get equally much. */
static int64_t count_of(int64_t examples, int64_t batch) {
    if (examples >= batch) {
        return 1;
    }
    int64_t slices = (batch + examples - 1) / examples;
    return slices + slices % 2;
}

int64_t lk_slices_count(const lk_graph *graph, int64_t batch) {
    return count_of(examples_of(graph), batch);
}

/* Where slice s of the present run begins. */
static int64_t first_of(const lk_slices *slices, int64_t s) {
    return slices->count * s / slices->slices;
}

/* ---- life ------------------------------------------------------------------------------------ */

static lk_status allocate(lk_slices *s) {
    const lk_parameters *parameters = s->graph->parameters;
    s->execution = lk_allocate(s->workers, sizeof *s->execution);
    s->pool = lk_allocate(s->workers, sizeof *s->pool);
    s->gradient = lk_allocate(s->most * s->floats, sizeof *s->gradient);
    s->part = lk_allocate(s->most * parameters->count, sizeof *s->part);
    s->status = lk_allocate(s->most, sizeof *s->status);
    if (s->execution == NULL || s->pool == NULL || s->gradient == NULL || s->part == NULL ||
        s->status == NULL) {
        return lk_fail_no_memory(parameters->context, "gradients of slices",
                                 s->most * s->floats * (int64_t)sizeof(float));
    }
    float *at = s->gradient;
    for (int64_t i = 0; i < s->most * parameters->count; i++) {
        const lk_parameter *p = &parameters->list[i % parameters->count];
        s->part[i] = at;
        at += p->rows * p->columns;
    }
    return LK_OK;
}

static lk_status make_worker(lk_slices *s, int worker) {
    lk_context *context = s->graph->context;
    LK_TRY(lk_execution_create(s->graph, LK_PLAN_TRAIN, (s->batch + s->most - 1) / s->most,
                               &s->execution[worker]));
    if (s->apart) {
        s->pool[worker] = lk_pool_create(1);
        if (s->pool[worker] == NULL) {
            return lk_fail_no_memory(context, "a worker", 0);
        }
        lk_execution_set_pool(s->execution[worker], s->pool[worker]);
    }
    return LK_OK;
}

lk_status lk_slices_create(lk_graph *graph, int64_t batch, lk_slices **slices) {
    *slices = NULL;
    lk_slices *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(graph->context, "slices", (int64_t)sizeof *made);
    }
    int threads = lk_pool_threads(graph->context->pool);
    made->graph = graph;
    made->batch = batch;
    made->most = lk_slices_count(graph, batch);
    made->floats = lk_parameters_total(graph->parameters);
    made->apart = made->most >= threads;
    made->workers = made->apart ? threads : 1;
    lk_status status = allocate(made);
    for (int w = 0; w < made->workers && status == LK_OK; w++) {
        status = make_worker(made, w);
    }
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
    for (int w = 0; w < slices->workers; w++) {
        lk_execution_destroy(slices->execution != NULL ? slices->execution[w] : NULL);
        lk_pool_destroy(slices->pool != NULL ? slices->pool[w] : NULL);
    }
    lk_release(slices->execution);
    lk_release(slices->pool);
    lk_release(slices->gradient);
    lk_release(slices->part);
    lk_release(slices->status);
    lk_release(slices);
}

void lk_slices_set_training(lk_slices *slices, bool training, uint64_t seed, uint64_t step) {
    for (int w = 0; w < slices->workers; w++) {
        lk_execution_set_training(slices->execution[w], training, seed, step);
    }
}

lk_execution *lk_slices_execution(lk_slices *slices) {
    return slices->execution[0];
}

/* ---- a run ----------------------------------------------------------------------------------- */

static lk_status forward(lk_slices *s, lk_execution *execution, int64_t slice) {
    int64_t first = first_of(s, slice), count = first_of(s, slice + 1) - first;
    execution->first_example = first;
    execution->examples = s->count;
    execution->own_gradient = s->part + slice * s->graph->parameters->count;
    LK_TRY(lk_execution_forward(execution, s->x + first * s->graph->variables, count));
    return lk_execution_nll(execution, s->nll_nats + first, NULL);
}

static void slice_piece(void *argument, int64_t slice, int worker) {
    lk_slices *s = argument;
    lk_execution *execution = s->execution[worker];
    s->status[slice] = forward(s, execution, slice);
    if (s->status[slice] == LK_OK) {
        s->status[slice] = lk_execution_backward(execution);
    }
}

/* gradient[i] = part 0 [i] + part 1 [i] + ..., from the left. */
static void join_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const lk_slices *s = argument;
    int64_t first = piece * FLOATS_PER_PIECE, last = first + FLOATS_PER_PIECE;
    last = last < s->floats ? last : s->floats;
    for (int64_t slice = 1; slice < s->slices; slice++) {
        s->graph->context->kernels->add(s->gradient + first,
                                        s->gradient + slice * s->floats + first, last - first);
    }
}

static void join(lk_slices *s) {
    const lk_parameters *parameters = s->graph->parameters;
    int64_t pieces = (s->floats + FLOATS_PER_PIECE - 1) / FLOATS_PER_PIECE;
    lk_pool_run(s->graph->context->pool, pieces, join_piece, s);
    for (int32_t p = 0; p < parameters->count; p++) {
        const lk_parameter *to = &parameters->list[p];
        memcpy(to->gradient, s->part[p], (size_t)(to->rows * to->columns) * sizeof(float));
    }
}

/* The first slice with an NLL that is not finite is computed again, for those who ask where it came
 * from. */
static lk_status look_again(lk_slices *s) {
    for (int64_t slice = 0; slice < s->slices; slice++) {
        for (int64_t n = first_of(s, slice); n < first_of(s, slice + 1); n++) {
            if (!isfinite(s->nll_nats[n])) {
                return forward(s, s->execution[0], slice);
            }
        }
    }
    return LK_OK;
}

lk_status lk_slices_run(lk_slices *slices, const uint16_t *x, int64_t count, double *nll_nats) {
    LK_REQUIRE(count >= 1 && count <= slices->batch);
    slices->x = x;
    slices->count = count;
    slices->nll_nats = nll_nats;
    slices->slices = count < slices->most ? count : slices->most;
    if (slices->apart) {
        lk_pool_run(slices->graph->context->pool, slices->slices, slice_piece, slices);
    } else {
        for (int64_t slice = 0; slice < slices->slices; slice++) {
            slice_piece(slices, slice, 0);
        }
    }
    for (int64_t slice = 0; slice < slices->slices; slice++) {
        LK_TRY(slices->status[slice]);
    }
    join(slices);
    return look_again(slices);
}
