#include "models/data_start.h"

#include "base/memory.h"

typedef struct some_examples {
    int64_t count;
    uint16_t *x, *given, *raw; /* [count][modelled], [count]; of one example, before the view */
} some_examples;

/* Evenly spread, because data may be sorted. Grey values become binary as in an epoch 0. */
static void gather(const lk_model *model, const lk_dataset *train, const some_examples *some) {
    int64_t modelled = lk_model_modelled(model);
    lk_binarizer binarizer = {
        .how = train->alphabet > model->data.alphabet ? model->data.binarization : LK_BINARIZE_NONE,
        .alphabet = train->alphabet,
        .examples = train->examples};
    for (int64_t i = 0; i < some->count; i++) {
        int64_t example = i * train->examples / some->count;
        lk_dataset_binarize(&binarizer, example, train->variables,
                            train->values + example * train->variables, some->raw);
        lk_view_read(lk_model_view(model), some->raw, train->variables, 0, modelled,
                     some->x + i * modelled);
        some->given[i] = model->data.labels > 0 ? (uint16_t)train->labels[example] : 0;
    }
}

static lk_status take(const lk_model *model, const lk_dataset *train, some_examples *some) {
    int64_t modelled = lk_model_modelled(model);
    some->x = lk_allocate(some->count * modelled, sizeof *some->x);
    some->given = lk_allocate(some->count, sizeof *some->given);
    some->raw = lk_allocate(train->variables, sizeof *some->raw);
    if (some->x == NULL || some->given == NULL || some->raw == NULL) {
        return lk_fail_no_memory(model->context, "initialisation",
                                 some->count * modelled * (int64_t)sizeof *some->x);
    }
    gather(model, train, some);
    return LK_OK;
}

static lk_status start(lk_model *model, const some_examples *some, lk_data_scale *scale) {
    lk_graph *graph;
    LK_TRY(lk_model_graph(model, 0, &graph));
    lk_status status = lk_data_start(graph, some->x, some->given, some->count, scale);
    lk_graph_destroy(graph);
    return status;
}

lk_status lk_model_start_from(lk_model *model, const lk_dataset *train, int64_t count,
                              lk_data_scale *scale) {
    some_examples some = {.count = count < train->examples ? count : train->examples};
    LK_TRY(lk_model_accepts_labels(model, train));
    LK_REQUIRE(some.count >= 1 && train->variables == model->data.variables);
    lk_status status = take(model, train, &some);
    if (status == LK_OK) {
        status = start(model, &some, scale);
    }
    lk_release(some.x);
    lk_release(some.given);
    lk_release(some.raw);
    return status;
}
