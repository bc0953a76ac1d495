#include "jobs/stream_lines.h"

#include <string.h>

#include "base/arena.h"

lk_status lk_stream_lines_init(lk_context *context, int64_t top, lk_stream_lines *lines) {
    LK_REQUIRE(top >= 1);
    *lines = (lk_stream_lines){.top = top, .present = {.number = 1}};
    lines->strangest = lk_allocate(top, sizeof *lines->strangest);
    return lines->strangest != NULL
               ? LK_OK
               : lk_fail_no_memory(context, "lines", top * (int64_t)sizeof *lines->strangest);
}

void lk_stream_lines_deinit(lk_stream_lines *lines) {
    lk_release(lines->strangest);
    *lines = (lk_stream_lines){0};
}

static void rank(lk_stream_lines *lines, const lk_stream_line *line) {
    int64_t at = lines->strangest_count;
    while (at > 0 && line->score > lines->strangest[at - 1].score) {
        at--;
    }
    if (at == lines->top) {
        return;
    }
    int64_t moved =
        (lines->strangest_count < lines->top ? lines->strangest_count : lines->top - 1) - at;
    memmove(lines->strangest + at + 1, lines->strangest + at, (size_t)moved * sizeof *line);
    lines->strangest[at] = *line;
    lines->strangest_count += lines->strangest_count < lines->top ? 1 : 0;
}

static lk_status end_line(lk_stream_lines *lines) {
    lk_stream_line *line = &lines->present;
    line->score = line->nll_nats / (double)line->symbols;
    lines->count++;
    rank(lines, line);
    lk_status status = lines->take != NULL ? lines->take(lines->argument, line) : LK_OK;
    lines->present =
        (lk_stream_line){.number = line->number + 1, .first = line->first + line->symbols};
    return status;
}

lk_status lk_stream_lines_add(lk_stream_lines *lines, const lk_stream_piece *piece) {
    lk_stream_line *line = &lines->present;
    for (int64_t i = 0; i < piece->count; i++) {
        uint32_t character = piece->characters[i];
        line->symbols++;
        line->nll_nats += piece->nats[i];
        if (character == '\n' || character == LK_UTF8_BYTE + '\n') {
            LK_TRY(end_line(lines));
        } else if (line->shown < LK_LINE_SHOWN) {
            line->beginning[line->shown++] = character;
        }
    }
    return LK_OK;
}

lk_status lk_stream_lines_end(lk_stream_lines *lines) {
    return lines->present.symbols > 0 ? end_line(lines) : LK_OK;
}
