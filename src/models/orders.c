#include "models/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "models/order.h"

int32_t lk_orders_count(const lk_model *model) {
    return (int32_t)lk_settings_integer(&model->settings, "orders");
}

static int compare_ranks(const void *a, const void *b) {
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

lk_status lk_orders_sort(lk_context *context, const int32_t *rank, int64_t variables,
                         int32_t **sorted) {
    *sorted = lk_allocate(variables, sizeof **sorted);
    if (*sorted == NULL) {
        return lk_fail_no_memory(context, "ordering", variables * (int64_t)sizeof **sorted);
    }
    memcpy(*sorted, rank, (size_t)variables * sizeof **sorted);
    qsort(*sorted, (size_t)variables, sizeof **sorted, compare_ranks);
    return LK_OK;
}

/* What stands at each place of the order gets the rank that the place has in the model's own, so
 * that variables share ranks as they do there. */
static lk_status random_ordering(const lk_model *model, int32_t variant, int32_t *rank) {
    int64_t variables = model->data.variables;
    lk_random random = {(uint64_t)lk_settings_integer(&model->settings, "order_seed"),
                        LK_FOR_ORDER};
    int32_t *sorted;
    LK_TRY(lk_orders_sort(model->context, model->rank, variables, &sorted));
    lk_random_permutation(random, (uint64_t)variant, variables, rank);
    for (int64_t v = 0; v < variables; v++) {
        rank[v] = sorted[rank[v]];
    }
    lk_release(sorted);
    return LK_OK;
}

lk_status lk_orders_ordering(const lk_model *model, int32_t variant, int32_t *rank) {
    if (variant > 0) {
        return random_ordering(model, variant, rank);
    }
    memcpy(rank, model->rank, (size_t)model->data.variables * sizeof *rank);
    return LK_OK;
}

lk_status lk_orders_scatter(lk_model *model) {
    char order[48];
    if (strcmp(model->order_name, "natural") != 0) {
        return LK_OK;
    }
    snprintf(order, sizeof order, "random:%lld",
             (long long)lk_settings_integer(&model->settings, "order_seed"));
    lk_release(model->order_name);
    model->order_name = NULL;
    return lk_order_read(model->context, order, model->data.shape, model->rank, &model->order_name);
}
