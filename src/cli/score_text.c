/* likely score for a model of texts: how strange each line is, and where in it the surprise
 * lies. */
#include <string.h>

#include "base/file.h"
#include "base/measure.h"
#include "cli/text.h"
#include "jobs/stream_lines.h"
#include "jobs/stream_map.h"

typedef struct scorer {
    const cli_arguments *arguments;
    const lk_model *model;
    lk_stream_likelihood likelihood;
    lk_stream_lines lines;
    lk_stream_map *map; /* or NULL */
    lk_writer *csv;     /* or NULL */
} scorer;

static double bits_per_symbol(const lk_stream_line *line) {
    return line->nll_nats / LK_NATS_PER_BIT / (double)line->symbols;
}

static lk_status take_line(void *argument, const lk_stream_line *line) {
    scorer *s = argument;
    if (s->csv != NULL) {
        lk_writer_printf(s->csv, "%lld,%lld,%.9g,%.9g,%.9g\n", (long long)line->number,
                         (long long)line->symbols, line->nll_nats, bits_per_symbol(line),
                         line->score);
    }
    return LK_OK;
}

static lk_status take(void *argument, const lk_stream_piece *piece) {
    scorer *s = argument;
    lk_stream_likelihood_add(&s->likelihood, &s->model->data.symbols, piece);
    if (s->map != NULL) {
        lk_stream_map_add(s->map, piece);
    }
    return lk_stream_lines_add(&s->lines, piece);
}

static lk_status open_outputs(scorer *s, int64_t top, int64_t map_symbols) {
    lk_context *context = s->model->context;
    const char *out = cli_text(s->arguments, "out", NULL),
               *map = cli_text(s->arguments, "map", NULL);
    LK_TRY(lk_stream_lines_init(context, top, &s->lines));
    s->lines.take = take_line;
    s->lines.argument = s;
    if (map != NULL) {
        LK_TRY(lk_stream_map_create(context, map, map_symbols, &s->map));
    }
    if (out != NULL) {
        LK_TRY(lk_writer_create(context, out, &s->csv));
        lk_writer_printf(s->csv, "line,symbols,nll_nats,bits_per_symbol,score\n");
    }
    return LK_OK;
}

static lk_status commit(scorer *s) {
    lk_stream_map *map = s->map;
    lk_writer *csv = s->csv;
    s->map = NULL;
    if (map != NULL) {
        LK_TRY(lk_stream_map_commit(map, cli_text(s->arguments, "data", NULL),
                                    s->arguments->positional[0], &s->likelihood));
    }
    s->csv = NULL;
    return csv != NULL ? lk_writer_commit(csv) : LK_OK;
}

static lk_status score(scorer *s, lk_stream *stream, int64_t top, int64_t map_symbols, float rate) {
    LK_TRY(open_outputs(s, top, map_symbols));
    s->likelihood = (lk_stream_likelihood){.symbols = lk_stream_length(stream),
                                           .bytes = lk_stream_bytes(stream)};
    cli_progress progress = cli_progress_begin(s->arguments, "scoring");
    lk_stream_walk walk = {.take = take,
                           .argument = s,
                           .progress = cli_progress_show,
                           .progress_argument = &progress,
                           .learning_rate = rate};
    lk_status status = lk_stream_walk_along(s->model, stream, &walk);
    cli_progress_end(&progress);
    LK_TRY(status);
    LK_TRY(lk_stream_lines_end(&s->lines));
    return commit(s);
}

/* ---- results --------------------------------------------------------------------------------- */

/* A line's beginning, what cannot be printed replaced. */
static void print_beginning(const lk_stream_line *line) {
    for (int32_t i = 0; i < line->shown; i++) {
        uint8_t bytes[LK_UTF8_MOST];
        uint32_t c = line->beginning[i];
        uint32_t byte = c >= LK_UTF8_BYTE ? c - LK_UTF8_BYTE : c;
        bool plain = byte >= 0x20 && byte != 0x7F && (c >= LK_UTF8_BYTE || c < 0x80 || c > 0x9F);
        fwrite(bytes, 1, (size_t)lk_utf8_put(plain ? c : '?', bytes), stdout);
    }
}

static int print_text(const scorer *s) {
    const lk_stream_likelihood *l = &s->likelihood;
    double nats = l->nll_nats / (double)l->symbols;
    printf("%lld lines of %lld symbols: NLL %.4f nats per symbol (%.4f bits)\n",
           (long long)s->lines.count, (long long)l->symbols, nats, nats / LK_NATS_PER_BIT);
    printf("the strangest, by nats per symbol:\n%10s %8s %8s  %s\n", "line", "symbols", "score",
           "text");
    for (int64_t i = 0; i < s->lines.strangest_count; i++) {
        const lk_stream_line *line = &s->lines.strangest[i];
        printf("%10lld %8lld %8.4f  ", (long long)line->number, (long long)line->symbols,
               line->score);
        print_beginning(line);
        putchar('\n');
    }
    return cli_finish_output();
}

static int print_json(const scorer *s) {
    const lk_stream_likelihood *l = &s->likelihood;
    json_t *strangest = json_array();
    for (int64_t i = 0; i < s->lines.strangest_count; i++) {
        const lk_stream_line *line = &s->lines.strangest[i];
        json_array_append_new(strangest, json_pack("{s:I, s:I, s:o, s:o, s:o}", "line",
                                                   (json_int_t)line->number, "symbols",
                                                   (json_int_t)line->symbols, "nll_nats",
                                                   cli_number(line->nll_nats), "bits_per_symbol",
                                                   cli_number(bits_per_symbol(line)), "score",
                                                   cli_number(line->score)));
    }
    return cli_print_json(json_pack(
        "{s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "lines", (json_int_t)s->lines.count, "symbols",
        (json_int_t)l->symbols, "bytes", (json_int_t)l->bytes, "escaped_characters",
        (json_int_t)l->escapes, "nll_nats", cli_number(l->nll_nats), "bits_per_symbol",
        cli_number(l->nll_nats / LK_NATS_PER_BIT / (double)l->symbols), "strangest", strangest));
}

int cli_score_text(const cli_arguments *arguments, const lk_model *model) {
    int64_t top, map_symbols;
    float rate;
    if (!cli_excludes(arguments,
                      "alphabet shape binarize binarize-seed labels against complexity map-scale",
                      "models of examples") ||
        !cli_adapt(arguments, &rate) || !cli_integer(arguments, "top", 1, 100000, 10, &top) ||
        !cli_integer(arguments, "map-symbols", 1, (int64_t)1 << 48, 100000, &map_symbols)) {
        return EXIT_USAGE;
    }
    const char *map = cli_text(arguments, "map", "x.html");
    if (strlen(map) < 5 || strcmp(map + strlen(map) - 5, ".html") != 0) {
        return cli_usage(arguments, "--map %s: the map of a text is a page, NAME.html", map);
    }
    lk_stream *stream;
    int status = cli_text_open(arguments, model, &stream);
    if (status != EXIT_DONE) {
        return status;
    }
    scorer s = {.arguments = arguments, .model = model};
    status = score(&s, stream, top, map_symbols, rate) != LK_OK ? cli_fault(model->context)
             : cli_has(arguments, "json")                       ? print_json(&s)
                                                                : print_text(&s);
    lk_stream_map_abandon(s.map);
    lk_writer_abandon(s.csv);
    lk_stream_lines_deinit(&s.lines);
    lk_stream_close(stream);
    return status;
}
