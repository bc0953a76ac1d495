#include "cli/sample/given.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "data/labels.h"
#include "models/take.h"

#define COUNT_MOST ((int64_t)1 << 40)
#define GIVEN_BYTES_MOST ((int64_t)1 << 34)

static bool says_what_is_held(const cli_arguments *arguments) {
    return cli_has(arguments, "given-rows") || cli_has(arguments, "given-variables");
}

int sample_check_given(const cli_arguments *arguments) {
    static const char *const need[] = {"given-rows", "given-variables", "scale",
                                       "plain",      "binarize",        "binarize-seed",
                                       "alpha",      "orient",          "depth"};
    enum { PICTURE_OPTIONS = 6 }; /* from there on */
    int64_t unused;
    if (!cli_integer(arguments, "given-rows", 0, COUNT_MOST, -1, &unused) ||
        !cli_integer(arguments, "given-variables", 0, COUNT_MOST, -1, &unused) ||
        !cli_integer(arguments, "scale", 1, LK_SCALE_MOST, 1, &unused)) {
        return EXIT_USAGE;
    }
    if (cli_has(arguments, "given-rows") && cli_has(arguments, "given-variables")) {
        return cli_usage(arguments, "--given-rows and --given-variables exclude each other");
    }
    bool view = cli_has(arguments, "given-view");
    if (view && (cli_has(arguments, "given") || cli_has(arguments, "only-view"))) {
        return cli_usage(arguments, "--given-view excludes --given and --only-view");
    }
    if (cli_has(arguments, "scale") && says_what_is_held(arguments)) {
        return cli_usage(arguments, "--scale excludes --given-rows and --given-variables");
    }
    if (cli_has(arguments, "labels") && cli_has(arguments, "label")) {
        return cli_usage(arguments, "--label and --labels exclude each other");
    }
    if (cli_has(arguments, "labels") && !cli_has(arguments, "given") &&
        !cli_has(arguments, "prompt-file")) {
        return cli_usage(arguments, "--labels are of what is given: --given or --prompt-file");
    }
    for (size_t i = 0; i < sizeof need / sizeof *need && !cli_has(arguments, "given"); i++) {
        bool picture = i >= PICTURE_OPTIONS && view; /* how the file is read */
        if (cli_has(arguments, need[i]) && !picture) {
            return cli_usage(arguments, "--%s needs --given FILE", need[i]);
        }
    }
    return EXIT_DONE;
}

/* Pictures that are as small as what the model draws first are that; so are others, of a size that
 * is not the model's. */
static bool is_small(const cli_arguments *arguments, const lk_model *model,
                     const lk_dataset *dataset) {
    bool smaller = lk_model_scale(model) > 1 && dataset->open == NULL &&
                   lk_shape_variables(dataset->shape) != model->data.variables &&
                   (lk_model_first(model, dataset->shape) || !lk_model_part(model, dataset->shape));
    return cli_has(arguments, "scale") || (smaller && !says_what_is_held(arguments));
}

/* Larger ones than the model's were perhaps not meant, unless their size was asked for. */
static lk_status tell_enlarged(const cli_arguments *arguments, const lk_model *model, int64_t scale,
                               const lk_given *given, lk_dataset *dataset) {
    lk_shape small = lk_shape_picture(dataset->shape), own = lk_shape_picture(model->data.shape);
    lk_shape drawn = lk_shape_picture(given->shape);
    if (cli_has(arguments, "scale") || cli_has(arguments, "shape") || small.axes != 3 ||
        drawn.size[0] <= own.size[0] || drawn.size[1] <= own.size[1]) {
        return LK_OK;
    }
    int64_t down = own.size[0] / small.size[0], across = own.size[1] / small.size[1];
    bool fits = down == across && down > 1 && down * small.size[0] == own.size[0] &&
                across * small.size[1] == own.size[1];
    char instead[128] = "";
    if (fits) {
        snprintf(instead, sizeof instead, "; --scale %lld makes them of %lldx%lld, as the model's",
                 (long long)down, (long long)own.size[0], (long long)own.size[1]);
    }
    return lk_dataset_note(model->context, dataset,
                           "taken as one of every %lld rows and columns of pictures of %lldx%lld%s",
                           (long long)scale, (long long)drawn.size[0], (long long)drawn.size[1],
                           instead);
}

static lk_status hold(const cli_arguments *arguments, const lk_model *model, lk_dataset *dataset,
                      lk_shape shape, lk_given *given) {
    int64_t rows, variables, scale; /* checked before */
    LK_REQUIRE(cli_integer(arguments, "scale", 1, LK_SCALE_MOST, lk_model_scale(model), &scale));
    if (is_small(arguments, model, dataset)) {
        LK_TRY(lk_given_scaled(model, dataset, scale, shape, given));
        return tell_enlarged(arguments, model, scale, given, dataset);
    }
    LK_REQUIRE(cli_integer(arguments, "given-rows", 0, COUNT_MOST, -1, &rows));
    LK_REQUIRE(cli_integer(arguments, "given-variables", 0, COUNT_MOST, -1, &variables));
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
    bool data = says_what_is_held(arguments) || cli_has(arguments, "scale") || how->words ||
                !is_held_text(&bytes);
    lk_status status = data ? lk_dataset_parse(model->context, path, &bytes, how, dataset)
                            : lk_given_parse(model, path, &bytes, shape, given);
    lk_bytes_release(&bytes);
    return status;
}

lk_status sample_read_given(const cli_arguments *arguments, const lk_model *model, lk_shape shape,
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
    lk_model_wish(model, cli_has(arguments, "scale") ? LK_FOR_ENLARGING : LK_FOR_COMPLETION, &how);
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
                              : hold(arguments, model, dataset, shape, given);
    }
    status = status == LK_OK ? lk_model_note_sheet(model, dataset) : status;
    if (status == LK_OK) {
        status =
            lk_given_labels(model, dataset, asked->labels != NULL ? asked->labels[0] : -1, given);
    }
    *note = dataset->note;
    dataset->note = NULL;
    lk_dataset_destroy(dataset);
    return status;
}
