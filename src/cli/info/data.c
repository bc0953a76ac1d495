#include "cli/info/data.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "data/text.h"

#define LIST_CAPACITY 100

static const char *quote(const char *text, char quoted[LK_QUOTE_CAPACITY]) {
    const uint8_t *bytes = (const uint8_t *)text;
    return lk_text_quote(bytes, bytes + strlen(text), quoted);
}

/* How many, and what fits of them. */
static void print_words(const lk_dictionary *words, const char *unseen) {
    char list[LIST_CAPACITY];
    lk_dictionary_list(words, list, sizeof list);
    printf("%d: %s%s\n", words->count, list, unseen);
}

static void print_columns(const lk_columns *columns) {
    char quoted[LK_QUOTE_CAPACITY];
    bool words = lk_columns_have_words(columns);
    printf("columns         %d%s\n", columns->count, words ? ", each with its words" : "");
    for (int32_t i = 0; i < columns->count; i++) {
        const lk_column *column = &columns->column[i];
        printf("  %-*s", words ? 14 : 0, quote(column->name, quoted));
        if (words) {
            printf(" ");
            print_words(&column->values, column->values.unseen ? ", and unseen ones" : "");
        } else {
            putchar('\n');
        }
    }
}

void info_data_print(const lk_model *model) {
    const lk_data_description *data = &model->data;
    char view[LK_VIEW_TEXT], quoted[LK_QUOTE_CAPACITY];
    if (data->view.kind != NULL) {
        lk_view_print(&data->view, view);
        printf("view            %s%s\n", view,
               data->view.exact ? "" : ": negative log-likelihoods are bounds (<=)");
    }
    if (data->classes.count > 0) {
        bool column = data->columns != NULL && data->columns->label != NULL;
        printf("given labels    %s%s", column ? quote(data->columns->label, quoted) : "",
               column ? ", " : "");
        print_words(&data->classes, "");
    } else if (data->labels > 0) {
        printf("given labels    %d: 0 to %d\n", data->labels, data->labels - 1);
    }
    if (data->local.alphabet > 0) {
        printf("given along     a symbol of %d for every %d %s (--local)\n", data->local.alphabet,
               data->local.every, lk_data_is_sound(data) ? "frames" : "symbols");
    }
    if (data->columns != NULL) {
        print_columns(data->columns);
    }
}

/* What does not parse was not made for want of memory: NULL, and so is then the object. */
static json_t *parse(char *text) {
    json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL;
    lk_release(text);
    return json;
}

static void set_columns(const lk_columns *columns, json_t **object) {
    json_t *table = parse(lk_columns_print(columns));
    lk_json_set(object, "columns", json_incref(json_object_get(table, "columns")));
    if (columns->label != NULL) {
        lk_json_set(object, "label_column", json_incref(json_object_get(table, "label")));
    }
    json_decref(table);
}

void info_data_json(const lk_model *model, json_t **object) {
    const lk_data_description *data = &model->data;
    if (data->view.kind != NULL) {
        char view[LK_VIEW_TEXT];
        lk_view_print(&data->view, view);
        lk_json_set(object, "view", json_string(view));
        lk_json_set(object, "bound", json_boolean(!data->view.exact));
    }
    if (data->classes.count > 0) {
        lk_json_set(object, "classes", parse(lk_dictionary_print(&data->classes)));
    } else if (data->labels > 0) {
        lk_json_set(object, "labels", json_integer(data->labels));
    }
    if (data->columns != NULL) {
        set_columns(data->columns, object);
    }
}
