/* likely sample for a model of texts: characters as they are drawn. To standard output the streams
 * go one after the other: the first of those drawn side by side as it grows, the others when it is
 * done. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/measure.h"
#include "cli/text.h"
#include "jobs/stream_sample.h"

#define BATCH_MOST 64
#define WAITING_MOST ((int64_t)1 << 26) /* bytes of streams that wait for the first one */

/* Where one stream goes. */
typedef struct outlet {
    lk_writer *writer; /* to a file; or NULL */
    uint8_t *waiting;  /* [size]; NULL: it goes to standard output at once */
    int64_t size;
    uint8_t last; /* byte put */
} outlet;

typedef struct gallery {
    const cli_arguments *arguments;
    const lk_model *model;
    lk_stream_sample_options how; /* of the streams side by side */
    int64_t streams, batch;
    outlet outlets[BATCH_MOST];
    bool watched, closed; /* standard output: is a terminal; nobody reads it any more */
    cli_progress progress;
    int64_t done; /* symbols of all streams, prompts not counted */
} gallery;

/* ---- where characters go --------------------------------------------------------------------- */

/* NAME.txt, one of several: NAME-3.txt */
static char *name_file(const char *path, int64_t stream, int64_t streams) {
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path,
               *dot = strrchr(name, '.');
    size_t stem = dot != NULL && dot != name ? (size_t)(dot - path) : strlen(path),
           capacity = strlen(path) + 24;
    char *text = malloc(capacity);
    if (text != NULL && streams == 1) {
        snprintf(text, capacity, "%s", path);
    } else if (text != NULL) {
        snprintf(text, capacity, "%.*s-%lld%s", (int)stem, path, (long long)stream + 1,
                 path + stem);
    }
    return text;
}

static lk_status cannot_write(gallery *g) {
    g->closed = errno == EPIPE; /* as behind `| head`: who read it has enough */
    return g->closed ? LK_INTERRUPTED
                     : lk_fail(g->model->context, LK_IO, "cannot write to standard output: %s",
                               strerror(errno));
}

static lk_status print(gallery *g, const uint8_t *bytes, int64_t size) {
    bool flush = g->watched || (size > 0 && bytes[size - 1] == '\n');
    bool written =
        fwrite(bytes, 1, (size_t)size, stdout) == (size_t)size && (!flush || fflush(stdout) == 0);
    return written ? LK_OK : cannot_write(g);
}

static lk_status put(gallery *g, outlet *o, const uint8_t *bytes, int size) {
    o->last = bytes[size - 1];
    if (o->writer != NULL) {
        lk_writer_put(o->writer, bytes, size);
        return LK_OK;
    }
    if (o->waiting != NULL) {
        memcpy(o->waiting + o->size, bytes, (size_t)size);
        o->size += size;
        return LK_OK;
    }
    return print(g, bytes, size);
}

static lk_status take(void *argument, bool drawn, const uint32_t *characters) {
    gallery *g = argument;
    for (int64_t n = 0; n < g->how.count; n++) {
        uint8_t bytes[LK_UTF8_MOST];
        LK_TRY(put(g, &g->outlets[n], bytes, lk_utf8_put(characters[n], bytes)));
    }
    g->done += drawn ? g->how.count : 0;
    if (cli_has(g->arguments, "out")) {
        cli_progress_show(&g->progress, g->done, g->streams * g->how.length);
    }
    return LK_OK;
}

/* ---- streams side by side -------------------------------------------------------------------- */

static int64_t bytes_most(const gallery *g) {
    int64_t prompt = g->how.prompt != NULL ? lk_stream_bytes(g->how.prompt) : 0;
    return prompt +
           g->how.length * (g->model->data.symbols.kind == LK_SYMBOLS_BYTES ? 1 : LK_UTF8_MOST);
}

static lk_status open_outlet(const gallery *g, int64_t stream, outlet *o) {
    lk_context *context = g->model->context;
    const char *out = cli_text(g->arguments, "out", NULL);
    *o = (outlet){.last = '\n'};
    if (out != NULL) {
        char *path = name_file(out, stream, g->streams);
        lk_status status = path != NULL ? lk_writer_create(context, path, &o->writer)
                                        : lk_fail_no_memory(context, "a file's name", 0);
        free(path);
        return status;
    }
    if (stream > g->how.first) {
        o->waiting = lk_allocate(bytes_most(g), 1);
        return o->waiting != NULL ? LK_OK : lk_fail_no_memory(context, "streams", bytes_most(g));
    }
    return LK_OK;
}

static lk_status print_heading(gallery *g, int64_t stream) {
    char text[64];
    int size = snprintf(text, sizeof text, "==> stream %lld <==\n", (long long)stream + 1);
    return g->streams > 1 ? print(g, (uint8_t *)text, size) : LK_OK;
}

static lk_status print_ending(gallery *g, const outlet *o) {
    return (g->streams > 1 || g->watched) && o->last != '\n' ? print(g, (const uint8_t *)"\n", 1)
                                                             : LK_OK;
}

/* The others' turn. */
static lk_status print_waiting(gallery *g) {
    LK_TRY(print_ending(g, &g->outlets[0]));
    for (int64_t n = 1; n < g->how.count; n++) {
        LK_TRY(print_heading(g, g->how.first + n));
        LK_TRY(print(g, g->outlets[n].waiting, g->outlets[n].size));
        LK_TRY(print_ending(g, &g->outlets[n]));
    }
    return fflush(stdout) == 0 ? LK_OK : cannot_write(g);
}

static lk_status commit(gallery *g) {
    for (int64_t n = 0; n < g->how.count; n++) {
        lk_writer *writer = g->outlets[n].writer;
        g->outlets[n].writer = NULL;
        LK_TRY(lk_writer_commit(writer));
    }
    return LK_OK;
}

static lk_status draw_group(gallery *g) {
    bool files = cli_has(g->arguments, "out");
    for (int64_t n = 0; n < g->how.count; n++) {
        LK_TRY(open_outlet(g, g->how.first + n, &g->outlets[n]));
    }
    if (!files) {
        LK_TRY(print_heading(g, g->how.first));
    }
    LK_TRY(lk_stream_sample(g->model, &g->how));
    return files ? commit(g) : print_waiting(g);
}

static lk_status draw_all(gallery *g) {
    lk_status status = LK_OK;
    for (g->how.first = 0; status == LK_OK && g->how.first < g->streams; g->how.first += g->batch) {
        int64_t left = g->streams - g->how.first;
        g->how.count = left < g->batch ? left : g->batch;
        status = draw_group(g);
        for (int64_t n = 0; n < g->how.count; n++) {
            lk_writer_abandon(g->outlets[n].writer);
            lk_release(g->outlets[n].waiting);
            g->outlets[n] = (outlet){0};
        }
    }
    return g->closed ? LK_OK : status;
}

/* Side by side is faster; but what waits for the first stream must fit. */
static int64_t choose_batch(const gallery *g, int64_t asked) {
    int64_t batch = asked > 0 ? asked : BATCH_MOST;
    int64_t room =
        cli_has(g->arguments, "out") ? BATCH_MOST : 1 + WAITING_MOST / (bytes_most(g) + 1);
    batch = batch < room ? batch : room;
    batch = batch < BATCH_MOST ? batch : BATCH_MOST;
    return batch < g->streams ? batch : g->streams;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int report(const gallery *g, double seconds) {
    const char *out = cli_text(g->arguments, "out", NULL);
    double rate = (double)g->done / (seconds + 1e-9);
    if (cli_has(g->arguments, "json")) {
        return cli_print_json(json_pack(
            "{s:I, s:I, s:s, s:f, s:f}", "streams", (json_int_t)g->streams, "symbols",
            (json_int_t)g->done, "out", out, "seconds", seconds, "symbols_per_second", rate));
    }
    if (out != NULL) {
        printf("%lld streams of %lld symbols in %.2f s (%.0f symbols a second), written to %s\n",
               (long long)g->streams, (long long)g->how.length, seconds, rate, out);
        return cli_finish_output();
    }
    return EXIT_DONE;
}

static lk_status open_prompt(const cli_arguments *arguments, const lk_model *model,
                             lk_stream **prompt) {
    const char *text = cli_text(arguments, "prompt", ""),
               *path = cli_text(arguments, "prompt-file", NULL);
    *prompt = NULL;
    if (path != NULL) {
        return lk_stream_open(model->context, path, &model->data.symbols, prompt);
    }
    lk_bytes bytes = {.data = (uint8_t *)(uintptr_t)text, .size = (int64_t)strlen(text)};
    return bytes.size == 0
               ? LK_OK
               : lk_stream_parse(model->context, "--prompt", &bytes, &model->data.symbols, prompt);
}

static int begin(const cli_arguments *arguments, int64_t *length) {
    if (!cli_excludes(arguments, "given given-rows given-variables plain shape",
                      "models of examples") ||
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
    return EXIT_DONE;
}

int cli_sample_text(const cli_arguments *arguments, const lk_model *model,
                    const lk_sample_options *how) {
    int64_t length;
    lk_stream *prompt;
    if (begin(arguments, &length) != EXIT_DONE) {
        return EXIT_USAGE;
    }
    if (open_prompt(arguments, model, &prompt) != LK_OK) {
        return cli_fault(model->context);
    }
    gallery *g = calloc(1, sizeof *g);
    lk_status status =
        g == NULL ? lk_fail_no_memory(model->context, "streams", (int64_t)sizeof *g) : LK_OK;
    double began = lk_seconds();
    if (status == LK_OK) {
        *g = (gallery){.arguments = arguments,
                       .model = model,
                       .streams = how->count,
                       .watched = isatty(STDOUT_FILENO)};
        g->how = (lk_stream_sample_options){.length = length,
                                            .seed = how->seed,
                                            .temperature = how->temperature,
                                            .schedule = how->schedule,
                                            .prompt = prompt,
                                            .take = take,
                                            .argument = g};
        g->batch = choose_batch(g, how->batch);
        g->progress = cli_progress_begin(arguments, "sampling");
        signal(SIGPIPE, SIG_IGN); /* writing says so instead */
        status = draw_all(g);
        cli_progress_end(&g->progress);
    }
    int exit_status = status == LK_OK ? report(g, lk_seconds() - began) : cli_fault(model->context);
    lk_stream_close(prompt);
    free(g);
    return exit_status;
}
