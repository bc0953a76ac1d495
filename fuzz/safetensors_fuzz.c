/* Any bytes as a safetensors file: refused with a message, or its tensors lie inside the file and
 * have the sizes that they say. */
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "data/safetensors.h"

static uint64_t touch(const lk_tensor *tensor) {
    const uint8_t *data = tensor->data;
    uint64_t sum = 0;
    for (int64_t i = 0; i < tensor->bytes; ++i) {
        sum += data[i];
    }
    return sum;
}

static void check_file(const lk_safetensors *file) {
    uint64_t sum = 0;
    for (int32_t i = 0; i < file->count; ++i) {
        const lk_tensor *tensor = &file->tensors[i];
        int64_t elements = 1;
        for (int32_t axis = 0; axis < tensor->axes; ++axis) {
            elements *= tensor->size[axis];
        }
        LK_REQUIRE(elements <= tensor->bytes && (elements > 0) == (tensor->bytes > 0));
        LK_REQUIRE(lk_safetensors_tensor(file, tensor->name) == tensor);
        sum += touch(tensor);
    }
    LK_REQUIRE(sum <= UINT64_C(255) * (uint64_t)file->bytes.size); /* each byte at most once */
    for (int32_t i = 0; i < file->pairs; ++i) {
        LK_REQUIRE(lk_safetensors_value(file, file->keys[i]) == file->values[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lk_context context = {0};
    lk_safetensors file;
    lk_bytes bytes = {malloc(size > 0 ? size : 1), (int64_t)size};
    if (!bytes.data) {
        return 0;
    }
    if (size > 0) {
        memcpy(bytes.data, data, size);
    }
    if (lk_safetensors_parse(&context, "input", bytes, &file) == LK_OK) {
        check_file(&file);
        lk_safetensors_deinit(&file);
    } else {
        LK_REQUIRE(context.message[0] != '\0');
    }
    return 0;
}
