/* Data: what they are, and how a model sees them. */
#include <string.h>

#include "base/memory.h"
#include "base/path.h"
#include "data/label_names.h"
#include "data/labels.h"
#include "library/library.h"
#include "models/take.h"

lk_status lk_data_create(lk_context *context, lk_data **data) {
    *data = lk_allocate(1, sizeof **data);
    return *data != NULL ? LK_OK : lk_fail_no_memory(context, "data", (int64_t)sizeof **data);
}

void lk_data_destroy(lk_data *data) {
    if (data == NULL) {
        return;
    }
    for (int64_t i = 0; data->bytes != NULL && i < data->count; i++) {
        lk_bytes_release(&data->bytes[i]);
    }
    for (int64_t i = 0; data->names != NULL && i < data->count; i++) {
        lk_release(data->names[i]);
    }
    lk_release(data->names);
    lk_release(data->labels);
    lk_dictionary_deinit(&data->classes);
    lk_dataset_destroy(data->dataset);
    lk_release(data->alphabets);
    lk_release(data->bytes);
    lk_release(data->length);
    lk_release(data->path);
    lk_release(data->labels_path);
    lk_local_destroy(data->local);
    lk_release(data);
}

int64_t lk_data_count(const lk_data *data) {
    return data == NULL ? 0 : data->dataset != NULL ? data->dataset->examples : data->count;
}

int64_t lk_data_length(const lk_data *data, int64_t item) {
    if (item < 0 || item >= lk_data_count(data)) {
        return -1;
    }
    return data->dataset != NULL ? data->dataset->variables : data->length[item];
}

const char *lk_data_name(const lk_data *data, int64_t item) {
    if (item < 0 || item >= lk_data_count(data)) {
        return NULL;
    }
    char **names = data->dataset != NULL ? data->dataset->names : data->names;
    return names != NULL ? names[item] : NULL;
}

lk_shape lk_data_shape(const lk_data *data) {
    return data != NULL && data->dataset != NULL ? data->dataset->shape : (lk_shape){0};
}

int32_t lk_data_alphabet(const lk_data *data) {
    return data == NULL                       ? 0
           : data->dataset != NULL            ? data->dataset->alphabet
           : data->kind == LK_TEXT_CHARACTERS ? 0
           : data->kind == LK_RECORDINGS      ? lk_sound_alphabet(data->sound.view)
                                              : 256;
}

int64_t lk_data_unit(const lk_data *data) {
    return data != NULL && data->kind == LK_RECORDINGS ? lk_sound_unit(&data->sound) : 1;
}

const uint16_t *lk_data_values(const lk_data *data) {
    return data != NULL && data->dataset != NULL ? data->dataset->values : NULL;
}

const int32_t *lk_data_labels(const lk_data *data) {
    return data == NULL ? NULL : data->dataset != NULL ? data->dataset->labels : data->labels;
}

/* ---- files ----------------------------------------------------------------------------------- */

lk_loading lk_loading_defaults(void) {
    return (lk_loading){0};
}

static lk_dataset_options reading_of(const lk_loading *how) {
    const lk_model *model = how->model;
    const lk_dataset *like = how->like != NULL ? how->like->dataset : NULL;
    const lk_columns *table = model != NULL  ? model->data.columns
                              : like != NULL ? like->columns
                                             : NULL;
    return (lk_dataset_options){.role = LK_ROLE_TEST,
                                .seed = 1,
                                .shape = how->shape,
                                .alphabet = how->alphabet,
                                .words = table == NULL || lk_columns_have_words(table),
                                .unseen = how->unseen,
                                .label = how->label,
                                .columns = table};
}

static lk_status read_examples(lk_context *context, const lk_input *input,
                               const lk_dataset_options *options, lk_dataset **dataset) {
    lk_bytes bytes;
    if (input->path != NULL) {
        return lk_dataset_read(context, input->path, options, dataset);
    }
    LK_TRY(lk_input_read(context, input, INT64_MAX / 8, &bytes));
    lk_status status = lk_dataset_parse(context, lk_input_name(input), &bytes, options, dataset);
    lk_bytes_release(&bytes);
    return status;
}

static lk_status load_examples(lk_context *context, const lk_input *input, const lk_loading *how,
                               lk_data *data) {
    lk_loan loan;
    const lk_model *model = how->model != NULL ? lk_lend(&loan, context, how->model) : NULL;
    lk_dataset_options options = reading_of(how);
    options.binarization = how->binarize ? LK_BINARIZE_THRESHOLD : LK_BINARIZE_NONE; /* for these */
    if (model != NULL) {
        lk_model_wish(model, LK_FOR_RUN, &options);
    } else if (how->like != NULL && how->like->dataset != NULL) {
        lk_picture_wish_like(how->like->dataset, &options);
    }
    options.binarization = LK_BINARIZE_NONE;
    LK_TRY(read_examples(context, input, &options, &data->dataset));
    lk_binarization binarization =
        !how->binarize ? LK_BINARIZE_NONE
        : how->model != NULL && how->model->data.binarization != LK_BINARIZE_NONE
            ? how->model->data.binarization
            : LK_BINARIZE_THRESHOLD;
    LK_TRY(how->binarize ? lk_dataset_check_grey(context, data->dataset) : LK_OK);
    if (binarization != LK_BINARIZE_NONE && data->dataset->alphabet > 2) {
        lk_dataset_binarize_all(data->dataset, binarization, options.seed, 0);
    }
    if (how->labels != NULL) {
        LK_TRY(lk_dataset_read_labels(context, how->labels, data->dataset));
    }
    const lk_dataset *like = how->like != NULL ? how->like->dataset : NULL;
    const lk_dictionary *known = how->model != NULL ? &how->model->data.classes
                                 : like != NULL     ? &like->classes
                                                    : NULL;
    if (known != NULL && known->count > 0 && data->dataset->labels != NULL) {
        LK_TRY(lk_dataset_match_labels(context, data->dataset, known));
    }
    lk_shape there;
    return model == NULL ? LK_OK : lk_model_takes(model, data->dataset, &there);
}

static const char *name_of_text(const void *of, int64_t item) {
    const lk_data *data = of;
    return data->names != NULL ? data->names[item] : data->path != NULL ? data->path : "text 0";
}

/* Labels from a file or by a rule, in place of the names of folders. */
static lk_status label_texts(lk_context *context, const char *labels, lk_data *data) {
    int32_t *read = NULL;
    lk_dictionary classes = {0};
    const lk_file_names names = {data->path != NULL ? data->path : "text 0", data->count,
                                 name_of_text, data};
    LK_TRY(lk_labels_by_name(labels)
               ? lk_labels_of_names(context, labels, &names, &read, &classes)
               : lk_labels_read_classes(context, labels, data->count, &read, &classes));
    lk_release(data->labels);
    lk_dictionary_deinit(&data->classes);
    data->labels = read;
    data->classes = classes;
    data->labels_path = lk_duplicate(labels);
    return data->labels_path != NULL ? LK_OK : lk_fail_no_memory(context, "a name", 1);
}

static lk_status load_texts(lk_context *context, const lk_input *input, const lk_loading *how,
                            lk_data *data) {
    bool again = input->path != NULL && !lk_path_gives_once(input->path);
    data->path = again ? lk_duplicate(input->path) : NULL;
    data->bytes = again ? NULL : lk_allocate(1, sizeof *data->bytes);
    data->count = 1;
    if (data->path == NULL && data->bytes == NULL) {
        return lk_fail_no_memory(context, "a text", 1);
    }
    if (data->path == NULL) {
        LK_TRY(lk_input_read(context, input, INT64_MAX / 8, data->bytes));
    }
    LK_TRY(data->kind == LK_RECORDINGS ? lk_data_learn_sound(context, how, data) : LK_OK);
    LK_TRY(lk_data_measure(context, how, data));
    return how->labels != NULL ? label_texts(context, how->labels, data) : LK_OK;
}

static lk_text_kind kind_of(const lk_loading *how) {
    return how->model != NULL ? lk_model_text(how->model) : how->text;
}

static lk_status check_loading(lk_context *context, const lk_loading *how) {
    if ((int)how->text < LK_NO_TEXT || how->text > LK_RECORDINGS || how->alphabet < 0 ||
        how->alphabet > LK_ALPHABET_MOST) {
        return lk_fail(context, LK_INVALID,
                       "lk_loading: text %d, alphabet %d: expected 0 .. 3, 0 .. %d", (int)how->text,
                       how->alphabet, LK_ALPHABET_MOST);
    }
    LK_TRY(lk_check_sound(context, how));
    LK_TRY(lk_check_local(context, how, kind_of(how)));
    return lk_check_shape(context, &how->shape, "lk_loading: shape");
}

lk_status lk_data_load(lk_context *context, lk_input input, const lk_loading *how, lk_data **data) {
    lk_loading defaults = {0};
    if (data != NULL) {
        *data = NULL;
    }
    LK_TRY(lk_enter(context, "loading"));
    LK_TRY(lk_need(context, data, "lk_data_load: data"));
    how = how != NULL ? how : &defaults;
    LK_TRY(check_loading(context, how));
    LK_TRY(lk_check_input(context, &input, "lk_data_load: input"));
    lk_data *made;
    LK_TRY(lk_data_create(context, &made));
    made->kind = kind_of(how);
    lk_status status = made->kind == LK_NO_TEXT ? load_examples(context, &input, how, made)
                                                : load_texts(context, &input, how, made);
    if (status != LK_OK) {
        lk_data_destroy(made);
        return lk_leave(context, status);
    }
    *data = made;
    return lk_leave(context, LK_OK);
}

lk_status lk_data_write(lk_context *context, const lk_data *data, const char *path) {
    LK_TRY(lk_enter(context, "writing"));
    LK_TRY(lk_need(context, data, "lk_data_write: data"));
    LK_TRY(lk_need(context, path, "lk_data_write: path"));
    if (data->dataset != NULL) {
        return lk_leave(context, lk_dataset_write(context, path, data->dataset));
    }
    return lk_leave(context, lk_data_write_text(context, data, path));
}

/* ---- as a model sees them -------------------------------------------------------------------- */

/* The model's symbol of an example's label, by its text, or of models without classes by its
 * number; -1: none. */
static int32_t label_symbol(const lk_model *model, const lk_dataset *dataset, int64_t example) {
    const lk_dictionary *known = &model->data.classes;
    int32_t number;
    char digits[16];
    if (known->count > 0) {
        const char *text = lk_dataset_label_text(dataset, example, digits);
        return lk_label_find(known, text);
    }
    return lk_dataset_label_number(dataset, example, &number) && number < model->data.labels
               ? number
               : -1;
}

lk_status lk_data_match_labels(const lk_model *model, const lk_dataset *dataset, int32_t **labels) {
    *labels = NULL;
    if (dataset->labels == NULL) {
        return lk_fail(model->context, LK_MISMATCH,
                       "%s: the model is of p(x | label), but the data have no labels",
                       dataset->path);
    }
    int32_t *matched = lk_allocate(dataset->examples, sizeof *matched);
    lk_status status = matched != NULL
                           ? LK_OK
                           : lk_fail_no_memory(model->context, "labels", dataset->examples * 4);
    for (int64_t i = 0; status == LK_OK && i < dataset->examples; i++) {
        char digits[16];
        matched[i] = label_symbol(model, dataset, i);
        if (matched[i] < 0) {
            status =
                lk_fail(model->context, LK_MISMATCH,
                        "%s: example %lld has the label '%.100s', which the model does not "
                        "know",
                        dataset->path, (long long)i + 1, lk_dataset_label_text(dataset, i, digits));
        }
    }
    if (status != LK_OK) {
        lk_release(matched);
        return status;
    }
    *labels = matched;
    return LK_OK;
}

static lk_status set_labels(const lk_model *model, const lk_dataset *dataset, lk_items *items) {
    int32_t *labels;
    LK_TRY(lk_data_match_labels(model, dataset, &labels));
    lk_status status = lk_items_set_labels(items, labels);
    lk_release(labels);
    return status;
}

/* Texts in files may be none of their labels' classes where labels are given elsewhere. */
static lk_status open_labelled(const lk_model *model, const lk_data *data, bool labelled,
                               lk_items **items) {
    if (data->path != NULL && !labelled) {
        return lk_model_open_texts(model, data->path, data->labels_path, items);
    }
    LK_TRY(lk_data_open_texts(model->context, data, &model->data.symbols, items));
    return model->data.classes.count > 0 && !labelled
               ? lk_items_match_labels(*items, &model->data.classes)
               : LK_OK;
}

static lk_status open_texts(const lk_model *model, const lk_data *data, bool labelled,
                            lk_items **items) {
    lk_status status = open_labelled(model, data, labelled, items);
    status = status == LK_OK ? lk_data_place_local(model, data, *items) : status;
    if (status != LK_OK) {
        lk_items_close(*items);
        *items = NULL;
    }
    return status;
}

lk_status lk_data_open_items(const lk_model *model, const lk_data *data, bool labelled,
                             lk_items **items) {
    lk_context *context = model->context;
    lk_shape there;
    *items = NULL;
    if (lk_model_text(model) != data->kind) {
        static const char *const kinds[] = {"examples", "texts of bytes", "texts of characters",
                                            "recordings"};
        return lk_fail(context, LK_MISMATCH,
                       "the data are %s, but the model is of %s: load them for the model "
                       "(lk_loading.model)",
                       kinds[data->kind], kinds[lk_model_text(model)]);
    }
    LK_TRY(data->kind == LK_RECORDINGS ? lk_data_check_sound(model, data) : LK_OK);
    if (data->dataset == NULL) {
        return open_texts(model, data, labelled, items);
    }
    LK_TRY(lk_model_takes(model, data->dataset, &there));
    LK_TRY(lk_items_of_dataset(context, data->dataset, lk_model_view(model), items));
    lk_status status =
        model->data.labels > 0 && !labelled ? set_labels(model, data->dataset, *items) : LK_OK;
    if (status != LK_OK) {
        lk_items_close(*items);
        *items = NULL;
    }
    return status;
}

lk_status lk_take_labels(const lk_model *model, const int32_t *labels, int64_t count,
                         uint16_t **taken) {
    *taken = NULL;
    for (int64_t i = 0; i < count; i++) {
        if (labels[i] < 0 || labels[i] >= model->data.labels) {
            return lk_fail(model->context, LK_INVALID,
                           "labels[%lld] is %d, but the model knows %d labels, from 0",
                           (long long)i, labels[i], model->data.labels);
        }
    }
    *taken = count > 0 ? lk_allocate(count, sizeof **taken) : NULL;
    if (count > 0 && *taken == NULL) {
        return lk_fail_no_memory(model->context, "labels", count * 2);
    }
    for (int64_t i = 0; i < count; i++) {
        (*taken)[i] = (uint16_t)labels[i];
    }
    return LK_OK;
}

lk_status lk_data_of_dataset_take(lk_context *context, lk_dataset *dataset, lk_data **data) {
    lk_status status = lk_data_create(context, data);
    if (status == LK_OK) {
        (*data)->dataset = dataset;
    } else {
        lk_dataset_destroy(dataset);
    }
    return status;
}
