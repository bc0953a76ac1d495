#include "codec/lanes.h"

#include <stdlib.h>

#include "codec/cuts.h"

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int longest_first(const void *a, const void *b) {
    const lk_lane *one = a, *other = b;
    return one->length != other->length
               ? (one->length < other->length) - (one->length > other->length)
               : (one->begin > other->begin) - (one->begin < other->begin);
}

static void sort(lk_lane *lane, int64_t count) {
    bool sorted = true;
    for (int64_t i = 1; i < count; i++) {
        sorted &= lane[i - 1].length >= lane[i].length;
    }
    if (!sorted) {
        qsort(lane, (size_t)count, sizeof *lane, longest_first);
    }
}

/* Calls `add` for each item: where it begins, its parts, and what is told of them (NULL: even). */
typedef void adder(const lk_content *content, int64_t item, int64_t begin, int64_t parts,
                   const int64_t *told, lk_lanes *lanes);
static void walk_items(const lk_container *container, const lk_content *content, adder *add,
                       lk_lanes *lanes) {
    const int64_t *told = (const int64_t *)content->cuts.data;
    for (int64_t i = 0, begin = 0, at = 0; i < content->items; i++) {
        int64_t parts = lk_cuts_parts(container, content->length[i]);
        bool tells = container->cuts && parts > 1;
        add(content, i, begin, parts, tells ? told + at : NULL, lanes);
        at += tells ? parts : 0;
        begin += content->length[i];
    }
}

static void count_parts(const lk_content *content, int64_t item, int64_t begin, int64_t parts,
                        const int64_t *told, lk_lanes *lanes) {
    (void)content;
    (void)item;
    (void)begin;
    lanes->leads += told != NULL && told[0] > 0;
    lanes->count += parts + (told != NULL && told[0] > 0);
}

static void add_lead(const lk_content *content, int64_t item, int64_t begin, int64_t parts,
                     const int64_t *told, lk_lanes *lanes) {
    (void)parts;
    if (told != NULL && told[0] > 0) {
        int64_t length = told[0] * lk_content_unit(content);
        lanes->lane[lanes->count++] = (lk_lane){.begin = begin, .length = length, .item = item};
    }
}

static void add_parts(const lk_content *content, int64_t item, int64_t begin, int64_t parts,
                      const int64_t *told, lk_lanes *lanes) {
    int64_t unit = lk_content_unit(content), lead = told != NULL ? told[0] : 0;
    int64_t units = content->length[item] / unit - lead;
    for (int64_t k = 0, at = 0, end; k < parts; k++, at = end) {
        int64_t shift = told != NULL && k + 1 < parts ? told[k + 1] : 0;
        end = lk_cuts_even(units, parts, k + 1) + shift;
        int64_t within = (lead + at) * unit;
        lanes->lane[lanes->count++] =
            (lk_lane){begin + within, (lead + end - at) * unit, item, within, lead * unit};
    }
}

lk_status lk_lanes_cut(lk_context *context, const lk_container *container,
                       const lk_content *content, lk_lanes *lanes) {
    *lanes = (lk_lanes){0};
    walk_items(container, content, count_parts, lanes);
    lanes->lane = lk_resize(NULL, lanes->count, sizeof *lanes->lane);
    if (lanes->lane == NULL) {
        return lk_fail_no_memory(context, "a chunk's lanes",
                                 lanes->count * (int64_t)sizeof(lk_lane));
    }
    lanes->count = 0;
    walk_items(container, content, add_lead, lanes);
    sort(lanes->lane, lanes->leads);
    walk_items(container, content, add_parts, lanes);
    sort(lanes->lane + lanes->leads, lanes->count - lanes->leads);
    return LK_OK;
}

void lk_lanes_deinit(lk_lanes *lanes) {
    lk_release(lanes->lane);
    *lanes = (lk_lanes){0};
}

int64_t lk_lanes_group(const lk_lanes *lanes, const lk_container *container, int64_t first) {
    int64_t end = first < lanes->leads ? lanes->leads : lanes->count;
    int64_t most = smaller(container->lanes, end - first), count = 1;
    int64_t least = container->learning_rate > 0.0f ? lanes->lane[first].length - 1 : 0;
    while (count < most && lanes->lane[first + count].length >= least) {
        count++;
    }
    return count;
}
