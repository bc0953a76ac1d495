/* Files of slower sequences: anything may come. What is accepted has the length and the symbols
 * that were asked for. The first two bytes choose how many positions there are, how many of them a
 * symbol has, and the alphabet. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/local.h"

static void check(const lk_local *local, int64_t positions) {
    const lk_local_form *form = lk_local_form_of(local);
    int64_t count = lk_local_length(local, 0);
    int32_t most = form->alphabet > 0 ? form->alphabet : LK_LOCAL_ALPHABET_MOST;
    LK_REQUIRE(positions < 0 ? count > 0 : count == lk_local_count(form, positions));
    for (int64_t i = 0; i < count; i++) {
        uint16_t symbol;
        LK_REQUIRE(lk_local_read(local, 0, i, 1, &symbol) == LK_OK && symbol < most);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static lk_context *context;
    if (size < 2 || (context == NULL && lk_context_create(1, &context) != LK_OK)) {
        return 0;
    }
    const lk_local_form form = {1 + data[0] / 64, data[1] / 16};
    int64_t positions = data[0] % 64 == 63 ? -1 : data[0] % 64;
    uint8_t *exact = malloc(size); /* nothing stands after the end */
    LK_REQUIRE(exact != NULL);
    memcpy(exact, data + 2, size - 2);
    const lk_bytes bytes = {exact, (int64_t)size - 2};
    lk_local *local;
    lk_source source;
    if (lk_local_create(context, &form, 1, &local) == LK_OK) {
        if (lk_source_of_bytes(context, "input", &bytes, &source) == LK_OK) {
            context->message[0] = '\0';
            if (lk_local_add(local, &source, positions, "sound") == LK_OK) {
                check(local, positions);
            } else {
                LK_REQUIRE(context->message[0] != '\0');
            }
            lk_source_close(&source);
        }
        lk_local_destroy(local);
    }
    free(exact);
    return 0;
}
