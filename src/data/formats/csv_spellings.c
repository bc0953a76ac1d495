/* Of a table of integers: whether a column writes one value in two ways, as codes do that begin
 * with 0 (01 and 1), so that what may be two is taken for one. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/formats/csv.h"

/* Spellings that are held at a time; of more columns the table is gone through again. */
#define HELD_MOST (1 << 20)

typedef struct spelling {
    const uint8_t *start; /* NULL: the value has not been met */
    int64_t length;
} spelling;

/* Columns whose spellings are compared together: variables first .. last - 1. */
typedef struct comparison {
    const lk_csv *csv;
    lk_dataset *dataset;
    int64_t first, last;
    int64_t *row;     /* owned, [variables]: of `held`; -1: always spelled as it is printed */
    spelling *held;   /* owned, [rows][alphabet] */
    int64_t alphabet; /* of the values that occur */
} comparison;

bool lk_csv_is_plain(const uint8_t *start, const uint8_t *end, int32_t value) {
    char digits[16];
    int length = snprintf(digits, sizeof digits, "%d", value);
    return end - start == length && memcmp(start, digits, (size_t)length) == 0;
}

static lk_status note(const comparison *c, int64_t variable, const spelling *one,
                      const spelling *other) {
    const lk_csv *csv = c->csv;
    const lk_columns *columns = c->dataset->columns;
    const char *name = columns != NULL ? columns->column[variable].name : NULL;
    char quoted[LK_QUOTE_CAPACITY], number[32], a[LK_QUOTE_CAPACITY], b[LK_QUOTE_CAPACITY];
    snprintf(number, sizeof number, "%lld", (long long)variable + 1);
    return lk_dataset_note(
        csv->context, c->dataset, "column %s%s%s: %s and %s are one value%s",
        name != NULL ? "'" : "",
        name != NULL
            ? lk_text_quote((const uint8_t *)name, (const uint8_t *)name + strlen(name), quoted)
            : number,
        name != NULL ? "'" : "", lk_text_quote(one->start, one->start + one->length, a),
        lk_text_quote(other->start, other->start + other->length, b),
        lk_advice(csv->context, "columns",
                  name != NULL ? "; --columns words keeps them apart"
                               : "; with a first line that names the columns --columns words keeps "
                                 "them apart"));
}

/* *found: a value of the row is written in a second way, and that is noted. */
static lk_status compare_row(comparison *c, int64_t example, const lk_line *line, bool *found) {
    const lk_csv *csv = c->csv;
    lk_field field = {.next = line->start};
    for (int64_t i = 0; field.next != NULL && i < csv->fields; ++i) {
        int64_t v = csv->variable != NULL ? csv->variable[i] : i;
        field = lk_field_next(field.next, line->end, csv->separator);
        if (v < c->first || v >= c->last || c->row[v] < 0) {
            continue;
        }
        lk_field own = lk_field_trimmed(field);
        spelling this = {own.start, own.end - own.start};
        int32_t value = c->dataset->values[example * c->dataset->variables + v];
        spelling *before = &c->held[c->row[v] * c->alphabet + value];
        if (before->start == NULL) {
            *before = this;
        } else if (before->length != this.length ||
                   memcmp(before->start, this.start, (size_t)this.length) != 0) {
            *found = true;
            return note(c, v, before, &this);
        }
    }
    return LK_OK;
}

static lk_status compare(comparison *c, bool *found) {
    lk_text text = c->csv->body;
    lk_line line;
    for (int64_t n = 0; n < c->dataset->examples && !*found && lk_text_line(&text, &line); ++n) {
        LK_TRY(compare_row(c, n, &line, found));
    }
    return LK_OK;
}

/* As many columns from c->last on as can be held; how many of them are to be compared. */
static int64_t take_columns(comparison *c) {
    const lk_csv *csv = c->csv;
    int64_t rows = 0, most = HELD_MOST / c->alphabet;
    for (c->first = c->last; c->last < csv->variables && (rows < most || rows == 0); ++c->last) {
        c->row[c->last] = csv->respelled[c->last] ? rows++ : -1;
    }
    return rows;
}

static lk_status compare_all(comparison *c) {
    bool found = false;
    while (c->last < c->csv->variables && !found) {
        int64_t rows = take_columns(c);
        if (rows == 0) {
            continue;
        }
        lk_release(c->held);
        c->held = lk_allocate(rows * c->alphabet, sizeof *c->held);
        LK_TRY(c->held != NULL
                   ? LK_OK
                   : lk_fail_no_memory(c->csv->context, c->csv->reading->name, rows * c->alphabet));
        LK_TRY(compare(c, &found));
    }
    return LK_OK;
}

lk_status lk_csv_note_spellings(const lk_csv *csv, lk_dataset *dataset) {
    bool any = false;
    int32_t most = 0;
    for (int64_t v = 0; v < csv->variables; ++v) {
        any |= csv->respelled[v];
    }
    if (!any) {
        return LK_OK;
    }
    for (int64_t i = 0; i < dataset->examples * dataset->variables; ++i) {
        most = dataset->values[i] > most ? dataset->values[i] : most;
    }
    comparison c = {.csv = csv, .dataset = dataset, .alphabet = most + 1};
    c.row = lk_allocate(csv->variables, sizeof *c.row);
    lk_status status =
        c.row != NULL ? compare_all(&c)
                      : lk_fail_no_memory(csv->context, csv->reading->name, csv->variables * 8);
    lk_release(c.row);
    lk_release(c.held);
    return status;
}
