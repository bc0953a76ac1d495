#include "train/evaluate.h"

#include <math.h>

#include "base/memory.h"

lk_status lk_evaluation_init(lk_context *context, const lk_items *items,
                             lk_evaluation *evaluation) {
    const lk_dataset *dataset = lk_items_dataset(items);
    *evaluation = (lk_evaluation){.items = lk_items_count(items),
                                  .variables = dataset != NULL ? dataset->variables : 0};
    evaluation->nll_nats = lk_allocate(evaluation->items, sizeof *evaluation->nll_nats);
    return evaluation->nll_nats != NULL
               ? LK_OK
               : lk_fail_no_memory(context, "likelihoods", evaluation->items * 8);
}

void lk_evaluation_deinit(lk_evaluation *evaluation) {
    lk_release(evaluation->nll_nats);
    lk_release(evaluation->network_nats);
    lk_release(evaluation->group);
    lk_release(evaluation->group_of);
    *evaluation = (lk_evaluation){0};
}

/* Examples of several parts are told whole. */
static lk_status take(void *argument, const lk_passage *passage) {
    lk_evaluation *e = argument;
    bool parts = passage->view != NULL && passage->nats != NULL;
    e->nll_nats[passage->item] = passage->nll_nats;
    e->escapes += passage->escapes;
    for (int64_t k = 0; passage->network_nats != NULL && k < e->networks; k++) {
        e->network_nats[k] += passage->network_nats[k * passage->network_stride];
    }
    for (int64_t v = 0; parts && v < passage->count; v++) {
        e->part_nats[lk_view_part_of(passage->view, v, e->variables)] += passage->nats[v];
    }
    for (int64_t i = 0; e->groups > 0 && i < passage->count; i++) {
        int64_t variable; /* of a whole pixel's cell the first: groups are of pixels */
        lk_view_made_of(passage->view, passage->first + i, e->variables, &variable);
        e->group[e->group_of[variable]].nats += passage->nats[i];
    }
    return LK_OK;
}

lk_sink lk_evaluation_sink(lk_evaluation *evaluation) {
    return (lk_sink){take, evaluation};
}

/* The evaluation tells of each network of a mixture, of so many of them. */
static lk_status count_networks(const lk_model *model, int64_t wanted, lk_evaluation *evaluation) {
    int64_t all = lk_model_variants(model);
    evaluation->networks = wanted > 0 && wanted < all ? wanted : all;
    if (evaluation->networks == 1 || evaluation->variables == 0) {
        evaluation->networks = 0;
        return LK_OK;
    }
    evaluation->network_nats = lk_allocate(evaluation->networks, sizeof *evaluation->network_nats);
    return evaluation->network_nats != NULL
               ? LK_OK
               : lk_fail_no_memory(model->context, "likelihoods", evaluation->networks * 8);
}

/* Of one network the evaluation tells of its groups of variables. */
static lk_status count_groups(const lk_model *model, const lk_items *items,
                              lk_evaluation *evaluation) {
    const lk_dataset *dataset = lk_items_dataset(items);
    lk_shape shape;
    if (model->family->groups == NULL || dataset == NULL || lk_model_variants(model) > 1) {
        return LK_OK;
    }
    LK_TRY(lk_model_shape_for(model, dataset->path, dataset->shape, &shape));
    int64_t variables = evaluation->variables;
    evaluation->group_of = lk_allocate(variables, sizeof *evaluation->group_of);
    if (evaluation->group_of == NULL) {
        return lk_fail_no_memory(model->context, "groups of variables", variables * 4);
    }
    int32_t groups = model->family->groups(model, shape, evaluation->group_of);
    evaluation->group = lk_allocate(groups, sizeof *evaluation->group);
    if (evaluation->group == NULL) {
        return lk_fail_no_memory(model->context, "groups of variables", groups * 16);
    }
    evaluation->groups = groups;
    for (int64_t v = 0; v < variables; v++) {
        evaluation->group[evaluation->group_of[v]].variables++;
    }
    return LK_OK;
}

lk_status lk_evaluate(const lk_model *model, lk_items *items, const lk_walk_options *options,
                      lk_evaluation *evaluation) {
    const lk_sink sink = lk_evaluation_sink(evaluation);
    lk_walk_options how = options != NULL ? *options : (lk_walk_options){0};
    LK_TRY(lk_evaluation_init(model->context, items, evaluation));
    LK_TRY(count_networks(model, how.networks, evaluation));
    bool parts = lk_model_view(model) != NULL && evaluation->variables > 0;
    LK_TRY(count_groups(model, items, evaluation));
    how.terms |= (parts && lk_model_variants(model) == 1) || evaluation->groups > 0;
    return lk_walk_once(model, items, &how, &sink, 1);
}

static lk_status take_nll(void *argument, const lk_passage *passage) {
    double *nll_nats = argument;
    nll_nats[passage->item] = passage->nll_nats;
    return LK_OK;
}

lk_sink lk_nll_sink(double *nll_nats) {
    return (lk_sink){take_nll, nll_nats};
}

lk_status lk_items_matched(const lk_model *model, const lk_dataset *dataset, lk_items **items) {
    bool labelled = model->data.labels > 0 && dataset->labels != NULL;
    LK_TRY(lk_items_of_dataset(model->context, dataset, lk_model_view(model), items));
    return labelled ? lk_items_set_labels(*items, dataset->labels) : LK_OK;
}

lk_status lk_evaluate_dataset(const lk_model *model, const lk_dataset *dataset, double *nll_nats) {
    const lk_sink sink = lk_nll_sink(nll_nats);
    lk_items *items;
    lk_status status = lk_items_matched(model, dataset, &items);
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
