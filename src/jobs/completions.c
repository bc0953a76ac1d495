#include "jobs/completions.h"

#include "base/memory.h"
#include "data/formats/formats.h"

/* The values of a row of which all is held, which a sample has too; -1: open. */
static void find_known(const lk_given *given, const lk_dataset *samples, int64_t row,
                       int32_t *known) {
    int64_t first;
    for (int64_t v = 0; v < samples->variables; v++) {
        known[v] = samples->values[row * samples->variables + v];
    }
    for (int64_t cell = 0; cell < lk_view_length(given->view, samples->variables); cell++) {
        int32_t made_of = lk_view_made_of(given->view, cell, samples->variables, &first);
        bool open = lk_given_value(given, row, cell) < 0;
        for (int64_t v = first; v < first + made_of; v++) {
            known[v] = open ? -1 : known[v];
        }
    }
}

static void draw_all(const lk_given *given, const lk_dataset *samples, int64_t groups,
                     int32_t *known, const lk_sheet *sheet) {
    int32_t channels = sheet->tile.channels, alphabet = samples->alphabet;
    for (int64_t n = 0; n < groups; n++) {
        find_known(given, samples, n, known);
        lk_sheet_draw_known(sheet, n, 0, known, channels, alphabet);
    }
    for (int64_t i = 0; i < samples->examples; i++) {
        lk_sheet_draw(sheet, i % groups, 1 + i / groups, samples->values + i * samples->variables,
                      channels, alphabet);
    }
}

lk_status lk_completions_write(lk_context *context, const char *path, const lk_given *given,
                               const lk_dataset *samples) {
    int64_t groups = given->examples < samples->examples ? given->examples : samples->examples;
    int64_t each = (samples->examples + groups - 1) / groups;
    int32_t *known = lk_allocate(samples->variables, sizeof *known);
    lk_sheet sheet = {0};
    lk_status status = known == NULL ? lk_fail_no_memory(context, path, samples->variables * 4)
                                     : lk_sheet_init(context, path, lk_tile_of(samples->shape),
                                                     groups, 1 + each, &sheet);
    if (status == LK_OK) {
        draw_all(given, samples, groups, known, &sheet);
        status = lk_sheet_write(context, path, &sheet);
    }
    lk_sheet_deinit(&sheet);
    lk_release(known);
    return status;
}
