#include "cli/train_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/cropping.h"

/* With fewer examples than this nothing is held out unless asked for. */
#define HOLD_OUT_LEAST 20

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

/* Moves the examples order[first ..] of `from` to a data set of their own. */
static lk_status take_examples(lk_context *context, const lk_dataset *from, const int32_t *order,
                               int64_t first, int64_t count, lk_dataset **taken) {
    LK_TRY(lk_dataset_create(context, from->path, from->shape, count, from->alphabet, taken));
    for (int64_t i = 0; i < count; i++) {
        memcpy((*taken)->values + i * from->variables,
               from->values + order[first + i] * from->variables,
               (size_t)from->variables * sizeof *from->values);
    }
    return LK_OK;
}

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Splits data->train; both parts keep the order of the file. */
static lk_status split(lk_context *context, int64_t held_out, uint64_t seed, train_data *data) {
    lk_dataset *all = data->train, *train = NULL;
    int64_t kept = all->examples - held_out;
    int32_t *order = malloc((size_t)all->examples * sizeof *order);
    if (order == NULL) {
        return lk_fail_no_memory(context, "split", all->examples * 4);
    }
    lk_random_permutation((lk_random){seed, LK_FOR_SHUFFLE}, UINT64_MAX, all->examples, order);
    qsort(order, (size_t)kept, sizeof *order, by_number);
    qsort(order + kept, (size_t)held_out, sizeof *order, by_number);
    lk_status status = take_examples(context, all, order, 0, kept, &train);
    if (status == LK_OK) {
        status = take_examples(context, all, order, kept, held_out, &data->valid);
    }
    free(order);
    if (status != LK_OK) {
        lk_dataset_destroy(train);
        return status;
    }
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

/* An NPZ archive may have its own validation array beside the training one. */
static bool read_own_valid(const cli_arguments *arguments, lk_context *context,
                           const lk_dataset_options *how, train_data *data) {
    const char *path = cli_text(arguments, "data", NULL),
               *format = lk_dataset_format_name(data->train->format);
    lk_dataset_options options = reading(how, LK_ROLE_VALID);
    options.array = "valid_data";
    if (cli_has(arguments, "valid-fraction") || format == NULL || strcmp(format, "npz") != 0 ||
        strchr(path, ':') != NULL ||
        lk_dataset_read(context, path, &options, &data->valid) != LK_OK) {
        return false;
    }
    snprintf(data->note, sizeof data->note,
             "no --valid: the archive's own valid_data (%lld examples) are used",
             (long long)data->valid->examples);
    return true;
}

static lk_status read_valid(const cli_arguments *arguments, lk_context *context,
                            const lk_dataset_options *how, double fraction, uint64_t seed,
                            train_data *data) {
    const char *path = cli_text(arguments, "valid", NULL);
    lk_dataset_options options = reading(how, LK_ROLE_VALID);
    if (path != NULL) {
        return lk_dataset_read(context, path, &options, &data->valid);
    }
    if (read_own_valid(arguments, context, how, data)) {
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

static lk_status describe(const cli_arguments *arguments, lk_context *context,
                          const lk_dataset_options *how, train_data *data) {
    const lk_dataset *train = data->train;
    int32_t alphabet = how->binarization != LK_BINARIZE_NONE ? 2 : train->alphabet;
    if (data->valid != NULL) {
        if (data->valid->variables != train->variables) {
            return lk_fail(context, LK_MISMATCH, "%s has %lld variables an example, %s has %lld",
                           data->valid->path, (long long)data->valid->variables, train->path,
                           (long long)train->variables);
        }
        /* An alphabet that is inferred is that of all the data shown. */
        alphabet = !cli_has(arguments, "alphabet") && data->valid->alphabet > alphabet
                       ? data->valid->alphabet
                       : alphabet;
    }
    data->description = (lk_data_description){
        .shape = train->shape,
        .variables = train->variables,
        .alphabet = alphabet < 2 ? 2 : alphabet,
        .binarization = how->binarization,
    };
    return LK_OK;
}

lk_status train_data_read(const cli_arguments *arguments, lk_context *context,
                          const lk_dataset_options *how, double fraction, uint64_t seed,
                          train_data *data) {
    *data = (train_data){0};
    lk_dataset_options options = reading(how, LK_ROLE_TRAIN);
    options.crop.seed = seed;
    lk_status status =
        lk_dataset_read(context, cli_text(arguments, "data", NULL), &options, &data->train);
    if (status == LK_OK) {
        status = read_valid(arguments, context, how, fraction, seed, data);
    }
    if (status == LK_OK) {
        status = describe(arguments, context, how, data);
    }
    if (status != LK_OK) {
        train_data_release(data);
    }
    return status;
}

void train_data_release(train_data *data) {
    lk_dataset_destroy(data->train);
    lk_dataset_destroy(data->valid);
    lk_stream_close(data->train_stream);
    lk_stream_close(data->valid_stream);
    lk_symbols_deinit(&data->description.symbols);
    *data = (train_data){0};
}
