/* Dictionaries: a pool of texts, and a table of hashes with linear probing that is at most half
 * full. */
#include "data/dictionary.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/memory.h"
#include "data/text.h"

#define FIRST_CAPACITY 8

/* ---- finding --------------------------------------------------------------------------------- */

/* The slot of a text, or the free one where it would stand. Some slot is free. */
static int32_t slot_of(const lk_dictionary *dictionary, const char *text, int64_t length) {
    uint32_t mask = (uint32_t)dictionary->slot_count - 1;
    uint32_t slot = (uint32_t)XXH3_64bits(text, (size_t)length) & mask;
    for (; dictionary->slots[slot] != 0; slot = (slot + 1) & mask) {
        const char *listed = lk_dictionary_text(dictionary, dictionary->slots[slot] - 1);
        if ((int64_t)strnlen(listed, (size_t)length + 1) == length &&
            memcmp(listed, text, (size_t)length) == 0) {
            break;
        }
    }
    return (int32_t)slot;
}

int32_t lk_dictionary_find(const lk_dictionary *dictionary, const char *text, int64_t length) {
    return dictionary->count == 0 ? -1 : dictionary->slots[slot_of(dictionary, text, length)] - 1;
}

int32_t lk_dictionary_symbol(const lk_dictionary *dictionary, const char *text, int64_t length) {
    int32_t found = lk_dictionary_find(dictionary, text, length);
    return found < 0 && dictionary->unseen ? dictionary->count : found;
}

const char *lk_dictionary_text(const lk_dictionary *dictionary, int32_t symbol) {
    LK_REQUIRE(symbol >= 0 && symbol < lk_dictionary_alphabet(dictionary));
    return symbol < dictionary->count ? dictionary->pool + dictionary->start[symbol]
                                      : LK_UNSEEN_TEXT;
}

int32_t lk_dictionary_alphabet(const lk_dictionary *dictionary) {
    return dictionary->count + dictionary->unseen;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static void fill_slots(lk_dictionary *dictionary) {
    memset(dictionary->slots, 0, (size_t)dictionary->slot_count * sizeof *dictionary->slots);
    for (int32_t i = 0; i < dictionary->count; i++) {
        const char *text = lk_dictionary_text(dictionary, i);
        dictionary->slots[slot_of(dictionary, text, (int64_t)strlen(text))] = i + 1;
    }
}

/* Room for one more text in `start` and in the slots. */
static bool make_room(lk_dictionary *dictionary) {
    if (dictionary->count < dictionary->capacity) {
        return true;
    }
    if (dictionary->count > INT32_MAX / 8) {
        return false;
    }
    int32_t capacity = dictionary->capacity == 0 ? FIRST_CAPACITY : 2 * dictionary->capacity;
    int64_t *start = lk_resize(dictionary->start, capacity, sizeof *start);
    dictionary->start = start != NULL ? start : dictionary->start;
    int32_t *slots = lk_resize(dictionary->slots, 2 * capacity, sizeof *slots);
    dictionary->slots = slots != NULL ? slots : dictionary->slots;
    if (start == NULL || slots == NULL) {
        return false;
    }
    dictionary->capacity = capacity;
    dictionary->slot_count = 2 * capacity;
    fill_slots(dictionary);
    return true;
}

static bool make_pool(lk_dictionary *dictionary, int64_t bytes) {
    if (dictionary->used + bytes <= dictionary->room) {
        return true;
    }
    int64_t room = 2 * dictionary->room + bytes;
    char *pool = lk_resize(dictionary->pool, room, 1);
    if (pool == NULL) {
        return false;
    }
    dictionary->pool = pool;
    dictionary->room = room;
    return true;
}

lk_status lk_dictionary_add(lk_context *context, lk_dictionary *dictionary, const char *text,
                            int64_t length, int32_t *symbol) {
    LK_REQUIRE(length >= 0 && length <= LK_TEXT_MOST && memchr(text, 0, (size_t)length) == NULL);
    *symbol = lk_dictionary_find(dictionary, text, length);
    if (*symbol >= 0) {
        return LK_OK;
    }
    if (!make_room(dictionary) || !make_pool(dictionary, length + 1)) {
        return lk_fail_no_memory(context, "a dictionary", dictionary->used);
    }
    char *kept = dictionary->pool + dictionary->used;
    memcpy(kept, text, (size_t)length);
    kept[length] = '\0';
    dictionary->start[dictionary->count] = dictionary->used;
    dictionary->used += length + 1;
    dictionary->slots[slot_of(dictionary, text, length)] = dictionary->count + 1;
    *symbol = dictionary->count++;
    return LK_OK;
}

/* ---- order ----------------------------------------------------------------------------------- */

bool lk_text_is_missing(const char *text) {
    static const char *const marks[] = {"",     "?",    "NA",   "#NA", "N/A", "#N/A",
                                        "n/a",  "na",   "NaN",  "nan", "NAN", "NULL",
                                        "null", "Null", "None", "none"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (strcmp(text, marks[i]) == 0) {
            return true;
        }
    }
    return false;
}

typedef struct sorted {
    const char *text;
    int64_t number; /* 0 where not all are integers */
    int32_t symbol; /* before */
    bool missing;
} sorted;

static int by_order(const void *a, const void *b) {
    const sorted *x = a, *y = b;
    if (x->missing != y->missing) {
        return x->missing ? 1 : -1;
    }
    return x->number != y->number ? (x->number > y->number) - (x->number < y->number)
                                  : strcmp(x->text, y->text);
}

static void describe(const lk_dictionary *dictionary, sorted *order) {
    bool integers = true;
    for (int32_t i = 0; i < dictionary->count; i++) {
        const char *text = lk_dictionary_text(dictionary, i);
        order[i] = (sorted){text, 0, i, lk_text_is_missing(text)};
        const uint8_t *bytes = (const uint8_t *)text;
        integers = integers &&
                   (order[i].missing || lk_number_parse(bytes, bytes + strlen(text),
                                                        &order[i].number) == LK_NUMBER_INTEGER);
    }
    for (int32_t i = 0; i < dictionary->count; i++) {
        order[i].number = integers && !order[i].missing ? order[i].number : 0;
    }
}

lk_status lk_dictionary_sort(lk_context *context, lk_dictionary *dictionary, int32_t *moved) {
    if (dictionary->count == 0) {
        return LK_OK;
    }
    sorted *order = lk_resize(NULL, dictionary->count, sizeof *order);
    int64_t *start = lk_resize(NULL, dictionary->capacity, sizeof *start);
    if (order == NULL || start == NULL) {
        lk_release(order);
        lk_release(start);
        return lk_fail_no_memory(context, "a dictionary's order", dictionary->count);
    }
    describe(dictionary, order);
    qsort(order, (size_t)dictionary->count, sizeof *order, by_order);
    for (int32_t i = 0; i < dictionary->count; i++) {
        start[i] = dictionary->start[order[i].symbol];
        if (moved != NULL) {
            moved[order[i].symbol] = i;
        }
    }
    lk_release(dictionary->start);
    lk_release(order);
    dictionary->start = start;
    fill_slots(dictionary);
    return LK_OK;
}

/* ---- copies ---------------------------------------------------------------------------------- */

lk_status lk_dictionary_copy(lk_context *context, const lk_dictionary *from, lk_dictionary *to) {
    lk_dictionary made = {.unseen = from->unseen};
    for (int32_t i = 0, symbol; i < from->count; i++) {
        const char *text = lk_dictionary_text(from, i);
        lk_status status = lk_dictionary_add(context, &made, text, (int64_t)strlen(text), &symbol);
        if (status != LK_OK) {
            lk_dictionary_deinit(&made);
            *to = made;
            return status;
        }
    }
    *to = made;
    return LK_OK;
}

bool lk_dictionary_equal(const lk_dictionary *a, const lk_dictionary *b) {
    if (a->count != b->count || a->unseen != b->unseen) {
        return false;
    }
    for (int32_t i = 0; i < a->count; i++) {
        if (strcmp(lk_dictionary_text(a, i), lk_dictionary_text(b, i)) != 0) {
            return false;
        }
    }
    return true;
}

void lk_dictionary_deinit(lk_dictionary *dictionary) {
    lk_release(dictionary->pool);
    lk_release(dictionary->start);
    lk_release(dictionary->slots);
    *dictionary = (lk_dictionary){0};
}
