/* Telling a text of held values from data, and reading either. */
#include "cli/sample_given.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

#define FILE_MOST ((int64_t)1 << 34)

int cli_check_given(const cli_arguments *arguments) {
    int64_t unused;
    bool rows = cli_has(arguments, "given-rows"), variables = cli_has(arguments, "given-variables");
    if (!cli_integer(arguments, "given-rows", 0, (int64_t)1 << 40, -1, &unused) ||
        !cli_integer(arguments, "given-variables", 0, (int64_t)1 << 40, -1, &unused)) {
        return EXIT_USAGE;
    }
    if (rows && variables) {
        return cli_usage(arguments, "--given-rows and --given-variables exclude each other");
    }
    if (!cli_has(arguments, "given") && (rows || variables || cli_has(arguments, "plain"))) {
        return cli_usage(arguments, "--%s needs --given FILE",
                         rows        ? "given-rows"
                         : variables ? "given-variables"
                                     : "plain");
    }
    return EXIT_DONE;
}

static lk_status hold(const cli_arguments *arguments, const lk_model *model,
                      const lk_dataset *dataset, lk_given *given) {
    int64_t rows, variables;
    LK_REQUIRE(
        cli_integer(arguments, "given-rows", 0, (int64_t)1 << 40, -1, &rows)); /* checked before */
    LK_REQUIRE(cli_integer(arguments, "given-variables", 0, (int64_t)1 << 40, -1, &variables));
    return variables >= 0 ? lk_given_prefix(model, dataset, variables, given)
                          : lk_given_rows(model, dataset, rows, given);
}

/* Values are digits; those of the picture formats, archives and arrays begin otherwise. */
static bool is_held_text(const lk_bytes *bytes) {
    return bytes->size == 0 ||
           (bytes->data[0] != '\0' && strchr("0123456789?, \t\r\n", bytes->data[0]) != NULL);
}

/* A pipe can be read but once, so that the bytes serve both. */
static lk_status read_file(const cli_arguments *arguments, const lk_model *model, const char *path,
                           const lk_dataset_options *how, lk_given *given, lk_dataset **dataset) {
    lk_bytes bytes;
    LK_TRY(lk_file_read(model->context, path, FILE_MOST, &bytes));
    bool data = cli_has(arguments, "given-rows") || cli_has(arguments, "given-variables") ||
                !is_held_text(&bytes);
    lk_status status = data ? lk_dataset_parse(model->context, path, &bytes, how, dataset)
                            : lk_given_parse(model->context, path, &bytes, model, given);
    lk_bytes_release(&bytes);
    return status;
}

lk_status cli_read_given(const cli_arguments *arguments, const lk_model *model, lk_given *given) {
    const char *path = cli_text(arguments, "given", NULL);
    lk_dataset_options how = {.role = LK_ROLE_TEST};
    lk_dataset *dataset = NULL;
    struct stat info;
    *given = (lk_given){0};
    if (path == NULL) {
        return LK_OK;
    }
    bool file = stat(path, &info) == 0 &&
                !S_ISDIR(info.st_mode); /* else a folder, or an array of an archive */
    LK_TRY(file ? read_file(arguments, model, path, &how, given, &dataset)
                : lk_dataset_read(model->context, path, &how, &dataset));
    if (dataset == NULL) {
        return LK_OK;
    }
    if (model->data.binarization != LK_BINARIZE_NONE && dataset->alphabet > 2) {
        lk_dataset_binarize_all(dataset, model->data.binarization, 1, 0);
    }
    lk_status status = hold(arguments, model, dataset, given);
    lk_dataset_destroy(dataset);
    return status;
}
