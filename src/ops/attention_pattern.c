/* Sparse patterns of attention, for a grid of cells. Each keeps what it holds small: a list of keys
 * for each group of queries, none for each query. */
#include "ops/ops.h"

/* Where the pixel of a cell stands, along each axis. */
static void position_of(const lk_grid *grid, int64_t cell, int64_t position[LK_GRID_AXES]) {
    int64_t pixel = cell / grid->groups;
    for (int32_t axis = grid->axes - 1; axis >= 0; axis--) {
        position[axis] = pixel % grid->size[axis];
        pixel /= grid->size[axis];
    }
}

static int64_t blocks_along(const lk_attention_cut *cut, int32_t axis) {
    return (cut->grid.size[axis] + cut->block[axis] - 1) / cut->block[axis];
}

static int64_t block_of(const void *self, int64_t query) {
    const lk_attention_cut *cut = self;
    int64_t position[LK_GRID_AXES], block = 0;
    position_of(&cut->grid, query, position);
    for (int32_t axis = 0; axis < cut->grid.axes; axis++) {
        block = block * blocks_along(cut, axis) + position[axis] / cut->block[axis];
    }
    return block;
}

/* A block and its flange: before it along the first axis, on both sides along the others. */
static bool is_near(const void *self, int64_t block, int64_t key) {
    const lk_attention_cut *cut = self;
    int64_t position[LK_GRID_AXES];
    bool near = true;
    position_of(&cut->grid, key, position);
    for (int32_t axis = cut->grid.axes - 1; axis >= 0; axis--) {
        int64_t first = block % blocks_along(cut, axis) * cut->block[axis];
        int64_t last = first + cut->block[axis] + (axis > 0 ? cut->flange[axis] : 0);
        near = near && position[axis] >= first - cut->flange[axis] && position[axis] < last;
        block /= blocks_along(cut, axis);
    }
    return near;
}

lk_attention_pattern lk_attention_blocks(const lk_attention_cut *cut) {
    lk_attention_pattern pattern = {.groups = 1, .group = block_of, .reads = is_near, .self = cut};
    for (int32_t axis = 0; axis < cut->grid.axes; axis++) {
        LK_REQUIRE(cut->block[axis] >= 1 && cut->flange[axis] >= 0);
        pattern.groups *= blocks_along(cut, axis);
    }
    return pattern;
}

static int64_t residue_of(const void *self, int64_t query) {
    const lk_attention_cut *cut = self;
    return query % cut->stride;
}

static bool has_residue(const void *self, int64_t residue, int64_t key) {
    return residue_of(self, key) == residue;
}

lk_attention_pattern lk_attention_strided(const lk_attention_cut *cut) {
    LK_REQUIRE(cut->stride >= 1);
    return (lk_attention_pattern){
        .groups = cut->stride, .group = residue_of, .reads = has_residue, .self = cut};
}

static int64_t same_for_all(const void *self, int64_t query) {
    (void)self;
    (void)query;
    return 0;
}

static bool is_summary(const void *self, int64_t group, int64_t key) {
    const lk_attention_cut *cut = self;
    (void)group;
    return residue_of(self, key) >= cut->stride - cut->summary;
}

lk_attention_pattern lk_attention_summaries(const lk_attention_cut *cut) {
    LK_REQUIRE(cut->stride >= 1 && cut->summary >= 1);
    return (lk_attention_pattern){
        .groups = 1, .group = same_for_all, .reads = is_summary, .self = cut};
}

static int64_t run_of(const void *self, int64_t query) {
    const lk_attention_cut *cut = self;
    return query / cut->stride;
}

static bool is_fixed(const void *self, int64_t run, int64_t key) {
    return run_of(self, key) == run || is_summary(self, run, key);
}

lk_attention_pattern lk_attention_fixed(const lk_attention_cut *cut, int64_t cells) {
    LK_REQUIRE(cut->stride >= 1 && cut->summary >= 1);
    return (lk_attention_pattern){
        .groups = (cells - 1) / cut->stride + 1, .group = run_of, .reads = is_fixed, .self = cut};
}
