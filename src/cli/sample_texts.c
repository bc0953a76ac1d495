/* likely sample for a model of texts: characters as they are drawn. To standard output the texts go
 * one after the other: the first of those drawn side by side as it grows, the others when it is
 * done. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/measure.h"
#include "base/memory.h"
#include "base/path.h"
#include "cli/files.h"
#include "cli/sample_group.h"
#include "cli/text.h"
#include "data/formats/formats.h"

#define WAITING_MOST ((int64_t)1 << 26) /* bytes of texts that wait for the first one */

/* Where one text goes. */
typedef struct outlet {
    lk_writer *writer; /* to a file; or NULL */
    uint8_t *waiting;  /* [size]; NULL: it goes to standard output at once */
    int64_t size;
    uint8_t last; /* byte put */
} outlet;

typedef struct gallery {
    const cli_arguments *arguments;
    const lk_model *model;
    const char *named;     /* --out; or NULL */
    const char *out;       /* the same, if it is a file; else texts go, as they are drawn, */
    FILE *to;              /* to this, */
    lk_sample_options how; /* of the texts side by side */
    int64_t texts, length; /* all of them; symbols to be drawn of each */
    outlet outlets[CLI_SIDE_BY_SIDE_MOST];
    lk_batch ended;       /* files of texts that are drawn */
    bool watched, closed; /* which is a terminal; nobody reads it any more */
    cli_progress progress;
    int64_t done; /* symbols of all texts, prompts not counted */
} gallery;

/* ---- where characters go --------------------------------------------------------------------- */

char *cli_sample_name(const char *path, int64_t text, int64_t texts) {
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t stem = dot != NULL && dot != name ? (size_t)(dot - path) : strlen(path);
    return texts == 1 ? lk_duplicate(path)
                      : lk_print("%.*s-%lld%s", (int)stem, path, (long long)text + 1, path + stem);
}

static lk_status cannot_write(gallery *g) {
    g->closed = errno == EPIPE; /* as behind `| head`: who read it has enough */
    return g->closed ? LK_INTERRUPTED
                     : lk_fail(g->model->context, LK_IO, "%s: cannot write: %s",
                               g->named != NULL ? g->named : "standard output", strerror(errno));
}

static lk_status print(gallery *g, const void *bytes, int64_t size) {
    bool flush = g->watched || (size > 0 && ((const uint8_t *)bytes)[size - 1] == '\n');
    bool written =
        fwrite(bytes, 1, (size_t)size, g->to) == (size_t)size && (!flush || fflush(g->to) == 0);
    return written ? LK_OK : cannot_write(g);
}

static lk_status put(gallery *g, outlet *o, const uint8_t *bytes, int size) {
    o->last = bytes[size - 1];
    if (o->writer != NULL) {
        lk_writer_put(o->writer, bytes, size);
    } else if (o->waiting != NULL) {
        memcpy(o->waiting + o->size, bytes, (size_t)size);
        o->size += size;
    } else {
        return print(g, bytes, size);
    }
    return LK_OK;
}

static lk_status take(void *argument, bool drawn, const uint16_t *symbols) {
    gallery *g = argument;
    for (int64_t n = 0; n < g->how.count; n++) {
        uint8_t bytes[LK_UTF8_MOST];
        uint32_t character = lk_symbols_character(&g->model->data.symbols, symbols[n]);
        LK_TRY(put(g, &g->outlets[n], bytes, lk_utf8_put(character, bytes)));
    }
    g->done += drawn ? g->how.count : 0;
    if (g->out != NULL) {
        cli_progress_show(&g->progress, g->done, g->texts * g->length);
    }
    return LK_OK;
}

/* ---- texts side by side ---------------------------------------------------------------------- */

static int64_t bytes_most(const gallery *g) {
    return g->how.shape.size[0] *
           (g->model->data.symbols.kind == LK_SYMBOLS_BYTES ? 1 : LK_UTF8_MOST);
}

static lk_status open_outlet(const gallery *g, int64_t text, outlet *o) {
    lk_context *context = g->model->context;
    *o = (outlet){.last = '\n'};
    if (g->out != NULL) {
        char *path = cli_sample_name(g->out, text, g->texts);
        lk_status status = path != NULL ? lk_writer_create(context, path, &o->writer)
                                        : lk_fail_no_memory(context, "a file's name", 0);
        lk_release(path);
        return status;
    }
    if (text > g->how.first) {
        o->waiting = lk_allocate(bytes_most(g), 1);
        return o->waiting != NULL ? LK_OK : lk_fail_no_memory(context, "texts", bytes_most(g));
    }
    return LK_OK;
}

static lk_status print_heading(gallery *g, int64_t text) {
    char line[64];
    int size = snprintf(line, sizeof line, "==> stream %lld <==\n", (long long)text + 1);
    return g->texts > 1 ? print(g, line, size) : LK_OK;
}

static lk_status print_ending(gallery *g, const outlet *o) {
    return (g->texts > 1 || g->watched) && o->last != '\n' ? print(g, "\n", 1) : LK_OK;
}

/* The others' turn. */
static lk_status print_waiting(gallery *g) {
    LK_TRY(print_ending(g, &g->outlets[0]));
    for (int64_t n = 1; n < g->how.count; n++) {
        LK_TRY(print_heading(g, g->how.first + n));
        LK_TRY(print(g, g->outlets[n].waiting, g->outlets[n].size));
        LK_TRY(print_ending(g, &g->outlets[n]));
    }
    return fflush(g->to) == 0 ? LK_OK : cannot_write(g);
}

static lk_status hold(gallery *g) {
    for (int64_t n = 0; n < g->how.count; n++) {
        lk_writer *writer = g->outlets[n].writer;
        g->outlets[n].writer = NULL;
        LK_TRY(lk_writer_hold(writer, &g->ended));
    }
    return LK_OK;
}

static lk_status draw_group(void *owner) {
    gallery *g = owner;
    for (int64_t n = 0; n < g->how.count; n++) {
        LK_TRY(open_outlet(g, g->how.first + n, &g->outlets[n]));
    }
    if (g->out == NULL) {
        LK_TRY(print_heading(g, g->how.first));
    }
    LK_TRY(lk_sample_texts(g->model, &g->how, take, g));
    return g->out != NULL ? hold(g) : print_waiting(g);
}

static void abandon(void *owner, int64_t n) {
    gallery *g = owner;
    lk_writer_abandon(g->outlets[n].writer);
    lk_release(g->outlets[n].waiting);
    g->outlets[n] = (outlet){0};
}

/* Side by side is faster; but what waits for the first text must fit. */
static int64_t choose_batch(const gallery *g) {
    int64_t room = g->out != NULL ? CLI_SIDE_BY_SIDE_MOST : 1 + WAITING_MOST / (bytes_most(g) + 1);
    return cli_sample_batch(g->how.batch, g->texts,
                            room < CLI_SIDE_BY_SIDE_MOST ? room : CLI_SIDE_BY_SIDE_MOST);
}

static lk_status draw_all(gallery *g) {
    const cli_sample_group group = {
        .model = g->model,
        .how = &g->how,
        .count = g->texts,
        .batch = choose_batch(g),
        .draw = draw_group,
        .abandon = abandon,
        .owner = g,
        .ended = &g->ended,
    };
    lk_status status = cli_sample_groups(&group);
    return g->closed ? LK_OK : status;
}

/* ---- the verb -------------------------------------------------------------------------------- */

/* The files of several texts. */
static json_t *list_files(const gallery *g) {
    json_t *list = json_array();
    for (int64_t i = 0; i < g->texts; i++) {
        char *path = cli_sample_name(g->named, i, g->texts);
        json_array_append_new(list, lk_json_bytes(path != NULL ? path : ""));
        lk_release(path);
    }
    return list;
}

static int report_json(const gallery *g, const char *out, double seconds, double rate) {
    json_t *object = json_pack("{s:I, s:I, s:o, s:f, s:f}", "streams", (json_int_t)g->texts,
                               "symbols", (json_int_t)g->done, "out", lk_json_bytes(out), "seconds",
                               seconds, "symbols_per_second", rate);
    if (g->out != NULL && g->texts > 1) {
        json_object_set_new(object, "files", list_files(g));
    }
    return cli_print_json(object);
}

static int report(const gallery *g, double seconds) {
    double rate = (double)g->done / (seconds + 1e-9);
    int64_t texts = g->out != NULL ? g->texts : 1; /* what is no file gets all of them */
    char *first = g->named != NULL ? cli_sample_name(g->named, 0, texts) : NULL,
         *last = g->named != NULL ? cli_sample_name(g->named, texts - 1, texts) : NULL;
    int status = EXIT_DONE;
    if (g->named != NULL && (first == NULL || last == NULL)) {
        lk_fail_no_memory(g->model->context, "a file's name", 0);
        status = cli_fault(g->model->context);
    } else if (cli_has(g->arguments, "json")) {
        status = report_json(g, first, seconds, rate);
    } else if (g->named != NULL) {
        printf(
            "%lld streams of %lld symbols in %.2f s (%.0f symbols a second), written to %s%s%s\n",
            (long long)g->texts, (long long)g->length, seconds, rate, first,
            texts > 1 ? " to " : "", texts > 1 ? last : "");
        status = cli_finish_output();
    }
    lk_release(first);
    lk_release(last);
    return status;
}

/* A text is written as it is: a name that says otherwise is a mistake. */
static int check_ending(const cli_arguments *arguments) {
    static const char *const others[] = {".gz",  ".xz",  ".zst", ".bz2", ".npy",
                                         ".npz", ".png", ".jpg", ".jpeg"};
    const char *out = cli_text(arguments, "out", ""), *dot = strrchr(out, '.');
    for (size_t i = 0; dot != NULL && i < sizeof others / sizeof *others; i++) {
        if (strcasecmp(dot, others[i]) == 0) {
            return cli_usage(arguments, "--out %s: texts are written as they are, and %s is none",
                             out, others[i]);
        }
    }
    return EXIT_DONE;
}

/* A pipe or a device gets the texts as standard output does. */
static lk_status open_all(gallery *g) {
    if (g->named != NULL && (lk_names_folder(g->named) || lk_is_folder(g->named))) {
        return lk_fail(g->model->context, LK_INVALID, "%s: names a folder; name a file", g->named);
    }
    bool whole = g->named != NULL && cli_files_whole(g->model->context, g->named);
    g->out = whole ? g->named : NULL;
    if (g->named != NULL && !whole) {
        LK_TRY(cli_files_stream(g->model->context, g->named, &g->to));
    }
    g->watched = isatty(fileno(g->to));
    return LK_OK;
}

static int check_options(const cli_arguments *arguments, int64_t *length) {
    if (!cli_excludes(arguments, "given " CLI_SAMPLE_OF_EXAMPLES, "models of examples") ||
        !cli_integer(arguments, "length", 0, (int64_t)1 << 48, 1000, length)) {
        return EXIT_USAGE;
    }
    if (cli_has(arguments, "prompt") && cli_has(arguments, "prompt-file")) {
        return cli_usage(arguments, "--prompt and --prompt-file exclude each other");
    }
    if (cli_has(arguments, "json") && !cli_has(arguments, "out")) {
        return cli_usage(
            arguments, "--json needs --out FILE, because the text itself goes to standard output");
    }
    return check_ending(arguments);
}

int cli_sample_texts(const cli_arguments *arguments, const lk_model *model,
                     lk_sample_options *how) {
    lk_given prompt;
    gallery g = {.arguments = arguments,
                 .model = model,
                 .named = cli_text(arguments, "out", NULL),
                 .to = stdout,
                 .how = *how,
                 .texts = how->count};
    if (check_options(arguments, &g.length) != EXIT_DONE) {
        return EXIT_USAGE;
    }
    if (cli_sample_beginning(arguments, model, &g.how, &prompt) != LK_OK ||
        cli_sample_length(arguments, model, &g.how, &g.length) != LK_OK) {
        lk_given_deinit(&prompt);
        return cli_fault(model->context);
    }
    g.how.shape = (lk_shape){1, {prompt.variables + g.length}};
    signal(SIGPIPE, SIG_IGN);                          /* writing says so instead */
    lk_status status = lk_sample_check(model, &g.how); /* a heading comes before the first text */
    status = status == LK_OK ? open_all(&g) : status;
    g.progress = cli_progress_begin(arguments, "sampling");
    status = status == LK_OK ? draw_all(&g) : status;
    if (g.to != stdout && g.to != NULL && fclose(g.to) != 0 && status == LK_OK && !g.closed) {
        status = cannot_write(&g);
    }
    cli_progress_end(&g.progress);
    lk_given_deinit(&prompt);
    return status == LK_OK ? report(&g, lk_seconds() - g.progress.began)
                           : cli_fault(model->context);
}
