/* likely sample: new examples. */
#include <string.h>
#include <strings.h>

#include "base/measure.h"
#include "cli/common.h"
#include "cli/sample_given.h"
#include "cli/text.h"
#include "jobs/completions.h"
#include "jobs/sample.h"
#include "models/model_file.h"

static const cli_option options[] = {
    {"count", "N", "how many examples, or streams of text (default 1 of these)", false},
    {"out", "FILE",
     "where to: .png (one image, or a grid), NAME/ (a folder of PNG pictures), .npy, .amat, .txt, "
     ".csv, .idx, .pbm; all but .png also .gz. Streams of text go to standard output "
     "without it, with it to FILE, or NAME-1.txt, NAME-2.txt, ... when there are several",
     false},
    {"length", "N", "of text: how many symbols to draw (default 1000)", false},
    {"prompt", "TEXT", "of text: what it begins with", false},
    {"prompt-file", "PATH", "of text: the same, from a file", false},
    {"seed", "N", "sample i depends on the seed and i alone (default 1)", false},
    {"shape", "HxWxC",
     "size of images, or length of sequences, other than the model's: pixelcnn, pixelrnn, conv1d, "
     "charrnn",
     false},
    {"given", "FILE",
     "complete what is given. Pictures or other data: their upper part. A text: one example a "
     "line, values in order, ? where "
     "a value is to be drawn, missing ones at the end are drawn too. Samples take what is given in "
     "turn",
     false},
    {"given-rows", "N",
     "how many rows of the images of --given are held (default half, or all of a picture as wide "
     "as the model's but less high)",
     false},
    {"given-variables", "N", "hold the first N variables of the ordering at the values of --given",
     false},
    {"plain", NULL, "a .png of completions shows them alone, without what was given", false},
    {"temperature", "T",
     "divide logits by T (default 1: the model; towards 0: its most probable values)", false},
    {"schedule", "incremental|naive",
     "naive computes everything again for every variable: the same bits, slowly", false},
    {"batch-size", "N", "examples drawn together (default: chosen); samples do not depend on it",
     false},
    {"json", NULL, "one JSON object instead of text", false},
};

static bool is_png(const char *path) {
    size_t length = strlen(path);
    return length > 4 && strcasecmp(path + length - 4, ".png") == 0;
}

/* A picture of completions shows what was given too. */
static lk_status write_samples(const cli_arguments *arguments, lk_context *context,
                               const lk_given *given, const lk_dataset *samples) {
    const char *out = cli_text(arguments, "out", NULL);
    return given->examples > 0 && is_png(out) && !cli_has(arguments, "plain")
               ? lk_completions_write(context, out, given, samples)
               : lk_dataset_write(context, out, samples);
}

static lk_status sample(const cli_arguments *arguments, lk_context *context, lk_sample_options *how,
                        const lk_model *model, double *seconds) {
    LK_TRY(lk_dataset_writable(context, cli_text(arguments, "out", NULL)));
    LK_TRY(cli_can_write(context, cli_text(arguments, "out", NULL)));
    lk_given given;
    LK_TRY(cli_read_given(arguments, model, &given));
    how->given = given.examples > 0 ? &given : NULL;
    cli_progress progress = cli_progress_begin(arguments, "sampling");
    how->progress = cli_progress_show;
    how->progress_argument = &progress;
    lk_dataset *samples = NULL;
    double began = lk_seconds();
    lk_status status = lk_sample(model, how, &samples);
    *seconds = lk_seconds() - began;
    cli_progress_end(&progress);
    if (status == LK_OK) {
        status = write_samples(arguments, context, &given, samples);
    }
    lk_dataset_destroy(samples);
    lk_given_deinit(&given);
    return status;
}

static int report(const cli_arguments *arguments, int64_t count, double seconds) {
    const char *out = cli_text(arguments, "out", NULL);
    if (cli_has(arguments, "json")) {
        return cli_print_json(json_pack("{s:I, s:s, s:f, s:f}", "examples", (json_int_t)count,
                                        "out", out, "seconds", seconds, "examples_per_second",
                                        (double)count / (seconds + 1e-9)));
    }
    printf("%lld examples in %.2f s, written to %s\n", (long long)count, seconds, out);
    return cli_finish_output();
}

static int sample_examples(const cli_arguments *arguments, const lk_model *model,
                           lk_sample_options *how) {
    double seconds = 0.0;
    if (!cli_excludes(arguments, "length prompt prompt-file", "models of texts")) {
        return EXIT_USAGE;
    }
    if (!cli_has(arguments, "count") || !cli_has(arguments, "out")) {
        return cli_usage(arguments, "needs --%s",
                         cli_has(arguments, "count") ? "out FILE" : "count N");
    }
    return sample(arguments, model->context, how, model, &seconds) == LK_OK
               ? report(arguments, how->count, seconds)
               : cli_fault(model->context);
}

static int run(const cli_arguments *arguments) {
    int status;
    int64_t count, seed, batch;
    lk_shape shape = {0};
    double temperature;
    const char *schedule;
    if (!cli_integer(arguments, "count", 1, (int64_t)1 << 40, 1, &count) ||
        !cli_integer(arguments, "seed", 0, INT64_MAX, 1, &seed) ||
        !cli_integer(arguments, "batch-size", 1, 1 << 20, 0, &batch) ||
        !cli_real(arguments, "temperature", 0.0, 1e6, 1.0, &temperature) ||
        !cli_choice(arguments, "schedule", "incremental|naive", "incremental", &schedule) ||
        !cli_shape(arguments, &shape) || cli_check_given(arguments) != EXIT_DONE) {
        return EXIT_USAGE;
    }
    lk_context *context = cli_open(arguments, &status);
    if (context == NULL) {
        return status;
    }
    lk_sample_options how = {
        .count = count,
        .seed = (uint64_t)seed,
        .temperature = (float)temperature,
        .schedule = strcmp(schedule, "naive") == 0 ? LK_SCHEDULE_NAIVE : LK_SCHEDULE_INCREMENTAL,
        .batch = batch,
        .shape = shape,
    };
    lk_model *model = NULL;
    status = lk_model_load(context, arguments->positional[0], &model) != LK_OK ? cli_fault(context)
             : model->data.stream ? cli_sample_text(arguments, model, &how)
                                  : sample_examples(arguments, model, &how);
    lk_model_destroy(model);
    lk_context_destroy(context);
    return status;
}

const cli_verb cli_sample_verb = {
    .name = "sample",
    .summary = "draw new examples or texts, or complete given ones",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .more = "Held variables must come first in the model's ordering; a made trained with "
            "order_agnostic=true takes any subset. A .png of\n"
            "completions shows what was given, its open part grey, and what became of it beside "
            "it. Pictures of another size than the\n"
            "model's are completed at their own, by families that take any.\n"
            "Examples need --count and --out. Text is printed as it is drawn, in memory that does "
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
            "  echo '1 ? 0' > held.txt; likely sample alarm.likely --count 10 --given held.txt "
            "--out drawn.txt\n"
            "  likely sample book.likely --prompt 'ROMEO:' --temperature 0.8\n"
            "  likely sample book.likely --length 10000000 --out long.txt\n",
    .run = run,
};
