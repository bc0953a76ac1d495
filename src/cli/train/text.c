/* What `likely train` trains on when the data are a text: one endless stream. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cli/train/data.h"
#include "models/take.h"
#include "train/choose.h"

#define TEXTS_HELD_OUT 0.1 /* of several, where nobody says how many */

static int64_t count_held_out(const train_text_how *how, int64_t count, int64_t all) {
    int64_t before = lk_choose_held_out_before(how->before);
    if (how->fraction >= 0.0 || count > 1) {
        double fraction = how->fraction >= 0.0 ? how->fraction : TEXTS_HELD_OUT;
        return (int64_t)llround(fraction * (double)all);
    }
    return before >= 0 ? before : lk_choose_held_out(all);
}

/* Symbols that a number of the slower sequence goes with: where it ends a text may be parted. */
static int64_t local_unit(const train_data *data) {
    const lk_local_form *form = &data->description.local;
    return form->alphabet > 0 ? (int64_t)form->every * lk_symbols_unit(&data->description.symbols)
                              : 1;
}

/* The last part of one text; of several texts whole ones, at random. */
static lk_status hold_out(lk_context *context, const train_text_how *how, train_data *data) {
    int64_t count = lk_items_count(data->train_texts);
    int64_t all = count == 1 ? lk_items_length(data->train_texts, 0) : count;
    int64_t held_out = count_held_out(how, count, all);
    held_out -= count == 1 ? held_out % lk_symbols_unit(&data->description.symbols) : 0;
    held_out += count == 1 ? (all - held_out) % local_unit(data) : 0;
    if (held_out < 1 || held_out >= all) {
        return LK_OK;
    }
    if (count == 1) {
        LK_TRY(lk_items_split(context, &data->train_texts, all - held_out, &data->valid_texts));
    } else {
        LK_TRY(
            lk_items_hold_out(context, data->train_texts, held_out, how->seed, &data->valid_texts));
    }
    const bool sound = lk_data_is_sound(&data->description);
    snprintf(data->note, sizeof data->note,
             "no --valid: %s%lld of %lld %s are held out%s for validation "
             "(--valid-fraction 0 trains on all)",
             count == 1 ? "the last " : "", (long long)held_out, (long long)all,
             count == 1 ? "symbols"
             : sound    ? "recordings"
                        : "texts",
             count == 1 ? "" : " at random");
    return LK_OK;
}

/* As an option says, in place of the names of folders. */
static lk_status read_labels(lk_context *context, const char *labels, lk_items *texts) {
    return labels != NULL ? lk_items_read_labels(context, labels, texts) : LK_OK;
}

/* The slower sequence beside what is trained on: of the model that is trained further, or as the
 * options say. */
static lk_status read_local(const cli_arguments *arguments, lk_context *context,
                            const lk_model *from, const train_text_how *how, train_data *data) {
    const char *path = cli_text(arguments, "local", NULL);
    lk_local_form *form = &data->description.local;
    if (from != NULL) {
        *form = from->data.local;
        return lk_model_read_local(from, path, data->train_texts);
    }
    if (path == NULL) {
        return LK_OK;
    }
    LK_TRY(lk_items_read_local_files(context, data->train_texts, path, &how->local));
    *form = *lk_local_form_of(lk_items_local(data->train_texts));
    return LK_OK;
}

static lk_status read_valid_local(const cli_arguments *arguments, lk_context *context,
                                  train_data *data) {
    const char *path = cli_text(arguments, "valid-local", NULL);
    const lk_local_form *form = &data->description.local;
    if (form->alphabet == 0) {
        return LK_OK;
    }
    return path != NULL
               ? lk_items_read_local_files(context, data->valid_texts, path, form)
               : lk_fail(context, LK_INVALID,
                         "%s: there is no slower sequence beside it: give it (--valid-local PATH)",
                         lk_items_path(data->valid_texts));
}

/* Texts that stand apart, or some of those to be trained on. */
static lk_status read_valid(const cli_arguments *arguments, lk_context *context,
                            const train_text_how *how, train_data *data) {
    const char *valid = cli_text(arguments, "valid", NULL);
    if (valid == NULL) {
        return hold_out(context, how, data);
    }
    LK_TRY(lk_items_open_texts(context, valid, &data->description.symbols, &data->valid_texts));
    LK_TRY(read_valid_local(arguments, context, data));
    return read_labels(context, train_valid_labels(arguments), data->valid_texts);
}

/* Classes of texts in folders, if they are given. */
static lk_status take_classes(const cli_arguments *arguments, lk_context *context,
                              const lk_model *from, train_data *data) {
    if (!cli_has(arguments, "condition") && (from == NULL || from->data.labels == 0)) {
        return LK_OK;
    }
    const lk_dictionary *classes = lk_items_classes(data->train_texts);
    if (classes == NULL) {
        return lk_fail(context, LK_INVALID,
                       "%s: %s: texts have labels when they stand in folders named as their "
                       "classes, or a file has one for each (--labels PATH), or their own names "
                       "say it (--labels name:2)",
                       lk_items_path(data->train_texts),
                       from != NULL ? "the model of --from is given labels" : "--condition");
    }
    LK_TRY(lk_dictionary_copy(context, from != NULL ? &from->data.classes : classes,
                              &data->description.classes));
    LK_TRY(lk_items_match_labels(data->train_texts, &data->description.classes));
    return data->valid_texts == NULL
               ? LK_OK
               : lk_items_match_labels(data->valid_texts, &data->description.classes);
}

/* Of how they were read, before a split makes other items of them. */
static lk_status keep_note(lk_context *context, const train_data *data, char **note) {
    const char *text = lk_items_note(data->train_texts);
    *note = text != NULL ? lk_duplicate(text) : NULL;
    return text == NULL || *note != NULL ? LK_OK : lk_fail_no_memory(context, "a note", 1);
}

lk_status train_data_guess_text(const cli_arguments *arguments, lk_context *context, bool *text) {
    const lk_family *family = lk_family_named(arguments->positional[0]);
    const char *path = cli_text(arguments, "data", NULL);
    *text = false;
    if (family == NULL || !family->streams) {
        return LK_OK;
    }
    LK_TRY(lk_looks_like_text(context, path, text));
    if (*text && !cli_has(arguments, "quiet")) {
        fprintf(stderr,
                "%s: a text in UTF-8, trained on as --text utf8 says (--text bytes takes its "
                "bytes)\n",
                path);
    }
    return LK_OK;
}

/* How recordings are read, by the first of them. */
static lk_status learn_sounds(const cli_arguments *arguments, lk_context *context,
                              const train_text_how *how, const char *path, lk_symbols *symbols) {
    *symbols = (lk_symbols){.kind = LK_SYMBOLS_SOUND, .sound = {.channel = how->channel}};
    lk_sound_form *form = &symbols->sound;
    LK_TRY(lk_sound_learn(context, path, form, how->view));
    if (how->view < 0 && !cli_has(arguments, "quiet")) {
        fprintf(stderr, "%s: recordings of %d frames a second, trained on as --view %s says%s\n",
                path, form->rate, lk_sound_view_name(form->view),
                form->view == LK_SOUND_MULAW
                    ? ": 8 bits of a sample (--view bytes or pcm16 takes all 16)"
                    : "");
    }
    return LK_OK;
}

/* Symbols and texts of a new model. */
static lk_status learn(const cli_arguments *arguments, lk_context *context,
                       const train_text_how *how, const char *path, train_data *data) {
    lk_symbols *symbols = &data->description.symbols;
    if (how->kind != LK_SYMBOLS_SOUND) {
        return lk_items_learn_texts(context, path, how->kind, symbols, &data->train_texts);
    }
    LK_TRY(learn_sounds(arguments, context, how, path, symbols));
    return lk_items_open_texts(context, path, symbols, &data->train_texts);
}

static lk_status choose_window(lk_context *context, const train_text_how *how, train_data *data) {
    const lk_symbols *symbols = &data->description.symbols;
    int64_t total = lk_items_total(data->train_texts), unit = lk_symbols_unit(symbols);
    int64_t window = how->window != LK_CHOOSE_WINDOW     ? how->window
                     : symbols->kind == LK_SYMBOLS_SOUND ? lk_choose_sound_window(total, unit)
                                                         : lk_choose_window(total);
    if (window % unit != 0) {
        return lk_fail(context, LK_INVALID,
                       "--window %lld: a frame of these recordings has %lld symbols: give a "
                       "multiple of them",
                       (long long)window, (long long)unit);
    }
    data->description.shape = (lk_shape){1, {window}};
    data->description.variables = window;
    return LK_OK;
}

lk_status train_data_read_text(const cli_arguments *arguments, lk_context *context,
                               const lk_model *from, const train_text_how *how, train_data *data) {
    const char *path = cli_text(arguments, "data", NULL);
    char *note = NULL;
    *data = (train_data){.description = {.stream = true}};
    lk_symbols *symbols = &data->description.symbols;
    lk_status status = from != NULL ? lk_symbols_copy(context, &from->data.symbols, symbols)
                                    : learn(arguments, context, how, path, data);
    data->description.alphabet = status == LK_OK ? lk_symbols_alphabet(symbols) : 0;
    if (status == LK_OK && from != NULL) {
        status = lk_items_open_texts(context, path, symbols, &data->train_texts);
    }
    status = status == LK_OK ? read_local(arguments, context, from, how, data) : status;
    status = status == LK_OK ? keep_note(context, data, &note) : status;
    if (status == LK_OK && symbols->stray > 0 && !cli_has(arguments, "quiet")) {
        fprintf(stderr,
                "%s: %lld of %lld bytes are no UTF-8, such as those of Latin-1: each is a symbol "
                "beside the alphabet (iconv -f LATIN1 -t UTF-8 converts it; --text bytes takes "
                "its bytes)\n",
                path, (long long)symbols->stray,
                (long long)lk_items_total_bytes(data->train_texts));
    }
    status = status == LK_OK
                 ? read_labels(context, cli_text(arguments, "labels", NULL), data->train_texts)
                 : status;
    status = status == LK_OK ? read_valid(arguments, context, how, data) : status;
    status = status == LK_OK ? take_classes(arguments, context, from, data) : status;
    status = status == LK_OK ? choose_window(context, how, data) : status;
    status = status == LK_OK
                 ? lk_train_windows(context, data->train_texts, &data->description, &data->train)
                 : status;
    if (status == LK_OK && note != NULL) {
        status = lk_dataset_note(context, data->train, "%s", note);
    }
    lk_release(note);
    if (status != LK_OK) {
        train_data_release(data);
    }
    return status;
}
