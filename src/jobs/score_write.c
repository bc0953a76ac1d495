/* Scores as a table: CSV, or a line of JSON for each example. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/measure.h"
#include "base/memory.h"
#include "data/labels.h"
#include "jobs/score.h"

typedef struct table {
    const lk_scores *scores;
    const lk_dataset *dataset;
    const int32_t *labels; /* or NULL: the data set's own */
    lk_writer *writer;
} table;

static bool has_labels(const table *t) {
    return t->labels != NULL || t->dataset->labels != NULL;
}

static double bits_per_dim(const table *t, int64_t i) {
    return t->scores->nll_nats[i] / LK_NATS_PER_BIT / (double)t->dataset->variables;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* A file's name as a field: quoted, with quotes doubled. */
static void write_name(lk_writer *writer, const char *name) {
    lk_writer_put(writer, ",\"", 2);
    for (; *name != '\0'; name++) {
        lk_writer_put(writer, "\"\"", *name == '"');
        lk_writer_put(writer, name, 1);
    }
    lk_writer_put(writer, "\"", 1);
}

static void write_number(lk_writer *writer, const double *column, int64_t i) {
    if (column != NULL) {
        lk_writer_printf(writer, ",%.9g", column[i]);
    }
}

/* An anomaly's number, or else the class: a number too, or a word. */
static void write_label(lk_writer *writer, const lk_dataset *dataset, const int32_t *labels,
                        int64_t i) {
    char digits[16];
    int32_t number = labels != NULL ? labels[i] : 0;
    if (labels != NULL || lk_dataset_label_number(dataset, i, &number)) {
        lk_writer_printf(writer, ",%d", number);
    } else {
        write_name(writer, lk_dataset_label_text(dataset, i, digits));
    }
}

static void write_head(const table *t) {
    const lk_scores *scores = t->scores;
    lk_writer_printf(t->writer,
                     "example%s,nll_nats,bits_per_dim%s%s,score%s%s,variable,variable_nats%s\n",
                     t->dataset->names != NULL ? ",name" : "",
                     scores->background_nats != NULL ? ",background_nats" : "",
                     scores->complexity_nats != NULL ? ",complexity_nats" : "",
                     scores->p_value != NULL ? ",p_value" : "", has_labels(t) ? ",label" : "",
                     t->dataset->columns != NULL ? ",column" : "");
}

static void write_row(const table *t, int64_t i) {
    const lk_scores *scores = t->scores;
    lk_writer *writer = t->writer;
    lk_writer_printf(writer, "%lld", (long long)i + 1);
    if (t->dataset->names != NULL) {
        write_name(writer, t->dataset->names[i]);
    }
    lk_writer_printf(writer, ",%.9g,%.9g", scores->nll_nats[i], bits_per_dim(t, i));
    write_number(writer, scores->background_nats, i);
    write_number(writer, scores->complexity_nats, i);
    write_number(writer, scores->score, i);
    if (scores->p_value != NULL) {
        lk_writer_printf(writer, ",%.6g", scores->p_value[i]);
    }
    if (has_labels(t)) {
        write_label(writer, t->dataset, t->labels, i);
    }
    lk_writer_printf(writer, ",%lld,%.9g", (long long)scores->variable[i] + 1,
                     scores->variable_nats[i]);
    if (t->dataset->columns != NULL) {
        write_name(writer, t->dataset->columns->column[scores->variable[i]].name);
    }
    lk_writer_put(writer, "\n", 1);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* A name or word; one that is not UTF-8 with its bytes above 127 as code points. */
static json_t *text_of(const char *text) {
    json_t *json = json_string(text);
    if (json != NULL || text == NULL) {
        return json;
    }
    char *latin = lk_allocate(2 * (int64_t)strlen(text) + 1, 1), *at = latin;
    for (; latin != NULL && *text != '\0'; text++) {
        uint8_t byte = (uint8_t)*text;
        if (byte >= 0x80) {
            *at++ = (char)(0xC0 | byte >> 6);
            byte = (uint8_t)(0x80 | (byte & 0x3F));
        }
        *at++ = (char)byte;
    }
    json = latin != NULL ? json_string(latin) : NULL;
    lk_release(latin);
    return json;
}

static void set_number(json_t **object, const char *key, const double *column, int64_t i) {
    if (column != NULL) {
        lk_json_set(object, key, lk_json_number(column[i]));
    }
}

static json_t *label_of(const table *t, int64_t i) {
    char digits[16];
    int32_t number = t->labels != NULL ? t->labels[i] : 0;
    return t->labels != NULL || lk_dataset_label_number(t->dataset, i, &number)
               ? json_integer(number)
               : text_of(lk_dataset_label_text(t->dataset, i, digits));
}

static lk_status write_object(lk_context *context, const table *t, int64_t i) {
    const lk_scores *scores = t->scores;
    json_t *object = json_object();
    lk_json_set(&object, "example", json_integer(i + 1));
    if (t->dataset->names != NULL) {
        lk_json_set(&object, "name", text_of(t->dataset->names[i]));
    }
    set_number(&object, "nll_nats", scores->nll_nats, i);
    lk_json_set(&object, "bits_per_dim", lk_json_number(bits_per_dim(t, i)));
    set_number(&object, "background_nats", scores->background_nats, i);
    set_number(&object, "complexity_nats", scores->complexity_nats, i);
    set_number(&object, "score", scores->score, i);
    set_number(&object, "p_value", scores->p_value, i);
    if (has_labels(t)) {
        lk_json_set(&object, "label", label_of(t, i));
    }
    lk_json_set(&object, "variable", json_integer(scores->variable[i] + 1));
    set_number(&object, "variable_nats", scores->variable_nats, i);
    if (t->dataset->columns != NULL) {
        lk_json_set(&object, "column",
                    text_of(t->dataset->columns->column[scores->variable[i]].name));
    }
    char *text = lk_json_text(object, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
    json_decref(object);
    if (text == NULL) {
        return lk_fail_no_memory(context, "a line of JSON", 256);
    }
    lk_writer_printf(t->writer, "%s\n", text);
    lk_release(text);
    return LK_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

lk_status lk_scores_hold(lk_context *context, const lk_scores *scores, const lk_dataset *dataset,
                         const int32_t *labels, const char *path, lk_batch *batch) {
    table t = {scores, dataset, labels, NULL};
    size_t length = strlen(path);
    bool json = length > 6 && strcmp(path + length - 6, ".jsonl") == 0;
    lk_status status = LK_OK;
    LK_TRY(lk_writer_create(context, path, &t.writer));
    if (!json) {
        write_head(&t);
    }
    for (int64_t i = 0; i < scores->examples && status == LK_OK; i++) {
        if (json) {
            status = write_object(context, &t, i);
        } else {
            write_row(&t, i);
        }
    }
    if (status != LK_OK) {
        lk_writer_abandon(t.writer);
        return status;
    }
    return lk_writer_hold(t.writer, batch);
}
