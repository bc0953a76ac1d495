/* Parts of data: items that are chosen, and validation data held out. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "library/library.h"

/* ---- items by their numbers ------------------------------------------------------------------ */

static lk_status select_examples(lk_context *context, const lk_data *data, const int64_t *items,
                                 int64_t count, lk_data *to) {
    int64_t variables = data->dataset->variables;
    int32_t *order = lk_allocate(count, sizeof *order);
    if (order == NULL) {
        return lk_fail_no_memory(context, "a selection", count * 4);
    }
    for (int64_t i = 0; i < count; i++) {
        order[i] = (int32_t)items[i];
    }
    lk_status status = lk_dataset_select(context, data->dataset, order, count, &to->dataset);
    lk_release(order);
    if (status == LK_OK && data->alphabets != NULL) {
        to->alphabets = lk_allocate(variables, sizeof *to->alphabets);
        if (to->alphabets == NULL) {
            return lk_fail_no_memory(context, "alphabets", variables * 4);
        }
        memcpy(to->alphabets, data->alphabets, (size_t)variables * sizeof *to->alphabets);
    }
    return status;
}

static lk_status select_texts(lk_context *context, const lk_data *data, const int64_t *items,
                              int64_t count, lk_data *to) {
    lk_text_piece *pieces = lk_allocate(count, sizeof *pieces);
    if (pieces == NULL) {
        return lk_fail_no_memory(context, "a selection", count * (int64_t)sizeof *pieces);
    }
    for (int64_t i = 0; i < count; i++) {
        pieces[i] = (lk_text_piece){items[i], 0, data->length[items[i]]};
    }
    lk_status status = lk_data_copy_pieces(context, data, pieces, count, to);
    lk_release(pieces);
    return status;
}

static lk_status select_items(lk_context *context, const lk_data *data, const int64_t *items,
                              int64_t count, lk_data **selected) {
    lk_data *made;
    LK_TRY(lk_data_create(context, &made));
    lk_status status = data->dataset != NULL ? select_examples(context, data, items, count, made)
                                             : select_texts(context, data, items, count, made);
    if (status != LK_OK) {
        lk_data_destroy(made);
        return status;
    }
    *selected = made;
    return LK_OK;
}

static lk_status check_items(lk_context *context, const lk_data *data, const int64_t *items,
                             int64_t count) {
    if (count < 1 || count > INT32_MAX) {
        return lk_fail(context, LK_INVALID, "lk_data_select: %lld items: expected 1 .. %d",
                       (long long)count, INT32_MAX);
    }
    for (int64_t i = 0; i < count; i++) {
        if (items[i] < 0 || items[i] >= lk_data_count(data) || items[i] > INT32_MAX) {
            return lk_fail(context, LK_INVALID,
                           "lk_data_select: items[%lld] is %lld, of %lld items", (long long)i,
                           (long long)items[i], (long long)lk_data_count(data));
        }
    }
    return LK_OK;
}

lk_status lk_data_select(lk_context *context, const lk_data *data, const int64_t *items,
                         int64_t count, lk_data **selected) {
    if (selected != NULL) {
        *selected = NULL;
    }
    LK_TRY(lk_enter(context, "loading"));
    LK_TRY(lk_need(context, selected, "lk_data_select: selected"));
    LK_TRY(lk_need(context, data, "lk_data_select: data"));
    LK_TRY(lk_need(context, items, "lk_data_select: items"));
    LK_TRY(check_items(context, data, items, count));
    return lk_leave(context, select_items(context, data, items, count, selected));
}

/* ---- a part held out ------------------------------------------------------------------------- */

/* items[count]: those that stay, then those that are held out, each in their order. */
static lk_status choose(lk_context *context, int64_t count, int64_t kept, uint64_t seed,
                        int64_t *items) {
    int32_t *order = lk_allocate(count, sizeof *order);
    if (order == NULL) {
        return lk_fail_no_memory(context, "a split", count * 4);
    }
    lk_random_split(seed, kept, count, order);
    for (int64_t i = 0; i < count; i++) {
        items[i] = order[i];
    }
    lk_release(order);
    return LK_OK;
}

static lk_status split_items(lk_context *context, const lk_data *data, int64_t kept, uint64_t seed,
                             lk_data **train, lk_data **valid) {
    int64_t count = lk_data_count(data), *items = lk_allocate(count, sizeof *items);
    lk_status status = items != NULL ? choose(context, count, kept, seed, items)
                                     : lk_fail_no_memory(context, "a split", count * 8);
    if (status == LK_OK) {
        status = select_items(context, data, items, kept, train);
    }
    if (status == LK_OK) {
        status = select_items(context, data, items + kept, count - kept, valid);
    }
    lk_release(items);
    return status;
}

static lk_status cut_text(lk_context *context, const lk_data *data, int64_t first, int64_t length,
                          lk_data **part) {
    const lk_text_piece piece = {0, first, length};
    LK_TRY(lk_data_create(context, part));
    return lk_data_copy_pieces(context, data, &piece, 1, *part);
}

static lk_status split(lk_context *context, const lk_data *data, double fraction, uint64_t seed,
                       lk_data **train, lk_data **valid) {
    bool one = data->dataset == NULL && data->count == 1;
    int64_t all = one ? data->length[0] : lk_data_count(data);
    int64_t held_out = fraction > 0.0 && fraction < 1.0 ? llround(fraction * (double)all) : 0;
    held_out -= one ? held_out % lk_data_unit(data) : 0;
    int64_t each = data->local != NULL ? lk_data_unit(data) * lk_data_local_every(data) : 1;
    held_out += one ? (all - held_out) % each : 0;
    if (held_out < 1 || held_out >= all || (!one && all > INT32_MAX)) {
        return lk_fail(context, LK_INVALID,
                       "lk_data_split: a fraction of %g leaves one part of the %lld %s empty",
                       lk_told(fraction), (long long)all, one ? "symbols" : "items");
    }
    if (!one) {
        return split_items(context, data, all - held_out, seed, train, valid);
    }
    LK_TRY(cut_text(context, data, 0, all - held_out, train));
    return cut_text(context, data, all - held_out, held_out, valid);
}

lk_status lk_data_split(lk_context *context, const lk_data *data, double fraction, uint64_t seed,
                        lk_data **train, lk_data **valid) {
    if (train != NULL) {
        *train = NULL;
    }
    if (valid != NULL) {
        *valid = NULL;
    }
    LK_TRY(lk_enter(context, "loading"));
    LK_TRY(lk_need(context, train, "lk_data_split: train"));
    LK_TRY(lk_need(context, valid, "lk_data_split: valid"));
    LK_TRY(lk_need(context, data, "lk_data_split: data"));
    if (train == valid) {
        return lk_fail(context, LK_INVALID, "lk_data_split: train and valid are one pointer");
    }
    lk_status status = split(context, data, fraction, seed, train, valid);
    if (status != LK_OK) {
        lk_data_destroy(*train);
        lk_data_destroy(*valid);
        *train = *valid = NULL;
    }
    return lk_leave(context, status);
}
