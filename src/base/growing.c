#include "base/growing.h"

#include "base/memory.h"

#define FIRST_CAPACITY ((int64_t)1 << 16)

lk_status lk_growing_too_large(lk_context *context, const char *path, const char *when,
                               int64_t most) {
    return lk_fail(context, LK_FORMAT, "%s: larger than the limit of %lld bytes%s; split it", path,
                   (long long)most, when);
}

lk_status lk_growing_reserve(lk_context *context, const char *path, lk_growing *growing,
                             int64_t least) {
    if (least <= growing->capacity) {
        return LK_OK;
    }
    int64_t capacity =
        growing->capacity < FIRST_CAPACITY / 2 ? FIRST_CAPACITY : 2 * growing->capacity;
    capacity = capacity > growing->most + 1 ? growing->most + 1 : capacity;
    int64_t allowed =
        context != NULL && context->memory_most > 0 ? context->memory_most : INT64_MAX;
    capacity = capacity > allowed ? allowed : capacity;
    capacity = capacity < least ? least : capacity;
    LK_TRY(lk_memory_allow(context, path, "its content", (double)capacity));
    uint8_t *data = lk_resize(growing->bytes.data, capacity + 1, 1);
    if (data == NULL) {
        return lk_fail_no_memory(context, "a file's content", capacity + 1);
    }
    growing->bytes.data = data;
    growing->capacity = capacity;
    return LK_OK;
}
