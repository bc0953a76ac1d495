#include "jobs/sample_draw.h"

#include "base/random.h"
#include "dist/dist.h"

#define EXAMPLES_PER_PIECE 256

typedef struct piece_of {
    const lk_draw *draw;
    int64_t variable;
    const float *parameters;
} piece_of;

static int32_t held(const lk_sample_options *options, int64_t sample, int64_t variable) {
    const lk_given *given = options->given;
    return given == NULL ? -1
                         : given->values[sample % given->examples * given->variables + variable];
}

static void draw_piece(void *argument, int64_t piece, int worker) {
    (void)worker;
    const piece_of *p = argument;
    const lk_draw *d = p->draw;
    const lk_graph *graph = d->graph;
    lk_head head = lk_graph_head(graph, 0);
    lk_random random = {d->options->seed, LK_FOR_SAMPLE};
    int64_t begin = piece * EXAMPLES_PER_PIECE;
    int64_t end = begin + EXAMPLES_PER_PIECE < d->count ? begin + EXAMPLES_PER_PIECE : d->count;
    float *probability = d->probability + begin * graph->alphabet;
    head.dist->probabilities(graph->context->kernels, &head,
                             p->parameters + begin * lk_graph_channels(graph), end - begin,
                             d->options->temperature, probability);
    for (int64_t n = begin; n < end; n++, probability += graph->alphabet) {
        int32_t value = held(d->options, d->sample[n], p->variable);
        if (value < 0) {
            float unit = lk_random_unit(random, (uint64_t)d->sample[n], (uint64_t)p->variable);
            value = lk_probabilities_draw(probability, graph->alphabet, unit);
        }
        d->column[n] = (uint16_t)value;
        d->values[n * d->variables + p->variable] = (uint16_t)value;
    }
}

void lk_draw_variable(const lk_draw *draw, int64_t variable, const float *parameters) {
    piece_of p = {draw, variable, parameters};
    lk_pool_run(draw->pool, (draw->count + EXAMPLES_PER_PIECE - 1) / EXAMPLES_PER_PIECE, draw_piece,
                &p);
}
