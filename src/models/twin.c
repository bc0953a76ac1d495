#include "models/twin.h"

#include <string.h>

#include "base/memory.h"

/* Building a network declares the parameters, in the order in which it declared the model's. */
static lk_status declare(lk_model *twin) {
    lk_graph *graph;
    LK_TRY(lk_parameters_create(twin->context, &twin->parameters));
    LK_TRY(lk_model_graph(twin, 0, &graph));
    lk_graph_destroy(graph);
    twin->parameters->frozen = true;
    return LK_OK;
}

lk_status lk_model_twin_create(const lk_model *model, lk_model **twin) {
    *twin = NULL;
    lk_model *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(model->context, "model", (int64_t)sizeof *made);
    }
    *made = *model;
    made->parameters = NULL;
    lk_status status = declare(made);
    if (status != LK_OK) {
        lk_model_twin_destroy(made);
        return status;
    }
    lk_model_twin_reset(made, model);
    *twin = made;
    return LK_OK;
}

void lk_model_twin_destroy(lk_model *twin) {
    if (twin != NULL) {
        lk_parameters_destroy(twin->parameters);
        lk_release(twin);
    }
}

void lk_model_twin_reset(lk_model *twin, const lk_model *model) {
    LK_REQUIRE(twin->parameters->count == model->parameters->count);
    for (int32_t p = 0; p < twin->parameters->count; p++) {
        const lk_parameter *to = &twin->parameters->list[p], *from = &model->parameters->list[p];
        LK_REQUIRE(to->rows == from->rows && to->columns == from->columns);
        memcpy(to->value, from->value, (size_t)(from->rows * from->columns) * sizeof(float));
    }
}
