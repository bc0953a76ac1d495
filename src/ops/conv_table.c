/* The geometry of a convolution: the cells of a grid fall into classes by which taps stay inside
 * the grid, so that all cells of a class are rows of one matrix product. A 7 x 7 mask on 28 x 28
 * pixels has 28 classes, 22 x 25 pixels of them in the middle one. Where ranks decide too, there
 * are as many kinds as the order makes: a zigzag has two in the middle. */
#include <string.h>

#include "ops/conv_inside.h"

void lk_conv_position(const lk_grid *grid, int64_t pixel, int64_t *position) {
    for (int32_t axis = grid->axes - 1; axis >= 0; axis--) {
        position[axis] = pixel % grid->size[axis];
        pixel /= grid->size[axis];
    }
}

/* Of the pixel at position * multiply / divide. */
static int64_t scaled_pixel(const lk_grid *from, const lk_grid *to, int64_t pixel,
                            const int32_t *multiply, const int32_t *divide) {
    int64_t position[LK_GRID_AXES], found = 0;
    lk_conv_position(from, pixel, position);
    for (int32_t axis = 0; axis < from->axes; axis++) {
        found = found * to->size[axis] + position[axis] * multiply[axis] / divide[axis];
    }
    return found;
}

static const int32_t ones[LK_GRID_AXES] = {1, 1, 1};

int64_t lk_conv_centre(const lk_conv_settings *self, int64_t pixel) {
    return self->strided ? scaled_pixel(&self->output, &self->grid, pixel, self->stride, ones)
                         : pixel;
}

bool lk_conv_inside(const lk_conv_settings *self, const int64_t *position, int32_t tap,
                    int32_t sign) {
    for (int32_t axis = 0; axis < self->grid.axes; axis++) {
        int64_t stride = self->stride[axis];
        int64_t at = sign > 0 ? position[axis] * stride + self->tap[tap][axis]
                              : position[axis] - self->tap[tap][axis];
        if (at < 0 || (sign > 0 ? at >= self->grid.size[axis]
                                : at % stride != 0 || at / stride >= self->output.size[axis])) {
            return false;
        }
    }
    return true;
}

static bool is_centre(const lk_conv_settings *self, int32_t tap) {
    for (int32_t axis = 0; axis < self->grid.axes; axis++) {
        if (self->tap[tap][axis] != 0) {
            return false;
        }
    }
    return true;
}

int32_t lk_conv_groups_read(const lk_conv_settings *self, int32_t group, int32_t tap) {
    if (self->centre == LK_CENTRE_ALL || !is_centre(self, tap)) {
        return self->grid.groups;
    }
    return self->centre == LK_CENTRE_A ? group : group + 1;
}

/* ---- blocks of weights ----------------------------------------------------------------------- */

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

/* Pixel q is read by tap t from the output pixel (q - t) / stride. That is floor(q / stride) -
 * floor(t / stride) where the division is exact, since q and t then leave the same remainder. */
static bool make_blocks(lk_arena *arena, lk_conv_settings *self) {
    int32_t groups = self->grid.groups;
    int64_t most = (int64_t)groups * groups * self->taps;
    self->block_at = lk_arena_take(arena, most, sizeof *self->block_at);
    self->block_delta = lk_arena_take(arena, most, sizeof *self->block_delta);
    self->block_group = lk_arena_take(arena, most, sizeof *self->block_group);
    self->block_back = lk_arena_take(arena, most, sizeof *self->block_back);
    self->tap_pixels = lk_arena_take(arena, self->taps, sizeof *self->tap_pixels);
    self->tap_back = lk_arena_take(arena, self->taps, sizeof *self->tap_back);
    if (lk_arena_failed(arena)) {
        return false;
    }
    for (int32_t t = 0; t < self->taps; t++) {
        for (int32_t axis = 0; axis < self->grid.axes; axis++) {
            self->tap_pixels[t] = self->tap_pixels[t] * self->grid.size[axis] + self->tap[t][axis];
            self->tap_back[t] = self->tap_back[t] * self->output.size[axis] -
                                floor_divide(self->tap[t][axis], self->stride[axis]);
        }
    }
    int32_t *at = self->block_at;
    for (int32_t g = 0; g < groups; g++) {
        for (int32_t t = 0; t < self->taps; t++) {
            for (int32_t h = 0; h < groups; h++, at++) {
                *at = -1;
                if (h < lk_conv_groups_read(self, g, t)) {
                    *at = self->blocks++;
                    self->block_delta[*at] = (int32_t)(self->tap_pixels[t] * groups + h - g);
                    self->block_back[*at] = (int32_t)(self->tap_back[t] * groups + g - h);
                    self->block_group[*at] = g;
                }
            }
        }
    }
    return true;
}

static int32_t block_of(const lk_conv_settings *self, int32_t group, int32_t tap,
                        int32_t input_group) {
    return self->block_at[(group * self->taps + tap) * self->grid.groups + input_group];
}

void lk_conv_bands(const lk_node *node, int64_t *begin) {
    const lk_conv_settings *self = node->settings;
    memset(begin, 0, ((size_t)self->grid.groups + 1) * sizeof *begin);
    for (int32_t block = 0; block < self->blocks;
         block++) { /* blocks stand in order of their groups */
        begin[self->block_group[block] + 1] = (block + 1) * self->depth;
    }
    for (int32_t g = 0; g < self->grid.groups; g++) {
        begin[g + 1] = begin[g + 1] > begin[g] ? begin[g + 1] : begin[g];
    }
}

/* ---- classes --------------------------------------------------------------------------------- */

/* The kinds of pixels: by which taps they read, or are read; of ranked ones, which groups by which.
 */
typedef struct kinds {
    int64_t bytes; /* of a kind */
    uint8_t *sees; /* owned, [count][bytes] */
    int32_t count, capacity;
    int32_t *slot; /* owned, [slots], a power of two: kind + 1 by its hash; 0: free */
    int64_t slots;
} kinds;

static void release_kinds(kinds *k) {
    lk_release(k->sees);
    lk_release(k->slot);
}

/* Where in `seen` stands whether group g reads group h by the tap. */
static int64_t bit_of(const lk_conv_settings *self, int32_t g, int32_t tap, int32_t h) {
    int32_t groups = self->grid.groups;
    return self->ranked ? ((int64_t)tap * groups + g) * groups + h : tap;
}

static bool sees(const lk_conv_settings *self, const uint8_t *seen, int32_t g, int32_t tap,
                 int32_t h) {
    return seen[bit_of(self, g, tap, h)] != 0;
}

static int32_t *find_slot(const kinds *k, const uint8_t *kind) {
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (int64_t i = 0; i < k->bytes; i++) {
        hash = (hash ^ kind[i]) * 1099511628211u;
    }
    for (uint64_t at = hash ^ hash >> 32;; at++) {
        int32_t *slot = &k->slot[at & (uint64_t)(k->slots - 1)];
        if (*slot == 0 || memcmp(k->sees + (*slot - 1) * k->bytes, kind, (size_t)k->bytes) == 0) {
            return slot;
        }
    }
}

static bool grow_kinds(kinds *k) {
    int32_t capacity = 2 * k->capacity + 16;
    int64_t slots = 64;
    while (slots < 2 * (int64_t)capacity) {
        slots *= 2;
    }
    uint8_t *grown = lk_resize(k->sees, capacity * k->bytes, 1);
    int32_t *slot = lk_allocate(slots, sizeof *slot);
    k->sees = grown != NULL ? grown : k->sees;
    if (grown == NULL || slot == NULL) {
        lk_release(slot);
        return false;
    }
    lk_release(k->slot);
    k->slot = slot;
    k->slots = slots;
    k->capacity = capacity;
    for (int32_t i = 0; i < k->count; i++) {
        *find_slot(k, k->sees + i * k->bytes) = i + 1;
    }
    return true;
}

/* -1: out of memory. */
static int32_t find_kind(kinds *k, const uint8_t *kind, int32_t likely) {
    size_t bytes = (size_t)k->bytes;
    if (likely < k->count && memcmp(k->sees + likely * k->bytes, kind, bytes) == 0) {
        return likely;
    }
    if (k->count == k->capacity && !grow_kinds(k)) {
        return -1;
    }
    int32_t *slot = find_slot(k, kind);
    if (*slot == 0) {
        memcpy(k->sees + k->count * k->bytes, kind, bytes);
        *slot = ++k->count;
    }
    return *slot - 1;
}

/* Whether the output's cell may read the input's, by their ranks. */
static bool rank_allows(const lk_conv_settings *self, int64_t output, int64_t input) {
    return self->centre == LK_CENTRE_A ? self->rank[input] < self->rank[output]
                                       : self->rank[input] <= self->rank[output];
}

static void fill_kind(const lk_conv_settings *self, int32_t sign, int64_t pixel, uint8_t *kind) {
    int32_t groups = self->grid.groups;
    int64_t position[LK_GRID_AXES];
    lk_conv_position(sign > 0 ? &self->output : &self->grid, pixel, position);
    for (int32_t t = 0; t < self->taps; t++) {
        bool inside = lk_conv_inside(self, position, t, sign);
        if (!self->ranked) {
            kind[t] = inside;
            continue;
        }
        int64_t other = pixel + sign * self->tap_pixels[t];
        int64_t output = (sign > 0 ? pixel : other) * groups,
                input = (sign > 0 ? other : pixel) * groups;
        for (int32_t i = 0; i < groups * groups; i++) {
            int32_t g = i / groups, h = i % groups;
            kind[bit_of(self, g, t, h)] = inside && rank_allows(self, output + g, input + h);
        }
    }
}

/* Cell pixel * groups + group is of class kind * groups + group. */
static bool find_kinds(const lk_conv_settings *self, int32_t sign, kinds *k, int32_t *class_of) {
    int32_t found = 0, groups = self->grid.groups;
    int64_t pixels = sign > 0 ? self->pixels : self->input_pixels;
    k->bytes = self->ranked ? (int64_t)self->taps * groups * groups : self->taps;
    uint8_t *kind = lk_allocate(k->bytes, 1);
    for (int64_t pixel = 0; kind != NULL && found >= 0 && pixel < pixels; pixel++) {
        fill_kind(self, sign, pixel, kind);
        found = find_kind(k, kind, found);
        for (int32_t g = 0; g < groups; g++) {
            class_of[pixel * groups + g] = found * groups + g;
        }
    }
    bool made = kind != NULL && found >= 0;
    lk_release(kind);
    return made;
}

/* The entries of an output cell of group g: taps in declared order, then input groups. Returns how
 * many; entries NULL: counts them. */
static int32_t list_reads(const lk_conv_settings *self, const uint8_t *seen, int32_t g,
                          lk_conv_entry *entries) {
    int32_t count = 0;
    for (int32_t t = 0; t < self->taps; t++) {
        for (int32_t h = 0; h < self->grid.groups; h++) {
            int32_t block = block_of(self, g, t, h);
            if (block >= 0 && sees(self, seen, g, t, h)) {
                if (entries != NULL) {
                    entries[count] = (lk_conv_entry){self->block_delta[block], block};
                }
                count++;
            }
        }
    }
    return count;
}

/* Those of an input cell of group h: output groups, then taps in declared order. */
static int32_t list_readers(const lk_conv_settings *self, const uint8_t *seen, int32_t h,
                            lk_conv_entry *entries) {
    int32_t count = 0;
    for (int32_t g = 0; g < self->grid.groups; g++) {
        for (int32_t t = 0; t < self->taps; t++) {
            int32_t block = block_of(self, g, t, h);
            if (block >= 0 && sees(self, seen, g, t, h)) {
                if (entries != NULL) {
                    entries[count] = (lk_conv_entry){self->block_back[block], block};
                }
                count++;
            }
        }
    }
    return count;
}

static bool list_entries(lk_arena *arena, const lk_conv_settings *self, int32_t sign,
                         const kinds *k, lk_conv_table *table) {
    int32_t groups = self->grid.groups;
    int32_t (*list)(const lk_conv_settings *, const uint8_t *, int32_t, lk_conv_entry *) =
        sign > 0 ? list_reads : list_readers;
    table->classes = k->count * groups;
    table->class_at = lk_arena_take(arena, table->classes, sizeof *table->class_at);
    for (int32_t c = 0; table->class_at != NULL && c < table->classes; c++) {
        const uint8_t *seen = k->sees + c / groups * k->bytes;
        int32_t count = list(self, seen, c % groups, NULL);
        lk_conv_entry *entries = lk_arena_take(arena, count, sizeof *entries);
        if (entries == NULL) {
            return false;
        }
        list(self, seen, c % groups, entries);
        table->class_at[c] = (lk_conv_class){entries, count};
        table->entries_most = count > table->entries_most ? count : table->entries_most;
    }
    return table->class_at != NULL;
}

static bool list_origins(lk_arena *arena, const lk_conv_settings *self, int32_t sign,
                         lk_conv_table *table) {
    int64_t pixels = sign > 0 ? self->pixels : self->input_pixels, groups = self->grid.groups;
    table->origin =
        self->strided ? lk_arena_take(arena, pixels * groups, sizeof *table->origin) : NULL;
    for (int64_t cell = 0; table->origin != NULL && cell < pixels * groups; cell++) {
        int64_t pixel = cell / groups;
        pixel = sign > 0 ? lk_conv_centre(self, pixel)
                         : scaled_pixel(&self->grid, &self->output, pixel, ones, self->stride);
        table->origin[cell] = (int32_t)(pixel * groups + cell % groups);
    }
    return !self->strided || table->origin != NULL;
}

static bool make_table(lk_arena *arena, const lk_conv_settings *self, int32_t sign,
                       lk_conv_table *table) {
    kinds k = {0};
    int64_t cells = (sign > 0 ? self->pixels : self->input_pixels) * self->grid.groups;
    table->class_of = lk_arena_take(arena, cells, sizeof *table->class_of);
    bool made = table->class_of != NULL && list_origins(arena, self, sign, table) &&
                find_kinds(self, sign, &k, table->class_of) &&
                list_entries(arena, self, sign, &k, table);
    release_kinds(&k);
    return made;
}

bool lk_conv_make_tables(lk_arena *arena, lk_conv_settings *self) {
    if (!make_blocks(arena, self) || !make_table(arena, self, 1, &self->reads) ||
        !make_table(arena, self, -1, &self->readers)) {
        return false;
    }
    self->has = lk_arena_take(arena, (int64_t)self->reads.classes * self->blocks, 1);
    for (int32_t c = 0; self->has != NULL && c < self->reads.classes; c++) {
        for (int32_t e = 0; e < self->reads.class_at[c].count; e++) {
            self->has[(int64_t)c * self->blocks + self->reads.class_at[c].entries[e].block] = 1;
        }
    }
    return self->has != NULL;
}

bool lk_conv_uses(const lk_conv_settings *self, int32_t tap) {
    int32_t pairs = self->grid.groups * self->grid.groups;
    bool used = !self->ranked;
    for (int64_t i = 0; !used && i < (int64_t)self->reads.classes * pairs; i++) {
        int32_t g = (int32_t)(i % pairs) / self->grid.groups,
                block = block_of(self, g, tap, (int32_t)(i % self->grid.groups));
        used = block >= 0 && self->has[i / pairs * self->blocks + block] != 0;
    }
    return used;
}
