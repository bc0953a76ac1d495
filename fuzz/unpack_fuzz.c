/* Any bytes as packed ones: refused with a message, or unpacked to what is not packed. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lk_context context = {.memory_most = 1 << 24};
    lk_bytes packed = {lk_resize(NULL, (int64_t)size, 1), (int64_t)size}, bytes;
    if (packed.data == NULL || lk_packing_name(data, (int64_t)size) == NULL) {
        lk_bytes_release(&packed);
        return 0;
    }
    memcpy(packed.data, data, size);
    if (lk_unpack_take(&context, "input", 1 << 20, &packed, &bytes) != LK_OK) {
        LK_REQUIRE(context.message[0] != '\0' && bytes.data == NULL);
        return 0;
    }
    LK_REQUIRE(lk_packing_name(bytes.data, bytes.size) == NULL && bytes.data[bytes.size] == 0);
    lk_bytes_release(&bytes);
    return 0;
}
