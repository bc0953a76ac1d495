#include "codec/cuts.h"

#define LEAD_SYMBOLS 256 /* that lead, if a line ends there, */
#define LEAD_SHARE 16    /* or this share of a part, where parts are short */
#define SEARCH_SHARE 4   /* how far a line's end is looked for: this share of a part */
#define BLANK_SYMBOLS 96 /* how far an empty line is: it parts better, and is told in one byte */

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

int64_t lk_cuts_parts(const lk_container *container, int64_t length) {
    return !container->texts || length == 0 ? length > 0
           : container->longest > 0         ? (length - 1) / container->longest + 1
                                            : smaller(container->lanes, length);
}

static bool ends_line(const lk_content *content, int64_t at) {
    return content->character != NULL ? content->character[at] == '\n' : content->value[at] == '\n';
}

/* Symbols from `at` on to where a line begins, fewer than `most`; -1: none does. */
static int64_t find_line(const lk_content *content, int64_t at, int64_t most) {
    int64_t line = -1;
    for (int64_t i = 0; i < most && (line < 0 || i < BLANK_SYMBOLS); i++) {
        if (at + i >= 2 && ends_line(content, at + i - 1)) {
            if (ends_line(content, at + i - 2)) {
                return i;
            }
            line = line < 0 ? i : line;
        }
    }
    return line;
}

static void put(lk_content *content, int64_t number) {
    lk_buffer_put(&content->cuts, &number, sizeof number);
}

/* Of a text that begins at `first`: how many symbols lead, then how far each part but the first is
 * behind its even place. */
static void find_cuts(lk_content *content, int64_t first, int64_t length, int64_t parts) {
    int64_t each = length / parts, least = smaller(LEAD_SYMBOLS, each / LEAD_SHARE);
    bool lines = content->alphabet->kind != LK_SYMBOLS_SOUND;
    int64_t line = lines ? find_line(content, first + least, each / SEARCH_SHARE - least) : -1;
    int64_t lead = line < 0 ? 0 : least + line;
    put(content, lead);
    for (int64_t k = 1; k < parts; k++) {
        int64_t even = lk_cuts_even(length - lead, parts, k);
        line = lead > 0 ? find_line(content, first + lead + even, each / SEARCH_SHARE) : 0;
        put(content, line > 0 ? line : 0);
    }
}

void lk_cuts_find(const lk_container *container, lk_content *content) {
    content->cuts.size = 0;
    for (int64_t i = 0, first = 0; i < content->items && container->cuts; i++) {
        int64_t parts = lk_cuts_parts(container, content->length[i]);
        if (parts > 1) {
            find_cuts(content, first, content->length[i], parts);
        }
        first += content->length[i];
    }
}
