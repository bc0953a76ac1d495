/* What is kept beside the symbols is bytes: a number is a varint, a name says how many bytes it
 * shares with the name before and then the others, and so does the word of a label, which stands
 * where the chunk meets the label first; the first chunk begins with all words. A byte is coded by
 * how often it came before in the chunk, in bytes of its kind. */
#include <string.h>

#include "codec/cuts.h"

#define GAIN 24
#define TOTAL_MOST (1 << 16)
#define NAME_MOST 4095

typedef struct counts {
    uint32_t of[256], total;
} counts;

static uint8_t code_byte(lk_code *code, counts *c, uint8_t byte) {
    uint32_t cdf[257];
    uint64_t sum = 0, total = c->total + 256; /* each once more than it came */
    for (int i = 0; i < 257; i++) {
        cdf[i] = (uint32_t)((sum << LK_CDF_BITS) / total);
        sum += i < 256 ? c->of[i] + 1 : 0;
    }
    byte = (uint8_t)lk_code_symbol(code, cdf, 256, byte);
    c->of[byte] += GAIN;
    c->total += GAIN;
    for (int i = 0, half = c->total > TOTAL_MOST; i < 256 && half; i++) {
        c->total -= c->of[i] - c->of[i] / 2;
        c->of[i] /= 2;
    }
    return byte;
}

static int64_t code_number(lk_code *code, counts *c, int64_t number) {
    uint64_t rest = (uint64_t)number, read = 0;
    uint8_t byte = 0x80;
    for (int shift = 0; shift < 63 && byte >= 0x80; shift += 7, rest >>= 7) {
        byte = code_byte(code, c, (uint8_t)((rest & 0x7F) | (rest >= 0x80 ? 0x80 : 0)));
        read |= (uint64_t)(byte & 0x7F) << shift;
    }
    code->wrong |= byte >= 0x80;
    return (int64_t)read;
}

/* A text of NAME_MOST bytes at most behind the one before it, which it replaces. */
static void code_text(lk_code *code, counts c[2], char *text, char *before) {
    int64_t shared = 0;
    while (!code->decoding && text[shared] != '\0' && text[shared] == before[shared]) {
        shared++;
    }
    shared = code_number(code, &c[0], shared);
    code->wrong |= shared > (int64_t)strlen(before);
    if (code->decoding) {
        memcpy(text, before, NAME_MOST + 1);
    }
    for (int64_t i = shared; !code->wrong; i++) {
        text[i] = (char)code_byte(code, &c[1], (uint8_t)text[i]);
        if (text[i] == '\0') {
            break;
        }
        code->wrong |= i == NAME_MOST;
    }
    text[NAME_MOST] = '\0'; /* of damaged bytes none may end it */
    memcpy(before, text, NAME_MOST + 1);
}

/* The name at *at of the list; decoding, it is put there. */
static void code_name(lk_code *code, counts c[2], lk_buffer *names, int64_t *at, char *before) {
    char name[NAME_MOST + 1] = {0};
    if (!code->decoding) {
        strcpy(name, (const char *)names->data + *at);
    }
    code_text(code, c, name, before);
    if (code->decoding && !code->wrong) {
        code->wrong = !lk_content_names(name);
        lk_buffer_put(names, name, (int64_t)strlen(name) + 1);
        code->no_memory |= names->failed;
    }
    *at += (int64_t)strlen(name) + 1;
}

/* ---- words of labels ------------------------------------------------------------------------- */

/* The words that have been told in this chunk. */
typedef struct telling {
    lk_words told;
    counts count, text[2];
    char before[NAME_MOST + 1];
} telling;

/* Where a symbol is met for the first time, its word. */
static void code_word(lk_code *code, telling *t, const lk_words *words, int64_t symbol) {
    char word[NAME_MOST + 1] = {0};
    code->wrong |= symbol >= LK_WORDS_MOST;
    if (code->wrong || lk_words_find(&t->told, symbol) != NULL) {
        return;
    }
    if (!code->decoding) {
        strcpy(word, lk_words_find(words, symbol));
    }
    code_text(code, t->text, word, t->before);
    lk_words_put(&t->told, symbol, word);
    code->no_memory |= t->told.text.failed;
    code->wrong |= code->no_memory;
}

/* All words: of the first chunk. */
static void code_all_words(lk_code *code, telling *t, const lk_words *words) {
    int64_t count = 0;
    while (!code->decoding && lk_words_find(words, count) != NULL) {
        count++;
    }
    count = code_number(code, &t->count, count);
    for (int64_t k = 0; k < count && !code->wrong; k++) {
        code_word(code, t, words, k);
    }
}

/* Decoding, what was told is the content's. */
static void end_telling(const lk_code *code, telling *t, lk_content *content) {
    if (code->decoding) {
        lk_words_release(&content->words);
        content->words = t->told;
        t->told = (lk_words){0};
    }
    lk_words_release(&t->told);
}

/* ---- recordings ------------------------------------------------------------------------------ */

static void code_sound(lk_code *code, counts *c, lk_sound_target *sound) {
    int64_t rate = code_number(code, c, sound->rate), format = code_number(code, c, sound->format);
    code->wrong |= rate < 1 || rate > LK_SOUND_RATE_MOST || format < 0 || format > INT32_MAX;
    sound->rate = code->wrong ? 1 : (int32_t)rate;
    sound->format = code->wrong ? 0 : (int32_t)format;
}

/* ---- slower sequences ------------------------------------------------------------------------ */

/* Of each symbol but an item's first whether it is the one before; if not, or of the first, its
 * high byte, where the alphabet has such, and its low one. */
static void code_local(lk_code *code, counts c[3], lk_content *content, int64_t item) {
    lk_local_piece piece = lk_content_place_local(content, item);
    uint16_t *symbol = content->local + content->local_begin[item];
    for (int64_t i = 0; i < piece.count && !code->wrong; i++) {
        bool same = i > 0 && !code->decoding && symbol[i] == symbol[i - 1];
        uint8_t again = i > 0 ? code_byte(code, &c[0], same) : 0;
        code->wrong |= again > 1;
        if (again == 1) {
            symbol[i] = symbol[i - 1];
            continue;
        }
        uint8_t high =
            content->form.alphabet > 256 ? code_byte(code, &c[1], (uint8_t)(symbol[i] >> 8)) : 0;
        symbol[i] = (uint16_t)(high << 8 | code_byte(code, &c[2], (uint8_t)symbol[i]));
        code->wrong |= symbol[i] >= content->form.alphabet;
    }
}

/* ---- cuts ------------------------------------------------------------------------------------ */

/* The number at *at of the list; decoding, it is put there. */
static int64_t code_cut(lk_code *code, counts *c, lk_buffer *cuts, int64_t *at, int64_t most) {
    int64_t number = 0;
    if (!code->decoding) {
        memcpy(&number, cuts->data + *at, sizeof number);
    }
    number = code_number(code, c, number);
    code->wrong |= number > most;
    if (code->decoding && !code->wrong) {
        lk_buffer_put(cuts, &number, sizeof number);
        code->no_memory |= cuts->failed;
        code->wrong |= cuts->failed;
    }
    *at += (int64_t)sizeof number;
    return number;
}

/* Of an item that is cut what leads, then how far each part but the first begins behind its even
 * place: less than to the next one. */
static void code_cuts(const lk_container *container, lk_code *code, counts c[2],
                      lk_content *content, int64_t item, int64_t *at) {
    int64_t parts = lk_cuts_parts(container, content->length[item]);
    int64_t units = content->length[item] / lk_symbols_unit(content->alphabet);
    if (parts > 1 && !code->wrong) {
        units -= code_cut(code, &c[0], &content->cuts, at, lk_cuts_lead_most(units, parts));
    }
    for (int64_t k = 1; k < parts && !code->wrong; k++) {
        int64_t next = lk_cuts_even(units, parts, k + 1) - lk_cuts_even(units, parts, k);
        code_cut(code, &c[1], &content->cuts, at, next - 1);
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

bool lk_content_names(const char *name) {
    size_t length = strlen(name);
    for (const char *part = name; part != NULL; part = strchr(part, '/')) {
        part += part != name;
        if (*part == '.' || *part == '/' || *part == '\0') {
            return false;
        }
    }
    return length <= NAME_MOST;
}

void lk_content_code_aside(const lk_container *container, lk_code *code, lk_content *content) {
    counts length = {0}, label = {0}, sound = {0}, name[2] = {0}, local[3] = {0}, cuts[2] = {0};
    char before[NAME_MOST + 1] = {0};
    int64_t at = 0, cut = 0, left = content->symbols;
    int64_t unit = lk_content_unit(content);
    telling words = {0};
    if (container->words && content->first) {
        code_all_words(code, &words, &content->words);
    }
    for (int64_t i = 0; i < content->items && !code->wrong; i++) {
        if (content->alphabet != NULL && content->items > 1) {
            content->length[i] = code_number(code, &length, content->length[i]);
            code->wrong |= content->length[i] > left;
            left -= content->length[i];
        }
        code->wrong |= content->length[i] % unit != 0;
        if (content->label != NULL) {
            int64_t number = code_number(code, &label, content->label[i]);
            code->wrong |= number > INT32_MAX;
            content->label[i] = (int32_t)number;
            if (container->words) {
                code_word(code, &words, &content->words, number);
            }
        }
        if (content->sound != NULL) {
            code_sound(code, &sound, &content->sound[i]);
        }
        if (content->local != NULL && !code->wrong) {
            code_local(code, local, content, i);
        }
        if (container->names) {
            code_name(code, name, &content->names, &at, before);
        }
        if (container->cuts) {
            code_cuts(container, code, cuts, content, i, &cut);
        }
    }
    code->wrong |= content->alphabet != NULL && content->items > 1 && left != 0;
    end_telling(code, &words, content);
}
