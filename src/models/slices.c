#include "models/slices.h"

lk_slices lk_slices_of(lk_shape shape, int32_t stride) {
    bool picture = shape.axes == 2 || shape.axes == 3;
    return (lk_slices){.height = picture ? shape.size[0] : 1,
                       .width = picture ? shape.size[1] : lk_shape_variables(shape),
                       .colours = shape.axes == 3 ? (int32_t)shape.size[2] : 1,
                       .stride = picture ? stride : 1};
}

/* Of so many rows or columns those from `first` on, `stride` apart. */
static int64_t count_of(int64_t size, int32_t first, int32_t stride) {
    return first < size ? (size - first - 1) / stride + 1 : 0;
}

lk_slice lk_slices_at(const lk_slices *slices, int32_t number) {
    int32_t row = number / slices->stride, column = number % slices->stride;
    return (lk_slice){.row = row,
                      .column = column,
                      .height = count_of(slices->height, row, slices->stride),
                      .width = count_of(slices->width, column, slices->stride)};
}

int32_t lk_slices_used(const lk_slices *slices) {
    int64_t rows = slices->height < slices->stride ? slices->height : slices->stride;
    int64_t columns = slices->width < slices->stride ? slices->width : slices->stride;
    return (int32_t)(rows * columns);
}

int64_t lk_slices_pixel(const lk_slices *slices, const lk_slice *slice, int64_t at) {
    int64_t row = slice->row + slices->stride * (at / slice->width);
    return row * slices->width + slice->column + slices->stride * (at % slice->width);
}

int32_t lk_slices_number(const lk_slices *slices, int64_t pixel) {
    int64_t row = pixel / slices->width % slices->stride;
    return (int32_t)(row * slices->stride + pixel % slices->width % slices->stride);
}

void lk_slices_rank(const lk_slices *slices, int32_t *rank) {
    int32_t next = 0;
    for (int32_t number = 0; number < slices->stride * slices->stride; number++) {
        lk_slice slice = lk_slices_at(slices, number);
        for (int64_t at = 0; at < slice.height * slice.width; at++) {
            int64_t pixel = lk_slices_pixel(slices, &slice, at);
            for (int32_t c = 0; c < slices->colours; c++) {
                rank[pixel * slices->colours + c] = next++;
            }
        }
    }
}
