#include "graph/data_start.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "graph/execution_inside.h"
#include "graph/weight_norm.h"

#define VARIANCE_LEAST 1e-10

typedef struct data_start {
    lk_execution *execution;
    lk_data_scale *scale;
    bool *done;              /* [parameters]: weights that are set */
    double *mean, *variance; /* [units] of the layer */
} data_start;

/* Cell c of a layer with groups has the units of its group. */
static int64_t unit_of(int64_t bands, const lk_node *node, int64_t cell) {
    return cell % bands * node->channels;
}

/* sum[unit] += (value - from[unit])^power, power 1 or 2, over the unit's values; then the mean. */
static void mean_of(const lk_execution *e, const lk_node *node, int64_t bands, const double *from,
                    double *sum) {
    const float *value = e->value[node->index];
    memset(sum, 0, (size_t)(bands * node->channels) * sizeof *sum);
    for (int64_t cell = 0; cell < node->cells; cell++) {
        int64_t unit = unit_of(bands, node, cell);
        for (int64_t i = 0; i < e->count * node->channels; i++) {
            int64_t at = unit + i % node->channels;
            double apart = (double)*value++ - (from != NULL ? from[at] : 0);
            sum[at] += from != NULL ? apart * apart : apart;
        }
    }
    double count = (double)(node->cells / bands * e->count);
    for (int64_t at = 0; at < bands * node->channels; at++) {
        sum[at] /= count;
    }
}

static void set_units(const data_start *s, const lk_node *node, const lk_parameter *weight,
                      double scale) {
    lk_parameter *list = s->execution->graph->parameters->list;
    float *gain = list[weight->norm->gain].value;
    float *bias = node->parameter_count > 1 ? list[node->parameters[1]].value : NULL;
    for (int64_t unit = 0; unit < weight->norm->bands * node->channels; unit++) {
        bool moves = s->variance[unit] >= VARIANCE_LEAST;
        double by = moves ? scale / sqrt(s->variance[unit]) : 1;
        gain[unit] = (float)((double)gain[unit] * by);
        if (bias != NULL) {
            bias[unit] = (float)(((double)bias[unit] - s->mean[unit]) * by);
        }
    }
}

static lk_status measure(data_start *s, const lk_node *node, int64_t bands) {
    int64_t units = bands * node->channels;
    s->mean = lk_allocate(units, sizeof *s->mean);
    s->variance = lk_allocate(units, sizeof *s->variance);
    if (s->mean == NULL || s->variance == NULL) {
        return lk_fail_no_memory(s->execution->graph->context, node->name,
                                 units * (int64_t)sizeof *s->mean);
    }
    mean_of(s->execution, node, bands, NULL, s->mean);
    mean_of(s->execution, node, bands, s->mean, s->variance);
    return LK_OK;
}

/* The layer has been computed; it is again, when its weights have changed. */
static lk_status set_layer(data_start *s, const lk_node *node, double scale) {
    lk_execution *e = s->execution;
    const lk_parameter *weight = &e->graph->parameters->list[node->parameters[0]];
    lk_status status = measure(s, node, weight->norm->bands);
    if (status == LK_OK) {
        set_units(s, node, weight, scale);
        lk_execution_derive(e);
        status = lk_execution_run(e, node, node->by_ready, node->cells);
    }
    lk_release(s->mean);
    lk_release(s->variance);
    s->mean = s->variance = NULL;
    return status;
}

static lk_status run_node(data_start *s, const lk_node *node) {
    lk_execution *e = s->execution;
    LK_TRY(lk_execution_run(e, node, node->by_ready, node->cells));
    int32_t weight = node->parameter_count > 0 ? node->parameters[0] : -1;
    if (weight < 0 || e->graph->parameters->list[weight].norm == NULL || s->done[weight]) {
        return LK_OK;
    }
    s->done[weight] = true;
    double scale = s->scale(node->name);
    return scale == 0 ? LK_OK : set_layer(s, node, scale);
}

static lk_status run(data_start *s, const uint16_t *x, const uint16_t *given, int64_t count) {
    lk_execution *e = s->execution;
    const lk_graph *graph = e->graph;
    if (graph->given > 0) {
        lk_execution_give(e, given, count);
    }
    lk_execution_set_training(e, true, 0, 0);
    lk_execution_place_values(e, count);
    lk_execution_derive(e);
    lk_execution_fill(e, x);
    for (int32_t i = graph->field_count; i < graph->node_count; i++) {
        LK_TRY(run_node(s, graph->nodes[i]));
    }
    return LK_OK;
}

lk_status lk_data_start(const lk_graph *graph, const uint16_t *x, const uint16_t *given,
                        int64_t count, lk_data_scale *scale) {
    data_start s = {.scale = scale};
    LK_REQUIRE(graph->given == 0 || given != NULL);
    s.done = lk_allocate(graph->parameters->count, sizeof *s.done);
    if (s.done == NULL) {
        return lk_fail_no_memory(graph->context, "initialisation", graph->parameters->count);
    }
    lk_status status = lk_execution_create(graph, LK_PLAN_EVALUATE, count, &s.execution);
    if (status == LK_OK) {
        status = run(&s, x, given, count);
    }
    lk_execution_destroy(s.execution);
    lk_release(s.done);
    return status;
}
