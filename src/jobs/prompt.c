/* What texts begin with: read again, piece by piece, as they are drawn, so that a long beginning
 * takes no memory. */
#include "base/memory.h"
#include "jobs/given.h"

#define AT_ONCE 4096 /* symbols */

struct lk_prompt {
    lk_stream *text;      /* owned */
    int64_t first, count; /* symbols that are held */
    uint16_t symbols[AT_ONCE];
};

void lk_prompt_close(lk_prompt *prompt) {
    if (prompt != NULL) {
        lk_stream_close(prompt->text);
        lk_release(prompt);
    }
}

lk_status lk_prompt_reach(lk_prompt *p, int64_t symbol) {
    if (symbol >= p->first && symbol < p->first + p->count) {
        return LK_OK;
    }
    int64_t left = lk_stream_length(p->text) - symbol;
    p->first = symbol;
    p->count = 0;
    LK_TRY(lk_stream_read(p->text, symbol, left < AT_ONCE ? left : AT_ONCE, p->symbols));
    p->count = left < AT_ONCE ? left : AT_ONCE;
    return LK_OK;
}

uint16_t lk_prompt_symbol(const lk_prompt *p, int64_t symbol) {
    LK_REQUIRE(symbol >= p->first && symbol < p->first + p->count);
    return p->symbols[symbol - p->first];
}

static lk_status refuse_escape(const lk_model *model, lk_stream *prompt, int64_t symbol) {
    uint32_t character;
    LK_TRY(lk_stream_characters(prompt, symbol, 1, &character));
    bool byte = character >= LK_UTF8_BYTE;
    return lk_fail(
        model->context, LK_INVALID,
        "%s: character %lld (%s%0*X) is not in the model's alphabet of %d characters: leave it out",
        lk_stream_path(prompt), (long long)symbol + 1, byte ? "no UTF-8, byte 0x" : "U+",
        byte ? 2 : 4, byte ? character - LK_UTF8_BYTE : character, model->data.symbols.count);
}

/* Texts alone have escapes. */
static lk_status check_symbols(const lk_model *model, lk_prompt *p) {
    int64_t length = lk_stream_length(p->text);
    for (int64_t i = 0; i < length && model->data.symbols.kind == LK_SYMBOLS_CHARACTERS; i++) {
        LK_TRY(lk_prompt_reach(p, i));
        if (lk_symbols_escapes(&model->data.symbols, lk_prompt_symbol(p, i))) {
            return refuse_escape(model, p->text, i);
        }
    }
    return LK_OK;
}

lk_status lk_given_prompt(const lk_model *model, lk_stream *prompt, lk_given *given) {
    int64_t length = lk_stream_length(prompt);
    LK_REQUIRE(lk_symbols_equal(lk_stream_symbols(prompt), &model->data.symbols));
    *given = (lk_given){.examples = 1, .variables = length, .shape = {1, {length}}};
    given->prompt = lk_allocate(1, sizeof *given->prompt);
    lk_status status = given->prompt == NULL
                           ? lk_fail_no_memory(model->context, lk_stream_path(prompt),
                                               (int64_t)sizeof *given->prompt)
                           : lk_stream_part(prompt, 0, length, &given->prompt->text);
    status = status == LK_OK ? check_symbols(model, given->prompt) : status;
    if (status != LK_OK) {
        lk_given_deinit(given);
    }
    return status;
}
