#include "jobs/table.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "data/labels.h"

#define DIGITS 9

struct lk_table {
    lk_context *context;
    lk_writer *writer; /* owned */
    bool json;
};

lk_cell lk_cell_integer(const char *key, int64_t integer) {
    return (lk_cell){.key = key, .kind = LK_CELL_INTEGER, .integer = integer};
}

lk_cell lk_cell_real(const char *key, double real) {
    return (lk_cell){.key = key, .kind = LK_CELL_REAL, .real = real};
}

lk_cell lk_cell_text(const char *key, const char *text) {
    return (lk_cell){.key = key, .kind = LK_CELL_TEXT, .text = text};
}

lk_cell lk_cell_label(const char *key, const char *text) {
    int32_t number;
    return lk_label_is_number(text, &number) ? lk_cell_integer(key, number)
                                             : lk_cell_text(key, text);
}

void lk_row_add(lk_row *row, lk_cell cell) {
    LK_REQUIRE(row->count < LK_ROW_MOST);
    row->cell[row->count++] = cell;
}

static bool ends_with(const char *name, const char *ending) {
    size_t length = strlen(name), want = strlen(ending);
    return length > want && strcmp(name + length - want, ending) == 0;
}

bool lk_table_named(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    return strchr(name, '.') == NULL || ends_with(path, ".csv") || ends_with(path, ".jsonl");
}

lk_status lk_table_create(lk_context *context, const char *path, const lk_cell *cells,
                          int32_t count, lk_table **table) {
    *table = NULL;
    lk_table *made = lk_allocate(1, sizeof *made);
    if (made == NULL) {
        return lk_fail_no_memory(context, "a table", (int64_t)sizeof *made);
    }
    *made = (lk_table){.context = context, .json = ends_with(path, ".jsonl")};
    lk_status status = lk_writer_create(context, path, &made->writer);
    if (status != LK_OK) {
        lk_release(made);
        return status;
    }
    for (int32_t i = 0; i < count && !made->json; i++) {
        lk_writer_printf(made->writer, "%s%s", i > 0 ? "," : "", cells[i].key);
    }
    lk_writer_put(made->writer, "\n", !made->json);
    *table = made;
    return LK_OK;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* Quoted, with quotes doubled. */
static void write_text(lk_writer *writer, const char *text) {
    lk_writer_put(writer, "\"", 1);
    for (; *text != '\0'; text++) {
        lk_writer_put(writer, "\"\"", *text == '"');
        lk_writer_put(writer, text, 1);
    }
    lk_writer_put(writer, "\"", 1);
}

static void write_cell(lk_writer *writer, const lk_cell *cell) {
    if (cell->kind == LK_CELL_INTEGER) {
        lk_writer_printf(writer, "%lld", (long long)cell->integer);
    } else if (cell->kind == LK_CELL_REAL && isnan(cell->real)) {
        return; /* not known, as null is in JSON */
    } else if (cell->kind == LK_CELL_REAL) {
        lk_writer_printf(writer, "%.*g", cell->digits > 0 ? cell->digits : DIGITS, cell->real);
    } else if (cell->text != NULL) {
        write_text(writer, cell->text);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *json_of(const lk_cell *cell) {
    return cell->kind == LK_CELL_INTEGER ? json_integer(cell->integer)
           : cell->kind == LK_CELL_REAL  ? lk_json_number(cell->real)
           : cell->text != NULL          ? lk_json_bytes(cell->text)
                                         : json_null();
}

static lk_status put_json(lk_table *table, const lk_cell *cells, int32_t count) {
    json_t *object = json_object();
    for (int32_t i = 0; i < count; i++) {
        lk_json_set(&object, cells[i].key, json_of(&cells[i]));
    }
    char *text =
        lk_json_text(object, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(DIGITS));
    json_decref(object);
    if (text == NULL) {
        return lk_fail_no_memory(table->context, "a line of JSON", 256);
    }
    lk_writer_printf(table->writer, "%s\n", text);
    lk_release(text);
    return LK_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

lk_status lk_table_put(lk_table *table, const lk_cell *cells, int32_t count) {
    if (table->json) {
        return put_json(table, cells, count);
    }
    for (int32_t i = 0; i < count; i++) {
        lk_writer_put(table->writer, ",", i > 0);
        write_cell(table->writer, &cells[i]);
    }
    lk_writer_put(table->writer, "\n", 1);
    return LK_OK;
}

lk_status lk_table_hold(lk_table *table, lk_batch *batch) {
    lk_writer *writer = table->writer;
    lk_release(table);
    return lk_writer_hold(writer, batch);
}

lk_status lk_table_commit(lk_table *table) {
    lk_writer *writer = table->writer;
    lk_release(table);
    return lk_writer_commit(writer);
}

void lk_table_abandon(lk_table *table) {
    if (table != NULL) {
        lk_writer_abandon(table->writer);
        lk_release(table);
    }
}

lk_status lk_table_write(lk_context *context, const char *path, int64_t rows, lk_table_fill *fill,
                         const void *of, lk_batch *batch) {
    lk_row row = {.count = 0};
    lk_table *table;
    fill(of, 0, &row);
    LK_TRY(lk_table_create(context, path, row.cell, row.count, &table));
    lk_status status = LK_OK;
    for (int64_t i = 0; i < rows && status == LK_OK; i++) {
        row.count = 0;
        fill(of, i, &row);
        status = lk_table_put(table, row.cell, row.count);
    }
    if (status != LK_OK) {
        lk_table_abandon(table);
        return status;
    }
    return batch != NULL ? lk_table_hold(table, batch) : lk_table_commit(table);
}
