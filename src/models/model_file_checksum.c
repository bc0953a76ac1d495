#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "models/model_file_names.h"

static int by_name(const void *a, const void *b) {
    return strcmp((*(const lk_tensor *const *)a)->name, (*(const lk_tensor *const *)b)->name);
}

bool lk_model_file_checksum(const char *const values[LK_MODEL_FILE_KEY_COUNT],
                            const lk_tensor *tensors, int32_t count, char text[33]) {
    const lk_tensor **sorted = lk_allocate(count + 1, sizeof *sorted);
    bool first = values[1] != NULL && strcmp(values[1], LK_MODEL_FILE_VERSION_1) == 0;
    if (sorted == NULL) {
        return false;
    }
    lk_hash hash;
    lk_hash_begin(&hash);
    for (int i = 0; i < (first ? LK_MODEL_FILE_KEY_COUNT_1 : LK_MODEL_FILE_KEY_COUNT); i++) {
        lk_hash_text(&hash, values[i] != NULL ? values[i] : "");
    }
    for (int32_t i = 0; i < count; i++) {
        sorted[i] = &tensors[i];
    }
    qsort(sorted, (size_t)count, sizeof *sorted, by_name);
    for (int32_t i = 0; i < count; i++) {
        lk_hash_text(&hash, sorted[i]->name);
        lk_hash_add(&hash, sorted[i]->data, (size_t)sorted[i]->bytes);
    }
    lk_release(sorted);
    uint8_t digest[16];
    lk_hash_end(&hash, digest);
    lk_hash_print(digest, text);
    return true;
}
