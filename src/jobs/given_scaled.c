/* Small pictures, to be made larger: their pixels are every so-manieth row and column. */
#include "jobs/given.h"

static void hold_pixels(const lk_dataset *dataset, int64_t scale, int64_t example,
                        lk_given *given) {
    lk_shape picture = lk_shape_picture(given->shape);
    int64_t channels = picture.size[2], columns = (picture.size[1] - 1) / scale + 1;
    for (int64_t i = 0; i < dataset->variables; i++) {
        int64_t pixel = i / channels, row = pixel / columns * scale;
        int64_t variable = row * picture.size[1] + pixel % columns * scale;
        lk_given_hold(given, example, variable * channels + i % channels,
                      dataset->values[example * dataset->variables + i]);
    }
}

lk_status lk_given_scaled(const lk_model *model, const lk_dataset *dataset, int64_t scale,
                          lk_shape shape, lk_given *given) {
    lk_shape there;
    *given = (lk_given){0};
    LK_TRY(lk_model_enlarged(model, dataset->path, dataset->shape, scale, shape, &there));
    LK_TRY(lk_model_accepts_values(model, dataset));
    LK_TRY(lk_given_open(model->context, dataset->path, dataset->examples,
                         lk_shape_variables(there), there, given));
    for (int64_t n = 0; n < dataset->examples; n++) {
        hold_pixels(dataset, scale, n, given);
    }
    lk_status status = lk_given_see(model, dataset->path, given);
    if (status != LK_OK) {
        lk_given_deinit(given);
    }
    return status;
}
