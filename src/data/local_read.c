/* Slower sequences, from files and from memory. */
#include "base/memory.h"
#include "base/utf8.h"
#include "data/local.h"
#include "data/text.h"

#define DIGITS_MOST 18
#define AT_ONCE 4096 /* symbols */

/* ---- from a file ---------------------------------------------------------------------------- */

/* A file that is under way. */
typedef struct scan {
    lk_local *local;
    const char *name, *of;  /* of the file; of what it stands beside */
    int64_t line, expected; /* symbols; -1: any number */
    int64_t count, kept;    /* symbols so far; of them in `symbols` */
    uint8_t token[DIGITS_MOST + 1];
    int64_t size; /* of the number that has begun; larger than there is room: too long */
    uint16_t symbols[AT_ONCE];
} scan;

static lk_status write_kept(scan *s) {
    int64_t count = s->kept;
    s->kept = 0;
    return lk_local_put(s->local, s->name, s->symbols, count);
}

static lk_status keep(scan *s, int64_t symbol) {
    s->symbols[s->kept++] = (uint16_t)symbol;
    s->count++;
    return s->kept == AT_ONCE ? write_kept(s) : LK_OK;
}

/* Of what they are below. */
static int32_t alphabet_of(const lk_local *local) {
    int32_t alphabet = lk_local_form_of(local)->alphabet;
    return alphabet > 0 ? alphabet : LK_LOCAL_ALPHABET_MOST;
}

static lk_status wrong_symbol(const scan *s) {
    char quoted[LK_QUOTE_CAPACITY];
    int64_t shown = s->size < DIGITS_MOST ? s->size : DIGITS_MOST;
    return lk_fail(
        lk_local_context(s->local), LK_FORMAT,
        "%s, line %lld: \"%s%s\" is no symbol: they are whole numbers from 0 to %d, with "
        "white space or commas between",
        s->name, (long long)s->line, lk_text_quote(s->token, s->token + shown, quoted),
        s->size > shown ? "..." : "", alphabet_of(s->local) - 1);
}

static lk_status wrong_count(const lk_local *local, const char *name, const char *more,
                             int64_t count, const char *of, int64_t expected) {
    return lk_fail(lk_local_context(local), LK_MISMATCH,
                   "%s: %s%lld symbols, but %s wants %lld, one for every %d positions", name, more,
                   (long long)count, of, (long long)expected, lk_local_form_of(local)->every);
}

static lk_status end_number(scan *s) {
    int64_t value = 0, most = alphabet_of(s->local);
    bool right = s->size <= DIGITS_MOST;
    for (int64_t i = 0; i < s->size && right; i++) {
        right = lk_is_digit(s->token[i]);
        value = right ? value * 10 + (s->token[i] - '0') : value;
    }
    if (!right || value >= most) {
        return wrong_symbol(s);
    }
    if (s->expected >= 0 && s->count == s->expected) {
        return wrong_count(s->local, s->name, "more than ", s->expected, s->of, s->expected);
    }
    s->size = 0;
    return keep(s, value);
}

static lk_status take_byte(scan *s, uint8_t byte) {
    bool between_numbers = lk_is_blank(byte) || byte == '\n' || byte == ',';
    if (between_numbers) {
        LK_TRY(s->size > 0 ? end_number(s) : LK_OK);
        s->line += byte == '\n';
    } else if (s->size <= DIGITS_MOST) {
        s->token[s->size++] = byte;
    }
    return LK_OK;
}

static lk_status scan_source(scan *s, lk_source *source) {
    const uint8_t *bytes;
    int64_t there;
    for (int64_t at = 0; at < source->size; at += there) {
        LK_TRY(lk_source_see(source, at, &bytes, &there));
        for (int64_t i = at == 0 ? lk_utf8_mark(bytes, there) : 0; i < there; i++) {
            LK_TRY(take_byte(s, bytes[i]));
        }
    }
    LK_TRY(s->size > 0 ? end_number(s) : LK_OK);
    if (s->expected >= 0 && s->count < s->expected) {
        return wrong_count(s->local, s->name, "", s->count, s->of, s->expected);
    }
    return s->count == 0 && s->expected != 0
               ? lk_fail(lk_local_context(s->local), LK_FORMAT, "%s: no symbols", source->path)
               : LK_OK;
}

lk_status lk_local_add(lk_local *local, lk_source *source, int64_t positions, const char *of) {
    scan *s = lk_allocate(1, sizeof *s);
    if (s == NULL) {
        return lk_fail_no_memory(lk_local_context(local), "slower sequences", (int64_t)sizeof *s);
    }
    lk_local_begin(local);
    s->local = local;
    s->line = 1;
    s->name = source->path;
    s->of = of;
    s->expected = positions < 0 ? -1 : lk_local_count(lk_local_form_of(local), positions);
    lk_status status = scan_source(s, source);
    status = status == LK_OK ? write_kept(s) : status;
    lk_release(s);
    if (status == LK_OK) {
        lk_local_end(local);
    }
    return status;
}

lk_status lk_local_add_file(lk_local *local, const char *path, int64_t positions, const char *of) {
    lk_context *context = lk_local_context(local);
    lk_source source, nothing;
    lk_bytes none = {0};
    if (positions == 0) {
        LK_TRY(lk_source_of_bytes(context, path, &none, &nothing));
        lk_status status = lk_local_add(local, &nothing, 0, of);
        lk_source_close(&nothing);
        return status;
    }
    LK_TRY(lk_source_open_unpacked(context, path, &source));
    lk_status status = lk_local_add(local, &source, positions, of);
    lk_source_close(&source);
    return status;
}

/* ---- from memory ----------------------------------------------------------------------------- */

lk_status lk_local_add_symbols(lk_local *local, const char *name, const uint16_t *symbols,
                               int64_t count, int64_t positions, const char *of) {
    int32_t alphabet = alphabet_of(local);
    int64_t expected = positions < 0 ? count : lk_local_count(lk_local_form_of(local), positions);
    if (count != expected) {
        return wrong_count(local, name, "", count, of, expected);
    }
    for (int64_t i = 0; i < count; i++) {
        if (symbols[i] >= alphabet) {
            return lk_fail(lk_local_context(local), LK_INVALID,
                           "%s: symbol %lld is %d: expected 0 to %d", name, (long long)i,
                           symbols[i], alphabet - 1);
        }
    }
    lk_local_begin(local);
    LK_TRY(lk_local_put(local, name, symbols, count));
    lk_local_end(local);
    return LK_OK;
}
