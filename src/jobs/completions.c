#include "jobs/completions.h"

#include "base/arena.h"
#include "data/sheet.h"

static lk_status draw_samples(lk_context *context, const lk_sheet *sheet, int64_t given, const lk_dataset *samples) {
    int32_t *values = lk_allocate(samples->variables, sizeof *values);
    if (values == NULL) {
        return lk_fail_no_memory(context, "a picture", samples->variables * 4);
    }
    for (int64_t i = 0; i < samples->examples; i++) {
        for (int64_t v = 0; v < samples->variables; v++) {
            values[v] = samples->values[i * samples->variables + v];
        }
        lk_sheet_draw(sheet, i % given, 1 + i / given, values, sheet->tile.channels, samples->alphabet);
    }
    lk_release(values);
    return LK_OK;
}

lk_status lk_completions_write(lk_context *context, const char *path, const lk_given *given,
                               const lk_dataset *samples) {
    int64_t groups = given->examples < samples->examples ? given->examples : samples->examples;
    int64_t each = (samples->examples + groups - 1) / groups;
    lk_sheet sheet;
    LK_TRY(lk_sheet_init(context, path, lk_tile_of(samples->shape), groups, 1 + each, &sheet));
    for (int64_t n = 0; n < groups; n++) {
        lk_sheet_draw(&sheet, n, 0, given->values + n * given->variables, sheet.tile.channels, samples->alphabet);
    }
    lk_status status = draw_samples(context, &sheet, groups, samples);
    if (status == LK_OK) {
        status = lk_sheet_write(context, path, &sheet);
    }
    lk_sheet_deinit(&sheet);
    return status;
}
