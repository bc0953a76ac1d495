/* Block-sparse weights of a convolution: which channels meet which. */
#include "ops/conv_inside.h"

static const lk_conv_part whole = {0};
static const lk_conv_strip all = {.count = 1, .parts = &whole};

lk_conv_strips lk_conv_all_meet(int64_t a_channels, int64_t c_channels) {
    return (lk_conv_strips){.count = 1, .columns = c_channels, .depth = a_channels, .strips = &all};
}

int64_t lk_conv_parts_most(const lk_conv_strips *strips) {
    int64_t most = 0;
    for (int32_t i = 0; i < strips->count; i++) {
        most = strips->strips[i].count > most ? strips->strips[i].count : most;
    }
    return most;
}

/* Output group o: its channels, over the input groups that it reads. */
static bool make_reads(lk_arena *arena, lk_conv_settings *self, int32_t groups) {
    const lk_conv_sparse *sparse = &self->sparse;
    lk_conv_strip *strips = lk_arena_take(arena, groups, sizeof *strips);
    lk_conv_part *parts = lk_arena_take(arena, (int64_t)groups * sparse->count, sizeof *parts);
    if (strips == NULL || parts == NULL) {
        return false;
    }
    for (int32_t o = 0; o < groups; o++) {
        strips[o] = (lk_conv_strip){.column = o * sparse->size,
                                    .b = o * sparse->size,
                                    .count = sparse->count,
                                    .parts = parts};
        for (int32_t k = 0; k < sparse->count; k++) {
            *parts++ =
                (lk_conv_part){.a = (int32_t)(sparse->reads[o * sparse->count + k] * sparse->size),
                               .b = (int32_t)(k * sparse->size)};
        }
    }
    self->read_strips = (lk_conv_strips){groups, sparse->size, sparse->size, strips};
    return true;
}

/* Input group i: its channels, over the output groups that read it. */
static bool make_readers(lk_arena *arena, lk_conv_settings *self, int32_t groups, int32_t inputs) {
    const lk_conv_sparse *sparse = &self->sparse;
    int64_t size = sparse->size, pairs = (int64_t)groups * sparse->count;
    lk_conv_strip *strips = lk_arena_take(arena, inputs, sizeof *strips);
    lk_conv_part *parts = lk_arena_take(arena, pairs, sizeof *parts);
    if (strips == NULL || parts == NULL) {
        return false;
    }
    for (int32_t i = 0; i < inputs; i++) {
        strips[i] = (lk_conv_strip){.column = i * size, .parts = parts};
        for (int64_t pair = 0; pair < pairs; pair++) {
            if (sparse->reads[pair] == i) {
                int64_t o = pair / sparse->count, k = pair % sparse->count;
                *parts++ = (lk_conv_part){.a = (int32_t)(o * size),
                                          .b = (int32_t)(k * size * self->channels + o * size)};
                strips[i].count++;
            }
        }
    }
    self->reader_strips = (lk_conv_strips){inputs, size, size, strips};
    return true;
}

bool lk_conv_make_strips(lk_arena *arena, lk_conv_settings *self, int64_t inputs) {
    const lk_conv_sparse *sparse = &self->sparse;
    if (sparse->size == 0) {
        self->depth = inputs;
        self->read_strips = lk_conv_all_meet(inputs, self->channels);
        self->reader_strips = lk_conv_all_meet(self->channels, inputs);
        return true;
    }
    int32_t groups = (int32_t)(self->channels / sparse->size);
    self->depth = sparse->count * sparse->size;
    return make_reads(arena, self, groups) &&
           make_readers(arena, self, groups, (int32_t)(inputs / sparse->size));
}
