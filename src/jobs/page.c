/* A character is <b class=cL title="...">x</b>, L its level: half bits, the last level holding all
 * above. Colours are laid over the page's own background, so that they are read on a light one and
 * on a dark one. */
#include "jobs/page.h"

#include <string.h>

#include "base/measure.h"
#include "base/double_maths.h"
#include "base/memory.h"

#define LEVELS 16
#define LEVELS_PER_BIT 2.0

struct lk_page {
    lk_context *context;
    lk_writer *writer;
    int64_t most, shown, symbols; /* of these: there may be more than are shown */
    double nll_nats;
    /* Bytes that may still become a character, and what they cost. */
    uint8_t pending[LK_UTF8_MOST];
    double pending_nats[LK_UTF8_MOST];
    int pending_count;
};

/* ---- the page around the text ---------------------------------------------------------------- */

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Surprise</title>\n<style>\n"
    ":root { color-scheme: light dark }\n"
    "body { font: 15px/1.5 sans-serif; max-width: 60em; margin: 1em auto; padding: 0 1em }\n"
    "pre, .legend { font: 14px/1.6 monospace; white-space: pre-wrap; overflow-wrap: anywhere }\n"
    "b { font-weight: inherit; border-radius: 2px }\n"
    "b:hover { outline: 1px solid }\n"
    "b.x { font-size: 75%; opacity: .75 }\n"
    ".legend b { padding: 0 .5em }\n";

static void put(lk_page *page, const char *text) {
    lk_writer_put(page->writer, text, (int64_t)strlen(text));
}

/* From yellow to red, ever less transparent. */
static void put_colours(lk_page *page) {
    for (int level = 1; level < LEVELS; level++) {
        lk_writer_printf(page->writer, ".c%d { background: hsla(%d, 100%%, 50%%, .%02d) }\n", level,
                         50 - 50 * level / (LEVELS - 1), 10 + 65 * level / (LEVELS - 1));
    }
}

static void put_legend(lk_page *page) {
    put(page, "<p class=legend>bits of surprise: ");
    for (int level = 0; level < LEVELS; level++) {
        lk_writer_printf(page->writer, "<b class=c%d>%.1f%s</b>", level, level / LEVELS_PER_BIT,
                         level == LEVELS - 1 ? " and more" : "");
    }
    put(page, "</p>\n");
}

/* ---- characters ------------------------------------------------------------------------------ */

/* What would not be seen, or would move what stands around it: controls, marks of direction,
 * noncharacters and the like. */
static bool is_invisible(uint32_t c) {
    static const struct {
        uint32_t first, last;
    } hidden[] = {{0x0, 0x1F},      {0x7F, 0x9F},     {0xAD, 0xAD},      {0x61C, 0x61C},
                  {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},  {0xFDD0, 0xFDEF},
                  {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFB}, {0xE0000, 0xE007F}};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        if (c >= hidden[i].first && c <= hidden[i].last) {
            return true;
        }
    }
    return (c & 0xFFFE) == 0xFFFE;
}

static const char *entity(uint32_t c) {
    return c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : NULL;
}

/* The character where it can be seen, else something that stands for it. */
static void put_character(lk_page *page, uint32_t c) {
    uint8_t bytes[LK_UTF8_MOST];
    if (entity(c) != NULL) {
        put(page, entity(c));
    } else if (c == '\n') {
        put(page, "\xE2\x86\xB5"); /* the arrow of a return key; the line is ended behind it */
    } else if (c == '\t' || (c < LK_UTF8_BYTE && !is_invisible(c))) {
        lk_writer_put(page->writer, bytes, lk_utf8_put(c, bytes));
    } else if (c < 0x20) {
        lk_writer_put(page->writer, bytes, lk_utf8_put(0x2400 + c, bytes)); /* control pictures */
    } else if (c < LK_UTF8_BYTE) {
        lk_writer_printf(page->writer, "\\u{%X}", c);
    } else {
        lk_writer_printf(page->writer, "\\x%02X", c - LK_UTF8_BYTE);
    }
}

static void put_cell(lk_page *page, uint32_t c, double nats) {
    double bits = nats / LK_NATS_PER_BIT;
    int level = bits * LEVELS_PER_BIT < LEVELS - 1 ? (int)(bits * LEVELS_PER_BIT) : LEVELS - 1;
    bool stands_in = c != '\t' && (c >= LK_UTF8_BYTE || is_invisible(c));
    lk_writer_printf(page->writer, "<b class=\"c%d%s\" title=\"%.2f bits, p = %.3g\">",
                     level < 0 ? 0 : level, stands_in ? " x" : "", bits, lk_double_exp(-nats));
    put_character(page, c);
    put(page, c == '\n' ? "</b>\n" : "</b>");
}

/* Takes the first character of what is pending. */
static void put_pending(lk_page *page) {
    uint32_t character;
    int size = lk_utf8_get(page->pending, page->pending_count, &character);
    double nats = 0.0;
    for (int i = 0; i < size; i++) {
        nats += page->pending_nats[i];
    }
    put_cell(page, character, nats);
    page->pending_count -= size;
    memmove(page->pending, page->pending + size, (size_t)page->pending_count);
    memmove(page->pending_nats, page->pending_nats + size,
            (size_t)page->pending_count * sizeof *page->pending_nats);
}

/* How many bytes a sequence that begins so would have. */
static int bytes_expected(uint8_t first) {
    return first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
}

static void add_byte(lk_page *page, uint8_t byte, double nats) {
    page->pending[page->pending_count] = byte;
    page->pending_nats[page->pending_count++] = nats;
    while (page->pending_count > 0 && page->pending_count >= bytes_expected(page->pending[0])) {
        put_pending(page);
    }
}

static void end_pending(lk_page *page) {
    while (page->pending_count > 0) {
        put_pending(page);
    }
}

/* ---- the interface --------------------------------------------------------------------------- */

lk_status lk_page_create(lk_context *context, const char *path, int64_t most, lk_page **page) {
    *page = NULL;
    lk_page *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(context, "a page", (int64_t)sizeof *made);
    }
    *made = (lk_page){.context = context, .most = most};
    lk_status status = lk_writer_create(context, path, &made->writer);
    if (status != LK_OK) {
        lk_release(made);
        return status;
    }
    put(made, head);
    put_colours(made);
    put(made, "</style></head><body>\n");
    put_legend(made);
    put(made, "<pre>");
    *page = made;
    return LK_OK;
}

static lk_status take(void *argument, const lk_passage *passage) {
    lk_page *page = argument;
    for (int64_t i = 0; i < passage->count && page->shown < page->most; i++, page->shown++) {
        if (passage->characters[i] >= LK_UTF8_BYTE) {
            add_byte(page, (uint8_t)(passage->characters[i] - LK_UTF8_BYTE), passage->nats[i]);
        } else {
            end_pending(page);
            put_cell(page, passage->characters[i], passage->nats[i]);
        }
    }
    page->symbols += passage->count;
    page->nll_nats = passage->nll_nats;
    return LK_OK;
}

lk_sink lk_page_sink(lk_page *page) {
    return (lk_sink){take, page};
}

static void put_escaped(lk_page *page, const char *text) {
    int64_t size = (int64_t)strlen(text);
    for (int64_t at = 0; at < size;) {
        uint32_t character;
        at += lk_utf8_get((const uint8_t *)text + at, size - at, &character);
        put_character(page, character);
    }
}

lk_status lk_page_commit(lk_page *page, const char *text, const char *model) {
    end_pending(page);
    put(page, "</pre>\n<p>");
    put_escaped(page, text);
    put(page, " by ");
    put_escaped(page, model);
    lk_writer_printf(page->writer, ": %lld symbols, %.4f bits per symbol.",
                     (long long)page->symbols,
                     page->nll_nats / LK_NATS_PER_BIT / (double)page->symbols);
    if (page->shown < page->symbols) {
        lk_writer_printf(page->writer, " Only the first %lld are shown here.",
                         (long long)page->shown);
    }
    put(page, "</p>\n</body></html>\n");
    lk_status status = lk_writer_commit(page->writer);
    lk_release(page);
    return status;
}

void lk_page_abandon(lk_page *page) {
    if (page != NULL) {
        lk_writer_abandon(page->writer);
        lk_release(page);
    }
}
