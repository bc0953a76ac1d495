#include "train/evaluate.h"

#include <math.h>
#include <stdio.h>

#include "base/memory.h"

lk_status lk_evaluation_init(lk_context *context, const lk_items *items,
                             lk_evaluation *evaluation) {
    *evaluation = (lk_evaluation){.items = lk_items_count(items)};
    evaluation->nll_nats = lk_allocate(evaluation->items, sizeof *evaluation->nll_nats);
    return evaluation->nll_nats != NULL
               ? LK_OK
               : lk_fail_no_memory(context, "likelihoods", evaluation->items * 8);
}

void lk_evaluation_deinit(lk_evaluation *evaluation) {
    lk_release(evaluation->nll_nats);
    *evaluation = (lk_evaluation){0};
}

/* Fields stand one after another; models of several are held whole. */
static void add_fields(lk_evaluation *e, const lk_passage *passage) {
    bool several = passage->graph->data->cells < passage->graph->variables && passage->nats != NULL;
    e->field_count = 0;
    for (int32_t f = 0; f < passage->graph->field_count; f++) {
        const lk_field *field = &passage->graph->fields[f];
        lk_field_nll *to = &e->field[e->field_count];
        bool modelled = field->role == LK_MODELLED;
        if (!modelled || several) {
            snprintf(modelled ? to->name : e->given, sizeof e->given, "%s", field->name);
        }
        for (int64_t v = 0; v < field->cells && modelled && several; v++) {
            to->nll_nats += passage->nats[field->first + v];
        }
        e->field_count += modelled && several;
    }
}

static lk_status take(void *argument, const lk_passage *passage) {
    lk_evaluation *e = argument;
    e->nll_nats[passage->item] = passage->nll_nats;
    e->escapes += passage->escapes;
    add_fields(e, passage);
    return LK_OK;
}

lk_sink lk_evaluation_sink(lk_evaluation *evaluation) {
    return (lk_sink){take, evaluation};
}

lk_status lk_evaluate(const lk_model *model, lk_items *items, const lk_walk_options *options,
                      lk_evaluation *evaluation) {
    const lk_sink sink = lk_evaluation_sink(evaluation);
    LK_TRY(lk_evaluation_init(model->context, items, evaluation));
    return lk_walk_once(model, items, options, &sink, 1);
}

static lk_status take_nll(void *argument, const lk_passage *passage) {
    double *nll_nats = argument;
    nll_nats[passage->item] = passage->nll_nats;
    return LK_OK;
}

lk_sink lk_nll_sink(double *nll_nats) {
    return (lk_sink){take_nll, nll_nats};
}

lk_status lk_model_items(const lk_model *model, const lk_dataset *dataset, lk_items **items) {
    bool labelled = model->data.labels > 0 && dataset->labels != NULL;
    LK_TRY(lk_items_of_dataset(model->context, dataset, lk_model_view(model), items));
    return labelled ? lk_items_set_labels(*items, dataset->labels) : LK_OK;
}

lk_status lk_evaluate_dataset(const lk_model *model, const lk_dataset *dataset, double *nll_nats) {
    const lk_sink sink = lk_nll_sink(nll_nats);
    lk_items *items;
    lk_status status = lk_model_items(model, dataset, &items);
    if (status == LK_OK) {
        status = lk_walk_once(model, items, NULL, &sink, 1);
    }
    lk_items_close(items);
    return status;
}

double lk_mean(const double *values, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += values[i];
    }
    return count > 0 ? sum / (double)count : (double)NAN;
}
