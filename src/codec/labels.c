#include "codec/labels.h"

#include <string.h>

#include "base/arena.h"
#include "data/formats/formats.h"

int64_t lk_labels_bytes(int32_t format, int64_t examples) {
    return lk_dataset_format_labelled(format) ? examples : 0;
}

lk_status lk_labels_put(lk_context *context, const int32_t *labels, int64_t examples,
                        lk_payload *payload) {
    uint8_t *bytes = lk_allocate(examples + payload->size, 1);
    if (bytes == NULL) {
        return lk_fail_no_memory(context, "labels", examples + payload->size);
    }
    for (int64_t i = 0; i < examples; i++) {
        LK_REQUIRE(labels[i] >= 0 && labels[i] <= UINT8_MAX);
        bytes[i] = (uint8_t)labels[i];
    }
    memcpy(bytes + examples, payload->bytes, (size_t)payload->size);
    lk_release(payload->bytes);
    payload->bytes = bytes;
    payload->size += examples;
    return LK_OK;
}

bool lk_labels_agree(const uint8_t *bytes, const int32_t *labels, int64_t examples) {
    for (int64_t i = 0; i < examples; i++) {
        if (bytes[i] != labels[i]) {
            return false;
        }
    }
    return true;
}

void lk_labels_get(const uint8_t *bytes, int32_t *labels, int64_t examples) {
    for (int64_t i = 0; i < examples; i++) {
        labels[i] = bytes[i];
    }
}
