#include "data/local.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/spool.h"
#include "base/utf8.h"
#include "data/text.h"

#define DIGITS_MOST 18
#define AT_ONCE 4096 /* symbols */

struct lk_local {
    lk_context *context;
    lk_local_form form;
    int32_t largest;         /* symbol so far */
    int descriptor;          /* of the file without a name */
    int64_t items, capacity; /* that are there; that there will be */
    int64_t *begin;          /* owned, [capacity]: in symbols of that file */
    int64_t *length;         /* owned, [capacity] */
};

/* ---- what a network is given ----------------------------------------------------------------- */

static int64_t between(int64_t least, int64_t value, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

lk_local_piece lk_local_needed(const lk_local_form *form, int64_t first, int64_t count,
                               int64_t total) {
    int64_t begin = between(0, first / form->every - 1, total);
    int64_t end = count == 0 ? begin : between(begin, (first + count - 1) / form->every + 2, total);
    return (lk_local_piece){begin, end - begin, total};
}

void lk_local_cells(const lk_local_form *form, const lk_local_piece *piece, const uint16_t *symbols,
                    int64_t first, int64_t count, uint16_t *cells) {
    int64_t j = first / form->every, phase = first % form->every;
    for (int64_t t = 0; t < count; t++) {
        for (int64_t at = j - 1; at <= j + 1; at++) {
            bool there = at >= 0 && at < piece->total;
            LK_REQUIRE(!there || (at >= piece->first && at < piece->first + piece->count));
            *cells++ = there ? symbols[at - piece->first] : (uint16_t)form->alphabet;
        }
        *cells++ = (uint16_t)phase;
        phase = phase + 1 == form->every ? 0 : phase + 1;
        j += phase == 0;
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static lk_status make(lk_context *context, const lk_local_form *form, int64_t items,
                      lk_local **local) {
    *local = lk_allocate(1, sizeof **local);
    if (*local == NULL) {
        return lk_fail_no_memory(context, "slower sequences", (int64_t)sizeof **local);
    }
    **local = (lk_local){.context = context, .form = *form, .descriptor = -1, .capacity = items};
    (*local)->begin = lk_allocate(items, sizeof *(*local)->begin);
    (*local)->length = lk_allocate(items, sizeof *(*local)->length);
    return (*local)->begin != NULL && (*local)->length != NULL
               ? LK_OK
               : lk_fail_no_memory(context, "slower sequences", items * 16);
}

/* What was made, if all is well. */
static lk_status or_none(lk_status status, lk_local **local) {
    if (status != LK_OK) {
        lk_local_destroy(*local);
        *local = NULL;
    }
    return status;
}

lk_status lk_local_create(lk_context *context, const lk_local_form *form, int64_t items,
                          lk_local **local) {
    lk_status status = make(context, form, items, local);
    status = status == LK_OK ? lk_spool_empty(context, &(*local)->descriptor) : status;
    return or_none(status, local);
}

void lk_local_destroy(lk_local *local) {
    if (local != NULL) {
        if (local->descriptor >= 0) {
            close(local->descriptor);
        }
        lk_release(local->begin);
        lk_release(local->length);
        lk_release(local);
    }
}

lk_status lk_local_split(lk_local *local, int64_t first, lk_local **rest) {
    bool one = local->items == 1;
    int64_t from = one ? 0 : first, items = local->items - from;
    LK_REQUIRE(first >= 0 && first <= (one ? local->length[0] : local->items));
    lk_status status = make(local->context, &local->form, items, rest);
    if (status == LK_OK) {
        lk_local *made = *rest;
        made->largest = local->largest;
        made->items = items;
        made->descriptor = dup(local->descriptor);
        memcpy(made->begin, local->begin + from, (size_t)items * sizeof *made->begin);
        memcpy(made->length, local->length + from, (size_t)items * sizeof *made->length);
        made->begin[0] += one ? first : 0;
        made->length[0] -= one ? first : 0;
        status = made->descriptor >= 0
                     ? LK_OK
                     : lk_fail(local->context, LK_IO, "a temporary file cannot be opened again: %s",
                               strerror(errno));
    }
    LK_TRY(or_none(status, rest));
    local->items = one ? 1 : first;
    local->length[0] = one ? first : local->length[0];
    return LK_OK;
}

/* ---- reading a file -------------------------------------------------------------------------- */

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

/* Of all items so far, in symbols. */
static int64_t end_of(const lk_local *local) {
    int64_t last = local->items - 1;
    return last < 0 ? 0 : local->begin[last] + local->length[last];
}

static lk_status write_kept(scan *s) {
    const lk_local *local = s->local;
    const uint8_t *bytes = (const uint8_t *)s->symbols;
    int64_t left = s->kept * 2, at = (end_of(local) + s->count - s->kept) * 2;
    while (left > 0) {
        ssize_t written = pwrite(local->descriptor, bytes, (size_t)left, (off_t)at);
        if (written < 0 && errno != EINTR) {
            return lk_fail(local->context, LK_IO,
                           "%s: cannot keep its symbols in a temporary file: %s; name another "
                           "folder by TMPDIR",
                           s->name, strerror(errno));
        }
        written = written > 0 ? written : 0;
        bytes += written;
        left -= written;
        at += written;
    }
    s->kept = 0;
    return LK_OK;
}

static lk_status keep(scan *s, int64_t symbol) {
    lk_local *local = s->local;
    local->largest = symbol > local->largest ? (int32_t)symbol : local->largest;
    s->symbols[s->kept++] = (uint16_t)symbol;
    s->count++;
    return s->kept == AT_ONCE ? write_kept(s) : LK_OK;
}

static lk_status wrong_symbol(const scan *s) {
    int32_t alphabet = s->local->form.alphabet;
    char quoted[LK_QUOTE_CAPACITY];
    int64_t shown = between(0, s->size, DIGITS_MOST);
    return lk_fail(
        s->local->context, LK_FORMAT,
        "%s, line %lld: \"%s%s\" is no symbol: they are whole numbers from 0 to %d, with "
        "white space or commas between",
        s->name, (long long)s->line, lk_text_quote(s->token, s->token + shown, quoted),
        s->size > shown ? "..." : "", (alphabet > 0 ? alphabet : LK_LOCAL_ALPHABET_MOST) - 1);
}

static lk_status wrong_count(const scan *s, const char *more, int64_t count) {
    return lk_fail(s->local->context, LK_MISMATCH,
                   "%s: %s%lld symbols, but %s wants %lld, one for every %d positions", s->name,
                   more, (long long)count, s->of, (long long)s->expected, s->local->form.every);
}

static lk_status end_number(scan *s) {
    const lk_local *local = s->local;
    int64_t value = 0,
            most = local->form.alphabet > 0 ? local->form.alphabet : LK_LOCAL_ALPHABET_MOST;
    bool right = s->size <= DIGITS_MOST;
    for (int64_t i = 0; i < s->size && right; i++) {
        right = lk_is_digit(s->token[i]);
        value = right ? value * 10 + (s->token[i] - '0') : value;
    }
    if (!right || value >= most) {
        return wrong_symbol(s);
    }
    if (s->expected >= 0 && s->count == s->expected) {
        return wrong_count(s, "more than ", s->expected);
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
        return wrong_count(s, "", s->count);
    }
    return s->count == 0 && s->expected != 0
               ? lk_fail(s->local->context, LK_FORMAT, "%s: no symbols", source->path)
               : LK_OK;
}

/* What is kept becomes the next item's, if all is well. */
static lk_status end_item(scan *s, lk_status status) {
    lk_local *local = s->local;
    status = status == LK_OK ? write_kept(s) : status;
    if (status == LK_OK) {
        local->begin[local->items] = end_of(local);
        local->length[local->items++] = s->count;
    }
    lk_release(s);
    return status;
}

static lk_status begin_item(lk_local *local, scan **s) {
    LK_REQUIRE(local->items < local->capacity);
    *s = lk_allocate(1, sizeof **s);
    if (*s == NULL) {
        return lk_fail_no_memory(local->context, "slower sequences", (int64_t)sizeof **s);
    }
    (*s)->local = local;
    (*s)->line = 1;
    return LK_OK;
}

lk_status lk_local_add(lk_local *local, lk_source *source, int64_t positions, const char *of) {
    scan *s;
    LK_TRY(begin_item(local, &s));
    s->name = source->path;
    s->of = of;
    s->expected = positions < 0 ? -1 : lk_local_count(&local->form, positions);
    return end_item(s, scan_source(s, source));
}

lk_status lk_local_add_drawn(lk_local *local, int64_t positions, uint64_t seed) {
    lk_random random = {seed, LK_FOR_CHECK};
    scan *s;
    LK_TRY(begin_item(local, &s));
    s->name = "drawn";
    lk_status status = LK_OK;
    for (int64_t left = lk_local_count(&local->form, positions); left > 0 && status == LK_OK;
         left--) {
        status =
            keep(s, (int64_t)lk_random_below(random, (uint64_t)local->items, (uint64_t)s->count,
                                             (uint64_t)local->form.alphabet));
    }
    return end_item(s, status);
}

lk_status lk_local_add_file(lk_local *local, const char *path, int64_t positions, const char *of) {
    lk_source source, nothing;
    lk_bytes none = {0};
    if (positions == 0) {
        LK_TRY(lk_source_of_bytes(local->context, path, &none, &nothing));
        lk_status status = lk_local_add(local, &nothing, 0, of);
        lk_source_close(&nothing);
        return status;
    }
    LK_TRY(lk_source_open_unpacked(local->context, path, &source));
    lk_status status = lk_local_add(local, &source, positions, of);
    lk_source_close(&source);
    return status;
}

void lk_local_learn(lk_local *local) {
    local->form.alphabet = local->largest + 1;
}

/* ---- reading symbols ------------------------------------------------------------------------- */

const lk_local_form *lk_local_form_of(const lk_local *local) {
    return &local->form;
}

int64_t lk_local_length(const lk_local *local, int64_t item) {
    LK_REQUIRE(item >= 0 && item < local->items);
    return local->length[item];
}

lk_status lk_local_read(const lk_local *local, int64_t item, int64_t first, int64_t count,
                        uint16_t *symbols) {
    LK_REQUIRE(first >= 0 && count >= 0 && count <= lk_local_length(local, item) - first);
    uint8_t *bytes = (uint8_t *)symbols;
    int64_t left = count * 2, at = (local->begin[item] + first) * 2;
    while (left > 0) {
        ssize_t got = pread(local->descriptor, bytes, (size_t)left, (off_t)at);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return lk_fail(local->context, LK_IO, "a temporary file cannot be read: %s",
                           got == 0 ? "it ends early" : strerror(errno));
        }
        got = got > 0 ? got : 0;
        bytes += got;
        left -= got;
        at += got;
    }
    return LK_OK;
}

/* Positions whose symbols are read together. */
static int64_t at_once(const lk_local_form *form) {
    return (AT_ONCE - 4) * (int64_t)form->every;
}

lk_status lk_local_read_cells(const lk_local *local, int64_t item, int64_t first, int64_t count,
                              uint16_t *cells) {
    uint16_t symbols[AT_ONCE];
    int64_t total = lk_local_length(local, item);
    for (int64_t here; count > 0; first += here, count -= here, cells += here * LK_LOCAL_CELLS) {
        here = count < at_once(&local->form) ? count : at_once(&local->form);
        lk_local_piece piece = lk_local_needed(&local->form, first, here, total);
        LK_REQUIRE(piece.count <= AT_ONCE);
        LK_TRY(lk_local_read(local, item, piece.first, piece.count, symbols));
        lk_local_cells(&local->form, &piece, symbols, first, here, cells);
    }
    return LK_OK;
}

static lk_status read_first(void *argument, int64_t lane, int64_t first, int64_t count,
                            uint16_t *cells) {
    (void)lane;
    return lk_local_read_cells(argument, 0, first, count, cells);
}

lk_local_reader lk_local_alone(const lk_local *local) {
    return (lk_local_reader){read_first, (void *)(uintptr_t)local};
}
