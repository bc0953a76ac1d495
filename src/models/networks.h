/* The networks of a model's variants, each built when first asked for and then kept: a graph is
 * small beside an execution, which all of them share by lk_execution_rebind. */
#ifndef LK_MODELS_NETWORKS_H
#define LK_MODELS_NETWORKS_H

#include "models/model.h"

typedef struct lk_networks {
    const lk_model *model; /* not owned */
    int32_t count;
    lk_graph **graph; /* owned, [count], NULL until built */
} lk_networks;

lk_status lk_networks_init(lk_networks *networks, const lk_model *model);
void lk_networks_deinit(lk_networks *networks);
lk_status lk_networks_graph(lk_networks *networks, int32_t variant, lk_graph **graph);

#endif
