#include "models/take.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/labels.h"
#include "data/sheet.h"

/* ---- reading --------------------------------------------------------------------------------- */

lk_status lk_model_note_sheet(const lk_model *model, lk_dataset *dataset) {
    lk_shape own = lk_shape_picture(model->data.shape), read = lk_shape_picture(dataset->shape);
    if (own.axes != 3 || read.axes != 3 || dataset->examples != 1) {
        return LK_OK;
    }
    int64_t tiles = lk_sheet_shows(lk_tile_of(own), read.size[0], read.size[1]);
    return tiles < 2
               ? LK_OK
               : lk_dataset_note(model->context, dataset,
                                 "taken as one picture, though it is as large as a sheet of "
                                 "%lld pictures of %lldx%lld (a folder NAME/ or .npy keeps "
                                 "them apart)",
                                 (long long)tiles, (long long)own.size[0], (long long)own.size[1]);
}

static lk_status prepare(const lk_model *model, const lk_take_options *options, lk_binarization how,
                         lk_dataset *dataset, lk_binarization *done) {
    LK_TRY(how != LK_BINARIZE_NONE ? lk_dataset_check_grey(model->context, dataset) : LK_OK);
    if (how != LK_BINARIZE_NONE && dataset->alphabet > 2) {
        lk_dataset_binarize_all(dataset, how, options->reading.seed, 0);
        *done = how;
        LK_TRY(lk_dataset_note(model->context, dataset,
                               "grey values became 0 and 1 (--binarize %s), and are gone",
                               how == LK_BINARIZE_THRESHOLD ? "threshold" : "sample"));
    }
    if (options->labels != NULL) {
        LK_TRY(lk_dataset_read_labels(model->context, options->labels, dataset));
    }
    lk_shape there;
    LK_TRY(lk_model_takes(model, dataset, &there));
    return lk_model_note_sheet(model, dataset);
}

static lk_status fits(lk_context *context, const void *argument, const char *name, lk_shape shape) {
    (void)context; /* the model's */
    lk_shape there;
    return lk_model_shape_for(argument, name, shape, &there);
}

static lk_status fits_part(lk_context *context, const void *argument, const char *name,
                           lk_shape shape) {
    return lk_model_part(argument, shape) || lk_model_first(argument, shape)
               ? LK_OK
               : fits(context, argument, name, shape);
}

static lk_status fits_training(lk_context *context, const void *argument, const char *name,
                               lk_shape shape) {
    (void)context;
    return lk_model_accepts_shape(argument, name, shape);
}

static lk_status fits_new(lk_context *context, const void *argument, const char *name,
                          lk_shape shape) {
    (void)argument;
    return lk_model_check_shape(context, name, shape);
}

void lk_model_wish_new(lk_dataset_options *reading) {
    reading->pictures.fits = fits_new;
    reading->pictures.argument = NULL;
}

void lk_model_wish(const lk_model *model, lk_data_use use, lk_dataset_options *reading) {
    static lk_status (*const fits_use[])(lk_context *, const void *, const char *, lk_shape) = {
        [LK_FOR_RUN] = fits,
        [LK_FOR_COMPLETION] = fits_part,
        [LK_FOR_ENLARGING] = fits_new,
        [LK_FOR_TRAINING] = fits_training,
    };
    const lk_data_description *data = &model->data;
    lk_picture_wish *wish = &reading->pictures;
    lk_shape own = lk_shape_picture(data->shape);
    wish->settings.alpha =
        wish->settings.alpha != LK_ALPHA_AUTO ? wish->settings.alpha : data->pictures.alpha;
    wish->settings.orient |= data->pictures.orient;
    wish->settings.depth = wish->settings.depth != 0 ? wish->settings.depth : data->pictures.depth;
    wish->levels = reading->binarization == LK_BINARIZE_NONE ? data->alphabet : 0;
    wish->channels = own.axes == 3 ? (int32_t)own.size[2] : 0;
    wish->fits = fits_use[use];
    wish->argument = model;
    reading->variables = data->variables;
}

lk_status lk_model_read_data(const lk_model *model, const char *path,
                             const lk_take_options *options, lk_dataset **dataset,
                             lk_binarization *done) {
    lk_dataset_options reading = options->reading;
    lk_binarization how = reading.binarization;
    *dataset = NULL;
    *done = LK_BINARIZE_NONE;
    reading.role = LK_ROLE_TEST;
    lk_model_wish(model, LK_FOR_RUN, &reading);
    reading.binarization = LK_BINARIZE_NONE;
    reading.columns = model->data.columns;
    reading.words = model->data.columns != NULL && lk_columns_have_words(model->data.columns);
    if (reading.raw && reading.shape.axes == 0) {
        reading.shape = model->data.shape;
    }
    LK_TRY(lk_dataset_read(model->context, path, &reading, dataset));
    lk_status status = LK_OK;
    if ((*dataset)->examples > 0) {
        status = prepare(model, options, how, *dataset, done);
    }
    if (status != LK_OK) {
        lk_dataset_destroy(*dataset);
        *dataset = NULL;
    }
    return status;
}

/* ---- items ----------------------------------------------------------------------------------- */

static lk_status check_labels(const lk_model *model, const lk_dataset *dataset) {
    if (dataset->labels == NULL) {
        return lk_fail(model->context, LK_MISMATCH,
                       "%s: the model gives p(x | label), and these data have no labels%s",
                       dataset->path,
                       lk_advice(model->context, "labels",
                                 ": give them (--labels PATH, or by the names of files name:2)"));
    }
    for (int64_t i = 0; i < dataset->examples; i++) {
        if (dataset->labels[i] < 0 || dataset->labels[i] >= model->data.labels) {
            return lk_fail(model->context, LK_MISMATCH,
                           "%s: the label of example %lld is %d, but the model knows 0..%d",
                           dataset->path, (long long)i + 1, dataset->labels[i],
                           model->data.labels - 1);
        }
    }
    return LK_OK;
}

lk_status lk_model_items(const lk_model *model, lk_dataset *dataset, lk_items **items) {
    *items = NULL;
    if (model->data.classes.count > 0) {
        LK_TRY(lk_dataset_match_labels(model->context, dataset, &model->data.classes));
    }
    if (model->data.labels > 0) {
        LK_TRY(check_labels(model, dataset));
    }
    LK_TRY(lk_items_of_dataset(model->context, dataset, lk_model_view(model), items));
    lk_status status =
        model->data.labels > 0 ? lk_items_set_labels(*items, dataset->labels) : LK_OK;
    if (status != LK_OK) {
        lk_items_close(*items);
        *items = NULL;
    }
    return status;
}

lk_status lk_model_items_unlabelled(const lk_model *model, const lk_dataset *dataset,
                                    lk_items **items) {
    LK_TRY(lk_items_of_dataset(model->context, dataset, lk_model_view(model), items));
    int32_t *none = lk_allocate(dataset->examples, sizeof *none);
    lk_status status = none == NULL
                           ? lk_fail_no_memory(model->context, "labels", dataset->examples * 4)
                           : lk_items_set_labels(*items, none);
    lk_release(none);
    if (status != LK_OK) {
        lk_items_close(*items);
        *items = NULL;
    }
    return status;
}

lk_status lk_model_text_symbols(const lk_model *model, const lk_symbols **symbols) {
    static const lk_symbols bytes = {.kind = LK_SYMBOLS_BYTES};
    const lk_data_description *data = &model->data;
    *symbols = data->stream ? &data->symbols : &bytes;
    char names[LK_FAMILY_NAMES];
    lk_family_names(lk_family_streams, " or ", names, sizeof names);
    return data->stream ||
                   (model->family->streams && data->shape.axes == 1 && data->alphabet == 256)
               ? LK_OK
               : lk_fail(model->context, LK_MISMATCH,
                         "the model is %s of %d values, not of texts: train %s %s",
                         model->family->name, data->alphabet, names,
                         lk_advice_or(model->context, "text", "with --text", "on texts"));
}

lk_status lk_model_label_texts(const lk_model *model, const char *labels, lk_items *items) {
    if (model->data.labels == 0) {
        return LK_OK;
    }
    LK_TRY(labels != NULL ? lk_items_read_labels(model->context, labels, items) : LK_OK);
    if (lk_items_labels(items) == NULL) {
        return lk_fail(model->context, LK_MISMATCH,
                       "%s: the model gives p(x | label), and no folder's name is a label here%s",
                       lk_items_path(items),
                       lk_advice(model->context, "labels",
                                 ": give one for each text (--labels PATH, or by their names "
                                 "name:2)"));
    }
    return model->data.classes.count > 0 ? lk_items_match_labels(items, &model->data.classes)
                                         : LK_OK;
}

/* Takes what was opened, if it was. */
static lk_status label_opened(const lk_model *model, lk_status opened, const char *labels,
                              lk_items **items) {
    lk_status status = opened == LK_OK ? lk_model_label_texts(model, labels, *items) : opened;
    if (status != LK_OK) {
        lk_items_close(*items);
        *items = NULL;
    }
    return status;
}

typedef lk_status open_items(lk_context *context, const char *path, const lk_symbols *symbols,
                             lk_items **items);

static lk_status open_texts(const lk_model *model, const char *path, const char *labels,
                            open_items *open, lk_items **items) {
    const lk_symbols *symbols;
    *items = NULL;
    LK_TRY(lk_model_text_symbols(model, &symbols));
    return label_opened(model, open(model->context, path, symbols, items), labels, items);
}

lk_status lk_model_open_texts(const lk_model *model, const char *path, const char *labels,
                              lk_items **items) {
    return open_texts(model, path, labels, lk_items_open_texts, items);
}

lk_status lk_model_open_texts_or_empty(const lk_model *model, const char *path, const char *labels,
                                       lk_items **items) {
    return open_texts(model, path, labels, lk_items_open_texts_or_empty, items);
}

lk_status lk_model_open_files(const lk_model *model, const char *path, const char *labels,
                              lk_items **items) {
    return open_texts(model, path, labels, lk_items_open_files, items);
}

/* ---- slower sequences ------------------------------------------------------------------------ */

lk_status lk_model_accepts_local(const lk_model *model, const lk_items *items) {
    const lk_local_form *form = &model->data.local;
    const lk_local *local = lk_items_local(items);
    if (form->alphabet > 0 && local == NULL) {
        return lk_fail(
            model->context, LK_MISMATCH,
            "%s: the model is given a slower sequence, a symbol for every %d positions, "
            "and none is given%s",
            lk_items_path(items), form->every,
            lk_advice_or(model->context, "local", " (--local PATH)", " (lk_loading.local)"));
    }
    const lk_local_form *own = local != NULL ? lk_local_form_of(local) : form;
    return local == NULL || (form->every == own->every && form->alphabet == own->alphabet)
               ? LK_OK
               : lk_fail(model->context, LK_MISMATCH,
                         "%s: the slower sequence beside it is not one that the model is given",
                         lk_items_path(items));
}

lk_status lk_model_read_local(const lk_model *model, const char *path, lk_items *items) {
    const lk_local_form *form = &model->data.local;
    if (path != NULL && form->alphabet == 0) {
        return lk_fail(model->context, LK_INVALID,
                       "%s: the model is not given a slower sequence: leave out %s", path,
                       lk_advice_or(model->context, "local", "--local", "it"));
    }
    LK_TRY(path != NULL ? lk_items_read_local_files(model->context, items, path, form) : LK_OK);
    return lk_model_accepts_local(model, items);
}

lk_status lk_model_draw_local(const lk_model *model, int64_t symbols, lk_local **local) {
    *local = NULL;
    if (model->data.local.alphabet == 0) {
        return LK_OK;
    }
    LK_TRY(lk_local_create(model->context, &model->data.local, 1, local));
    lk_status status = lk_local_add_drawn(*local, symbols / lk_model_unit(model), 1);
    if (status != LK_OK) {
        lk_local_destroy(*local);
        *local = NULL;
    }
    return status;
}

/* ---- words ----------------------------------------------------------------------------------- */

lk_status lk_model_label(const lk_model *model, const char *text, uint16_t *symbol) {
    const lk_dictionary *classes = &model->data.classes;
    char known[256];
    if (model->data.labels == 0) {
        return lk_fail(model->context, LK_INVALID, "the model is not given labels: leave out %s",
                       lk_advice_or(model->context, "label", "--label", "the label"));
    }
    char *end;
    bool words = classes->count > 0;
    long found = words ? lk_label_find(classes, text) : strtol(text, &end, 10);
    if (words && found < 0) {
        lk_dictionary_list(classes, known, sizeof known);
        return lk_fail(model->context, LK_INVALID, "no label \"%.40s\": the model knows %s", text,
                       known);
    }
    if (!words && (end == text || *end != '\0' || found < 0 || found >= model->data.labels)) {
        return lk_fail(model->context, LK_INVALID, "no label \"%.40s\": the model knows 0..%d",
                       text, model->data.labels - 1);
    }
    *symbol = (uint16_t)found;
    return LK_OK;
}

lk_status lk_model_dataset(const lk_model *model, const char *path, lk_shape shape,
                           int64_t examples, lk_dataset **dataset) {
    const lk_data_description *data = &model->data;
    LK_TRY(lk_dataset_create(model->context, path, shape, examples, data->alphabet, dataset));
    lk_status status = LK_OK;
    if (data->columns != NULL) {
        status = lk_columns_copy(model->context, data->columns, &(*dataset)->columns);
    }
    if (status == LK_OK && data->classes.count > 0) {
        status = lk_dictionary_copy(model->context, &data->classes, &(*dataset)->classes);
    }
    if (status != LK_OK) {
        lk_dataset_destroy(*dataset);
        *dataset = NULL;
    }
    return status;
}
