#include "cli/train/checks.h"

#include <stdio.h>
#include <string.h>

#include "cli/common.h"
#include "train/train.h"

bool train_read_columns(const cli_arguments *arguments, bool *apart) {
    const char *columns;
    *apart = cli_has(arguments, "columns");
    return cli_choice(arguments, "columns", "words", NULL, &columns);
}

/* What a model is given stays what it is: the column that it was, which `label` names too. */
static lk_status check_condition(const cli_arguments *arguments, const lk_model *from,
                                 const char *name) {
    const char *condition = cli_text(arguments, "condition", "label");
    const lk_columns *columns = from->data.columns;
    const char *column = columns != NULL ? columns->label : NULL;
    return strcmp(condition, "label") == 0 || (column != NULL && strcmp(condition, column) == 0)
               ? LK_OK
               : lk_fail(from->context, LK_MISMATCH,
                         "%s: --condition %s, but the model is given %s%s, which stays: leave it "
                         "out, or train a new model",
                         name, condition, column != NULL ? "the column " : "labels that are no ",
                         column != NULL ? column : "column");
}

static lk_status check_alphabet(const cli_arguments *arguments, const lk_model *from,
                                const char *name) {
    int64_t alphabet;
    LK_REQUIRE(cli_integer(arguments, "alphabet", 2, LK_ALPHABET_MOST, 0, &alphabet)); /* read */
    return alphabet == 0 || (alphabet == from->data.alphabet && !from->data.stream)
               ? LK_OK
               : lk_fail(from->context, LK_MISMATCH,
                         "%s: --alphabet %lld, but the model's is %d, which stays: leave it out, "
                         "or train a new model",
                         name, (long long)alphabet, from->data.alphabet);
}

/* The same values cut into another shape are not what the model is of. */
static lk_status check_shape(const cli_arguments *arguments, const lk_model *from,
                             const char *name) {
    lk_shape shape = {0}, own = from->data.shape;
    char asked[64], kept[64];
    LK_REQUIRE(cli_shape(arguments, &shape)); /* read */
    if (shape.axes == 0 || lk_shape_variables(shape) != from->data.variables ||
        lk_shape_equal(lk_shape_picture(shape), lk_shape_picture(own))) {
        return LK_OK;
    }
    lk_shape_print(shape, asked, sizeof asked);
    lk_shape_print(own, kept, sizeof kept);
    return lk_fail(from->context, LK_MISMATCH,
                   "%s: --shape %s, but the model's examples are %s, which stays: leave it out, or "
                   "train a new model",
                   name, asked, kept);
}

lk_status train_check_from(const cli_arguments *arguments, const lk_model *from) {
    static const char *const of_new[] = {"view",   "channel", "order",       "window",
                                         "unseen", "columns", "local-every", "local-alphabet"};
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
    if (cli_has(arguments, "condition") && data->labels == 0) {
        return lk_fail(from->context, LK_MISMATCH,
                       "%s: --condition %s, but the model is given no labels: leave it out, or "
                       "train a new model",
                       name, cli_text(arguments, "condition", ""));
    }
    LK_TRY(check_condition(arguments, from, name));
    LK_TRY(check_shape(arguments, from, name));
    return check_alphabet(arguments, from, name);
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
    print_bytes(bytes * LK_TRAINED_SHARE, memory);
    fprintf(stderr, "%s with %lld parameters: %s in a file", model->family->name, (long long)count,
            file);
    if (model->family->fit == NULL) {
        fprintf(stderr, ", about %s to train and in a checkpoint", memory);
    }
    fprintf(stderr, "\n");
}
