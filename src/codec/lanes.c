#include "codec/lanes.h"

#include <stdlib.h>

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t parts_of(const lk_container *container, int64_t length) {
    bool text = container->texts;
    return !text || length == 0     ? length > 0
           : container->longest > 0 ? (length - 1) / container->longest + 1
                                    : smaller(container->lanes, length);
}

static int longest_first(const void *a, const void *b) {
    const lk_lane *one = a, *other = b;
    return one->length != other->length
               ? (one->length < other->length) - (one->length > other->length)
               : (one->begin > other->begin) - (one->begin < other->begin);
}

lk_status lk_lanes_cut(lk_context *context, const lk_container *container,
                       const lk_content *content, lk_lanes *lanes) {
    int64_t count = 0, begin = 0;
    int64_t unit = content->alphabet != NULL ? lk_symbols_unit(content->alphabet) : 1;
    bool sorted = true;
    for (int64_t i = 0; i < content->items; i++) {
        count += parts_of(container, content->length[i]);
    }
    *lanes = (lk_lanes){.lane = lk_resize(NULL, count, sizeof *lanes->lane)};
    if (lanes->lane == NULL) {
        return lk_fail_no_memory(context, "a chunk's lanes", count * (int64_t)sizeof(lk_lane));
    }
    for (int64_t i = 0; i < content->items; i++) {
        int64_t parts = parts_of(container, content->length[i]), within = 0;
        for (int64_t k = 0; k < parts; k++) {
            int64_t units = content->length[i] / unit;
            int64_t length = (units / parts + (k < units % parts)) * unit;
            lanes->lane[lanes->count] = (lk_lane){begin, length, i, within};
            sorted &= lanes->count == 0 || lanes->lane[lanes->count - 1].length >= length;
            lanes->count++;
            begin += length;
            within += length;
        }
    }
    if (!sorted) {
        qsort(lanes->lane, (size_t)count, sizeof *lanes->lane, longest_first);
    }
    return LK_OK;
}

void lk_lanes_deinit(lk_lanes *lanes) {
    lk_release(lanes->lane);
    *lanes = (lk_lanes){0};
}

int64_t lk_lanes_group(const lk_lanes *lanes, const lk_container *container, int64_t first) {
    int64_t most = smaller(container->lanes, lanes->count - first), count = 1;
    int64_t least = container->learning_rate > 0.0f ? lanes->lane[first].length - 1 : 0;
    while (count < most && lanes->lane[first + count].length >= least) {
        count++;
    }
    return count;
}
