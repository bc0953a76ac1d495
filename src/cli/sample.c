/* likely sample: new examples. */
#include <string.h>
#include <strings.h>

#include "base/measure.h"
#include "base/memory.h"
#include "cli/files.h"
#include "cli/sample.h"
#include "cli/sample/given.h"
#include "cli/text.h"
#include "data/labels.h"
#include "jobs/completions.h"
#include "models/take.h"
#include "team/team.h"

#define COUNT_MOST ((int64_t)1 << 40)

static const cli_option options[] = {
    {"count", "N",
     "how many examples, or streams of text (default 1, or of --given, --given-view and --label "
     "each one for each that they have)",
     false},
    {"out", "FILE",
     "where to: .png (one image, or a grid), NAME/ (a folder of PNG pictures), .npy, .npz, "
     ".amat, .txt, .csv, .idx, .pbm, one picture as .pgm, .ppm, .pam; all but .png and .npz "
     "also .gz. Streams of text go to standard output without it, with it to FILE, or "
     "NAME-1.txt, NAME-2.txt, ... when there are several; so do recordings, as .wav, .flac, "
     ".aiff, .au, .caf or .w64",
     false},
    {"format", "ENDING",
     "of examples that go to standard output or a pipe, which has no name to say it: npy, csv, "
     "png, txt.gz, ...",
     false},
    {"length", "N",
     "how many symbols of a text to draw (default 1000), or frames of a recording (default: a "
     "second of them)",
     false},
    {"prompt", "TEXT", "of text: what it begins with", false},
    {"prompt-file", "PATH", "of text: the same, from a file; of sound: a recording to continue",
     false},
    {"label", "VALUE|each", "of a model of p(x | label): which one, or all of them in turn", false},
    {"labels", CLI_LABELS,
     "of a model of p(x | label): those of what is --given, as likely eval takes them (default: "
     "those that it has)",
     false},
    {"seed", "N", "sample i depends on the seed and i alone (default 1)", false},
    {"shape", "HxWxC",
     "size of images, or length of sequences, other than the model's: of families that take any "
     "(likely models)",
     false},
    {"given", "FILE",
     "complete what is given. A recording is continued. Pictures or other data: their upper part. "
     "A table with column names: "
     "? or nothing where a value is to be drawn (unless that is a word of the column, which is "
     "held), columns that are not there are drawn too. A text: one example a "
     "line, values in order, ? where "
     "a value is to be drawn, missing ones at the end are drawn too. Samples take what is given in "
     "turn",
     false},
    {"given-rows", "N",
     "how many rows of the images of --given are held (default half, or all of a picture as wide "
     "as the model's but less high)",
     false},
    {"scale", "N",
     "the pictures of --given are every N-th row and column of those that are drawn (default where "
     "a model draws such a small picture first: how small that is, of subscale its stride, of "
     "multiscale and pyramid 2 to the power of their scales)",
     false},
    {"given-variables", "N", "hold the first N variables of the ordering at the values of --given",
     false},
    {"given-view", "FILE",
     "of a model with a view: draw the rest, given the first part of it. Pictures of that part "
     "(what --only-view writes), or any that the model takes, of which the view shows it; in turn",
     false},
    {"only-view", NULL,
     "of a model with a view: draw the first part of it alone (high bits, luminance, grey), as "
     "pictures of their own",
     false},
    CLI_BINARIZE_OPTIONS,
    CLI_PICTURE_OPTIONS,
    {"plain", NULL, "a .png of completions shows them alone, without what was given", false},
    {"temperature", "T",
     "divide logits by T (default 1: the model; towards 0: its most probable values)", false},
    {"schedule", "incremental|naive",
     "naive computes everything again for every variable: the same bits, slowly", false},
    {"batch-size", "N", "examples drawn together (default: chosen); samples do not depend on it",
     false},
    {"local", "FILE",
     "of a model that is given a slower sequence: whole numbers, one for every so many positions "
     "of each sample, which are so long unless --length says less",
     false},
    CLI_USE_OPTION,
    {"json", NULL, "one JSON object instead of text", false},
};

/* ---- examples ------------------------------------------------------------------------------- */

static bool is_png(const char *path) {
    size_t length = strlen(path);
    return length > 4 && strcasecmp(path + length - 4, ".png") == 0;
}

/* A picture of completions shows what was given too. */
static lk_status write_samples(const cli_arguments *arguments, lk_context *context,
                               const lk_given *given, const lk_dataset *samples) {
    const char *out = cli_text(arguments, "out", NULL);
    return cli_has(arguments, "given") && is_png(out) && !cli_has(arguments, "plain")
               ? lk_completions_write(context, out, given, samples)
               : lk_dataset_write(context, out, samples);
}

static lk_status sample(const cli_arguments *arguments, const lk_model *model,
                        lk_sample_options *how, const lk_given *given, double *seconds) {
    cli_progress progress = cli_progress_begin(arguments, "sampling");
    how->given = given->examples > 0 ? given : NULL;
    if (given->labels != NULL) {
        how->labels = given->labels;
        how->label_count = given->examples;
    }
    how->progress = cli_progress_go_on;
    how->progress_argument = &progress;
    lk_dataset *samples = NULL;
    lk_status status = lk_sample(model, how, &samples);
    *seconds = lk_seconds() - progress.began;
    cli_progress_end(&progress);
    if (status == LK_OK) {
        status = write_samples(arguments, model->context, given, samples);
    }
    lk_dataset_destroy(samples);
    return status;
}

/* What samples of that size are. */
static lk_dataset of_samples(const cli_arguments *arguments, const lk_model *model,
                             lk_shape shape) {
    const lk_view *view = lk_model_view(model);
    lk_dataset like = {.shape = shape, .alphabet = model->data.alphabet};
    if (view != NULL && cli_has(arguments, "only-view")) {
        like.shape = lk_view_shape(view, 0, shape);
        like.alphabet = view->parts[0].alphabet;
    }
    return like;
}

static int report(const cli_arguments *arguments, const lk_model *model, int64_t count,
                  double seconds, const char *note) {
    const char *out = cli_text(arguments, "out", NULL);
    const lk_dataset like = of_samples(arguments, model, model->data.shape);
    char drawn[LK_LOSS_CAPACITY];
    lk_dataset_loss(out, &like, true, drawn);
    out = model->context->alias != NULL ? model->context->aliased : out;
    if (cli_has(arguments, "json")) {
        return cli_print_json(
            json_pack("{s:I, s:o, s:f, s:f, s:o*, s:o*}", "examples", (json_int_t)count, "out",
                      lk_json_bytes(out), "seconds", seconds, "examples_per_second",
                      (double)count / (seconds + 1e-9), "drawn",
                      lk_json_bytes(drawn[0] != '\0' ? drawn : NULL), "note", lk_json_bytes(note)));
    }
    printf("%lld example%s in %.2f s, written to %s\n", (long long)count, cli_plural(count),
           seconds, out);
    if (drawn[0] != '\0') {
        printf("%s: %s\n", out, drawn);
    }
    if (note != NULL) {
        printf("%s: %s\n", cli_text(arguments, "given", cli_text(arguments, "given-view", "")),
               note);
    }
    return cli_finish_output();
}

/* One of each label that was asked for. */
static int64_t labelled(const lk_sample_options *how) {
    return how->labels != NULL ? how->label_count : 1;
}

static int sample_examples(const cli_arguments *arguments, const lk_model *model,
                           lk_sample_options *how) {
    const char *out = cli_text(arguments, "out", NULL);
    double seconds = 0.0;
    lk_given given = {0};
    char *note = NULL; /* of --given */
    if (!cli_excludes(arguments, "length prompt prompt-file", "models of texts")) {
        return EXIT_USAGE;
    }
    if (out == NULL) {
        return cli_usage(arguments, "needs --out FILE");
    }
    if (!cli_has(arguments, "format") && !cli_files_whole(model->context, out)) {
        return cli_usage(arguments, "--out %s needs --format npy, csv, png, ...", out);
    }
    lk_dataset like =
        of_samples(arguments, model, how->shape.axes > 0 ? how->shape : model->data.shape);
    like.columns = (lk_columns *)model->data.columns;
    /* Beside what is given as many are shown as there is room for. */
    bool sheet = cli_has(arguments, "given");
    like.examples = sheet ? 1 : how->count;
    bool done = lk_dataset_holds(model->context, out, &like, false) == LK_OK &&
                sample_read_given(arguments, model, how->shape, how, &given, &note) == LK_OK;
    if (!cli_has(arguments, "count")) {
        how->count = given.examples > 0 ? given.examples : labelled(how);
        like.examples = sheet ? 1 : how->count;
        done = done && lk_dataset_holds(model->context, out, &like, false) == LK_OK;
    }
    done = done && sample(arguments, model, how, &given, &seconds) == LK_OK;
    lk_given_deinit(&given);
    int status =
        done ? report(arguments, model, how->count, seconds, note) : cli_fault(model->context);
    lk_release(note);
    return status;
}

/* ---- all ------------------------------------------------------------------------------------- */

/* One, or "each": all of them in turn, unless a label has that name. */
static lk_status list_labels(const cli_arguments *arguments, const lk_model *model,
                             uint16_t **labels, int64_t *count) {
    const char *text = cli_text(arguments, "label", NULL);
    const lk_dictionary *classes = &model->data.classes;
    bool each = strcmp(text, "each") == 0 && model->data.labels > 0 &&
                (classes->count == 0 || lk_label_find(classes, text) < 0);
    if (each && cli_has(arguments, "given")) {
        return lk_fail(model->context, LK_INVALID,
                       "--label each is for whole samples; what is --given goes with one label");
    }
    *count = each ? model->data.labels : 1;
    *labels = lk_allocate(*count, sizeof **labels);
    if (*labels == NULL) {
        return lk_fail_no_memory(model->context, "labels", *count * (int64_t)sizeof **labels);
    }
    for (int64_t i = 0; i < *count; i++) {
        (*labels)[i] = (uint16_t)i;
    }
    return each ? LK_OK : lk_model_label(model, text, *labels);
}

/* What --local names; *local NULL: nothing. */
static lk_status read_local(const cli_arguments *arguments, const lk_model *model,
                            lk_local **local) {
    const char *path = cli_text(arguments, "local", NULL);
    const lk_local_form *form = &model->data.local;
    *local = NULL;
    if (path == NULL) {
        return LK_OK;
    }
    if (form->alphabet == 0) {
        return lk_fail(model->context, LK_INVALID,
                       "the model is not given a slower sequence: leave out --local");
    }
    LK_TRY(lk_local_create(model->context, form, 1, local));
    return lk_local_add_file(*local, path, -1, "");
}

static int sample_model(const cli_arguments *arguments, const lk_model *model,
                        lk_sample_options *how) {
    uint16_t *labels = NULL;
    lk_local *local = NULL;
    bool listed = (!cli_has(arguments, "label") ||
                   list_labels(arguments, model, &labels, &how->label_count) == LK_OK) &&
                  read_local(arguments, model, &local) == LK_OK;
    int status = listed ? EXIT_DONE : cli_fault(model->context);
    how->labels = labels;
    how->local = local;
    if (model->data.stream && !cli_has(arguments, "count")) {
        how->count = labelled(how);
    }
    if (listed) {
        status = (!model->data.stream              ? sample_examples
                  : lk_data_is_sound(&model->data) ? cli_sample_sounds
                                                   : cli_sample_texts)(arguments, model, how);
    }
    lk_local_destroy(local);
    lk_release(labels);
    return status;
}

static int run(const cli_arguments *arguments) {
    int64_t seed;
    double temperature;
    const char *schedule;
    lk_dataset_options unused; /* until --given is read */
    lk_sample_options how = {0};
    cli_session s;
    if (!cli_integer(arguments, "count", 1, COUNT_MOST, 1, &how.count) ||
        !cli_integer(arguments, "seed", 0, INT64_MAX, 1, &seed) ||
        !cli_integer(arguments, "batch-size", 1, 1 << 20, 0, &how.batch) ||
        !cli_real(arguments, "temperature", 0.0, 1e6, 1.0, &temperature) ||
        !cli_choice(arguments, "schedule", "incremental|naive", "incremental", &schedule) ||
        !cli_shape(arguments, &how.shape) || !cli_data_options(arguments, &unused) ||
        sample_check_given(arguments) != EXIT_DONE) {
        return EXIT_USAGE;
    }
    how.seed = (uint64_t)seed;
    how.temperature = (float)temperature;
    how.first_part = cli_has(arguments, "only-view");
    how.schedule = strcmp(schedule, "naive") == 0 ? LK_SCHEDULE_NAIVE : LK_SCHEDULE_INCREMENTAL;
    int status = cli_begin(arguments, false, &s);
    if (status == EXIT_DONE && s.model->data.labels == 0 &&
        !cli_excludes(arguments, "labels", "models of p(x | label)")) {
        status = EXIT_USAGE;
    }
    /* Of a team rank 0 draws texts and recordings alone. */
    bool draws =
        status == EXIT_DONE && (!s.model->data.stream || lk_team_rank(s.context->team) == 0);
    if (draws) {
        status = sample_model(arguments, s.model, &how);
    }
    cli_end(&s);
    return status;
}

const cli_verb cli_sample_verb = {
    .name = "sample",
    .summary = "draw new examples or texts, or complete given ones",
    .operands = "MODEL",
    .operand_count = 1,
    .shared = true,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .inputs = "given given-view prompt-file labels local",
    .outputs = "out",
    .folders = "out",
    .more =
        "Held variables must come first in the model's ordering; eonade, ardm, and what was "
        "trained with order_agnostic=true take any subset. A .png of\n"
        "completions shows what was given, its open part grey, and what became of it beside "
        "it. Pictures of another size than the\n"
        "model's are completed at their own, by families that take any. Of a model that draws a "
        "small picture first, every N-th row and\n"
        "column, --given may be that one: it is made larger.\n"
        "Examples need --out. Text is printed as it is drawn, in memory that does "
        "not grow with it; a model of characters\n"
        "draws only characters that it knows. A stream depends on the seed and its number "
        "alone.\n\n"
        "examples:\n"
        "  likely sample digits.likely --count 64 --out samples.png\n"
        "  likely sample digits.likely --count 8 --given test.amat.gz --given-rows 14 --out "
        "completed.png\n"
        "  likely sample pixels.likely --count 4 --given photograph.png --given-rows 300 --out "
        "completed.png\n"
        "  likely sample pixels.likely --count 4 --shape 64x96x3 --out larger.png\n"
        "  likely sample slices.likely --given small.png --plain --out larger.png\n"
        "  echo '1 ? 0' > held.txt; likely sample alarm.likely --count 10 --given held.txt "
        "--out drawn.txt\n"
        "  likely sample pets.likely --count 9 --label cat --out cats.png\n"
        "  likely sample digits.likely --count 100 --label each --out by-digit.png\n"
        "  likely sample colours.likely --count 16 --only-view --out grey.npy\n"
        "  likely sample colours.likely --count 16 --given-view grey.npy --out colours.png\n"
        "  likely sample colours.likely --given-view photograph.png --out coloured.png\n"
        "  likely sample book.likely --prompt 'ROMEO:' --temperature 0.8\n"
        "  likely sample notes.likely --local melody.txt --out melody.wav\n"
        "  likely sample voices.likely --given beginning.wav --length 16000 --out further.wav\n"
        "  likely sample book.likely --length 10000000 --out long.txt\n",
    .run = run,
};
