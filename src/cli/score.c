/* likely score: how strange each example is. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/measure.h"
#include "base/memory.h"
#include "cli/files.h"
#include "cli/score_words.h"
#include "cli/scorer.h"
#include "cli/text.h"
#include "models/model_file.h"

static const cli_option options[] = {
    {"data", "PATH", "what to score", false},
    CLI_DATA_OPTIONS,
    CLI_TEXT_OPTIONS,
    CLI_ADAPT_OPTION,
    {"anomalies", "PATH",
     "0 for normal, anything else for anomalies, one an example: gives AUROC and average precision",
     false},
    {"labels", CLI_LABELS,
     "for a model of p(x | label) the label of each example, as likely eval takes them (default: "
     "those that the data have); "
     "for others flags of 0 and 1, as --anomalies",
     false},
    {"out", "FILE.csv|FILE.jsonl",
     "a line for each example: NLL, corrections, score, p-value, the most surprising variable (of "
     "a table the column that is most above its mean over these data, by name); of a folder of "
     "pictures their names; labels where there are any. For each line of a text: symbols, NLL, "
     "score. For each recording: name, length, NLL, score. As CSV or lines of JSON",
     false},
    {"against", "MODEL", "background model: score = NLL - NLL under it (likelihood ratio)", false},
    {"complexity", NULL,
     "score = NLL - size under a general compressor (deflate), so that simple inputs are not "
     "favoured",
     false},
    {"map", "FILE.png|FILE.html",
     "the first 100 examples, each beside a map of its surprisal: black none, white --map-scale "
     "bits or more. Of a text: a page with every character coloured. Of recordings: the "
     "spectrogram of the strangest, its surprisal over it",
     false},
    {"map-scale", "BITS",
     "bits a pixel drawn white (default: what 99.5 % of all pixels do not exceed)", false},
    {"map-symbols", "N", "how much of a text the map shows (default: the first 100000 symbols)",
     false},
    {"top", "N",
     "how many of the strangest to list: examples, recordings, or lines of a text (default 1; of "
     "the latter 10)",
     false},
    CLI_LOCAL_OPTION,
    CLI_USE_OPTION,
    {"json", NULL, "one JSON object instead of text", false},
};

static bool ends_with(const char *name, const char *ending) {
    size_t length = strlen(name), want = strlen(ending);
    return length >= want && strcmp(name + length - want, ending) == 0;
}

/* ---- examples -------------------------------------------------------------------------------- */

/* Before the model itself is run. */
static lk_status check_background(const scorer *s, const char *path) {
    const lk_model *model = s->session.model, *background = s->background;
    lk_shape shape;
    LK_TRY(lk_model_alike(model, s->arguments->positional[0], background, path));
    if (background->data.labels > 0 &&
        (background->data.labels != model->data.labels ||
         !lk_dictionary_equal(&background->data.classes, &model->data.classes))) {
        return lk_fail(model->context, LK_MISMATCH,
                       "%s is given other labels than %s: take a background of p(x)", path,
                       s->arguments->positional[0]);
    }
    return lk_model_takes(background, s->session.dataset, &shape);
}

static lk_status score_examples(scorer *s) {
    const cli_arguments *a = s->arguments;
    const lk_model *model = s->session.model;
    const char *against = cli_text(a, "against", NULL);
    if (against != NULL) {
        LK_TRY(lk_model_read(model->context, against, &s->background));
        LK_TRY(check_background(s, against));
    }
    LK_TRY(score_read_flags(a, model, lk_items_count(s->items), &s->labels));
    const lk_score_options how = {
        .walk = s->how, .background = s->background, .complexity = cli_has(a, "complexity")};
    LK_TRY(lk_score(model, s->items, &how, &s->scores));
    return s->labels == NULL
               ? LK_OK
               : lk_score_metrics(model->context, s->scores.score, s->labels, s->scores.examples,
                                  &s->auroc, &s->average_precision);
}

/* Of no examples: a table of none, with the columns that others have. */
static lk_status score_none(scorer *s) {
    static double none;
    const cli_arguments *a = s->arguments;
    bool calibrated = s->session.model->calibration != NULL;
    s->scores = (lk_scores){.p_value = calibrated ? &none : NULL,
                            .background_nats = cli_has(a, "against") ? &none : NULL,
                            .complexity_nats = cli_has(a, "complexity") ? &none : NULL};
    const lk_columns *columns = s->session.model->data.columns;
    if (columns != NULL && s->session.dataset->columns == NULL) {
        LK_TRY(lk_columns_copy(s->session.context, columns, &s->session.dataset->columns));
    }
    return cli_has(a, "map")
               ? lk_fail(s->session.context, LK_INVALID,
                         "%s: there are no examples to draw a map of", s->session.dataset->path)
               : LK_OK;
}

static bool has_none(const scorer *s) {
    return s->session.dataset != NULL && s->session.dataset->examples == 0;
}

static lk_status write_examples(scorer *s) {
    const char *out = cli_text(s->arguments, "out", NULL),
               *map = cli_text(s->arguments, "map", NULL);
    lk_context *context = s->session.context;
    lk_batch held = {0}; /* of two outputs both or none */
    lk_status status = LK_OK;
    if (out != NULL) {
        status = lk_scores_hold(context, &s->scores, s->session.dataset, s->labels, out, &held);
    }
    if (status == LK_OK && map != NULL) {
        status = lk_map_write(s->session.model, s->items, map, &s->map, &s->legend);
    }
    status = status == LK_OK ? lk_batch_commit(context, &held) : status;
    lk_batch_abandon(&held);
    return status;
}

/* Not a number: of none, and where both infinities occur. */
static double mean_of(const double *values, int64_t count) {
    double mean = count > 0 ? 0.0 : (double)NAN;
    for (int64_t i = 0; i < count; i++) {
        mean += values[i] / (double)count;
    }
    return mean;
}

static const char *auroc_hint(const scorer *s) {
    return score_auroc_hint(s->auroc, s->background != NULL || cli_has(s->arguments, "complexity"));
}

static const char *map_unit(const scorer *s) {
    return s->legend.pixels ? "pixel" : "variable";
}

static int print_examples_json(const scorer *s) {
    const lk_scores *scores = &s->scores;
    const lk_columns *columns = s->session.model->data.columns;
    int64_t n = scores->examples;
    json_t *object = json_object(), *score = json_array();
    json_t *variable = json_array(), *nats = json_array();
    json_object_set_new(object, "examples", json_integer(n));
    json_object_set_new(object, "mean_nll_nats", lk_json_number(mean_of(scores->nll_nats, n)));
    cli_bound_json(object, s->session.model);
    json_object_set_new(object, "mean_score_nats", lk_json_number(mean_of(scores->score, n)));
    if (scores->p_value != NULL) {
        json_object_set_new(object, "p_value_at_most_0.01",
                            json_integer(score_count_unlikely(scores)));
        json_object_set_new(object, "least_p_value",
                            lk_json_number(score_least_p_value(s->session.model)));
    }
    if (s->labels != NULL) {
        json_object_set_new(object, "auroc", lk_json_number(s->auroc));
        json_object_set_new(object, "hint", json_string(auroc_hint(s)));
        json_object_set_new(object, "average_precision", lk_json_number(s->average_precision));
    }
    if (s->legend.examples > 0) {
        json_object_set_new(object, "map",
                            json_pack("{s:I, s:s, s:o, s:o}", "examples",
                                      (json_int_t)s->legend.examples, "bits_of", map_unit(s),
                                      "bits_drawn_white", lk_json_number(s->legend.full_scale),
                                      "largest_bits", lk_json_number(s->legend.largest)));
    }
    for (int64_t i = 0; i < n; i++) {
        json_array_append_new(score, lk_json_number(scores->score[i]));
        json_array_append_new(variable, json_integer(scores->variable[i] + 1));
        json_array_append_new(nats, lk_json_number(scores->variable_nats[i]));
    }
    if (columns != NULL) {
        json_t *names = json_array();
        for (int64_t i = 0; i < n; i++) {
            json_array_append_new(names, lk_json_bytes(columns->column[scores->variable[i]].name));
        }
        json_object_set_new(object, "columns", names);
    }
    if (s->session.dataset->names != NULL) {
        json_t *names = json_array();
        for (int64_t i = 0; i < n; i++) {
            json_array_append_new(names, lk_json_bytes(s->session.dataset->names[i]));
        }
        json_object_set_new(object, "names", names);
    }
    if (scores->p_value != NULL) {
        json_t *p_values = json_array();
        for (int64_t i = 0; i < n; i++) {
            json_array_append_new(p_values, lk_json_number(scores->p_value[i]));
        }
        json_object_set_new(object, "p_values", p_values);
    }
    json_object_set_new(object, "scores", score);
    json_object_set_new(object, "variables", variable);
    json_object_set_new(object, "variable_nats", nats);
    cli_note_json(object, s->items);
    return cli_print_json(object);
}

static void print_pixel(lk_shape shape, int64_t variable) {
    int64_t columns = shape.size[1], channels = shape.size[2], pixel = variable / channels;
    printf(" (row %lld, column %lld", (long long)(pixel / columns + 1),
           (long long)(pixel % columns + 1));
    if (channels > 1) {
        printf(", channel %lld", (long long)(variable % channels + 1));
    }
    printf(")");
}

static int print_examples(const scorer *s) {
    const lk_scores *scores = &s->scores;
    const lk_model *model = s->session.model;
    int64_t n = scores->examples, top = 0;
    double score = mean_of(scores->score, n);
    if (n == 0) {
        printf("0 examples\n");
        return cli_finish_output();
    }
    printf("%lld example%s: mean NLL %s%.4f nats, mean score ", (long long)n, cli_plural(n),
           cli_bound(model), mean_of(scores->nll_nats, n));
    if (isnan(score)) {
        printf("undefined: some are infinite, some minus infinite\n");
    } else {
        printf("%.4f nats\n", score);
    }
    for (int64_t i = 0; i < n; i++) {
        top = scores->score[i] > scores->score[top] ? i : top;
    }
    cli_print_bound(model);
    printf("the strangest is example %lld, score %.4f: its most surprising variable is %lld",
           (long long)top + 1, scores->score[top], (long long)scores->variable[top] + 1);
    if (model->data.columns != NULL) {
        printf(" (%s)", model->data.columns->column[scores->variable[top]].name);
    } else if (s->session.dataset->shape.axes == 3 && lk_model_view(model) == NULL) {
        print_pixel(s->session.dataset->shape, scores->variable[top]);
    }
    printf(", %.4f nats\n", scores->variable_nats[top]);
    if (cli_has(s->arguments, "top") &&
        score_print_top(model->context, scores, s->session.dataset, s->top) != LK_OK) {
        return cli_fault(model->context);
    }
    score_print_p_values(model, scores);
    if (s->labels != NULL) {
        printf("AUROC %.6f, average precision %.6f\n", s->auroc, s->average_precision);
        printf("%s%s", auroc_hint(s), auroc_hint(s)[0] != '\0' ? "\n" : "");
    }
    if (s->legend.examples > 0) {
        printf("map of %lld example%s: black 0, white %.3f bits a %s or more, the largest %.3f\n",
               (long long)s->legend.examples, cli_plural(s->legend.examples), s->legend.full_scale,
               map_unit(s), s->legend.largest);
    }
    cli_print_note(s->items);
    return cli_finish_output();
}

/* ---- all ------------------------------------------------------------------------------------- */

/* EXIT_DONE, or EXIT_USAGE after a line about options that are for other models. */
static int check_options(const cli_arguments *a, const lk_model *model) {
    bool texts = model->data.stream, sounds = lk_data_is_sound(&model->data);
    const char *map = cli_text(a, "map", texts && !sounds ? ".html" : ".png");
    bool fits =
        texts
            ? cli_excludes(a, CLI_OF_EXAMPLES " anomalies against complexity",
                           "models of examples") &&
                  (sounds ? cli_excludes(a, "map-symbols", "models of texts")
                          : cli_excludes(a, "map-scale", "models of examples and of recordings")) &&
                  (model->data.labels > 0 ||
                   cli_excludes(a, "labels", "models of examples and of p(x | label)"))
            : cli_excludes(a, "from symbols map-symbols", "models of texts");
    bool named = ends_with(map, texts && !sounds ? ".html" : ".png") ||
                 !cli_files_whole(&a->files->context, map);
    if (fits && cli_has(a, "map") && cli_has(a, "adapt") && (sounds || !texts)) {
        return cli_usage(a, "--map draws a model that does not learn: leave out --adapt, or --map");
    }
    return !fits || !cli_files_table(a) ? EXIT_USAGE
           : named                      ? EXIT_DONE
           : texts && !sounds
               ? cli_usage(a, "--map %s: the map of a text is a page, NAME.html", map)
               : cli_usage(a, "--map %s: a map is a picture, NAME.png", map);
}

static int score(scorer *s) {
    bool texts = s->session.model->data.stream, json = cli_has(s->arguments, "json");
    bool sounds = lk_data_is_sound(&s->session.model->data);
    cli_progress progress = cli_progress_begin(s->arguments, "scoring");
    s->how.progress = cli_progress_go_on;
    s->how.progress_argument = &progress;
    lk_status status = (sounds        ? score_sound
                        : texts       ? score_text
                        : has_none(s) ? score_none
                                      : score_examples)(s);
    cli_progress_end(&progress);
    if (status != LK_OK || (!texts && write_examples(s) != LK_OK)) {
        return cli_fault(s->session.context);
    }
    return sounds  ? score_print_sound(s, json)
           : texts ? score_print_text(s, json)
                   : (json ? print_examples_json : print_examples)(s);
}

static int run(const cli_arguments *arguments) {
    scorer s = {.arguments = arguments};
    if (!cli_real(arguments, "map-scale", 0.0, 1e6, 0.0, &s.map.full_scale) ||
        !cli_adapt(arguments, &s.how.learning_rate) ||
        !cli_integer(arguments, "top", 1, 100000, 10, &s.top) ||
        !cli_integer(arguments, "map-symbols", 1, (int64_t)1 << 48, 100000, &s.map_symbols)) {
        return EXIT_USAGE;
    }
    int status = cli_begin(arguments, true, &s.session);
    if (status == EXIT_DONE) {
        status = check_options(arguments, s.session.model);
    }
    if (status == EXIT_DONE) {
        status = cli_items_open(arguments, &s.session, &s.items);
    }
    status = status == EXIT_DONE ? score(&s) : status;
    score_release_text(&s);
    lk_scores_deinit(&s.scores);
    lk_release(s.labels);
    lk_model_destroy(s.background);
    lk_items_close(s.items);
    cli_end(&s.session);
    return status;
}

const cli_verb cli_score_verb = {
    .name = "score",
    .summary = "find anomalies: exact NLL, p-values, corrections, AUROC",
    .operands = "MODEL",
    .operand_count = 1,
    .shared = true,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .required = "data",
    .several = CLI_SEVERAL,
    .takes_none = true,
    .inputs = "data anomalies labels local against",
    .outputs = "out map",
    .more =
        "Higher scores are stranger. Examples and variables are counted from 1. The p-value is the "
        "share of held-out\n"
        "examples (kept in the model file by training) whose\n"
        "NLL is at least as high; it is of the NLL, not of a corrected score. The map of an "
        "example sums to its NLL; a pixel's\n"
        "colours are added up. Images of another height and width than the model's are scored "
        "whole, by families that take any (likely models). A line of a\n"
        "text (with its newline) scores its nats per symbol, given all that stands before it. "
        "Texts and recordings, which are of any length, have no p-values; of a folder of texts "
        "likely eval --out has a line for each.\n\n"
        "examples:\n"
        "  likely score digits.likely --data mixed.npy --anomalies flags.txt --out scores.csv\n"
        "  likely score digits.likely --data test.amat.gz --map surprise.png\n"
        "  likely score digits.likely --against background.likely --data mixed.npy --json\n"
        "  likely score book.likely --data chapter.txt --map surprise.html --out lines.csv\n",
    .run = run,
};
