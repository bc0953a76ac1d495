#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/memory.h"
#include "models/model_file_names.h"

static int by_name(const void *a, const void *b) {
    return strcmp((*(const lk_tensor *const *)a)->name, (*(const lk_tensor *const *)b)->name);
}

static void put_text(XXH3_state_t *hash, const char *text) {
    XXH3_128bits_update(hash, text, strlen(text) + 1);
}

bool lk_model_file_checksum(const char *const values[LK_MODEL_FILE_KEY_COUNT],
                            const lk_tensor *tensors, int32_t count, char text[33]) {
    const lk_tensor **sorted = lk_allocate(count + 1, sizeof *sorted);
    XXH3_state_t *hash = XXH3_createState();
    bool first = values[1] != NULL && strcmp(values[1], LK_MODEL_FILE_VERSION_1) == 0;
    bool made = sorted != NULL && hash != NULL;
    if (made) {
        XXH3_128bits_reset(hash);
        for (int i = 0; i < (first ? LK_MODEL_FILE_KEY_COUNT_1 : LK_MODEL_FILE_KEY_COUNT); i++) {
            put_text(hash, values[i] != NULL ? values[i] : "");
        }
        for (int32_t i = 0; i < count; i++) {
            sorted[i] = &tensors[i];
        }
        qsort(sorted, (size_t)count, sizeof *sorted, by_name);
        for (int32_t i = 0; i < count; i++) {
            put_text(hash, sorted[i]->name);
            XXH3_128bits_update(hash, sorted[i]->data, (size_t)sorted[i]->bytes);
        }
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(hash));
        for (int i = 0; i < 16; i++) {
            snprintf(text + 2 * i, 3, "%02x", canonical.digest[i]);
        }
    }
    XXH3_freeState(hash);
    lk_release(sorted);
    return made;
}
