#include "models/orders.h"

#include <string.h>

#include "base/random.h"

int32_t lk_orders_count(const lk_model *model) {
    return (int32_t)lk_settings_integer(&model->settings, "orders");
}

lk_status lk_orders_ordering(const lk_model *model, int32_t variant, int32_t *rank) {
    lk_random random = {(uint64_t)lk_settings_integer(&model->settings, "order_seed"),
                        LK_FOR_ORDER};
    if (variant == 0) {
        memcpy(rank, model->rank, (size_t)model->data.variables * sizeof *rank);
    } else {
        lk_random_permutation(random, (uint64_t)variant, model->data.variables, rank);
    }
    return LK_OK;
}
