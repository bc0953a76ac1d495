/* A table of results: CSV, or a line of JSON for each row where the name ends in .jsonl. */
#ifndef LK_JOBS_TABLE_H
#define LK_JOBS_TABLE_H

#include "base/file.h"

typedef enum lk_cell_kind { LK_CELL_INTEGER, LK_CELL_REAL, LK_CELL_TEXT } lk_cell_kind;

typedef struct lk_cell {
    const char *key; /* name of the column */
    lk_cell_kind kind;
    int64_t integer;
    double real;      /* infinite ones are strings in JSON (base/json.h) */
    const char *text; /* quoted in CSV; as base/json.h writes any bytes;
                         NULL: nothing there */
    int32_t digits;   /* of a real number in CSV; 0: 9, as many as JSON has */
} lk_cell;

lk_cell lk_cell_integer(const char *key, int64_t integer);
lk_cell lk_cell_real(const char *key, double real);
lk_cell lk_cell_text(const char *key, const char *text);
/* A label: a number if its text is how one is written, else that text (data/labels.h). */
lk_cell lk_cell_label(const char *key, const char *text);

/* A row as it is filled. */
#define LK_ROW_MOST 12
typedef struct lk_row {
    lk_cell cell[LK_ROW_MOST];
    int32_t count;
    char digits[16]; /* room for a cell's text */
} lk_row;
void lk_row_add(lk_row *row, lk_cell cell);

typedef struct lk_table lk_table;
/* Whether such a name may be that of a table: NAME.csv, NAME.jsonl, or none with a dot. */
bool lk_table_named(const char *path);
/* The columns are those of `cells`, whose values do not matter here. */
lk_status lk_table_create(lk_context *context, const char *path, const lk_cell *cells,
                          int32_t count, lk_table **table);
/* A row, with the same columns. */
lk_status lk_table_put(lk_table *table, const lk_cell *cells, int32_t count);
/* Both end the table. commit(NULL) is not allowed; abandon(NULL) is. */
lk_status lk_table_commit(lk_table *table);
/* As commit, but the file gets its name with the others of the batch. */
lk_status lk_table_hold(lk_table *table, lk_batch *batch);
void lk_table_abandon(lk_table *table);

/* A whole table: `fill` adds the cells of row i of `of` to an empty row. Of no rows it is asked for
 * row 0 all the same, whose columns they are. batch NULL: the file gets its name at once. */
typedef void lk_table_fill(const void *of, int64_t i, lk_row *row);
lk_status lk_table_write(lk_context *context, const char *path, int64_t rows, lk_table_fill *fill,
                         const void *of, lk_batch *batch);

#endif
