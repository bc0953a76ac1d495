/* Labels: which class each example of a data set is of. */
#ifndef LK_DATA_LABELS_H
#define LK_DATA_LABELS_H

#include "data/dataset.h"

/* Numbers as labels: the data set's classes become the different numbers as texts, in their order,
 * and its labels their symbols. Takes numbers[examples] (lk_allocate), also when it fails. */
lk_status lk_labels_of_numbers(lk_context *context, lk_dataset *dataset, int32_t *numbers);
/* Classes "0" .. count - 1, so that a label is its own number. */
lk_status lk_labels_count(lk_context *context, lk_dataset *dataset, int32_t count);

/* Brings classes into their order, and labels, which are symbols of them, with them. */
lk_status lk_labels_sort(lk_context *context, lk_dictionary *classes, int32_t *labels,
                         int64_t count);
/* The text of an example's label: of its class, or its digits. */
const char *lk_dataset_label_text(const lk_dataset *dataset, int64_t example, char digits[16]);
/* The number that an example's label is written as, whichever symbol it is; false: it is a word, or
 * spelled otherwise than the number would be: 007 and 7 are two labels. */
bool lk_dataset_label_number(const lk_dataset *dataset, int64_t example, int32_t *number);
/* Whether a text is how a number is written. */
bool lk_label_is_number(const char *text, int32_t *number);
/* The symbol of a label among the classes: the one that is spelled so; else the only one that is
 * the same number in another notation (2, 2.0, 2e0; 02 is none). -1: none. */
int32_t lk_label_find(const lk_dictionary *classes, const char *text);

/* Makes the labels of a data set symbols of `known`, by their texts: of other data with the same
 * classes, or fewer, or in another order. Labels without classes are numbers, whose texts are their
 * digits. A label that `known` does not have is LK_MISMATCH, and the message lists those that it
 * has; no labels at all are too. The data set then has a copy of `known`. */
lk_status lk_dataset_match_labels(lk_context *context, lk_dataset *dataset,
                                  const lk_dictionary *known);

/* Takes the column `name` of a table out of its variables to be the labels; its values are the
 * classes. Remembers its place in columns->label. Of integers the alphabet becomes what the others
 * need. LK_INVALID: no table, no such column, or the only one. */
lk_status lk_dataset_take_label(lk_context *context, lk_dataset *dataset, const char *name);
/* Puts it back in its place; then there are no labels. */
lk_status lk_dataset_put_label(lk_context *context, lk_dataset *dataset);

#endif
