#include "jobs/completions.h"

#include "data/formats/formats.h"

lk_status lk_completions_write(lk_context *context, const char *path, const lk_given *given,
                               const lk_dataset *samples) {
    int64_t groups = given->examples < samples->examples ? given->examples : samples->examples;
    int64_t each = (samples->examples + groups - 1) / groups;
    lk_sheet sheet;
    LK_TRY(lk_sheet_init(context, path, lk_tile_of(samples->shape), groups, 1 + each, &sheet));
    for (int64_t n = 0; n < groups; n++) {
        lk_sheet_draw_known(&sheet, n, 0, given->values + n * given->variables, sheet.tile.channels,
                            samples->alphabet);
    }
    for (int64_t i = 0; i < samples->examples; i++) {
        lk_sheet_draw(&sheet, i % groups, 1 + i / groups, samples->values + i * samples->variables,
                      sheet.tile.channels, samples->alphabet);
    }
    lk_status status = lk_sheet_write(context, path, &sheet);
    lk_sheet_deinit(&sheet);
    return status;
}
