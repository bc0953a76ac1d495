/* Holding values of data sets: the first variables of the ordering, or the upper rows of images. */
#include "base/arena.h"
#include "jobs/sample.h"

/* Room for rows all of which are open. */
static lk_status make_open(const lk_model *model, lk_shape shape, int64_t examples,
                           lk_given *given) {
    *given =
        (lk_given){.examples = examples, .variables = lk_shape_variables(shape), .shape = shape};
    int64_t count = examples * given->variables;
    given->values = lk_allocate(count, sizeof *given->values);
    if (given->values == NULL) {
        return lk_fail_no_memory(model->context, "held values", count * 4);
    }
    for (int64_t i = 0; i < count; i++) {
        given->values[i] = -1;
    }
    return LK_OK;
}

/* Holds variable by_rank[i] for i < count, or where by_rank is NULL variable i. A variable of a
 * picture has the same number in a higher one. */
static void hold(const lk_dataset *dataset, const int32_t *by_rank, int64_t count,
                 lk_given *given) {
    for (int64_t n = 0; n < given->examples; n++) {
        for (int64_t i = 0; i < count; i++) {
            int64_t v = by_rank != NULL ? by_rank[i] : i;
            given->values[n * given->variables + v] = dataset->values[n * dataset->variables + v];
        }
    }
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static bool is_image(lk_shape shape) {
    return shape.axes == 2 || shape.axes == 3;
}

static int64_t row_of(lk_shape image) {
    return lk_shape_variables(image) / image.size[0];
}

/* The shape of what is completed. *part: the data are the upper part of it. */
static lk_status find_shape(const lk_model *model, const lk_dataset *dataset, lk_shape *there,
                            bool *part) {
    lk_shape own = model->data.shape, shape = dataset->shape;
    *there = own;
    *part = is_image(own) && is_image(shape) && shape.size[0] < own.size[0] &&
            shape.size[1] == own.size[1] && row_of(shape) == row_of(own);
    return *part ? lk_model_accepts_values(model, dataset) : lk_model_takes(model, dataset, there);
}

/* ---- a prefix of the ordering ---------------------------------------------------------------- */

/* At the model's own size, by its ordering. */
static lk_status hold_by_rank(const lk_model *model, const lk_dataset *dataset, int64_t count,
                              lk_given *given) {
    lk_graph *graph;
    LK_TRY(lk_model_graph(model, 0, &graph));
    int64_t there = 0;
    while (there < count && graph->by_rank[there] < dataset->variables) {
        there++;
    }
    if (there == count) {
        hold(dataset, graph->by_rank, count, given);
    }
    int64_t missing = there < count ? graph->by_rank[there] : 0;
    lk_graph_destroy(graph);
    return there == count ? LK_OK
                          : lk_fail(model->context, LK_INVALID,
                                    "%s: of the first %lld variables of the model's ordering "
                                    "variable %lld is not in the picture",
                                    dataset->path, (long long)count, (long long)missing);
}

lk_status lk_given_prefix(const lk_model *model, const lk_dataset *dataset, int64_t count,
                          lk_given *given) {
    lk_shape there;
    bool part;
    *given = (lk_given){0};
    LK_TRY(find_shape(model, dataset, &there, &part));
    if (count < 0 || count > dataset->variables) {
        return lk_fail(model->context, LK_INVALID,
                       "%s: cannot hold the first %lld of %lld variables", dataset->path,
                       (long long)count, (long long)dataset->variables);
    }
    LK_TRY(make_open(model, there, dataset->examples, given));
    if (!lk_shape_equal(there, model->data.shape)) { /* always in natural order */
        hold(dataset, NULL, count, given);
        return LK_OK;
    }
    lk_status status = hold_by_rank(model, dataset, count, given);
    if (status != LK_OK) {
        lk_given_deinit(given);
    }
    return status;
}

/* ---- the upper rows of images ---------------------------------------------------------------- */

lk_status lk_given_rows(const lk_model *model, const lk_dataset *dataset, int64_t rows,
                        lk_given *given) {
    lk_shape there;
    bool part;
    *given = (lk_given){0};
    if (!is_image(model->data.shape)) {
        return lk_fail(model->context, LK_INVALID,
                       "%s: the model is not for images, so there are no rows to hold: say how "
                       "many variables of the "
                       "ordering are given (--given-variables)",
                       dataset->path);
    }
    LK_TRY(find_shape(model, dataset, &there, &part));
    int64_t most = dataset->variables / row_of(there);
    rows = rows >= 0 ? rows : part ? most : most / 2;
    if (rows > most) {
        return lk_fail(model->context, LK_INVALID, "%s: cannot hold the first %lld of %lld rows",
                       dataset->path, (long long)rows, (long long)most);
    }
    LK_TRY(make_open(model, there, dataset->examples, given));
    hold(dataset, NULL, rows * row_of(there), given);
    return LK_OK;
}
