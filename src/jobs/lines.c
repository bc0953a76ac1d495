#include "jobs/lines.h"

#include <string.h>

#include "base/memory.h"

lk_status lk_lines_init(lk_context *context, int64_t top, lk_lines *lines) {
    LK_REQUIRE(top >= 1);
    *lines = (lk_lines){.top = top, .strangest = lk_allocate(top, sizeof *lines->strangest)};
    return lines->strangest != NULL
               ? LK_OK
               : lk_fail_no_memory(context, "lines", top * (int64_t)sizeof *lines->strangest);
}

void lk_lines_deinit(lk_lines *lines) {
    lk_release(lines->strangest);
    *lines = (lk_lines){0};
}

static void rank(lk_lines *lines, const lk_text_score *line) {
    int64_t count = lines->strangest_count, at = count;
    while (at > 0 && line->score > lines->strangest[at - 1].score) {
        at--;
    }
    if (at == lines->top) {
        return;
    }
    int64_t moved = (count < lines->top ? count : lines->top - 1) - at;
    memmove(lines->strangest + at + 1, lines->strangest + at, (size_t)moved * sizeof *line);
    lines->strangest[at] = *line;
    lines->strangest_count += count < lines->top;
}

static lk_status end_line(lk_lines *lines) {
    lk_text_score line = lines->present;
    line.score = line.nll_nats / (double)line.symbols;
    lines->present.first += line.symbols;
    lines->present.symbols = lines->present.shown = 0;
    lines->present.nll_nats = 0.0;
    lines->count++;
    rank(lines, &line);
    return lines->take != NULL ? lines->take(lines->argument, &line) : LK_OK;
}

static bool is(uint32_t character, char ascii) {
    return character == (uint32_t)ascii || character == LK_UTF8_BYTE + (uint32_t)ascii;
}

/* A carriage return ends a line, once it is known that no line feed follows, which would be its
 * last. */
static lk_status take(void *argument, const lk_passage *passage) {
    lk_lines *lines = argument;
    lk_text_score *line = &lines->present;
    if (passage->first == 0) {
        *line = (lk_text_score){.item = passage->item};
        lines->returned = false;
    }
    for (int64_t i = 0; i < passage->count; i++) {
        uint32_t character = passage->characters[i];
        bool feeds = is(character, '\n');
        if (lines->returned && !feeds) {
            LK_TRY(end_line(lines));
        }
        lines->returned = is(character, '\r');
        line->number += line->symbols++ == 0;
        line->nll_nats += passage->nats[i];
        if (feeds) {
            LK_TRY(end_line(lines));
        } else if (!lines->returned && line->shown < LK_LINE_SHOWN) {
            line->beginning[line->shown++] = character;
        }
    }
    return passage->last && line->symbols > 0 ? end_line(lines) : LK_OK;
}

lk_sink lk_lines_sink(lk_lines *lines) {
    return (lk_sink){take, lines};
}
