/* A slower sequence beside a sequence (WaveNet, van den Oord et al. 2016, section 2.5, local
 * conditioning): symbols q_0, q_1, ..., of which q_j goes with the `every` positions from j * every
 * on. A position is a frame of a recording or a symbol of a text, so that T positions have
 * ceil(T / every) symbols. They are given to a model, which says p(x | q).
 *
 * In a file they are whole numbers from 0 on, with white space or commas between. They are read
 * once, checked, and kept in a file without a name, two bytes each, so that any number of any
 * length takes no memory. */
#ifndef LK_DATA_LOCAL_H
#define LK_DATA_LOCAL_H

#include "data/source.h"

#define LK_LOCAL_ALPHABET_MOST 65535
#define LK_LOCAL_EVERY_MOST 65536

typedef struct lk_local_form {
    int32_t every;    /* positions of a symbol, 1 to LK_LOCAL_EVERY_MOST */
    int32_t alphabet; /* of them; 0: there is no such sequence */
} lk_local_form;

/* Symbols beside so many positions. */
static inline int64_t lk_local_count(const lk_local_form *form, int64_t positions) {
    return positions / form->every + (positions % form->every != 0);
}

/* ---- what a network is given ----------------------------------------------------------------- */

/* Of each position t: q_(j-1), q_j, q_(j+1) of j = floor(t / every), `alphabet` for those that
 * there are not; then t - j * every. */
#define LK_LOCAL_CELLS 4

/* Some symbols in a row of a sequence that has `total`. */
typedef struct lk_local_piece {
    int64_t first, count, total;
} lk_local_piece;
/* Those that positions [first, first + count) of a sequence of so many symbols are given. */
lk_local_piece lk_local_needed(const lk_local_form *form, int64_t first, int64_t count,
                               int64_t total);
/* cells[count][LK_LOCAL_CELLS], from the symbols that are needed. */
void lk_local_cells(const lk_local_form *form, const lk_local_piece *piece, const uint16_t *symbols,
                    int64_t first, int64_t count, uint16_t *cells);

/* Where a run gets them: of positions [first, first + count) of a lane, counted from its
 * beginning. */
typedef struct lk_local_reader {
    lk_status (*read)(void *argument, int64_t lane, int64_t first, int64_t count, uint16_t *cells);
    void *argument;
} lk_local_reader;

/* ---- sequences ------------------------------------------------------------------------------- */

/* Those of several items. Any number of threads read. */
typedef struct lk_local lk_local;
/* None yet, for so many items; form->alphabet 0: it will be learned. *local is the caller's. */
lk_status lk_local_create(lk_context *context, const lk_local_form *form, int64_t items,
                          lk_local **local);
void lk_local_destroy(lk_local *local); /* of NULL: nothing */
/* The next item's, of `positions` (-1: any number; but one symbol at least), which `of` names for
 * messages. LK_FORMAT or LK_MISMATCH name file, line and cause. */
lk_status lk_local_add(lk_local *local, lk_source *source, int64_t positions, const char *of);
/* The next item's from a file; of no positions none is looked for. */
lk_status lk_local_add_file(lk_local *local, const char *path, int64_t positions, const char *of);
/* The next item's from memory; LK_INVALID and LK_MISMATCH begin with `name`. */
lk_status lk_local_add_symbols(lk_local *local, const char *name, const uint16_t *symbols,
                               int64_t count, int64_t positions, const char *of);
/* The next item's in pieces, which nobody looks at: each symbol is below the alphabet. An item that
 * does not come to its end is none. */
void lk_local_begin(lk_local *local);
lk_status lk_local_put(lk_local *local, const char *name, const uint16_t *symbols, int64_t count);
void lk_local_end(lk_local *local);
/* The next item's, drawn: for checks and tests. */
lk_status lk_local_add_drawn(lk_local *local, int64_t positions, uint64_t seed);
/* The alphabet becomes what the symbols need: one more than the largest. */
void lk_local_learn(lk_local *local);
/* Items from `first` on become *rest, of one item the symbols from `first` on. */
lk_status lk_local_split(lk_local *local, int64_t first, lk_local **rest);

/* Parts of items become the items of *made, which keeps no symbols anew and works in `context`;
 * `local` need not outlive it. */
typedef struct lk_local_part {
    int64_t item, first, count; /* symbols first, .. of an item */
} lk_local_part;
lk_status lk_local_parts(lk_context *context, const lk_local *local, const lk_local_part *parts,
                         int64_t count, lk_local **made);
/* All of them, in the form that a model takes (NULL: their own): LK_MISMATCH unless `every` is its
 * own, and every symbol below its alphabet. */
lk_status lk_local_copy(lk_context *context, const lk_local *local, const lk_local_form *form,
                        lk_local **copy);

lk_context *lk_local_context(const lk_local *local);
const lk_local_form *lk_local_form_of(const lk_local *local);
int64_t lk_local_items(const lk_local *local);
int64_t lk_local_length(const lk_local *local, int64_t item); /* in symbols */
/* symbols[count], all within the item's. */
lk_status lk_local_read(const lk_local *local, int64_t item, int64_t first, int64_t count,
                        uint16_t *symbols);
/* What a network is given of positions of an item, which may lie beyond its end. */
lk_status lk_local_read_cells(const lk_local *local, int64_t item, int64_t first, int64_t count,
                              uint16_t *cells);
/* For all lanes of a run the cells of item 0. NULL: of a model that is given none. */
lk_local_reader lk_local_alone(const lk_local *local);

#endif
