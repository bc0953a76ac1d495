#include "train/advice.h"

/* Sequences are taken for such when they are longer than tables are wide. */
#define SEQUENCE_LEAST 256

static const char *candidate(const lk_data_description *data) {
    bool image = data->shape.axes == 3 && data->shape.size[0] > 1 && data->shape.size[1] > 1;
    bool alike = data->alphabets == NULL && data->columns == NULL && !data->stream;
    return !alike                                                       ? NULL
           : image                                                      ? "pixelcnn"
           : data->shape.axes == 1 && data->variables >= SEQUENCE_LEAST ? "conv1d"
                                                                        : NULL;
}

/* Its parameters do not depend on the size of the data, so that it is made at a small one. */
static lk_status count_parameters(lk_context *context, const lk_family *family,
                                  const lk_data_description *of, int64_t *count) {
    lk_data_description data = {
        .shape = of->shape, .alphabet = of->alphabet, .labels = family->given ? of->labels : 0};
    for (int32_t axis = 0; axis < data.shape.axes && axis < 2; axis++) {
        data.shape.size[axis] = data.shape.size[axis] < 8 ? data.shape.size[axis] : 8;
    }
    data.variables = lk_shape_variables(data.shape);
    lk_model *other;
    LK_TRY(lk_model_create(context, family->name, NULL, 0, data, "natural", 1, &other));
    *count = lk_parameters_total(other->parameters);
    lk_model_destroy(other);
    return LK_OK;
}

lk_status lk_advise_smaller(lk_context *context, const lk_family *family,
                            const lk_data_description *data, int64_t own, const lk_family **smaller,
                            int64_t *parameters) {
    const char *name = candidate(data);
    *smaller = NULL;
    if (name == NULL || own < LK_ADVICE_LEAST || family->any_size) {
        return LK_OK;
    }
    const lk_family *other = lk_family_named(name);
    LK_TRY(count_parameters(context, other, data, parameters));
    *smaller = *parameters > own / LK_ADVICE_TIMES ? NULL : other;
    return LK_OK;
}
