#include "cli/text.h"

#include <stdio.h>
#include <string.h>

#include "models/run.h"

#define ALL (INT64_MAX / 2) /* symbols */

bool cli_adapt(const cli_arguments *arguments, float *rate) {
    double given;
    *rate = 0.0f;
    if (!cli_real(arguments, "adapt", 0.0, (double)LK_LEARN_RATE_MOST, 0.0, &given)) {
        return false;
    }
    *rate = (float)given;
    return true;
}

bool cli_excludes(const cli_arguments *arguments, const char *names, const char *whom) {
    char name[CLI_NAME_MOST];
    while (cli_next_name(&names, name)) {
        if (cli_has(arguments, name)) {
            cli_usage(arguments, "--%s is for %s: leave it out", name, whom);
            return false;
        }
    }
    return true;
}

/* The symbols of a frame of recordings are not parted. */
static lk_status check_frames(const lk_model *model, const char *option, int64_t value) {
    int64_t unit = lk_model_unit(model);
    return value % unit == 0
               ? LK_OK
               : lk_fail(model->context, LK_INVALID,
                         "--%s %lld: a frame of these recordings has %lld symbols: give a multiple "
                         "of it",
                         option, (long long)value, (long long)unit);
}

/* The part of `whole` from symbol `from` on; takes whole. */
static lk_status cut_take(lk_context *context, lk_stream *whole, int64_t from, int64_t symbols,
                          lk_stream **part) {
    int64_t length = lk_stream_length(whole), first = from < 0 ? length + from : from;
    lk_status status;
    if (first < 0 || first >= length) {
        status =
            lk_fail(context, LK_INVALID, "%s: --from %lld is outside the %lld symbols of the file",
                    lk_stream_path(whole), (long long)from, (long long)length);
    } else {
        status =
            lk_stream_part(whole, first, symbols < length - first ? symbols : length - first, part);
    }
    lk_stream_close(whole);
    return status;
}

int cli_text_open(const cli_arguments *arguments, const lk_model *model, lk_stream **stream) {
    int64_t from, symbols;
    *stream = NULL;
    if (!cli_integer(arguments, "from", INT64_MIN / 2, INT64_MAX / 2, 0, &from) ||
        !cli_integer(arguments, "symbols", 1, ALL, ALL, &symbols)) {
        return EXIT_USAGE;
    }
    lk_stream *whole;
    lk_status status = check_frames(model, "from", from);
    if (status == LK_OK && symbols < ALL) {
        status = check_frames(model, "symbols", symbols);
    }
    if (status != LK_OK) {
        return cli_fault(model->context);
    }
    status = lk_stream_open(model->context, cli_text(arguments, "data", NULL), &model->data.symbols,
                            &whole);
    if (status == LK_OK) {
        status = cut_take(model->context, whole, from, symbols, stream);
    }
    return status == LK_OK ? EXIT_DONE : cli_fault(model->context);
}
