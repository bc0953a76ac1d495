/* What examples of likely sample are held at: a text of values, or data of any format. */
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/sample.h"
#include "data/formats/formats.h"
#include "models/take.h"

#define GIVEN_BYTES_MOST ((int64_t)1 << 34)

static lk_status hold(const cli_arguments *arguments, const lk_model *model, lk_dataset *dataset,
                      lk_given *given) {
    int64_t rows, variables; /* checked before */
    LK_REQUIRE(cli_integer(arguments, "given-rows", 0, CLI_COUNT_MOST, -1, &rows));
    LK_REQUIRE(cli_integer(arguments, "given-variables", 0, CLI_COUNT_MOST, -1, &variables));
    if (variables < 0 && rows < 0 && dataset->open != NULL) {
        LK_TRY(lk_given_note(model->context, dataset));
        return lk_given_table(model, dataset, given);
    }
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
                           const lk_dataset_options *how, lk_shape shape, lk_given *given,
                           lk_dataset **dataset) {
    lk_bytes bytes;
    LK_TRY(lk_file_read(model->context, path, GIVEN_BYTES_MOST, &bytes));
    bool data = cli_has(arguments, "given-rows") || cli_has(arguments, "given-variables") ||
                how->words || !is_held_text(&bytes);
    lk_status status = data ? lk_dataset_parse(model->context, path, &bytes, how, dataset)
                            : lk_given_parse(model, path, &bytes, shape, given);
    lk_bytes_release(&bytes);
    return status;
}

lk_status cli_sample_given(const cli_arguments *arguments, const lk_model *model, lk_shape shape,
                           const lk_sample_options *asked, lk_given *given, char **note) {
    const char *part = cli_text(arguments, "given-view", NULL);
    const char *path = cli_text(arguments, "given", part);
    const lk_columns *columns = model->data.columns;
    lk_dataset_options how;
    LK_REQUIRE(cli_data_options(arguments, &how)); /* checked before */
    how.role = LK_ROLE_TEST;
    how.columns = columns;
    how.words = columns != NULL && lk_columns_have_words(columns);
    how.holes = columns != NULL;
    how.shape = (lk_shape){0}; /* --shape is of the samples */
    lk_model_wish(model, LK_FOR_COMPLETION, &how);
    if (part != NULL) { /* its levels and channels say what it is */
        how.pictures.levels = how.pictures.channels = 0;
        how.pictures.fits = NULL;
    }
    lk_dataset *dataset = NULL;
    struct stat info;
    *given = (lk_given){0};
    if (path == NULL) {
        return LK_OK;
    }
    bool file = stat(path, &info) == 0 &&
                !S_ISDIR(info.st_mode); /* else a folder, or an array of an archive */
    LK_TRY(file && part == NULL ? read_file(arguments, model, path, &how, shape, given, &dataset)
                                : lk_dataset_read(model->context, path, &how, &dataset));
    const char *labels = cli_text(arguments, "labels", NULL);
    if (dataset == NULL) {
        return labels == NULL
                   ? LK_OK
                   : lk_fail(model->context, LK_INVALID,
                             "%s: values to be held have no labels of their own: give one label "
                             "for all (--label)",
                             path);
    }
    lk_status status =
        labels != NULL ? lk_dataset_read_labels(model->context, labels, dataset) : LK_OK;
    if (status == LK_OK) {
        status = part != NULL ? lk_given_first_part(model, dataset, given)
                              : hold(arguments, model, dataset, given);
    }
    if (status == LK_OK) {
        status =
            lk_given_labels(model, dataset, asked->labels != NULL ? asked->labels[0] : -1, given);
    }
    *note = dataset->note;
    dataset->note = NULL;
    lk_dataset_destroy(dataset);
    return status;
}
