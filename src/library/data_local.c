/* Slower sequences beside texts and recordings: how they are loaded, what they are, and how a model
 * is given them. Those of data work in no context; whoever reads them has a copy in its own. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "library/library.h"
#include "models/take.h"

/* ---- arguments ------------------------------------------------------------------------------- */

/* What the model takes, or those beside which they serve have; NULL: they stand alone. */
static const lk_local_form *known_form(const lk_loading *how) {
    static const lk_local_form none = {0};
    return how->model != NULL         ? &how->model->data.local
           : how->like == NULL        ? NULL
           : how->like->local != NULL ? lk_local_form_of(how->like->local)
                                      : &none;
}

static lk_status check_lists(lk_context *context, const lk_loading *how) {
    bool lists = how->local_items >= 0 && (how->local_symbols == NULL) == (how->local_items == 0) &&
                 (how->local_counts == NULL) == (how->local_items == 0);
    for (int64_t i = 0; lists && i < how->local_items; i++) {
        lists = how->local_counts[i] >= 0 &&
                (how->local_symbols[i] != NULL || how->local_counts[i] == 0);
    }
    return lists ? LK_OK
                 : lk_fail(context, LK_INVALID,
                           "lk_loading: local_symbols, local_counts or one of their entries is "
                           "NULL or negative, or local_items does not say how many there are");
}

static lk_status check_numbers(lk_context *context, const lk_loading *how) {
    bool right = how->local_every >= 0 && how->local_every <= LK_LOCAL_EVERY_MOST &&
                 how->local_alphabet >= 0 && how->local_alphabet <= LK_LOCAL_ALPHABET_MOST;
    return right ? LK_OK
                 : lk_fail(context, LK_INVALID,
                           "lk_loading: local_every is %d, local_alphabet %d: expected 0 .. %d, 0 "
                           ".. %d",
                           how->local_every, how->local_alphabet, LK_LOCAL_EVERY_MOST,
                           LK_LOCAL_ALPHABET_MOST);
}

/* Against what is known of them already. */
static lk_status check_known(lk_context *context, const lk_loading *how, bool given) {
    const lk_local_form *form = known_form(how);
    const char *who = how->model != NULL ? "the model is" : "the data that these are like are";
    if (form->alphabet == 0) {
        return given ? lk_fail(context, LK_MISMATCH,
                               "lk_loading: %s given no slower sequence: leave out local", who)
                     : LK_OK;
    }
    if (!given) {
        return lk_fail(context, LK_MISMATCH,
                       "lk_loading: %s given a slower sequence, a symbol of %d for every %d "
                       "positions: say it (local, or local_symbols)",
                       who, form->alphabet, form->every);
    }
    bool alike = (how->local_every == 0 || how->local_every == form->every) &&
                 (how->local_alphabet == 0 || how->local_alphabet == form->alphabet);
    return alike ? LK_OK
                 : lk_fail(context, LK_MISMATCH,
                           "lk_loading: local_every is %d, local_alphabet %d, but %s given a "
                           "symbol of %d for every %d positions: 0 says the same",
                           how->local_every, how->local_alphabet, who, form->alphabet, form->every);
}

lk_status lk_check_local(lk_context *context, const lk_loading *how, lk_text_kind kind) {
    bool given = how->local != NULL || how->local_items != 0;
    LK_TRY(check_lists(context, how));
    LK_TRY(check_numbers(context, how));
    if (kind == LK_NO_TEXT && given) {
        return lk_fail(context, LK_INVALID,
                       "lk_loading: local goes beside texts and recordings, not examples");
    }
    if (how->local != NULL && how->local_items != 0) {
        return lk_fail(context, LK_INVALID,
                       "lk_loading: local and local_symbols are two slower sequences: give one");
    }
    if (!given && (how->local_every != 0 || how->local_alphabet != 0)) {
        return lk_fail(context, LK_INVALID,
                       "lk_loading: local_every and local_alphabet say nothing without local or "
                       "local_symbols");
    }
    if (kind != LK_NO_TEXT && known_form(how) != NULL) {
        return check_known(context, how, given);
    }
    return !given || how->local_every > 0
               ? LK_OK
               : lk_fail(context, LK_INVALID,
                         "lk_loading: local_every is 0: expected how many positions a symbol of "
                         "the slower sequence goes with, 1 .. %d",
                         LK_LOCAL_EVERY_MOST);
}

/* ---- loading --------------------------------------------------------------------------------- */

static lk_status add_symbols(const lk_loading *how, const lk_items *items, lk_local *local) {
    int64_t unit = lk_symbols_unit(lk_items_symbols(items));
    for (int64_t i = 0; i < how->local_items; i++) {
        char name[64];
        snprintf(name, sizeof name, "lk_loading: local_symbols[%lld]", (long long)i);
        LK_TRY(lk_local_add_symbols(local, name, how->local_symbols[i], how->local_counts[i],
                                    lk_items_length(items, i) / unit, lk_items_name(items, i)));
    }
    if (lk_local_form_of(local)->alphabet == 0) {
        lk_local_learn(local);
    }
    return LK_OK;
}

static lk_status from_memory(lk_context *context, const lk_loading *how, const lk_local_form *form,
                             const lk_items *items, lk_local **local) {
    if (how->local_items != lk_items_count(items)) {
        return lk_fail(context, LK_MISMATCH, "lk_loading: local_items is %lld, for %lld texts",
                       (long long)how->local_items, (long long)lk_items_count(items));
    }
    LK_TRY(lk_local_create(context, form, how->local_items, local));
    lk_status status = add_symbols(how, items, *local);
    if (status != LK_OK) {
        lk_local_destroy(*local);
        *local = NULL;
    }
    return status;
}

static lk_status from_files(lk_context *context, const lk_loading *how, const lk_local_form *form,
                            const lk_data *data, lk_items *items, lk_local **local) {
    if (data->path == NULL && data->count > 1) {
        return lk_fail(context, LK_INVALID,
                       "lk_loading: local is of files, and the texts are in memory: local_symbols "
                       "has an array for each");
    }
    LK_TRY(lk_items_read_local_files(context, items, how->local, form));
    return lk_local_copy(context, lk_items_local(items), NULL, local);
}

lk_status lk_data_read_local(lk_context *context, const lk_loading *how, lk_items *items,
                             lk_data *data) {
    const lk_local_form *known = known_form(how);
    const lk_local_form own = {how->local_every, how->local_alphabet};
    const lk_local_form *form = known != NULL ? known : &own;
    if (how->local == NULL && how->local_items == 0) {
        return LK_OK;
    }
    return how->local != NULL ? from_files(context, how, form, data, items, &data->local)
                              : from_memory(context, how, form, items, &data->local);
}

/* ---- beside what a model runs over ----------------------------------------------------------- */

/* A file may have become another since. */
static lk_status check_lengths(lk_context *context, const lk_items *items, const lk_local *local) {
    int64_t unit = lk_symbols_unit(lk_items_symbols(items));
    bool fits = lk_items_count(items) == lk_local_items(local);
    for (int64_t i = 0; fits && i < lk_items_count(items); i++) {
        int64_t positions = lk_items_length(items, i) / unit;
        fits = lk_local_length(local, i) == lk_local_count(lk_local_form_of(local), positions);
    }
    return fits ? LK_OK : lk_fail(context, LK_IO, "%s: has changed", lk_items_path(items));
}

lk_status lk_data_place_local(const lk_model *model, const lk_data *data, lk_items *items) {
    const lk_local_form *form = &model->data.local;
    lk_local *local;
    if (data->local == NULL) {
        return lk_model_accepts_local(model, items);
    }
    if (form->alphabet == 0) {
        return lk_fail(model->context, LK_MISMATCH,
                       "%s: a slower sequence stands beside the data, and the model is given none: "
                       "load them without",
                       lk_items_path(items));
    }
    LK_TRY(lk_local_copy(model->context, data->local, form, &local));
    lk_items_local_take(items, local);
    return check_lengths(model->context, items, local);
}

/* ---- what it is ------------------------------------------------------------------------------ */

int32_t lk_data_local_every(const lk_data *data) {
    return data != NULL && data->local != NULL ? lk_local_form_of(data->local)->every : 0;
}

int32_t lk_data_local_alphabet(const lk_data *data) {
    return data != NULL && data->local != NULL ? lk_local_form_of(data->local)->alphabet : 0;
}

int64_t lk_data_local_count(const lk_data *data, int64_t item) {
    return data == NULL || data->local == NULL || item < 0 || item >= data->count
               ? -1
               : lk_local_length(data->local, item);
}

lk_status lk_data_local(lk_context *context, const lk_data *data, int64_t item, uint16_t *symbols) {
    lk_local *local;
    LK_TRY(lk_enter(context, "reading"));
    LK_TRY(lk_need(context, data, "lk_data_local: data"));
    LK_TRY(lk_need(context, symbols, "lk_data_local: symbols"));
    int64_t count = lk_data_local_count(data, item);
    if (count < 0) {
        return lk_fail(context, LK_INVALID,
                       "lk_data_local: there is no slower sequence number %lld", (long long)item);
    }
    LK_TRY(lk_local_copy(context, data->local, NULL, &local));
    lk_status status = lk_local_read(local, item, 0, count, symbols);
    lk_local_destroy(local);
    return lk_leave(context, status);
}

int32_t lk_model_local_every(const lk_model *model) {
    return model != NULL && model->data.local.alphabet > 0 ? model->data.local.every : 0;
}

int32_t lk_model_local_alphabet(const lk_model *model) {
    return model != NULL ? model->data.local.alphabet : 0;
}
