#include "train/known.h"

#include "base/memory.h"
#include "base/random.h"

/* Examples that one piece of pool work draws for. */
#define EXAMPLES_PER_PIECE 8

lk_status lk_known_init(lk_known *known, const lk_graph *graph, int64_t batch, uint64_t seed) {
    *known = (lk_known){.graph = graph, .seed = seed};
    known->given = lk_allocate(batch * graph->given, sizeof *known->given);
    known->weight = lk_allocate(batch * graph->variables, sizeof *known->weight);
    if (known->given == NULL || known->weight == NULL) {
        lk_known_deinit(known);
        return lk_fail_no_memory(graph->context, "minibatch", batch * graph->variables * 6);
    }
    return LK_OK;
}

void lk_known_deinit(lk_known *known) {
    lk_release(known->given);
    lk_release(known->weight);
    *known = (lk_known){0};
}

typedef struct drawing {
    lk_known *known;
    int64_t step, count;
    const uint16_t *x, *labels;
} drawing;

/* d first; then each variable is taken with the chance that leaves every set of d as likely as any
 * other: as many as are still wanted of those that are left (Knuth, The Art of Computer
 * Programming, volume 2, algorithm 3.4.2S). */
static void draw_example(const drawing *d, int64_t n) {
    const lk_graph *graph = d->known->graph;
    lk_random random = {d->known->seed, LK_FOR_KNOWN};
    int64_t variables = graph->variables, labels = graph->given - variables;
    uint64_t step = (uint64_t)d->step, first = (uint64_t)(n * (variables + 1));
    int64_t size = (int64_t)lk_random_below(random, step, first, (uint64_t)variables);
    uint16_t *given = d->known->given + n * graph->given;
    float *weight = d->known->weight + n * variables;
    float share = (float)((double)variables / (double)(variables - size));
    for (int64_t i = 0; i < labels; i++) {
        given[i] = d->labels[n * labels + i];
    }
    for (int64_t v = 0, wanted = size; v < variables; v++) {
        int64_t draw = (int64_t)lk_random_below(random, step, first + 1 + (uint64_t)v,
                                                (uint64_t)(variables - v));
        bool taken = draw < wanted;
        wanted -= taken;
        given[labels + v] =
            taken ? d->x[n * variables + v] : (uint16_t)lk_graph_field(graph, v)->alphabet;
        weight[v] = taken ? 0.0f : share;
    }
}

static void draw_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const drawing *d = argument;
    int64_t end = (piece + 1) * EXAMPLES_PER_PIECE;
    for (int64_t n = piece * EXAMPLES_PER_PIECE; n < end && n < d->count; n++) {
        draw_example(d, n);
    }
}

void lk_known_draw(lk_known *known, int64_t step, const uint16_t *x, const uint16_t *labels,
                   int64_t count) {
    drawing d = {known, step, count, x, labels};
    LK_REQUIRE(labels != NULL || known->graph->given == known->graph->variables);
    lk_pool_run(known->graph->context->pool, (count + EXAMPLES_PER_PIECE - 1) / EXAMPLES_PER_PIECE,
                draw_piece, &d);
}
