/* Families whose weights serve any ordering of the variables: their networks are orderings, the
 * model's own and then random ones, and the model is their even mixture (Uria, Murray, Larochelle,
 * ICML 2014, section 3.2). They share these settings and
 *
 *   .variants = lk_orders_count,  .ordering = lk_orders_ordering */
#ifndef LK_MODELS_ORDERS_H
#define LK_MODELS_ORDERS_H

#include "models/model.h"

/* first: what the first of them is; changes: lk_setting.evaluation. */
#define LK_ORDERS_SETTINGS(first, changes)                                                 \
    {.key = "orders",                                                                      \
     .kind = LK_INTEGER,                                                                   \
     .fallback = "1",                                                                      \
     .least = 1,                                                                           \
     .most = 1024,                                                                         \
     .source = "Uria, Murray, Larochelle, ICML 2014",                                      \
     .help = "orderings that share the weights, an even mixture: " first,                  \
     .evaluation = changes},                                                               \
    {                                                                                      \
        .key = "order_seed", .kind = LK_INTEGER, .fallback = "1", .least = 0,              \
        .most = (int64_t)1 << 53, .help = "of the random orderings", .evaluation = changes \
    }
#define LK_ORDERS_OWN "the model's own, then random ones"

int32_t lk_orders_count(const lk_model *model);
lk_status lk_orders_ordering(const lk_model *model, int32_t variant, int32_t *rank);
/* The ranks, ascending; the caller's: lk_release. */
lk_status lk_orders_sort(lk_context *context, const int32_t *rank, int64_t variables,
                         int32_t **sorted);
/* lk_family.reorder: the natural order becomes random:SEED, SEED of order_seed. */
lk_status lk_orders_scatter(lk_model *model);

#endif
