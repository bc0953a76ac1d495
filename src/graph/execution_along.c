/* What is given along: the values of fields that move on with the positions of a stream. */
#include "graph/execution_inside.h"

void lk_execution_set_along(lk_execution *execution, const uint16_t *along) {
    execution->given_along = along;
}

/* [example][position][cell] -> [position][cell][example], of one field, whose `each` cells begin at
 * `at` in a position that has `per` of them. */
static void fill_field_along(const lk_execution *e, const lk_field *field, lk_range positions,
                             int64_t per, int64_t at, int64_t each) {
    int64_t count = e->count, there = positions.last - positions.first;
    float *value = e->value[field->node->index] + positions.first * each * count;
    for (int64_t p = 0; p < there; p++) {
        for (int64_t c = 0; c < each; c++) {
            const uint16_t *from = e->given_along + p * per + at + c;
            for (int64_t n = 0; n < count; n++) {
                *value++ = (float)from[n * there * per];
            }
        }
    }
}

void lk_execution_fill_along(lk_execution *execution) {
    const lk_execution *e = execution;
    const lk_graph *graph = e->graph;
    int64_t unit = e->window != NULL ? e->window->unit : graph->variables;
    int64_t all = graph->variables / unit;
    LK_REQUIRE(graph->along == 0 || e->given_along != NULL);
    for (int32_t f = 0; f < graph->field_count && graph->along > 0; f++) {
        const lk_field *field = &graph->fields[f];
        if (field->role == LK_ALONG) {
            fill_field_along(e, field, (lk_range){e->first / unit, e->last / unit},
                             graph->along / all, field->first / all, field->cells / all);
        }
    }
}
