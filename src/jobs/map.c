/* Painting surprisal. */
#include "jobs/map.h"

#include <math.h>
#include <string.h>

#include "base/measure.h"
#include "base/memory.h"
#include "data/formats/formats.h"
#include "jobs/heat.h"
#include "jobs/score.h"

#define EXAMPLES 100

/* ---- the picture ----------------------------------------------------------------------------- */

typedef struct job {
    const lk_dataset *dataset;
    int64_t examples;   /* that are shown */
    lk_sheet_tile tile; /* of an example */
    lk_sheet sheet;
    double *bits; /* owned, [examples][height * width] */
} job;

/* From nats of variables to bits of pixels, all its colours together, into the front of the same
 * array. Returns how many there are. */
static int64_t pool_pixels(const job *work) {
    int32_t channels = work->tile.channels;
    int64_t pixels = work->examples * work->dataset->variables / channels;
    for (int64_t i = 0; i < pixels; i++) {
        double sum = 0.0;
        for (int32_t c = 0; c < channels; c++) {
            sum += work->bits[i * channels + c];
        }
        work->bits[i] = sum / LK_NATS_PER_BIT;
    }
    return pixels;
}

static void draw_map(const job *work, int64_t example, double scale) {
    const double *bits = work->bits + example * work->tile.height * work->tile.width;
    uint8_t *top = lk_sheet_at(&work->sheet, example, 1);
    for (int64_t y = 0; y < work->tile.height; y++) {
        for (int64_t x = 0; x < work->tile.width; x++) {
            double share = bits[y * work->tile.width + x] / scale;
            lk_heat(share < 0.0   ? 0.0
                    : share < 1.0 ? share
                                  : 1.0,
                    top + (y * work->sheet.width + x) * 3);
        }
    }
}

static lk_status paint(lk_context *context, job *work, const lk_map_options *options,
                       lk_map_legend *legend) {
    const lk_dataset *dataset = work->dataset;
    int64_t count = pool_pixels(work);
    *legend = (lk_map_legend){.examples = work->examples,
                              .pixels = work->tile.channels > 1,
                              .full_scale = options->full_scale};
    for (int64_t i = 0; i < count; i++) {
        legend->largest = work->bits[i] > legend->largest ? work->bits[i] : legend->largest;
    }
    if (!(options->full_scale > 0.0)) {
        LK_TRY(lk_heat_scale(context, work->bits, count, &legend->full_scale));
    }
    for (int64_t n = 0; n < work->examples; n++) {
        lk_sheet_draw(&work->sheet, n, 0, dataset->values + n * dataset->variables,
                      work->tile.channels, dataset->alphabet);
        draw_map(work, n, legend->full_scale);
    }
    return LK_OK;
}

lk_status lk_map_write(const lk_model *model, lk_items *items, const char *path,
                       const lk_map_options *options, lk_map_legend *legend) {
    lk_shape shape;
    job work = {.dataset = lk_items_dataset(items)};
    LK_REQUIRE(work.dataset != NULL);
    LK_TRY(lk_model_takes(model, work.dataset, &shape));
    int64_t most = options->examples > 0 ? options->examples : EXAMPLES;
    most = most < work.dataset->examples ? most : work.dataset->examples;
    work.tile = lk_tile_of(shape);
    work.examples = lk_sheet_groups(work.tile, most, 2);
    lk_sheet_tile coloured = {work.tile.height, work.tile.width, 3};
    lk_status status = lk_sheet_init(model->context, path, coloured, work.examples, 2, &work.sheet);
    if (status == LK_OK) {
        status = lk_surprisal(model, items, work.examples, &work.bits);
    }
    if (status == LK_OK) {
        status = paint(model->context, &work, options, legend);
    }
    if (status == LK_OK) {
        status = lk_sheet_write(model->context, path, &work.sheet);
    }
    lk_release(work.bits);
    lk_sheet_deinit(&work.sheet);
    return status;
}
