/* Which symbols of a chunk are coded side by side. An example is a stream; a text is one, or is cut
 * into several (codec/cuts.h) of nearly equal length (the first ones have a symbol, or a frame of a
 * recording, more). The streams of a chunk, longest first, advance in groups: up to `lanes` of
 * them, one symbol of each after another. What leads into others makes the first groups. Where the
 * model learns, a group ends before a stream that is more than one symbol shorter than its first,
 * since nothing should be learned from streams that have ended. */
#ifndef LK_CODEC_LANES_H
#define LK_CODEC_LANES_H

#include "codec/content.h"

typedef struct lk_lane {
    int64_t begin, length; /* where its own symbols begin, among the chunk's; places */
    int64_t item;          /* of the chunk */
    int64_t within;        /* symbols of that item, in the chunk, before its own */
    int64_t lead;          /* places before its own: the item's first symbols, coded elsewhere */
} lk_lane;

/* Where the symbol of a place stands, among its item's in the chunk, and among the chunk's. */
static inline int64_t lk_lane_within(const lk_lane *lane, int64_t place) {
    return place < lane->lead ? place : lane->within + place - lane->lead;
}
static inline int64_t lk_lane_at(const lk_lane *lane, int64_t place) {
    return lane->begin - lane->within + lk_lane_within(lane, place);
}

typedef struct lk_lanes {
    lk_lane *lane; /* owned: those that have symbols */
    int64_t count;
    int64_t leads; /* of these, the first ones: what leads into others */
} lk_lanes;

/* Of a content whose lengths and cuts are known. deinit in any case. */
lk_status lk_lanes_cut(lk_context *context, const lk_container *container,
                       const lk_content *content, lk_lanes *lanes);
void lk_lanes_deinit(lk_lanes *lanes);
/* How many make a group with lane `first`. */
int64_t lk_lanes_group(const lk_lanes *lanes, const lk_container *container, int64_t first);

#endif
