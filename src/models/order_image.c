/* Orders of an image's pixels. The channels of a pixel follow one another.
 *
 *   zigzag   by diagonals d = r + c; along an even one upwards, along an odd one downwards (JPEG,
 *            ITU-T T.81, figure 5)
 *   s-curve  rows to and fro; the eight of Jain, Abbeel, Pathak, "Locally Masked Convolution for
 *            Autoregressive Models", UAI 2020, section 4.2, are its reflections: none, of rows, of
 *            columns, of both, and the same of the curve along columns */
#include "models/order.h"

static void set_pixel(const lk_order_grid *grid, int64_t r, int64_t c, int64_t turn,
                      int32_t *rank) {
    for (int64_t k = 0; k < grid->channels; k++) {
        rank[(r * grid->width + c) * grid->channels + k] = (int32_t)(turn * grid->channels + k);
    }
}

void lk_order_zigzag(const lk_order_grid *grid, int32_t *rank) {
    int64_t turn = 0;
    for (int64_t d = 0; d < grid->height + grid->width - 1; d++) {
        int64_t top = d < grid->width ? 0 : d - grid->width + 1,
                bottom = d < grid->height ? d : grid->height - 1;
        for (int64_t i = 0; i <= bottom - top; i++) {
            int64_t r = d % 2 == 0 ? bottom - i : top + i;
            set_pixel(grid, r, d - r, turn++, rank);
        }
    }
}

void lk_order_s_curve(const lk_order_grid *grid, int32_t number, int32_t *rank) {
    for (int64_t i = 0; i < grid->height * grid->width; i++) {
        int64_t r = i / grid->width, c = i % grid->width;
        int64_t y = number % 2 == 1 ? grid->height - 1 - r : r,
                x = number / 2 % 2 == 1 ? grid->width - 1 - c : c;
        bool columns = number >= LK_S_CURVES / 2;
        int64_t line = columns ? x : y, along = columns ? y : x,
                length = columns ? grid->height : grid->width;
        int64_t turn = line * length + (line % 2 == 0 ? along : length - 1 - along);
        set_pixel(grid, r, c, turn, rank);
    }
}
