#include "cli/common.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/json.h"
#include "base/measure.h"
#include "base/memory.h"
#include "cli/files.h"
#include "cli/team/session.h"
#include "data/formats/formats.h"
#include "models/model_file.h"
#include "models/take.h"
#include "models/tune.h"

/* The processors of a host are shared by the ranks that are there. */
static int threads_of(const cli_arguments *arguments, int64_t given) {
    const lk_team *team = cli_team_of(arguments);
    if (given > 0 || team == NULL) {
        return (int)given;
    }
    int64_t here = lk_team_place(team)->local, online = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t share = online / here, mask = lk_pool_processors();
    return (int)(share < 1 ? 1 : share < mask ? share : mask);
}

lk_context *cli_open(const cli_arguments *arguments, int *status) {
    int64_t threads, memory;
    *status = EXIT_USAGE;
    if (!cli_integer(arguments, "threads", 1, 4096, 0, &threads) ||
        !cli_bytes(arguments, "memory", &memory)) {
        return NULL;
    }
    lk_context *context = NULL;
    *status = EXIT_FAULT;
    if (lk_context_create(threads_of(arguments, threads), &context) != LK_OK) {
        if (context == NULL) {
            fprintf(stderr, "likely: out of memory\n");
        } else {
            cli_fault(context);
        }
        lk_context_destroy(context);
        return NULL;
    }
    lk_context_set_memory(context, memory);
    context->guard = &arguments->files->guard;
    context->standard_output = arguments->files->standard_output;
    context->alias = arguments->files->context.alias;
    context->aliased = arguments->files->context.aliased;
    context->options = arguments->names;
    context->team = cli_team_of(arguments);
    return context;
}

int cli_fault(const lk_context *context) {
    FILE *to = !lk_guard_is_input(context, STDERR_FILENO)   ? stderr
               : !lk_guard_is_input(context, STDOUT_FILENO) ? stdout
                                                            : NULL;
    fflush(stdout);
    if (to != NULL) {
        fprintf(to, "likely: %s\n", lk_context_message(context));
    }
    return EXIT_FAULT;
}

lk_status cli_use(const cli_arguments *arguments, lk_model *model) {
    const char *const *assignments;
    int32_t count = cli_texts(arguments, "set", &assignments);
    return lk_model_use(model, assignments, count);
}

int cli_begin(const cli_arguments *arguments, bool data, cli_session *session) {
    int status = EXIT_USAGE;
    lk_dataset_options unused;
    *session = (cli_session){0};
    if (data && !cli_data_options(arguments, &unused)) { /* before a large model is read */
        return EXIT_USAGE;
    }
    session->context = cli_open(arguments, &status);
    if (session->context == NULL) {
        return status;
    }
    bool done =
        lk_model_read(session->context, arguments->positional[0], &session->model) == LK_OK &&
        cli_use(arguments, session->model) == LK_OK &&
        (!data || session->model->data.stream ||
         cli_read_data(arguments, session->model, cli_text(arguments, "data", NULL),
                       &session->dataset, &session->binarization) == LK_OK);
    return done ? EXIT_DONE : cli_fault(session->context);
}

void cli_end(cli_session *session) {
    lk_dataset_destroy(session->dataset);
    lk_model_destroy(session->model);
    lk_context_destroy(session->context);
}

/* ---- data ------------------------------------------------------------------------------------ */

bool cli_shape(const cli_arguments *arguments, lk_shape *shape) {
    const char *text = cli_text(arguments, "shape", NULL);
    for (const char *at = text; at != NULL && *at != '\0';) {
        char *end = NULL;
        long long size = strtoll(at, &end, 10);
        bool more = *end == 'x' && end[1] != '\0';
        if (end == at || size < 1 || size > (1 << 26) || shape->axes == 3 ||
            (*end != '\0' && !more)) {
            cli_usage(arguments, "--shape %s: expected as 28x28x1 or 784", text);
            return false;
        }
        shape->size[shape->axes++] = size;
        at = more ? end + 1 : end;
    }
    if (shape->axes == 2) {
        shape->size[shape->axes++] = 1;
    }
    return true;
}

static bool parse_crop(const cli_arguments *arguments, lk_crop *crop) {
    const char *text = cli_knows(arguments, "crop") ? cli_text(arguments, "crop", NULL) : NULL;
    if (text == NULL) {
        return true;
    }
    char *end;
    crop->height = strtoll(text, &end, 10);
    crop->width = *end == 'x' ? strtoll(end + 1, &end, 10) : 0;
    if (crop->height < 1 || crop->width < 1 || crop->height > 65535 || crop->width > 65535 ||
        *end != '\0') {
        cli_usage(arguments, "--crop %s: expected as 32x32 (height x width)", text);
        return false;
    }
    return true;
}

static bool picture_options(const cli_arguments *arguments, lk_picture_settings *settings) {
    const char *alpha;
    int64_t depth;
    if (!cli_choice(arguments, "alpha", "keep|drop|white", NULL, &alpha) ||
        !cli_integer(arguments, "depth", 8, 8, 0, &depth)) {
        return false;
    }
    while (alpha != NULL && strcmp(lk_alpha_name(settings->alpha), alpha) != 0) {
        settings->alpha++;
    }
    settings->orient = cli_has(arguments, "orient");
    settings->depth = (int32_t)depth;
    return true;
}

bool cli_data_options(const cli_arguments *arguments, lk_dataset_options *options) {
    int64_t alphabet, seed;
    const char *how;
    static const char *const of_pictures[] = {"alpha", "orient", "depth"};
    *options = (lk_dataset_options){0};
    bool sized = cli_knows(arguments, "alphabet");
    alphabet = 0;
    if ((sized && !cli_integer(arguments, "alphabet", 2, LK_ALPHABET_MOST, 0, &alphabet)) ||
        !cli_integer(arguments, "binarize-seed", 0, INT64_MAX, 1, &seed) ||
        !cli_choice(arguments, "binarize", "threshold|sample", NULL, &how) ||
        !cli_shape(arguments, &options->shape) || !parse_crop(arguments, &options->crop) ||
        !picture_options(arguments, &options->pictures.settings)) {
        return false;
    }
    for (size_t i = 0; i < sizeof of_pictures / sizeof *of_pictures; i++) {
        options->of_pictures =
            cli_has(arguments, of_pictures[i]) ? of_pictures[i] : options->of_pictures;
    }
    options->alphabet = (int32_t)alphabet;
    options->raw = cli_knows(arguments, "raw") && cli_has(arguments, "raw");
    options->seed = (uint64_t)seed;
    if (how != NULL) {
        options->binarization =
            strcmp(how, "threshold") == 0 ? LK_BINARIZE_THRESHOLD : LK_BINARIZE_SAMPLE;
    }
    return true;
}

static const char *text_of(lk_binarization binarization) {
    static const char *const text[] = {
        [LK_BINARIZE_NONE] =
            "none (values as in the file; a file of 0 and 1 is statically binarized)",
        [LK_BINARIZE_THRESHOLD] = "static (threshold at half of the range)",
        [LK_BINARIZE_SAMPLE] = "dynamic (each value drawn with its grey level as probability)",
    };
    return text[binarization];
}

const char *cli_binarization_of(const lk_model *model, lk_binarization binarization) {
    const lk_columns *columns = model->data.columns;
    bool words = columns != NULL && lk_columns_have_words(columns);
    return words                                                           ? "none (words)"
           : binarization == LK_BINARIZE_NONE && model->data.alphabet != 2 ? "none"
                                                                           : text_of(binarization);
}

lk_status cli_read_data(const cli_arguments *arguments, const lk_model *model, const char *path,
                        lk_dataset **dataset, lk_binarization *done) {
    lk_take_options options = {.labels = cli_knows(arguments, "labels") && model->data.labels > 0
                                             ? cli_text(arguments, "labels", NULL)
                                             : NULL};
    LK_REQUIRE(cli_data_options(arguments, &options.reading)); /* checked when the verb began */
    options.reading.empty = arguments->verb->takes_none;
    return lk_model_read_data(model, path, &options, dataset, done);
}

void cli_print_note(const lk_items *items) {
    if (items != NULL && lk_items_note(items) != NULL) {
        printf("%s: %s\n", lk_items_path(items), lk_items_note(items));
    }
}

void cli_note_json(json_t *object, const lk_items *items) {
    if (items != NULL && lk_items_note(items) != NULL) {
        json_object_set_new_nocheck(object, "note", lk_json_bytes(lk_items_note(items)));
    }
}

const char *cli_bound(const lk_model *model) {
    return lk_model_bound(model) ? "<= " : "";
}

void cli_print_bound(const lk_model *model) {
    char view[LK_VIEW_TEXT];
    if (lk_model_bound(model)) {
        lk_view_print(lk_model_view(model), view);
        printf("a bound: the view %s adds to what it tells of, and what is added costs too\n",
               view);
    }
}

void cli_bound_json(json_t *object, const lk_model *model) {
    if (lk_model_bound(model)) {
        json_object_set_new(object, "bound", json_true());
    }
}

/* ---- progress -------------------------------------------------------------------------------- */

bool cli_on_terminal(void) {
    return isatty(STDERR_FILENO) == 1;
}

void cli_duration(double seconds, char text[32]) {
    long long s = seconds < 0.0 || !isfinite(seconds) ? 0 : (long long)(seconds + 0.5);
    if (s >= 3600) {
        snprintf(text, 32, "%lld h %02lld min", s / 3600, s / 60 % 60);
    } else if (s >= 60) {
        snprintf(text, 32, "%lld min %02lld s", s / 60, s % 60);
    } else {
        snprintf(text, 32, "%lld s", s);
    }
}

cli_progress cli_progress_begin(const cli_arguments *arguments, const char *doing) {
    return (cli_progress){.doing = doing,
                          .shown = cli_on_terminal() && !cli_has(arguments, "quiet"),
                          .began = lk_seconds()};
}

void cli_progress_show(void *argument, int64_t done, int64_t count) {
    cli_progress *progress = argument;
    double now = lk_seconds();
    if (!progress->shown || (now - progress->last < 0.1 && done < count)) {
        return;
    }
    progress->last = now;
    double rate = (double)done / (now - progress->began + 1e-9);
    char left[32];
    cli_duration((double)(count - done) / (rate + 1e-9), left);
    fprintf(stderr, "\r%s %lld of %lld, %.0f a second, %s left\033[K", progress->doing,
            (long long)done, (long long)count, rate, left);
    fflush(stderr);
}

bool cli_progress_go_on(void *progress, int64_t done, int64_t count) {
    cli_progress_show(progress, done, count);
    return true;
}

void cli_progress_end(cli_progress *progress) {
    if (progress->shown && progress->last > 0.0) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
    }
}

/* ---- output ---------------------------------------------------------------------------------- */

int cli_finish_output(void) {
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "likely: cannot write to standard output\n");
        return EXIT_FAULT;
    }
    return EXIT_DONE;
}

json_t *cli_history(const lk_model *model) {
    json_error_t error;
    json_t *history = NULL;
    const char *text = model->history != NULL ? model->history : "{}";
    if (lk_json_parse(model->context, "history", text, strlen(text), &history, &error) != LK_OK) {
        cli_fault(model->context);
        return NULL;
    }
    return history != NULL ? history : json_object();
}

/* As text first, so that nothing is printed of what found no room. */
int cli_print_json(json_t *object) {
    char *text =
        lk_json_text(object, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17));
    json_decref(object);
    if (text == NULL || lk_json_starved()) {
        lk_release(text);
        fprintf(stderr, "likely: out of memory\n");
        return EXIT_FAULT;
    }
    puts(text);
    lk_release(text);
    return cli_finish_output();
}
