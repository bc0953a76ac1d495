/* likely score of a text: how strange each line is. */
#include <string.h>

#include "base/measure.h"
#include "cli/scorer.h"

static bool has_several(const scorer *s) {
    return s->items != NULL && lk_items_count(s->items) > 1;
}

/* Of several texts, which of them: its name in their folder. */
static const char *name_of(const scorer *s, const lk_text_score *line) {
    const char *name = lk_items_name(s->items, line->item), *folder = lk_items_path(s->items);
    size_t length = strlen(folder);
    bool within = strncmp(name, folder, length) == 0 && name[length] == '/';
    return within ? name + length + 1 : name;
}

static void fill(const scorer *s, const lk_text_score *line, lk_row *row) {
    if (has_several(s)) {
        lk_row_add(row, lk_cell_text("text", name_of(s, line)));
    }
    lk_row_add(row, lk_cell_integer("line", line->number));
    lk_row_add(row, lk_cell_integer("symbols", line->symbols));
    lk_row_add(row, lk_cell_real("nll_nats", line->nll_nats));
    lk_row_add(row, lk_cell_real("bits_per_symbol", line->score / LK_NATS_PER_BIT));
    lk_row_add(row, lk_cell_real("score", line->score));
}

static lk_status write_line(void *argument, const lk_text_score *line) {
    const scorer *s = argument;
    lk_row row = {.count = 0};
    fill(s, line, &row);
    return lk_table_put(s->table, row.cell, row.count);
}

static lk_status open_outputs(scorer *s) {
    lk_context *context = s->session.context;
    const char *out = cli_text(s->arguments, "out", NULL),
               *map = cli_text(s->arguments, "map", NULL);
    if (map != NULL && s->items != NULL) {
        LK_TRY(lk_page_create(context, map, s->map_symbols, &s->page));
    }
    if (out != NULL) {
        lk_row row = {.count = 0};
        fill(s, &(lk_text_score){0}, &row);
        LK_TRY(lk_table_create(context, out, row.cell, row.count, &s->table));
        s->lines.take = write_line;
        s->lines.argument = s;
    }
    return LK_OK;
}

/* Of an empty text: a table of no lines. */
static lk_status score_none(scorer *s) {
    return cli_has(s->arguments, "map")
               ? lk_fail(s->session.context, LK_INVALID, "%s: there is no text to draw a map of",
                         cli_text(s->arguments, "data", NULL))
               : open_outputs(s);
}

static lk_status walk(scorer *s) {
    lk_context *context = s->session.context;
    if (has_several(s) && cli_has(s->arguments, "map")) {
        return lk_fail(context, LK_UNSUPPORTED,
                       "%s: a page shows one text: name it, or leave out --map",
                       lk_items_path(s->items));
    }
    LK_TRY(lk_lines_init(context, s->top, &s->lines));
    LK_TRY(lk_evaluation_init(context, s->items, &s->evaluation));
    LK_TRY(open_outputs(s));
    const lk_sink sinks[] = {lk_evaluation_sink(&s->evaluation), lk_lines_sink(&s->lines),
                             lk_page_sink(s->page)};
    s->how.lanes = 1;
    return lk_walk_once(s->session.model, s->items, &s->how, sinks, s->page != NULL ? 3 : 2);
}

static lk_status commit(scorer *s) {
    lk_page *page = s->page;
    lk_table *table = s->table;
    lk_batch held = {0}; /* of two outputs both or none */
    s->page = NULL;
    s->table = NULL;
    lk_status status = table != NULL ? lk_table_hold(table, &held) : LK_OK;
    if (status == LK_OK && page != NULL) {
        status =
            lk_page_commit(page, cli_text(s->arguments, "data", NULL), s->arguments->positional[0]);
        page = NULL;
    }
    lk_page_abandon(page);
    status = status == LK_OK ? lk_batch_commit(s->session.context, &held) : status;
    lk_batch_abandon(&held);
    return status;
}

lk_status score_text(scorer *s) {
    LK_TRY(s->items == NULL ? score_none(s) : walk(s));
    return commit(s);
}

void score_release_text(scorer *s) {
    lk_page_abandon(s->page);
    lk_table_abandon(s->table);
    lk_lines_deinit(&s->lines);
    lk_evaluation_deinit(&s->evaluation);
}

/* A line's beginning, what cannot be printed replaced. */
static void print_beginning(const lk_text_score *line) {
    for (int32_t i = 0; i < line->shown; i++) {
        uint8_t bytes[LK_UTF8_MOST];
        uint32_t c = line->beginning[i];
        uint32_t byte = c >= LK_UTF8_BYTE ? c - LK_UTF8_BYTE : c;
        bool plain = byte >= 0x20 && byte != 0x7F && (c >= LK_UTF8_BYTE || c < 0x80 || c > 0x9F);
        fwrite(bytes, 1, (size_t)lk_utf8_put(plain ? c : '?', bytes), stdout);
    }
}

double score_nll_of_all(const scorer *s) {
    double nll = 0.0;
    for (int64_t i = 0; s->items != NULL && i < s->evaluation.items; i++) {
        nll += s->evaluation.nll_nats[i];
    }
    return nll;
}

static int print_text(const scorer *s) {
    if (s->items == NULL) {
        printf("0 lines: the text is empty\n");
        return cli_finish_output();
    }
    int64_t symbols = lk_items_total(s->items);
    double nats = score_nll_of_all(s) / (double)symbols;
    if (has_several(s)) {
        printf("%lld texts: ", (long long)lk_items_count(s->items));
    }
    printf("%lld lines of %lld symbols: NLL %.4f nats per symbol (%.4f bits)\n",
           (long long)s->lines.count, (long long)symbols, nats, nats / LK_NATS_PER_BIT);
    printf("the strangest, by nats per symbol:\n%10s %8s %8s  %s\n", "line", "symbols", "score",
           "text");
    for (int64_t i = 0; i < s->lines.strangest_count; i++) {
        const lk_text_score *line = &s->lines.strangest[i];
        printf("%10lld %8lld %8.4f  ", (long long)line->number, (long long)line->symbols,
               line->score);
        print_beginning(line);
        printf(has_several(s) ? "  (%s)\n" : "\n", has_several(s) ? name_of(s, line) : "");
    }
    return cli_finish_output();
}

static int print_text_json(const scorer *s) {
    bool none = s->items == NULL;
    double nll = score_nll_of_all(s);
    int64_t symbols = none ? 0 : lk_items_total(s->items);
    int64_t bytes = none ? 0 : lk_items_total_bytes(s->items);
    int64_t texts = none ? 0 : lk_items_count(s->items);
    json_t *strangest = json_array();
    for (int64_t i = 0; i < s->lines.strangest_count; i++) {
        const lk_text_score *line = &s->lines.strangest[i];
        json_array_append_new(
            strangest, json_pack("{s:o*, s:I, s:I, s:o, s:o, s:o}", "text",
                                 lk_json_bytes(has_several(s) ? name_of(s, line) : NULL), "line",
                                 (json_int_t)line->number, "symbols", (json_int_t)line->symbols,
                                 "nll_nats", lk_json_number(line->nll_nats), "bits_per_symbol",
                                 lk_json_number(line->score / LK_NATS_PER_BIT), "score",
                                 lk_json_number(line->score)));
    }
    return cli_print_json(
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "texts", (json_int_t)texts, "lines",
                  (json_int_t)s->lines.count, "symbols", (json_int_t)symbols, "bytes",
                  (json_int_t)bytes, "escaped_characters", (json_int_t)s->evaluation.escapes,
                  "nll_nats", lk_json_number(nll), "bits_per_symbol",
                  lk_json_number(nll / LK_NATS_PER_BIT / (double)symbols), "strangest", strangest));
}

int score_print_text(const scorer *s, bool json) {
    return (json ? print_text_json : print_text)(s);
}
