#include "models/levels.h"

#include <stdio.h>

#include "models/outputs.h"

#define BASE_MOST 7 /* a side: with it 28 x 28 has a base of 7 x 7, and 32 x 32 one of 4 x 4 */

const lk_group lk_groups[LK_GROUPS] = {
    [LK_GROUP_KNOWN] = {"known", 0, 0},
    [LK_GROUP_RIGHT] = {"right", 0, 1},
    [LK_GROUP_BELOW] = {"below", 1, 0},
    [LK_GROUP_BOTH] = {"both", 1, 1},
};

static lk_levels levels_of(lk_shape shape, int32_t count) {
    return (lk_levels){.height = shape.size[0],
                       .width = shape.axes > 1 ? shape.size[1] : 1,
                       .colours = shape.axes == 3 ? (int32_t)shape.size[2] : 1,
                       .count = count};
}

lk_levels lk_levels_of(const lk_model *model, lk_shape shape) {
    return levels_of(shape, (int32_t)lk_settings_integer(&model->settings, "scales"));
}

lk_sides lk_level_sides(const lk_levels *levels, int32_t level) {
    int64_t step = INT64_C(1) << level;
    return (lk_sides){(levels->height + step - 1) >> level, (levels->width + step - 1) >> level};
}

int64_t lk_level_pixel(const lk_levels *levels, int32_t level, int64_t row, int64_t column) {
    row <<= level;
    column <<= level;
    return row < levels->height && column < levels->width ? row * levels->width + column : -1;
}

int32_t lk_level_of(const lk_levels *levels, int64_t row, int64_t column) {
    int32_t level = 0;
    while (level < levels->count && ((row | column) >> level & 1) == 0) {
        level++;
    }
    return level;
}

int64_t lk_levels_scale(const lk_model *model) {
    return INT64_C(1) << lk_settings_integer(&model->settings, "scales");
}

lk_status lk_levels_prepare(lk_model *model) {
    LK_TRY(lk_outputs_prepare(model));
    if (lk_settings_integer(&model->settings, "scales") > 0) {
        return LK_OK;
    }
    char text[16];
    int32_t count = 1;
    lk_levels levels = levels_of(model->data.shape, LK_LEVELS_MOST);
    lk_sides base = lk_level_sides(&levels, count);
    while (count < LK_LEVELS_MOST && (base.height > BASE_MOST || base.width > BASE_MOST)) {
        base = lk_level_sides(&levels, ++count);
    }
    snprintf(text, sizeof text, "%d", count);
    return lk_settings_set(model->context, &model->settings, "scales", text);
}
