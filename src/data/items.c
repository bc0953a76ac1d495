#include "data/items.h"

#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "data/labels.h"

struct lk_items {
    lk_context *context;
    char *path; /* owned */
    char *note; /* owned, or NULL */
    int64_t count;
    uint16_t *labels;      /* owned, or NULL */
    lk_dictionary classes; /* owned; empty: labels have no names */
    /* Of a data set. */
    const lk_dataset *dataset;
    const lk_view *view;
    /* Texts. */
    lk_stream **texts;                 /* owned, [count] */
    int64_t awake[LK_TEXTS_OPEN_MOST]; /* of those that were woken: item + 1, in a ring; 0: none */
    int32_t next;                      /* in the ring */
    lk_local *local;                   /* owned, or NULL: what stands beside them */
};

/* ---- life ------------------------------------------------------------------------------------ */

static lk_status create(lk_context *context, const char *path, int64_t count, lk_items **items) {
    lk_items *made = lk_allocate(1, sizeof *made);
    *items = NULL;
    if (made != NULL) {
        *made = (lk_items){.context = context, .path = lk_duplicate(path), .count = count};
    }
    if (made == NULL || made->path == NULL) {
        lk_release(made);
        return lk_fail_no_memory(context, "items", (int64_t)sizeof *made);
    }
    *items = made;
    return LK_OK;
}

lk_status lk_items_of_dataset(lk_context *context, const lk_dataset *dataset, const lk_view *view,
                              lk_items **items) {
    LK_TRY(create(context, dataset->path, dataset->examples, items));
    (*items)->dataset = dataset;
    (*items)->view = view;
    return LK_OK;
}

static void close_texts(lk_stream **texts, int64_t count) {
    for (int64_t i = 0; texts != NULL && i < count; i++) {
        lk_stream_close(texts[i]);
    }
}

lk_status lk_items_of_texts_take(lk_context *context, const char *path, lk_stream **texts,
                                 int64_t count, lk_items **items) {
    lk_status status = create(context, path, count, items);
    if (status == LK_OK) {
        (*items)->texts = lk_allocate(count, sizeof(lk_stream *));
        if ((*items)->texts == NULL) {
            lk_items_close(*items);
            *items = NULL;
            status = lk_fail_no_memory(context, "items", count * (int64_t)sizeof(lk_stream *));
        }
    }
    if (status != LK_OK) {
        close_texts(texts, count);
        return status;
    }
    memcpy((*items)->texts, texts, (size_t)count * sizeof *texts);
    return LK_OK;
}

void lk_items_close(lk_items *items) {
    if (items != NULL) {
        close_texts(items->texts, items->count);
        lk_release(items->texts);
        lk_local_destroy(items->local);
        lk_release(items->labels);
        lk_dictionary_deinit(&items->classes);
        lk_release(items->path);
        lk_release(items->note);
        lk_release(items);
    }
}

/* ---- what they are --------------------------------------------------------------------------- */

int64_t lk_items_count(const lk_items *items) {
    return items->count;
}

const char *lk_items_path(const lk_items *items) {
    return items->path;
}

const char *lk_items_name(const lk_items *items, int64_t item) {
    if (items->texts != NULL) {
        return lk_stream_path(items->texts[item]);
    }
    return items->dataset->names != NULL ? items->dataset->names[item] : items->path;
}

const char *lk_items_name_inside(const lk_items *items, int64_t item) {
    const char *name = lk_items_name(items, item);
    size_t length = strlen(items->path);
    bool inside = strncmp(name, items->path, length) == 0 && strchr(name + length, '/') != NULL;
    name += inside ? length : 0;
    return name + strspn(name, "/");
}

int64_t lk_items_length(const lk_items *items, int64_t item) {
    if (items->texts != NULL) {
        return lk_stream_length(items->texts[item]);
    }
    return lk_view_length(items->view, items->dataset->variables);
}

int64_t lk_items_bytes(const lk_items *items, int64_t item) {
    return items->texts != NULL ? lk_stream_bytes(items->texts[item]) : 0;
}

const lk_sound_info *lk_items_sound(const lk_items *items, int64_t item) {
    return items->texts != NULL ? lk_stream_sound(items->texts[item]) : NULL;
}

int64_t lk_items_longest(const lk_items *items) {
    int64_t longest = 0;
    for (int64_t i = 0; i < items->count; i++) {
        int64_t length = lk_items_length(items, i);
        longest = length > longest ? length : longest;
    }
    return longest;
}

int64_t lk_items_total(const lk_items *items) {
    int64_t total = 0;
    for (int64_t i = 0; i < items->count; i++) {
        total += lk_items_length(items, i);
    }
    return total;
}

int64_t lk_items_total_bytes(const lk_items *items) {
    int64_t total = 0;
    for (int64_t i = 0; i < items->count; i++) {
        total += lk_items_bytes(items, i);
    }
    return total;
}

lk_shape lk_items_shape(const lk_items *items) {
    return items->dataset != NULL ? items->dataset->shape : (lk_shape){0};
}

const lk_dataset *lk_items_dataset(const lk_items *items) {
    return items->dataset;
}

const lk_view *lk_items_view(const lk_items *items) {
    return items->view;
}

const lk_symbols *lk_items_symbols(const lk_items *items) {
    return items->texts != NULL ? lk_stream_symbols(items->texts[0]) : NULL;
}

const char *lk_items_note(const lk_items *items) {
    return items->note == NULL && items->dataset != NULL ? items->dataset->note : items->note;
}

void lk_items_note_take(lk_items *items, char *note) {
    lk_release(items->note);
    items->note = note;
}

const uint16_t *lk_items_labels(const lk_items *items) {
    return items->labels;
}

lk_status lk_items_set_labels(lk_items *items, const int32_t *labels) {
    uint16_t *copy = lk_allocate(items->count, sizeof *copy);
    if (copy == NULL) {
        return lk_fail_no_memory(items->context, "labels", items->count * 2);
    }
    for (int64_t i = 0; i < items->count; i++) {
        LK_REQUIRE(labels[i] >= 0 && labels[i] < LK_ALPHABET_MOST);
        copy[i] = (uint16_t)labels[i];
    }
    lk_release(items->labels);
    items->labels = copy;
    return LK_OK;
}

const lk_dictionary *lk_items_classes(const lk_items *items) {
    return items->classes.count > 0 ? &items->classes : NULL;
}

lk_status lk_items_set_classes(lk_items *items, const lk_dictionary *classes) {
    lk_dictionary copy = {0};
    LK_TRY(lk_dictionary_copy(items->context, classes, &copy));
    lk_dictionary_deinit(&items->classes);
    items->classes = copy;
    return LK_OK;
}

lk_status lk_items_match_labels(lk_items *items, const lk_dictionary *known) {
    if (items->labels == NULL || items->classes.count == 0) {
        return lk_fail(items->context, LK_MISMATCH, "%s: there are no labels%s", items->path,
                       lk_advice(items->context, "valid-labels",
                                 ": give those of validation data (--valid-labels PATH)"));
    }
    for (int64_t i = 0; i < items->count; i++) {
        const char *name = lk_dictionary_text(&items->classes, items->labels[i]);
        if (lk_label_find(known, name) < 0) {
            char list[256];
            lk_dictionary_list(known, list, sizeof list);
            return lk_fail(items->context, LK_MISMATCH,
                           "%s: label \"%.60s\": the model knows %s; leave out what is of none of "
                           "them, or say which it is to be taken for%s",
                           lk_items_name(items, i), name, list,
                           lk_advice(items->context, "labels", " (--labels PATH)"));
        }
    }
    for (int64_t i = 0; i < items->count; i++) {
        const char *name = lk_dictionary_text(&items->classes, items->labels[i]);
        items->labels[i] = (uint16_t)lk_label_find(known, name);
    }
    return lk_items_set_classes(items, known);
}

/* Nothing is read from any text afterwards that was open before. */
static void rest_all(lk_items *texts) {
    for (int64_t i = 0; i < LK_TEXTS_OPEN_MOST; i++) {
        if (texts->awake[i] > 0 && texts->awake[i] <= texts->count) {
            lk_stream_rest(texts->texts[texts->awake[i] - 1]);
        }
        texts->awake[i] = 0;
    }
}

/* The slower sequences of items; NULL where there are none. */
static lk_status select_local(lk_context *context, const lk_local *local, const int32_t *which,
                              int64_t count, lk_local **selected) {
    *selected = NULL;
    if (local == NULL) {
        return LK_OK;
    }
    lk_local_part *parts = lk_allocate(count, sizeof *parts);
    if (parts == NULL) {
        return lk_fail_no_memory(context, "slower sequences",
                                 count * (int64_t)sizeof(lk_local_part));
    }
    for (int64_t i = 0; i < count; i++) {
        parts[i] = (lk_local_part){which[i], 0, lk_local_length(local, which[i])};
    }
    lk_status status = lk_local_parts(context, local, parts, count, selected);
    lk_release(parts);
    return status;
}

/* Room for texts as these, with their classes; what of the slower sequences is theirs. */
static lk_status make_room(lk_context *context, const lk_items *texts, const int32_t *which,
                           lk_items *made) {
    made->texts = lk_allocate(made->count, sizeof *made->texts);
    made->labels = texts->labels != NULL ? lk_allocate(made->count, sizeof *made->labels) : NULL;
    if (made->texts == NULL || (made->labels == NULL && texts->labels != NULL)) {
        return lk_fail_no_memory(context, "texts", made->count * 10);
    }
    LK_TRY(texts->classes.count > 0 ? lk_items_set_classes(made, &texts->classes) : LK_OK);
    return select_local(context, texts->local, which, made->count, &made->local);
}

/* to[i] becomes from[which[i]]; both may be one where `which` ascends. */
static void select_texts(const lk_items *from, const int32_t *which, int64_t count, lk_items *to) {
    for (int64_t i = 0; i < count; i++) {
        to->texts[i] = from->texts[which[i]];
        if (from->labels != NULL) {
            to->labels[i] = from->labels[which[i]];
        }
    }
}

static lk_status hold_out(lk_context *context, lk_items *texts, const int32_t *order, int64_t kept,
                          lk_items *rest) {
    lk_local *local;
    LK_TRY(make_room(context, texts, order + kept, rest));
    LK_TRY(select_local(context, texts->local, order, kept, &local));
    rest_all(texts);
    select_texts(texts, order + kept, rest->count, rest);
    select_texts(texts, order, kept, texts);
    texts->count = kept;
    lk_items_local_take(texts, local);
    return LK_OK;
}

lk_status lk_items_hold_out(lk_context *context, lk_items *texts, int64_t count, uint64_t seed,
                            lk_items **rest) {
    const int64_t kept = texts->count - count;
    *rest = NULL;
    LK_REQUIRE(texts->texts != NULL && count >= 1 && kept >= 1 && texts->count <= INT32_MAX);
    int32_t *order = lk_allocate(texts->count, sizeof *order);
    if (order == NULL) {
        return lk_fail_no_memory(context, "split", texts->count * 4);
    }
    lk_random_split(seed, kept, texts->count, order);
    lk_status status = create(context, texts->path, count, rest);
    status = status == LK_OK ? hold_out(context, texts, order, kept, *rest) : status;
    lk_release(order);
    if (status != LK_OK) {
        lk_items_close(*rest);
        *rest = NULL;
    }
    return status;
}

/* Of one text, which is parted where a symbol of the slower sequence begins. */
static lk_status split_local(lk_items *all, int64_t first, lk_items *head, lk_items *rest) {
    if (all->local == NULL) {
        return LK_OK;
    }
    int64_t each =
        (int64_t)lk_symbols_unit(lk_items_symbols(all)) * lk_local_form_of(all->local)->every;
    LK_REQUIRE(first % each == 0);
    LK_TRY(lk_local_split(all->local, first / each, &rest->local));
    head->local = all->local;
    all->local = NULL;
    return LK_OK;
}

lk_status lk_items_split(lk_context *context, lk_items **texts, int64_t first, lk_items **rest) {
    lk_items *all = *texts, *head;
    *rest = NULL;
    LK_REQUIRE(all->texts != NULL && all->count == 1 && first >= 1);
    int64_t length = lk_stream_length(all->texts[0]);
    lk_stream *part[2];
    LK_REQUIRE(first < length);
    LK_TRY(lk_stream_part(all->texts[0], first, length - first, &part[1]));
    LK_TRY(lk_items_of_texts_take(context, all->path, &part[1], 1, rest));
    lk_status status = lk_stream_part(all->texts[0], 0, first, &part[0]);
    if (status == LK_OK) {
        status = lk_items_of_texts_take(context, all->path, &part[0], 1, &head);
    }
    if (status == LK_OK) {
        status = split_local(all, first, head, *rest);
        if (status != LK_OK) {
            lk_items_close(head);
        }
    }
    if (status != LK_OK) {
        lk_items_close(*rest);
        *rest = NULL;
        return status;
    }
    lk_items_close(all);
    *texts = head;
    return LK_OK;
}

static lk_status fill_alone(lk_context *context, const lk_items *items, int64_t item,
                            lk_items *one) {
    if (items->labels != NULL) {
        const int32_t label = items->labels[item];
        LK_TRY(lk_items_set_labels(one, &label));
    }
    if (items->local == NULL) {
        return LK_OK;
    }
    const lk_local_part whole = {.item = item, .count = lk_local_length(items->local, item)};
    return lk_local_parts(context, items->local, &whole, 1, &one->local);
}

lk_status lk_items_alone(lk_context *context, const lk_items *items, int64_t item, lk_items **one) {
    lk_stream *text;
    LK_REQUIRE(items->texts != NULL && item >= 0 && item < items->count);
    *one = NULL;
    LK_TRY(lk_stream_part(items->texts[item], 0, lk_stream_length(items->texts[item]), &text));
    LK_TRY(lk_items_of_texts_take(context, lk_items_name(items, item), &text, 1, one));
    lk_status status = fill_alone(context, items, item, *one);
    if (status != LK_OK) {
        lk_items_close(*one);
        *one = NULL;
    }
    return status;
}

/* ---- slower sequences ------------------------------------------------------------------------ */

const lk_local *lk_items_local(const lk_items *items) {
    return items->local;
}

void lk_items_local_take(lk_items *items, lk_local *local) {
    if (local != NULL) {
        lk_local_destroy(items->local);
        items->local = local;
    }
}

lk_status lk_items_local_cells(const lk_items *items, int64_t item, int64_t first, int64_t count,
                               uint16_t *cells) {
    LK_REQUIRE(items->local != NULL);
    return lk_local_read_cells(items->local, item, first, count, cells);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The text of an item; if it rests, the one that was woken the longest ago goes to rest for it. */
static lk_stream *text_of(lk_items *items, int64_t item) {
    if (lk_stream_resting(items->texts[item])) {
        int64_t *slot = &items->awake[items->next];
        if (*slot > 0 && *slot <= items->count) {
            lk_stream_rest(items->texts[*slot - 1]);
        }
        *slot = item + 1;
        items->next = (items->next + 1) % LK_TEXTS_OPEN_MOST;
    }
    return items->texts[item];
}

lk_status lk_items_read(lk_items *items, int64_t item, int64_t first, int64_t count,
                        uint16_t *values) {
    LK_REQUIRE(item >= 0 && item < items->count && first >= 0 && count >= 0);
    LK_REQUIRE(count <= lk_items_length(items, item) - first);
    if (items->texts != NULL) {
        return lk_stream_read(text_of(items, item), first, count, values);
    }
    int64_t variables = items->dataset->variables;
    lk_view_read(items->view, items->dataset->values + item * variables, variables, first, count,
                 values);
    return LK_OK;
}

lk_status lk_items_characters(lk_items *items, int64_t item, int64_t first, int64_t count,
                              uint32_t *characters) {
    LK_REQUIRE(items->texts != NULL && item >= 0 && item < items->count);
    return lk_stream_characters(text_of(items, item), first, count, characters);
}

lk_status lk_items_unchanged(const lk_items *items) {
    for (int64_t i = 0; items->texts != NULL && i < items->count; i++) {
        LK_TRY(lk_stream_unchanged(items->texts[i]));
    }
    return LK_OK;
}

bool lk_items_escapes(const lk_items *items, uint16_t symbol) {
    const lk_symbols *symbols = lk_items_symbols(items);
    return symbols != NULL && lk_symbols_escapes(symbols, symbol);
}
