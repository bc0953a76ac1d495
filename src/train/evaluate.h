/* Exact likelihoods of items: a walk (models/walk.h), added up. */
#ifndef LK_TRAIN_EVALUATE_H
#define LK_TRAIN_EVALUATE_H

#include "models/walk.h"

typedef struct lk_evaluation_group {
    int64_t variables; /* of an example; 0: it is empty */
    double nats;
} lk_evaluation_group;

typedef struct lk_evaluation {
    int64_t items, variables; /* of the data set; 0: of texts */
    double *nll_nats;         /* owned, [items]; +infinity where the probability is 0 */
    int64_t escapes;          /* of texts: characters that the model does not know */
    /* What each part of a view brings, in nats, of all items; 0: several networks, or no view. */
    double part_nats[LK_VIEW_PARTS_MOST];
    /* By lk_evaluate, where the model's family has groups of variables (lk_family.groups), on a
     * data set: what each of them brings, in nats, of all items. Else `groups` is 0. */
    lk_evaluation_group *group; /* owned, [groups] */
    int32_t groups;
    int32_t *group_of; /* owned, [variables] */
    /* By lk_evaluate, of a mixture of several networks on a data set: owned, [networks], what each
     * says alone, in nats, of all items. Else networks is 0. */
    double *network_nats;
    int64_t networks;
} lk_evaluation;

/* options NULL: all defaults. lk_evaluation_deinit, whatever comes of it. */
lk_status lk_evaluate(const lk_model *model, lk_items *items, const lk_walk_options *options,
                      lk_evaluation *evaluation);
/* In two steps, for walks that tell others too. */
lk_status lk_evaluation_init(lk_context *context, const lk_items *items, lk_evaluation *evaluation);
lk_sink lk_evaluation_sink(lk_evaluation *evaluation);
void lk_evaluation_deinit(lk_evaluation *evaluation);

/* Keeps the likelihoods alone: nll_nats[items]. */
lk_sink lk_nll_sink(double *nll_nats);
/* The examples of a data set as the model sees them, whose labels, if it is given such, are its
 * symbols already (else: models/take.h). *items is the caller's: lk_items_close. */
lk_status lk_items_matched(const lk_model *model, const lk_dataset *dataset, lk_items **items);
/* nll_nats[examples] of a data set. */
lk_status lk_evaluate_dataset(const lk_model *model, const lk_dataset *dataset, double *nll_nats);

/* Mean in order; 0 values: NaN. */
double lk_mean(const double *values, int64_t count);

#endif
