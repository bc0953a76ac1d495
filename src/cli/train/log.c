#include "cli/train/log.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/append.h"
#include "base/guard.h"
#include "base/json.h"
#include "base/measure.h"
#include "base/memory.h"
#include "base/path.h"
#include "data/formats/formats.h"
#include "jobs/sample.h"
#include "train/events.h"

#define LINES "log.jsonl"
#define INTERVAL 1.0      /* seconds between numbers within an epoch, at least */
#define SAMPLES_SHARE 20  /* of the time, samples may take one part in so many */
#define PICTURES 16       /* of which a sheet of samples is made */
#define PIXELS_MOST 65536 /* of each: larger ones take too long to draw */
#define SYMBOLS 400       /* of a sample of a text */

struct train_log {
    lk_context *context;
    lk_events *events; /* owned */
    FILE *lines;       /* owned */
    char *path;        /* owned: of the lines */
    bool broken;
    double last;          /* when numbers were written */
    int64_t examples;     /* since then, */
    double nll_nats;      /* and their sum */
    double sampled, took; /* when samples were drawn, and how long it took */
};

/* ---- life ------------------------------------------------------------------------------------ */

static char *print_path(const char *folder) {
    return lk_print("%s/" LINES, folder);
}

static bool holds_log(const char *folder) {
    bool found = false;
    DIR *list = opendir(folder);
    for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;) {
        found =
            found || strstr(entry->d_name, "tfevents") != NULL || strcmp(entry->d_name, LINES) == 0;
    }
    if (list != NULL) {
        closedir(list);
    }
    return found;
}

/* The folder that it would be made in. */
static lk_status check_parent(lk_context *context, const char *folder) {
    char *parent = lk_path_folder(folder);
    if (parent == NULL) {
        return lk_fail_no_memory(context, "path", (int64_t)strlen(folder));
    }
    bool open = access(parent, W_OK | X_OK) == 0;
    lk_release(parent);
    return open
               ? LK_OK
               : lk_fail(context, LK_IO, "%s: cannot make the folder: %s", folder, strerror(errno));
}

/* No output of another name, and not one of the files in it. */
static lk_status guard_files(lk_context *context, const char *folder) {
    char *lines = print_path(folder);
    if (lines == NULL) {
        return lk_fail_no_memory(context, "path", (int64_t)strlen(folder));
    }
    lk_status status = lk_is_folder(folder) ? LK_OK : lk_guard_output(context, folder);
    status = status == LK_OK ? lk_guard_output_member(context, lines) : status;
    lk_release(lines);
    return status;
}

lk_status train_log_check(lk_context *context, const char *folder, bool resume) {
    struct stat about;
    if (strcmp(folder, "-") == 0) {
        return lk_fail(context, LK_INVALID, "-: a log is a folder of files: name one");
    }
    LK_TRY(guard_files(context, folder));
    if (stat(folder, &about) != 0) {
        return check_parent(context, folder);
    }
    if (!S_ISDIR(about.st_mode) || access(folder, W_OK | X_OK) != 0) {
        return lk_fail(context, LK_IO, "%s: is no folder that a log can be written into: %s",
                       folder, strerror(S_ISDIR(about.st_mode) ? errno : ENOTDIR));
    }
    return resume || !holds_log(folder)
               ? LK_OK
               : lk_fail(context, LK_INVALID,
                         "%s: holds the log of another training: give another folder, or --resume",
                         folder);
}

static lk_status open_files(train_log *log, const char *folder) {
    lk_context *context = log->context;
    log->path = print_path(folder);
    if (log->path == NULL) {
        return lk_fail_no_memory(context, "path", (int64_t)strlen(folder));
    }
    LK_TRY(lk_guard_folder(context, folder));
    LK_TRY(lk_append_open(context, log->path, &log->lines));
    return lk_events_create(context, folder, &log->events);
}

lk_status train_log_open(lk_context *context, const char *folder, train_log **log) {
    *log = NULL;
    train_log *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(context, "log", (int64_t)sizeof *made);
    }
    made->context = context;
    lk_status status = open_files(made, folder);
    if (status != LK_OK) {
        train_log_close(made);
        return status;
    }
    *log = made;
    return LK_OK;
}

void train_log_close(train_log *log) {
    if (log != NULL) {
        if (log->lines != NULL) {
            fclose(log->lines);
        }
        lk_events_close(log->events);
        lk_release(log->path);
        lk_release(log);
    }
}

static void finish(train_log *log, lk_status status) {
    if (status == LK_OK && !log->broken) {
        status = lk_events_flush(log->events);
    }
    if (status != LK_OK && !log->broken) {
        log->broken = true;
        fprintf(stderr, "likely: %s: the log ends here, the training goes on\n",
                lk_context_message(log->context));
    }
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* In both files. */
static void put(train_log *log, json_t *line, int64_t step, const char *key, const char *tag,
                double value) {
    if (isfinite(value)) {
        lk_events_number(log->events, step, tag, value);
    }
    json_object_set_new(line, key, lk_json_number(value));
}

/* Takes the line. */
static lk_status write_line(train_log *log, json_t *line) {
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(8));
    bool written = text != NULL && fprintf(log->lines, "%s\n", text) > 0 && fflush(log->lines) == 0;
    lk_status status = text == NULL ? lk_fail_no_memory(log->context, "log", 0)
                       : written    ? LK_OK
                                 : lk_fail(log->context, LK_IO, "%s: cannot write: %s", log->path,
                                           strerror(errno));
    lk_release(text);
    json_decref(line);
    return status;
}

static lk_status write_numbers(train_log *log, const lk_train_progress *p, double per_symbol) {
    double nll = log->nll_nats / (double)log->examples / per_symbol;
    json_t *line = json_pack("{s:I, s:I, s:f}", "step", (json_int_t)p->steps, "epoch",
                             (json_int_t)p->epoch, "seconds", p->seconds);
    put(log, line, p->steps, "train_nll_nats", "nll/train", nll);
    put(log, line, p->steps, "learning_rate", "learning_rate", p->learning_rate);
    put(log, line, p->steps, "examples_per_second", "examples_per_second", p->examples_per_second);
    if (p->epoch_ended) {
        put(log, line, p->steps, "epoch_train_nll_nats", "nll/epoch",
            p->train_nll_nats / per_symbol);
        put(log, line, p->steps, "valid_nll_nats", "nll/valid", p->valid_nll_nats / per_symbol);
    }
    log->examples = 0;
    log->nll_nats = 0;
    log->last = lk_seconds();
    return write_line(log, line);
}

void train_log_step(train_log *log, const lk_train_progress *p, double per_symbol) {
    if (log == NULL || log->broken) {
        return;
    }
    log->examples += p->recent;
    log->nll_nats += p->recent > 0 ? p->recent_nll_nats * (double)p->recent : 0;
    if (p->epoch_ended || (log->examples > 0 && lk_seconds() - log->last >= INTERVAL)) {
        finish(log, write_numbers(log, p, per_symbol));
    }
    if (p->model != NULL && lk_seconds() - log->sampled >= SAMPLES_SHARE * log->took) {
        train_log_samples(log, p->model, p->steps);
    }
}

void train_log_fit(train_log *log, int64_t iteration, double train_nll_nats,
                   double valid_nll_nats) {
    if (log != NULL && !log->broken) {
        json_t *line = json_pack("{s:I}", "step", (json_int_t)iteration);
        put(log, line, iteration, "train_nll_nats", "nll/train", train_nll_nats);
        put(log, line, iteration, "valid_nll_nats", "nll/valid", valid_nll_nats);
        finish(log, write_line(log, line));
    }
}

/* ---- samples --------------------------------------------------------------------------------- */

static lk_status put_sheet(train_log *log, const lk_model *model, const lk_dataset *drawn,
                           int64_t step) {
    lk_sheet sheet;
    lk_buffer png = {0};
    LK_TRY(lk_sheet_init(log->context, "samples", lk_tile_of(drawn->shape), drawn->examples, 1,
                         &sheet));
    for (int64_t i = 0; i < drawn->examples; i++) {
        lk_sheet_draw(&sheet, i, 0, drawn->values + i * drawn->variables, sheet.tile.channels,
                      model->data.alphabet);
    }
    lk_status status = lk_sheet_encode(log->context, "samples", &sheet, &png);
    if (status == LK_OK) {
        lk_events_picture(log->events, step, "samples", sheet.height, sheet.width,
                          sheet.tile.channels, png.data, png.size);
    }
    lk_buffer_release(&png);
    lk_sheet_deinit(&sheet);
    return status;
}

/* Bytes that are no ASCII are shown as a question mark: what is read must be UTF-8. */
static void put_text(train_log *log, const lk_model *model, const lk_dataset *drawn, int64_t step) {
    char text[SYMBOLS * LK_UTF8_MOST + 1];
    int64_t size = 0;
    for (int64_t i = 0; i < drawn->variables && i < SYMBOLS; i++) {
        uint32_t character = lk_symbols_character(&model->data.symbols, drawn->values[i]);
        uint8_t bytes[LK_UTF8_MOST];
        int64_t count = lk_utf8_put(character, bytes);
        bool whole = model->data.symbols.kind == LK_SYMBOLS_CHARACTERS || bytes[0] < 0x80;
        for (int64_t k = 0; k < count && bytes[0] != 0; k++) {
            text[size++] = whole ? (char)bytes[k] : '?';
        }
    }
    text[size] = '\0';
    lk_events_text(log->events, step, "samples", text);
}

/* Of a slower sequence that nobody gives there are no samples. */
static bool drawable(const lk_model *model) {
    if (model->data.local.alphabet > 0) {
        return false;
    }
    lk_sheet_tile tile = lk_tile_of(model->data.shape);
    bool sound = lk_data_is_sound(&model->data);
    return (model->data.stream && !sound) || (model->data.columns == NULL && tile.height > 1 &&
                                              tile.height * tile.width <= PIXELS_MOST);
}

static lk_status sample(train_log *log, const lk_model *model, int64_t step) {
    uint16_t labels[PICTURES];
    bool text = model->data.stream;
    for (int i = 0; i < PICTURES && model->data.labels > 0; i++) {
        labels[i] = (uint16_t)(i % model->data.labels);
    }
    lk_sample_options how = {.count = text ? 1 : PICTURES,
                             .seed = 1,
                             .temperature = 1.0f,
                             .shape = text ? (lk_shape){1, {SYMBOLS}} : model->data.shape,
                             .labels = model->data.labels > 0 ? labels : NULL,
                             .label_count = PICTURES};
    lk_dataset *drawn;
    lk_status status = lk_sample(model, &how, &drawn);
    if (status == LK_OK && text) {
        put_text(log, model, drawn, step);
    } else if (status == LK_OK) {
        status = put_sheet(log, model, drawn, step);
    }
    lk_dataset_destroy(drawn);
    return status;
}

void train_log_samples(train_log *log, const lk_model *model, int64_t step) {
    if (log == NULL || log->broken || !drawable(model)) {
        return;
    }
    double began = lk_seconds();
    finish(log, sample(log, model, step));
    log->sampled = lk_seconds();
    log->took = log->sampled - began;
}
