/* The parts of the CSV format (RFC 4180, and what is found in its name): scanning, the head of a
 * file, which says what the fields are, and the values: integers (csv.c) or words (csv_words.c). */
#ifndef LK_DATA_FORMATS_CSV_H
#define LK_DATA_FORMATS_CSV_H

#include "data/formats/format.h"
#include "data/text.h"

/* ---- scanning (csv_scan.c) ------------------------------------------------------------------- */

typedef struct lk_field {
    const uint8_t *start, *end; /* without quotes; outer blanks are cut where there were none */
    const uint8_t *next;        /* after the separator; NULL: the last field */
    bool closed;                /* false: a quote without its end, or text after it */
    bool doubled;               /* quotes within are doubled */
} lk_field;
/* What is said of one that is not closed. */
#define LK_FIELD_OPEN "the quotes are not closed, or something follows them before the separator"

/* The field at p; `end` ends the record. */
lk_field lk_field_next(const uint8_t *p, const uint8_t *end, uint8_t separator);
/* Blanks within quotes cut too: for numbers. */
lk_field lk_field_trimmed(lk_field field);
/* What it says: its bytes, or those in `text`, where doubled quotes are halved. NULL: longer than
 * LK_TEXT_MOST, or a zero byte is in it. */
const char *lk_field_text(const lk_field *field, char text[LK_TEXT_MOST], int64_t *length);
/* Like lk_text_line, but line ends within quotes belong to the record, whose number is that of its
 * first line, and separators at its end are not cut. */
bool lk_record_next(lk_text *text, uint8_t separator, lk_line *record);
/* The first of , ; and tab outside quotes in a record; 0: none. */
uint8_t lk_record_separator(const lk_line *record);
/* No control characters but tabs: what has others is no text. */
bool lk_record_printable(const lk_line *record);
int64_t lk_record_fields(const lk_line *record, uint8_t separator);
/* Whether none of its fields is a number. */
bool lk_record_names(const lk_line *record, uint8_t separator);
/* Adds a text as a field that reads as the same text: in quotes where it must be. */
void lk_field_put(lk_buffer *buffer, const char *text, bool quoted);

/* ---- the head (csv_head.c) ------------------------------------------------------------------- */

#define LK_FIELD_LEFT_OUT (-1)
#define LK_FIELD_LABEL (-2)

typedef struct lk_csv {
    lk_context *context;
    const lk_reading *reading;
    uint8_t separator;
    lk_text body;      /* what follows the header */
    int64_t header;    /* the line that names the columns; 0: none does */
    bool counted;      /* it counts 0, 1, 2, ...: a header in a table of words, else an example */
    int64_t fields;    /* of a record */
    bool numbered;     /* the first field of each is a row number, and left out */
    lk_columns *names; /* owned: of the other fields, in the file's order; NULL: none, or no proper
                        * ones, and then `improper` says why */
    char improper[256];
    int32_t *variable; /* owned: which variable a field is, [fields], or LK_FIELD_...; NULL: its
                        * number */
    int64_t variables;
    bool labelled;   /* a field is the label */
    bool *respelled; /* owned, [variables]: columns of integers where one is not written as it would
                      * be printed (01, 1.0); NULL: none has been read */
} lk_csv;

/* Looks at the head of a file that has a line. */
lk_status lk_csv_open(lk_context *context, const lk_reading *reading, lk_csv *csv);
/* Takes a first line that counts for a header. */
lk_status lk_csv_count_as_header(lk_csv *csv);
/* Whether the header's columns are those of reading->columns, where no rows follow it. */
lk_status lk_csv_check_names(const lk_csv *csv);
/* Which field is which variable: by the names of reading->columns, or else as they stand, but for
 * the label and the row numbers. *columns becomes the description of the data set, without values,
 * the caller's; NULL: there is none. */
lk_status lk_csv_match(lk_csv *csv, lk_columns **columns);
void lk_csv_close(lk_csv *csv);

/* ---- values ---------------------------------------------------------------------------------- */

/* Whether a text says that a value is open, where such may be. */
bool lk_csv_is_hole(const lk_csv *csv, const char *text, int64_t length);
/* Reads a field that is the label of an example. */
lk_status lk_csv_label(const lk_csv *csv, lk_dataset *dataset, int64_t example,
                       const lk_field *field, const lk_line *record);
/* "line 3, column 'size'" */
const char *lk_csv_place(const lk_csv *csv, int64_t line, int64_t field, char place[192]);
/* The rows of a table of words, into a data set whose columns are named. Learns their values, or
 * takes those of reading->columns. *words: whether there is any value that is no number; else
 * nothing was learned that integers would not say better. */
/* `last`: the text behind the last row. In a table of one column an empty line there may be a row
 * of a missing value, as pyarrow and polars write them (findings/csv_arrow.sh): refused. */
lk_status lk_csv_check_end(const lk_csv *csv, const lk_text *last);
lk_status lk_csv_read_words(lk_csv *csv, lk_dataset *dataset, bool *words);

/* ---- notes (csv_notes.c) --------------------------------------------------------------------- */

/* Says why these are words (*words: whether any is), and which columns hardly repeat theirs. */
lk_status lk_csv_note_words(const lk_csv *csv, lk_dataset *dataset, bool *words);
/* Of integers with one alphabet: a column that has few of them. */
lk_status lk_csv_note_ranges(const lk_csv *csv, lk_dataset *dataset);
/* Whether an integer is written as it would be printed. */
bool lk_csv_is_plain(const uint8_t *start, const uint8_t *end, int32_t value);
/* Of integers: the first column found that writes one value in two ways (csv_spellings.c). */
lk_status lk_csv_note_spellings(const lk_csv *csv, lk_dataset *dataset);
/* Notes of what was left out, or is doubtful. */
lk_status lk_csv_note(lk_csv *csv, lk_dataset *dataset);

#endif
