/* What `likely train` trains on when the data are a text: one endless stream. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/train_data.h"

/* Of the text, for what a family wants to know before training (frequencies of symbols). */
#define SAMPLE_SYMBOLS ((int64_t)1 << 22)

/* The last part of the text. */
static lk_status hold_out(train_data *data, double fraction) {
    int64_t length = lk_stream_length(data->train_stream),
            held_out = (int64_t)llround(fraction * (double)length);
    if (held_out < 1 || held_out >= length) {
        return LK_OK;
    }
    lk_stream *train;
    LK_TRY(lk_stream_part(data->train_stream, length - held_out, held_out, &data->valid_stream));
    LK_TRY(lk_stream_part(data->train_stream, 0, length - held_out, &train));
    lk_stream_close(data->train_stream);
    data->train_stream = train;
    snprintf(data->note, sizeof data->note,
             "no --valid: the last %lld of %lld symbols are held out for validation "
             "(--valid-fraction 0 trains on all)",
             (long long)held_out, (long long)length);
    return LK_OK;
}

/* The beginning of the text as windows. */
static lk_status take_sample(lk_context *context, const train_data *data, int64_t window,
                             lk_dataset **sample) {
    int64_t length = lk_stream_length(data->train_stream);
    int64_t windows = (length < SAMPLE_SYMBOLS ? length : SAMPLE_SYMBOLS) / window;
    if (windows < 1) {
        return lk_fail(context, LK_INVALID,
                       "%s: %lld symbols do not fill a window of %lld: give a shorter --window",
                       lk_stream_path(data->train_stream), (long long)length, (long long)window);
    }
    LK_TRY(lk_dataset_create(context, lk_stream_path(data->train_stream), data->description.shape,
                             windows, data->description.alphabet, sample));
    return lk_stream_read(data->train_stream, 0, windows * window, (*sample)->values);
}

lk_status train_data_read_text(const cli_arguments *arguments, lk_context *context,
                               const lk_model *from, lk_symbols_kind kind, int64_t window,
                               double fraction, train_data *data) {
    const char *path = cli_text(arguments, "data", NULL),
               *valid = cli_text(arguments, "valid", NULL);
    *data =
        (train_data){.description = {.shape = {1, {window}}, .variables = window, .stream = true}};
    lk_symbols *symbols = &data->description.symbols;
    lk_status status = from != NULL ? lk_symbols_copy(context, &from->data.symbols, symbols)
                                    : lk_symbols_learn(context, path, kind, symbols);
    data->description.alphabet = status == LK_OK ? lk_symbols_alphabet(symbols) : 0;
    if (status == LK_OK) {
        status = lk_stream_open(context, path, symbols, &data->train_stream);
    }
    if (status == LK_OK) {
        status = valid != NULL ? lk_stream_open(context, valid, symbols, &data->valid_stream)
                               : hold_out(data, fraction);
    }
    if (status == LK_OK) {
        status = take_sample(context, data, window, &data->train);
    }
    if (status != LK_OK) {
        train_data_release(data);
    }
    return status;
}
