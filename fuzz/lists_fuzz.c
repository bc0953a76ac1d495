/* Files of ranks and of held values: anything may come. What is accepted must be in range. The
 * first byte chooses the number of variables. */
#include <stdlib.h>
#include <string.h>

#include "jobs/given.h"
#include "models/order.h"

#define MOST 16

static void expect(bool condition) {
    if (!condition) {
        abort();
    }
}

static void try_order(const lk_bytes *bytes, int64_t variables) {
    int32_t rank[MOST];
    if (lk_order_parse(NULL, "fuzz", bytes, variables, rank) == LK_OK) {
        for (int64_t v = 0; v < variables; v++) {
            expect(rank[v] >= 0);
        }
    }
}

/* Of the model only the description of its data is read. */
static void try_given(const lk_bytes *bytes, int64_t variables) {
    lk_model model = {.data = {.variables = variables, .alphabet = 3}};
    lk_given given;
    if (lk_given_parse(&model, "fuzz", bytes, (lk_shape){0}, &given) == LK_OK) {
        expect(given.variables == variables && given.examples >= 1);
        for (int64_t i = 0; i < given.examples * variables; i++) {
            expect(given.values[i] >= -1 && given.values[i] < 3);
        }
        lk_given_deinit(&given);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    int64_t variables = 1 + data[0] % MOST;
    uint8_t *exact =
        malloc(size); /* no byte stands after the end but the zero that lk_bytes promises */
    expect(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    exact[size - 1] = 0;
    lk_bytes bytes = {exact, (int64_t)size - 1};
    try_order(&bytes, variables);
    try_given(&bytes, variables);
    free(exact);
    return 0;
}
