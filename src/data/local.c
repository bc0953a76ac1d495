#include "data/local.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/spool.h"

#define AT_ONCE 4096 /* symbols */

struct lk_local {
    lk_context *context;
    lk_local_form form;
    int32_t largest;         /* symbol so far */
    int descriptor;          /* of the file without a name */
    int64_t items, capacity; /* that are there; that there will be */
    int64_t *begin;          /* owned, [capacity]: in symbols of that file */
    int64_t *length;         /* owned, [capacity] */
    int64_t put;             /* symbols of the item that has begun */
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

/* For so many items of what is kept already. */
static lk_status make_beside(lk_context *context, const lk_local *local, int64_t items,
                             lk_local **made) {
    LK_TRY(make(context, &local->form, items, made));
    (*made)->largest = local->largest;
    (*made)->items = items;
    (*made)->descriptor = fcntl(local->descriptor, F_DUPFD_CLOEXEC, 0);
    return (*made)->descriptor >= 0
               ? LK_OK
               : lk_fail(context, LK_IO, "a temporary file cannot be opened again: %s",
                         strerror(errno));
}

lk_status lk_local_split(lk_local *local, int64_t first, lk_local **rest) {
    bool one = local->items == 1;
    int64_t from = one ? 0 : first, items = local->items - from;
    LK_REQUIRE(first >= 0 && first <= (one ? local->length[0] : local->items));
    LK_TRY(or_none(make_beside(local->context, local, items, rest), rest));
    lk_local *made = *rest;
    memcpy(made->begin, local->begin + from, (size_t)items * sizeof *made->begin);
    memcpy(made->length, local->length + from, (size_t)items * sizeof *made->length);
    made->begin[0] += one ? first : 0;
    made->length[0] -= one ? first : 0;
    local->items = one ? 1 : first;
    local->length[0] = one ? first : local->length[0];
    return LK_OK;
}

lk_status lk_local_parts(lk_context *context, const lk_local *local, const lk_local_part *parts,
                         int64_t count, lk_local **made) {
    LK_TRY(or_none(make_beside(context, local, count, made), made));
    for (int64_t i = 0; i < count; i++) {
        const lk_local_part *part = &parts[i];
        LK_REQUIRE(part->first >= 0 && part->count >= 0 &&
                   part->count <= lk_local_length(local, part->item) - part->first);
        (*made)->begin[i] = local->begin[part->item] + part->first;
        (*made)->length[i] = part->count;
    }
    return LK_OK;
}

/* All symbols of an item are of a smaller alphabet. */
static lk_status check_symbols(const lk_local *local, int64_t item, int32_t alphabet) {
    uint16_t symbols[AT_ONCE];
    int64_t length = lk_local_length(local, item);
    for (int64_t at = 0, here; at < length; at += here) {
        here = between(0, length - at, AT_ONCE);
        LK_TRY(lk_local_read(local, item, at, here, symbols));
        for (int64_t i = 0; i < here; i++) {
            if (symbols[i] >= alphabet) {
                return lk_fail(local->context, LK_MISMATCH,
                               "symbol %lld of slower sequence %lld is %d: the model takes 0 to %d",
                               (long long)(at + i), (long long)item, symbols[i], alphabet - 1);
            }
        }
    }
    return LK_OK;
}

static lk_status take_form(lk_local *local, const lk_local_form *form) {
    int32_t own = local->form.alphabet;
    if (local->form.every != form->every) {
        return lk_fail(local->context, LK_MISMATCH,
                       "the slower sequence has a symbol for every %d positions, and the model "
                       "takes one for every %d",
                       local->form.every, form->every);
    }
    local->form = *form;
    for (int64_t i = 0; own > form->alphabet && i < local->items; i++) {
        LK_TRY(check_symbols(local, i, form->alphabet));
    }
    return LK_OK;
}

lk_status lk_local_copy(lk_context *context, const lk_local *local, const lk_local_form *form,
                        lk_local **copy) {
    LK_TRY(or_none(make_beside(context, local, local->items, copy), copy));
    memcpy((*copy)->begin, local->begin, (size_t)local->items * sizeof *local->begin);
    memcpy((*copy)->length, local->length, (size_t)local->items * sizeof *local->length);
    return or_none(form != NULL ? take_form(*copy, form) : LK_OK, copy);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Of all items so far, in symbols. */
static int64_t end_of(const lk_local *local) {
    int64_t last = local->items - 1;
    return last < 0 ? 0 : local->begin[last] + local->length[last];
}

void lk_local_begin(lk_local *local) {
    LK_REQUIRE(local->items < local->capacity);
    local->put = 0;
}

lk_status lk_local_put(lk_local *local, const char *name, const uint16_t *symbols, int64_t count) {
    const uint8_t *bytes = (const uint8_t *)symbols;
    int64_t left = count * 2, at = (end_of(local) + local->put) * 2;
    while (left > 0) {
        ssize_t written = pwrite(local->descriptor, bytes, (size_t)left, (off_t)at);
        if (written < 0 && errno != EINTR) {
            return lk_fail(local->context, LK_IO,
                           "%s: cannot keep its symbols in a temporary file: %s; name another "
                           "folder by TMPDIR",
                           name, strerror(errno));
        }
        written = written > 0 ? written : 0;
        bytes += written;
        left -= written;
        at += written;
    }
    for (int64_t i = 0; i < count; i++) {
        local->largest = symbols[i] > local->largest ? symbols[i] : local->largest;
    }
    local->put += count;
    return LK_OK;
}

void lk_local_end(lk_local *local) {
    local->begin[local->items] = end_of(local);
    local->length[local->items++] = local->put;
}

lk_status lk_local_add_drawn(lk_local *local, int64_t positions, uint64_t seed) {
    lk_random random = {seed, LK_FOR_CHECK};
    uint16_t symbols[AT_ONCE];
    int64_t count = lk_local_count(&local->form, positions);
    lk_local_begin(local);
    for (int64_t at = 0, here; at < count; at += here) {
        here = between(0, count - at, AT_ONCE);
        for (int64_t i = 0; i < here; i++) {
            symbols[i] = (uint16_t)lk_random_below(
                random, (uint64_t)local->items, (uint64_t)(at + i), (uint64_t)local->form.alphabet);
        }
        LK_TRY(lk_local_put(local, "drawn", symbols, here));
    }
    lk_local_end(local);
    return LK_OK;
}

void lk_local_learn(lk_local *local) {
    local->form.alphabet = local->largest + 1;
}

/* ---- reading symbols ------------------------------------------------------------------------- */

const lk_local_form *lk_local_form_of(const lk_local *local) {
    return &local->form;
}

int64_t lk_local_items(const lk_local *local) {
    return local->items;
}

lk_context *lk_local_context(const lk_local *local) {
    return local->context;
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
