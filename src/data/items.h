/* Items: what a model is run over. An item is some symbols in a row, of which the model gives the
 * likelihood as of one: an example of a data set, or a text. A data set is items of one length and
 * shape; a folder of texts is items of different lengths. Reading is bounded in memory: a text is
 * never held whole. One thread at a time reads items. */
#ifndef LK_DATA_ITEMS_H
#define LK_DATA_ITEMS_H

#include "data/dataset.h"
#include "data/dictionary.h"
#include "data/local.h"
#include "data/stream.h"
#include "data/view.h"

typedef struct lk_items lk_items;

/* The examples of a data set, seen through a view (NULL: as they are). Data set and view must
 * outlive them; the data set's values may change meanwhile. *items is the caller's:
 * lk_items_close. */
lk_status lk_items_of_dataset(lk_context *context, const lk_dataset *dataset, const lk_view *view,
                              lk_items **items);
/* Texts, at least one, as symbols that are alike for all. The array's streams are taken, whatever
 * comes of it. `path` is for messages. Of streams that rest (lk_stream_rest) only
 * LK_TEXTS_OPEN_MOST are awake at a time. */
#define LK_TEXTS_OPEN_MOST 128
lk_status lk_items_of_texts_take(lk_context *context, const char *path, lk_stream **texts,
                                 int64_t count, lk_items **items);
void lk_items_close(lk_items *items);

int64_t lk_items_count(const lk_items *items);
const char *lk_items_path(const lk_items *items);
/* Of one item: its name, the path where it has none; symbols; bytes in its file (0: not of a
 * text). */
const char *lk_items_name(const lk_items *items, int64_t item);
/* The name within the folder that was opened; the whole name where it is of none. */
const char *lk_items_name_inside(const lk_items *items, int64_t item);
int64_t lk_items_length(const lk_items *items, int64_t item);
int64_t lk_items_bytes(const lk_items *items, int64_t item);
/* What the file of a recording is; NULL: of no recording. */
const lk_sound_info *lk_items_sound(const lk_items *items, int64_t item);
/* Of the longest; 0: there are none. */
int64_t lk_items_longest(const lk_items *items);
/* Symbols, and bytes, of all of them. */
int64_t lk_items_total(const lk_items *items);
int64_t lk_items_total_bytes(const lk_items *items);
/* Of each item of a data set, before any view; 0 axes: they are texts. */
lk_shape lk_items_shape(const lk_items *items);
/* NULL: they are texts. */
const lk_dataset *lk_items_dataset(const lk_items *items);
/* As what these are seen; NULL: as they are. */
const lk_view *lk_items_view(const lk_items *items);
const lk_symbols *lk_items_symbols(const lk_items *items); /* NULL: they are no texts */
/* What a user should know of how they were read, in one line: that of the data set, or what is
 * taken here (lk_release of the former one). NULL: nothing. */
const char *lk_items_note(const lk_items *items);
void lk_items_note_take(lk_items *items, char *note);
/* Labels [count], as symbols; NULL: they have none. Set once the words are matched with a model's;
 * the array is copied. */
const uint16_t *lk_items_labels(const lk_items *items);
lk_status lk_items_set_labels(lk_items *items, const int32_t *labels);

/* The names of the labels; NULL: they have none. Set with the labels (copied). */
const lk_dictionary *lk_items_classes(const lk_items *items);
lk_status lk_items_set_classes(lk_items *items, const lk_dictionary *classes);
/* Makes the labels symbols of `known`, by their names; LK_MISMATCH lists what is known. */
lk_status lk_items_match_labels(lk_items *items, const lk_dictionary *known);
/* The slower sequences beside texts, one for each; NULL: there are none. */
const lk_local *lk_items_local(const lk_items *items);
/* Reads them from files: of a folder of texts, and of a folder at `path`, the one that is named as
 * the text, with the ending .txt; else the file at `path`. form->alphabet 0: it is learned.
 * LK_MISMATCH, LK_FORMAT and LK_IO name the file. */
lk_status lk_items_read_local_files(lk_context *context, lk_items *items, const char *path,
                                    const lk_local_form *form);
/* The same, made already; taken, whatever comes of it (of NULL: nothing is done). */
void lk_items_local_take(lk_items *items, lk_local *local);
/* What a network is given of positions of an item (lk_local_read_cells). */
lk_status lk_items_local_cells(const lk_items *items, int64_t item, int64_t first, int64_t count,
                               uint16_t *cells);
/* Parts a text: its first `first` symbols stay *texts, the others become *rest. Neither is empty.
 * After a failure *texts stays as it is. */
lk_status lk_items_split(lk_context *context, lk_items **texts, int64_t first, lk_items **rest);
/* `count` of several texts, fewer than all and chosen at random (lk_random_split), become *rest.
 * After a failure they stay as they are. */
lk_status lk_items_hold_out(lk_context *context, lk_items *texts, int64_t count, uint64_t seed,
                            lk_items **rest);

/* values[count]: the item's symbols from `first` on, all within it. */
lk_status lk_items_read(lk_items *items, int64_t item, int64_t first, int64_t count,
                        uint16_t *values);
/* characters[count]: what stands there in a text (data/utf8.h), also where the symbol is the
 * escape. */
lk_status lk_items_characters(lk_items *items, int64_t item, int64_t first, int64_t count,
                              uint32_t *characters);
/* One of several texts as items of its own, with its label and what stands beside it; these must
 * outlive it, and neither is read while the other is. *one is the caller's: lk_items_close. */
lk_status lk_items_alone(lk_context *context, const lk_items *items, int64_t item, lk_items **one);
/* LK_IO, with both sizes, when a text is not as large as it was when it was opened. */
lk_status lk_items_unchanged(const lk_items *items);
/* Whether a symbol of these items is the escape of a text. */
bool lk_items_escapes(const lk_items *items, uint16_t symbol);

#endif
