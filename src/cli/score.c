/* likely score: how strange each example is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/measure.h"
#include "cli/common.h"
#include "cli/text.h"
#include "data/labels.h"
#include "jobs/map.h"
#include "jobs/score.h"
#include "models/model_file.h"

static const cli_option options[] = {
    {"data", "PATH", "what to score", false},
    CLI_DATA_OPTIONS,
    CLI_TEXT_OPTIONS,
    CLI_ADAPT_OPTION,
    {"labels", "PATH",
     "0 for normal, anything else for anomalies, one an example: gives AUROC and average precision",
     false},
    {"out", "FILE.csv",
     "a line for each example: NLL, corrections, score, p-value; of a folder of pictures their "
     "names; labels where there are any. For "
     "each line of a text: symbols, NLL, score",
     false},
    {"against", "MODEL", "background model: score = NLL - NLL under it (likelihood ratio)", false},
    {"complexity", NULL,
     "score = NLL - size under a general compressor (deflate), so that simple inputs are not "
     "favoured",
     false},
    {"map", "FILE.png|FILE.html",
     "the first 100 examples, each beside a map of its surprisal: black none, white --map-scale "
     "bits or more. Of a text: a page "
     "with every character coloured",
     false},
    {"map-scale", "BITS",
     "bits a pixel drawn white (default: what 99.5 % of all pixels do not exceed)", false},
    {"map-symbols", "N", "how much of a text the map shows (default: the first 100000 symbols)",
     false},
    {"top", "N", "of a text: how many of the strangest lines to list (default 10)", false},
    {"json", NULL, "one JSON object instead of text", false},
};

typedef struct session {
    lk_context *context;
    lk_model *model, *background;
    lk_dataset *dataset;
    int32_t *labels; /* owned, or NULL */
    lk_scores scores;
    double auroc, average_precision;
    double map_scale; /* 0: chosen */
    lk_map_legend legend;
} session;

static lk_status open_session(const cli_arguments *arguments, session *s) {
    const char *against = cli_text(arguments, "against", NULL),
               *labels = cli_text(arguments, "labels", NULL);
    if (against != NULL) {
        LK_TRY(lk_model_load(s->context, against, &s->background));
    }
    lk_binarization done;
    LK_TRY(
        cli_read_data(arguments, s->model, cli_text(arguments, "data", NULL), &s->dataset, &done));
    return labels == NULL ? LK_OK
                          : lk_labels_read(s->context, labels, s->dataset->examples, &s->labels);
}

static lk_status score(const cli_arguments *arguments, session *s) {
    cli_progress progress = cli_progress_begin(arguments, "scoring");
    lk_score_options how = {.background = s->background,
                            .complexity = cli_has(arguments, "complexity"),
                            .progress = cli_progress_show,
                            .progress_argument = &progress};
    lk_status status = lk_score(s->model, s->dataset, &how, &s->scores);
    cli_progress_end(&progress);
    LK_TRY(status);
    return s->labels == NULL
               ? LK_OK
               : lk_score_metrics(s->context, s->scores.score, s->labels, s->scores.examples,
                                  &s->auroc, &s->average_precision);
}

/* ---- outputs --------------------------------------------------------------------------------- */

/* A file's name as a field: quoted, with quotes doubled. */
static void write_name(lk_writer *writer, const char *name) {
    lk_writer_put(writer, ",\"", 2);
    for (; *name != '\0'; name++) {
        lk_writer_put(writer, "\"\"", *name == '"');
        lk_writer_put(writer, name, 1);
    }
    lk_writer_put(writer, "\"", 1);
}

/* The data's own: the name of a class, or its number. */
static void write_label(lk_writer *writer, const lk_dataset *dataset, int64_t example) {
    char digits[16];
    int32_t number;
    if (lk_dataset_label_number(dataset, example, &number)) {
        lk_writer_printf(writer, ",%d", number);
    } else {
        write_name(writer, lk_dataset_label_text(dataset, example, digits));
    }
}

static lk_status write_csv(const session *s, const char *path) {
    const lk_scores *scores = &s->scores;
    bool labelled = s->labels != NULL || s->dataset->labels != NULL;
    lk_writer *writer;
    LK_TRY(lk_writer_create(s->context, path, &writer));
    lk_writer_printf(writer, "example%s,nll_nats,bits_per_dim%s%s,score%s%s\n",
                     s->dataset->names != NULL ? ",name" : "",
                     scores->background_nats != NULL ? ",background_nats" : "",
                     scores->complexity_nats != NULL ? ",complexity_nats" : "",
                     scores->p_value != NULL ? ",p_value" : "", labelled ? ",label" : "");
    for (int64_t i = 0; i < scores->examples; i++) {
        lk_writer_printf(writer, "%lld", (long long)i);
        if (s->dataset->names != NULL) {
            write_name(writer, s->dataset->names[i]);
        }
        lk_writer_printf(writer, ",%.9g,%.9g", scores->nll_nats[i],
                         scores->nll_nats[i] / LK_NATS_PER_BIT / (double)s->dataset->variables);
        if (scores->background_nats != NULL) {
            lk_writer_printf(writer, ",%.9g", scores->background_nats[i]);
        }
        if (scores->complexity_nats != NULL) {
            lk_writer_printf(writer, ",%.9g", scores->complexity_nats[i]);
        }
        lk_writer_printf(writer, ",%.9g", scores->score[i]);
        if (scores->p_value != NULL) {
            lk_writer_printf(writer, ",%.6g", scores->p_value[i]);
        }
        if (s->labels != NULL) {
            lk_writer_printf(writer, ",%d", s->labels[i]);
        } else if (s->dataset->labels != NULL) {
            write_label(writer, s->dataset, i);
        }
        lk_writer_printf(writer, "\n");
    }
    return lk_writer_commit(writer);
}

static lk_status write_files(const cli_arguments *arguments, session *s) {
    const char *out = cli_text(arguments, "out", NULL), *map = cli_text(arguments, "map", NULL);
    if (out != NULL) {
        LK_TRY(write_csv(s, out));
    }
    lk_map_options how = {.full_scale = s->map_scale};
    return map == NULL ? LK_OK : lk_map_write(s->model, s->dataset, map, &how, &s->legend);
}

static double mean_of(const double *values, int64_t count) {
    double mean = 0.0;
    for (int64_t i = 0; i < count; i++) {
        mean += values[i] / (double)count;
    }
    return mean;
}

static const char *map_unit(const session *s) {
    return s->legend.pixels ? "pixel" : "variable";
}

static json_t *map_json(const session *s) {
    return json_pack("{s:I, s:s, s:o, s:o}", "examples", (json_int_t)s->legend.examples, "bits_of",
                     map_unit(s), "bits_drawn_white", cli_number(s->legend.full_scale),
                     "largest_bits", cli_number(s->legend.largest));
}

static int print_json(const session *s) {
    int64_t n = s->scores.examples, unlikely = 0;
    json_t *object = json_object(), *scores = json_array();
    for (int64_t i = 0; i < n; i++) {
        json_array_append_new(scores, cli_number(s->scores.score[i]));
        unlikely += s->scores.p_value != NULL && s->scores.p_value[i] <= 0.01 ? 1 : 0;
    }
    json_object_set_new(object, "examples", json_integer(n));
    json_object_set_new(object, "mean_nll_nats", cli_number(mean_of(s->scores.nll_nats, n)));
    json_object_set_new(object, "mean_score_nats", cli_number(mean_of(s->scores.score, n)));
    if (s->scores.p_value != NULL) {
        json_object_set_new(object, "p_value_at_most_0.01", json_integer(unlikely));
    }
    if (s->labels != NULL) {
        json_object_set_new(object, "auroc", cli_number(s->auroc));
        json_object_set_new(object, "average_precision", cli_number(s->average_precision));
    }
    if (s->legend.examples > 0) {
        json_object_set_new(object, "map", map_json(s));
    }
    json_object_set_new(object, "scores", scores);
    return cli_print_json(object);
}

static int print_text(const session *s) {
    int64_t n = s->scores.examples, unlikely = 0;
    printf("%lld examples: mean NLL %.4f nats, mean score %.4f nats\n", (long long)n,
           mean_of(s->scores.nll_nats, n), mean_of(s->scores.score, n));
    for (int64_t i = 0; s->scores.p_value != NULL && i < n; i++) {
        unlikely += s->scores.p_value[i] <= 0.01 ? 1 : 0;
    }
    if (s->scores.p_value != NULL) {
        printf("%lld (%.2f %%) have p-value 0.01 or less against %lld held-out examples\n",
               (long long)unlikely, 100.0 * (double)unlikely / (double)n,
               (long long)s->model->calibration_count);
    } else {
        printf("no p-values: %s\n",
               s->model->calibration == NULL
                   ? "the model was trained without held-out data"
                   : "the held-out examples were of the model's own size, these are not");
    }
    if (s->labels != NULL) {
        printf("AUROC %.6f, average precision %.6f\n", s->auroc, s->average_precision);
    }
    if (s->legend.examples > 0) {
        printf("map of %lld examples: black 0, white %.3f bits a %s or more, the largest %.3f\n",
               (long long)s->legend.examples, s->legend.full_scale, map_unit(s), s->legend.largest);
    }
    return cli_finish_output();
}

static int score_examples(const cli_arguments *arguments, session *s) {
    if (!cli_excludes(arguments, "from symbols adapt top map-symbols", "models of texts")) {
        return EXIT_USAGE;
    }
    const char *map = cli_text(arguments, "map", "x.png");
    if (strlen(map) < 4 || strcmp(map + strlen(map) - 4, ".png") != 0) {
        return cli_usage(arguments, "--map %s: a map is a picture, NAME.png", map);
    }
    bool done = open_session(arguments, s) == LK_OK && score(arguments, s) == LK_OK &&
                write_files(arguments, s) == LK_OK;
    return !done                        ? cli_fault(s->context)
           : cli_has(arguments, "json") ? print_json(s)
                                        : print_text(s);
}

static int run(const cli_arguments *arguments) {
    int status;
    lk_dataset_options unused;
    if (!cli_data_options(arguments, &unused)) {
        return EXIT_USAGE;
    }
    session s = {0};
    if (!cli_real(arguments, "map-scale", 0.0, 1e6, 0.0, &s.map_scale)) {
        return EXIT_USAGE;
    }
    s.context = cli_open(arguments, &status);
    if (s.context == NULL) {
        return status;
    }
    status = lk_model_load(s.context, arguments->positional[0], &s.model) != LK_OK
                 ? cli_fault(s.context)
             : s.model->data.stream ? cli_score_text(arguments, s.model)
                                    : score_examples(arguments, &s);
    lk_scores_deinit(&s.scores);
    lk_release(s.labels);
    lk_dataset_destroy(s.dataset);
    lk_model_destroy(s.background);
    lk_model_destroy(s.model);
    lk_context_destroy(s.context);
    return status;
}

const cli_verb cli_score_verb = {
    .name = "score",
    .summary = "find anomalies: exact NLL, p-values, corrections, AUROC",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .required = "data",
    .more =
        "Higher scores are stranger. The p-value is the share of held-out examples (kept in the "
        "model file by training) whose\n"
        "NLL is at least as high; it is of the NLL, not of a corrected score. The map of an "
        "example sums to its NLL; a pixel's\n"
        "colours are added up. Images of another height and width than the model's (pixelcnn, "
        "pixelrnn) are scored whole. A line of a\n"
        "text (with its newline) scores its nats per symbol, given all that stands before it.\n\n"
        "examples:\n"
        "  likely score digits.likely --data mixed.npy --labels is_anomaly.txt --out scores.csv\n"
        "  likely score digits.likely --data test.amat.gz --map surprise.png\n"
        "  likely score digits.likely --against background.likely --data mixed.npy --json\n"
        "  likely score book.likely --data chapter.txt --map surprise.html --out lines.csv\n",
    .run = run,
};
