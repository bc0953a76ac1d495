/* What is held of a model with a view: cells instead of values. */
#include "base/memory.h"
#include "jobs/given.h"

/* ---- values ---------------------------------------------------------------------------------- */

/* How many of the values that a cell is made of are held, all, or others. */
static int32_t count_of(const lk_view *view, const int32_t *row, int64_t values, int64_t cell,
                        int32_t *all) {
    int64_t first;
    int32_t held = 0;
    *all = lk_view_made_of(view, cell, values, &first);
    for (int64_t v = first; v < first + *all; v++) {
        held += row[v] >= 0;
    }
    return held;
}

/* One row; x[values] is scratch. */
static lk_status see_row(const lk_model *model, const char *name, int64_t values,
                         const int32_t *row, uint16_t *x, int32_t *cells) {
    const lk_view *view = lk_model_view(model);
    for (int64_t v = 0; v < values; v++) {
        x[v] = (uint16_t)(row[v] < 0 ? 0 : row[v]);
    }
    for (int64_t c = 0; c < lk_view_length(view, values); c++) {
        uint16_t symbol;
        int32_t all, held = count_of(view, row, values, c, &all);
        lk_view_read(view, x, values, c, 1, &symbol);
        cells[c] = held == all ? symbol : -1;
        if (held != 0 && held != all) {
            return lk_fail(model->context, LK_INVALID,
                           "%s: some values of a pixel are held and others to be drawn, but the "
                           "model's view is of whole pixels",
                           name);
        }
    }
    return LK_OK;
}

lk_status lk_given_see(const lk_model *model, const char *name, lk_given *given) {
    const lk_view *view = lk_model_view(model);
    if (view == NULL) {
        return LK_OK;
    }
    lk_given seen = {0};
    int64_t values = given->variables;
    LK_TRY(lk_given_open(model->context, name, given->examples, lk_view_length(view, values),
                         given->shape, &seen));
    uint16_t *x = lk_allocate(values, sizeof *x);
    lk_status status = x != NULL ? LK_OK : lk_fail_no_memory(model->context, name, values * 2);
    for (int64_t n = 0; n < given->examples && status == LK_OK; n++) {
        status = see_row(model, name, values, given->values + n * values, x,
                         seen.values + n * seen.variables);
    }
    lk_release(x);
    lk_release(given->values);
    given->values = seen.values;
    given->variables = seen.variables;
    given->view = view;
    return status;
}

/* ---- the first part -------------------------------------------------------------------------- */

/* What a data set shows of it. */
typedef struct showing {
    lk_shape shape;      /* of the whole examples */
    const lk_view *view; /* of which the cells are the first ones; NULL: its values are these */
    lk_view own;         /* of grey pictures, where the model's are not */
} showing;

static int64_t channels_of(lk_shape shape) {
    return shape.axes == 3 ? shape.size[2] : 1;
}

/* Whether no value is beyond so many levels: arrays of bytes do not say how many they have. */
static bool are_below(const lk_dataset *dataset, int32_t levels) {
    uint16_t most = 0;
    for (int64_t i = 0; i < dataset->examples * dataset->variables; i++) {
        most = dataset->values[i] > most ? dataset->values[i] : most;
    }
    return most < levels;
}

static bool of_part(const lk_dataset *dataset, const lk_view_part *part) {
    return are_below(dataset, part->alphabet);
}

/* Whether the values may be those that the view is of. Levels of pictures are what they say. */
static bool of_data(const lk_dataset *dataset, const lk_view *view) {
    return dataset->alphabet <= view->alphabet ||
           (dataset->stored != 0 && are_below(dataset, view->alphabet));
}

static lk_status refuse(const lk_model *model, const lk_dataset *dataset) {
    const lk_view *view = lk_model_view(model);
    return lk_fail(model->context, LK_MISMATCH,
                   "%s: %d levels and %lld channels are neither those of the model's data, %d and "
                   "%d, nor of the first part of its view (%s), %d and %d",
                   dataset->path, dataset->alphabet,
                   (long long)channels_of(lk_shape_picture(dataset->shape)), view->alphabet,
                   view->values, view->parts[0].name, view->parts[0].alphabet,
                   view->parts[0].cells);
}

/* Rows of as many values as the part has, at the model's own size. */
static bool rows_of_part(const lk_model *model, const lk_dataset *dataset) {
    return dataset->shape.axes == 1 &&
           dataset->variables == lk_view_cells(lk_model_view(model), 0, model->data.variables);
}

/* Pictures of the part alone, of its levels, or greys of which it can be made. */
static lk_status look_at_part(const lk_model *model, const lk_dataset *dataset, showing *s) {
    const lk_view *view = lk_model_view(model);
    lk_shape picture = rows_of_part(model, dataset) ? lk_view_shape(view, 0, model->data.shape)
                                                    : lk_shape_picture(dataset->shape);
    char text[LK_VIEW_TEXT];
    s->shape = (lk_shape){3, {picture.size[0], picture.size[1], view->values}};
    s->view = NULL;
    if (of_part(dataset, &view->parts[0])) {
        return picture.axes == 3 ? LK_OK : refuse(model, dataset);
    }
    lk_view_print(view, text);
    s->view = &s->own;
    return of_data(dataset, view) &&
                   lk_view_parse(model->context, text, picture, view->alphabet, &s->own) == LK_OK
               ? LK_OK
               : refuse(model, dataset);
}

static lk_status look_at(const lk_model *model, const lk_dataset *dataset, showing *s) {
    const lk_view *view = lk_model_view(model);
    const lk_view_part *first = &view->parts[0];
    bool row = dataset->shape.axes == 1 && dataset->variables == model->data.variables;
    *s = (showing){.shape = dataset->shape, .view = view};
    if (first->cells != view->values && !row &&
        channels_of(lk_shape_picture(dataset->shape)) == first->cells) {
        LK_TRY(look_at_part(model, dataset, s));
    } else if (first->cells == view->values && of_part(dataset, first)) {
        s->view = NULL;
    } else if (!of_data(dataset, view)) {
        return refuse(model, dataset);
    }
    return lk_model_shape_for(model, dataset->path, s->shape, &s->shape);
}

lk_status lk_given_first_part(const lk_model *model, const lk_dataset *dataset, lk_given *given) {
    showing s;
    const lk_view *view = lk_model_view(model);
    *given = (lk_given){0};
    if (view == NULL) {
        return lk_fail(model->context, LK_INVALID,
                       "%s: the model sees values as they are, through no view, so that there is "
                       "no first part to give",
                       dataset->path);
    }
    LK_TRY(look_at(model, dataset, &s));
    int64_t values = lk_shape_variables(s.shape), cells = lk_view_cells(view, 0, values);
    LK_TRY(lk_given_open(model->context, dataset->path, dataset->examples,
                         lk_view_length(view, values), s.shape, given));
    given->view = view;
    for (int64_t n = 0; n < dataset->examples; n++) {
        const uint16_t *x = dataset->values + n * dataset->variables;
        for (int64_t c = 0; c < cells; c++) {
            uint16_t symbol;
            lk_view_read(s.view, x, dataset->variables, c, 1, &symbol);
            given->values[n * given->variables + c] = symbol;
        }
    }
    return LK_OK;
}
