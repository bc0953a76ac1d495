#include "cli/info/field.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/columns.h"
#include "jobs/masks.h"
#include "jobs/receptive.h"

#define STRONGEST 8 /* that are listed */

/* ---- which variable -------------------------------------------------------------------------- */

static int column_named(const lk_columns *columns, const char *text) {
    for (int32_t i = 0; columns != NULL && i < columns->count; i++) {
        if (strcmp(columns->column[i].name, text) == 0) {
            return i;
        }
    }
    return -1;
}

/* One number for each axis (of an image the channel may be left out: the first), or one in all; all
 * from 1. */
static int64_t number_of(lk_shape shape, const char *text) {
    int64_t at[LK_SHAPE_MOST] = {0}, variable = 0;
    int32_t count = 0;
    char *end = NULL;
    for (; count < LK_SHAPE_MOST; text = end + 1) {
        at[count++] = strtoll(text, &end, 10) - 1;
        if (end == text || *end != ',') {
            break;
        }
    }
    if (end == text || *end != '\0') {
        return -1;
    }
    if (count == 1 && at[0] >= 0 && at[0] < lk_shape_variables(shape)) {
        return at[0];
    }
    if (count != shape.axes && !(shape.axes == 3 && count == 2)) {
        return -1;
    }
    for (int32_t i = 0; i < shape.axes; i++) {
        if (at[i] < 0 || at[i] >= shape.size[i]) {
            return -1;
        }
        variable = variable * shape.size[i] + at[i];
    }
    return variable;
}

int info_field_parse(const cli_arguments *arguments, const lk_model *model, int64_t *variable) {
    const char *text = cli_text(arguments, "field", "");
    char shape[64];
    *variable = column_named(model->data.columns, text);
    if (*variable < 0) {
        *variable = number_of(model->data.shape, text);
    }
    if (*variable < 0) {
        lk_shape_print(model->data.shape, shape, sizeof shape);
        return cli_usage(arguments,
                         "--field %s: expected Y,X or Y,X,C of an image, a number of a variable "
                         "(all from 1), or a column's name; examples are %s",
                         text, shape);
    }
    return EXIT_DONE;
}

static void print_variable(const lk_model *model, int64_t variable, char text[64]) {
    lk_shape shape = model->data.shape;
    if (model->data.columns != NULL) {
        snprintf(text, 64, "%.60s", model->data.columns->column[variable].name);
    } else if (shape.axes == 2 || (shape.axes == 3 && shape.size[2] == 1)) {
        snprintf(text, 64, "%lld,%lld", (long long)(variable / shape.size[1] + 1),
                 (long long)(variable % shape.size[1] + 1));
    } else if (shape.axes == 3) {
        int64_t pixel = variable / shape.size[2];
        snprintf(text, 64, "%lld,%lld,%lld", (long long)(pixel / shape.size[1] + 1),
                 (long long)(pixel % shape.size[1] + 1), (long long)(variable % shape.size[2] + 1));
    } else {
        snprintf(text, 64, "%lld", (long long)variable + 1);
    }
}

/* ---- a receptive field ----------------------------------------------------------------------- */

static int64_t strongest(const lk_receptive *field, const bool *listed) {
    int64_t best = -1;
    for (int64_t v = 0; v < field->variables; v++) {
        bool stronger = best < 0 || field->change[v] > field->change[best];
        best = field->seen[v] && !listed[v] && stronger ? v : best;
    }
    return best;
}

static int print_field(const lk_model *model, const lk_receptive *field, const char *path) {
    char text[64];
    bool *listed = lk_allocate(field->variables, sizeof *listed); /* zeroed */
    if (listed == NULL) {
        lk_fail_no_memory(model->context, "a list", field->variables);
        return cli_fault(model->context);
    }
    print_variable(model, field->variable, text);
    int64_t far = field->earlier_count - field->seen_count - field->blind_count;
    printf("the conditional of %s sees %lld of the %lld variables before it; blind spot: %lld, out "
           "of reach: %lld\n",
           text, (long long)field->seen_count, (long long)field->earlier_count,
           (long long)field->blind_count, (long long)far);
    if (lk_model_variants(model) > 1) {
        printf("of the first of %d %ss\n", lk_model_variants(model), lk_model_variant_name(model));
    }
    for (int i = 0; i < STRONGEST && i < field->seen_count; i++) {
        int64_t v = strongest(field, listed);
        if (i == 0) {
            printf("how far it moves when a value is changed (total variation, mean over %d "
                   "samples):\n",
                   field->examples);
        }
        listed[v] = true;
        print_variable(model, v, text);
        printf("  %-12s %.6f\n", text, field->change[v]);
    }
    lk_release(listed);
    if (path != NULL) {
        printf("%s: white the variable, grey what it sees, the brighter the more, red its blind "
               "spot, violet what is out of its reach, blue what comes later\n",
               path);
    }
    return cli_finish_output();
}

/* A column's name is whole here. */
static json_t *place_json(const lk_model *model, int64_t variable) {
    char text[64];
    print_variable(model, variable, text);
    const lk_columns *columns = model->data.columns;
    return lk_json_bytes(columns != NULL ? columns->column[variable].name : text);
}

static int print_field_json(const lk_model *model, const lk_receptive *field) {
    json_t *seen = json_array(), *change = json_array(), *blind = json_array();
    for (int64_t v = 0; v < field->variables; v++) {
        if (field->seen[v]) {
            json_array_append_new(seen, json_integer(v + 1));
            json_array_append_new(change, lk_json_number(field->change[v]));
        } else if (field->blind[v]) {
            json_array_append_new(blind, json_integer(v + 1));
        }
    }
    return cli_print_json(json_pack(
        "{s:I, s:o, s:I, s:I, s:I, s:I, s:i, s:o, s:o, s:o}", "variable",
        (json_int_t)field->variable + 1, "place", place_json(model, field->variable), "earlier",
        (json_int_t)field->earlier_count, "seen", (json_int_t)field->seen_count, "blind",
        (json_int_t)field->blind_count, "out_of_reach",
        (json_int_t)(field->earlier_count - field->seen_count - field->blind_count), "samples",
        field->examples, "seen_variables", seen, "total_variation", change, "blind_variables",
        blind));
}

int info_field(const lk_model *model, int64_t variable, const char *path, bool json) {
    lk_receptive field;
    lk_status status = lk_receptive_field(model, variable, &field);
    if (status == LK_OK && path != NULL) {
        status = lk_receptive_write(model->context, &field, path);
    }
    int end = status != LK_OK ? cli_fault(model->context)
              : json          ? print_field_json(model, &field)
                              : print_field(model, &field, path);
    lk_receptive_deinit(&field);
    return end;
}

/* ---- masks ----------------------------------------------------------------------------------- */

int info_masks(const lk_model *model, const char *path, bool json) {
    lk_mask_drawn drawn[LK_MASKS_MOST];
    int32_t count;
    json_t *list = json_array();
    if (lk_masks_write(model, 0, path, drawn, &count) != LK_OK) {
        json_decref(list);
        return cli_fault(model->context);
    }
    for (int32_t i = 0; i < count; i++) {
        const lk_mask_drawn *d = &drawn[i];
        if (!json && d->window) {
            printf("window %lld x %lld, %lld of it read: %s\n", (long long)d->rows,
                   (long long)d->columns, (long long)d->open, d->nodes);
        } else if (!json) {
            printf("matrix %lld x %lld (units x inputs), %.1f %% of it open: %s\n",
                   (long long)d->rows, (long long)d->columns,
                   100.0 * (double)d->open / ((double)d->rows * (double)d->columns), d->nodes);
        }
        json_array_append_new(list,
                              json_pack("{s:s, s:b, s:I, s:I, s:I}", "layers", d->nodes, "window",
                                        d->window, "rows", (json_int_t)d->rows, "columns",
                                        (json_int_t)d->columns, "open", (json_int_t)d->open));
    }
    int end =
        json ? cli_print_json(json_pack("{s:o, s:O}", "out", lk_json_bytes(path), "masks", list))
             : cli_finish_output();
    json_decref(list);
    return end;
}
