#include "cli/train/checks.h"

#include <stdio.h>
#include <string.h>

#include "cli/common.h"

/* Beside each weight stand its gradient, its average and, for most optimizers, two moments. */
#define TRAINED_SHARE 5

bool train_read_columns(const cli_arguments *arguments, bool *apart) {
    const char *columns;
    *apart = cli_has(arguments, "columns");
    return cli_choice(arguments, "columns", "words", NULL, &columns);
}

lk_status train_check_from(const cli_arguments *arguments, const lk_model *from) {
    static const char *const of_new[] = {"view", "order", "window", "unseen", "columns"};
    const char *name = cli_text(arguments, "from", ""), *text = cli_text(arguments, "text", NULL);
    const lk_data_description *data = &from->data;
    for (size_t i = 0; i < sizeof of_new / sizeof *of_new; i++) {
        if (cli_has(arguments, of_new[i])) {
            return lk_fail(from->context, LK_INVALID,
                           "%s: --%s is of new models; training further keeps the model's own",
                           name, of_new[i]);
        }
    }
    bool characters = data->symbols.kind == LK_SYMBOLS_CHARACTERS;
    if (text != NULL && (!data->stream || characters != (strcmp(text, "utf8") == 0))) {
        return lk_fail(from->context, LK_MISMATCH,
                       "%s: --text %s, but the model is of %s: leave it out, or train a new model",
                       name, text,
                       !data->stream ? "examples"
                       : characters  ? "characters (utf8)"
                                     : "bytes");
    }
    return !cli_has(arguments, "condition") || data->labels > 0
               ? LK_OK
               : lk_fail(from->context, LK_MISMATCH,
                         "%s: --condition %s, but the model is given no labels: leave it out, or "
                         "train a new model",
                         name, cli_text(arguments, "condition", ""));
}

static void print_bytes(double bytes, char text[32]) {
    if (bytes >= 1e9) {
        snprintf(text, 32, "%.1f GB", bytes / 1e9);
    } else {
        snprintf(text, 32, bytes >= 1e6 ? "%.0f MB" : "%.2f MB", bytes / 1e6);
    }
}

void train_tell_size(const cli_arguments *arguments, const lk_model *model) {
    int64_t count = lk_parameters_total(model->parameters);
    double bytes = (double)count * (double)sizeof(float);
    char file[32], memory[32];
    if (cli_has(arguments, "quiet") || count == 0) {
        return;
    }
    print_bytes(bytes, file);
    print_bytes(bytes * TRAINED_SHARE, memory);
    fprintf(stderr, "%s with %lld parameters: %s in a file", model->family->name, (long long)count,
            file);
    if (model->family->fit == NULL) {
        fprintf(stderr, ", about %s to train and in a checkpoint", memory);
    }
    fprintf(stderr, "\n");
}
