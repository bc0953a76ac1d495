/* Dictionaries and columns as JSON. JSON holds UTF-8 and nothing else, so a text of other bytes is
 * told in hexadecimal digits. */
#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "data/columns.h"

/* ---- printing -------------------------------------------------------------------------------- */

static json_t *json_of_dictionary(const lk_dictionary *dictionary) {
    json_t *array = json_array();
    for (int32_t i = 0; i < dictionary->count && array != NULL; i++) {
        if (json_array_append_new(array, lk_json_bytes(lk_dictionary_text(dictionary, i))) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

/* Nothing where there is none. */
static bool put_remark(json_t *object, const char *remark) {
    return remark == NULL || json_object_set_new(object, "remark", lk_json_bytes(remark)) == 0;
}

static json_t *json_of_column(const lk_column *column) {
    json_t *object = json_object();
    bool made = json_object_set_new(object, "name", lk_json_bytes(column->name)) == 0;
    if (column->values.count > 0) {
        made =
            made && json_object_set_new(object, "values", json_of_dictionary(&column->values)) == 0;
    }
    if (column->values.unseen) {
        made = made && json_object_set_new(object, "unseen", json_true()) == 0;
    }
    made = made && put_remark(object, column->remark);
    if (!made) {
        json_decref(object);
    }
    return made ? object : NULL;
}

static bool fill_columns(json_t *object, const lk_columns *columns) {
    json_t *array = json_array();
    bool made = json_object_set_new(object, "columns", array) == 0;
    for (int32_t i = 0; i < columns->count && made; i++) {
        made = json_array_append_new(array, json_of_column(&columns->column[i])) == 0;
    }
    if (columns->label != NULL && made) {
        json_t *label = json_object();
        made = json_object_set_new(object, "label", label) == 0 &&
               json_object_set_new(label, "name", lk_json_bytes(columns->label)) == 0 &&
               json_object_set_new(label, "at", json_integer(columns->label_at)) == 0 &&
               put_remark(label, columns->label_remark);
    }
    return made;
}

char *lk_dictionary_print(const lk_dictionary *dictionary) {
    json_t *array = json_of_dictionary(dictionary);
    char *text = lk_json_text(array, JSON_COMPACT);
    json_decref(array);
    return text;
}

char *lk_columns_print(const lk_columns *columns) {
    json_t *object = json_object();
    char *text = fill_columns(object, columns) ? lk_json_text(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

/* ---- parsing --------------------------------------------------------------------------------- */

/* What is read so far: nothing larger is built. */
typedef struct parser {
    lk_context *context;
    const char *name;
    int64_t texts, bytes;
} parser;

static lk_status refuse(const parser *p, const char *what) {
    return lk_fail(p->context, LK_FORMAT, "%s: %s", p->name, what);
}

static int hex_digit(char digit) {
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                          : -1;
}

/* Bytes of {"hex": ...}; false: no such object. */
static bool bytes_of_hex(const json_t *json, char text[LK_TEXT_MOST + 1]) {
    const char *digits = json_string_value(json_object_get(json, "hex"));
    if (digits == NULL || json_object_size(json) != 1 || strlen(digits) > 2 * LK_TEXT_MOST ||
        strlen(digits) % 2 != 0) {
        return false;
    }
    size_t length = strlen(digits) / 2;
    for (size_t i = 0; i < length; i++) {
        int high = hex_digit(digits[2 * i]), low = hex_digit(digits[2 * i + 1]);
        if (high < 0 || low < 0 || high + low == 0) {
            return false;
        }
        text[i] = (char)(high << 4 | low);
    }
    text[length] = '\0';
    return true;
}

static lk_status parse_text(parser *p, const json_t *json, char text[LK_TEXT_MOST + 1]) {
    const char *plain = json_string_value(json);
    if (plain != NULL && strlen(plain) <= LK_TEXT_MOST) {
        strcpy(text, plain);
    } else if (plain != NULL || !bytes_of_hex(json, text)) {
        return refuse(p, "a name or value is no text, or a text that is too long");
    }
    p->texts++;
    p->bytes += (int64_t)strlen(text) + 1;
    return p->texts <= LK_TEXTS_MOST && p->bytes <= LK_TEXTS_BYTES_MOST
               ? LK_OK
               : refuse(p, "more names and values than a model may hold");
}

static lk_status parse_dictionary(parser *p, const json_t *json, lk_dictionary *dictionary) {
    if (!json_is_array(json)) {
        return refuse(p, "values are no array");
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        char text[LK_TEXT_MOST + 1];
        int32_t symbol;
        LK_TRY(parse_text(p, json_array_get(json, i), text));
        LK_TRY(lk_dictionary_add(p->context, dictionary, text, (int64_t)strlen(text), &symbol));
        if (symbol != (int32_t)i) {
            return refuse(p, "a value is listed twice");
        }
    }
    return LK_OK;
}

static lk_status parse_name(parser *p, const json_t *json, char **name) {
    char text[LK_TEXT_MOST + 1];
    LK_TRY(parse_text(p, json, text));
    *name = lk_duplicate(text);
    return *name != NULL ? LK_OK : lk_fail_no_memory(p->context, "a name", LK_TEXT_MOST);
}

/* *remark stays NULL where there is none. */
static lk_status parse_remark(parser *p, const json_t *object, char **remark) {
    const json_t *json = json_object_get(object, "remark");
    return json != NULL ? parse_name(p, json, remark) : LK_OK;
}

/* Keys beside those that were found. */
static lk_status refuse_more(const parser *p, const json_t *object, size_t found) {
    return json_object_size(object) == found ? LK_OK : refuse(p, "an unknown key");
}

static lk_status parse_column(parser *p, const json_t *json, lk_column *column) {
    const json_t *values = json_object_get(json, "values"),
                 *unseen = json_object_get(json, "unseen");
    bool remark = json_object_get(json, "remark") != NULL;
    LK_TRY(refuse_more(p, json, (size_t)(1 + (values != NULL) + (unseen != NULL) + remark)));
    LK_TRY(parse_name(p, json_object_get(json, "name"), &column->name));
    LK_TRY(parse_remark(p, json, &column->remark));
    if (unseen != NULL && !json_is_boolean(unseen)) {
        return refuse(p, "\"unseen\" is neither true nor false");
    }
    column->values.unseen = json_is_true(unseen);
    return values != NULL ? parse_dictionary(p, values, &column->values) : LK_OK;
}

static lk_status parse_label(parser *p, const json_t *json, lk_columns *columns) {
    const json_t *at = json_object_get(json, "at");
    if (!json_is_integer(at) || json_integer_value(at) < 0 ||
        json_integer_value(at) > columns->count) {
        return refuse(p, "the label stands at no place among the columns");
    }
    columns->label_at = (int32_t)json_integer_value(at);
    LK_TRY(refuse_more(p, json, (size_t)(2 + (json_object_get(json, "remark") != NULL))));
    LK_TRY(parse_remark(p, json, &columns->label_remark));
    return parse_name(p, json_object_get(json, "name"), &columns->label);
}

static lk_status parse_columns(parser *p, const json_t *json, lk_columns **columns) {
    const json_t *array = json_object_get(json, "columns"), *label = json_object_get(json, "label");
    size_t count = json_array_size(array);
    if (count < 1 || (int64_t)count > LK_TEXTS_MOST) {
        return refuse(p, "no array of columns");
    }
    LK_TRY(refuse_more(p, json, (size_t)(1 + (label != NULL))));
    LK_TRY(lk_columns_create(p->context, (int32_t)count, columns));
    for (size_t i = 0; i < count; i++) {
        LK_TRY(parse_column(p, json_array_get(array, i), &(*columns)->column[i]));
    }
    if (label != NULL) {
        LK_TRY(parse_label(p, label, *columns));
    }
    return lk_columns_check(p->context, p->name, *columns);
}

static lk_status load(const parser *p, const char *text, json_t **json) {
    json_error_t error;
    LK_TRY(lk_json_parse(p->context, p->name, text, strlen(text), json, &error));
    return *json != NULL ? LK_OK
                         : lk_fail(p->context, LK_FORMAT, "%s: no JSON: %s (byte %d)", p->name,
                                   error.text, error.position);
}

lk_status lk_dictionary_parse(lk_context *context, const char *name, const char *json,
                              lk_dictionary *dictionary) {
    parser p = {.context = context, .name = name};
    json_t *loaded;
    *dictionary = (lk_dictionary){0};
    LK_TRY(load(&p, json, &loaded));
    lk_status status = parse_dictionary(&p, loaded, dictionary);
    json_decref(loaded);
    if (status != LK_OK) {
        lk_dictionary_deinit(dictionary);
    }
    return status;
}

lk_status lk_columns_parse(lk_context *context, const char *name, const char *json,
                           lk_columns **columns) {
    parser p = {.context = context, .name = name};
    json_t *loaded;
    *columns = NULL;
    LK_TRY(load(&p, json, &loaded));
    lk_status status = parse_columns(&p, loaded, columns);
    json_decref(loaded);
    if (status != LK_OK) {
        lk_columns_destroy(*columns);
        *columns = NULL;
    }
    return status;
}
