#include <string.h>

#include "codec/codec.h"
#include "codec/cuts.h"

static bool by_characters(const lk_container *container, const lk_symbols *alphabet) {
    return container->texts && alphabet->kind == LK_SYMBOLS_CHARACTERS;
}

/* Symbols of slower sequences that a chunk can have: of each item one that is cut at either end,
 * and one beside each end. */
static int64_t local_most(const lk_container *container, const lk_symbols *alphabet, int64_t items,
                          int64_t symbols) {
    return symbols / lk_symbols_unit(alphabet) / container->form.every + 4 * items;
}

double lk_content_bytes(const lk_container *container, const lk_symbols *alphabet, int64_t items,
                        int64_t symbols) {
    return (by_characters(container, alphabet) ? 6.0 : 2.0) * (double)symbols +
           (container->sound ? 28.0 : 12.0) * (double)items +
           (container->local ? 2.0 * (double)local_most(container, alphabet, items, symbols) +
                                   8.0 * (double)items
                             : 0.0);
}

lk_status lk_content_init(lk_context *context, const lk_container *container, const lk_chunk *chunk,
                          const lk_symbols *alphabet, lk_content *content) {
    int64_t items = chunk->items, symbols = chunk->symbols;
    bool texts = container->texts, labels = container->labels;
    bool characters = by_characters(container, alphabet);
    *content = (lk_content){.items = items, .symbols = symbols, .first = chunk->item == 0};
    LK_TRY(lk_memory_allow(context, NULL, "a chunk",
                           lk_content_bytes(container, alphabet, items, symbols)));
    content->alphabet = texts ? alphabet : NULL;
    content->length = lk_resize(NULL, items, sizeof *content->length);
    content->label = labels ? lk_resize(NULL, items, sizeof *content->label) : NULL;
    content->sound = container->sound ? lk_allocate(items, sizeof *content->sound) : NULL;
    content->value = lk_resize(NULL, symbols, sizeof *content->value);
    content->form = container->form;
    content->before = chunk->first;
    content->after = chunk->rest;
    if (container->local) {
        content->local = lk_allocate(local_most(container, alphabet, items, symbols), 2);
        content->local_begin = lk_allocate(items, sizeof *content->local_begin);
    }
    content->character = characters ? lk_resize(NULL, symbols, sizeof *content->character) : NULL;
    if (content->length == NULL || content->value == NULL || (labels && content->label == NULL) ||
        (container->sound && content->sound == NULL) ||
        (container->local && (content->local == NULL || content->local_begin == NULL)) ||
        (characters && content->character == NULL)) {
        return lk_fail_no_memory(context, "the content of a chunk", 6 * symbols + 12 * items);
    }
    for (int64_t i = 0; i < items; i++) { /* of several texts these are told beside the symbols */
        content->length[i] = symbols / items;
    }
    return LK_OK;
}

void lk_content_deinit(lk_content *content) {
    lk_release(content->length);
    lk_release(content->label);
    lk_release(content->sound);
    lk_release(content->local);
    lk_release(content->local_begin);
    lk_buffer_release(&content->names);
    lk_buffer_release(&content->cuts);
    lk_words_release(&content->words);
    lk_release(content->value);
    lk_release(content->character);
    *content = (lk_content){0};
}

/* ---- slower sequences ------------------------------------------------------------------------ */

static lk_local_piece piece_of(const lk_content *content, int64_t item) {
    int64_t unit = lk_symbols_unit(content->alphabet), length = content->length[item];
    int64_t all = content->before + length + content->after;
    return lk_local_needed(&content->form, content->before / unit, length / unit,
                           lk_local_count(&content->form, all / unit));
}

lk_local_piece lk_content_place_local(lk_content *content, int64_t item) {
    content->local_begin[item] =
        item > 0 ? content->local_begin[item - 1] + piece_of(content, item - 1).count : 0;
    return piece_of(content, item);
}

void lk_content_local_cells(const lk_content *content, int64_t item, int64_t first, int64_t count,
                            uint16_t *cells) {
    lk_local_piece piece = piece_of(content, item);
    int64_t unit = lk_symbols_unit(content->alphabet), length = content->length[item] / unit;
    int64_t there = first >= length ? 0 : count < length - first ? count : length - first;
    lk_local_cells(&content->form, &piece, content->local + content->local_begin[item],
                   content->before / unit + first, there, cells);
    for (int64_t i = there * LK_LOCAL_CELLS; i < count * LK_LOCAL_CELLS; i++) {
        cells[i] = 0; /* beside lanes that are longer, of what counts nothing */
    }
}

/* Symbols of all items. */
static int64_t local_count(const lk_content *content) {
    int64_t last = content->items - 1;
    return content->local == NULL || last < 0
               ? 0
               : content->local_begin[last] + piece_of(content, last).count;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Those of the chunk's labels; the first one has all, also those that no item has. */
static void read_words(const lk_items *items, lk_content *content) {
    const lk_dictionary *classes = &lk_items_dataset(items)->classes;
    for (int32_t k = 0; k < classes->count && content->first; k++) {
        lk_words_put(&content->words, k, lk_dictionary_text(classes, k));
    }
    for (int64_t i = 0; i < content->items; i++) {
        int32_t label = content->label[i];
        if (lk_words_find(&content->words, label) == NULL) {
            lk_words_put(&content->words, label, lk_dictionary_text(classes, label));
        }
    }
}

static lk_status read_aside(lk_context *context, const lk_items *items, int64_t item, int64_t i,
                            lk_content *content, bool names) {
    if (content->label != NULL) {
        const uint16_t *labels = lk_items_labels(items);
        content->label[i] = labels != NULL ? labels[item] : lk_items_dataset(items)->labels[item];
    }
    if (content->sound != NULL) {
        const lk_sound_info *info = lk_items_sound(items, item);
        content->sound[i] = (lk_sound_target){.format = info->format, .rate = info->rate};
    }
    if (names) {
        const char *name = lk_items_name_inside(items, item);
        lk_buffer_put(&content->names, name, (int64_t)strlen(name) + 1);
        if (!lk_content_names(name)) {
            return lk_fail(context, LK_INVALID, "%s: such a name cannot be kept", name);
        }
    }
    return LK_OK;
}

static lk_status read_symbols(lk_items *items, int64_t item, int64_t first, int64_t count,
                              int64_t at, lk_content *content) {
    if (content->character == NULL) {
        return lk_items_read(items, item, first, count, content->value + at);
    }
    LK_TRY(lk_items_characters(items, item, first, count, content->character + at));
    for (int64_t k = at; k < at + count; k++) {
        content->value[k] = lk_symbols_find(content->alphabet, content->character[k]);
    }
    return LK_OK;
}

static lk_status read_local(const lk_items *items, int64_t item, int64_t i, lk_content *content) {
    const lk_local *local = lk_items_local(items);
    lk_local_piece piece = lk_content_place_local(content, i);
    LK_REQUIRE(piece.total == lk_local_length(local, item));
    return lk_local_read(local, item, piece.first, piece.count,
                         content->local + content->local_begin[i]);
}

lk_status lk_content_read(lk_context *context, lk_items *items, const lk_container *container,
                          const lk_chunk *chunk, lk_content *content) {
    int64_t at = 0;
    content->names.size = 0;
    lk_words_release(&content->words);
    for (int64_t i = 0; i < chunk->items; i++, at += content->length[i - 1]) {
        int64_t item = chunk->item + i;
        bool alone = chunk->items == 1;
        content->length[i] = alone ? chunk->symbols : lk_items_length(items, item);
        LK_TRY(read_aside(context, items, item, i, content, container->names));
        LK_TRY(read_symbols(items, item, chunk->first, content->length[i], at, content));
        LK_TRY(content->local != NULL ? read_local(items, item, i, content) : LK_OK);
    }
    if (container->words) {
        read_words(items, content);
    }
    lk_cuts_find(container, content);
    return content->names.failed || content->words.text.failed || content->cuts.failed
               ? lk_fail_no_memory(context, "names", content->names.size)
               : LK_OK;
}

static bool same(const void *a, const void *b, int64_t count, size_t size) {
    return a == NULL || memcmp(a, b, (size_t)count * size) == 0;
}

bool lk_content_equal(const lk_content *a, const lk_content *b) {
    return a->items == b->items && a->symbols == b->symbols && a->names.size == b->names.size &&
           same(a->length, b->length, a->items, sizeof *a->length) &&
           same(a->label, b->label, a->items, sizeof *a->label) &&
           same(a->sound, b->sound, a->items, sizeof *a->sound) &&
           lk_words_equal(&a->words, &b->words) &&
           same(a->names.data, b->names.data, a->names.size, 1) && a->cuts.size == b->cuts.size &&
           same(a->cuts.data, b->cuts.data, a->cuts.size, 1) &&
           same(a->value, b->value, a->symbols, sizeof *a->value) &&
           local_count(a) == local_count(b) &&
           same(a->local, b->local, local_count(a), sizeof *a->local) &&
           same(a->character, b->character, a->symbols, sizeof *a->character);
}

/* ---- as bytes -------------------------------------------------------------------------------- */

int64_t lk_content_pour(const lk_content *content, int64_t first, int64_t count, uint8_t *bytes) {
    int64_t size = 0;
    bool two = content->alphabet == NULL || lk_symbols_alphabet(content->alphabet) > 256;
    for (int64_t i = first; i < first + count; i++) {
        if (content->character != NULL) {
            size += lk_utf8_put(content->character[i], bytes + size);
        } else {
            bytes[size++] = (uint8_t)content->value[i];
            if (two) { /* of examples, and of 16 bits */
                bytes[size++] = (uint8_t)(content->value[i] >> 8);
            }
        }
    }
    return size;
}

int64_t lk_poured_symbols(const lk_symbols *symbols, const uint8_t *bytes, int64_t size,
                          uint16_t *values) {
    int64_t width = lk_symbols_alphabet(symbols) > 256 ? 2 : 1;
    for (int64_t i = 0; i < size; i += width) {
        values[i / width] = (uint16_t)(bytes[i] | (width > 1 ? bytes[i + 1] << 8 : 0));
    }
    return size / width;
}

uint32_t lk_content_hash(const lk_content *content, uint32_t seed, int64_t number, int64_t *bytes) {
    uint8_t piece[LK_POURED_MOST * LK_UTF8_MOST];
    *bytes = 0;
    for (int64_t at = 0, count; at < content->symbols; at += count) {
        int64_t left = content->symbols - at;
        count = left < LK_POURED_MOST ? left : LK_POURED_MOST;
        int64_t size = lk_content_pour(content, at, count, piece);
        seed = lk_hash(piece, size, seed, number);
        *bytes += size;
    }
    return seed;
}
