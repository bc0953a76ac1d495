#include "cli/train/data.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/memory.h"
#include "base/path.h"
#include "data/cropping.h"
#include "data/formats/array.h"
#include "data/label_names.h"
#include "data/labels.h"
#include "models/take.h"

/* With fewer examples than this nothing is held out unless asked for. */
#define HOLD_OUT_LEAST 20
#define PIPE_BYTES_MOST ((int64_t)1 << 34)

/* Dynamic binarization happens batch by batch in training, so the training examples stay grey; all
 * others are binarized once. */
static lk_dataset_options reading(const lk_dataset_options *how, lk_role role) {
    lk_dataset_options options = *how;
    options.role = role;
    if (role == LK_ROLE_TRAIN && how->binarization == LK_BINARIZE_SAMPLE) {
        options.binarization = LK_BINARIZE_NONE;
    }
    return options;
}

/* Splits data->train; both parts keep the order of the file. */
static lk_status split(lk_context *context, int64_t held_out, uint64_t seed, train_data *data) {
    lk_dataset *all = data->train, *train = NULL;
    int64_t kept = all->examples - held_out;
    int32_t *order = lk_allocate(all->examples, sizeof *order);
    if (order == NULL) {
        return lk_fail_no_memory(context, "split", all->examples * 4);
    }
    lk_random_split(seed, kept, all->examples, order);
    lk_status status = lk_dataset_select(context, all, order, kept, &train);
    if (status == LK_OK) {
        status = lk_dataset_select(context, all, order + kept, held_out, &data->valid);
    }
    lk_release(order);
    if (status != LK_OK) {
        lk_dataset_destroy(train);
        return status;
    }
    train->note = all->note; /* what is said of the file is said once */
    all->note = NULL;
    lk_dataset_destroy(all);
    data->train = train;
    snprintf(data->note, sizeof data->note,
             "no --valid: %lld of %lld examples are held out at random for validation "
             "(--valid-fraction 0 trains on all)",
             (long long)held_out, (long long)(kept + held_out));
    return LK_OK;
}

/* Crops of one picture overlap, so whole pictures are held out. */
static lk_status split_pictures(const cli_arguments *arguments, lk_context *context,
                                double fraction, uint64_t seed, train_data *data) {
    int64_t count = data->train->crops->count,
            held_out = (int64_t)llround(fraction * (double)count);
    held_out = held_out < 1 && fraction > 0.0 ? 1 : held_out;
    if (held_out < 1 || held_out >= count) {
        return LK_OK;
    }
    LK_TRY(lk_crops_hold_out(context, &data->train, held_out, seed, &data->valid));
    snprintf(
        data->note, sizeof data->note,
        "no --valid: %lld of %lld pictures are held out at random for validation, as %lld tiles%s",
        (long long)held_out, (long long)count, (long long)data->valid->examples,
        cli_has(arguments, "valid-fraction") ? "" : " (--valid-fraction 0 trains on all)");
    return LK_OK;
}

/* A pipe gives its bytes but once: they are kept while they may be read again. */
static lk_status read_first(lk_context *context, const char *path,
                            const lk_dataset_options *options, train_data *data) {
    if (!lk_path_gives_once(path)) {
        return lk_dataset_read(context, path, options, &data->train);
    }
    LK_TRY(lk_file_read(context, path, PIPE_BYTES_MOST, &data->once));
    return lk_dataset_parse(context, path, &data->once, options, &data->train);
}

static lk_status read_again(lk_context *context, const char *path,
                            const lk_dataset_options *options, const train_data *data,
                            lk_dataset **dataset) {
    return data->once.data != NULL ? lk_dataset_parse(context, path, &data->once, options, dataset)
                                   : lk_dataset_read(context, path, options, dataset);
}

/* In messages the array is told from the training one. */
static lk_status name_array(lk_context *context, lk_dataset *dataset) {
    char *path = lk_print("%s:%s", dataset->path, lk_npz_name(dataset));
    if (path == NULL) {
        return lk_fail_no_memory(context, "a name", 1);
    }
    lk_release(dataset->path);
    dataset->path = path;
    return LK_OK;
}

/* An NPZ archive may have its own validation array beside the training one: data->valid, or NULL.
 * One that cannot be read is an error, and no reason to hold out others. */
static lk_status read_own_valid(const cli_arguments *arguments, lk_context *context,
                                const lk_dataset_options *how, train_data *data) {
    const char *path = cli_text(arguments, "data", NULL),
               *format = lk_dataset_format_name(data->train->format);
    bool lacks = false;
    lk_dataset_options options = reading(how, LK_ROLE_VALID);
    options.own_role = true;
    options.lacks = &lacks;
    if (cli_has(arguments, "valid-fraction") || format == NULL || strcmp(format, "npz") != 0 ||
        strchr(path, ':') != NULL) {
        return LK_OK;
    }
    lk_status status = read_again(context, path, &options, data, &data->valid);
    if (status == LK_OK) {
        snprintf(data->note, sizeof data->note,
                 "no --valid: the archive's own validation array (%lld examples) is used",
                 (long long)data->valid->examples);
        status = name_array(context, data->valid);
    }
    return lacks ? LK_OK : status;
}

/* A shape of validation data, before they are decoded and after. */
static lk_status fits_train(lk_context *context, const void *argument, const char *name,
                            lk_shape shape) {
    const lk_dataset *train = argument;
    return lk_shape_variables(shape) == train->variables
               ? LK_OK
               : lk_fail(context, LK_MISMATCH, "%s has %lld variables an example, %s has %lld%s",
                         name, (long long)lk_shape_variables(shape), train->path,
                         (long long)train->variables, lk_alpha_hint(context, train->shape, shape));
}

const char *train_valid_labels(const cli_arguments *arguments) {
    const char *labels = cli_text(arguments, "labels", NULL);
    bool by_name = labels != NULL && lk_labels_by_name(labels);
    return cli_text(arguments, "valid-labels", by_name ? labels : NULL);
}

/* Validation data as the training data are: columns by name, labels as its classes. */
static lk_status read_valid_file(const cli_arguments *arguments, lk_context *context,
                                 const char *path, const lk_dataset_options *how,
                                 train_data *data) {
    const char *labels = train_valid_labels(arguments);
    lk_dataset_options options = reading(how, LK_ROLE_VALID);
    options.columns = data->train->columns;
    lk_picture_wish_like(data->train, &options);
    options.of_pictures = NULL; /* they may be of the training data alone */
    options.pictures.fits = fits_train;
    options.pictures.argument = data->train;
    LK_TRY(lk_dataset_read(context, path, &options, &data->valid));
    if (labels != NULL) {
        LK_TRY(lk_dataset_read_labels(context, labels, data->valid));
    }
    return LK_OK;
}

static lk_status read_valid(const cli_arguments *arguments, lk_context *context,
                            const lk_dataset_options *how, double fraction, uint64_t seed,
                            train_data *data) {
    const char *path = cli_text(arguments, "valid", NULL);
    if (path != NULL) {
        return read_valid_file(arguments, context, path, how, data);
    }
    LK_TRY(read_own_valid(arguments, context, how, data));
    if (data->valid != NULL) {
        return LK_OK;
    }
    int64_t held_out = (int64_t)llround(fraction * (double)data->train->examples);
    bool asked = cli_has(arguments, "valid-fraction");
    if (data->train->crops != NULL) {
        LK_TRY(split_pictures(arguments, context, fraction, seed, data));
    } else if (held_out >= 1 && held_out < data->train->examples &&
               (asked || data->train->examples >= HOLD_OUT_LEAST)) {
        LK_TRY(split(context, held_out, seed, data));
    }
    if (data->valid != NULL && how->binarization == LK_BINARIZE_SAMPLE) {
        lk_dataset_binarize_all(data->valid, how->binarization, how->seed, 0);
    }
    return LK_OK;
}

/* What the model is given: a column of a table, or the labels beside the data. */
static lk_status take_condition(const cli_arguments *arguments, lk_context *context,
                                const lk_model *from, train_data *data) {
    lk_dataset *train = data->train;
    if (!cli_has(arguments, "condition") && (from == NULL || from->data.labels == 0)) {
        return LK_OK;
    }
    if (train->labels == NULL && from != NULL) {
        return lk_fail(context, LK_INVALID,
                       "%s: the model of --from gives p(x | label), and these data have no labels: "
                       "give them (--labels PATH)%s%s",
                       train->path, from->data.columns != NULL ? ", or the model's column " : "",
                       from->data.columns != NULL && from->data.columns->label != NULL
                           ? from->data.columns->label
                           : "");
    }
    if (train->labels == NULL) {
        const char *note = train->note; /* may tell why */
        return lk_fail(
            context, LK_INVALID,
            "%s: --condition %s: there are no labels; give them (--labels PATH, or "
            "name:2 by the names of files), or classes of pictures in folders, or name a column of "
            "a table%s%s%s",
            train->path, cli_text(arguments, "condition", "label"), note != NULL ? " (" : "",
            note != NULL ? note : "", note != NULL ? ")" : "");
    }
    if (train->classes.count == 0) { /* plain numbers */
        int32_t *numbers = train->labels;
        train->labels = NULL;
        LK_TRY(lk_labels_of_numbers(context, train, numbers));
    }
    if (from != NULL && from->data.classes.count > 0) {
        LK_TRY(lk_dataset_match_labels(context, train, &from->data.classes));
    }
    if (data->valid != NULL) {
        LK_TRY(lk_dataset_match_labels(context, data->valid, &train->classes));
    }
    return lk_dictionary_copy(context, &train->classes, &data->description.classes);
}

static int32_t choose_alphabet(const cli_arguments *arguments, const lk_dataset_options *how,
                               const train_data *data) {
    const lk_dataset *train = data->train;
    int32_t alphabet = how->binarization != LK_BINARIZE_NONE ? 2 : train->alphabet;
    if (train->columns != NULL && lk_columns_have_words(train->columns)) {
        alphabet = lk_columns_largest_alphabet(train->columns);
    } else if (data->valid != NULL && !cli_has(arguments, "alphabet") &&
               data->valid->alphabet > alphabet) {
        alphabet = data->valid->alphabet; /* inferred: that of all the data shown */
    }
    return alphabet < 2 ? 2 : alphabet;
}

static lk_status describe(const cli_arguments *arguments, lk_context *context, const lk_model *from,
                          const lk_dataset_options *how, train_data *data) {
    const lk_dataset *train = data->train;
    const char *view = cli_text(arguments, "view", NULL);
    if (data->valid != NULL) {
        LK_TRY(fits_train(context, train, data->valid->path, data->valid->shape));
    }
    data->description = (lk_data_description){
        .shape = train->shape,
        .variables = train->variables,
        .alphabet = choose_alphabet(arguments, how, data),
        .binarization = how->binarization,
        .columns = train->columns,
        .pictures = how->pictures.settings,
    };
    LK_TRY(take_condition(arguments, context, from, data));
    return view == NULL ? LK_OK
                        : lk_view_parse(context, view, train->shape, data->description.alphabet,
                                        &data->description.view);
}

/* The training data themselves, and labels that stand in a file of their own. */
static lk_status read_train(const cli_arguments *arguments, lk_context *context,
                            const lk_model *from, const lk_dataset_options *how, uint64_t seed,
                            train_data *data) {
    const char *condition = cli_text(arguments, "condition", NULL),
               *labels = cli_text(arguments, "labels", NULL);
    lk_dataset_options options = reading(how, LK_ROLE_TRAIN);
    options.crop.seed = seed;
    options.words = true;
    options.unseen = cli_has(arguments, "unseen");
    options.columns = from != NULL ? from->data.columns : NULL;
    lk_model_wish_new(&options);
    if (from != NULL) {
        lk_model_wish(from, LK_FOR_TRAINING, &options);
        options.pictures.levels = how->binarization != LK_BINARIZE_NONE ? 0 : from->data.alphabet;
    }
    options.label =
        condition != NULL && strcmp(condition, "label") != 0 && labels == NULL ? condition : NULL;
    LK_TRY(read_first(context, cli_text(arguments, "data", NULL), &options, data));
    LK_TRY(how->binarization != LK_BINARIZE_NONE ? lk_dataset_check_grey(context, data->train)
                                                 : LK_OK);
    const lk_columns *columns = data->train->columns;
    if (options.unseen && from == NULL && (columns == NULL || !lk_columns_have_words(columns))) {
        return lk_fail(
            context, LK_INVALID,
            "%s: --unseen is of tables of words, and this is none (--columns words makes "
            "one of a table of integers with names)",
            data->train->path);
    }
    return labels == NULL ? LK_OK : lk_dataset_read_labels(context, labels, data->train);
}

lk_status train_data_read(const cli_arguments *arguments, lk_context *context, const lk_model *from,
                          const lk_dataset_options *how, double fraction, uint64_t seed,
                          train_data *data) {
    *data = (train_data){0};
    lk_status status = read_train(arguments, context, from, how, seed, data);
    if (status == LK_OK) {
        status = read_valid(arguments, context, how, fraction, seed, data);
    }
    lk_bytes_release(&data->once);
    if (status == LK_OK) {
        status = describe(arguments, context, from, how, data);
    }
    if (status != LK_OK) {
        train_data_release(data);
    }
    return status;
}

void train_data_release(train_data *data) {
    lk_dataset_destroy(data->train);
    lk_dataset_destroy(data->valid);
    lk_items_close(data->train_texts);
    lk_items_close(data->valid_texts);
    lk_symbols_deinit(&data->description.symbols);
    lk_dictionary_deinit(&data->description.classes);
    *data = (train_data){0};
}
