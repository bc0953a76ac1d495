/* The networks of a model's variants, each built when first asked for and then kept: a graph is
 * small beside an execution, which all of them share by lk_execution_rebind. */
#ifndef LK_TRAIN_VARIANTS_H
#define LK_TRAIN_VARIANTS_H

#include "models/model.h"

typedef struct lk_variants {
    const lk_model *model; /* not owned */
    int32_t count;
    lk_graph **graph; /* owned, [count], NULL until built */
} lk_variants;

lk_status lk_variants_init(lk_variants *variants, const lk_model *model);
void lk_variants_deinit(lk_variants *variants);
lk_status lk_variants_graph(lk_variants *variants, int32_t variant, lk_graph **graph);

#endif
